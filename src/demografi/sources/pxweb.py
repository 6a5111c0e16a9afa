"""Fetch whole tables from a PxWebApi 2 server: planned, split, kept part by part, never half.

A broken batch goes on where it stopped, because every finished part lies in the cache. Parts of
one table that the publisher changed in between are never mixed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import pandas as pd

from demografi.errors import SourceError
from demografi.sources.cache import Kept, Record
from demografi.sources.exchange import Connection, Question, ask
from demografi.sources.jsonstat import Table, parse, parse_dimensions, parse_notes
from demografi.sources.manifest import Manifest, mandatory_notes, manifest_of
from demografi.sources.pacing import stop_if_asked
from demografi.sources.selecting import Asked, Chosen, CodeList, Metadata, choose
from demografi.sources.splitting import check_part, count_cells, join, split

__all__ = [
    "Fetched",
    "Plan",
    "Progress",
    "compare_values",
    "fetch",
    "list_tables",
    "newer",
    "plan",
    "read_codelist",
    "read_config",
    "read_metadata",
]

MOST_CELLS = 800_000
ROUNDS = 3
"""How often a table that changes while it is fetched is asked for again."""


@dataclass(frozen=True)
class Progress:
    """How far a fetch has come, in calls and cells; ``kept`` says that this part was in the cache."""

    done: int
    calls: int
    cells: int
    all_cells: int
    kept: bool


@dataclass(frozen=True)
class Plan:
    """What fetching a table will take, before any figure is asked for.

    Parameters
    ----------
    cells
        Of the whole selection, empty ones included.
    parts
        One selection per call.
    kept
        How many of the parts lie in the cache.
    seconds
        The least the server's limit lets the remaining calls take.
    """

    metadata: Metadata
    chosen: tuple[Chosen, ...]
    parts: tuple[tuple[Chosen, ...], ...] = field(repr=False)
    cells: int
    kept: int
    seconds: float
    records: tuple[Record, ...] = field(repr=False, default=())
    codelists: Mapping[str, str] = field(repr=False, default_factory=dict)
    versions: Mapping[str, str] = field(repr=False, default_factory=dict)

    @property
    def calls(self) -> int:
        """Calls that will be sent."""
        return len(self.parts) - self.kept

    def __str__(self) -> str:
        sizes = " × ".join(f"{one.variable} {len(one.codes) or 'left out'}" for one in self.chosen)
        kept = f", {self.kept} more in the cache" if self.kept else ""
        lines = [
            self.metadata.label,
            f"{self.cells:,} cells: {sizes}",
            f"{self.calls} calls{kept}; at least {self.seconds:.0f} seconds",
        ]
        return "\n  ".join(lines)


@dataclass(frozen=True, eq=False)
class Fetched:
    """A table as the publisher gives it, with its manifest."""

    table: Table
    manifest: Manifest


def read_config(connection: Connection) -> Mapping[str, Any]:
    """Ask what the server says of itself; its call limit is not to be believed."""
    return _config(connection)[0]


def _config(connection: Connection, *, fresh: bool = False) -> tuple[Mapping[str, Any], Kept]:
    return ask(connection, Question("/config"), _an_object, fresh=fresh)


def read_metadata(connection: Connection, table: str, *, fresh: bool = False) -> Metadata:
    """Ask what a table holds.

    Raises
    ------
    SourceError
        There is no such table, or the server cannot be reached.
    """
    return _metadata(connection, table, fresh)[0]


def _metadata(connection: Connection, table: str, fresh: bool) -> tuple[Metadata, Kept]:
    def understand(reply: Any) -> Metadata:
        dimensions, extension = parse_dimensions(reply), reply.get("extension") or {}
        notes = parse_notes(reply.get("note"))
        return Metadata(table, str(reply.get("label", "")), str(reply.get("updated", "")), dimensions, notes, extension)

    question = Question(f"/tables/{quote(table, safe='')}/metadata")
    return ask(connection, question, understand, fresh=fresh, facts=lambda m: {"table": table, "updated": m.updated})


def read_codelist(connection: Connection, name: str, *, fresh: bool = False) -> CodeList:
    """Ask for a publisher's own grouping of codes, with the codes that belong to each."""
    return _codelist(connection, name, fresh)[0]


def _codelist(connection: Connection, name: str, fresh: bool) -> tuple[CodeList, Kept]:
    def understand(reply: Any) -> CodeList:
        rows = _an_object(reply).get("values")
        if not isinstance(rows, list) or not all(isinstance(row, Mapping) and "code" in row for row in rows):
            raise SourceError("This is no code list.")
        names = {str(row["code"]): str(row.get("label", "")) for row in rows}
        members = {str(row["code"]): tuple(map(str, row.get("valueMap") or [row["code"]])) for row in rows}
        return CodeList(name, str(reply.get("label", "")), str(reply.get("type", "")), names, members)

    return ask(connection, Question(f"/codelists/{quote(name, safe='')}"), understand, fresh=fresh)


def list_tables(connection: Connection, query: str = "", *, page_size: int = 5000) -> list[Mapping[str, Any]]:
    """Ask for the list of tables, all pages; with one call or two it is whole, and then kept."""
    found: list[Mapping[str, Any]] = []
    number, pages = 1, 1
    while number <= pages:
        asked = {"pageNumber": str(number), "pageSize": str(page_size)} | ({"query": query} if query else {})
        reply, _ = ask(connection, Question("/tables", asked), _a_page)
        found += reply["tables"]
        pages = int(reply["page"]["totalPages"])
        number += 1
    return found


def plan(
    connection: Connection,
    table: str,
    asked: Asked | None = None,
    *,
    fresh: bool = False,
    explain: Callable[[str], str] | None = None,
) -> Plan:
    """Work out the calls a selection takes. Asks for metadata and code lists, never for figures.

    Parameters
    ----------
    asked
        Variable or role (``geo``, ``time``, ``metric``) → codes and expressions, `Listed`, or
        None to leave a variable out; variables not named are taken whole.
    fresh
        Ask for limits, metadata and code lists even where they are kept.

    Raises
    ------
    SourceError
        Something asked for is not in the table; nothing is sent then.
    """
    fresh = fresh and not connection.offline
    config, config_kept = _config(connection, fresh=fresh)
    metadata, metadata_kept = _metadata(connection, table, fresh)
    codelists: dict[str, tuple[CodeList, Kept]] = {}

    def codelist(name: str) -> CodeList:
        if name not in codelists:
            codelists[name] = _codelist(connection, name, fresh)
        return codelists[name][0]

    chosen = choose(metadata, asked or {}, codelist, explain)
    parts = tuple(split(chosen, int(config.get("maxDataCells") or MOST_CELLS)))
    kept = sum(_is_kept(connection, metadata, part) for part in parts)
    return Plan(
        metadata=metadata,
        chosen=chosen,
        parts=parts,
        cells=count_cells(chosen),
        kept=kept,
        seconds=connection.pace.seconds_for(len(parts) - kept),
        records=(config_kept.record, metadata_kept.record, *(kept.record for _, kept in codelists.values())),
        codelists={name: kept.record.sha256 for name, (_, kept) in codelists.items()},
        versions={name: str(config[name]) for name in ("apiVersion", "appVersion") if name in config},
    )


def fetch(
    connection: Connection,
    table: str,
    asked: Asked | None = None,
    *,
    progress: Callable[[Progress], None] | None = None,
    fresh: bool = False,
    explain: Callable[[str], str] | None = None,
) -> Fetched:
    """Fetch a table whole, from the cache where its parts are kept.

    Parameters
    ----------
    asked
        As for `plan`.
    progress
        Called after each part.
    fresh
        Look first whether the publisher has changed the table since its parts were kept, and
        fetch those again that are older. Without a network what is kept is all there is.

    Raises
    ------
    SourceError
        Something asked for is not in the table; the server refuses or cannot be reached; or the
        table kept changing while it was fetched. Finished parts are kept in any case.
    """
    planned = plan(connection, table, asked, fresh=fresh, explain=explain)
    held: dict[tuple[Chosen, ...], tuple[Table, Kept]] = {}
    asked_anew = fresh
    for _ in range(ROUNDS):
        _fetch_parts(connection, planned, held, progress)
        parts = [held[part] for part in planned.parts]
        changed = _changed_between(planned, [part for part, _ in parts])
        late = not asked_anew and any(part.updated > planned.metadata.updated for part, _ in parts)
        if not changed and (not late or connection.offline):
            return _fetched(connection, planned, parts)
        if connection.offline:
            break
        for part in changed:
            held[part] = _part(connection, planned.metadata, part, fresh=True)
        # The codes may have changed with the figures, so the plan is made again as well.
        planned, asked_anew = plan(connection, table, asked, fresh=True, explain=explain), True
    raise SourceError(
        f"Table {table} was changed between two parts of the same question.",
        where=[f"Updated: {', '.join(sorted({part.updated for part, _ in held.values()}))}."],
        hint="Load it again in some minutes; figures of different dates are never put together.",
    )


def _fetch_parts(
    connection: Connection,
    planned: Plan,
    held: dict[tuple[Chosen, ...], tuple[Table, Kept]],
    progress: Callable[[Progress], None] | None,
) -> None:
    cells = 0
    for number, part in enumerate(planned.parts, start=1):
        stop_if_asked(connection.cancel)
        at_hand = part in held and not _outdated(held[part][1].record, planned.metadata)
        kept = at_hand or _is_kept(connection, planned.metadata, part)
        if not at_hand:
            held[part] = _part(connection, planned.metadata, part, fresh=not kept and not connection.offline)
        cells += count_cells(part)
        if progress:
            progress(Progress(number, len(planned.parts), cells, planned.cells, kept))


def _part(connection: Connection, metadata: Metadata, part: Sequence[Chosen], *, fresh: bool) -> tuple[Table, Kept]:
    def understand(reply: Any) -> Table:
        answer = parse(reply)
        check_part(answer, part)
        return answer

    def facts(answer: Table) -> Mapping[str, Any]:
        about = {"table": metadata.id, "updated": answer.updated, "table_updated": metadata.updated}
        return about | {"cells": len(answer.values)}

    return ask(connection, _data_question(metadata.id, part), understand, fresh=fresh, facts=facts)


def _outdated(record: Record, metadata: Metadata) -> bool:
    """Say whether the table has been published anew since a part of it was fetched.

    Contents have update times of their own, so that a part may lawfully be older than its table;
    therefore the table's time when it was fetched is written beside it. No clock is read.
    """
    seen = max(str(record.facts.get(name, "")) for name in ("updated", "table_updated"))
    return seen < metadata.updated


def _data_question(table: str, part: Iterable[Chosen]) -> Question:
    selection = [one.as_sent() for one in part if one.codes]
    path = f"/tables/{quote(table, safe='')}/data"
    return Question(path, {"outputFormat": "json-stat2"}, {"selection": selection})


def _is_kept(connection: Connection, metadata: Metadata, part: Sequence[Chosen]) -> bool:
    if connection.cache is None:
        return False
    record = connection.cache.record(_data_question(metadata.id, part).canonical(connection))
    return record is not None and (connection.offline or not _outdated(record, metadata))


def _changed_between(planned: Plan, tables: Sequence[Table]) -> set[tuple[Chosen, ...]]:
    """Find the parts older than another part with the same contents; contents differ lawfully."""
    contents = [tuple(one.codes for one in part if one.metric) for part in planned.parts]
    newest: dict[object, str] = {}
    for group, table in zip(contents, tables, strict=True):
        newest[group] = max(newest.get(group, ""), table.updated)
    rows = zip(planned.parts, contents, tables, strict=True)
    return {part for part, group, table in rows if table.updated != newest[group]}


def _fetched(connection: Connection, planned: Plan, parts: Sequence[tuple[Table, Kept]]) -> Fetched:
    table = join([part for part, _ in parts], planned.chosen)
    about = {
        "table": planned.metadata.id,
        "table_updated": planned.metadata.updated,
        "selection": {one.variable: {"codelist": one.codelist, "codes": list(one.codes)} for one in planned.chosen},
        "left_out": tuple(one.variable for one in planned.chosen if not one.codes),
        "codelists": planned.codelists,
        "versions": planned.versions,
        "must_be_shown": tuple(dict.fromkeys(note for part, _ in parts for note in mandatory_notes(part))),
    }
    records = [*planned.records, *(kept.record for _, kept in parts)]
    return Fetched(table, manifest_of(table, records, about, server=connection.base, language=connection.language))


def newer(connection: Connection, manifest: Manifest) -> str:
    """Ask, by one cheap call, whether the publisher has changed a table since it was fetched.

    Returns
    -------
    str
        The new update time, or empty where nothing has changed.

    Raises
    ------
    SourceError
        The server cannot be reached, or the network may not be touched.
    """
    path = f"/tables/{quote(manifest.table, safe='')}"
    reply, _ = ask(connection, Question(path), _an_object, fresh=True)
    updated = str(reply.get("updated") or "")
    return updated if updated > manifest.table_updated else ""


def compare_values(old: Table, new: Table) -> pd.DataFrame:
    """List the cells that differ between two editions of a table.

    Returns
    -------
    pandas.DataFrame
        Codes of every variable, then ``old new old_status new_status edition``: edition is
        ``both``, or ``old`` or ``new`` for a cell only one of them has.

    Raises
    ------
    SourceError
        The two have different variables.
    """
    keys = [dimension.id for dimension in old.dimensions]
    if set(keys) != {dimension.id for dimension in new.dimensions}:
        raise SourceError("Two tables with different variables cannot be compared.", where=", ".join(keys))
    before, after = (
        table.to_frame().astype(dict.fromkeys([*keys, "status"], "str")).rename(columns={"value": v, "status": s})
        for table, v, s in ((old, "old", "old_status"), (new, "new", "new_status"))
    )
    both = before.merge(after, on=keys, how="outer", indicator="edition", sort=False)
    both["edition"] = both["edition"].astype("str").map({"both": "both", "left_only": "old", "right_only": "new"})
    same = (both["old"] == both["new"]) | (both["old"].isna() & both["new"].isna())
    moved = (both["edition"] != "both") | ~same | (both["old_status"] != both["new_status"])
    return both.loc[moved, [*keys, "old", "new", "old_status", "new_status", "edition"]].reset_index(drop=True)


def _an_object(reply: Any) -> Mapping[str, Any]:
    if not isinstance(reply, Mapping):
        raise SourceError("The answer is no JSON object.")
    return reply


def _a_page(reply: Any) -> Mapping[str, Any]:
    page = _an_object(reply)
    if not isinstance(page.get("tables"), list) or "totalPages" not in (page.get("page") or {}):
        raise SourceError("The answer is no page of tables.")
    return page
