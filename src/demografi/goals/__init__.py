"""What would it take: a target on a date, solved by projecting again, and its place in the place's own history."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from demografi import labels
from demografi.errors import ScenarioError
from demografi.goals import said
from demografi.goals.following import follow
from demografi.goals.levers import Levers, five_year_means, levers_of, shares_of, women_20_39
from demografi.goals.targets import Target, counted, measured, share_reaching, target_of, year_of
from demografi.projection import MAIN_SCENARIO, Projection, project
from demografi.projection.own_errors import error_table
from demografi.projection.pasts import past_net_migration
from demografi.regions import OfRegion
from demografi.tables import Caution, Column, Contract, must_be, source_line
from demografi.vintages import compare
from demografi.workforce import Gap

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Mapping

    from matplotlib.axes import Axes

    from demografi.scenarios import Scenario

__all__ = ["Goal", "follow", "goal"]

PRECISION = 1e-6
SAME = 1e-6
"""Persons by which a baseline made again may differ from the one given."""

GOAL = Contract(
    "goal",
    (
        Column("region", "text"),
        Column("year", "integer"),
        Column("indicator", "text"),
        Column("lever", "text"),
        Column("target", "number", "measure", "as the indicator", "1 January of year"),
        Column("baseline", "number", "measure", "as the indicator", "1 January of year"),
        Column("reached", "number", "measure", "as the indicator", "1 January of year"),
        Column("per_year", "number", "measure", "persons", "calendar years up to year", may_be_missing=True),
        Column("women_20_39", "number", "measure", "persons", "calendar years up to year", may_be_missing=True),
    ),
)
HISTORY = Contract(
    "history",
    (
        Column("region", "text"),
        Column("first_year", "integer"),
        Column("last_year", "integer"),
        Column("net_migration", "number", "measure", "persons a year", "five calendar years", signed=True),
        Column("children", "number", "measure", "persons a year", "five calendar years", may_be_missing=True),
    ),
)


class Goal(OfRegion):
    """A target on a date, what it takes, and how rare that would be.

    Attributes
    ----------
    answer : str
        One paragraph in bokmål; :meth:`sentence` has the other languages.
    feasible : bool
        Whether the levers can reach the target at all; :attr:`precedent` tells whether the place has seen the like.
    """

    CONTRACTS: ClassVar[Mapping[str, Contract]] = MappingProxyType({"goal": GOAL, "history": HISTORY})

    @property
    def baseline(self) -> Projection:
        """What happens without it."""
        part = self.rests_on["baseline"]
        assert isinstance(part, Projection)
        return part

    @property
    def projection(self) -> Projection:
        """The projection that reaches the target; the baseline where it is met already or cannot be reached."""
        part = self.rests_on.get("projection", self.baseline)
        assert isinstance(part, Projection)
        return part

    @property
    def target(self) -> Target:
        """The indicator, the number wanted and the year."""
        return Target(**self.facts["target"])

    @property
    def feasible(self) -> bool:
        """Tell whether the levers can reach the target."""
        return bool(self.facts["feasible"])

    @property
    def precedent(self) -> bool:
        """Tell whether the place's own best five years had as much as the target takes."""
        return self.feasible and bool(self.facts["needed"] <= self.facts["best"])

    @property
    def per_year(self) -> float:
        """Persons a year beside the baseline, all levers together; missing where the target cannot be reached."""
        return float(self.tables["goal"]["per_year"].sum(min_count=1))

    @property
    def share_reaching(self) -> float | None:
        """Share of the baseline's draws that reach the target without any effort; None where no draw tells."""
        found = self.facts["share_reaching"]
        return None if found is None else float(found)

    @property
    def history(self) -> pd.DataFrame:
        """The place's own five-year means: ``region first_year last_year net_migration children``."""
        return self.table("history")

    @property
    def answer(self) -> str:
        """What it takes, in bokmål."""
        return self.sentence()

    def sentence(self, language: str = "nb") -> str:
        """Return what it takes, with plain units, in ``"nb"``, ``"nn"`` or ``"en"``."""
        return said.sentence(self.facts, self.tables["goal"], self.target, self.region.name, language)

    def to_frame(self) -> pd.DataFrame:
        """Return one row a lever: ``region year indicator lever target baseline reached per_year women_20_39``."""
        return self.table("goal")

    def explain(self) -> pd.DataFrame:
        """Split what the effort adds by the target's date into causes that sum exactly to it.

        Returns
        -------
        pandas.DataFrame
            ``region year age_group cause persons``: births (with those of the newcomers), deaths and net migration.
        """
        change = compare(self.baseline, self.projection)
        return change[change["year"] == self.target.year].reset_index(drop=True)

    def plot(self, language: str = "nb", **drawn: Any) -> Axes:
        """Draw the indicator as counted, as the baseline has it and with the goal."""
        from demografi import plots

        lines = {labels.label("goal_baseline", language): self.baseline}
        if "projection" in self.rests_on:
            lines[labels.label("goal_with", language)] = self.projection
        past = counted(self.baseline.observed, self.target)
        past = past[past.index < self.baseline.launch]
        parts = []
        for name, projection in lines.items():
            years = range(self.baseline.launch, self.target.year + 1)
            values = [*past, *(measured(projection, self.target, year) for year in years)]
            parts.append(pd.DataFrame({"name": name, "year": [*past.index, *years], "value": values}))
        words = said.figure_words(self, list(lines)[-1], language)
        look = {
            "focus": list(lines)[-1],
            "projected_from": self.baseline.launch + 1,
            "decimals": min(self.target.decimals, 2),
            "language": language,
            **drawn,
        }
        return plots.comparison(pd.concat(parts, ignore_index=True), words, **look)

    def source_words(self, language: str = "nb") -> str:
        """Return the line under the figure."""
        return source_line(self.baseline.observed.own_sources[:1], language)

    def _face_table(self) -> pd.DataFrame:
        columns = ["target", "baseline", "reached", "per_year", "women_20_39"]
        return self.tables["goal"].set_index("lever")[columns]

    def _headline(self) -> str:
        return self.sentence("en")


def goal(
    projection: Projection,
    *,
    on: str | int | dt.date,
    through: str | Mapping[str, float] = "net_migration",
    profile: str | pd.DataFrame = "own",
    scenario: Scenario = MAIN_SCENARIO,
    **target: float,
) -> Goal:
    """Find what must happen for a target on a date, by projecting again until it is met.

    Parameters
    ----------
    projection
        The baseline, made by ``project``.
    on
        A 1 January after the launch: ``"2030-01-01"`` or 2030.
    through
        ``"net_migration"`` (more who move in than out), ``"fertility"`` (more children per woman), ``"retention"``
        (fewer of those under 40 who leave), or a mix with the share of the persons a year that each gives.
    profile
        Who moves in: ``"own"`` (the ages and sexes at which the place has gained people in the last ten years), a
        profile of ``scenarios.profiles()``, or a table ``sex age share``.
    scenario
        The assumptions of the baseline where they are not the main ones.
    **target
        One of ``persons women_20_39 young_0_19 young_20_39 share_women_20_39 share_0_19 aldersbareevne`` (20–66 ÷
        67+), all at least, or ``users_80plus`` at most (home service and long stay, constant coverage).

    Returns
    -------
    Goal
        Persons a year in every calendar year from the launch to the date, equally many each year.

    Raises
    ------
    TableError
        It is no projection.
    ScenarioError
        It is a gap, the date has passed, the target or lever is not known, the mix does not sum to one, or the baseline
        cannot be made again.

    Notes
    -----
    The number a year is the root of indicator(project(number)) − target (Brent's method, `scipy.optimize.brentq`);
    newcomers age, die and have children as others do. Where the region has several members, the effort is spread over
    them by their population at the launch. What is past is estimated, see `projection.pasts.past_net_migration`.

    Examples
    --------
    >>> import demografi as dg
    >>> found = dg.goal(dg.project(dg.example("Engerdal"), to=2030), persons=1300, on="2030-01-01")
    >>> round(found.projection.persons("total", 2030), 1)
    1300.0
    """
    _refuse_other_nouns(projection)
    year = year_of(on, projection.launch, projection.to)
    wanted = target_of(target, year)
    shares = shares_of(through)
    baseline = _made_again(projection, scenario)
    past = _past(baseline)
    years, drawn = tuple(range(baseline.launch, year)), _drawn_as(projection)
    levers = levers_of(baseline, past, shares, profile, years)
    start = baseline.to_frame().query(f"year == {baseline.launch}").groupby("region")["persons"].sum()
    places = {str(code): float(part) for code, part in (start / start.sum()).items()}

    def projected(per_year: float, to: int) -> Projection:
        return project(
            baseline.observed,
            to,
            scenario=levers.turned(scenario, per_year, places),
            **(drawn if to == projection.to else {}),
        )

    most = min(levers.most, float(start.sum()))
    found, limit = _solved(lambda per_year: measured(projected(per_year, year), wanted), wanted, most)
    solved = projected(found, projection.to) if found else None
    return _goal(baseline, solved, wanted, levers, found, limit, past, scenario)


def _refuse_other_nouns(given: object) -> None:
    if isinstance(given, Gap):
        raise ScenarioError(
            "A goal is about people, not about: Gap.",
            where="Wanted: a projection, which is projected again. A gap is closed by a lever on staff or work.",
            hint="gap.close('trainees', by=2040)",
        )
    must_be(given, Projection, "dg.goal", "dg.goal(dg.project(observed, to=2040), persons=1300, on='2030-01-01')")


def _drawn_as(projection: Projection) -> dict[str, Any]:
    """Return the arguments with which `project` makes the same draws."""
    facts = projection.facts
    return {"draws": int(facts["draws"]), "seed": int(facts["seed"]), "errors": error_table(facts)}


def _made_again(projection: Projection, scenario: Scenario) -> Projection:
    """Return the baseline by members, and make sure that it is what was given."""
    if not projection.is_own:
        raise ScenarioError(
            f"A published projection ({projection.vintage}) cannot be projected again with other assumptions.",
            where="A goal is solved by projecting again.",
            hint="dg.goal(dg.project(observed, to=…), persons=1300, on='2030-01-01')",
        )
    again = project(
        projection.observed,
        projection.to,
        scenario=scenario,
        **_drawn_as(projection),
    )
    apart = [
        abs(again.persons("total", y) - projection.persons("total", y)) for y in (projection.launch, projection.to)
    ]
    if max(apart) > SAME:
        raise ScenarioError(
            "The baseline cannot be made again.",
            where=f"Made again it differs by {max(apart):.1f} persons in {projection.to}: "
            "it had other assumptions, control totals or people set apart.",
            hint="dg.goal(projection, scenario=the_scenario, …); controlled projections cannot have goals",
        )
    return again


def _past(baseline: Projection) -> pd.DataFrame:
    """Return estimated net migrants of the years that every member has."""
    past = past_net_migration(baseline.observed)
    whole = past.groupby("year")["region"].nunique() == past["region"].nunique()
    return past[past["year"].isin(whole[whole].index)]


def _solved(
    value: Callable[[float], float], target: Target, most: float
) -> tuple[float | None, tuple[float, float] | None]:
    """Return the persons a year that meet the target, or None and what the most there can be would give.

    Where more people make an upper bound no nearer, there is no most.
    """
    from scipy.optimize import brentq

    start = value(0.0)
    if target.met(start):
        return 0.0, None
    if target.sense == "at_most" and value(min(1.0, most)) >= start:
        return None, None
    low, high = 0.0, min(1.0, most)
    while not target.met(value(high)):
        if high >= most:
            return None, (most, value(most))
        low, high = high, min(2 * high, most)
    return float(brentq(lambda x: value(x) - target.value, low, high, xtol=PRECISION)), None


def _goal(
    baseline: Projection,
    solved: Projection | None,
    target: Target,
    levers: Levers,
    found: float | None,
    limit: tuple[float, float] | None,
    past: pd.DataFrame,
    scenario: Scenario,
) -> Goal:
    history = five_year_means(past, baseline.observed.population)
    history = history.assign(region=baseline.region.code)
    measure = "children" if set(levers.shares) == {"fertility"} else "net_migration"
    best = history.loc[[int(history[measure].to_numpy().argmax())]].iloc[0]
    usual = levers.children if measure == "children" else _net(baseline, levers.years)
    moved = sum(share for lever, share in levers.shares.items() if lever != "fertility" or measure == "children")
    facts = {
        "region": baseline.facts["region"],
        "target": {**target.__dict__},
        "years": [levers.years[0], levers.years[-1]],
        "feasible": found is not None,
        "limit": list(limit) if limit else None,
        "baseline": measured(baseline, target),
        "measure": measure,
        "usual": usual,
        "needed": usual + (found or 0.0) * moved,
        "best": float(best[measure]),
        "best_years": [int(best["first_year"]), int(best["last_year"])],
        "since": int(history["first_year"].min()),
        "lost": levers.lost,
        "times": levers.times(found or 0.0),
        "share_reaching": share_reaching(baseline, target, scenario),
        "lacking": {},
    }
    tables = {"goal": _rows(baseline, solved, target, levers, found), "history": history}
    rests_on = {"baseline": baseline, **({} if solved is None else {"projection": solved})}
    cautions = [Caution.of("caution_goal_history")]
    if facts["share_reaching"] is not None and "errors" not in baseline.facts:
        cautions.append(Caution.of("caution_intervals"))
        if target.numerator.startswith("users"):
            cautions.append(Caution.of("caution_need_coverage_drawn"))
    if baseline.region.is_group:
        cautions.append(Caution.of("caution_goal_spread"))
    return Goal(tables, facts, (), tuple(cautions), rests_on)


def _net(baseline: Projection, years: tuple[int, ...]) -> float:
    net = baseline.net_migration
    return float(net[net["year"].isin(years)]["net_migration"].sum() / len(years))


def _rows(
    baseline: Projection, solved: Projection | None, target: Target, levers: Levers, found: float | None
) -> pd.DataFrame:
    women = {
        "net_migration": women_20_39(levers.incoming),
        "retention": women_20_39(levers.staying) if len(levers.staying) else 0.0,
        "fertility": 0.0,
    }
    each = np.nan if found is None else found
    frame = pd.DataFrame({"lever": list(levers.shares), "per_year": [each * share for share in levers.shares.values()]})
    return frame.assign(
        region=baseline.region.code,
        year=target.year,
        indicator=target.indicator,
        target=target.value,
        baseline=measured(baseline, target),
        reached=measured(solved or baseline, target),
        women_20_39=frame["per_year"] * frame["lever"].map(women),
    )
