"""Which published figures have moved between two snapshots, from what to what, in which table."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

from demografi.errors import SourceError
from demografi.sources.exchange import Connection
from demografi.sources.manifest import Manifest
from demografi.sources.pxweb import fetch
from demografi.sources.selecting import Asked, Listed
from demografi.sources.snapshots import Snapshot, open_snapshot

__all__ = ["compare"]

MOVED = ["table", "cell", "old", "new", "old_status", "new_status", "edition", "old_updated", "new_updated"]


def compare(old: Path | str, new: Path | str) -> pd.DataFrame:
    """Find the figures that differ between two snapshots; needs no network.

    Parameters
    ----------
    old, new
        Files written by ``demografi snapshot``.

    Returns
    -------
    pandas.DataFrame
        One row per figure that moved: ``table cell old new old_status new_status edition old_updated new_updated``.
        ``cell`` names it by the publisher's own codes; edition is ``both``, or ``old`` or ``new`` for a figure only
        one of them has, such as a new year. No row means that nothing moved.

    Raises
    ------
    SourceError
        A file is no snapshot, or the two have no table in common.
    """
    with TemporaryDirectory() as folder:
        before = _figures(open_snapshot(old, Path(folder) / "old"))
        after = _figures(open_snapshot(new, Path(folder) / "new"))
    if not set(before) & set(after):
        raise SourceError(
            "The two snapshots have no table in common.",
            where=[f"{name}: {', '.join(sorted(held)) or 'none'}." for name, held in ((old, before), (new, after))],
            hint="Freeze the same region twice: demografi snapshot REGION --out FILE.zip",
        )
    found = [_moved(table, before.get(table), after.get(table)) for table in sorted(set(before) | set(after))]
    return pd.concat(found, ignore_index=True)


def _figures(snapshot: Snapshot) -> dict[str, pd.DataFrame]:
    """Read every table of a snapshot as ``cell value status updated``, the parts of one table together."""
    parts: dict[str, list[pd.DataFrame]] = {}
    for manifest in snapshot.manifests:
        kept = Connection(manifest.server, manifest.language, cache=snapshot.cache, offline=True)
        frame = fetch(kept, manifest.table, _asked(manifest)).table.to_frame()
        keys = sorted(name for name in frame.columns if name not in ("value", "status"))
        named = [name + " " + frame[name].astype("str") for name in keys]
        cell = reduce(lambda so_far, name: so_far + ", " + name, named)
        cells = pd.DataFrame({"cell": cell, "value": frame["value"], "status": frame["status"].astype("str")})
        parts.setdefault(manifest.table, []).append(cells.assign(updated=manifest.updated))
    # The nation may be asked for with several regions; its figures are then there more than once.
    return {table: pd.concat(found, ignore_index=True).drop_duplicates("cell") for table, found in parts.items()}


def _asked(manifest: Manifest) -> Asked:
    asked: dict[str, str | list[str] | Listed | None] = dict.fromkeys(manifest.left_out)
    for variable, chosen in manifest.selection.items():
        codes = [str(code) for code in chosen["codes"]]
        if codes:
            asked[variable] = Listed(str(chosen["codelist"]), codes) if chosen["codelist"] else codes
    return asked


def _moved(table: str, old: pd.DataFrame | None, new: pd.DataFrame | None) -> pd.DataFrame:
    nothing = pd.DataFrame({"cell": [], "value": [], "status": [], "updated": []}).astype(_TYPES)
    before, after = (
        (nothing if part is None else part).rename(columns={"value": v, "status": s, "updated": u})
        for part, v, s, u in ((old, "old", "old_status", "old_updated"), (new, "new", "new_status", "new_updated"))
    )
    both = before.merge(after, on="cell", how="outer", indicator="edition", sort=False)
    both["edition"] = both["edition"].astype("str").map({"both": "both", "left_only": "old", "right_only": "new"})
    same = (both["old"] == both["new"]) | (both["old"].isna() & both["new"].isna())
    signs = both["old_status"].fillna("") != both["new_status"].fillna("")
    moved = (both["edition"] != "both") | ~same | signs
    return both[moved].assign(table=table)[MOVED]


_TYPES: Mapping[str, str] = {"cell": "str", "value": "float64", "status": "str", "updated": "str"}
