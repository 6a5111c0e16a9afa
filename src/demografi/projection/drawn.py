"""A projection as figures: which table each draws; what is said about it is computed from the same table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from demografi import ages, labels
from demografi.projection.fans import fan_of
from demografi.regions import NATION
from demografi.tables import source_line

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from demografi.observed import Observed
    from demografi.projection import Projection

__all__ = [
    "DRAWN",
    "age_table",
    "components_table",
    "figure_words_of",
    "municipality_table",
    "note_own",
    "pyramid_words",
    "years_table",
]

AGE_GROUPS = ("0-5", "6-15", "16-19", "20-44", "45-66", "67-79", "80-89", "90+")
"""The groups of kindergarten, school, work and care that municipal accounts use."""
OLD = "80+"
FLOWS = ("births", "deaths", "net_migration")
YEARS_BACK = 10


def note_own(language: str) -> str:
    """Return the note every figure of our own projection carries."""
    own = labels.label("own_projection", language)
    return labels.text("note_own_2024", language, own=own)


def _source(projection: Projection, language: str) -> str:
    return source_line(projection.sources_of_figure(), language)


def _of_source(projection: Projection, language: str, *, past: bool = False) -> dict[str, str]:
    known = projection.observed.own_cautions if past else ()
    split = [caution.text(language) for caution in known if caution.key == "caution_split_history"]
    return {"note": " ".join([projection.note(language), *split]), "source": _source(projection, language)}


def _pyramid(projection: Projection, language: str, **drawn: Any) -> Axes:
    from demografi import plots

    whole = projection.total() if projection.region.is_group else projection
    narrow = drawn.get("size") == "halv"
    words = pyramid_words(projection, language, narrow=narrow)
    return plots.pyramid(whole.to_frame(), projection.launch, projection.to, words, language=language, **drawn)


def pyramid_words(projection: Projection, language: str = "nb", *, narrow: bool = False) -> Any:
    """Return the words of the pyramid; half a page has the change of 80+ in its subtitle, not beside the bars."""
    from demografi import plots

    years = (projection.launch, projection.to)
    old = [projection.persons(OLD, year) for year in years]
    work = [projection.persons("20-66", year) for year in years]
    say = {
        "region": projection.region.name,
        "start": str(years[0]),
        "end": str(years[1]),
        "first": labels.number(old[0], language=language),
        "last": labels.number(old[1], language=language),
        "change": labels.percent(old[1] / old[0] - 1 if old[0] else np.nan, signed=True, language=language),
        "first_work": labels.number(work[0], language=language),
        "last_work": labels.number(work[1], language=language),
    }
    return plots.Words(
        title=plots.old_title(old[0], old[1], years[1], language),
        subtitle=labels.text("pyramid_subtitle_narrow" if narrow else "pyramid_subtitle", language, **say),
        note=projection.note(language),
        source=_source(projection, language),
        alt=labels.text("pyramid_alt", language, **say),
    )


def years_table(projection: Projection) -> pd.DataFrame:
    """Return persons aged 80 and over on 1 January, counted and projected: ``year value kind``."""
    past = _counted(projection.observed, OLD)
    past = past[past.index <= projection.launch]
    table = projection.tables["population"]
    coming = ages.select(table[table["year"] > projection.launch], OLD).groupby("year")["persons"].sum()
    parts = [
        pd.DataFrame({"year": side.index, "value": side.to_numpy(), "kind": kind})
        for side, kind in ((past, "registered"), (coming, "projected"))
    ]
    return pd.concat(parts, ignore_index=True)


def _counted(observed: Observed, group: str) -> pd.Series[float]:
    stock = observed.tables["population"]
    stock = stock[stock["year"] >= observed.first_whole_year]
    return ages.select(stock, group).groupby("year")["persons"].sum()


def _years(projection: Projection, language: str, alternatives: pd.DataFrame | None = None, **drawn: Any) -> Axes:
    from demografi import plots

    table = years_table(projection)
    words = plots.old_years_words(
        table,
        projection.region.name,
        language,
        alternatives=alternatives is not None,
        **_of_source(projection, language, past=True),
    )
    marks = (int(table["year"].min()), projection.launch, projection.to)
    band: dict[str, Any] = {"low_high": alternatives, "band_kind": "alternatives"} if alternatives is not None else {}
    drawn = {"end_label": labels.label("own_projection_short", language), "marks": marks, **band, **drawn}
    return plots.history(table, words, language=language, **drawn)


def components_table(projection: Projection) -> pd.DataFrame:
    """Return ``year births deaths net_migration change`` of the region: ten years back, then what is projected.

    Where births and deaths have not been counted here, those years have the change alone; where only migration has
    not, it is what they leave of the change.
    """
    observed, launch = projection.observed, projection.launch
    counted = _counted(observed, "total")
    counted = counted[(counted.index <= launch) & (counted.index >= launch - YEARS_BACK)]
    table = projection.tables["population"]
    coming = table[table["year"] >= launch].groupby("year")["persons"].sum()
    stock = pd.concat([counted[counted.index < launch], coming])
    change = (stock.shift(-1) - stock).iloc[:-1]
    table = pd.DataFrame({name: _flow(projection, name, change.index) for name in FLOWS}).assign(change=change)
    # What has not been counted as migration is what births and deaths leave of the change.
    left_over = table["change"] - table["births"] + table["deaths"]
    return table.assign(net_migration=table["net_migration"].fillna(left_over)).rename_axis("year").reset_index()


def _flow(projection: Projection, name: str, years: pd.Index) -> pd.Series[float]:
    known = [projection.tables[name].groupby("year")[name].sum()]
    if all(projection.observed.has(flow) for flow in (name, "births", "deaths")):
        past = projection.observed.tables[name].groupby("year")[name].agg(lambda v: v.sum(min_count=len(v)))
        known.insert(0, past[past.index < projection.launch])
    flow: pd.Series[float] = pd.concat(known).reindex(years)
    return flow


def _components(projection: Projection, language: str, **drawn: Any) -> Axes:
    from demografi import plots

    table, launch = components_table(projection), projection.launch
    words = _components_words(projection, language)
    return plots.components(table, words, projected_from=launch, language=language, **drawn)


def _components_words(projection: Projection, language: str) -> Any:
    from demografi import plots

    said = _of_source(projection, language, past=True)
    table, name = components_table(projection), projection.region.name
    return plots.components_words(table, name, language, projected_from=projection.launch, **said)


def age_table(projection: Projection) -> pd.DataFrame:
    """Return persons by age group at the launch and in the last year: ``group start end``."""
    rows = [(g, *(projection.persons(g, year) for year in (projection.launch, projection.to))) for g in AGE_GROUPS]
    return pd.DataFrame(rows, columns=["group", "start", "end"])


def _ages(projection: Projection, language: str, **drawn: Any) -> Axes:
    from demografi import plots

    table, years = age_table(projection), (projection.launch, projection.to)
    words = _age_words(projection, language)
    named = table.assign(name=[plots.age_name(group, language) for group in table["group"]])
    old = [name for name, group in zip(named["name"], named["group"], strict=True) if ages.bounds(group)[0] >= 80]
    total = (labels.label("in_all", language), float(table["start"].sum()), float(table["end"].sum()))
    drawn = {"focus": old, "language": language, **drawn}
    return plots.changes(named[["name", "start", "end"]], total, str(years[0]), str(years[1]), words, **drawn)


def _age_words(projection: Projection, language: str) -> Any:
    from demografi import plots

    years, said = (projection.launch, projection.to), _of_source(projection, language)
    return plots.age_change_words(age_table(projection), years, projection.region.name, language, **said)


def figure_words_of(projection: Projection, by: str, language: str = "nb") -> Any:
    """Return title, subtitle, note, source and alternative text of ``projection.plot(by)``, without drawing it."""
    words = {
        "pyramid": pyramid_words,
        "components": _components_words,
        "age": _age_words,
    }
    return words[by](projection, language)


def municipality_table(projection: Projection) -> pd.DataFrame:
    """Return persons aged 80 and over of each member, largest increase first: ``region name start end``."""
    table = ages.select(projection.tables["population"], OLD)
    sums = table.groupby(["region", "year"])["persons"].sum().unstack()
    region = projection.region
    rows = [
        (code, region.name_of(code), sums.at[code, projection.launch], sums.at[code, projection.to])
        for code in region.members
    ]
    found = pd.DataFrame(rows, columns=["region", "name", "start", "end"])
    order = (found["start"] - found["end"]).sort_values(kind="stable").index
    return found.loc[order].reset_index(drop=True)


def _municipalities(projection: Projection, language: str, **drawn: Any) -> Axes:
    from demografi import plots

    table, years = municipality_table(projection), (projection.launch, projection.to)
    name = projection.region.name
    words, emphasise = plots.old_municipalities_words(table, years, name, language, **_of_source(projection, language))
    total = (name, float(table["start"].sum()), float(table["end"].sum())) if projection.region.is_group else None
    drawn = {"emphasise": emphasise, "language": language, **drawn}
    return plots.dumbbell(table[["name", "start", "end"]], total, str(years[0]), str(years[1]), words, **drawn)


def _map(projection: Projection, language: str, points: pd.DataFrame | None = None, **drawn: Any) -> Axes:
    from demografi import plots

    table, years = municipality_table(projection), (projection.launch, projection.to)
    known = plots.with_enough(table["start"])
    table = table.assign(value=_growth(table["end"], known)).sort_values("value", ascending=False)
    table = table.merge(plots.tile_layout(list(table["region"]), points), on="region")
    whole = (projection.region.name, float(_growth(table["end"].sum(), table["start"].sum())))
    said = _of_source(projection, language)
    said["note"] = " ".join(part for part in (said["note"], plots.few_note(table["start"], language)) if part)
    words = plots.map_words(table, years, whole, language, of="old", **said)
    around = [whole, *_benchmarks(projection, language)]
    drawn = {"heading": labels.label("map_heading_change", language), "language": language, **drawn}
    drawn = {"limits": plots.growth_limits(list(table["value"])), "context": around, "unit": "%", **drawn}
    return plots.tiles(table[["name", "row", "column", "value"]], words, signed=True, **drawn)


def _growth(end: Any, start: Any) -> Any:
    return 100 * (end / start - 1)


def _benchmarks(projection: Projection, language: str) -> list[tuple[str, float]]:
    """Give the growth of counties and nation, projected the same way, where they are at hand [per cent]."""
    from demografi.projection import project

    around = projection.observed.benchmarks
    if around is None:
        return []
    table = municipality_table(project(around, to=projection.to))
    whole_country = labels.label("whole_country", language)
    named = [
        whole_country if code == NATION else name for code, name in zip(table["region"], table["name"], strict=True)
    ]
    # Counties first, the nation last, as they lie round the region.
    pairs = zip(table["region"] == NATION, named, _growth(table["end"], table["start"]), strict=True)
    return [(name, float(value)) for _, name, value in sorted(pairs)]


DRAWN = {
    "pyramid": _pyramid,
    "year": _years,
    "fan": fan_of,
    "components": _components,
    "age": _ages,
    "municipality": _municipalities,
    "map": _map,
}
