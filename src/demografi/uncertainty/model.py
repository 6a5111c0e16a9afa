"""The error model as numbers: how far off nation, counties and places have been, and how it is stored."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

GROUPS = ("0-5", "6-15", "16-19", "20-44", "45-66", "67-79", "80-89", "90+")
GROUP_STARTS = (0, 6, 16, 20, 45, 67, 80, 90)
"""First age of each group; a draw's factor is shared by the ages inside [years of age]."""
SMALLEST = 1.0
"""Persons below which the noise of a cell grows no more [persons]."""


@dataclass(frozen=True)
class ErrorModel:
    """Past errors, log(outcome / projection), as three layers that add.

    Attributes
    ----------
    outcomes_to : last 1 January whose figures were used
    national : (K, H, G) loadings: the national error at horizon h is their sum times K standard normals
    county_variance : (2, G) a, b: variance a·h + b·h²
    county_correlation : (G, G)
    noise_variance : (2, G) a, b: variance (a·h + b·h²) / persons, the part that is chance in single lives
    noise_correlation : (G, G)
    rate_variance : (2, G) a, b: variance a·h + b·h², the part that does not fall with size
    rate_correlation : (G, G)
    freedom : (3,) degrees of freedom of the Student t of nation, county and place

    Notes
    -----
    A term in h is a random walk, a term in h² a line of unknown slope, so that each draw is a path: what has gone wrong
    stays wrong. Reference: Tayman, Schafer & Carter (1998), Population Research and Policy Review 17: 1–20.
    """

    outcomes_to: int
    national: Floats
    county_variance: Floats
    county_correlation: Floats
    noise_variance: Floats
    noise_correlation: Floats
    rate_variance: Floats
    rate_correlation: Floats
    freedom: Floats

    @property
    def furthest(self) -> int:
        """Years ahead for which national errors are known [years]."""
        return int(self.national.shape[1])


def growth(variance: Floats, horizon: int) -> Floats:
    """Return (H, G) variance a·h + b·h² at h = 1 … H from (2, G)."""
    h = np.arange(1, horizon + 1, dtype=float)[:, None]
    return np.asarray(variance[0] * h + variance[1] * h**2)


def local_variance(model: ErrorModel, persons: Floats) -> Floats:
    """Return the variance (H + 1, R, G) of places' own log errors around their county's.

    Parameters
    ----------
    persons : (H + 1, R, G) projected, first row the launch [persons]
    """
    horizon = len(persons) - 1
    found = np.zeros_like(persons)
    noise, rate = growth(model.noise_variance, horizon), growth(model.rate_variance, horizon)
    found[1:] = noise[:, None] / np.maximum(persons[1:], SMALLEST) + rate[:, None]
    return found


def to_rows(model: ErrorModel) -> list[tuple[str, str, str]]:
    """Write a model as rows ``name position values``: one row a vector over the last axis.

    Six significant digits, four of the nation's loadings; a draw changes by less than 1e-4 of itself.
    """
    rows = [("outcomes_to", "", str(model.outcomes_to)), ("groups", "", " ".join(GROUPS))]
    for item in fields(model)[1:]:
        array: Floats = getattr(model, item.name)
        digits = 4 if item.name == "national" else 6
        for position in np.ndindex(array.shape[:-1]):
            values = " ".join(f"{value:.{digits}g}" for value in array[position])
            rows.append((item.name, " ".join(map(str, position)), values))
    return rows


def from_rows(rows: Iterable[tuple[str, str, str]]) -> ErrorModel:
    """Read the model that :func:`to_rows` wrote."""
    found: dict[str, dict[tuple[int, ...], list[float]]] = {}
    outcomes_to = 0
    for name, position, values in rows:
        if name == "outcomes_to":
            outcomes_to = int(values)
        elif name != "groups":
            at = tuple(int(n) for n in str(position).split())
            found.setdefault(name, {})[at] = [float(v) for v in str(values).split()]
    arrays = {name: _stacked(vectors) for name, vectors in found.items()}
    return ErrorModel(outcomes_to=outcomes_to, **arrays)


def _stacked(vectors: dict[tuple[int, ...], list[float]]) -> Floats:
    last = max(vectors)
    shape = [n + 1 for n in last]
    return np.array([vectors[at] for at in sorted(vectors)]).reshape(*shape, -1) if last else np.array(vectors[()])
