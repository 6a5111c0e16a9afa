"""The same results with other names, or of one municipality only."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from demografi.regions import Region
from demografi.tables import Result

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["of_municipality", "printable", "with_printable_names"]

Some = TypeVar("Some", bound=Result)
UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
"""Characters that steer what stands round them, or that nothing can print."""
KEPT = "\u00ad"


def printable(text: str) -> str:
    r"""Show a character that cannot be seen as its number; letters and signs stay as they are.

    A name with marks that turn the direction of writing would otherwise turn the sentence it stands in, and a control
    character cannot be written in Word at all.

    Examples
    --------
    >>> printable("Sk\u202eaun"), printable("Trondheim – Tråante")
    ('Sk<U+202E>aun', 'Trondheim – Tråante')
    """
    return "".join(f"<U+{ord(s):04X}>" if unicodedata.category(s) in UNSEEN and s != KEPT else s for s in text)


def with_printable_names(result: Some) -> Some:
    """Return the results with region names that can be printed; the same object where all are."""

    def names(facts: Mapping[str, Any]) -> dict[str, Any]:
        region = facts["region"]
        return {**region, "name": printable(region["name"]), "names": [printable(name) for name in region["names"]]}

    return _changed(result, lambda part: (part.tables, {"region": names(part.facts)}))


def of_municipality(result: Some, code: str) -> Some:
    """Return the rows of one municipality, and everything they rest on."""

    def narrowed(part: Result) -> tuple[Mapping[str, pd.DataFrame], dict[str, Any]]:
        whole = Region.from_dict(part.facts["region"])
        if code not in whole.members:
            return part.tables, {"region": whole.to_dict()}
        one = replace(whole, code=code, name=whole.name_of(code), members=(code,), names=(whole.name_of(code),))
        facts: dict[str, Any] = {"region": one.to_dict()}
        if "shortage" in part.facts:
            facts["shortage"] = [part.facts["shortage"][whole.members.index(code)]]
        return {name: rows_of(table) for name, table in part.tables.items()}, facts

    def rows_of(table: pd.DataFrame) -> pd.DataFrame:
        """Take the municipality's rows; a table without places, such as hazards of leaving, is of all."""
        return table[table["region"] == code].reset_index(drop=True) if "region" in table else table

    return _changed(result, narrowed)


def _changed(result: Some, change: Callable[[Result], tuple[Mapping[str, pd.DataFrame], dict[str, Any]]]) -> Some:
    rests_on = {name: _changed(part, change) for name, part in result.rests_on.items()}
    tables, facts = change(result)
    same = all(rests_on[name] is part for name, part in result.rests_on.items())
    if same and tables is result.tables and all(facts[name] == result.facts[name] for name in facts):
        return result
    return replace(result, tables=tables, facts={**result.facts, **facts}, rests_on=rests_on)
