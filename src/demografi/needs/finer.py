"""Coverage at single years of age: a monotone choice that gives every group its own count back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.interpolate import PchipInterpolator

from demografi import ages
from demografi.errors import ScenarioError

if TYPE_CHECKING:
    from demografi.uncertainty.model import Floats

__all__ = ["SPLITS", "refuse_split", "single_age_coverage", "spread_over_ages"]

SPLITS = ("pchip",)


def refuse_split(split: str | None) -> None:
    """Refuse a way of splitting that has no name here."""
    if split is not None and split not in SPLITS:
        raise ScenarioError(
            f"Users are not split to single ages by {split!r}.",
            where=f"There is: {', '.join(SPLITS)}; without it, age groups are as the source has them.",
            hint="dg.need(projection, split='pchip')",
        )


def single_age_coverage(users: pd.Series[float], persons: Floats) -> Floats:
    """Spread the users of age groups over single ages, as users per person.

    Parameters
    ----------
    users
        Users by age group (index) that follow one another [persons].
    persons
        (A,) population by single age, the last open [persons].

    Returns
    -------
    array
        (A,) users per person; times ``persons`` and summed over a group they are the group's users. Zero outside
        the groups.

    Notes
    -----
    The cumulated users are interpolated over the cumulated population by a monotone cubic (PCHIP: Fritsch & Carlson
    1980, SIAM Journal on Numerical Analysis 17: 238–246), so no age gets fewer than nobody.

    Examples
    --------
    >>> rate = single_age_coverage(pd.Series({"0-1": 2.0, "2+": 6.0}), np.array([10.0, 10.0, 10.0, 10.0]))
    >>> [round(float(v), 9) for v in (rate[:2].sum() * 10, rate[2:].sum() * 10)]
    [2.0, 6.0]
    """
    n = len(persons)
    edges, counts = _edges(users, n)
    below = np.concatenate([[0.0], np.cumsum(persons)])
    rate = np.zeros(n)
    x, keep = np.unique(below[edges], return_index=True)
    if len(x) < 2:
        return rate
    curve = PchipInterpolator(x, counts[keep])
    inside = slice(edges[0], edges[-1])
    size = np.diff(below)[inside]
    step = np.diff(curve(below[edges[0] : edges[-1] + 1]))
    # Where nobody lives the slope stands for the step.
    slope = curve.derivative()(below[edges[0] : edges[-1]])
    rate[inside] = np.where(size > 0, step / np.where(size > 0, size, 1.0), slope)
    return np.maximum(rate, 0.0)


def _edges(users: pd.Series[float], n: int) -> tuple[np.ndarray, Floats]:
    ordered = sorted(users.index, key=lambda group: ages.bounds(str(group))[0])
    edges, counts = [ages.bounds(str(ordered[0]))[0]], [0.0]
    for group in ordered:
        last = ages.bounds(str(group))[1]
        edges.append(n if last is None else min(last, n - 1) + 1)
        counts.append(counts[-1] + float(users[group]))
    return np.array(edges), np.array(counts)


def spread_over_ages(base: pd.DataFrame, stock: pd.DataFrame) -> pd.DataFrame:
    """Return coverage by single age of every region and service: ``region service age_group age coverage``.

    Parameters
    ----------
    base
        ``region service age_group users`` of one year.
    stock
        ``region age persons`` of the denominator.

    Raises
    ------
    ScenarioError
        The curve gives an age more users than inhabitants.
    """
    persons = stock.pivot(index="region", columns="age", values="persons")
    people = {str(code): row.to_numpy(float) for code, row in persons.iterrows()}
    parts = []
    for (region, service), rows in base.groupby(["region", "service"], sort=False):
        users: pd.Series[float] = rows.set_index("age_group")["users"]
        rate = single_age_coverage(users, people[str(region)])
        if rate.max() > 1:
            raise ScenarioError(
                f"The split gives {service} in {region} more users than inhabitants at age {int(rate.argmax())}.",
                where="The open group is too wide for a curve.",
                hint="dg.need(projection)   # age groups as the source has them",
            )
        each = np.arange(len(rate))
        for group in users.index:
            within = ages.is_within(each, str(group))
            cells = pd.DataFrame({"age": each[within], "coverage": rate[within]})
            parts.append(cells.assign(region=str(region), service=str(service), age_group=str(group)))
    return pd.concat(parts, ignore_index=True)
