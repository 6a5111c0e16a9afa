"""Persons on 1 January by sex and single year of age, on today's borders."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import pandas as pd

from demografi import regions
from demografi.errors import AbsentError, SourceError
from demografi.loading.asking import LATEST, NO_VALUE, Desk, geography, municipal, offered
from demografi.regions.rows import codes_in_use, divided, plain_code
from demografi.sources.registry import table_for
from demografi.sources.selecting import Asked, Listed, Metadata

__all__ = ["fetch_population", "first_whole_years"]

SEX = {"1": "male", "2": "female"}
GROUPED = {
    "municipality": (("agg_KommSummer", "K-"),),
    "county": (("agg_KommFylker", "F-"), ("agg_Fylker2024", "F-"), ("vs_Fylker", "")),
    "nation": (("vs_Landet", ""),),
}
"""Statistics Norway's own lists on today's borders, the best first, and what stands before the code in them."""

_AGE = re.compile(r"(\d{3})\+?")


def fetch_population(desk: Desk, codes: Sequence[str]) -> pd.DataFrame:
    """Fetch the latest 21 years for municipalities, counties and the nation.

    Returns
    -------
    pandas.DataFrame
        ``region year sex age persons status quality``: a place not valid in a year has no value then, and so has
        one that received a part of a divided municipality, in the years before the division.

    Raises
    ------
    SourceError
        The table lacks a place or is not laid out as expected.
    """
    table = table_for("population")
    metadata = desk.metadata(table.id)
    kinds = regions.classify(codes)
    exact: Asked = {"metric": list(table.contents)}
    parts = []
    for kind in GROUPED:
        left = [code for code in codes if kinds[code] == kind]
        for listed in _lists(desk, metadata, kind, left):
            parts.append(_whole(desk, metadata, listed, exact))
            left = [code for code in left if code not in set(parts[-1]["region"])]
        if left and kind == "municipality":
            parts.append(municipal(desk, table.id, left, exact, _laid_out))
        elif left:
            parts.append(_whole(desk, metadata, left, exact))
    _refuse_absent(table.id, codes, parts)
    if len({one.updated for one in desk.manifests if one.table == table.id}) > 1:
        raise SourceError(
            f"Table {table.id} was published anew while the region was loaded.",
            where="Some of its places were kept from before.",
            hint="Load it again; figures of different dates are never put together.",
        )
    return _without_other_eras(pd.concat(parts, ignore_index=True))


def _refuse_absent(table: str, codes: Sequence[str], parts: Sequence[pd.DataFrame]) -> None:
    there = {code for part in parts for code in part["region"]}
    absent = [code for code in codes if code not in there]
    if absent:
        raise AbsentError(
            f"Table {table} has no population of {', '.join(absent[:5])}.",
            where="Wanted: municipalities and counties of 2024, or the nation.",
            hint="dg.list_regions()",
        )


def _whole(desk: Desk, metadata: Metadata, places: Listed | list[str], asked: Asked) -> pd.DataFrame:
    """Fetch places that the publisher gives on today's borders itself."""
    place, time = geography(metadata).id, metadata.variable("time").id
    frame = desk.frame(metadata.id, {**asked, place: places, time: LATEST})
    return _laid_out(frame.rename(columns={place: "region", time: "year"}))


def _lists(desk: Desk, metadata: Metadata, kind: str, codes: Sequence[str]) -> Iterator[Listed]:
    left = list(codes)
    for name, before in GROUPED[kind]:
        if not left or name not in offered(geography(metadata)):
            continue
        try:
            known = desk.codelist(name).names
        except AbsentError:
            # A list that was of no use is not in a snapshot; the next one, or plain codes, will do.
            continue
        found = [before + code for code in left if before + code in known]
        left = [code for code in left if before + code not in known]
        if found:
            yield Listed(name, found)


def _laid_out(frame: pd.DataFrame) -> pd.DataFrame:
    ages = frame["Alder"].str.extract(_AGE)[0] if "Alder" in frame.columns else None
    if ages is None or ages.isna().any() or not frame["Kjonn"].isin(SEX).all():
        raise SourceError(
            "The population table is not laid out by sex and single year of age.",
            where=f"Seen: {', '.join(map(str, frame.columns))}.",
            hint="demografi check-sources",
        )
    return pd.DataFrame(
        {
            "region": frame["region"].map(plain_code).astype("str"),
            "year": frame["year"].astype("int64"),
            "sex": frame["Kjonn"].map(SEX).astype("str"),
            "age": ages.astype("int64"),
            "persons": frame["value"],
            "status": frame["status"],
        }
    )


def _without_other_eras(table: pd.DataFrame) -> pd.DataFrame:
    """Take away the zeros of years in which a code was not in use, and years before a division."""
    table = table.assign(quality="") if "quality" not in table.columns else table.fillna({"quality": ""})
    persons = table["persons"].groupby([table["region"], table["year"]]).transform("sum")
    split = table["year"] <= table["region"].map(_last_undivided()).fillna(0)
    gone = (persons == 0) | split
    return table.assign(
        persons=table["persons"].mask(gone),
        status=table["status"].mask(gone & (table["status"] == ""), NO_VALUE),
        quality=table["quality"].mask(split, "split"),
    )


def _last_undivided() -> pd.Series[int]:
    """Give, for each receiver of a part of a divided municipality, the last year before it had its borders."""
    last = divided().merge(codes_in_use()[["code", "last_year"]].drop_duplicates(), on="code")
    return last.groupby("target")["last_year"].max()


def first_whole_years(table: pd.DataFrame) -> dict[str, int]:
    """Give the first year from which a place has every cell, for places that lack earlier ones."""
    empty = table[table["persons"].isna()]
    return {str(code): int(year) + 1 for code, year in empty.groupby("region")["year"].max().items()}
