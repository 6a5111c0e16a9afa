"""Errors of another country's past projections as a plain table: written, read, refused where they do not fit."""

from __future__ import annotations

from dataclasses import fields
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pandas as pd

from demografi.errors import ScenarioError, TableError
from demografi.regions import OWN
from demografi.tables import Caution, must_be

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from demografi import uncertainty
    from demografi.observed import Observed
    from demografi.rates.pooling import Ints

__all__ = [
    "Rows",
    "about_errors",
    "check_errors",
    "digest",
    "error_table",
    "kept",
    "model_of",
    "numbers_of",
    "to_errors",
]

Rows: TypeAlias = "tuple[tuple[str, str, str], ...]"
"""``name position values`` of a model, and who it is of; it goes with every shard."""
COLUMNS = ["name", "position", "values"]
FIT = "errors = dg.fit_errors(observed)"
USE = f"{FIT}; dg.project(observed, to=…, draws=1000, errors=errors)"
OF_WHOM = ("place", "county", "open_age", "launches")
"""Rows beside those of the model: codes, their larger unit's number, the ages and the launches of the record."""


def to_errors(
    model: uncertainty.ErrorModel, places: Sequence[str], counties: Sequence[int], open_age: int, launches: range
) -> pd.DataFrame:
    """Write a model, and who it is of, as rows ``name position values``."""
    from demografi import uncertainty

    rows = [("launches", "", f"{launches[0]} {launches[-1]}"), ("open_age", "", str(open_age))]
    rows += [("place", str(n), code) for n, code in enumerate(places)]
    rows += [("county", str(n), str(number)) for n, number in enumerate(counties)]
    return pd.DataFrame([*rows, *uncertainty.to_rows(model)], columns=COLUMNS)


def check_errors(errors: pd.DataFrame | None, observed: Observed, draws: int, to: int) -> Rows:
    """Return the rows of errors that fit the places, or none where those that ship are wanted or nothing is drawn.

    Raises
    ------
    TableError
        They are no table, or not one that :func:`demografi.fit_errors` made.
    ScenarioError
        There are none for another country's places, they are of other places or ages, know outcomes after the launch,
        or end before the projection does; or they would be left unused.
    """
    own = observed.region_scheme == OWN
    if errors is None:
        if own and draws:
            raise ScenarioError(
                "There is no record of past errors for these places.",
                where="Those that ship are of Norwegian municipalities; what your own history tells is fitted first.",
                hint=USE,
            )
        return ()
    rows = _rows_of(errors)
    if not own:
        raise ScenarioError(
            "Norwegian places have a record of errors that ships.",
            where="Errors of one's own are for another country's tables.",
            hint="dg.project(observed, to=…, draws=1000)",
        )
    if not draws:
        raise ScenarioError(
            "Errors were given, but no draws are made from them.",
            hint="dg.project(observed, to=…, draws=1000, errors=errors)",
        )
    _refuse_others(rows, observed)
    _refuse_times(rows, observed.last_year, to)
    return rows


def _rows_of(errors: object) -> Rows:
    must_be(errors, pd.DataFrame, "dg.project(errors=…)", FIT)
    assert isinstance(errors, pd.DataFrame)
    lacking = [name for name in COLUMNS if name not in errors.columns]
    if lacking:
        raise TableError(
            f"The errors lack the column {lacking[0]!r}.",
            where=[f"Seen: {', '.join(map(str, errors.columns))}.", f"Wanted: {', '.join(COLUMNS)}."],
            hint=FIT,
        )
    text = errors[COLUMNS].fillna("").astype("str")
    rows = tuple((str(a), str(b), str(c)) for a, b, c in text.itertuples(index=False, name=None))
    found = {name for name, _, _ in rows}
    absent = [name for name in (*(item.name for item in fields(_model_kind())), *OF_WHOM) if name not in found]
    if absent:
        raise TableError(
            f"The errors lack the row {absent[0]!r}.",
            where="A whole table is wanted, as it was fitted or read back with every cell as text.",
            hint=f"{FIT}, or pandas.read_csv('errors.csv', dtype=str, keep_default_na=False)",
        )
    return rows


def _model_kind() -> type[uncertainty.ErrorModel]:
    from demografi import uncertainty

    return uncertainty.ErrorModel


def _refuse_others(rows: Rows, observed: Observed) -> None:
    of, members = _values(rows, "place"), observed.region.members
    if set(of) != set(members):
        strange = [f"{code!r} is projected, and not in them." for code in members if code not in of]
        strange += [f"{code!r} is in them, and not projected." for code in of if code not in members]
        raise ScenarioError(
            "The errors were fitted for other places.",
            where=[f"They are of {len(of)} places; {len(members)} are projected.", *strange],
            hint=FIT,
        )
    open_age, oldest = int(_value(rows, "open_age")), int(observed.population["age"].max())
    if open_age != oldest:
        raise ScenarioError(
            "The errors were fitted for other ages.",
            where=f"Their open age is {open_age}; that of the population is {oldest}.",
            hint=FIT,
        )


def _refuse_times(rows: Rows, launch: int, to: int) -> None:
    known = int(_value(rows, "outcomes_to"))
    if known > launch:
        raise ScenarioError(
            f"The errors know outcomes up to 1 January {known}, after the launch of {launch}.",
            where="A projection that knew what came later would seem better than it is.",
            hint=FIT,
        )
    furthest = model_of(rows).furthest
    if to - launch > furthest:
        raise ScenarioError(
            f"Intervals cannot go {to - launch} years ahead.",
            where=f"Past projections of these places have been followed {furthest} years at most.",
            hint=f"dg.project(observed, to={launch + furthest}, draws=1000, errors=errors), or to={to} without draws",
        )


def _values(rows: Rows, wanted: str) -> list[str]:
    return [values for name, _, values in rows if name == wanted]


def _value(rows: Rows, wanted: str) -> str:
    return _values(rows, wanted)[0]


def about_errors(rows: Rows) -> Caution:
    """Say what intervals of another country rest on."""
    first, last = (int(year) for year in _value(rows, "launches").split())
    return Caution.of(
        "caution_own_intervals",
        launches=float(last - first + 1),
        first=str(first),
        last=str(last),
        years=float(model_of(rows).furthest),
    )


@lru_cache(maxsize=8)
def model_of(rows: Rows) -> uncertainty.ErrorModel:
    """Read the model."""
    from demografi import uncertainty

    return uncertainty.from_rows([row for row in rows if row[0] not in OF_WHOM])


def numbers_of(rows: Rows, members: Sequence[str]) -> tuple[Ints, Ints]:
    """Return the number a member's draws hang on, and that of its larger unit: the record's, in any order."""
    places, counties = _values(rows, "place"), _values(rows, "county")
    at = [places.index(code) for code in members]
    return np.array(at, dtype=np.int64), np.array([int(counties[n]) for n in at], dtype=np.int64)


@lru_cache(maxsize=8)
def digest(rows: Rows) -> str:
    """Return the hash that tells one model from another."""
    import hashlib

    return hashlib.sha256("\n".join("\t".join(row) for row in rows).encode()).hexdigest()[:12]


def kept(facts: Mapping[str, Any]) -> Rows:
    """Return the rows a projection carries in its facts; none where it rests on those that ship."""
    return tuple((str(a), str(b), str(c)) for a, b, c in facts.get("errors", ()))


def error_table(facts: Mapping[str, Any]) -> pd.DataFrame | None:
    """Return what was given as ``errors=``, to project the same places again."""
    rows = kept(facts)
    return pd.DataFrame(list(rows), columns=COLUMNS) if rows else None
