"""Random numbers by address: any draw of any place can be made alone, and is the same as in a run of everything."""

from __future__ import annotations

import numpy as np
from scipy.special import gammaincinv, ndtri

from demografi.uncertainty.model import Floats

NATION, COUNTY, PLACE = 0, 1, 2
"""Layers; each is its own stream."""
PER_COUNTER = 4
"""Numbers the Philox generator makes for one step of its counter."""


def uniforms(seed: int, layer: int, place: int, draws: range, wanted: int, reserved: int) -> Floats:
    """Return (D, wanted) numbers in (0, 1) for a contiguous range of draws.

    The key is (seed, layer, place) and the counter is the draw, so neither chunks, nor order, nor the other places
    change a bit. Each draw has ``reserved`` numbers of its own: asking for more does not change the first ones.
    """
    steps = -(-reserved // PER_COUNTER)
    key = np.random.SeedSequence([seed, layer, place]).generate_state(2, np.uint64)
    source = np.random.Philox(key=key)
    source.advance(draws.start * steps)
    raw = source.random_raw((len(draws), steps * PER_COUNTER))[:, :wanted]
    return np.asarray(((raw >> np.uint64(11)) + 0.5) * 2.0**-53)


def normals(numbers: Floats) -> Floats:
    """Turn uniform numbers into standard normal ones, one for one."""
    return np.asarray(ndtri(numbers))


def tail_scale(numbers: Floats, freedom: float) -> Floats:
    """Return √((ν − 2) / χ²ν): times a normal it is Student's t with ν degrees of freedom and the normal's variance."""
    return np.asarray(np.sqrt((0.5 * freedom - 1.0) / gammaincinv(0.5 * freedom, numbers)))
