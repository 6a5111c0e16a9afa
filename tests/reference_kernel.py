"""The year as plain loops over region, sex, age and draw: slow, and written to be read against the equations.

Arrays are whole, (age, sex, region, draw), and fertility (age, region, draw). Nothing here
is shared with the kernel it is held against.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from demografi.cohort import Destinations, NetCounts, NetRates, Pool

FEMALE, MALE = 0, 1


class Reference(NamedTuple):
    population: np.ndarray
    births: np.ndarray
    """(age of mother, sex of child, region, draw)"""
    deaths: np.ndarray
    moved_in: np.ndarray
    moved_out: np.ndarray
    immigration: np.ndarray
    emigration: np.ndarray
    net_migration: np.ndarray
    clamped: np.ndarray


def whole(value: Any, shape: tuple[int, ...], absent: float = 0.0) -> np.ndarray:
    """Multiply the factors of a rate out."""
    if isinstance(value, tuple) and not value:
        return np.full(shape, absent)
    result = np.ones(shape)
    for factor in value if isinstance(value, tuple) else (value,):
        result = result * factor
    return result


def year(population: np.ndarray, rates: Any, timing: str, births: str) -> Reference:
    n_ages, _, n_regions, n_draws = shape = population.shape
    last = n_ages - 1
    flows = {name: np.zeros(shape) for name in ("moved_in", "moved_out", "immigration", "emigration", "net_migration")}
    clamped = np.zeros(n_regions, int)

    # 1. Even migration: half of it happens first, to people at the age they have at the start of the year.
    start = population.copy()
    if timing == "even":
        start, moved, held = migrate(start, rates.migration, 0.5)
        clamped += held
        for name, flow in moved.items():
            for age in range(n_ages):
                flows[name][min(age + 1, last)] += flow[age]

    # 2. Everybody grows a year older; some die. 3. Migration at the end of the year, of all who are not newborn.
    share_dying = (1 - np.broadcast_to(rates.survival, shape)) * whole(rates.mortality_ratio, shape, absent=1)
    end, deaths = grow_older(start, share_dying)
    part = 0.5 if timing == "even" else 1.0
    after, _, _ = migrate(end.copy(), rates.migration, part)

    # 4. Births by the mean of the women at both ends of the year.
    fertility = whole(rates.fertility, (n_ages, n_regions, n_draws))
    born = bear(start, end if births == "before" else after, fertility, rates.share_boys)

    # 5. The newborn survive to 31 December; then all migrate, newborn too.
    for draw in range(n_draws):
        for region in range(n_regions):
            for sex in (FEMALE, MALE):
                newborn = sum(born[age, sex, region, draw] for age in range(n_ages))
                deaths[0, sex, region, draw] = newborn * share_dying[0, sex, region, draw]
                end[0, sex, region, draw] = newborn - deaths[0, sex, region, draw]
    end, moved, held = migrate(end, rates.migration, part)
    clamped += held
    for name, flow in moved.items():
        flows[name] += flow
    flows["net_migration"] += flows["moved_in"] - flows["moved_out"] + flows["immigration"] - flows["emigration"]
    return Reference(end, born, deaths, **flows, clamped=clamped)


def grow_older(start: np.ndarray, share_dying: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    n_ages, _, n_regions, n_draws = shape = start.shape
    last = n_ages - 1
    end, deaths = np.zeros(shape), np.zeros(shape)
    for draw in range(n_draws):
        for region in range(n_regions):
            for sex in (FEMALE, MALE):
                for age in range(1, n_ages):
                    cohort = start[age - 1, sex, region, draw]
                    if age == last:
                        cohort = cohort + start[last, sex, region, draw]
                    deaths[age, sex, region, draw] = cohort * share_dying[age, sex, region, draw]
                    end[age, sex, region, draw] = cohort - deaths[age, sex, region, draw]
    return end, deaths


def bear(start: np.ndarray, end: np.ndarray, fertility: np.ndarray, share_boys: float) -> np.ndarray:
    n_ages, n_regions, n_draws = fertility.shape
    born = np.zeros((n_ages, 2, n_regions, n_draws))
    for draw in range(n_draws):
        for region in range(n_regions):
            for age in range(1, n_ages - 1):
                women = (start[age, FEMALE, region, draw] + end[age, FEMALE, region, draw]) / 2
                children = fertility[age, region, draw] * women
                born[age, FEMALE, region, draw] = children * (1 - share_boys)
                born[age, MALE, region, draw] = children * share_boys
    return born


def migrate(persons: np.ndarray, migration: Any, part: float) -> tuple[np.ndarray, dict[str, np.ndarray], np.ndarray]:
    n_ages, _, n_regions, n_draws = shape = persons.shape
    end = persons.copy()
    flows = {name: np.zeros(shape) for name in ("moved_in", "moved_out", "immigration", "emigration", "net_migration")}
    held = np.zeros(n_regions, int)
    cells = [
        (age, sex, region, draw)
        for age in range(n_ages)
        for sex in (FEMALE, MALE)
        for region in range(n_regions)
        for draw in range(n_draws)
    ]
    if isinstance(migration, NetCounts | NetRates):
        is_counts = isinstance(migration, NetCounts)
        given = whole(migration.persons if is_counts else migration.rates, shape)
        for cell in cells:
            net = part * given[cell] * (1 if is_counts else persons[cell])
            if net < -persons[cell]:
                net = -persons[cell]
                held[cell[2]] += 1
            flows["net_migration"][cell] = net
            end[cell] = persons[cell] + net
        return end, flows, held
    out, away, coming = (whole(value, shape) for value in (migration.out, migration.emigration, migration.immigration))
    shares = whole(migration.shares, shape) if isinstance(migration, Pool) else migration.shares
    for cell in cells:
        flows["moved_out"][cell] = part * out[cell] * persons[cell]
        flows["emigration"][cell] = part * away[cell] * persons[cell]
        flows["immigration"][cell] = part * coming[cell]
    for age, sex, region, draw in cells:
        leavers = flows["moved_out"][age, sex, :, draw]
        for origin in range(n_regions):
            if isinstance(migration, Destinations):
                share = shares[migration.group_of_age[age], origin, region]
            else:
                share = shares[age, sex, region, draw]
            flows["moved_in"][age, sex, region, draw] += share * leavers[origin]
    end = persons - flows["moved_out"] - flows["emigration"] + flows["moved_in"] + flows["immigration"]
    return end, flows, held
