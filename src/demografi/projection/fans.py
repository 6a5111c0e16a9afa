"""The fan figure of a projection: an age group, its intervals, and how often such intervals have held."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from demografi import ages, labels
from demografi.projection.own_errors import kept
from demografi.sources import shipped
from demografi.tables import source_line

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from demografi.projection import Projection

__all__ = ["drawn_fan", "fan_of", "fan_table", "fan_words", "held_sentence", "hits_of"]

LEVELS = (0.5, 0.8)
SAID = 0.8
"""The level the sentence is about."""
HITS = "interval_hits"
SEVERAL_LAUNCHES, ONE_LAUNCH = (5, 3), 10
"""Years ahead that the sentence may be about: those with launches enough, the longest first, and the one with one."""


def fan_of(projection: Projection, language: str, age_group: str = "80+", **drawn: Any) -> Axes:
    """Draw an age group of all members together, with intervals of 50 and 80 %."""
    words, table = fan_words(projection, age_group, language), fan_table(projection, age_group)
    return drawn_fan(table, words, language=language, **drawn)


def drawn_fan(table: pd.DataFrame, words: Any, **drawn: Any) -> Axes:
    """Draw what :func:`fan_table` gives."""
    from demografi import plots

    bands = pd.concat([_band(table, level) for level in LEVELS])
    return plots.fan(table[["year", "value", "kind"]], bands, words, **drawn)


def fan_table(projection: Projection, age_group: str = "80+") -> pd.DataFrame:
    """Return what a fan draws: ``year value kind low_50 high_50 low_80 high_80``, from the launch with ends."""
    table = _series(projection, age_group)
    for level in LEVELS:
        ends = projection.interval(age_group, level).set_index("year")[["low", "high"]]
        table = table.join(ends.add_suffix(f"_{100 * level:g}"), on="year")
    return table


def _band(table: pd.DataFrame, level: float) -> pd.DataFrame:
    ends = {f"low_{100 * level:g}": "low", f"high_{100 * level:g}": "high"}
    return table.rename(columns=ends)[["year", "low", "high"]].dropna().assign(level=level)


def _series(projection: Projection, age_group: str) -> pd.DataFrame:
    """Return ``year value kind``, members together; years in which a member has no figures are left out."""
    table = ages.select(projection.history_and_future, age_group)
    places = table.groupby("year")["region"].nunique()
    whole = table[table["year"].isin(places[places == places.max()].index)]
    series = whole.groupby("year")["persons"].sum().rename("value").reset_index()
    kind = series["year"].gt(projection.launch).map({True: "projected", False: "registered"})
    return series.assign(kind=kind)


def fan_words(projection: Projection, age_group: str, language: str) -> Any:
    """Return title, subtitle, note, source and alternative text, from the numbers."""
    from demografi import plots

    last = projection.interval(age_group, SAID).iloc[-1]
    low, high = labels.ends(float(last["low"]), float(last["high"]), language=language)
    start = projection.persons(age_group, projection.launch)
    say = {
        "group": group_name(age_group, language),
        "region": projection.region.name,
        "start": str(projection.launch),
        "end": str(projection.to),
        "first": labels.number(start, language=language),
        "value": labels.number(float(last["persons"]), language=language),
        "low": low,
        "high": high,
        "level": labels.percent(SAID, language=language),
    }
    held = held_sentence(projection, age_group, language)
    title = labels.text("fan_title", language, **say)
    return plots.Words(
        title=title[0].upper() + title[1:],
        subtitle=labels.text("fan_subtitle", language, **say),
        note=f"{labels.text('fan_note', language, **say)} {held}",
        source=source_line(projection.observed.own_sources[:1], language),
        alt=f"{labels.text('fan_alt', language, **say)} {held}",
    )


def group_name(age_group: str, language: str) -> str:
    """Say an age group in words: «80 år og eldre», «20–66 år», «innbyggere i alt»."""
    if age_group == "total":
        return labels.label("fan_group_total", language)
    first, last = ages.bounds(age_group)
    if last is None:
        return labels.text("fan_group_open", language, first=str(first))
    return labels.text("fan_group", language, ages=f"{first}{labels.EN_DASH}{last}")


def held_sentence(projection: Projection, age_group: str, language: str = "nb") -> str:
    """Say how often intervals like these held in past projections made this way, from the shipped back-test.

    One place is set beside municipalities; several together beside tens of neighbours. Five years ahead where the
    projection is as long, else three; ten years ahead is said to have been tried once. For an age group or a horizon
    that was not scored the sentence says that.
    """
    table = hits_of(projection)
    table = table[table["age_group"] == age_group].set_index("horizon")
    kind, ahead = _kind(projection), projection.to - projection.launch
    scored = [h for h in SEVERAL_LAUNCHES if h <= ahead and h in table.index]
    if not scored:
        return labels.label("fan_not_scored", language)
    say = {"level": labels.percent(SAID, language=language), "unit": labels.label(f"fan_unit_{kind}", language)}
    sentence = labels.text(
        "fan_held",
        language,
        **say,
        times=_of_ten(table, scored[0]),
        ahead=labels.label(f"fan_years_{scored[0]}", language),
    )
    if ahead >= ONE_LAUNCH and ONE_LAUNCH in table.index:
        sentence += " " + labels.text("fan_held_once", language, times=_of_ten(table, ONE_LAUNCH))
    return sentence


def hits_of(projection: Projection) -> pd.DataFrame:
    """Return the shipped hit rates that such a projection is set beside: ``kind age_group horizon … hit_80``.

    None for another country: they are of Norwegian municipalities.
    """
    table = shipped.read(HITS)
    if kept(projection.facts):
        return table.iloc[:0]
    return table[table["kind"] == _kind(projection)].reset_index(drop=True)


def _kind(projection: Projection) -> str:
    members = projection.rests_on.get("members", projection)
    return "municipality" if len(members.region.members) == 1 else "ten"  # type: ignore[attr-defined]


def _of_ten(table: pd.DataFrame, horizon: int) -> str:
    return str(int(float(str(table.loc[horizon, f"hit_{100 * SAID:g}"])) / 10 + 0.5))
