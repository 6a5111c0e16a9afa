"""The background chapter: what is said, in which order, with which figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from demografi import labels
from demografi.errors import ReportError
from demografi.needs import Need
from demografi.reports import bases, sections
from demografi.reports.content import Chapter, Points
from demografi.reports.how import about_basis, about_intervals, how, weaknesses
from demografi.reports.numbers import Sentence
from demografi.reports.teller import Teller
from demografi.sources import shipped
from demografi.tables import merge_sources
from demografi.workforce import Gap

if TYPE_CHECKING:
    from demografi.reports.numbers import Basis
    from demografi.tables import Source

__all__ = ["chapter", "sentences"]


def chapter(gap: Gap, language: str = "nb") -> Chapter:
    """Put the chapter of a gap together.

    Parameters
    ----------
    gap
        Need, supply and everything they rest on.
    language
        ``"nb"``, ``"nn"`` or ``"en"``.
    """
    teller = Teller(gap, language)
    told = (sections.residents(teller), sections.users(teller), sections.hands(teller))
    keys = tuple(sections.key_numbers(teller))
    return Chapter(
        language=language,
        region=gap.region.name,
        title=teller.text(_title(teller)),
        scope=teller.text("chapter_scope", intervals=_intervals_said(teller)),
        key_numbers=keys,
        sections=told,
        how_heading=teller.text("heading_how"),
        how_parts=(
            Points("", tuple(how(teller))),
            Points(teller.text("report_about_intervals"), tuple(about_intervals(teller))),
            Points(teller.text("report_about_basis"), tuple(about_basis(teller))),
        ),
        weaknesses_heading=teller.text("report_weaknesses"),
        weaknesses=tuple(weaknesses(teller)),
        sources_heading=teller.text("heading_sources"),
        sources=merge_sources(gap.sources, teller.ratios.sources, _cited(teller)),
        bases=_in_order(teller),
        also=tuple(teller.also),
    )


def _intervals_said(teller: Teller) -> Sentence:
    """Say what has intervals."""
    if not teller.has_interval("old"):
        return teller.text("chapter_no_intervals")
    level = teller.number("interval_level", teller.pick("intervals", "level", figure="old", year=teller.to))
    key = "chapter_intervals" if teller.has_interval("nurses_gap") else "chapter_need_intervals"
    return teller.text(key, level=level)


def _title(teller: Teller) -> str:
    """Choose the title that is true of the numbers: fewer hands only where those of working age become fewer."""
    code, ends = teller.need.region.code, (teller.launch, teller.to)
    old = [teller.projection.persons("80+", year) for year in ends]
    support = [teller.support(code, year).value for year in ends]
    if not (old[1] > old[0] and support[1] < support[0]):
        return "chapter_title_neutral"
    working = [teller.projection.persons("20-66", year) for year in ends]
    if labels.times_key(working[1] / working[0]) == "times_unchanged":
        return "chapter_title_as_many"
    return "chapter_title_more" if working[1] > working[0] else "chapter_title"


def _cited(teller: Teller) -> tuple[Source, ...]:
    quoted = ("project_description",) if bases.is_lakseregionen(teller.need) else ()
    national = ("national_projections",) if "vintages" in teller.bases else ()
    held = ("interval_hits",) if "hits" in teller.bases else ()
    return tuple(shipped.source(name) for name in (*quoted, *national, *held))


def _in_order(teller: Teller) -> tuple[Basis, ...]:
    """Return what is drawn or printed first, as numbered, then what only the text reads."""
    drawn = [basis for basis in teller.bases.values() if basis.subtitle]
    return (*drawn, *(basis for basis in teller.bases.values() if not basis.subtitle))


def sentences(result: Gap | Need, language: str = "nb") -> list[Sentence]:
    """Give the paragraphs of the chapter, ready to paste, every number with the cells it is from.

    Parameters
    ----------
    result
        What :func:`demografi.gap` gives, or :func:`demografi.need` where nothing is known of the hands.
    language
        ``"nb"``, ``"nn"`` or ``"en"``.

    Returns
    -------
    list of Sentence
        Plain text; each has ``.numbers``, and each of those its ``name``, ``printed``, unrounded ``value`` and
        ``unit``, the ``rule`` it was computed by and the ``cells`` (table, column, rows) the rule was applied to.

    Raises
    ------
    ReportError
        Something else than a gap or a need was given.

    Examples
    --------
    >>> import demografi as dg
    >>> said = dg.sentences(dg.need(dg.project(dg.example("Engerdal"), to=2030)), "en")
    >>> said[0].numbers[0].name, said[0].numbers[0].printed
    ('residents_2026', '1,287')
    """
    if not isinstance(result, Gap | Need):
        raise ReportError(
            f"There are no sentences for a {type(result).__name__}.",
            where="They are said of a need, or of a gap.",
            hint="dg.sentences(dg.need(projection))",
        )
    teller = Teller(result, language, refers=False)
    told = [sections.residents(teller), sections.users(teller)]
    if teller.gap is not None:
        told.append(sections.hands(teller))
    return [part for section in told for part in section.parts if isinstance(part, Sentence)]
