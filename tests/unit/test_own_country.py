"""A country that is not Norway, on its own tables, through the same verbs."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import demografi as dg
from demografi.evaluation import until

OPEN_AGE, YEARS = 100, range(2000, 2021)
KEYS = ["region", "year", "sex", "age"]


def _mx(sex: str) -> np.ndarray:
    return np.minimum((0.00004 if sex == "female" else 0.00006) * np.exp(0.095 * np.arange(OPEN_AGE + 1)) + 3e-4, 0.6)


@pytest.fixture(scope="module")
def atlantis() -> dg.Observed:
    """Three islands that age, give birth and lose people to the largest of them, without chance."""
    sizes = {"Nord": 400.0, "Sør": 3_000.0, "Øst": 900.0}
    asfr = np.where((np.arange(OPEN_AGE + 1) >= 20) & (np.arange(OPEN_AGE + 1) < 40), 0.085, 0.0)
    rows: dict[str, list[tuple[object, ...]]] = {"persons": [], "births": [], "deaths": []}
    for region, size in sizes.items():
        stock = {sex: size * np.clip(1 - np.arange(OPEN_AGE + 1) / 95, 0.002, None) for sex in ("female", "male")}
        for year in YEARS:
            later = {}
            for sex, persons in stock.items():
                rows["persons"] += [(region, year, sex, age, n) for age, n in enumerate(persons)]
                died = persons * (1 - np.exp(-_mx(sex)))
                alive = persons - died
                moved = alive * np.where(np.arange(OPEN_AGE + 1) < 45, -0.01 if size < 1000 else 0.004, 0.0)
                older = np.zeros_like(persons)
                older[1:] = (alive + moved)[:-1]
                older[-1] += (alive + moved)[-1]
                later[sex] = older
                reached = np.append(0.0, died[:-1])
                reached[-1] += died[-1]
                rows["deaths"] += [(region, year, sex, age, n) for age, n in enumerate(reached)]
            women = (stock["female"] + later["female"]) / 2
            for sex, share in (("female", 0.49), ("male", 0.51)):
                born = asfr * women * share
                later[sex][0] = born.sum() * 0.997
                rows["births"] += [(region, year, sex, age, n) for age, n in enumerate(born)]
            stock = later
    tables = {name: pd.DataFrame(cells, columns=[*KEYS, name]) for name, cells in rows.items()}
    flows = {name: tables[name][tables[name]["year"] < 2020] for name in ("births", "deaths")}
    return dg.Observed.from_tables(tables["persons"], name="Atlantis", **flows)


def test_it_is_projected_on_its_own_births_and_deaths(atlantis: dg.Observed) -> None:
    projection = dg.project(atlantis, to=2035)
    assert projection.region_scheme == "own"
    assert projection.to_frame()["age"].max() == OPEN_AGE
    totals = projection.to_frame().groupby(["region", "year"])["persons"].sum().unstack()
    assert totals.loc["Nord", 2035] < totals.loc["Nord", 2020]
    assert totals.loc["Sør", 2035] > totals.loc["Sør", 2020]
    assert not any("SSB" in source.publisher for source in projection.sources)


def test_flows_and_stocks_balance_there_too(atlantis: dg.Observed) -> None:
    projection = dg.project(atlantis, to=2030)
    change = projection.persons("total", 2030) - projection.persons("total", 2020)
    flows = [getattr(projection, name)[name].sum() for name in ("births", "deaths", "net_migration")]
    assert flows[0] - flows[1] + flows[2] == pytest.approx(change, abs=1e-6)


def test_a_world_without_chance_is_projected_closely(atlantis: dg.Observed) -> None:
    result = dg.backtest(atlantis, launches=[2012, 2015])
    scores = result.scores()
    ours = scores[(scores["model"] == "demografi") & (scores["horizon"] == 5)].set_index("age_group")["mape"]
    assert ours["total"] < 1.0
    assert ours["80+"] < 1.5
    assert ours["total"] < scores[(scores["model"] == "no change") & (scores["horizon"] == 5)]["mape"].max()
    explained = result.explain().pivot_table(
        index=["model", "launch", "horizon", "age_group"], columns="cause", values="persons"
    )
    assert np.abs(explained["observed"] + explained["error"] - explained["projected"]).max() < 1e-6


def test_figures_cut_at_a_launch_hold_nothing_later(atlantis: dg.Observed) -> None:
    known = until(atlantis, 2012)
    assert known.last_year == 2012
    assert known.deaths["year"].max() == 2011
    spoiled = {name: table.copy() for name, table in atlantis.tables.items()}
    for name, measure in (("population", "persons"), ("deaths", "deaths"), ("births", "births")):
        late = spoiled[name]["year"] > (2012 if name == "population" else 2011)
        spoiled[name].loc[late, measure] = 12_345.0
    again = dg.Observed(spoiled, atlantis.facts)
    before, after = (dg.project(until(figures, 2012), to=2020).to_frame() for figures in (atlantis, again))
    pd.testing.assert_frame_equal(before, after, check_exact=True)


@pytest.mark.parametrize("places", [["Nord"], ["Nord", "Sør"]])
def test_one_or_two_places_are_enough(atlantis: dg.Observed, places: list[str]) -> None:
    def of(table: pd.DataFrame) -> pd.DataFrame:
        return table[table["region"].isin(places)].reset_index(drop=True)

    few = dg.Observed.from_tables(of(atlantis.population), births=of(atlantis.births), deaths=of(atlantis.deaths))
    assert np.isfinite(dg.project(few, to=2030).to_frame()["persons"]).all()


def test_deaths_that_do_not_cover_the_population_are_refused(atlantis: dg.Observed) -> None:
    deaths = atlantis.deaths
    holed = deaths[~((deaths["region"] == "Nord") & (deaths["age"] == 80))]
    figures = dg.Observed.from_tables(atlantis.population, births=atlantis.births, deaths=holed)
    with pytest.raises(dg.TableError, match="do not cover every year, region, sex and age"):
        dg.project(figures, to=2030)


def test_stocks_alone_are_enough_and_it_is_said(atlantis: dg.Observed) -> None:
    alone = dg.project(dg.Observed.from_tables(atlantis.population, name="Atlantis"), to=2030)
    full = dg.project(atlantis, to=2030)
    for group, apart in (("total", 0.01), ("80+", 0.01), ("90+", 0.03), ("0-5", 0.05)):
        assert alone.persons(group, 2030) == pytest.approx(full.persons(group, 2030), rel=apart)
    said = " ".join(alone.cautions)
    assert "No deaths are given. Mortality is read from what each cohort loses from age 60" in said
    assert "No births are given" in said
    assert "are given" not in " ".join(full.cautions)


@pytest.mark.parametrize("flows", [("births", "deaths"), ()])
def test_an_open_age_of_90_gives_as_many_old_as_one_of_100(atlantis: dg.Observed, flows: tuple[str, ...]) -> None:
    def cut(name: str, measure: str) -> pd.DataFrame:
        table = atlantis.table(name)
        return table.assign(age=table["age"].clip(upper=90)).groupby(KEYS, as_index=False)[measure].sum()

    cut_flows = {name: cut(name, name) for name in flows}
    few_ages = dg.project(dg.Observed.from_tables(cut("population", "persons"), **cut_flows), to=2030)
    for group, apart in (("80-89", 0.01), ("90+", 0.03)):
        full = dg.project(atlantis, to=2030).persons(group, 2030)
        assert few_ages.persons(group, 2030) == pytest.approx(full, rel=apart)


def test_deaths_of_the_latest_years_are_enough(atlantis: dg.Observed) -> None:
    few = {name: atlantis.table(name).query("year >= 2012") for name in ("births", "deaths")}
    short = dg.project(dg.Observed.from_tables(atlantis.population, **few), to=2030)
    assert short.persons("80+", 2030) == pytest.approx(dg.project(atlantis, to=2030).persons("80+", 2030), rel=0.01)
    late = {name: table[table["year"] < 2019] for name, table in few.items()}
    earlier = dg.project(dg.Observed.from_tables(atlantis.population, **late), to=2030)
    assert earlier.persons("80+", 2030) == pytest.approx(short.persons("80+", 2030), rel=0.01)


def test_four_digits_do_not_make_a_place_norwegian(atlantis: dg.Observed) -> None:
    numbered = atlantis.population.replace({"region": {"Nord": "0114", "Sør": "0115", "Øst": "0117"}})
    with pytest.raises(dg.ScenarioError) as error:
        dg.project(dg.Observed.from_tables(numbered), to=2030, draws=100)
    assert "errors = dg.fit_errors(observed)" in str(error.value)


@pytest.mark.parametrize("ages", [range(15, 50), range(OPEN_AGE)])
def test_births_without_the_ages_of_the_population_are_refused(atlantis: dg.Observed, ages: range) -> None:
    births = atlantis.births[atlantis.births["age"].isin(ages)]
    figures = dg.Observed.from_tables(atlantis.population, births=births, deaths=atlantis.deaths)
    with pytest.raises(dg.TableError, match="The births do not have the ages of the population") as error:
        dg.project(figures, to=2030)
    assert error.value.where[0] == f"Wanted: 0–{OPEN_AGE}, the last open."


def test_a_year_lacking_or_an_open_age_under_90_cannot_be_backtested(atlantis: dg.Observed) -> None:
    flows = {"births": atlantis.births, "deaths": atlantis.deaths}
    holed = atlantis.population[atlantis.population["year"] != 2018]
    with pytest.raises(dg.TableError, match="The year 2018 is lacking"):
        dg.backtest(dg.Observed.from_tables(holed, **flows), launches=[2012])
    young = {name: table[table["age"] <= 85] for name, table in atlantis.tables.items()}
    with pytest.raises(dg.TableError, match=r"The open age is 85; scores are of age groups up to 90\+"):
        dg.backtest(dg.Observed.from_tables(**young), launches=[2012])


def test_a_launch_outside_the_figures_is_refused(atlantis: dg.Observed) -> None:
    with pytest.raises(dg.ScenarioError, match="A launch in 2003 lies outside the figures"):
        dg.backtest(atlantis, launches=[2003])


def test_a_horizon_past_the_control_totals_is_refused() -> None:
    with pytest.raises(dg.ScenarioError) as error:
        dg.project(dg.example("Engerdal"), to=2051)
    assert str(error.value).splitlines() == [
        "The projection cannot go to 2051.",
        "  The national control totals end in 2050.",
        "  dg.project(observed, to=2050)",
    ]


@pytest.mark.reference
def test_lakseregionen_can_be_backtested_beside_simple_methods(observed: dg.Observed, monkeypatch, reference) -> None:
    monkeypatch.setenv("DEMOGRAFI_REFERENCE", str(reference))
    result = dg.backtest(observed, launches=[2020])
    assert set(result.to_frame()["region"]) == set(observed.region.members)
    models = set(result.to_frame()["model"])
    assert {"demografi", "no change", "linear-10", "linear-10 damped", "CAGR-10", "Hamilton-Perry"} <= models
    start = result.to_frame().query("horizon == 0 and model == 'demografi'")
    assert (start["projected"] - start["observed"]).abs().max() < 1e-9


def test_without_the_whole_countrys_tables_a_backtest_says_so(observed: dg.Observed, monkeypatch) -> None:
    monkeypatch.setenv("DEMOGRAFI_REFERENCE", "/no/where")
    with pytest.raises(dg.SourceError, match="There is no folder '/no/where' with whole-country tables"):
        dg.backtest(observed)


def test_counted_births_and_deaths_are_drawn_before_the_projected_ones(atlantis: dg.Observed) -> None:
    projection = dg.project(atlantis, to=2030)
    axes = projection.plot("components")
    counted = [bar for bar in axes.patches if bar.get_x() + bar.get_width() / 2 < projection.launch]
    assert len(counted) >= 3 * 5
    births = atlantis.births.groupby("year")["births"].sum()
    last = int(births.index.max())
    drawn = [bar.get_height() for bar in axes.patches if round(bar.get_x() + bar.get_width() / 2) == last]
    assert drawn[0] == pytest.approx(births[last])


@pytest.mark.parametrize(
    ("kind", "change", "said"),
    [
        ("mortality", lambda t: t.assign(mx=t["mx"].where(t["age"] != 70)), "The mortality schedule lacks a rate."),
        (
            "mortality",
            lambda t: t.assign(age=t["age"] + (t["age"] > 70)),
            "The mortality schedule lacks an age or has one twice.",
        ),
        ("fertility", lambda t: t.assign(births_per_woman=float("nan")), "The fertility schedule lacks a rate."),
        (
            "fertility",
            lambda t: pd.concat([t, t]),
            "The fertility schedule has an age twice, or one that the population",
        ),
        (
            "fertility",
            lambda t: t.assign(age=t["age"] + 0.5),
            "The fertility schedule has an age twice, or one that the",
        ),
    ],
)
def test_a_schedule_with_holes_is_refused_and_not_moved_or_carried_on(kind, change, said) -> None:
    population = dg.example("Engerdal").population[["region", "year", "sex", "age", "persons"]]
    observed = dg.Observed.from_tables(population.assign(region="A"), name="Atlantis")
    ages = sorted(population["age"].unique())
    deaths = pd.DataFrame(
        [(sex, age, 0.01) for sex in ("female", "male") for age in ages], columns=["sex", "age", "mx"]
    )
    births = pd.DataFrame({"age": range(20, 40), "births_per_woman": 0.08})
    schedules = {"mortality": deaths, "fertility": births}
    dg.project(observed, to=2028, schedules=schedules)
    with pytest.raises(dg.TableError, match=said):
        dg.project(observed, to=2028, schedules=schedules | {kind: change(schedules[kind])})
