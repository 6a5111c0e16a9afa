"""The tables `demografi` relies on, written down as rows and compared with the live server on request.

Most rows were found in public code or in recorded replies and were never compared with the
server by us: ``verified`` is empty then, and stays so until `check_sources` has seen no difference.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources

import pandas as pd

from demografi.errors import SourceError
from demografi.sources.exchange import Connection
from demografi.sources.pacing import CancelledError
from demografi.sources.pxweb import read_config, read_metadata
from demografi.sources.selecting import Metadata

__all__ = ["Registered", "alternatives", "check_sources", "registered", "table_for"]

DIFFERENCES = ["table", "role", "vintage", "what", "expected", "found"]
_LETTERS = re.compile(r"\b([LMH][LMHKE0]{2,3})\b")


@dataclass(frozen=True)
class Registered:
    """One table and what is expected of it.

    Parameters
    ----------
    role
        What the library uses it for.
    vintage
        Year of publication of a projection, otherwise empty.
    variables, contents, codelists
        Codes that must be there; empty where they are not known.
    alternative_in, alternatives
        The variable that holds a projection's alternatives, and the letters they are known by.
    closed
        Whether it gets new years no more; None where that is not known.
    mark
        How far the row is trusted: R recorded, L seen live by others, C in public code, U unverified.
    verified
        Date of the last comparison without differences, or empty.
    """

    id: str
    role: str
    vintage: str
    title: str
    variables: tuple[str, ...]
    contents: tuple[str, ...]
    codelists: tuple[str, ...]
    alternative_in: str
    alternatives: tuple[str, ...]
    from_year: str
    to_year: str
    closed: bool | None
    mark: tuple[str, ...]
    verified: str
    note: str


@cache
def registered() -> tuple[Registered, ...]:
    """Give every registered table in the order of the file."""
    written = (resources.files("demografi") / "data" / "tables.csv").read_text(encoding="utf-8")
    return tuple(_row(row) for row in csv.DictReader(written.splitlines()))


def _row(row: dict[str, str]) -> Registered:
    many = ("variables", "contents", "codelists", "alternatives", "mark")
    closed = {"yes": True, "no": False, "": None}[row["closed"]]
    single = {name: text for name, text in row.items() if name not in (*many, "closed")}
    lists = {name: tuple(row[name].split()) for name in many}
    return Registered(**single, **lists, closed=closed)  # type: ignore[arg-type]


def table_for(role: str, vintage: str | int = "") -> Registered:
    """Find the table that fills a role, for projections of a named vintage.

    Raises
    ------
    SourceError
        No table has the role, or the vintage is lacking or not known.

    Examples
    --------
    >>> table_for("projection", 2026).id
    '14746'
    """
    found = [row for row in registered() if row.role == role]
    if not found:
        roles = sorted({row.role for row in registered()})
        raise SourceError(f"No table is registered for '{role}'.", where=", ".join(roles), hint="Choose one of these.")
    chosen = [row for row in found if row.vintage == str(vintage)] or (found if len(found) == 1 and not vintage else [])
    if not chosen:
        raise SourceError(
            f"No table for '{role}' has the vintage '{vintage}'.",
            where=f"There are: {', '.join(row.vintage for row in found)}.",
            hint=f"Name the vintage: table_for('{role}', {found[-1].vintage or chr(39) * 2}).",
        )
    return chosen[0]


def alternatives(table: Registered, metadata: Metadata) -> dict[str, str]:
    """Find a projection's alternatives by the letters in their labels, never by the number of the code.

    Returns
    -------
    dict
        Letters such as ``MMMM`` → code in the variable that holds the alternatives.

    Raises
    ------
    SourceError
        Two codes have the same letters, or the table has no such variable.
    """
    dimension = metadata.variable(table.alternative_in)
    found: dict[str, str] = {}
    for code, words in zip(dimension.codes, dimension.names, strict=True):
        letters = _LETTERS.search(words) or _LETTERS.fullmatch(code)
        if letters is None:
            continue
        if letters[1] in found:
            raise SourceError(
                f"Two codes of '{dimension.id}' in table {table.id} are called {letters[1]}.",
                where=[f"{found[letters[1]]} and {code}."],
                hint="Look at the table's labels; the letters decide which alternative is read.",
            )
        found[letters[1]] = code
    return found


def check_sources(
    connection: Connection,
    tables: Iterable[Registered] | None = None,
    *,
    progress: Callable[[Registered], None] | None = None,
) -> pd.DataFrame:
    """Compare registered tables with what the server says of them, one call a table.

    Returns
    -------
    pandas.DataFrame
        One row per difference: ``table role vintage what expected found``; no row means agreement.

    Raises
    ------
    SourceError
        The server cannot be reached at all.
    """
    read_config(connection)
    rows: list[tuple[str, ...]] = []
    for table in registered() if tables is None else tables:
        rows += [(table.id, table.role, table.vintage, *found) for found in _compared(connection, table)]
        if progress:
            progress(table)
    return pd.DataFrame(rows, columns=DIFFERENCES).astype("str")


def _compared(connection: Connection, table: Registered) -> Iterator[tuple[str, str, str]]:
    try:
        metadata = read_metadata(connection, table.id, fresh=not connection.offline)
    except CancelledError:
        raise
    except SourceError as error:
        yield "table", "an answer", error.fault
        return
    there = [dimension.id for dimension in metadata.dimensions]
    yield from _lacking("variable", table.variables, there)
    if table.variables:
        yield from (("variable", "", name) for name in there if name not in table.variables)
    contents = [code for d in metadata.dimensions if d.role == "metric" for code in d.codes]
    yield from _lacking("contents", table.contents, contents)
    offered = [
        str(one.get("id"))
        for d in metadata.dimensions
        for one in d.extension.get("codelists") or d.extension.get("codeLists") or []
    ]
    yield from _lacking("code list", table.codelists, offered)
    yield from _years(table, metadata)
    if table.alternative_in in there:
        try:
            yield from _lacking("alternative", table.alternatives, list(alternatives(table, metadata)))
        except SourceError as error:
            yield "alternative", "letters once each", error.fault


def _lacking(what: str, expected: Iterable[str], found: list[str]) -> Iterator[tuple[str, str, str]]:
    shown = ", ".join(found[:12]) + (" …" if len(found) > 12 else "")
    yield from ((what, name, shown) for name in expected if name not in found)


def _years(table: Registered, metadata: Metadata) -> Iterator[tuple[str, str, str]]:
    times = [d.codes for d in metadata.dimensions if d.role == "time" and d.codes]
    if not times:
        yield "variable", "one with the role time", ""
        return
    first, last = times[0][0][:4], times[0][-1][:4]
    if table.from_year and first != table.from_year:
        yield "first year", table.from_year, first
    if table.to_year and (last < table.to_year or (table.closed and last != table.to_year)):
        yield "last year", table.to_year, last
