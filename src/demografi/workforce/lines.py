"""A supply as arrays: one line for each place, occupation and sex; and the draws of them all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from zlib import crc32

import numpy as np
import pandas as pd

from demografi.errors import TableError
from demografi.workforce.exits import AGES, ENTRY_AGE, shifted
from demografi.workforce.flow import years

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from demografi.rates.pooling import Floats

__all__ = ["Lines", "drawn", "lines_of", "path"]

EXIT_AGE_LAYER, EXITS_LAYER = 20, 21
"""Layers of random numbers; lower ones are those of persons and of need."""
EVERYWHERE = 0
RESERVED = 100
"""Years that have numbers of their own in a draw; a longer supply does not change the first ones."""
CHUNK = 10
"""Draws made at a time; it changes no bit."""


@dataclass(frozen=True)
class Lines:
    """Everything that is needed to let a staff grow older."""

    keys: pd.DataFrame
    """``region occupation sexes``, one row a line."""
    stock: Floats
    """(line, age), in heads where they are known, else in person-years."""
    position: Floats
    """(line,) person-years for each of what is in the stock."""
    old_age: Floats
    """(1 or line, age) hazards of leaving with old-age pension."""
    other: Floats
    entrants: Floats
    """(year, line, age), in what the stock is in."""
    factor: float
    """Person-years after the first year, of what they would be without levers."""

    @property
    def hazards(self) -> Floats:
        """Hazards of all causes."""
        return np.asarray(1 - (1 - self.old_age) * (1 - self.other))

    @property
    def fte(self) -> Floats:
        """(year, line) person-years for each of what is in the stock."""
        rising = np.full(len(self.entrants) + 1, self.factor)
        rising[0] = 1.0
        return np.asarray(rising[:, None] * self.position)


def lines_of(tables: Mapping[str, pd.DataFrame], facts: Mapping[str, Any]) -> Lines:
    """Return a supply as arrays, levers pulled."""
    stock = tables["stock"].sort_values(["region", "occupation", "sexes", "age"], kind="stable")
    heads = "persons" if facts["heads"] else "fte"
    keys = stock[["region", "occupation", "sexes"]].drop_duplicates().reset_index(drop=True)
    shape = (len(keys), len(AGES))
    count, fte = (stock[name].to_numpy().reshape(shape) for name in (heads, "fte"))
    whole = count.sum(axis=1)
    position = np.divide(fte.sum(axis=1), whole, out=np.ones(len(keys)), where=whole > 0)
    old_age, other = _hazards(tables["hazards"], keys)
    levers = facts["levers"]
    old_age = shifted(old_age, float(levers.get("exit_later", 0.0)))
    elapsed = int(facts["to"]) - int(facts["launch"])
    entrants = np.broadcast_to(_entrants(tables.get("entrants"), keys, count, levers), (elapsed, *shape))
    return Lines(keys, count, position, old_age, other, entrants, _factor(levers))


def _factor(levers: Mapping[str, Any]) -> float:
    factor = 1.0
    if "position_size" in levers:
        now, then = levers["position_size"]
        factor *= then / now
    if "sick_leave" in levers:
        now, then = levers["sick_leave"]
        factor *= (1 - then) / (1 - now)
    if "substitutes" in levers:
        now, then = levers["substitutes"]
        factor *= (1 - now) / (1 - then)
    return factor


def _hazards(table: pd.DataFrame, keys: pd.DataFrame) -> tuple[Floats, Floats]:
    profiles = {
        (occupation, sex): _profile(table, str(occupation), str(sex))
        for occupation, sex in keys[["occupation", "sexes"]].drop_duplicates().itertuples(index=False)
    }
    first = next(iter(profiles.values()))
    if all(np.array_equal(first, other) for other in profiles.values()):
        return first[0][None], first[1][None]
    each = [profiles[key] for key in keys[["occupation", "sexes"]].itertuples(index=False, name=None)]
    return np.stack([part[0] for part in each]), np.stack([part[1] for part in each])


def _profile(table: pd.DataFrame, occupation: str, sex: str) -> Floats:
    """Return (old age, other causes) hazards by age of one occupation and sex."""
    rows = table[table["occupation"] == (occupation if occupation in set(table["occupation"]) else "all")]
    rows = rows[rows["sexes"] == (sex if sex in set(rows["sexes"]) else "both")]
    if rows.empty:
        raise TableError(
            f"There are no hazards of leaving for {occupation}, {sex}.",
            hint="Give rows of occupation 'all' and sex 'both', or of each occupation and sex.",
        )
    wide = rows.pivot_table(index="cause", columns="age", values="hazard").reindex(columns=AGES).fillna(0.0)
    old = wide.to_numpy()[wide.index == "old_age"]
    other = wide.to_numpy()[wide.index != "old_age"]
    return np.stack([1 - np.prod(1 - part, axis=0) for part in (old, other)])


def _entrants(table: pd.DataFrame | None, keys: pd.DataFrame, count: Floats, levers: Mapping[str, Any]) -> Floats:
    """Return who enters each year (line, age): as the table has it, and trainees at the youngest age."""
    out = np.zeros((len(keys), len(AGES)))
    whole = count.sum(axis=1)
    for row in [] if table is None else table.to_dict("records"):
        here = ((keys["region"] == row["region"]) & (keys["occupation"] == row["occupation"])).to_numpy()
        part = whole * here
        share = part / part.sum() if part.sum() else here / here.sum()
        out[:, row["age"] == AGES] += (share * row["per_year"])[:, None]
    trainees = float(levers.get("trainees", 0.0))
    if trainees:
        out[:, AGES == ENTRY_AGE] += (trainees * whole / whole.sum())[:, None]
    return out


def path(lines: Lines, *, newcomers: bool = True) -> Floats:
    """Return what is expected: (year, line, age), in what the stock is in."""
    entrants = lines.entrants if newcomers else np.zeros_like(lines.entrants)
    return np.stack(list(years(lines.stock, lines.hazards, entrants)))


def drawn(lines: Lines, facts: Mapping[str, Any], weights: Floats | None = None, *, newcomers: bool = True) -> Floats:
    """Return the staff in every draw: (draw, year, line) or, with weights (age, group), (draw, year, line, group).

    Parameters
    ----------
    lines
        The staff.
    facts
        ``draws seed exit_age_sd`` of the supply.
    weights
        Which ages are in which group; all together where left out.
    newcomers
        Whether those who enter are counted.

    Notes
    -----
    Each draw has one shift of the exit age, common to all places and occupations (normal, ``exit_age_sd`` years), and
    binomial noise of its own for each place, occupation and year. The numbers are keyed by (seed, layer, place,
    occupation), so neither chunks nor the other places change a bit.
    """
    groups = np.ones((len(AGES), 1)) if weights is None else weights
    n, elapsed = int(facts["draws"]), len(lines.entrants)
    entrants = lines.entrants if newcomers else np.zeros_like(lines.entrants)
    out = np.empty((n, elapsed + 1, len(lines.keys), groups.shape[1]))
    for chunk, shift, noise in _numbers(lines, facts, elapsed):
        old_age = shifted(lines.old_age, shift)
        hazards = 1 - (1 - old_age) * (1 - lines.other)
        start = np.broadcast_to(lines.stock, (len(chunk), *lines.stock.shape))
        for y, now in enumerate(years(start, hazards, entrants, noise)):
            out[chunk.start : chunk.stop, y] = now.sum(axis=-1, keepdims=True) if weights is None else now @ groups
    return out[..., 0] if weights is None else out


def _numbers(lines: Lines, facts: Mapping[str, Any], elapsed: int) -> Iterator[tuple[range, Floats, Floats]]:
    from demografi.uncertainty.streams import normals, uniforms

    n, seed, sd = int(facts["draws"]), int(facts["seed"]), float(facts["exit_age_sd"])
    everyone = range(n)
    shifts = sd * normals(uniforms(seed, EXIT_AGE_LAYER, EVERYWHERE, everyone, 1, 1))[:, 0]
    noise = np.empty((n, elapsed, len(lines.keys)))
    for line, key in enumerate(lines.keys.itertuples(index=False, name=None)):
        place = crc32("/".join(map(str, key)).encode())
        noise[:, :, line] = normals(uniforms(seed, EXITS_LAYER, place, everyone, elapsed, RESERVED))
    for first in range(0, n, CHUNK):
        chunk = range(first, min(first + CHUNK, n))
        yield chunk, shifts[first : chunk.stop], noise[first : chunk.stop]
