"""Statistics Norway's classifications (KLASS): code lists, changes and correspondences, by date.

Parsing is apart from fetching: each reader takes the parsed JSON of one answer. What fetches is
given as ``fetch(url) -> dict``, so that the same code runs on recorded answers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from demografi.errors import SourceError

__all__ = [
    "COUNTIES",
    "MUNICIPALITIES",
    "fetch_changes",
    "fetch_codes",
    "fetch_correspondence",
    "follow",
    "read_changes",
    "read_codes",
    "read_correspondence",
]

BASE = "https://data.ssb.no/api/klass/v1/classifications"
MUNICIPALITIES = 131
COUNTIES = 104
FIRST = "1994-01-01"

Fetch = Callable[[str], Mapping[str, Any]]


def _items(payload: Mapping[str, Any], names: tuple[str, ...], wanted: tuple[str, ...]) -> list[Mapping[str, Any]]:
    name = next((n for n in names if isinstance(payload, Mapping) and n in payload), None)
    if name is None:
        seen = ", ".join(sorted(payload)) if isinstance(payload, Mapping) else repr(payload)[:60]
        raise SourceError(
            f"The answer from KLASS has no {names[0]!r}.",
            where=f"Seen: {seen or 'nothing'}.",
            hint="Ask for JSON: the address must end in .json.",
        )
    items: list[Mapping[str, Any]] = list(payload[name])
    for i, item in enumerate(items):
        lacking = [key for key in wanted if key not in item]
        if lacking:
            raise SourceError(f"Item {i + 1} of {name!r} has no {lacking[0]!r}.", where=f"Seen: {', '.join(item)}.")
    return items


def _text(item: Mapping[str, Any], key: str) -> str:
    value = item.get(key)
    return "" if value is None else str(value).strip()


def read_codes(payload: Mapping[str, Any]) -> pd.DataFrame:
    """Read a code list with validity: ``code name parent valid_from valid_to``.

    Dates are ISO text, ``valid_to`` the first day a code is no longer valid; empty where the
    answer gives none. ``codes`` gives validity within the range asked for, which is taken
    where the item's own is absent.

    Raises
    ------
    SourceError
        The answer holds no list of codes.

    Examples
    --------
    >>> read_codes({"codes": [{"code": "5056", "name": "Hitra", "validFrom": "2020-01-01"}]})["valid_from"].tolist()
    ['2020-01-01']
    """
    rows = [
        {
            "code": _text(item, "code"),
            "name": _text(item, "name"),
            "parent": _text(item, "parentCode"),
            "valid_from": _text(item, "validFrom") or _text(item, "validFromInRequestedRange"),
            "valid_to": _text(item, "validTo") or _text(item, "validToInRequestedRange"),
        }
        for item in _items(payload, ("codes", "classificationItems"), ("code",))
    ]
    return pd.DataFrame(rows, columns=["code", "name", "parent", "valid_from", "valid_to"], dtype="str")


def read_changes(payload: Mapping[str, Any]) -> pd.DataFrame:
    """Read code changes: ``old new date kind old_name new_name``, oldest first.

    ``kind`` is ``"renamed"`` (the code stays), ``"merged"`` (many old, one new), ``"split"`` (one
    old, several new) or ``"recoded"``. One old code that is both split and part of a merger is a
    split: that is what makes its history unknown.

    Raises
    ------
    SourceError
        The answer holds no list of changes.
    """
    wanted = ("oldCode", "newCode", "changeOccurred")
    rows = [
        {
            "old": _text(item, "oldCode"),
            "new": _text(item, "newCode"),
            "date": _text(item, "changeOccurred")[:10],
            "old_name": _text(item, "oldName"),
            "new_name": _text(item, "newName"),
        }
        for item in _items(payload, ("codeChanges",), wanted)
    ]
    columns = ["old", "new", "date", "old_name", "new_name"]
    table = pd.DataFrame(rows, columns=columns, dtype="str").drop_duplicates()
    # A code that appears or is closed has nothing on the other side, and leads nowhere.
    table = table[(table["old"] != "") & (table["new"] != "")]
    n_new = table.groupby(["date", "old"])["new"].transform("nunique")
    n_old = table.groupby(["date", "new"])["old"].transform("nunique")
    kind = pd.Series("recoded", index=table.index, dtype="str")
    kind = kind.mask(n_old > 1, "merged").mask((table["old"] == table["new"]) & (n_new == 1) & (n_old == 1), "renamed")
    table = table.assign(kind=kind.mask(n_new > 1, "split"))
    return table.sort_values(["date", "old", "new"])[
        ["old", "new", "date", "kind", "old_name", "new_name"]
    ].reset_index(drop=True)


def read_correspondence(payload: Mapping[str, Any]) -> pd.DataFrame:
    """Read a correspondence between two code lists: ``source target valid_from valid_to``.

    Raises
    ------
    SourceError
        The answer holds no correspondence.
    """
    items = _items(payload, ("correspondenceItems", "correspondenceMaps"), ("sourceCode", "targetCode"))
    rows = [
        {
            "source": _text(item, "sourceCode"),
            "target": _text(item, "targetCode"),
            "valid_from": _text(item, "validFrom"),
            "valid_to": _text(item, "validTo"),
        }
        for item in items
    ]
    return pd.DataFrame(rows, columns=["source", "target", "valid_from", "valid_to"], dtype="str")


def follow(changes: pd.DataFrame, to: str) -> pd.DataFrame:
    """Follow every code that was changed to the codes that stand for it on a date.

    Parameters
    ----------
    changes
        From :func:`read_changes`; must reach ``to``.
    to
        ISO date.

    Returns
    -------
    pandas.DataFrame
        ``source_code target_code last_year split``: ``last_year`` is the last 1 January on which
        the source code was valid; ``split`` says that its history is divided between targets.
        Border adjustments without a new code are not in KLASS, and so not here.

    Examples
    --------
    >>> answer = {"codeChanges": [{"oldCode": "1617", "newCode": "5013", "changeOccurred": "2018-01-01"},
    ...                           {"oldCode": "5013", "newCode": "5056", "changeOccurred": "2020-01-01"}]}
    >>> follow(read_changes(answer), "2024-01-01")[["source_code", "target_code", "last_year"]].values.tolist()
    [['1617', '5056', 2017], ['5013', '5056', 2019]]
    """
    events: dict[str, list[tuple[str, frozenset[str]]]] = {}
    before = changes[changes["date"] <= to]
    for (old, date), group in before.groupby(["old", "date"], sort=True):
        news = frozenset(group["new"])
        if news != {old}:
            events.setdefault(str(old), []).append((str(date), news))
    rows = []
    for old, dated in events.items():
        for date, _ in dated:
            targets = _ends(events, old, date, inclusive=True)
            last = int(date[:4]) - (1 if date[5:] == "01-01" else 0)
            rows += [(old, target, last, len(targets) > 1) for target in sorted(targets)]
    out = pd.DataFrame(rows, columns=["source_code", "target_code", "last_year", "split"])
    return out.drop_duplicates().sort_values(["source_code", "last_year", "target_code"]).reset_index(drop=True)


def _ends(
    events: Mapping[str, list[tuple[str, frozenset[str]]]], code: str, after: str, *, inclusive: bool = False
) -> set[str]:
    # Dates only grow along a chain, so a code that is used again cannot lead in a ring.
    later = [(date, news) for date, news in events.get(code, []) if date > after or (inclusive and date == after)]
    if not later:
        return {code}
    date, news = later[0]
    return set().union(*(_ends(events, new, date) for new in news))


def fetch_codes(
    fetch: Fetch, classification: int = MUNICIPALITIES, *, start: str = FIRST, end: str = ""
) -> pd.DataFrame:
    """Fetch and read the codes valid at some time between two dates (``end`` exclusive)."""
    return read_codes(fetch(_address(classification, "codes", {"from": start, "to": end})))


def fetch_changes(
    fetch: Fetch, classification: int = MUNICIPALITIES, *, start: str = FIRST, end: str = ""
) -> pd.DataFrame:
    """Fetch and read the changes between two dates (``end`` exclusive)."""
    return read_changes(fetch(_address(classification, "changes", {"from": start, "to": end})))


def fetch_correspondence(
    fetch: Fetch, source: int = MUNICIPALITIES, target: int = COUNTIES, *, date: str
) -> pd.DataFrame:
    """Fetch and read which code of one list a code of another belongs to on a date."""
    asked = {"targetClassificationId": str(target), "date": date}
    return read_correspondence(fetch(_address(source, "correspondsAt", asked)))


def _address(classification: int, what: str, asked: Mapping[str, str]) -> str:
    return f"{BASE}/{classification}/{what}.json?" + "&".join(f"{key}={value}" for key, value in asked.items() if value)
