"""Columns of a contract, and how a caller's column gets its type: exactly, or not at all."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Integral
from typing import Any, Literal

import numpy as np
import pandas as pd

from demografi.errors import ScenarioError, TableError

__all__ = ["Column", "typed", "whole_year"]


@dataclass(frozen=True)
class Column:
    """One column of a contract.

    Parameters
    ----------
    name, dtype
        Column name and ``"text"``, ``"integer"`` or ``"number"``.
    kind
        ``"key"`` (part of what identifies a row), ``"measure"`` (a value) or ``"mark"``
        (says something of the value, such as ``status``).
    unit
        What one of it is: persons, person-years …
    reference
        The date the value refers to.
    signed
        Whether a measure may be below zero.
    """

    name: str
    dtype: Literal["text", "integer", "number"]
    kind: Literal["key", "measure", "mark"] = "key"
    unit: str = ""
    reference: str = ""
    may_be_missing: bool = False
    signed: bool = False


def typed(table: str, values: pd.Series[Any], column: Column) -> pd.Series[Any]:
    """Give a column the contract's type; nothing is cut, rounded or read as something else to fit.

    Raises
    ------
    TableError
        A number is no number, a year or age is not whole, an age is below zero, or a code is blank or padded.
    """
    if column.dtype == "text":
        return _as_text(table, values, column)
    numbers = _as_numbers(values)
    odd = values.notna() & ~np.isfinite(numbers)
    if column.dtype == "integer":
        odd |= (numbers % 1 != 0) | ((column.name == "age") & (numbers < 0))
    if odd.any():
        whole = "a whole number" if column.dtype == "integer" else "a number"
        raise TableError(
            f"In '{table}' the column {column.name!r} holds {_typed_as(values[odd].iloc[0])}.",
            where=f"Wanted: {whole}{' of completed years, 0 or more' if column.name == 'age' else ''}.",
            hint=f"Make table[{column.name!r}] numbers first, with a decimal point and no spaces or signs.",
        )
    return numbers.astype("int64" if column.dtype == "integer" else "float64")


def _as_text(table: str, values: pd.Series[Any], column: Column) -> pd.Series[Any]:
    text = values.astype("str")
    if column.kind != "key":
        return text
    odd = (
        ((text == "") & (not column.may_be_missing))
        | (text != text.str.strip())
        | pd.api.types.is_float_dtype(values.dtype)
    )
    if odd.any():
        raise TableError(
            f"In '{table}' the column {column.name!r} holds {text[odd].iloc[0]!r}.",
            where="Wanted: text, such as a code with its leading zeros, without spaces around it.",
            hint=f"table[{column.name!r}] = table[{column.name!r}].astype('str').str.strip()",
        )
    return text


def _as_numbers(values: pd.Series[Any]) -> pd.Series[float]:
    """Read numbers; what is none (a date, a truth value, other text) becomes infinite, never a guess."""
    kinds = pd.api.types
    if kinds.is_float_dtype(values.dtype) or (
        kinds.is_integer_dtype(values.dtype) and not kinds.is_extension_array_dtype(values.dtype)
    ):
        return values.astype("float64")
    if kinds.is_bool_dtype(values.dtype) or kinds.is_datetime64_any_dtype(values.dtype):
        return pd.Series(np.inf, values.index)
    read = [_as_number(value) if here else np.nan for value, here in zip(values, values.notna(), strict=True)]
    return pd.Series(read, values.index, dtype="float64")


def _as_number(value: Any) -> float:
    if isinstance(value, bool | np.bool_ | complex):
        return np.inf
    try:
        return float(value)
    except (TypeError, ValueError):
        return np.inf


def _typed_as(value: object) -> str:
    return repr(value.item() if isinstance(value, np.generic) else value)


def whole_year(year: object, hint: str) -> int:
    """Return a year asked for, or refuse what is none.

    Raises
    ------
    ScenarioError
        It is text, has a fraction, or is missing.
    """
    if isinstance(year, bool) or not isinstance(year, Integral):
        raise ScenarioError(f"{year!r} is no year.", where="Wanted: a whole number, such as 2040.", hint=hint)
    return int(year)
