"""Estimate everything that needs the whole country, for one launch."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from demografi.rates import migration, mortality
from demografi.rates.local import (
    basis_at_launch,
    births_and_expected,
    fit_local,
    local_loss_ratio,
    losses_and_expected,
    migrants_and_stock,
)
from demografi.rates.nation import national_births, national_control, national_survival
from demografi.rates.parameters import Country, Parameters
from demografi.rates.paths import project
from demografi.rates.pooling import (
    Floats,
    Ints,
    group_sums,
    moment_weight,
    shrunk_ratio,
    weighted_regression,
)
from demografi.rates.settings import Settings

SIZE_COLUMNS = 4


def fit_national(
    country: Country,
    population: Floats,
    counties: Ints,
    horizon: int,
    settings: Settings,
    target: Floats | None = None,
) -> Parameters:
    """Estimate all that needs the whole country, and store what one place needs.

    Parameters
    ----------
    country : national history known at launch
    population : (T, R, S, A) every place, last row the launch [persons]
    counties : (R,) county number of each place, 0 … C − 1; all zero without counties
    horizon : projected years
    target : (H + 1, S, A) a national projection to rake to instead of the own one

    Returns
    -------
    Parameters, with raking factors to the national control
    """
    n_past = min(max(settings.migration.years, settings.mortality.loss_years), len(population) - 1)
    wanted = max(n_past, *settings.control.migration_years)
    n_control = min(wanted, len(country.population) - 1)
    survived, infant = national_survival(country, n_control, horizon, settings)
    past_births, births = national_births(country, horizon, settings)
    start = _neutral(survived[n_control - n_past :], infant, past_births, births)
    start = replace(start, loss_scale=_loss_scale(population, start, settings))
    pooled = _pool_births(population, counties, start, settings)
    pooled = _pool_losses(population, counties, pooled, settings)
    pooled = _pool_migration(population, counties, pooled, settings)
    if target is None and settings.control.use:
        target = national_control(country, survived, births, n_control, settings)
    local = fit_local(population, counties, pooled, settings)
    return project(population[-1], local, pooled, settings, target)[1]


def _neutral(survived: Floats, infant: Floats, past_births: Floats, births: Floats) -> Parameters:
    """Return parameters under which every place is like the nation."""
    n_past = len(survived) - len(births)
    n_sex, n_ages = survived.shape[1:]
    unit = np.eye(SIZE_COLUMNS)[0]
    one = np.ones(1)
    return Parameters(
        past_survival=survived[:n_past],
        survival=survived[n_past:],
        infant=infant,
        loss_scale=np.ones(n_past),
        loss_prior=unit,
        loss_county=one,
        loss_weight=np.ones(2),
        past_births=past_births,
        births=births,
        birth_prior=unit,
        birth_county=one,
        birth_weight=np.ones(2),
        migration_rate=np.zeros((n_sex, n_ages)),
        yearly_rate=np.zeros(n_past),
        county_rate=np.zeros((n_past, 1)),
        county_level=np.zeros((len(births), 1)),
        level_variance=np.zeros(3),
        profile=np.zeros((n_sex, n_ages)),
        shape_prior=np.zeros((SIZE_COLUMNS, n_sex, n_ages)),
        shape_weight=np.ones((2, n_ages)),
        rake=np.ones((len(births), n_sex, n_ages)),
    )


def _loss_scale(population: Floats, parameters: Parameters, settings: Settings) -> Floats:
    """Return the nation's old-age losses over expected in each past year, (T,)."""
    from_age, n = settings.mortality.loss_from, len(parameters.past_survival)
    recent = population[-n - 1 :]
    expected = mortality.expected_losses(recent[:-1], parameters.past_survival, from_age)
    whole = expected.sum(axis=1)
    lost = mortality.losses(recent, from_age).sum(axis=1)
    return np.asarray(np.divide(lost, whole, out=np.ones_like(whole), where=whole > 0))


def _pool(events: Floats, expected: Floats, basis: Floats, counties: Ints) -> tuple[Floats, Floats, Floats]:
    """Fit the size prior (K,), the county ratios (C,) and both weights (2,)."""
    n_groups = int(counties.max()) + 1
    prior = weighted_regression(basis, events / np.maximum(expected, 1e-9), expected)
    by_size = expected * (basis @ prior)
    sums = group_sums(events, counties, n_groups), group_sums(by_size, counties, n_groups)
    among = moment_weight(*sums, np.ones(n_groups))
    ratios = shrunk_ratio(*sums, np.ones(n_groups), among)
    within = moment_weight(events, expected, (basis @ prior) * ratios[counties])
    return prior, ratios, np.array([within, among])


def _pool_losses(population: Floats, counties: Ints, parameters: Parameters, settings: Settings) -> Parameters:
    """Add the prior of local old-age losses."""
    observed, expected = losses_and_expected(population, parameters, settings)
    basis = basis_at_launch(population, settings)
    prior, county, weight = _pool(observed, expected, basis, counties)
    return replace(parameters, loss_prior=prior, loss_county=county, loss_weight=weight)


def _pool_births(population: Floats, counties: Ints, parameters: Parameters, settings: Settings) -> Parameters:
    """Add the prior of local fertility."""
    observed, expected = births_and_expected(population, parameters, settings)
    basis = basis_at_launch(population, settings)
    prior, county, weight = _pool(observed, expected, basis, counties)
    return replace(parameters, birth_prior=prior, birth_county=county, birth_weight=weight)


def _pool_migration(population: Floats, counties: Ints, parameters: Parameters, settings: Settings) -> Parameters:
    """Add the national rate, the predicted county levels, the profile and the shape."""
    ratio = local_loss_ratio(population, counties, parameters, settings)
    flows, persons = migrants_and_stock(population, ratio, parameters, settings)
    choice = settings.migration
    net = migration.weighted_stock(flows, choice)
    stock = migration.weighted_stock(persons, choice)
    rate = _rate(net, stock)
    over = migration.excess(net, stock, rate)
    raw, _ = migration.raw_level(over, stock, choice.fade_to)
    profile = migration.profile(over, stock, raw, choice.smooth_sd)
    found = replace(parameters, migration_rate=rate, profile=profile)
    found = _pool_level(flows, persons, counties, found, settings)
    return _pool_shape(flows, persons, basis_at_launch(population, settings), found, settings)


def _rate(net: Floats, stock: Floats) -> Floats:
    """Return the nation's net migration rate (S, A) from places (R, S, A)."""
    return np.asarray(net.sum(axis=0) / np.maximum(stock.sum(axis=0), 1e-9))


def _pool_level(
    flows: Floats, persons: Floats, counties: Ints, parameters: Parameters, settings: Settings
) -> Parameters:
    """Add counties' past and predicted excess, and the variances within counties."""
    choice, horizon = settings.migration, len(parameters.births)
    rates, exposure = migration.yearly_excess(flows, persons, choice.fade_to)
    nation = (rates * exposure).sum(axis=1) / exposure.sum(axis=1)
    member = np.eye(int(counties.max()) + 1)[counties]
    size = exposure @ member
    county = ((rates - nation[:, None]) * exposure) @ member / size
    among = migration.level_variances(county, size, *choice.level_memory)
    own = rates - nation[:, None] - county[:, counties]
    return replace(
        parameters,
        yearly_rate=nation,
        county_rate=county,
        county_level=migration.predicted_level(county, size, among, choice.level_memory, horizon),
        level_variance=migration.level_variances(own, exposure, *choice.level_memory),
    )


def _pool_shape(
    flows: Floats, persons: Floats, basis: Floats, parameters: Parameters, settings: Settings
) -> Parameters:
    """Add the size prior of the shape and its weight."""
    choice = settings.migration
    remaining, stock = _remaining(
        migration.weighted_stock(flows, choice),
        migration.weighted_stock(persons, choice),
        parameters.profile,
        choice.fade_to,
    )
    shape = migration.shape_prior(basis, remaining, stock, choice.smooth_sd)
    even, odd = (
        _remaining(flows[k::2].sum(axis=0), persons[k::2].sum(axis=0), parameters.profile, choice.fade_to)
        for k in (0, 1)
    )
    prior = np.einsum("rk,ksa->rsa", basis, shape)
    weight = migration.shape_weights((even, odd), prior, choice.smooth_sd, choice.most_shape_weight)
    return replace(parameters, shape_prior=shape, shape_weight=weight)


def _remaining(net: Floats, stock: Floats, profile: Floats, to_age: int) -> tuple[Floats, Floats]:
    """Return what the level does not explain of excess migration, and person-years."""
    over = migration.excess(net, stock, _rate(net, stock))
    raw, _ = migration.raw_level(over, stock, to_age)
    return over - raw[:, None, None] * profile * stock, stock
