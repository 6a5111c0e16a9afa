"""The chapter as Markdown; figures lie in a folder beside it."""

from __future__ import annotations

import re

from demografi import labels
from demografi.reports.content import Chapter, Figure, Points, Table, footer_of
from demografi.reports.sourcing import source_lines

__all__ = ["WORKBOOK", "as_markdown", "plain", "said_under"]

WORKBOOK = "numbers.xlsx"

_LIST = re.compile(r"^(\s*)(\d+)([.)])|^(\s*)([-+])(?=\s)")


def as_markdown(chapter: Chapter) -> str:
    """Return the chapter as Markdown; figures lie in ``figures/``."""
    lines = [f"# {plain(chapter.title)}", "", f"*{plain(chapter.scope)}*", ""]
    for key in chapter.key_numbers:
        lines.append(f"- **{plain(key.number)}** {plain(key.what)} ({plain(key.detail.replace(chr(10), '. '))})")
    for section in chapter.sections:
        lines += ["", f"## {plain(section.heading)}"]
        for part in section.parts:
            lines += ["", *_markdown(part, chapter)]
    lines += ["", f"## {plain(chapter.how_heading)}"]
    for points in (*chapter.how_parts, Points(chapter.weaknesses_heading, chapter.weaknesses)):
        if points.points:
            lines += ["", f"### {plain(points.heading)}"] if points.heading else []
            lines += ["", *(f"- {plain(point)}" for point in points.points)]
    lines += ["", f"## {plain(chapter.sources_heading)}", ""]
    lines += [f"- {plain(line)}" for line in source_lines(chapter)]
    return "\n".join(lines) + "\n"


def plain(text: str) -> str:
    r"""Escape what Markdown would take for markup: signs in a name, and a date that would begin a list.

    Examples
    --------
    >>> print(plain("1. januar *alle*"))
    1\. januar \*alle\*
    """
    for sign in "\\`*_[]<>#|$~":
        text = text.replace(sign, "\\" + sign)
    text = text.replace("&", "&amp;")
    return _LIST.sub(lambda found: f"{found[1] or found[4] or ''}{found[2] or ''}\\{found[3] or found[5]}", text)


def _markdown(part: str | Figure | Table, chapter: Chapter) -> list[str]:
    if isinstance(part, str):
        return [plain(part)]
    if isinstance(part, Figure):
        return [
            f"**{part.caption}. {plain(part.words.title)}**  ",
            f"{plain(part.words.subtitle)}",
            "",
            f"![{plain(part.words.alt)}](figures/{part.name}.png)",
            "",
            plain(said_under(part, chapter)),
        ]
    head = " | ".join(plain(cell) for cell in part.header)
    ruler = " | ".join([":--", *["--:"] * (len(part.header) - 1)])
    rows = [f"| {' | '.join(plain(cell) for cell in row)} |" for row in part.rows]
    caption = [f"**{part.caption}. {plain(part.title)}**  ", plain(part.subtitle), ""]
    return [*caption, f"| {head} |", f"| {ruler} |", *rows, "", plain(said_under(part, chapter))]


def said_under(part: Figure | Table, chapter: Chapter) -> str:
    """Return note, source and where the numbers are."""
    if not chapter.has_workbook:
        return footer_of(part)
    language = chapter.language
    return f"{footer_of(part)} {labels.text('sheet_word', language, sheet=part.caption, file=WORKBOOK)}"
