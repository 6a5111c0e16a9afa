"""Everything the page can show, as plain values read from result tables; the page computes nothing but differences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from demografi import ages, labels
from demografi.needs import figure_words, need
from demografi.needs.drawing import person_year_draws, user_draws
from demografi.projection.draws import group_draws
from demografi.ratios import MAIN, indicators
from demografi.regions import NATION, Region
from demografi.reports.page.words import WORDS
from demografi.uncertainty.intervals import quantiles
from demografi.workforce import EXIT_AGE, gap

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from demografi.needs import Need
    from demografi.projection import Projection
    from demografi.ratios import Indicators
    from demografi.workforce import Gap

__all__ = ["gather", "isolated"]

Values = dict[str, Any]

LEVEL = 0.8
GROUPS = ("total", "20-66", "80+")
OPEN_AGE = 95
FIVE_YEARS = (*(f"{age}-{age + 4}" for age in range(0, OPEN_AGE, 5)), f"{OPEN_AGE}+")
SAID_ALREADY = ("caution_own_projection",)
"""Cautions that the points on how figures are made say in other words."""
TURNING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


@dataclass(frozen=True)
class _Scenario:
    """One way to compute need: what it is called, and the gap it leads to."""

    id: str
    name: str
    gap: Gap


def gather(result: Gap, language: str) -> Values:
    """Return what the page shows, in one language.

    Parameters
    ----------
    result
        Need, supply and everything they rest on; its own need is the first scenario.
    language
        ``"nb"``, ``"nn"`` or ``"en"``.

    Returns
    -------
    dict
        Plain values, ready for JSON: words, scenarios, places, the notes and sources of figures. Numbers are as the
        tables have them, not rounded.
    """
    projection, region = result.need.projection, result.region
    scenarios = list(_scenarios(result, language))
    ratios = indicators(projection, against=["county", "nation"] if projection.observed.benchmarks is not None else [])
    return {
        "language": language,
        "title": labels.text("page_title", language, region=isolated(region.name)),
        "launch": projection.launch,
        "years": int(result.facts["to"]) - projection.launch,
        "level": LEVEL,
        "small_person_years": labels.SMALL_PERSON_YEARS,
        "times": [[round(100 * float(low)), round(100 * float(high)), key] for low, high, key in labels.TIMES],
        "count_year": result.supply.launch - 1,
        "share_55plus": result.supply.facts["share_55plus"],
        "exit_age": EXIT_AGE,
        "start_date": labels.date(f"{_registered(result.need)[-1][0] - 1}-12-31", language),
        "ages": list(FIVE_YEARS),
        "words": {key: labels.label(key, language) for key in WORDS},
        "scenarios": [_scenario(one, language) for one in scenarios],
        "places": _places(scenarios, language),
        "against": [_against(code, name, language) for code, name in ratios.facts["against"].items()],
        "support": _support(ratios),
        "figures": _figures(result, ratios, language),
    }


def isolated(name: str) -> str:
    """Keep marks that turn the direction of writing from turning what stands round a name.

    Examples
    --------
    >>> isolated("Skaun")
    'Skaun'
    """
    return f"\u2068{name}\u2069" if TURNING & set(name) else name


def _scenarios(result: Gap, language: str) -> Iterator[_Scenario]:
    """Give the gap's own need first, then constant coverage of each other year in the figures that has every cell."""
    years = [year - 1 for year, _ in reversed(_registered(result.need))]
    own = result.need.coverage_year
    cells = {
        int(str(year)): set(rows[["region", "service", "age_group"]].itertuples(index=False, name=None))
        for year, rows in result.need.coverage.groupby("year")
    }

    def named(year: int) -> str:
        return labels.text("page_need_latest" if year == years[0] else "page_need_coverage", language, year=str(year))

    yield _Scenario(f"coverage-{own}", named(own), result)
    for year in years:
        # Need would be too small where a service or an age group is lacking.
        if year != own and cells[year] == cells[own]:
            other = need(result.need.projection, coverage_year=year)
            yield _Scenario(f"coverage-{year}", named(year), gap(other, result.supply))


def _scenario(one: _Scenario, language: str) -> Values:
    drawn = {"note": "year", **({"note_municipalities": "municipality"} if one.gap.region.is_group else {})}
    return {
        "id": one.id,
        "name": one.name,
        "coverage_year": str(one.gap.need.coverage_year),
        "cautions": [said.text(language) for said in one.gap.known_cautions if said.key not in SAID_ALREADY],
        **{name: figure_words(one.gap.need, by, language).note for name, by in drawn.items()},
    }


def _places(scenarios: list[_Scenario], language: str) -> list[Values]:
    """Return what is shown of the whole region and of each of its members."""
    result = scenarios[0].gap
    region, projection = result.region, result.need.projection
    years = list(range(projection.launch, int(result.facts["to"]) + 1))
    persons, by_age, causes = _persons(projection), _by_age(projection), _causes(result, years)
    old = group_draws(projection, ["80+"])[:, : len(years), :, 0] if projection.facts["draws"] else None
    by_place = [_by_place(one.gap, years) for one in scenarios]
    drawn = [_drawn(one.gap.need, len(years)) for one in scenarios]
    starts = result.need.by_municipality().set_index("region")["start"]

    def place(code: str, members: list[str]) -> Values:
        name, own = region.name_of(code), _of(result.need, code)
        here = None if old is None else old[..., [region.members.index(member) for member in members]]
        return {
            "code": code,
            "name": isolated(name),
            "phrase": labels.place(name, language).replace(name, isolated(name)),
            "persons": {group: table.loc[years, members].sum(axis=1).tolist() for group, table in persons.items()},
            **{sex: _sum_over(table.loc[years], members) for sex, table in by_age.items()},
            **{cause: table[members].sum(axis=1).tolist() for cause, table in causes.items()},
            "interval": None if here is None else _ends(here.sum(axis=2)),
            "registered": _registered(own),
            "start": float(starts[code]) if code in starts.index else None,
            "coverage": _coverage(own),
            "needs": [
                _needed(tables, members) | _intervals(one, region.members, members)
                for tables, one in zip(by_place, drawn, strict=True)
            ],
        }

    whole = place(region.code, list(region.members))
    return [whole, *(place(code, [code]) for code in (region.members if region.is_group else ()))]


def _of(result: Need, code: str) -> Need:
    """Return the need with the rows of one member only; of the whole, the need itself."""
    if code == result.region.code:
        return result
    name = result.region.name_of(code)
    one: Region = replace(result.region, code=code, name=name, members=(code,), names=(name,))
    tables = {key: rows[rows["region"] == code] for key, rows in result.tables.items()}
    return replace(result, tables=tables, facts={**result.facts, "region": one.to_dict()})


def _registered(result: Need) -> list[tuple[int, float]]:
    rows = result.history()
    rows = rows[rows["kind"] == "registered"]
    return [(int(year), float(users)) for year, users in zip(rows["year"], rows["value"], strict=True)]


def _sum_over(table: pd.DataFrame, members: list[str]) -> list[list[float]]:
    summed: list[list[float]] = np.sum([table[member].to_numpy() for member in members], axis=0).tolist()
    return summed


def _persons(projection: Projection) -> dict[str, pd.DataFrame]:
    """Return persons of the age groups that are named, by year and place."""
    table = ages.collapse(projection.to_frame().drop(columns="sex"), GROUPS)
    wide = table.pivot(index="year", columns=["age_group", "region"], values="persons")
    return {group: pd.DataFrame(wide[group]) for group in GROUPS}


def _by_age(projection: Projection) -> dict[str, pd.DataFrame]:
    """Return persons of each sex by year, and by place and five-year group."""
    table = ages.collapse(projection.to_frame(), FIVE_YEARS)
    order = pd.MultiIndex.from_product([projection.region.members, FIVE_YEARS])
    return {
        str(sex): rows.pivot(index="year", columns=["region", "age_group"], values="persons")[order]
        for sex, rows in table.groupby("sex")
    }


def _causes(result: Gap, years: list[int]) -> dict[str, pd.DataFrame]:
    """Return by year and place who turn 80 up to it, who of 80+ die and move, and the nurses who leave and who come."""
    old = {year: _by_cause(result.need.projection.explain("80+", year), "persons") for year in years[1:]}
    staff = {year: _by_cause(result.supply.explain(year), "fte") for year in years[1:]}
    staff = {year: table.assign(exits=table["retirements"] + table["other_exits"]) for year, table in staff.items()}
    of_old = [(name, 1, old) for name in ("grow_into", "deaths", "net_migration")]
    found = {}
    for name, sign, parts in (*of_old, ("exits", -1, staff), ("entrants", 1, staff)):
        table = pd.DataFrame({year: sign * of_year[name] for year, of_year in parts.items()}).T
        found[name] = pd.concat([table.iloc[:1] * 0.0, table])
    return found


def _by_cause(explained: pd.DataFrame, measure: str) -> pd.DataFrame:
    return explained.groupby(["region", "cause"])[measure].sum().unstack()


def _coverage(result: Need) -> dict[str, list[tuple[int, float]]]:
    """Return users 80+ per 100 inhabitants by service: pairs of year and value."""
    table = result.coverage_by_year()
    return {
        str(service): [(int(year), float(value)) for year, value in zip(rows["year"], rows["value"], strict=True)]
        for service, rows in table.groupby("service", sort=False)
    }


def _by_place(result: Gap, years: list[int]) -> dict[str, pd.DataFrame]:
    """Return users 80+, need, supply, gap and, where there is a standard, person-years: by year and place."""
    rows = result.to_frame()
    measures = {"users": (result.need.users_of("80+"), "users"), **{m: (rows, m) for m in ("need", "supply", "gap")}}
    if result.need.has("person_years"):
        measures["person_years"] = (result.need.person_years, "fte")
    return {
        name: table.groupby(["year", "region"])[measure].sum().unstack().loc[years]
        for name, (table, measure) in measures.items()
    }


def _needed(tables: dict[str, pd.DataFrame], members: list[str]) -> Values:
    """Return users, person-years and gap of some members by year, under one scenario."""
    summed = {name: table[members].sum(axis=1).tolist() for name, table in tables.items()}
    return {
        "users": summed["users"],
        "person_years": summed.get("person_years"),
        "gap": {name: summed[name] for name in ("need", "supply", "gap")},
    }


def _drawn(result: Need, years: int) -> dict[str, NDArray[np.float64]]:
    """Return users 80+ and person-years in every draw, (draw, year, place), coverage and standard moving as before."""
    if not result.projection.facts["draws"]:
        return {}
    found = {"users_interval": user_draws(result, "80+")}
    if result.has("person_years"):
        found["person_years_interval"] = person_year_draws(result)
    return {name: values[:, :years] for name, values in found.items()}


def _intervals(drawn: dict[str, NDArray[np.float64]], places: Sequence[str], members: list[str]) -> Values:
    """Return the intervals of some members together: each draw is summed first."""
    chosen = [places.index(member) for member in members]
    ends: Values = {name: _ends(values[..., chosen].sum(axis=2)) for name, values in drawn.items()}
    return {"users_interval": None, "person_years_interval": None} | ends


def _ends(drawn: NDArray[np.float64]) -> Values:
    low, high = quantiles(drawn, LEVEL)
    return {"low": low.tolist(), "high": high.tolist()}


def _against(code: str, name: str, language: str) -> Values:
    said = labels.text("report_whole_country", language) if code == NATION else isolated(name)
    return {"code": code, "name": isolated(name), "said": said}


def _support(ratios: Indicators) -> Values:
    """Return aldersbæreevne by place: its years and values."""
    table = ratios.to_frame()
    rows = table[(table["indicator"] == MAIN[0]) & (table["definition"] == MAIN[1])].sort_values("year")
    return {
        str(code): {"years": of_place["year"].tolist(), "values": of_place["value"].tolist()}
        for code, of_place in rows.groupby("region", sort=False)
    }


def _figures(result: Gap, ratios: Indicators, language: str) -> Values:
    """Return note and source of every figure, made from provenance."""
    words = {
        "pyramid": result.need.projection.figure_words(language),
        "support_ratio": ratios.figure_words(language),
        "users": figure_words(result.need, "year", language),
        "municipalities": figure_words(result.need, "municipality", language),
        "coverage": figure_words(result.need, "coverage", language),
        "nurse_gap": result.figure_words(language),
    }
    return {name: {"note": said.note, "source": said.source} for name, said in words.items()}
