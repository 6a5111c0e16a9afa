"""The verb: from rates and assumptions to a projected population."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from demografi.errors import ScenarioError
from demografi.observed import Observed
from demografi.projection import draws as draws_of
from demografi.projection.arrays import as_tables, meet
from demografi.projection.fitting import fit
from demografi.projection.histories import History, histories_of, longest_history, run_apart, set_apart
from demografi.projection.noun import Projection
from demografi.projection.own_errors import about_errors, check_errors
from demografi.scenarios import Scenario
from demografi.sources import shipped
from demografi.tables import Caution, must_be, whole_year

if TYPE_CHECKING:
    from collections.abc import Mapping

    from demografi.rates.pooling import Floats

__all__ = ["MAIN_SCENARIO", "project", "project_path"]

MAIN_SCENARIO = Scenario()


def _short(observed: Observed, history: History) -> Caution:
    names = tuple(observed.region.name_of(code) for code in history.regions)
    return Caution.of("caution_short_history", names=names, years=float(len(history.stocks) - 1))


def _refuse_past(launch: int, to: int) -> None:
    if to <= launch:
        raise ScenarioError(
            f"The projection cannot end in {to}.",
            where=f"The last counted population is of 1 January {launch}; that is the launch.",
            hint=f"dg.project(observed, to={launch + 10})",
        )


def _refuse_additions(scenario: Scenario, observed: Observed, launch: int, to: int) -> None:
    for addition in scenario.additions:
        if addition.region not in observed.region.members:
            raise ScenarioError(
                f"{addition.name!r} adds people to {addition.region}, which is not projected.",
                where=f"Projected: {', '.join(observed.region.members)}.",
                hint="Use the code of a member.",
            )
        outside = [year for year in addition.years if not launch <= year < to]
        if outside:
            raise ScenarioError(
                f"{addition.name!r} happens in {outside[0]}, outside the projection.",
                where=f"Calendar years projected: {launch}–{to - 1}.",
                hint=f"years=range({launch}, {to})",
            )


def project(  # noqa: PLR0913 – what is assumed and what is drawn, each by its own name
    observed: Observed,
    to: int,
    *,
    schedules: Mapping[str, pd.DataFrame] | None = None,
    scenario: Scenario = MAIN_SCENARIO,
    control: pd.DataFrame | None = None,
    special: pd.DataFrame | None = None,
    draws: int = 0,
    seed: int = 1,
    errors: pd.DataFrame | None = None,
) -> Projection:
    """Carry every part of a region forward, year by year, from the last counted 1 January.

    Parameters
    ----------
    observed
        Counted population with at least six years of history.
    to
        Year of the last 1 January wanted.
    schedules
        Your own national schedules: ``"mortality"`` with ``sex age mx`` (and ``decline``), ``"fertility"`` with ``age
        births_per_woman`` [per person-year]. Norwegian regions use what is fitted on the whole country; other tables
        their deaths and births, and without these what cohorts lose and the children aged 0, which is said.
    scenario
        Named assumptions; what the figures fit by default.
    control
        ``year sex age persons`` that the members together must meet each year after the launch: a county's or a
        nation's projection, one's own or Statistics Norway's [persons on 1 January].
    special
        ``region sex age persons`` who do not age in place: students, conscripts, people in reception centres. They are
        taken out of the counted years, held constant, and put back [persons on 1 January].

    draws, seed
        How many joint draws of past errors its intervals rest on (1,000 is usual; none by default), and what they
        start from: the same seed gives the same bytes.
    errors
        Past errors of another country's places, from :func:`demografi.fit_errors`; those of Norwegian municipalities
        ship.

    Returns
    -------
    Projection
        One path, and with draws its intervals; not Statistics Norway's.

    Raises
    ------
    ScenarioError
        The year is not after the launch or lies past the control totals, no rates fit the country, or the errors are
        of other places or ages, or end before it does.
    TableError
        The population lacks cells or history, or the errors are no table of errors.

    Notes
    -----
    National death rates with decline, the local level by empirical Bayes from old-age losses; national
    fertility with a local level; net migration as the residual of ten years, its level predicted from
    the place's own yearly excess and its county's, its shape over age pooled towards places of its
    size; raked to a national projection, totals blended with a damped trend (docs/methods.md). What
    the whole country teaches is stored, so one place needs no other.

    Examples
    --------
    >>> from demografi import example
    >>> projection = project(example("Engerdal"), to=2030)
    >>> 1_200 < projection.persons("total", 2030) < 1_340
    True
    """
    must_be(observed, Observed, "dg.project", "dg.project(dg.example(), to=2040)")
    launch = observed.last_year
    to = whole_year(to, f"dg.project(observed, to={launch + 10})")
    _refuse_past(launch, to)
    members = observed.region.members
    draws_of.check_asked(observed.region_scheme, members, draws, seed)
    own_errors = check_errors(errors, observed, draws, to)
    histories, apart = set_apart(histories_of(observed, members), special, members)
    fitted = fit(observed, histories, to - launch, schedules or {})
    _refuse_additions(scenario, observed, launch, to)
    path, local, held = run_apart(histories, fitted, scenario, launch, members)
    path = path + apart
    if control is not None:
        path = meet(path, control, launch)
    facts = {
        "region": observed.facts["region"],
        "controlled": control is not None,
        "special": float(apart.sum()),
        "draws": draws,
        "seed": seed,
        "launch": launch,
        "to": to,
        "vintage": f"demografi {launch}",
        "scenario": scenario.name,
        "assumptions": scenario.to_frame().to_dict("records"),
        "clamped": held,
        "lacking": {},
        # Kept whole, so that draws can be made after save and open.
        **({"errors": [list(row) for row in own_errors]} if own_errors else {}),
    }
    drawn = about_errors(own_errors) if own_errors else Caution.of("caution_intervals")
    about = drawn if draws else Caution.of("caution_no_intervals")
    short = [past for past in histories if len(past.stocks) < longest_history(observed)]
    on_rates = (*fitted.cautions, *(_short(observed, past) for past in short))
    cautions = (Caution.of("caution_own_projection"), about, *on_rates)
    sources = (*fitted.sources, *((shipped.source(draws_of.STORED),) if draws and not own_errors else ()))
    tables = as_tables(path, fitted, local, launch, members)
    return Projection(tables, facts, sources, cautions, {"observed": observed})


def project_path(observed: Observed, horizon: int) -> Floats:
    """Project the members on the main assumptions, (H + 1, R, S, A), first row the launch: `project` without tables."""
    members = observed.region.members
    histories = histories_of(observed, members)
    fitted = fit(observed, histories, horizon, {})
    return run_apart(histories, fitted, MAIN_SCENARIO, observed.last_year, members)[0]
