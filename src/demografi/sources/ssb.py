"""Statistics Norway's particulars: its address, its languages, its years, its provisional figures."""

from __future__ import annotations

import csv
import datetime as dt
import json
import logging
import os
import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache as remembered
from importlib import resources
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import requests

from demografi.errors import SourceError
from demografi.sources.cache import Cache, default_folder
from demografi.sources.exchange import Connection
from demografi.sources.jsonstat import Dimension
from demografi.sources.manifest import Manifest
from demografi.sources.pxweb import Fetched, Plan, Progress, fetch, plan
from demografi.sources.selecting import Asked, Listed
from demografi.tables import PROGRAM

__all__ = [
    "ADDRESS",
    "connect",
    "convert_query",
    "explain_code",
    "fetch_table",
    "is_provisional",
    "is_quiet",
    "plan_table",
    "successors",
]

LOG = logging.getLogger(PROGRAM)
ADDRESS = "https://data.ssb.no/api/pxwebapi/v2"
LANGUAGES = {"nb": "no", "nn": "no", "no": "no", "en": "en"}
REVISED = (6, 15)
"""Day of the year from which KOSTRA figures of the year before are final."""

QUIET = (dt.time(7, 55), dt.time(8, 15))


def connect(
    language: str = "nb",
    *,
    cache: Cache | None = None,
    offline: bool = False,
    session: requests.Session | None = None,
    timeout: tuple[float, float] = (10.0, 60.0),
    cancel: Callable[[], bool] | None = None,
    base: str | None = None,
) -> Connection:
    """Describe how Statistics Norway is reached. Touches neither disk nor network.

    Parameters
    ----------
    language
        ``"nb"``, ``"nn"`` (both give Norwegian words) or ``"en"``.
    cache
        Where replies are kept; the default folder where none is given.
    base
        Address of the server; ``DEMOGRAFI_SSB`` where it is set, otherwise Statistics Norway's.

    Raises
    ------
    SourceError
        The language is not known.

    Examples
    --------
    >>> connect("en", offline=True).language
    'en'
    """
    if language not in LANGUAGES:
        raise SourceError(
            f"Statistics Norway has no tables in {language!r}.",
            where="Wanted: 'nb', 'nn' or 'en'.",
            hint='language="nb"',
        )
    return Connection(
        base=(base or os.environ.get("DEMOGRAFI_SSB") or ADDRESS).rstrip("/"),
        language=LANGUAGES[language],
        cache=cache or Cache(default_folder()),
        offline=offline,
        session=session or requests.Session(),
        timeout=timeout,
        cancel=cancel,
    )


def plan_table(connection: Connection, table: str, asked: Asked | None = None, *, fresh: bool = False) -> Plan:
    """Work out the calls and cells a selection takes; see `pxweb.plan`."""
    return plan(connection, _number(table), asked, fresh=fresh, explain=explain_code)


def fetch_table(
    connection: Connection,
    table: str,
    asked: Asked | None = None,
    *,
    progress: Callable[[Progress], None] | None = None,
    fresh: bool = False,
) -> Fetched:
    """Fetch a table by its number; see `pxweb.fetch`.

    Raises
    ------
    SourceError
        The number is not one of five digits, a code is not in the table, or the server refuses.
    """
    if not connection.offline and is_quiet(connection.now()):
        LOG.warning("New figures are published at 08:00 in Norway: what is fetched now may be zeros or change at once.")
    return fetch(connection, _number(table), asked, progress=progress, fresh=fresh, explain=explain_code)


def _number(table: str) -> str:
    if not re.fullmatch(r"\d{5}", str(table)):
        raise SourceError(
            f"{table!r} is no table number.", where="Wanted: five digits as text.", hint='Type it as "07459".'
        )
    return str(table)


def successors(code: str) -> tuple[str, tuple[str, ...]]:
    """Give the name and years of a former municipality, and the codes that replaced it.

    Examples
    --------
    >>> successors("5012")
    ('Snillfjord (2018-2019)', ('5055', '5056', '5059'))
    """
    row = _former().get(code)
    if row is None:
        return "", ()
    return f"{row['name']} ({row['years']})", tuple(row["successors"].split())


def explain_code(code: str) -> str:
    """Say which codes replaced a municipality of another era; empty for other codes."""
    name, replaced = successors(code.removeprefix("K-").removeprefix("K_"))
    return f"'{code}' was {name}; today: {', '.join(replaced)}." if replaced else ""


@remembered
def _former() -> dict[str, dict[str, str]]:
    written = (resources.files("demografi") / "data" / "former_municipalities.csv").read_text(encoding="utf-8")
    return {row["code"]: row for row in csv.DictReader(written.splitlines())}


def is_provisional(manifest: Manifest) -> bool:
    """Say whether KOSTRA figures may still change: the latest year, updated before 15 June of the next.

    The table itself has no mark for it. Only municipal reporting tables (whose variables begin
    with ``KOK`` or whose contents with ``KOS``) are meant; other tables give False.
    """
    codes = [code for one in manifest.selection.values() for code in one["codes"]]
    years = manifest.selection.get("Tid", {"codes": codes})["codes"]
    if not any(name.startswith("KOK") for name in manifest.selection) and not any(c.startswith("KOS") for c in codes):
        return False
    updated = dt.datetime.fromisoformat(manifest.updated)
    # Old municipal codes of Finnmark look like years, so only time is read where it is known.
    latest = max((int(code) for code in years if re.fullmatch(r"(19|20)\d\d", code)), default=0)
    return latest == updated.year - 1 and (updated.month, updated.day) < REVISED


def is_quiet(moment: dt.datetime) -> bool:
    """Say whether new figures are being published: 07:55–08:15 by the clock in Norway.

    Parameters
    ----------
    moment
        Aware time. Where the system knows no time zones the answer is False.
    """
    try:
        local = moment.astimezone(ZoneInfo("Europe/Oslo"))
    except ZoneInfoNotFoundError:
        return False
    return QUIET[0] <= local.time() <= QUIET[1]


def convert_query(
    text: str, variables: Sequence[Dimension] = ()
) -> tuple[str, str, dict[str, str | Sequence[str] | Listed | None]]:
    """Convert a query of the older API, as pasted from Statbank's page, to what `fetch_table` takes.

    Parameters
    ----------
    text
        The JSON query; the address above it may be pasted with it.
    variables
        The table's variables, where known. The older API sums over variables that a query leaves
        out: those that can be summed over become None, the others are taken whole.

    Returns
    -------
    tuple
        Table number and language (empty where the address was not pasted), and the selection.

    Raises
    ------
    SourceError
        The text is no such query, or uses a filter that is not known.

    Examples
    --------
    >>> query = '{"query": [{"code": "Tid", "selection": {"filter": "top", "values": ["5"]}}]}'
    >>> convert_query("POST https://data.ssb.no/api/v0/no/table/07459/ " + query)
    ('07459', 'no', {'Tid': ['top(5)']})
    """
    address = re.search(r"/v0/(no|en)/table/(?:\w+/)*(\d{5})", text)
    start, end = text.find("{"), text.rfind("}")
    try:
        rows = json.loads(text[start : end + 1])["query"]
        asked = {str(row["code"]): _converted(row["selection"]) for row in rows}
    except (ValueError, KeyError, TypeError) as error:
        raise SourceError(
            "This is no query of the older API.",
            where=f"It stops at {error!r}.",
            hint='It begins with {"query": [...: copy it whole from "API query for this table".',
        ) from error
    for variable in variables:
        left_out: str | None = None if variable.extension.get("elimination") else "*"
        asked.setdefault(variable.id, left_out)
    return (address[2] if address else "", address[1] if address else "", asked)


def _converted(selection: Mapping[str, Any]) -> str | Sequence[str] | Listed | None:
    kind, _, name = str(selection["filter"]).partition(":")
    values = [str(value) for value in selection["values"]]
    match kind.lower():
        case "item" | "all":
            return values
        case "top":
            return [f"top({value})" for value in values]
        case "agg" | "agg_single":
            return Listed(f"agg_{name}", values)
        case "vs":
            return Listed(f"vs_{name}", values)
    raise SourceError(
        f"The filter '{selection['filter']}' of the older API is not known.",
        where="Known: item, all, top, agg:, agg_single:, vs:.",
        hint="Write the codes out instead.",
    )
