"""Verbs around sources: load, official, read, check-sources, snapshot, compare, cache."""

from __future__ import annotations

import datetime as dt
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

import demografi as dg
from demografi.cli.giving import (
    EXIT_CODES,
    language,
    language_option,
    loading_shown,
    main,
    never_online,
    observed_of,
    out_option,
    write,
)
from demografi.errors import ReportError, SourceError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["cache", "check_sources", "compare", "load", "official", "read", "snapshot"]

DIFFERENT = next(code for kind, code in EXIT_CODES if kind is SourceError)
_offline = click.option("--offline", is_flag=True, help="Never touch the network: use what was loaded before.")
_refresh = click.option("--refresh", is_flag=True, help="Ask whether tables have been published anew.")


@main.command()
@click.argument("region")
@click.option("--out", type=click.Path(path_type=Path), help="Parquet file. Default: the region's code.")
@_offline
@_refresh
@language_option
def load(region: str, out: Path | None, offline: bool, refresh: bool) -> None:
    """Load a region's figures from Statistics Norway into one file.

    What was loaded before is not fetched again. The file can stand for REGION in the other verbs.
    """
    path = out or Path(f"{dg.region(region).code}.parquet")
    if path.suffix != ".parquet":
        raise ReportError(f"'{path.name}' does not end in .parquet.", hint=f"--out {path.with_suffix('.parquet')}")
    with loading_shown() as told:
        observed = dg.load(region, offline=offline, refresh=refresh, language=language(), progress=told)
    for caution in observed.known_cautions:
        click.echo(caution.text(language()), err=True)
    click.echo(observed.save(path))


@main.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--sheet", help="Name of the sheet, where a workbook has several tables.")
@click.option("--tidy", is_flag=True, help="Use this program's own keys: region year sex age.")
@never_online
@out_option
def read(file: Path, sheet: str | None, tidy: bool, out: Path | None) -> None:
    """Read a file you have: Statbank CSV or XLSX, PX, JSON-stat, ODS, the ministry's workbook."""
    table = dg.read(file, sheet=sheet)
    for note in table.notes:
        click.echo(note, err=True)
    write(table.tidy() if tidy else table.to_frame(), out)


@main.command("check-sources")
@click.argument("tables", nargs=-1)
@click.option("--region", default="Lakseregionen", help="With a file: whose need to compare with.")
@click.option("--to", type=int, default=2040, help="With a file: last year of the projection.")
@click.option("--coverage-year", type=int, help="With a file: 31 December whose coverage is held constant.")
@click.option("--column", "columns", multiple=True, help="With a file: KEY=HEADER, e.g. region=Kommune value=Antall.")
@click.option("--sheet", help="With a file: name of the sheet.")
@click.option("--offline", is_flag=True, help="Never touch the network; only a file can be compared so.")
@out_option
def check_sources(
    tables: tuple[str, ...],
    region: str,
    to: int,
    coverage_year: int | None,
    columns: tuple[str, ...],
    sheet: str | None,
    offline: bool,
    out: Path | None,
) -> None:
    """Compare the tables this program relies on with Statistics Norway's own description of them.

    TABLES are numbers such as 07459; all are compared where none is given. Exit code 4 where anything differs. A file
    instead (ODS, XLSX or CSV of Tjenestebehov) is compared with our own need, row by row.
    """
    from demografi.sources import registry, ssb

    if len(tables) == 1 and Path(tables[0]).suffix:
        need = dg.need(dg.project(observed_of(region, False, offline), to), coverage_year=coverage_year)
        write(_workbook_beside(Path(tables[0]), need, columns, sheet), out)
        return
    if offline:
        raise SourceError(
            "Tables are compared with Statistics Norway's own description, which takes the network.",
            where="--offline was given without a file.",
            hint="demografi check-sources",
        )
    unknown = sorted(set(tables) - {row.id for row in registry.registered()})
    if unknown:
        raise SourceError(f"Table '{unknown[0]}' is not one this program relies on.", hint="demografi check-sources")
    chosen = [row for row in registry.registered() if not tables or row.id in tables]
    differences = registry.check_sources(
        ssb.connect(), chosen, progress=lambda table: click.echo(f"{table.id} {table.title}", err=True)
    )
    write(differences, out)
    if len(differences):
        click.echo(f"{len(differences)} differences in {differences['table'].nunique()} tables.", err=True)
        sys.exit(DIFFERENT)
    click.echo(f"{len(chosen)} tables compared; no differences.", err=True)


def _workbook_beside(file: Path, need: dg.Need, columns: tuple[str, ...], sheet: str | None) -> pd.DataFrame:
    """Read a workbook by the columns the caller names, and set it beside the need."""
    from demografi.needs import compare_workbook
    from demografi.sources.files.columns import SERVICES

    odd = [one for one in columns if "=" not in one]
    if odd:
        raise click.UsageError(f"--column {odd[0]!r} is not KEY=HEADER.")
    named = dict(one.split("=", 1) for one in columns)
    return compare_workbook(dg.read(file, layout=replace(SERVICES, columns=named), sheet=sheet), need)


@main.command()
@click.argument("region")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="File to write, ending in .zip.")
@_offline
@_refresh
@language_option
def snapshot(region: str, out: Path, offline: bool, refresh: bool) -> None:
    """Freeze a region's raw replies, where they are from and the versions of the programs in one file."""
    from demografi.loading import manifests
    from demografi.sources.cache import Cache, default_folder
    from demografi.sources.snapshots import write_snapshot

    kept = Cache(default_folder())
    with loading_shown() as told:
        observed = dg.load(region, offline=offline, refresh=refresh, language=language(), progress=told, cache=kept)
    sha256 = write_snapshot(out, kept, manifests(observed))
    click.echo(f"sha256 {sha256}", err=True)
    click.echo(out)


@main.command()
@click.argument("region")
@click.option("--vintage", type=int, required=True, help="Year of publication, such as 2026.")
@click.option(
    "--alternative", default="MMMM", show_default=True, help="Fertility, life expectancy, moves, immigration."
)
@_offline
@out_option
def official(region: str, vintage: int, alternative: str, offline: bool, out: Path | None) -> None:
    """Give Statistics Norway's own projection of a region, by its vintage and the letters of its alternative."""
    projection = _published(region, vintage, alternative, offline)
    for caution in projection.own_cautions:
        click.echo(caution.text(language()), err=True)
    if projection.has("age_groups"):
        write(projection.age_groups, out, projection)
    else:
        write(projection.to_frame(), out, projection)


def _published(region: str, vintage: int, alternative: str, offline: bool) -> dg.Projection:
    with loading_shown() as told:
        return dg.official(region, vintage=vintage, alternative=alternative, offline=offline, progress=told)


@main.command()
@click.argument("old")
@click.argument("new")
@click.option("--region", help="Compare Statistics Norway's projections of it: OLD and NEW are vintages, such as 2024.")
@click.option("--alternative", default="MMMM", show_default=True, help="Of the projections.")
@_offline
@out_option
def compare(old: str, new: str, region: str | None, alternative: str, offline: bool, out: Path | None) -> None:
    """Give what differs between OLD and NEW: two snapshots, or two vintages of a region's projection by cause."""
    if region is None:
        write(dg.compare(Path(old), Path(new)), out)
        return
    if not (old.isdigit() and new.isdigit()):
        raise click.UsageError("With --region, OLD and NEW are years such as 2024 and 2026.")
    write(dg.compare(*(_published(region, int(year), alternative, offline) for year in (old, new))), out)


@main.command()
@click.option("--size", is_flag=True, help="Say how much is kept, and where (the default).")
@click.option("--clean", is_flag=True, help="Remove what is kept; figures are fetched again when next loaded.")
@click.option(
    "--before", type=click.DateTime(["%Y-%m-%d"]), help="With --clean: only what was fetched before this day."
)
def cache(size: bool, clean: bool, before: dt.datetime | None) -> None:
    """Show or clean the folder where replies are kept (DEMOGRAFI_CACHE)."""
    from demografi.sources.cache import Cache, default_folder

    if before is not None and not clean:
        raise click.UsageError("--before goes with --clean.")
    kept = Cache(default_folder())
    if clean:
        now = dt.datetime.now(dt.UTC)
        freed = kept.clean(before=before.astimezone() if before else now + dt.timedelta(seconds=1), now=now)
        click.echo(f"{freed / 1e6:,.1f} MB removed from {kept.folder}")
    if size or not clean:
        replies, held = kept.size()
        click.echo(f"{replies} replies, {held / 1e6:,.1f} MB in {kept.folder}")
