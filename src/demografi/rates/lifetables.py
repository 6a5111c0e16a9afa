"""Life tables: period life tables of single-year death rates,."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from demografi.errors import TableError

__all__ = ["infant_survival", "life_expectancy", "life_table"]

Array = NDArray[np.float64]
INFANT_YEARS = 0.1
"""Mean years lived in the first year by those who die in it; about 0.1 where mortality is low
(Andreev & Kingkade, Demographic Research 33:13, 2015)."""


def life_table(mx: Array) -> dict[str, Array]:
    """Return the period life table of single-year death rates.

    Parameters
    ----------
    mx
        Deaths per person-year by completed age, the last age open, shape (…, age).

    Returns
    -------
    dict
        ``qx lx dx Lx Tx ex`` with radix 1 [share, years].

    Notes
    -----
    q = m / (1 + (1 − a)·m), with a = 0.1 in the first year of life, 0.5 after it, 1/m in the open
    age (Preston, Heuveline & Guillot, Demography, 2001, chapter 3).

    Examples
    --------
    >>> float(life_table(np.array([0.5, 0.5, 0.5]))["ex"][0].round(3))
    2.0
    """
    mx = np.asarray(mx, dtype=float)
    if (mx < 0).any() or not np.isfinite(mx).all():
        raise TableError("A death rate is negative or not a number.", hint="Rates are per person-year, 0 or more.")
    ax = np.full_like(mx, 0.5)
    ax[..., 0] = INFANT_YEARS
    qx = np.minimum(mx / (1 + (1 - ax) * mx), 1.0)
    qx[..., -1] = 1.0
    lx = np.ones_like(mx)
    lx[..., 1:] = np.cumprod(1 - qx[..., :-1], axis=-1)
    dx = lx * qx
    Lx = lx - (1 - ax) * dx
    Lx[..., -1] = lx[..., -1] / np.maximum(mx[..., -1], 1e-12)
    Tx = np.cumsum(Lx[..., ::-1], axis=-1)[..., ::-1]
    return {"qx": qx, "lx": lx, "dx": dx, "Lx": Lx, "Tx": Tx, "ex": Tx / np.maximum(lx, 1e-300)}


def life_expectancy(mx: Array) -> Array:
    """Return period life expectancy at birth [years]; ages on the last axis."""
    return np.asarray(life_table(mx)["ex"][..., 0])


def infant_survival(mx: Array) -> Array:
    """Return the share of the year's births that live on 31 December, L(0)/l(0); ages on the last axis."""
    return np.asarray(life_table(mx)["Lx"][..., 0])
