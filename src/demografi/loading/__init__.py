"""Counted figures of any region, from Statistics Norway: fetched once, kept, and then at hand without a network."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

import pandas as pd

from demografi import regions
from demografi.errors import AbsentError, RegionError, TableError
from demografi.loading import care
from demografi.loading.asking import Desk
from demografi.loading.population import fetch_population, first_whole_years
from demografi.observed import BENCHMARKS, FLOWS, Observed
from demografi.regions import Region
from demografi.sources import ssb
from demografi.sources.manifest import Manifest
from demografi.sources.pxweb import newer
from demografi.sources.registry import table_for
from demografi.tables import Caution

if TYPE_CHECKING:
    import requests

    from demografi.sources.cache import Cache
    from demografi.sources.pxweb import Progress

__all__ = ["Reached", "load", "manifests", "newer_tables"]


class Reached(TypedDict, total=False):
    """How the publisher is reached; see :func:`load`."""

    session: requests.Session
    timeout: tuple[float, float]
    cancel: Callable[[], bool]
    cache: Cache
    base: str | None


def load(
    region: Region | str | Sequence[str],
    *,
    offline: bool = False,
    language: str = "no",
    refresh: bool = False,
    progress: Callable[[str, Progress], None] | None = None,
    **reached: Unpack[Reached],
) -> Observed:
    """Load the figures of a region from Statistics Norway; what is kept is not fetched again.

    Parameters
    ----------
    region
        A region, its name or code, or a list of them.
    offline
        Never touch the network: use what was fetched before.
    language
        Of titles and notes: ``"no"`` or ``"en"``.
    refresh
        Ask first whether the tables have been published anew, and fetch those again.
    progress
        Called after each part with the table's number and how far it has come.
    **reached
        ``session`` (a `requests.Session`, for proxies), ``timeout`` (seconds to connect, and to wait for bytes),
        ``cancel`` (asked often; a true answer stops), ``cache`` (a `Cache`; the default folder otherwise) and
        ``base`` (the server's address; ``DEMOGRAFI_SSB`` or Statistics Norway's own otherwise).

    Returns
    -------
    Observed
        Population of the last 21 years [persons on 1 January]; care users and person-years of municipalities where
        the tables have them. What is lacking is in ``facts["lacking"]`` and said in ``.cautions``. A year in which
        a municipality did not have its present borders has no value, never zero and never a guess.

    Raises
    ------
    RegionError
        No region has that name.
    SourceError
        The population cannot be had, or the server cannot be reached. Finished parts are kept: call again.
    """
    wanted = region if isinstance(region, Region) else regions.region(region)
    connection = ssb.connect(language, offline=offline, **reached)
    observed = _loaded(Desk(connection, progress, refresh and not offline), wanted)
    if not offline and any(caution.key == OTHER_EDITION for caution in observed.own_cautions):
        # What was new is known now, so the second time the older parts are fetched again.
        observed = _loaded(Desk(connection, progress), wanted)
    return observed


OTHER_EDITION = "caution_other_edition"


def _loaded(desk: Desk, wanted: Region) -> Observed:
    tables = {"population": fetch_population(desk, wanted.members)}
    cautions = _short(wanted, tables["population"])
    found, lacking, more = _care(desk, wanted)
    tables |= found
    provisional = tuple(one.table for one in desk.manifests if ssb.is_provisional(one))
    if provisional:
        more.append(Caution.of("caution_provisional", tables=provisional))
    around, without = _around(desk, wanted)
    said = (*cautions, *more, *without)
    lacking |= {
        flow: f"No municipal table of {flow.replace('_', ' ')} by age is known; only stocks are." for flow in FLOWS
    }
    lacking["staff"] = "No published table has occupation by age for a municipality."
    return Observed(tables, _facts(wanted, lacking, desk), desk.sources(), said, around)


def manifests(observed: Observed) -> tuple[Manifest, ...]:
    """Give the manifest of every selection loaded figures were made from; none for shipped figures."""
    parts = [observed, *([observed.benchmarks] if observed.benchmarks is not None else [])]
    return tuple(Manifest.from_json(one) for part in parts for one in part.facts.get("manifests", ()))


def newer_tables(observed: Observed, **reached: Unpack[Reached]) -> dict[str, str]:
    """Ask, by one cheap call a table, which tables have been published anew since the figures were loaded.

    Returns
    -------
    dict
        Table number → its new time of publication; empty where nothing has changed.

    Raises
    ------
    SourceError
        The server cannot be reached.
    """
    connection = ssb.connect("no", **reached)
    asked = {manifest.table: manifest for manifest in manifests(observed)}
    found = {table: newer(connection, manifest) for table, manifest in asked.items()}
    return {table: updated for table, updated in found.items() if updated}


def _facts(wanted: Region, lacking: Mapping[str, str], desk: Desk) -> dict[str, Any]:
    written = json.loads(json.dumps([one.as_json() for one in desk.manifests]))
    return {"region": wanted.to_dict(), "lacking": dict(lacking), "shipped": False, "manifests": written}


def _short(wanted: Region, population: pd.DataFrame) -> list[Caution]:
    by_year: dict[int, list[str]] = {}
    for code, year in first_whole_years(population).items():
        by_year.setdefault(year, []).append(wanted.name_of(code))
    return [
        Caution.of("caution_borders_from", names=tuple(names), year=str(year))
        for year, names in sorted(by_year.items())
    ]


def _care(desk: Desk, wanted: Region) -> tuple[dict[str, pd.DataFrame], dict[str, str], list[Caution]]:
    kinds = regions.classify(wanted.members)
    codes = [code for code in wanted.members if kinds[code] == "municipality"]
    if not codes:
        why = "Care figures are loaded for municipalities only."
        return {}, {"users": why, "person_years": why}, []
    parts: dict[str, list[pd.DataFrame]] = {}
    lacking: dict[str, str] = {}
    cautions = []
    for role, (name, fetch) in care.ROLES.items():
        try:
            parts.setdefault(name, []).append(fetch(desk, codes))
        except (AbsentError, RegionError, TableError) as absent:
            # The last two: figures that cannot be put on today's borders without a guess.
            lacking[role] = f"Table {table_for(role).id}: {absent.fault}"
            cautions.append(Caution.of(f"caution_lacking_{role}", table=table_for(role).id))
    tables = {name: pd.concat(found, ignore_index=True) for name, found in parts.items() if found}
    for name in sorted({name for name, _ in care.ROLES.values()} - set(tables)):
        lacking[name] = " ".join(why for role, why in lacking.items() if care.ROLES.get(role, ("",))[0] == name)
    if "users" in tables:
        tables["users"] = care.with_derived(tables["users"])
        if tables["users"]["quality"].eq("derived").any():
            cautions.append(Caution.of("caution_derived_67_79"))
    return tables, lacking, cautions


def _around(desk: Desk, wanted: Region) -> tuple[dict[str, Observed], list[Caution]]:
    """Load the counties around the region and the nation, each where it can be had."""
    apart = Desk(desk.connection, desk.progress, desk.fresh)
    found, cautions = [], []
    for code in (*wanted.counties, regions.NATION):
        if code in wanted.members:
            continue
        one = Desk(desk.connection, desk.progress, desk.fresh)
        try:
            table = fetch_population(one, [code])
        except AbsentError:
            cautions.append(Caution.of("caution_lacking_benchmark", names=(regions.name_of(code),)))
            continue
        # Figures of different dates are never set beside each other.
        if _editions(one) != _editions(desk):
            cautions.append(Caution.of(OTHER_EDITION, names=(regions.name_of(code),)))
            continue
        found.append(table)
        apart.manifests.extend(one.manifests)
    if not found:
        return {}, cautions
    table = pd.concat(found, ignore_index=True)
    codes = tuple(dict.fromkeys(table["region"]))
    around = Region(BENCHMARKS, BENCHMARKS, codes, regions.COUNTIES, tuple(map(regions.name_of, codes)))
    return {"benchmarks": Observed({"population": table}, _facts(around, {}, apart), apart.sources())}, cautions


def _editions(desk: Desk) -> set[str]:
    return {one.updated for one in desk.manifests if one.table == table_for("population").id}
