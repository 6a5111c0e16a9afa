"""Statistics Norway's published projections, and what changed between two projections."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from numbers import Integral
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

from demografi import regions
from demografi.errors import AbsentError, RegionError, SourceError, TableError
from demografi.loading.asking import Desk
from demografi.observed import Observed, example
from demografi.projection import Projection
from demografi.regions import NATION, Region
from demografi.sources import comparing, shipped, ssb
from demografi.sources.registry import Registered, registered, table_for
from demografi.tables import Caution, merge_unique
from demografi.vintages.changes import AGE_GROUPS, changes
from demografi.vintages.published import fetch_published

if TYPE_CHECKING:
    import pandas as pd

    from demografi.loading import Reached
    from demografi.sources.pxweb import Progress

__all__ = ["compare", "official", "vintages"]

ROLE = "projection"
NATIONAL = "national_projections"


def vintages() -> tuple[int, ...]:
    """Return the years in which Statistics Norway published a regional projection.

    Examples
    --------
    >>> vintages()[0], vintages()[-1]
    (2002, 2026)
    """
    return tuple(int(row.vintage) for row in registered() if row.role == ROLE)


def official(
    region: Region | Observed | str | Sequence[str],
    *,
    vintage: int,
    alternative: str = "MMMM",
    offline: bool = False,
    language: str = "no",
    progress: Callable[[str, Progress], None] | None = None,
    **reached: Unpack[Reached],
) -> Projection:
    """Load Statistics Norway's own projection of a region: the same noun as the model's, without flows or intervals.

    Parameters
    ----------
    region
        A region, its name or code, a list of them, or counted figures of it. The counted figures, given or shipped,
        go with the projection, so that service need and counted years have what they rest on.
    vintage
        Year of publication: 2002, 2005, 2008–2012, 2014, 2016, 2018, 2020, 2022, 2024 or 2026. There is no newest by
        itself: what is asked for today gives the same next year.
    alternative
        Letters in Statistics Norway's order: fertility, life expectancy, internal migration, immigration. M is
        medium, L low, H high, 0 none: ``"MMMM"`` main, ``"LLML"`` low and ``"HHMH"`` high national growth. They are
        alternatives, never an interval.
    offline
        Never touch the network: what was fetched before and, for Norway, what ships (MMMM, LLML and HHMH by age group
        of every vintage but 2002).
    language, progress, **reached
        As in ``load``.

    Returns
    -------
    Projection
        Persons on 1 January by sex and single year of age, on the borders of 2024; ``launch`` is its first year.

    Raises
    ------
    SourceError
        There is no such vintage or alternative, it is not kept and the network may not be touched, or a place cannot
        be put on the borders of 2024 without a guess.

    Notes
    -----
    Tables 03375 (2002), 05904 (2005) … 14746 (2026). That of 2002 is known by its number only: its variables are found
    by their labels, and `demografi check-sources` compares it the first time one is online.

    Examples
    --------
    >>> norway = official("Norge", vintage=2024, offline=True)
    >>> round(norway.persons("80+", 2040), -3)
    464000.0
    """
    table = _registered(vintage)
    observed = region if isinstance(region, Observed) else None
    whole = _whole(region)
    connection = ssb.connect(language, offline=offline, **reached)
    desk = Desk(connection, progress)
    try:
        people = fetch_published(desk, table, whole, alternative)
    except AbsentError:
        if not (offline and whole.code == NATION):
            raise
        return _shipped(vintage, alternative, observed)
    made = Projection.from_table(
        people, vintage=f"SSB {vintage}", region=whole, scenario=alternative, observed=observed or _counted(whole)
    )
    manifests = json.loads(json.dumps([one.as_json() for one in desk.manifests]))
    said = () if table.verified else (Caution.of("caution_unverified_vintage", table=table.id, vintage=str(vintage)),)
    cautions = merge_unique(made.own_cautions, said)
    return Projection(made.tables, {**made.facts, "manifests": manifests}, desk.sources(), cautions, made.rests_on)


def _registered(vintage: int) -> Registered:
    known = vintages()
    shown = ", ".join(map(str, known))
    if isinstance(vintage, bool) or not isinstance(vintage, Integral):
        meant = next((year for year in known if str(year) == str(vintage).strip()), known[-1])
        raise SourceError(
            f"{vintage!r} is no vintage: it is the year of publication, as a whole number.",
            where=f"There are: {shown}.",
            hint=f"dg.official(region, vintage={meant})",
        )
    if vintage not in known:
        near = min(known, key=lambda year: abs(year - vintage))
        raise SourceError(
            f"Statistics Norway published no regional projection in {vintage}.",
            where=f"There are: {shown}.",
            hint=f"dg.official(region, vintage={near})",
        )
    return table_for(ROLE, vintage)


def _whole(region: Region | Observed | str | Sequence[str]) -> Region:
    if isinstance(region, Observed):
        return region.region
    return region if isinstance(region, Region) else regions.region(region)


def _counted(whole: Region) -> Observed | None:
    """Return the shipped figures of exactly these places, where they ship."""
    try:
        found = example(whole.code)
    except (SourceError, RegionError):
        return None
    return found if found.region.members == whole.members else None


def _shipped(vintage: int, alternative: str, observed: Observed | None) -> Projection:
    table = shipped.read(NATIONAL)
    rows = table[table["vintage"] == vintage]
    if rows.empty:
        raise AbsentError(
            f"The vintage of {vintage} does not ship, is not kept, and the network may not be touched.",
            where=f"Of Norway these ship: {', '.join(map(str, sorted(table['vintage'].unique())))}.",
            hint=f"dg.official('Norge', vintage={vintage})",
        )
    chosen = rows[rows["alternative"] == alternative]
    if chosen.empty:
        raise AbsentError(
            f"The vintage of {vintage} has no alternative {alternative!r} at hand.",
            where=f"There are: {', '.join(sorted(rows['alternative'].unique()))}.",
            hint=f"dg.official('Norge', vintage={vintage}, alternative='MMMM')",
        )
    people = chosen[["year", "age_group", "persons"]].assign(region=NATION)
    made = Projection.from_table(
        people,
        vintage=f"SSB {vintage}",
        region="Norge",
        scenario=alternative,
        observed=observed or _counted(regions.region("Norge")),
        sources=(shipped.source(NATIONAL),),
    )
    cautions = (*made.own_cautions, Caution.of("caution_vintage_groups"))
    return Projection(made.tables, made.facts, made.own_sources, cautions, made.rests_on)


def compare(
    old: Projection | Path | str, new: Projection | Path | str, *, age_groups: Sequence[str] = AGE_GROUPS
) -> pd.DataFrame:
    """Find what changed: between two projections, by cause; or between two snapshots, figure by figure.

    Parameters
    ----------
    old, new
        Two projections of the same places, own or published; or two files written by ``demografi snapshot``.
    age_groups
        Groups that a comparison of projections is by.

    Returns
    -------
    pandas.DataFrame
        Of projections ``region year age_group cause persons``: new less old, for every year both have. The causes
        sum exactly to the change. ``base`` is what already differed on the first common 1 January, as those people
        grow older; then ``births deaths net_migration`` where both give them, otherwise ``flows``; and ``all`` where
        one is published by age group and nothing can be split. Of snapshots see `comparing.compare`.

    Raises
    ------
    TableError
        The two are not of one kind, or not of the same places and years.

    Examples
    --------
    >>> both = [official("Norge", vintage=year, offline=True) for year in (2020, 2026)]
    >>> change = compare(*both, age_groups=["80+"])
    >>> round(change[change["year"] == 2040]["persons"].sum())
    -30296
    """
    if isinstance(old, Projection) and isinstance(new, Projection):
        return changes(old, new, age_groups)
    if isinstance(old, Path | str) and isinstance(new, Path | str):
        return comparing.compare(old, new)
    raise TableError(
        f"A {type(old).__name__} and a {type(new).__name__} cannot be compared.",
        where="Wanted: two projections, or two snapshot files.",
        hint="dg.compare(dg.official(region, vintage=2024), dg.official(region, vintage=2026))",
    )
