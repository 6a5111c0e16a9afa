"""Where the rates come from: fitted on the whole country and stored, or on a country's own tables."""

from __future__ import annotations

from dataclasses import fields, replace
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from demografi.errors import ScenarioError
from demografi.projection.arrays import Fitted, stocks
from demografi.projection.own_country import own_country
from demografi.rates import Parameters, Settings, fit_national
from demografi.regions import NATION
from demografi.sources import shipped

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from demografi.observed import Observed
    from demografi.projection.histories import History
    from demografi.rates.pooling import Floats

__all__ = ["NEUTRAL", "fit", "from_table", "neutral_county", "to_table"]

STORED = "projection_parameters"
FEWEST_FOR_SIZE = 30
"""Places below which how rates follow size is not estimated: three coefficients an age would follow single places."""
NEUTRAL = NATION
"""The code of the county that is like the nation: for the nation itself."""


def fit(
    observed: Observed, histories: Sequence[History], horizon: int, schedules: Mapping[str, pd.DataFrame]
) -> Fitted:
    """Return the parameters for a projection: stored ones for Norway, fitted ones for other tables.

    Raises
    ------
    ScenarioError
        No parameters are stored for the launch or so far ahead, or the tables hold neither rates nor events.
    TableError
        A country's own places have histories of different length, so that its national sums have holes.
    """
    unknown = sorted(set(schedules) - {"mortality", "fertility"})
    if unknown:
        raise ScenarioError(
            f"No schedule is called {unknown[0]!r}.",
            where="There are 'mortality' and 'fertility'.",
            hint="dg.project(observed, to=…, schedules={'mortality': table})",
        )
    if observed.region_scheme.startswith("ssb-") and not schedules:
        return _stored(observed, horizon)
    past = histories[0].stocks if len(histories) == 1 else stocks(observed, observed.region.members)
    settings = _settings_of(past)
    country, cautions = own_country(observed, schedules.get("mortality"), schedules.get("fertility"), settings)
    counties = np.zeros(past.shape[1], dtype=np.int64)
    return Fitted(fit_national(country, past, counties, horizon, settings), settings, counties, (), cautions)


def _settings_of(past: Floats) -> Settings:
    """Return the settings for a country of its own: no official projection, and size only where many places show it."""
    settings = Settings()
    settings = replace(settings, control=replace(settings.control, official_share=0.0))
    return settings if past.shape[1] >= FEWEST_FOR_SIZE else replace(settings, size_scale=float("inf"))


def _stored(observed: Observed, horizon: int) -> Fitted:
    launch, codes, parameters = _read_stored()
    if observed.last_year != launch:
        raise ScenarioError(
            f"No parameters are stored for a launch in {observed.last_year}.",
            where=f"Those that ship are fitted at {launch}.",
            hint="Give your own: dg.project(observed, to=…, schedules={'mortality': table, 'fertility': table})",
        )
    furthest = len(parameters.survival)
    if horizon > furthest:
        raise ScenarioError(
            f"The projection cannot go to {launch + horizon}.",
            where=f"The national control totals end in {launch + furthest}.",
            hint=f"dg.project(observed, to={launch + furthest})",
        )
    ahead = {name: getattr(parameters, name)[:horizon] for name in BY_YEAR_AHEAD}
    numbers = np.array([codes.index(_county_of(observed, code)) for code in observed.region.members], dtype=np.int64)
    return Fitted(replace(parameters, **ahead), Settings(), numbers, (shipped.source(STORED),))


BY_YEAR_AHEAD = ("survival", "infant", "births", "county_level", "rake")


def _county_of(observed: Observed, code: str) -> str:
    return NEUTRAL if code == NATION else code[:2]


@cache
def _read_stored() -> tuple[int, list[str], Parameters]:
    return from_table(shipped.read(STORED))


def to_table(parameters: Parameters, launch: int, counties: list[str]) -> pd.DataFrame:
    """Write parameters as rows ``name position values``: one row a vector over the last axis.

    Seven significant digits, so that a stored place differs from the whole-country run by about 1e-6.
    """
    rows = [("launch", "", str(launch)), ("counties", "", " ".join(counties))]
    for item in fields(parameters):
        array: Floats = getattr(parameters, item.name)
        for position in np.ndindex(array.shape[:-1]):
            values = " ".join(f"{value:.7g}" for value in array[position])
            rows.append((item.name, " ".join(map(str, position)), values))
    return pd.DataFrame(rows, columns=["name", "position", "values"])


def from_table(table: pd.DataFrame) -> tuple[int, list[str], Parameters]:
    """Read launch, county codes and parameters from what :func:`to_table` wrote."""
    head = table.set_index("name")["values"]
    arrays = {}
    for item in fields(Parameters):
        rows = table[table["name"] == item.name]
        vectors = np.stack([np.array(text.split(), dtype=float) for text in rows["values"]])
        last = rows["position"].iloc[-1]
        shape = [int(n) + 1 for n in last.split()]
        arrays[item.name] = vectors.reshape(*shape, -1) if shape else vectors[0]
    return int(head["launch"]), str(head["counties"]).split(), Parameters(**arrays)


def neutral_county(parameters: Parameters) -> Parameters:
    """Add a county that is like the nation, after the others."""
    one, zero = np.ones(1), np.zeros((1, 1))
    return replace(
        parameters,
        loss_county=np.append(parameters.loss_county, one),
        birth_county=np.append(parameters.birth_county, one),
        county_rate=np.hstack([parameters.county_rate, np.repeat(zero, len(parameters.county_rate), axis=0)]),
        county_level=np.hstack([parameters.county_level, np.repeat(zero, len(parameters.county_level), axis=0)]),
    )
