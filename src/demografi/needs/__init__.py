"""Persons to users and person-years: coverage by service and age group, constant unless told otherwise."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

import pandas as pd

from demografi import ages
from demografi.errors import ScenarioError, TableError
from demografi.needs.bridges import ministry_bridge
from demografi.needs.counts import (
    COVERAGE,
    KEY,
    coverage_of,
    groups_of,
    refuse_overlap,
    regional_standard,
    services,
)
from demografi.needs.drawn import DRAWN, figure_words
from demografi.projection import Projection, check_year, refuse_level
from demografi.regions import Summable
from demografi.sources import shipped
from demografi.tables import Caution, Column, Contract

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes

    from demografi.observed import Observed

__all__ = ["Need", "figure_words", "ministry_bridge", "need", "services"]

STANDARD_SERVICE = "care"
OF_STAFF = ("nurse_person_years", "person_years_by_occupation", "ssb-14533", "ssb-14534")
"""Sources that figures of users do not rest on."""

USERS = Contract("users", (*KEY, Column("age_group", "text"), Column("users", "number", "measure", "persons")))
PERSON_YEARS = Contract("person_years", (*KEY, Column("fte", "number", "measure", "person-years")))


class Need(Summable):
    """Users and person-years a projected population needs.

    The need of year y rests on the population of 1 January y, so users counted on 31 December 2025 are the base at
    y = 2026. Users aged 80+ are not person-years: person-years follow users of all ages.
    """

    CONTRACTS: ClassVar[Mapping[str, Contract]] = MappingProxyType(
        {"users": USERS, "person_years": PERSON_YEARS, "coverage": COVERAGE}
    )

    @property
    def projection(self) -> Projection:
        """The projected population this rests on."""
        part = self.rests_on["projection"]
        assert isinstance(part, Projection)
        return part

    @property
    def coverage_year(self) -> int:
        """Year whose coverage is held constant (31 December)."""
        return int(self.facts["coverage_year"])

    @property
    def person_years(self) -> pd.DataFrame:
        """Person-years: ``region year service fte``.

        Raises
        ------
        SourceError
            No standard is at hand for the region.
        """
        return self.table("person_years")

    @property
    def coverage(self) -> pd.DataFrame:
        """Users and population by year and age group; coverage is their ratio.

        ``low`` and ``high`` differ from ``users`` where the source hides the cell.
        """
        return self.table("coverage")

    def to_frame(self, level: float | None = None) -> pd.DataFrame:
        """Return ``region year service age_group users``."""
        refuse_level(level, "need")
        return self.table("users")

    def users_of(self, age_group: str = "80+", over: Sequence[str] = ("home_service", "long_stay")) -> pd.DataFrame:
        """Add users of one age group over services that do not overlap.

        Parameters
        ----------
        age_group
            A group each of the services has, or ``"total"``.
        over
            Services to add.

        Returns
        -------
        pandas.DataFrame
            ``region year users`` [persons].

        Raises
        ------
        TableError
            A service lies inside another of them, is not known, or lacks the age group.
        """
        refuse_overlap(over)
        table = self.tables["users"]
        chosen = table[table["service"].isin(over)]
        if age_group != "total":
            chosen = chosen[chosen["age_group"] == age_group]
            lacking = set(over) - set(chosen["service"])
            if lacking:
                raise TableError(
                    f"The service '{sorted(lacking)[0]}' has no age group {age_group!r}.",
                    where=f"It has: {', '.join(groups_of(sorted(lacking)[0]))}.",
                    hint="need.users_of('80+') or need.users_of('total')",
                )
        return chosen.groupby(["region", "year"], sort=False, as_index=False)[["users"]].sum()

    def explain(self, to: int | None = None) -> pd.DataFrame:
        """Split the change in users 80+ into population and coverage; coverage is constant, so its part is zero.

        Returns
        -------
        pandas.DataFrame
            ``region cause users``: ``start``, ``population``, ``coverage``, ``end``.
        """
        to = self.projection.to if to is None else to
        check_year(to, self.projection.launch, self.projection.to)
        users = self.users_of("80+").set_index(["region", "year"])["users"].unstack()
        start, end = users[self.projection.launch], users[to]
        parts = {"start": start, "population": end - start, "coverage": start * 0.0, "end": end}
        frames = [values.rename("users").reset_index().assign(cause=cause) for cause, values in parts.items()]
        return pd.concat(frames, ignore_index=True)[["region", "cause", "users"]]

    def plot(self, by: str = "year", language: str = "nb", **drawn: Any) -> Axes:
        """Draw users aged 80+.

        Parameters
        ----------
        by
            ``"year"``: registered, then projected; ``"municipality"``: first registered year against the last
            projected; ``"coverage"``: users per 100 inhabitants by year.
        language
            ``"nb"``, ``"nn"`` or ``"en"``.
        drawn
            Size and variant, for the figure.

        Raises
        ------
        ScenarioError
            Nothing is drawn by that.
        """
        draw = DRAWN.get(by)
        if draw is None:
            raise ScenarioError(
                f"Users cannot be drawn by {by!r}.",
                where="There are 'year', 'municipality' and 'coverage'.",
                hint="need.plot(by='municipality')",
            )
        return draw(self, language, **drawn)

    def history(self) -> pd.DataFrame:
        """Return users 80+ of the whole region: ``year value kind``.

        Users counted on 31 December stand at the following year, as in the whole of Need; a
        registered year needs every member, and none may be missing after it.
        """
        covered = self.tables["coverage"]
        old = covered[covered["age_group"] == "80+"]
        wanted = old.groupby(["region", "service"]).ngroups
        per_year = old.groupby("year")["users"].agg(["sum", "size"])
        past = _unbroken(per_year[per_year["size"] == wanted]["sum"]).rename(lambda year: year + 1)
        future = self.users_of("80+").groupby("year")["users"].sum()
        future = future[future.index > past.index.max()]
        frames = [
            pd.DataFrame({"year": values.index.astype(int), "value": values.to_numpy(), "kind": kind})
            for kind, values in (("registered", past), ("projected", future))
        ]
        return pd.concat(frames, ignore_index=True)

    def by_municipality(self) -> pd.DataFrame:
        """Return users 80+ of each member: ``region name start end``, largest increase first.

        Start is the first registered year all members have (31 December), end the last projected 1 January.
        """
        first = int(self.history()["year"].iloc[0]) - 1
        covered = self.tables["coverage"]
        old = covered[(covered["age_group"] == "80+") & (covered["year"] == first)]
        start = old.groupby("region")["users"].sum()
        users = self.users_of("80+")
        end = users[users["year"] == self.projection.to].set_index("region")["users"]
        table = pd.DataFrame({"start": start, "end": end}).reindex(self.region.members)
        table = table.assign(name=self.region.names, growth=table["end"] - table["start"])
        table = table.sort_values("growth", ascending=False, kind="stable").drop(columns="growth")
        return table.rename_axis("region").reset_index()[["region", "name", "start", "end"]]

    def coverage_by_year(self) -> pd.DataFrame:
        """Return users 80+ per 100 inhabitants 80+ of the whole region: ``year service users population value``.

        Only years every member has; ``service`` is ``"together"`` for home service and long stay.
        """
        history = self.history()
        years = history[history["kind"] == "registered"]["year"] - 1
        covered = self.tables["coverage"]
        old = covered[(covered["age_group"] == "80+") & covered["year"].isin(years)]
        table = old.groupby(["year", "service"], as_index=False)[["users", "population"]].sum()
        both = table.groupby("year", as_index=False).agg({"users": "sum", "population": "first"})
        table = pd.concat([table, both.assign(service="together")], ignore_index=True)
        return table.assign(value=100 * table["users"] / table["population"])

    def sources_of_figure(self) -> tuple[Any, ...]:
        """Return the sources a figure of users names."""
        return tuple(s for s in self.projection.observed.own_sources if s.id not in OF_STAFF)

    def _headline(self) -> str:
        users = self.users_of("80+").groupby("year")["users"].sum()
        return (
            f"Users aged 80+ (home service + long stay): {users.iloc[0]:,.0f} at {users.index[0]}, "
            f"{users.iloc[-1]:,.0f} at {users.index[-1]}; coverage constant at 31 December {self.coverage_year}"
        )


def _unbroken(by_year: pd.Series[float]) -> pd.Series[float]:
    """Keep the years up to the last that no missing year interrupts."""
    years = by_year.index.to_numpy()
    breaks = [i for i in range(1, len(years)) if years[i] != years[i - 1] + 1]
    return by_year.iloc[breaks[-1] :] if breaks else by_year


def need(projection: Projection, *, coverage_year: int | None = None) -> Need:
    """Turn a projected population into users and person-years with constant coverage and standard.

    Parameters
    ----------
    projection
        The population to serve.
    coverage_year
        Year (31 December) whose coverage is held constant; the latest by default.

    Returns
    -------
    Need
        Users by service and age group, and person-years where a standard is at hand.

    Raises
    ------
    SourceError
        The counted figures hold no users for a part of the region.
    ScenarioError
        No coverage can be computed for that year.

    Notes
    -----
    U[s,g,t] = users[s,g,b] / population[g, 1 January b+1] · population[g,t]; person-years = standard · users of all
    ages (the ministry's method in *Tjenestebehov*, as its page describes it). The denominator is the following 1
    January, as Statistics Norway's own rates have it. Hidden cells take the middle of what their total allows.
    """
    observed = projection.observed
    coverage, hidden = coverage_of(observed)
    years = sorted(coverage["year"].unique())
    chosen = years[-1] if coverage_year is None else coverage_year
    base = coverage[coverage["year"] == chosen]
    absent = [c for c in observed.region.members if c not in set(base["region"])]
    if absent or base.empty:
        raise ScenarioError(
            f"There is no coverage for 31 December {chosen}"
            + (f" in {observed.region.name_of(absent[0])}." if absent else "."),
            where=f"Years with figures: {years[0]}–{years[-1]}.",
            hint=f"dg.need(projection, coverage_year={years[-1]})",
        )
    _refuse_gaps(base, observed)
    users = _users(base, projection)
    tables = {"users": users, "coverage": coverage}
    cautions = [
        Caution.of("caution_coverage_year", year=str(chosen)),
        Caution.of("caution_population_uncertainty_only"),
    ]
    cautions += [_said(row, observed) for row in hidden[hidden["year"] == chosen].to_dict("records")]
    person_years, lacking, more = _person_years(users, observed)
    if person_years is not None:
        tables["person_years"] = person_years
    facts = {
        "region": projection.facts["region"],
        "coverage_year": int(chosen),
        "launch": projection.launch,
        "lacking": lacking,
    }
    sources = (shipped.source("project_description"),) if person_years is not None else ()
    return Need(tables, facts, sources, (*cautions, *more), {"projection": projection})


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


def _said(row: Mapping[Any, Any], observed: Observed) -> Caution:
    return Caution.of(
        "caution_suppressed",
        names=(observed.region.name_of(row["region"]),),
        year=str(row["year"]),
        low=float(row["low"]),
        high=float(row["high"]),
        value=float(row["users"]),
    )


def _users(base: pd.DataFrame, projection: Projection) -> pd.DataFrame:
    groups = sorted(base["age_group"].unique())
    stock = ages.collapse(projection.to_frame().drop(columns=["sex"]), groups)
    rate = base.assign(coverage=base["users"] / base["population"])[["region", "service", "age_group", "coverage"]]
    wrong = rate[rate["coverage"] > 1]
    if len(wrong):
        row = wrong.iloc[0]
        raise TableError(
            f"More users than inhabitants: {row['service']} {row['age_group']} in {row['region']}.",
            where=f"Coverage {row['coverage']:.2f}.",
            hint="Check that users and population are of the same borders and age group.",
        )
    users = stock.merge(rate, on=["region", "age_group"])
    return users.assign(users=users["persons"] * users["coverage"])[USERS.names]


def _person_years(
    users: pd.DataFrame, observed: Observed
) -> tuple[pd.DataFrame | None, dict[str, str], tuple[Caution, ...]]:
    ten, standard = regional_standard()
    members = set(observed.region.members)
    if not members <= set(ten):
        outside = observed.region.name_of(next(code for code in observed.region.members if code not in ten))
        return None, {"person_years": f"No standard (person-years per user) is at hand for {outside}."}, ()
    all_ages = users.groupby(["region", "year"], sort=False, as_index=False)["users"].sum()
    table = all_ages.assign(service=STANDARD_SERVICE, fte=all_ages["users"] * standard)
    quoted = shipped.read("project_description").set_index(["figure", "year"])["value"]
    cautions = [Caution.of("caution_standard_2019", standard=float(quoted["person_years", 2019]))]
    if members != set(ten) or len(members) > 1:
        cautions.append(Caution.of("caution_standard_shared"))
    return table[PERSON_YEARS.names], {}, tuple(cautions)
