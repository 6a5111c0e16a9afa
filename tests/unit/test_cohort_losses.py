"""Mortality from cohorts: a country whose rates are known is carried forward, and its rates are found again."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from demografi.rates import Settings
from demografi.rates.cohort_losses import losses_by_age, nation_rates
from demografi.rates.mortality import survival

SETTINGS = Settings()
N_AGES, YEARS = 111, 25


def _world(decline: float, open_age: int) -> tuple[np.ndarray, np.ndarray]:
    """Return stocks (T + 1, S, A) cut at an open age, and each age's true survival in the last year."""
    ages = np.arange(N_AGES)
    newest = np.stack([1 / (1 + np.exp(11.2 - 0.105 * ages)), 1 / (1 + np.exp(10.8 - 0.105 * ages))]) + 2e-4
    stock = 40_000.0 * np.exp(-np.cumsum(newest, axis=1))
    path = [stock]
    for year in range(YEARS):
        alive = path[-1] * survival(newest * np.exp(decline * (YEARS - 1 - year)))
        older = np.empty_like(alive)
        older[:, 0], older[:, 1:] = 40_000.0, alive[:, :-1]
        older[:, -1] += alive[:, -1]
        path.append(older)
    stocks = np.stack(path)
    shown = stocks[..., : open_age + 1].copy()
    shown[..., -1] = stocks[..., open_age:].sum(axis=-1)
    before = stocks[-2, :, open_age:]
    true = survival(newest)[:, : open_age + 1].copy()
    true[:, -1] = (before * survival(newest)[:, open_age:]).sum(axis=-1) / before.sum(axis=-1)
    return shown, true


@pytest.mark.parametrize("open_age", [90, 100, 105])
def test_survival_is_found_again_whatever_the_open_age(open_age: int) -> None:
    stocks, true = _world(0.0, open_age)
    rates, declines = nation_rates(stocks, None, SETTINGS.losses, SETTINGS.mortality)
    assert np.abs(declines).max() < 1e-4
    found = survival(rates)[:, : open_age + 1]
    among_old = slice(60, min(open_age, 96))
    assert found[:, among_old] == pytest.approx(true[:, among_old], rel=0.004)
    assert found[:, 60:open_age] == pytest.approx(true[:, 60:open_age], rel=0.01)
    assert found[:, -1] == pytest.approx(true[:, -1], rel=0.02 if open_age < 105 else 0.1)
    assert found[:, 1:60] == pytest.approx(true[:, 1:60], abs=5e-4)


def test_stocks_alone_give_what_registered_deaths_give() -> None:
    stocks, _ = _world(0.015, 100)
    lost = losses_by_age(stocks)
    alone, with_deaths = (nation_rates(stocks, deaths, SETTINGS.losses, SETTINGS.mortality) for deaths in (None, lost))
    assert alone[0][:, 61:] == pytest.approx(with_deaths[0][:, 61:], rel=1e-9)
    assert alone[1] == pytest.approx(with_deaths[1])


def test_a_steady_decline_is_kept_and_a_wandering_one_leans_on_other_countries() -> None:
    stocks, _ = _world(0.03, 100)
    _, steady = nation_rates(stocks, None, SETTINGS.losses, SETTINGS.mortality)
    assert steady[0, 70] == pytest.approx(0.03, abs=0.002)
    random = np.random.default_rng(1)
    lost = losses_by_age(stocks) * np.exp(random.normal(0, 0.03, (YEARS, 1, 1)))
    _, wandering = nation_rates(stocks, lost, SETTINGS.losses, SETTINGS.mortality)
    alone = replace(SETTINGS.losses, common_spread=9.0)
    _, own = nation_rates(stocks, lost, alone, SETTINGS.mortality)
    assert SETTINGS.losses.common_decline < wandering[0, 70] < own[0, 70]


def test_what_cohorts_lose_is_counted_by_the_age_they_reach() -> None:
    stocks = np.array([[[10.0, 9.0, 8.0, 7.0]], [[11.0, 9.5, 7.0, 12.0]]])
    assert losses_by_age(stocks)[0, 0].tolist() == [0.0, 0.5, 2.0, 3.0]
