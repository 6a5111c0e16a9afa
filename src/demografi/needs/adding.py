"""Causes that add up to the last bit, and hold no noise of the machine's arithmetic."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from demografi.uncertainty.model import Floats

__all__ = ["adding_up"]

BITS = 49
NOISE = 1e-6


def adding_up(steps: Mapping[str, Floats]) -> dict[str, Floats]:
    """Put every step on one grain, and give what rounding left over to the largest cause of each cell.

    The grain is a power of two some 10⁻¹⁵ of all steps together: arithmetic does no worse, so what is smaller is noise,
    and whole numbers of it add without error.

    Parameters
    ----------
    steps
        ``"start"``, causes, ``"end"``: arrays of one shape; in each cell they add up but for rounding.

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
    >>> given = {"start": 0.1, "people": 0.2, "coverage": 1e-17, "end": 0.1 + 0.2}
    >>> steps = adding_up({name: np.array([value]) for name, value in given.items()})
    >>> steps["coverage"].tolist(), (steps["start"] + steps["people"] == steps["end"]).tolist()
    ([0.0], [True])
    """
    every = float(sum(np.nansum(np.abs(value)) for value in steps.values()))
    grain = 2.0 ** (np.frexp(every)[1] - BITS)
    kept = {name: np.round(value / grain) * grain + 0.0 for name, value in steps.items()}
    causes = [name for name in kept if name not in ("start", "end")]
    parts = np.stack([kept[name] for name in causes])
    left = kept["end"] - kept["start"] - parts.sum(axis=0)
    if (np.abs(left) > NOISE * (1 + every)).any():
        raise ArithmeticError("The causes do not add up to the change.")
    largest = np.abs(parts).argmax(axis=0)
    parts = parts + np.where(np.arange(len(causes)).reshape(-1, *[1] * left.ndim) == largest, left, 0.0)
    return {**kept, **dict(zip(causes, parts, strict=True))}
