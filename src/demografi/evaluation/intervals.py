"""How often the intervals held: municipalities, ten neighbours by code, and counties, beside empirical quantiles."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from demografi.evaluation import runs
from demografi.evaluation.launches import run_launch
from demografi.evaluation.past_errors import scored_places
from demografi.evaluation.scores import group_ages
from demografi.rates import Settings
from demografi.rates.pooling import Floats, Ints
from demografi.sources.reference import Reference
from demografi.uncertainty import ErrorModel, PastErrors, draw_factors, quantiles

__all__ = ["LEVELS", "Unit", "empirical_ends", "interval_rows", "summary_of_intervals", "units_of"]

LEVELS = (0.5, 0.8, 0.95)
NAMES = (*runs.NAMES, "0-15")
TOTAL = NAMES.index("total")
SIZES = (2_000, 5_000, 10_000, 20_000, 50_000)
TOGETHER = "together"
"""Kind and code of the sum of a region's places."""
CHUNK = 100
FEWEST_LAUNCHES = 2
GROWTH_POWER = 0.7
"""Carries interval width to horizons no past launch has reached: (h / longest)^0.7, as in the first measurements."""


@dataclass(frozen=True)
class Unit:
    """A place or a sum of places that is scored: ``kind``, code, and the indices of its members."""

    kind: str
    code: str
    members: Ints


def units_of(regions: tuple[str, ...]) -> list[Unit]:
    """Return every municipality, every full ten consecutive codes within a county, and every county."""
    units = [Unit("municipality", code, np.array([i])) for i, code in enumerate(regions)]
    for county in sorted({code[:2] for code in regions}):
        inside = np.array([i for i, code in enumerate(regions) if code[:2] == county])
        tens = [inside[k : k + 10] for k in range(0, len(inside) - 9, 10)]
        units += [Unit("ten", regions[ten[0]], ten) for ten in tens]
        units.append(Unit("county", county, inside))
    return units


def with_sums(groups: Floats) -> Floats:
    """Add total, 80+, 20–66 and 0–15 to the eight groups, (..., 8) → (..., 12)."""
    extra = [groups.sum(-1), groups[..., 6:8].sum(-1), groups[..., 3:5].sum(-1), groups[..., :2].sum(-1)]
    return np.concatenate([groups, np.stack(extra, axis=-1)], axis=-1)


def sums_of(values: Floats, units: list[Unit]) -> Floats:
    """Sum places to units over the last axis but one, (..., R, 8) → (..., U, 12)."""
    return with_sums(np.stack([values[..., unit.members, :].sum(axis=-2) for unit in units], axis=-2))


def members_of(regions: tuple[str, ...]) -> list[Unit]:
    """Return every place of a region, and their sum where there are several."""
    units = [Unit("municipality", code, np.array([i])) for i, code in enumerate(regions)]
    return units if len(units) == 1 else [*units, Unit(TOGETHER, TOGETHER, np.arange(len(units)))]


def draws_of_units(
    model: ErrorModel,
    persons: Floats,
    horizons: list[int],
    places: tuple[Ints, Ints],
    units: list[Unit],
    draws: range,
    seed: int,
) -> Floats:
    """Return drawn persons (D, h, U, 12) of units, from (H + 1, R, 8) projected and the places' codes and counties."""
    parts = []
    for first in range(0, len(draws), CHUNK):
        asked = draws[first : first + CHUNK]
        factors = draw_factors(model, persons, places[1], asked, seed, places=places[0])
        parts.append(sums_of(factors[:, horizons] * persons[horizons], units))
    return np.concatenate(parts)


def interval_rows(
    reference: Reference,
    launch: int,
    horizons: Iterable[int],
    model: ErrorModel,
    past: PastErrors,
    draws: int = 1000,
    seed: int = 1,
    regions: tuple[str, ...] | None = None,
) -> pd.DataFrame:
    """Return one row for each unit, age group and horizon of a launch: what came, and both methods' intervals.

    Parameters
    ----------
    model, past
        The error model, and the errors it was fitted on, for the empirical quantiles beside it.
    regions
        Codes whose places and sum are scored; by default every municipality that is, tens of them and counties.

    Returns
    -------
    pandas.DataFrame
        ``launch horizon kind unit age_group inhabitants projected observed crps pit`` (the share of draws below what
        came) and, for each level, ``low_ high_`` and ``low_q_ high_q_`` of the empirical quantiles [persons].
    """
    asked = list(horizons)
    all_places = scored_places(reference)
    scored = units_of(tuple(reference.regions[i] for i in all_places))
    places = all_places if regions is None else np.array([reference.regions.index(code) for code in regions])
    units = scored if regions is None else members_of(regions)
    persons = group_ages(run_launch(reference, launch, max(asked), Settings()).sum(axis=2))[:, places]
    seen = group_ages(reference.local.sum(axis=2))[[launch + h - reference.first_year for h in asked]][:, places]
    codes = np.array([int(reference.regions[i]) for i in places])
    sample = draws_of_units(model, persons, asked, (codes, reference.counties[places]), units, range(draws), seed)
    projected, observed = sums_of(persons, units), sums_of(seen, units)
    shape = observed.shape
    columns: dict[str, Floats] = {
        "inhabitants": np.broadcast_to(projected[0, :, TOTAL][None, :, None], shape),
        "projected": projected[asked],
        "observed": observed,
        "crps": crps(sample, observed),
        "pit": (sample < observed).mean(axis=0) + 0.5 * (sample == observed).mean(axis=0),
    }
    rival = empirical_ends(past, scored, units, projected, asked)
    for level in LEVELS:
        name = f"{100 * level:g}"
        columns[f"low_{name}"], columns[f"high_{name}"] = quantiles(sample, level)
        columns[f"low_q_{name}"], columns[f"high_q_{name}"] = rival[level]
    return _labelled(columns, launch, asked, units)


def _labelled(columns: dict[str, Floats], launch: int, horizons: list[int], units: list[Unit]) -> pd.DataFrame:
    """Write arrays (h, U, 12) as rows."""
    keys = pd.MultiIndex.from_product([horizons, range(len(units)), NAMES], names=["horizon", "at", "age_group"])
    table = keys.to_frame(index=False).assign(**{name: values.ravel() for name, values in columns.items()})
    table.insert(0, "launch", launch)
    at = table.pop("at").to_numpy()
    table.insert(2, "kind", np.array([unit.kind for unit in units])[at])
    table.insert(3, "unit", np.array([unit.code for unit in units])[at])
    return table


def crps(sample: Floats, observed: Floats) -> Floats:
    """Return the continuous ranked probability score of draws (D, ...) [persons].

    Formula: mean|x − y| − ½ mean|x − x'|, the second from sorted draws. Reference: Gneiting & Raftery (2007),
    Journal of the American Statistical Association 102: 359–378.
    """
    n = len(sample)
    ordered = np.sort(sample, axis=0)
    weight = (2 * np.arange(1, n + 1) - n - 1).reshape(-1, *([1] * observed.ndim)) / n**2
    return np.asarray(np.abs(sample - observed).mean(axis=0) - (weight * ordered).sum(axis=0))


def empirical_ends(
    past: PastErrors, scored: list[Unit], units: list[Unit], projected: Floats, horizons: list[int]
) -> dict[float, tuple[Floats, Floats]]:
    """Return intervals from quantiles of past errors of the units scored, by size class, (h, U, 12) for each level.

    Municipalities by inhabitants at launch; tens and counties each as one class; any other sum as a ten.
    """
    before, came = sums_of(past.projected, scored), sums_of(past.observed, scored)
    errors = np.log((came + 0.5) / (before + 0.5))
    classes = np.array([_class(unit.kind, n) for unit, n in zip(units, projected[0, :, TOTAL], strict=True)])
    then = np.stack([[_class(u.kind, n) for u, n in zip(scored, row, strict=True)] for row in before[:, 0, :, TOTAL]])
    ends = {level: np.zeros((2, len(horizons), *projected.shape[1:])) for level in LEVELS}
    for at, h in enumerate(horizons):
        launches = np.isfinite(errors[:, :, 0, TOTAL]).sum(axis=0)
        known = min(h, int(np.flatnonzero(launches >= FEWEST_LAUNCHES).max()))
        for name in np.unique(classes):
            member, sample = classes == name, errors[:, known][then == name]
            sample = sample[np.isfinite(sample[:, TOTAL])] * (h / known) ** GROWTH_POWER
            for level in LEVELS:
                q = np.quantile(sample, [0.5 - level / 2, 0.5 + level / 2], axis=0)
                ends[level][:, at, member] = projected[h, member] * np.exp(q)[:, None]
    return {level: (both[0], both[1]) for level, both in ends.items()}


def _class(kind: str, inhabitants: float) -> str:
    kind = "ten" if kind == TOGETHER else kind
    return f"municipality {np.searchsorted(SIZES, inhabitants, side='right')}" if kind == "municipality" else kind


def summary_of_intervals(table: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Return hit rates, width and interval score by the columns asked for.

    Returns
    -------
    pandas.DataFrame
        ``n``, ``hit_50 hit_80 hit_95`` [per cent], ``width_80 score_80 crps`` [per cent of what came], and the same
        with ``_q`` for empirical quantiles. Taken per launch, then averaged. A unit where nobody came is left out.
    """
    table = table[table["observed"] > 0]
    columns = {"n": np.ones(len(table)), "crps": 100 * table["crps"] / table["observed"]}
    for method in ("", "q_"):
        for level in LEVELS:
            low, high = (table[f"{end}_{method}{100 * level:g}"] for end in ("low", "high"))
            came = table["observed"]
            columns[f"hit_{method}{100 * level:g}"] = 100.0 * ((low <= came) & (came <= high))
            if level == 0.8:
                outside = (low - came).clip(lower=0) + (came - high).clip(lower=0)
                columns[f"width_{method}80"] = 100 * (high - low) / came
                columns[f"score_{method}80"] = 100 * (high - low + 2 / (1 - level) * outside) / came
    measured = pd.concat([table[["launch", *[c for c in by if c != "launch"]]], pd.DataFrame(columns)], axis=1)
    keys = ["launch", *[c for c in by if c != "launch"]]
    per_launch = measured.groupby(keys, sort=False).agg({**dict.fromkeys(columns, "mean"), "n": "sum"})
    return per_launch.groupby(by, sort=False).mean().reset_index()
