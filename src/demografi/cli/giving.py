"""What the verbs of the command line share: options, refusals, where figures are from, how tables are given."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

import demografi as dg
from demografi.errors import DemografiError, RegionError, ReportError, ScenarioError, SourceError, TableError

if TYPE_CHECKING:
    import pandas as pd

    from demografi.sources.pxweb import Progress
    from demografi.tables import Result

__all__ = [
    "EXIT_CODES",
    "format_asked",
    "gap_of",
    "language",
    "language_option",
    "loading_shown",
    "main",
    "never_online",
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

FORMATS = {"csv": ".csv", "parquet": ".parquet", "jsonstat": ".json"}
NO_ROW = "."


def _keep(ctx: click.Context, param: click.Parameter, value: Any) -> Any:
    """Keep what every verb takes where :func:`write` and :func:`language` find it."""
    ctx.meta[f"demografi.{param.name}"] = value
    return value


language_option = click.option(
    "--language",
    type=click.Choice(["nb", "nn", "en"]),
    default="nb",
    show_default=True,
    expose_value=False,
    callback=_keep,
    help="Language of what is read; columns and codes of a table have none.",
)
never_online = click.option(
    "--offline", is_flag=True, expose_value=False, help="Never touch the network; this verb never does."
)
_out = click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="File to write; its ending says the format: .csv, .parquet or .json (JSON-stat). Default: stdout.",
)
_format = click.option(
    "--format",
    type=click.Choice(list(FORMATS)),
    expose_value=False,
    callback=_keep,
    help="Format on stdout.  [default: csv]",
)
to_option = click.option("--to", type=int, default=2040, show_default=True, help="Year of the last 1 January.")
region_argument = click.argument("region", default="Lakseregionen")


live_options = (
    click.option("--live", is_flag=True, help="Load from Statistics Norway, also where figures ship."),
    click.option("--offline", is_flag=True, help="Never touch the network: what ships, or what was loaded before."),
)


def out_option(verb: Callable[..., Any]) -> Callable[..., Any]:
    """Give a verb where and how its table is given."""
    for option in (language_option, _format, _out):
        verb = option(verb)
    return verb


def language() -> str:
    """Return the language asked for."""
    return str(click.get_current_context().meta.get("demografi.language", "nb"))


def format_asked() -> str | None:
    """Return the format asked for on stdout, if any."""
    return click.get_current_context().meta.get("demografi.format")


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


def write(table: pd.DataFrame, out: Path | None, made: Result | None = None) -> None:
    """Give a table on stdout or in a file, as CSV, Parquet or JSON-stat.

    Parameters
    ----------
    table
        What is given.
    out
        The file, whose ending says the format; stdout where there is none.
    made
        The result the table is of: its sources and cautions stand in JSON-stat.

    Raises
    ------
    ReportError
        The ending is not known, or it cannot be written; nothing half-written is left.
    TableError
        The table is too far from a grid for JSON-stat.
    """
    asked = format_asked()
    if out is None:
        _to_stdout(_packed(table, asked or "csv", made))
        return
    if asked:
        raise click.UsageError("--format is of stdout; the ending of --out says the format.")
    if not out.parent.is_dir():
        raise ReportError(f"There is no folder '{out.parent}'.", hint=f"mkdir -p '{out.parent}'")
    wanted = next((name for name, ending in FORMATS.items() if out.suffix.lower() == ending), None)
    if wanted is None:
        raise ReportError(
            f"'{out.name}' does not end in .csv, .parquet or .json.", hint=f"--out {out.with_suffix('.csv')}"
        )
    packed = _packed(table, wanted, made)
    aside = out.with_name(f".{out.name}.part")
    try:
        aside.write_bytes(packed)
        aside.replace(out)
    except OSError as error:
        raise ReportError(
            f"'{out}' cannot be written.", where=str(error.strerror), hint="Choose another folder."
        ) from error
    finally:
        aside.unlink(missing_ok=True)
    click.echo(out)


def _to_stdout(packed: bytes) -> None:
    try:
        click.echo(packed, nl=False)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise ReportError(
            "The table cannot be written to stdout.", where=str(error.strerror), hint="--out table.csv"
        ) from error


def _packed(table: pd.DataFrame, wanted: str, made: Result | None) -> bytes:
    if wanted == "parquet":
        return bytes(table.to_parquet(index=False))
    if wanted == "jsonstat":
        return _as_jsonstat(table, made).encode()
    return str(table.to_csv(index=False, lineterminator="\n")).encode()


def _as_jsonstat(table: pd.DataFrame, made: Result | None) -> str:
    """Lay a table out as JSON-stat: numbers with decimals are measures, every other column a variable."""
    from pandas.api.types import is_float_dtype

    from demografi.sources.jsonstat_writing import lay_out, to_jsonstat
    from demografi.tables import source_line

    measures = [str(column) for column in table.columns if is_float_dtype(table[column])]
    if made is None:
        return json.dumps(to_jsonstat(lay_out(table, measures, absent=NO_ROW)), ensure_ascii=False)
    units = made.schema.drop_duplicates("column").set_index("column")["unit"]
    laid = lay_out(
        table,
        measures,
        label=repr(made).split("\n", maxsplit=1)[0],
        source=source_line(made.sources, language()),
        units={name: str(units.get(name, "")) for name in measures},
        absent=NO_ROW,
    )
    laid = replace(laid, notes=tuple(caution.text(language()) for caution in made.known_cautions))
    return json.dumps(to_jsonstat(laid), ensure_ascii=False)
