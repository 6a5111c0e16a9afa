"""Need in draws: population, coverage and standard moving together, and said where one of them does not."""

from __future__ import annotations

import numpy as np
import pytest

import demografi as dg
from demografi.needs import drawing
from demografi.needs.past_changes import ChangeModel


@pytest.fixture(scope="module")
def drawn(observed: dg.Observed) -> dg.Need:
    return dg.need(dg.project(observed, to=2036, draws=400, seed=7))


def test_one_draw_is_one_future_of_population_and_coverage(drawn: dg.Need) -> None:
    home = drawing.user_draws(drawn, "80+", over=["home_service"])
    stay = drawing.user_draws(drawn, "80+", over=["long_stay"])
    both = drawing.user_draws(drawn, "80+")
    assert both.shape == (400, 11, 10)
    assert np.allclose(home + stay, both)


def test_users_at_launch_are_those_counted(drawn: dg.Need) -> None:
    counted = drawn.users_of("80+").query("year == 2026").set_index("region")["users"]
    assert np.allclose(drawing.user_draws(drawn, "80+")[:, 0], counted[list(drawn.region.members)].to_numpy())


def test_one_municipality_alone_has_the_draws_it_has_within_the_region(drawn: dg.Need) -> None:
    alone = dg.need(dg.project(dg.example("Hitra"), to=2036, draws=400, seed=7))
    hitra = list(drawn.region.members).index("5056")
    assert np.allclose(drawing.user_draws(alone)[..., 0], drawing.user_draws(drawn)[..., hitra], rtol=1e-9)
    assert np.allclose(drawing.person_year_draws(alone)[..., 0], drawing.person_year_draws(drawn)[..., hitra])


def test_coverage_adds_to_the_uncertainty_of_the_population(drawn: dg.Need, monkeypatch: pytest.MonkeyPatch) -> None:
    with_coverage = drawing.user_draws(drawn, "80+").sum(axis=2)[:, -1]
    n = len(drawing.SERIES)
    still = ChangeModel(2025, np.zeros((2, n)), np.zeros(n), np.zeros((2, n)), np.eye(n), (0, 0, 0))
    monkeypatch.setattr(drawing, "coverage_changes", lambda known_to: still)
    without = drawing.user_draws(drawn, "80+").sum(axis=2)[:, -1]
    assert np.subtract(*np.quantile(with_coverage, [0.9, 0.1])) > 2 * np.subtract(*np.quantile(without, [0.9, 0.1]))


def test_nothing_after_the_launch_is_read() -> None:
    early, late = drawing.coverage_changes(2016), drawing.coverage_changes(2025)
    assert early.known_to == 2016
    assert not np.allclose(early.local, late.local)


def test_person_years_at_launch_are_those_of_the_need(drawn: dg.Need) -> None:
    fte = drawn.person_years.query("year == 2026")["fte"].sum()
    assert np.allclose(drawing.person_year_draws(drawn)[:, 0].sum(axis=1), fte)


def test_the_mean_of_many_places_is_near_the_path(drawn: dg.Need) -> None:
    path = drawn.users_of("80+").query("year == 2036")["users"].sum()
    assert np.median(drawing.user_draws(drawn, "80+")[:, -1].sum(axis=1)) == pytest.approx(path, rel=0.04)


def test_a_need_without_draws_has_none(need: dg.Need) -> None:
    with pytest.raises(dg.ScenarioError, match="The projection has no draws"):
        drawing.user_draws(need)


def test_services_that_overlap_are_not_drawn_together(drawn: dg.Need) -> None:
    with pytest.raises(dg.TableError, match="No service is called 'home'"):
        drawing.user_draws(drawn, over=["home"])
    with pytest.raises(dg.TableError, match="The service 'long_stay' has no age group '67-79'"):
        drawing.user_draws(drawn, "67-79")
