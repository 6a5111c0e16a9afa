"""The list of sources, to read and to cite."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from demografi import labels
from demografi.reports.content import Chapter
from demografi.tables import Source

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["WORDED", "as_bibtex", "as_sources", "source_lines", "words_of"]

_LATEX = {"\\": r"\textbackslash{}", **{sign: "\\" + sign for sign in "&%$#_{}"}, "~": r"\~{}", "^": r"\^{}"}


# Sources that ship have words of their own in three languages; numbers in them are the source's.
WORDED = (
    *("population_municipalities", "population_counties_nation", "care_users", "nurse_person_years"),
    *("person_years_by_occupation", "share_55plus", "national_projections", "projection_parameters"),
    *("projection_errors", "interval_hits", "project_description"),
)
LICENCES = {"sitat": "licence_quoted", "lisens ikke oppgitt": "licence_not_stated"}


def source_lines(chapter: Chapter) -> list[str]:
    """Return one line per source: publisher, table, title, vintage, dates, licence."""
    lines = []
    for source in chapter.sources:
        language = chapter.language
        fetched = labels.text("fetched", language, date=labels.date(source.fetched)) if source.fetched else ""
        licence = labels.text(LICENCES[source.licence], language) if source.licence in LICENCES else source.licence
        said = [source.publisher, words_of(source, language), fetched, licence]
        lines.append(", ".join(word for word in said if word) + ".")
    return lines


def words_of(source: Source, language: str) -> str:
    """Say which table it is and what it holds; the words are ours, table numbers and years are the source's."""
    if source.id not in WORDED:
        return ", ".join(word for word in (source.named(language), source.title, source.vintage) if word)
    tables = re.findall(r"\d+", source.table) or [""]
    years = re.findall(r"\d{4}(?:–\d{4})?", source.vintage)
    numbers = {"table": tables[0], "tables": labels.join_names(tables, language)}
    numbers |= {"first": tables[0], "last": tables[-1], **dict(zip("abcd", years, strict=False))}
    return labels.text(f"source_{source.id}", language, **numbers)


def as_sources(chapter: Chapter, plain: Callable[[str], str]) -> str:
    """Return ``sources.md``: every source with its fields, address, sha256 and what to beware of."""
    lines = [f"# {plain(chapter.sources_heading)}", ""]
    for source, line in zip(chapter.sources, source_lines(chapter), strict=True):
        lines += [f"## {plain(source.id)}", "", plain(line), ""]
        facts = {name: getattr(source, name) for name in ("updated", "url", "sha256", "caveat")}
        lines += [f"- {name}: {plain(value)}" for name, value in facts.items() if value]
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def as_bibtex(chapter: Chapter) -> str:
    """Return ``sources.bib``: one entry per source, keyed by its id."""
    return "\n".join(_entry(source, chapter.language) for source in chapter.sources)


def _entry(source: Source, language: str) -> str:
    fields = {
        "author": f"{{{_tex(source.publisher)}}}",
        "title": _tex(source.title),
        "howpublished": _tex(source.named(language)),
        "edition": _tex(source.vintage),
        "year": source.fetched[:4],
        "urldate": source.fetched[:10],
        "url": source.url,
        "note": _tex(source.licence),
    }
    body = "".join(f"  {name} = {{{value}}},\n" for name, value in fields.items() if value)
    return f"@misc{{{re.sub(r'[^A-Za-z0-9:_-]', '-', source.id)},\n{body}}}\n"


def _tex(text: str) -> str:
    return "".join(_LATEX.get(sign, sign) for sign in text)
