"""The numbers behind the chapter: a sheet a figure, real numbers and formulas, and the sources."""

from __future__ import annotations

import datetime as dt
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from demografi import labels
from demografi.reports.cells import FIRST_ROW, columns_of, formula_of, sheet_formula
from demografi.reports.content import Chapter
from demografi.reports.numbers import RULES, SHOWN, Basis

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.worksheet import Worksheet

__all__ = ["BOOKMARK", "SOURCE_FIELDS", "stamp", "whole_table", "write_workbook"]

NO_DATE = dt.datetime(2026, 1, 1)
"""Where no source says when it was fetched."""
BOOKMARK = "demografi_"
"""What a number is called in Word and in the workbook begins with this."""
SOURCE_FIELDS = ("publisher", "table", "title", "vintage", "updated", "fetched", "url", "licence", "sha256", "caveat")
PER_CENT = ("growth",)
WIDTH = 16
WRAPPED = 6
"""Columns the note over a table is wrapped within, so that the sheet prints no wider than they are."""
NOTE_ROW, LINE_POINTS = 2, 15
A4 = 9
"""What Excel calls that size of paper."""


def stamp(chapter: Chapter) -> dt.datetime:
    """Return the time files are dated with: when the newest source was fetched, never the clock."""
    return dt.datetime.fromisoformat(chapter.fetched) if chapter.fetched else NO_DATE


def whole_table(basis: Basis) -> pd.DataFrame:
    """Return the table of a sheet with its computed columns filled in."""
    table = basis.data.copy()
    for column, (rule, *names) in basis.formulas.items():
        table[column] = RULES[rule].compute(*(table[name] for name in names))
    return table[columns_of(basis)]


def write_workbook(chapter: Chapter, path: Path) -> None:
    """Write the workbook of a chapter.

    Each sheet has the finding, the subtitle and the source above a native table; changes, per cent and every number
    of the text are formulas. Text is written as text: a cell that begins with ``=`` is never a formula.
    """
    import xlsxwriter

    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(path, options)
    book.set_properties({"title": chapter.title, "created": stamp(chapter), "author": "demografi"})
    for basis in chapter.bases:
        sheet = _sheet(book, basis.sheet, (basis.title, basis.subtitle, basis.footer))
        _table(sheet, book, basis)
    _numbers(book, chapter)
    _sources(book, chapter)
    book.close()


def _sheet(book: Workbook, name: str, words: tuple[str, str, str]) -> Worksheet:
    bold = book.add_format({"bold": True, "font_size": 12})
    grey = book.add_format({"font_color": "#54656B"})
    sheet = book.add_worksheet(name[:31])
    for row, (text, look) in enumerate(zip(words, (bold, grey, grey), strict=True)):
        sheet.write_string(row, 0, str(text), look)
    if words[-1]:
        wrapped = book.add_format({"font_color": "#54656B", "text_wrap": True, "valign": "top"})
        sheet.merge_range(NOTE_ROW, 0, NOTE_ROW, WRAPPED - 1, "", wrapped)
        sheet.write_string(NOTE_ROW, 0, str(words[-1]), wrapped)
        sheet.set_row(NOTE_ROW, LINE_POINTS * math.ceil(len(words[-1]) / (WRAPPED * WIDTH)))
    sheet.freeze_panes(FIRST_ROW + 1, 0)
    sheet.set_paper(A4)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(FIRST_ROW)
    sheet.set_footer("&C&A · &P/&N")
    return sheet


def _table(sheet: Worksheet, book: Workbook, basis: Basis) -> None:
    table = whole_table(basis)
    looks = {
        "measure": book.add_format({"num_format": "#,##0.00"}),
        "whole": book.add_format({"num_format": "0"}),
        "percent": book.add_format({"num_format": "+0.0%;-0.0%"}),
    }
    formats = [
        looks["percent" if name in PER_CENT else "measure" if table[name].dtype.kind == "f" else "whole"]
        for name in table.columns
    ]
    _native(sheet, [str(name) for name in table.columns], _rows(table), formats)
    for name in basis.formulas:
        position = columns_of(basis).index(name)
        for row, value in enumerate(table[name]):
            formula = sheet_formula(basis, name, row)
            sheet.write_formula(FIRST_ROW + 1 + row, position, formula, formats[position], float(value))


def _rows(table: pd.DataFrame) -> list[list[Any]]:
    """Return plain values; what is missing is an empty cell."""
    return [[None if value != value else value for value in row] for row in table.astype(object).to_numpy().tolist()]


def _native(sheet: Worksheet, header: list[str], rows: list[list[Any]], formats: list[Any]) -> None:
    columns = [{"header": name, "format": look} for name, look in zip(header, formats, strict=True)]
    last = FIRST_ROW + max(len(rows), 1)
    options = {"data": rows, "columns": columns, "style": "Table Style Light 1"}
    sheet.add_table(FIRST_ROW, 0, last, len(columns) - 1, options)
    sheet.set_column(0, len(columns) - 1, WIDTH)


def _numbers(book: Workbook, chapter: Chapter) -> None:
    """Write every number of the text: its name, its value as a formula, and how it is printed."""
    title = labels.label("report_numbers_sheet", chapter.language)
    sheet = _sheet(book, title, (title, labels.label("report_numbers_title", chapter.language), ""))
    bases = {basis.name: basis for basis in chapter.bases}
    numbers = chapter.numbers
    plain = book.add_format({})
    rows = [[BOOKMARK + n.name, n.value, n.unit, n.printed, bases[n.cells[0].table].sheet] for n in numbers]
    _native(sheet, ["name", "value", "unit", "printed", "sheet"], rows, [plain] * 5)
    looks = {look: book.add_format({"num_format": form}) for look, (_, form) in SHOWN.items()}
    for row, number in enumerate(numbers, start=FIRST_ROW + 1):
        sheet.write_formula(row, 1, formula_of(number, bases), looks[number.look], number.value)
        book.define_name(BOOKMARK + number.name, f"='{title}'!$B${row + 1}")
    sheet.set_column(0, 0, 34)


def _sources(book: Workbook, chapter: Chapter) -> None:
    bold = book.add_format({"bold": True})
    sheet = book.add_worksheet(chapter.sources_heading[:31])
    for column, name in enumerate(SOURCE_FIELDS):
        sheet.write_string(0, column, name, bold)
    for row, source in enumerate(chapter.sources, start=1):
        for column, name in enumerate(SOURCE_FIELDS):
            sheet.write_string(row, column, str(getattr(source, name)))
    sheet.set_column(0, len(SOURCE_FIELDS) - 1, 24)
