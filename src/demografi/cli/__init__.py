"""The same verbs at the command line; no arithmetic of its own."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

import demografi as dg
from demografi.errors import DemografiError, RegionError, ReportError, ScenarioError, SourceError, TableError

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

__all__ = ["main"]

EXIT_CODES: tuple[tuple[type[DemografiError], int], ...] = (
    (RegionError, 3),
    (SourceError, 4),
    (TableError, 5),
    (ScenarioError, 6),
    (ReportError, 7),
)

FORMATS = ("csv", "parquet", "jsonstat")

_language = click.option(
    "--language",
    type=click.Choice(["nb", "nn", "en"]),
    default="nb",
    show_default=True,
    help="Language of what is read.",
)
_to = click.option("--to", type=int, default=2040, show_default=True, help="Year of the last 1 January.")
_out = click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="File to write; its ending says the format: .csv, .parquet or .json (JSON-stat). Default: CSV on stdout.",
)
_region = click.argument("region", default="Lakseregionen")


class _Refusing(click.Group):
    """Prints a refusal instead of a traceback, and says by the exit code what kind it was."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except DemografiError as refusal:
            _refuse(refusal)


def _refuse(refusal: DemografiError) -> NoReturn:
    click.echo(f"{type(refusal).__name__}: {refusal}", err=True)
    sys.exit(next((code for kind, code in EXIT_CODES if isinstance(refusal, kind)), 1))


@click.group(cls=_Refusing, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(dg.__version__, prog_name="demografi")
def main() -> None:
    """Project a region's population, its need of services and hands, and write the chapter.

    Exit codes: 0 done, 2 wrong usage, 3 region, 4 source, 5 table, 6 assumption, 7 report.
    """


@main.command()
@_region
@_to
@click.option("--out", type=click.Path(path_type=Path), help="Folder to write. Default: the region's name.")
@_language
def report(region: str, to: int, out: Path | None, language: str) -> None:
    """Write the background chapter: text, page, figures and workbook in a folder."""
    from rich.console import Console

    console = Console(stderr=True)
    gap = _gap(region, to)
    with console.status("…") as status:
        folder = dg.report(
            gap, out or Path(gap.region.code), language=language, progress=lambda name: status.update(name)
        )
    wanted = out or Path(gap.region.code)
    if folder != wanted:
        click.echo(f"'{wanted}' holds files that have been changed; they were left alone.", err=True)
    click.echo(folder)


def _gap(region: str, to: int) -> dg.Gap:
    observed = dg.example(region)
    return dg.gap(dg.need(dg.project(observed, to)), dg.supply(observed, to))


@main.command()
@_region
@_to
@_out
def project(region: str, to: int, out: Path | None) -> None:
    """Give the projected population by region, year, sex and age."""
    projection = dg.project(dg.example(region), to)
    _write(projection.to_frame(), out, projection.to_jsonstat)


@main.command()
@_region
@_to
@_out
@click.option("--person-years", is_flag=True, help="Give person-years instead of users.")
def need(region: str, to: int, out: Path | None, person_years: bool) -> None:
    """Give users by service and age group, or person-years, with constant coverage."""
    result = dg.need(dg.project(dg.example(region), to))
    _write(result.person_years if person_years else result.to_frame(), out)


@main.command()
@_region
@_to
@_out
def supply(region: str, to: int, out: Path | None) -> None:
    """Give today's nurses as they grow older and leave."""
    _write(dg.supply(dg.example(region), to).to_frame(), out)


@main.command()
@_region
@_to
@_out
def gap(region: str, to: int, out: Path | None) -> None:
    """Give need, supply and gap of nurses in person-years."""
    _write(_gap(region, to).to_frame(), out)


@main.command()
@_region
@_to
@click.option("--against", multiple=True, type=click.Choice(["county", "nation"]), help="Set beside; may be repeated.")
@_out
def indicators(region: str, to: int, against: tuple[str, ...], out: Path | None) -> None:
    """Give ratios such as aldersbæreevne, with their ages."""
    _write(dg.indicators(dg.project(dg.example(region), to), against).to_frame(), out)


@main.command()
@click.argument("region", default="Lakseregionen")
@click.option("--all", "everywhere", is_flag=True, help="Every municipality of the country.")
@click.option(
    "--reference", type=click.Path(path_type=Path), help="Folder of whole-country tables (DEMOGRAFI_REFERENCE)."
)
@click.option("--launches", default="2008-2021,2026", show_default=True, help="Years to launch from.")
@click.option("--outcomes-to", type=int, help="Read no outcome after this year; for choosing among variants.")
@click.option("--page", type=click.Path(path_type=Path), help="Also write the accuracy page here.")
@_out
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
    _write(result.to_frame(), out)


def _years(text: str) -> list[int]:
    years: list[int] = []
    for part in text.split(","):
        first, _, last = part.partition("-")
        try:
            years += range(int(first), int(last or first) + 1)
        except ValueError:
            raise click.BadParameter(f"{part!r} is no year or span of years such as 2010-2021.") from None
    return years


def _write(table: pd.DataFrame, out: Path | None, jsonstat: Callable[[], str] | None = None) -> None:
    if out is None:
        click.echo(table.to_csv(index=False, lineterminator="\n"), nl=False)
        return
    if not out.parent.is_dir():
        raise ReportError(f"There is no folder '{out.parent}'.", hint=f"mkdir -p '{out.parent}'")
    aside = out.with_name(f".{out.name}.part")
    try:
        if out.suffix == ".parquet":
            table.to_parquet(aside, index=False)
        elif out.suffix == ".json" and jsonstat is not None:
            aside.write_text(jsonstat(), encoding="utf-8")
        elif out.suffix == ".csv":
            table.to_csv(aside, index=False, lineterminator="\n")
        else:
            raise ReportError(
                f"'{out.name}' does not end in .csv or .parquet" + (" or .json." if jsonstat else "."),
                hint=f"--out {out.with_suffix('.csv')}",
            )
        aside.replace(out)
    except OSError as error:
        raise ReportError(
            f"'{out}' cannot be written.", where=str(error.strerror), hint="Choose another folder."
        ) from error
    finally:
        aside.unlink(missing_ok=True)
    click.echo(out)


if __name__ == "__main__":
    main()
