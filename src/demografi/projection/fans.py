"""The fan figure of a projection: an age group, its intervals, and how often such intervals have held."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from demografi import ages, labels
from demografi.sources import shipped
from demografi.tables import source_line

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from demografi.projection import Projection

__all__ = ["fan_of", "held_sentence"]

LEVELS = (0.5, 0.8)
SAID = 0.8
"""The level the sentence is about."""
HITS = "interval_hits"
SEVERAL_LAUNCHES, ONE_LAUNCH = (5, 3), 10
"""Years ahead that the sentence may be about: those with launches enough, the longest first, and the one with one."""


def fan_of(projection: Projection, language: str, age_group: str = "80+", **drawn: Any) -> Axes:
    """Draw an age group of all members together, with intervals of 50 and 80 %."""
    from demografi import plots

    words = fan_words(projection, age_group, language)
    bands = pd.concat([projection.interval(age_group, level).assign(level=level) for level in LEVELS])
    return plots.fan(_series(projection, age_group), bands, words, language=language, **drawn)


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
    start = projection.persons(age_group, projection.launch)
    say = {
        "group": group_name(age_group, language),
        "region": projection.region.name,
        "start": str(projection.launch),
        "end": str(projection.to),
        "first": labels.number(start, language=language),
        "value": labels.number(float(last["persons"]), language=language),
        "low": labels.number(float(last["low"]), language=language),
        "high": labels.number(float(last["high"]), language=language),
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
    members = projection.rests_on.get("members", projection)
    kind = "municipality" if len(members.region.members) == 1 else "ten"  # type: ignore[attr-defined]
    table = shipped.read(HITS)
    table = table[(table["kind"] == kind) & (table["age_group"] == age_group)].set_index("horizon")
    ahead = projection.to - projection.launch
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


def _of_ten(table: pd.DataFrame, horizon: int) -> str:
    return str(int(float(str(table.loc[horizon, f"hit_{100 * SAID:g}"])) / 10 + 0.5))
