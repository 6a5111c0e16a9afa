"""One A4 page per municipality: the same figures and sentences, of that municipality alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from demografi import labels
from demografi.regions import slug
from demografi.reports import bases, sections
from demografi.reports.content import Chapter, KeyNumber, Section, Table
from demografi.reports.drawing import draw
from demografi.reports.numbers import Basis
from demografi.reports.pages import as_html
from demografi.reports.parts import of_municipality
from demografi.reports.teller import ENDS, Teller
from demografi.reports.word import as_docx
from demografi.tables import merge_sources

if TYPE_CHECKING:
    from demografi.reports.frozen import Frozen
    from demografi.workforce import Gap

__all__ = ["municipal_page", "municipal_pages", "page_steps", "pages_sheet"]

TABLE = "years"
GROUPS = (("total", "report_row_total", "residents"), ("20-66", "age_20_66", ""), ("80+", "age_80_plus", "old"))
FTE, HIDDEN = "person-years", ":"
Row = tuple[str, str, str, list[float]]
"""Key of its words, unit, name of its interval, and a value for each year."""
STEP = 5
SHOWN_ON_TOP = ("key_old", "key_users", "key_nurses")


def municipal_pages(frozen: Frozen, language: str) -> dict[str, Chapter]:
    """Return the page of each municipality, by the name of its files."""
    parts = [of_municipality(frozen.gap, code) for code in frozen.gap.region.members]
    return {slug(part.region.name): municipal_page(part, language) for part in parts}


def pages_sheet(pages: Iterable[Chapter], language: str) -> Basis:
    """Put the numbers of all pages in one sheet, so that they too can be traced."""
    tables = [basis for page in pages for basis in page.bases if basis.name == TABLE]
    data = pd.concat([basis.data for basis in tables], ignore_index=True)
    made = bases.behind("places", data, merge_sources(*(basis.sources for basis in tables)), language)
    return replace(made, formulas=tables[0].formulas)


def page_steps(
    pages: Mapping[str, Chapter], folder: Path, foot: str, template: bytes | None
) -> dict[str, Callable[[], object]]:
    """Return one step per municipality that writes its page in Word and HTML."""
    folder.mkdir()
    return {f"pages/{stem}.docx": partial(_write, page, folder / stem, foot, template) for stem, page in pages.items()}


def _write(page: Chapter, stem: Path, foot: str, template: bytes | None) -> None:
    with TemporaryDirectory() as scratch:
        for figure in page.figures:
            draw(figure, Path(scratch), page.language, alone=False)
        content, _ = as_docx(page, Path(scratch), foot, template)
        stem.with_name(f"{stem.name}.docx").write_bytes(content)
        text = as_html(page, Path(scratch), foot)
    stem.with_name(f"{stem.name}.html").write_text(text, encoding="utf-8", newline="\n")


def municipal_page(gap: Gap, language: str = "nb") -> Chapter:
    """Put the page of one municipality together.

    Parameters
    ----------
    gap
        Of one municipality; its rows of a larger region's, so that the pages add up to the chapter.
    """
    teller = Teller(gap, language, refers=False)
    caption = teller.next_table()
    whole = sections.residents(teller)
    sections.users(teller)
    sections.hands(teller)
    keys = [key for key in sections.key_numbers(teller) if _on_top(key, teller)]
    told = (whole.parts[0], whole.parts[1], _table(teller, caption))
    return Chapter(
        language=language,
        region=gap.region.name,
        title=gap.region.name,
        scope=teller.text("report_page_scope"),
        key_numbers=tuple(keys),
        sections=(Section("", told),),
        how_heading="",
        how_parts=(),
        weaknesses_heading="",
        weaknesses=(),
        sources_heading=teller.text("heading_sources"),
        sources=merge_sources(gap.sources),
        bases=tuple(teller.bases.values()),
        has_workbook=False,
        is_page=True,
    )


def _on_top(key: KeyNumber, teller: Teller) -> bool:
    shown = [name for name in SHOWN_ON_TOP if name != "key_nurses" or not _is_hidden(teller)]
    return key.what in {str(teller.text(name)) for name in shown}


def _is_hidden(teller: Teller) -> bool:
    """Tell whether the staff of the place are too few to be shown."""
    assert teller.gap is not None
    return bool(teller.gap.to_frame()["gap"].isna().any())


def _years(teller: Teller) -> list[int]:
    """Return the launch, every fifth year, and the last."""
    between = [y for y in range(teller.launch + 1, teller.to) if y % STEP == 0]
    return [teller.launch, *between, teller.to]


def _table(teller: Teller, caption: str) -> Table:
    """Set residents, users and nurses beside each other, every fifth year, and put the numbers behind in a basis."""
    years, say = _years(teller), teller.text
    found = [*_values(teller, years), *_hands(teller, years)]
    rows = [_printed(say(key), values, unit, teller.language) for key, unit, _, values in found]
    sources = merge_sources(teller.need.sources_of_figure(), teller.gap.supply.own_sources if teller.gap else ())
    footer, subtitle = " ".join([*_hidden_said(teller), teller.source_line(*sources)]), say("report_page_units")
    table = Table(
        name=TABLE,
        caption=caption,
        title=say("report_page_table"),
        subtitle=subtitle,
        header=("", *map(str, years), say("change"), say("percent_heading")),
        rows=tuple(rows),
        source=footer,
        has_total=False,
    )
    data = pd.DataFrame([_row(teller, years, *one) for one in found])
    grown = {"change": ("minus", str(years[-1]), str(years[0]))}
    teller.bases[TABLE] = Basis(TABLE, table.caption, table.title, subtitle, footer, data, sources, grown)
    return table


def _hidden_said(teller: Teller) -> list[str]:
    """Say which numbers of the place are hidden and what stands for them."""
    hidden = [caution for caution in teller.cautions if caution.key == "caution_suppressed"]
    name = teller.need.region.name
    return [str(teller.caution(one)) for one in hidden if name in dict(one.values)["names"]]  # type: ignore[operator]


def _printed(name: str, values: list[float], unit: str, language: str) -> tuple[str, ...]:
    show = partial(labels.person_years if unit == "person-years" else labels.number, language=language)
    if np.isnan(values).any():
        return (name, *[HIDDEN] * (len(values) + 2))
    change = values[-1] - values[0]
    growth = labels.percent(values[-1] / values[0] - 1, signed=True, language=language) if values[0] else "."
    return (name, *map(show, values), show(change, signed=True), growth)


def _row(
    teller: Teller, years: list[int], key: str, unit: str, figure: str, values: list[float]
) -> dict[str, str | float]:
    """Return a row of the sheet: its values, and its interval in the last year, exact and as it is said."""
    region = teller.need.region
    named = {"region": region.code, "name": region.name, "measure": str(teller.text(key)), "unit": unit}
    row: dict[str, str | float] = {**named, **dict(zip(map(str, years), values, strict=True))}
    row["growth"] = values[-1] / values[0] - 1 if values[0] else np.nan
    if not teller.has_interval("old"):
        return row
    ends = [np.nan] * 4
    if teller.has_interval(figure) and not np.isnan(values).any():
        cells = [teller.number("", teller.pick("intervals", end, figure=figure, year=teller.to)) for end in ENDS]
        low, high = (cell.value for cell in cells)
        decimals = teller.decimals(high, "fte" if unit == FTE else "count")
        ends = [low, high, *labels.rounded_ends(low, high, decimals)]
    return {**row, **dict(zip(("low", "high", "low_said", "high_said"), ends, strict=True))}


def _values(teller: Teller, years: list[int]) -> Iterator[Row]:
    for group, key, figure in GROUPS:
        yield key, "persons", figure, [teller.projection.persons(group, year) for year in years]
    users = teller.bases["users"].data.set_index("year")["value"]
    yield "report_row_users", "persons", "users_80", [float(users[year]) for year in years]


def _hands(teller: Teller, years: list[int]) -> Iterator[Row]:
    assert teller.gap is not None
    table = teller.gap.to_frame().groupby("year")[["need", "supply", "gap"]].sum(min_count=1)
    for measure, figure in (("need", "nurses_need"), ("supply", "nurses_left"), ("gap", "nurses_gap")):
        yield f"report_row_nurses_{measure}", FTE, figure, table.loc[years, measure].tolist()
