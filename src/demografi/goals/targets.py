"""What a goal may be about: an indicator, a number and a 1 January."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from demografi.errors import ScenarioError
from demografi.needs import need
from demografi.needs.drawing import user_draws
from demografi.projection import draws as draws_of
from demografi.projection import project
from demografi.projection.arrays import as_array
from demografi.ratios.terms import weights

if TYPE_CHECKING:
    from collections.abc import Mapping

    from demografi.observed import Observed
    from demografi.projection import Projection
    from demografi.scenarios import Scenario
    from demografi.uncertainty.model import Floats

__all__ = ["Target", "counted", "known_targets", "measured", "share_reaching", "target_of", "year_of"]

DRAWS = 1000
SEED = 1


@dataclass(frozen=True)
class Target:
    """One row of the table of indicators a goal may have, with the number wanted."""

    indicator: str
    numerator: str
    denominator: str
    sense: str
    decimals: int
    value: float
    year: int

    def met(self, value: float) -> bool:
        """Tell whether a value is what is wanted."""
        return value >= self.value if self.sense == "at_least" else value <= self.value


@cache
def known_targets() -> pd.DataFrame:
    """Return the indicators a goal may have: ``indicator numerator denominator sense decimals``."""
    with files("demografi").joinpath("data", "targets.csv").open(encoding="utf-8") as file:
        return pd.read_csv(file, keep_default_na=False)


def target_of(wanted: Mapping[str, float], year: int) -> Target:
    """Read the one target that was named.

    Raises
    ------
    ScenarioError
        None or several were named, it is not known, or its value is not above zero.
    """
    known = known_targets()
    names = ", ".join(known["indicator"])
    if len(wanted) != 1:
        raise ScenarioError(
            f"A goal has one target; {len(wanted)} were named.",
            where=f"There are: {names}.",
            hint="dg.goal(projection, persons=1300, on='2030-01-01')",
        )
    ((name, value),) = wanted.items()
    row = known[known["indicator"] == name]
    if row.empty:
        raise ScenarioError(
            f"A goal cannot be about {name!r}.",
            where=f"There are: {names}.",
            hint="dg.goal(projection, persons=1300, on='2030-01-01')",
        )
    if not isinstance(value, int | float) or not value > 0:
        raise ScenarioError(
            f"{value!r} is no target.", where=f"Wanted: a number above zero for {name}.", hint=f"{name}=1300"
        )
    said = row.iloc[0]
    return Target(
        name, said["numerator"], said["denominator"], said["sense"], int(said["decimals"]), float(value), int(year)
    )


def year_of(on: str | int | dt.date, launch: int, last: int) -> int:
    """Read a date that is a 1 January after the launch and inside the projection.

    Raises
    ------
    ScenarioError
        It is no 1 January, not after the launch, or after the projection's last year.
    """
    text = f"{on}-01-01" if isinstance(on, int) or (isinstance(on, str) and on.isdigit()) else str(on)
    try:
        day = dt.date.fromisoformat(text[:10])
    except ValueError:
        day = dt.date(1, 12, 31)
    if (day.month, day.day) != (1, 1):
        raise ScenarioError(
            f"{on!r} is no 1 January.",
            where="Persons are counted and projected on 1 January of a year.",
            hint=f"on='{launch + 4}-01-01'",
        )
    if day.year <= launch:
        raise ScenarioError(
            f"The target date 1 January {day.year} has passed.",
            where=f"The last counted population is of 1 January {launch}; nothing can change it now.",
            hint=f"on='{launch + 4}-01-01', or dg.follow(goals, observed) for what became of it",
        )
    if day.year > last:
        raise ScenarioError(
            f"The target date 1 January {day.year} lies after the projection.",
            where=f"It ends on 1 January {last}.",
            hint=f"dg.goal(dg.project(observed, to={day.year}), …)",
        )
    return day.year


def measured(projection: Projection, target: Target, year: int | None = None) -> float:
    """Return the indicator of the region as a whole on 1 January of the target's year, or of another."""
    when = target.year if year is None else year
    if target.numerator.startswith("users"):
        users = need(projection).users_of(target.numerator.split()[1])
        return float(users[users["year"] == when]["users"].sum())
    table = projection.tables["population"]
    return _of_cells(as_array(table, "persons", np.array([when]), projection.region.members)[0].sum(axis=0), target)


def counted(observed: Observed, target: Target) -> pd.Series[float]:
    """Return the indicator of the region as a whole in every counted year that lacks no cell."""
    table = observed.population
    if target.numerator.startswith("users"):
        users = observed.users
        old = users[users["age_group"] == target.numerator.split()[1]]
        old = old[old["service"].isin(["home_service", "long_stay"])]
        per_year = old.groupby("year")["users"].agg(["sum", "count"])
        whole = per_year[per_year["count"] == per_year["count"].max()]["sum"]
        return pd.Series(whole.to_numpy(), index=whole.index + 1, name="value")
    members = observed.region.members
    years = np.sort(table["year"].unique())
    years = years[years >= observed.first_whole_year]
    cells = as_array(table, "persons", years, members).sum(axis=1)
    return pd.Series([_of_cells(one, target) for one in cells], index=years, name="value")


def _of_cells(cells: np.ndarray, target: Target) -> float:
    above = float((weights(target.numerator, cells.shape[-1]) * cells).sum())
    if not target.denominator:
        return above
    return above / float((weights(target.denominator, cells.shape[-1]) * cells).sum())


def share_reaching(baseline: Projection, target: Target, scenario: Scenario) -> float | None:
    """Return the share of the baseline's draws that reach the target; None where no draw tells.

    Errors are drawn for both sexes together, so indicators of one sex have none. Users are drawn with their coverage.
    A baseline without draws is drawn here, with the same seed every time.
    """
    if "male" in target.numerator:
        return None
    drawn: Any = baseline.rests_on.get("members", baseline)
    if not drawn.facts["draws"]:
        try:
            drawn = project(baseline.observed, target.year, scenario=scenario, draws=DRAWS, seed=SEED)
        except ScenarioError:
            return None
    values = _drawn_values(drawn, target)[:, target.year - baseline.launch]
    reached = values >= target.value if target.sense == "at_least" else values <= target.value
    return float(reached.mean())


def _drawn_values(drawn: Projection, target: Target) -> Floats:
    """Return the indicator of the region as a whole in every draw, (draw, year)."""
    if target.numerator.startswith("users"):
        return np.asarray(user_draws(need(drawn), target.numerator.split()[1]).sum(axis=2))
    n_ages = int(drawn.tables["population"]["age"].max()) + 1
    terms = [target.numerator, *([target.denominator] if target.denominator else [])]
    paths = draws_of.weighted_draws(drawn, np.stack([weights(term, n_ages) for term in terms]))
    there = paths.sum(axis=2)
    return np.asarray(there[..., 0] / there[..., 1] if target.denominator else there[..., 0])
