"""Indicators with named ages: numerators and denominators are summed first, then divided."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

import pandas as pd

from demografi import ages, labels
from demografi.errors import RegionError, ScenarioError
from demografi.projection import Projection, note_own, project
from demografi.regions import NATION, OfRegion
from demografi.tables import Column, Contract, Result, source_line

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes

__all__ = ["Indicators", "definitions", "indicators"]

MAIN = ("aldersbareevne", "20-66 / 67+")

INDICATORS = Contract(
    "indicators",
    (
        Column("region", "text"),
        Column("year", "integer"),
        Column("indicator", "text"),
        Column("definition", "text"),
        Column("value", "number", "measure", "ratio or share", "1 January of year"),
    ),
)


@cache
def definitions() -> pd.DataFrame:
    """Return the indicators known: ``indicator definition numerator denominator decimals preset``.

    ``preset`` names who uses the definition: "agder" Agder county, "kdd" the ministry, "nykommune" nykommune.no, "ssb"
    Statistics Norway, "telemark" Telemark county, "un" the United Nations.
    """
    with files("demografi").joinpath("data", "indicators.csv").open(encoding="utf-8") as file:
        return pd.read_csv(file, dtype={"preset": "str"}, keep_default_na=False)


class Indicators(OfRegion):
    """Ratios by region and year; not additive, so there is no total."""

    CONTRACTS: ClassVar[Mapping[str, Contract]] = MappingProxyType({"indicators": INDICATORS})

    def to_frame(self) -> pd.DataFrame:
        """Return ``region year indicator definition value``, and ``projected``."""
        return self.table("indicators")

    def value(self, indicator: str, definition: str, region: str, year: int) -> float:
        """Return one value.

        Raises
        ------
        ScenarioError
            There is no such value.
        """
        table = self.tables["indicators"]
        row = table[
            (table["indicator"] == indicator)
            & (table["definition"] == definition)
            & (table["region"] == region)
            & (table["year"] == year)
        ]
        if row.empty:
            raise ScenarioError(
                f"There is no {indicator} ({definition}) for {region} in {year}.",
                where=f"Years: {table['year'].min()}–{table['year'].max()}.",
                hint="dg.ratios.definitions()",
            )
        return float(row["value"].iloc[0])

    def explain(self, to: int | None = None) -> pd.DataFrame:
        """Split the change in 20–66 ÷ 67+ into the part of the numerator and of the denominator.

        Returns
        -------
        pandas.DataFrame
            ``region cause value``: ``start``, ``numerator``, ``denominator``, ``end``; the order in which the two
            change does not matter (mean of both orders).
        """
        years = (int(self.facts["launch"]), int(self.facts["to"]) if to is None else to)
        table = self.tables["indicators"]
        rows = table[(table["indicator"] == MAIN[0]) & (table["definition"] == MAIN[1])]
        first, last = (rows[rows["year"] == year].set_index("region") for year in years)
        up = (last["numerator"] - first["numerator"]) * (1 / first["denominator"] + 1 / last["denominator"]) / 2
        causes = {
            "start": first["value"],
            "numerator": up,
            "denominator": last["value"] - first["value"] - up,
        }
        causes["end"] = last["value"]
        parts = [values.rename("value").reset_index().assign(cause=cause) for cause, values in causes.items()]
        return pd.concat(parts, ignore_index=True)[["region", "cause", "value"]]

    def plot(self, language: str = "nb", **drawn: Any) -> Axes:
        """Draw aldersbæreevne (20–66 per person 67+) for the region against counties and nation."""
        from demografi import plots

        return plots.comparison(
            self.lines(),
            self.figure_words(language),
            focus=self.region.name,
            projected_from=int(self.facts["launch"]) + 1,
            language=language,
            **drawn,
        )

    def lines(self) -> pd.DataFrame:
        """Return ``name year value`` of aldersbæreevne for the region as a whole and what it is set against."""
        table = self.tables["indicators"]
        names = {self.region.code: self.region.name, **self.facts["against"]}
        rows = table[(table["indicator"] == MAIN[0]) & (table["definition"] == MAIN[1]) & table["region"].isin(names)]
        return rows.assign(name=rows["region"].map(names))[["name", "year", "value"]].reset_index(drop=True)

    def figure_words(self, language: str = "nb") -> Any:
        """Return the words of :meth:`plot`, from the numbers."""
        from demografi import plots

        years = (int(self.facts["launch"]), int(self.facts["to"]))
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
        return plots.Words(
            title=labels.text("support_title", language, **say),
            subtitle=labels.text("support_subtitle", language, **say),
            note=note_own(language),
            source=source_line(self.sources_of_figure(), language),
            alt=labels.text("support_alt", language, **say),
        )

    def sources_of_figure(self) -> tuple[Any, ...]:
        """Return the population sources."""
        return tuple(source for source in self.sources if source.id.startswith("population"))

    def _headline(self) -> str:
        years = (int(self.facts["launch"]), int(self.facts["to"]))
        first, last = (self.value(*MAIN, self.region.code, year) for year in years)
        return f"Persons 20–66 per person 67+: {first:.2f} in {years[0]}, {last:.2f} in {years[1]}"


def indicators(projection: Projection, against: Sequence[str] = ()) -> Indicators:
    """Compute ratios for every part of a region, the whole, and what it is set against.

    Parameters
    ----------
    projection
        The population, counted and projected.
    against
        ``"county"`` (those the region lies in) and ``"nation"``.

    Returns
    -------
    Indicators
        Counted years and projected ones; numerators and denominators are summed before they are divided.

    Raises
    ------
    ScenarioError
        Something else was named in ``against``.
    RegionError
        The figures of the counties or the nation are not at hand.
    """
    wrong = [name for name in against if name not in ("county", "nation")]
    if wrong:
        raise ScenarioError(
            f"Nothing is called {wrong[0]!r} to compare with.",
            where="There are 'county' and 'nation'.",
            hint="dg.indicators(projection, against=['county', 'nation'])",
        )
    tables = [_ratios(_people(projection))]
    if projection.region.is_group:
        tables.append(_ratios(_people(projection.total())))
    names = {}
    if against:
        around = projection.observed.benchmarks
        if around is None:
            raise RegionError(
                f"The figures at hand for {projection.region.name} hold no county or nation to compare with.",
                hint="dg.indicators(projection)",
            )
        wanted = [c for c in around.region.members if ("nation" if c == NATION else "county") in against]
        names = {code: around.region.name_of(code) for code in wanted}
        compared = _people(project(around, projection.to))
        tables.append(_ratios(compared[compared["region"].isin(wanted)]))
    table = pd.concat(tables, ignore_index=True)
    table["projected"] = table["year"] > projection.launch
    facts = {
        "region": projection.facts["region"],
        "launch": projection.launch,
        "to": projection.to,
        "against": names,
        "lacking": {},
    }
    rests_on: dict[str, Result] = {"projection": projection}
    if against and projection.observed.benchmarks is not None:
        rests_on["benchmarks"] = projection.observed.benchmarks
    return Indicators({"indicators": table}, facts, (), (), rests_on)


def _people(projection: Projection) -> pd.DataFrame:
    return projection.history_and_future


def _ratios(people: pd.DataFrame) -> pd.DataFrame:
    cache_of: dict[str, pd.Series[float]] = {}

    def persons(term: str) -> pd.Series[float]:
        if term not in cache_of:
            sex, _, group = term.rpartition(" ")
            rows = people[people["sex"] == sex] if sex else people
            cache_of[term] = ages.select(rows, group).groupby(["region", "year"], sort=False)["persons"].sum()
        return cache_of[term]

    def added(terms: str) -> pd.Series[float]:
        if terms.startswith(("female ", "male ")):
            return persons(terms)
        parts = [persons(term) for term in terms.split()]
        return sum(parts[1:], start=parts[0])

    frames = []
    for row in definitions().to_dict("records"):
        above, below = added(row["numerator"]), added(row["denominator"])
        below = below[below > 0]
        frame = pd.DataFrame({"numerator": above.reindex(below.index), "denominator": below})
        frame["value"] = frame["numerator"] / frame["denominator"]
        frames.append(frame.reset_index().assign(indicator=row["indicator"], definition=row["definition"]))
    columns = ["region", "year", "indicator", "definition", "value", "numerator", "denominator"]
    return pd.concat(frames, ignore_index=True)[columns]
