"""The table of users by service: who lives at home with services, and who in an institution."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from demografi import labels, plots
from demografi.reports import bases
from demografi.reports.content import Table
from demografi.reports.numbers import Basis

if TYPE_CHECKING:
    from collections.abc import Iterator

    from demografi.reports.numbers import Sentence
    from demografi.reports.teller import Teller

__all__ = ["by_service"]

NAME = "services"
NAMES = {"home_service": "coverage_home", "long_stay": "coverage_long_stay"}
GROWN = {"change": ("minus", "end", "start"), "growth": ("growth", "end", "start")}
"""The names of these columns are part of the workbook; the table prints the same two."""


def by_service(teller: Teller) -> tuple[Sentence, Table]:
    """Say how many users of each service there are and will be, and set them in a table with their sum."""
    counts = teller.need.by_service()
    whole = pd.DataFrame({"service": ["together"], "start": counts["start"].sum(), "end": counts["end"].sum()})
    data = pd.concat([counts, whole], ignore_index=True)
    data = data.assign(change=data["end"] - data["start"], growth=data["end"] / data["start"] - 1)
    caption, subtitle = teller.next_table(), teller.text("services_subtitle")
    sources = teller.need.sources_of_figure()
    footer = " ".join([*_notes(teller, data), teller.source_line(*sources)])
    teller.bases[NAME] = Basis(NAME, caption, "", subtitle, footer, data, sources, GROWN)
    title = teller.text("services_title", **_changes(teller))
    teller.bases[NAME] = Basis(NAME, caption, title, subtitle, footer, data, sources, GROWN)
    counted = labels.date(f"{teller.need.last_counted}-12-31", teller.language)
    projected = labels.date(f"{teller.to}-01-01", teller.language)
    table = Table(
        name=NAME,
        caption=caption,
        title=title,
        subtitle=subtitle,
        header=(teller.text("column_service"), counted, projected, *map(teller.text, ("change", "percent_heading"))),
        rows=tuple(_rows(teller, data)),
        source=footer,
    )
    said = teller.text(
        "say_services",
        **{
            service: teller.number(f"{service}_80_{teller.to}", teller.pick(NAME, "end", service=service))
            for service in NAMES
        },
    )
    return teller.see(said, table), table


def _changes(teller: Teller) -> dict[str, Sentence]:
    return {
        service: teller.change(
            f"{service}_80_change",
            teller.pick(NAME, "end", service=service),
            teller.pick(NAME, "start", service=service),
        )
        for service in NAMES
    }


def _notes(teller: Teller, data: pd.DataFrame) -> list[str]:
    hidden = [str(teller.text("note_hidden_middle"))] if bases.hidden_places(teller.need) else []
    few = plots.few_note(data["start"], teller.language)
    printed = (data[["start", "end"]] + 0.5).astype(int)
    rounded = str(teller.text("note_rounded_apart")) if (printed[:-1].sum() != printed.iloc[-1]).any() else ""
    return [*hidden, *(note for note in (few, rounded) if note)]


def _rows(teller: Teller, data: pd.DataFrame) -> Iterator[tuple[str, ...]]:
    """Print the rows; no per cent of fewer than twenty."""
    enough = data["end"] / plots.with_enough(data["start"]) - 1
    for service, start, end, growth in zip(data["service"], data["start"], data["end"], enough, strict=True):
        key = "services_total" if service == "together" else NAMES[service]
        counts = (labels.number(value, language=teller.language) for value in (start, end))
        change = labels.number(end - start, signed=True, language=teller.language)
        yield (
            labels.label(key, teller.language),
            *counts,
            change,
            labels.percent(growth, signed=True, language=teller.language, status="."),
        )
