"""Chance in single lives: moments against theory, counts against their distribution, the same bits for any cut."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats

from demografi import cohort
from demografi.cohort import chance
from demografi.errors import ScenarioError

AGES, REGIONS = 6, 3
SIZES = np.array([1.0, 40.0, 900.0])
"""Persons in every cell of a region: one is under the bound for counts."""
ALIVE = np.array([0.99, 0.97, 0.9, 0.8, 0.6, 0.4])
OUT, EMIGRATION, IMMIGRATION = 0.1, 0.05, 2.0


def country(draws: int, migration: str = "pool") -> tuple[np.ndarray, cohort.Rates]:
    """Make a start of whole persons and rates that are the same for all draws."""
    start = np.broadcast_to(SIZES[None, None, :, None], (AGES, 2, REGIONS, draws)).copy()
    survival = np.broadcast_to(ALIVE[:, None, None, None], (AGES, 2, 1, draws))
    fertility = np.array([0.0, 0.2, 0.3, 0.0, 0.0, 0.0])[:, None, None]
    everywhere = np.ones((AGES, 2, REGIONS, 1))
    by = {
        "pool": cohort.Pool(OUT * everywhere, everywhere / REGIONS, IMMIGRATION * everywhere, EMIGRATION * everywhere),
        "abroad": cohort.Pool(
            0 * everywhere, everywhere / REGIONS, IMMIGRATION * everywhere, (OUT + EMIGRATION) * everywhere
        ),
        "none": cohort.NetCounts(0 * everywhere),
        "net in": cohort.NetCounts(2 * everywhere),
        "net out": cohort.NetRates(-0.1 * everywhere),
    }
    return start, cohort.Rates(survival, fertility, 0.5, by[migration])


def carried(noise: cohort.Noise | None, draws: int, years: int = 1, **said: object) -> cohort.Carried:
    """Carry the country on."""
    start, rates = country(draws, str(said.pop("migration", "pool")))
    words = {"timing": "end", "births": "before", **said}
    return cohort.carry(start, [rates] * years, noise=noise, **words)  # type: ignore[arg-type]  # words of several types


def variance(migration: str) -> np.ndarray:
    """Return what theory says of one year, (age, sex, region): N·x·(1 − x) + A, and all of age 0."""
    expected = carried(None, 1, migration=migration).last[..., 0]
    at_risk = np.broadcast_to(SIZES, (AGES, 2, REGIONS)).copy()
    at_risk[-1] *= 2
    stay = {"pool": 1 - OUT - EMIGRATION, "net out": 0.9}.get(migration, 1.0)
    stayed = at_risk * ALIVE[:, None, None] * stay
    stayed[0] = 0
    return np.asarray(expected - stayed**2 / at_risk)


@pytest.mark.parametrize("migration", ["pool", "none", "net in", "net out"])
@pytest.mark.parametrize("counts_below", [0.0, 5.0, np.inf])
def test_mean_and_variance_of_every_cell_are_those_of_theory(migration: str, counts_below: float) -> None:
    draws = 20_000
    last = carried(cohort.demographic_noise(7, counts_below=counts_below), draws, migration=migration).last
    expected, theory = carried(None, 1, migration=migration).last[..., 0], variance(migration)
    cells = (
        slice(1, None) if counts_below == 0 else slice(None)
    )  # held at nobody, a normal of three persons is no longer one
    z = (last.mean(axis=-1) - expected) / np.sqrt(theory / draws)
    assert np.abs(z[:, :, cells]).max() < 4.5
    # The fourth moment of counts: the variance of a sample's variance is (κ4 + 2σ⁴) / n, and κ4 is at most σ².
    error = np.sqrt((theory + 2 * theory**2) / draws)
    assert (np.abs(last.var(axis=-1) - theory) / error)[:, :, cells].max() < 4.5


def test_small_cells_are_not_too_high_on_average() -> None:
    """Normal numbers held at nobody are; counts are not."""
    draws, small = 20_000, (slice(1, None), slice(None), 0)
    expected = carried(None, 1, migration="none").last[..., 0]
    error = np.sqrt(variance("none") / draws)
    above = {
        below: (
            (
                carried(cohort.demographic_noise(2, counts_below=below), draws, migration="none").last.mean(axis=-1)
                - expected
            )
            / error
        )
        for below in (0.0, 5.0)
    }
    assert above[0.0][small].max() > 6
    assert np.abs(above[5.0][small]).max() < 4.5


def test_counts_have_the_distribution_of_a_binomial_and_a_poisson_count() -> None:
    draws = 50_000
    last = carried(cohort.demographic_noise(3, counts_below=np.inf), draws).last
    expected = carried(None, 1).last[..., 0]
    for age, region in ((2, 0), (4, 1), (0, 1)):
        at_risk, share = SIZES[region], ALIVE[age] * (1 - OUT - EMIGRATION)
        if age == 0:
            at_risk, share = 0, 0.0
        most = int(expected[age, 0, region] + 10 * np.sqrt(expected[age, 0, region]) + 10)
        stayed = stats.binom.pmf(np.arange(int(at_risk) + 1), int(at_risk), share)
        arrived = stats.poisson.pmf(np.arange(most + 1), expected[age, 0, region] - at_risk * share)
        wanted = np.convolve(stayed, arrived)[: most + 1] * draws
        seen = np.bincount(last[age, 0, region].astype(int), minlength=most + 1)[: most + 1]
        kept = wanted > 10
        table = [np.append(counts[kept], counts[~kept].sum() + 1e-9) for counts in (seen, wanted)]
        assert stats.chisquare(table[0], table[1] * table[0].sum() / table[1].sum()).pvalue > 1e-4


def test_whole_counts_stay_whole() -> None:
    for timing in ("end", "even"):
        last = carried(cohort.demographic_noise(3, counts_below=np.inf), 50, years=12, timing=timing).last
        assert np.array_equal(last, np.round(last))
        assert last.min() >= 0


def test_parts_of_a_person_are_rounded_so_that_the_mean_stays() -> None:
    start, rates = country(40_000, "none")
    noise = cohort.demographic_noise(8, counts_below=np.inf)
    last = cohort.carry(start + 0.4, [rates], timing="end", births="before", noise=noise).last[1:]
    expected = cohort.carry(start[..., :1] + 0.4, [rates], timing="end", births="before").last[1:, ..., 0]
    assert np.array_equal(last, np.round(last))
    assert (np.abs(last.mean(axis=-1) - expected) / (last.std(axis=-1) / np.sqrt(40_000))).max() < 4.5


def test_migration_at_both_ends_of_the_year_has_chance_at_both() -> None:
    """Of those who stayed through both halves and the year, and of those who came at the start and lived."""
    draws, said = 20_000, {"timing": "even", "migration": "abroad"}
    last = carried(cohort.demographic_noise(5, counts_below=np.inf), draws, **said).last
    expected = carried(None, 1, **said).last[..., 0]
    halves = (1 - (OUT + EMIGRATION) / 2) ** 2
    at_risk = np.broadcast_to(SIZES, (AGES, 2, REGIONS)).copy()
    at_risk[-1] *= 2
    stayed = at_risk * ALIVE[:, None, None] * halves
    stayed[0] = 0
    theory = expected - stayed**2 / at_risk
    error = np.sqrt((theory + 2 * theory**2) / draws)
    assert (np.abs(last.var(axis=-1) - theory) / error)[1:].max() < 4.5
    assert (np.abs(last.mean(axis=-1) - expected) / np.sqrt(theory / draws)).max() < 4.5


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("timing", ["end", "even"])
@pytest.mark.parametrize("counts_below", [0.0, 5.0, np.inf])
def test_no_cut_changes_a_bit(dtype: type, timing: str, counts_below: float) -> None:
    noise = cohort.demographic_noise(11, counts_below=counts_below)
    runs = [
        carried(noise, 150, years=3, timing=timing, dtype=dtype, blocks=blocks).last
        for blocks in (cohort.Blocks(), cohort.Blocks(threads=2, draws=11, regions=1), cohort.Blocks(1, 2, 70))
    ]
    assert all(np.array_equal(runs[0], run) for run in runs[1:])


def test_a_draw_is_the_same_however_many_there_are_and_seeds_differ() -> None:
    few, many = (carried(cohort.demographic_noise(11), draws, years=3, migration="none").last for draws in (70, 150))
    assert np.array_equal(few, many[..., :70])
    other = carried(cohort.demographic_noise(12), 70, years=3, migration="none").last
    assert not np.array_equal(few, other)


def test_cells_years_and_draws_do_not_go_together() -> None:
    draws = 20_000
    seen: list[np.ndarray] = []
    keep = cohort.Keep(each_year=lambda year: seen.append(year.noise.copy()))
    start, rates = country(draws, "none")
    noise = cohort.demographic_noise(1)
    cohort.carry(start, [rates] * 2, timing="end", births="before", noise=noise, keep=keep)
    cells = np.concatenate([year[1:, :, 1:].reshape(-1, draws) for year in seen])
    together = np.corrcoef(cells)
    assert np.abs(together[np.triu_indices(len(together), 1)]).max() < 5 / np.sqrt(draws)
    next_draw = np.array([np.corrcoef(cell[:-1], cell[1:])[0, 1] for cell in cells])
    assert np.abs(next_draw).max() < 5 / np.sqrt(draws)


def test_two_scenarios_of_one_seed_share_their_chance() -> None:
    """A difference of rates is seen through far less noise than two runs of different seeds have."""
    start, rates = country(4000, "none")
    better = cohort.Rates(rates.survival + 0.01, rates.fertility, 0.5, rates.migration)

    def gain(seed: int) -> np.ndarray:
        runs = [
            cohort.carry(start, [each], timing="end", births="before", noise=cohort.demographic_noise(s)).last
            for each, s in ((rates, 1), (better, seed))
        ]
        return np.asarray((runs[1] - runs[0])[3, 0, 2])

    assert gain(1).std() < 0.1 * gain(2).std()
    assert gain(1).mean() == pytest.approx(9, rel=0.05)


def test_counts_are_quantiles_of_their_distribution() -> None:
    random = np.random.default_rng(4)
    n = 4000
    uniform, share = random.random(n), np.concatenate([random.random(n - 4), [0, 1, 1e-9, 1 - 1e-9]])
    for most in (6, 300, 20_000):
        persons = np.floor(random.uniform(0, most, n))
        assert_quantiles(
            chance._binomial(uniform, persons, share), lambda p, k: stats.binom.cdf(k, p, share), uniform, persons
        )
        mean = random.uniform(0, most, n)
        assert_quantiles(chance._poisson(uniform, mean), lambda m, k: stats.poisson.cdf(k, m), uniform, mean)


def assert_quantiles(
    found: np.ndarray, cdf: Callable[[np.ndarray, np.ndarray], np.ndarray], uniform: np.ndarray, of: np.ndarray
) -> None:
    """Hold that each is the least count whose probability, with all below, reaches the number; by 1e-9."""
    assert (cdf(of, found) >= uniform - 1e-9).all()
    assert (cdf(of, found - 1) <= uniform + 1e-9).all()


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"seed": -1}, ["-1", "0 or more"]),
        ({"seed": True}, ["True", "whole number"]),
        ({"seed": 1.5}, ["1.5", "seed=1"]),
        ({"seed": 1, "counts_below": -2}, ["counts_below", "-2"]),
        ({"seed": 1, "counts_below": float("nan")}, ["counts_below", "nan"]),
    ],
)
def test_refusals(said: dict[str, object], words: list[str]) -> None:
    with pytest.raises(ScenarioError) as refused:
        cohort.demographic_noise(**said)  # type: ignore[arg-type]  # wrong types are what is tested
    assert all(word in str(refused.value) for word in words)
