"""The tables behind a chapter: those that are drawn, and those only the text reads from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from demografi import labels
from demografi.projection.fans import hits_of
from demografi.ratios import MAIN
from demografi.reports.numbers import Basis
from demografi.sources import shipped
from demografi.tables import source_line
from demografi.workforce import EXIT_AGE, Gap, Supply

if TYPE_CHECKING:
    from collections.abc import Iterator

    from demografi.needs import Need
    from demografi.projection import Projection
    from demografi.ratios import Indicators
    from demografi.tables import Caution, Source

__all__ = [
    "assumptions",
    "behind",
    "causes_of_old",
    "coverage_rest",
    "hidden_places",
    "hits",
    "intervals",
    "is_lakseregionen",
    "nurses",
    "person_years",
    "pyramid",
    "quoted",
    "staff",
    "vintages",
]

LEVEL = 0.8
"""The interval that is said."""
OLD_GROUPS = ("80-89", "90+")


def behind(name: str, data: pd.DataFrame, sources: tuple[Source, ...], language: str) -> Basis:
    """Make the sheet of a table that is read by the text and drawn by no figure."""
    words: dict[str, Any] = {part: labels.label(f"report_{name}_{part}", language) for part in ("sheet", "title")}
    footer = source_line(sources, language)
    return Basis(name, words["sheet"], words["title"], "", footer, data.reset_index(drop=True), sources)


def is_lakseregionen(need: Need) -> bool:
    """Tell whether the region is the ten municipalities the project description speaks of."""
    return need.region.code == "lakseregionen"


def pyramid(projection: Projection) -> pd.DataFrame:
    """Return the whole region by sex and single year of age, at launch and in the last year."""
    table = projection.total().to_frame() if projection.region.is_group else projection.to_frame()
    return table[table["year"].isin([projection.launch, projection.to])].reset_index(drop=True)


def causes_of_old(projection: Projection) -> pd.DataFrame:
    """Return why the number aged 80 and over changes, by municipality [persons]."""
    return projection.explain("80+", projection.to).assign(year=projection.to)


def person_years(need: Need) -> pd.DataFrame:
    """Return the person-years of the whole region by year."""
    return need.person_years.groupby(["year", "service"], sort=False)["fte"].sum().reset_index()


def staff(gap: Gap) -> pd.DataFrame:
    """Return growth and replacement of nurses by municipality [person-years]; of the whole where a place is hidden."""
    table = gap.growth_and_replacement()
    return gap.total().growth_and_replacement() if table["fte"].isna().any() else table


def nurses(gap: Gap) -> pd.DataFrame:
    """Return need, supply and gap by municipality [person-years]; of the whole where a place is hidden."""
    table = gap.to_frame()
    return gap.total().to_frame() if table["gap"].isna().any() and gap.region.is_group else table


def intervals(need: Need, gap: Gap | None, ratios: Indicators) -> pd.DataFrame:
    """Return the interval of every main number, members together: ``figure unit year level value low high``.

    Empty where nothing was drawn; without the nurses where need and staff were not drawn as one.
    """
    projection = need.projection
    if not projection.facts.get("draws"):
        return pd.DataFrame()
    parts = [
        _interval("old", "persons", projection.interval("80+", LEVEL), "persons"),
        _interval("residents", "persons", projection.interval("total", LEVEL), "persons"),
        _interval("support", "persons per person", _support(ratios), "value"),
        _interval("users_80", "persons", need.interval("80+", level=LEVEL), "users"),
    ]
    if need.has("person_years"):
        parts.append(_interval("fte", "person-years", need.person_years_interval(LEVEL), "fte"))
    if gap is not None and gap.supply.facts["draws"] == projection.facts["draws"]:
        table = gap.interval(LEVEL)
        names = {"nurses_need": ("need", "need_"), "nurses_left": ("supply", "supply_"), "nurses_gap": ("gap", "")}
        for figure, (measure, ends) in names.items():
            chosen = {f"{ends}low": "low", f"{ends}high": "high"}
            rows = table[["year", measure, *chosen]].rename(columns=chosen)
            parts.append(_interval(figure, "person-years", rows, measure))
    return pd.concat(parts, ignore_index=True)


def _interval(figure: str, unit: str, table: pd.DataFrame, measure: str) -> pd.DataFrame:
    said = {"figure": figure, "unit": unit, "year": table["year"], "level": 100 * LEVEL, "value": table[measure]}
    return pd.DataFrame({**said, "low": table["low"], "high": table["high"]})


def _support(ratios: Indicators) -> pd.DataFrame:
    table = ratios.to_frame(LEVEL)
    main = (table["indicator"] == MAIN[0]) & (table["definition"] == MAIN[1]) & (table["region"] == ratios.region.code)
    return table[main & table["low"].notna()]


def hits(projection: Projection) -> pd.DataFrame:
    """Return how often intervals of ``LEVEL`` have held: ``age_group horizon launches percent of_ten``."""
    table = hits_of(projection).rename(columns={f"hit_{100 * LEVEL:g}": "percent"})
    table = table[table["horizon"] <= projection.to - projection.launch]
    tenths = (table["percent"] / 10 + 0.5).astype(int).astype(float)
    return table.assign(of_ten=tenths)[["age_group", "horizon", "launches", "percent", "of_ten"]].reset_index(drop=True)


def hidden_places(need: Need) -> list[str]:
    """Return the codes where a cell of users aged 80+ is hidden in the first or last year shown."""
    both = _together(need)
    ends = [int(both["year"].iloc[0]), int(both["year"].iloc[-1])]
    covered = need.coverage
    old = covered[(covered["age_group"] == "80+") & covered["year"].isin(ends)]
    return sorted(set(old[old["low"] < old["high"]]["region"]))


def _together(need: Need) -> pd.DataFrame:
    table = need.coverage_by_year()
    return table[table["service"] == "together"]


def coverage_rest(need: Need) -> pd.DataFrame:
    """Return coverage of 80+ in the places where nothing is hidden: ``year municipalities users population``."""
    covered = need.coverage
    years = _together(need)["year"]
    old = covered[(covered["age_group"] == "80+") & covered["year"].isin(years)]
    rest = old[~old["region"].isin(hidden_places(need))]
    table = rest.groupby(["region", "year"], as_index=False).agg({"users": "sum", "population": "first"})
    counted = table.groupby("year").agg({"region": "nunique", "users": "sum", "population": "sum"})
    return counted.rename(columns={"region": "municipalities"}).reset_index()


def quoted() -> pd.DataFrame:
    """Return the project description's own figures."""
    return shipped.read("project_description")[["figure", "year", "value", "unit"]]


def vintages(year: int) -> pd.DataFrame:
    """Return Statistics Norway's main alternative for persons 80+ in the whole country in a year, by vintage."""
    table = shipped.read("national_projections")
    chosen = (table["alternative"] == "MMMM") & table["age_group"].isin(OLD_GROUPS) & (table["year"] == year)
    summed = table[chosen].groupby(["vintage", "year"])["persons"].sum()
    return summed.astype(float).reset_index()


def assumptions(supply: Supply | None, cautions: tuple[Caution, ...]) -> pd.DataFrame:
    """Return every number that is assumed or that a caution names: ``assumption part value``."""

    def rows() -> Iterator[tuple[str, str, float]]:
        if supply is not None:
            yield "nurses", "share_55plus", float(supply.facts["share_55plus"])
            yield "nurses", "exit_age", EXIT_AGE
        for caution in cautions:
            for part, value in caution.values:
                if isinstance(value, int | float):
                    yield caution.key, part, float(value)

    return pd.DataFrame(rows(), columns=["assumption", "part", "value"])
