"""The same verbs at the command line; no arithmetic of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

import demografi as dg
from demografi.cli import sources
from demografi.cli.giving import EXIT_CODES, language_option, main, observed_of, out_option, sourced, to_option, write
from demografi.cli.staffing import numbered, staffed, supply_choices

__all__ = ["EXIT_CODES", "main", "sources"]


@main.command()
@sourced
@to_option
@click.option("--out", type=click.Path(path_type=Path), help="Folder to write. Default: the region's name.")
@language_option
def report(region: str, live: bool, offline: bool, to: int, out: Path | None, language: str) -> None:
    """Write the background chapter: text, page, figures and workbook in a folder."""
    from rich.console import Console

    console = Console(stderr=True)
    gap = _gap(observed_of(region, live, offline), to)
    with console.status("…") as status:
        folder = dg.report(
            gap, out or Path(gap.region.code), language=language, progress=lambda name: status.update(name)
        )
    wanted = out or Path(gap.region.code)
    if folder != wanted:
        click.echo(f"'{wanted}' holds files that have been changed; they were left alone.", err=True)
    click.echo(folder)


def _gap(observed: dg.Observed, to: int) -> dg.Gap:
    return dg.gap(dg.need(dg.project(observed, to)), dg.supply(observed, to))


@main.command()
@sourced
@to_option
@out_option
def project(region: str, live: bool, offline: bool, to: int, out: Path | None) -> None:
    """Give the projected population by region, year, sex and age."""
    projection = dg.project(observed_of(region, live, offline), to)
    write(projection.to_frame(), out, projection.to_jsonstat)


@main.command()
@sourced
@to_option
@out_option
@click.option("--person-years", is_flag=True, help="Give person-years instead of users.")
def need(region: str, live: bool, offline: bool, to: int, out: Path | None, person_years: bool) -> None:
    """Give users by service and age group, or person-years, with constant coverage."""
    result = dg.need(dg.project(observed_of(region, live, offline), to))
    write(result.person_years if person_years else result.to_frame(), out)


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
    write(result.replacement(to, level) if replacement else result.to_frame(level), out)


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
        write(result.levers(**numbered(lever)), out)
    else:
        write(result.explain() if explain else result.to_frame(level), out)


@main.command()
@sourced
@to_option
@click.option("--against", multiple=True, type=click.Choice(["county", "nation"]), help="Set beside; may be repeated.")
@out_option
def indicators(region: str, live: bool, offline: bool, to: int, against: tuple[str, ...], out: Path | None) -> None:
    """Give ratios such as aldersbæreevne, with their ages."""
    write(dg.indicators(dg.project(observed_of(region, live, offline), to), against).to_frame(), out)


@main.command()
@click.argument("region", default="Lakseregionen")
@click.option("--all", "everywhere", is_flag=True, help="Every municipality of the country.")
@click.option(
    "--reference", type=click.Path(path_type=Path), help="Folder of whole-country tables (DEMOGRAFI_REFERENCE)."
)
@click.option("--launches", default="2008-2021,2026", show_default=True, help="Years to launch from.")
@click.option("--outcomes-to", type=int, help="Read no outcome after this year; for choosing among variants.")
@click.option("--page", type=click.Path(path_type=Path), help="Also write the accuracy page here.")
@out_option
def backtest(
    region: str,
    everywhere: bool,
    reference: Path | None,
    launches: str,
    outcomes_to: int | None,
    page: Path | None,
    out: Path | None,
) -> None:
    """Give past projections made again, beside what came and beside simple methods."""
    from demografi.evaluation import backtest_country
    from demografi.evaluation.page import accuracy_page

    result = backtest_country(
        reference,
        _years(launches),
        outcomes_to=outcomes_to,
        region=None if everywhere else dg.region(region),
        progress=lambda line: click.echo(line, err=True),
    )
    if page is not None:
        page.write_text(accuracy_page(result), encoding="utf-8", newline="\n")
        click.echo(page, err=True)
    write(result.to_frame(), out)


def _years(text: str) -> list[int]:
    years: list[int] = []
    for part in text.split(","):
        first, _, last = part.partition("-")
        try:
            years += range(int(first), int(last or first) + 1)
        except ValueError:
            raise click.BadParameter(f"{part!r} is no year or span of years such as 2010-2021.") from None
    return years
