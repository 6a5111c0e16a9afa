"""Empirical Bayes building blocks."""

import numpy as np
import pytest

from demografi.rates.pooling import (
    age_kernel,
    group_sums,
    moment_weight,
    ramp,
    shrunk_ratio,
    size_basis,
    weighted_regression,
)


def test_a_ratio_is_shrunk_half_way_when_evidence_equals_the_prior_weight() -> None:
    ratio = shrunk_ratio(np.array([200.0]), np.array([100.0]), np.array([1.0]), 100.0)
    assert ratio[0] == pytest.approx(1.5)


def test_without_evidence_the_prior_is_kept() -> None:
    ratio = shrunk_ratio(np.array([0.0]), np.array([0.0]), np.array([1.2]), 50.0)
    assert ratio[0] == pytest.approx(1.2)


def test_moments_find_the_weight_that_made_the_data() -> None:
    random = np.random.default_rng(0)
    expected = random.uniform(200, 2000, 20_000)
    true = random.gamma(400.0, 1 / 400.0, 20_000)
    events = random.poisson(expected * true).astype(float)
    assert moment_weight(events, expected, np.ones(20_000)) == pytest.approx(400, rel=0.05)


def test_moments_shrink_fully_when_places_differ_by_chance_only() -> None:
    random = np.random.default_rng(0)
    expected = np.full(500, 100.0)
    assert moment_weight(random.poisson(expected) * 1.0, expected, np.ones(500)) > 1000


def test_regression_recovers_an_exact_line_in_every_column() -> None:
    basis = np.stack([np.ones(5), np.arange(5.0)], axis=1)
    truth = np.array([[1.0, 2.0], [3.0, -1.0]])
    found = weighted_regression(basis, basis @ truth, np.ones((5, 2)))
    np.testing.assert_allclose(found, truth)


def test_the_size_basis_bends_only_for_large_places() -> None:
    basis = size_basis(np.array([np.exp(8.7), np.exp(8.7 + 1.2 * 1.8)]), 8.7, 1.2, 0.8)
    np.testing.assert_allclose(basis, [[1, 0, 0, 0], [1, 1.8, 3.24, 1.0]], atol=1e-12)


def test_smoothing_keeps_a_constant() -> None:
    np.testing.assert_allclose(age_kernel(30, 2.0) @ np.ones(30), 1.0)
    np.testing.assert_array_equal(age_kernel(4, 0.0), np.eye(4))


def test_a_ramp_rises_from_zero_to_one() -> None:
    np.testing.assert_allclose(ramp(6, 1, 5), [0, 0, 0.25, 0.5, 0.75, 1])


def test_group_sums_add_members() -> None:
    sums = group_sums(np.array([1.0, 2.0, 4.0]), np.array([0, 2, 0]), 3)
    np.testing.assert_array_equal(sums, [5, 0, 2])
