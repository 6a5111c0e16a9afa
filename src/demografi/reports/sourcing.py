"""The list of sources, to read and to cite."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from demografi import labels
from demografi.reports.content import Chapter
from demografi.tables import Source

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["as_bibtex", "as_sources", "source_lines"]

_LATEX = {"\\": r"\textbackslash{}", **{sign: "\\" + sign for sign in "&%$#_{}"}, "~": r"\~{}", "^": r"\^{}"}


def source_lines(chapter: Chapter) -> list[str]:
    """Return one line per source: publisher, table, title, vintage, dates, licence."""
    lines = []
    for source in chapter.sources:
        fetched = labels.text("fetched", chapter.language, date=labels.date(source.fetched)) if source.fetched else ""
        said = [source.publisher, source.named(chapter.language), source.title, source.vintage, fetched, source.licence]
        lines.append(", ".join(word for word in said if word) + ".")
    return lines


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
