"""Users of care put to the test: past launches, with the coverage and the population known then, beside what came."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from demografi.evaluation.intervals import LEVELS
from demografi.evaluation.launches import run_launch
from demografi.evaluation.scores import group_ages
from demografi.needs.drawing import SERIES, drawn_errors, panel_coverage
from demografi.needs.past_changes import fit_changes, logs_of
from demografi.rates import Settings
from demografi.rates.pooling import Floats
from demografi.sources.reference import Reference
from demografi.uncertainty import ErrorModel, draw_factors, quantiles

__all__ = ["MEASURES", "user_rows", "user_summary"]

OLD = slice(6, 8)
"""80–89 and 90+ among the eight groups."""
MEASURES = {"home_service": ("home_service",), "long_stay": ("long_stay",), "together": ("home_service", "long_stay")}
TOGETHER = "together"


def user_rows(
    reference: Reference, launch: int, horizons: Iterable[int], model: ErrorModel, draws: int = 1000, seed: int = 1
) -> pd.DataFrame:
    """Return one row for each place, measure and horizon of a launch: users 80+ drawn, and what came.

    Parameters
    ----------
    reference
        The whole country's tables; nothing after the launch is read for the projection.
    launch
        1 January; coverage is that of the day before, and its past changes end there.
    horizons
        Years ahead.
    model
        Errors of population, fitted on outcomes up to the launch or before.

    Returns
    -------
    pandas.DataFrame
        ``launch horizon unit measure users observed``, for each level ``low_ high_``, and ``low_p_ high_p_`` with
        constant coverage, where only the population is drawn [persons]. ``unit`` is a code, or ``"sum"`` of all
        places with figures at both ends. A hidden cell at either end leaves the place out.
    """
    panel = panel_coverage()
    errors_of_coverage = fit_changes(*logs_of(panel, SERIES, launch - 1), launch - 1)
    counted = _counted(panel)
    all_codes = list(reference.regions)
    at_launch = counted.reindex(pd.MultiIndex.from_product([all_codes, [launch - 1]])).to_numpy(float)
    known = np.isfinite(at_launch).all(axis=1)
    codes = [code for code, is_known in zip(all_codes, known, strict=True) if is_known]
    base = at_launch[known]
    places = [reference.regions.index(code) for code in codes]
    asked = list(horizons)
    persons = group_ages(run_launch(reference, launch, max(asked), Settings()).sum(axis=2))[:, places]
    numbers = np.array([int(code) for code in codes])
    factors = draw_factors(model, persons, numbers // 100, range(draws), seed, places=numbers)
    old = (factors * persons)[..., OLD].sum(axis=-1)
    few = np.array([_few(base[r]) for r in range(len(codes))])
    moved = drawn_errors(errors_of_coverage, few, [int(c) for c in codes], max(asked), range(draws), seed)
    growth = old / old[:, :1]
    rows = []
    for measure, services in MEASURES.items():
        still = np.zeros_like(growth)
        drawn = np.zeros_like(growth)
        for at, service in enumerate(("home_service", "long_stay")):
            if service in services:
                users = growth * base[:, at]
                still += users
                drawn += users * np.exp(moved[..., SERIES.index((service, "80+"))])
        rows += _scored(measure, services, (drawn, still), counted, codes, launch, asked)
    return pd.DataFrame(rows)


def _few(base: Floats) -> list[float]:
    known = {("home_service", "80+"): base[0], ("long_stay", "80+"): base[1]}
    return [max(float(known.get(series, np.inf)), 1.0) for series in SERIES]


def _counted(panel: pd.DataFrame) -> pd.DataFrame:
    """Return users 80+ by region and year, home service and long stay as columns; a hidden cell is empty."""
    old = panel[(panel["age_group"] == "80+") & (panel["low"] == panel["high"])]
    wide = old.pivot(index=["region", "year"], columns="service", values="users")
    return wide[["home_service", "long_stay"]]


def _scored(
    measure: str,
    services: tuple[str, ...],
    draws: tuple[Floats, Floats],
    counted: pd.DataFrame,
    codes: list[str],
    launch: int,
    horizons: list[int],
) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for h in horizons:
        seen = counted[list(services)].reindex([(code, launch - 1 + h) for code in codes]).to_numpy(float)
        came = seen.sum(axis=1)
        known = [r for r in range(len(codes)) if np.isfinite(came[r])]
        units = {codes[r]: [r] for r in known} | ({"sum": known} if len(known) > 1 else {})
        for unit, members in units.items():
            both = [values[:, h, members].sum(axis=1) for values in draws]
            row: dict[str, object] = {"launch": launch, "horizon": h, "unit": unit, "measure": measure}
            row |= {"users": float(np.median(both[1])), "observed": float(came[members].sum()), "places": len(members)}
            for level in LEVELS:
                for name, values in zip(("", "p_"), both, strict=True):
                    low, high = quantiles(values, level)
                    row |= {f"low_{name}{100 * level:g}": float(low), f"high_{name}{100 * level:g}": float(high)}
            rows.append(row)
    return rows


def user_summary(table: pd.DataFrame) -> pd.DataFrame:
    """Return hit rates by measure, kind of unit and horizon: ``n hit_50 hit_80 hit_95 width_80`` and ``hit_p_80``.

    Per cent; ``hit_p_80`` is that of intervals with population uncertainty only. ``mape`` and ``bias`` are of constant
    coverage: projected over observed less one.
    """
    table = table[table["observed"] > 0]
    columns = {"n": table["launch"] * 0.0 + 1.0, "launches": table["launch"]}
    for level in LEVELS:
        for name in ("", "p_"):
            low, high = (table[f"{end}_{name}{100 * level:g}"] for end in ("low", "high"))
            columns[f"hit_{name}{100 * level:g}"] = 100.0 * table["observed"].between(low, high)
    columns["width_80"] = 100 * (table["high_80"] - table["low_80"]) / table["observed"]
    columns["mape"] = 100 * (table["users"] / table["observed"] - 1).abs()
    columns["bias"] = 100 * (table["users"] / table["observed"] - 1)
    kind = table["unit"].eq("sum").map({True: "sum", False: "single"})
    measured = pd.concat([table[["measure", "horizon"]], kind.rename("kind"), pd.DataFrame(columns)], axis=1)
    rules = dict.fromkeys(columns, "mean") | {"n": "sum", "launches": "nunique"}
    return measured.groupby(["measure", "kind", "horizon"], sort=False).agg(rules).reset_index()
