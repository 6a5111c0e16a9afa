"""What one place adds: its own old-age losses, births and migration, shrunk."""

from __future__ import annotations

import numpy as np

from demografi.rates import migration, mortality
from demografi.rates.control import trend_slopes
from demografi.rates.parameters import LocalRates, Parameters
from demografi.rates.pooling import Floats, Ints, shrunk_ratio, size_basis
from demografi.rates.settings import Settings


def basis_at_launch(population: Floats, settings: Settings) -> Floats:
    """Return the size basis (R, K) of places at launch, population (T, R, S, A)."""
    persons = population[-1].sum(axis=(1, 2))
    return size_basis(persons, settings.size_centre, settings.size_scale, settings.size_knot)


def losses_and_expected(population: Floats, parameters: Parameters, settings: Settings) -> tuple[Floats, Floats]:
    """Return observed and nationally scaled expected old-age losses, (R,)."""
    choice = settings.mortality
    n = min(choice.loss_years, len(population) - 1)
    recent = population[-n - 1 :]
    observed = mortality.losses(recent, choice.loss_from).sum(axis=0)
    expected = mortality.expected_losses(recent[:-1], parameters.past_survival[-n:], choice.loss_from)
    return observed, np.asarray(parameters.loss_scale[-n:] @ expected)


def births_and_expected(population: Floats, parameters: Parameters, settings: Settings) -> tuple[Floats, Floats]:
    """Return observed and nationally expected children aged 0, (R,)."""
    n = min(settings.fertility.local_years, len(population) - 1)
    recent = population[-n - 1 :]
    observed = recent[1:, :, :, 0].sum(axis=(0, 2))
    women = 0.5 * (recent[:-1, :, 0] + recent[1:, :, 0])
    return observed, np.einsum("tra,ta->r", women, parameters.past_births[-n:])


def migrants_and_stock(
    population: Floats, loss_ratio: Floats, parameters: Parameters, settings: Settings
) -> tuple[Floats, Floats]:
    """Return yearly net migrants and persons by start age, (T, R, S, A)."""
    n = min(settings.migration.years, len(population) - 1)
    recent = population[-n - 1 :]
    survived = mortality.local_survival(parameters.past_survival[-n:], loss_ratio, settings.mortality)
    return migration.residuals(recent, survived), recent[:-1]


def _level(net: Floats, stock: Floats, counties: Ints, parameters: Parameters, settings: Settings) -> Floats:
    """Return the predicted excess migration level, (H, R)."""
    choice = settings.migration
    rates, exposure = migration.yearly_excess(net, stock, choice.fade_to)
    n = len(rates)
    county = parameters.county_rate[-n:, counties]
    own = rates - parameters.yearly_rate[-n:, None] - county
    within = migration.predicted_level(
        own, exposure, parameters.level_variance, choice.level_memory, len(parameters.births)
    )
    return within + parameters.county_level[:, counties]


def local_loss_ratio(population: Floats, counties: Ints, parameters: Parameters, settings: Settings) -> Floats:
    """Return each place's old-age losses over national ones, shrunk, (R,)."""
    observed, expected = losses_and_expected(population, parameters, settings)
    size = basis_at_launch(population, settings) @ parameters.loss_prior
    prior = size * parameters.loss_county[counties]
    return shrunk_ratio(observed, expected, prior, float(parameters.loss_weight[0]))


def local_birth_ratio(population: Floats, counties: Ints, parameters: Parameters, settings: Settings) -> Floats:
    """Return each place's children aged 0 over national ones, shrunk, (R,)."""
    observed, expected = births_and_expected(population, parameters, settings)
    size = basis_at_launch(population, settings) @ parameters.birth_prior
    prior = size * parameters.birth_county[counties]
    return shrunk_ratio(observed, expected, prior, float(parameters.birth_weight[0]))


def _shape(net: Floats, stock: Floats, basis: Floats, parameters: Parameters, settings: Settings) -> Floats:
    """Return excess net migration beyond the level, shrunk, (R, S, A)."""
    choice = settings.migration
    net, stock = migration.weighted_stock(net, choice), migration.weighted_stock(stock, choice)
    over = migration.excess(net, stock, parameters.migration_rate)
    raw, _ = migration.raw_level(over, stock, choice.fade_to)
    remaining = over - raw[:, None, None] * parameters.profile * stock
    prior = np.einsum("rk,ksa->rsa", basis, parameters.shape_prior)
    return migration.pooled_shape(remaining, stock, prior, parameters.shape_weight, choice.smooth_sd)


def fit_local(population: Floats, counties: Ints, parameters: Parameters, settings: Settings) -> LocalRates:
    """Estimate the rates of any set of places, each from its own history alone.

    Parameters
    ----------
    population : (T, R, S, A) 1 January, last row the launch; ten years or more
    counties : (R,) county number of each place, as in the parameters

    Returns
    -------
    LocalRates; a place gets the same rates whichever other places are given
    """
    loss_ratio = local_loss_ratio(population, counties, parameters, settings)
    net, stock = migrants_and_stock(population, loss_ratio, parameters, settings)
    return LocalRates(
        loss_ratio=loss_ratio,
        birth_ratio=local_birth_ratio(population, counties, parameters, settings),
        level=_level(net, stock, counties, parameters, settings),
        shape=_shape(net, stock, basis_at_launch(population, settings), parameters, settings),
        slope=trend_slopes(population.sum(axis=(2, 3)), settings.control.trend_years),
    )
