"""A real cluster over loopback, started by command as docs/cluster.md says; a worker killed, a worker that is old."""

from __future__ import annotations

import os
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

LOOPBACK = "127.0.0.1"
ONE, TWO = ("--nthreads", "1"), ("--nthreads", "2")
"""With one thread in all, joblib would not use the cluster but this process."""


def _command(folder: Path, kind: str, *options: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", f"distributed.cli.dask_{kind}", *options]
    with (folder / f"{kind}.log").open("ab") as said:
        return subprocess.Popen(command, stdout=said, stderr=subprocess.STDOUT, cwd=folder)


def _worker(folder: Path, *options: str) -> subprocess.Popen[bytes]:
    at = ["--scheduler-file", str(folder / "cluster.json"), "--host", LOOPBACK, "--local-directory", str(folder)]
    return _command(folder, "worker", *at, "--no-nanny", "--no-dashboard", *options)


@contextmanager
def cluster(folder: Path, *workers: tuple[str, ...]) -> Iterator[tuple[Client, list[subprocess.Popen[bytes]]]]:
    """Start a scheduler and workers by command, and stop them again."""
    file = folder / "cluster.json"
    at = ["--host", LOOPBACK, "--port", "0", "--no-dashboard", "--scheduler-file", str(file)]
    running = [_command(folder, "scheduler", *at)]
    try:
        running += [_worker(folder, *options) for options in workers]
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


@pytest.fixture(scope="module")
def drawn(observed: dg.Observed) -> dg.Projection:
    return dg.project(observed, to=2031, draws=4000, seed=3)


def test_a_worker_killed_in_the_middle_changes_no_byte(drawn: dg.Projection, tmp_path: Path) -> None:
    here = drawn.interval("80+", level=0.95).to_numpy().tobytes()
    told: list[int] = []
    with cluster(tmp_path, ONE, ONE) as (client, running):

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
    old.write_text("import demografi\ndemografi.__version__ = '0.0.9'\n", encoding="utf-8")
    with (
        cluster(tmp_path, (*TWO, "--preload", str(old))) as (client, _),
        joblib.parallel_config(backend="dask", client=client),
        pytest.raises(dg.ScenarioError) as refused,
    ):
        drawn.interval("80+")
    first = str(refused.value).split("\n")[0]
    assert first == f"A worker runs another version: demografi 0.0.9, here {dg.__version__}."
