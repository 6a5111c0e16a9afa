"""Results' own faces in one document: the chapter, its figures, its workbook, and where every number is from."""

from __future__ import annotations

import hashlib
import logging
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from demografi import labels
from demografi.reports.chapter import chapter, sentences
from demografi.reports.drawing import draw
from demografi.reports.folder import whole_folder
from demografi.reports.frozen import SNAPSHOT, Asked, Frozen, freeze, thaw
from demografi.reports.markdown import WORKBOOK, as_markdown, plain
from demografi.reports.municipal import municipal_pages, page_steps, pages_sheet
from demografi.reports.page import as_page
from demografi.reports.pages import as_html
from demografi.reports.parts import with_printable_names
from demografi.reports.refreshing import refresh
from demografi.reports.slides import as_pptx, refuse_without_slides
from demografi.reports.sourcing import as_bibtex, as_sources
from demografi.reports.tracing import INDEX, trace, write_index
from demografi.reports.word import as_docx, read_template
from demografi.reports.workbook import write_workbook
from demografi.tables import must_be
from demografi.workforce import Gap

if TYPE_CHECKING:
    from collections.abc import Callable

    from demografi.reports.content import Chapter

    Progress = Callable[[str, int, int], None]

__all__ = ["chapter", "refresh", "report", "sentences", "trace"]

LOG = logging.getLogger("demografi")
FIGURES = "figures"


def report(
    result: Gap | str | Path,
    out: str | Path,
    *,
    language: str | None = None,
    template: str | Path | None = None,
    page: bool = False,
    slides: bool = False,
    each: bool = False,
    progress: Progress | None = None,
) -> Path:
    """Write the background chapter of a gap to a folder.

    The folder appears whole or not at all. A folder with files a person has changed is left alone; the chapter then
    goes to a new one beside it. The same results give the same bytes.

    Parameters
    ----------
    result
        What :func:`demografi.gap` gives; everything it rests on comes along. Or the path of the ``snapshot.zip`` of an
        earlier report, which is then made again as it was asked for, without a network.
    out
        Folder to write: ``chapter.docx``, ``chapter.html``, ``chapter.md``, ``figures/`` (PNG and SVG),
        ``numbers.xlsx`` and ``numbers.json``, ``sources.md`` and ``sources.bib``, ``snapshot.zip``.
    language
        ``"nb"`` (the default), ``"nn"`` or ``"en"``.
    template
        A Word document (``.docx``) whose styles are used by name. A style it lacks is ours; the log says which.
    page
        Write ``page.html`` too: one file where municipality, year and coverage are chosen.
    slides
        Write ``slides.pptx`` too: one figure a slide. Needs ``demografi[slides]``.
    each
        Write ``pages/`` too: one A4 page per municipality, in Word and HTML.
    progress
        Called with the name of each file as it is begun, how many are done, and of how many.

    Returns
    -------
    pathlib.Path
        The folder that was written.

    Raises
    ------
    ReportError
        The folder cannot be made or written, a file in it is open in Word, the template is no Word document, or slides
        are asked for and python-pptx is absent.
    """
    frozen = _frozen(result, template, Asked(language or "", slides, each, page))
    if frozen.asked.slides:
        refuse_without_slides()
    with whole_folder(out) as (folder, placed):
        _write(frozen, folder, progress or (lambda *_: None))
    return placed[0]


def _frozen(result: Gap | str | Path, template: str | Path | None, asked: Asked) -> Frozen:
    given = read_template(Path(template)) if template is not None else None
    if isinstance(result, str | Path):
        kept = thaw(result)
        for difference in kept.version_differences:
            LOG.warning("%s; the files may differ.", difference)
        return Frozen(kept.gap, asked.over(kept.asked), given or kept.template, kept.replies, kept.results)
    must_be(result, Gap, "dg.report", "dg.report(dg.gap(need, supply), 'folder')")
    return Frozen(with_printable_names(result), asked.over(Asked()), given)


def _write(frozen: Frozen, folder: Path, progress: Progress) -> None:
    written = chapter(frozen.gap, frozen.asked.language)
    pages = municipal_pages(frozen, written.language) if frozen.asked.each else {}
    if pages:
        written = replace(written, bases=(*written.bases, pages_sheet(pages.values(), written.language)))
    figures = folder / FIGURES
    snapshot = freeze(frozen)
    foot = _foot(written, snapshot)

    def docx() -> None:
        content, missing = as_docx(written, figures, foot, frozen.template)
        for name in missing:
            LOG.warning("The template lacks the style '%s'; ours was used.", name)
        (folder / "chapter.docx").write_bytes(content)

    steps: dict[str, Callable[[], object]] = {
        f"{FIGURES}/{figure.name}.png": partial(draw, figure, figures, written.language) for figure in written.figures
    }
    steps |= {
        "chapter.md": lambda: _text(folder / "chapter.md", as_markdown(written)),
        "chapter.html": lambda: _text(folder / "chapter.html", as_html(written, figures, foot)),
        "chapter.docx": docx,
        WORKBOOK: lambda: write_workbook(written, folder / WORKBOOK),
        INDEX: lambda: write_index(written, folder / INDEX),
        "sources.md": lambda: _text(folder / "sources.md", as_sources(written, plain)),
        "sources.bib": lambda: _text(folder / "sources.bib", as_bibtex(written)),
        SNAPSHOT: lambda: (folder / SNAPSHOT).write_bytes(snapshot),
    }
    if frozen.asked.page:
        steps["page.html"] = lambda: _text(folder / "page.html", as_page(frozen.gap, written))
    if frozen.asked.slides:
        steps["slides.pptx"] = lambda: (folder / "slides.pptx").write_bytes(as_pptx(written, figures, foot))
    if pages:
        steps |= page_steps(pages, folder / "pages", foot, frozen.template)
    for done, (name, step) in enumerate(steps.items()):
        progress(name, done, len(steps))
        step()


def _text(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")


def _foot(written: Chapter, snapshot: bytes) -> str:
    return labels.text(
        "report_footer",
        written.language,
        region=written.region,
        date=labels.date(written.fetched, written.language) if written.fetched else labels.MISSING,
        snapshot=hashlib.sha256(snapshot).hexdigest()[:8],
    )
