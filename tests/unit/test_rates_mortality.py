"""Mortality."""

import numpy as np
import pytest

from demografi.rates.mortality import (
    decline,
    decline_by_age,
    expected_losses,
    kannisto,
    level,
    local_survival,
    losses,
    survival,
    survival_path,
)
from demografi.rates.settings import MortalitySettings


def test_rates_that_fall_two_per_cent_a_year_are_seen_to_do_so() -> None:
    exposure = np.full((12, 2, 100), 1000.0)
    fall = np.exp(-0.02 * np.arange(12))[:, None, None]
    found = decline(exposure * 0.05 * fall, exposure, 10, ((65, 69), (70, 74)))
    np.testing.assert_allclose(found, [0.02, 0.02])


def test_the_level_is_carried_to_the_newest_year() -> None:
    exposure = np.full((3, 1, 1), 100.0)
    deaths = exposure * 0.1 * np.exp(-0.1 * np.array([-2.0, -1, 0]))[:, None, None]
    assert level(deaths, exposure, np.array([[0.1]]))[0, 0] == pytest.approx(0.1)


def test_the_decline_fades_with_age_and_sexes_are_pooled_as_asked() -> None:
    settings = MortalitySettings(pool_sexes=1.0, fade_from=85, fade_to=95)
    found = decline_by_age(np.array([0.01, 0.03]), 100, settings)
    np.testing.assert_allclose(found[:, [50, 85, 90, 95]], [[0.02, 0.02, 0.01, 0.0]] * 2)


def test_kannisto_finds_the_curve_that_made_the_deaths() -> None:
    ages = np.arange(80.0, 101.0)
    m = 1 / (1 + np.exp(-(-11.0 + 0.1 * ages)))
    exposure = np.linspace(10_000, 50, 21)
    np.testing.assert_allclose(kannisto(exposure * m, exposure, ages), (-11.0, 0.1), rtol=1e-6)


def test_a_cohort_spends_half_the_year_at_each_age() -> None:
    s = survival(np.array([0.1, 0.3]))
    np.testing.assert_allclose(s, [np.exp(-0.2), np.exp(-0.3)])


def test_survival_rises_when_rates_fall() -> None:
    path = survival_path(np.full((1, 3), 0.1), np.full((1, 3), 0.02), np.array([0.0, 10.0]), 2)
    np.testing.assert_allclose(path[:, 0, 0], [np.exp(-0.1), np.exp(-0.1 * np.exp(-0.2))])


def test_losses_are_persons_who_are_not_found_a_year_older() -> None:
    population = np.zeros((2, 1, 2, 4))
    population[0, 0, :, 2:] = [[10, 5], [8, 2]]
    population[1, 0, :, 3] = [12, 7]
    assert losses(population, 2)[0, 0] == 25 - 19


def test_expected_losses_follow_survival() -> None:
    population = np.full((1, 1, 1, 3), 10.0)
    assert expected_losses(population, np.array([[[1.0, 0.9, 0.5]]]), 1)[0, 0] == pytest.approx(6)


def test_a_local_ratio_of_two_squares_survival_in_old_age_only() -> None:
    settings = MortalitySettings(ratio_from=0, ratio_to=2)
    found = local_survival(np.full((1, 3), 0.9), np.array([2.0]), settings)
    np.testing.assert_allclose(found[0, 0], [0.9, 0.9**1.5, 0.81])
