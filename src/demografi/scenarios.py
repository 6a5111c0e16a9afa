"""Assumptions by name: Statistics Norway's letters as far as a source gives them, and the user's own additions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from demografi.errors import ScenarioError

__all__ = ["Addition", "Scenario", "profiles", "scenario"]

COMPONENTS = ("fertility", "life_expectancy", "internal_migration", "immigration")
MAIN = "MMMM"
NO_MIGRATION = "MM00"
SEXES = ("female", "male")


@dataclass(frozen=True)
class Addition:
    """People who come or leave beside what the model expects, by name and date.

    Parameters
    ----------
    name
        What causes it, as it is printed.
    region
        Code of the place.
    persons
        Net migrants a year; negative where people leave [persons].
    years
        Calendar years in which it happens.
    profile
        A named spread over sex and age, see :func:`profiles`, or the name of one's own.
    shares
        One's own spread: how many of a hundred persons belong to each age, women first; empty where it is named.
    """

    name: str
    region: str
    persons: float
    years: tuple[int, ...]
    profile: str
    shares: tuple[tuple[float, ...], ...] = ()

    def by_sex_and_age(self, n_ages: int) -> NDArray[np.float64]:
        """Return the year's net migrants by age at its end, (sex, age), women first [persons]."""
        found = np.zeros((2, n_ages))
        if self.shares:
            own = np.asarray(self.shares)
            kept = min(n_ages, own.shape[1])
            found[:, :kept] = own[:, :kept]
            found[:, -1] += own[:, kept:].sum(axis=1)
            return np.asarray(found / found.sum() * self.persons)
        rows = profiles()
        for row in rows[rows["profile"] == self.profile].to_dict("records"):
            ages = slice(int(row["first_age"]), min(int(row["last_age"]), n_ages - 1) + 1)
            found[SEXES.index(row["sex"]), ages] += row["share"] / (ages.stop - ages.start)
        return np.asarray(found / found.sum() * self.persons)


@dataclass(frozen=True)
class Scenario:
    """Named assumptions of a projection.

    Parameters
    ----------
    name
        As it is printed.
    letters
        Fertility, life expectancy, internal migration, immigration: M is what is fitted.
    additions
        What is added to it.
    fertility, fertility_years
        How many times as many children women have in those calendar years; 1 changes nothing.
    """

    name: str = "main"
    letters: str = MAIN
    additions: tuple[Addition, ...] = ()
    fertility: float = 1.0
    fertility_years: tuple[int, ...] = ()

    def with_fertility(self, factor: float, years: Iterable[int]) -> Scenario:
        """Return the scenario with children per woman times a factor in some calendar years.

        Raises
        ------
        ScenarioError
            The factor is below zero, or no year is given.
        """
        when = tuple(sorted(set(years)))
        if factor < 0 or not when:
            raise ScenarioError(
                f"Women cannot have {factor!r} times as many children in {len(when)} years.",
                where="Wanted: a factor of 0 or more, and at least one calendar year.",
                hint="scenario.with_fertility(1.1, range(2026, 2030))",
            )
        return replace(self, fertility=float(factor), fertility_years=when)

    def adding(
        self,
        name: str,
        region: str,
        persons: float,
        years: Iterable[int],
        profile: str | pd.DataFrame = "families",
    ) -> Scenario:
        """Return the scenario with one addition more.

        ``profile`` is the name of one that is known, or a table ``sex age share`` of one's own, by age at the end of
        the year; age 0 belongs to births.

        Raises
        ------
        ScenarioError
            The profile is not known, no year is given, or the name is taken.

        Examples
        --------
        >>> planned = Scenario("housing").adding("Field A", "5029", 70, range(2028, 2033))
        >>> planned.additions[0].by_sex_and_age(106).sum().round(9).item()
        70.0
        """
        known = sorted(set(profiles()["profile"]))
        shares = _own_shares(profile) if isinstance(profile, pd.DataFrame) else ()
        profile = "own" if isinstance(profile, pd.DataFrame) else profile
        if profile not in known and not shares:
            raise ScenarioError(
                f"No age profile is called {profile!r}.",
                where=f"There are: {', '.join(known)}.",
                hint=f"scenario.adding({name!r}, {region!r}, {persons}, years, profile='families')",
            )
        when = tuple(sorted(set(years)))
        if not when:
            raise ScenarioError(f"The addition {name!r} has no year.", hint="years=range(2028, 2033)")
        if name in [other.name for other in self.additions]:
            raise ScenarioError(f"The scenario already has an addition called {name!r}.", hint="Give it another name.")
        return replace(self, additions=(*self.additions, Addition(name, region, float(persons), when, profile, shares)))

    def to_frame(self) -> pd.DataFrame:
        """Return one row per assumption: ``kind name value source``."""
        rows = [
            ("letter", component, letter, _row(component, letter)["source"])
            for component, letter in zip(COMPONENTS, self.letters, strict=True)
        ]
        rows += [
            (
                "addition",
                a.name,
                f"{a.persons:g} persons a year in {a.region}, {a.years[0]}–{a.years[-1]}, {a.profile}",
                "own",
            )
            for a in self.additions
        ]
        if self.fertility_years:
            span = f"{self.fertility_years[0]}–{self.fertility_years[-1]}"
            rows.append(("factor", "fertility", f"{self.fertility:g} times as many children, {span}", "own"))
        return pd.DataFrame(rows, columns=["kind", "name", "value", "source"])


def _own_shares(profile: pd.DataFrame) -> tuple[tuple[float, ...], ...]:
    lacking = [name for name in ("sex", "age", "share") if name not in profile.columns]
    odd = lacking or profile.empty or not profile["sex"].isin(SEXES).all() or (profile["share"] < 0).any()
    if odd or (profile["age"] < 1).any() or not profile["share"].sum() > 0:
        raise ScenarioError(
            "The age profile is no spread over sex and age.",
            where=[f"Seen: {', '.join(map(str, profile.columns))}, {len(profile)} rows.", "Wanted: sex age share."],
            hint="Shares of 0 or more at ages from 1; children aged 0 are births.",
        )
    wide = profile.pivot_table(index="sex", columns="age", values="share", aggfunc="sum", fill_value=0.0)
    wide = wide.reindex(index=SEXES, columns=range(int(profile["age"].max()) + 1), fill_value=0.0)
    return tuple(tuple(float(value) for value in row) for row in wide.to_numpy())


def scenario(letters: str = MAIN, name: str | None = None) -> Scenario:
    """Make a scenario from Statistics Norway's four letters.

    Parameters
    ----------
    letters
        Fertility, life expectancy, internal migration, immigration: M medium, L low, H high, K constant, 0 none.
    name
        What to call it.

    Raises
    ------
    ScenarioError
        Not four letters, a letter the component does not have, or one whose value no source at hand gives.

    Examples
    --------
    >>> scenario("MM00").name
    'MM00'
    """
    if len(letters) != len(COMPONENTS):
        raise ScenarioError(
            f"{letters!r} is not four letters.",
            where="Wanted: fertility, life expectancy, internal migration, immigration.",
            hint="dg.scenario('MMMM')",
        )
    for component, letter in zip(COMPONENTS, letters, strict=True):
        if not _row(component, letter)["how"]:
            raise ScenarioError(
                f"The value of {letter} for {component.replace('_', ' ')} is not at hand.",
                where="No source that ships gives it; Statistics Norway publishes results by municipality, not values.",
                hint="dg.scenario('MMMM') or dg.scenario('MM00')",
            )
    if (letters[2] == "0") != (letters[3] == "0"):
        raise ScenarioError(
            f"{letters} stops one kind of migration and not the other.",
            where="The model knows net migration only and can stop all of it or none.",
            hint="dg.scenario('MM00')",
        )
    return Scenario(name or ("main" if letters == MAIN else letters), letters)


@cache
def profiles() -> pd.DataFrame:
    """Return the age profiles known: ``profile sex first_age last_age share source``."""
    return _table("profiles.csv")


@cache
def _alternatives() -> pd.DataFrame:
    return _table("alternatives.csv").astype("str")


def _row(component: str, letter: str) -> dict[str, str]:
    rows = _alternatives()
    found = rows[(rows["component"] == component) & (rows["letter"] == letter)]
    if found.empty:
        known = rows[rows["component"] == component]["letter"]
        raise ScenarioError(
            f"{component.replace('_', ' ')} has no alternative {letter!r}.",
            where=f"There are: {', '.join(known)}.",
            hint="dg.scenario('MMMM')",
        )
    return {str(key): str(value) for key, value in found.iloc[0].items()}


def _table(name: str) -> pd.DataFrame:
    with files("demografi").joinpath("data", name).open(encoding="utf-8") as file:
        return pd.read_csv(file, keep_default_na=False, dtype={"letter": "str"})
