"""Past launches run again: our method and its competitors, as arrays of named age groups."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from demografi.evaluation import competitors
from demografi.evaluation.launches import run_launch
from demografi.evaluation.scores import group_ages
from demografi.rates import Settings
from demografi.rates.pooling import Floats
from demografi.sources.reference import OFFICIAL_STARTS, Reference

__all__ = ["COLUMNS", "NAMES", "launch_rows", "named_groups"]

GROUPS = ("0-5", "6-15", "16-19", "20-44", "45-66", "67-79", "80-89", "90+")
NAMES = (*GROUPS, "total", "80+", "20-66")
COLUMNS = ["model", "launch", "horizon", "year", "region", "age_group", "projected", "observed"]
OURS = "demografi"


def named_groups(population: Floats) -> Floats:
    """Sum (..., S, A) to the eight groups, total, 80+ and 20-66: (..., 11)."""
    groups = group_ages(population.sum(axis=-2))
    extra = [groups.sum(-1), groups[..., 6:8].sum(-1), groups[..., 3:5].sum(-1)]
    return np.concatenate([groups, np.stack(extra, axis=-1)], axis=-1)


def simple_models(local: Floats, horizon: int) -> Iterator[tuple[str, Floats]]:
    """Yield what every projection must beat, from stocks (T, R, S, A) up to the launch: (H + 1, R, 11)."""
    history = named_groups(local)
    yield "no change", competitors.no_change(history, horizon)
    yield "linear-10", competitors.linear(history, horizon)
    yield "linear-10 damped", competitors.linear(history, horizon, damping=0.95)
    yield "CAGR-10", competitors.constant_growth(history, horizon)
    yield "Hamilton-Perry", named_groups(competitors.hamilton_perry(local, horizon))


def models(reference: Reference, launch: int, horizon: int) -> Iterator[tuple[str, Floats]]:
    """Yield each model's projection of the named groups for every place, (H + 1, R, 11)."""
    yield OURS, named_groups(run_launch(reference, launch, horizon, Settings()))
    yield from simple_models(reference.local[: launch - reference.first_year + 1], horizon)
    if any(vintage == launch for vintage, _ in reference.official_local):
        yield "SSB", official(reference, launch, horizon)


def official(reference: Reference, launch: int, horizon: int) -> Floats:
    """Return the official vintage of the launch year; NaN where it has no figure."""
    found = np.full((horizon + 1, len(reference.regions), len(NAMES)), np.nan)
    for (vintage, region), (first, table) in reference.official_local.items():
        if vintage == launch and region in reference.regions:
            part = named_official(table[launch - first : launch - first + horizon + 1])
            found[: len(part), reference.regions.index(region)] = part
    return found


def named_official(part: Floats) -> Floats:
    """Sum official groups (..., 7) to the named ones, (..., 11); 20–44 and 45–66 are not told apart in old vintages."""
    at = {start: k for k, start in enumerate(OFFICIAL_STARTS)}
    columns = [part[..., at[s]] for s in (0, 6, 16)] + [np.full(part.shape[:-1], np.nan)] * 2
    columns += [part[..., at[s]] for s in (67, 80, 90)]
    columns += [part.sum(axis=-1), part[..., at[80]] + part[..., at[90]], part[..., at[20]]]
    return np.stack(columns, axis=-1)


def launch_rows(
    reference: Reference, launch: int, horizons: range, outcomes_to: int, regions: set[str] | None = None
) -> pd.DataFrame:
    """Return one table of all models of a launch.

    Parameters
    ----------
    launch, horizons
        Year of the launch, and years ahead.
    outcomes_to
        Outcomes after this year are not read. A launch in or after it has none but its own, and keeps every horizon.
    regions
        Codes wanted; all by default.
    """
    keep = [h for h in horizons if launch + h <= outcomes_to or launch >= outcomes_to]
    wanted = [i for i, code in enumerate(reference.regions) if regions is None or code in regions]
    codes = [reference.regions[i] for i in wanted]
    parts = []
    for name, projected in models(reference, launch, max(keep, default=0)):
        for h in keep:
            year = launch + h
            seen = np.full((len(wanted), len(NAMES)), np.nan)
            if year <= outcomes_to:
                seen = named_groups(reference.local[year - reference.first_year, wanted])
            table = pd.DataFrame({"projected": projected[h, wanted].ravel(), "observed": seen.ravel()})
            table["region"] = np.repeat(codes, len(NAMES))
            table["age_group"] = np.tile(NAMES, len(codes))
            parts.append(table.assign(model=name, launch=launch, horizon=h, year=year).dropna(subset="projected"))
    return pd.concat(parts, ignore_index=True)[COLUMNS]
