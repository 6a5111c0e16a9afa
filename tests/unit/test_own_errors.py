"""Intervals of another country: errors fitted on its own past launches, drawn as Norway's are."""

from __future__ import annotations

from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest

import demografi as dg
from demografi.evaluation import own_errors as fitting
from demografi.evaluation import until
from demografi.projection import draws as draws_of
from demografi.projection import own_errors, shards
from demografi.projection.draws import group_draws
from demografi.projection.making import project_path
from demografi.uncertainty import GROUP_STARTS, PastErrors, draw_factors, fit_short_record, quantiles
from demografi.uncertainty.fitting import walked_loadings

G = len(GROUP_STARTS)
AGES, FIRST = 96, 2000
CELL = ["region", "year", "sex", "age", "persons"]


# A country whose errors are known -------------------------------------------------------------------------------------


def a_year(stock: np.ndarray, moved: np.ndarray) -> np.ndarray:
    """Carry (…, R, S, A) one year forward: fixed deaths and births, and below 50 net migration at the rates given."""
    mx = np.minimum(5e-5 * np.exp(0.095 * np.arange(AGES)) + 3e-4, 0.6)
    young = np.arange(AGES) < 50
    alive = stock * np.exp(-mx) * (1 + moved[..., None, None] * young)
    later = np.zeros_like(stock)
    later[..., 1:] = alive[..., :-1]
    later[..., -1] += alive[..., -1]
    mothers = ((stock + later)[..., 0, 20:40] / 2).sum(axis=-1)
    later[..., 0] = 0.1 * mothers[..., None] * np.array([0.49, 0.51])
    return later


def wandering(seed: int, places: int, years: int, ahead: int, futures: int) -> tuple[np.ndarray, np.ndarray]:
    """Let net migration wander, in common (0.15 % a year) and alone (0.2 %): a history, and what may come after it."""
    random = np.random.default_rng(seed)
    sizes = np.geomspace(20_000, 400_000, places)
    stock = sizes[:, None, None] / 96 * np.clip(1 - np.arange(AGES) / 95, 0.002, None) * np.ones((1, 2, 1))
    common, alone, path = np.zeros(1), np.zeros((1, places)), [stock[None]]
    for _ in range(50 + years - 1):
        common, alone = (0.97 * (x + s * random.normal(size=x.shape)) for x, s in ((common, 0.0015), (alone, 0.002)))
        path.append(a_year(path[-1], common[:, None] + alone))
    common, alone = np.repeat(common, futures), np.repeat(alone, futures, axis=0)
    coming = [np.repeat(path[-1], futures, axis=0)]
    for _ in range(ahead):
        common, alone = (0.97 * (x + s * random.normal(size=x.shape)) for x, s in ((common, 0.0015), (alone, 0.002)))
        coming.append(a_year(coming[-1], common[:, None] + alone))
    return np.concatenate(path[-years:]), np.stack(coming, axis=1)


def observed_of(stock: np.ndarray, first: int = FIRST) -> dg.Observed:
    """Write stocks (T, R, S, A) as a country's tables."""
    names = [f"P{n}" for n in range(stock.shape[1])]
    keys = [range(first, first + len(stock)), names, ["female", "male"], range(stock.shape[-1])]
    index = pd.MultiIndex.from_product(keys, names=["year", "region", "sex", "age"])
    return dg.Observed.from_tables(pd.DataFrame({"persons": stock.ravel()}, index=index).reset_index(), name="Wander")


@pytest.fixture(scope="module")
def wander() -> dg.Observed:
    return observed_of(wandering(1, places=3, years=13, ahead=0, futures=1)[0])


@pytest.fixture(scope="module")
def errors(wander: dg.Observed) -> pd.DataFrame:
    return dg.fit_errors(wander)


@pytest.fixture(scope="module")
def drawn(wander: dg.Observed, errors: pd.DataFrame) -> dg.Projection:
    return dg.project(wander, to=2019, draws=600, seed=3, errors=errors)


# What comes out -------------------------------------------------------------------------------------------------------


def test_intervals_of_another_country_are_asked_for_as_norways_are(drawn: dg.Projection) -> None:
    ends = drawn.interval("20-44", level=0.8).set_index("year")
    assert (ends["high"] - ends["low"]).iloc[0] == 0.0
    assert ((ends["high"] - ends["low"]).diff().iloc[1:] > 0).all()
    assert ((ends["low"] < ends["persons"]) & (ends["persons"] < ends["high"])).iloc[1:].all()
    cells = drawn.to_frame(level=0.8)
    assert (cells["low"] <= cells["high"]).all()
    assert drawn.sample(2)["draw"].nunique() == 2
    assert len(drawn.total().to_frame(level=0.5)) == len(drawn.total().to_frame())
    assert "7 past projections (2005–2011) made again, followed 7 years at most" in " ".join(drawn.cautions)
    assert not any("Statistics Norway" in source.publisher or "SSB" in source.publisher for source in drawn.sources)


def test_draws_belong_together_over_places(drawn: dg.Projection) -> None:
    each = group_draws(drawn, ["total"])[:, 5, :, 0]
    low, high = quantiles(each.sum(axis=1), 0.8)
    ends = drawn.interval("total").iloc[5]
    assert (ends["low"], ends["high"]) == pytest.approx((low, high), rel=1e-12)
    alone_low, alone_high = quantiles(each, 0.8)
    assert high - low < (alone_high - alone_low).sum()


def test_what_is_drawn_is_the_model_that_was_fitted(drawn: dg.Projection, errors: pd.DataFrame) -> None:
    model = own_errors.model_of(tuple(map(tuple, errors.to_numpy())))
    table = drawn.to_frame().groupby(["year", "region", "age"])["persons"].sum().to_numpy().reshape(8, 3, AGES)
    persons = np.add.reduceat(table, GROUP_STARTS, axis=-1)
    factors = draw_factors(model, persons, np.zeros(3, dtype=int), 600, 3, places=np.arange(3))
    np.testing.assert_allclose(group_draws(drawn, ["90+"])[..., 0], (factors * persons)[..., -1], rtol=1e-12)


def test_the_same_seed_gives_the_same_bytes_after_saving_too(
    wander: dg.Observed, drawn: dg.Projection, errors: pd.DataFrame, tmp_path: Path
) -> None:
    ends = drawn.interval("80+").to_numpy().tobytes()
    errors.to_csv(tmp_path / "errors.csv", index=False)
    kept = pd.read_csv(tmp_path / "errors.csv", dtype=str, keep_default_na=False)
    for given in (errors, kept, dg.fit_errors(wander)):
        again = dg.project(wander, to=2019, draws=600, seed=3, errors=given)
        assert again.interval("80+").to_numpy().tobytes() == ends
    assert dg.Projection.open(drawn.save(tmp_path / "p.parquet")).interval("80+").to_numpy().tobytes() == ends
    other = dg.project(wander, to=2019, draws=600, seed=4, errors=errors)
    assert other.interval("80+").to_numpy().tobytes() != ends


def test_the_order_of_places_changes_no_draw(wander: dg.Observed, drawn: dg.Projection, errors: pd.DataFrame) -> None:
    turned = wander.population.sort_values("region", ascending=False, kind="stable")
    again = dg.project(dg.Observed.from_tables(turned), to=2019, draws=600, seed=3, errors=errors)
    assert again.region.members == ("P2", "P1", "P0")
    np.testing.assert_allclose(group_draws(again, ["80+"])[:, :, ::-1], group_draws(drawn, ["80+"]), rtol=1e-9)


def test_need_elsewhere_draws_its_population_alone_and_says_so() -> None:
    tables = {name: dg.example("Ørland").table(name) for name in ("population", "users")}
    own = {name: table.assign(region="E-1").drop(columns="quality") for name, table in tables.items()}
    observed = dg.Observed.from_tables(**own, name="Elsewhere")
    projection = dg.project(observed, to=2030, draws=100, errors=dg.fit_errors(observed))
    need = dg.need(projection)
    ends, drawn = need.interval("80+").iloc[-1], group_draws(projection, ["80-89", "90+"])[:, -1, 0]
    assert ends["low"] < ends["users"] < ends["high"]
    # With coverage still, users spread no further than those who are 90 or 80.
    spread = max(np.subtract(*np.quantile(drawn[:, g], [0.9, 0.1])) / drawn[:, g].mean() for g in (0, 1))
    assert (ends["high"] - ends["low"]) / ends["users"] < 1.1 * spread
    assert any("carry no uncertainty" in caution for caution in need.cautions)
    assert not any("eleven municipalities" in caution for caution in need.cautions)


def test_a_goal_takes_the_errors_along(wander: dg.Observed, errors: pd.DataFrame) -> None:
    soon = dg.project(wander, to=2014, draws=100, errors=errors)
    goal = dg.goal(soon, persons=soon.persons("total", 2014) * 1.01, on=2014)
    assert 0 < goal.facts["share_reaching"] < 1
    assert goal.projection.facts["errors"] == soon.facts["errors"]
    assert not any("somewhat too narrow" in caution for caution in goal.cautions)


def test_hit_rates_of_norwegian_municipalities_are_not_said_of_another_country(drawn: dg.Projection) -> None:
    assert draws_of.kept(drawn.facts)
    note = drawn.plot("fan", "en").figure.texts
    assert any("has not been measured" in text.get_text() for text in note)


# Shards ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "where",
    [{"backend": "threading", "n_jobs": 2}, pytest.param({"n_jobs": 2}, marks=pytest.mark.long)],
    ids=["2 threads", "2 processes"],
)
def test_workers_get_the_callers_model(drawn: dg.Projection, where: dict) -> None:
    alone = drawn.interval("80+").to_numpy().tobytes()
    with joblib.parallel_config(**where):
        assert drawn.interval("80+").to_numpy().tobytes() == alone


def test_a_shard_of_another_model_is_refused(drawn: dg.Projection) -> None:
    task = draws_of.task_of_groups(drawn, ["80+"], together=True)
    assert task.versions["errors"] == own_errors.digest(task.errors)
    other = tuple((name, at, "0 0" if name == "freedom" else values) for name, at, values in task.errors)
    with pytest.raises(dg.ScenarioError) as refused:
        shards.gathered(task._replace(errors=other), 10)
    assert str(refused.value) == (
        f"A shard came with other errors than the run: {own_errors.digest(other)}, here {task.versions['errors']}.\n"
        "  Draws from different errors are not draws of one distribution.\n"
        "  dg.project(observed, to=…, draws=1000, errors=errors)"
    )
    with pytest.raises(dg.ScenarioError, match="A shard came with other errors than the run: None, here"):
        shards.gathered(task._replace(errors=()), 10)


@pytest.mark.parametrize("together", [1, 2, 50])
def test_places_worked_on_at_a_time_change_no_bit(
    drawn: dg.Projection, together: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = group_draws(drawn, ["80+"]).tobytes()
    monkeypatch.setattr(shards, "MOST_TOGETHER", together)
    assert group_draws(drawn, ["80+"]).tobytes() == alone


# The record -----------------------------------------------------------------------------------------------------------


def test_the_record_is_the_projection_made_again_beside_what_came(wander: dg.Observed) -> None:
    past = fitting.own_past_errors(wander, wander.region.members, np.arange(3))
    assert past.projected.shape == (7, 8, 3, G)
    launch = dg.project(until(wander, 2008), to=2012)
    at = 2008 - 2005
    for place, code in enumerate(wander.region.members):  # noqa: B007 – the queries name it
        table = launch.to_frame().query("region == @code and year == 2012 and age >= 90")
        assert past.projected[at, 4, place, -1] == pytest.approx(table["persons"].sum(), rel=1e-9)
        came = wander.population.query("region == @code and year == 2012 and age >= 90")["persons"].sum()
        assert past.observed[at, 4, place, -1] == pytest.approx(came, rel=1e-12)
    assert np.isnan(past.observed[at, 5:]).all()
    assert np.isfinite(past.observed[at, :5]).all()
    whole = np.log((past.observed[at, 4].sum(axis=0) + 0.5) / (past.projected[at, 4].sum(axis=0) + 0.5))
    np.testing.assert_allclose(past.national[at, 4], whole)


def test_a_path_is_what_project_gives(wander: dg.Observed) -> None:
    path = project_path(wander, 5)
    table = dg.project(wander, to=2017).to_frame()
    assert path.sum(axis=(1, 2, 3)) == pytest.approx(table.groupby("year")["persons"].sum().to_numpy(), rel=1e-12)


def test_flows_of_the_latest_years_alone_are_no_hindrance(wander: dg.Observed) -> None:
    stock = wander.population[CELL]
    flows = {name: stock[stock["year"].isin([2010, 2011])].rename(columns={"persons": name}) for name in ("deaths",)}
    flows["deaths"] = flows["deaths"].assign(deaths=flows["deaths"]["deaths"] * 0.01)
    assert not until(dg.Observed.from_tables(stock, **flows), 2009).has("deaths")
    assert dg.fit_errors(dg.Observed.from_tables(stock, **flows)).iloc[0]["values"] == "2005 2011"


def test_years_before_a_hole_are_left_out_of_the_record(wander: dg.Observed) -> None:
    older = wander.population.query("year < 2002").assign(year=lambda t: t["year"] - 5)
    gap = dg.Observed.from_tables(pd.concat([older, wander.population])[CELL])
    early = wander.population[CELL].assign(status="")
    early.loc[early["year"] == 2000, ["persons", "status"]] = [np.nan, ".."]
    hole = dg.Observed.from_tables(early)
    assert dg.fit_errors(gap).iloc[0]["values"] == "2005 2011"
    assert dg.fit_errors(hole).iloc[0]["values"] == "2006 2011"


def test_places_of_a_larger_unit_share_errors_when_it_is_named(wander: dg.Observed) -> None:
    alone = dg.fit_errors(wander)
    joined = dg.fit_errors(wander, counties={"P0": "west", "P1": "west", "P2": "east"})
    assert set(alone[alone["name"] == "county"]["values"]) == {"0"}
    assert joined[joined["name"] == "county"]["values"].tolist() == ["1", "1", "0"]
    nil, some = (own_errors.model_of(tuple(map(tuple, table.to_numpy()))).county_variance for table in (alone, joined))
    assert (nil == 0).all()
    assert nil.shape == some.shape


# Sizes: what is fitted is what was simulated --------------------------------------------------------------------------


def record_of(random: np.random.Generator, launches: int, places: int, common: float, alone: float) -> PastErrors:
    """Overlapping errors of random walks, as launches one year apart have them."""
    horizon = launches
    steps = random.normal(size=(launches + 1, 1, G)) * common + random.normal(size=(launches + 1, places, G)) * alone
    walk = np.concatenate([np.zeros((1, places, G)), np.cumsum(steps, axis=0)])
    log = np.full((launches, horizon + 1, places, G), np.nan)
    for launch in range(launches):
        log[launch, : launches - launch + 1] = walk[launch : launches + 1] - walk[launch]
    projected = np.full(log.shape, 1e6)
    came = projected * np.exp(log)
    whole = projected.sum(axis=2)
    eras = np.zeros(launches, dtype=int)
    return PastErrors(2016, np.log(came.sum(axis=2) / whole), whole, eras, projected, came, np.arange(places))


def test_what_places_err_alone_is_not_counted_twice_in_their_sum() -> None:
    random = np.random.default_rng(1)
    past = record_of(random, launches=200, places=4, common=0.004, alone=0.01)
    size = np.sqrt((walked_loadings(past, np.ones(200)) ** 2).sum(axis=0))[:3]
    # The sum's own error is √(0.004² + 0.01²/4) = 0.64 %; of it the places' 0.43 % is theirs around the sum.
    around = 0.01**2 * (1 - 1 / 4) / 4
    expected = np.sqrt(0.004**2 + 0.01**2 / 4 - around) * np.sqrt([1, 2, 3])
    assert size.mean(axis=1) == pytest.approx(expected, rel=0.1)


def test_a_single_place_is_its_own_nation() -> None:
    past = record_of(np.random.default_rng(2), launches=8, places=1, common=0.0, alone=0.01)
    model = fit_short_record(past)
    assert model.furthest == 8
    assert (model.rate_variance < 1e-9).all()
    assert (np.sqrt((model.national**2).sum(axis=0))[0] > 0.004).all()


def test_a_short_record_is_widened_for_its_shortness() -> None:
    short, long = (record_of(np.random.default_rng(3), launches=n, places=1, common=0.0, alone=0.01) for n in (6, 60))
    wide = [np.sqrt((fit_short_record(past).national[:, :5] ** 2).sum(axis=0)) for past in (short, long)]
    plain = [np.sqrt((walked_loadings(p, np.ones(len(p.national)))[:, :5] ** 2).sum(axis=0)) for p in (short, long)]
    asked = [(w / p).mean(axis=1) for w, p in zip(wide, plain, strict=True)]
    # t with 6, 2.5, 4/3, 1 and 1 degrees of freedom over t with 6: at least what the textbook's 90 % points say.
    assert asked[0] == pytest.approx([1.44 / 1.176, 1.73 / 1.176, 2.38 / 1.176, 3.08 / 1.176, 3.08 / 1.176], rel=0.02)
    assert asked[1].max() < 1.2


def test_intervals_of_pure_random_walks_hold_a_little_more_than_they_say() -> None:
    """Cheap, so many: the errors themselves are simulated, no projection.

    Steps that know nothing of each other are the kindest case: five years ahead the fit allows for a line too, of
    which twelve launches have seen hardly two, so that intervals are wide rather than narrow.
    """
    hits = {"sum": [], "place": []}
    persons = np.full((6, 4, G), 1e6)
    for seed in range(60):
        random = np.random.default_rng(seed)
        model = fit_short_record(record_of(random, launches=12, places=4, common=0.006, alone=0.008))
        factors = draw_factors(model, persons, np.zeros(4, int), 300, 1)[:, 5]
        steps = random.normal(size=(200, 5, 1, G)) * 0.006 + random.normal(size=(200, 5, 4, G)) * 0.008
        came = np.exp(steps.sum(axis=1))
        for kind, have, seen in (("place", factors, came), ("sum", factors.mean(axis=1), came.mean(axis=1))):
            low, high = quantiles(have, 0.8)
            hits[kind].append(((low <= seen) & (seen <= high)).mean())
    rates = {kind: float(np.mean(each)) for kind, each in hits.items()}
    assert 0.8 < rates["place"] < 0.95, rates
    assert 0.8 < rates["sum"] < 0.97, rates


@pytest.mark.parametrize(
    ("countries", "bars"),
    [(4, (0.72, 0.97)), pytest.param(24, (0.74, 0.92), marks=pytest.mark.long)],
    ids=["few", "many"],
)
def test_intervals_of_a_wandering_country_hold_what_comes(countries: int, bars: tuple[float, float]) -> None:
    """The whole way: history, past launches, fit, projection, draws; then two hundred futures of each country."""
    hits = {"sum": [], "place": []}
    for seed in range(countries):
        history, coming = wandering(seed, places=4, years=14, ahead=5, futures=200)
        observed = observed_of(history)
        projection = dg.project(observed, to=observed.last_year + 5, draws=300, seed=1, errors=dg.fit_errors(observed))
        for group, ages in (("total", slice(None)), ("20-44", slice(20, 45))):
            for ahead in (3, 5):
                have = group_draws(projection, [group])[:, ahead, :, 0]
                came = coming[:, ahead, :, :, ages].sum(axis=(2, 3))
                for kind, d, c in (("place", have, came), ("sum", have.sum(axis=1), came.sum(axis=1))):
                    low, high = quantiles(d, 0.8)
                    hits[kind].append(((low <= c) & (c <= high)).mean())
    rates = {kind: float(np.mean(each)) for kind, each in hits.items()}
    assert all(bars[0] < rate < bars[1] for rate in rates.values()), rates


# Refusals -------------------------------------------------------------------------------------------------------------


def refusal(of: type[Exception], call) -> list[str]:
    with pytest.raises(of) as refused:
        call()
    return str(refused.value).split("\n  ")


def test_draws_without_a_record_say_how_to_get_one(wander: dg.Observed) -> None:
    assert refusal(dg.ScenarioError, lambda: dg.project(wander, to=2016, draws=100)) == [
        "There is no record of past errors for these places.",
        "Those that ship are of Norwegian municipalities; what your own history tells is fitted first.",
        "errors = dg.fit_errors(observed); dg.project(observed, to=…, draws=1000, errors=errors)",
    ]


def test_too_short_a_history_is_refused_with_what_was_seen(wander: dg.Observed) -> None:
    assert refusal(dg.ScenarioError, lambda: dg.fit_errors(until(wander, 2009))) == [
        "The history is too short for a record of past errors: 10 whole years in a row.",
        "Seen: 1 January 2000–2009.",
        "Wanted: 11 or more; five come before a launch, and 5 launches need an outcome.",
        "Bring 1 January 1999–2009, or go without intervals: dg.project(observed, to=…)",
    ]
    assert dg.fit_errors(until(wander, 2010)).iloc[0]["values"] == "2005 2009"


def test_errors_of_other_places_or_ages_are_refused(wander: dg.Observed, errors: pd.DataFrame) -> None:
    fewer = dg.Observed.from_tables(wander.population.query("region != 'P1'"))
    assert refusal(dg.ScenarioError, lambda: dg.project(fewer, to=2016, draws=100, errors=errors)) == [
        "The errors were fitted for other places.",
        "They are of 3 places; 2 are projected.",
        "'P1' is in them, and not projected.",
        "errors = dg.fit_errors(observed)",
    ]
    younger = wander.population.assign(age=wander.population["age"].clip(upper=90))
    younger = younger.groupby(CELL[:-1], as_index=False)["persons"].sum()
    again = dg.Observed.from_tables(younger)
    assert refusal(dg.ScenarioError, lambda: dg.project(again, to=2016, draws=100, errors=errors)) == [
        "The errors were fitted for other ages.",
        "Their open age is 95; that of the population is 90.",
        "errors = dg.fit_errors(observed)",
    ]


def test_errors_that_know_what_came_later_are_refused(wander: dg.Observed, errors: pd.DataFrame) -> None:
    assert refusal(dg.ScenarioError, lambda: dg.project(until(wander, 2010), to=2012, draws=100, errors=errors)) == [
        "The errors know outcomes up to 1 January 2012, after the launch of 2010.",
        "A projection that knew what came later would seem better than it is.",
        "errors = dg.fit_errors(observed)",
    ]
    earlier = dg.fit_errors(until(wander, 2011))
    assert dg.project(wander, to=2014, draws=100, errors=earlier).facts["errors"]


def test_a_horizon_beyond_the_record_is_refused_when_asked_for(wander: dg.Observed, errors: pd.DataFrame) -> None:
    assert refusal(dg.ScenarioError, lambda: dg.project(wander, to=2020, draws=100, errors=errors)) == [
        "Intervals cannot go 8 years ahead.",
        "Past projections of these places have been followed 7 years at most.",
        "dg.project(observed, to=2019, draws=1000, errors=errors), or to=2020 without draws",
    ]


def test_what_is_no_table_of_errors_is_refused(wander: dg.Observed, errors: pd.DataFrame) -> None:
    def of(given: object) -> list[str]:
        return refusal(dg.TableError, lambda: dg.project(wander, to=2016, draws=100, errors=given))

    assert of({"total": 0.02}) == [
        "dg.project(errors=…) cannot take a dict.",
        "Wanted: DataFrame.",
        "errors = dg.fit_errors(observed)",
    ]
    assert of(wander.population)[:1] == ["The errors lack the column 'name'."]
    assert of(errors[errors["name"] != "place"]) == [
        "The errors lack the row 'place'.",
        "A whole table is wanted, as it was fitted or read back with every cell as text.",
        "errors = dg.fit_errors(observed), or pandas.read_csv('errors.csv', dtype=str, keep_default_na=False)",
    ]
    assert of(errors[errors["name"] != "national"])[0] == "The errors lack the row 'national'."


def test_errors_that_would_not_be_used_are_refused(wander: dg.Observed, errors: pd.DataFrame) -> None:
    assert refusal(dg.ScenarioError, lambda: dg.project(wander, to=2016, errors=errors)) == [
        "Errors were given, but no draws are made from them.",
        "dg.project(observed, to=…, draws=1000, errors=errors)",
    ]
    norwegian = dg.example("Engerdal")
    assert refusal(dg.ScenarioError, lambda: dg.project(norwegian, to=2030, draws=100, errors=errors)) == [
        "Norwegian places have a record of errors that ships.",
        "Errors of one's own are for another country's tables.",
        "dg.project(observed, to=…, draws=1000)",
    ]
    assert refusal(dg.ScenarioError, lambda: dg.fit_errors(norwegian)) == [
        "Norwegian places have a record of errors that ships.",
        "Engerdal has codes of ssb-kommune-2024.",
        "dg.project(observed, to=…, draws=1000)",
    ]


def test_what_cannot_be_fitted_is_refused(wander: dg.Observed) -> None:
    assert refusal(dg.TableError, lambda: dg.fit_errors(wander.population)) == [
        "dg.fit_errors cannot take a DataFrame.",
        "Wanted: Observed.",
        "dg.fit_errors(dg.Observed.from_tables(population=table))",
    ]
    assert refusal(dg.TableError, lambda: dg.fit_errors(wander, counties={"P0": "west", "P2": "east"})) == [
        "'P1' belongs to no larger unit.",
        "Places without one: 1 of 3.",
        "counties={'P1': 'its unit', …}, or leave counties out",
    ]
    young = dg.Observed.from_tables(wander.population.query("age <= 85"))
    assert refusal(dg.TableError, lambda: dg.fit_errors(young)) == [
        "The open age is 85; errors are of age groups up to 90+.",
        "Give single ages to 90 or more.",
    ]
    few = dg.Observed.from_tables(wander.population.assign(persons=wander.population["persons"] / 1000))
    said = refusal(dg.ScenarioError, lambda: dg.fit_errors(few))
    assert said[0].startswith("The projection of 1 January 2005 cannot be made again. There are no deaths and no mort")
