"""Verbs around the chapter: write it, follow a number back, renew the numbers in one's own document."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

import demografi as dg
from demografi.cli.giving import (
    format_asked,
    gap_of,
    main,
    never_online,
    observed_of,
    out_option,
    sourced,
    to_option,
    write,
)

__all__ = ["refresh", "report", "trace"]

_in = click.option(
    "--in",
    "folder",
    type=click.Path(path_type=Path),
    default=Path(),
    show_default="here",
    help="Folder that `demografi report` wrote.",
)
_extras = (
    click.option("--language", type=click.Choice(["nb", "nn", "en"]), help="Language of what is read.  [default: nb]"),
    click.option("--template", type=click.Path(path_type=Path), help="Word document whose styles the chapter takes."),
    click.option("--slides", is_flag=True, help="Write slides.pptx too."),
    click.option("--page", is_flag=True, help="Write page.html too: choose place, year and coverage in a browser."),
    click.option("--each", is_flag=True, help="Write one A4 page per municipality too."),
)


def _with_extras(verb: Callable[..., None]) -> Callable[..., None]:
    for option in reversed(_extras):
        verb = option(verb)
    return verb


@main.command()
@sourced
@to_option
@click.option("--out", type=click.Path(path_type=Path), help="Folder to write. Default: the region's name.")
@click.option("--from-snapshot", type=click.Path(path_type=Path), help="Make a report again from its snapshot.zip.")
@click.option(
    "--draws", type=click.IntRange(min=0), default=1000, show_default=True, help="Futures to draw; 0: no intervals."
)
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True, help="The same seed: the same draws.")
@_with_extras
def report(region: str, live: bool, offline: bool, out: Path | None, from_snapshot: Path | None, **asked: Any) -> None:
    """Write the background chapter: Word, page, text, figures, workbook, sources and snapshot in a folder."""
    to, draws, seed = (asked.pop(name) for name in ("to", "draws", "seed"))
    if from_snapshot is not None:
        _written(from_snapshot, out or Path(f"{from_snapshot.absolute().parent.name}-again"), asked)
        return
    gap = gap_of(observed_of(region, live, offline), to, draws=draws, seed=seed)
    _written(gap, out or Path(gap.region.code), asked)


def _written(made_from: dg.Gap | Path, wanted: Path, extras: dict[str, object]) -> None:
    with _writing_shown() as told, _warnings_said():
        folder = dg.report(made_from, wanted, progress=told, **extras)  # type: ignore[arg-type]
    if folder != wanted:
        click.echo(f"'{wanted}' holds files that have been changed; they were left alone.", err=True)
    click.echo(folder)


@contextmanager
def _writing_shown() -> Iterator[Callable[[str, int, int], None]]:
    """Show on stderr how far the writing has come; nothing where that is no terminal."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bars:
        bar = bars.add_task("", total=None)

        def told(name: str, done: int, every: int) -> None:
            bars.update(bar, description=name, completed=done, total=every)

        yield told


@contextmanager
def _warnings_said() -> Iterator[None]:
    """Say on stderr what the library logs: a style the template lacks, other versions than a snapshot's."""
    handler = logging.StreamHandler()
    handler.setLevel(logging.WARNING)
    logger = logging.getLogger("demografi")
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)


@main.command()
@click.argument("number")
@_in
@never_online
@out_option
def trace(number: str, folder: Path, out: Path | None) -> None:
    """Follow a number of the chapter back to figure, sheet, cell, table and reply.

    NUMBER is as printed, with or without spaces: '3 409', '+50 %', '2,3'; or a name such as users_80_2040.
    """
    found = dg.trace(number, folder)
    if out is not None or format_asked():
        write(found, out)
        return
    for row in found.to_dict("records"):
        click.echo("\n".join(f"{name:8} {value}" for name, value in row.items() if value != "") + "\n")


@main.command()
@click.argument("document", type=click.Path(path_type=Path))
@click.option(
    "--from", "folder", type=click.Path(path_type=Path), required=True, help="Folder that `demografi report` wrote."
)
@click.option("--out", type=click.Path(path_type=Path), help="File to write. Default: <name>-refreshed.docx.")
@click.option("--in-place", is_flag=True, help="Replace the document itself.")
def refresh(document: Path, folder: Path, out: Path | None, in_place: bool) -> None:
    """Renew the numbers in your own Word document: bookmarks that begin with demografi_."""
    if in_place and out is not None:
        raise click.UsageError("--in-place goes without --out.")
    done = dg.refresh(document, folder, document if in_place else out)
    for row in done.changes.to_dict("records"):
        click.echo(f"{row['bookmark']}: {row['old']} → {row['new']}", err=True)
    for row in done.left.to_dict("records"):
        click.echo(f"{row['bookmark']} was left as it is. {row['why']}", err=True)
    click.echo(f"{len(done.changes)} numbers renewed.", err=True)
    click.echo(done.path)
