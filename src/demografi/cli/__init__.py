"""The same verbs at the command line; no arithmetic of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

import demografi as dg
from demografi.cli import chapters, sources
from demografi.cli.giving import (
    EXIT_CODES,
    language,
    main,
    never_online,
    observed_of,
    out_option,
    sourced,
    table_of,
    to_option,
    write,
)
from demografi.cli.needing import departing, needed
from demografi.cli.staffing import numbered, staffed, supply_choices

__all__ = ["EXIT_CODES", "chapters", "main", "sources"]


@main.command()
@sourced
@to_option
@out_option
def project(region: str, live: bool, offline: bool, to: int, out: Path | None) -> None:
    """Give the projected population by region, year, sex and age."""
    projection = dg.project(observed_of(region, live, offline), to)
    write(projection.to_frame(), out, projection)


@main.command()
@sourced
@to_option
@needed
@click.option("--person-years", is_flag=True, help="Give person-years instead; with --level those of all places.")
@click.option("--explain", is_flag=True, help="Give the causes of the change to the last year, which sum to it.")
@out_option
def need(
    region: str,
    live: bool,
    offline: bool,
    to: int,
    person_years: bool,
    explain: bool,
    out: Path | None,
    **asked: Any,
) -> None:
    """Give users by service and age group, or person-years; coverage is constant unless told otherwise."""
    level = asked["level"]
    drawn = 0 if level is None else asked["draws"]
    projection = dg.project(observed_of(region, live, offline), to, draws=drawn, seed=asked["seed"])
    result = dg.need(
        projection,
        coverage_year=asked["coverage_year"],
        services=list(asked["service"]) or None,
        departures=departing(asked["departure"]),
    )
    if explain:
        write(result.explain(measure="fte" if person_years else "users"), out, result)
    elif person_years:
        write(result.person_years if level is None else result.person_years_interval(level), out, result)
    else:
        write(result.to_frame(level), out, result)


@main.command()
@sourced
@to_option
@staffed
@click.option("--replacement", is_flag=True, help="Give how much of today's staff has left by the last year.")
@out_option
def supply(region: str, live: bool, offline: bool, to: int, replacement: bool, out: Path | None, **asked: Any) -> None:
    """Give today's staff as they grow older and leave; nurses unless told otherwise."""
    level = asked.pop("level")
    result = dg.supply(observed_of(region, live, offline), to, **supply_choices(level, **asked))
    write(result.replacement(to, level) if replacement else result.to_frame(level), out, result)


@main.command()
@sourced
@to_option
@staffed
@click.option("--shortage", multiple=True, help="Person-years lacking today, e.g. nurse=12; may be repeated.")
@click.option("--lever", multiple=True, help="E.g. exit_later=2 or position_size=0.75:0.85: give what each closes.")
@click.option("--explain", is_flag=True, help="Give the causes of the gap in the last year, which sum exactly to it.")
@out_option
def gap(
    region: str,
    live: bool,
    offline: bool,
    to: int,
    shortage: tuple[str, ...],
    lever: tuple[str, ...],
    explain: bool,
    out: Path | None,
    **asked: Any,
) -> None:
    """Give need, supply and gap in person-years; of nurses unless told otherwise."""
    level = asked.pop("level")
    observed, choices = observed_of(region, live, offline), supply_choices(level, **asked)
    need = dg.need(dg.project(observed, to, draws=choices["draws"], seed=choices["seed"]))
    result = dg.gap(need, dg.supply(observed, to, **choices), shortage=numbered(shortage) or None)
    if lever:
        write(result.levers(**numbered(lever)), out, result)
    else:
        write(result.explain() if explain else result.to_frame(level), out, result)


@main.command()
@sourced
@to_option
@click.option("--against", multiple=True, help="county, nation or a region whose figures ship; may be repeated.")
@click.option("--joined", type=click.Path(path_type=Path), help="CSV of own indicators: region year indicator value …")
@click.option(
    "--with", "more", type=click.Choice(["need", "gap"]), help="Users and person-years too, or staff and gap."
)
@staffed
@out_option
def indicators(
    region: str,
    live: bool,
    offline: bool,
    to: int,
    against: tuple[str, ...],
    joined: Path | None,
    more: str | None,
    out: Path | None,
    **asked: Any,
) -> None:
    """Give ratios such as aldersbæreevne, with their ages."""
    level = asked.pop("level")
    observed, choices = observed_of(region, live, offline), supply_choices(level, **asked)
    figures: Any = dg.project(observed, to, draws=choices["draws"], seed=choices["seed"])
    if more:
        figures = dg.need(figures)
    if more == "gap":
        figures = dg.gap(figures, dg.supply(observed, to, **choices))
    own = None if joined is None else table_of(joined)
    found = dg.indicators(figures, against, joined=own)
    write(found.to_frame(level), out, found)


@main.command()
@click.argument("target")
@sourced
@to_option
@click.option("--on", required=True, help="A 1 January, such as 2030-01-01.")
@click.option(
    "--through",
    multiple=True,
    default=["net_migration"],
    show_default=True,
    help="net_migration, fertility or retention; a mix as net_migration=0.7 and retention=0.3.",
)
@click.option("--profile", default="own", show_default=True, help="Who moves in: own, families, workers, young_adults.")
@out_option
def goal(
    target: str,
    region: str,
    live: bool,
    offline: bool,
    to: int,
    out: Path | None,
    **how: Any,
) -> None:
    """Find what it takes to reach a TARGET such as persons=1300 in a REGION; the answer is on stderr.

    Targets: persons, women_20_39, young_0_19, young_20_39, share_women_20_39, share_0_19, aldersbareevne (at least),
    users_80plus (at most).
    """
    projection = dg.project(observed_of(region, live, offline), to)
    through = how.pop("through")
    levers = through[0] if len(through) == 1 and "=" not in through[0] else dict(map(_named_number, through))
    wanted: dict[str, Any] = dict([_named_number(target)])
    found = dg.goal(projection, through=levers, **how, **wanted)
    click.echo(found.sentence(language()), err=True)
    write(found.to_frame(), out, found)


def _named_number(text: str) -> tuple[str, float]:
    name, _, number = text.partition("=")
    try:
        return name, float(number)
    except ValueError:
        raise click.BadParameter(f"{text!r} is no name and number such as persons=1300.") from None


@main.command()
@click.argument("region", default="Lakseregionen")
@click.option("--all", "everywhere", is_flag=True, help="Every municipality of the country.")
@click.option(
    "--reference", type=click.Path(path_type=Path), help="Folder of whole-country tables (DEMOGRAFI_REFERENCE)."
)
@click.option("--launches", help="Years to launch from.  [default: 2008-2021,2026, those before --outcomes-to]")
@click.option("--outcomes-to", type=int, help="Read no outcome after this year; for choosing among variants.")
@click.option("--page", type=click.Path(path_type=Path), help="Also write the accuracy page here.")
@click.option("--draws", default=0, show_default=True, help="Draws for intervals at launches from 2010; 0 for none.")
@click.option("--seed", default=1, show_default=True, help="The same seed gives the same draws.")
@click.option("--hits", is_flag=True, help="Give how often intervals held instead of the projections (with --draws).")
@never_online
@out_option
def backtest(  # noqa: PLR0913 – one argument for each option of the command
    region: str,
    everywhere: bool,
    reference: Path | None,
    launches: str | None,
    outcomes_to: int | None,
    page: Path | None,
    draws: int,
    seed: int,
    hits: bool,
    out: Path | None,
) -> None:
    """Give past projections made again, beside what came and beside simple methods."""
    from demografi.evaluation import backtest_country
    from demografi.evaluation.page import accuracy_page

    result = backtest_country(
        reference,
        None if launches is None else _years(launches),
        outcomes_to=outcomes_to,
        region=None if everywhere else dg.region(region),
        progress=lambda line: click.echo(line, err=True),
        draws=draws,
        seed=seed,
    )
    if page is not None:
        page.write_text(accuracy_page(result), encoding="utf-8", newline="\n")
        click.echo(page, err=True)
    write(result.hits() if hits else result.to_frame(0.8 if draws else None), out, result)


def _years(text: str) -> list[int]:
    years: list[int] = []
    for part in text.split(","):
        first, _, last = part.partition("-")
        try:
            years += range(int(first), int(last or first) + 1)
        except ValueError:
            raise click.BadParameter(f"{part!r} is no year or span of years such as 2010-2021.") from None
    return years
