"""Draws in a file, an interrupt that leaves nothing behind, and memory that is refused before it is taken."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
import tracemalloc
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

import demografi as dg
from demografi.projection import draw_files, room
from demografi.projection import draws as draws_of
from demografi.projection.draws import group_draws


@pytest.fixture(scope="module")
def drawn(observed: dg.Observed) -> dg.Projection:
    return dg.project(observed, to=2028, draws=60, seed=2)


@pytest.fixture(autouse=True)
def few_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(draw_files, "ROWS", 100_000)


def test_the_file_holds_the_draws_of_the_sample(drawn: dg.Projection, tmp_path: Path) -> None:
    path = drawn.write_draws(tmp_path / "draws.parquet")
    assert pq.ParquetFile(path).num_row_groups > 2
    pd.testing.assert_frame_equal(pd.read_parquet(path), drawn.sample(60))


def test_the_file_of_a_total_holds_the_sums_of_its_members(drawn: dg.Projection, tmp_path: Path) -> None:
    whole = drawn.total()
    table = pd.read_parquet(whole.write_draws(tmp_path / "draws.parquet"))
    pd.testing.assert_frame_equal(table, whole.sample(60))
    summed = drawn.sample(60).groupby(["draw", "year", "sex", "age"])["persons"].sum()
    assert set(table["region"]) == {"lakseregionen"}
    assert np.allclose(table.set_index(["draw", "year", "sex", "age"])["persons"], summed.loc[:])


def test_groups_in_the_file_are_those_drawn_and_it_says_where_they_come_from(
    drawn: dg.Projection, tmp_path: Path
) -> None:
    told: list[int] = []
    path = drawn.write_draws(
        tmp_path / "draws.parquet", ["80+", "total"], progress=lambda done, draws: told.append(done)
    )
    table = pd.read_parquet(path)
    assert list(table.columns) == ["region", "year", "age_group", "persons", "draw"]
    assert np.array_equal(
        table["persons"].to_numpy().reshape(60, 3, 10, 2), group_draws(drawn, ["80+", "total"]), equal_nan=True
    )
    assert told[-1] == 60
    about = json.loads(pq.read_schema(path).metadata[b"demografi"])
    assert (about["noun"], about["facts"]["draws"], about["facts"]["seed"]) == ("Draws", 60, 2)
    assert {source["id"] for source in about["sources"]} >= {"projection_errors"}
    with pytest.raises(dg.SourceError, match="holds a Draws, not a Projection"):
        dg.Projection.open(path)


def test_memory_does_not_grow_with_the_draws_written(observed: dg.Observed, tmp_path: Path) -> None:
    taken = []
    for draws in (60, 240):
        projection = dg.project(observed, to=2028, draws=draws)
        tracemalloc.start()
        projection.write_draws(tmp_path / "draws.parquet")
        taken.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert taken[1] < 1.3 * taken[0]


def test_what_fails_on_the_way_leaves_the_old_file_and_nothing_else(drawn: dg.Projection, tmp_path: Path) -> None:
    path = drawn.write_draws(tmp_path / "draws.parquet", ["80+"])
    before = path.read_bytes()

    def stop(done: int, draws: int) -> None:
        raise OSError("No space left on device")

    with pytest.raises(OSError, match="No space left"):
        drawn.write_draws(path, progress=stop)
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["draws.parquet"]


def test_a_file_of_no_draws_or_in_no_folder_is_refused(
    drawn: dg.Projection, observed: dg.Observed, tmp_path: Path
) -> None:
    with pytest.raises(dg.ScenarioError) as refused:
        dg.project(observed, to=2027).write_draws(tmp_path / "draws.parquet")
    assert str(refused.value) == (
        "The projection has no draws.\n  It is one path.\n  dg.project(observed, to=…, draws=1000)"
    )
    with pytest.raises(dg.SourceError, match="There is no folder"):
        drawn.write_draws(tmp_path / "absent" / "draws.parquet")
    assert not list(tmp_path.iterdir())


INTERRUPTED = """
import sys, joblib
import demografi as dg

folder, what = sys.argv[1:]
projection = dg.project(dg.example(), to=2050, draws=400_000)

def told(done, draws):
    print(done, flush=True)

with joblib.parallel_config(n_jobs=2):
    if what == "file":
        projection.write_draws(folder + "/draws.parquet", progress=told)
    else:
        projection.interval("80+", progress=told)
"""


@pytest.mark.parametrize("what", ["file", "processes"])
def test_an_interrupt_leaves_neither_files_nor_processes(what: str, tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED, str(tmp_path), what],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as running:
        assert running.stdout is not None
        assert int(running.stdout.readline()) > 0
        if what == "file":
            assert list(tmp_path.glob(".draws.parquet.*.part"))
        running.send_signal(signal.SIGINT)
        _, said = running.communicate(timeout=30)
    assert running.returncode not in (0, None)
    # joblib may have a word after it, of the tasks that it gave up.
    assert "KeyboardInterrupt" in said.decode().splitlines()
    assert not list(tmp_path.iterdir())
    until = time.monotonic() + 10
    while _session(running.pid) and time.monotonic() < until:
        time.sleep(0.1)
    assert not _session(running.pid)


def _session(leader: int) -> list[int]:
    """Return the living processes of a session."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, _, session = stat.read_text(encoding="utf-8").rsplit(")", 1)[1].split()[:4]
        except OSError:
            continue
        if int(session) == leader and state != "Z":
            found.append(int(stat.parent.name))
    return found


def test_memory_asked_for_is_refused_with_the_most_draws_that_fit(observed: dg.Observed) -> None:
    projection = dg.project(observed, to=2050, draws=3000)
    with pytest.raises(dg.ScenarioError) as refused:
        projection.to_frame(level=0.8, memory=120e6)
    most = int((120e6 - draws_of.WORKING) // (8 * 25 * 10 * 8 * (1 + 2 / 25)))
    assert str(refused.value) == (
        "3,000 draws would take 152 MB; 120 MB is allowed.\n"
        f"  At most {most:,} fit.\n"
        f"  dg.project(observed, to=…, draws={most:_})"
    )
    fits = dg.project(observed, to=2050, draws=most)
    asked = draws_of.Asked(0.8, memory=120e6)
    task = draws_of.task_of_groups(fits, ["80+"], together=True)
    draws_of._ends(task, most, asked)


def test_memory_is_by_default_what_is_available(observed: dg.Observed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "available", lambda: 120_000_000)
    projection = dg.project(observed, to=2050, draws=3000)
    projection.interval("80+")
    with pytest.raises(dg.ScenarioError, match="would take 152 MB; 120 MB is there"):
        projection.to_frame(level=0.8)
    with pytest.raises(dg.ScenarioError) as refused:
        projection.sample(1000)
    assert str(refused.value).splitlines()[-1] == (
        "  projection.sample(3), or all of them in a file: projection.write_draws('draws.parquet')"
    )


def test_a_limit_below_what_one_draw_takes_or_no_size_is_refused(drawn: dg.Projection) -> None:
    with pytest.raises(dg.ScenarioError) as refused:
        drawn.interval("80+", memory=1e6)
    assert str(refused.value) == (
        "60 draws would take 100 MB; 1 MB is allowed.\n"
        "  100 MB is needed whatever their number.\n"
        "  Take fewer places at a time, or more memory."
    )
    for wrong in (0, -1, "4 GB", True, float("nan")):
        with pytest.raises(dg.ScenarioError, match="is no amount of memory"):
            drawn.interval("80+", memory=wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize("what", ["cells", "sums", "sums counted", "sample"])
def test_what_is_taken_is_no_more_than_estimated_and_not_far_below(
    observed: dg.Observed, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    projection = dg.project(observed, to=2050, draws=2000)
    estimated: list[float] = []

    def keep(draws: int, each: float, fixed: float, memory: float | None, hint: str) -> None:
        estimated.append(fixed + each * draws)

    monkeypatch.setattr(draws_of, "check_room", keep)
    if what == "sums counted":
        monkeypatch.setattr(draws_of, "MOST_HELD", 0)
    tracemalloc.start()
    if what == "sample":
        projection.sample(100)
    else:
        (projection if what == "cells" else projection.total()).to_frame(level=0.8)
    taken = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert 0.3 * estimated[0] < taken <= estimated[0]


def test_the_memory_of_a_container_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "memory.max").write_text("2000000\n", encoding="ascii")
    (tmp_path / "memory.current").write_text("500000\n", encoding="ascii")
    monkeypatch.setattr(room, "CGROUP", tmp_path)
    assert room.available() == 1_500_000
    (tmp_path / "memory.max").write_text("max\n", encoding="ascii")
    everything = room.available()
    assert everything is None or everything > 1_500_000
