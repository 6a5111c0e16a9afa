"""What a table must have before it is drawn; a table that lacks it is refused, never drawn wrong."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from demografi.errors import TableError

FEWEST = 20
"""The fewest persons of whom a per cent is given."""


def require(table: pd.DataFrame, columns: Sequence[str], key: Sequence[str], figure: str) -> None:
    """Check that a table has rows, the named columns, and one row for each key.

    Raises
    ------
    TableError
        If the table is empty, lacks a column, lacks a value in its key, or has two rows for one key.
    """
    absent = [name for name in columns if name not in table.columns]
    if absent:
        raise TableError(
            f"The table for the {figure} has no column {absent[0]!r}.",
            where=f"It has {', '.join(repr(str(name)) for name in table.columns) or 'no columns'}.",
            hint=f"Give a table with the columns {', '.join(columns)}.",
        )
    if table.empty:
        raise TableError(f"The table for the {figure} is empty.", hint="Give a table with at least one row.")
    if bool(table[list(key)].isna().to_numpy().any()):
        raise TableError(
            f"The table for the {figure} has a row without {' or '.join(key)}.",
            hint=f"Leave such rows out: table.dropna(subset={list(key)!r}).",
        )
    doubled = table.duplicated(list(key))
    if bool(doubled.any()):
        rows = table.loc[doubled, list(key)].astype(str).agg(" ".join, axis=1)
        raise TableError(
            f"The table for the {figure} has more than one row for the same {', '.join(key)}.",
            where=list(rows),
            hint=f"Add them up first: table.groupby({list(key)!r}).sum().",
        )


def counts(table: pd.DataFrame, column: str, figure: str) -> None:
    """Check that a column holds finite numbers of nought or more, apart from those that are missing.

    Raises
    ------
    TableError
        If a value is negative, infinite or not a number.
    """
    values = pd.to_numeric(table[column], errors="coerce").to_numpy(dtype=float)
    given = table[column].notna().to_numpy()
    wrong = given & ~(np.isfinite(values) & (values >= 0))
    if wrong.any():
        shown = table.loc[wrong].astype(str).agg(" ".join, axis=1)
        raise TableError(
            f"The {figure} cannot show every value in the column {column!r}.",
            where=list(shown),
            hint="Give finite numbers of nought or more, and leave what is missing as NaN.",
        )


def present(typed: int | str, known: Iterable[object], what: str, figure: str) -> None:
    """Check that a year or a name is among those in the table.

    Raises
    ------
    TableError
        If it is not.
    """
    listed = list(dict.fromkeys(known))
    if typed not in listed:
        span = f"{listed[0]} … {listed[-1]}" if len(listed) > 5 else ", ".join(str(name) for name in listed)
        raise TableError(
            f"The table for the {figure} has no {what} {typed!r}.",
            where=f"It has {span}.",
            hint=f"Choose a {what} that is in the table.",
        )


def with_enough(starts: pd.Series) -> pd.Series:
    """Leave out counts [persons] too small to take a per cent of.

    Examples
    --------
    >>> with_enough(pd.Series([19.0, 20.0])).tolist()
    [nan, 20.0]
    """
    return starts.where(starts >= FEWEST)
