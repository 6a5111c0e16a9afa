"""The interactive page: one file that needs no server and asks nobody for anything."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from demografi import labels
from demografi.reports.page.gathering import gather
from demografi.reports.sourcing import source_lines

if TYPE_CHECKING:
    from collections.abc import Iterable

    from demografi.reports.content import Chapter
    from demografi.workforce import Gap

__all__ = ["as_page"]

SCRIPTS = ("numbers.js", "drawing.js", "page.js")
LEAVES_SCRIPT = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}
"""Signs that could end a script element, or a line of script, inside a text."""


def as_page(result: Gap, written: Chapter) -> str:
    """Return the interactive page of a gap as one HTML file.

    Parameters
    ----------
    result
        Need, supply and everything they rest on.
    written
        The chapter of the same gap: its headings, its points on how figures are made and its sources.

    Returns
    -------
    str
        HTML with style, script and numbers inside. The same gap gives the same text.
    """
    language = written.language
    told = gather(result, language)
    style, script = _file("page.css"), "".join(_file(name) for name in SCRIPTS)
    cautions = set(told["scenarios"][0]["cautions"])
    words = ("choose", "place", "year", "year_number", "need")
    filled = {
        **{name: escape(labels.label(f"page_{name}", language)) for name in words},
        "language": language,
        "policy": f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; img-src data:; "
        "base-uri 'none'; form-action 'none'",
        "title": escape(told["title"]),
        "style": style,
        "scope": escape(labels.text("page_scope", language, launch=str(told["launch"]), to=str(_last(told)))),
        "noscript": escape(labels.text("page_noscript", language, to=str(_last(told)))),
        "summary": _summary(told, written),
        **{name: escape(labels.label(f"heading_{key}", language)) for name, key in _HEADINGS.items()},
        "how_heading": escape(written.how_heading),
        "how": _items(point for point in written.how if point not in cautions),
        "cautions": _items(told["scenarios"][0]["cautions"]),
        "sources_heading": escape(written.sources_heading),
        "sources": _items(source_lines(written)),
        "data": _in_script(told),
        "script": script,
    }
    return re.sub(r"\{\{(\w+)\}\}", lambda blank: filled[blank[1]], _file("template.html"))


_HEADINGS = {"residents": "population", "users": "users", "hands": "hands"}


def _file(name: str) -> str:
    return files("demografi.reports.page").joinpath(name).read_text(encoding="utf-8")


def _last(told: dict[str, Any]) -> int:
    return int(told["launch"]) + int(told["years"])


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _items(said: Iterable[str]) -> str:
    return "".join(f"<li>{escape(text)}</li>" for text in said)


def _in_script(told: dict[str, Any]) -> str:
    """Return JSON that stays inside its script element whatever names there are."""
    text = json.dumps(told, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return "".join(LEAVES_SCRIPT.get(sign, sign) for sign in text)


def _summary(told: dict[str, Any], written: Chapter) -> str:
    """Return the main numbers for those without script: the chapter's, and users by place."""
    keys = "".join(
        f'<div><dt>{escape(key.what)}</dt><dd class="number">{escape(key.number)}</dd>'
        f'<dd class="detail">{escape(key.detail)}</dd></div>'
        for key in written.key_numbers
    )
    language = written.language
    heads = ("page_place", "key_old", "key_users", "key_nurses")
    head = "".join(f'<th scope="col">{escape(labels.label(key, language))}</th>' for key in heads)
    rows = "".join(_row(place, language) for place in told["places"])
    caption = escape(labels.text("projected_year", language, year=str(_last(told))))
    return (
        f'<dl class="key">{keys}</dl>\n<div class="wide"><table><caption>{caption}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _row(place: dict[str, Any], language: str) -> str:
    needed = place["needs"][0]
    cells = (
        labels.number(place["persons"]["80+"][-1], language=language),
        labels.number(needed["users"][-1], language=language),
        labels.person_years(needed["gap"]["gap"][-1], language=language),
    )
    return f'<tr><th scope="row">{escape(place["name"])}</th>{"".join(f"<td>{cell}</td>" for cell in cells)}</tr>'
