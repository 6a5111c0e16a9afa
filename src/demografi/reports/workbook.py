"""The numbers behind the chapter: one sheet a figure, real numbers, and the sources."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Any

from demografi.reports.content import Chapter, Figure, Table

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["write_workbook"]

CREATED = dt.datetime(2026, 1, 1)
"""A fixed stamp: two runs give the same bytes."""
FIRST_ROW = 4


def write_workbook(chapter: Chapter, path: Path) -> None:
    """Write the workbook of a chapter.

    Each sheet has the finding, the subtitle and the source above a native table. Text is written as text: a cell that
    begins with ``=`` is never a formula.
    """
    import xlsxwriter

    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(path, options)
    book.set_properties({"title": chapter.title, "created": CREATED, "author": "demografi"})
    bold = book.add_format({"bold": True, "font_size": 12})
    grey = book.add_format({"font_color": "#54656B"})
    parts: list[Figure | Table] = [*chapter.figures, *chapter.tables]
    for part in parts:
        sheet = book.add_worksheet(part.caption[:31])
        words = _words(part)
        for row, (text, look) in enumerate(zip(words, (bold, grey, grey), strict=True)):
            sheet.write_string(row, 0, text, look)
        _table(sheet, book, part.data)
    _sources(book, chapter, bold)
    book.close()


def _words(part: Figure | Table) -> tuple[str, str, str]:
    if isinstance(part, Figure):
        return part.words.title, part.words.subtitle, f"{part.words.note} {part.words.source}"
    return part.title, part.subtitle, part.source


def _table(sheet: Any, book: Any, data: pd.DataFrame) -> None:
    number = book.add_format({"num_format": "#,##0.00"})
    plain = book.add_format({"num_format": "0"})
    columns = []
    for name in data.columns:
        is_measure = data[name].dtype.kind == "f"
        columns.append({"header": str(name), "format": number if is_measure else plain})
    rows = [[None if value != value else value for value in row] for row in data.astype(object).to_numpy().tolist()]
    last = FIRST_ROW + len(rows)
    sheet.add_table(
        FIRST_ROW,
        0,
        last,
        len(columns) - 1,
        {"data": rows, "columns": columns, "style": "Table Style Light 1"},
    )
    sheet.set_column(0, len(columns) - 1, 16)
    sheet.freeze_panes(FIRST_ROW + 1, 0)


def _sources(book: Any, chapter: Chapter, bold: Any) -> None:
    sheet = book.add_worksheet(chapter.sources_heading[:31])
    names = ["publisher", "table", "title", "vintage", "updated", "fetched", "licence", "sha256", "caveat"]
    for column, name in enumerate(names):
        sheet.write_string(0, column, name, bold)
    for row, source in enumerate(chapter.sources, start=1):
        for column, name in enumerate(names):
            sheet.write_string(row, column, str(getattr(source, name)))
    sheet.set_column(0, len(names) - 1, 24)
