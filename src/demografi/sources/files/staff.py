"""The user's own staff table: heads and person-years by occupation and age, which nobody publishes."""

from __future__ import annotations

import re

import pandas as pd

from demografi.errors import TableError
from demografi.sources.files import grid as grids
from demografi.sources.files import words
from demografi.sources.files.columns import header_row
from demografi.sources.files.grid import Grid
from demografi.sources.files.statbank import Long

__all__ = ["is_staff", "read", "staff_frame"]

KEYS = ("region", "occupation", "age", "year", "source")
OPTIONAL = ("sector", "basis", "reference_date")
FTE_PER_HEAD = 1.2
"""No one holds more than this many positions [person-years]; above it heads and positions are mixed up."""

_DATE = re.compile(r"^\d{4}-\d\d-\d\d")


def _keys(sheet: Grid) -> tuple[int, list[str]]:
    row = header_row(sheet)
    keys = [words.key_of(grids.text_of(cell)) for cell in grids.trimmed(sheet.rows[row])]
    return row, ["age" if key == "age_group" else key for key in keys]


def is_staff(sheet: Grid) -> bool:
    """Tell whether a sheet has the columns of a staff table."""
    try:
        _, keys = _keys(sheet)
    except TableError:
        return False
    return {"region", "occupation", "age", "year"} <= set(keys) and bool({"persons", "fte"} & set(keys))


def read(sheet: Grid) -> Long:
    """Read ``region occupation age persons|fte year source``, and check the counts.

    Returns
    -------
    Long
        ``region year occupation age_group contents`` with ``value`` [persons or person-years],
        ``status`` and ``source``.

    Raises
    ------
    TableError
        A column is lacking or not known, heads are not whole or below zero, person-years exceed
        1.2 per head, a code has lost its leading zero, or a spreadsheet has turned an age into a
        date; sheet, row and column are named.
    """
    row, keys = _keys(sheet)
    sheet.refuse_formulas(row)
    _check_keys(sheet, row, keys)
    cells = sheet.body(row).set_axis(keys, axis=1)
    if cells.empty:
        raise TableError(
            "The staff table has a header and no rows.",
            where=f"{sheet.place(row)}.",
            hint="Add one row per occupation and age.",
        )
    say = {key: _say(sheet, row, i) for i, key in enumerate(keys)}
    text = cells.map(grids.text_of).astype("str")
    _check_texts(text, say)
    out = pd.DataFrame(
        {
            "region": text["region"].map(lambda t: words.split_region(t)[0]).astype("str"),
            "year": words.years(text["year"]),
            "occupation": text["occupation"],
            "age_group": words.ages(text["age"], say["age"]).astype("str"),
        }
    )
    counts = {key: _counted(cells[key], key, say[key]) for key in ("persons", "fte") if key in keys}
    if len(counts) == 2:
        _check_both(counts["persons"][0], counts["fte"][0], say["fte"])
    _check_unique(out, say["region"])
    marks = {"source": text["source"]} | {key: text[key] for key in OPTIONAL if key in keys}
    parts = [
        out.assign(contents=key, value=values.to_numpy(), status=signs.to_numpy(), **marks)
        for key, (values, signs) in counts.items()
    ]
    sources = tuple(f"Source as given: {said}." for said in text["source"].unique()[:5])
    units = (("persons", "persons"), ("fte", "person-years"))
    return Long(pd.concat(parts, ignore_index=True), {}, notes=sources, units=units)


def _say(sheet: Grid, row: int, column: int) -> words.Say:
    return lambda i: sheet.place(row + 1 + i, column) + "."


def _check_keys(sheet: Grid, row: int, keys: list[str]) -> None:
    lacking = [key for key in KEYS if key not in keys]
    if lacking:
        raise TableError(
            f"The staff table lacks the column {lacking[0]!r}.",
            where=f"{sheet.place(row)} has: {', '.join(keys)}.",
            hint="Wanted: region occupation age persons|fte year source.",
        )
    odd = [key for key in keys if key not in (*KEYS, "persons", "fte", *OPTIONAL) or keys.count(key) > 1]
    if odd:
        seen = "there twice" if keys.count(odd[0]) > 1 else "not known"
        raise TableError(
            f"The staff table has a column {odd[0]!r} that is {seen}.",
            where=f"{sheet.place(row, keys.index(odd[0]))}.",
            hint="Remove it, or rename it: region occupation age persons fte year source.",
        )


def _check_texts(text: pd.DataFrame, say: dict[str, words.Say]) -> None:
    for key in KEYS:
        blank = [i for i, cell in enumerate(text[key]) if not cell]
        if blank:
            raise TableError(
                f"A row of the staff table has no {key}.",
                where=[say[key](i) for i in blank],
                hint="Every row needs one.",
            )
    dates = [i for i, cell in enumerate(text["age"]) if _DATE.match(cell)]
    if dates:
        raise TableError(
            f"The age is the date {text['age'].iloc[dates[0]]!r}; the spreadsheet made it of something like '10-12'.",
            where=[say["age"](i) for i in dates],
            hint="Format the column as text and type the ages again.",
        )
    short = [i for i, cell in enumerate(text["region"]) if re.fullmatch(r"\d{3}", cell)]
    if short:
        raise TableError(
            f"The region {text['region'].iloc[short[0]]!r} has lost its leading zero.",
            where=[say["region"](i) for i in short],
            hint="Format the column as text and type '0301'.",
        )
    years = [i for i, cell in enumerate(text["year"]) if not re.fullmatch(r"(19|20)\d\d", cell)]
    if years:
        raise TableError(
            f"{text['year'].iloc[years[0]]!r} is no year.",
            where=[say["year"](i) for i in years],
            hint="Write four digits: 2025.",
        )


def _counted(column: pd.Series, key: str, say: words.Say) -> tuple[pd.Series, pd.Series]:
    values, signs = words.numbers(column, say)
    values, signs = values.reset_index(drop=True), signs.reset_index(drop=True)
    below = [i for i, value in enumerate(values) if value < 0]
    if below:
        raise TableError(
            f"The {key} of a row are below zero.", where=[say(i) for i in below], hint="Counts begin at zero."
        )
    broken = [i for i, value in enumerate(values) if key == "persons" and value % 1 > 0]
    if broken:
        raise TableError(
            f"{values[broken[0]]:g} is no number of heads.",
            where=[say(i) for i in broken],
            hint="Heads are whole; person-years belong in the column fte.",
        )
    return values, signs


def _check_both(persons: pd.Series, fte: pd.Series, say: words.Say) -> None:
    over = [i for i in range(len(persons)) if fte[i] > FTE_PER_HEAD * persons[i]]
    if over:
        i = over[0]
        raise TableError(
            f"{fte[i]:g} person-years by {persons[i]:g} heads is more than {FTE_PER_HEAD} each.",
            where=[say(i) for i in over],
            hint="Have the two columns changed places?",
        )


def _check_unique(out: pd.DataFrame, say: words.Say) -> None:
    double = [i for i, again in enumerate(out.duplicated()) if again]
    if double:
        raise TableError(
            "The same region, year, occupation and age stands twice.",
            where=[say(i) for i in double],
            hint="Add the rows together, or tell them apart.",
        )


def staff_frame(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a staff table in the columns of ``Observed.staff``.

    ``reference_date`` is empty unless the table gives it; nothing is assumed of when heads were counted.
    """
    keys = ["region", "year", "occupation", "age_group"]
    parts = []
    for contents in ("persons", "fte"):
        rows = frame[frame["contents"] == contents].set_index(keys)
        parts.append(rows["value"].rename(contents))
    first = frame.drop_duplicates(keys).set_index(keys)
    marks = {name: first[name] if name in first.columns else pd.Series("", index=first.index) for name in OPTIONAL}
    out = pd.concat([*parts, *(marks[name].rename(name) for name in OPTIONAL)], axis=1).reset_index()
    lacking = out[["persons", "fte"]].isna().all(axis=1)
    out["status"] = lacking.map({True: "..", False: ""})
    return out[
        ["region", "year", "reference_date", "occupation", "age_group", "sector", "basis", "persons", "fte", "status"]
    ]
