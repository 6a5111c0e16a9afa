"""Read JSON-stat 2 with numpy: codes and labels, signs, units, notes and update time all kept.

The last dimension varies fastest. A category's place is its ``index``, never the order in which
it happens to be written; dimensions are found by name, never by place.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from demografi.errors import SourceError

__all__ = ["ROLES", "Dimension", "Table", "parse", "parse_dimensions", "parse_notes", "read"]

ROLES = ("time", "geo", "metric")
_READ = ("version", "class", "label", "source", "updated", "note", "role", "id", "size", "dimension", "value", "status")


@dataclass(frozen=True)
class Dimension:
    """One variable of a table: its categories in the order of the values.

    Parameters
    ----------
    id, label
        Code and words of the variable.
    codes, names
        Codes and words of its categories, in order; words are for people, codes are the key.
    role
        ``"time"``, ``"geo"``, ``"metric"`` or empty.
    units
        Code → what one of it is (``base``, ``decimals``), as the publisher wrote it.
    notes, code_notes
        Notes on the variable, and code → notes on a category.
    rest
        Everything else the publisher wrote here (``extension``, ``link``), unread.
    """

    id: str
    label: str
    codes: tuple[str, ...]
    names: tuple[str, ...]
    role: str = ""
    units: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    code_notes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    rest: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def places(self) -> Mapping[str, int]:
        """Code → place along the values."""
        return MappingProxyType({code: place for place, code in enumerate(self.codes)})

    @property
    def extension(self) -> Mapping[str, Any]:
        """What the publisher adds: elimination, reference period, measuring type, code lists."""
        found = self.rest.get("extension")
        return found if isinstance(found, Mapping) else {}


@dataclass(frozen=True, eq=False)
class Table:
    """A statistical table: values along dimensions, with everything the publisher said of them.

    Parameters
    ----------
    dimensions
        Variables in the order of the values, last one fastest.
    values
        Flat, read-only, float64; NaN where there is no value.
    places, signs
        For each cell the place of its sign in ``signs``; the first sign is empty.
    updated
        When the publisher last changed it, as written (UTC).
    """

    label: str
    dimensions: tuple[Dimension, ...]
    values: npt.NDArray[np.float64] = field(repr=False)
    places: npt.NDArray[np.int8] = field(repr=False)
    signs: tuple[str, ...] = ("",)
    updated: str = ""
    source: str = ""
    notes: tuple[str, ...] = ()
    rest: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        self.values.flags.writeable = False
        self.places.flags.writeable = False

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of categories along each dimension."""
        return tuple(len(dimension.codes) for dimension in self.dimensions)

    @property
    def id(self) -> str:
        """The publisher's table number, or empty."""
        return str(self.px.get("tableid", ""))

    @property
    def px(self) -> Mapping[str, Any]:
        """What the statistics server adds to every table: number, decimals, whether sums are allowed."""
        found = (self.rest.get("extension") or {}).get("px")
        return found if isinstance(found, Mapping) else {}

    @property
    def labels(self) -> dict[str, dict[str, str]]:
        """Variable → code → words."""
        return {d.id: dict(zip(d.codes, d.names, strict=True)) for d in self.dimensions}

    @property
    def units(self) -> dict[str, dict[str, Any]]:
        """Contents code → unit with its decimals."""
        return {code: dict(unit) for d in self.dimensions for code, unit in d.units.items()}

    @property
    def roles(self) -> dict[str, tuple[str, ...]]:
        """``time``, ``geo``, ``metric`` → the variables that have the role."""
        return {role: named for role in ROLES if (named := tuple(d.id for d in self.dimensions if d.role == role))}

    @property
    def status_counts(self) -> dict[str, int]:
        """Sign → number of cells that carry it."""
        counted = np.bincount(self.places, minlength=len(self.signs))
        return {sign: int(n) for sign, n in zip(self.signs, counted, strict=True) if sign and n}

    def dimension(self, name: str) -> Dimension:
        """Find a variable by its code.

        Raises
        ------
        SourceError
            The table has no such variable.
        """
        for found in self.dimensions:
            if found.id == name:
                return found
        raise SourceError(
            f"The table has no variable called '{name}'.",
            where=f"It has: {', '.join(d.id for d in self.dimensions)}.",
            hint="See them with table.labels.",
        )

    def to_frame(self) -> pd.DataFrame:
        """Lay the table out with one row per cell: codes of every variable, then ``value`` and ``status``.

        Codes and signs are categoricals. ``status`` is empty or the publisher's sign; nothing is
        filled: a cell the publisher left empty without a sign stays so.

        Raises
        ------
        SourceError
            A variable is itself called ``value`` or ``status``.
        """
        columns: dict[str, Any] = {}
        before, after = 1, math.prod(self.shape)
        for dimension in self.dimensions:
            if dimension.id in ("value", "status"):
                raise SourceError(
                    f"A variable of the table is called '{dimension.id}', as is the column of its figures.",
                    hint="Rename it in the file and read it again.",
                )
            n = len(dimension.codes)
            after //= max(n, 1)
            along = np.tile(np.repeat(np.arange(n, dtype=_small(n)), after), before)
            columns[dimension.id] = pd.Categorical.from_codes(along, pd.Index(dimension.codes), validate=False)
            before *= n
        columns["value"] = self.values.copy()
        columns["status"] = pd.Categorical.from_codes(self.places.copy(), pd.Index(self.signs), validate=False)
        return pd.DataFrame(columns, copy=False)


def read(content: bytes | str) -> Table:
    """Read a JSON-stat 2 reply.

    Raises
    ------
    SourceError
        The content is not JSON, not JSON-stat 2, or does not fit together.

    Examples
    --------
    >>> read('{"class": "dataset", "id": ["sex"], "size": [2], "value": [9, null], "status": {"1": ":"},'
    ...      ' "dimension": {"sex": {"category": {"index": ["f", "m"]}}}}').to_frame().to_dict("list")
    {'sex': ['f', 'm'], 'value': [9.0, nan], 'status': ['', ':']}
    """
    try:
        reply = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise SourceError("This is not JSON.", where=str(error), hint="Ask the server again.") from error
    return parse(reply)


def parse(reply: Any) -> Table:
    """Make a table of a JSON-stat 2 reply that is already parsed from JSON.

    Raises
    ------
    SourceError
        It is not a JSON-stat 2 dataset, or its parts do not fit together.
    """
    dimensions = parse_dimensions(reply)
    cells = math.prod(len(dimension.codes) for dimension in dimensions)
    values = _values(reply.get("value"), cells)
    places, signs = _status(reply.get("status"), cells)
    return Table(
        label=_text(reply.get("label")),
        dimensions=dimensions,
        values=values,
        places=places,
        signs=signs,
        updated=_text(reply.get("updated")),
        source=_text(reply.get("source")),
        notes=parse_notes(reply.get("note")),
        rest={key: part for key, part in reply.items() if key not in _READ},
    )


def parse_dimensions(reply: Any) -> tuple[Dimension, ...]:
    """Make the variables of a dataset or of its metadata, in the order of the values.

    Raises
    ------
    SourceError
        It is not a JSON-stat 2 dataset, or a variable does not fit its size.
    """
    if not isinstance(reply, Mapping) or reply.get("class", "dataset") != "dataset":
        kind = reply.get("class") if isinstance(reply, Mapping) else type(reply).__name__
        raise _misfit(f"This is a JSON-stat {kind!r}, not a dataset.")
    ids, sizes, described = reply.get("id"), reply.get("size"), reply.get("dimension")
    if not isinstance(ids, list) or not isinstance(sizes, list) or not isinstance(described, Mapping):
        raise _misfit("This is no JSON-stat 2 dataset: 'id', 'size' or 'dimension' is lacking.")
    if len(ids) != len(sizes) or len(set(ids)) != len(ids):
        raise _misfit(f"The dataset names {len(set(ids))} different variables in 'id' and {len(sizes)} in 'size'.")
    roles = {name: role for role in ROLES for name in ((reply.get("role") or {}).get(role) or [])}
    return tuple(
        _dimension(name, size, described.get(name), roles.get(name, "")) for name, size in zip(ids, sizes, strict=True)
    )


def _dimension(name: str, size: Any, part: Any, role: str) -> Dimension:
    category = part.get("category") if isinstance(part, Mapping) else None
    if not isinstance(category, Mapping):
        raise _misfit(f"The variable '{name}' has no categories.")
    words = category.get("label") or {}
    codes = _codes(name, category.get("index"), words)
    if len(codes) != size:
        raise _misfit(f"The variable '{name}' has {len(codes)} categories, but its size is {size}.")
    kept = {key: value for key, value in part.items() if key not in ("label", "category", "note")}
    spare = {key: value for key, value in category.items() if key not in ("index", "label", "unit", "note")}
    return Dimension(
        id=name,
        label=_text(part.get("label")) or name,
        codes=codes,
        names=tuple(_text(words.get(code)) or code for code in codes),
        role=role,
        units=dict(category.get("unit") or {}),
        notes=parse_notes(part.get("note")),
        code_notes={code: parse_notes(note) for code, note in (category.get("note") or {}).items()},
        rest={**kept, **({"category": spare} if spare else {})},
    )


def _codes(name: str, index: Any, words: Mapping[str, Any]) -> tuple[str, ...]:
    if isinstance(index, Mapping):
        ordered = tuple(sorted(index, key=index.__getitem__))
        if [index[code] for code in ordered] != list(range(len(ordered))):
            raise _misfit(f"The places of the categories of '{name}' are not 0, 1, 2 … each once.")
        return ordered
    if isinstance(index, list):
        if len(set(index)) != len(index):
            raise _misfit(f"A category of '{name}' stands twice.")
        return tuple(index)
    if index is None and len(words) == 1:
        return tuple(words)
    raise _misfit(f"The variable '{name}' does not say the order of its {len(words)} categories.")


def _values(given: Any, cells: int) -> npt.NDArray[np.float64]:
    given = [] if given is None else given
    if isinstance(given, Mapping):
        _only_numbers(given.values())
        values = np.full(cells, np.nan)
        values[_cells(given, cells)] = np.array(list(given.values()), dtype=np.float64)
    elif isinstance(given, list):
        if len(given) != cells:
            raise _misfit(f"The reply has {len(given)} values, but its variables make {cells} cells.")
        _only_numbers(given)
        values = np.array(given, dtype=np.float64)
    else:
        raise _misfit(f"The values are a {type(given).__name__}, not a list or an object.")
    if np.isinf(values).any():
        raise _misfit("A value is infinite.")
    return values


def _only_numbers(given: Iterable[Any]) -> None:
    # numpy would read the text "12" as a number and True as 1.
    odd = set(map(type, given)) - {int, float, type(None)}
    if odd:
        raise _misfit(f"A value is a {sorted(kind.__name__ for kind in odd)[0]}, not a number or null.")


def _status(given: Any, cells: int) -> tuple[npt.NDArray[np.int8], tuple[str, ...]]:
    places = np.zeros(cells, dtype=np.int8)
    if not given:
        return places, ("",)
    if isinstance(given, str):
        places[:] = 1
        return places, ("", given)
    if isinstance(given, list) and len(given) not in (1, cells):
        raise _misfit(f"The reply has {len(given)} signs, but its variables make {cells} cells.")
    marks = list(given.values()) if isinstance(given, Mapping) else given
    if set(map(type, marks)) - {str, type(None)}:
        raise _misfit("A sign is not text.")
    signs = ("", *sorted({mark for mark in marks if mark}))
    if len(signs) > np.iinfo(np.int8).max:
        raise _misfit(f"The reply has {len(signs)} different signs.")
    place = {sign: number for number, sign in enumerate(signs)} | {None: 0}
    found = np.array([place[mark] for mark in marks], dtype=np.int8)
    places[_cells(given, cells) if isinstance(given, Mapping) else slice(None)] = found
    return places, signs


def _cells(given: Mapping[str, Any], cells: int) -> npt.NDArray[np.int64]:
    try:
        where = np.array([int(key) for key in given], dtype=np.int64)
    except (ValueError, OverflowError) as error:
        raise _misfit(f"A cell is named by something that is no number: {error}.") from error
    if len(where) and (where.min() < 0 or where.max() >= cells):
        raise _misfit(f"A cell is numbered {where.max()}, but there are {cells}.")
    return where


def parse_notes(given: Any) -> tuple[str, ...]:
    """Make notes of what may be one text, a list of them, or nothing."""
    if given is None:
        return ()
    return (given,) if isinstance(given, str) else tuple(str(note) for note in given)


def _text(given: Any) -> str:
    return "" if given is None else str(given)


def _small(n: int) -> type[np.signedinteger[Any]]:
    return np.int8 if n <= 127 else np.int16 if n <= 32767 else np.int32


def _misfit(fault: str) -> SourceError:
    return SourceError(fault, hint="Ask the server again, or look at the reply itself.")
