"""Intervals of a back-test: made at each launch from the errors known then, and how often they held."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from demografi import labels
from demografi.errors import ScenarioError
from demografi.evaluation.alternatives import with_alternatives
from demografi.evaluation.intervals import LEVELS, SIZES, interval_rows, summary_of_intervals
from demografi.evaluation.past_errors import FIRST_LOCAL, past_errors
from demografi.rates import Settings
from demografi.sources.reference import Reference
from demografi.tables import Column, Contract, source_line
from demografi.uncertainty import check_draws, check_seed, fit_errors

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from demografi.evaluation import Backtest

__all__ = ["INTERVALS", "ends_of", "held_table", "made_at_launches", "pit_table", "reliability_of"]

FIRST_LAUNCH = FIRST_LOCAL + 3
"""First launch with three earlier ones of municipalities behind its intervals."""
COUNTRY_HORIZONS = (1, 3, 5, 10)
"""Years ahead for which the whole country's draws are kept."""
AGES = ("total", "80+", "90+", "20-66", "0-15")
BY = ("kind", "horizon", "age_group", "launch", "size", "unit")


def _ends(names: Sequence[str], missing: bool) -> list[Column]:
    return [
        Column(f"{end}_{name}", "number", "measure", "persons", "1 January", may_be_missing=missing)
        for name in names
        for end in ("low", "high")
    ]


_NAMES = [f"{100 * level:g}" for level in LEVELS]
INTERVALS = Contract(
    "intervals",
    (
        Column("launch", "integer"),
        Column("horizon", "integer", unit="years"),
        Column("kind", "text"),
        Column("unit", "text"),
        Column("age_group", "text"),
        Column("inhabitants", "number", "measure", "persons", "1 January of launch"),
        Column("projected", "number", "measure", "persons", "1 January"),
        Column("observed", "number", "measure", "persons", "1 January"),
        Column("crps", "number", "measure", "persons"),
        Column("pit", "number", "measure", "share"),
        *_ends(_NAMES, False),
        *_ends([f"q_{name}" for name in _NAMES], False),
        *_ends(["ssb"], True),
    ),
)


def made_at_launches(
    reference: Reference, launches: Sequence[int], last: int, asked: tuple[int, int], regions: tuple[str, ...] | None
) -> pd.DataFrame:
    """Return the intervals of every launch from 2010 that has an outcome, each from the errors known at it.

    Parameters
    ----------
    last
        Last 1 January whose figures are read as outcomes.
    asked
        Draws and seed.
    regions
        Codes; by default the whole country with its tens and counties.
    """
    draws, seed = check_draws(asked[0], max(LEVELS)), check_seed(asked[1])
    able = [launch for launch in launches if FIRST_LAUNCH <= launch < last]
    if not able:
        raise ScenarioError(
            "No launch can have intervals scored.",
            where=f"They take three launches of municipalities before (from {FIRST_LAUNCH}) and an outcome by {last}.",
            hint=f"launches=range({FIRST_LAUNCH}, {last - 4}), draws=1000",
        )
    parts = []
    for launch in able:
        past = past_errors(reference, launch, Settings())
        ahead = range(1, 11) if regions else COUNTRY_HORIZONS
        horizons = [h for h in ahead if launch + h <= last]
        parts.append(interval_rows(reference, launch, horizons, fit_errors(past), past, draws, seed, regions))
    return with_alternatives(pd.concat(parts, ignore_index=True), reference)


def ends_of(table: pd.DataFrame, intervals: pd.DataFrame, level: float, model: str) -> pd.DataFrame:
    """Add ``low high level`` to the rows of a model that has them; missing elsewhere."""
    if level not in LEVELS:
        raise ScenarioError(
            f"Intervals of {100 * level:g} % were not kept.",
            where=f"Kept: {', '.join(f'{known:g}' for known in LEVELS)}.",
            hint="backtest.to_frame(level=0.8)",
        )
    name = f"{100 * level:g}"
    keys = ["launch", "horizon", "region", "age_group"]
    places = intervals[intervals["kind"] == "municipality"].rename(
        columns={"unit": "region", f"low_{name}": "low", f"high_{name}": "high"}
    )
    found = places[[*keys, "low", "high"]].assign(level=level, model=model)
    return table.merge(found, on=["model", *keys], how="left")


def held_table(intervals: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """Return hit rates, widths and scores by columns asked for; sizes are inhabitants at launch."""
    wrong = [name for name in by if name not in BY]
    if wrong:
        raise ScenarioError(
            f"Intervals cannot be scored by {wrong[0]!r}.",
            where=f"There is {', '.join(BY)}.",
            hint='backtest.hits(by=["horizon", "age_group"])',
        )
    return summary_of_intervals(_with_size(intervals), list(by))


def _with_size(intervals: pd.DataFrame) -> pd.DataFrame:
    names = [f"under {SIZES[0]:,}", *(f"{low:,}–{high:,}" for low, high in pairwise(SIZES)), f"over {SIZES[-1]:,}"]
    at = np.searchsorted(SIZES, intervals["inhabitants"], side="right")
    return intervals.assign(size=np.array(names)[at])


def pit_table(intervals: pd.DataFrame, by: Sequence[str], bins: int) -> pd.DataFrame:
    """Return the share of outcomes in each tenth (or other part) of what was drawn: flat when intervals are right."""
    table = _with_size(intervals[intervals["observed"] > 0])
    part = np.minimum((table["pit"] * bins).astype("int64"), bins - 1)
    counted = table.assign(first=part / bins).groupby([*by, "first"], sort=False).size().rename("n").reset_index()
    whole = counted.groupby(list(by))["n"].transform("sum") if by else counted["n"].sum()
    found = counted.assign(last=counted["first"] + 1 / bins, share=counted["n"] / whole)
    return found.sort_values([*by, "first"]).reset_index(drop=True)[[*by, "first", "last", "n", "share"]]


def reliability_of(backtest: Backtest, horizon: int, language: str, **drawn: Any) -> Axes:
    """Draw how often intervals of single places held, by age group, so many years ahead."""
    from demografi import plots

    rows = backtest.table("intervals")
    rows = rows[(rows["kind"] == "municipality") & (rows["horizon"] == horizon) & rows["age_group"].isin(AGES)]
    if rows.empty:
        raise ScenarioError(
            f"No interval was scored {horizon} years ahead.",
            where=f"Scored: {', '.join(str(h) for h in sorted(set(backtest.tables['intervals']['horizon'])))}.",
            hint='backtest.plot(by="reliability", horizon=5)',
        )
    held = summary_of_intervals(rows, ["age_group"]).set_index("age_group")
    lines = [
        (_age_name(age, language), level, float(str(held.loc[age, f"hit_{100 * level:g}"])))
        for age in AGES
        for level in LEVELS
    ]
    ends = [labels.number(float(end), language=language) for end in (held["hit_80"].min(), held["hit_80"].max())]
    launches = sorted(set(rows["launch"]))
    say = {
        "low": ends[0],
        "high": ends[1],
        "ahead": str(horizon),
        "units": labels.text("reliability_units", language, region=backtest.region.name),
        "launches": labels.year_range(launches[0], launches[-1]) if len(launches) > 1 else str(launches[0]),
        "n": labels.number(float(held["n"].min() * len(launches)), language=language),
    }
    title = labels.text("reliability_title" if ends[0] != ends[1] else "reliability_title_one", language, **say)
    subtitle = labels.text("reliability_subtitle", language, **say)
    words = plots.Words(
        title=title,
        subtitle=subtitle,
        note=labels.text("reliability_note", language, **say),
        source=source_line(backtest.own_sources, language),
        alt=f"{title}. {subtitle}.",
    )
    return plots.reliability(pd.DataFrame(lines, columns=["name", "level", "hit"]), words, language=language, **drawn)


def _age_name(age_group: str, language: str) -> str:
    if age_group == "total":
        return labels.label("reliability_total", language)
    return age_group.replace("-", labels.EN_DASH)
