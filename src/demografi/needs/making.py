"""From a projected population to users and person-years: coverage, standard, and named departures from them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from demografi import ages, labels
from demografi.errors import ScenarioError, TableError
from demografi.needs import departing
from demografi.needs.counts import breaks, coverage_of, parents_of
from demografi.needs.drawing import lacking_history
from demografi.needs.finer import refuse_split, spread_over_ages
from demografi.needs.noun import CELLS, PERSON_YEARS, USERS, Need
from demografi.needs.pooling import pooled_coverage
from demografi.needs.standards import standard_of
from demografi.projection import Projection
from demografi.projection.own_errors import kept
from demografi.tables import Caution, must_be

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from demografi.needs.departing import Departure
    from demografi.observed import Observed

__all__ = ["need"]


def need(
    projection: Projection,
    *,
    coverage_year: int | None = None,
    services: Sequence[str] | None = None,
    denominator: str = "following_january",
    pooled: Observed | None = None,
    split: str | None = None,
    standard: Mapping[str, float | Mapping[str, float]] | str | None = None,
    departures: Iterable[Departure] = (),
) -> Need:
    """Turn a projected population into users and person-years, coverage and standard constant unless told otherwise.

    Parameters
    ----------
    projection
        The population to serve.
    coverage_year
        Year (31 December) whose coverage is held constant; the latest by default.
    services
        Services wanted; those that lie inside no other by default.
    denominator
        The population that users of 31 December are a part of: ``"following_january"`` as Statistics Norway's own
        rates have it, or ``"same_january"``, the year's own.
    pooled
        Counted figures of a group of municipalities towards which small places' coverage is pulled (empirical Bayes);
        ``need.pooling`` shows the weights. Without it coverage is raw, as the ministry has it.
    split
        ``"pchip"``: coverage by single year of age within each group, monotone, every group's count kept. Without it
        age groups are as the source has them.
    standard
        Person-years per user: by service, by service and age group, or ``{"care": …}`` for all together; ``"own"``
        for the figures' own. By default the project description's for Lakseregionen, otherwise the figures' own.
    departures
        Named departures from constant coverage and standard, see :func:`demografi.departure`.

    Returns
    -------
    Need
        Users by service and age group, and person-years where a standard is at hand.

    Raises
    ------
    SourceError
        The counted figures hold no users for a part of the region.
    TableError
        A member lacks a service the others have, the year lacks one that other years have (leave it out with
        ``services``), or coverage is above one.
    ScenarioError
        No coverage can be computed for that year, or a choice is not known.

    Notes
    -----
    U[s,g,t] = users[s,g,b] / population[g, 1 January b+1] · population[g,t]; person-years = standard · users of all
    ages (the ministry's method in *Tjenestebehov*, as its page describes it; the workbook has not been seen). Hidden
    cells take the middle of what their total allows. Departures: docs/need.md.
    """
    must_be(projection, Projection, "dg.need", "dg.need(dg.project(observed, to=2040))")
    refuse_split(split)
    observed = projection.observed
    coverage, hidden = coverage_of(observed, services, denominator)
    chosen = _chosen_year(coverage, observed, coverage_year)
    base = coverage[coverage["year"] == chosen]
    _refuse_lacking(coverage, chosen, observed)
    _refuse_gaps(base, observed)
    _refuse_above_one(base)
    base, weights = (base, []) if pooled is None else pooled_coverage(base, pooled, chosen, denominator)
    stock = _stock(observed, chosen + (denominator == "following_january"))
    found, why, sources, notes = standard_of(observed, base, standard)
    asked = tuple(departures)
    cells = _with_standard(_users(base, projection, stock if split else None), found)
    cells = departing.apply(cells, asked, departing.Base(base, stock, projection, chosen, denominator))
    _refuse_too_many(cells)
    tables = _tables(cells, coverage, found)
    parents = {service: parents_of(observed)[service] for service in base["service"].unique()}
    facts = {
        "region": projection.facts["region"],
        "coverage_year": int(chosen),
        "launch": projection.launch,
        "parents": parents,
        "choices": {"denominator": denominator, "split": split or "", "pooled": pooled.region.name if pooled else ""},
        "pooling": weights,
        "departures": [one.to_dict() for one in asked],
        "lacking": {"person_years": why} if found is None else {},
    }
    cautions = (*_cautions(int(chosen), hidden, projection, cells), *notes, *(one.caution() for one in asked))
    return Need(tables, facts, sources, cautions, {"projection": projection})


def _chosen_year(coverage: pd.DataFrame, observed: Observed, asked: int | None) -> int:
    years, whole = sorted(coverage["year"].unique()), _whole_years(coverage, observed)
    chosen = years[-1] if asked is None else asked
    base = coverage[coverage["year"] == chosen]
    absent = [c for c in observed.region.members if c not in set(base["region"])]
    if absent or base.empty:
        raise ScenarioError(
            f"There is no coverage for 31 December {chosen}"
            + (f" in {observed.region.name_of(absent[0])}." if absent else "."),
            where=f"Years that have all: {_spans(whole) or 'none'}.",
            hint=f"dg.need(projection, coverage_year={(whole or years)[-1]})",
        )
    return int(chosen)


def _refuse_lacking(coverage: pd.DataFrame, chosen: int, observed: Observed) -> None:
    """Refuse a year in which no member has a service or an age group that other years have."""
    every, now = dict.fromkeys(_parts(coverage)), set(_parts(coverage[coverage["year"] == chosen]))
    lacking = [part for part in every if part not in now]
    if not lacking:
        return
    service, group = lacking[0]
    of_age = f" aged {group}" if service in {name for name, _ in now} else ""
    incomplete = {name for name, _ in lacking}
    here = [name for name in dict.fromkeys(name for name, _ in every) if name not in incomplete]
    whole = _whole_years(coverage, observed)
    ways = [f"coverage_year={whole[-1]}"] if whole else []
    ways += [f"coverage_year={chosen}, services={here}"] if here else []
    raise TableError(
        f"No users of {service}{of_age} are counted in {observed.region.name} in {chosen}.",
        where=[
            "Other years have them; without them the need would be too small.",
            f"Years that have all: {_spans(whole) or 'none'}.",
        ],
        hint=", or ".join(f"dg.need(projection, {way})" for way in ways) or "projection.observed.users",
    )


def _whole_years(coverage: pd.DataFrame, observed: Observed) -> list[int]:
    """Return the years in which every member has every service and age group there is."""
    cells = len(set(_parts(coverage))) * len(observed.region.members)
    per_year = coverage.groupby("year").size()
    return [int(year) for year in per_year[per_year == cells].index]


def _parts(table: pd.DataFrame) -> list[tuple[str, str]]:
    return list(zip(table["service"], table["age_group"], strict=True))


def _spans(years: Sequence[int]) -> str:
    """Return years as people write them: ``2009, 2014–2016``."""
    starts = [year for year in years if year - 1 not in years]
    ends = [year for year in years if year + 1 not in years]
    return ", ".join(str(a) if a == b else labels.year_range(a, b) for a, b in zip(starts, ends, strict=True))


def _refuse_gaps(base: pd.DataFrame, observed: Observed) -> None:
    """Refuse a sum in which a member lacks a service or an age group the others have."""
    wanted = set(zip(base["service"], base["age_group"], strict=True))
    for code in observed.region.members:
        own = base[base["region"] == code]
        lacking = sorted(wanted - set(zip(own["service"], own["age_group"], strict=True)))
        if lacking:
            service, group = lacking[0]
            raise TableError(
                f"{observed.region.name_of(code)} has no users of {service} aged {group} in {base['year'].iloc[0]}.",
                where="The others have; a sum without it would be too small.",
                hint="dg.need(projection, coverage_year=…) with a year all have, or leave the municipality out.",
            )


def _refuse_above_one(base: pd.DataFrame) -> None:
    wrong = base[base["users"] > base["population"]]
    if len(wrong):
        row = wrong.iloc[0]
        raise TableError(
            f"More users than inhabitants: {row['service']} {row['age_group']} in {row['region']}.",
            where=[
                f"{row['users']:g} users on 31 December {row['year']}, {row['population']:g} inhabitants: "
                f"coverage {row['users'] / row['population']:.2f}.",
                "Either the borders or the age groups differ, or users are counted once for each service they have.",
            ],
            hint="Check that users and population are of the same borders and age group.",
        )


def _refuse_too_many(cells: pd.DataFrame) -> None:
    wrong = cells[cells["users"] > cells["persons"] * (1 + 1e-12)]
    if len(wrong):
        row = wrong.iloc[0]
        raise ScenarioError(
            f"The departures give more users than inhabitants: {row['service']} {row['ages']} in {row['region']}.",
            where=f"{row['users']:.1f} users of {row['persons']:.1f} inhabitants in {row['year']}.",
            hint="Give smaller values, or project to an earlier year.",
        )


def _stock(observed: Observed, year: int) -> pd.DataFrame:
    population = observed.population
    population = population[population["year"] == year]
    return population.groupby(["region", "age"], as_index=False)[["persons"]].sum()


def _users(base: pd.DataFrame, projection: Projection, stock: pd.DataFrame | None) -> pd.DataFrame:
    """Return ``region year service age_group ages persons users``, by single age where a stock to split by is given."""
    people = projection.to_frame().drop(columns=["sex"])
    if stock is None:
        persons = ages.collapse(people, sorted(base["age_group"].unique()))
        rate = base.assign(coverage=base["users"] / base["population"])
        rate = rate[["region", "service", "age_group", "coverage"]]
        cells = persons.merge(rate, on=["region", "age_group"]).assign(ages=lambda table: table["age_group"])
    else:
        persons = people.groupby(["region", "year", "age"], as_index=False, sort=False)[["persons"]].sum()
        cells = persons.merge(spread_over_ages(base, stock), on=["region", "age"])
        cells = cells.assign(ages=cells["age"].astype("str"))
    return cells.assign(users=cells["persons"] * cells["coverage"]).drop(columns="coverage")


def _with_standard(cells: pd.DataFrame, found: pd.DataFrame | None) -> pd.DataFrame:
    if found is None:
        return cells.assign(standard=np.nan, label="")
    keys = ["region", "service", "age_group"]
    return cells.merge(found[[*keys, "label", "standard"]], on=keys, how="left").fillna({"label": ""})


def _tables(cells: pd.DataFrame, coverage: pd.DataFrame, found: pd.DataFrame | None) -> dict[str, pd.DataFrame]:
    cells = cells.assign(fte=cells["users"] * cells["standard"])
    users = cells.groupby(["region", "year", "service", "age_group"], sort=False, as_index=False)[["users"]].sum()
    tables = {"users": users[USERS.names], "coverage": coverage, "cells": cells[CELLS.names]}
    if found is not None:
        of_care = cells[cells["label"] != ""]
        fte = of_care.groupby(["region", "year", "label"], sort=False, as_index=False)[["fte"]].sum()
        tables["person_years"] = fte.rename(columns={"label": "service"})[PERSON_YEARS.names]
    return tables


def _cautions(chosen: int, hidden: pd.DataFrame, projection: Projection, cells: pd.DataFrame) -> list[Caution]:
    observed = projection.observed
    found = [Caution.of("caution_coverage_year", year=str(chosen)), _about_uncertainty(projection, cells)]
    now = hidden[hidden["year"] == chosen]
    old = now[(now["service"] == "long_stay") & (now["age_group"] == "80+")]
    found += [_said(row, observed) for row in old.to_dict("records")]
    others = now[(now["service"] != "long_stay") | ~now["age_group"].isin(["0-79", "80+"])]
    if len(others):
        found.append(Caution.of("caution_need_hidden", count=float(len(others)), year=str(chosen)))
    dated = breaks()[lambda table: (table["year"] != "") & (table["concerns"] == "users")]
    since = [year for year in dated["year"] if chosen < int(year)]
    if since:
        found.append(Caution.of("caution_need_break", year=since[0], chosen=str(chosen)))
    return found


def _about_uncertainty(projection: Projection, cells: pd.DataFrame) -> Caution:
    if not projection.facts.get("draws") or kept(projection.facts):
        return Caution.of("caution_population_uncertainty_only")
    pairs = cells[["service", "age_group"]].drop_duplicates().itertuples(index=False, name=None)
    without = lacking_history(list(pairs))
    if without:
        return Caution.of("caution_need_only_population", names=tuple(without))
    return Caution.of("caution_need_coverage_drawn")


def _said(row: Mapping[Any, Any], observed: Observed) -> Caution:
    return Caution.of(
        "caution_suppressed",
        names=(observed.region.name_of(row["region"]),),
        year=str(row["year"]),
        low=float(row["low"]),
        high=float(row["high"]),
        value=float(row["users"]),
    )
