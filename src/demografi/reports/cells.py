"""Where a cell of a basis stands in the workbook, and the formula of a number."""

from __future__ import annotations

from collections.abc import Iterator

from demografi.reports.numbers import RULES, Basis, Cells, Number

__all__ = ["FIRST_ROW", "addresses", "column_letter", "columns_of", "formula_of", "sheet_formula"]

FIRST_ROW = 4
"""Row of the headings, counted from 0; words stand above."""

MOST_ARGUMENTS = 200
"""A spreadsheet function takes at most 255."""


def columns_of(basis: Basis) -> list[str]:
    """Return the columns of a sheet: those of the table, then those only a formula gives."""
    return [*map(str, basis.data.columns), *(name for name in basis.formulas if name not in basis.data.columns)]


def column_letter(position: int) -> str:
    """Return the letters of a column counted from 0.

    Examples
    --------
    >>> column_letter(0), column_letter(26)
    ('A', 'AA')
    """
    letters = ""
    position += 1
    while position:
        position, rest = divmod(position - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def addresses(basis: Basis, cells: Cells) -> list[str]:
    """Return the ranges a set of cells is, without the sheet: ``E6``, ``E8:E12``.

    Examples
    --------
    >>> import pandas as pd
    >>> addresses(Basis("t", "T", "", "", "", pd.DataFrame({"a": [1, 2, 3]})), Cells("t", "a", (0, 1)))
    ['A6:A7']
    """
    letter = column_letter(columns_of(basis).index(cells.column))
    return [
        f"{letter}{first}" if first == last else f"{letter}{first}:{letter}{last}" for first, last in _runs(cells.rows)
    ]


def _runs(rows: tuple[int, ...]) -> Iterator[tuple[int, int]]:
    """Give unbroken spans of rows, as a spreadsheet counts them."""
    start = last = None
    for row in rows:
        if start is not None and row == last + 1:  # type: ignore[operator]
            last = row
            continue
        if start is not None:
            yield start + FIRST_ROW + 2, last + FIRST_ROW + 2  # type: ignore[operator]
        start = last = row
    if start is not None:
        yield start + FIRST_ROW + 2, last + FIRST_ROW + 2  # type: ignore[operator]


def formula_of(number: Number, bases: dict[str, Basis]) -> str:
    """Return the formula of a number: its rule over the cells it was read from."""
    return "=" + RULES[number.rule].formula.format(*(_sum(bases[part.table], part) for part in number.cells))


def _sum(basis: Basis, cells: Cells) -> str:
    sheet = "'" + basis.sheet.replace("'", "''") + "'!"
    parts = [sheet + address for address in addresses(basis, cells)]
    if len(parts) == 1 and ":" not in parts[0]:
        return parts[0]
    groups = [parts[i : i + MOST_ARGUMENTS] for i in range(0, len(parts), MOST_ARGUMENTS)]
    sums = [f"SUM({','.join(group)})" for group in groups]
    return sums[0] if len(sums) == 1 else f"SUM({','.join(sums)})"


def sheet_formula(basis: Basis, column: str, row: int) -> str:
    """Return the formula of one cell of a computed column."""
    rule, *names = basis.formulas[column]
    letters = [column_letter(columns_of(basis).index(name)) for name in names]
    return "=" + RULES[rule].formula.format(*(f"{letter}{row + FIRST_ROW + 2}" for letter in letters))
