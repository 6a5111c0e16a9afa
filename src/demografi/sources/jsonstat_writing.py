"""Write tables as JSON-stat 2 and read old JSON-stat 1 bundles, both with pyjstat.

pyjstat knows values and categories; signs, units, notes and roles are put beside what it writes.
"""

from __future__ import annotations

import copy
import json
import threading
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from demografi.errors import SourceError, TableError
from demografi.sources.jsonstat import ROLES, Dimension, Table, parse

__all__ = ["lay_out", "read_bundle", "to_jsonstat"]

MOST_EMPTY = 4
"""A table whose variables make more than so many cells a row is no table of these variables."""

# warnings.catch_warnings changes the whole process, so only one thread at a time may be inside.
_QUIET = threading.Lock()


def to_jsonstat(table: Table) -> dict[str, Any]:
    """Write a table as a JSON-stat 2 dataset that `jsonstat.parse` reads back without loss.

    Raises
    ------
    TableError
        The table has no cells.

    Examples
    --------
    >>> frame = pd.DataFrame({"sex": ["female", "male"], "persons": [9.0, 8.0]})
    >>> to_jsonstat(lay_out(frame, "persons", units={"persons": "persons"}))["value"]
    [9, 8]
    """
    if not table.values.size:
        raise TableError("The table has no cells, so there is nothing to write.", hint="Choose at least one category.")
    written = _written_by_pyjstat(table)
    names = dict(zip(written["id"], table.dimensions, strict=True))
    dataset: dict[str, Any] = {
        "version": "2.0",
        "class": "dataset",
        "label": table.label,
        "source": table.source,
        "updated": table.updated,
        "note": list(table.notes),
        "role": {role: list(named) for role, named in table.roles.items()},
        "id": [dimension.id for dimension in table.dimensions],
        "size": written["size"],
        "dimension": {d.id: _completed(written["dimension"][name], d) for name, d in names.items()},
        "value": [_whole(value) for value in written["value"]],
        "status": {str(cell): table.signs[table.places[cell]] for cell in np.flatnonzero(table.places).tolist()},
    }
    return {key: part for key, part in dataset.items() if part not in ("", [], {})} | dict(table.rest)


def _written_by_pyjstat(table: Table) -> dict[str, Any]:
    from pyjstat import pyjstat

    # pyjstat reads a variable's name as a number where it can, and drops one that is part of the word "value".
    names = [f"variable {place}" for place in range(len(table.dimensions))]
    frame = table.to_frame().drop(columns="status").set_axis([*names, "value"], axis=1)
    with _QUIET, warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        written: dict[str, Any] = json.loads(pyjstat.Dataset.read(frame.astype(dict.fromkeys(names, "str"))).write())
    return written


def _completed(written: dict[str, Any], dimension: Dimension) -> dict[str, Any]:
    category = written["category"] | {"label": dict(zip(dimension.codes, dimension.names, strict=True))}
    if dimension.units:
        category["unit"] = {code: dict(unit) for code, unit in dimension.units.items()}
    if dimension.code_notes:
        category["note"] = {code: list(notes) for code, notes in dimension.code_notes.items()}
    rest = dict(dimension.rest)
    category |= rest.pop("category", {})
    notes = {"note": list(dimension.notes)} if dimension.notes else {}
    return {"label": dimension.label, "category": category, **notes, **rest}


def _whole(value: float | None) -> float | int | None:
    return int(value) if value is not None and float(value).is_integer() else value


def lay_out(
    frame: pd.DataFrame,
    measure: str | Sequence[str],
    *,
    label: str = "",
    source: str = "",
    updated: str = "",
    units: Mapping[str, str] | None = None,
    names: Mapping[str, Mapping[str, str]] | None = None,
    absent: str = "",
) -> Table:
    """Turn the measures of a long table into a statistical table that can be written as JSON-stat.

    Parameters
    ----------
    frame
        One row per cell; every column but the measures and ``status`` is a variable.
    measure
        The column with the figures, or several; they become the categories of ``measure``.
    units
        Measure → what one of it is.
    names
        Variable → code → words.
    absent
        Sign of a combination that has no row; without it every combination must have one.

    Raises
    ------
    TableError
        The rows are not a complete grid with each combination once.
    """
    measures = (measure,) if isinstance(measure, str) else tuple(measure)
    keys = [str(column) for column in frame.columns if column not in (*measures, "status")]
    codes = {key: tuple(dict.fromkeys(frame[key].astype("str"))) for key in keys}
    shape = [len(codes[key]) for key in keys]
    where = [pd.Index(codes[key]).get_indexer(pd.Index(frame[key].astype("str"))) for key in keys]
    cells = np.ravel_multi_index(tuple(where), tuple(shape)) if keys else np.zeros(len(frame), dtype=np.int64)
    total = int(np.prod(shape, dtype=object)) if shape else 1
    few = len(frame) * MOST_EMPTY < total if absent else len(frame) != total
    if few or len(np.unique(cells)) != len(frame):
        raise TableError(
            f"The table has {len(frame)} rows, but its variables make {total} cells.",
            where=[f"{key}: {len(codes[key])} categories" for key in keys],
            hint="Give each combination once; a cell without a value needs a row with its sign in 'status'.",
        )
    values = np.full((total, len(measures)), np.nan)
    values[cells] = frame[list(measures)].to_numpy(dtype=np.float64)
    marks = frame["status"].astype("str") if "status" in frame.columns else pd.Series("", index=frame.index)
    signs = ("", *sorted({*marks, absent} - {""}))
    places = np.full(values.shape, signs.index(absent), dtype=np.int8)
    places[cells] = pd.Index(signs).get_indexer(pd.Index(marks))[:, None]
    named = {key: dict((names or {}).get(key, {})) for key in keys}
    roles = {"year": "time", "region": "geo"}
    dimensions = [
        Dimension(key, key, codes[key], tuple(named[key].get(c, c) for c in codes[key]), roles.get(key, ""))
        for key in keys
    ]
    unit = {name: {"base": (units or {}).get(name, "")} for name in measures} if units else {}
    dimensions.append(Dimension("measure", "measure", measures, measures, "metric", unit))
    return Table(label, tuple(dimensions), values.ravel(), places.ravel(), signs, updated, source)


def read_bundle(reply: Mapping[str, Any]) -> list[Table]:
    """Read the datasets of a JSON-stat 1 bundle, signs and labels kept.

    Raises
    ------
    SourceError
        It is no bundle, or a dataset in it does not fit together.
    """
    if "class" in reply or not all(isinstance(part, Mapping) and "dimension" in part for part in reply.values()):
        raise SourceError(
            "This is no JSON-stat 1 bundle.", hint="Read JSON-stat 2 with demografi.sources.jsonstat.read."
        )
    return [_read_old(name, part) for name, part in reply.items()]


def _read_old(name: str, part: Mapping[str, Any]) -> Table:
    part = copy.deepcopy(dict(part))
    described = dict(part["dimension"])
    ids, sizes = described.pop("id", None), described.pop("size", None)
    roles = described.pop("role", {})
    if not ids or not sizes:
        raise SourceError(f"The dataset '{name}' does not name its variables.", hint="Ask for JSON-stat 2 instead.")
    for variable in ids:
        _give_index(described.get(variable, {}).get("category", {}))
    modern = {key: value for key, value in part.items() if key != "dimension"}
    modern |= {"class": "dataset", "id": ids, "size": sizes, "dimension": described}
    modern["role"] = {role: named for role, named in roles.items() if role in ROLES}
    return parse({**modern, "value": _values_by_pyjstat(name, part)})


def _give_index(category: dict[str, Any]) -> None:
    # pyjstat fails on the one category that may leave its index out.
    if "index" not in category and len(category.get("label", {})) == 1:
        category["index"] = dict.fromkeys(category["label"], 0)


def _values_by_pyjstat(name: str, part: Mapping[str, Any]) -> list[float | None]:
    from pyjstat import pyjstat

    with _QUIET, warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        try:
            (frame,) = pyjstat.from_json_stat({name: dict(part)}, naming="id")
        except (KeyError, IndexError, ValueError, TypeError, AttributeError) as error:
            raise SourceError(
                f"The dataset '{name}' does not fit together.",
                where=f"pyjstat stops at {error!r}.",
                hint="Ask for JSON-stat 2 instead.",
            ) from error
    return [None if pd.isna(value) else value for value in frame.iloc[:, -1].tolist()]
