"""Indicators with named ages: numerators and denominators are summed first, then divided."""

from __future__ import annotations

from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from demografi import labels
from demografi.errors import RegionError, ScenarioError, SourceError
from demografi.loading.care import occupations
from demografi.observed import Observed, example
from demografi.projection import Projection, project, refuse_level
from demografi.ratios.intervals import ends_of
from demografi.ratios.joined import join
from demografi.ratios.terms import Side, definitions, is_of_ages, ratios
from demografi.ratios.work import EVERYONE, Work, parts_of
from demografi.regions import NATION, OfRegion
from demografi.tables import Caution, Column, Contract, Result, must_be, source_line

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes

    from demografi.needs import Need
    from demografi.workforce import Gap, Supply

    Figures = Projection | Observed | Need | Supply | Gap

__all__ = ["Indicators", "definitions", "indicators", "named"]

MAIN = ("aldersbareevne", "20-66 / 67+")
IN_FACE = (MAIN, ("persons", "80+"), ("users", "users 80+"), ("person_years_rate", "person-years / 20-66 ×1000"))
WORDS = (
    "first year",
    "person-years",
    "net migration",
    "female",
    "total",
    "users",
    "births",
    "exits",
    "staff",
    "gap",
    "need",
    "years",
)
"""Words of a definition that people read in their own language, the longer first."""

INDICATORS = Contract(
    "indicators",
    (
        Column("region", "text"),
        Column("year", "integer"),
        Column("indicator", "text"),
        Column("definition", "text"),
        Column("value", "number", "measure", "see dg.ratios.definitions()", "1 January of year", signed=True),
    ),
)


class Indicators(OfRegion):
    """Ratios by region and year; not additive, so there is no total."""

    CONTRACTS: ClassVar[Mapping[str, Contract]] = MappingProxyType({"indicators": INDICATORS})

    @property
    def _span(self) -> tuple[int, int]:
        """From the launch to the last year; of counted figures alone from the first year to the last."""
        launch, to = int(self.facts["launch"]), int(self.facts["to"])
        return (launch, to) if launch < to else (int(self.tables["indicators"]["year"].min()), to)

    def to_frame(self, level: float | None = None) -> pd.DataFrame:
        """Return ``region year indicator definition value numerator denominator projected``.

        Parameters
        ----------
        level
            Share of the draws inside a central interval: adds ``low high`` to indicators of persons by age in the
            region and its members, and of users, person-years and gap where those were given. Numerators and
            denominators of one draw belong together. Flows and indicators of one sex have none: the errors drawn are
            of both sexes together. Nor has the gap where its supply has no draws, or others.

        Raises
        ------
        ScenarioError
            A level was asked for, and the projection was made without draws.
        """
        table = self.table("indicators")
        if level is None:
            return table
        projection = self.rests_on.get("projection")
        if not isinstance(projection, Projection) or not projection.facts["draws"]:
            refuse_level(level, "projection")
            return table
        work = Work(*(self.rests_on.get(name) for name in Work._fields))  # type: ignore[arg-type]
        ends = ends_of(projection, work, level)
        return table.merge(ends, how="left", on=["region", "year", "indicator", "definition"])

    @cached_property
    def known_cautions(self) -> tuple[Caution, ...]:
        """What a reader must know; that what it is set against has no intervals is said of those places alone."""
        found = super().known_cautions
        if not _is_drawn(self.rests_on.get("projection")):
            return found
        return tuple(caution for caution in found if caution.key != "caution_no_intervals")

    def value(self, indicator: str, definition: str, region: str, year: int) -> float:
        """Return one value; a definition may be named by who uses it (``"agder"``) or its occupation (``"nurse"``).

        Raises
        ------
        ScenarioError
            There is no such value.
        """
        table = self.of(indicator, definition)
        row = table[(table["region"] == region) & (table["year"] == year)]
        if row.empty:
            every = self.tables["indicators"]
            raise ScenarioError(
                f"There is no {indicator} ({definition}) for {region} in {year}.",
                where=f"Years: {every['year'].min()}–{every['year'].max()}.",
                hint="dg.ratios.definitions()",
            )
        return float(row["value"].iloc[0])

    def of(self, indicator: str, definition: str | None = None) -> pd.DataFrame:
        """Return the rows of one indicator; a definition may be named by who uses it, or by the occupation it is of."""
        table = self.tables["indicators"]
        if definition is None:
            return table[table["indicator"] == indicator].reset_index(drop=True)
        known = definitions()
        preset = known[
            (known["indicator"] == indicator) & known["preset"].str.split().map(lambda who: definition in who)
        ]
        wanted = str(preset["definition"].iloc[0]) if len(preset) else definition
        said = table["definition"].eq(wanted) | table["definition"].str.startswith(f"{wanted}: ")
        return table[(table["indicator"] == indicator) & said].reset_index(drop=True)

    def change(self, since: int | None = None, to: int | None = None) -> pd.DataFrame:
        """Return ``region indicator definition first last change`` between two years; the launch and the last."""
        first, last = self._span
        years = (first if since is None else since, last if to is None else to)
        table = self.tables["indicators"]
        keys = ["region", "indicator", "definition"]
        before, after = (table[table["year"] == year].set_index(keys)["value"] for year in years)
        both = pd.DataFrame({"first": before, "last": after}).dropna()
        return both.assign(change=both["last"] - both["first"]).reset_index()

    def trend(self, since: int | None = None) -> pd.DataFrame:
        """Return ``region indicator definition per_year``: the least-squares slope of the counted years.

        Parameters
        ----------
        since
            First year; ten years before the launch by default.
        """
        launch = int(self.facts["launch"])
        table = self.tables["indicators"]
        table = table[(table["year"] <= launch) & (table["year"] >= (launch - 10 if since is None else since))]
        keys = ["region", "indicator", "definition"]
        mean = table.groupby(keys, sort=False)[["year", "value"]].transform("mean")
        apart = table["year"] - mean["year"]
        up = (apart * (table["value"] - mean["value"])).groupby([table[key] for key in keys], sort=False).sum()
        across = (apart**2).groupby([table[key] for key in keys], sort=False).sum()
        return (up / across.where(across > 0)).dropna().rename("per_year").reset_index()

    def rank(self, indicator: str = MAIN[0], definition: str = MAIN[1], year: int | None = None) -> pd.DataFrame:
        """Return ``region name value rank`` of the members, 1 for the highest; equals share the better rank."""
        table = self.of(indicator, definition)
        when = int(self.facts["launch"]) if year is None else year
        own = table[(table["year"] == when) & table["region"].isin(self.region.members)]
        ranked = own.assign(
            name=own["region"].map(self.region.name_of), rank=own["value"].rank(ascending=False, method="min")
        )
        ranked = ranked.astype({"rank": "int64"}).sort_values(["rank", "region"])
        return ranked[["region", "name", "value", "rank"]].reset_index(drop=True)

    def explain(self, to: int | None = None, indicator: str = MAIN[0], definition: str = MAIN[1]) -> pd.DataFrame:
        """Split the change in a ratio, 20–66 ÷ 67+ by default, into the part of the numerator and of the denominator.

        Returns
        -------
        pandas.DataFrame
            ``region cause value``: ``start``, ``numerator``, ``denominator``, ``end``; the order in which the two
            change does not matter (mean of both orders).

        Raises
        ------
        ScenarioError
            It is a count, which has no denominator.
        """
        years = (self._span[0], self._span[1] if to is None else to)
        rows = self.of(indicator, definition)
        if rows["denominator"].isna().all():
            raise ScenarioError(
                f"{indicator} ({definition}) is no ratio with parts.",
                where="Only a ratio is split into numerator and denominator.",
                hint="ratios.change()",
            )
        first, last = (rows[rows["year"] == year].set_index("region") for year in years)
        per = first["value"] * first["denominator"] / first["numerator"]
        up = per * (last["numerator"] - first["numerator"]) * (1 / first["denominator"] + 1 / last["denominator"]) / 2
        causes = {
            "start": first["value"],
            "numerator": up,
            "denominator": last["value"] - first["value"] - up,
        }
        causes["end"] = last["value"]
        parts = [values.rename("value").reset_index().assign(cause=cause) for cause, values in causes.items()]
        return pd.concat(parts, ignore_index=True)[["region", "cause", "value"]]

    def plot(self, language: str = "nb", *, by: str = "year", **drawn: Any) -> Axes:
        """Draw aldersbæreevne (20–66 per person 67+).

        Parameters
        ----------
        language
            ``"nb"``, ``"nn"`` or ``"en"``.
        by
            ``"year"``: the region against counties and nation; ``"municipality"``: each member in a small plot
            against the region, fifteen on a ``page``.
        **drawn
            Goes to the figure: ``size`` and ``variant``.

        Raises
        ------
        ScenarioError
            There is no such figure, or the region is one place.
        """
        from demografi import plots

        if by == "municipality":
            return self._plot_members(language, **drawn)
        if by != "year":
            raise ScenarioError(
                f"Indicators cannot be drawn by {by!r}.",
                where="There are 'year' and 'municipality'.",
                hint="ratios.plot(by='municipality')",
            )
        whole_country = {str(self.facts["against"].get(NATION)): labels.label("whole_country", language)}
        drawn = {"focus": self.region.name, "projected_from": self._projected_from, "language": language, **drawn}
        return plots.comparison(self.lines().replace({"name": whole_country}), self.figure_words(language), **drawn)

    def _plot_members(self, language: str, **drawn: Any) -> Axes:
        from demografi import plots

        region = self.region
        if not region.is_group:
            raise ScenarioError(
                f"{region.name} is one place, so there are no municipalities to draw.",
                hint="ratios.plot(by='year')",
            )
        table = self.of(*MAIN)
        members = table[table["region"].isin(region.members)]
        members = members.assign(name=members["region"].map(region.name_of))[["name", "year", "value"]]
        whole = table[table["region"] == region.code][["year", "value"]]
        words = plots.support_multiples_words(
            members,
            (region.name, whole),
            language,
            definition=MAIN[1],
            note=self._note(language),
            source=source_line(self.sources_of_figure(), language),
        )
        drawn = {"projected_from": self._projected_from, "page": 1, "language": language, **drawn}
        return plots.small_multiples(members, whole, words, **drawn)

    @property
    def _projected_from(self) -> int | None:
        launch = int(self.facts["launch"])
        return launch + 1 if launch < self.facts["to"] else None

    def _note(self, language: str) -> str:
        """Return whose projection it is; nothing where all is counted."""
        projection = self.rests_on.get("projection")
        return projection.note(language) if isinstance(projection, Projection) else ""

    def lines(self) -> pd.DataFrame:
        """Return ``name year value`` of aldersbæreevne for the region as a whole and what it is set against."""
        table = self.tables["indicators"]
        names = {self.region.code: self.region.name, **self.facts["against"]}
        rows = table[(table["indicator"] == MAIN[0]) & (table["definition"] == MAIN[1]) & table["region"].isin(names)]
        return rows.assign(name=rows["region"].map(names))[["name", "year", "value"]].reset_index(drop=True)

    def figure_words(self, language: str = "nb") -> Any:
        """Return the words of :meth:`plot`, from the numbers."""
        from demografi import plots

        years = self._span
        first, last = (self.value(*MAIN, self.region.code, year) for year in years)
        say = {
            "region": self.region.name,
            "place": labels.place(self.region.name, language),
            "start": str(years[0]),
            "end": str(years[1]),
            "first_year": str(int(self.tables["indicators"]["year"].min())),
            "first": labels.number(first, 1, language=language),
            "last": labels.number(last, 1, language=language),
        }
        others = [str(name) for code, name in self.facts["against"].items() if code != NATION]
        others += [labels.label("whole_country", language)] if NATION in self.facts["against"] else []
        said = labels.text("ratios_beside", language, names=labels.join_names(others, language)) if others else ""
        return plots.Words(
            title=labels.text("support_title", language, **say),
            subtitle=labels.text("support_subtitle", language, **say),
            note=self._note(language),
            source=source_line(self.sources_of_figure(), language),
            alt=labels.text(
                "ratios_alt" if self._projected_from else "ratios_alt_counted", language, **say, beside=said
            ),
        )

    def sources_of_figure(self) -> tuple[Any, ...]:
        """Return the population sources."""
        return tuple(source for source in self.sources if source.id.startswith("population"))

    def _face_table(self) -> pd.DataFrame:
        rows = []
        for indicator, definition in IN_FACE:
            table = self.of(indicator, definition)
            table = table[table["year"].isin(self._span)]
            names = [f"{named(indicator, definition, 'en')} {year}" for year in table["year"]]
            rows.append(table[["region", "value"]].assign(name=names))
        wide = pd.concat(rows).pivot_table("value", "region", "name", sort=False)
        known = {self.region.code: self.region.name, **self.facts["against"]}
        known |= dict(zip(self.region.members, self.region.names, strict=True))
        return wide.rename(index=known)

    def _headline(self) -> str:
        years = self._span
        first, last = (self.value(*MAIN, self.region.code, year) for year in years)
        return f"Persons 20–66 per person 67+: {first:.2f} in {years[0]}, {last:.2f} in {years[1]}"


def indicators(
    population: Figures,
    against: Sequence[str | Figures] = (),
    *,
    joined: pd.DataFrame | None = None,
) -> Indicators:
    """Compute ratios, counts and flows for every part of a region, the whole, and what it is set against.

    Parameters
    ----------
    population
        Counted figures, or a projection, own or published; or a need, a supply or a gap, which adds users and
        person-years, staff and replacement need, or all of them and the gap, over the population it rests on.
    against
        ``"county"`` (those the region lies in), ``"nation"``, the name of a region whose figures ship (one's own
        network), or figures of any other region: counted, projected, or a need, supply or gap.
    joined
        Indicators of one's own: ``region year indicator value unit source kind``, see `ratios.joined.join`.

    Returns
    -------
    Indicators
        Counted years and projected ones; numerators and denominators are summed before they are divided. Stocks and
        their ratios are of 1 January; flows and what is divided by them, of the calendar year; users counted on 31
        December stand at the following year.

    Raises
    ------
    ScenarioError
        Something not known was named in ``against``.
    RegionError
        The figures of the counties or the nation are not at hand.
    TableError
        The table joined lacks something, or holds a ratio that would have to be summed.

    Examples
    --------
    >>> from demografi import example
    >>> found = indicators(example("Engerdal"))
    >>> round(found.value("aldersbareevne", "nykommune", "3425", 2026), 2)
    1.9
    """
    population, work = parts_of(population)
    must_be(population, (Projection, Observed), "dg.indicators", "dg.indicators(dg.project(observed, to=2040))")
    launch, to = _span(population)
    own, without = ratios(Side(population, work))
    tables = [own]
    if population.region.is_group:
        tables.append(ratios(Side(population.total(), work.total()))[0])
    rests_on: dict[str, Result] = {"projection" if isinstance(population, Projection) else "observed": population}
    rests_on |= {name: part for name, part in zip(Work._fields, work, strict=True) if part is not None}
    names: dict[str, str] = {}
    for number, (other, its_work) in enumerate(map(parts_of, _others(population, against))):
        summed = other.region.is_group and other.region.code != "benchmarks"
        table = ratios(Side(other.total(), its_work.total()) if summed else Side(other, its_work))[0]
        wanted = _wanted(other, against)
        tables.append(table[table["region"].isin(wanted)])
        names |= {code: other.region.name_of(code) for code in wanted}
        rests_on[f"against_{number}"] = other
    table = pd.concat(tables, ignore_index=True)
    if joined is not None:
        table = pd.concat([table, join(joined, population.region)], ignore_index=True)
    table["projected"] = table["year"] > launch
    facts = {
        "region": population.facts["region"],
        "launch": launch,
        "to": to,
        "against": names,
        "lacking": {},
        "without": list(without),
    }
    return Indicators({"indicators": table}, facts, (), _cautions(own, launch, population, names), rests_on)


def _span(population: Projection | Observed) -> tuple[int, int]:
    if isinstance(population, Projection):
        return population.launch, population.to
    return population.last_year, population.last_year


def _others(population: Projection | Observed, against: Sequence[str | Figures]) -> list[Figures]:
    """Return what the region is set against, projected as far where it is projected by the same model."""
    found: list[Figures] = []
    if any(name in ("county", "nation") for name in against if isinstance(name, str)):
        observed = population if isinstance(population, Observed) else population.observed
        if observed.benchmarks is None:
            raise RegionError(
                f"The figures at hand for {population.region.name} hold no county or nation to compare with.",
                hint="dg.indicators(projection)",
            )
        found.append(observed.benchmarks)
    for name in against:
        if not isinstance(name, str):
            found.append(name)
        elif name not in ("county", "nation"):
            found.append(_network(name))
    own_model = isinstance(population, Projection) and population.is_own
    return [
        project(one, population.to) if own_model and isinstance(one, Observed) else one  # type: ignore[union-attr]
        for one in found
    ]


def _network(name: str) -> Observed:
    try:
        return example(name)
    except (RegionError, SourceError) as error:
        raise ScenarioError(
            f"Nothing is called {name!r} to compare with.",
            where=[
                "There are 'county', 'nation', and regions whose figures ship.",
                "Which municipalities form a KOSTRA group does not ship; load them and give the figures.",
                error.fault,
            ],
            hint="dg.indicators(projection, against=['county', 'nation'])",
        ) from error


def _wanted(other: Projection | Observed, against: Sequence[str | Figures]) -> list[str]:
    if other.region.code != "benchmarks":
        return [other.region.code]
    return [code for code in other.region.members if ("nation" if code == NATION else "county") in against]


def _cautions(
    own: pd.DataFrame, launch: int, population: Projection | Observed, against: Mapping[str, str]
) -> tuple[Caution, ...]:
    """Say how small the smallest number behind a ratio is, and what chance alone does to it."""
    of_ages = definitions()
    of_ages = of_ages[of_ages["denominator"].ne("") & of_ages["numerator"].map(is_of_ages)]
    now = own[(own["year"] == launch) & own["indicator"].isin(of_ages["indicator"])]
    said = []
    if len(now):
        fewest = now[["numerator", "denominator"]].min(axis=1)
        row = now.iloc[int(fewest.to_numpy().argmin())]
        count = float(fewest.min())
        label = f"{row['indicator']} ({row['definition']})"
        name = population.region.name_of(str(row["region"]))
        chance = float(1 / np.sqrt(max(count, 1.0)))
        said.append(Caution.of("caution_small_numbers", count=count, what=label, name=name, share=chance))
    if against and _is_drawn(population):
        said.append(
            Caution.of("ratios_caution_benchmarks", names=tuple(against.values()), region=population.region.name)
        )
    if against and isinstance(population, Projection) and not population.is_own:
        said.append(Caution.of("caution_against_counted", names=tuple(against.values())))
    return tuple(said)


def _is_drawn(population: Result | None) -> bool:
    return isinstance(population, Projection) and bool(population.facts.get("draws"))


def named(indicator: str, definition: str, language: str = "nb") -> str:
    """Return what people read: the indicator with the ages of its definition, and the occupation it is of.

    Examples
    --------
    >>> named("aldersbareevne", "20-66 / 67+")
    'Aldersbæreevne (20–66 / 67+)'
    >>> named("gap_rate", "nurse: gap / 20-66 ×1000")
    'Gap per 1 000 innbyggere 20–66 år (sykepleiere: gap / 20–66 ×1000)'
    """
    occupation, _, bounds = definition.rpartition(": ")
    bounds = bounds.replace("-", labels.EN_DASH)
    for said in WORDS:
        bounds = bounds.replace(said.replace("-", labels.EN_DASH), _word(said, language))
    of = f"{_occupation(occupation, language)}: " if occupation else ""
    return f"{labels.label('indicator_' + indicator, language)} ({of}{bounds})"


def _word(said: str, language: str) -> str:
    return labels.label(f"indicator_word_{said.replace(' ', '_').replace('-', '_')}", language)


def _occupation(name: str, language: str) -> str:
    """Return what people call an occupation; one's own as it was written."""
    if name == EVERYONE:
        return _word(EVERYONE, language)
    known = name in set(occupations().values())
    return labels.label(f"occupation_{name}", language) if known else name
