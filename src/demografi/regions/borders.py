"""Figures on the borders of another year moved to those of 2024: sums of whole municipalities, never guesses."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pandas as pd

from demografi.errors import RegionError, TableError
from demografi.regions import places, successors
from demografi.regions.rows import classify, plain_code
from demografi.regions.successors import REST, Weights

__all__ = ["border_residual", "harmonise"]

COMPARABLE = 0.005
"""Largest yearly border residual [share of the population] that still leaves a series comparable."""

_RATIO = re.compile(
    r"%|‰|percent|per cent|\bpct\b|prosent|promille|\bper (?:1[ .,]?000|100|user|bruker|innbygg|inhabitant)"
    r"|\b(?:andel|share|ratio|rate|mean|median|average)s?\b|coverage|dekning|gjennomsnitt|expectancy"
    r"|^(?:tfr|asfr|mx|qx|ax|ex)$",
    re.IGNORECASE,
)
NOT_NATION = "Municipalities, rest and unknown do not sum to the nation."
_MARKS = ("status", "quality", "kind", "reference_date", "source")


def harmonise(
    table: pd.DataFrame,
    to: str = places.MUNICIPALITIES,
    *,
    measure: str = "persons",
    groups: Mapping[str, str] | None = None,
    changes: pd.DataFrame | None = None,
    weights: Weights | None = None,
    unit: str = "",
) -> pd.DataFrame:
    """Sum figures of municipalities of other years to the municipalities of 2024.

    Whole municipalities are summed. A municipality that was divided is not shared by guess: its
    receivers have no value (status ``".."``, quality ``"split"``) in those years, and what they
    cannot be given stands in a row of its own, ``region`` ``"rest"``, so that parts and rest
    sum to the total. A municipality that did not exist, or lacks a part, has no value, never zero.
    Figures already on the borders of 2024 (codes ``K-5056``) are left as they are. Rows that are
    not of municipalities are kept, and ``kind`` says what they are.

    Parameters
    ----------
    table
        Long: ``region year`` [1 January or calendar year], other keys, one measure, and ``status``.
    to
        The borders wanted; only those of 2024 are known.
    measure
        The column to sum [a count: persons, users, person-years].
    groups
        Source code → target code from Statistics Norway's own grouped list (``valueMap`` of
        agg_KommSummer); goes before the list that ships. ``"Rest"`` means divided.
    changes
        Chains from KLASS (``source_code target_code last_year split``), used last, for codes that
        neither list knows.
    weights
        A named choice of shares; then divided municipalities are shared, and every figure that
        rests on it has quality ``"split by <name>"``.
    unit
        Unit of the measure, where the source gives it: a ratio is refused.

    Returns
    -------
    pandas.DataFrame
        The columns of ``table`` with ``status``, ``quality`` (empty where exact, ``"incomplete"``
        where a part is lacking) and ``kind``.

    Raises
    ------
    TableError
        The measure is a ratio, a row stands twice, or parts and rest differ from the nation.
    RegionError
        The borders are not known, or a code has figures in a year when it was not in use.

    Examples
    --------
    >>> t = pd.DataFrame({"region": ["1627", "1621"], "year": 2010, "persons": [4600.0, 5200.0]})
    >>> harmonise(t)[["region", "year", "persons"]].values.tolist()
    [['5057', 2010, 9800.0]]
    """
    _check(table, to, measure, unit)
    rows = _plain(table)
    rows = rows.assign(kind=rows["region"].map(classify(rows["region"])), quality="").reset_index(drop=True)
    links = successors.successors(groups, changes)
    known = rows["region"].map(plain_code).isin(links["code"])
    rows["kind"] = rows["kind"].mask(known & rows["kind"].eq("unknown"), "municipality")
    own = rows[rows["kind"] == "municipality"]
    if own.empty:
        raise RegionError(
            "The table has no municipality.",
            where=f"Seen: {', '.join(sorted(set(rows['region']))[:5])}.",
            hint="Codes are text with leading zeros: '0301'.",
        )
    keys = ["year", *(name for name in table.columns if name not in ("region", "year", measure, *_MARKS))]
    own = successors.in_use(own, links, measure)
    parts = successors.pieces(own, links, weights)
    parts = parts.assign(value=parts[measure].astype("float64") * parts["share"])
    summed = _summed(parts, keys)
    rest = _rest(parts, summed, keys)
    _check_sum(own, summed, rest, keys, measure)
    others = rows[rows["kind"] != "municipality"]
    _check_nation(own, others, links, keys, measure)
    both = pd.concat([summed, rest], ignore_index=True).rename(columns={"target": "region", "value": measure})
    out = pd.concat([others, both], ignore_index=True)
    names = dict.fromkeys([*table.columns, "status", "quality", "kind"])
    return out[list(names)].sort_values(["region", *keys], ignore_index=True)


def _plain(table: pd.DataFrame) -> pd.DataFrame:
    status = table["status"].astype("str").fillna("") if "status" in table.columns else ""
    try:
        year = table["year"].astype("int64")
    except (TypeError, ValueError):
        raise TableError(
            f"The year {table['year'].iloc[0]!r} is not a year.",
            hint="Borders are those of 1 January; sum months and quarters to years first.",
        ) from None
    return table.assign(region=table["region"].astype("str"), year=year, status=status)


def _check(table: pd.DataFrame, to: str, measure: str, unit: str) -> None:
    if to != places.MUNICIPALITIES:
        raise RegionError(f"The borders {to!r} are not known.", where=f"Known: {places.MUNICIPALITIES!r}.")
    lacking = [name for name in ("region", "year", measure) if name not in table.columns]
    if lacking:
        raise TableError(
            f"The table lacks the column {lacking[0]!r}.",
            where=f"Seen: {', '.join(map(str, table.columns))}.",
            hint="harmonise(table, measure='users')",
        )
    ratio = next((said for said in (measure, unit) if _RATIO.search(said.replace("_", " "))), None)
    if ratio:
        raise TableError(
            f"{ratio!r} is a ratio or an average, and those are not summed.",
            where="The rate of a merged municipality is not the sum, nor the plain mean, of its parts' rates.",
            hint="Harmonise the numerator and the denominator, each counted, and divide afterwards; "
            "weight averages by what they are averages of.",
        )
    keys = [name for name in table.columns if name not in (measure, *_MARKS)]
    double = table[table.duplicated(keys)]
    if len(double):
        raise TableError(
            f"{len(double)} row{'s' if len(double) > 1 else ''} of the table stand twice.",
            where=[", ".join(f"{k} {v}" for k, v in row.items()) for row in double[keys].head(5).to_dict("records")],
            hint="Each combination of keys may stand once.",
        )


def _summed(parts: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Sum pieces to cells; a cell that lacks one has no value."""
    cells = parts.groupby(["target", *keys], observed=True, sort=False)
    out = cells.agg(
        value=("value", "sum"),
        seen=("code", "size"),
        valued=("value", "count"),
        needed=("needed", "max"),
        affected=("affected", "max"),
        quality=("quality", "max"),
        status=("status", "max"),
    )
    combinations = parts[keys].drop_duplicates()
    grid = pd.DataFrame({"target": sorted(parts["target"].unique())}).merge(combinations, how="cross")
    out = grid.merge(out.reset_index(), on=["target", *keys], how="left")
    empty = out["seen"].isna()
    out["affected"] = out["affected"].eq(True)
    complete = ~empty & (out["seen"] >= out["needed"]) & (out["valued"] == out["seen"]) & ~out["affected"]
    # Of several signs the strictest stands: ":" sorts after "." and "..", so a hidden part hides the sum.
    signs = out["status"].where((out["valued"] < out["seen"]) & (out["status"] != ""), "..").where(~empty, "..")
    lacking = empty | (out["seen"] < out["needed"])
    quality = out["quality"].where(~empty, "").mask(lacking & ~out["affected"], "incomplete")
    out = out.assign(value=out["value"].where(complete), status=signs.where(~complete, ""), quality=quality)
    hidden = ~complete & ~lacking & ~out["affected"]
    out = out.assign(complete=complete, hidden=hidden, kind="municipality")
    return out[["target", *keys, "value", "status", "quality", "kind", "complete", "hidden"]]


def _rest(parts: pd.DataFrame, summed: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Sum what went to cells without a value, so that nothing is lost from the total."""
    told = parts.merge(summed[["target", *keys, "complete", "hidden"]], on=["target", *keys])
    # A part that is hidden belongs to its own municipality, not to the rest.
    told = told[~told["complete"] & ~(told["hidden"] & told["value"].isna())]
    cells = told.groupby(keys, observed=True, sort=False)
    out = cells.agg(value=("value", "sum"), seen=("code", "size"), valued=("value", "count"), status=("status", "max"))
    whole = out["seen"] == out["valued"]
    out = out.assign(
        value=out["value"].where(whole),
        status=out["status"].mask(out["status"] == "", "..").where(~whole, ""),
        quality="",
        kind="rest",
    )
    return out.drop(columns=["seen", "valued"]).reset_index().assign(target=REST)


def _check_sum(own: pd.DataFrame, summed: pd.DataFrame, rest: pd.DataFrame, keys: list[str], measure: str) -> None:
    before = own.groupby(keys, observed=True)[measure].agg(["sum", "count", "size"])
    both = pd.concat([summed, rest], ignore_index=True)
    after = both.groupby(keys, observed=True)["value"].sum()
    hidden = both[both["kind"].eq("rest") & both["value"].isna()].set_index(keys).index
    whole = before[(before["count"] == before["size"]) & ~before.index.isin(hidden)]
    gap = (after.reindex(whole.index).fillna(0) - whole["sum"]).abs()
    _refuse_gaps(
        gap[gap > 1e-6 * whole["sum"].abs().clip(lower=1)], "Parts and rest differ from the total that came in."
    )


def _check_nation(own: pd.DataFrame, others: pd.DataFrame, links: pd.DataFrame, keys: list[str], measure: str) -> None:
    rows = others[others["kind"] == "nation"]
    whole = [year for year, part in own.groupby("year") if _is_whole(int(str(year)), part, links, others)]
    nation = rows[rows["year"].isin(whole) & rows[measure].notna()].set_index(keys)[measure]
    if nation.empty:
        return
    inside = others[others["kind"].isin(["rest", "unknown", "outside"])]
    parts = pd.concat([own, inside]).groupby(keys, observed=True)[measure].agg(["sum", "count", "size"])
    sums = parts.loc[parts["count"] == parts["size"], "sum"]
    gap = (sums - nation).dropna().abs()
    # Persons must agree to the last one; figures with decimals were rounded row by row.
    share = 0.0 if (nation % 1 == 0).all() else 1e-3
    _refuse_gaps(gap[gap > 0.5 + share * nation.reindex(gap.index).abs()], NOT_NATION)


def _is_whole(year: int, rows: pd.DataFrame, links: pd.DataFrame, others: pd.DataFrame) -> bool:
    if rows["grouped"].any():
        return bool((others["kind"] == "rest").any())
    wanted = links[(links["first_year"] <= year) & (year <= links["last_year"])]["code"]
    # Codes of before 2006 have no first year here, so the codes of a year are known to be all only from then on.
    return year >= 2006 and set(wanted) <= set(rows["code"])


def _refuse_gaps(gaps: pd.Series, fault: str) -> None:
    if len(gaps):
        raise TableError(
            fault,
            where=[f"{cell}: {gap:,.6g} apart" for cell, gap in gaps.head(6).items()],
            hint="A row is lacking, stands twice, or is of another region than its code says.",
        )


def border_residual(population: pd.DataFrame, growth: pd.DataFrame) -> pd.DataFrame:
    """Return what a year's growth leaves unexplained: people moved by a change of borders.

    residual(t) = population(t + 1) − population(t) − growth(t). It needs no list of border changes, and
    finds transfers that gave no new code.

    Parameters
    ----------
    population
        ``region year persons`` [persons on 1 January], one row per region and year.
    growth
        ``region year growth`` [persons in the calendar year]: births − deaths + net moves, as published.

    Returns
    -------
    pandas.DataFrame
        ``region year residual share comparable``: share of the population on 1 January of ``year``;
        ``comparable`` where no year of the region is above 0.5 %.

    Raises
    ------
    TableError
        A region stands twice in a year, or no year has both populations and the growth.

    Examples
    --------
    >>> p = pd.DataFrame({"region": "1507", "year": [2023, 2024], "persons": [67520.0, 58509.0]})
    >>> g = pd.DataFrame({"region": ["1507"], "year": [2023], "growth": [346.0]})
    >>> border_residual(p, g)[["residual", "comparable"]].values.tolist()
    [[-9357.0, False]]
    """
    for table, name in ((population, "population"), (growth, "growth")):
        if table.duplicated(["region", "year"]).any():
            raise TableError(f"A region stands twice in a year of the {name}.", hint="Sum over sex and age first.")
    start = population[["region", "year", "persons"]]
    end = start.assign(year=start["year"] - 1).rename(columns={"persons": "after"})
    both = start.merge(end, on=["region", "year"]).merge(growth[["region", "year", "growth"]], on=["region", "year"])
    if both.empty:
        raise TableError(
            "No year has growth and the population of both its ends.", hint="Growth of 2025 needs 2025 and 2026."
        )
    both = both.assign(residual=both["after"] - both["persons"] - both["growth"])
    both = both.assign(share=both["residual"] / both["persons"].where(both["persons"] > 0))
    worst = both["share"].abs().groupby(both["region"]).transform("max")
    out = both.assign(comparable=worst <= COMPARABLE)[["region", "year", "residual", "share", "comparable"]]
    return out.sort_values(["region", "year"], ignore_index=True)
