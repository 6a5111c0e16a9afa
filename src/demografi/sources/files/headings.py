"""Headings of columns that hold values: ``"Persons 2023 Males"`` to content, year and sex."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pandas as pd

from demografi.errors import TableError
from demografi.sources.files import words

__all__ = ["at_new_year", "part", "period_in"]

_PERIOD = re.compile(r"(?<![\d.])((?:18|19|20|21)\d\d(?:[KMUH]\d{1,2})?)(?!\d)")
_YEAR_END = re.compile(
    r"31\.\s?(?:12\.|desember |december )\s?(?P<a>(?:19|20)\d\d)(?!\d)|(?<!\d)(?P<b>(?:19|20)\d\d)-12-31(?!\d)",
    re.IGNORECASE,
)
_SAYS_YEAR_END = re.compile(r"31\.\s?12(?!\d)|31\. ?(?:desember|december)|(?:19|20)\d\d-12-31", re.IGNORECASE)
_SAYS_NEW_YEAR = re.compile(r"\b1\. ?(?:januar|january)|\b0?1\.\s?0?1\.", re.IGNORECASE)
_PERSONS = re.compile(r"person|folkem|folketal|befolk|innbygg|population|inhabitant", re.IGNORECASE)
_SERVED = re.compile(
    r"bruker|brukar|mottak|mottek|beboer|bebuar|ansatt|sysselsatt|users|recipient|resident|staff", re.IGNORECASE
)


@dataclass(frozen=True)
class Heading:
    """What a column of values holds, apart from what its rows say."""

    contents: str
    year: str = ""
    sex: str = ""
    other: str = ""


def period_in(text: str) -> re.Match[str] | None:
    """Return where a heading names a year or another period, or None."""
    found = _YEAR_END.search(text)
    return found or next(reversed(list(_PERIOD.finditer(text))), None)


def part(heading: str, unseen: list[str], place: str) -> Heading:
    """Part one heading.

    Parameters
    ----------
    heading
        As it stands in the file.
    unseen
        The variables the title names that have no column of their own, in the title's order.
    place
        Where it stands, for the refusal.

    Raises
    ------
    TableError
        More than one variable besides content, year and sex is written into the heading.

    Examples
    --------
    >>> part("Persons 2023 Males", ["contents", "year", "sex"], "")
    Heading(contents='Persons', year='2023', sex='male', other='')
    """
    found = period_in(heading)
    before, after = (heading[: found.start()], heading[found.end() :]) if found else (heading, "")
    before, sex = _without_sex(before.strip())
    if not sex:
        after, sex = _without_sex(after.strip())
    keys = [words.key_of(name) for name in unseen]
    others = [key for key in keys if key not in ("contents", "year", "sex")]
    year = found[0] if found else ""
    if not others:
        return Heading(" ".join(f"{before} {after}".split()), year, sex)
    order = [key for key in keys if key in ("contents", "year", *others)]
    if len(others) > 1 or order.index("year" if "year" in order else order[0]) != 1 or len(order) != 3:
        raise TableError(
            f"The heading {heading!r} cannot be parted in {', '.join(unseen)}.",
            where=place,
            hint="Download again with only year and content in the heading, the other variables as rows.",
        )
    contents, other = (before, after) if order[0] == "contents" else (after, before)
    return Heading(contents.strip(), year, sex, other.strip())


def _without_sex(text: str) -> tuple[str, str]:
    parts = text.split()
    for n in (2, 1):
        for taken, left in ((parts[-n:], parts[:-n]), (parts[:n], parts[n:])):
            if len(taken) == n and (sex := words.sex_of(" ".join(taken))):
                return " ".join(left), sex
    return text, ""


def _refuse_gaps(frame: pd.DataFrame) -> None:
    open_keys = [key for key in ("year", "sex", "contents") if key in frame.columns and frame[key].isna().any()]
    if open_keys:
        raise TableError(
            f"Some headings name a {open_keys[0]} and others do not.",
            where="A table has either one value in each column, or a variable as rows.",
            hint="Download again with the same kind of heading over every column.",
        )


def at_new_year(frame: pd.DataFrame, said: str, *, year_end: bool = False) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Move stocks of persons counted on 31 December to 1 January of the next year, and say so.

    31 December of one year and 1 January of the next are the same night; the whole library
    counts persons on 1 January. Users and staff counted on 31 December keep their year and get
    ``reference_date``.

    Parameters
    ----------
    frame
        With ``year`` as text or number.
    said
        Title, headings and contents: where a file says what day it counts.
    year_end
        The caller knows that the years are year-ends, though the file does not say so.

    Returns
    -------
    tuple
        The table and what was done, as notes.

    Examples
    --------
    >>> t = pd.DataFrame({"year": ["31.12.2025"], "contents": ["Innbyggere"], "value": [5.0]})
    >>> at_new_year(t, "Innbyggere 31.12.2025")[0]["year"].tolist()
    [2026]
    """
    _refuse_gaps(frame)
    if "year" not in frame.columns:
        return frame, ()
    text = frame["year"].astype("str").str.strip()
    dates = text.str.extract(_YEAR_END)
    dated = dates["a"].fillna(dates["b"])
    says = bool(_SAYS_YEAR_END.search(said)) and not _SAYS_NEW_YEAR.search(said)
    if not (year_end or says or dated.notna().any()):
        return frame.assign(year=words.years(text)), ()
    plain = words.years(dated.fillna(text))
    if plain.dtype != "int64":
        raise TableError(
            "Some years are year-ends and some are no years.",
            where=f"Seen: {', '.join(text.unique()[:5])}.",
            hint="Write all of them as 31.12.2025 or as 2026.",
        )
    named = said if "contents" not in frame.columns else said + " ".join(map(str, frame["contents"].unique()))
    if year_end or (_PERSONS.search(named) and not _SERVED.search(named)):
        first = int(plain.min())
        note = f"Counted on 31 December; {first} is given as 1 January {first + 1}, and so on."
        return frame.assign(year=plain + 1), (note,)
    dates_kept = plain.astype("str") + "-12-31"
    return frame.assign(year=plain, reference_date=dates_kept), ("Counted on 31 December of year; the year is kept.",)
