"""A nation's mortality read from what its cohorts lose: registered deaths by age reached, or stocks alone."""

from __future__ import annotations

import numpy as np

from demografi.rates import mortality
from demografi.rates.pooling import Floats, ramp
from demografi.rates.settings import LossSettings, MortalitySettings

FEWEST_STEPS = 3
"""Years of losses below which a country's own decline is not measured."""
MOST_HAZARD = 3.0
"""Largest yearly hazard that is believed [per person-year]."""


def losses_by_age(stocks: Floats) -> Floats:
    """Count what each cohort loses in a year, by the age it reaches.

    Parameters
    ----------
    stocks : (T + 1, S, A) 1 January, the last age open [persons]

    Returns
    -------
    (T, S, A) deaths and net out-moves; the two oldest ages are reported together at the last, age 0 holds nothing
    """
    lost = np.zeros_like(stocks[1:])
    lost[..., 1:-1] = stocks[:-1, :, :-2] - stocks[1:, :, 1:-1]
    lost[..., -1] = stocks[:-1, :, -2:].sum(axis=-1) - stocks[1:, :, -1]
    return lost


def nation_rates(
    stocks: Floats, deaths: Floats | None, choice: LossSettings, settings: MortalitySettings
) -> tuple[Floats, Floats]:
    """Estimate death rates and their yearly decline from cohorts, whatever the open age.

    Parameters
    ----------
    stocks : (T + 1, S, A) 1 January, the last age open [persons]
    deaths : (T, S, A) by the age reached at the end of the year, or None: then cohort losses stand for deaths from
        ``choice.from_age``, where few move across a border, and a curve goes on below

    Returns
    -------
    rates, declines : (S, A + 1) at the last of the T years. The mean of the two last is what the open group dies at,
        because survival takes the mean of two neighbours (`mortality.survival`)

    Notes
    -----
    A cohort aged a at the start loses at the hazard h(a) = −ln(1 − lost/persons), its mean over the ages a to a + 2.
    Single ages are shrunk to a logistic curve in age by ``choice.curve_weight`` deaths; the last single age and the
    open group, which stocks report together, are told apart by the curve. m(a) = √(h(a − 1)·h(a)).
    """
    lost = losses_by_age(stocks) if deaths is None else deaths
    at_risk = stocks[:-1, :, :-2]
    died = np.clip(lost[..., 1:-1], 0.0, at_risk)
    lived = np.maximum(at_risk - 0.5 * died, 1e-6)
    declines = mortality.decline_by_age(_decline(died, lived, choice, settings), stocks.shape[-1] + 1, settings)
    n = min(settings.level_years, len(died))
    back = np.exp(declines[:, :-3] * np.arange(n - 1, -1, -1.0)[:, None, None])
    events, exposure = died[-n:].sum(axis=0), (lived[-n:] * back).sum(axis=0)
    curve = _curve(events, exposure, choice, stocks.shape[-1])
    if deaths is None:
        events, exposure = events.copy(), exposure.copy()
        events[:, : choice.from_age] = exposure[:, : choice.from_age] = 0.0
    known = curve[:, :-2]
    weight = choice.curve_weight
    hazard = np.empty_like(curve)
    hazard[:, :-2] = (events + weight) / (exposure + weight / known)
    hazard[:, -2] = curve[:, -2]
    hazard[:, -1] = _open_hazard(stocks[-n - 1 :], lost[-n:, :, -1], curve, weight)
    infants = None if deaths is None else deaths[-n:, :, 0].sum(axis=0) / stocks[-n:, :, 0].sum(axis=0)
    return _rates(hazard, infants, choice), declines


def _decline(died: Floats, lived: Floats, choice: LossSettings, settings: MortalitySettings) -> Floats:
    """Return the nation's yearly decline by sex (S,): its own and that of other countries, each by its precision.

    Death rates wander: over n years of steps with variance σ² the mean step has variance σ²/n. Against it stands how
    far a country's decade is from other countries'.
    """
    last = died.shape[-1] - 1
    groups = tuple((low, min(high, last)) for low, high in settings.trend_groups if low <= last)
    own = np.mean([mortality.decline(died, lived, w, groups) for w in settings.trend_windows], axis=0)
    rates = np.stack([died[..., low : high + 1].sum(-1) / lived[..., low : high + 1].sum(-1) for low, high in groups])
    if len(died) < FEWEST_STEPS or not (rates > 0).all():
        return np.full_like(own, choice.common_decline)
    steps = np.diff(np.log(rates).mean(axis=(0, 2))[-max(settings.trend_windows) :])
    variance = float(steps.var(ddof=1)) / min(len(steps), *settings.trend_windows)
    return np.asarray(own + variance / (variance + choice.common_spread**2) * (choice.common_decline - own))


def _curve(events: Floats, exposure: Floats, choice: LossSettings, n_ages: int) -> Floats:
    """Fit logit h linear in age among the old and among the oldest; (S, A), starting ages 0 … A − 1."""
    last = events.shape[-1]
    starts = (choice.from_age, min(choice.oldest_from, last - 10))
    ages = np.arange(n_ages, dtype=float)
    weight = ramp(n_ages, starts[1], starts[1] + 10)
    found = np.empty((len(events), n_ages))
    for s in range(len(events)):
        fits = []
        for start in starts:
            cut = slice(start, min(choice.oldest_to, last))
            a, b = mortality.kannisto(events[s, cut], exposure[s, cut], ages[cut])
            fits.append(1.0 / (1.0 + np.exp(-(a + b * ages))))
        found[s] = (1 - weight) * fits[0] + weight * fits[1]
    return np.maximum(found, choice.least_hazard)


def _open_hazard(stocks: Floats, joint: Floats, curve: Floats, weight: float) -> Floats:
    """Return the open group's hazard (S,): joint losses less what the curve gives the age before."""
    at_risk = stocks[:-1].sum(axis=0)
    before = at_risk[:, -2] * (1.0 - np.exp(-curve[:, -2]))
    expected = 1.0 - np.exp(-curve[:, -1])
    share = (joint.sum(axis=0) - before + weight) / (at_risk[:, -1] + weight / expected)
    return np.asarray(-np.log(1.0 - np.clip(share, expected, 1.0 - np.exp(-MOST_HAZARD))))


def _rates(hazard: Floats, infants: Floats | None, choice: LossSettings) -> Floats:
    """Turn hazards of starting ages (S, A) into death rates of completed ages (S, A + 1)."""
    rates = np.empty((len(hazard), hazard.shape[1] + 1))
    rates[:, 1:-2] = np.sqrt(hazard[:, :-2] * hazard[:, 1:-1])
    rates[:, 0] = choice.infant_rate if infants is None else infants
    # Survival averages neighbours: the last single age must come out at its own hazard, the open group at its own.
    rates[:, -2] = np.maximum(2.0 * hazard[:, -2] - rates[:, -3], rates[:, -3])
    rates[:, -1] = np.maximum(2.0 * hazard[:, -1] - rates[:, -2], rates[:, -2])
    return rates
