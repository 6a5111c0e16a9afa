"""Counts too small to be shown, and what must be hidden with them so that they cannot be worked out.

Rule, from the whole to its parts: a count from 1 up to the limit is hidden, and with it as many others of the same sum
as it takes for each hidden one to be as large as the limit, as far as anyone can tell. Where the parts cannot be hidden
so, the whole is. What is hidden is shared evenly among the hidden places, or spread over the hidden ages, before
anything is computed: no later year, sum or file can tell more than the first table does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from demografi.errors import TableError

if TYPE_CHECKING:
    from demografi.rates.pooling import Floats

__all__ = ["LIMIT", "hidden_parts", "hidden_places", "protected_ages"]

LIMIT = 3
"""Fewest persons shown, as in Statistics Norway's figures of personnel."""


def hidden_parts(counts: Floats, limit: int = LIMIT) -> np.ndarray | None:
    """Tell which parts of a sum to hide; None where no choice protects them and the sum itself must be hidden.

    Parameters
    ----------
    counts
        Parts of one sum, in order of age or size [persons].
    limit
        Fewest persons shown.

    Examples
    --------
    >>> hidden_parts(np.array([0.0, 2.0, 9.0, 5.0])).tolist()
    [False, True, True, False]
    >>> hidden_parts(np.array([2.0, 1.0])) is None
    True
    """
    small = (counts > 0) & (counts < limit)
    hidden = small.copy()
    if not small.any():
        return hidden
    while not _room(counts[hidden], limit):
        others = np.flatnonzero((counts > 0) & ~hidden)
        if not len(others):
            return None
        where = np.flatnonzero(small)
        distance = np.abs(others[:, None] - where[None]).min(axis=1)
        hidden[others[np.lexsort((counts[others], distance))[0]]] = True
    return hidden


def _room(hidden: Floats, limit: int) -> bool:
    """Tell whether each hidden count could be the limit, all others being at least one."""
    return len(hidden) > 1 and float(hidden.sum()) - (len(hidden) - 1) >= limit


def hidden_places(totals: Floats, ages: Floats, limit: int = LIMIT) -> np.ndarray:
    """Tell which places of one occupation to hide whole.

    Parameters
    ----------
    totals
        (place,) [persons].
    ages
        (place, age group) [persons]; a place whose ages cannot be protected is hidden.

    Raises
    ------
    TableError
        The occupation is too small in all the places together.
    """
    unsafe = np.array([hidden_parts(row, limit) is None for row in ages])
    raised = np.where(unsafe & (totals >= limit), np.minimum(totals, limit - 0.5), totals)
    chosen = hidden_parts(raised, limit)
    if chosen is None:
        raise TableError(
            f"An occupation has too few persons in all the places together to be shown (fewer than {limit} in some).",
            where="What is hidden could be worked out from the total.",
            hint="Merge it with another occupation, take in more places, or leave it out.",
        )
    return chosen


def protected_ages(counts: Floats, widths: Floats, limit: int = LIMIT) -> tuple[Floats, np.ndarray]:
    """Return the age groups of one place with the hidden ones spread by their width, and which these are.

    Examples
    --------
    >>> protected_ages(np.array([8.0, 1.0, 5.0]), np.array([10.0, 10.0, 10.0]))[0].tolist()
    [8.0, 3.0, 3.0]
    """
    hidden = hidden_parts(counts, limit)
    if hidden is None:
        hidden = counts > -1.0
    if not hidden.any():
        return counts, hidden
    shared = counts[hidden].sum() * widths[hidden] / widths[hidden].sum()
    out = counts.copy()
    out[hidden] = shared
    return out, hidden
