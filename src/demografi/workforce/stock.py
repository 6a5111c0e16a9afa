"""Who works today: person-years and heads by occupation, place, sex and single age, each assumption named."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from demografi import ages
from demografi.errors import SourceError, TableError
from demografi.sources import shipped
from demografi.tables import Caution, Source
from demografi.workforce.exits import AGES, ENTRY_AGE, left_alive
from demografi.workforce.privacy import LIMIT, hidden_places, protected_ages

if TYPE_CHECKING:
    from collections.abc import Sequence

    from demografi.observed import Observed
    from demografi.rates.pooling import Floats

__all__ = ["AGED_AS", "Stock", "counted", "national_share", "of_nurses", "of_occupations", "own", "spread"]

NURSE = "nurse"
YOUNG, OLD = "25-54", "55+"
SECTOR, BASIS = "municipal care", "work"
"""KOSTRA counts contracted person-years of municipal care where the work is, private suppliers included."""
STANDARD_GROUPS = ("0-34", "35-44", "45-54", "55-61", "62+")
FTE_PER_HEAD = 1.2
OLD_AGE = 55
AGED_AS = {
    "nurse": ("nurse_without_further_education",),
    "specialist_nurse": ("nurse_with_further_education", "public_health_nurse", "midwife"),
    "health_care_worker": ("health_care_worker",),
    "home_helper": ("without_health_education",),
    "social_educator": ("social_educator",),
}
"""Occupation of table 14533 → occupations of the national table of shares 55+."""
ALL_NURSES = (*AGED_AS["nurse"], *AGED_AS["specialist_nurse"])
KEY = ["region", "occupation", "sexes", "age"]


class Stock(NamedTuple):
    """Today's staff, ready to grow older."""

    table: pd.DataFrame
    """``region occupation sexes age persons fte``; persons empty where no source counts heads."""
    year: int
    groups: tuple[str, ...]
    hidden: dict[str, list[str]]
    """Occupation → places too small to be shown; ``place occupation`` → age groups."""
    cautions: tuple[Caution, ...]
    sources: tuple[Source, ...]
    share_old: float
    sector: str
    """Whose staff, as the table says it; sectors added together are joined by +."""
    basis: str
    """By place of ``"work"`` or ``"residence"``; empty where the table does not say."""


def national_share(kinds: Sequence[str]) -> tuple[float, int]:
    """Return the share aged 55+ and its year, from numbers where they are known, not from shares."""
    table = shipped.read("share_55plus")
    table = table[table["occupation"].isin(kinds)]
    year = int(table["year"].max())
    rows = table[table["year"] == year]
    if rows["persons"].isna().any():
        return float(rows["share"].iloc[0]), year
    everyone = (rows["persons"] / rows["share"]).sum()
    return float(rows["persons"].sum() / everyone), year


def spread(group: str, leaving: Floats) -> Floats:
    """Return how the staff of an age group lies on single ages; sums to 1.

    Evenly in a closed group; in an open one as many at each age as the hazards of leaving would let stay. A group that
    begins below working age begins at 25.

    Parameters
    ----------
    group
        ``"25-54"``, ``"55+"``, ``"57"`` …
    leaving
        Hazards by age, of all causes.
    """
    first, last = ages.bounds(group)
    first = ENTRY_AGE if first < AGES[0] else first
    within = (first <= AGES) & ((AGES[-1] if last is None else last) >= AGES)
    if not within.any():
        raise TableError(
            f"Nobody of working age is in the age group {group!r}.",
            where=f"Ages of staff are {AGES[0]}–{AGES[-1]}.",
            hint="Leave the row out, or write its true ages.",
        )
    alive = left_alive(np.where(first <= AGES, leaving, 0.0)) if last is None else np.ones(len(AGES))
    weights = np.where(within, alive, 0.0)
    return np.asarray(weights / weights.sum())


def counted(observed: Observed, occupation: str, concept: str) -> tuple[int, pd.Series[float]]:
    """Return the year of the newest count and the person-years of each place that has it."""
    table = observed.person_years
    rows = table[(table["occupation"] == occupation) & (table["concept"] == concept) & table["fte"].notna()]
    if rows.empty:
        return observed.last_year - 1, pd.Series(dtype=float)
    year = int(rows["year"].max())
    return year, rows[rows["year"] == year].set_index("region")["fte"]


def _long(fte: pd.Series[float], occupation: str, share_old: float, leaving: Floats) -> pd.DataFrame:
    weights = (1 - share_old) * spread(YOUNG, leaving) + share_old * spread(OLD, leaving)
    index = pd.MultiIndex.from_product([fte.index, [occupation], ["both"], AGES], names=KEY)
    values = fte.to_numpy()[:, None] * weights
    return pd.DataFrame({"persons": np.nan, "fte": values.reshape(-1)}, index=index).reset_index()


def _sources(observed: Observed, ids: Sequence[str]) -> tuple[Source, ...]:
    return (*(s for s in observed.own_sources if s.id in ids), shipped.source("share_55plus"))


def of_nurses(observed: Observed, leaving: Floats) -> Stock:
    """Count nurses by education, leaders included, with the nation's ages.

    Raises
    ------
    SourceError
        A part of the region has no nurses in the figures.
    """
    year, fte = counted(observed, NURSE, "education")
    absent = [code for code in observed.region.members if code not in fte.index]
    if absent:
        raise SourceError(
            f"There are no nurse person-years for {observed.region.name_of(absent[0])}.",
            where=f"Looked for occupation '{NURSE}' by education in {year}.",
            hint="observed.person_years",
        )
    share, of_year = national_share(ALL_NURSES)
    fte = fte.reindex(list(observed.region.members))
    cautions = (
        Caution.of("caution_nurse_ages", year=str(of_year), share=share),
        Caution.of("caution_nurse_concept"),
    )
    sources = _sources(observed, ("nurse_person_years", "ssb-14534"))
    return Stock(_long(fte, NURSE, share, leaving), year, (YOUNG, OLD), {}, cautions, sources, share, SECTOR, BASIS)


def of_occupations(observed: Observed, occupations: Sequence[str], leaving: Floats) -> Stock:
    """Count occupations (table 14533); a place without its own count gets the others' per nurse by education.

    Raises
    ------
    SourceError
        No national age share or no count at all is at hand for an occupation.
    """
    odd = [name for name in occupations if name not in AGED_AS]
    if odd:
        raise SourceError(
            f"Nothing at hand says how old the staff of the occupation {odd[0]!r} is.",
            where=f"The national shares aged 55+ know: {', '.join(AGED_AS)}.",
            hint="dg.supply(observed, to=2040, staff=your_own_table)",
        )
    nurse_year, nurses = counted(observed, NURSE, "education")
    parts, shares, pooled, year = [], {}, set(), nurse_year
    for name in occupations:
        year, fte = counted(observed, name, "occupation")
        if fte.empty or year != nurse_year:
            raise SourceError(
                f"There are no person-years of {name} for {observed.region.name}.",
                where=f"Nurses by education are of {nurse_year}.",
                hint="dg.supply(observed, to=2040, staff=your_own_table)",
            )
        both = fte.index.intersection(nurses.index)
        per_nurse = fte[both].sum() / nurses[both].sum()
        lacking = [code for code in observed.region.members if code not in fte.index]
        pooled |= set(lacking)
        whole = fte.reindex(list(observed.region.members)).fillna(nurses * per_nurse)
        if whole.isna().any():
            raise SourceError(f"There are no nurses to estimate {name} from.", hint="observed.person_years")
        shares[name] = national_share(AGED_AS[name])
        parts.append(_long(whole, name, shares[name][0], leaving))
    cautions = [
        Caution.of(f"caution_ages_{name}", share=share, year=str(of_year)) for name, (share, of_year) in shares.items()
    ]
    if pooled:
        names = tuple(observed.region.name_of(c) for c in observed.region.members if c in pooled)
        cautions.append(Caution.of("caution_pooled_mix", names=names))
    table = pd.concat(parts, ignore_index=True)
    everyone = table["fte"].sum()
    old = float(table.loc[table["age"] >= OLD_AGE, "fte"].sum() / everyone)
    sources = _sources(observed, ("nurse_person_years", "person_years_by_occupation", "ssb-14533", "ssb-14534"))
    return Stock(table, year, (YOUNG, OLD), {}, tuple(cautions), sources, old, SECTOR, BASIS)


def own(staff: pd.DataFrame, members: Sequence[str], leaving: Floats, limit: int = LIMIT) -> Stock:
    """Count the user's own staff table; small counts are hidden before anything is computed.

    Parameters
    ----------
    staff
        ``region year occupation age_group persons fte`` (``Observed.staff``), and ``sex``, ``sector``, ``basis`` where
        known. ``age_group`` may be ``"total"``, with ``share_55plus`` or the nation's share where the library has it.
    members
        Places wanted.
    leaving
        Hazards by age, for the spread within the open age group.
    limit
        Fewest persons shown; 0 hides nothing.

    Raises
    ------
    TableError
        A column is lacking, a count is below zero or missing, ages overlap, person-years exceed 1.2 per head, two
        kinds of counting are mixed, or an occupation is too small to be shown.
    SourceError
        A place is not in the table.
    """
    table, cautions = _with_ages(_checked(staff, members))
    groups, table = _grouped(table)
    parts = []
    hidden: dict[str, list[str]] = {}
    for occupation, rows in table.groupby("occupation", sort=False):
        part, out_of_sight = _protected(str(occupation), rows, list(members), groups, limit, leaving)
        parts.append(part)
        hidden |= out_of_sight
    if hidden:
        cautions.append(Caution.of("caution_hidden_staff", limit=str(limit)))
    long = pd.concat(parts, ignore_index=True)
    year = int(table["year"].iloc[0])
    old = float(long.loc[long["age"] >= OLD_AGE, "fte"].sum() / long["fte"].sum())
    source = Source("own_staff", "egen tabell", "ansatte", "Egen tabell over ansatte", vintage=str(year))
    sector, basis = ("+".join(_kinds(table, mark)) for mark in ("sector", "basis"))
    return Stock(long, year, groups, hidden, tuple(cautions), (source,), old, sector, basis)


def _checked(staff: pd.DataFrame, members: Sequence[str]) -> pd.DataFrame:
    lacking = [n for n in ("region", "year", "occupation", "age_group") if n not in staff.columns]
    if lacking or "fte" not in staff.columns:
        raise TableError(
            f"The staff table lacks the column {(lacking or ['fte'])[0]!r}.",
            where=f"Seen: {', '.join(map(str, staff.columns))}.",
            hint="Wanted: region year occupation age_group persons fte; staff['fte'] = staff['persons'] * 0.75",
        )
    table: pd.DataFrame = staff.copy()
    table = table if "sex" in table else table.assign(sex="both")
    table["persons"] = table["persons"].astype(float) if "persons" in table else np.nan
    table["fte"] = table["fte"].astype(float)
    table = table.loc[table["region"].isin(members) & (table["year"] == table["year"].max())]
    absent = [code for code in members if code not in set(table["region"])]
    if absent:
        raise SourceError(f"The staff table has no row of {absent[0]}.", hint="Give every place, with 0 for nobody.")
    _refuse_counts(table)
    if not table["fte"].sum() > 0:
        raise TableError(
            "Nobody is in the staff table.", hint="Give the staff of today; what is not known is left out."
        )
    kinds = _kinds(table, "basis")
    if len(kinds) > 1:
        raise TableError(
            f"The staff table mixes {kinds[0]!r} and {kinds[1]!r}.",
            where="By place of residence and by place of work the same person would be counted twice.",
            hint=f"staff[staff['basis'] == {kinds[0]!r}]",
        )
    return table


def _kinds(table: pd.DataFrame, mark: str) -> list[str]:
    if mark not in table:
        return []
    return sorted({str(value).strip() for value in table[mark].dropna()} - {""})


def _refuse_counts(table: pd.DataFrame) -> None:
    def place(rows: pd.DataFrame) -> list[str]:
        return [f"{r['region']}, {r['occupation']}, {r['age_group']}" for r in rows.head(5).to_dict("records")]

    below = table[(table["persons"] < 0) | (table["fte"] < 0)]
    if len(below):
        raise TableError("A stock of staff is below zero.", where=place(below), hint="Counts begin at zero.")
    empty = table[table["fte"].isna()]
    if len(empty):
        raise TableError(
            "A row of the staff table has no person-years.", where=place(empty), hint="Give them; nothing is filled."
        )
    if table["persons"].isna().any() != table["persons"].isna().all():
        raise TableError("Some rows of the staff table have heads and others have not.", hint="Give them for all.")
    over = table[table["fte"] > FTE_PER_HEAD * table["persons"] + 1e-9]
    if len(over):
        row = over.iloc[0]
        raise TableError(
            f"{row['fte']:g} person-years by {row['persons']:g} heads is more than {FTE_PER_HEAD} each.",
            where=place(over),
            hint="Have the two columns changed places?",
        )


def _with_ages(table: pd.DataFrame) -> tuple[pd.DataFrame, list[Caution]]:
    """Split rows of all ages at 55, by the share given or the nation's."""
    whole = table["age_group"] == "total"
    if not whole.any():
        return table, []
    parts, cautions = [table[~whole]], []
    given = "share_55plus" in table.columns
    for occupation in dict.fromkeys(table.loc[whole, "occupation"].astype("str")):
        rows = table[whole & (table["occupation"] == occupation)]
        if given and rows["share_55plus"].notna().all():
            share = rows["share_55plus"].astype(float)
            if not share.between(0, 1).all():
                raise TableError(
                    f"The share aged 55+ of {occupation} lies outside 0–1.", hint="Divide per cent by 100."
                )
        elif occupation in AGED_AS:
            nation, year = national_share(AGED_AS[occupation])
            share = pd.Series(nation, index=rows.index)
            cautions.append(Caution.of(f"caution_ages_{occupation}", share=nation, year=str(year)))
        else:
            raise TableError(
                f"The staff table has no ages for {occupation}, and the nation's are not at hand.",
                hint="Give age groups, or a column share_55plus.",
            )
        for group, part in ((YOUNG, 1 - share), (OLD, share)):
            parts.append(rows.assign(age_group=group, persons=rows["persons"] * part, fte=rows["fte"] * part))
    cautions.append(Caution.of("caution_spread_ages"))
    return pd.concat(parts, ignore_index=True), cautions


def _grouped(table: pd.DataFrame) -> tuple[tuple[str, ...], pd.DataFrame]:
    """Return the age groups to show, and the table with each row's: the standard five, or the user's own."""
    given = sorted(set(table["age_group"]), key=lambda group: ages.bounds(group)[0])
    bounds = [ages.bounds(group) for group in given]
    for (a, b), first, then in zip(bounds[:-1], given[:-1], given[1:], strict=True):
        if b is None or ages.bounds(then)[0] <= b or a == ages.bounds(then)[0]:
            raise TableError(
                f"The ages {str(first)!r} and {str(then)!r} overlap.",
                where="Somebody would be counted twice.",
                hint="Use the same age groups in the whole table.",
            )
    home = {str(group): _nested(str(group)) for group in given}
    if len(given) > len(STANDARD_GROUPS) or all(home.values()):
        odd = [group for group, inside in home.items() if inside is None]
        if odd:
            raise TableError(
                f"The age group {odd[0]!r} lies in two of {', '.join(STANDARD_GROUPS)}.",
                hint="Use at most five age groups, or groups inside these.",
            )
        return STANDARD_GROUPS, table.assign(shown=table["age_group"].map(home))
    return tuple(given), table.assign(shown=table["age_group"])


def _nested(group: str) -> str | None:
    first, last = ages.bounds(group)
    for shown in STANDARD_GROUPS:
        low, high = ages.bounds(shown)
        if low <= first and (high is None or (last is not None and last <= high)):
            return shown
    return None


def _protected(
    occupation: str, rows: pd.DataFrame, members: list[str], groups: tuple[str, ...], limit: int, leaving: Floats
) -> tuple[pd.DataFrame, dict[str, list[str]]]:
    """Return one occupation on single ages, with what is too small shared and spread, and what to hide."""
    heads = "fte" if rows["persons"].isna().all() else "persons"
    cells = rows.pivot_table(index="region", columns="shown", values=heads, aggfunc="sum")
    counts = cells.reindex(index=members, columns=list(groups)).fillna(0.0).to_numpy()
    fte = rows.groupby("region")["fte"].sum().reindex(members).fillna(0.0).to_numpy(copy=True)
    small = hidden_places(counts.sum(axis=1), counts, limit)
    if small.any():
        fte[small] = fte[small].mean()
    on_ages = [_on_ages(rows, region, groups, limit, leaving) for region in members]
    hidden = {occupation: [m for m, out in zip(members, small, strict=True) if out]} if small.any() else {}
    pooled = _pooled(counts, small, groups, limit, leaving)
    parts = []
    for i, region in enumerate(members):
        if small[i]:
            values = pooled
        else:
            safe, mask = protected_ages(counts[i], _widths(groups, leaving), limit)
            values = sum(
                (
                    on_ages[i].get(g, spread(g, leaving)) * n if not out else spread(g, leaving) * n
                    for g, n, out in zip(groups, safe, mask, strict=True)
                ),
                start=np.zeros(len(AGES)),
            )
            if mask.any():
                hidden[f"{region} {occupation}"] = [g for g, out in zip(groups, mask, strict=True) if out]
        parts.append(_by_sex(rows, region, occupation, values, (heads, float(fte[i]), bool(small[i]), limit)))
    return pd.concat(parts, ignore_index=True), hidden


def _pooled(counts: Floats, small: np.ndarray, groups: tuple[str, ...], limit: int, leaving: Floats) -> Floats:
    """Return the ages that each hidden place is given: those of all of them together, protected."""
    if not small.any():
        return np.zeros(len(AGES))
    together, _ = protected_ages(counts[small].sum(axis=0).round(9), _widths(groups, leaving), limit)
    values = sum((spread(g, leaving) * n for g, n in zip(groups, together, strict=True)), start=np.zeros(len(AGES)))
    return np.asarray(values / small.sum())


def _widths(groups: tuple[str, ...], leaving: Floats) -> Floats:
    """Return how many years of work an age group spans."""
    return np.array([1.0 / spread(group, leaving).max() for group in groups])


def _on_ages(
    rows: pd.DataFrame, region: str, groups: tuple[str, ...], limit: int, leaving: Floats
) -> dict[str, Floats]:
    """Return, of a place, the spread within each shown group, where finer ages are given and none is too small."""
    heads = "fte" if rows["persons"].isna().all() else "persons"
    here = rows[rows["region"] == region].groupby(["shown", "age_group"])[heads].sum()
    out = {}
    for group in groups:
        if group not in here.index.get_level_values(0):
            continue
        finer = here.loc[group]
        if finer.sum() > 0 and not ((finer > 0) & (finer < limit)).any():
            parts = [n * spread(str(given), leaving) for given, n in finer.items()]
            out[group] = np.asarray(sum(parts, start=np.zeros(len(AGES))) / finer.sum())
    return out


def _by_sex(
    rows: pd.DataFrame, region: str, occupation: str, values: Floats, of: tuple[str, float, bool, int]
) -> pd.DataFrame:
    """Return one place on single ages; by sex only where neither sex is too small."""
    heads, fte, small, limit = of
    everyone = values.sum()
    here = rows[rows["region"] == region].groupby("sex")[heads].sum()
    shares = {"both": 1.0}
    if not small and len(here) > 1 and not ((here > 0) & (here < limit)).any() and here.sum() > 0:
        shares = {str(sex): float(n / here.sum()) for sex, n in here.items()}
    position = fte / everyone if everyone else 0.0
    parts = [
        pd.DataFrame(
            {
                "region": region,
                "occupation": occupation,
                "sexes": sex,
                "age": AGES,
                "persons": values * share if heads == "persons" else np.nan,
                "fte": values * share * position,
            }
        )
        for sex, share in shares.items()
    ]
    return pd.concat(parts, ignore_index=True)
