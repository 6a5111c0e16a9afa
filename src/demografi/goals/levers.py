"""What may be turned to reach a goal: who moves in, how many children are born, who of the young stays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from demografi.errors import ScenarioError
from demografi.scenarios import SEXES, profiles

if TYPE_CHECKING:
    from demografi.projection import Projection
    from demografi.scenarios import Scenario

__all__ = ["LEVERS", "Levers", "five_year_means", "levers_of", "shares_of"]

LEVERS = ("net_migration", "fertility", "retention")
YOUNG = 39
"""The last age of the young: the municipality's own goal counts 0–19 and 20–39."""
RECENT = 10
"""Years of the past that tell who comes and leaves, as many as the projection's own migration rests on."""
GROUP = 5


@dataclass(frozen=True)
class Levers:
    """How much of the effort goes through each lever, and what a person a year means in it.

    Parameters
    ----------
    shares
        Lever and its share of the persons a year; they sum to one.
    incoming
        ``sex age share`` of those who move in.
    staying
        ``sex age share`` of the young who leave on net, and would stay.
    lost
        How many young persons have left a year on net, ten years' mean [persons].
    children
        Children a year in the baseline, to the target's date [persons].
    years
        Calendar years in which the levers are turned.
    """

    shares: Mapping[str, float]
    incoming: pd.DataFrame
    staying: pd.DataFrame
    lost: float
    children: float
    years: tuple[int, ...]

    @property
    def most(self) -> float:
        """Persons a year that can be had at most: no more young can stay than leave."""
        share = self.shares.get("retention", 0.0)
        return self.lost / share if share else np.inf

    def turned(self, base: Scenario, per_year: float, places: Mapping[str, float]) -> Scenario:
        """Return the scenario with so many persons a year, spread over places by their share."""
        turned = base
        for lever, profile in (("net_migration", self.incoming), ("retention", self.staying)):
            share = self.shares.get(lever, 0.0)
            for code, part in places.items() if share and per_year else ():
                turned = turned.adding(f"goal: {lever} {code}", code, per_year * share * part, self.years, profile)
        if self.shares.get("fertility") and per_year:
            turned = turned.with_fertility(self.times(per_year), self.years)
        return turned

    def times(self, per_year: float) -> float:
        """Return how many times as many children women have."""
        return max(1.0 + per_year * self.shares.get("fertility", 0.0) / self.children, 0.0)


def shares_of(through: str | Mapping[str, float]) -> dict[str, float]:
    """Read a lever, or a mix of them.

    Raises
    ------
    ScenarioError
        A lever is not known, or the shares are not above zero and do not sum to one.
    """
    given = {through: 1.0} if isinstance(through, str) else dict(through)
    unknown = [name for name in given if name not in LEVERS]
    if unknown:
        raise ScenarioError(
            f"A goal cannot be reached through {unknown[0]!r}.",
            where=f"There are: {', '.join(LEVERS)}, or a mix with the share of each.",
            hint="through={'net_migration': 0.7, 'retention': 0.3}",
        )
    if not given or min(given.values()) <= 0 or abs(sum(given.values()) - 1) > 1e-9:
        shown = ", ".join(f"{name} {share:g}" for name, share in given.items()) or "none"
        raise ScenarioError(
            "The shares of the mix do not sum to one.",
            where=f"Seen: {shown}.",
            hint="through={'net_migration': 0.7, 'retention': 0.3}",
        )
    return given


def levers_of(
    projection: Projection,
    past: pd.DataFrame,
    shares: Mapping[str, float],
    profile: str | pd.DataFrame,
    years: tuple[int, ...],
) -> Levers:
    """Prepare the levers from the place's own past and the baseline.

    Raises
    ------
    ScenarioError
        The profile is not known, or the place's own past gives none.
    """
    recent = past[past["year"] > past["year"].max() - RECENT]
    mean = recent.groupby(["sex", "age"])["net_migration"].sum() / recent["year"].nunique()
    young = mean[mean.index.get_level_values("age") <= YOUNG]
    stay = _grouped(-young)
    births = projection.births
    born = births[births["year"].isin(years)]["births"].sum() / len(years)
    return Levers(
        shares=shares,
        incoming=_incoming(mean, profile) if "net_migration" in shares else stay,
        staying=stay,
        lost=float(stay["share"].sum()),
        children=float(born),
        years=years,
    )


def _incoming(mean: pd.Series[float], profile: str | pd.DataFrame) -> pd.DataFrame:
    if isinstance(profile, pd.DataFrame):
        return profile
    if profile != "own":
        return _named(profile)
    own = _grouped(mean)
    if own.empty:
        raise ScenarioError(
            "The place's own past gives no profile: it has lost people at every age.",
            where=f"The last {RECENT} years of estimated net migration.",
            hint="dg.goal(projection, profile='families', …)",
        )
    return own


def _grouped(mean: pd.Series[float]) -> pd.DataFrame:
    """Return ``sex age share`` of five-year age groups with a gain, even inside each: single years are chance."""
    table = mean.rename("net").reset_index()
    table["group"] = table["age"] // GROUP
    net = table.groupby(["sex", "group"])["net"].transform("sum")
    size = table.groupby(["sex", "group"])["net"].transform("size")
    table = table.assign(share=net / size)
    return table[table["share"] > 0][["sex", "age", "share"]].reset_index(drop=True)


def _named(name: str) -> pd.DataFrame:
    rows = profiles()
    rows = rows[rows["profile"] == name]
    if rows.empty:
        raise ScenarioError(
            f"No age profile is called {name!r}.",
            where=f"There are: own, {', '.join(sorted(set(profiles()['profile'])))}; or a table sex age share.",
            hint="dg.goal(projection, profile='own', …)",
        )
    cells = [
        {"sex": row["sex"], "age": age, "share": row["share"] / (row["last_age"] - row["first_age"] + 1)}
        for row in rows.to_dict("records")
        for age in range(int(row["first_age"]), int(row["last_age"]) + 1)
    ]
    return pd.DataFrame(cells)


def five_year_means(past: pd.DataFrame, population: pd.DataFrame) -> pd.DataFrame:
    """Return the place's own history: ``first_year last_year net_migration children``, five calendar years each.

    Net migrants a year, ages 1 and over, and children aged 0 at the end of the year, means of five years [persons].
    """
    net = past.groupby("year")["net_migration"].sum()
    aged0 = population[(population["age"] == 0) & population["persons"].notna()]
    children = aged0.groupby("year")["persons"].sum().rename(lambda year: year - 1).reindex(net.index)
    rows = [
        {
            "first_year": int(net.index[i]),
            "last_year": int(net.index[i + 4]),
            "net_migration": float(net.iloc[i : i + 5].mean()),
            "children": float(children.iloc[i : i + 5].mean()),
        }
        for i in range(len(net) - 4)
    ]
    return pd.DataFrame(rows, columns=["first_year", "last_year", "net_migration", "children"])


def women_20_39(profile: pd.DataFrame) -> float:
    """Return the share of a profile that is women aged 20–39."""
    women = profile[(profile["sex"] == SEXES[0]) & profile["age"].between(20, 39)]["share"].sum()
    return float(women / profile["share"].sum())
