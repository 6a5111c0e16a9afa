"""Draws in shards: the same bytes wherever they are made, counts near the exact ends, and lost or strange workers."""

from __future__ import annotations

import os
import signal

import joblib
import numpy as np
import pytest

import demografi as dg
from demografi.projection import draws as draws_of
from demografi.projection import shards
from demografi.projection.draws import group_draws
from demografi.uncertainty.counts import BIN_WIDTH, count, edges_of, ends_of

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def drawn(observed: dg.Observed) -> dg.Projection:
    return dg.project(observed, to=2031, draws=2000, seed=3)


@pytest.fixture(scope="module")
def alone(drawn: dg.Projection) -> bytes:
    return drawn.interval("80+", level=0.95).to_numpy().tobytes()


@pytest.mark.parametrize("shard", [100, 137, 2000])
def test_one_or_twenty_shards_give_the_same_bytes(
    drawn: dg.Projection, alone: bytes, shard: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    groups = group_draws(drawn, ["0-15", "18-25", "80+"]).tobytes()
    monkeypatch.setattr(shards, "SHARD", shard)
    assert drawn.interval("80+", level=0.95).to_numpy().tobytes() == alone
    assert group_draws(drawn, ["0-15", "18-25", "80+"]).tobytes() == groups


@pytest.mark.parametrize(
    "where",
    [{"backend": "threading", "n_jobs": 2}, {"n_jobs": 1}, {"n_jobs": 2}],
    ids=["2 threads", "1", "2 processes"],
)
def test_threads_and_processes_give_the_same_bytes(drawn: dg.Projection, alone: bytes, where: dict) -> None:
    told: list[tuple[int, int]] = []
    with joblib.parallel_config(**where):
        ends = drawn.interval("80+", level=0.95, progress=lambda done, draws: told.append((done, draws)))
    assert ends.to_numpy().tobytes() == alone
    assert told == [(done, 2000) for done in range(200, 2001, 200)]


def test_a_killed_process_is_survived_to_the_same_bytes(drawn: dg.Projection, alone: bytes) -> None:
    from joblib.externals.loky import reusable_executor

    killed: list[int] = []

    def kill_one(done: int, draws: int) -> None:
        if not killed:
            killed.extend(list(reusable_executor._executor._processes)[:1])
            os.kill(killed[0], signal.SIGKILL)

    with joblib.parallel_config(n_jobs=2):
        ends = drawn.interval("80+", level=0.95, progress=kill_one)
    assert killed
    assert ends.to_numpy().tobytes() == alone


def test_sums_over_groups_are_sums_over_the_cells_of_the_trajectories(drawn: dg.Projection) -> None:
    sample = drawn.sample(3)
    for figure, group in enumerate(["0-15", "18-25", "total"]):
        first, last = (0, 105) if group == "total" else map(int, group.split("-"))
        inside = sample[(sample["age"] >= first) & (sample["age"] <= last)]
        summed = inside.groupby(["draw", "year", "region"], sort=False)["persons"].sum().to_numpy().reshape(3, 6, 10)
        assert np.allclose(summed, group_draws(drawn, ["0-15", "18-25", "total"])[:3, ..., figure], rtol=1e-12)


@pytest.mark.parametrize("level", [0.5, 0.8, 0.95])
def test_counted_cells_are_within_a_bin_of_the_exact_ends(
    drawn: dg.Projection, level: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    for projection in (drawn, drawn.total()):
        exact = projection.to_frame(level=level)
        with monkeypatch.context() as patch:
            patch.setattr(draws_of, "MOST_HELD", 0)
            near = projection.to_frame(level=level)
        for end in ("low", "high"):
            off = np.abs(np.log(near[end].clip(lower=1e-9) / exact[end].clip(lower=1e-9)))
            width = np.log(exact["high"].clip(lower=1e-9) / exact["low"].clip(lower=1e-9))
            # The ends of a normal interval are this many standard deviations apart; Student's t has them closer.
            apart = {0.5: 1.35, 0.8: 2.56, 0.95: 3.92}[level]
            assert (off <= BIN_WIDTH * width / apart * 1.15 + 1e-12).all()
            assert off.max() > 0


def test_counts_of_two_processes_give_the_same_bytes(drawn: dg.Projection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(draws_of, "MOST_HELD", 0)
    whole = drawn.total()
    here = whole.to_frame(level=0.8)
    with joblib.parallel_config(n_jobs=2):
        there = whole.to_frame(level=0.8)
    assert there[["low", "high"]].to_numpy().tobytes() == here[["low", "high"]].to_numpy().tobytes()


def test_counts_of_shards_add_up_to_the_counts_of_all() -> None:
    values = np.exp(np.random.default_rng(1).standard_t(6, size=(5000, 4)))
    edges = edges_of(values[:400])
    parts = [count(values[k : k + 700], edges) for k in range(0, 5000, 700)]
    assert (np.sum(parts, axis=0) == count(values, edges)).all()
    assert np.sum(parts) == values.size


@pytest.mark.parametrize("level", [0.5, 0.8, 0.95, 0.99])
def test_an_end_from_counts_is_within_the_stated_bin_of_the_sorted_draws(level: float) -> None:
    values = np.exp(0.3 * np.random.default_rng(2).standard_t(6, size=(20_000, 6)))
    edges = edges_of(values[:400])
    ends = ends_of(count(values, edges), edges, level)
    exact = np.quantile(values, [0.5 - level / 2, 0.5 + level / 2], axis=0)
    off = np.abs(np.log(np.stack(ends) / exact)) / np.log(values[:400]).std(axis=0)
    assert 0 < off.max() <= BIN_WIDTH


def test_a_level_beyond_the_counted_bins_is_refused() -> None:
    values = np.ones((1000, 1))
    values[1::2] = 1.1
    values[500:] = 1e6
    edges = edges_of(values[:400])
    with pytest.raises(dg.ScenarioError) as refused:
        ends_of(count(values, edges), edges, 0.8)
    assert str(refused.value) == (
        "An interval of 80 % reaches further out than the draws are counted.\n"
        "  So many draws are counted between fixed edges, 8 standard deviations to each side.\n"
        "  Ask for a lower level, or for fewer draws: those are held and sorted."
    )


@pytest.mark.parametrize("where", [{"n_jobs": 1}, {"n_jobs": 2}], ids=["here", "2 processes"])
def test_a_worker_of_another_version_is_refused(
    drawn: dg.Projection, where: dict, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = shards.running()
    monkeypatch.setattr(draws_of, "running", lambda: mine | {"demografi": "9.9.9"})
    with joblib.parallel_config(**where), pytest.raises(dg.ScenarioError) as refused:
        drawn.interval("80+")
    lines = str(refused.value).split("\n  ")
    assert lines[0] == f"A worker runs another version: demografi {dg.__version__}, here 9.9.9."
    assert lines[2] == "Draws made by different versions are not draws of one distribution."
    assert lines[3] == (
        f"Type on every worker: pip install demografi==9.9.9 numpy=={np.__version__} scipy=={mine['scipy']}"
    )


def test_a_worker_with_other_stored_errors_is_refused(drawn: dg.Projection, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = shards.running()
    monkeypatch.setattr(draws_of, "running", lambda: mine | {"projection_errors.csv": "0123456789ab"})
    with pytest.raises(dg.ScenarioError, match=r"projection_errors\.csv [0-9a-f]{12}, here 0123456789ab"):
        drawn.interval("80+")


def _stopped(task: shards.Task, edges: None, draws: range) -> tuple[int, np.ndarray]:
    os._exit(1)


def test_processes_that_are_lost_again_and_again_are_given_up(drawn: dg.Projection) -> None:
    task = draws_of.task_of_groups(drawn, ["80+"], together=True)
    with joblib.parallel_config(n_jobs=2), pytest.raises(dg.ScenarioError) as refused:
        list(shards._each(_stopped, task, None, [range(10), range(10, 20)]))
    assert str(refused.value) == (
        "Processes were lost 4 times; 2 shards are not made.\n"
        "  They were stopped from outside, most often because memory ran out.\n"
        "  Use fewer at once: joblib.parallel_config(n_jobs=1)"
    )
