"""Intervals of indicators: both parts of every draw belong together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from demografi.needs import person_year_draws, user_draws
from demografi.projection import draws
from demografi.ratios.terms import definitions, is_of_ages, weights
from demografi.ratios.work import EVERYONE, REPLACED, WORKED, services_of
from demografi.workforce import gap_draws, supply_draws

if TYPE_CHECKING:
    from demografi.needs import Need
    from demografi.projection import Projection
    from demografi.rates.pooling import Floats
    from demografi.ratios.work import Work
    from demografi.regions import Region

__all__ = ["ends_of"]

Terms = dict[str, "Floats"]
"""Drawn sums by term, (draw, year, region): years from the launch; of a group the last region is the whole."""


def ends_of(projection: Projection, work: Work, level: float) -> pd.DataFrame:
    """Return ``region year indicator definition low high`` of every indicator that is drawn."""
    known = definitions()
    # Errors are of both sexes together, so their draws would hold the sexes apart fixed.
    known = known[~(known["numerator"] + " " + known["denominator"]).str.contains("male")]
    people = _people(projection, known)
    if work.need is not None:
        people |= _of_need(work.need, known)
    by_occupation = _of_hands(work)
    codes = [*projection.region.members, *([projection.region.code] if projection.region.is_group else [])]
    frames = []
    for row in known.to_dict("records"):
        if row["numerator"] in WORKED:
            sides = {f"{name}: {row['definition']}": {**people, **terms} for name, terms in by_occupation.items()}
        else:
            sides = {row["definition"]: people}
        for definition, terms in sides.items():
            if row["numerator"] in terms and (not row["denominator"] or row["denominator"] in terms):
                ends = _ends(terms, row["numerator"], row["denominator"], float(row["per"]), level)
                frame = _framed(*ends, codes, projection.launch)
                frames.append(frame.assign(indicator=row["indicator"], definition=definition))
    return pd.concat(frames, ignore_index=True)


def _ends(terms: Terms, above: str, below: str, per: float, level: float) -> tuple[Floats, Floats]:
    from demografi.uncertainty import quantiles

    if not below:
        return quantiles(per * terms[above], level)
    years = min(terms[above].shape[1], terms[below].shape[1])
    return quantiles(per * terms[above][:, :years] / terms[below][:, :years], level)


def _framed(low: Floats, high: Floats, codes: list[str], launch: int) -> pd.DataFrame:
    index = pd.MultiIndex.from_product([range(launch, launch + len(low)), codes], names=["year", "region"])
    return pd.DataFrame({"low": low.reshape(-1), "high": high.reshape(-1)}, index=index).reset_index()


def _with_whole(drawn: Floats, region: Region) -> Floats:
    """Add the region as a whole to its members, (draw, year, region, …)."""
    if not region.is_group:
        return drawn
    return np.concatenate([drawn, drawn.sum(axis=2, keepdims=True)], axis=2)


def _people(projection: Projection, known: pd.DataFrame) -> Terms:
    members = projection.rests_on.get("members", projection)
    terms = sorted({term for term in (*known["numerator"], *known["denominator"]) if is_of_ages(term)})
    n_ages = int(members.tables["population"]["age"].max()) + 1
    drawn = draws.weighted_draws(members, np.stack([weights(term, n_ages) for term in terms]))  # type: ignore[arg-type]
    if members is not projection:
        drawn = drawn.sum(axis=2, keepdims=True)
    drawn = _with_whole(drawn, projection.region)
    return {term: drawn[..., k] for k, term in enumerate(terms)}


def _of_need(need: Need, known: pd.DataFrame) -> Terms:
    found: Terms = {}
    for term in {term for term in known["numerator"] if term.startswith("users ")}:
        over, group = services_of(term)
        here = need.tables["users"]
        if set(over) <= set(here["service"]) and group in set(here["age_group"]):
            found[term] = _with_whole(user_draws(need, group, over), need.region)
    if need.has("person_years"):
        found["person-years"] = _with_whole(person_year_draws(need), need.region)
        found["first person-years"] = np.broadcast_to(found["person-years"][:, :1], found["person-years"].shape)
    return found


def _of_hands(work: Work) -> dict[str, Terms]:
    """Return by occupation what is drawn of staff and gap; nothing where the supply has no draws."""
    supply = work.supply
    if supply is None or not supply.facts["draws"]:
        return {}
    left = supply_draws(supply, newcomers=False, levers=("exit_later",))
    parts = {"staff": left[:, :1]}
    if supply.to >= supply.launch + REPLACED:
        parts["exits"] = left[:, :1] - left[:, [REPLACED]]
    if work.gap is not None and work.gap.need.projection.facts.get("draws") == supply.facts["draws"]:
        parts["required"], _, parts["gap"] = gap_draws(work.gap)
    found: dict[str, Terms] = {}
    for term, drawn in parts.items():
        whole = _with_whole(drawn, supply.region)
        for k, name in enumerate(supply.occupations):
            found.setdefault(name, {})[term] = whole[..., k]
        if len(supply.occupations) > 1:
            found.setdefault(EVERYONE, {})[term] = whole.sum(axis=-1)
    return found
