"""From rates and assumptions to a projected population."""

from __future__ import annotations

from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from demografi import ages, labels
from demografi.errors import ScenarioError
from demografi.observed import FLOWS, POPULATION, Observed
from demografi.projection import draws as draws_of
from demografi.projection import fans
from demografi.projection.arrays import as_tables, meet
from demografi.projection.fitting import fit
from demografi.projection.histories import History, histories_of, longest_history, run_apart, set_apart
from demografi.regions import Summable
from demografi.scenarios import Scenario
from demografi.sources import shipped
from demografi.sources.jsonstat_writing import lay_out, to_jsonstat
from demografi.tables import Caution, Contract, source_line

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.axes import Axes

__all__ = ["Projection", "project"]


def _flow_contract(name: str) -> Contract:
    return Contract(name, tuple(c for c in FLOWS[name].columns if c.name != "status"))


class Projection(Summable):
    """A projected population with its flows; stocks are 1 January, flows calendar years."""

    CONTRACTS: ClassVar[Mapping[str, Contract]] = MappingProxyType(
        {
            "population": Contract(
                "population", tuple(c for c in POPULATION.columns if c.name != "status"), POPULATION.complete
            ),
            **{name: _flow_contract(name) for name in FLOWS},
        }
    )

    @property
    def observed(self) -> Observed:
        """The counted figures this starts from."""
        part = self.rests_on["observed"]
        assert isinstance(part, Observed)
        return part

    @property
    def launch(self) -> int:
        """Year of the first 1 January, which is counted."""
        return int(self.facts["launch"])

    @property
    def to(self) -> int:
        """Year of the last 1 January."""
        return int(self.facts["to"])

    @property
    def vintage(self) -> str:
        """Whose projection, of which year."""
        return str(self.facts["vintage"])

    @property
    def scenario(self) -> str:
        """The name of the assumptions."""
        return str(self.facts["scenario"])

    @property
    def births(self) -> pd.DataFrame:
        """Births: age is the mother's at the end of the year, sex the child's."""
        return self.table("births")

    @property
    def deaths(self) -> pd.DataFrame:
        """Deaths by age reached, or that would have been reached, at the end of the year."""
        return self.table("deaths")

    @property
    def net_migration(self) -> pd.DataFrame:
        """Net migrants by age at the end of the year."""
        return self.table("net_migration")

    def to_frame(self, level: float | None = None) -> pd.DataFrame:
        """Return ``region year sex age persons``, and ``low high`` where a level is given.

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
            return self.table("population")
        self._need_draws(level)
        members = self.rests_on.get("members")
        if isinstance(members, Projection):
            return draws_of.sums_with_ends(self, members, level)
        return draws_of.cells_with_ends(self, level)

    def interval(self, age_group: str = "total", level: float = 0.8) -> pd.DataFrame:
        """Return ``year persons low high`` of an age group, members together.

        Each draw is summed before the ends are found: the interval of a sum is not the sum of intervals.

        Raises
        ------
        ScenarioError
            The projection was made without draws, or the level is not between 0 and 1.

        Examples
        --------
        >>> from demografi import example
        >>> ends = project(example("Engerdal"), to=2030, draws=200).interval("total").iloc[-1]
        >>> bool(ends["low"] < 1_300 < ends["high"])
        True
        """
        self._need_draws(level)
        members = self.rests_on.get("members")
        return draws_of.group_interval(members if isinstance(members, Projection) else self, age_group, level)

    def sample(self, n: int) -> pd.DataFrame:
        """Return ``n`` trajectories: ``region year sex age persons draw``; figures of one draw belong together.

        Raises
        ------
        ScenarioError
            There are fewer draws than asked for.
        """
        members = self.rests_on.get("members")
        if isinstance(members, Projection):
            table = members.sample(n).groupby(["year", "sex", "age", "draw"], as_index=False)[["persons"]].sum()
            return table.assign(region=self.region.code)[["region", "year", "sex", "age", "persons", "draw"]]
        return draws_of.sampled(self, n)

    def total(self) -> Projection:
        """Return the sum of the members as one region; its intervals are those of the members' joint draws."""
        whole = super().total()
        if not self.facts["draws"] or "members" in self.rests_on:
            return whole
        rests_on = {**whole.rests_on, "members": self}
        return Projection(whole.tables, whole.facts, whole.own_sources, whole.own_cautions, rests_on)

    def _need_draws(self, level: float) -> None:
        if not self.facts["draws"]:
            refuse_level(level, "projection")

    @cached_property
    def history_and_future(self) -> pd.DataFrame:
        """Counted years before the launch and projected years after it, in one table."""
        past = self.observed.population
        past = past[past["year"] < self.launch]
        whole = self.region.code
        summed = set(past["region"]) != set(self.tables["population"]["region"])
        # A year in which a place has no figures is left out: a sum without it would be too small.
        keys = ["year"] if summed else ["region", "year"]
        past = past[past["persons"].notna().groupby([past[key] for key in keys]).transform("all")]
        if summed:
            past = past.groupby(["year", "sex", "age"], as_index=False)["persons"].sum().assign(region=whole)
        columns = ["region", "year", "sex", "age", "persons"]
        return pd.concat([past[columns], self.tables["population"][columns]], ignore_index=True)

    def explain(self, age_group: str = "80+", to: int | None = None) -> pd.DataFrame:
        """Split the change in an age group into causes that sum exactly to it.

        Parameters
        ----------
        age_group
            ``"80+"``, ``"20-66"``, ``"total"`` …
        to
            Year to explain up to; the last by default.

        Returns
        -------
        pandas.DataFrame
            ``region cause persons``: ``start``, ``births``, ``grow_into``, ``grow_out_of``, ``deaths``,
            ``net_migration``, ``end``. Start and the causes add up to the end.
        """
        to = self.to if to is None else to
        check_year(to, self.launch, self.to)
        first, last = ages.bounds(age_group)
        stock = self.tables["population"]
        during = stock[stock["year"] < to]
        flows = {name: self.tables[name][self.tables[name]["year"] < to] for name in FLOWS}
        zero = pd.Series(0.0, index=pd.Index(stock["region"].unique(), name="region"))
        causes = {
            "start": _by_region(ages.select(stock[stock["year"] == self.launch], age_group), "persons"),
            "births": _by_region(flows["births"], "births") if first == 0 else zero,
            "grow_into": _by_region(during[during["age"] == first - 1], "persons") if first else zero,
            "grow_out_of": zero if last is None else -_by_region(during[during["age"] == last], "persons"),
            "deaths": -_by_region(ages.select(flows["deaths"], age_group), "deaths"),
            "net_migration": _by_region(ages.select(flows["net_migration"], age_group), "net_migration"),
            "end": _by_region(ages.select(stock[stock["year"] == to], age_group), "persons"),
        }
        parts = [persons.rename("persons").reset_index().assign(cause=cause) for cause, persons in causes.items()]
        return pd.concat(parts, ignore_index=True)[["region", "cause", "persons"]]

    def rounded(self) -> pd.DataFrame:
        """Return whole persons whose members sum, in every sex and age, to the rounded sum.

        The largest remainders are rounded up, ties by the order of the members. The unrounded figures are kept.

        Returns
        -------
        pandas.DataFrame
            ``region year sex age persons``.
        """
        table = self.table("population")
        keys = ["year", "sex", "age"]
        whole = np.floor(table["persons"])
        rest = table["persons"] - whole
        wanted = np.floor(table.groupby(keys)["persons"].transform("sum") + 0.5)
        short = wanted - whole.groupby([table[key] for key in keys]).transform("sum")
        order = (-rest).groupby([table[key] for key in keys]).rank(method="first")
        return table.assign(persons=(whole + (order <= short)).astype("int64"))

    def to_jsonstat(self) -> str:
        """Return the population as JSON-stat 2 text, ready for other programs."""
        import json

        table = lay_out(
            self.tables["population"],
            "persons",
            label=f"{self.region.name}, {self.vintage}, {self.scenario}",
            source=source_line(self.sources, "en"),
            updated=f"{self.launch}-01-01",
            units={"persons": "persons"},
        )
        return json.dumps(to_jsonstat(table), ensure_ascii=False)

    def plot(self, language: str = "nb", *, by: str = "pyramid", age_group: str = "80+", **drawn: Any) -> Axes:
        """Draw the pyramid at the launch and in the last year, or an age group with its intervals.

        Parameters
        ----------
        language
            ``"nb"``, ``"nn"`` or ``"en"``.
        by
            ``"pyramid"``, or ``"fan"``: the age group with intervals of 50 and 80 %, and how often such have held.
        age_group
            What the fan is of: ``"80+"``, ``"20-66"``, ``"total"`` …
        **drawn
            Goes to the figure: ``size`` and ``variant``.

        Raises
        ------
        ScenarioError
            There is no such figure, or a fan is asked of a projection made without draws.
        """
        from demografi import plots

        if by == "fan":
            self._need_draws(fans.SAID)
            return fans.fan_of(self, age_group, language, **drawn)
        if by != "pyramid":
            raise fans.refuse_figure(by)
        whole = self.total() if self.region.is_group else self
        return plots.pyramid(
            whole.to_frame(), self.launch, self.to, self.figure_words(language), language=language, **drawn
        )

    def figure_words(self, language: str = "nb") -> Any:
        """Return title, subtitle, note, source and alternative text of :meth:`plot`, from the numbers."""
        from demografi import plots

        old = [self.persons("80+", year) for year in (self.launch, self.to)]
        work = [self.persons("20-66", year) for year in (self.launch, self.to)]
        say = {
            "region": self.region.name,
            "start": str(self.launch),
            "end": str(self.to),
            "year": str(self.to),
        }
        return plots.Words(
            title=_pyramid_title(old[0], old[1], self.to, language),
            subtitle=labels.text("pyramid_subtitle", language, **say),
            note=note_own(language),
            source=source_line(self.observed.own_sources[:1], language),
            alt=labels.text(
                "pyramid_alt",
                language,
                **say,
                first=labels.number(old[0], language=language),
                last=labels.number(old[1], language=language),
                change=labels.percent(old[1] / old[0] - 1, signed=True, language=language),
                first_work=labels.number(work[0], language=language),
                last_work=labels.number(work[1], language=language),
            ),
        )

    def persons(self, age_group: str, year: int) -> float:
        """Return the number of persons in an age group on 1 January, members together."""
        check_year(year, self.launch, self.to)
        table = self.tables["population"]
        return float(ages.select(table[table["year"] == year], age_group)["persons"].sum())

    def _headline(self) -> str:
        old = [self.persons("80+", year) for year in (self.launch, self.to)]
        return (
            f"{self.persons('total', self.launch):,.0f} persons on 1 January {self.launch}, "
            f"{self.persons('total', self.to):,.0f} in {self.to}; 80+ from {old[0]:,.0f} to {old[1]:,.0f}"
        )


def _by_region(table: pd.DataFrame, measure: str) -> pd.Series[float]:
    return table.groupby("region", sort=False)[measure].sum()


def note_own(language: str) -> str:
    """Return the note every figure of our own projection carries."""
    own = labels.label("own_projection", language)
    return labels.text("note_own_2024", language, own=own)


def _pyramid_title(first: float, last: float, year: int, language: str) -> str:
    times = labels.times_word(last / first, language)
    if times and last / first > 1.03:
        return labels.text("pyramid_title_times", language, times=times[0].upper() + times[1:], year=str(year))
    key = "pyramid_title_more" if last >= first else "pyramid_title_fewer"
    count = labels.number(abs(last - first), language=language)
    return labels.text(key, language, count=count, year=str(year))


def refuse_level(level: float | None, noun: str) -> None:
    """Refuse an interval where none has been estimated."""
    if level is not None:
        raise ScenarioError(
            f"This {noun} has no {level:.0%} interval.",
            where="It is one path, made without draws.",
            hint="dg.project(observed, to=…, draws=1000).to_frame(level=0.8)"
            if noun == "projection"
            else "result.to_frame()",
        )


def check_year(year: int, first: int, last: int) -> None:
    """Refuse a year outside what was projected."""
    if not first <= year <= last:
        raise ScenarioError(
            f"The year {year} lies outside {first}–{last}.",
            where=f"The launch is 1 January {first}; the projection ends on 1 January {last}.",
            hint=f"dg.project(observed, to={max(year, first + 1)})" if year > last else f"Ask for {first} or later.",
        )


MAIN_SCENARIO = Scenario()


def _short(observed: Observed, history: History) -> Caution:
    names = tuple(observed.region.name_of(code) for code in history.regions)
    return Caution.of("caution_short_history", names=names, years=float(len(history.stocks) - 1))


def _refuse_additions(scenario: Scenario, observed: Observed, launch: int, to: int) -> None:
    for addition in scenario.additions:
        if addition.region not in observed.region.members:
            raise ScenarioError(
                f"{addition.name!r} adds people to {addition.region}, which is not projected.",
                where=f"Projected: {', '.join(observed.region.members)}.",
                hint="Use the code of a member.",
            )
        outside = [year for year in addition.years if not launch <= year < to]
        if outside:
            raise ScenarioError(
                f"{addition.name!r} happens in {outside[0]}, outside the projection.",
                where=f"Calendar years projected: {launch}–{to - 1}.",
                hint=f"years=range({launch}, {to})",
            )


def project(
    observed: Observed,
    to: int,
    *,
    schedules: Mapping[str, pd.DataFrame] | None = None,
    scenario: Scenario = MAIN_SCENARIO,
    control: pd.DataFrame | None = None,
    special: pd.DataFrame | None = None,
    draws: int = 0,
    seed: int = 1,
) -> Projection:
    """Carry every part of a region forward, year by year, from the last counted 1 January.

    Parameters
    ----------
    observed
        Counted population with at least six years of history.
    to
        Year of the last 1 January wanted.
    schedules
        Your own national schedules where the figures hold no deaths or births: ``"mortality"`` with ``sex age mx`` (and
        ``decline``), ``"fertility"`` with ``age births_per_woman`` [per person-year]. Norwegian regions use what is
        fitted on the whole country.

    scenario
        Named assumptions; what the figures fit by default.
    control
        ``year sex age persons`` that the members together must meet each year after the launch: a county's or a
        nation's projection, one's own or Statistics Norway's [persons on 1 January].
    special
        ``region sex age persons`` who do not age in place: students, conscripts, people in reception centres. They are
        taken out of the counted years, held constant, and put back [persons on 1 January].

    draws, seed
        How many joint draws of past errors its intervals rest on (1,000 is usual; none by default), and what they
        start from: the same seed gives the same bytes.

    Returns
    -------
    Projection
        One path, and with draws its intervals; not Statistics Norway's.

    Raises
    ------
    ScenarioError
        The year is not after the launch or lies past the control totals, or no rates fit the country.
    TableError
        The population lacks cells or history.

    Notes
    -----
    National death rates with decline, the local level by empirical Bayes from old-age losses; national
    fertility with a local level; net migration as the residual of ten years, its level predicted from
    the place's own yearly excess and its county's, its shape over age pooled towards places of its
    size; raked to a national projection, totals blended with a damped trend (docs/methods.md). What
    the whole country teaches is stored, so one place needs no other.

    Examples
    --------
    >>> from demografi import example
    >>> projection = project(example("Engerdal"), to=2030)
    >>> 1_200 < projection.persons("total", 2030) < 1_340
    True
    """
    launch = observed.last_year
    if to <= launch:
        raise ScenarioError(
            f"The projection cannot end in {to}.",
            where=f"The last counted population is of 1 January {launch}; that is the launch.",
            hint=f"dg.project(observed, to={launch + 10})",
        )
    members = observed.region.members
    draws_of.check_asked(observed.region_scheme, members, draws, seed)
    histories, apart = set_apart(histories_of(observed, members), special, members)
    fitted = fit(observed, histories, to - launch, schedules or {})
    _refuse_additions(scenario, observed, launch, to)
    path, local, held = run_apart(histories, fitted, scenario, launch, members)
    path = path + apart
    if control is not None:
        path = meet(path, control, launch)
    facts = {
        "region": observed.facts["region"],
        "controlled": control is not None,
        "special": float(apart.sum()),
        "draws": draws,
        "seed": seed,
        "launch": launch,
        "to": to,
        "vintage": f"demografi {launch}",
        "scenario": scenario.name,
        "assumptions": scenario.to_frame().to_dict("records"),
        "clamped": held,
        "lacking": {},
    }
    about = Caution.of("caution_intervals" if draws else "caution_no_intervals")
    short = [past for past in histories if len(past.stocks) < longest_history(observed)]
    cautions = (Caution.of("caution_own_projection"), about, *(_short(observed, past) for past in short))
    sources = (*fitted.sources, *((shipped.source(draws_of.STORED),) if draws else ()))
    tables = as_tables(path, fitted, local, launch, members)
    return Projection(tables, facts, sources, cautions, {"observed": observed})
