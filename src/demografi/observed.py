"""What has been counted: harmonised, checked, with provenance."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

import pandas as pd

from demografi import ages, labels, regions
from demografi.errors import RegionError, SourceError, TableError
from demografi.faces import years_shown
from demografi.regions import Region, Summable
from demografi.sources import shipped
from demografi.tables import Caution, Column, Contract, Source, must_be, source_line

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.axes import Axes

__all__ = ["Observed", "chain_link", "example"]

_REGION = Column("region", "text")
_CELL = (
    _REGION,
    Column("year", "integer"),
    Column("sex", "text"),
    Column("age", "integer", unit="completed years"),
)
_STATUS = Column("status", "text", "mark")
_COUNTED = (_REGION, Column("year", "integer"), Column("reference_date", "text", "mark"))

POPULATION = Contract(
    "population",
    (*_CELL, Column("persons", "number", "measure", "persons", "1 January of year"), _STATUS),
    complete=("region", "year", "sex", "age"),
)


def _flow(name: str, *, signed: bool = False) -> Contract:
    measure = Column(name, "number", "measure", "persons", "calendar year", signed=signed)
    return Contract(name, (*_CELL, measure, _STATUS))


FLOWS = {
    "births": _flow("births"),
    "deaths": _flow("deaths"),
    "net_migration": _flow("net_migration", signed=True),
}
USERS = Contract(
    "users",
    (
        *_COUNTED,
        Column("service", "text"),
        Column("age_group", "text"),
        Column("users", "number", "measure", "persons", "31 December of year"),
        _STATUS,
    ),
)
PERSON_YEARS = Contract(
    "person_years",
    (
        *_COUNTED,
        Column("service", "text"),
        Column("occupation", "text"),
        Column("concept", "text"),
        Column("fte", "number", "measure", "person-years", "November of year"),
        _STATUS,
    ),
)
STAFF = Contract(
    "staff",
    (
        *_COUNTED,
        Column("occupation", "text"),
        Column("age_group", "text"),
        Column("sector", "text", may_be_missing=True),
        Column("basis", "text", may_be_missing=True),
        Column("persons", "number", "measure", "persons", "November of year", may_be_missing=True),
        Column("fte", "number", "measure", "person-years", "November of year", may_be_missing=True),
        _STATUS,
    ),
)

BENCHMARKS = "benchmarks"
LEFT_OVER = 0.5
"""Difference between flows and stocks that is rounding [persons in a place and year]."""


class Observed(Summable):
    """Counted figures of a region and its parts.

    Make one with :func:`example` (shipped figures), ``demografi.load`` (any region) or :meth:`from_tables` (your own).
    """

    CONTRACTS: ClassVar[Mapping[str, Contract]] = MappingProxyType(
        {"population": POPULATION, **FLOWS, "users": USERS, "person_years": PERSON_YEARS, "staff": STAFF}
    )

    @property
    def population(self) -> pd.DataFrame:
        """Persons on 1 January: ``region year sex age persons status``."""
        return self.table("population")

    @property
    def births(self) -> pd.DataFrame:
        """Live births: age is the mother's, sex the child's."""
        return self.table("births")

    @property
    def deaths(self) -> pd.DataFrame:
        """Deaths by age reached at the end of the year."""
        return self.table("deaths")

    @property
    def net_migration(self) -> pd.DataFrame:
        """Net migrants by age reached at the end of the year."""
        return self.table("net_migration")

    @property
    def users(self) -> pd.DataFrame:
        """Service users on 31 December: ``region year reference_date service age_group users status``."""
        return self.table("users")

    @property
    def person_years(self) -> pd.DataFrame:
        """Contracted person-years in November; ``concept`` says whether by education or occupation."""
        return self.table("person_years")

    @property
    def staff(self) -> pd.DataFrame:
        """Staff by occupation and age."""
        return self.table("staff")

    @property
    def benchmarks(self) -> Observed | None:
        """The counties around the region, and the nation, where at hand."""
        part = self.rests_on.get("benchmarks")
        return part if isinstance(part, Observed) else None

    @property
    def last_year(self) -> int:
        """The last 1 January in the population."""
        return int(self.tables["population"]["year"].max())

    @property
    def first_whole_year(self) -> int:
        """The first year from which no cell of the population is missing."""
        stock = self.tables["population"]
        empty = stock.loc[stock["persons"].isna(), "year"]
        return int(stock["year"].min() if empty.empty else empty.max() + 1)

    def to_frame(self) -> pd.DataFrame:
        """Return the population table."""
        return self.population

    def explain(self, age_group: str = "80+", since: int | None = None) -> pd.DataFrame:
        """Split the change in an age group into cohorts and the rest, which sum exactly to it.

        Parameters
        ----------
        age_group
            ``"80+"``, ``"20-66"``, ``"total"`` …
        since
            First year; ten years before the last by default, or the first that lacks no cell.

        Returns
        -------
        pandas.DataFrame
            ``region cause persons``: ``start``, ``grow_into`` (for groups from age 0: children born and
            living at the end of the year), ``grow_out_of``, ``deaths_and_migration`` (what stocks alone
            cannot tell apart), ``end``.

        Raises
        ------
        TableError
            A year from ``since`` on lacks cells.
        """
        stock = self.tables["population"]
        whole = self.first_whole_year
        since = max(self.last_year - 10, whole) if since is None else since
        if since < whole:
            raise TableError(
                f"The population lacks cells between {since} and {whole}.",
                where="What is missing cannot be split into causes.",
                hint=f"observed.explain({age_group!r}, since={whole})",
            )
        first, last = ages.bounds(age_group)
        during = stock[(stock["year"] >= since) & (stock["year"] < self.last_year)]
        after = stock[(stock["year"] > since) & (stock["age"] == 0)]

        def of(rows: pd.DataFrame) -> pd.Series[float]:
            return rows.groupby("region", sort=False)["persons"].sum()

        start = of(ages.select(stock[stock["year"] == since], age_group))
        end = of(ages.select(stock[stock["year"] == self.last_year], age_group))
        into = of(during[during["age"] == first - 1]) if first else of(after)
        out = start * 0.0 if last is None else -of(during[during["age"] == last])
        causes = {"start": start, "grow_into": into, "grow_out_of": out}
        causes |= {"deaths_and_migration": end - start - into - out, "end": end}
        parts = [persons.rename("persons").reset_index().assign(cause=cause) for cause, persons in causes.items()]
        return pd.concat(parts, ignore_index=True)[["region", "cause", "persons"]]

    def plot(self, language: str = "nb", **drawn: Any) -> Axes:
        """Draw persons aged 80 and over, year by year."""
        from demografi import plots

        stock = self.tables["population"]
        stock = stock[stock["year"] >= self.first_whole_year]
        old = ages.select(stock, "80+").groupby("year")["persons"].sum()
        lines = pd.DataFrame({"name": self.region.name, "year": old.index, "value": old.to_numpy()})
        say = {
            "count": labels.number(old.iloc[-1], language=language),
            "place": labels.place(self.region.name, language),
            "first": str(old.index[0]),
            "last": str(old.index[-1]),
        }
        words = plots.Words(
            title=labels.text("observed_title", language, **say),
            subtitle=labels.text("observed_subtitle", language, **say),
            note=" ".join(c.text(language) for c in self.own_cautions if c.key == "caution_split_history"),
            source=source_line(self.own_sources[:1], language, calculated=False),
            alt=labels.text("observed_alt", language, **say),
        )
        drawn = {"focus": self.region.name, "projected_from": None, "decimals": 0, "language": language, **drawn}
        return plots.comparison(lines, words, **drawn)

    @classmethod
    def from_tables(
        cls,
        population: pd.DataFrame,
        *,
        births: pd.DataFrame | None = None,
        deaths: pd.DataFrame | None = None,
        net_migration: pd.DataFrame | None = None,
        users: pd.DataFrame | None = None,
        person_years: pd.DataFrame | None = None,
        name: str = "own tables",
        sources: tuple[Source, ...] = (),
    ) -> Observed:
        """Make the same noun from anybody's tables, of any country.

        Parameters
        ----------
        population
            ``region year sex age persons`` [persons on 1 January], every combination there;
            ``status`` only where a value is missing.
        births, deaths, net_migration, users, person_years
            As in the contract; leave out what you lack. A projection takes migration from the population; where
            ``net_migration`` says something else, that is a caution.
        name
            What to call the whole.
        sources
            Where the figures come from.

        Raises
        ------
        TableError
            A column is lacking, a row stands twice, the grid has a hole, a count is negative.
        """
        must_be(population, pd.DataFrame, "dg.Observed.from_tables", "dg.Observed.from_tables(population=table)")
        given = {
            "population": population,
            "births": births,
            "deaths": deaths,
            "net_migration": net_migration,
            "users": users,
            "person_years": person_years,
        }
        tables = {key: _with_status(table) for key, table in given.items() if table is not None}
        if "region" not in population.columns:
            raise TableError("The table 'population' lacks the column 'region'.", hint="population['region'] = 'A'")
        codes = tuple(dict.fromkeys(population["region"].astype("str")))
        _refuse_strangers(tables, set(codes))
        _refuse_sum_among_parts(population)
        whole = Region(regions.slug(name), name, codes, "own", codes)
        made = cls(tables, {"region": whole.to_dict(), "lacking": {}}, sources)
        return replace(made, own_cautions=_contradicted(made))

    def _face_table(self) -> pd.DataFrame:
        return ages.by_group(self.tables["population"], years_shown(self.first_whole_year, self.last_year))

    def _headline(self) -> str:
        if self.region.code == BENCHMARKS:
            return ", ".join(self.region.names)
        table = self.tables["population"]
        last = table[table["year"] == self.last_year]
        old = ""
        if last["age"].max() >= ages.bounds("80+")[0]:
            old = f", {ages.select(last, '80+')['persons'].sum():,.0f} of them 80+"
        return (
            f"{last['persons'].sum():,.0f} persons on 1 January {self.last_year}{old}; tables: {', '.join(self.tables)}"
        )


def _refuse_strangers(tables: Mapping[str, pd.DataFrame], codes: set[str]) -> None:
    """Refuse a table of places that the population does not have: a name written otherwise would be lost."""
    for name, table in tables.items():
        strange = sorted(set(table.get("region", pd.Series(dtype="str")).astype("str")) - codes)
        if strange:
            raise TableError(
                f"The table '{name}' has the region {strange[0]!r}, which the population lacks.",
                where=f"The population has: {', '.join(sorted(codes)[:5])}{', …' if len(codes) > 5 else ''}.",
                hint=f"{name} = {name}[{name}['region'].isin(population['region'])], or mend the name.",
            )


def _contradicted(made: Observed) -> tuple[Caution, ...]:
    """Say where births, deaths and net migration do not give the next 1 January; the population is what is used."""
    if not all(made.has(name) for name in FLOWS):
        return ()
    people, births, deaths, moved = (_by_year(made, name) for name in ("population", *FLOWS))
    change = people.rename(index=lambda year: year - 1, level="year") - people
    left = (change - (births - deaths + moved)).dropna()
    wrong = left[left.abs() > LEFT_OVER]
    if wrong.empty:
        return ()
    worst = int(wrong.abs().argmax())
    region, year = wrong.index[worst]
    net = float(moved.loc[wrong.index].iloc[worst])
    says = {"net": net, "stocks": net + float(wrong.iloc[worst])}
    count = {"wrong": float(len(wrong)), "every": float(len(left))}
    return (Caution.of("caution_net_migration", name=str(region), year=str(year), **says, **count),)


def _by_year(made: Observed, name: str) -> pd.Series[float]:
    measure = "persons" if name == "population" else name
    cells = made.tables[name].groupby(["region", "year"])[measure]
    return cells.sum().where(cells.count() == cells.size())


def _refuse_sum_among_parts(population: pd.DataFrame) -> None:
    """Refuse a row for the whole beside its parts: everybody would be counted twice."""
    checked = POPULATION.check(_with_status(population))
    last = checked[checked["year"] == checked["year"].max()]
    wide = last.pivot_table("persons", ["sex", "age"], "region", sort=False)
    if wide.shape[1] < 3:
        return
    same = (wide.mul(2).sub(wide.sum(axis=1, min_count=wide.shape[1]), axis=0).abs() < 1e-6).all()
    for code in wide.columns[same & (wide.sum() > 0)]:
        raise TableError(
            f"The region {code!r} is the sum of the others in every sex and age.",
            where="Its people would be counted twice.",
            hint=f"population = population[population['region'] != {code!r}]",
        )


def _with_status(table: pd.DataFrame) -> pd.DataFrame:
    must_be(table, pd.DataFrame, "dg.Observed.from_tables", "dg.Observed.from_tables(population=table, births=table)")
    table = table.copy()
    if "status" not in table.columns:
        table["status"] = ""
    if "year" in table.columns and "service" in table.columns and "reference_date" not in table.columns:
        table["reference_date"] = table["year"].astype("str") + "-12-31"
    return table


def example(name: str = "Lakseregionen") -> Observed:
    """Return real figures that ship with the package; needs no network.

    Parameters
    ----------
    name
        ``"Lakseregionen"``, ``"Lakseregionen helse"``, ``"Engerdal"``, one of the eleven municipalities, or one of
        Trøndelag, Møre og Romsdal, Innlandet and Norge (population only).

    Returns
    -------
    Observed
        Population 2006–2026 (SSB 07459, borders of 2024); care users and nurses (KOSTRA) for municipalities.

    Raises
    ------
    RegionError
        No region has that name.
    SourceError
        The region is known, but its figures do not ship.

    Examples
    --------
    >>> observed = example()
    >>> int(observed.population.query("year == 2026")["persons"].sum())
    69359
    """
    wanted = regions.region(name)
    population = _shipped_population()
    at_hand = set(population["region"].unique())
    absent = [wanted.name_of(code) for code in wanted.members if code not in at_hand]
    if absent:
        raise SourceError(
            f"The figures of {absent[0]} do not ship with demografi.",
            where="At hand: the ten of Lakseregionen, Engerdal, Trøndelag, Møre og Romsdal, Innlandet and Norge.",
            hint=f"dg.load({name!r}), or --live at the command line; or bring your own tables.",
        )
    tables = {"population": _of(population, wanted.members)}
    sources = [_population_source(wanted)]
    for table in ("users", "person_years"):
        rows = _of(_SHIPPED[table][0](), wanted.members)
        if len(rows):
            tables[table] = rows
            sources += [shipped.source(source) for source in _SHIPPED[table][1]]
    lacking = {flow: f"Municipal {flow.replace('_', ' ')} do not ship; only stocks do." for flow in FLOWS}
    lacking["staff"] = "No published table has occupation by age for a municipality."
    facts = {"region": wanted.to_dict(), "lacking": lacking, "shipped": True}
    return Observed(tables, facts, tuple(sources), _cautions(wanted), _benchmarks(wanted, population))


def _of(table: pd.DataFrame, codes: tuple[str, ...]) -> pd.DataFrame:
    return table[table["region"].isin(codes)].reset_index(drop=True)


def _population_source(wanted: Region) -> Source:
    whole = wanted.region_scheme == regions.COUNTIES
    return shipped.source("population_counties_nation" if whole else "population_municipalities")


def _benchmarks(wanted: Region, population: pd.DataFrame) -> dict[str, Observed]:
    at_hand = set(population["region"].unique()) - set(wanted.members)
    codes = tuple(code for code in (*wanted.counties, regions.NATION) if code in at_hand)
    if not codes:
        return {}
    names = tuple(regions.name_of(code) for code in codes)
    around = Region(BENCHMARKS, BENCHMARKS, codes, regions.COUNTIES, names)
    tables = {"population": _of(population, codes)}
    source = (shipped.source("population_counties_nation"),)
    return {"benchmarks": Observed(tables, {"region": around.to_dict(), "lacking": {}, "shipped": True}, source)}


def _cautions(wanted: Region) -> tuple[Caution, ...]:
    split = tuple(wanted.name_of(code) for code in wanted.members if code in SPLIT_UNITS)
    cautions = [Caution.of("caution_split_history", names=split)] if split else []
    if any(code in _municipal_codes() for code in wanted.members):
        cautions.append(Caution.of("caution_derived_67_79"))
    return tuple(cautions)


def _municipal_codes() -> set[str]:
    return set(shipped.read("care_users")["region"].unique())


SPLIT_UNITS = ("5055", "5056", "5059")
FIRST_EXACT_YEAR = 2020


@cache
def _shipped_population() -> pd.DataFrame:
    table = pd.concat(
        [shipped.read("population_municipalities"), shipped.read("population_counties_nation")],
        ignore_index=True,
    )
    table = table.melt(["region", "year", "age"], ["female", "male"], var_name="sex", value_name="persons")
    return chain_link(table.astype({"persons": float}).assign(status=""), SPLIT_UNITS, FIRST_EXACT_YEAR)


def chain_link(population: pd.DataFrame, units: tuple[str, ...], first_exact: int) -> pd.DataFrame:
    """Scale the history of units with a guessed split, so that none grows by the guess alone.

    Parameters
    ----------
    population
        ``region year sex age persons`` [persons].
    units
        Codes whose sum is exact in every year, while their shares are a guess before ``first_exact``.
    first_exact
        First year in which each unit is exact.

    Returns
    -------
    pandas.DataFrame
        The table with ``quality``: ``"split"`` on scaled cells. In the last guessed year each unit grows as fast as
        the exact sum; no share of the sum is moved after that.

    Examples
    --------
    >>> t = pd.DataFrame({"region": ["a", "b"] * 2, "year": [2019, 2019, 2020, 2020], "persons": [60.0, 40, 50, 50]})
    >>> chain_link(t, ("a", "b"), 2020)["persons"].tolist()
    [50.0, 50.0, 50.0, 50.0]
    """
    at_hand = set(population["region"].unique())
    absent = [unit for unit in units if unit not in at_hand]
    if absent:
        raise RegionError(
            f"The unit {absent[0]} is not in the table, so the exact sum is not known.",
            hint=f"Give all of {', '.join(units)}.",
        )
    whole = population[population["region"].isin(units)]
    before, after = (
        whole[whole["year"] == year].groupby("region")["persons"].sum() for year in (first_exact - 1, first_exact)
    )
    factor = (after / before) * (before.sum() / after.sum())
    guessed = population["region"].isin(units) & (population["year"] < first_exact)
    scale = population["region"].map(factor).where(guessed, 1.0)
    return population.assign(persons=population["persons"] * scale, quality=guessed.map({True: "split", False: ""}))


@cache
def _shipped_users() -> pd.DataFrame:
    return derive_67_79(shipped.read("care_users"))


def derive_67_79(users: pd.DataFrame) -> pd.DataFrame:
    """Fill home-service users aged 67–79 where the table has all the others, and mark them ``derived``.

    Parameters
    ----------
    users
        ``region year service age_group users status`` [persons on 31 December].
    """
    keys = ["region", "year"]
    home = users[users["service"] == "home_service"]
    wide = home.pivot_table(index=keys, columns="age_group", values="users", aggfunc="sum", min_count=1)
    # A group that is hidden everywhere has no column of its own.
    wide = wide.reindex(columns=list(dict.fromkeys([*wide.columns, "total", "0-66", "80+"])))
    rest = (wide["total"] - wide["0-66"] - wide["80+"]).rename("rest")
    users = users.assign(users=users["users"].astype(float), quality="").join(rest, on=keys)
    open_cell = (users["service"] == "home_service") & (users["age_group"] == "67-79") & users["users"].isna()
    filled = open_cell & users["rest"].notna()
    users.loc[filled, "users"] = users.loc[filled, "rest"]
    users.loc[filled, "status"] = ""
    users.loc[filled, "quality"] = "derived"
    return users.drop(columns="rest")


@cache
def _shipped_person_years() -> pd.DataFrame:
    both = [shipped.read("nurse_person_years"), shipped.read("person_years_by_occupation")]
    return pd.concat(both, ignore_index=True)


_SHIPPED = {
    "users": (_shipped_users, ("care_users",)),
    "person_years": (_shipped_person_years, ("nurse_person_years", "person_years_by_occupation")),
}
