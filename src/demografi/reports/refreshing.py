"""Numbers in a person's own Word document, renewed through bookmarks."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from demografi.errors import ReportError
from demografi.reports.folder import refuse_if_open
from demografi.reports.packages import packed, unpacked
from demografi.reports.tracing import read_index
from demografi.reports.workbook import BOOKMARK

__all__ = ["Refreshed", "refresh"]

DOCUMENT = "word/document.xml"
_STORY = re.compile(r"word/(?:document|header\d*|footer\d*|footnotes|endnotes)\.xml")
_AGAIN = re.compile(r"__\d+$")


class Refreshed(NamedTuple):
    """What was written, what changed in it, and the bookmarks that were left as they were."""

    path: Path
    changes: pd.DataFrame
    """``bookmark old new``: one row per number that changed."""
    left: pd.DataFrame
    """``bookmark why``."""


def refresh(document: str | Path, folder: str | Path, out: str | Path | None = None) -> Refreshed:
    """Renew the numbers in a Word document of one's own from a report.

    Every bookmark called ``demografi_…`` gets the number of that name; the rest of the document is not touched. A
    number copied from ``chapter.docx`` brings its bookmark along; others are made in Word (Insert, Bookmark), with the
    names in the sheet "Tall i teksten".

    Parameters
    ----------
    document
        A ``.docx``.
    folder
        What :func:`demografi.report` wrote.
    out
        File to write; ``<name>-refreshed.docx`` beside it by default. Give the document's own path to replace it.

    Raises
    ------
    ReportError
        The document is no Word document or open in Word, has no such bookmark, or the file to write exists.
    """
    document = Path(document)
    target = document.with_name(f"{document.stem}-refreshed.docx") if out is None else Path(out)
    files = unpacked(document, DOCUMENT)
    refuse_if_open(target)
    if target.exists() and target.resolve() != document.resolve():
        raise ReportError(f"'{target}' is there already.", hint=f"--out {target.stem}-2.docx")
    printed = {one["name"]: one["printed"] for one in read_index(folder)["numbers"]}
    changes: list[tuple[str, str, str]] = []
    left: list[tuple[str, str]] = []
    for name in [name for name in files if _STORY.fullmatch(name)]:
        files[name] = _renewed(files[name], printed, changes, left, document)
    if not changes and not left:
        raise ReportError(
            f"'{document}' has no bookmark that begins with '{BOOKMARK}'.",
            where="A number copied from chapter.docx brings its bookmark along.",
            hint=f"In Word: mark the number, Insert, Bookmark, {BOOKMARK}users_80_2040",
        )
    _write(target, packed(files))
    new = [row for row in changes if row[1] != row[2]]
    return Refreshed(
        target, pd.DataFrame(new, columns=["bookmark", "old", "new"]), pd.DataFrame(left, columns=["bookmark", "why"])
    )


def _write(target: Path, content: bytes) -> None:
    aside = target.with_name(f".{target.name}.part")
    try:
        aside.write_bytes(content)
        aside.replace(target)
    except OSError as error:
        raise ReportError(
            f"'{target}' cannot be written.", where=str(error.strerror), hint="Close it in Word, or choose --out."
        ) from error
    finally:
        aside.unlink(missing_ok=True)


def _renewed(
    xml: bytes,
    printed: Mapping[str, str],
    changes: list[tuple[str, str, str]],
    left: list[tuple[str, str]],
    document: Path,
) -> bytes:
    from docx.opc.oxml import serialize_part_xml
    from docx.oxml import parse_xml
    from docx.oxml.ns import qn

    try:
        root: Any = parse_xml(xml)
    except (SyntaxError, ValueError) as error:
        raise ReportError(
            f"'{document}' is damaged.", where=str(error)[:200], hint="Open it in Word and save it anew."
        ) from None
    touched = False
    for start in [node for node in root.iter(qn("w:bookmarkStart")) if node.get(qn("w:name"), "").startswith(BOOKMARK)]:
        bookmark = start.get(qn("w:name"))
        name = _AGAIN.sub("", bookmark.removeprefix(BOOKMARK))
        if name not in printed:
            left.append((bookmark, "The report has no number of that name."))
            continue
        inside = _inside(start)
        if inside is None:
            left.append((bookmark, "It reaches over more than one paragraph."))
            continue
        old = "".join(text.text or "" for text in inside)
        _put(start, inside, printed[name])
        changes.append((bookmark, old, printed[name]))
        touched = touched or old != printed[name]
    return bytes(serialize_part_xml(root)) if touched else xml


def _inside(start: Any) -> list[Any] | None:
    """Return the texts between start and end of a bookmark; None where it leaves its paragraph."""
    from docx.oxml.ns import qn

    texts: list[Any] = []
    for node in start.itersiblings():
        if node.tag == qn("w:bookmarkEnd") and node.get(qn("w:id")) == start.get(qn("w:id")):
            return texts
        texts += list(node.iter(qn("w:t")))
    return None


def _put(start: Any, texts: list[Any], printed: str) -> None:
    from docx.oxml import OxmlElement

    if not texts:
        run, text = OxmlElement("w:r"), OxmlElement("w:t")
        run.append(text)
        start.addnext(run)
        texts = [text]
    texts[0].text = printed
    for text in texts[1:]:
        text.text = ""
