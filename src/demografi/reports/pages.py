"""The chapter as Markdown and as one HTML page that needs no network and no script."""

from __future__ import annotations

import base64
from html import escape
from pathlib import Path

from demografi import labels
from demografi.reports.content import Chapter, Figure, Table

__all__ = ["WORKBOOK", "as_html", "as_markdown", "file_of"]

WORKBOOK = "numbers.xlsx"

STYLE = """
:root { --fjord: #12434F; --laks: #B9421F; --tekst: #16262C; --tekst2: #54656B; --flate: #EEF2F3; --rute: #E1E7E9; }
body { font: 1.0625rem/1.5 "Source Sans 3", "Source Sans Pro", Calibri, Carlito, Arial, sans-serif; color: var(--tekst);
  margin: 0; background: #fff; }
main { max-width: 17cm; margin: 0 auto; padding: 1.5rem 1rem 3rem; }
h1, h2 { color: var(--fjord); line-height: 1.2; }
h1 { font-size: 1.9rem; margin: 0.5rem 0; }
h2 { font-size: 1.35rem; margin: 2rem 0 0.5rem; }
.scope, .subtitle, .source, .detail { color: var(--tekst2); }
.key { display: grid; grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); gap: 1rem; padding: 0.9rem 0 0;
  margin: 1rem 0; border-top: 2px solid var(--fjord); }
.key div { margin: 0; }
.key dd { margin: 0; font-size: 0.95rem; }
.key dt { font-size: 1.45rem; font-weight: 600; color: var(--fjord); white-space: nowrap; }
.key .detail, .source { font-size: 0.85rem; }
figure, .table { margin: 1.6rem 0; break-inside: avoid; }
figcaption, caption { text-align: left; font-weight: 600; }
figcaption .subtitle, caption .subtitle { display: block; font-weight: 400; font-size: 0.95rem; }
figure img { width: 100%; height: auto; margin-top: 0.4rem; }
.source { margin: 0.3rem 0 0; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: right; padding: 0.25rem 0; border-bottom: 1px solid var(--rute);
  font-variant-numeric: tabular-nums; }
th:first-child, td:first-child { text-align: left; font-weight: 400; }
thead th { color: var(--tekst2); font-weight: 400; border-bottom: 1px solid var(--tekst); }
tbody tr:last-child > * { border-top: 1px solid var(--tekst); border-bottom: 0; font-weight: 600; }
.wide { overflow-x: auto; }
.how { background: var(--flate); padding: 0.6rem 1.2rem; margin: 2rem 0; }
.how h2 { margin-top: 0.5rem; }
.sources li { margin-bottom: 0.5rem; }
@media print {
  main { max-width: none; padding: 0; } body { font-size: 10.5pt; } @page { size: A4; margin: 2.2cm 2.5cm; } }
"""


def as_markdown(chapter: Chapter) -> str:
    """Return the chapter as Markdown; figures lie in ``figures/``."""
    lines = [f"# {_plain(chapter.title)}", "", f"*{_plain(chapter.scope)}*", ""]
    for key in chapter.key_numbers:
        lines.append(f"- **{_plain(key.number)}** {_plain(key.what)} ({_plain(key.detail)})")
    for section in chapter.sections:
        lines += ["", f"## {_plain(section.heading)}"]
        for part in section.parts:
            lines += ["", *_markdown(part, chapter.language)]
    lines += ["", f"## {_plain(chapter.how_heading)}", "", *(f"- {_plain(point)}" for point in chapter.how)]
    lines += ["", f"## {_plain(chapter.sources_heading)}", ""]
    lines += [f"- {_plain(line)}" for line in source_lines(chapter)]
    return "\n".join(lines) + "\n"


def _plain(text: str) -> str:
    """Escape what Markdown would take for markup in somebody's name."""
    for sign in "\\`*_[]<>#|$":
        text = text.replace(sign, "\\" + sign)
    return text


def _markdown(part: str | Figure | Table, language: str) -> list[str]:
    if isinstance(part, str):
        return [_plain(part)]
    if isinstance(part, Figure):
        return [
            f"**{part.caption}. {_plain(part.words.title)}**  ",
            f"{_plain(part.words.subtitle)}",
            "",
            f"![{_plain(part.words.alt)}](figures/{file_of(part)}.png)",
            "",
            _plain(_footer(part, language)),
        ]
    head = " | ".join(_plain(cell) for cell in part.header)
    ruler = " | ".join([":--", *["--:"] * (len(part.header) - 1)])
    rows = [f"| {' | '.join(_plain(cell) for cell in row)} |" for row in part.rows]
    caption = [f"**{part.caption}. {_plain(part.title)}**  ", _plain(part.subtitle), ""]
    return [*caption, f"| {head} |", f"| {ruler} |", *rows, "", _plain(_footer(part, language))]


def as_html(chapter: Chapter, folder: Path) -> str:
    """Return the chapter as one HTML file, with the figures of ``folder`` inside it."""
    keys = "".join(
        f'<div><dt>{escape(k.number)}</dt><dd>{escape(k.what)}</dd><dd class="detail">{escape(k.detail)}</dd></div>'
        for k in chapter.key_numbers
    )
    sections = "".join(
        f"<section><h2>{escape(section.heading)}</h2>"
        f"{''.join(_html(part, folder, chapter.language) for part in section.parts)}</section>"
        for section in chapter.sections
    )
    how = "".join(f"<li>{escape(point)}</li>" for point in chapter.how)
    sources = "".join(f"<li>{escape(line)}</li>" for line in source_lines(chapter))
    return (
        f'<!doctype html>\n<html lang="{chapter.language}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(chapter.title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n"
        f'<h1>{escape(chapter.title)}</h1>\n<p class="scope">{escape(chapter.scope)}</p>\n'
        f'<dl class="key">{keys}</dl>\n{sections}\n'
        f'<section class="how"><h2>{escape(chapter.how_heading)}</h2><ul>{how}</ul></section>\n'
        f'<section class="sources"><h2>{escape(chapter.sources_heading)}</h2><ul>{sources}</ul></section>\n'
        "</main>\n</body>\n</html>\n"
    )


def _html(part: str | Figure | Table, folder: Path, language: str) -> str:
    if isinstance(part, str):
        return f"<p>{escape(part)}</p>\n"
    if isinstance(part, Figure):
        picture = base64.b64encode((folder / f"{file_of(part)}_document.svg").read_bytes()).decode()
        return (
            f"<figure><figcaption>{escape(part.caption)}. {escape(part.words.title)}"
            f'<span class="subtitle">{escape(part.words.subtitle)}</span></figcaption>'
            f'<img src="data:image/svg+xml;base64,{picture}" alt="{escape(part.words.alt)}">'
            f'<p class="source">{escape(_footer(part, language))}</p></figure>\n'
        )
    head = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in part.header)
    rows = "".join(
        f'<tr><th scope="row">{escape(row[0])}</th>{"".join(f"<td>{escape(cell)}</td>" for cell in row[1:])}</tr>'
        for row in part.rows
    )
    return (
        f'<div class="table"><div class="wide" tabindex="0" role="group" aria-label="{escape(part.title)}"><table>'
        f"<caption>{escape(part.caption)}. {escape(part.title)}"
        f'<span class="subtitle">{escape(part.subtitle)}</span></caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
        f'<p class="source">{escape(_footer(part, language))}</p></div>\n'
    )


def _footer(part: Figure | Table, language: str) -> str:
    said = f"{part.words.note} {part.words.source}" if isinstance(part, Figure) else part.source
    return f"{said} {labels.text('sheet_word', language, sheet=part.caption, file=WORKBOOK)}"


def file_of(figure: Figure) -> str:
    """Return the file name of a figure without its ending."""
    return figure.name


def source_lines(chapter: Chapter) -> list[str]:
    """Return one line per source: publisher, table, title, vintage, dates, licence."""
    lines = []
    for source in chapter.sources:
        fetched = labels.text("fetched", chapter.language, date=labels.date(source.fetched)) if source.fetched else ""
        said = [source.publisher, source.named(chapter.language), source.title, source.vintage, fetched, source.licence]
        lines.append(", ".join(word for word in said if word) + ".")
    return lines
