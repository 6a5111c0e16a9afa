"""Chain-linking: histories whose split between places before a border change is a guess."""

from __future__ import annotations

import numpy as np

from demografi.rates.pooling import Floats, Ints


def link_factors(before: Floats, after: Floats) -> Floats:
    """Return (R,) factors that give every member the growth of the whole.

    Parameters
    ----------
    before, after : (R,) persons in the last guessed and the first counted year

    Notes
    -----
    Only the sum over the members is exact before the change. Scaling a member's earlier
    years by its factor removes the jump that the guessed split would otherwise make.
    """
    return np.asarray(after / before * before.sum() / after.sum())


def chain_link(population: Floats, break_index: int, members: Ints) -> Floats:
    """Scale the years before a break for the members of one exact sum.

    Parameters
    ----------
    population : (T, R, S, A); break_index : first counted year; members : place indices

    Returns
    -------
    (T, R, S, A) a copy; unchanged where the history does not reach across the break
    """
    linked = population.copy()
    if not 0 < break_index < len(population):
        return linked
    totals = population[break_index - 1 : break_index + 1, members].sum(axis=(2, 3))
    linked[:break_index, members] *= link_factors(totals[0], totals[1])[None, :, None, None]
    return linked
