"""What a row of a table is of: its kind, and the years in which its code was in use."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

import pandas as pd

from demografi.regions import places

__all__ = ["classify", "codes_in_use", "divided", "plain_code"]

_OLD_COUNTIES = frozenset({f"{n:02d}" for n in range(1, 21)} - {"13"} | {"30", "34", "38", "42", "46", "50", "54"})
# Two digits are not always a county: Svalbard, Jan Mayen, the continental shelf, abroad and the sea.
_OUTSIDE = frozenset({"21", "22", "23", "25", "26"})
_UNKNOWN = frozenset({"88", "99", "9999"})
FOREVER = 9999


def plain_code(code: str) -> str:
    """Return a code without the prefix of Statistics Norway's grouped lists.

    Examples
    --------
    >>> plain_code("K-5056"), plain_code("K_0301"), plain_code("F-50"), plain_code("5056")
    ('5056', '0301', '50', '5056')
    """
    return code[2:] if code[:2] in ("K-", "K_", "F-", "F_") else code


def classify(codes: Iterable[str]) -> pd.Series:
    """Tell what each code is of.

    Returns
    -------
    pandas.Series
        ``"nation" "county" "municipality" "part"`` (a district, or a code with a letter)
        ``"outside"`` (Svalbard, Jan Mayen, the shelf, abroad) ``"kostra_group" "rest"`` (Statistics
        Norway's own sum of divided municipalities) or ``"unknown"``, indexed by code.

    Examples
    --------
    >>> classify(["0", "50", "21", "5056", "1613", "9999", "EKG12", "K-Rest"]).tolist()
    ['nation', 'county', 'outside', 'municipality', 'municipality', 'unknown', 'kostra_group', 'rest']
    """
    unique = list(dict.fromkeys(map(str, codes)))
    return pd.Series([_kind(code) for code in unique], index=unique, dtype="str")


def _kind(code: str) -> str:
    plain = plain_code(code)
    if plain == places.NATION:
        return "nation"
    if plain.lower() == "rest":
        return "rest"
    if re.fullmatch(r"E(?:AK|KA|KG)\w*", plain):
        return "kostra_group"
    if plain in _UNKNOWN or re.fullmatch(r"\d\d99", plain):
        return "unknown"
    if plain[:2] in _OUTSIDE and (len(plain) in (2, 4) or "-" in plain):
        return "outside"
    if len(plain) == 2:
        return "county" if plain in _counties() else "unknown"
    if plain in _municipal_codes():
        return "municipality"
    # Suffixed codes are parts even of municipalities that the lists here do not reach back to.
    return "part" if re.fullmatch(r"\d{4}[a-z]|\d{6}[a-z]?", plain) else "unknown"


@cache
def _counties() -> frozenset[str]:
    return _OLD_COUNTIES | frozenset(places.municipalities()["county"])


@cache
def _municipal_codes() -> frozenset[str]:
    return frozenset(codes_in_use()["code"])


@cache
def codes_in_use() -> pd.DataFrame:
    """Return every municipal code with its years and successors on the borders of 2024.

    Columns: ``code first_year last_year target``; the years are the first and last 1 January on
    which the code was in use (0 where it began before 2006). Read it, do not change it.
    """
    now = places.municipalities()[["code"]].merge(places.table("municipality_starts.csv"), how="left", on="code")
    now = now.assign(first_year=pd.to_numeric(now["first_year"]).fillna(0), last_year=FOREVER, target=now["code"])
    then = places.former()
    # Some names have a county in brackets, which leaves letters before the years.
    years = then["years"].str.extract(r"(\d{4})?-(\d{4})$")
    then = then.assign(
        first_year=pd.to_numeric(years[0]).fillna(0),
        last_year=pd.to_numeric(years[1]),
        target=then["successors"].str.split(),
    )
    both = pd.concat([now, then.explode("target")], ignore_index=True)
    both = both[["code", "first_year", "last_year", "target"]]
    return both.astype({"code": "str", "first_year": "int64", "last_year": "int64", "target": "str"})


@cache
def divided() -> pd.DataFrame:
    """Return the municipalities divided between several: ``code target``."""
    rows = places.table("divided_municipalities.csv")
    return (
        rows.assign(target=rows["successors"].str.split()).explode("target")[["code", "target"]].reset_index(drop=True)
    )
