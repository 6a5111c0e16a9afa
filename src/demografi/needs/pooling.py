"""Coverage of small places, pulled towards that of a group of municipalities by empirical Bayes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from demografi.errors import ScenarioError
from demografi.needs.counts import coverage_of
from demografi.rates.pooling import moment_weight, shrunk_ratio

if TYPE_CHECKING:
    from demografi.observed import Observed

__all__ = ["pooled_coverage"]

FEWEST_MEMBERS = 3


def pooled_coverage(
    base: pd.DataFrame, group: Observed, year: int, denominator: str
) -> tuple[pd.DataFrame, list[dict[str, Any]]]:
    """Pull coverage towards a group's, the more the fewer users a place is expected to have.

    Parameters
    ----------
    base
        ``region service age_group users population`` of one year.
    group
        Counted figures of the municipalities that are alike.
    year
        31 December.

    Returns
    -------
    pandas.DataFrame
        The cells with pooled ``users`` [persons]; and a row for each with ``raw group weight pooled``, where
        ``weight`` is the share of the place's own coverage.

    Notes
    -----
    With E = group's coverage · population, pooled / group's = (users + K) / (E + K): the gamma–Poisson posterior mean.
    K by moments from how much the group's members differ beyond chance. The weight of a place's own figure is
    E / (E + K).
    """
    if len(group.region.members) < FEWEST_MEMBERS:
        raise ScenarioError(
            f"{group.region.name} has too few members to pool towards.",
            where=f"It has {len(group.region.members)}; how much places differ takes at least {FEWEST_MEMBERS}.",
            hint="dg.need(projection, pooled=dg.example())",
        )
    theirs, _ = coverage_of(group, [str(s) for s in base["service"].unique()], denominator)
    theirs = theirs[theirs["year"] == year]
    parts, rows = [], []
    for (service, age_group), own in base.groupby(["service", "age_group"], sort=False):
        members = theirs[(theirs["service"] == service) & (theirs["age_group"] == age_group)]
        if members.empty:
            raise ScenarioError(
                f"{group.region.name} has no coverage of {service} {age_group} on 31 December {year}.",
                hint="Pool towards another group, or take another coverage_year.",
            )
        rate = float(members["users"].sum() / members["population"].sum())
        expected = (rate * members["population"]).to_numpy(float)
        k = moment_weight(members["users"].to_numpy(float), expected, np.ones(len(members)))
        mine = (rate * own["population"]).to_numpy(float)
        ratio = shrunk_ratio(own["users"].to_numpy(float), mine, np.ones(len(own)), k)
        pooled = own.assign(users=ratio * mine)
        parts.append(pooled)
        shown = own[["region", "service", "age_group"]].assign(
            raw=own["users"] / own["population"], group=rate, weight=mine / (mine + k), pooled=ratio * rate
        )
        rows += [{str(key): value for key, value in row.items()} for row in shown.to_dict("records")]
    return pd.concat(parts).sort_index(), rows
