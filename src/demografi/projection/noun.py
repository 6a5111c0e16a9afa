"""The noun: a projected population with its flows, intervals and figures."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from demografi import ages, labels
from demografi.errors import ScenarioError, SourceError, TableError
from demografi.faces import years_shown
from demografi.observed import FLOWS, POPULATION, Observed
from demografi.projection import draw_files
from demografi.projection import draws as draws_of
from demografi.projection.drawn import DRAWN, note_own, pyramid_words
from demografi.projection.explaining import explain_by_flows, explain_by_stocks
from demografi.projection.tidy import region_of, sum_groups, tables_of
from demografi.regions import Region, Summable
from demografi.sources.jsonstat_writing import lay_out, to_jsonstat
from demografi.tables import Caution, Column, Contract, Source, merge_sources, source_line, whole_year

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from matplotlib.axes import Axes

__all__ = ["Projection", "check_year", "refuse_level"]


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
            "age_groups": Contract(
                "age_groups",
                (
                    Column("region", "text"),
                    Column("year", "integer"),
                    Column("age_group", "text"),
                    Column("persons", "number", "measure", "persons", "1 January of year"),
                ),
                ("region", "year", "age_group"),
            ),
        }
    )

    @property
    def observed(self) -> Observed:
        """The counted figures this starts from.

        Raises
        ------
        SourceError
            It is a published projection, or one's own table, and came without counted figures.
        """
        part = self.rests_on.get("observed")
        if not isinstance(part, Observed):
            raise SourceError(
                f"The projection of {self.region.name} ({self.vintage}) came without counted figures.",
                where="Service need and counted years rest on them.",
                hint="dg.official(observed, vintage=…) or dg.Projection.from_table(table, observed=observed, …)",
            )
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

    @cached_property
    def sources(self) -> tuple[Source, ...]:
        """Provenance of everything this rests on; of a published projection its own first."""
        behind = merge_sources(*(part.sources for part in self.rests_on.values()))
        return merge_sources(behind, self.own_sources) if self.is_own else merge_sources(self.own_sources, behind)

    @property
    def is_own(self) -> bool:
        """Tell whether this package's own model made it, flows and all."""
        return "births" in self.tables

    @property
    def age_groups(self) -> pd.DataFrame:
        """Persons by age group, both sexes, where no single years were published."""
        return self.table("age_groups")

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

    def to_frame(
        self,
        level: float | None = None,
        *,
        progress: Callable[[int, int], None] | None = None,
        memory: float | None = None,
    ) -> pd.DataFrame:
        """Return ``region year sex age persons``, and ``low high`` where a level is given.

        Parameters
        ----------
        level
            Share of the draws inside the central interval, between 0 and 1.
        progress, memory
            As in :meth:`interval`.

        Raises
        ------
        ScenarioError
            A level was asked for and the projection was made without draws or with too few, or they do not fit in
            memory.

        Notes
        -----
        Ends are exact quantiles of the draws as long as these are at most 10⁸ numbers; of more they are read from
        counts between fixed edges, and off by at most 1/16 of the standard deviation of the logarithm
        (docs/cluster.md).
        """
        if level is None:
            return self.table("population")
        self._need_draws(level)
        asked = draws_of.Asked(level, progress, memory)
        if self._drawn is not self:
            return draws_of.sums_with_ends(self, self._drawn, asked)
        return draws_of.cells_with_ends(self, asked)

    def interval(
        self,
        age_group: str = "total",
        level: float = 0.8,
        *,
        progress: Callable[[int, int], None] | None = None,
        memory: float | None = None,
    ) -> pd.DataFrame:
        """Return ``year persons low high`` of an age group, members together.

        Each draw is summed before the ends are found: the interval of a sum is not the sum of intervals. Draws are
        made in this process, or where ``joblib.parallel_config`` says, to the same bytes (docs/cluster.md).

        Parameters
        ----------
        age_group
            ``"80+"``, ``"20-66"``, ``"total"`` …
        level
            Share of the draws inside the central interval, between 0 and 1.
        progress
            Called with the draws made and the draws in all, after every shard of them.
        memory
            What may be taken [bytes]; by default what is available.

        Raises
        ------
        ScenarioError
            The projection was made without draws or with too few for the level (95 % takes 100), the level is not
            between 0 and 1, the draws do not fit in memory, or a worker runs another version.

        Examples
        --------
        >>> import demografi as dg
        >>> ends = dg.project(dg.example("Engerdal"), to=2030, draws=200).interval("total").iloc[-1]
        >>> bool(ends["low"] < 1_300 < ends["high"])
        True
        """
        self._need_draws(level)
        return draws_of.group_interval(self._drawn, age_group, draws_of.Asked(level, progress, memory))

    def sample(self, n: int, *, memory: float | None = None) -> pd.DataFrame:
        """Return ``n`` trajectories: ``region year sex age persons draw``; figures of one draw belong together.

        Raises
        ------
        ScenarioError
            There are fewer draws than asked for, or they do not fit in memory [bytes]; then see :meth:`write_draws`.
        """
        return draws_of.sampled(self, self._drawn, n, memory)

    def write_draws(
        self,
        path: str | Path,
        age_groups: Sequence[str] | None = None,
        *,
        progress: Callable[[int, int], None] | None = None,
    ) -> Path:
        """Write every draw to a Parquet file as it is made, whole or not at all; memory does not grow with the draws.

        Parameters
        ----------
        path
            File to write; its folder must exist.
        age_groups
            Write sums over these, ``region year age_group persons draw``; by default every cell,
            ``region year sex age persons draw`` as in :meth:`sample`.
        progress
            Called with the draws written and the draws in all.

        Raises
        ------
        ScenarioError
            The projection was made without draws.
        SourceError
            There is no such folder.

        Examples
        --------
        >>> import tempfile
        >>> import demografi as dg
        >>> projection = dg.project(dg.example("Engerdal"), to=2030, draws=100)
        >>> file = projection.write_draws(tempfile.mkdtemp() + "/draws.parquet", ["80+", "total"])
        >>> len(pd.read_parquet(file))
        1000
        """
        return draw_files.write(self, self._drawn, Path(path), age_groups, progress)

    @property
    def _drawn(self) -> Projection:
        """What is drawn: the members of a total, whose draws are summed."""
        members = self.rests_on.get("members")
        return members if isinstance(members, Projection) else self

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
        if "observed" not in self.rests_on:
            return self.table("population")[["region", "year", "sex", "age", "persons"]]
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
            ``net_migration``, ``end``. Start and the causes add up to the end. A projection without flows
            gives ``deaths_and_migration`` in one, and in ``births`` the children living at the end of their year.
        """
        to = self.to if to is None else to
        check_year(to, self.launch, self.to)
        stock = self.table("population")
        stock = stock[stock["year"] <= to]
        if not self.is_own:
            return explain_by_stocks(stock, age_group)
        return explain_by_flows(stock, {name: self.tables[name] for name in FLOWS}, age_group)

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
            self.table("population"),
            "persons",
            label=f"{self.region.name}, {self.vintage}, {self.scenario}",
            source=source_line(self.sources, "en"),
            updated=f"{self.launch}-01-01",
            units={"persons": "persons"},
        )
        return json.dumps(to_jsonstat(table), ensure_ascii=False)

    def plot(self, by: str = "pyramid", language: str = "nb", **drawn: Any) -> Axes:
        """Draw the region as a whole, or its municipalities.

        Parameters
        ----------
        by
            ``"pyramid"``: age and sex at the launch and in the last year; ``"year"``: persons aged 80 and over,
            counted and projected; ``"fan"``: an age group with intervals of 50 and 80 %, and how often such have
            held; ``"components"``: births, deaths, net migration and change by year; ``"age"``: change by age group;
            ``"municipality"`` and ``"map"``: persons aged 80 and over of each municipality.
        language
            ``"nb"``, ``"nn"`` or ``"en"``.
        drawn
            ``size`` and ``variant``, for the figure. By ``"year"`` also ``alternatives``, a table of
            ``year low high`` [persons aged 80 and over] of Statistics Norway's low and high alternatives; by
            ``"map"`` also ``points``, see :func:`demografi.plots.tile_layout`; by ``"fan"`` also ``age_group``.

        Raises
        ------
        ScenarioError
            Nothing is drawn by that, or a fan is asked of a projection made without draws.
        """
        draw = DRAWN.get(by)
        if draw is None:
            raise ScenarioError(
                f"A projection cannot be drawn by {by!r}.",
                where=f"There are {', '.join(repr(known) for known in DRAWN)}.",
                hint="projection.plot(by='components')",
            )
        return draw(self, language, **drawn)

    def figure_words(self, language: str = "nb") -> Any:
        """Return title, subtitle, note, source and alternative text of the pyramid, from the numbers."""
        return pyramid_words(self, language)

    def persons(self, age_group: str, year: int) -> float:
        """Return the number of persons in an age group on 1 January, members together."""
        check_year(year, self.launch, self.to)
        if "age_groups" in self.tables:
            table = self.tables["age_groups"]
            return float(sum_groups(table[table["year"] == year], [age_group])["persons"].sum())
        table = self.tables["population"]
        return float(ages.select(table[table["year"] == year], age_group)["persons"].sum())

    def _face_table(self) -> pd.DataFrame:
        years = years_shown(self.launch, self.to)
        if "age_groups" in self.tables:
            table = self.tables["age_groups"]
            return table[table["year"].isin(years)].pivot_table("persons", "age_group", "year", "sum", sort=False)
        return ages.by_group(self.tables["population"], years)

    def by_age_group(self, age_groups: Sequence[str]) -> pd.DataFrame:
        """Return ``region year age_group persons``, both sexes together, single years or groups published alike.

        Raises
        ------
        TableError
            A group cannot be put together from those published.
        """
        if "age_groups" in self.tables:
            return sum_groups(self.tables["age_groups"], age_groups)
        table = self.tables["population"].drop(columns="sex")[["region", "year", "age", "persons"]]
        return ages.collapse(table, age_groups)

    def note(self, language: str = "nb") -> str:
        """Return whose projection a figure shows."""
        if self.is_own:
            return note_own(language)
        return labels.text("note_published", language, vintage=self.vintage, scenario=self.scenario)

    def sources_of_figure(self) -> tuple[Source, ...]:
        """Return the sources a figure of the population names."""
        return self.observed.own_sources[:1] if self.is_own else self.own_sources

    @classmethod
    def from_table(
        cls,
        table: pd.DataFrame,
        *,
        vintage: str,
        region: Region | str | Sequence[str] | None = None,
        scenario: str = "own",
        observed: Observed | None = None,
        sources: tuple[Source, ...] = (),
    ) -> Projection:
        """Make a projection of anybody's table; need, indicators and figures take it as they take the model's.

        Parameters
        ----------
        table
            ``region year sex age persons``, every combination there, or ``region year age_group persons`` with
            groups that hold every age once [persons on 1 January]. ``region`` may be lacking where there is one.
        vintage
            Whose projection, of which year: ``"SSB 2026"``, ``"county 2025"``.
        region
            A region, its name, or a list; the codes in the table by default.
        scenario
            The name of its assumptions, such as ``"MMMM"``.
        observed
            Counted figures of the same region, for service need and counted years.
        sources
            Where it comes from.

        Raises
        ------
        TableError
            A column is lacking, a row stands twice, the grid has a hole, or groups overlap.
        RegionError
            The table and the region do not have the same places.

        Examples
        --------
        >>> table = pd.DataFrame({"year": [2026, 2030], "age_group": "0+", "persons": [1287, 1300]})
        >>> Projection.from_table(table, vintage="county 2025", region="Engerdal").persons("total", 2030)
        1300.0
        """
        whole = region_of(region, table)
        tables = tables_of(table, whole)
        years = tables[next(iter(tables))]["year"].astype("int64")
        if observed is not None and set(observed.region.members) != set(whole.members):
            raise TableError(
                f"The counted figures are of {observed.region.name}, the projection of {whole.name}.",
                hint="Give figures of the same places.",
            )
        without = f"{vintage} gives persons only."
        facts = {
            "region": whole.to_dict(),
            "draws": 0,
            "launch": int(years.min()),
            "to": int(years.max()),
            "vintage": vintage,
            "scenario": scenario,
            "lacking": {**dict.fromkeys(FLOWS, without), "population": f"{without} See .age_groups."},
        }
        said = (Caution.of("caution_published", vintage=vintage, scenario=scenario),)
        return cls(tables, facts, sources, said, {} if observed is None else {"observed": observed})

    def _headline(self) -> str:
        if "age_groups" in self.tables:
            return f"{self.persons('total', self.launch):,.0f} persons in {self.launch}, " + (
                f"{self.persons('total', self.to):,.0f} in {self.to}; by age group"
            )
        old = ""
        if self.tables["population"]["age"].max() >= ages.bounds("80+")[0]:
            old = f"; 80+ from {self.persons('80+', self.launch):,.0f} to {self.persons('80+', self.to):,.0f}"
        return (
            f"{self.persons('total', self.launch):,.0f} persons on 1 January {self.launch}, "
            f"{self.persons('total', self.to):,.0f} in {self.to}{old}"
        )


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
    if not first <= whole_year(year, f"Ask for {first} or later.") <= last:
        raise ScenarioError(
            f"The year {year} lies outside {first}–{last}.",
            where=f"The launch is 1 January {first}; the projection ends on 1 January {last}.",
            hint=f"dg.project(observed, to={max(year, first + 1)})" if year > last else f"Ask for {first} or later.",
        )
