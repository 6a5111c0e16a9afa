"""Results' own faces in one document: the chapter, its figures and its workbook."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from demografi.reports.chapter import chapter
from demografi.reports.folder import whole_folder
from demografi.reports.page import as_page
from demografi.reports.pages import WORKBOOK, as_html, as_markdown, file_of
from demografi.reports.workbook import write_workbook

if TYPE_CHECKING:
    from collections.abc import Callable

    from demografi.workforce import Gap

__all__ = ["chapter", "report"]


def report(
    gap: Gap,
    out: str | Path,
    *,
    language: str = "nb",
    page: bool = False,
    progress: Callable[[str], None] | None = None,
) -> Path:
    """Write the background chapter of a gap to a folder.

    The folder appears whole or not at all. A folder with files a person has changed is left alone; the chapter then
    goes to a new one beside it.

    Parameters
    ----------
    gap
        What :func:`demografi.gap` gives; everything it rests on comes along.
    out
        Folder to write: ``chapter.md``, ``chapter.html``, ``figures/`` (PNG and SVG), ``numbers.xlsx``.
    language
        ``"nb"``, ``"nn"`` or ``"en"``.
    page
        Write ``page.html`` too: one file where municipality, year and coverage are chosen.
    progress
        Called with the name of each file as it is written.

    Returns
    -------
    pathlib.Path
        The folder that was written.

    Raises
    ------
    ReportError
        The folder cannot be made or written.
    """
    from demografi import plots

    said = progress or (lambda _: None)
    with whole_folder(out) as (folder, placed):
        written = chapter(gap, language)
        figures = folder / "figures"
        figures.mkdir()
        for figure in written.figures:
            said(f"figures/{file_of(figure)}.png")
            standalone = figure.draw(language=language)
            plots.save(standalone, figures / file_of(figure), alt=figure.words.alt)
            inside = figure.draw(language=language, variant="document")
            plots.save(inside, figures / f"{file_of(figure)}_document", formats=("svg",), alt=figure.words.alt)
        texts = [("chapter.md", as_markdown(written)), ("chapter.html", as_html(written, figures))]
        if page:
            texts.append(("page.html", as_page(gap, written)))
        for name, text in texts:
            said(name)
            (folder / name).write_text(text, encoding="utf-8", newline="\n")
        said(WORKBOOK)
        write_workbook(written, folder / WORKBOOK)
    return placed[0]
