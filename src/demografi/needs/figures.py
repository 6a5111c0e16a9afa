"""Need as figures: what is drawn and what is said about it, from the numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from demografi import labels
from demografi.projection import note_own
from demografi.tables import source_line

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from demografi.needs import Need

__all__ = ["DRAWN", "figure_words"]


def _plot_years(need: Need, language: str, **drawn: Any) -> Axes:
    from demografi import plots

    table = need.history()
    marks = (int(table["year"].min()), need.projection.launch, need.projection.to)
    words = figure_words(need, "year", language)
    end_label = labels.label("own_projection_short", language)
    return plots.history(table, words, marks=marks, end_label=end_label, language=language, **drawn)


def _plot_municipalities(need: Need, language: str, **drawn: Any) -> Axes:
    from demografi import plots

    table = need.by_municipality()
    total = (need.region.name, table["start"].sum(), table["end"].sum()) if need.region.is_group else None
    labelled = _dates(need, language)
    emphasise = [table["name"].iloc[0], _fastest(table)["name"]] if need.region.is_group else []
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
    return plots.comparison(table, words, focus=focus, projected_from=None, language=language, **drawn)


def _dates(need: Need, language: str) -> tuple[str, str]:
    first = int(need.history()["year"].iloc[0]) - 1
    return labels.date(f"{first}-12-31", language), labels.date(f"{need.projection.to}-01-01", language)


def _fastest(table: pd.DataFrame) -> dict[str, Any]:
    grown = table.assign(percent=table["end"] / table["start"] - 1)
    return {str(k): v for k, v in grown.iloc[int(grown["percent"].to_numpy().argmax())].items()}


def figure_words(need: Need, by: str, language: str = "nb") -> Any:
    """Return title, subtitle, note, source and alternative text of ``need.plot(by)``, from the numbers."""
    from demografi import plots

    say = {"region": need.region.name, "place": labels.place(need.region.name, language)}
    words = {"year": _words_years, "municipality": _words_municipalities, "coverage": _words_coverage}[by]
    title, subtitle, note, alt = words(need, say, language)
    return plots.Words(title, subtitle, note, source_line(need.sources_of_figure(), language), alt)


def _note(need: Need, language: str) -> str:
    constant = labels.text("note_constant_coverage", language, year=str(need.coverage_year))
    return f"{note_own(language)} {constant}"


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
    table = need.by_municipality()
    first, end = _dates(need, language)
    most, fastest = table.iloc[0], _fastest(table)
    say |= {
        "start": first,
        "end": end,
        "most": most["name"],
        "fastest": fastest["name"],
        "strongest": labels.place(fastest["name"], language),
        "most_change": labels.number(most["end"] - most["start"], signed=True, language=language),
        "fastest_percent": labels.percent(fastest["percent"], signed=True, language=language),
        "first": labels.number(table["start"].sum(), language=language),
        "last": labels.number(table["end"].sum(), language=language),
    }
    key = "municipalities_title_same" if most["name"] == fastest["name"] else "municipalities_title"
    grows = most["end"] > most["start"] and need.region.is_group
    title = labels.text(key if grows else "municipalities_title_one", language, **say)
    note = (
        labels.text("municipalities_note", language, note=_note(need, language))
        if need.region.is_group
        else _note(need, language)
    )
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


DRAWN = {"year": _plot_years, "municipality": _plot_municipalities, "coverage": _plot_coverage}
