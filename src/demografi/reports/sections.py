"""What each section says, in which order, with which figures."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from demografi import labels
from demografi.needs import figure_words, ministry_bridge
from demografi.projection.drawn import age_table, components_table, figure_words_of
from demografi.projection.fans import drawn_fan, fan_table, fan_words
from demografi.reports import bases
from demografi.reports.content import Figure, KeyNumber, Section, Table
from demografi.reports.numbers import Basis, Number, Sentence, join
from demografi.reports.services import by_service
from demografi.sources import shipped
from demografi.workforce import OLD_AGE, QUICK_BOUND_YEARS

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from demografi.reports.numbers import Cells, Piece
    from demografi.reports.teller import Teller

__all__ = ["hands", "key_numbers", "residents", "users"]

BRIDGE_YEAR = 2040
"""The year of the ministry's figure in the project description."""


def key_numbers(teller: Teller) -> Iterator[KeyNumber]:
    """Say the numbers on top."""
    first, last, counted = teller.launch, teller.to, _counted(teller)

    def pair(name: str, old: Cells, new: Cells, what: str, detail: str, look: str = "count") -> KeyNumber:
        years = (counted if name == "users_80" else first, last)
        ends = [teller.number(f"{name}_{year}", c, look=look) for year, c in zip(years, (old, new), strict=True)]
        growth = teller.growth(f"{name}_growth", new, old)
        said = _with_interval(teller, teller.text(detail, percent=growth), name, look)
        return KeyNumber(Sentence(ends[0], " → ", ends[1]), teller.text(what), said)

    old = [teller.persons("80+", year) for year in (first, last)]
    yield pair("old", old[0], old[1], "key_old", "key_span_percent")
    yield pair("users_80", teller.users(counted), teller.users(last), "key_users", "key_span_percent")
    if teller.need.has("person_years"):
        yield pair("fte", teller.fte(first), teller.fte(last), "key_person_years", "key_need_detail", "fte")
    if teller.gap is not None:
        lacking = _with_interval(teller, teller.text("key_gap_detail"), "nurses_gap", "fte")
        yield KeyNumber(Sentence(_nurses(teller)["gap"]), teller.text("key_nurses"), lacking)
    code = teller.need.region.code
    ends = Sentence(teller.support(code, first), " → ", teller.support(code, last))
    detail = _with_interval(teller, teller.text("key_span"), "support", "ratio")
    yield KeyNumber(ends, teller.text("key_support"), detail)


def _with_interval(teller: Teller, detail: Sentence, figure: str, look: str) -> Sentence:
    interval = teller.interval(figure, teller.to, look)
    return detail if interval is None else Sentence(detail, "\n", interval)


def residents(teller: Teller) -> Section:
    """Say who lives here, who will, why, and how many of working age there are for each older person."""
    projection, language = teller.projection, teller.language
    pyramid = teller.drawn("pyramid", projection.figure_words(language), projection.plot, bases.pyramid(projection))
    parts: list[Sentence | Figure] = [teller.see(Sentence(_population(teller), " ", _why(teller)), pyramid), pyramid]
    for shown in (_fan, _ages, _components, _ratio):
        parts += shown(teller)
    return Section(teller.text("heading_population"), tuple(parts))


def _by(teller: Teller, by: str, name: str, data: pd.DataFrame, **formulas: tuple[str, str, str]) -> Figure:
    """Number a figure of the projection; its words are those that are drawn with it."""
    plot = partial(teller.projection.plot, by)
    return teller.drawn(name, figure_words_of(teller.projection, by, teller.language), plot, data, formulas)


def _fan(teller: Teller) -> list[Sentence | Figure]:
    if not teller.has_interval("old"):
        return []
    words, table = fan_words(teller.projection, "80+", teller.language), fan_table(teller.projection)
    figure = teller.drawn("fan", words, partial(drawn_fan, table, words), table)
    for horizon in _scored(teller):
        cells = teller.pick("hits", "of_ten", age_group="80+", horizon=horizon)
        teller.also.append(teller.number(f"held_old_{horizon}_of_ten", cells))
    level = teller.number("interval_level", teller.pick("intervals", "level", figure="old", year=teller.to))
    return [teller.see(teller.text("say_interval", level=level), figure), figure]


def _scored(teller: Teller) -> list[int]:
    """Return the years ahead at which intervals of 80+ have been scored."""
    if "hits" not in teller.bases:
        return []
    held = teller.bases["hits"].data
    return [int(horizon) for horizon in held.loc[held["age_group"] == "80+", "horizon"]]


def _ages(teller: Teller) -> list[Sentence | Figure]:
    grown = {"change": ("minus", "end", "start"), "growth": ("growth", "end", "start")}
    figure = _by(teller, "age", "age_change", age_table(teller.projection), **grown)
    groups = {"small": ("0-5",), "pupils": ("6-15",), "working": ("20-44", "45-66")}
    ends = {"start": teller.launch, "end": teller.to}
    said = {
        f"{name}_{end}": teller.number(f"age_{name}_{year}", teller.pick("age_change", end, group=group))
        for name, group in groups.items()
        for end, year in ends.items()
    }
    return [teller.see(teller.text("say_ages", **said), figure), figure]


def _components(teller: Teller) -> list[Sentence | Figure]:
    table = components_table(teller.projection)
    figure = _by(teller, "components", "components", table)
    years = tuple(range(teller.launch, teller.to))
    parts = {name: teller.pick("components", name, year=years) for name in table.columns.drop("year")}
    said = teller.text(
        "say_components",
        births=teller.number("sum_births", parts["births"]),
        deaths=teller.number("sum_deaths", parts["deaths"]),
        net=teller.signed("sum_net_migration", parts["net_migration"]),
        sum=teller.signed("sum_change", parts["change"]),
    )
    return [teller.see(said, figure), figure]


def _ratio(teller: Teller) -> list[Sentence | Figure]:
    ratios = teller.ratios
    figure = teller.drawn("support_ratio", ratios.figure_words(teller.language), ratios.plot, ratios.lines())
    return [teller.see(_support(teller), figure), figure]


def _population(teller: Teller) -> Sentence:
    first, last = teller.launch, teller.to
    everyone = [teller.persons("total", year) for year in (first, last)]
    old = [teller.persons("80+", year) for year in (first, last)]
    for year in (first, last):
        teller.also.append(teller.number(f"working_age_{year}", teller.persons("20-66", year)))
    return teller.text(
        "say_population",
        persons=teller.number(f"residents_{first}", everyone[0]),
        persons_to=teller.with_interval(teller.number(f"residents_{last}", everyone[1]), "residents", last),
        old=teller.number(f"old_{first}", old[0]),
        old_to=teller.with_interval(teller.number(f"old_{last}", old[1]), "old", last),
        change=teller.change("old_change", old[1], old[0]),
        percent=teller.growth("old_growth", old[1], old[0]),
    )


def _why(teller: Teller) -> Sentence:
    return teller.text(
        "say_old_causes",
        grow=teller.number("old_grow_into", teller.pick("causes", "persons", cause="grow_into")),
        deaths=teller.number("old_deaths", teller.pick("causes", "persons", cause="deaths"), rule="less"),
        net=teller.signed("old_net_migration", teller.pick("causes", "persons", cause="net_migration")),
    )


def _support(teller: Teller) -> Sentence:
    code, others = teller.need.region.code, teller.others()
    return teller.text(
        "say_support" if others else "say_support_alone",
        first=teller.support(code, teller.launch),
        last=teller.with_interval(teller.support(code, teller.to), "support", teller.to),
        others=join(others, teller.language),
    )


def users(teller: Teller) -> Section:
    """Say how many users there are and will be, how coverage moves, and the person-years it takes."""
    need, language = teller.need, teller.language

    def drawn(by: str, name: str, data: pd.DataFrame, **formulas: tuple[str, str, str]) -> Figure:
        def draw(**look: object) -> object:
            return need.plot(by, **look)  # type: ignore[arg-type]

        return teller.drawn(name, figure_words(need, by, language), draw, data, formulas)

    by_year = [drawn("year", "users", need.history())]
    if need.region.is_group:
        places = need.by_municipality()
        # The names of these columns are part of the workbook; the figure prints the same two.
        grown = {"change": ("minus", "end", "start"), "growth": ("growth", "end", "start")}
        by_year.append(drawn("municipality", "municipalities", places, **grown))
        for end in ("start", "end"):
            teller.also.append(teller.number(f"users_80_{end}", teller.pick("municipalities", end)))
    parts: list[Sentence | Figure | Table] = [teller.see(_users_said(teller), *by_year), *by_year]
    if need.region.is_group or not bases.hidden_places(need):
        # The users of a single place in the last year may be hidden; the middle stands for them in sums only.
        parts += by_service(teller)
    covered = drawn("coverage", "coverage", need.coverage_by_year(), value=("per_100", "users", "population"))
    parts += [teller.see(_coverage_said(teller), covered), covered]
    parts.append(_person_years_said(teller) if need.has("person_years") else teller.text("say_no_person_years"))
    if bases.is_lakseregionen(need) and teller.launch < BRIDGE_YEAR <= need.projection.to:
        parts += list(_bridge(teller))
    return Section(teller.text("heading_users"), tuple(parts))


def _counted(teller: Teller) -> int:
    """Return the last year whose users were counted and not projected."""
    return teller.need.last_counted + 1


def _users_said(teller: Teller) -> Sentence:
    """Say who was counted, and who is projected with the coverage chosen, which may be of another year."""
    counted = _counted(teller)
    old, new = teller.users(counted), teller.users(teller.to)
    said: dict[str, Piece] = {
        "counted_year": str(counted - 1),
        "last": str(counted),
        "users": teller.number(f"users_80_{counted}", old),
        "users_to": teller.with_interval(teller.number(f"users_80_{teller.to}", new), "users_80", teller.to),
        "change": teller.change("users_80_change", new, old),
        "percent": teller.growth("users_80_growth", new, old),
    }
    if teller.need.coverage_year == counted - 1:
        told = teller.text("say_users", **said)
    else:
        told = Sentence(teller.text("page_say_users", **said), " ", teller.text("page_say_jump", **said))
    return Sentence(told, " ", teller.text("say_users_wider")) if _users_are_wider(teller) else told


def _users_are_wider(teller: Teller) -> bool:
    """Tell whether coverage moves in the draws and makes the interval of users the wider one, in share of its value."""
    moving = any(caution.key == "caution_need_coverage_drawn" for caution in teller.cautions)
    if not (moving and teller.has_interval("users_80")):
        return False
    drawn = teller.bases["intervals"].data
    last = drawn[drawn["year"] == teller.to].set_index("figure")
    width = (last["high"] - last["low"]) / last["value"]
    return bool(width["users_80"] > width["old"])


def _person_years_said(teller: Teller) -> Sentence:
    first, last = teller.fte(teller.launch), teller.fte(teller.to)
    cells = teller.pick("quoted", "value", figure="person_years", year=2019) if "quoted" in teller.bases else None
    standard = "caution_standard_2019"
    cells = cells or teller.pick("assumptions", "value", assumption=standard, part="standard")
    return teller.text(
        "say_person_years",
        standard=teller.number("quoted_fte_2019", cells),
        need=teller.number(f"fte_{teller.launch}", first, look="fte"),
        need_to=teller.with_interval(teller.number(f"fte_{teller.to}", last, look="fte"), "fte", teller.to),
        percent=teller.growth("fte_growth", last, first),
    )


def _coverage_said(teller: Teller) -> Sentence:
    table = teller.bases["coverage"].data
    years = sorted(set(table[table["service"] == "together"]["year"]))
    ends = {"first_year": int(years[0]), "last_year": int(years[-1])}

    def shares(basis: str, name: str, **where: object) -> dict[str, Number]:
        return {
            end: teller.number(
                f"{name}_{year}",
                teller.pick(basis, "users", year=year, **where),
                teller.pick(basis, "population", year=year, **where),
                rule="over",
                look="percent",
            )
            for end, year in zip(("first", "last"), ends.values(), strict=True)
        }

    spoken = {end: str(year) for end, year in ends.items()}
    said = teller.text("say_coverage", **spoken, **shares("coverage", "coverage", service="together"))
    if "coverage_rest" not in teller.bases:
        return said
    names = labels.join_names(
        [teller.need.region.name_of(code) for code in bases.hidden_places(teller.need)], teller.language
    )
    others = teller.number(
        "coverage_rest_places", teller.pick("coverage_rest", "municipalities", year=ends["last_year"])
    )
    more = teller.text("say_coverage_without", names=names, count=others, **shares("coverage_rest", "coverage_rest"))
    return Sentence(said, " ", more)


def _quoted(teller: Teller, name: str, figure: str, year: int) -> Number:
    return teller.number(f"quoted_{name}_{year}", teller.pick("quoted", "value", figure=figure, year=year))


def _bridge(teller: Teller) -> tuple[Sentence, Table]:
    steps = ministry_bridge(teller.need)
    sources = (
        shipped.source("project_description"),
        shipped.source("national_projections"),
        *teller.need.sources_of_figure(),
    )
    caption, subtitle = teller.next_table(), teller.text("bridge_subtitle")
    footer = teller.source_line(*sources)
    teller.bases["bridge"] = Basis("bridge", caption, "", subtitle, footer, steps, sources)
    ends = {
        step: teller.number(f"bridge_{step}", teller.pick("bridge", "value", step=step)) for step in ("ministry", "own")
    }
    title = teller.text("bridge_title", **ends)
    teller.bases["bridge"] = Basis("bridge", caption, title, subtitle, footer, steps, sources)
    then = _quoted(teller, "users_80", "users_80plus", 2019)
    table = Table(
        name="bridge",
        caption=caption,
        title=title,
        subtitle=subtitle,
        header=tuple(teller.text(key) for key in ("column_step", "column_change", "column_value")),
        rows=tuple(_bridge_rows(teller, steps, str(then))),
        source=footer,
    )
    panel = teller.number("users_80_panel_2020", teller.pick("coverage", "users", year=2020, service="together"))
    said = teller.text("say_bridge", then=then, ministry=ends["ministry"], panel=panel)
    return teller.see(said, table), table


def _bridge_rows(teller: Teller, steps: pd.DataFrame, then: str) -> Iterator[tuple[str, ...]]:
    for row in steps.to_dict("records"):
        named = teller.text(f"bridge_{row['step']}", last=str(teller.need.coverage_year), then=then)
        change = (
            ""
            if row["step"] in ("ministry", "own")
            else labels.number(row["change"], signed=True, language=teller.language)
        )
        yield named, change, labels.number(row["value"], language=teller.language)


def hands(teller: Teller) -> Section:
    """Say how many nurses there are, how many leave, and what is lacking."""
    gap = teller.gap
    assert gap is not None
    formulas = {"gap": ("minus", "need", "supply")}
    figure = teller.drawn("nurse_gap", gap.figure_words(teller.language), gap.plot, bases.nurses(gap), formulas)
    numbers = _nurses(teller)
    drawn: dict[str, Piece] = {
        name: teller.with_interval(numbers[name], f"nurses_{name}", teller.to) for name in ("left", "gap")
    }
    said = teller.text(
        "say_nurses",
        count_year=str(gap.supply.launch - 1),
        share=teller.number(
            "nurses_share_55plus", teller.pick("assumptions", "value", part="share_55plus"), look="percent"
        ),
        age=teller.number("nurses_exit_age", teller.pick("assumptions", "value", part="exit_age"), look="years"),
        **{**numbers, **drawn},
    )
    need = teller.number(f"nurses_need_{teller.to}", _nurse_cells(teller, "need", teller.to), look="fte")
    teller.also.append(need)
    if teller.has_interval("nurses_need"):
        needed = teller.with_interval(need, "nurses_need", teller.to)
        said = Sentence(said, " ", teller.text("say_nurses_need", need=needed))
    parts: list[Sentence | Figure | Table] = [teller.see(said, figure), figure]
    if "quoted" in teller.bases:
        staff = _quoted(teller, "nurses", "nurses_and_social_educators", 2020)
        old = _quoted(teller, "55plus", "staff_55plus", 2020)
        quoted = teller.bases["quoted"].data
        then = int(quoted.loc[quoted["figure"] == "staff_55plus", "year"].iloc[0])
        bound = {"then": str(then), "gone": str(then + QUICK_BOUND_YEARS), "oldest": str(OLD_AGE + QUICK_BOUND_YEARS)}
        parts.append(teller.text("say_seed_staff", staff=staff, old=old, **bound))
    return Section(teller.text("heading_hands"), tuple(parts))


def _nurse_cells(teller: Teller, measure: str, year: int) -> Cells:
    return teller.pick("nurse_gap", measure, year=year)


def _nurses(teller: Teller) -> dict[str, Number]:
    first, last = teller.launch, teller.to

    def fte(name: str, cells: Cells) -> Number:
        return teller.number(name, cells, look="fte")

    return {
        "today": fte(f"nurses_{first}", _nurse_cells(teller, "supply", first)),
        "left": fte(f"nurses_left_{last}", _nurse_cells(teller, "supply", last)),
        "gap": fte(f"nurses_gap_{last}", _nurse_cells(teller, "gap", last)),
        "growth": fte("nurses_for_growth", teller.pick("staff", "fte", cause="growth")),
        "exits": fte("nurses_for_exits", teller.pick("staff", "fte", cause="replacement")),
    }
