"""What holds for the kernel, whatever the figures: nobody appears or vanishes; the cut of the work is nowhere seen."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from demografi import cohort

AGES, REGIONS, DRAWS, YEARS = 12, 13, 34, 4
MODES = ["counts", "rates", "pool", "destinations"]


def shares_of(random: np.random.Generator, *shape: int) -> np.ndarray:
    raw = random.uniform(0, 1, shape)
    return raw / raw.sum(axis=2, keepdims=True)


def migration_of(mode: str, random: np.random.Generator) -> object:
    out = (random.uniform(0, 0.3, (AGES, 2, 1, DRAWS)), random.uniform(0.5, 1.5, (AGES, 2, REGIONS, 1)))
    abroad = {
        "immigration": random.uniform(0, 5, (AGES, 2, REGIONS, 1)),
        "emigration": random.uniform(0, 0.1, (AGES, 2, 1, 1)),
    }
    match mode:
        case "counts":
            return cohort.NetCounts(random.normal(0, 20, (AGES, 2, REGIONS, 1)))
        case "rates":
            return cohort.NetRates(random.uniform(-0.2, 0.2, (AGES, 2, REGIONS, 1)))
        case "pool":
            return cohort.Pool(out, shares_of(random, AGES, 2, REGIONS, 1), **abroad)
        case _:
            shares = shares_of(random, 3, REGIONS, REGIONS)
            return cohort.Destinations(out, shares, np.arange(AGES) // 4, **abroad)


def country(mode: str) -> tuple[np.ndarray, list[cohort.Rates]]:
    random = np.random.default_rng(11)
    fertility = random.uniform(0, 0.3, (AGES, 1, DRAWS))
    fertility[[0, -1]] = 0
    ratio = random.uniform(0.8, 1.2, (1, 1, REGIONS, 1))
    years = [
        cohort.Rates(random.uniform(0.7, 1, (AGES, 2, 1, DRAWS)), fertility, 0.51, migration_of(mode, random), ratio)
        for _ in range(YEARS)
    ]
    return random.lognormal(3, 2, (AGES, 2, REGIONS, 1)), years


def only(years: list[cohort.Rates], regions: np.ndarray, draws: slice) -> list[cohort.Rates]:
    """Take the rates of some regions, in that order, and of some draws."""

    def take(value):
        if isinstance(value, tuple):
            return tuple(take(factor) for factor in value)
        if value.ndim < 3 or value.shape[1:] == (REGIONS, REGIONS):
            return value[:, regions][:, :, regions] if value.ndim == 3 else value
        by_region = value[..., regions, :] if value.shape[-2] > 1 else value
        return by_region[..., draws] if value.shape[-1] > 1 else by_region

    def of(rates: cohort.Rates) -> cohort.Rates:
        kind = type(rates.migration)
        migration = kind(**{name: take(value) for name, value in vars(rates.migration).items()})
        return cohort.Rates(
            take(rates.survival), take(rates.fertility), rates.share_boys, migration, take(rates.mortality_ratio)
        )

    return [of(rates) for rates in years]


def carried(mode, timing="end", population=None, years=None, **how) -> cohort.Carried:
    start, given = country(mode)
    keep = cohort.Keep(groups=np.repeat(np.eye(3), 4, axis=1), quantiles=(0.1, 0.5), flows=True)
    start = start if population is None else population
    return cohort.carry(start, years or given, timing=timing, births="after", keep=keep, **how)


def assert_same(ours: cohort.Carried, theirs: cohort.Carried, mode: str) -> None:
    pairs = [*zip(ours[:2], theirs[:2], strict=True), (ours.quantiles, theirs.quantiles)]
    pairs += [(ours.flows[name], theirs.flows[name]) for name in cohort.FLOWS]
    for one, other in pairs:
        if mode == "destinations":
            assert np.abs(one - other).max() <= 1e-12 * max(1, np.abs(other).max())
        else:
            assert np.array_equal(one, other)
    assert np.array_equal(ours.clamped, theirs.clamped)


every_mode = pytest.mark.parametrize("mode", MODES)


@every_mode
@pytest.mark.parametrize("timing", ["end", "even"])
def test_threads_chunks_and_blocks_change_no_bit(mode, timing):
    whole = carried(mode, timing, blocks=cohort.Blocks(threads=1, draws=DRAWS, regions=REGIONS))
    for blocks in (
        cohort.Blocks(),
        cohort.Blocks(threads=3, draws=7, regions=5),
        cohort.Blocks(threads=2, draws=1, regions=1),
        cohort.Blocks(threads=4, draws=32, regions=12),
    ):
        assert_same(carried(mode, timing, blocks=blocks), whole, mode)


@pytest.mark.parametrize(("mode", "dtype"), [*((mode, np.float64) for mode in MODES), ("pool", np.float32)])
def test_the_order_of_regions_changes_no_bit(mode, dtype):
    whole = carried(mode, dtype=dtype)
    start, years = country(mode)
    order = np.random.default_rng(5).permutation(REGIONS)
    shuffled = carried(mode, population=start[:, :, order], years=only(years, order, slice(None)), dtype=dtype)
    back = np.argsort(order)
    ours = cohort.Carried(
        shuffled.last[:, :, back],
        shuffled.groups[..., back, :],
        {name: flow[..., back, :] for name, flow in shuffled.flows.items()},
        shuffled.quantiles[..., back],
        shuffled.clamped[:, back],
    )
    assert_same(ours, whole, mode)


def test_in_float32_blocks_change_no_bit_of_a_pool_and_whoever_leaves_arrives():
    whole = carried("pool", dtype=np.float32)
    assert_same(carried("pool", dtype=np.float32, blocks=cohort.Blocks(threads=2, draws=7, regions=5)), whole, "pool")
    out, into = (whole.flows[name].sum(axis=(1, 2, 3), dtype=np.float64) for name in ("moved_out", "moved_in"))
    assert np.allclose(out, into, rtol=1e-6)


@every_mode
def test_draws_carried_apart_are_the_draws_carried_together(mode):
    whole = carried(mode)
    start, years = country(mode)
    parts = [
        carried(mode, population=start, years=only(years, np.arange(REGIONS), slice(a, b)))
        for a, b in ((0, 1), (1, 20), (20, DRAWS))
    ]
    last = np.concatenate([part.last for part in parts], axis=-1)
    close = np.allclose if mode == "destinations" else np.array_equal
    assert close(last, whole.last)
    assert sum(part.clamped for part in parts).tolist() == whole.clamped.tolist()


@every_mode
@pytest.mark.parametrize("timing", ["end", "even"])
def test_start_births_deaths_migration_and_noise_make_the_end_in_every_cell(mode, timing):
    start, years = country(mode)
    stocks, worst, leaks = [np.broadcast_to(start, (AGES, 2, REGIONS, DRAWS))], [], []

    def balance(year: cohort.Drawn) -> None:
        before = np.zeros_like(year.population)
        before[1:] = stocks[-1][:-1]
        before[-1] += stocks[-1][-1]
        before[0] = year.births.sum(axis=0)
        worst.append(np.abs(before - year.deaths + year.net_migration + year.noise - year.population).max())
        leaks.append(np.abs((year.moved_in - year.moved_out).sum(axis=2)).max())
        stocks.append(year.population.copy())
        assert year.population.min() >= 0

    noise = np.random.default_rng(3).normal(0, 1, (YEARS, AGES, 2, REGIONS, DRAWS))
    cohort.carry(start, years, timing=timing, births="before", noise=noise, keep=cohort.Keep(each_year=balance))
    scale = max(stock.max() for stock in stocks)
    assert max(worst) <= 1e-14 * scale
    assert max(leaks) <= 1e-13 * scale
    assert len(worst) == YEARS


@every_mode
def test_quantiles_and_groups_are_those_of_the_cells(mode):
    seen = []
    start, years = country(mode)
    groups = np.repeat(np.eye(3), 4, axis=1)
    probabilities = (0.0, 0.025, 0.5, 0.9, 1.0)
    keep = cohort.Keep(
        groups=groups,
        quantiles=probabilities,
        open_age=9,
        flows=True,
        each_year=lambda year: seen.append((year.population.copy(), year.net_migration.copy(), year.births.copy())),
    )
    run = cohort.carry(start, years, timing="end", births="before", keep=keep)
    for year, (stock, net, births) in enumerate(seen):
        closed = cohort.narrow(stock, 9)
        assert np.array_equal(run.quantiles[year], np.quantile(closed, probabilities, axis=-1))
        for flow, ours in ((stock, run.groups), (net, run.flows["net_migration"]), (births, run.flows["births"])):
            assert np.allclose(ours[year], np.einsum("ga,asrd->gsrd", groups, flow), rtol=1e-12, atol=1e-9)
    assert np.array_equal(run.last, closed)


def test_noise_from_a_function_of_the_place_does_not_depend_on_the_cut():
    def noise(place: cohort.Place, lives: cohort.Lives) -> np.ndarray:
        numbers = np.random.default_rng([place.year]).normal(0, 1, (AGES, 2, REGIONS, DRAWS))
        of_place = numbers[place.ages, :, place.regions, place.draws]
        return lives.expected + of_place * np.sqrt(lives.expected)

    start, years = country("pool")
    runs = [
        cohort.carry(start, years, timing="end", births="before", noise=noise, blocks=blocks)
        for blocks in (cohort.Blocks(), cohort.Blocks(threads=2, draws=11, regions=4))
    ]
    assert np.array_equal(runs[0].last, runs[1].last)
    assert runs[0].clamped.sum() == runs[1].clamped.sum() > 0


@given(
    st.integers(1, 1100),
    st.sampled_from([np.float64, np.float32]),
    st.sampled_from([1e-13, 0.02, 4.0]),
    st.sampled_from([1, 20]),
    st.integers(0, 2**32 - 1),
)
@settings(max_examples=120, deadline=None)
def test_quantiles_are_numpys_for_any_number_of_draws(draws, dtype, spread, digits, seed):
    """Draws close together, far apart, and tied."""
    random = np.random.default_rng(seed)
    values = np.round(random.lognormal(random.normal(0, 3, (3, 1)), spread, (3, draws)), digits).astype(dtype)
    probabilities = (0.0, 0.025, 1 / 3, 0.5, 0.9, 1.0)
    ours, theirs = cohort.quantiles(values, probabilities), np.quantile(values, probabilities, axis=-1)
    assert np.allclose(ours, theirs, rtol=1e-12 if dtype == np.float64 else 1e-6, atol=1e-6)
    if dtype == np.float64:
        assert np.array_equal(ours, theirs)


@pytest.mark.parametrize("turn", [1, -1])
def test_draws_in_a_heap_and_far_away_are_told_apart(turn):
    """Half of them in a heap of 1e-9, half far away: ranks at the edge of the heap, on either side."""
    random = np.random.default_rng(3)
    heap, far = 1 + 1e-9 * random.random(499), random.uniform(1e5, 1e6, 500)
    values = turn * random.permutation(np.concatenate([[-1e6], heap, far]))
    for probability in np.arange(490, 510) / 999:
        assert np.array_equal(cohort.quantiles(values, (probability,)), np.quantile(values, (probability,)))


def test_a_wider_open_age_keeps_the_sum_and_narrows_back():
    survival = np.linspace(1, 0.3, 16).reshape(16, 1, 1, 1)
    population = np.random.default_rng(1).uniform(0, 9, (11, 2, 3, 1))
    wide = cohort.widen(population, survival)
    assert wide.shape == (16, 2, 3, 1)
    assert np.allclose(cohort.narrow(wide, 10), population, rtol=1e-14)


def test_a_higher_internal_open_age_gives_the_same_people_below_it():
    survival = np.linspace(1, 0.3, 16).reshape(16, 1, 1, 1)
    nobody = np.zeros((1, 1, 1, 1))
    random = np.random.default_rng(1)
    low, high = (
        cohort.carry(
            cohort.widen(random.uniform(0, 9, (11, 2, 3, 1)) if ages == 11 else start, survival[:ages]),
            [cohort.Rates(survival[:ages], np.zeros((1, 1, 1)), 0.5, cohort.NetCounts(nobody))] * 5,
            timing="end",
            births="before",
            keep=cohort.Keep(open_age=10),
        ).last
        for ages, start in ((11, None), (16, np.random.default_rng(1).uniform(0, 9, (11, 2, 3, 1))))
    )
    assert np.array_equal(low[:10], high[:10])
    assert (high[10] < low[10]).all()
