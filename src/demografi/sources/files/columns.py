"""Tables led by their headers: this library's own, PANDA's year-ends, and the ministry's *Tjenestebehov*."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
import pandas as pd

from demografi.errors import TableError
from demografi.sources.files import grid as grids
from demografi.sources.files import headings, statbank, words
from demografi.sources.files.grid import Grid
from demografi.sources.files.statbank import Long

__all__ = ["SERVICES", "Layout", "find_header", "header_row", "read_own", "read_services"]

MEASURES = frozenset(
    {"value", "persons", "births", "deaths", "net_migration", "in_migration", "out_migration"}
    | {"users", "fte", "need", "supply", "gap"}
    | {"folkemengde", "innbyggere", "innflytting", "utflytting", "nettoflytting"}
)
MARKS = ("status", "quality", "reference_date", "source", "note", "low", "high", "level")
_CODE = re.compile(
    r"cod|kod|nr$|num|(?:^|_)id$|vintage|årgang|launch|horizon|draw|period|month|måned|level", re.IGNORECASE
)
_NAMES_OF_REGION = ("kommunenavn", "region_name", "kommune", "navn", "municipality_name")
_FLAGGED = {"1", "ja", "true", "x", "yes", "estimert", "anslått", "estimated", "*", "e"}
_NOT_FLAGGED = {"", "0", "nei", "false", "no", "none"}


@dataclass(frozen=True)
class Layout:
    r"""Which column of a file holds what, declared by whoever has seen the file.

    Parameters
    ----------
    columns
        The library's key → the file's header: ``region service contents year age_group value
        estimated``. Case and blanks at the ends do not matter.
    headings
        Regular expression for columns that each hold one measure, with groups named after keys:
        ``r"(?P<contents>Mottakere|Årsverk) (?P<service>.+) (?P<year>\d{4})"``.
    words
        Key → word of the file → code, e.g. ``{"contents": {"Mottakere": "users", "Årsverk": "fte"}}``.
    estimated
        Marks at the end of a cell that say its value is estimated, e.g. ``("*",)``.
    missing
        Words in cells that say there is no value, besides the signs . .. : and an empty cell.
    fixed
        Keys that the file does not hold because they are the same for all of it.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    headings: str = ""
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    estimated: tuple[str, ...] = ("*",)
    missing: tuple[str, ...] = ("mangler", "missing", "n/a", "na")
    fixed: Mapping[str, str | int] = field(default_factory=dict)

    def code(self, key: str, word: str) -> str:
        """Return the code of a word, or the word itself where none is declared."""
        known = {said.casefold(): code for said, code in self.words.get(key, {}).items()}
        return known.get(word.strip().casefold(), word.strip())


SERVICES = Layout(
    words=MappingProxyType(
        {
            "contents": {
                "mottakere": "users",
                "brukere": "users",
                "users": "users",
                "årsverk": "fte",
                "arbeidskraftbehov": "fte",
                "fte": "fte",
            },
            "service": {
                "institusjon": "institution",
                "hjemmetjeneste": "home_service",
                "hjemmetjenester": "home_service",
                "hjemmetenester": "home_service",
            },
        }
    )
)
"""Words met in descriptions of *Tjenestebehov*; its columns have not been seen, so a file needs its own layout."""


def header_row(sheet: Grid) -> int:
    """Return the first row with at least two cells, all of them texts or years."""
    for i, row in enumerate(sheet.rows[:50]):
        cells = grids.trimmed(row)
        if len([c for c in cells if not grids.blank(c)]) >= 2:
            return i
    raise TableError(
        "There is no header row.", where=f"Looked at {sheet.place(0)} to 50.", hint="Put names over the columns."
    )


def _headers(sheet: Grid, row: int) -> list[str]:
    texts = [grids.text_of(cell) for cell in grids.trimmed(sheet.rows[row])]
    blank = [i for i, text in enumerate(texts) if not text]
    if blank:
        raise TableError(
            "A column has no header.",
            where=[f"{sheet.place(row, i)}." for i in blank],
            hint="Name the column or delete it.",
        )
    double = [i for i, text in enumerate(texts) if text.casefold() in [t.casefold() for t in texts[:i]]]
    if double:
        raise TableError(
            f"The header {texts[double[0]]!r} stands twice.",
            where=f"{sheet.place(row, double[0])}.",
            hint="Rename one of them.",
        )
    return texts


def _say(sheet: Grid, header: int, column: int) -> words.Say:
    return lambda row: sheet.place(header + 1 + row, column) + "."


def read_own(sheet: Grid, values: tuple[str, ...] = (), *, year_end: bool = False) -> Long:
    """Read a table whose headers are this library's words or plain Norwegian ones.

    Columns called ``value`` or after a measure hold values; ``status`` and other marks stay marks;
    columns headed by a year hold that year's values; every other column is a dimension. ``values``
    names the columns that hold values where the words are others.

    Raises
    ------
    TableError
        No column holds values, a header is blank or stands twice, a column of numbers has a header that
        does not tell whether they are values, or a cell cannot be read.
    """
    row = header_row(sheet)
    sheet.refuse_formulas(row)
    texts = _headers(sheet, row)
    keys = _keys(texts)
    cells = sheet.body(row)
    holds = _value_columns(sheet, row, texts, keys, cells, values)
    if not holds or cells.empty:
        raise TableError(
            "No column holds values." if not holds else "The table has a header and no rows.",
            where=[
                f"{sheet.place(row)}: {', '.join(texts[:10])}.",
                "Wanted value, persons, users, fte … or columns headed by years.",
            ],
            hint="Rename the column with the figures to 'value'.",
        )
    marks = [i for i, key in enumerate(keys) if key in MARKS]
    dims = [i for i in range(len(keys)) if i not in holds and i not in marks]
    stub = cells[dims].set_axis([_told_apart(keys, texts, i) for i in dims], axis=1)
    keyed, labels = statbank.coded(stub, sheet, row)
    if "region" in keyed.columns and "region_name" in keyed.columns:
        pairs = keyed[["region", "region_name"]].drop_duplicates("region")
        labels["region"] = dict(pairs.itertuples(index=False, name=None))
        labels.pop("region_name", None)
        keyed = keyed.drop(columns="region_name")
    frame = _melted(sheet, row, cells, keyed, [(i, texts[i]) for i in holds])
    for i in marks:
        frame = _with_mark(frame, keys[i], cells[i], len(holds))
    frame, notes = headings.at_new_year(frame, " ".join(texts), year_end=year_end)
    return Long(statbank.unique(frame), labels, notes=notes)


def _value_columns(
    sheet: Grid, row: int, texts: list[str], keys: list[str], cells: pd.DataFrame, values: tuple[str, ...]
) -> list[int]:
    if values:
        lacking = [name for name in values if name not in texts]
        if lacking:
            raise TableError(
                f"No column is headed {lacking[0]!r}.",
                where=f"{sheet.place(row)}: {', '.join(texts)}.",
                hint="dg.read(path, values=[…])",
            )
        return [texts.index(name) for name in values]
    holds = [i for i, key in enumerate(keys) if key in MEASURES or _is_dated(texts[i])]
    holds = holds or _last_of_numbers(keys, cells)
    unclear = [i for i in range(len(keys)) if i not in holds and _may_be_values(keys[i], texts[i], cells[i])]
    if unclear:
        said = ", ".join(repr(texts[i]) for i in sorted([*holds, *unclear]))
        raise TableError(
            f"It is not clear whether the numbers under {texts[unclear[0]]!r} are values or codes.",
            where=[f"{sheet.place(row, i)}." for i in unclear],
            hint=f"Say which columns hold values: dg.read(path, values=[{said}])",
        )
    return holds


def _may_be_values(key: str, text: str, cells: pd.Series) -> bool:
    if key in words.KEYS or key in MARKS or _CODE.search(text):
        return False
    filled = [text_ for cell in cells if (text_ := grids.text_of(cell))]
    # Codes have leading zeros or are the same width all through; figures are neither.
    is_coded = len({len(cell) for cell in filled}) == 1 and all(cell.isdigit() for cell in filled)
    return bool(filled) and not is_coded and all(map(words.is_number, filled))


def _last_of_numbers(keys: list[str], cells: pd.DataFrame) -> list[int]:
    last = len(keys) - 1
    is_key = keys[last] in words.KEYS or keys[last] in MARKS
    return [] if is_key or last == 0 or not all(map(words.is_number, cells[last])) else [last]


def _keys(texts: list[str]) -> list[str]:
    return [words.key_of(text) for text in texts]


def _told_apart(keys: list[str], texts: list[str], i: int) -> str:
    # A number and a name of the same municipality often stand side by side.
    plain = texts[i].strip().casefold()
    if keys[i] in ("region", *_NAMES_OF_REGION) and plain in _NAMES_OF_REGION:
        others = [key for j, key in enumerate(keys) if j != i and key == "region"]
        return "region_name" if others else "region"
    return keys[i]


def _is_dated(text: str) -> bool:
    text = text.strip()
    found = headings.period_in(text)
    # In a name such as code_2024 the year is part of the name.
    return found is not None and found.end() == len(text) and not text[: found.start()].endswith("_")


def _melted(
    sheet: Grid, row: int, cells: pd.DataFrame, keyed: pd.DataFrame, holds: list[tuple[int, str]]
) -> pd.DataFrame:
    parts = []
    several = len(holds) > 1 or words.key_of(holds[0][1]) != "value"
    for i, text in holds:
        values, signs = words.numbers(cells[i], _say(sheet, row, i))
        said: dict[str, str] = {}
        found = headings.period_in(text)
        if found and "year" not in keyed.columns:
            said["year"] = found[0]
        measure = text[: found.start()].strip() if found else words.key_of(text)
        if several and measure and "contents" not in keyed.columns:
            said["contents"] = measure
        parts.append(keyed.assign(**said, value=values.to_numpy(), status=signs.to_numpy()))
    return pd.concat(parts, ignore_index=True)


def _with_mark(frame: pd.DataFrame, key: str, column: pd.Series, times: int) -> pd.DataFrame:
    text = pd.concat([column.map(grids.text_of)] * times, ignore_index=True).astype("str")
    if key in ("low", "high", "level"):
        return frame.assign(**{key: pd.to_numeric(text, errors="coerce")})
    if key != "status":
        return frame.assign(**{key: text})
    both = frame["value"].notna() & (text != "")
    if both.any():
        raise TableError(
            "A cell has both a value and a sign.",
            where=[", ".join(f"{k} {v}" for k, v in r.items()) for r in frame[both].head(5).to_dict("records")],
            hint="A cell with a sign has no value.",
        )
    return frame.assign(status=text.where(text != "", frame["status"]))


def find_header(sheet: Grid, layout: Layout) -> int:
    """Return the row that holds every header a layout names.

    Raises
    ------
    TableError
        No row of the first fifty has them; the nearest row is shown.
    """
    wanted = {name.strip().casefold() for name in layout.columns.values()}
    best, most = 0, -1
    for i, row in enumerate(sheet.rows[:50]):
        seen = {grids.text_of(cell).casefold() for cell in row}
        if len(wanted & seen) > most:
            best, most = i, len(wanted & seen)
        matches = bool(layout.headings) and any(re.fullmatch(layout.headings, grids.text_of(cell)) for cell in row)
        if wanted <= seen and (matches or not layout.headings):
            return i
    seen_there = [grids.text_of(cell) for cell in grids.trimmed(sheet.rows[best])] if sheet.rows else []
    lacking = [
        name for name in layout.columns.values() if name.strip().casefold() not in {s.casefold() for s in seen_there}
    ]
    raise TableError(
        f"No row has the header {lacking[0]!r}." if lacking else f"No header fits {layout.headings!r}.",
        where=[f"{sheet.place(best)} has: {', '.join(filter(None, seen_there))[:200]}."],
        hint="Say which column holds what: dg.read(path, layout=dg.Layout(columns={'region': 'Kommunenr', …}))",
    )


def read_services(sheet: Grid, layout: Layout) -> Long:
    """Read a table of users and person-years by municipality and year, through a declared layout.

    Returns
    -------
    Long
        ``region year service contents`` (+ ``age_group``) with ``value``, ``status`` and ``quality``:
        ``"estimated"`` where the file says so. A cell without a figure has status ``".."``.

    Raises
    ------
    TableError
        A declared header is lacking, a key is neither a column nor fixed, or a cell cannot be read.
    """
    row = find_header(sheet, layout)
    sheet.refuse_formulas(row)
    texts = [grids.text_of(cell) for cell in grids.trimmed(sheet.rows[row])]
    at = {key: [t.casefold() for t in texts].index(name.strip().casefold()) for key, name in layout.columns.items()}
    cells = sheet.body(row)
    keys = [key for key in at if key not in ("value", "estimated")]
    stub = cells[[at[key] for key in keys]].set_axis(keys, axis=1).reset_index(drop=True)
    keyed, labels = statbank.coded(stub, sheet, row)
    wide = [(i, m) for i, t in enumerate(texts) if layout.headings and (m := re.fullmatch(layout.headings, t))]
    holds = [(i, match.groupdict()) for i, match in wide] or [(at.get("value", -1), {})]
    if holds[0][0] < 0:
        raise TableError("The layout names no column with values.", hint="Layout(columns={…, 'value': 'Antall'})")
    parts = [keyed.assign(**said, **_flagged(sheet, row, cells[i], i, layout)) for i, said in holds]
    frame = pd.concat(parts, ignore_index=True).assign(**layout.fixed)
    if "estimated" in at:
        frame = _estimated(frame, cells[at["estimated"]], len(holds), _say(sheet, row, at["estimated"]))
    return Long(statbank.unique(_settled(frame, layout)), labels, notes=_told(frame))


def _flagged(sheet: Grid, row: int, column: pd.Series, i: int, layout: Layout) -> dict[str, np.ndarray]:
    text = column.map(grids.text_of).astype("str")
    marked = text.map(lambda t: t.endswith(layout.estimated) if t and t not in layout.missing else False).astype(bool)
    for mark in layout.estimated:
        text = text.where(~marked, text.str.removesuffix(mark).str.strip())
    absent = text.str.casefold().isin([m.casefold() for m in layout.missing])
    values, signs = words.numbers(text.where(~absent, ""), _say(sheet, row, i))
    return {
        "value": values.to_numpy(),
        "status": signs.to_numpy(),
        "quality": marked.map({True: "estimated", False: ""}).to_numpy(),
    }


def _estimated(frame: pd.DataFrame, column: pd.Series, times: int, say: words.Say) -> pd.DataFrame:
    text = pd.concat([column.map(grids.text_of).str.casefold()] * times, ignore_index=True)
    odd = ~text.isin(_FLAGGED | _NOT_FLAGGED)
    if odd.any():
        raise TableError(
            f"{text[odd].iloc[0]!r} says neither that a value is estimated nor that it is not.",
            where=[say(int(i) % len(column)) for i in text.index[odd]],
            hint="Write ja or nei.",
        )
    return frame.assign(quality=frame["quality"].where(~text.isin(_FLAGGED), "estimated"))


def _settled(frame: pd.DataFrame, layout: Layout) -> pd.DataFrame:
    lacking = [key for key in ("region", "year", "service", "contents") if key not in frame.columns]
    if lacking:
        raise TableError(
            f"Neither a column nor the layout gives {lacking[0]!r}.",
            where=f"Known: {', '.join(frame.columns)}.",
            hint=f"Layout(columns={{'{lacking[0]}': '<header>'}}) or Layout(fixed={{'{lacking[0]}': …}})",
        )
    coded = {key: frame[key].astype("str").map(lambda w, k=key: layout.code(k, w)) for key in ("service", "contents")}
    out = frame.assign(**coded, year=words.years(frame["year"]))
    odd = sorted(set(out["contents"]) - {"users", "fte"})
    if odd:
        raise TableError(
            f"The measure {odd[0]!r} is neither users nor person-years.",
            hint=f"Layout(words={{'contents': {{{odd[0]!r}: 'users'}}}})",
        )
    return out


def _told(frame: pd.DataFrame) -> tuple[str, ...]:
    estimated, missing = int((frame["quality"] == "estimated").sum()), int((frame["status"] != "").sum())
    return tuple(
        note
        for note, count in (
            (f"{estimated:,} values are marked as estimated by the publisher.", estimated),
            (f"{missing:,} cells have no value; nothing was filled.", missing),
        )
        if count
    )
