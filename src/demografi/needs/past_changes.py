"""How much coverage and person-years have moved before: past changes over years, turned into sizes of errors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import nnls
from scipy.special import stdtrit

from demografi.uncertainty.model import Floats

__all__ = ["SPANS", "ChangeModel", "fit_changes", "logs_of"]

SPANS = (1, 5, 10)
"""Years over which changes are measured; five and ten years give the movement, one year the noise [years]."""
FEWEST_STARTS = 2
"""Starting years a span must have to be counted."""
FREEDOM = 4.0
"""Degrees of freedom of Student's t: eighteen years hold about four spans of five that do not overlap."""
LEVEL = 0.8
ROUNDS = 4


@dataclass(frozen=True)
class ChangeModel:
    """Past changes of the logarithm of a rate, as a part common to all municipalities and a part of each.

    Attributes
    ----------
    known_to : last year whose figures were used
    common : (2, K) a, b: variance a·h + b·h² of what all share, h years ahead
    noise : (K,) variance of one count's own noise times its number of users; it does not grow with the years
    local : (2, K) a, b: variance a·h + b·h² of what a municipality has alone
    correlation : (K, K) over series, for both parts
    starts : (len(SPANS),) starting years behind each span, of the series that has fewest
    """

    known_to: int
    common: Floats
    noise: Floats
    local: Floats
    correlation: Floats
    starts: tuple[int, ...]


def logs_of(rates: pd.DataFrame, series: tuple[tuple[str, str], ...], known_to: int) -> tuple[Floats, Floats]:
    """Return logs of rates and their numerators as arrays (municipality, year, series), NaN where not counted.

    Parameters
    ----------
    rates : ``region year service age_group users low high population``; hidden cells are left out
    series : service and age group of each
    known_to : years after this are not read
    """
    known = rates[(rates["year"] <= known_to) & (rates["low"] == rates["high"]) & (rates["population"] > 0)]
    regions = sorted(known["region"].unique())
    years = range(int(rates["year"].min()), known_to + 1)
    shape = (len(regions), len(years), len(series))
    index = pd.MultiIndex.from_product([regions, years])
    logs, users = np.full(shape, np.nan), np.full(shape, np.nan)
    for k, (service, group) in enumerate(series):
        rows = known[(known["service"] == service) & (known["age_group"] == group)].set_index(["region", "year"])
        # Half a user keeps the years in which nobody was counted.
        counted = rows[["users", "population"]].reindex(index).to_numpy(float).reshape(*shape[:2], 2)
        logs[..., k] = np.log((counted[..., 0] + 0.5) / counted[..., 1])
        users[..., k] = counted[..., 0]
    return logs, users


def fit_changes(logs: Floats, users: Floats, known_to: int) -> ChangeModel:
    """Estimate how far a rate may move from what it is today.

    Parameters
    ----------
    logs, users : (R, T, K) from :func:`logs_of`

    Notes
    -----
    Changes over 1, 5 and 10 years from every starting year. Of n municipalities' changes D the mean is the common
    part, whose square less s²/n, times ν / (ν − 2), is its variance; what is left is each one's own, s² fitted by
    noise·(1/users + 1/users) + a·h + b·h² (non-negative least squares) and then widened or narrowed so that 80 % of
    past changes lie within the 80 % interval: single reporting jumps then make tails, not sizes. No direction is kept:
    a fall in the past counts as uncertainty both ways.
    """
    n_series = logs.shape[-1]
    common, local, noise = np.zeros((2, n_series)), np.zeros((2, n_series)), np.zeros(n_series)
    starts = [min(_starts(logs[..., k], h) for k in range(n_series)) for h in SPANS]
    for k in range(n_series):
        spans = [h for h in SPANS if _starts(logs[..., k], h) >= FEWEST_STARTS]
        if spans:
            noise[k], local[:, k] = _local(logs[..., k], users[..., k], spans)
            common[:, k] = _common(logs[..., k], spans)
    return ChangeModel(known_to, common, noise, local, _correlation(logs), tuple(starts))


def changes(logs: Floats, span: int) -> Floats:
    """Return changes (R, T − span, …) over a span of years."""
    return np.asarray(logs[:, span:] - logs[:, :-span]) if span < logs.shape[1] else logs[:, :0]


def _starts(logs: Floats, span: int) -> int:
    return int((np.isfinite(changes(logs, span)).sum(axis=0) >= 2).sum())


def _around_mean(logs: Floats, span: int) -> tuple[Floats, Floats, Floats]:
    """Return each start's number of municipalities, its mean change, and deviations (R, T') made unbiased."""
    moved = changes(logs, span)
    n = np.isfinite(moved).sum(axis=0)
    moved = np.where(n >= 2, moved, np.nan)
    mean = np.nansum(moved, axis=0) / np.maximum(n, 1)
    return n, mean, np.asarray((moved - mean) * np.sqrt(n / np.maximum(n - 1, 1)))


def _local(logs: Floats, users: Floats, spans: list[int]) -> tuple[float, Floats]:
    columns, squares = [], []
    few = 1.0 / np.maximum(users, 1.0)
    for h in spans:
        own = _around_mean(logs, h)[2]
        seen = np.isfinite(own)
        both = (few[:, h:] + few[:, :-h])[seen]
        columns.append(np.stack([both, np.full(both.shape, h), np.full(both.shape, h**2)], axis=1))
        squares.append(own[seen] ** 2)
    design, square = np.concatenate(columns), np.concatenate(squares)
    fitted = np.full(len(square), square.mean())
    for _ in range(ROUNDS):
        weight = 1.0 / np.maximum(fitted, 1e-6)
        found = nnls(design * weight[:, None], square * weight)[0]
        fitted = design @ found
    reach = stdtrit(FREEDOM, 0.5 + LEVEL / 2) * np.sqrt(1 - 2 / FREEDOM)
    fit = np.quantile(np.sqrt(square / np.maximum(fitted, 1e-9)), LEVEL) / reach
    found = found * fit**2
    return float(found[0]), found[1:]


def _common(logs: Floats, spans: list[int]) -> Floats:
    size = []
    for h in spans:
        n, mean, own = _around_mean(logs, h)
        inside = np.nansum(own**2, axis=0) / np.maximum(n, 1)
        used = n >= 2
        size.append(max(float(np.mean((mean**2 - inside / np.maximum(n, 1))[used])), 0.0))
    years = np.array(spans, dtype=float)
    design = np.stack([years, years**2], axis=1) / years[:, None]
    # A size that rests on ν independent changes: what comes is Student's t with it as scale, not as deviation.
    return np.asarray(nnls(design, np.array(size) / years)[0] * FREEDOM / (FREEDOM - 2))


def _correlation(logs: Floats) -> Floats:
    """Correlate five-year changes of the series over all municipalities and starts, none where too few pair."""
    span = 5 if logs.shape[1] > 5 + FEWEST_STARTS else 1
    moved = changes(logs, span).reshape(-1, logs.shape[-1])
    seen = np.isfinite(moved)
    filled = np.where(seen, moved, 0.0)
    product = filled.T @ filled
    square = (filled**2).T @ seen.astype(float)
    found = product / np.sqrt(np.maximum(square * square.T, 1e-18))
    values, vectors = np.linalg.eigh(found)
    root = vectors * np.sqrt(np.maximum(values, 1e-6))
    length = np.sqrt((root**2).sum(axis=1))
    unit = root / np.maximum(length, 1e-9)[:, None]
    return np.asarray(unit @ unit.T)
