"""A planner's day: load the region's table, lose the power in the middle, go on, take the train."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from made_up_tables import persons, population
from pxweb_server import PxWebServer, serving

LAKSEREGIONEN = {
    "5029": "Skaun",
    "5059": "Orkland",
    "5055": "Heim",
    "1576": "Aure",
    "5056": "Hitra",
    "5014": "Frøya",
    "5057": "Ørland",
    "5022": "Rennebu",
    "5061": "Rindal",
    "1566": "Surnadal",
}
SCRIPT = """
import hashlib, json, sys
from pathlib import Path
from demografi.sources import ssb
from demografi.sources.cache import Cache

url, folder, offline = sys.argv[1], sys.argv[2], sys.argv[3] == "offline"
connection = ssb.connect(cache=Cache(Path(folder)), base=url, offline=offline)
planned = ssb.plan_table(connection, "07459", {"geo": sys.argv[4:]})
got = ssb.fetch_table(connection, "07459", {"geo": sys.argv[4:]})
frame = got.table.to_frame()
told = {
    "parts": len(planned.parts),
    "kept": planned.kept,
    "cells": got.manifest.cells,
    "sum": frame["value"].sum(),
    "hash": hashlib.sha256(frame.to_csv(index=False).encode()).hexdigest(),
    "manifest": got.manifest.as_json(),
}
print(json.dumps(told))
"""


@pytest.fixture
def server() -> Iterator[PxWebServer]:
    table, lists = population()
    table.variables[0].codes = {"0": "Hele landet", **LAKSEREGIONEN}
    with serving([table], lists, limit=10_000) as running:
        running.recorded["config"] = b'{"maxDataCells": 3000, "apiVersion": "2.3.2"}'
        running.max_cells = 3000
        yield running


def start(server: PxWebServer, folder: Path, mode: str = "online") -> subprocess.Popen[str]:
    words = [sys.executable, "-W", "error", "-c", SCRIPT, server.url, str(folder), mode, *LAKSEREGIONEN]
    return subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def told(process: subprocess.Popen[str]) -> dict[str, Any]:
    output, errors = process.communicate(timeout=50)
    assert process.returncode == 0, errors
    found: dict[str, Any] = json.loads(output)
    return found


def bodies(server: PxWebServer) -> Counter[str]:
    return Counter(str(call.body) for call in server.calls("/data"))


def test_a_load_killed_in_the_middle_goes_on_where_it_stopped_and_then_runs_on_the_train(
    server: PxWebServer, tmp_path: Path
) -> None:
    server.fail("slow", after=5, seconds=20)
    killed = start(server, tmp_path)
    until = time.monotonic() + 40
    while len(server.calls("/data")) < 6 and time.monotonic() < until:
        time.sleep(0.02)
    killed.send_signal(signal.SIGKILL)
    killed.communicate(timeout=20)
    finished = [str(call.body) for call in server.calls("/data") if call.status == 200]
    assert len(finished) == 5

    resumed = told(start(server, tmp_path))
    calls = bodies(server)
    assert all(calls[body] == 1 for body in finished), "a finished call was repeated"
    assert resumed["kept"] == 5
    assert sum(calls.values()) == resumed["parts"] + 1, "only the call that was cut is sent twice"
    assert resumed["cells"] == 10 * 2 * 106 * 12

    server.close()
    offline = told(start(server, tmp_path, "offline"))
    assert offline["hash"] == resumed["hash"]
    assert offline["manifest"] == resumed["manifest"]
    assert offline["sum"] == sum(
        persons({"Region": region, "Alder": age, "Kjonn": sex, "Tid": str(year)})
        for region in LAKSEREGIONEN
        for age in population()[0].variables[2].codes
        for sex in "12"
        for year in range(2015, 2027)
    )


def test_two_processes_that_load_the_same_table_at_once_get_the_same_figures(
    server: PxWebServer, tmp_path: Path
) -> None:
    first, second = (told(process) for process in [start(server, tmp_path), start(server, tmp_path)])
    assert first["hash"] == second["hash"]
    assert told(start(server, tmp_path, "offline"))["hash"] == first["hash"]
