"""Joint draws: moments against theory, who shares what, same seed same bytes, and what is refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import kstest

from demografi.errors import ScenarioError
from demografi.rates.pooling import Floats, Ints
from demografi.sources import shipped
from demografi.uncertainty import (
    GROUPS,
    ErrorModel,
    PastErrors,
    cell_factors,
    check_draws,
    check_level,
    check_seed,
    draw_factors,
    fit_errors,
    from_rows,
    quantiles,
    to_rows,
)
from demografi.uncertainty.calibration import known_by, local_factors, national_factors, surprise
from demografi.uncertainty.fitting import estimate, national_loadings
from demografi.uncertainty.model import growth, local_variance

G, HORIZON, DRAWS = len(GROUPS), 6, 6000
NEVER = 1e6
"""Degrees of freedom at which Student's t is the normal distribution."""


def correlated(value: float) -> Floats:
    return np.full((G, G), value) + (1 - value) * np.eye(G)


def model(**changed: object) -> ErrorModel:
    steps = np.arange(1, HORIZON + 1, dtype=float)[:, None]
    national = np.stack([0.004 * steps * np.ones(G), 0.002 * steps * np.linspace(-1, 1, G)])
    made = ErrorModel(
        outcomes_to=2016,
        national=national,
        county_variance=np.stack([np.full(G, 2e-5), np.full(G, 1e-5)]),
        county_correlation=correlated(0.6),
        noise_variance=np.stack([np.full(G, 0.2), np.full(G, 0.01)]),
        noise_correlation=correlated(0.1),
        rate_variance=np.stack([np.full(G, 1e-5), np.full(G, 2e-5)]),
        rate_correlation=correlated(0.5),
        freedom=np.full(3, NEVER),
    )
    return replace(made, **changed)


def persons(places: int = 3, each: float = 400.0) -> Floats:
    return np.full((HORIZON + 1, places, G), each)


def test_the_launch_is_certain_and_a_draw_is_positive() -> None:
    factors = draw_factors(model(), persons(), np.array([0, 0, 1]), 100, 1)
    assert factors.shape == (100, HORIZON + 1, 3, G)
    assert (factors[:, 0] == 1.0).all()
    assert (factors > 0).all()


def test_variances_of_draws_are_those_of_the_model() -> None:
    made = model()
    logs = np.log(draw_factors(made, persons(), np.array([0, 0, 1]), DRAWS, 2))[:, 1:]
    theory = (made.national**2).sum(axis=0) + growth(made.county_variance, HORIZON)
    theory = theory[:, None] + local_variance(made, persons())[1:]
    np.testing.assert_allclose(logs.var(axis=0), theory, rtol=0.12)


def test_chance_in_single_lives_keeps_the_expected_number() -> None:
    quiet = {name: np.zeros((2, G)) for name in ("county_variance", "rate_variance")}
    made = model(national=np.zeros((1, HORIZON, G)), **quiet)
    factors = draw_factors(made, persons(each=50.0), np.arange(3), DRAWS, 3)
    np.testing.assert_allclose(factors.mean(axis=0), 1.0, atol=0.012)


def test_noise_falls_with_the_number_of_persons() -> None:
    quiet = {name: np.zeros((2, G)) for name in ("county_variance", "rate_variance")}
    made = model(national=np.zeros((1, HORIZON, G)), **quiet)
    few, many = (np.log(draw_factors(made, persons(1, n), np.zeros(1, int), 2000, 4))[:, -1] for n in (100.0, 10000.0))
    assert few.std() / many.std() == pytest.approx(10.0, rel=0.05)


@pytest.mark.parametrize("pair", [(0, 1), (0, 2)])
def test_places_share_what_the_nation_and_their_county_share(pair: tuple[int, int]) -> None:
    made, counties = model(), np.array([7, 7, 9])
    logs = np.log(draw_factors(made, persons(), counties, DRAWS, 5))[:, -1, :, 3]
    shared = (made.national[:, -1, 3] ** 2).sum()
    if counties[pair[0]] == counties[pair[1]]:
        shared += growth(made.county_variance, HORIZON)[-1, 3]
    whole = np.sqrt(np.prod([logs[:, place].var() for place in pair]))
    assert np.corrcoef(logs[:, pair[0]], logs[:, pair[1]])[0, 1] == pytest.approx(shared / whole, abs=0.04)


def test_what_has_gone_wrong_stays_wrong() -> None:
    made = model()
    logs = np.log(draw_factors(made, persons(1), np.zeros(1, int), DRAWS, 6))[:, 1:, 0, 0]
    early, late = 2.0, float(HORIZON)
    variance = made.rate_variance + made.county_variance + made.noise_variance / 400.0
    shared = variance[0, 0] * early + variance[1, 0] * early * late
    shared += (made.national[:, 1, 0] * made.national[:, -1, 0]).sum()
    assert np.cov(logs[:, 1], logs[:, -1])[0, 1] == pytest.approx(shared, rel=0.12)


def test_the_interval_of_a_sum_is_narrower_than_the_sum_of_intervals() -> None:
    projected = persons(10)
    drawn = draw_factors(model(), projected, np.arange(10) // 5, 1000, 7)[:, -1] * projected[-1]
    for axis in (1, 2):
        low, high = quantiles(drawn, 0.8)
        low_sum, high_sum = quantiles(drawn.sum(axis=axis), 0.8)
        assert ((high_sum - low_sum) < (high - low).sum(axis=axis - 1)).all()


@pytest.mark.parametrize("size", [1, 7, 10, 50])
def test_the_same_seed_gives_the_same_bytes_in_any_chunks(size: int) -> None:
    made = model(freedom=np.array([6.0, 6.0, 12.0]))
    counties = np.array([0, 0, 1])
    whole = draw_factors(made, persons(), counties, 200, 8)
    parts = [draw_factors(made, persons(), counties, range(k, min(k + size, 200)), 8) for k in range(0, 200, size)]
    assert np.concatenate(parts).tobytes() == whole.tobytes()
    assert draw_factors(made, persons(), counties, 200, 9).tobytes() != whole.tobytes()


def test_a_place_alone_has_the_draws_it_has_among_others() -> None:
    codes = np.array([5055, 1576, 301])
    everyone = draw_factors(model(), persons(), np.array([50, 15, 3]), 50, 1, places=codes)
    alone = draw_factors(model(), persons(1), np.array([15]), 50, 1, places=codes[1:2])
    assert alone.tobytes() == np.ascontiguousarray(everyone[:, :, 1:2]).tobytes()


def test_a_longer_horizon_begins_with_the_shorter() -> None:
    short = draw_factors(model(), persons()[:4], np.zeros(3, int), 50, 1)
    assert (
        short.tobytes()
        == np.ascontiguousarray(draw_factors(model(), persons(), np.zeros(3, int), 50, 1)[:, :4]).tobytes()
    )


def test_ages_of_a_group_share_its_factor() -> None:
    spread = cell_factors(np.arange(G, dtype=float), 106)
    assert spread.shape == (106,)
    assert spread[[0, 5, 6, 79, 80, 89, 90, 105]].tolist() == [0, 0, 1, 5, 6, 6, 7, 7]


def test_a_stored_model_draws_the_same_to_four_digits() -> None:
    made = model()
    again = from_rows(to_rows(made))
    assert again.outcomes_to == 2016
    assert again.furthest == HORIZON
    drawn = [draw_factors(m, persons(), np.zeros(3, int), 50, 1) for m in (made, again)]
    np.testing.assert_allclose(drawn[0], drawn[1], rtol=1e-4)


def test_the_model_that_ships_can_be_read_and_drawn_from() -> None:
    rows = shipped.read("projection_errors").fillna("").astype(str)
    made = from_rows(rows.itertuples(index=False, name=None))
    ahead = np.full((25, 1, G), 300.0)
    factors = draw_factors(made, ahead, np.array([50]), 400, 1, places=np.array([5055]))
    low, high = quantiles(factors, 0.8)
    assert made.outcomes_to == 2026
    assert ((low[1:] < 1) & (high[1:] > 1)).all()
    assert ((high - low)[-1] > (high - low)[1]).all()


def simulated(truth: ErrorModel, launches: int = 40, places: int = 60) -> tuple[PastErrors, Floats]:
    sizes = np.geomspace(30, 3000, places)
    projected = np.broadcast_to(sizes[:, None], (HORIZON + 1, places, G)).copy()
    counties = np.arange(places) % 6
    came = draw_factors(truth, projected, counties, launches, 11) * projected
    national = np.log(came.sum(axis=2) / projected.sum(axis=1))
    repeated = np.repeat(projected[None], launches, axis=0)
    eras = np.arange(launches) % 2
    return PastErrors(2016, national, repeated.sum(axis=2), eras, repeated, came, counties), projected


def test_the_fit_finds_the_truth_it_was_simulated_from() -> None:
    truth = model()
    past, projected = simulated(truth)
    fitted = fit_errors(past)
    ratio = local_variance(fitted, projected)[1:] / local_variance(truth, projected)[1:]
    assert np.abs(ratio.mean(axis=(0, 1)) - 1).max() < 0.2
    county = growth(fitted.county_variance, HORIZON) / growth(truth.county_variance, HORIZON)
    assert 0.6 < county.mean() < 1.4
    off = ~np.eye(G, dtype=bool)
    assert fitted.rate_correlation[off].mean() == pytest.approx(0.5, abs=0.15)
    assert fitted.noise_correlation[off].mean() == pytest.approx(0.1, abs=0.1)


def test_new_outcomes_of_the_simulated_truth_have_uniform_ranks() -> None:
    truth = model()
    past, projected = simulated(truth)
    fitted = replace(fit_errors(past), freedom=np.full(3, NEVER), national=truth.national)
    counties = past.counties
    # One place of each of many small countries of its own: ranks must be independent to be tested.
    ranks = []
    drawn = draw_factors(fitted, projected, counties, 400, 21)[:, -1]
    came = draw_factors(truth, projected, counties, 300, 22)[:, -1]
    for draw, outcome in enumerate(came):
        place, group = draw % projected.shape[1], draw % G
        ranks.append((drawn[:, place, group] < outcome[place, group]).mean())
    assert kstest(ranks, "uniform").pvalue > 0.01
    assert kstest(np.array(ranks) ** 0.7, "uniform").pvalue < 0.01


def test_the_larger_era_counts_and_its_size_is_kept() -> None:
    random = np.random.default_rng(1)
    steps = np.sqrt(np.arange(1, HORIZON + 1))[:, None]
    paths = np.cumsum(random.normal(size=(40, HORIZON, G)), axis=1) * 0.01
    paths[:20] *= 3.0
    loadings = national_loadings(paths, np.repeat([0, 1], 20))
    size = np.sqrt((loadings**2).sum(axis=0))
    loud = np.maximum.accumulate(np.sqrt((paths[:20] ** 2).mean(axis=0)), axis=0)
    np.testing.assert_allclose(size, loud, rtol=1e-6)
    assert (size > 0.015 * steps).all()


def of_nation(errors: Floats, eras: Ints | None = None) -> PastErrors:
    """A record of the nation alone, every launch followed to its end."""
    launches, horizon, groups = errors.shape
    national = np.concatenate([np.zeros((launches, 1, groups)), errors], axis=1)
    one_era = np.zeros(launches, dtype=int) if eras is None else eras
    nobody = np.zeros((0, horizon + 1, 1, groups))
    return PastErrors(2016, national, np.full(national.shape, 1e5), one_era, nobody, nobody, np.zeros(1, dtype=int))


def test_the_nation_is_widened_only_where_its_record_was_outrun() -> None:
    random = np.random.default_rng(2)
    calm = 0.01 * random.normal(size=(90, HORIZON, G))
    surprised = calm.copy()
    surprised[30:, :, 2:5] *= np.linspace(1, 8, 60)[:, None, None]
    assert national_factors(of_nation(calm)) == pytest.approx(1.0, abs=0.15)
    factors = national_factors(of_nation(surprised))
    assert (factors[:, 1:5] > 1.3).all()
    assert factors[:, [0, 5, 6, 7]] == pytest.approx(1.0, abs=0.15)


def test_the_factor_of_the_nation_grows_with_years_ahead_and_stays_after_five() -> None:
    random = np.random.default_rng(3)
    surprised = 0.01 * random.normal(size=(40, HORIZON, G)) * np.linspace(1, 6, 40)[:, None, None]
    factors = national_factors(of_nation(surprised))
    assert (np.diff(factors[:5], axis=0) > 0).all()
    np.testing.assert_array_equal(factors[4], factors[5])


def test_what_comes_after_a_launch_does_not_change_how_surprised_it_was() -> None:
    errors = 0.01 * np.random.default_rng(4).normal(size=(30, HORIZON, G))
    launch, steps = 20, np.arange(30)[:, None] + np.arange(1, HORIZON + 1)
    after = (steps > launch)[:, :, None] & (np.arange(30) != launch)[:, None, None]
    kept, spoiled = (surprise(of_nation(e), launch, [(0, 1)]) for e in (errors, np.where(after, 9.0, errors)))
    np.testing.assert_array_equal(kept, spoiled)
    before = np.where((steps == launch)[:, :, None], 9.0, errors)
    assert (surprise(of_nation(before), launch, [(0, 1)]) < kept).all()


def test_births_and_moves_go_wrong_together_as_in_the_latest_era() -> None:
    random = np.random.default_rng(5)
    errors = 0.01 * random.normal(size=(40, HORIZON, G))
    errors[:20, :, 0] = -errors[:20, :, 3]
    errors[20:, :, 0] = errors[20:, :, 3]
    loadings = national_loadings(errors, np.repeat([0, 1], 20))[:, 2]
    assert (loadings[:, 0] * loadings[:, 3]).sum() / 1e-4 > 0.5


def test_places_that_were_given_too_narrow_intervals_are_widened_as_much() -> None:
    truth = model(county_variance=np.full((2, G), 1e-12))
    past, _ = simulated(truth, launches=20)
    place, _ = local_factors(estimate(past), past)
    assert place == pytest.approx(1.0, abs=0.15)
    doubled = 2 * np.log(past.observed / past.projected)
    late = np.arange(20)[:, None, None, None] >= 12
    wider = replace(past, observed=np.where(late, past.projected * np.exp(doubled), past.observed))
    assert local_factors(estimate(wider), wider)[0].mean() > place.mean() + 0.2


def test_a_launch_knows_only_outcomes_that_had_come() -> None:
    past, _ = simulated(model(), launches=8, places=3)
    known = known_by(past, 3)
    came = np.isfinite(known.observed).all(axis=(2, 3))
    assert came.tolist() == [[True] * 4, [True] * 3 + [False], [True] * 2 + [False] * 2]


def test_a_level_outside_zero_and_one_is_refused() -> None:
    with pytest.raises(ScenarioError) as refused:
        check_level(80)
    assert str(refused.value) == (
        "The level 80 of an interval is not between 0 and 1.\n"
        "  It is the share of outcomes that should fall inside.\n"
        "  Type: level=0.8"
    )
    for wrong in (0, 1, -0.1, True, "0.8", float("nan")):
        with pytest.raises(ScenarioError, match=r"level=0\.8"):
            check_level(wrong)  # type: ignore[arg-type]
    assert check_level(0.8) == 0.8


def test_too_few_draws_for_the_level_are_refused() -> None:
    with pytest.raises(ScenarioError) as refused:
        check_draws(99, 0.95)
    assert str(refused.value) == (
        "99 draws are too few for an interval of 95 %.\n"
        "  It takes at least 100; fewer leave its ends to single draws.\n"
        "  Type: draws=1000"
    )
    assert check_draws(100, 0.95) == 100
    assert check_draws(25, 0.8) == 25
    for wrong in (0, -5, 100.0, True, "1000"):
        with pytest.raises(ScenarioError, match="Type: draws=1000"):
            check_draws(wrong, 0.8)  # type: ignore[arg-type]
    with pytest.raises(ScenarioError, match="20 draws are too few"):
        quantiles(np.zeros((20, 3)), 0.8)


@pytest.mark.parametrize("seed", [1.5, "1", None, True, -1])
def test_a_seed_that_is_no_whole_number_is_refused(seed: object) -> None:
    with pytest.raises(ScenarioError) as refused:
        check_seed(seed)  # type: ignore[arg-type]
    assert str(refused.value) == (
        f"The seed is not a whole number from 0 up, but {seed!r}.\n"
        "  The same seed gives the same draws; none is picked behind your back.\n"
        "  Type: seed=1"
    )


def test_a_horizon_beyond_the_record_is_refused() -> None:
    ahead = np.full((HORIZON + 2, 1, G), 100.0)
    with pytest.raises(ScenarioError) as refused:
        draw_factors(model(), ahead, np.zeros(1, int), 100, 1)
    assert str(refused.value) == (
        "Intervals cannot go 7 years ahead.\n"
        "  Past national projections have been followed 6 years.\n"
        "  Project at most 6 years, or ask for the later years without draws."
    )
