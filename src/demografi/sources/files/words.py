"""Words of Norwegian and English files to codes: regions, ages, sex, years and signs."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable

import numpy as np
import pandas as pd

from demografi.ages import OPEN_AGE
from demografi.errors import TableError

__all__ = ["ages", "key_of", "numbers", "sexes", "split_region", "tidy", "years"]

KEYS = {
    "region": "region kommune kommuner kommunenr kommunenummer kommunekode knr municipality fylke county "
    "kokkommuneregion0000 region_code regionkode",
    "year": "year år aar tid time årgang",
    "sex": "sex kjønn kjonn gender",
    "age": "age alder alderx",
    "age_group": "age_group aldersgruppe aldersgrupper",
    "contents": "contents contentscode statistikkvariabel statistikkvariabler variabel measure måltall",
    "occupation": "occupation yrke yrkesgruppe stilling occupation_code",
    "service": "service tjeneste tjenester tjenesteområde tenestetype",
    "value": "value verdi antall",
    "persons": "persons personer hoder antall_personer ansatte",
    "fte": "fte årsverk aarsverk person-years",
    "source": "source kilde",
    "status": "status value_symbol",
    "note": "note merknad kommentar caveat comment",
}
"""The library's name of a column, and what files call it."""

_KEY_OF = {word: key for key, names in KEYS.items() for word in names.split()}
_SEXES = {
    "female": "female f k 2 kvinne kvinner females women woman",
    "male": "male m 1 mann menn males men man",
    "both": "both 0 totalt total alle",
}
_SEX_OF = {word: sex for sex, names in _SEXES.items() for word in names.split()} | {
    "begge kjønn": "both",
    "both sexes": "both",
    "i alt": "both",
}
_REGION = re.compile(r"^((?:[KF][-_])?\d{1,4}[a-z]?|[KF]-[\w-]+|E[AK][A-Z]*\d*)\s+(\S.*)$")
_YEARS_OLD = r"(?:\s*(?:år|year|years))?"
_ONE_AGE = re.compile(rf"^(\d{{1,3}}){_YEARS_OLD}$")
_AND_OVER = r"(?:eller eldre|og over|or older|or over|and over)"
_OPEN_AGE = re.compile(rf"^(\d{{1,3}})(?:\s*\+{_YEARS_OLD}|{_YEARS_OLD}\s*\+|{_YEARS_OLD}\s+{_AND_OVER})$")
_AGE_GROUP = re.compile(rf"^(\d{{1,3}})\s*[-–]\s*(\d{{1,3}}){_YEARS_OLD}$")
_ALL_AGES = {"total", "i alt", "ialt", "alle", "alle aldre", "all ages", "tot"}
_UNKNOWN_AGES = {"uoppgitt", "uoppgitt alder", "ukjent", "unknown"}
SIGNS = (".", "..", ":", "...", "*")
ZERO = ("–", "-")
"""How the publisher prints exactly zero; it is a value, not a missing one."""
"""Signs that stand in place of a value; a hyphen is how the sign for zero is typed."""

_NUMBER = re.compile(r"^[-+\u2212]?(?:\d+|\d{1,3}(?:[ \u00a0\u202f]\d{3})+)(?:[.,]\d+)?(?:[eE][-+]?\d+)?$")

Say = Callable[[int], str]
"""Where a row stands in the file, for refusals."""


def key_of(header: str) -> str:
    """Return the library's name of a column, or the header as a plain name.

    Examples
    --------
    >>> key_of("Kjonn"), key_of("innvandringskategori / landbakgrunn")
    ('sex', 'innvandringskategori_landbakgrunn')
    """
    plain = re.sub(r"[^\w-]+", "_", header.strip().lower()).strip("_")
    return _KEY_OF.get(plain, plain)


def split_region(text: str) -> tuple[str, str]:
    """Part ``"0101 Halden"`` in code and name; a text without a code is both.

    Examples
    --------
    >>> split_region("K-3001 Halden"), split_region("5056"), split_region("Hitra")
    (('K-3001', 'Halden'), ('5056', ''), ('Hitra', 'Hitra'))
    """
    text = text.strip()
    match = _REGION.match(text)
    if match:
        return match[1], match[2].strip()
    return text, "" if re.fullmatch(r"[\dKFE][\w-]*", text) and any(c.isdigit() for c in text) else text


def age(text: str) -> str | None:
    """Return the code of an age, or None where the text is no age.

    Examples
    --------
    >>> [age(t) for t in ("0 år", "105 år eller eldre", "80–89 år", "007", "90+", "i alt", "ung")]
    ['0', '105', '80-89', '7', '90+', 'total', None]
    """
    text = re.sub(r"\s+", " ", text.strip().lower())
    if text in _ALL_AGES:
        return "total"
    if text in _UNKNOWN_AGES:
        return "unknown"
    if match := _ONE_AGE.match(text):
        return str(int(match[1]))
    if match := _OPEN_AGE.match(text):
        first = int(match[1])
        return str(first) if first == OPEN_AGE else f"{first}+"
    if match := _AGE_GROUP.match(text):
        return f"{int(match[1])}-{int(match[2])}"
    return None


def ages(column: pd.Series, say: Say) -> pd.Series:
    """Return ages as whole numbers where all are single years, else as ASCII groups.

    Raises
    ------
    TableError
        A text is no age; row and column are named.
    """
    codes = _each(column, age, "age", "Wanted something like '0 år', '80-89' or '105 år eller eldre'.", say)
    return codes.astype("int64") if codes.str.isdigit().all() else codes


def sexes(column: pd.Series, say: Say) -> pd.Series:
    """Return ``"female"``, ``"male"`` or ``"both"``.

    Raises
    ------
    TableError
        A word is none of them; row and column are named.
    """
    wanted = "Wanted Kvinner or Menn, Females or Males, or Begge kjønn."
    return _each(column, lambda text: _SEX_OF.get(text.strip().lower()), "sex", wanted, say)


def sex_of(text: str) -> str | None:
    """Return the sex a word means, or None; digits are not words."""
    return None if text.strip().isdigit() else _SEX_OF.get(text.strip().lower())


def years(column: pd.Series) -> pd.Series:
    """Return years as whole numbers where all are years; other periods (``2024K1``) stay text."""
    text = column.astype("str").str.strip()
    return text.astype("int64") if text.str.fullmatch(r"\d{4}").all() else text


def numbers(column: pd.Series, say: Say) -> tuple[pd.Series, pd.Series]:
    """Return values and signs of a column of cells.

    Decimal comma, hard spaces between thousands and real minus signs are read. An empty cell gets
    ``".."``: nothing is filled.

    Raises
    ------
    TableError
        A cell is neither number nor sign; row and column are named.
    """
    if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
        return column.astype("float64"), column.isna().map({True: "..", False: ""}).astype("str")
    text = column.map(_plain).astype("str")
    unique = {cell: _cell(cell) for cell in pd.unique(text)}
    odd = [i for i, cell in enumerate(text) if unique[cell] is None] if None in unique.values() else []
    if odd:
        raise TableError(
            f"{text.iloc[odd[0]]!r} is neither a number nor a sign.",
            where=[say(i) for i in odd],
            hint="Write a number, or one of the signs . .. : where there is none.",
        )
    values = text.map({cell: pair[0] for cell, pair in unique.items() if pair is not None})
    signs = text.map({cell: pair[1] for cell, pair in unique.items() if pair is not None})
    return values.astype("float64"), signs.astype("str")


def is_number(cell: object) -> bool:
    """Tell whether a cell is a number or one of the signs."""
    return _cell(_plain(cell)) is not None


def _plain(cell: object) -> str:
    return "" if cell is None or cell is pd.NA or (isinstance(cell, float) and np.isnan(cell)) else str(cell).strip()


def _cell(text: str) -> tuple[float, str] | None:
    if text in ZERO:
        return 0.0, ""
    if text == "":
        return float("nan"), ".."
    if text in SIGNS:
        return float("nan"), text
    if not _NUMBER.match(text):
        return None
    return float(re.sub(r"[ \u00a0\u202f]", "", text).replace(",", ".").replace("\u2212", "-")), ""


def _each(column: pd.Series, turn: Callable[[str], str | None], what: str, wanted: str, say: Say) -> pd.Series:
    text = column.map(_plain).astype("str")
    turned: dict[Hashable, str | None] = {word: turn(word) for word in pd.unique(text)}
    odd = [i for i, word in enumerate(text) if turned[word] is None] if None in turned.values() else []
    if odd:
        raise TableError(
            f"{text.iloc[odd[0]]!r} is not {'an' if what == 'age' else 'a'} {what}.",
            where=[*(say(i) for i in odd[:4]), wanted],
        )
    return text.map(turned).astype("str")


def tidy(frame: pd.DataFrame, dimensions: tuple[str, ...]) -> pd.DataFrame:
    """Return a table with the library's keys and codes; see :meth:`Table.tidy`."""
    names = {name: key_of(name) for name in dimensions}
    double = [name for name in names if list(names.values()).count(names[name]) > 1]
    if double:
        raise TableError(
            f"{' and '.join(map(repr, double))} would both be called {names[double[0]]!r}.",
            hint="Use .to_frame(), which keeps the names of the file.",
        )
    out = frame.rename(columns=names)
    turn: dict[str, Callable[[pd.Series], pd.Series]] = {
        "age": lambda column: ages(column, _row),
        "sex": lambda column: sexes(column, _row),
        "year": years,
    }
    return out.assign(**{key: turned(out[key]) for key, turned in turn.items() if key in out.columns})


def _row(i: int) -> str:
    return f"Row {i + 1} of the table."
