"""Read a published projection by its vintage and letters, and put it on today's borders."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd

from demografi.errors import AbsentError, SourceError
from demografi.loading.asking import Desk, geography, offered
from demografi.regions.rows import classify, codes_in_use, divided
from demografi.sources.registry import Registered, alternatives
from demografi.sources.selecting import Listed, Metadata

if TYPE_CHECKING:
    from demografi.regions import Region

__all__ = ["fetch_published"]

SEX = {"1": "male", "2": "female"}
LETTERS = re.compile(r"\b[LMH][LMHKE0]{2,3}\b")
_AGE = re.compile(r"(\d{3})\+?")
_PREFIXES = ("", "K-", "F-")


def fetch_published(desk: Desk, table: Registered, whole: Region, alternative: str) -> pd.DataFrame:
    """Fetch ``region year sex age persons`` of one alternative.

    Raises
    ------
    AbsentError
        The table has no such alternative, or no figures of a place on the borders of 2024.
    SourceError
        The table is not laid out by sex and single year of age.
    """
    metadata = desk.metadata(table.id)
    place, time = geography(metadata), metadata.variable("time")
    held_in, code = _alternative(table, metadata, alternative)
    asked = {held_in: [code], time.id: list(time.codes), **_contents(metadata, held_in), **_people(table, metadata)}
    parts = [desk.frame(table.id, {**asked, place.id: codes}) for codes in _places(desk, table, metadata, whole)]
    frame = pd.concat(parts, ignore_index=True)
    return _on_new_borders(frame, place.id, time.id, _targets(table, whole), table)


def _alternative(table: Registered, metadata: Metadata, letters: str) -> tuple[str, str]:
    """Return the variable that holds the alternatives, and the code of the one that is wanted."""
    held = table.alternative_in or _holder(table, metadata)
    found = alternatives(replace(table, alternative_in=held), metadata)
    if letters not in found:
        raise SourceError(
            f"The projection of {table.vintage} has no alternative {letters!r}.",
            where=[
                f"Table {table.id} has: {', '.join(found) or 'none known by its letters'}.",
                "The letters are fertility, life expectancy, internal migration, immigration.",
            ],
            hint=f"dg.official(region, vintage={table.vintage}, alternative='{next(iter(found), 'MMMM')}')",
        )
    return metadata.variable(held).id, found[letters]


def _holder(table: Registered, metadata: Metadata) -> str:
    """Find the variable whose labels have the letters, in a table whose variables nobody has written down."""
    held = [d.id for d in metadata.dimensions if any(LETTERS.search(words) for words in d.names)]
    if len(held) != 1:
        raise SourceError(
            f"Table {table.id} ({table.vintage}) has no one variable with the letters of the alternatives.",
            where=[f"{d.id}: {d.label}" for d in metadata.dimensions],
            hint=f"demografi check-sources {table.id}",
        )
    return held[0]


def _contents(metadata: Metadata, held_in: str) -> dict[str, list[str]]:
    metric = next((d for d in metadata.dimensions if d.role == "metric"), None)
    if metric is None or metric.id == held_in:
        return {}
    if len(metric.codes) > 1:
        raise SourceError(
            f"Table {metadata.id} has {len(metric.codes)} contents; which is persons is not known.",
            where=[f"{code}: {words}" for code, words in zip(metric.codes, metric.names, strict=True)],
            hint=f"demografi check-sources {metadata.id}",
        )
    return {metric.id: list(metric.codes)}


def _people(table: Registered, metadata: Metadata) -> dict[str, list[str]]:
    there: Mapping[str, list[str]] = {
        d.id.lower(): list(d.codes) for d in metadata.dimensions if d.id.lower() in ("kjonn", "alder")
    }
    sexes = [code for code in there.get("kjonn", []) if code in SEX]
    ages = [code for code in there.get("alder", []) if _AGE.fullmatch(code)]
    if len(sexes) != len(SEX) or not ages:
        raise SourceError(
            f"Table {table.id} ({table.vintage}) is not laid out by sex and single year of age.",
            where=f"Seen: {', '.join(d.id for d in metadata.dimensions)}.",
            hint=f"demografi check-sources {table.id}",
        )
    return {metadata.variable("Kjonn").id: sexes, metadata.variable("Alder").id: ages}


def _targets(table: Registered, whole: Region) -> dict[str, str]:
    """Return the codes of the vintage's own time, and the member each belongs to today.

    Raises
    ------
    AbsentError
        A member received a part of a municipality that was divided after the vintage.
    """
    kinds = classify(whole.members)
    year = int(table.vintage)
    links = codes_in_use()
    then = links[(links["first_year"] <= year) & (links["last_year"] >= year)]
    split = divided()
    found: dict[str, str] = {}
    for member in whole.members:
        if kinds[member] != "municipality":
            found[member] = member
            continue
        own = then[then["target"] == member]["code"]
        parted = [code for code in own if code in set(split["code"])]
        if parted:
            raise AbsentError(
                f"The projection of {year} cannot be put on today's borders for {whole.name_of(member)}.",
                where=f"{parted[0]} was divided between {_receivers(parted[0])} later.",
                hint="Choose a vintage after the division, or leave the municipality out.",
            )
        found |= dict.fromkeys(own, member)
    return found


def _receivers(code: str) -> str:
    return ", ".join(divided().set_index("code").loc[[code], "target"])


def _places(desk: Desk, table: Registered, metadata: Metadata, whole: Region) -> list[list[str] | Listed]:
    """Return what to ask for: the table's own codes, and the publisher's lists for those it lacks."""
    place = geography(metadata)
    left = list(_targets(table, whole))
    asked: list[list[str] | Listed] = [[code for code in left if code in place.places]]
    left = [code for code in left if code not in place.places]
    for name in table.codelists:
        if not left or name not in offered(place):
            continue
        known = desk.codelist(name).names
        inside = {code: p + code for code in left for p in _PREFIXES if p + code in known}
        if inside:
            asked.append(Listed(name, list(inside.values())))
        left = [code for code in left if code not in inside]
    if left:
        raise AbsentError(
            f"The projection of {table.vintage} (table {table.id}) has no figures of {', '.join(left[:5])}.",
            where=f"Wanted for {whole.name}; counties and municipalities of another era are not in it.",
            hint="Choose another vintage, or municipalities that had their borders then.",
        )
    return [codes for codes in asked if isinstance(codes, Listed) or codes]


def _on_new_borders(
    frame: pd.DataFrame, place: str, time: str, targets: Mapping[str, str], table: Registered
) -> pd.DataFrame:
    empty = frame[frame["value"].isna()]
    if len(empty):
        raise SourceError(
            f"Table {table.id} ({table.vintage}) has {len(empty)} cells without a value.",
            where=[f"{place} {row[place]}, {row[time]}, {row['status']!r}" for row in empty.head(5).to_dict("records")],
            hint="Nothing is filled; leave out the places above.",
        )
    code = frame[place].where(frame[place].isin(targets), frame[place].str[2:])
    ages = frame["Alder"].str.extract(_AGE)[0].astype("int64")
    rows = pd.DataFrame(
        {
            "region": code.map(targets).astype("str"),
            "year": frame[time].astype("int64"),
            "sex": frame["Kjonn"].map(SEX).astype("str"),
            "age": ages,
            "persons": frame["value"].astype(float),
        }
    )
    return rows.groupby(["region", "year", "sex", "age"], as_index=False, sort=False)[["persons"]].sum()
