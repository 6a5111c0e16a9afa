"""Need as figures: what is drawn and what is said about it, from the numbers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from demografi import labels
from demografi.projection import note_own
from demografi.tables import source_line

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from demografi.needs import Need

__all__ = ["DRAWN", "figure_words"]

LEVEL = 0.8
"""Of the band, where the need has draws."""


def _plot_years(need: Need, language: str, alternatives: pd.DataFrame | None = None, **drawn: Any) -> Axes:
    from demografi import plots

    table = need.history()
    band, said = _band(need, table, alternatives, language)
    words = figure_words(need, "year", language)
    words = replace(words, note=" ".join(part for part in (words.note, said) if part))
    marks = (int(table["year"].min()), need.projection.launch, need.projection.to)
    drawn = {"end_label": labels.label("own_projection_short", language), "marks": marks, **band, **drawn}
    return plots.history(table, words, language=language, **drawn)


def _band(
    need: Need, table: pd.DataFrame, alternatives: pd.DataFrame | None, language: str
) -> tuple[dict[str, Any], str]:
    """Return the band of the figure and what the note says of it: alternatives, else the need's own interval."""
    if alternatives is not None:
        return {"low_high": alternatives, "band_kind": "alternatives"}, labels.text("note_alternatives", language)
    if not need.projection.facts.get("draws"):
        return {}, ""
    level = labels.percent(LEVEL, language=language)
    ends = need.interval("80+", level=LEVEL)
    ends = ends[ends["year"].isin(table.loc[table["kind"] == "projected", "year"])]
    drawn = any(caution.key == "caution_need_coverage_drawn" for caution in need.own_cautions)
    said = labels.text("need_note_band" if drawn else "need_note_band_population", language, level=level)
    named = labels.text("prediction_interval", language, level=level)
    return {"low_high": ends[["year", "low", "high"]], "band_label": named}, said


def _plot_municipalities(need: Need, language: str, **drawn: Any) -> Axes:
    from demografi import plots

    table = need.by_municipality()
    total = (need.region.name, table["start"].sum(), table["end"].sum()) if need.region.is_group else None
    labelled = _dates(need, language)
    fastest = _fastest(table)
    emphasise = [table["name"].iloc[0], fastest["name"]] if need.region.is_group and fastest else []
    words = figure_words(need, "municipality", language)
    drawn = {"emphasise": emphasise, "language": language, **drawn}
    return plots.dumbbell(table[["name", "start", "end"]], total, *labelled, words, **drawn)


def _plot_coverage(need: Need, language: str, **drawn: Any) -> Axes:
    from demografi import plots

    names = {"together": "coverage_both", "home_service": "coverage_home", "long_stay": "coverage_long_stay"}
    table = need.coverage_by_year()
    table = table.assign(name=table["service"].map(lambda service: labels.label(names[service], language)))
    focus = labels.label("coverage_both", language)
    words = figure_words(need, "coverage", language)
    table = table[["name", "year", "value"]]
    drawn = {"focus": focus, "projected_from": None, "decimals": 0, "language": language, **drawn}
    return plots.comparison(table, words, **drawn)


def _dates(need: Need, language: str) -> tuple[str, str]:
    return labels.date(f"{need.last_counted}-12-31", language), labels.date(f"{need.projection.to}-01-01", language)


def _plot_map(need: Need, language: str, points: pd.DataFrame | None = None, **drawn: Any) -> Axes:
    from demografi import plots

    table = need.by_municipality()
    table = table.assign(value=100 * (table["end"] / plots.with_enough(table["start"]) - 1))
    table = table.sort_values("value", ascending=False).merge(
        plots.tile_layout(list(table["region"]), points), on="region"
    )
    whole = (need.region.name, float(100 * (table["end"].sum() / table["start"].sum() - 1)))
    years = (need.last_counted + 1, need.projection.to)
    note = " ".join(part for part in (_note(need, language), plots.few_note(table["start"], language)) if part)
    source = source_line(need.sources_of_figure(), language)
    words = plots.map_words(table, years, whole, language, of="users", note=note, source=source)
    drawn = {"heading": labels.label("map_heading_change", language), "language": language, **drawn}
    drawn = {"limits": plots.growth_limits(list(table["value"])), "context": [whole], "unit": "%", **drawn}
    return plots.tiles(table[["name", "row", "column", "value"]], words, signed=True, **drawn)


def _fastest(table: pd.DataFrame) -> dict[str, Any] | None:
    """Return who grows fastest in per cent, of those who have enough users for a per cent; None where nobody has."""
    from demografi import plots

    grown = table.assign(percent=table["end"] / plots.with_enough(table["start"]) - 1).dropna(subset=["percent"])
    if grown.empty:
        return None
    return {str(k): v for k, v in grown.iloc[int(grown["percent"].to_numpy().argmax())].items()}


def figure_words(need: Need, by: str, language: str = "nb") -> Any:
    """Return title, subtitle, note, source and alternative text of ``need.plot(by)``, from the numbers."""
    from demografi import plots

    say = {"region": need.region.name, "place": labels.place(need.region.name, language)}
    words = {"year": _words_years, "municipality": _words_municipalities, "coverage": _words_coverage}[by]
    title, subtitle, note, alt = words(need, say, language)
    return plots.Words(title, subtitle, note, source_line(need.sources_of_figure(), language), alt)


def _note(need: Need, language: str) -> str:
    asked = [caution.text(language) for caution in need.own_cautions if caution.key.startswith("need_departure_")]
    key = "need_note_coverage_from" if asked else "note_constant_coverage"
    return " ".join([note_own(language), labels.text(key, language, year=str(need.coverage_year)), *asked])


def _words_years(need: Need, say: dict[str, str], language: str) -> tuple[str, str, str, str]:
    table = need.history().set_index("year")["value"]
    last, end = need.projection.launch, need.projection.to
    change = table[end] - table[last]
    say |= {
        "last": str(last),
        "end": str(end),
        "count": labels.number(abs(change), language=language),
        "first_value": labels.number(table[last], language=language),
        "last_value": labels.number(table[end], language=language),
    }
    title = labels.text("users_title_more" if change >= 0 else "users_title_fewer", language, **say)
    subtitle = labels.text("users_subtitle", language, **say)
    return title, subtitle, _note(need, language), labels.text("users_alt", language, **say)


def _words_municipalities(need: Need, say: dict[str, str], language: str) -> tuple[str, str, str, str]:
    from demografi import plots

    table = need.by_municipality()
    first, end = _dates(need, language)
    most, found = table.iloc[0], _fastest(table)
    fastest = found or {"name": most["name"], "percent": None}
    say |= {
        "start": first,
        "end": end,
        "most": most["name"],
        "fastest": fastest["name"],
        "strongest": labels.place(fastest["name"], language),
        "most_change": labels.number(most["end"] - most["start"], signed=True, language=language),
        "fastest_percent": labels.percent(fastest["percent"], signed=True, language=language, status="."),
        "first": labels.number(table["start"].sum(), language=language),
        "last": labels.number(table["end"].sum(), language=language),
    }
    key = "municipalities_title_same" if most["name"] == fastest["name"] else "municipalities_title"
    grows = most["end"] > most["start"] and need.region.is_group and found is not None
    title = labels.text(key if grows else "municipalities_title_one", language, **say)
    note = _note(need, language)
    if need.region.is_group:
        note = labels.text("municipalities_note", language, note=note)
    note = " ".join(part for part in (note, plots.few_note(table["start"], language)) if part)
    return (
        title,
        labels.text("municipalities_subtitle", language, **say),
        note,
        labels.text("municipalities_alt", language, **say),
    )


def _words_coverage(need: Need, say: dict[str, str], language: str) -> tuple[str, str, str, str]:
    table = need.coverage_by_year()
    both = table[table["service"] == "together"].set_index("year")["value"] / 100
    say |= {
        "start": str(both.index[0]),
        "end": str(both.index[-1]),
        "first": labels.percent(both.iloc[0], language=language),
        "last": labels.percent(both.iloc[-1], language=language),
    }
    title = labels.text(
        "coverage_title_fall" if both.iloc[-1] < both.iloc[0] else "coverage_title_rise", language, **say
    )
    keys = ("coverage_subtitle", "coverage_note", "coverage_alt")
    subtitle, note, alt = (labels.text(key, language, **say) for key in keys)
    return title, subtitle, note, alt


DRAWN = {"year": _plot_years, "municipality": _plot_municipalities, "coverage": _plot_coverage, "map": _plot_map}
