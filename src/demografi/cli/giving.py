"""What the verbs of the command line share: options, refusals, where figures are from, how tables are given."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

import demografi as dg
from demografi.errors import DemografiError, RegionError, ReportError, ScenarioError, SourceError, TableError

if TYPE_CHECKING:
    import pandas as pd

    from demografi.sources.pxweb import Progress

__all__ = [
    "EXIT_CODES",
    "gap_of",
    "language_option",
    "loading_shown",
    "main",
    "observed_of",
    "out_option",
    "region_argument",
    "sourced",
    "table_of",
    "to_option",
    "write",
]

EXIT_CODES: tuple[tuple[type[DemografiError], int], ...] = (
    (RegionError, 3),
    (SourceError, 4),
    (TableError, 5),
    (ScenarioError, 6),
    (ReportError, 7),
)

language_option = click.option(
    "--language",
    type=click.Choice(["nb", "nn", "en"]),
    default="nb",
    show_default=True,
    help="Language of what is read.",
)
to_option = click.option("--to", type=int, default=2040, show_default=True, help="Year of the last 1 January.")
out_option = click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="File to write; its ending says the format: .csv, .parquet or .json (JSON-stat). Default: CSV on stdout.",
)
region_argument = click.argument("region", default="Lakseregionen")


live_options = (
    click.option("--live", is_flag=True, help="Load from Statistics Norway, also where figures ship."),
    click.option("--offline", is_flag=True, help="Never touch the network: what ships, or what was loaded before."),
)


def sourced(verb: Callable[..., Any]) -> Callable[..., Any]:
    """Give a verb its region and where that region's figures are from."""
    for option in (*reversed(live_options), region_argument):
        verb = option(verb)
    return verb


def observed_of(region: str, live: bool, offline: bool) -> dg.Observed:
    """Take a region's figures from where the caller said.

    Parameters
    ----------
    region
        A name or code, or a file that ``demografi load`` wrote.
    live
        Load although figures ship.
    offline
        Never touch the network: a region that does not ship is taken from what was loaded before.
    """
    if region.endswith(".parquet"):
        return dg.Observed.open(region)
    if not live:
        try:
            return dg.example(region)
        except SourceError:
            if not offline:
                raise
    with loading_shown() as told:
        observed = dg.load(region, offline=offline, progress=told)
    if not offline:
        _say_news(observed, region)
    return observed


def gap_of(observed: dg.Observed, to: int, *, draws: int = 0, seed: int = 1) -> dg.Gap:
    """Set constant-coverage need against today's nurses; one draw is one future of both."""
    need = dg.need(dg.project(observed, to, draws=draws, seed=seed))
    return dg.gap(need, dg.supply(observed, to, draws=draws, seed=seed))


def _say_news(observed: dg.Observed, region: str) -> None:
    """Say once, on stderr, which tables have new figures that were not fetched."""
    from demografi.loading import newer_tables

    for table, updated in newer_tables(observed).items():
        click.echo(
            f"New figures are out: table {table}, {updated[:10]}. Fetch them with: demografi load '{region}' --refresh",
            err=True,
        )


@contextmanager
def loading_shown() -> Iterator[Callable[[str, Progress], None]]:
    """Show on stderr how far a load has come, table by table."""
    from rich.console import Console
    from rich.progress import Progress as Bars

    with Bars(console=Console(stderr=True), transient=True) as bars:
        tables: dict[tuple[str, int], Any] = {}

        def told(table: str, done: Progress) -> None:
            # A table may be asked for several times, for municipalities, counties and the nation.
            number = tables.setdefault((table, done.all_cells), None)
            if number is None:
                number = tables[table, done.all_cells] = bars.add_task(f"SSB {table}", total=done.all_cells)
            bars.update(number, completed=done.cells)

        yield told


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

    REGION is a name or a code; figures that ship are used unless --live is given. It may also be a file that
    `demografi load` wrote.

    Exit codes: 0 done, 2 wrong usage, 3 region, 4 source, 5 table, 6 assumption, 7 report.
    """


def table_of(path: Path) -> pd.DataFrame:
    """Read a CSV or Parquet table of one's own; codes stay text.

    Raises
    ------
    SourceError
        The file is not there.
    """
    import pandas as pd

    if not path.is_file():
        raise SourceError(f"There is no file '{path}'.", hint=f"ls {path.parent}")
    if path.suffix == ".parquet":
        return pd.read_parquet(path)
    return pd.read_csv(path, dtype={"region": "str", "status": "str"})


def write(table: pd.DataFrame, out: Path | None, jsonstat: Callable[[], str] | None = None) -> None:
    """Give a table on stdout as CSV, or in a file of the format its ending says.

    Raises
    ------
    ReportError
        The ending is not known, or the file cannot be written; nothing half-written is left.
    """
    if out is None:
        try:
            click.echo(table.to_csv(index=False, lineterminator="\n"), nl=False)
        except BrokenPipeError:
            raise
        except OSError as error:
            raise ReportError(
                "The table cannot be written to stdout.", where=str(error.strerror), hint="--out table.csv"
            ) from error
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
