"""What can be pulled to close a gap, and who can pull it."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import pandas as pd

from demografi.errors import ScenarioError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["PAIRS", "checked_levers", "levers_known", "need_factor"]

PAIRS = ("position_size", "sick_leave", "substitutes")
"""Levers that go from a share today to a share then."""


@cache
def levers_known() -> pd.DataFrame:
    """Return the levers: ``lever who side least most``; ``side`` is what they act on."""
    with files("demografi").joinpath("data", "levers.csv").open(encoding="utf-8") as file:
        return pd.read_csv(file)


def checked_levers(levers: Mapping[str, Any], side: str | None = None) -> dict[str, Any]:
    """Return levers as numbers, or refuse them.

    Raises
    ------
    ScenarioError
        A lever is not known, acts on another side, or lies outside what is possible.
    """
    known = levers_known().set_index("lever")
    spans = {str(row["lever"]): (float(row["least"]), float(row["most"])) for row in levers_known().to_dict("records")}
    out: dict[str, Any] = {}
    for name, given in levers.items():
        if name not in known.index or (side is not None and known.loc[name, "side"] != side):
            there = known.index if side is None else known.index[known["side"] == side]
            raise ScenarioError(
                f"No lever on the {side or 'gap'} is called {name!r}.",
                where=f"There is {', '.join(there)}.",
                hint="gap.levers(position_size=(0.75, 0.85), exit_later=2)",
            )
        values = _pair(name, given) if name in PAIRS else [_number(name, given)]
        least, most = spans[name]
        wrong = [value for value in values if value < least or value > most]
        if wrong or (name == "position_size" and min(values) == 0) or (name in PAIRS[1:] and max(values) == 1):
            value = wrong[0] if wrong else values[0]
            span = f"from {least:g}" + ("" if most != most else f" to {most:g}")
            raise ScenarioError(
                f"The lever {name} cannot be {value:g}.", where=f"It goes {span}.", hint="Shares are 0–1, not per cent."
            )
        out[name] = values if name in PAIRS else values[0]
    return out


def _number(name: str, given: Any) -> float:
    if isinstance(given, bool) or not isinstance(given, (int, float)):
        raise ScenarioError(f"The lever {name} is {given!r}.", where="Wanted: one number.", hint=f"{name}=2")
    return float(given)


def _pair(name: str, given: Any) -> list[float]:
    if not isinstance(given, (tuple, list)) or len(given) != 2:
        raise ScenarioError(
            f"The lever {name} is {given!r}.",
            where="Wanted: the share today and the share then; no source at hand has today's.",
            hint=f"{name}=(0.75, 0.85)",
        )
    return [_number(name, value) for value in given]


def need_factor(levers: Mapping[str, Any]) -> float:
    """Return the person-years needed, of what they would be without levers on the need.

    Examples
    --------
    >>> need_factor({"productivity": 0.1, "tasks_elsewhere": 0.1})
    0.81
    """
    return (1 - float(levers.get("productivity", 0.0))) * (1 - float(levers.get("tasks_elsewhere", 0.0)))
