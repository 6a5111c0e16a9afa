"""The chapter as one HTML page that needs no network and no script."""

from __future__ import annotations

import base64
from html import escape
from pathlib import Path

from demografi import labels
from demografi.reports.content import Chapter, Figure, KeyNumber, Points, Table
from demografi.reports.markdown import said_under
from demografi.reports.numbers import Reference, Sentence
from demografi.reports.sourcing import source_lines

__all__ = ["as_html"]

NARROW = "34rem"
"""Up to this width of the screen the figures of half a page are shown: the others would be too small to read."""
STYLE = """
:root { --fjord: #12434F; --laks: #B9421F; --tekst: #16262C; --tekst2: #54656B; --flate: #EEF2F3; --rute: #E1E7E9; }
body { font: 1.0625rem/1.5 "Source Sans 3", "Source Sans Pro", Calibri, Carlito, Arial, sans-serif; color: var(--tekst);
  margin: 0; background: #fff; }
header, nav, main, footer { max-width: 17cm; margin: 0 auto; padding: 0 1rem; overflow-wrap: break-word; }
header { padding-top: 1.5rem; } main { padding-bottom: 2rem; } footer { padding-bottom: 3rem; }
h1, h2 { color: var(--fjord); line-height: 1.2; }
h1 { font-size: 1.9rem; margin: 0.5rem 0; }
h2 { font-size: 1.35rem; margin: 2rem 0 0.5rem; }
.scope, .subtitle, .source, .detail { color: var(--tekst2); }
.key { display: grid; grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); gap: 1rem; padding: 0.9rem 0 0;
  margin: 1rem 0; border-top: 2px solid var(--fjord); }
.key div { margin: 0; }
.key dd { margin: 0; font-size: 0.95rem; }
.key dt { font-size: 1.45rem; font-weight: 600; color: var(--fjord); white-space: nowrap; }
.key .detail { white-space: pre-line; }
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
th + th, th + td, td + td { padding-left: 0.6rem; }
thead th { color: var(--tekst2); font-weight: 400; border-bottom: 1px solid var(--tekst); }
.total tbody tr:last-child > * { border-top: 1px solid var(--tekst); border-bottom: 0; font-weight: 600; }
.wide { overflow-x: auto; }
.how { background: var(--flate); padding: 0.6rem 1.2rem; margin: 2rem 0; }
.how h2 { margin-top: 0.5rem; }
.how h3 { font-size: 1rem; margin: 1rem 0 0; }
.sources li { margin-bottom: 0.5rem; }
a { color: var(--fjord); }
.skip { position: absolute; left: -999rem; }
.skip:focus { left: 1rem; top: 1rem; background: #fff; padding: 0.5rem; }
nav ul { padding: 0; list-style: none; display: flex; flex-wrap: wrap; gap: 0.3rem 1.2rem; }
:focus-visible { outline: 3px solid var(--laks); outline-offset: 2px; }
footer { color: var(--tekst2); font-size: 0.85rem; border-top: 1px solid var(--rute); padding-top: 0.6rem; }
@media print {
  .skip, nav { display: none; } a { color: inherit; text-decoration: none; }
  h2, figcaption { break-after: avoid; } p { orphans: 3; widows: 3; }
  figcaption, .source, p { line-height: 1.3; } h1 { margin-top: 0; } .key { row-gap: 0.5rem; }
  figure, .table { margin: 0.9rem 0; }
  .how { background: none; border: 1px solid var(--rute); }
  header, main, footer { max-width: none; padding: 0; }
  body { font-size: 10.5pt; } @page { size: A4; margin: 2.2cm 2.5cm; } }
"""


def as_html(chapter: Chapter, folder: Path, foot: str = "") -> str:
    """Return the chapter as one HTML file, with the figures of ``folder`` inside it."""
    sections = "".join(
        f"{_opening(section.heading, i)}{''.join(_html(part, folder, chapter) for part in section.parts)}</section>\n"
        for i, section in enumerate(chapter.sections, start=1)
    )
    return (
        f"{_head(chapter)}<header>\n<h1>{escape(chapter.title)}</h1>\n"
        f'<p class="scope">{escape(chapter.scope)}</p>\n</header>\n{_contents(chapter)}<main id="main">\n'
        f"{_key_numbers(chapter)}{sections}{_how(chapter)}{_sources(chapter)}</main>\n"
        f"<footer>{escape(foot)}</footer>\n</body>\n</html>\n"
    )


def _opening(heading: str, number: int) -> str:
    if not heading:
        return "<section>"
    return f'<section aria-labelledby="part{number}"><h2 id="part{number}">{escape(heading)}</h2>'


def _sources(chapter: Chapter) -> str:
    listed = "".join(f"<li>{escape(line)}</li>" for line in source_lines(chapter))
    heading = escape(chapter.sources_heading)
    return (
        f'<section class="sources" aria-labelledby="sources"><h2 id="sources">{heading}</h2>'
        f"<ul>{listed}</ul></section>\n"
    )


def _head(chapter: Chapter) -> str:
    skip = escape(labels.label("report_skip", chapter.language))
    return (
        f'<!doctype html>\n<html lang="{chapter.language}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(chapter.title)} – {escape(chapter.region)}</title>\n<style>{STYLE}</style>\n</head>\n"
        f'<body>\n<a class="skip" href="#main">{skip}</a>\n'
    )


def _key_numbers(chapter: Chapter) -> str:
    def one(key: KeyNumber) -> str:
        return (
            f"<div><dt>{escape(key.number)}</dt><dd>{escape(key.what)}</dd>"
            f'<dd class="detail">{escape(key.detail)}</dd></div>'
        )

    heading = escape(labels.label("report_key_numbers", chapter.language))
    return f'<section aria-label="{heading}"><dl class="key">{"".join(map(one, chapter.key_numbers))}</dl></section>\n'


def _contents(chapter: Chapter) -> str:
    if chapter.is_page:
        return ""
    links = [(f"part{i}", section.heading) for i, section in enumerate(chapter.sections, start=1)]
    links += [("how", chapter.how_heading), ("sources", chapter.sources_heading)]
    listed = "".join(f'<li><a href="#{anchor}">{escape(heading)}</a></li>' for anchor, heading in links)
    return f'<nav aria-label="{escape(labels.label("report_contents", chapter.language))}"><ul>{listed}</ul></nav>\n'


def _how(chapter: Chapter) -> str:
    if not chapter.how:
        return ""
    told = ""
    for part in (*chapter.how_parts, Points(chapter.weaknesses_heading, chapter.weaknesses)):
        listed = "".join(f"<li>{escape(point)}</li>" for point in part.points)
        heading = f"<h3>{escape(part.heading)}</h3>" if part.heading else ""
        told += f"{heading}<ul>{listed}</ul>" if listed else ""
    return (
        f'<section class="how" aria-labelledby="how"><h2 id="how">{escape(chapter.how_heading)}</h2>{told}</section>\n'
    )


def _picture(path: Path) -> str:
    return f"data:image/svg+xml;base64,{base64.b64encode(path.read_bytes()).decode()}"


def _linked(said: str) -> str:
    """Return a paragraph whose mentions of figures are links."""
    if not isinstance(said, Sentence):
        return escape(said)
    return "".join(
        f'<a href="#{piece.name}">{escape(str(piece))}</a>' if isinstance(piece, Reference) else escape(str(piece))
        for piece in said.pieces
    )


def _html(part: str | Figure | Table, folder: Path, chapter: Chapter) -> str:
    if isinstance(part, str):
        return f"<p>{_linked(part)}</p>\n"
    if isinstance(part, Figure):
        wide, narrow = (_picture(folder / f"{part.name}_{size}.svg") for size in ("document", "half"))
        return (
            f'<figure id="{part.name}"><figcaption>{escape(part.caption)}. {escape(part.words.title)}'
            f'<span class="subtitle">{escape(part.words.subtitle)}</span></figcaption>'
            f'<picture><source media="(max-width: {NARROW})" srcset="{narrow}">'
            f'<img src="{wide}" alt="{escape(part.words.alt)}"></picture>'
            f'<p class="source">{escape(said_under(part, chapter))}</p></figure>\n'
        )
    head = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in part.header)
    rows = "".join(
        f'<tr><th scope="row">{escape(row[0])}</th>{"".join(f"<td>{escape(cell)}</td>" for cell in row[1:])}</tr>'
        for row in part.rows
    )
    last = ' class="total"' if part.has_total else ""
    return (
        f'<div class="table" id="{part.name}"><div class="wide" tabindex="0" role="group" '
        f'aria-label="{escape(part.title)}"><table{last}>'
        f"<caption>{escape(part.caption)}. {escape(part.title)}"
        f'<span class="subtitle">{escape(part.subtitle)}</span></caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
        f'<p class="source">{escape(said_under(part, chapter))}</p></div>\n'
    )
