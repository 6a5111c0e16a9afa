"""Intervals of a projection: joint, repeatable, and refused where nothing carries them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import demografi as dg
from demografi.projection.draws import group_draws


@pytest.fixture(scope="module")
def drawn(observed: dg.Observed) -> dg.Projection:
    return dg.project(observed, to=2036, draws=400, seed=7)


def test_the_path_itself_is_the_same_with_and_without_draws(drawn: dg.Projection, observed: dg.Observed) -> None:
    pd.testing.assert_frame_equal(drawn.to_frame(), dg.project(observed, to=2036).to_frame())


def test_every_cell_lies_within_its_interval_and_the_launch_has_none(drawn: dg.Projection) -> None:
    table = drawn.to_frame(level=0.8)
    assert list(table.columns) == ["region", "year", "sex", "age", "persons", "low", "high"]
    start = table[table["year"] == 2026]
    assert (start["low"] == start["persons"]).all()
    assert (start["high"] == start["persons"]).all()
    assert (table["low"] <= table["high"]).all()


@pytest.mark.parametrize("age_group", ["total", "80+", "20-66"])
def test_the_interval_of_the_region_is_narrower_than_the_sum_of_its_parts(
    drawn: dg.Projection, observed: dg.Observed, age_group: str
) -> None:
    whole = drawn.interval(age_group).iloc[-1]
    parts = [
        dg.project(dg.example(name), to=2036, draws=400, seed=7).interval(age_group).iloc[-1]
        for name in observed.region.names
    ]
    assert whole["high"] - whole["low"] < sum(part["high"] - part["low"] for part in parts)


def test_one_municipality_alone_has_the_draws_it_has_within_the_region(drawn: dg.Projection) -> None:
    alone = dg.project(dg.example("Hitra"), to=2036, draws=400, seed=7).to_frame(level=0.8)
    within = drawn.to_frame(level=0.8)
    within = within[within["region"] == "5056"].reset_index(drop=True)
    assert np.allclose(alone["low"], within["low"], rtol=1e-9)
    assert np.allclose(alone["high"], within["high"], rtol=1e-9)


def test_the_total_has_the_interval_of_its_members_draws(drawn: dg.Projection) -> None:
    whole = drawn.total()
    pd.testing.assert_frame_equal(whole.interval("80+"), drawn.interval("80+"))
    cells = whole.to_frame(level=0.8)
    assert set(cells["region"]) == {"lakseregionen"}
    assert (cells["low"] <= cells["high"]).all()


def test_groups_of_one_draw_belong_together(drawn: dg.Projection) -> None:
    groups = ["0-19", "20-66", "67+", "total"]
    by_draw = group_draws(drawn, groups)
    assert by_draw.shape == (400, 11, 10, 4)
    assert np.allclose(by_draw[..., :3].sum(axis=-1), by_draw[..., 3])
    trajectories = drawn.sample(2)
    first = trajectories[(trajectories["draw"] == 1) & (trajectories["year"] == 2036)]
    assert first["persons"].sum() == pytest.approx(by_draw[1, -1, :, 3].sum())


def test_groups_of_a_projection_without_draws_are_refused(observed: dg.Observed) -> None:
    with pytest.raises(dg.ScenarioError, match="The projection has no draws"):
        group_draws(dg.project(observed, to=2030), ["80+"])


def test_the_same_seed_gives_the_same_bytes_and_another_does_not(drawn: dg.Projection, observed: dg.Observed) -> None:
    again = dg.project(observed, to=2036, draws=400, seed=7).interval("80+")
    other = dg.project(observed, to=2036, draws=400, seed=8).interval("80+")
    assert again.to_numpy().tobytes() == drawn.interval("80+").to_numpy().tobytes()
    assert other.to_numpy().tobytes() != again.to_numpy().tobytes()


def test_trajectories_are_consistent_and_their_spread_is_the_interval(drawn: dg.Projection) -> None:
    table = drawn.sample(400)
    assert list(table.columns) == ["region", "year", "sex", "age", "persons", "draw"]
    old = table[(table["year"] == 2036) & (table["age"] >= 80)].groupby("draw")["persons"].sum()
    ends = drawn.interval("80+", level=0.8).iloc[-1]
    assert np.quantile(old, [0.1, 0.9]) == pytest.approx([ends["low"], ends["high"]], rel=1e-9)


def test_a_saved_projection_keeps_its_intervals(drawn: dg.Projection, tmp_path) -> None:
    again = dg.Projection.open(drawn.save(tmp_path / "drawn.parquet"))
    pd.testing.assert_frame_equal(again.interval("80+"), drawn.interval("80+"))


@pytest.mark.parametrize(
    ("asked", "fault"),
    [
        ({"draws": -1}, "-1 is no number of draws."),
        ({"draws": 1.5}, "1.5 is no number of draws."),
        ({"draws": 100, "seed": "a"}, "The seed"),
    ],
)
def test_draws_that_cannot_be_made_are_refused(observed: dg.Observed, asked: dict, fault: str) -> None:
    with pytest.raises(dg.ScenarioError) as error:
        dg.project(observed, to=2030, **asked)
    assert str(error.value).startswith(fault)


@pytest.mark.parametrize("level", [0.0, 1.0, 80, -0.5])
def test_a_level_outside_0_to_1_is_refused(drawn: dg.Projection, level: float) -> None:
    with pytest.raises(dg.ScenarioError):
        drawn.interval("80+", level=level)


def test_too_few_draws_for_the_level_are_refused(observed: dg.Observed) -> None:
    few = dg.project(observed, to=2030, draws=50)
    with pytest.raises(dg.ScenarioError):
        few.to_frame(level=0.95)


def test_more_trajectories_than_draws_are_refused(drawn: dg.Projection) -> None:
    with pytest.raises(dg.ScenarioError, match="500 trajectories cannot be taken"):
        drawn.sample(500)


def test_a_county_has_no_record_of_errors_of_its_own() -> None:
    with pytest.raises(dg.ScenarioError, match="There is no record of past errors for these places"):
        dg.project(dg.example("Trøndelag"), to=2030, draws=100)
