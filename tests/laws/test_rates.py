"""Identities that hold for any data: an invented country and the real one."""

from dataclasses import replace

import numpy as np
import pytest

from demografi.evaluation.launches import fit_launch, known_at, run_launch
from demografi.projection.fitting import from_table, to_table
from demografi.rates.local import fit_local
from demografi.rates.mortality import local_survival
from demografi.rates.nation import national_births, national_control, national_survival
from demografi.rates.national import fit_national
from demografi.rates.parameters import Parameters
from demografi.rates.paths import migration_rates, project, project_places, step
from demografi.rates.pooling import Floats
from demografi.rates.settings import Settings
from demografi.sources.reference import Reference
from small_country import Small

HORIZON = 5


def fitted(small: Small) -> Parameters:
    return fit_national(small.country, small.population, small.counties, HORIZON, Settings())


def whole(small: Small, horizon: int = HORIZON) -> Floats:
    parameters = fit_national(small.country, small.population, small.counties, horizon, Settings())
    return project_places(small.population, small.counties, parameters, Settings())[0]


def test_the_launch_is_kept_exactly(small: Small) -> None:
    path = whole(small)
    np.testing.assert_array_equal(path[0], small.population[-1])
    assert (path >= 0).all()
    assert np.isfinite(path).all()


def test_places_sum_to_the_national_control_before_the_blend(small: Small) -> None:
    settings, parameters = Settings(), fitted(small)
    local = fit_local(small.population, small.counties, parameters, settings)
    path, _ = project(small.population[-1], local, parameters, settings)
    base = min(max(settings.control.migration_years), len(small.country.population) - 1)
    survived, _ = national_survival(small.country, base, HORIZON, settings)
    _, births = national_births(small.country, HORIZON, settings)
    target = national_control(small.country, survived, births, base, settings)
    np.testing.assert_allclose(path.sum(axis=1), target, rtol=1e-9, atol=1e-6)


def test_a_year_is_survivors_plus_migrants_plus_children(small: Small) -> None:
    settings, parameters = Settings(), fitted(small)
    local = fit_local(small.population, small.counties, parameters, settings)
    start = small.population[-1]
    survived = local_survival(parameters.survival[0], local.loss_ratio, settings.mortality)
    moving = migration_rates(local, parameters, 0, settings)
    births = local.birth_ratio[:, None] * parameters.births[0]
    later = step(start, survived, moving, births, settings.fertility.share_boys)
    deaths, net = start * (1 - survived), start * moving
    change = later.sum() - start.sum()
    assert change == pytest.approx(later[..., 0].sum() - deaths.sum() + net.sum(), abs=1e-6)


@pytest.mark.parametrize("places", [[3], [0, 23], [5, 6, 7, 20]])
def test_a_place_alone_is_projected_as_within_the_country(small: Small, places: list[int]) -> None:
    everyone, parameters = whole(small), fitted(small)
    alone, _ = project_places(small.population[:, places], small.counties[places], parameters, Settings())
    np.testing.assert_allclose(alone, everyone[:, places], rtol=1e-10, atol=1e-9)


def test_parameters_survive_storage_to_seven_digits(small: Small) -> None:
    parameters = fitted(small)
    launch, counties, again = from_table(to_table(parameters, 2012, ["a", "b", "c"]))
    assert (launch, counties) == (2012, ["a", "b", "c"])
    for name in Parameters.__dataclass_fields__:
        stored, exact = getattr(again, name), getattr(parameters, name)
        assert stored.shape == exact.shape, name
        np.testing.assert_allclose(stored, exact, rtol=1e-6)


def test_without_counties_the_country_is_still_projected(small: Small) -> None:
    counties = 0 * small.counties
    parameters = fit_national(small.country, small.population, counties, 3, Settings())
    path, _ = project_places(small.population, counties, parameters, Settings())
    assert np.isfinite(path).all()


def test_control_is_optional(small: Small) -> None:
    settings = replace(Settings(), control=replace(Settings().control, use=False))
    parameters = fit_national(small.country, small.population, small.counties, 3, settings)
    assert (parameters.rake == 1.0).all()


def test_a_given_national_projection_is_met(small: Small) -> None:
    nation = np.repeat(small.country.population[-1:] * 1.1, 4, axis=0)
    parameters = fit_national(small.country, small.population, small.counties, 3, Settings(), nation)
    local = fit_local(small.population, small.counties, parameters, Settings())
    path, _ = project(small.population[-1], local, parameters, Settings())
    np.testing.assert_allclose(path[1:].sum(axis=1), nation[1:], rtol=1e-9, atol=1e-6)


def spoiled(reference: Reference, launch: int) -> Reference:
    """Replace everything that was not known at launch by random numbers."""
    random = np.random.default_rng(launch)

    def noise(values: np.ndarray, first: int, last_known: int) -> np.ndarray:
        changed = values.copy()
        future = changed[last_known + 1 - first :]
        future[...] = random.uniform(0, 1e4, future.shape)
        return changed

    official = {
        vintage: (first, table if vintage <= launch else random.uniform(0, 1e6, table.shape))
        for vintage, (first, table) in reference.official.items()
    }
    return replace(
        reference,
        local=noise(reference.local, reference.first_year, launch),
        nation=noise(reference.nation, reference.first_nation, launch),
        deaths=noise(reference.deaths, reference.first_deaths, launch - 1),
        stock=noise(reference.stock, reference.first_deaths, launch - 1),
        asfr=noise(reference.asfr, reference.first_asfr, launch - 1),
        official=official,
    )


@pytest.mark.reference
@pytest.mark.parametrize("launch", [2008, 2013, 2016, 2020])
def test_nothing_after_launch_is_used(country: Reference, launch: int) -> None:
    paths = [run_launch(known, launch, 10, Settings()) for known in (country, spoiled(country, launch))]
    np.testing.assert_array_equal(paths[0], paths[1])


@pytest.mark.reference
@pytest.mark.parametrize("code", ["5055", "0301", "1151", "3425"])
def test_a_real_municipality_alone_equals_the_whole_country_run(country: Reference, code: str) -> None:
    parameters, local = fit_launch(country, 2026, 14, Settings())
    everyone, _ = project_places(local, country.counties, parameters, Settings())
    at = [country.regions.index(code)]
    alone, _ = project_places(local[-11:, at], country.counties[at], parameters, Settings())
    np.testing.assert_allclose(alone, everyone[:, at], rtol=1e-10, atol=1e-9)


@pytest.mark.reference
def test_the_shipped_parameters_are_those_of_the_whole_country_run(country: Reference, projection) -> None:
    everyone = run_launch(country, 2026, 14, Settings())
    ours = projection.to_frame()
    for code in projection.region.members:
        last = ours[(ours["year"] == 2040) & (ours["region"] == code)]
        stored = last["persons"].to_numpy().reshape(2, -1)
        np.testing.assert_allclose(stored, everyone[14, country.regions.index(code)], rtol=2e-5, atol=1e-6)


@pytest.mark.reference
def test_chain_link_factors_of_the_guessed_splits(country: Reference) -> None:
    _, local = known_at(country, 2026, 1)
    raw = country.local
    found = {
        code: (local[10, i] / np.maximum(raw[10, i], 1)).max()
        for code in ("5055", "5056", "5059", "1806", "1875")
        for i in [country.regions.index(code)]
    }
    expected = {"5055": 0.969, "5056": 1.002, "5059": 1.010, "1806": 0.996, "1875": 1.030}
    assert found == pytest.approx(expected, abs=6e-4)
