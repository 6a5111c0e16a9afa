"""The verb of supply: from a count, the hazards of leaving and those who come to the years ahead."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from demografi.errors import ScenarioError, TableError
from demografi.observed import Observed
from demografi.tables import Caution, must_be, whole_year
from demografi.workforce import stock as stocks
from demografi.workforce.exits import AGES, DEFAULT, EXIT_AGE, EXIT_AGE_SD, checked, exit_hazards
from demografi.workforce.privacy import LIMIT
from demografi.workforce.supplies import KINDS, Supply, made, said_exits

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from demografi.rates.pooling import Floats
    from demografi.sources.files import Table
    from demografi.workforce.stock import Stock

__all__ = ["supply"]


def _refuse_nobody_left(launch: int, to: int) -> None:
    if to - launch >= len(AGES):
        raise ScenarioError(
            f"The supply cannot go to {to}.",
            where=f"By {launch + len(AGES)} nobody of today's staff is left; staff are followed to age {AGES[-1]}.",
            hint=f"dg.supply(observed, to={launch + len(AGES) - 1})",
        )


def supply(
    observed: Observed,
    to: int,
    *,
    occupations: Sequence[str] | None = None,
    staff: pd.DataFrame | Table | None = None,
    exits: str | pd.DataFrame = DEFAULT,
    entrants: pd.DataFrame | None = None,
    draws: int = 0,
    **settings: Any,
) -> Supply:
    """Follow today's staff until they leave.

    Parameters
    ----------
    observed
        Figures of the region.
    to
        Last year wanted.
    occupations
        Names as in table 14533 (``"nurse"``, ``"health_care_worker"`` …), counted by occupation; with ``staff``, which
        of its occupations. Nurses by education, leaders included, where left out.
    staff
        Your own table (``Observed.staff``, or what ``dg.read`` gives of it): any occupation of any municipal service.
        It never leaves the machine; counts under ``limit`` are hidden before anything is computed.
    exits
        A published mean exit age (:func:`demografi.workforce.exit_ages`) or hazards
        (:func:`demografi.workforce.exit_hazards`, :func:`demografi.workforce.fit_exits`).
    entrants
        ``occupation kind age per_year`` and, where it differs, ``region`` [persons a year, or person-years where heads
        are not known]; ``kind`` is ``"newly_qualified"`` (then with ``share_staying``), ``"net_moves"``,
        ``"immigration"`` or ``"trainee"``. Nobody comes where left out: no source at hand counts them.
    draws
        How many futures to draw, for intervals.
    **settings
        ``seed`` (1), ``exit_age_sd`` (years; how far the mean exit age may be off, from how far it has moved) and
        ``limit`` (fewest persons shown, 3).

    Returns
    -------
    Supply
        Person-years, and persons where heads are counted.

    Raises
    ------
    SourceError
        A part of the region has no staff in the figures.
    TableError
        The staff table, the hazards or the entrants cannot be right.
    ScenarioError
        The year is not after the count, or a setting is not known.

    Notes
    -----
    The stock counted in November y − 1 stands at y. Ages within a group are spread evenly, in the open one as many as
    the hazards let stay. ``stock[a + 1] = stock[a] · (1 − hazard[a])``; who enters in a year is counted at its end.

    Examples
    --------
    >>> import demografi as dg
    >>> dg.supply(dg.example("Engerdal"), to=2036).replacement(2036)["stock"].tolist()
    [17.0]
    """
    must_be(observed, Observed, "dg.supply", "dg.supply(observed, to=2040)")
    to = whole_year(to, "dg.supply(observed, to=2040)")
    asked = _settings(settings, draws)
    hazards = checked(exit_hazards(exits) if isinstance(exits, str) else exits)
    leaving = _together(hazards)
    base = _stock(observed, occupations, staff, leaving, asked["limit"])
    launch = base.year + 1
    if to <= launch:
        raise ScenarioError(
            f"The supply cannot end in {to}.",
            where=f"Staff were counted in November {base.year}, which stands at {launch}.",
            hint=f"dg.supply(observed, to={launch + 10})",
        )
    _refuse_nobody_left(launch, to)
    tables = {"stock": base.table, "hazards": hazards}
    if entrants is not None:
        tables["entrants"] = _entrants(entrants, base.table)
    preset = exits if isinstance(exits, str) else "own"
    cautions = (*base.cautions, *_said(preset, entrants is None, asked))
    facts = {
        "region": observed.facts["region"],
        "launch": launch,
        "to": to,
        "share_55plus": base.share_old,
        "lacking": {},
        "groups": list(base.groups),
        "hidden": base.hidden,
        "heads": bool(base.table["persons"].notna().all()),
        "own": staff is not None,
        "sector": base.sector,
        "basis": base.basis,
        "exits": preset,
        "concept": "own" if staff is not None else "education" if occupations is None else "occupation",
        "levers": {},
        **asked,
    }
    return made(tables, facts, (base.sources, cautions), {"observed": observed})


def _settings(given: Mapping[str, Any], draws: int) -> dict[str, Any]:
    known = {"seed": 1, "exit_age_sd": EXIT_AGE_SD, "limit": LIMIT}
    odd = [name for name in given if name not in known]
    if odd:
        raise ScenarioError(
            f"The supply has no setting {odd[0]!r}.",
            where=f"There is {', '.join(known)}.",
            hint="dg.supply(observed, to=2040, draws=1000, seed=1)",
        )
    asked = {**known, **given, "draws": draws}
    if isinstance(draws, bool) or not isinstance(draws, int) or draws < 0:
        raise ScenarioError(
            f"{draws!r} is no number of draws.", where="Wanted: 0 for none, or 1000.", hint="draws=1000"
        )
    from demografi import uncertainty

    uncertainty.check_seed(asked["seed"])
    if asked["exit_age_sd"] < 0:
        raise ScenarioError(
            f"The exit age cannot be off by {asked['exit_age_sd']:g} years.", hint="exit_age_sd=0 for none"
        )
    return asked


def _together(hazards: pd.DataFrame) -> Floats:
    """Return hazards of all causes for the spread of ages: those of all occupations and both sexes, or their mean."""
    table = hazards.groupby(["cause", "age"])["hazard"].mean().unstack("age").reindex(columns=AGES).fillna(0.0)
    return np.asarray(1 - np.prod(1 - table.to_numpy(), axis=0))


def _stock(
    observed: Observed,
    occupations: Sequence[str] | None,
    staff: pd.DataFrame | Table | None,
    leaving: Floats,
    limit: int,
) -> Stock:
    if staff is not None:
        frame = staff if isinstance(staff, pd.DataFrame) else _read(staff)
        if occupations is not None:
            lacking = [name for name in occupations if name not in set(frame["occupation"])]
            if lacking:
                raise TableError(
                    f"The staff table has no occupation {lacking[0]!r}.",
                    where=f"It has: {', '.join(dict.fromkeys(frame['occupation']))}.",
                    hint="Write the name as it stands in the table.",
                )
            frame = frame[frame["occupation"].isin(occupations)]
        return stocks.own(frame, observed.region.members, leaving, limit)
    if occupations is not None:
        return stocks.of_occupations(observed, occupations, leaving)
    return stocks.of_nurses(observed, leaving)


def _read(table: Table) -> pd.DataFrame:
    from demografi.sources.files.staff import staff_frame

    return staff_frame(table.to_frame())


def _entrants(given: pd.DataFrame, stock: pd.DataFrame) -> pd.DataFrame:
    """Return who comes each year, by place; a row without a place is shared by the stock."""
    lacking = [name for name in ("occupation", "kind", "age", "per_year") if name not in given.columns]
    if lacking:
        raise TableError(
            f"The entrants lack the column {lacking[0]!r}.", hint="Wanted: occupation kind age per_year, and region."
        )
    wrong = [kind for kind in dict.fromkeys(given["kind"]) if kind not in KINDS]
    if wrong:
        raise TableError(
            f"Nobody enters as {wrong[0]!r}.", where=f"There is {', '.join(KINDS)}.", hint="kind='trainee'"
        )
    odd = sorted(set(given["occupation"]) - set(stock["occupation"]))
    if odd:
        raise TableError(
            f"The supply has no occupation {odd[0]!r} to enter.",
            where=f"It has: {', '.join(dict.fromkeys(stock['occupation']))}.",
            hint="Write the name as it stands in the supply.",
        )
    table = given.copy()
    if (table["per_year"] < 0).any():
        raise TableError("Fewer than nobody enter.", hint="Let those who leave be hazards of turnover.")
    outside = table[~table["age"].isin(AGES)]
    if len(outside):
        raise TableError(f"Nobody enters at age {outside['age'].iloc[0]}.", hint=f"Ages are {AGES[0]}–{AGES[-1]}.")
    new = table["kind"] == "newly_qualified"
    staying = table["share_staying"] if "share_staying" in table else pd.Series(np.nan, index=table.index)
    if new.any() and not staying[new].between(0, 1).all():
        raise TableError("The newly qualified have no share staying, 0–1.", hint="table['share_staying'] = 0.6")
    table["per_year"] = table["per_year"] * staying.where(new, 1.0)
    if "region" not in table:
        share = stock.groupby(["occupation", "region"])["fte"].sum()
        parts = (share / share.groupby(level=0).transform("sum")).rename("part").reset_index()
        table = table.merge(parts, on="occupation")
        table["per_year"] = table["per_year"] * table["part"]
    return table.groupby(["region", "occupation", "kind", "age"], as_index=False, sort=False)[["per_year"]].sum()


def _said(preset: str, nobody: bool, asked: Mapping[str, Any]) -> list[Caution]:
    """Return what must be known of the departures, of those who come, and of the intervals."""
    cautions = [] if preset == DEFAULT and nobody else [said_exits(preset)]
    if preset == DEFAULT and nobody:
        cautions.append(Caution.of("caution_nurse_exit", age=EXIT_AGE))
    else:
        cautions.append(Caution.of("caution_no_entrants" if nobody else "caution_entrants"))
    if asked["draws"]:
        cautions.append(Caution.of("caution_supply_intervals", sd=round(float(asked["exit_age_sd"]), 2)))
    return cautions
