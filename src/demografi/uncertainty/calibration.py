"""Make intervals hold what they say: how much wider they should have been at past launches, by what was known then."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from scipy.special import stdtrit

from demografi.uncertainty.fitting import (
    RECORD_FREEDOM,
    PastErrors,
    around_nation,
    estimate,
    local_layers,
    national_loadings,
    walked_loadings,
)
from demografi.uncertainty.model import SMALLEST, ErrorModel, Floats, Ints, growth

Cases = tuple[Floats, Floats, Floats]
Layers = tuple[Floats, Floats, Floats]

LEVEL = 0.8
"""The interval that must hold; those of 50 % and 95 % follow from the tails."""
MOST_AHEAD = 5
"""Longer spans overlap so much that hardly any are independent [years]."""
LEAST_AHEAD = 3
"""Places are judged from here: nearer, chance in single lives is all [years]."""
FIRST_NATIONAL, FIRST_LOCAL = 10, 3
"""Launches in the record before a launch is judged by it."""
ALL = tuple(range(8))
CAUSES = (
    ((0,), ((0, 1),)),
    ((1, 2, 3, 4), (ALL, (3, 4))),
    ((5, 6, 7), ((5,), (6,), (7,))),
)
"""Groups whose national error has one cause (births, moves, deaths), and the sums that must hold: 0–15; total and
20–66; 67–79, 80–89 and 90+. Those aged 6–15 within five years are born at launch, and so a matter of moves."""
TEN = 10


def fit_errors(past: PastErrors) -> ErrorModel:
    """Estimate how far off nation, counties and places have been, and calibrate it on the same outcomes."""
    return calibrate(estimate(past), past)


def calibrate(model: ErrorModel, past: PastErrors) -> ErrorModel:
    """Scale each layer so that intervals of 80 % would have held 80 % of past outcomes.

    Notes
    -----
    *Nation*: `national_factors`. *Place* and *county*: `local_factors`, with the nation's error taken out, so that
    one national event does not decide what places may do. Reference for empirical calibration of a model's
    intervals: Tayman, Schafer & Carter (1998), Population Research and Policy Review 17: 1–20.
    """
    return replace(_calibrate_local(model, past), national=model.national * national_factors(past))


def fit_short_record(past: PastErrors) -> ErrorModel:
    """Estimate and calibrate where the nation has been followed no longer than its places: another country's own.

    Notes
    -----
    Places and counties as in `calibrate`. The nation's launches are too few to be set beside what earlier ones knew:
    its size is widened by Student's t alone, with as many degrees of freedom as there are errors that do not overlap.
    """
    ahead = np.minimum(np.arange(1, past.national.shape[1]), MOST_AHEAD)
    widening = _predictive(len(past.national), ahead)
    return replace(_calibrate_local(estimate(past), past), national=walked_loadings(past, widening))


def _calibrate_local(model: ErrorModel, past: PastErrors) -> ErrorModel:
    place, county = local_factors(model, past)
    return replace(
        model,
        county_variance=model.county_variance * county**2,
        noise_variance=model.noise_variance * place**2,
        rate_variance=model.rate_variance * place**2,
    )


def reach(freedom: float) -> float:
    """Return half an interval's width in standard deviations, for Student's t with a normal's variance."""
    return float(stdtrit(freedom, 0.5 + LEVEL / 2) * np.sqrt(1 - 2 / freedom))


def national_factors(past: PastErrors) -> Floats:
    """Return (H, G) how many times as wide the nation's intervals should be as the record says.

    Every launch from the eleventh is set beside the intervals that the record up to it would have given, one to five
    years ahead. A size that rests on ν independent errors asks for Student's t with ν degrees of freedom: so each
    error is divided by the reach of that, the quantile over launches says what the record still did not know, and
    the reach of today's ν is put back. A cause of error (births, moves, deaths) has one quantile; the factor grows
    with years ahead, because ν falls, and stays after five. It is not below one: launches overlap, so that calm ones
    are no promise.
    """
    judges = [sum_of for _, sums in CAUSES for sum_of in sums]
    surprises = [surprise(past, launch, judges) for launch in range(FIRST_NATIONAL, len(past.national))]
    found = np.concatenate([np.zeros((0, len(judges))), *surprises])
    horizon, n_groups = past.national.shape[1] - 1, past.national.shape[2]
    ahead = np.minimum(np.arange(1, horizon + 1), MOST_AHEAD)
    predictive = _predictive(len(past.national), ahead)
    factors = np.ones((horizon, n_groups))
    first = 0
    for groups, sums in CAUSES:
        values = found[:, first : first + len(sums)]
        values = values[np.isfinite(values)]
        if len(values):
            factors[:, groups] = np.maximum(1.0, np.quantile(values, LEVEL) * predictive)[:, None]
        first += len(sums)
    return factors


def _predictive(launches: int, ahead: Ints) -> Floats:
    """Return how many times as wide an interval so many launches ask for than one whose size is known."""
    return np.asarray(stdtrit(_independent(launches, ahead), 0.5 + LEVEL / 2) / reach(RECORD_FREEDOM))


def _independent(launch: int, ahead: Ints) -> Floats:
    """Return how many errors that do not overlap are known after so many yearly launches; at least one."""
    return np.asarray(np.maximum((launch - ahead + 1) / ahead, 1.0))


def surprise(past: PastErrors, launch: int, judges: Sequence[tuple[int, ...]]) -> Floats:
    """Return (h, J) errors of sums at a launch ÷ half the interval known then; NaN where one is not known."""
    ahead = np.arange(1, min(MOST_AHEAD, past.national.shape[1] - 1) + 1)
    errors, persons = past.national[:, ahead], past.persons[launch, ahead]
    known = np.arange(len(errors))[:, None] + ahead <= launch
    record = np.where(known[:, :, None], errors, np.nan)
    before = known.any(axis=1)
    loadings = national_loadings(record[before], past.eras[before])
    found = np.full((len(ahead), len(judges)), np.nan)
    for j, groups in enumerate(judges):
        share = persons[:, groups] / persons[:, groups].sum(axis=1, keepdims=True)
        size = np.sqrt(((loadings[:, :, groups] * share).sum(axis=2) ** 2).sum(axis=0))
        came = np.abs(np.log((share * np.exp(errors[launch][:, groups])).sum(axis=1)))
        found[:, j] = np.where(size > 0, came / np.maximum(size, 1e-12), np.nan)
    return np.asarray(found / stdtrit(_independent(launch, ahead), 0.5 + LEVEL / 2)[:, None])


def local_factors(model: ErrorModel, past: PastErrors) -> tuple[Floats, float]:
    """Return the factors of places (G,) and of counties, from errors three to five years ahead.

    Places are judged one by one, by age group; counties by tens and counties, all groups together, because they are
    few. Two views, and the wider counts: each launch from the fourth beside what the record to that launch said
    (that record is short), and beside what the whole record says (that one has seen the outcome).
    """
    launches = range(FIRST_LOCAL, len(past.projected))
    kept = local_layers(past)
    rolled = [local_layers(known_by(past, launch)) for launch in launches]
    views = [_cases(past, launches, layers) for layers in (rolled, [kept] * len(launches))]
    if not len(views[0][0][0]):
        return np.ones(past.projected.shape[-1]), 1.0
    by_group = [
        [_needed(e[:, g], county[:, g], own[:, g], model.freedom[2]) for g in range(e.shape[1])]
        for (e, county, own), _ in views
    ]
    place = np.max(by_group, axis=0)
    shared = [_needed(e, own * place**2, county, model.freedom[1]) for _, (e, county, own) in views]
    return place, max(shared)


def known_by(past: PastErrors, launch: int) -> PastErrors:
    """Cut local launches and outcomes to what was known at one of the launches, counted from the first."""
    observed = past.observed[:launch, : launch + 1].copy()
    observed[np.add.outer(np.arange(launch), np.arange(observed.shape[1])) > launch] = np.nan
    return replace(past, projected=past.projected[:launch, : launch + 1], observed=observed)


def _cases(past: PastErrors, launches: Sequence[int], layers: Sequence[Layers]) -> tuple[Cases, Cases]:
    """Return errors and the variances of county and place, (N, G) each, of places and of tens and counties."""
    relative = around_nation(past)
    members = _sums(past.counties)
    places, sums = [], []
    for launch, (county, noise, rate) in zip(launches, layers, strict=True):
        for h in range(LEAST_AHEAD, min(MOST_AHEAD, relative.shape[1]) + 1):
            if not np.isfinite(relative[launch, h - 1]).all():
                continue
            shared, slope = growth(county, h)[-1], (growth(noise, h)[-1], growth(rate, h)[-1])
            persons = past.projected[launch, h]
            own = slope[0] / np.maximum(persons, SMALLEST) + slope[1]
            places.append((relative[launch, h - 1], np.broadcast_to(shared, own.shape), own))
            share = members[:, :, None] * persons
            share = share / np.maximum(share.sum(axis=1, keepdims=True), 1e-9)
            error = np.log((share * np.exp(relative[launch, h - 1])).sum(axis=1))
            sums.append((error, np.broadcast_to(shared, error.shape), (share**2 * own).sum(axis=1)))
    return _joined(places), _joined(sums)


def _joined(cases: list[Cases]) -> Cases:
    if not cases:
        return np.zeros((0, 8)), np.zeros((0, 8)), np.zeros((0, 8))
    return (
        np.concatenate([case[0] for case in cases]),
        np.concatenate([case[1] for case in cases]),
        np.concatenate([case[2] for case in cases]),
    )


def _sums(counties: Ints) -> Floats:
    """Return who is summed (U, R): every full ten consecutive places of a county, and every county of two or more."""
    rows = []
    for county in np.unique(counties):
        inside = np.flatnonzero(counties == county)
        groups = [inside[k : k + TEN] for k in range(0, len(inside) - TEN + 1, TEN)]
        groups += [inside] if len(inside) > 1 else []
        rows += [np.isin(np.arange(len(counties)), group) for group in groups]
    return np.array(rows, dtype=float).reshape(-1, len(counties))


def _needed(errors: Floats, kept: Floats, scaled: Floats, freedom: float) -> float:
    """Return the factor on the second standard deviation with which `LEVEL` of the errors are inside.

    An error is inside when e² ≤ reach²·(kept + factor²·scaled). Where the second is nil no factor helps; without any
    such error the factor is one.
    """
    there = scaled > 0
    if not there.any():
        return 1.0
    wanted = np.maximum(errors[there] ** 2 / reach(freedom) ** 2 - kept[there], 0.0)
    return float(np.sqrt(np.quantile(wanted / scaled[there], LEVEL)))
