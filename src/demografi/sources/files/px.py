"""PC-Axis files (PX): keywords, several languages, and data with signs in quotation marks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from math import prod

import numpy as np
import pandas as pd

from demografi.errors import SourceError, TableError
from demografi.sources.files import guards, words
from demografi.sources.files.statbank import Long

__all__ = ["is_px", "read"]

_START = re.compile(
    rb"^(?:\xef\xbb\xbf)?\s*(?:CHARSET|AXIS-VERSION|CODEPAGE|LANGUAGES?|CREATION-DATE|MATRIX|TITLE)\s*(?:\[\w+\])?\s*="
)
_KEYWORD = re.compile(r'\s*([A-Z][A-Z0-9-]*)(?:\[(\w+)\])?(?:\(((?:"[^"]*"|[^")])*)\))?\s*=')
_VALUE = re.compile(r'(?:"[^"]*"|[^";]++)*+;')
_TEXTS = re.compile(r'"([^"]*)"')
_CHARSET = re.compile(rb'CHARSET\s*=\s*"([^"]+)"', re.IGNORECASE)
_CODEPAGE = re.compile(rb'CODEPAGE\s*=\s*"([^"]+)"', re.IGNORECASE)
_PAGES = {"iso-8859-1", "iso-8859-15", "utf-8", "windows-1252", "cp850", "cp1252", "latin-1"}
_DOTS = {"." * n: n for n in range(1, 7)}


@dataclass(frozen=True)
class _Entry:
    keyword: str
    language: str
    about: tuple[str, ...]
    value: str

    @property
    def texts(self) -> list[str]:
        # Strings without a comma between them are one string broken over lines.
        joined = re.sub(r'"\s+"', "", self.value.strip())
        return _TEXTS.findall(joined)

    @property
    def text(self) -> str:
        return "".join(_TEXTS.findall(self.value)) or self.value.strip()


def is_px(content: bytes) -> bool:
    """Tell whether a file begins as a PX file does."""
    return bool(_START.match(content[:200]))


def _text(content: bytes, name: str) -> tuple[str, str]:
    page = _CODEPAGE.search(content[:2_000])
    charset = _CHARSET.search(content[:2_000])
    named = page[1].decode("ascii", "replace").lower() if page else ""
    if named and named not in _PAGES:
        raise SourceError(f"'{name}' says it is written in {named!r}.", where=f"Known: {', '.join(sorted(_PAGES))}.")
    if not named and not charset:
        # The format's oldest rule: a file that names no character set was written under DOS.
        try:
            return content.decode("utf-8-sig"), "utf-8"
        except UnicodeDecodeError:
            return content.decode("cp850"), "cp850"
    if not named:
        return guards.decoded(content, name)
    try:
        return content.decode("utf-8-sig" if named == "utf-8" else named), named
    except UnicodeDecodeError as error:
        raise SourceError(
            f"'{name}' says it is written in {named!r}, and is not.",
            where=f"Byte {error.start:,} does not fit.",
            hint="Download it again.",
        ) from None


def _entries(text: str, name: str) -> Iterator[_Entry]:
    at = 0
    while match := _KEYWORD.match(text, at):
        end = _VALUE.match(text, match.end())
        if end is None:
            raise SourceError(
                f"'{name}' is cut: the keyword {match[1]} has no end.",
                where=f"Line {text.count(chr(10), 0, match.start()) + 1}.",
                hint="Download it again.",
            )
        about = tuple(_TEXTS.findall(match[3] or ""))
        yield _Entry(match[1], match[2] or "", about, text[match.end() : end.end() - 1])
        at = end.end()
    if text[at:].strip("\x1a \r\n\t"):
        raise SourceError(
            f"'{name}' has something that is no PX keyword.",
            where=f"Line {text.count(chr(10), 0, at) + 2}: {text[at:].strip()[:60]!r}.",
            hint="Download it again.",
        )


class _Keywords:
    """The keywords of one file in one language, the main language standing in where that lacks one."""

    def __init__(self, entries: list[_Entry], language: str, name: str) -> None:
        self.name = name
        self.main = next((e.text for e in entries if e.keyword == "LANGUAGE"), "")
        offered = [self.main, *(t for e in entries if e.keyword == "LANGUAGES" for t in e.texts)]
        if language and language not in offered:
            raise SourceError(
                f"'{name}' has no texts in {language!r}.",
                where=f"It has: {', '.join(dict.fromkeys(filter(None, offered))) or 'one language without a name'}.",
                hint="Leave out language=, or name one of these.",
            )
        self.language = "" if language == self.main else language
        self.entries = {(e.keyword, e.language, e.about): e for e in entries}

    def get(self, keyword: str, *about: str) -> _Entry | None:
        found = self.entries.get((keyword, self.language, about))
        return found or self.entries.get((keyword, "", about))

    def main_texts(self, keyword: str, *about: str) -> list[str]:
        entry = self.entries.get((keyword, "", about))
        return entry.texts if entry else []

    def texts(self, keyword: str, *about: str) -> list[str]:
        entry = self.get(keyword, *about)
        return entry.texts if entry else []

    def text(self, keyword: str, *about: str) -> str:
        entry = self.get(keyword, *about)
        return entry.text if entry else ""

    def all(self, *keywords: str) -> list[_Entry]:
        return [e for (k, language, _), e in self.entries.items() if k in keywords and language in (self.language, "")]


def read(content: bytes, name: str, *, language: str = "") -> Long:
    """Read one PX file; dimensions keep the file's own names and codes.

    Parameters
    ----------
    language
        One of the file's languages, ``""`` for its main one.

    Raises
    ------
    SourceError
        The file is cut, names a character set it does not have, lacks a language, or has more
        or fewer values than its variables ask for.
    """
    text, _ = _text(content, name)
    known = _Keywords(list(_entries(text, name)), language, name)
    main = known.main_texts("STUB") + known.main_texts("HEADING")
    shown = known.texts("STUB") + known.texts("HEADING")
    if not main or known.get("DATA") is None:
        lacks = "DATA" if main else "STUB and HEADING"
        raise SourceError(f"'{name}' lacks {lacks}, which every PX file has.", hint="Download it again.")
    if known.all("KEYS"):
        raise SourceError(f"'{name}' holds only some cells (KEYS).", hint="Save it again with all cells.")
    variables = [_variable(known, m, s) for m, s in zip(main, shown, strict=True)]
    sizes = [len(codes) for _, codes, _ in variables]
    values, signs = _data(known, prod(sizes))
    frame = _grid([(key, codes) for key, codes, _ in variables], sizes).assign(value=values, status=signs)
    labels = {key: dict(zip(codes, texts, strict=True)) for key, codes, texts in variables}
    return Long(
        frame,
        labels,
        known.text("TABLEID") or known.text("MATRIX"),
        known.text("TITLE") or known.text("DESCRIPTION"),
        _notes(known),
        known.text("LAST-UPDATED") or _first(known, "LAST-UPDATED"),
        _units(known, variables),
    )


def _variable(known: _Keywords, main: str, shown: str) -> tuple[str, list[str], list[str]]:
    texts = known.texts("VALUES", shown) or known.main_texts("VALUES", main)
    codes = known.main_texts("CODES", main) or known.texts("CODES", shown) or known.main_texts("VALUES", main) or texts
    key = next((e.text for e in known.all("VARIABLECODE") if e.about and e.about[0] in (main, shown)), main)
    if not texts or len(codes) != len(texts) or len(set(codes)) != len(codes):
        raise SourceError(
            f"'{known.name}' has {len(texts)} texts and {len(set(codes))} codes for {main!r}.",
            where="Each value needs one code of its own.",
            hint="Download it again.",
        )
    return key, codes, texts


def _grid(variables: list[tuple[str, list[str]]], sizes: list[int]) -> pd.DataFrame:
    cells = prod(sizes)
    columns = {}
    after = cells
    for (key, codes), size in zip(variables, sizes, strict=True):
        after //= size
        positions = np.tile(np.repeat(np.arange(size), after), cells // (size * after))
        columns[key] = pd.Series(pd.Categorical.from_codes(positions, categories=pd.Index(codes)))
    return pd.DataFrame(columns)


def _data(known: _Keywords, wanted: int) -> tuple[np.ndarray, np.ndarray]:
    if wanted > guards.MAX_TEXT_CELLS:
        raise guards.too_many_cells(known.name, "DATA", guards.MAX_TEXT_CELLS)
    entry = known.get("DATA")
    cells = (entry.value if entry else "").replace('"', " ").split()
    if len(cells) != wanted:
        raise SourceError(
            f"'{known.name}' has {len(cells):,} values, and its variables ask for {wanted:,}.",
            hint="Download it again; it may be cut.",
        )
    signs = {cell: _sign(known, cell) for cell in set(cells) - set(words.ZERO) if cell.strip(".:*") == ""}
    status = np.array([signs.get(cell, "") for cell in cells], dtype=object)
    try:
        plain = ["0" if cell in words.ZERO else "nan" if cell in signs else cell for cell in cells]
        values = np.array(plain).astype("float64")
    except ValueError as error:
        raise TableError(
            f"'{known.name}' has a value that is neither number nor sign.", where=f"{error}.", hint="Download it again."
        ) from None
    return values, status


def _sign(known: _Keywords, cell: str) -> str:
    symbol = known.text(f"DATASYMBOL{_DOTS[cell]}") if cell in _DOTS else ""
    return symbol if symbol in words.SIGNS else cell


def _notes(known: _Keywords) -> tuple[str, ...]:
    entries = known.all("NOTE", "NOTEX", "VALUENOTE", "VALUENOTEX", "CELLNOTE", "CELLNOTEX", "INFOFILE")
    return tuple(f"{', '.join(e.about)}: {e.text}" if e.about else e.text for e in entries)


def _units(known: _Keywords, variables: list[tuple[str, list[str], list[str]]]) -> tuple[tuple[str, str], ...]:
    by_text = {text: code for _, codes, texts in variables for code, text in zip(codes, texts, strict=True)}
    named = [(by_text.get(e.about[0], e.about[0]), e.text) for e in known.all("UNITS") if e.about]
    whole = known.text("UNITS")
    return (*named, *((("value", whole),) if whole else ()))


def _first(known: _Keywords, keyword: str) -> str:
    return next((e.text for e in known.all(keyword)), "")
