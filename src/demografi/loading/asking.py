"""Ask for one table after another, keep the manifests, and lay replies out as our own columns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256

import pandas as pd

from demografi import regions
from demografi.errors import AbsentError
from demografi.regions.rows import codes_in_use
from demografi.sources import pxweb, ssb
from demografi.sources.exchange import Connection
from demografi.sources.jsonstat import Dimension
from demografi.sources.manifest import Manifest
from demografi.sources.pxweb import Progress
from demografi.sources.selecting import Asked, CodeList, Metadata
from demografi.tables import STATUS_SIGNS, Source

__all__ = ["MOST_YEARS", "Desk", "geography", "municipal", "offered"]

MOST_YEARS = 21
LATEST = [f"top({MOST_YEARS})"]
NO_VALUE = ".."
REGION_VARIABLES = ("Region", "KOKkommuneregion0000")
"""What the registered tables call their region where it has neither role nor classification."""


@dataclass(frozen=True)
class Desk:
    """Where tables are asked for during one load; ``manifests`` grows as they come."""

    connection: Connection
    progress: Callable[[str, Progress], None] | None = None
    fresh: bool = False
    manifests: list[Manifest] = field(default_factory=list)

    def metadata(self, table: str) -> Metadata:
        """Ask what a table holds."""
        return pxweb.read_metadata(self.connection, table, fresh=self.fresh)

    def codelist(self, name: str) -> CodeList:
        """Ask for a grouping of codes."""
        return pxweb.read_codelist(self.connection, name)

    def frame(self, table: str, asked: Asked) -> pd.DataFrame:
        """Fetch a selection: codes as text, ``value``, and ``status`` with one of the four signs."""
        told = self.progress
        report = None if told is None else lambda done: told(table, done)
        got = ssb.fetch_table(self.connection, table, asked, progress=report, fresh=self.fresh)
        self.manifests.append(got.manifest)
        return _signed(got.table.to_frame())

    def sources(self) -> tuple[Source, ...]:
        """Give one source per table, whose hash covers every reply it was made from."""
        by_table: dict[str, list[Manifest]] = {}
        for manifest in self.manifests:
            by_table.setdefault(manifest.table, []).append(manifest)
        return tuple(_source(parts) for parts in by_table.values())


def _source(parts: Sequence[Manifest]) -> Source:
    source = max(parts, key=lambda part: part.fetched).source
    if len(parts) == 1:
        return source
    return replace(source, sha256=sha256("\n".join(part.sha256 for part in parts).encode()).hexdigest())


def _signed(frame: pd.DataFrame) -> pd.DataFrame:
    text = [name for name in frame.columns if name != "value"]
    frame = frame.astype(dict.fromkeys(text, "str"))
    sign = frame["status"].where(frame["status"].isin(set(STATUS_SIGNS) - {""}), NO_VALUE)
    # A sign beside a value (such as "provisional") is no reason for a value to be missing.
    return frame.assign(status=sign.where(frame["value"].isna(), ""))


def geography(metadata: Metadata) -> Dimension:
    """Find the region variable, whatever it is called.

    Raises
    ------
    AbsentError
        The table has none.
    """
    try:
        return metadata.variable("geo")
    except AbsentError:
        named = [d for d in metadata.dimensions if d.id in REGION_VARIABLES]
        if len(named) != 1:
            raise
        return named[0]


def offered(dimension: Dimension) -> set[str]:
    """Name the code lists a variable has."""
    found = dimension.extension.get("codelists") or dimension.extension.get("codeLists") or []
    return {str(one.get("id")) for one in found}


def municipal(
    desk: Desk, table: str, codes: Sequence[str], asked: Asked, lay_out: Callable[[pd.DataFrame], pd.DataFrame]
) -> pd.DataFrame:
    """Fetch municipalities under today's and former codes, and sum them on the borders of 2024.

    Parameters
    ----------
    codes
        Municipalities of 2024.
    asked
        Everything but region and time.
    lay_out
        Makes ``region year``, other keys, one measure and ``status`` of the reply, which has ``region year``
        and ``status`` already; the measure is its last column but one.

    Returns
    -------
    pandas.DataFrame
        What ``lay_out`` gives, with ``quality``: years in which a municipality has no figures of its own have no
        value, never zero.
    """
    metadata = desk.metadata(table)
    place, time = geography(metadata), metadata.variable("time")
    links = codes_in_use()
    wanted = [code for code in dict.fromkeys(links[links["target"].isin(codes)]["code"]) if code in place.places]
    if not wanted:
        raise AbsentError(f"Table {table} has none of the municipalities.", where=f"Looked for {', '.join(codes)}.")
    frame = desk.frame(table, {place.id: wanted, time.id: LATEST, **asked})
    frame = frame.rename(columns={place.id: "region", time.id: "year"}).astype({"year": "int64"})
    rows = lay_out(frame)
    measure = rows.columns[-2]
    rows = _already_on_new_borders(rows, measure)
    summed = regions.harmonise(rows, measure=str(measure)).drop(columns="kind")
    return summed[summed["region"].isin(codes)].reset_index(drop=True)


def _already_on_new_borders(rows: pd.DataFrame, measure: str) -> pd.DataFrame:
    """Mark years a publisher has recalculated itself: figures under a code before it was in use.

    They count only where the former codes are empty that year; the grouped form of the code ("K-5056") says that
    it stands for its whole past.
    """
    links = codes_in_use()
    counted = set(rows.loc[rows[measure].fillna(0) != 0, ["region", "year"]].itertuples(index=False, name=None))
    first = links[links["code"] == links["target"]].set_index("code")["first_year"]
    early = {(code, year) for code, year in counted if year < first.get(code, 0)}
    former = {str(code): list(rows) for code, rows in links[links["code"] != links["target"]].groupby("target")["code"]}
    early = {(code, year) for code, year in early if not any((old, year) in counted for old in former.get(code, []))}
    if not early:
        return rows
    replaced = {(old, year) for code, year in early for old in former.get(code, [])}
    pairs = pd.Series(list(zip(rows["region"], rows["year"], strict=True)), index=rows.index)
    rows = rows.assign(region=rows["region"].where(~pairs.isin(early), "K-" + rows["region"]))
    return rows[~pairs.isin(replaced)].reset_index(drop=True)
