"""A real cluster over loopback, started by the commands of docs/cluster.md; a worker killed, a worker that is old."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import joblib
import pytest
from distributed import Client

import demografi as dg

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "cluster.md").read_text(encoding="utf-8")
(SHELL,) = re.findall(r"```sh\n(.*?)```", PAGE, flags=re.S)
SCHEDULER, *WORKERS = (shlex.split(line.rstrip(" &")) for line in SHELL.splitlines())
TWO_THREADS = ("--nthreads", "2")
"""With one thread in all, joblib would not use the cluster but this process."""


def _run(folder: Path, command: list[str]) -> subprocess.Popen[bytes]:
    with (folder / "cluster.log").open("ab") as said:
        command = [sys.executable, "-m", *command]
        return subprocess.Popen(command, stdout=said, stderr=subprocess.STDOUT, cwd=folder)


@contextmanager
def cluster(folder: Path, workers: list[list[str]]) -> Iterator[tuple[Client, list[subprocess.Popen[bytes]]]]:
    """Start the page's scheduler, and workers, by command; stop them again."""
    running = [_run(folder, command) for command in (SCHEDULER, *workers)]
    file = folder / "cluster.json"
    try:
        until = time.monotonic() + 30
        while not file.exists() and time.monotonic() < until:
            time.sleep(0.05)
        with Client(scheduler_file=str(file), set_as_default=False, timeout="30s") as client:
            client.wait_for_workers(len(workers), timeout=30)
            yield client, running
    finally:
        for process in reversed(running):
            with suppress(ProcessLookupError):
                process.kill()
            process.wait()


OLD = """
from importlib import metadata

def version(name, true=metadata.version):
    return "0.0.9" if name == "demografi" else true(name)

metadata.version = version
"""


@pytest.fixture(scope="module")
def drawn(observed: dg.Observed) -> dg.Projection:
    return dg.project(observed, to=2031, draws=4000, seed=3)


def test_a_worker_killed_in_the_middle_changes_no_byte(drawn: dg.Projection, tmp_path: Path) -> None:
    here = drawn.interval("80+", level=0.95).to_numpy().tobytes()
    told: list[int] = []
    with cluster(tmp_path, WORKERS) as (client, running):

        def kill_one(done: int, draws: int) -> None:
            if not told:
                os.kill(running[1].pid, signal.SIGKILL)
            told.append(done)

        with joblib.parallel_config(backend="dask", client=client):
            there = drawn.interval("80+", level=0.95, progress=kill_one)
        assert len(client.scheduler_info()["workers"]) == 1
    assert running[1].returncode == -signal.SIGKILL
    assert told == list(range(200, 4001, 200))
    assert there.to_numpy().tobytes() == here


def test_a_worker_of_another_version_is_refused(drawn: dg.Projection, tmp_path: Path) -> None:
    old = tmp_path / "old.py"
    old.write_text(OLD, encoding="utf-8")
    with (
        cluster(tmp_path, [[*WORKERS[0], *TWO_THREADS, "--preload", str(old)]]) as (client, _),
        joblib.parallel_config(backend="dask", client=client),
        pytest.raises(dg.ScenarioError) as refused,
    ):
        drawn.interval("80+")
    first = str(refused.value).split("\n")[0]
    assert first == f"A worker runs another version: demografi 0.0.9, here {dg.__version__}."


def test_the_page_starts_two_workers_on_loopback() -> None:
    assert SCHEDULER[:2] == ["dask", "scheduler"]
    assert [command[:2] for command in WORKERS] == [["dask", "worker"]] * 2
    assert all("127.0.0.1" in command for command in (SCHEDULER, *WORKERS))


def test_the_code_of_the_page_runs() -> None:
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, flags=re.S)
    exec(compile(code.replace("20_000", "1_000"), "docs/cluster.md", "exec"), {})


def test_the_calculation_of_the_page_is_the_benchmarks() -> None:
    command = [sys.executable, str(ROOT / "benchmarks" / "draws.py"), "--paper"]
    printed = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT).stdout
    assert printed.strip() in PAGE
