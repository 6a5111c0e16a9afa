"""Net migration by residual and its pooling."""

import numpy as np
import pytest

from demografi.rates.migration import (
    age_on,
    level_variances,
    pooled_shape,
    predicted_level,
    residuals,
    shape_weights,
    yearly_excess,
)


def test_ageing_joins_the_two_oldest_and_leaves_age_zero_empty() -> None:
    np.testing.assert_array_equal(age_on(np.array([1.0, 2, 4, 8])), [0, 1, 2, 12])


def test_the_residual_is_what_survival_does_not_explain() -> None:
    population = np.array([[10.0, 20, 30, 40], [9.0, 12, 20, 60]])
    net = residuals(population, np.full((1, 4), 0.9))
    np.testing.assert_allclose(net[0], [3, 2, 60 - 63, 0])


def test_survivors_plus_residual_give_the_next_year_back() -> None:
    random = np.random.default_rng(0)
    population = random.uniform(1, 9, (2, 3, 2, 10))
    survived = random.uniform(0.5, 1, (1, 3, 2, 10))
    net = residuals(population, survived)
    again = age_on(population[0] * survived[0] + net[0])
    np.testing.assert_allclose(again[..., 1:], population[1][..., 1:])


def test_yearly_excess_counts_ages_below_the_limit() -> None:
    net, stock = np.ones((1, 1, 2, 4)), np.full((1, 1, 2, 4), 10.0)
    rate, size = yearly_excess(net, stock, 3)
    assert (rate[0, 0], size[0, 0]) == (pytest.approx(0.1), 60)


def simulated(lasting: float, noise: float) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    size = np.exp(random.uniform(7, 11, 3000))
    level = random.normal(0, np.sqrt(lasting), 3000)
    years = level + random.normal(0, 1, (10, 3000)) * np.sqrt(noise / size)
    return years, np.repeat(size[None], 10, axis=0)


def test_moments_separate_what_lasts_from_noise() -> None:
    rates, size = simulated(2e-5, 0.3)
    found = level_variances(rates, size, 1.0, 0.5)
    np.testing.assert_allclose(found, [2e-5, 0, 0.3], rtol=0.1, atol=1e-6)


def test_a_constant_level_is_shrunk_by_years_of_evidence() -> None:
    rates, size = np.full((4, 1), 0.01), np.full((4, 1), 1000.0)
    found = predicted_level(rates, size, np.array([1e-5, 0, 0.04]), (1.0, 0.5), 2)
    np.testing.assert_allclose(found[:, 0], 0.01 * 4 / (4 + 4), rtol=1e-6)


def test_prediction_fades_with_the_horizon_when_memory_is_short() -> None:
    rates, size = np.full((4, 1), 0.01), np.full((4, 1), 1e12)
    found = predicted_level(rates, size, np.array([1e-5, 0, 1.0]), (0.9, 0.5), 3)
    np.testing.assert_allclose(found[:, 0], 0.01 * 0.9 ** np.arange(1, 4), rtol=1e-5)


def test_no_variance_between_places_gives_no_local_level() -> None:
    rates, size = np.zeros((4, 2)), np.ones((4, 2))
    assert not predicted_level(rates, size, np.zeros(3), (0.9, 0.5), 3).any()


def test_the_shape_is_the_prior_without_people_and_own_with_many() -> None:
    prior = np.full((2, 2, 3), 0.02)
    stock = np.array([0.0, 1e9])[:, None, None] * np.ones((1, 2, 3))
    found = pooled_shape(0.05 * stock, stock, prior, np.full((2, 3), 100.0), 0.0)
    np.testing.assert_allclose(found, [[[0.02] * 3] * 2, [[0.05] * 3] * 2], rtol=1e-5)


def test_a_difference_between_the_sexes_is_shrunk_apart_from_what_they_share() -> None:
    stock = np.full((1, 2, 1), 100.0)
    remaining = np.array([[[3.0], [1.0]]])
    found = pooled_shape(remaining, stock, 0 * stock, np.array([[200.0], [300.0]]), 0.0)
    np.testing.assert_allclose(found[0, :, 0], [0.01 + 0.0025, 0.01 - 0.0025])


def test_shape_weight_is_noise_over_signal() -> None:
    random = np.random.default_rng(0)
    size, noise = (40_000, 2, 1), 0.02
    stock = np.full(size, 500.0)
    signal = random.normal(0, 0.02, (40_000, 1, 1)) + random.normal(0, 0.01, size)
    even, odd = (stock * (signal + random.normal(0, noise, size)) for _ in range(2))
    found = shape_weights(((even, stock), (odd, stock)), 0 * stock, 0.0, 1e6)[:, 0]
    shared = 500 * noise**2 / (0.02**2 + 0.01**2 / 2)
    np.testing.assert_allclose(found, [shared, 500 * noise**2 / 0.01**2], rtol=0.05)
