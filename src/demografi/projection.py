"""From rates and assumptions to a projected population."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import numpy as np
import pandas as pd

from demografi import ages, cohort, labels, rates
from demografi.errors import ScenarioError, TableError
from demografi.observed import FLOWS, POPULATION, Observed
from demografi.regions import NATION, Region
from demografi.sources import shipped
from demografi.tables import Caution, Contract, Result, source_line

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

__all__ = ["Projection", "Rates", "project"]

SEXES = ("female", "male")
BASE_YEARS = 10
"""Years of past migration used (SSB's own base; ten beat five in back-tests)."""
POOL_PERSON_YEARS = 2_000.0
"""Person-years the nation's migration rate counts for at an age, in the window of smoothing."""
POOL_BIRTHS = 400.0
"""Expected children the national level of fertility counts for."""
SMOOTHING = 2.0
WINDOW = 2 * SMOOTHING * float(np.sqrt(np.pi))
"""Ages a Gaussian of that width draws on, as an equivalent number of cells."""
MIGRATION_AGES = (65, 75)
"""Net migration fades from the first age to none at the last: later losses are mostly deaths."""
FERTILITY_YEARS = 5


class Rates(NamedTuple):
    """National schedules at a launch.

    Parameters
    ----------
    launch
        The year the death rates belong to.
    mortality
        Death rates, shape (sex, age) with women first and ages past the open one [per person-year].
    decline
        Yearly relative decline of each, same shape [share].
    fertility
        Births per woman and year by her age, shape (age,).
    """

    launch: int
    mortality: NDArray[np.float64]
    decline: NDArray[np.float64]
    fertility: NDArray[np.float64]

    def survival(self, year: int, open_age: int) -> NDArray[np.float64]:
        """Return survival shares through a calendar year, shape (sex, age)."""
        return rates.survival_shares(self.mortality * np.exp(-self.decline * (year - self.launch)), open_age)


SHARE_BOYS = 0.5135
"""Share of Norwegian births that are boys."""


def _flow_contract(name: str) -> Contract:
    return Contract(name, tuple(c for c in FLOWS[name].columns if c.name != "status"))


class Projection(Result):
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
    def region(self) -> Region:
        """The region projected."""
        return Region.from_dict(self.facts["region"])

    @property
    def region_scheme(self) -> str:
        """The code list and borders of the codes in ``region``."""
        return self.region.region_scheme

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
        """Return ``region year sex age persons``.

        Raises
        ------
        ScenarioError
            A level was asked for; this projection has no intervals.
        """
        refuse_level(level, "projection")
        return self.table("population")

    def sample(self, n: int) -> pd.DataFrame:
        """Refuse: a deterministic projection has no draws."""
        raise ScenarioError(f"This projection has no draws, so {n} cannot be taken.", hint="projection.to_frame()")

    def total(self) -> Projection:
        """Return the sum of the members as one region."""
        whole = Region(self.region.code, self.region.name, (self.region.code,), "own", (self.region.name,))
        facts = {**self.facts, "region": whole.to_dict()}
        return Projection(self._summed(whole.code), facts, self.own_sources, self.own_cautions, self.rests_on)

    @cached_property
    def history_and_future(self) -> pd.DataFrame:
        """Counted years before the launch and projected years after it, in one table."""
        past = self.observed.population
        past = past[past["year"] < self.launch]
        whole = self.region.code
        if set(past["region"]) != set(self.tables["population"]["region"]):
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

    def to_jsonstat(self) -> str:
        """Return the population as JSON-stat 2 text, ready for other programs."""
        import json
        import warnings

        from pyjstat import pyjstat

        table = self.tables["population"].rename(columns={"persons": "value"})
        with warnings.catch_warnings():
            # pyjstat warns of its own deprecated inner call.
            warnings.simplefilter("ignore", DeprecationWarning)
            dataset = pyjstat.Dataset.read(table.astype({"year": "str", "age": "str"}))
        # pyjstat stamps the clock and a source of its own.
        dataset["updated"] = f"{self.launch}-01-01"
        dataset["source"] = source_line(self.sources, "en")
        dataset["label"] = f"{self.region.name}, {self.vintage}, {self.scenario}"
        return json.dumps(dataset, ensure_ascii=False)

    def plot(self, language: str = "nb", **drawn: Any) -> Axes:
        """Draw the pyramid at the launch and in the last year; ``drawn`` goes to the figure."""
        from demografi import plots

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
            where="It is one path; intervals need draws, which this version does not make.",
            hint="result.to_frame()",
        )


def check_year(year: int, first: int, last: int) -> None:
    """Refuse a year outside what was projected."""
    if not first <= year <= last:
        raise ScenarioError(
            f"The year {year} lies outside {first}–{last}.",
            where=f"The launch is 1 January {first}; the projection ends on 1 January {last}.",
            hint=f"dg.project(observed, to={max(year, first + 1)})" if year > last else f"Ask for {first} or later.",
        )


def project(
    observed: Observed,
    to: int,
    *,
    mortality: pd.DataFrame | None = None,
    fertility: pd.DataFrame | None = None,
) -> Projection:
    """Carry every part of a region forward, year by year, from the last counted 1 January.

    Parameters
    ----------
    observed
        Counted population with at least six years of history.
    to
        Year of the last 1 January wanted.
    mortality, fertility
        Your own national schedules: ``sex age mx`` (and ``decline``) and ``age births_per_woman``
        [per person-year]. Norwegian regions take the shipped ones.

    Returns
    -------
    Projection
        One deterministic path; not Statistics Norway's.

    Raises
    ------
    ScenarioError
        The year is not after the launch, or no schedule fits the country.
    TableError
        The population lacks cells or history.

    Notes
    -----
    National death rates with age-specific decline; fertility by the national schedule times a
    local level, and net migration as the residual of the last ten years by age and sex, both
    pulled towards the nation (see docs/methods.md).

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
    schedule = _schedule(observed, mortality, fertility)
    past = _Past.of(observed, observed.region.members)
    nation = _nation(observed, past)
    fitted = _fit(past, nation, schedule)
    years = range(launch, to)
    open_age = past.stock.shape[-1] - 1
    survival = np.stack([schedule.survival(year, open_age) for year in years])
    results = _run(past, fitted, survival)
    facts = {
        **{key: observed.facts[key] for key in ("region",)},
        "launch": launch,
        "to": to,
        "vintage": f"demografi {launch}",
        "scenario": "main",
        "clamped": sum(year.clamped for year in results),
        "lacking": {},
    }
    sources = tuple(shipped.source(name) for name in ("mortality_schedule", "fertility_schedule"))
    cautions = (Caution.of("caution_own_projection"), Caution.of("caution_no_intervals"))
    tables = _tables(past, results)
    return Projection(tables, facts, sources if mortality is None else (), cautions, {"observed": observed})


def _schedule(observed: Observed, mortality: pd.DataFrame | None, fertility: pd.DataFrame | None) -> Rates:
    if mortality is None or fertility is None:
        if not observed.region_scheme.startswith("ssb-") and not observed.facts.get("shipped"):
            raise ScenarioError(
                f"There are no death and birth rates for {observed.region.name}.",
                where="The shipped schedules are Norway's at launch 2026.",
                hint="dg.project(observed, to=…, mortality=table, fertility=table)",
            )
        mortality, fertility = shipped.read("mortality_schedule"), shipped.read("fertility_schedule")
    deaths = mortality.assign(decline=mortality.get("decline", 0.0)).sort_values("age")
    by_sex = [deaths[deaths["sex"] == sex] for sex in SEXES]
    if any(part.empty for part in by_sex) or len(by_sex[0]) != len(by_sex[1]):
        raise TableError(
            "The mortality schedule does not hold the same ages for both sexes.",
            hint="Columns wanted: sex, age, mx and, if known, decline.",
        )
    births = np.zeros(ages.OPEN_AGE + 1)
    births[fertility["age"].to_numpy()] = fertility["births_per_woman"].to_numpy()
    launch = int(mortality["launch"].iloc[0]) if "launch" in mortality else observed.last_year
    return Rates(
        launch,
        np.stack([part["mx"].to_numpy(float) for part in by_sex]),
        np.stack([part["decline"].to_numpy(float) for part in by_sex]),
        births,
    )


@dataclass(frozen=True)
class _Past:
    """Counted stocks as an array (year, region, sex, age)."""

    years: NDArray[np.int64]
    regions: tuple[str, ...]
    stock: NDArray[np.float64]

    @classmethod
    def of(cls, observed: Observed, members: tuple[str, ...]) -> _Past:
        table = observed.population
        table = table[table["region"].isin(members) & (table["year"] >= observed.last_year - BASE_YEARS)]
        if table["persons"].isna().any():
            hole = table[table["persons"].isna()].iloc[0]
            raise TableError(
                f"The population of {observed.region.name_of(hole['region'])} lacks cells.",
                where=f"First: {hole['year']}, {hole['sex']}, age {hole['age']}, status {hole['status']!r}.",
                hint="Leave out the years before it, or supply the figures.",
            )
        years = np.sort(table["year"].unique())
        if len(years) <= FERTILITY_YEARS or not (np.diff(years) == 1).all():
            raise TableError(
                f"The population has {len(years)} years; local rates need {FERTILITY_YEARS + 1} in a row.",
                where=f"Seen: {', '.join(map(str, years))}.",
                hint=f"Give 1 January of {observed.last_year - BASE_YEARS}–{observed.last_year}.",
            )
        wide = table.pivot_table(index=["year", "region", "sex"], columns="age", values="persons", sort=True)
        order = pd.MultiIndex.from_product([years, members, SEXES])
        stock = wide.reindex(order).to_numpy().reshape(len(years), len(members), 2, -1)
        return cls(years, members, stock)


def _nation(observed: Observed, past: _Past) -> _Past:
    around = observed.benchmarks
    if around is not None and NATION in around.region.members:
        return _Past.of(around, (NATION,))
    return _Past(past.years, ("all",), past.stock.sum(axis=1, keepdims=True))


class _Fitted(NamedTuple):
    fertility: NDArray[np.float64]
    """(region, age) births per woman."""
    migration: NDArray[np.float64]
    """(region, sex, age) net migrants per person a year younger at the start."""


def _fit(past: _Past, nation: _Past, schedule: Rates) -> _Fitted:
    open_age = past.stock.shape[-1] - 1
    survival = np.stack([schedule.survival(int(year), open_age) for year in past.years[:-1]])[:, None]
    fertility = schedule.fertility[: open_age + 1]
    level = _local_fertility(past.stock, nation.stock, fertility)
    migration = _local_migration(past.stock, nation.stock, survival)
    return _Fitted(level[:, None] * fertility, migration)


def _local_fertility(stock: NDArray[np.float64], nation: NDArray[np.float64], shape: NDArray[np.float64]) -> Any:
    def expected(of: NDArray[np.float64]) -> NDArray[np.float64]:
        women = of[-FERTILITY_YEARS - 1 :, :, cohort.FEMALE]
        return np.asarray(((women[:-1] + women[1:]) / 2 * shape).sum(axis=-1))

    def infants(of: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(of[-FERTILITY_YEARS:, :, :, 0].sum(axis=2))

    wanted = expected(nation)
    yearly = np.divide(infants(nation), wanted, out=np.zeros_like(wanted), where=wanted > 0)
    return rates.local_level(infants(stock).sum(axis=0), (expected(stock) * yearly).sum(axis=0), POOL_BIRTHS)


def _local_migration(stock: NDArray[np.float64], nation: NDArray[np.float64], survival: NDArray[np.float64]) -> Any:
    def events_and_exposure(of: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        moved = rates.residual_migration(of, survival).sum(axis=0)
        before = np.zeros_like(of[:-1])
        before[..., 1:] = of[:-1, ..., :-1]
        before[..., -1] += of[:-1, ..., -1]
        both = [rates.smooth_over_age(x, SMOOTHING) * WINDOW for x in (moved, before.sum(axis=0))]
        return both[0], both[1]

    whole, base = events_and_exposure(nation)
    local, exposure = events_and_exposure(stock)
    pooled = rates.pooled_rate(local, exposure, whole / np.maximum(base, 1e-9), POOL_PERSON_YEARS)
    pooled[..., 0] = 0.0
    return pooled * rates.fade(np.arange(stock.shape[-1]), *MIGRATION_AGES)


def _run(past: _Past, fitted: _Fitted, survival: NDArray[np.float64]) -> list[cohort.Year]:
    population = past.stock[-1]
    years = []
    for shares in survival:
        before = np.zeros_like(population)
        before[..., 1:] = population[..., :-1]
        years.append(cohort.step(population, shares, fitted.fertility, SHARE_BOYS, before * fitted.migration))
        population = years[-1].population
    return years


def _tables(past: _Past, results: list[cohort.Year]) -> dict[str, pd.DataFrame]:
    launch = int(past.years[-1])
    stocks = np.stack([past.stock[-1], *(year.population for year in results)])
    tables = {"population": _long(stocks, launch, past.regions, "persons")}
    for name in FLOWS:
        flow = np.stack([getattr(year, name) for year in results])
        tables[name] = _long(flow, launch, past.regions, name)
    return tables


def _long(values: NDArray[np.float64], first_year: int, regions: tuple[str, ...], measure: str) -> pd.DataFrame:
    years, _, _, n_ages = values.shape
    index = pd.MultiIndex.from_product(
        [range(first_year, first_year + years), regions, SEXES, range(n_ages)],
        names=["year", "region", "sex", "age"],
    )
    return pd.DataFrame({measure: values.reshape(-1)}, index=index).reset_index()
