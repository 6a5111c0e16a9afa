"""National control, raking, blending, chain-linking, births, competitors, scores."""

import numpy as np
import pytest

from demografi.evaluation.competitors import constant_growth, hamilton_perry, linear, no_change
from demografi.evaluation.scores import group_ages, percent_errors, structure_error, summary
from demografi.rates.chain import chain_link, link_factors
from demografi.rates.control import (
    blend_with_trend,
    damped_sum,
    mix_official,
    net_migration_path,
    newest_weight,
    rake_factors,
    trend_slopes,
)
from demografi.rates.fertility import expected_children, levels, newborns
from demografi.rates.migration import residuals
from demografi.rates.settings import ControlSettings


def test_raked_places_sum_to_the_nation_cell_by_cell() -> None:
    random = np.random.default_rng(0)
    places, target = random.uniform(1, 9, (5, 2, 7)), random.uniform(10, 50, (2, 7))
    raked = places * rake_factors(places, target)
    np.testing.assert_allclose(raked.sum(axis=0), target)


def test_an_empty_cell_is_not_raked() -> None:
    assert rake_factors(np.zeros((2, 1, 1)), np.ones((1, 1)))[0, 0] == 1.0


def test_damped_sums_by_hand() -> None:
    np.testing.assert_allclose(damped_sum(2, 0.5), [0, 0.5, 0.75])


def test_trend_slopes_average_base_periods_and_accept_short_histories() -> None:
    totals = np.array([[0.0], [10.0], [40.0]])
    assert trend_slopes(totals, (1, 10))[0] == pytest.approx((30 + 20) / 2)


def test_the_blend_meets_the_mixed_total_and_leaves_the_old() -> None:
    projected = np.full((2, 1, 2, 4), 10.0)
    blended = blend_with_trend(projected, np.array([16.0]), 1.0, 0.5, 3)
    assert blended[1].sum() == pytest.approx(80 + 8)
    np.testing.assert_array_equal(blended[..., 3], projected[..., 3])
    np.testing.assert_array_equal(blended[0], projected[0])


def test_official_growth_moves_half_way_and_is_kept_beyond_its_horizon() -> None:
    own = np.full((3, 1, 2), 10.0)
    mixed = mix_official(own, np.array([[1.0], [1.2]]), np.array([0, 0]), 0.5)
    np.testing.assert_allclose(mixed[:, 0, 0], [10, 11, 11])


def test_net_migration_returns_from_todays_level_to_its_mean() -> None:
    stocks = 1e9 * np.cumsum(np.array([4.0, 2, 2, 4]))
    population = stocks[:, None, None] * np.ones((1, 1, 3))
    population[:, :, 0] = 0
    survived, settings = np.ones((3, 1, 3)), ControlSettings(migration_years=(3,), migration_memory=0.5)
    net = residuals(population, survived)
    path = net_migration_path(population, survived, 2, settings, 2)
    mean, newest = net.mean(axis=0), net[-1]
    np.testing.assert_allclose(path[0][:, :2], (0.5 * mean + 0.5 * newest)[:, :2], rtol=1e-4)
    np.testing.assert_allclose(path[1][:, :2], (0.75 * mean + 0.25 * newest)[:, :2], rtol=1e-4)


def test_a_small_country_listens_to_more_years_than_a_large_one() -> None:
    settings = ControlSettings(migration_innovation=0.001, migration_chance=0.5)
    # q = 1e-6 · N / 0.25: one where N = 250,000, and the golden section is what weighs a level as noisy as it moves.
    assert newest_weight(250_000, settings) == pytest.approx((np.sqrt(5) - 1) / 2)
    assert newest_weight(25e6, settings) == pytest.approx(0.99, abs=0.001)
    assert newest_weight(2_500, settings) == pytest.approx(0.095, abs=0.001)


def test_chain_linking_gives_members_the_growth_of_the_whole() -> None:
    np.testing.assert_allclose(
        link_factors(np.array([100.0, 100.0]), np.array([150.0, 60.0])), [1.5 / 1.05, 0.6 / 1.05]
    )
    population = np.array([[100.0, 100], [100, 100], [150, 60]])[:, :, None, None]
    linked = chain_link(population, 2, np.array([0, 1]))
    np.testing.assert_allclose(linked[2, :, 0, 0] / linked[1, :, 0, 0], 1.05)
    assert chain_link(population[:2], 2, np.array([0, 1])) is not None


def test_chain_linking_does_nothing_before_the_break_is_known() -> None:
    population = np.ones((2, 3, 1, 1))
    np.testing.assert_array_equal(chain_link(population, 2, np.array([0])), population)


def test_births_by_hand() -> None:
    schedule = np.array([0.0, 0.1])
    assert expected_children(np.array([0.0, 10]), np.array([0.0, 30]), schedule) == 2.0
    girls, boys = newborns(np.array([0.0, 10]), np.array([0.0, 30]), schedule, 0.5135)
    assert girls + boys == pytest.approx(2.0)
    assert boys == pytest.approx(1.027)


def test_the_level_is_children_over_expected() -> None:
    population = np.zeros((2, 2, 2))
    population[:, 0, 1] = 10
    population[1, :, 0] = 0.75
    assert levels(population, np.array([0.0, 0.1]))[0] == pytest.approx(1.5)


def test_simple_competitors_by_hand() -> None:
    history = np.array([[100.0], [110.0], [121.0]])
    np.testing.assert_allclose(no_change(history, 2)[:, 0], [121] * 3)
    np.testing.assert_allclose(linear(history, 2)[:, 0], [121, 131.5, 142])
    np.testing.assert_allclose(constant_growth(history, 1)[:, 0], [121, 133.1])


def test_hamilton_perry_keeps_a_stationary_population() -> None:
    age = np.array([10.0] * 60 + [5.0] * 10)
    history = np.broadcast_to(age, (4, 3, 2, 70)) * np.array([1.0, 2, 30])[:, None, None]
    np.testing.assert_allclose(hamilton_perry(history, 3)[3], history[-1])


def test_scores_by_hand() -> None:
    errors = percent_errors(np.array([110.0, 90, 104, 5]), np.array([100.0, 100, 100, 0]))
    found = summary(errors)
    assert found["mape"] == pytest.approx(8.0)
    assert found["malpe"] == pytest.approx(4 / 3)
    assert found["mdape"] == pytest.approx(10.0)
    assert found["within5"] == pytest.approx(100 / 3)
    assert structure_error(np.array([[12.0, 8]]), np.array([[10.0, 10]]))[0] == pytest.approx(10)
    np.testing.assert_array_equal(group_ages(np.arange(6.0), (0, 2, 5)), [1, 9, 5])
