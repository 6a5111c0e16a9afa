"""The same verbs at the command line; no arithmetic of its own."""

from __future__ import annotations

from pathlib import Path

import click

import demografi as dg
from demografi.cli import sources
from demografi.cli.giving import EXIT_CODES, language_option, main, observed_of, out_option, sourced, to_option, write

__all__ = ["EXIT_CODES", "main", "sources"]


@main.command()
@sourced
@to_option
@click.option("--out", type=click.Path(path_type=Path), help="Folder to write. Default: the region's name.")
@language_option
@click.option("--page", is_flag=True, help="Write page.html too: choose municipality, year and coverage in a browser.")
def report(region: str, live: bool, offline: bool, to: int, out: Path | None, language: str, page: bool) -> None:
    """Write the background chapter: text, page, figures and workbook in a folder."""
    from rich.console import Console

    console = Console(stderr=True)
    gap = _gap(observed_of(region, live, offline), to)
    with console.status("…") as status:
        folder = dg.report(
            gap, out or Path(gap.region.code), language=language, page=page, progress=lambda name: status.update(name)
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
@out_option
def supply(region: str, live: bool, offline: bool, to: int, out: Path | None) -> None:
    """Give today's nurses as they grow older and leave."""
    write(dg.supply(observed_of(region, live, offline), to).to_frame(), out)


@main.command()
@sourced
@to_option
@out_option
def gap(region: str, live: bool, offline: bool, to: int, out: Path | None) -> None:
    """Give need, supply and gap of nurses in person-years."""
    write(_gap(observed_of(region, live, offline), to).to_frame(), out)


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
