"""The background chapter of a gap: what is said, in which order, with which figures."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

from demografi import labels
from demografi.needs import figure_words, ministry_bridge
from demografi.ratios import MAIN, Indicators, indicators
from demografi.regions import NATION
from demografi.reports.content import Chapter, Figure, KeyNumber, Section, Table
from demografi.sources import shipped
from demografi.tables import merge_sources, source_line
from demografi.workforce import EXIT_AGE, OLD_AGE, QUICK_BOUND_YEARS, Gap

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from demografi.needs import Need
    from demografi.projection import Projection

__all__ = ["chapter"]


class _Teller:
    """Says the chapter's sentences: every number in them is read from a result, none is typed."""

    def __init__(self, gap: Gap, language: str) -> None:
        self.gap, self.need, self.supply = gap, gap.need, gap.supply
        self.projection = gap.need.projection
        self.language = language
        self.launch, self.to = self.projection.launch, int(gap.facts["to"])
        self.ratios = _ratios(self.projection)
        self.say = {
            "region": gap.region.name,
            "place": labels.place(gap.region.name, language),
            "launch": str(self.launch),
            "to": str(self.to),
            "end": str(self.to),
            "start": str(self.launch),
            "coverage_year": str(self.need.coverage_year),
            "count_year": str(self.supply.launch - 1),
            "vintage": self.projection.vintage,
        }

    def text(self, key: str, **values: str) -> str:
        return labels.text(key, self.language, **{**self.say, **values})

    def number(self, value: float, decimals: int = 0) -> str:
        return labels.number(value, decimals, language=self.language)

    def person_years(self, value: float) -> str:
        return labels.person_years(value, language=self.language)

    def percent(self, new: float, old: float) -> str:
        return labels.percent(new / old - 1, signed=True, language=self.language)

    def change(self, new: float, old: float) -> str:
        return self.text("more_by" if new >= old else "fewer_by", count=self.number(abs(new - old)))

    def old(self, year: int) -> float:
        return self.projection.persons("80+", year)

    def users(self, year: int) -> float:
        table = self.need.users_of("80+")
        return float(table[table["year"] == year]["users"].sum())

    def fte(self, year: int) -> float:
        table = self.need.person_years
        return float(table[table["year"] == year]["fte"].sum())

    def nurses(self) -> dict[str, float]:
        causes = self.gap.growth_and_replacement().groupby("cause")["fte"].sum()
        first, last = self.gap.of_year(self.launch), self.gap.of_year(self.to)
        return {
            "today": first["supply"],
            "left": last["supply"],
            "gap": last["gap"],
            "growth": float(causes["growth"]),
            "exits": float(causes["replacement"]),
        }

    def support(self, region: str, year: int) -> float:
        return self.ratios.value(*MAIN, region, year)


def _ratios(projection: Projection) -> Indicators:
    against = ["county", "nation"] if projection.observed.benchmarks is not None else []
    return indicators(projection, against=against)


def chapter(gap: Gap, language: str = "nb") -> Chapter:
    """Put the chapter of a gap together.

    Parameters
    ----------
    gap
        Need, supply and everything they rest on.
    language
        ``"nb"``, ``"nn"`` or ``"en"``.
    """
    teller = _Teller(gap, language)
    numbers = count(1)
    sections = (_residents(teller, numbers), _users(teller, numbers), _hands(teller, numbers))
    ageing = teller.old(teller.to) > teller.old(teller.launch)
    fewer = teller.support(gap.region.code, teller.to) < teller.support(gap.region.code, teller.launch)
    return Chapter(
        language=language,
        title=teller.text("chapter_title" if ageing and fewer else "chapter_title_neutral"),
        scope=teller.text("chapter_scope", intervals=teller.text(_intervals(gap))),
        key_numbers=tuple(_key_numbers(teller)),
        sections=sections,
        how_heading=teller.text("heading_how"),
        how=tuple(_how(teller)),
        sources_heading=teller.text("heading_sources"),
        sources=merge_sources(gap.sources, teller.ratios.sources, _quoted(gap)),
    )


def _quoted(gap: Gap) -> tuple:  # type: ignore[type-arg]
    if not _is_lakseregionen(gap.need):
        return ()
    return (shipped.source("project_description"), shipped.source("national_projections"))


def _intervals(gap: Gap) -> str:
    return "chapter_population_intervals" if gap.need.projection.facts["draws"] else "chapter_no_intervals"


def _is_lakseregionen(need: Need) -> bool:
    return need.region.code == "lakseregionen"


def _key_numbers(teller: _Teller) -> Iterator[KeyNumber]:
    first, last = teller.launch, teller.to

    def pair(old: float, new: float, what: str, detail: str = "key_span_percent", decimals: int = 0) -> KeyNumber:
        numbers = f"{teller.number(old, decimals)} → {teller.number(new, decimals)}"
        return KeyNumber(numbers, teller.text(what), teller.text(detail, percent=teller.percent(new, old)))

    yield pair(teller.old(first), teller.old(last), "key_old")
    yield pair(teller.users(first), teller.users(last), "key_users")
    if teller.need.has("person_years"):
        yield pair(teller.fte(first), teller.fte(last), "key_person_years", "key_need_detail")
    yield KeyNumber(
        teller.person_years(teller.nurses()["gap"]), teller.text("key_nurses"), teller.text("key_gap_detail")
    )
    code = teller.gap.region.code
    yield pair(teller.support(code, first), teller.support(code, last), "key_support", "key_span", 1)


def _residents(teller: _Teller, numbers: Iterator[int]) -> Section:
    projection, first, last = teller.projection, teller.launch, teller.to
    causes = projection.explain("80+", last).groupby("cause")["persons"].sum()
    code = teller.gap.region.code
    others = [
        f"{teller.text('whole_country') if other == NATION else name} {teller.number(teller.support(other, last), 1)}"
        for other, name in teller.ratios.facts["against"].items()
    ]
    population = teller.text(
        "say_population",
        persons=teller.number(projection.persons("total", first)),
        persons_to=teller.number(projection.persons("total", last)),
        old=teller.number(teller.old(first)),
        old_to=teller.number(teller.old(last)),
        change=teller.change(teller.old(last), teller.old(first)),
        percent=teller.percent(teller.old(last), teller.old(first)),
    )
    old = teller.text(
        "say_old_causes", grow=teller.number(causes["grow_into"]), deaths=teller.number(-causes["deaths"])
    )
    support = teller.text(
        "say_support" if others else "say_support_alone",
        first=teller.number(teller.support(code, first), 1),
        last=teller.number(teller.support(code, last), 1),
        others=labels.join_names(others, teller.language),
    )
    words, data = projection.figure_words(teller.language), _pyramid_data(projection)
    pyramid = _figure(teller, numbers, "pyramid", words, projection.plot, data)
    ratio = _figure(
        teller,
        numbers,
        "support_ratio",
        teller.ratios.figure_words(teller.language),
        teller.ratios.plot,
        teller.ratios.lines(),
    )
    return Section(teller.text("heading_population"), (f"{population} {old}", pyramid, support, ratio))


def _pyramid_data(projection: Projection) -> pd.DataFrame:
    table = projection.total().to_frame() if projection.region.is_group else projection.to_frame()
    return table[table["year"].isin([projection.launch, projection.to])].reset_index(drop=True)


def _figure(
    teller: _Teller, numbers: Iterator[int], name: str, words: object, draw: object, data: pd.DataFrame
) -> Figure:
    caption = teller.text("figure_word", number=str(next(numbers)))
    return Figure(name, caption, words, draw, data)  # type: ignore[arg-type]


def _users(teller: _Teller, numbers: Iterator[int]) -> Section:
    need, first, last = teller.need, teller.launch, teller.to
    said = teller.text(
        "say_users",
        users=teller.number(teller.users(first)),
        users_to=teller.number(teller.users(last)),
        change=teller.change(teller.users(last), teller.users(first)),
        percent=teller.percent(teller.users(last), teller.users(first)),
    )

    def drawn(by: str, name: str, data: pd.DataFrame) -> Figure:
        def draw(**look: object) -> object:
            return need.plot(by, **look)  # type: ignore[arg-type]

        return _figure(teller, numbers, name, figure_words(need, by, teller.language), draw, data)

    parts: list[str | Figure | Table] = [said, drawn("year", "users", need.history())]
    if need.region.is_group:
        parts.append(drawn("municipality", "municipalities", need.by_municipality()))
    parts += [_coverage_said(teller), drawn("coverage", "coverage", need.coverage_by_year())]
    if need.has("person_years"):
        parts.append(_person_years_said(teller))
    else:
        parts.append(teller.text("say_no_person_years"))
    if _is_lakseregionen(need) and teller.launch < 2040 <= need.projection.to:
        parts += list(_bridge(teller))
    return Section(teller.text("heading_users"), tuple(parts))


def _person_years_said(teller: _Teller) -> str:
    first, last = teller.fte(teller.launch), teller.fte(teller.to)
    quoted = shipped.read("project_description").set_index(["figure", "year"])["value"]
    return teller.text(
        "say_person_years",
        standard=teller.number(quoted["person_years", 2019]),
        need=teller.person_years(first),
        need_to=teller.person_years(last),
        percent=teller.percent(last, first),
    )


def _coverage_said(teller: _Teller) -> str:
    table = teller.need.coverage_by_year()
    both = table[table["service"] == "together"].set_index("year")["value"] / 100
    years = {"first_year": str(both.index[0]), "last_year": str(both.index[-1])}
    said = teller.text("say_coverage", **years, **_ends(both, teller.language))
    covered = teller.need.coverage
    old = covered[(covered["age_group"] == "80+") & covered["year"].isin([both.index[0], both.index[-1]])]
    hidden = sorted(set(old[old["low"] < old["high"]]["region"]))
    rest = old[~old["region"].isin(hidden)]
    if not hidden or rest.empty:
        return said
    users = rest.groupby("year")["users"].sum()
    people = rest[rest["service"] == "home_service"].groupby("year")["population"].sum()
    names = labels.join_names([teller.gap.region.name_of(code) for code in hidden], teller.language)
    others = str(rest["region"].nunique())
    more = teller.text("say_coverage_without", names=names, count=others, **_ends(users / people, teller.language))
    return f"{said} {more}"


def _ends(shares: pd.Series[float], language: str) -> dict[str, str]:
    return {
        "first": labels.percent(shares.iloc[0], language=language),
        "last": labels.percent(shares.iloc[-1], language=language),
    }


def _bridge(teller: _Teller) -> tuple[str, Table]:
    steps = ministry_bridge(teller.need)
    value = steps.set_index("step")["value"]
    quoted = shipped.read("project_description").set_index(["figure", "year"])["value"]
    covered = teller.need.coverage
    panel = covered[(covered["year"] == 2020) & (covered["age_group"] == "80+")]["users"].sum()
    ministry, own = teller.number(value["ministry"]), teller.number(value["own"])
    then = teller.number(quoted["users_80plus", 2019])
    said = teller.text("say_bridge", then=then, ministry=ministry, panel=teller.number(panel))
    rows = tuple(
        (
            teller.text(f"bridge_{row['step']}", last=str(teller.need.coverage_year), then=then),
            ""
            if row["step"] in ("ministry", "own")
            else labels.number(row["change"], signed=True, language=teller.language),
            teller.number(row["value"]),
        )
        for row in steps.to_dict("records")
    )
    sources = (shipped.source("project_description"), shipped.source("national_projections"))
    table = Table(
        name="bridge",
        caption=teller.text("table_word", number="1"),
        title=teller.text("bridge_title", ministry=ministry, own=own),
        subtitle=teller.text("bridge_subtitle"),
        header=tuple(teller.text(key) for key in ("column_step", "column_change", "column_value")),
        rows=rows,
        source=source_line((*sources, *teller.need.sources_of_figure()), teller.language),
        data=steps,
    )
    return said, table


def _hands(teller: _Teller, numbers: Iterator[int]) -> Section:
    said = teller.text(
        "say_nurses",
        share=labels.percent(teller.supply.facts["share_55plus"], language=teller.language),
        age=teller.number(EXIT_AGE, 1),
        **{name: teller.person_years(value) for name, value in teller.nurses().items()},
    )
    figure = _figure(
        teller,
        numbers,
        "nurse_gap",
        teller.gap.figure_words(teller.language),
        teller.gap.plot,
        teller.gap.to_frame(),
    )
    parts: list[str | Figure | Table] = [said, figure]
    if _is_lakseregionen(teller.need):
        parts.append(_seed_staff_said(teller))
    return Section(teller.text("heading_hands"), tuple(parts))


def _seed_staff_said(teller: _Teller) -> str:
    """Say the project description's two numbers, and the bound that holds whatever the unclear one counts."""
    quoted = shipped.read("project_description")
    value = {str(row["figure"]): float(row["value"]) for row in quoted.to_dict("records")}
    year = int(quoted.loc[quoted["figure"] == "staff_55plus", "year"].iloc[0])
    return teller.text(
        "say_seed_staff",
        staff=teller.number(value["nurses_and_social_educators"]),
        old=teller.number(value["staff_55plus"]),
        then=str(year),
        gone=str(year + QUICK_BOUND_YEARS),
        oldest=str(OLD_AGE + QUICK_BOUND_YEARS),
    )


def _how(teller: _Teller) -> Iterator[str]:
    yield teller.text("how_projection")
    yield teller.text("how_vintage")
    yield teller.text("how_reference_dates")
    yield teller.text("how_not_intervals")
    for caution in teller.gap.known_cautions:
        if caution.key != "caution_own_projection":
            yield caution.text(teller.language)
