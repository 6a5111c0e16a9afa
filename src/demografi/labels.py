"""Norwegian words and numbers as a reader expects them: bokmål, nynorsk and English from one table."""

from __future__ import annotations

import csv
import datetime as dt
import math
from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal
from difflib import get_close_matches
from functools import cache
from importlib import resources

from demografi.errors import TableError

__all__ = [
    "LANGUAGES",
    "date",
    "ends",
    "join_names",
    "label",
    "number",
    "percent",
    "person_years",
    "place",
    "rounded_ends",
    "text",
    "times_key",
    "times_word",
    "year_range",
]

LANGUAGES = ("nb", "nn", "en")

HARD_SPACE = "\u00a0"
MINUS = "\u2212"
EN_DASH = "\u2013"
MISSING = ".."
SMALL_PERSON_YEARS = 20

# Statistics Norway's table signs; the hyphen is how the sign for zero is typed in many files.
SIGNS = {"": MISSING, ".": ".", "..": "..", ":": ":", EN_DASH: EN_DASH, "-": EN_DASH}

# Both ends belong to the word; the ratio is rounded to two decimals first, so there is nothing between rows.
TIMES = (
    ("0.45", "0.55", "times_half"),
    ("0.97", "1.03", "times_unchanged"),
    ("1.80", "1.94", "times_nearly_double"),
    ("1.95", "2.05", "times_double"),
    ("2.06", "2.20", "times_more_than_double"),
)


def label(key: str, language: str = "nb") -> str:
    """Give the word that people read for a key.

    Parameters
    ----------
    key
        Name of a row in ``data/labels.csv``.
    language
        ``"nb"``, ``"nn"`` or ``"en"``.

    Raises
    ------
    TableError
        If the key or the language is not known.

    Examples
    --------
    >>> label("source", "nn")
    'Kjelde'
    """
    _known_language(language)
    words = _labels()
    if key not in words:
        raise TableError(
            f"No label is called {key!r}.",
            where=_nearest(key, words),
            hint="See the keys in the first column of demografi/data/labels.csv.",
        )
    return words[key][language]


def text(key: str, language: str = "nb", /, **values: str) -> str:
    """Fill a sentence from the label table with words that are already formatted.

    Numbers are formatted by `number` or `percent` before they come here, so that no sentence
    has a rounding of its own.

    Raises
    ------
    TableError
        If the key or the language is not known, or a blank of the sentence is left unfilled.

    Examples
    --------
    >>> text("projected_year", year="2040")
    '2040, framskrevet'
    """
    sentence = label(key, language)
    try:
        return sentence.format(**values)
    except (KeyError, IndexError) as error:
        raise TableError(
            f"The sentence {key!r} has a blank that was not filled: {error.args[0]!r}.",
            where=f"It reads: {sentence}",
            hint=f"Give it as a keyword: text({key!r}, {language!r}, {error.args[0]}=…).",
        ) from None


def number(
    value: float | None,
    decimals: int = 0,
    *,
    signed: bool = False,
    language: str = "nb",
    status: str = "",
) -> str:
    r"""Print a number with hard spaces, decimal comma and a real minus.

    Halves are rounded away from zero, on the number as it is written, because that is what a
    reader with pencil and paper gets. A number that is not there gives its sign, never a blank.

    Parameters
    ----------
    value
        The number [any unit]; ``None`` and NaN are missing.
    decimals
        Digits after the decimal sign.
    signed
        Whether a rise carries its plus sign. Zero carries none.
    language
        English groups by comma and has a decimal point.
    status
        Statistics Norway's sign for a missing value: ``.`` not applicable, ``..`` missing,
        ``:`` cannot be published, ``–`` zero.

    Raises
    ------
    TableError
        If the language or the sign is not known.

    Examples
    --------
    >>> number(-1234.5, 1)
    '−1\xa0234,5'
    >>> number(None, status=":")
    ':'
    """
    _known_language(language)
    if status not in SIGNS:
        raise TableError(
            f"{status!r} is not one of Statistics Norway's signs.",
            where="The signs are '.', '..', ':' and '–'.",
            hint="Give the status column as it came from the source.",
        )
    if value is None or not math.isfinite(value):
        return SIGNS[status]
    if value == 0 and SIGNS[status] == EN_DASH:
        return EN_DASH
    return _print(Decimal(repr(float(value))), decimals, signed, language)


def person_years(value: float, *, signed: bool = False, language: str = "nb") -> str:
    r"""Print person-years: whole numbers, one decimal under twenty.

    Examples
    --------
    >>> person_years(438.4), person_years(8.81)
    ('438', '8,8')
    """
    return number(value, 1 if abs(value) < SMALL_PERSON_YEARS else 0, signed=signed, language=language)


def ends(low: float, high: float, decimals: int = 0, *, language: str = "nb") -> tuple[str, str]:
    r"""Print the two ends of an interval no finer than they are known: to a power of ten at most a fifth of its width.

    Parameters
    ----------
    low, high
        The ends [any unit].
    decimals
        The most digits after the decimal sign.

    Examples
    --------
    >>> ends(5886.1, 6956.6)
    ('5\xa0900', '7\xa0000')
    >>> ends(2.13, 2.48, 1)
    ('2,1', '2,5')
    """
    rounded = rounded_ends(low, high, decimals)
    whole = all(end == round(end) for end in rounded)
    first, last = (number(end, 0 if whole else decimals, language=language) for end in rounded)
    return first, last


def rounded_ends(low: float, high: float, decimals: int = 0) -> tuple[float, float]:
    """Round the two ends of an interval as :func:`ends` prints them.

    Examples
    --------
    >>> rounded_ends(5886.1, 6956.6)
    (5900.0, 7000.0)
    """
    width = abs(high - low)
    power = max(-decimals, math.floor(math.log10(width / 5))) if width > 0 else -decimals
    step = Decimal(1).scaleb(power)
    first, last = ((Decimal(repr(float(end))) / step).quantize(Decimal(1), ROUND_HALF_UP) * step for end in (low, high))
    return float(first), float(last)


def percent(
    share: float | None,
    decimals: int = 0,
    signed: bool = False,
    language: str = "nb",
    status: str = "",
) -> str:
    r"""Print a share [0–1] or a relative change as per cent.

    Raises
    ------
    TableError
        If the language or the sign is not known.

    Examples
    --------
    >>> percent(0.375, 1)
    '37,5\xa0%'
    >>> percent(0.375, 1, language="en")
    '37.5%'
    """
    if share is None or not math.isfinite(share):
        return number(None, language=language, status=status)
    _known_language(language)
    printed = _print(Decimal(repr(float(share))) * 100, decimals, signed, language)
    return f"{printed}%" if language == "en" else f"{printed}{HARD_SPACE}%"


def year_range(first: int, last: int) -> str:
    """Print a span of years with an en dash and no spaces; a single year stands alone.

    Examples
    --------
    >>> year_range(2019, 2040)
    '2019–2040'
    """
    return str(first) if first == last else f"{first}{EN_DASH}{last}"


def join_names(names: Iterable[str], language: str = "nb") -> str:
    """Join names into a list that reads aloud: commas, and a word before the last.

    Raises
    ------
    TableError
        If the language is not known.

    Examples
    --------
    >>> join_names(["Skaun", "Hitra", "Heim"])
    'Skaun, Hitra og Heim'
    """
    listed = list(names)
    conjunction = label("and", language)
    if len(listed) < 2:
        return "".join(listed)
    return f"{', '.join(listed[:-1])} {conjunction} {listed[-1]}"


def place(name: str, language: str = "nb") -> str:
    """Put the right preposition before the name of a place: i Skaun, på Hitra.

    Municipalities have their preposition in ``data/prepositions.csv``; usage settles it, no rule
    does. A name with several official forms is known by any of them. Counties, countries and
    groups of one's own are not in that table and take "i".

    Raises
    ------
    TableError
        If the language is not known.

    Examples
    --------
    >>> place("Hitra"), place("Hitra", "en")
    ('på Hitra', 'in Hitra')
    """
    _known_language(language)
    if language == "en":
        return f"in {name}"
    prepositions = _prepositions()
    forms = [name, *(part.strip() for part in name.replace(EN_DASH, "/").replace("-", "/").split("/"))]
    known = [prepositions[form] for form in forms if form in prepositions]
    return f"{known[0] if known else 'i'} {name}"


def times_word(ratio: float | None, language: str = "nb") -> str | None:
    """Say a ratio new/old in words, where a word is true enough; otherwise give nothing.

    Parameters
    ----------
    ratio
        New over old [1].

    Raises
    ------
    TableError
        If the language is not known.

    Examples
    --------
    >>> times_word(1.87)
    'nær dobbelt så mange'
    >>> times_word(1.5) is None
    True
    """
    _known_language(language)
    key = times_key(ratio)
    return None if key is None else label(key, language)


def times_key(ratio: float | None) -> str | None:
    """Give the key of the word that :func:`times_word` says of a ratio new/old [1]; nothing where no word is true.

    Examples
    --------
    >>> times_key(1.01), times_key(1.5)
    ('times_unchanged', None)
    """
    if ratio is None or not math.isfinite(ratio):
        return None
    rounded = Decimal(repr(float(ratio))).quantize(Decimal("0.01"), ROUND_HALF_UP)
    return next((key for low, high, key in TIMES if Decimal(low) <= rounded <= Decimal(high)), None)


def date(iso: str | dt.date, language: str = "nb") -> str:
    """Print a date as dd.mm.yyyy; the time of day is left out.

    Raises
    ------
    TableError
        If the date is not written as year-month-day, or the language is not known.

    Examples
    --------
    >>> date("2025-11-03")
    '03.11.2025'
    """
    _known_language(language)
    try:
        day = iso if isinstance(iso, dt.date) else dt.date.fromisoformat(iso[:10])
    except ValueError:
        raise TableError(
            f"{iso!r} is not a date.",
            where="A date is written year-month-day.",
            hint="Write it as 2025-11-03.",
        ) from None
    return f"{day.day:02d}.{day.month:02d}.{day.year:04d}"


def _print(exact: Decimal, decimals: int, signed: bool, language: str) -> str:
    rounded = exact.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    grouped = f"{abs(rounded):,.{decimals}f}"
    if language != "en":
        grouped = grouped.replace(",", HARD_SPACE).replace(".", ",")
    if rounded < 0:
        return MINUS + grouped
    return f"+{grouped}" if signed and rounded > 0 else grouped


def _known_language(language: str) -> None:
    if language not in LANGUAGES:
        raise TableError(
            f"No language is called {language!r}.",
            where=_nearest(language, LANGUAGES),
            hint='Write language="nb", "nn" or "en".',
        )


def _nearest(typed: str, known: Iterable[str]) -> str:
    close = get_close_matches(str(typed), list(known), n=1, cutoff=0.5)
    return f"Did you mean {close[0]!r}?" if close else ""


@cache
def _labels() -> dict[str, dict[str, str]]:
    return {row["key"]: row for row in _rows("labels.csv")}


@cache
def _prepositions() -> dict[str, str]:
    return {row["name"]: row["preposition"] for row in _rows("prepositions.csv")}


def _rows(name: str) -> list[dict[str, str]]:
    file = resources.files("demografi").joinpath("data", name)
    return list(csv.DictReader(file.read_text(encoding="utf-8").splitlines()))
