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
BY_MEMBER = ("shortage",)
"""Facts that are a list with one entry for each member."""


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
        said = {"name": printable(region["name"]), "names": [printable(name) for name in region["names"]]}
        return {"region": {**region, **said}}

    return _changed(result, lambda part: (part.tables, names(part.facts)))


def of_municipality(result: Some, code: str) -> Some:
    """Return the rows of one municipality, and everything they rest on."""

    def narrowed(part: Result) -> tuple[Mapping[str, pd.DataFrame], dict[str, Any]]:
        whole = Region.from_dict(part.facts["region"])
        if code not in whole.members:
            return part.tables, {"region": whole.to_dict()}
        place = whole.members.index(code)
        one = replace(whole, code=code, name=whole.name_of(code), members=(code,), names=(whole.name_of(code),))
        tables = {
            name: table[table["region"] == code].reset_index(drop=True) if "region" in table else table
            for name, table in part.tables.items()
        }
        own = {name: [part.facts[name][place]] for name in BY_MEMBER if name in part.facts}
        return tables, {"region": one.to_dict(), **own}

    return _changed(result, narrowed)


def _changed(result: Some, change: Callable[[Result], tuple[Mapping[str, pd.DataFrame], dict[str, Any]]]) -> Some:
    rests_on = {name: _changed(part, change) for name, part in result.rests_on.items()}
    tables, facts = change(result)
    same = all(rests_on[name] is part for name, part in result.rests_on.items())
    if same and tables is result.tables and all(dict(result.facts)[name] == facts[name] for name in facts):
        return result
    return replace(result, tables=tables, facts={**result.facts, **facts}, rests_on=rests_on)
