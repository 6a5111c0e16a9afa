"""Sheets as plain rows of cells, whatever program wrote them, with the place of every cell."""

from __future__ import annotations

import csv
import datetime as dt
import io
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree import ElementTree as ET

import pandas as pd

from demografi.errors import SourceError, TableError
from demografi.sources.files import guards, words

__all__ = ["Grid", "from_ods", "from_text", "from_xlsx"]

_ODS = {
    "office": "urn:oasis:names:tc:opendocument:xmlns:office:1.0",
    "table": "urn:oasis:names:tc:opendocument:xmlns:table:1.0",
    "text": "urn:oasis:names:tc:opendocument:xmlns:text:1.0",
}
_SEPARATORS = (";", "\t", ",")
FAR = 4_096
"""Blank rows or columns in a row after which what follows is not part of the table."""


@dataclass(frozen=True, eq=False)
class Grid:
    """One sheet.

    Parameters
    ----------
    sheet
        Name of the sheet; empty for a text file.
    rows
        Cells as text, numbers, dates or None; every row as wide as it was written.
    formulas
        Row and column (from 0) of cells that hold a formula.
    merged
        First row, first column, last row and last column (from 0) of merged areas.
    """

    sheet: str
    rows: list[list[object]]
    formulas: tuple[tuple[int, int], ...] = ()
    merged: tuple[tuple[int, int, int, int], ...] = ()

    def place(self, row: int, column: int | None = None) -> str:
        """Name a cell as a person finds it: sheet, row and column letter."""
        parts = [f"sheet '{self.sheet}'"] if self.sheet else []
        parts.append(f"row {row + 1}")
        if column is not None:
            parts.append(f"column {letter(column)}")
        said = ", ".join(parts)
        return said[0].upper() + said[1:]

    def body(self, header: int, end: int | None = None) -> pd.DataFrame:
        """Return the rows under a header as a table of cells, its columns numbered.

        Raises
        ------
        TableError
            A row is wider than the header.
        """
        width = len(trimmed(self.rows[header]))
        rows = self.rows[header + 1 : end]
        while rows and all(map(blank, rows[-1])):
            rows.pop()
        wide = [i for i, row in enumerate(rows) if len(row) > width and len(trimmed(row)) > width]
        if wide:
            raise TableError(
                "A row has more cells than the header.",
                where=[
                    f"{self.place(header + 1 + i)}: {len(trimmed(rows[i]))} cells, the header has {width}."
                    for i in wide
                ],
                hint="Look for a separator inside a text without quotation marks.",
            )
        return pd.DataFrame(
            [row if len(row) == width else (row + [None] * width)[:width] for row in rows],
            columns=range(width),
            dtype=object,
        )

    def refuse_formulas(self, first: int) -> None:
        """Refuse cells with formulas, and merged cells, from a row on.

        Raises
        ------
        SourceError
            There is one; its place is named.
        """
        formulas = [place for place in self.formulas if place[0] >= first]
        if formulas:
            raise SourceError(
                "The table has formulas where values are wanted.",
                where=[f"{self.place(*place)}." for place in formulas],
                hint="Copy the table and paste it as values, then save and read again.",
            )
        merged = [area for area in self.merged if area[2] >= first]
        if merged:
            raise SourceError(
                "The table has merged cells, so it is not clear which column a value belongs to.",
                where=[f"{self.place(a[0], a[1])} to {letter(a[3])}{a[2] + 1}." for a in merged],
                hint="Unmerge them and write the text in every cell.",
            )


def letter(column: int) -> str:
    """Return the letters of a column.

    Examples
    --------
    >>> letter(0), letter(27)
    ('A', 'AB')
    """
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def trimmed(row: list[object]) -> list[object]:
    """Return a row without the blank cells at its end."""
    last = len(row)
    while last and blank(row[last - 1]):
        last -= 1
    return row[:last]


def blank(cell: object) -> bool:
    """Tell whether a cell is empty."""
    return cell is None or (isinstance(cell, str) and not cell.strip())


def text_of(cell: object) -> str:
    """Return a cell as it reads: ``5059.0`` is ``5059``, a date is ISO."""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, dt.datetime) and cell.time() == dt.time():
        return cell.date().isoformat()
    return str(cell).strip()


def from_text(text: str, name: str) -> Grid:
    """Read delimited text: semicolon, tab or comma, whichever parts most lines.

    Cells that a spreadsheet would run as a formula are kept from going further: a cell that
    begins with ``=`` or ``@``, or with ``+`` or ``-`` and is no number or sign, is refused.

    Raises
    ------
    SourceError
        Quotation marks never close, or a cell begins as a formula.
    TableError
        No separator parts the lines.
    """
    sample = text[:20_000].splitlines()[:50]
    counts = {separator: sum(line.count(separator) for line in sample) for separator in _SEPARATORS}
    # A semicolon or tab file has decimal commas and commas in its title, so comma must come last.
    separator = next((s for s in _SEPARATORS[:2] if counts[s] >= max(1, len(sample) // 2)), ",")
    if not counts[separator]:
        raise TableError(
            f"'{name}' is no table: no semicolon, tab or comma parts its lines.",
            where=f"It begins: {sample[0][:80]!r}" if sample else "",
            hint="dg.read takes Statbank CSV and XLSX, PX, JSON-stat, ODS, CSV and Parquet.",
        )
    if text.count(separator) + text.count("\n") > guards.MAX_TEXT_CELLS:
        raise guards.too_many_cells(name, "the table", guards.MAX_TEXT_CELLS)
    try:
        rows: list[list[object]] = [
            list(row) for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
        ]
    except csv.Error as error:
        raise SourceError(f"'{name}' is cut or damaged.", where=f"{error}.", hint="Download it again.") from None
    grid = Grid("", rows)
    formulas = [(r, c) for r, row in enumerate(rows) for c, cell in enumerate(row) if cell and _runs(str(cell))]
    if formulas:
        raise SourceError(
            f"'{name}' has cells that a spreadsheet would run as formulas.",
            where=[f"{grid.place(*at)}: {str(rows[at[0]][at[1]])[:40]!r}." for at in formulas],
            hint="Save the table with values only.",
        )
    return grid


def _runs(cell: str) -> bool:
    first = cell[0]
    if first not in "=@+-":
        return False
    return first in "=@" or (len(cell) > 1 and not words.is_number(cell))


def from_xlsx(content: bytes, name: str) -> list[Grid]:
    """Read the sheets of an XLSX workbook that has passed :func:`guards.checked_parts`.

    Raises
    ------
    SourceError
        The parts are well-formed, but do not make a workbook.
    """
    import openpyxl

    try:
        # It warns of styles and validations that it leaves out, which no table needs.
        with warnings.catch_warnings(action="ignore"):
            book = openpyxl.load_workbook(io.BytesIO(content), data_only=False, keep_links=False)
    except Exception as error:
        # A damaged part may raise anything at all there: it trusts what it parses.
        raise damaged(name, str(error)) from None
    grids = []
    for sheet in book.worksheets:
        rows: list[list[object]] = [list(row) for row in sheet.iter_rows(values_only=True)]
        found = ((c.row - 1, c.column - 1) for line in sheet.iter_rows() for c in line if c.data_type == "f")
        areas = ((a.min_row - 1, a.min_col - 1, a.max_row - 1, a.max_col - 1) for a in sheet.merged_cells.ranges)
        grids.append(Grid(str(sheet.title), rows, tuple(found), tuple(sorted(areas))))
    book.close()
    return grids


def from_ods(xml: bytes, name: str) -> list[Grid]:
    """Read the sheets of an ODS workbook from its ``content.xml``.

    Repeated rows and cells are written out only up to the limit that :mod:`guards` sets, since
    a few bytes may ask for a million rows of a thousand cells.
    """
    grids = []
    sheet = _OdsSheet(name)
    try:
        for _, element in ET.iterparse(io.BytesIO(xml)):
            if element.tag == _tag("table", "table-row"):
                sheet.add(element)
                element.clear()
            elif element.tag == _tag("table", "table"):
                grids.append(sheet.grid(element.get(_tag("table", "name"), "")))
                sheet = _OdsSheet(name)
                element.clear()
    except (ET.ParseError, ValueError) as error:
        raise damaged(name, str(error)) from None
    return grids


def damaged(name: str, seen: str) -> SourceError:
    """Return the refusal of a workbook whose parts do not make one."""
    return SourceError(
        f"'{name}' is a damaged workbook.", where=" ".join(seen.split())[:200], hint="Download or save it again."
    )


class _OdsSheet:
    """Collects the rows of one sheet as they are parsed."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.rows: list[list[object]] = []
        self.formulas: list[tuple[int, int]] = []
        self.merged: list[tuple[int, int, int, int]] = []
        self.cells = 0
        self.ended = False

    def add(self, row: ET.Element) -> None:
        if self.ended:
            return
        repeated = _count(row, "number-rows-repeated")
        line: list[object] = []
        for cell, value, times in _ods_cells(row):
            self._mark(cell, len(line))
            if blank(value) and times > FAR:
                break
            self._spend(times * repeated)
            line += [value] * times
        line = trimmed(line)
        if not line and repeated > FAR:
            self.ended = True
            return
        self.rows += [list(line) for _ in range(repeated)]

    def _mark(self, cell: ET.Element, column: int) -> None:
        if cell.get(_tag("table", "formula")):
            self.formulas.append((len(self.rows), column))
        down, across = _count(cell, "number-rows-spanned"), _count(cell, "number-columns-spanned")
        if down > 1 or across > 1:
            self.merged.append((len(self.rows), column, len(self.rows) + down - 1, column + across - 1))

    def _spend(self, cells: int) -> None:
        self.cells += cells
        if self.cells > 2 * guards.MAX_CELLS:
            raise guards.too_many_cells(self.name, "content.xml")

    def grid(self, title: str) -> Grid:
        rows = self.rows
        while rows and not rows[-1]:
            rows.pop()
        return Grid(title, rows, tuple(self.formulas), tuple(self.merged))


def _ods_cells(row: ET.Element) -> Iterator[tuple[ET.Element, object, int]]:
    for cell in row:
        if cell.tag in (_tag("table", "table-cell"), _tag("table", "covered-table-cell")):
            yield cell, _ods_value(cell), _count(cell, "number-columns-repeated")


def _ods_value(cell: ET.Element) -> object:
    kind = cell.get(_tag("office", "value-type"), "")
    if kind in ("float", "percentage", "currency"):
        return float(cell.get(_tag("office", "value"), "nan"))
    if kind == "date":
        return cell.get(_tag("office", "date-value"), "")[:10]
    # Only paragraphs of the cell itself: a comment has paragraphs of its own.
    return "\n".join("".join(part.itertext()) for part in cell.findall(_tag("text", "p"))) or None


def _count(element: ET.Element, attribute: str) -> int:
    written = element.get(_tag("table", attribute), "1")
    return max(1, int(written)) if written.isascii() and written.isdigit() and len(written) < 12 else 1


def _tag(space: str, name: str) -> str:
    return f"{{{_ODS[space]}}}{name}"
