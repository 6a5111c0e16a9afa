"""People's own files behind one verb: what a file is, is seen from its content, never from its name."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path

import pandas as pd

from demografi.errors import SourceError, TableError
from demografi.sources import jsonstat, jsonstat_writing
from demografi.sources.files import columns, guards, px, staff, statbank
from demografi.sources.files import grid as grids
from demografi.sources.files.columns import SERVICES, Layout
from demografi.sources.files.grid import Grid
from demografi.sources.files.statbank import Long
from demografi.sources.files.table import Table
from demografi.tables import Source

__all__ = ["SERVICES", "Layout", "Table", "read"]

_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_PARQUET = b"PAR1"
_LOCKED = "EncryptedPackage".encode("utf-16-le")
_ODS = b"application/vnd.oasis.opendocument.spreadsheet"
STATBANK = "https://www.ssb.no/statbank/table/"


@dataclass(frozen=True)
class _Asked:
    """What the caller said of the file."""

    layout: Layout | None
    values: tuple[str, ...]
    sheet: str | None
    year_end: bool


def read(
    path: str | Path,
    *,
    layout: Layout | None = None,
    values: Sequence[str] = (),
    sheet: str | None = None,
    language: str = "",
    year_end: bool = False,
) -> Table:
    r"""Read a file that people have: Statbank CSV or XLSX, PX, ODS, CSV, Parquet, JSON-stat.

    What the file is, is seen from its content. It is refused, before it is opened further, when it
    is too large, empty, cut, locked, hostile or no table. Nothing is filled: a sign is kept in
    ``status``, and an empty cell gets ``".."``.

    Parameters
    ----------
    path
        The file.
    layout
        Which column holds what, for tables of users and person-years such as the ministry's
        *Tjenestebehov*; without it the headers decide.
    values
        Headers of the columns that hold values, where they are not words this library knows.
    sheet
        Name of the sheet, where a workbook has several tables.
    language
        Language of a PX file that has several, e.g. ``"en"``; the main one where left out.
    year_end
        Say that the years of a population are year-ends although the file does not: 31 December
        of one year becomes 1 January of the next, and ``notes`` say so.

    Returns
    -------
    Table
        ``.to_frame()`` gives dimension codes, ``value`` and ``status``; also ``.labels .units
        .notes .updated .source``.

    Raises
    ------
    SourceError
        The file is not what it claims, or must not be opened.
    TableError
        Its layout cannot be read; sheet, row and column are named.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> file = pathlib.Path(tempfile.mkdtemp()) / "own.csv"
    >>> _ = file.write_text("region;year;persons\n5056;2026;5568\n")
    >>> read(file).to_frame()["value"].tolist()
    [5568.0]
    """
    if not isinstance(path, str | PathLike):
        raise SourceError(
            f"dg.read cannot take a {type(path).__name__}.",
            where="Wanted: the path of a file, as text or pathlib.Path.",
            hint="dg.read('07459.csv').to_frame()",
        )
    path = Path(path)
    asked = _Asked(layout, tuple(values), sheet, year_end)
    content = guards.load(path)
    if content.startswith(_PARQUET):
        long, kind = _parquet(path, asked), "own"
    elif content.startswith((_ZIP, _OLE)):
        long, kind = _workbook(content, path.name, asked)
    elif px.is_px(content):
        long, kind = px.read(content, path.name, language=language), "px"
    else:
        text, _ = guards.decoded(content, path.name)
        if text.lstrip("\ufeff \r\n\t")[:1] in ("{", "["):
            return _json_stat(text, path, content)
        long, kind = _text(text, path.name, asked)
    return _table(long, kind, path, content)


def _text(text: str, name: str, asked: _Asked) -> tuple[Long, str]:
    if text.lstrip()[:1] == "<":
        raise SourceError(
            f"'{name}' is a web page, not a table.",
            where=f"It begins {text.lstrip()[:40]!r}.",
            hint="The server answered with an error page; download again.",
        )
    return _sheet(grids.from_text(text, name), asked)


def _sheet(sheet: Grid, asked: _Asked) -> tuple[Long, str]:
    if asked.layout is not None:
        return columns.read_services(sheet, asked.layout), "services"
    if asked.values:
        return columns.read_own(sheet, asked.values, year_end=asked.year_end), "own"
    if statbank.is_statbank(sheet):
        return statbank.read(sheet, year_end=asked.year_end), "statbank"
    if staff.is_staff(sheet):
        return staff.read(sheet), "staff"
    return columns.read_own(sheet, year_end=asked.year_end), "own"


def _workbook(content: bytes, name: str, asked: _Asked) -> tuple[Long, str]:
    if content.startswith(_OLE):
        if _LOCKED in content:
            raise guards.locked(name)
        raise SourceError(
            f"'{name}' is a workbook of the old kind (XLS) or no workbook.", hint="Save it as XLSX, ODS or CSV."
        )
    parts = guards.checked_parts(content, name)
    if "xl/workbook.xml" in parts:
        sheets = grids.from_xlsx(content, name)
    elif b"encryption-data" in parts.get("META-INF/manifest.xml", b""):
        raise guards.locked(name)
    elif "content.xml" in parts and _ODS in content[:200] + parts.get("META-INF/manifest.xml", b""):
        sheets = grids.from_ods(parts["content.xml"], name)
    else:
        raise SourceError(
            f"'{name}' is a zip file, but neither XLSX nor ODS.",
            where=f"It holds: {', '.join(sorted(parts)[:5]) or 'no XML'}.",
            hint="Unpack it and read the table inside.",
        )
    return _chosen(sheets, name, asked)


def _chosen(sheets: list[Grid], name: str, asked: _Asked) -> tuple[Long, str]:
    wanted = asked.sheet
    filled = [sheet for sheet in sheets if any(grids.trimmed(row) for row in sheet.rows)]
    named = [sheet for sheet in filled if wanted is None or sheet.sheet == wanted]
    if not named:
        raise SourceError(
            f"'{name}' has no sheet {wanted!r} with a table." if wanted else f"'{name}' has no table in any sheet.",
            where=f"Sheets: {', '.join(repr(sheet.sheet) for sheet in sheets)}.",
            hint=f"dg.read('{name}', sheet='{filled[0].sheet}')" if filled else "Look at the file.",
        )
    if len(named) == 1:
        return _sheet(named[0], asked)
    read_well: list[tuple[str, tuple[Long, str]]] = []
    faults: list[TableError] = []
    for sheet in named:
        try:
            read_well.append((sheet.sheet, _sheet(sheet, asked)))
        except TableError as error:
            faults.append(error)
    if not read_well:
        raise faults[0]
    if len(read_well) > 1:
        raise SourceError(
            f"'{name}' has {len(read_well)} sheets with tables.",
            where=f"Sheets: {', '.join(repr(title) for title, _ in read_well)}.",
            hint=f"dg.read('{name}', sheet='{read_well[0][0]}')",
        )
    return read_well[0][1]


def _parquet(path: Path, asked: _Asked) -> Long:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        stored = pq.ParquetFile(path)
        meta = stored.schema_arrow.metadata or {}
        if b"demografi" in meta:
            noun = json.loads(meta[b"demografi"]).get("noun", "Observed")
            raise SourceError(
                f"'{path.name}' holds a whole {noun}, not one table.", hint=f"dg.{noun}.open('{path.name}')"
            )
        if stored.metadata.num_rows * stored.metadata.num_columns > guards.MAX_TEXT_CELLS:
            raise guards.too_many_cells(path.name, "the table", guards.MAX_TEXT_CELLS)
        # What pandas notes beside the table is left out: the columns say all that is wanted.
        table = stored.read().replace_schema_metadata(None).to_pandas()
        table = table[[name for name in table.columns if not str(name).startswith("__index_level")]]
        rows: list[list[object]] = table.astype(object).where(table.notna(), None).to_numpy().tolist()
        header: list[object] = [str(name) for name in table.columns]
    except SourceError:
        raise
    except (pa.ArrowException, OSError, ValueError, KeyError, TypeError) as error:
        raise SourceError(
            f"'{path.name}' is a damaged Parquet file.", where=str(error)[:200], hint="Write it again."
        ) from None
    return columns.read_own(Grid("", [header, *rows]), asked.values, year_end=asked.year_end)


def _json_stat(text: str, path: Path, content: bytes) -> Table:
    try:
        reply = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise SourceError(
            f"'{path.name}' begins as JSON and is cut or damaged.", where=f"{error}.", hint="Download it again."
        ) from None
    found = _dataset(reply, path.name)
    frame = found.to_frame()
    frame = frame.astype({name: "str" for name in frame.columns if name != "value"})
    # A cell the publisher left empty says why in its status, like every other.
    frame["status"] = frame["status"].mask(frame["value"].isna() & (frame["status"] == ""), "..")
    source = Source(
        id=f"file_{hashlib.sha256(content).hexdigest()[:12]}",
        publisher=found.source,
        table=found.id or path.name,
        title=found.label or path.name,
        updated=found.updated,
        sha256=hashlib.sha256(content).hexdigest(),
    )
    units = {code: str(unit.get("base", "")) for code, unit in found.units.items()}
    return Table(frame, source, "json-stat", found.labels, units, found.notes, found.updated)


def _dataset(reply: object, name: str) -> jsonstat.Table:
    if isinstance(reply, dict) and "class" in reply:
        return jsonstat.parse(reply)
    if not isinstance(reply, dict) or not reply:
        raise SourceError(f"'{name}' is JSON, but no JSON-stat.", hint="Download it as JSON-stat 2, CSV or PX.")
    datasets = jsonstat_writing.read_bundle(reply)
    if len(datasets) > 1:
        raise SourceError(
            f"'{name}' holds {len(datasets)} datasets.",
            where=f"They are: {', '.join(map(str, reply))}.",
            hint="Save the one you want in a file of its own.",
        )
    return datasets[0]


def _table(long: Long, kind: str, path: Path, content: bytes) -> Table:
    digest = hashlib.sha256(content).hexdigest()
    official = kind in ("statbank", "px") and bool(long.table)
    source = Source(
        id=f"file_{digest[:12]}",
        publisher="SSB" if official and kind == "statbank" else "",
        table=f"tabell {long.table}" if official else path.name,
        title=long.title or path.name,
        updated=long.updated,
        url=f"{STATBANK}{long.table}" if official and kind == "statbank" else "",
        sha256=digest,
    )
    return Table(_typed(long.frame), source, kind, long.labels, dict(long.units), long.notes, long.updated)


def _typed(frame: pd.DataFrame) -> pd.DataFrame:
    if "contents" in frame.columns and frame["contents"].eq("").all():
        return frame.drop(columns="contents")
    return frame
