"""Care users and person-years of municipalities, from four tables, each of which may be lacking."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import pandas as pd

from demografi.loading.asking import NO_VALUE, Desk, municipal
from demografi.observed import derive_67_79
from demografi.regions import places
from demografi.sources.registry import table_for

__all__ = [
    "ROLES",
    "fetch_home_service",
    "fetch_long_stay",
    "fetch_nurses",
    "fetch_occupations",
    "occupations",
    "with_derived",
]

HOME_SERVICE = {
    "KOSkjernetotalt0000": "total",
    "KOSkjerne066aar0000": "0-66",
    "KOSkjerne80aarov0000": "80+",
}
LONG_STAY = "21"
LONG_STAY_AGES = {
    "Ialt": "total",
    "00-49": "0-66",
    "50-66": "0-66",
    "67-79": "67-79",
    "80-89": "80+",
    "90+": "80+",
}
EVERYONE, ALL_NURSES = "TOT", "01"
COUNTED = "-11-16"
"""Month and day of the week in which contracted person-years are counted."""


def fetch_home_service(desk: Desk, codes: Sequence[str]) -> pd.DataFrame:
    """Fetch users of home services: all, 0–66 and 80 and over; 67–79 are not in the table."""

    def lay_out(frame: pd.DataFrame) -> pd.DataFrame:
        keys = frame[["region", "year"]].assign(service="home_service")
        return keys.assign(
            age_group=frame["ContentsCode"].map(HOME_SERVICE).astype("str"),
            users=frame["value"],
            status=frame["status"],
        )

    table = table_for("care_basis").id
    rows = municipal(desk, table, codes, {"metric": list(HOME_SERVICE)}, lay_out)
    between = rows[rows["age_group"] == "total"].assign(age_group="67-79", users=float("nan"), status=NO_VALUE)
    return pd.concat([rows, between], ignore_index=True)


def fetch_long_stay(desk: Desk, codes: Sequence[str]) -> pd.DataFrame:
    """Fetch residents on long stay in institution; a group with a hidden part is hidden."""

    def lay_out(frame: pd.DataFrame) -> pd.DataFrame:
        group = frame["Alder"].map(LONG_STAY_AGES).astype("str")
        cells = frame.groupby([frame["region"], frame["year"], group.rename("age_group")], sort=False)
        # Of two signs the stricter stands: ":" sorts after "..".
        both = cells.agg(
            users=("value", "sum"), seen=("value", "count"), all=("value", "size"), status=("status", "max")
        )
        both = both.assign(users=both["users"].where(both["seen"] == both["all"])).reset_index()
        return both.assign(service="long_stay")[["region", "year", "service", "age_group", "users", "status"]]

    table = table_for("care_users")
    asked = {"TenesteType": [LONG_STAY], "Alder": list(LONG_STAY_AGES), "metric": list(table.contents)}
    return municipal(desk, table.id, codes, asked, lay_out)


def with_derived(users: pd.DataFrame) -> pd.DataFrame:
    """Add users 67–79 where the others are known, and the date all are counted on."""
    found = derive_67_79(users)
    quality = found["quality"].mask(found["quality"] == "", users["quality"])
    return found.assign(quality=quality, reference_date=users["year"].astype("str") + "-12-31")


def fetch_occupations(desk: Desk, codes: Sequence[str]) -> pd.DataFrame:
    """Fetch contracted person-years by occupation; a code without a name of ours keeps its own."""
    table = table_for("care_person_years_occupation")

    def lay_out(frame: pd.DataFrame) -> pd.DataFrame:
        code = frame["KOKyrker0000"]
        return _person_years(frame, code.map(occupations()).fillna("code_" + code), "occupation")

    asked = {"KOKyrker0000": "*", "metric": list(table.contents)}
    return _dated(municipal(desk, table.id, codes, asked, lay_out))


def fetch_nurses(desk: Desk, codes: Sequence[str]) -> pd.DataFrame:
    """Fetch contracted person-years of nurses by education, leaders included."""
    table = table_for("care_person_years_education")

    def lay_out(frame: pd.DataFrame) -> pd.DataFrame:
        return _person_years(frame, pd.Series("nurse", index=frame.index), "education")

    asked = {
        "KOKstillingkode0000": [EVERYONE],
        "KOKutdanningoms0000": [ALL_NURSES],
        "metric": list(table.contents),
    }
    return _dated(municipal(desk, table.id, codes, asked, lay_out))


def _person_years(frame: pd.DataFrame, occupation: pd.Series[str], concept: str) -> pd.DataFrame:
    keys = frame[["region", "year"]].assign(service="care", occupation=occupation.astype("str"), concept=concept)
    return keys.assign(fte=frame["value"], status=frame["status"])


def _dated(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.assign(reference_date=rows["year"].astype("str") + COUNTED)


@cache
def occupations() -> dict[str, str]:
    """Give the name of each occupation by its code in the table."""
    return dict(places.table("occupations.csv").itertuples(index=False, name=None))


ROLES = {
    "care_basis": ("users", fetch_home_service),
    "care_users": ("users", fetch_long_stay),
    "care_person_years_education": ("person_years", fetch_nurses),
    "care_person_years_occupation": ("person_years", fetch_occupations),
}
"""Role in the registry → the table of `Observed` it goes into, and how it is fetched."""
