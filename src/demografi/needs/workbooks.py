"""A real *Tjenestebehov* workbook beside our own need, row by row; its columns are mapped at the door."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from demografi.errors import TableError
from demografi.needs.counts import outermost

if TYPE_CHECKING:
    from demografi.needs.noun import Need
    from demografi.sources.files.table import Table

__all__ = ["compare_workbook"]

THEIR_INSTITUTION = "institution"
MEASURES = ("users", "fte")


def compare_workbook(table: Table, need: Need) -> pd.DataFrame:
    """Set the figures of a workbook beside the need of the same place, service, measure and year.

    Parameters
    ----------
    table
        What :func:`demografi.read` gives: ``region year service contents`` (``users`` or ``fte``) ``value status``.
        Region is a code or a name; ``age_group`` where the workbook has it, all ages otherwise.
    need
        Users of 31 December of a year stand at the following 1 January, so its year is that of the workbook plus one.

    Returns
    -------
    pandas.DataFrame
        ``region year service contents age_group theirs ours difference status``. ``ours`` is empty where the need has
        no person-years of the service. The ministry's institution is set beside long stay where the need has no other.

    Raises
    ------
    TableError
        A column is lacking, or a service, measure, place, year or age group is not recognised.
    """
    rows = table.to_frame()
    lacking = [name for name in ("region", "year", "service", "contents", "value") if name not in rows.columns]
    if lacking:
        raise TableError(
            f"The workbook has no column that holds {lacking[0]!r}.",
            where=f"It has: {', '.join(map(str, rows.columns))}.",
            hint=f"demografi check-sources FILE --column {lacking[0]}=HEADER",
        )
    rows = rows.assign(region=rows["region"].map(_codes(need)), said=rows["region"], year=rows["year"].astype(int))
    _refuse_unknown(rows, "said", rows["region"].isna(), "place", list(need.region.names))
    ours = _ours(need)
    service = rows["service"].where(rows["service"].isin(ours["service"]), rows["service"].map(_beside(need)))
    _refuse_unknown(rows, "service", service.isna(), "service", sorted(ours["service"].unique()))
    _refuse_unknown(rows, "contents", ~rows["contents"].isin(MEASURES), "measure", list(MEASURES))
    years = range(need.projection.launch - 1, need.projection.to)
    _refuse_unknown(rows, "year", ~rows["year"].isin(years), "year", [f"{years[0]}–{years[-1]} (31 December)"])
    groups = rows["age_group"] if "age_group" in rows.columns else pd.Series("total", index=rows.index)
    rows = rows.assign(service=service, age_group=groups, at=rows["year"] + 1)
    _refuse_unknown(rows, "age_group", ~groups.isin(ours["age_group"]), "age group", sorted(ours["age_group"].unique()))
    keys = ["region", "at", "service", "contents", "age_group"]
    found = rows.merge(ours.rename(columns={"year": "at"}), on=keys, how="left").rename(columns={"value": "theirs"})
    found["difference"] = found["ours"] - found["theirs"]
    if "status" not in found.columns:
        found["status"] = ""
    return found[["region", "year", "service", "contents", "age_group", "theirs", "ours", "difference", "status"]]


def _codes(need: Need) -> dict[str, str]:
    pairs = zip(need.region.members, need.region.names, strict=True)
    return {word: code for code, name in pairs for word in (code, name, f"{code} {name}")}


def _beside(need: Need) -> dict[str, str]:
    here = set(need.tables["users"]["service"])
    return {} if THEIR_INSTITUTION in here or "long_stay" not in here else {THEIR_INSTITUTION: "long_stay"}


def _ours(need: Need) -> pd.DataFrame:
    users = need.tables["users"]
    keys = ["region", "year", "service"]
    parts = [users.rename(columns={"users": "ours"}).assign(contents="users")]
    parts.append(
        users.groupby(keys, as_index=False)["users"]
        .sum()
        .set_axis([*keys, "ours"], axis=1)
        .assign(contents="users", age_group="total")
    )
    if need.has("person_years"):
        fte = need.person_years.rename(columns={"fte": "ours"}).assign(contents="fte", age_group="total")
        parts.append(fte)
    together = users[users["service"].isin(outermost(list(users["service"].unique()), need.facts["parents"]))]
    both = together.groupby(keys[:2], as_index=False)[["users"]].sum().rename(columns={"users": "ours"})
    parts.append(both.assign(service="care", contents="users", age_group="total"))
    return pd.concat(parts, ignore_index=True)


def _refuse_unknown(rows: pd.DataFrame, column: str, wrong: pd.Series[bool], what: str, known: list[str]) -> None:
    if wrong.any():
        row = rows[wrong].iloc[0]
        raise TableError(
            f"The {what} {str(row[column])!r} of the workbook is not recognised.",
            where=f"Known here: {', '.join(known)}.",
            hint="Nothing is compared by a guess: name it as one of these, or compare with another need.",
        )
