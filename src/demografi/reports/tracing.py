"""From a printed number back to where it is from: figure, sheet, cell, table, reply."""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd

from demografi import labels
from demografi.errors import ReportError
from demografi.reports.cells import FIRST_ROW, addresses, column_letter, formula_of
from demografi.reports.content import Chapter
from demografi.reports.numbers import Basis
from demografi.reports.workbook import BOOKMARK, whole_table

__all__ = ["INDEX", "numbers_in", "read_index", "trace", "write_index"]

INDEX = "numbers.json"
"""The workbook once more, for programs."""
MOST_CELLS = 10
COLUMNS = ("number", "value", "unit", "name", "figure", "sheet", "cell", "formula", "source", "fetched", "sha256")

_PRINTED = re.compile(r"[+\u2212-]?\d(?:[\d\u00a0,.]*\d)?(?:\u00a0?%)?")


def write_index(chapter: Chapter, path: Path) -> None:
    """Write every number of the text, every table, and where each is from."""
    bases = {basis.name: basis for basis in chapter.bases}
    numbers = [
        {
            "name": number.name,
            "printed": number.printed,
            "value": number.value,
            "unit": number.unit,
            "formula": formula_of(number, bases),
            "tables": list(dict.fromkeys(part.table for part in number.cells)),
            "cells": [
                f"{part.column}: {address}" for part in number.cells for address in addresses(bases[part.table], part)
            ],
        }
        for number in chapter.numbers
    ]
    told = {
        "written_by": "demografi",
        "language": chapter.language,
        "region": chapter.region,
        "numbers": numbers,
        "tables": [_described(basis) for basis in chapter.bases],
        "sources": {source.id: asdict(source) for source in chapter.sources},
    }
    path.write_text(json.dumps(told, ensure_ascii=False, indent=1) + "\n", encoding="utf-8", newline="\n")


def _described(basis: Basis) -> dict[str, Any]:
    table = whole_table(basis)
    return {
        "name": basis.name,
        "sheet": basis.sheet,
        "title": str(basis.title),
        "columns": list(map(str, table.columns)),
        "rows": [[None if v != v else v for v in row] for row in table.astype(object).to_numpy().tolist()],
        "sources": [source.id for source in basis.sources],
    }


def read_index(folder: str | Path) -> dict[str, Any]:
    """Read the index of a report.

    Raises
    ------
    ReportError
        The folder holds no report, or its index is damaged.
    """
    path = Path(folder) / INDEX
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        told["numbers"], told["tables"], told["sources"], told["language"]
    except OSError:
        raise ReportError(
            f"There is no report in '{folder}'.",
            where=f"Looked for '{INDEX}'.",
            hint="demografi report Lakseregionen --out lakseregionen",
        ) from None
    except (ValueError, KeyError, TypeError) as error:
        raise ReportError(
            f"'{path}' is damaged.", where=str(error), hint="Write the report again: demografi report …"
        ) from None
    return dict(told)


def trace(number: str, folder: str | Path = ".") -> pd.DataFrame:
    """Follow a printed number back to figure, sheet, cell, table and reply.

    Parameters
    ----------
    number
        As it stands in the chapter, with or without spaces: ``"3 409"``, ``"+50 %"``, ``"2,3"``; or a name such as
        ``"users_80_2040"``.
    folder
        What :func:`demografi.report` wrote.

    Returns
    -------
    pandas.DataFrame
        One row per place the number is from: first those the text was computed from, then (at most ten) cells of the
        workbook that print the same. ``formula`` is what the workbook computes; ``sha256`` is of the source as
        fetched.

    Raises
    ------
    ReportError
        The folder holds no report, or the number stands nowhere in it.
    """
    told = read_index(folder)
    wanted = _bare(number, told["language"])
    rows = [
        _said(one, told)
        for one in told["numbers"]
        if number.strip().removeprefix(BOOKMARK) == one["name"] or _bare(one["printed"], told["language"]) == wanted
    ]
    if _PRINTED.search(number):
        rows += _cells(wanted, told)[:MOST_CELLS]
    if not rows:
        raise ReportError(
            f"The number {number!r} stands nowhere in '{folder}'.",
            where=f"Looked through {len(told['numbers'])} numbers of the text and {len(told['tables'])} sheets.",
            hint="Copy it from the chapter as it is printed: demografi trace '3 409' --in lakseregionen",
        )
    return pd.DataFrame(rows, columns=list(COLUMNS))


def numbers_in(text: str) -> list[str]:
    """Return every number that is printed in a text, with its sign and per cent."""
    return [found[0] for found in _PRINTED.finditer(text)]


def _bare(printed: str, language: str) -> str:
    """Strip a number of what only makes it easier to read."""
    bare = re.sub(r"\s", "", printed).replace("\u2212", "-").lstrip("+")
    return bare.replace(",", "") if language == "en" else bare.replace(",", ".")


def _said(one: dict[str, Any], told: dict[str, Any]) -> dict[str, Any]:
    tables = [table for table in told["tables"] if table["name"] in one["tables"]]
    return {
        "number": one["printed"],
        "value": one["value"],
        "unit": one["unit"],
        "name": one["name"],
        "figure": "; ".join(table["title"] for table in tables),
        "sheet": "; ".join(table["sheet"] for table in tables),
        "cell": "; ".join(one["cells"]),
        "formula": one["formula"],
        **_sources(tables, told),
    }


def _sources(tables: list[dict[str, Any]], told: dict[str, Any]) -> dict[str, str]:
    ids = dict.fromkeys(source for table in tables for source in table["sources"])
    known = [told["sources"][one] for one in ids if one in told["sources"]]
    return {
        "source": "; ".join(f"{one['publisher']} {one['table']}" for one in known),
        "fetched": "; ".join(dict.fromkeys(one["fetched"] for one in known if one["fetched"])),
        "sha256": "; ".join(one["sha256"] for one in known if one["sha256"]),
    }


def _cells(wanted: str, told: dict[str, Any]) -> list[dict[str, Any]]:
    decimals = len(wanted.rstrip("%").partition(".")[2])
    found = []
    for table in told["tables"]:
        for row, values in enumerate(table["rows"]):
            for column, value in enumerate(values):
                if isinstance(value, float) and _prints(value, decimals, wanted):
                    found.append(_cell(table, row, column, value, wanted, told))
    return found


def _prints(value: float, decimals: int, wanted: str) -> bool:
    """Tell whether a cell prints as the number; what is rounded for people is rounded the same way here."""
    if wanted.endswith("%"):
        return any(_bare(labels.percent(share, decimals), "nb") == wanted for share in (value, value / 100))
    # A change is told by its size: «776 færre» is −776 in the sheet.
    return wanted.lstrip("-") == _bare(labels.number(abs(value), decimals), "nb")


def _cell(
    table: dict[str, Any], row: int, column: int, value: float, wanted: str, told: dict[str, Any]
) -> dict[str, Any]:
    return {
        "number": wanted,
        "value": value,
        "unit": table["columns"][column],
        "name": "",
        "figure": table["title"],
        "sheet": table["sheet"],
        "cell": f"{column_letter(column)}{row + FIRST_ROW + 2}",
        "formula": "",
        **_sources([table], told),
    }
