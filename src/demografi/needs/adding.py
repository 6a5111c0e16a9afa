"""Causes that add up to the last bit, and hold no noise of the machine's arithmetic."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from demografi.uncertainty.model import Floats

__all__ = ["GRAIN", "adding_up"]

GRAIN = 2.0**-30
"""Finest difference kept [persons or person-years, about a billionth]: whole numbers of it add without error."""
NOISE = 1e-6


def adding_up(steps: Mapping[str, Floats | float]) -> dict[str, Floats]:
    """Put every step on the grain, and give what rounding left over to the largest cause.

    Parameters
    ----------
    steps
        ``"start"``, causes, ``"end"``: numbers or arrays of one shape; in each cell they add up but for rounding.

    Returns
    -------
    dict
        The same steps; start and causes sum to the end exactly, in any order, and so do sums over cells.

    Raises
    ------
    ArithmeticError
        What is left over is no rounding: a cause is lacking.

    Examples
    --------
    >>> steps = adding_up({"start": 0.1, "people": 0.2, "coverage": 1e-15, "end": 0.1 + 0.2})
    >>> float(steps["coverage"]), bool(steps["start"] + steps["people"] == steps["end"])
    (0.0, True)
    """
    kept = {name: np.round(np.asarray(value, dtype=float) / GRAIN) * GRAIN + 0.0 for name, value in steps.items()}
    causes = [name for name in kept if name not in ("start", "end")]
    parts = np.stack([kept[name] for name in causes])
    left = kept["end"] - kept["start"] - parts.sum(axis=0)
    if (np.abs(left) > NOISE * (1 + np.abs(kept["end"]) + np.abs(kept["start"]))).any():
        raise ArithmeticError("The causes do not add up to the change.")
    largest = np.abs(parts).argmax(axis=0)
    parts = parts + np.where(np.arange(len(causes)).reshape(-1, *[1] * left.ndim) == largest, left, 0.0)
    return {**kept, **dict(zip(causes, parts, strict=True))}
