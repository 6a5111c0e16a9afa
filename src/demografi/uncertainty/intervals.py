"""Intervals from draws, and what is refused before they are made."""

from __future__ import annotations

import numpy as np

from demografi.errors import ScenarioError
from demografi.uncertainty.model import Floats

FEWEST_OUTSIDE = 2.5
"""Draws there must be beyond each end, on average: 100 draws for 95 %, 25 for 80 %."""


def check_level(level: float) -> float:
    """Return the level if it is a share between 0 and 1.

    Raises
    ------
    ScenarioError
        It is not.
    """
    number = isinstance(level, int | float) and not isinstance(level, bool)
    if not number or not 0 < level < 1:
        percent = f"level={level / 100:g}" if number and 1 < level < 100 else "level=0.8"
        raise ScenarioError(
            f"The level {level!r} of an interval is not between 0 and 1.",
            where="It is the share of outcomes that should fall inside.",
            hint=f"Type: {percent}",
        )
    return float(level)


def check_draws(draws: int, level: float) -> int:
    """Return the number of draws if it can carry the level.

    Raises
    ------
    ScenarioError
        It is not a whole number, or too few draws would lie outside the interval.
    """
    level = check_level(level)
    if not _whole(draws) or draws < 1:
        raise ScenarioError(
            f"The number of draws is not a whole number above 0, but {draws!r}.",
            where="Each draw is one possible future.",
            hint="Type: draws=1000",
        )
    # Rounded first: 0.05 is not exact in binary, and 100 draws must be enough for 95 %.
    fewest = int(np.ceil(round(2 * FEWEST_OUTSIDE / (1 - level), 6)))
    if draws < fewest:
        raise ScenarioError(
            f"{draws} draws are too few for an interval of {100 * level:g} %.",
            where=f"It takes at least {fewest}; fewer leave its ends to single draws.",
            hint=f"Type: draws={max(fewest, 1000)}",
        )
    return int(draws)


def check_seed(seed: int) -> int:
    """Return the seed if it is a whole number, not negative.

    Raises
    ------
    ScenarioError
        It is not.
    """
    if not _whole(seed) or seed < 0:
        raise ScenarioError(
            f"The seed is not a whole number from 0 up, but {seed!r}.",
            where="The same seed gives the same draws; none is picked behind your back.",
            hint="Type: seed=1",
        )
    return int(seed)


def _whole(value: object) -> bool:
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def quantiles(values: Floats, level: float) -> tuple[Floats, Floats]:
    """Return the lower and upper end of the central interval over the first axis.

    Parameters
    ----------
    values : (D, ...) anything computed from each draw: a cell, a sum, a share
    level : share of the draws inside, between 0 and 1

    Notes
    -----
    Sum or divide within each draw first. The interval of a sum is not the sum of intervals.
    """
    check_draws(len(values), level)
    ends = np.quantile(values, [0.5 - level / 2, 0.5 + level / 2], axis=0)
    return ends[0], ends[1]
