"""Statistics Norway's Statbank downloads, CSV and XLSX: title line, headings with year and sex, signs."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pandas as pd

from demografi.errors import TableError
from demografi.sources.files import grid as grids
from demografi.sources.files import headings, words
from demografi.sources.files.grid import Grid

__all__ = ["Long", "coded", "is_statbank", "read", "unique"]

_TITLE = re.compile(r"^(?P<id>\d{5}): (?P<title>.+)$")
_NAMES = re.compile(r",? (?:etter|by) (?P<names>(?:(?!, (?:etter|by) ).)+)$")
_LISTED = re.compile(r", | og | and ")
_FOOT = re.compile(
    r"^(sist oppdatert|latest update|kilde|source|kontakt|contact|enhet|units|referansetid|reference time)\b",
    re.IGNORECASE,
)
_UPDATED = re.compile(
    r"(?:sist oppdatert|latest update)\D*(\d{8}|\d{4}-\d\d-\d\d|\d{1,2}\.\d{1,2}\.\d{4})", re.IGNORECASE
)
LONGEST_TITLE = 2_000
_KEYS = ("region", "year", "sex", "age", "contents")


@dataclass(frozen=True, eq=False)
class Long:
    """A sheet read to one row per cell, before provenance is added."""

    frame: pd.DataFrame
    labels: dict[str, dict[str, str]]
    table: str = ""
    title: str = ""
    notes: tuple[str, ...] = ()
    updated: str = ""
    units: tuple[tuple[str, str], ...] = ()


def _title_of(sheet: Grid) -> tuple[str, str, list[str]] | None:
    first = grids.trimmed(sheet.rows[0]) if sheet.rows else []
    said = grids.text_of(first[0]) if len(first) == 1 else ""
    match = _TITLE.match(said) if len(said) < LONGEST_TITLE else None
    if match is None:
        return None
    names = _NAMES.search(match["title"])
    return match["id"], match["title"], _LISTED.split(names["names"]) if names else []


def is_statbank(sheet: Grid) -> bool:
    """Tell whether a sheet is a Statbank download: by its title, or by headings such as ``Persons 2005``."""
    if _title_of(sheet):
        return True
    header = [grids.text_of(cell) for cell in (sheet.rows[0] if sheet.rows else [])]
    is_key = len(header) > 1 and words.key_of(header[0]) in ("region", "age", "sex")
    return is_key and bool(re.search(r"[a-zæøå] (19|20)\d\d( \w+)?$", header[-1]))


def read(sheet: Grid, *, year_end: bool = False) -> Long:
    """Read one sheet.

    Raises
    ------
    TableError
        There is no header, a heading cannot be parted in content, year and sex, or a cell is no
        number or sign; sheet, row and column are named.
    SourceError
        The table has formulas or merged cells.
    """
    table, title, named = _title_of(sheet) or ("", "", [])
    first, last = _header_rows(sheet, 1 if title else 0)
    sheet.refuse_formulas(first)
    end, notes, updated = _foot(sheet, last)
    texts = _headings(sheet, first, last)
    cells = sheet.body(last, end)
    if cells.empty:
        raise TableError(
            "The table has a header and no rows.", where=f"{sheet.place(last)}.", hint="Download it again."
        )
    stubs = _stubs(texts, cells, named)
    cells = _filled_down(cells, stubs) if sheet.sheet else cells
    names = [texts[i] or (named[i] if i < len(named) else f"column {grids.letter(i)}") for i in stubs]
    keyed, labels = coded(cells[stubs].set_axis(names, axis=1), sheet, last)
    frame = _long(sheet, texts, cells, keyed, [n for n in named if n not in names], last)
    frame, said = headings.at_new_year(frame, f"{title} {' '.join(texts)}", year_end=year_end)
    return Long(unique(frame), labels, table, title, (*notes, *said), updated)


def _header_rows(sheet: Grid, start: int) -> tuple[int, int]:
    filled = (i for i in range(start, len(sheet.rows)) if grids.trimmed(sheet.rows[i]))
    first = next(filled, None)
    if first is None:
        raise TableError("The file has a title and no table.", where=f"{sheet.place(0)}.", hint="Download it again.")
    last = first
    # In a workbook the headings of several variables stand in rows of their own, beside blank stubs.
    while (
        sheet.sheet and last + 1 < len(sheet.rows) and _stub_is_blank(sheet, last) and _stub_is_blank(sheet, last + 1)
    ):
        last += 1
    return first, last


def _stub_is_blank(sheet: Grid, row: int) -> bool:
    cells = grids.trimmed(sheet.rows[row])
    return bool(cells) and grids.blank(cells[0])


def _headings(sheet: Grid, first: int, last: int) -> list[str]:
    width = max(len(grids.trimmed(row)) for row in sheet.rows[first : last + 1])
    lines = [[grids.text_of(cell) for cell in (row + [None] * width)[:width]] for row in sheet.rows[first : last + 1]]
    if last > first:
        lines = [_filled_right(line) for line in lines]
    return [" ".join(part for part in parts if part) for parts in zip(*lines, strict=True)]


def _filled_right(line: list[str]) -> list[str]:
    out: list[str] = []
    for text in line:
        out.append(text or (out[-1] if out else ""))
    return out


def _foot(sheet: Grid, last: int) -> tuple[int | None, tuple[str, ...], str]:
    end = next((i for i in range(last + 1, len(sheet.rows)) if not grids.trimmed(sheet.rows[i])), None)
    if end is None:
        return None, (), ""
    if any(len(grids.trimmed(row)) > 2 for row in sheet.rows[end:]):
        raise TableError(
            "There is a blank row in the middle of the table.",
            where=f"{sheet.place(end)}.",
            hint="Keep one table in a sheet, without blank rows.",
        )
    lines = [" ".join(grids.text_of(c) for c in grids.trimmed(row)) for row in sheet.rows[end:]]
    dated = _UPDATED.search("\n".join(lines))
    # A line that names the source, the date or a person belongs to the label above it.
    told = [line for i, line in enumerate(lines) if not (_FOOT.match(line) or (i and _FOOT.match(lines[i - 1])))]
    notes = tuple(line for line in told if len(line) > 20)
    return end, notes, dated[1] if dated else ""


def _stubs(texts: list[str], cells: pd.DataFrame, named: list[str]) -> list[int]:
    listed = {name.lower() for name in named}
    stubs = []
    for i, text in enumerate(texts):
        is_key = not text or text.lower() in listed or words.key_of(text) in _KEYS
        if not is_key and (headings.period_in(text) or all(map(words.is_number, cells[i].head(200)))):
            break
        stubs.append(i)
    if not stubs or len(stubs) == len(texts):
        raise TableError(
            "It is not clear which columns are variables and which are values.",
            where=f"Headings: {', '.join(texts[:8])}.",
            hint="Download again with region and age as rows.",
        )
    return stubs


def _filled_down(cells: pd.DataFrame, stubs: list[int]) -> pd.DataFrame:
    # Workbooks write the words of the outer variables once, over the rows they hold for.
    out = cells.copy()
    for column in stubs[:-1]:
        out[column] = out[column].map(lambda cell: None if grids.blank(cell) else cell).ffill()
    return out


def coded(
    stubs: pd.DataFrame, sheet: Grid, header: int, say: words.Say | None = None
) -> tuple[pd.DataFrame, dict[str, dict[str, str]]]:
    """Turn the words of key columns into codes; return the codes and the labels by dimension.

    Parameters
    ----------
    stubs
        Key columns under their headings, as cells.
    sheet, header
        Where they stand, for refusals.
    """
    out: dict[str, pd.Series] = {}
    labels: dict[str, dict[str, str]] = {}
    for i, name in enumerate(stubs.columns):
        text = stubs[name].map(grids.text_of).astype("str")
        key = words.key_of(str(name))
        key = key if key not in out else re.sub(r"\W+", "_", str(name).lower())
        blank = text[text == ""]
        if len(blank):
            place = sheet.place(header + 1 + int(blank.index[0]), i)
            raise TableError(f"A row has no {name}.", where=f"{place}.", hint="Every row needs all its keys.")
        out[key] = _codes(key, text, say or (lambda row, i=i: sheet.place(header + 1 + row, i) + "."))  # type: ignore[misc]
        pairs = pd.DataFrame({"code": out[key].astype("str"), "text": text}).drop_duplicates("code")
        labels[key] = {
            code: words.split_region(t)[1] or t if key == "region" else t for code, t in pairs.itertuples(index=False)
        }
    return pd.DataFrame(out), labels


def _codes(key: str, text: pd.Series, say: words.Say) -> pd.Series:
    if key == "age":
        return words.ages(text, say)
    if key == "sex":
        return words.sexes(text, say)
    if key == "region":
        codes = {word: words.split_region(word)[0] for word in text.unique()}
        return text.map(codes).astype("str")
    return text


def _long(
    sheet: Grid, texts: list[str], cells: pd.DataFrame, keyed: pd.DataFrame, unseen: list[str], last: int
) -> pd.DataFrame:
    parts = []
    for i in range(len(texts)):
        if i < len(keyed.columns):
            continue
        heading = headings.part(texts[i], unseen, f"{sheet.place(last, i)}.")
        values, signs = words.numbers(cells[i], lambda row, i=i: sheet.place(last + 1 + row, i) + ".")  # type: ignore[misc]
        extra = {key: said for key, said in _said(heading, unseen).items() if said and key not in keyed.columns}
        parts.append(keyed.assign(**extra, value=values.to_numpy(), status=signs.to_numpy()))
    return pd.concat(parts, ignore_index=True)


def _said(heading: headings.Heading, unseen: list[str]) -> dict[str, str]:
    others = [key for name in unseen if (key := words.key_of(name)) not in ("contents", "year", "sex")]
    said = {"sex": heading.sex, "contents": heading.contents, "year": heading.year}
    return said | ({others[0]: heading.other} if others else {})


def unique(frame: pd.DataFrame) -> pd.DataFrame:
    """Put value and marks last, and refuse rows that stand twice.

    Raises
    ------
    TableError
        Two rows have the same keys.
    """
    marks = ("value", "status", "quality", "reference_date", "source", "note", "low", "high", "level")
    keys = [name for name in frame.columns if name not in marks]
    double = frame[frame.duplicated(keys)]
    if len(double):
        raise TableError(
            f"{len(double)} row{'s' if len(double) > 1 else ''} of the table stand twice.",
            where=[", ".join(f"{k} {v}" for k, v in row.items()) for row in double[keys].head(5).to_dict("records")],
            hint="Each combination of keys may stand once.",
        )
    return frame[[*keys, *(name for name in marks if name in frame.columns)]]
