"""Need as a noun: users and person-years with what they rest on, their causes, intervals and figures."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

import pandas as pd

from demografi.errors import ScenarioError, TableError
from demografi.faces import years_shown
from demografi.needs import causes, drawing
from demografi.needs.counts import COVERAGE, KEY, outermost, refuse_overlap, rows_of
from demografi.needs.figures import DRAWN
from demografi.projection import Projection, check_year, refuse_level
from demografi.regions import Summable
from demografi.tables import Column, Contract

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes

__all__ = ["CELLS", "PERSON_YEARS", "USERS", "Need"]

CARE = ("home_service", "long_stay")
OF_STAFF = ("nurse_person_years", "person_years_by_occupation", "ssb-14533", "ssb-14534")
"""Sources that figures of users do not rest on."""

_USERS = Column("users", "number", "measure", "persons")
USERS = Contract("users", (*KEY, Column("age_group", "text"), _USERS))
PERSON_YEARS = Contract("person_years", (*KEY, Column("fte", "number", "measure", "person-years")))
CELLS = Contract(
    "cells",
    (
        *KEY,
        Column("age_group", "text"),
        Column("ages", "text"),
        Column("persons", "number", "measure", "persons", "1 January of year"),
        _USERS,
        Column("fte", "number", "measure", "person-years", may_be_missing=True),
    ),
)


class Need(Summable):
    """Users and person-years a projected population needs.

    The need of year y rests on the population of 1 January y, so users counted on 31 December 2025 are the base at
    y = 2026. Users aged 80+ are not person-years: person-years follow users of all ages.
    """

    CONTRACTS: ClassVar[Mapping[str, Contract]] = MappingProxyType(
        {"users": USERS, "person_years": PERSON_YEARS, "coverage": COVERAGE, "cells": CELLS}
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

    @property
    def cells(self) -> pd.DataFrame:
        """What users and person-years are made of: ``region year service age_group ages persons users fte``.

        ``ages`` is the age group, or a single age where users were split; coverage is users over persons, and the
        standard fte over users.
        """
        return self.table("cells")

    @property
    def pooling(self) -> pd.DataFrame:
        """How coverage was pulled towards a group: ``region service age_group raw group weight pooled``.

        ``weight`` is the share of the place's own coverage; no row where coverage is raw.
        """
        names = ["region", "service", "age_group", "raw", "group", "weight", "pooled"]
        return pd.DataFrame(self.facts["pooling"], columns=names)

    def to_frame(self, level: float | None = None) -> pd.DataFrame:
        """Return ``region year service age_group users``, and ``low high`` where a level is given.

        Parameters
        ----------
        level
            Share of the draws inside the central interval, between 0 and 1.

        Raises
        ------
        ScenarioError
            A level was asked for, and the projection was made without draws.
        """
        if level is None:
            return self.table("users")
        self._need_draws(level)
        return drawing.users_with_ends(self, level)

    def interval(
        self, age_group: str = "80+", over: Sequence[str] = ("home_service", "long_stay"), level: float = 0.8
    ) -> pd.DataFrame:
        """Return ``year users low high`` of an age group over services, members together.

        Each draw is summed over services and members before the ends are found.

        Raises
        ------
        ScenarioError
            The projection was made without draws, or the level is not between 0 and 1.

        Examples
        --------
        >>> import demografi as dg
        >>> ends = dg.need(dg.project(dg.example("Engerdal"), to=2030, draws=200)).interval("80+").iloc[-1]
        >>> bool(ends["low"] < ends["users"] < ends["high"])
        True
        """
        self._need_draws(level)
        return drawing.sum_with_ends(self, age_group, over, level)

    def person_years_interval(self, level: float = 0.8) -> pd.DataFrame:
        """Return ``year fte low high`` of all person-years, members together, as :meth:`interval` does for users."""
        self._need_draws(level)
        return drawing.person_years_with_ends(self, level)

    def _need_draws(self, level: float) -> None:
        if not self.projection.facts.get("draws"):
            refuse_level(level, "need")

    def total(self) -> Need:
        """Return the sum of the members as one region; its intervals are those of the members' joint draws."""
        whole = super().total()
        members = self.rests_on.get("members", self)
        return Need(
            whole.tables, whole.facts, whole.own_sources, whole.own_cautions, {**whole.rests_on, "members": members}
        )

    def _summed(self, code: str) -> dict[str, pd.DataFrame]:
        """Add over regions; a year of coverage that a member lacks is left out, as its sum would be too small."""
        summed = super()._summed(code)
        return {**summed, "coverage": summed["coverage"].dropna(subset=["users", "population"])}

    def users_of(self, age_group: str = "80+", over: Sequence[str] = ("home_service", "long_stay")) -> pd.DataFrame:
        """Add users of one age group over services that do not overlap.

        Parameters
        ----------
        age_group
            A group each of the services has, or has the parts of (80–89 and 90+ for 80+), or ``"total"``.
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
        refuse_overlap(over, self.facts["parents"])
        table = self.tables["users"]
        chosen = table[table["service"].isin(over)]
        absent = [service for service in over if service not in set(chosen["service"])]
        if absent:
            raise TableError(
                f"This need has no users of {absent[0]!r}.",
                where=f"It has: {', '.join(table['service'].unique())}.",
                hint=f"dg.need(projection, services=[…, {absent[0]!r}])",
            )
        chosen = rows_of(chosen, age_group)
        lacking = sorted(set(over) - set(chosen["service"]))
        if lacking:
            raise TableError(
                f"The service '{lacking[0]}' has no age group {age_group!r}.",
                where=f"It has: {', '.join(self._groups_of(lacking[0]))}.",
                hint="need.users_of('80+') or need.users_of('total')",
            )
        return chosen.groupby(["region", "year"], sort=False, as_index=False)[["users"]].sum()

    def _groups_of(self, service: str) -> list[str]:
        table = self.tables["users"]
        return [str(group) for group in table.loc[table["service"] == service, "age_group"].unique()]

    def explain(
        self,
        to: int | None = None,
        *,
        age_group: str | None = None,
        over: Sequence[str] | None = None,
        measure: str = "users",
    ) -> pd.DataFrame:
        """Split the change from what was last counted to a later year into causes that sum exactly to it.

        Parameters
        ----------
        to
            Year to explain up to; the last by default.
        age_group
            A group each service has, or ``"total"``; 80+ by default, everyone for person-years.
        over
            Services that do not overlap; home service and long stay by default, or what the need has.
        measure
            ``"users"`` or ``"fte"`` (person-years).

        Returns
        -------
        pandas.DataFrame
            ``region cause users`` (or ``fte``): ``start``, ``people``, ``age_mix``, ``coverage``, ``service_mix``,
            ``standard``, ``end``.

        Notes
        -----
        Need = people · Σ share of the age · coverage · standard. Each factor's part is its Shapley value: its effect
        averaged over every order in which the five may change, so that none comes first. The start is the last
        count, so another ``coverage_year``, a pooled coverage and departures show as coverage, service mix or standard.
        """
        to = self.projection.to if to is None else to
        check_year(to, self.projection.launch, self.projection.to)
        if measure not in ("users", "fte"):
            raise ScenarioError(
                f"There is no measure {measure!r}.", where="There are 'users' and 'fte'.", hint="measure='fte'"
            )
        over = self._default_services() if over is None else over
        refuse_overlap(over, self.facts["parents"])
        group = ("80+" if measure == "users" else "total") if age_group is None else age_group
        return causes.causes_of(self, to, group, over, measure)

    def _default_services(self) -> list[str]:
        here = [str(service) for service in self.tables["users"]["service"].unique()]
        both = [service for service in here if service in CARE]
        return both or outermost(here, self.facts["parents"])

    def plot(self, by: str = "year", language: str = "nb", **drawn: Any) -> Axes:
        """Draw users aged 80+.

        Parameters
        ----------
        by
            ``"year"``: registered, then projected, with the interval of 80 % where there are draws, or the
            ``alternatives`` given (``year low high``); ``"municipality"``: first registered year against the last
            projected; ``"coverage"``: users per 100 inhabitants by year; ``"map"``: growth by municipality as tiles.
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
                where=f"There are {', '.join(map(repr, DRAWN))}.",
                hint="need.plot(by='municipality')",
            )
        return draw(self, language, **drawn)

    def history(self) -> pd.DataFrame:
        """Return users 80+ of the whole region: ``year value kind``.

        Users counted on 31 December stand at the following year, as in the whole of Need; a
        registered year needs every member, and none may be missing after it.
        """
        covered = self.tables["coverage"]
        old = rows_of(covered, "80+", CARE)
        wanted = old.groupby(["region", "service", "age_group"]).ngroups
        per_year = old.groupby("year")["users"].agg(["sum", "size"])
        past = _unbroken(per_year[per_year["size"] == wanted]["sum"]).rename(lambda year: year + 1)
        future = self.users_of("80+").groupby("year")["users"].sum()
        future = future[future.index > past.index.max()]
        frames = [
            pd.DataFrame({"year": values.index.astype(int), "value": values.to_numpy(), "kind": kind})
            for kind, values in (("registered", past), ("projected", future))
        ]
        return pd.concat(frames, ignore_index=True)

    @property
    def last_counted(self) -> int:
        """Return the last year on whose 31 December users of all members were counted."""
        history = self.history()
        return int(history[history["kind"] == "registered"]["year"].max()) - 1

    def by_municipality(self) -> pd.DataFrame:
        """Return users 80+ of each member: ``region name start end``, largest increase first.

        Start is the last registered year all members have (31 December), end the last projected 1 January: the same
        two years as the users of the whole are said to go between.
        """
        covered = self.tables["coverage"]
        old = rows_of(covered[covered["year"] == self.last_counted], "80+", CARE)
        start = old.groupby("region")["users"].sum()
        users = self.users_of("80+")
        end = users[users["year"] == self.projection.to].set_index("region")["users"]
        table = pd.DataFrame({"start": start, "end": end}).reindex(self.region.members)
        table = table.assign(name=self.region.names, growth=table["end"] - table["start"])
        table = table.sort_values("growth", ascending=False, kind="stable").drop(columns="growth")
        return table.rename_axis("region").reset_index()[["region", "name", "start", "end"]]

    def by_service(self) -> pd.DataFrame:
        """Return users 80+ of home service and long stay, of the whole region: ``service start end``.

        Start is the last registered 31 December of all members, end the last projected 1 January.
        """
        covered, users = self.tables["coverage"], self.tables["users"]
        start = rows_of(covered[covered["year"] == self.last_counted], "80+", CARE)
        end = rows_of(users[users["year"] == self.projection.to], "80+", CARE)
        counts = {name: rows.groupby("service")["users"].sum() for name, rows in (("start", start), ("end", end))}
        return pd.DataFrame(counts).reindex(CARE).rename_axis("service").reset_index()

    def coverage_by_year(self) -> pd.DataFrame:
        """Return users 80+ per 100 inhabitants 80+ of the whole region: ``year service users population value``.

        Only years every member has; ``service`` is ``"together"`` for home service and long stay.
        """
        history = self.history()
        years = history[history["kind"] == "registered"]["year"] - 1
        covered = self.tables["coverage"]
        old = rows_of(covered[covered["year"].isin(years)], "80+", CARE)
        table = old.groupby(["year", "service"], as_index=False)[["users", "population"]].sum()
        both = table.groupby("year", as_index=False).agg({"users": "sum", "population": "first"})
        table = pd.concat([table, both.assign(service="together")], ignore_index=True)
        return table.assign(value=100 * table["users"] / table["population"])

    def sources_of_figure(self) -> tuple[Any, ...]:
        """Return the sources a figure of users names."""
        return tuple(s for s in self.projection.observed.own_sources if s.id not in OF_STAFF)

    def _face_table(self) -> pd.DataFrame:
        years = years_shown(self.projection.launch, self.projection.to)
        rows = {}
        for service in self.tables["users"]["service"].unique():
            users = self.tables["users"].query("service == @service")
            for group, chosen in (("80+", rows_of(users, "80+")), ("all ages", users)):
                if len(chosen):
                    rows[f"{service}, {group}"] = chosen.groupby("year")["users"].sum()
        if self.has("person_years"):
            for service, fte in self.tables["person_years"].groupby("service", sort=False):
                rows["person-years, " + str(service)] = fte.groupby("year")["fte"].sum()
        return pd.DataFrame(rows).T[years].rename_axis("users")

    def _headline(self) -> str:
        over = self._default_services()
        of_care = set(over) == set(CARE)
        users = self.users_of("80+" if of_care else "total", over).groupby("year")["users"].sum()
        who = "Users aged 80+ (home service + long stay)" if of_care else f"Users ({', '.join(over)})"
        how = "coverage from" if self.facts["departures"] else "coverage constant at"
        return (
            f"{who}: {users.iloc[0]:,.0f} at {users.index[0]}, {users.iloc[-1]:,.0f} at {users.index[-1]}; "
            f"{how} 31 December {self.coverage_year}"
        )


def _unbroken(by_year: pd.Series[float]) -> pd.Series[float]:
    """Keep the years up to the last that no missing year interrupts."""
    years = by_year.index.to_numpy()
    breaks = [i for i in range(1, len(years)) if years[i] != years[i - 1] + 1]
    return by_year.iloc[breaks[-1] :] if breaks else by_year
