"""One A4 page per municipality: the same figures and sentences, of that municipality alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from demografi import labels
from demografi.regions import slug
from demografi.reports import sections
from demografi.reports.content import Chapter, KeyNumber, Section, Table
from demografi.reports.drawing import draw
from demografi.reports.pages import as_html
from demografi.reports.parts import of_municipality
from demografi.reports.teller import Teller
from demografi.reports.word import as_docx
from demografi.tables import merge_sources

if TYPE_CHECKING:
    from demografi.reports.frozen import Frozen
    from demografi.workforce import Gap

__all__ = ["municipal_page", "municipal_pages"]

GROUPS = (("total", "report_row_total"), ("20-66", "age_20_66"), ("80+", "age_80_plus"))
STEP = 5
SHOWN_ON_TOP = ("key_old", "key_users", "key_nurses")


def municipal_pages(frozen: Frozen, folder: Path, foot: str) -> dict[str, Callable[[], object]]:
    """Return one step per municipality that writes its page in Word and HTML."""
    region = frozen.gap.region
    folder.mkdir()
    return {
        f"pages/{slug(region.name_of(code))}.docx": partial(_write, frozen, code, folder, foot)
        for code in region.members
    }


def _write(frozen: Frozen, code: str, folder: Path, foot: str) -> None:
    page = municipal_page(of_municipality(frozen.gap, code), frozen.asked.language)
    stem = slug(page.region)
    with TemporaryDirectory() as scratch:
        for figure in page.figures:
            draw(figure, Path(scratch), page.language, alone=False)
        content, _ = as_docx(page, Path(scratch), foot, frozen.template)
        (folder / f"{stem}.docx").write_bytes(content)
        text = as_html(page, Path(scratch), foot)
    (folder / f"{stem}.html").write_text(text, encoding="utf-8", newline="\n")


def municipal_page(gap: Gap, language: str = "nb") -> Chapter:
    """Put the page of one municipality together.

    Parameters
    ----------
    gap
        Of one municipality; its rows of a larger region's, so that the pages add up to the chapter.
    """
    teller = Teller(gap, language)
    whole = sections.residents(teller)
    sections.users(teller)
    sections.hands(teller)
    keys = [key for key in sections.key_numbers(teller) if _on_top(key, teller)]
    table = _table(teller)
    hidden = [caution for caution in teller.cautions if caution.key == "caution_suppressed"]
    about = [caution for caution in hidden if gap.region.name in dict(caution.values)["names"]]  # type: ignore[operator]
    told = (whole.parts[0], whole.parts[1], table, *(teller.caution(caution) for caution in about))
    return Chapter(
        language=language,
        region=gap.region.name,
        title=gap.region.name,
        scope=teller.text("report_page_scope"),
        key_numbers=tuple(keys),
        sections=(Section("", told),),
        how_heading="",
        how=(),
        weaknesses_heading="",
        weaknesses=(),
        sources_heading=teller.text("heading_sources"),
        sources=merge_sources(gap.sources),
        bases=tuple(teller.bases.values()),
        has_workbook=False,
        is_page=True,
    )


def _on_top(key: KeyNumber, teller: Teller) -> bool:
    return key.what in {str(teller.text(name)) for name in SHOWN_ON_TOP}


def _years(teller: Teller) -> list[int]:
    """Return the launch, every fifth year, and the last."""
    between = [y for y in range(teller.launch + 1, teller.to) if y % STEP == 0]
    return [teller.launch, *between, teller.to]


def _table(teller: Teller) -> Table:
    """Set residents, users and nurses beside each other, every fifth year."""
    years, language = _years(teller), teller.language
    say = teller.text
    rows = [
        (
            say(key),
            *(labels.number(value, language=language) for value in values),
            labels.number(values[-1] - values[0], signed=True, language=language),
            labels.percent(values[-1] / values[0] - 1, signed=True, language=language) if values[0] else ".",
        )
        for key, values in _values(teller, years)
    ]
    rows += [
        (
            say(f"report_row_nurses_{measure}"),
            *(labels.person_years(value, language=language) for value in values),
            labels.person_years(values[-1] - values[0], signed=True, language=language),
            labels.percent(values[-1] / values[0] - 1, signed=True, language=language) if values[0] else ".",
        )
        for measure, values in _hands(teller, years)
    ]
    sources = merge_sources(teller.need.sources_of_figure(), teller.gap.supply.own_sources if teller.gap else ())
    return Table(
        name="years",
        caption=teller.next_table(),
        title=say("report_page_table"),
        subtitle=say("report_page_units"),
        header=("", *map(str, years), say("change"), say("percent_heading")),
        rows=tuple(rows),
        source=teller.source_line(*sources),
        has_total=False,
    )


def _values(teller: Teller, years: list[int]) -> Iterator[tuple[str, list[float]]]:
    for group, key in GROUPS:
        yield key, [teller.projection.persons(group, year) for year in years]
    users = teller.need.users_of("80+").groupby("year")["users"].sum()
    yield "report_row_users", [float(users[year]) for year in years]


def _hands(teller: Teller, years: list[int]) -> Iterator[tuple[str, list[float]]]:
    assert teller.gap is not None
    ends = [teller.gap.of_year(year) for year in years]
    for measure in ("need", "supply", "gap"):
        yield measure, [end[measure] for end in ends]
