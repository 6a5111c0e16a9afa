"""Who leaves, who is left, and how sure that is."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import demografi as dg
from demografi.labels import rounded_ends
from demografi.workforce.exits import (
    AGES,
    cliff,
    exit_ages,
    exit_hazards,
    fit_exits,
    left_alive,
    mean_exit_age,
    shifted,
)
from demografi.workforce.flow import staying, step, years
from demografi.workforce.gaps import gap_draws
from demografi.workforce.levers import levers_known
from demografi.workforce.mix import skill_mix
from demografi.workforce.staffing import staff_needed, working_days
from demografi.workforce.supplies import supply_draws

FIVE = ["nurse", "specialist_nurse", "health_care_worker", "social_educator", "home_helper"]


@pytest.fixture(scope="module")
def drawn() -> dg.Gap:
    observed = dg.example()
    return dg.gap(dg.need(dg.project(observed, 2040, draws=200)), dg.supply(observed, 2040, draws=200))


@pytest.fixture(scope="module")
def five() -> dg.Supply:
    hands = pd.DataFrame({"occupation": ["nurse"], "kind": ["trainee"], "age": [30], "per_year": [4.0]})
    return dg.supply(dg.example(), 2040, occupations=FIVE, exits="klp_all", entrants=hands, draws=100)


def test_the_worked_example_of_the_world_health_organization() -> None:
    # 3,125 days of work by 179 days each: 17.5 staff (Human Resources for Health 2017, after the manual of 2010).
    assert staff_needed(3125, 179) == pytest.approx(17.5, abs=0.05)
    assert staff_needed(3125, 179, allowance_factor=1.25, individual_allowance=1) == pytest.approx(22.8, abs=0.05)
    assert working_days(52, 5, 20, 10, 5) == 225


@pytest.mark.parametrize(("preset", "sex"), exit_ages()[["preset", "sex"]].to_numpy().tolist())
def test_published_exit_ages_come_back_when_run_on_a_stationary_stock(preset: str, sex: str) -> None:
    table = exit_hazards(preset)
    rows = table[table["sexes"] == sex].pivot(index="cause", columns="age", values="hazard")[AGES].to_numpy()
    hazards = 1 - np.prod(1 - rows, axis=0)
    entrants = np.where(AGES == 25, 1.0, 0.0)[None]
    *_, before, stationary = years(np.zeros((1, len(AGES))), hazards[None], np.repeat(entrants[None], 80, axis=0))
    assert np.abs(stationary - before).max() == 0
    _, exits = step(stationary, staying(stationary, hazards[None]))
    published = exit_ages().query("preset == @preset and sex == @sex").iloc[0]
    wanted = published["old_age"] if np.isnan(published["all_causes"]) else published["all_causes"]
    assert (exits * (AGES + 1)).sum() / exits.sum() == pytest.approx(wanted, abs=1e-9)


def test_leaving_later_moves_the_mean_exit_age_by_just_as_much() -> None:
    for years_later in (2.0, 0.5, -0.7):
        assert mean_exit_age(shifted(cliff(64.4), years_later)) == pytest.approx(64.4 + years_later)
    both = shifted(cliff(62.9), np.array([0.0, 1.0]))
    assert [mean_exit_age(one) for one in both] == pytest.approx([62.9, 63.9])
    assert both.shape == (2, len(AGES))


def test_deaths_and_turnover_come_on_top() -> None:
    table = exit_hazards("ks_health", turnover={30: 0.1}, deaths=True)
    assert set(table["cause"]) == {"old_age", "death", "turnover"}
    assert table.query("cause == 'turnover' and hazard > 0")["age"].tolist() == [30]
    assert 0.002 < table.query("cause == 'death' and age == 60")["hazard"].iloc[0] < 0.006


def test_hazards_fitted_to_a_history_find_what_made_it() -> None:
    rng = np.random.default_rng(4)
    age = np.arange(25, 65)
    true = 1 / (1 + np.exp(2.5 + 0.03 * (age - 45)))
    history = pd.DataFrame({"age": age, "exposed": 5000, "exits": rng.binomial(5000, true)})
    fitted = fit_exits(history).set_index("age")["hazard"]
    assert np.abs(fitted[age].to_numpy() / true - 1).max() < 0.12
    assert fitted[70] == fitted[64]


def test_start_plus_entrants_less_exits_is_end_in_every_draw() -> None:
    rng = np.random.default_rng(1)
    stock = rng.uniform(0, 5, (50, 3, len(AGES)))
    hazards = rng.uniform(0, 1, (50, 1, len(AGES)))
    entrants = rng.uniform(0, 1, (3, len(AGES)))
    after, exits = step(stock, staying(stock, hazards, rng.standard_normal((50, 3))), entrants)
    end = stock.sum(axis=-1) + entrants.sum(axis=-1) - exits.sum(axis=-1)
    assert np.abs(end - after.sum(axis=-1)).max() < 1e-11
    assert after.min() >= 0
    assert exits.min() >= -1e-12


def test_the_noise_of_exits_is_that_of_so_many_persons_each_on_their_own() -> None:
    stock = np.full((1, 1, len(AGES)), 2.0)
    hazards = np.where(AGES < 60, 0.03, 0.3)[None, None]
    z = np.random.default_rng(2).standard_normal((40_000, 1))
    _, exits = step(stock, staying(stock, hazards, z))
    total = exits.sum(axis=(1, 2))
    assert total.mean() == pytest.approx((stock * hazards).sum(), rel=0.003)
    assert total.var() == pytest.approx((stock * hazards * (1 - hazards)).sum(), rel=0.03)


def test_years_in_place_are_the_same_steps() -> None:
    rng = np.random.default_rng(3)
    stock = rng.uniform(0, 5, (6, 3, len(AGES)))
    entrants, z = rng.uniform(0, 1, (4, 3, len(AGES))), rng.standard_normal((6, 4, 3))
    for shape in ((6, 1, len(AGES)), (6, 3, len(AGES))):
        hazards, now = rng.uniform(0, 0.3, shape), stock
        for y, after in enumerate(years(stock, hazards, entrants, z)):
            assert np.allclose(after, now, rtol=1e-12, atol=1e-14)
            if y < 4:
                now, _ = step(now, staying(now, hazards, z[:, y]), entrants[y])


@pytest.mark.parametrize("name", ["drawn", "five"])
def test_causes_sum_exactly_for_every_place_and_occupation(name: str, request: pytest.FixtureRequest) -> None:
    result = request.getfixturevalue(name)
    supply = result.supply if isinstance(result, dg.Gap) else result
    for part in (supply, supply.pull(position_size=(0.7, 0.8), exit_later=1)):
        causes = part.explain().pivot(index=["region", "occupation"], columns="cause", values="fte")
        assert np.abs(causes.drop(columns="end").sum(axis=1) - causes["end"]).max() < 1e-9
        assert causes["end"].sum() == pytest.approx(part.to_frame().query("year == 2040")["fte"].sum())


def test_causes_of_the_gap_sum_exactly_with_everything_pulled_at_once(five: dg.Supply) -> None:
    need = dg.need(dg.project(dg.example(), 2040))
    mix = dict(zip(FIVE, (0.2, 0.03, 0.4, 0.05, 0.2), strict=True))
    gap = dg.gap(need, five, skill_mix=mix, shortage={"nurse": 12}).pull(
        position_size=(0.7, 0.8), productivity=0.05, tasks_elsewhere=0.02, trainees=2, sick_leave=(0.1, 0.09)
    )
    causes = gap.explain(2035).pivot(index=["region", "occupation"], columns="cause", values="fte")
    assert np.abs(causes.drop(columns="end").sum(axis=1) - causes["end"]).max() < 1e-9
    ends = gap.to_frame().query("year == 2035").set_index(["region", "occupation"])["gap"]
    assert np.abs(ends - causes["end"]).max() < 1e-9
    assert (causes.loc[:, ["skill_mix", "productivity", "entrants", "other_exits"]].abs().sum() > 1).all()
    assert gap.explain(2026)["fte"].sum() == pytest.approx(24)


def test_replacement_of_lakseregionens_nurses_has_an_interval(drawn: dg.Gap) -> None:
    whole = drawn.supply.total().replacement(2040, level=0.8).iloc[0]
    assert whole["stock"] == 438
    assert whole["low"] < whole["exits"] < whole["high"]
    assert whole["exits"] == pytest.approx(148.75, abs=0.01)
    each = drawn.supply.replacement(2040, level=0.8)
    assert each["exits"].sum() == pytest.approx(whole["exits"])
    assert (each["high"] - each["low"]).sum() > whole["high"] - whole["low"]
    assert any("22.0% are 55 or older" in caution for caution in drawn.supply.cautions)
    assert any("Not covered" in c or "not covered" in c for c in drawn.supply.cautions)
    share = drawn.supply.total().replacement_share(10).iloc[0]
    assert share["percent"] == pytest.approx(100 * share["exits"] / 438)


def test_everyone_of_55_is_gone_in_fifteen_years(drawn: dg.Gap) -> None:
    bound = drawn.supply.total().quick_bound().iloc[0]
    assert bound["old"] == pytest.approx(438 * drawn.supply.facts["share_55plus"])
    longer = dg.supply(dg.example(), 2041).total().replacement(2041).iloc[0]
    assert longer["exits"] >= bound["old"]


def test_a_gap_in_draws_is_drawn_with_its_projection(drawn: dg.Gap) -> None:
    table = drawn.interval(0.8)
    last = table.iloc[-1]
    assert last["low"] < last["gap"] < last["high"]
    need = gap_draws(drawn)[0][:, -1, :, 0].sum(axis=1)
    left = gap_draws(drawn)[2][:, -1, :, 0].sum(axis=1)
    assert np.corrcoef(need, left)[0, 1] > 0.9
    first = table.iloc[0]
    assert first["low"] == pytest.approx(first["high"], abs=1e-9)
    assert drawn.total().to_frame(level=0.8).iloc[-1]["low"] == pytest.approx(last["low"])
    assert drawn.interval(0.8, "nurse")["gap"].tolist() == pytest.approx(table["gap"].tolist())


def test_a_place_alone_is_drawn_as_among_others_and_more_draws_change_no_bit() -> None:
    ten = supply_draws(dg.supply(dg.example(), 2032, draws=90, exits=exit_hazards(turnover=0.05)))
    alone = supply_draws(dg.supply(dg.example("Hitra"), 2032, draws=50, exits=exit_hazards(turnover=0.05)))
    place = dg.example().region.members.index("5056")
    assert np.array_equal(ten[:50, :, place], alone[:, :, 0])


def test_an_exit_age_that_is_sure_leaves_only_chance() -> None:
    one = dg.supply(dg.example("Hitra"), 2032, draws=400)
    sure = dg.supply(dg.example("Hitra"), 2032, draws=400, exit_age_sd=0)
    wide, narrow = (supply_draws(each)[:, -1].std() for each in (one, sure))
    assert 0 < narrow < wide


def test_supply_by_age_group_has_ends_that_hold_the_middle(five: dg.Supply) -> None:
    table = five.to_frame(level=0.8)
    assert {"low", "high"} <= set(table.columns)
    assert (table["low"] <= table["high"]).all()
    near = table.query("year == 2035 and age_group == '55+'")
    assert near["fte"].between(near["low"], near["high"]).mean() > 0.9


def test_places_without_their_own_count_take_the_others_per_nurse(five: dg.Supply) -> None:
    stock = five.stock.groupby(["region", "occupation"])["fte"].sum()
    assert stock["5059", "nurse"] == 67
    assert stock["5061", "nurse"] == 15
    counted = dg.example().person_years.query("year == 2025 and occupation == 'nurse'")
    wide = counted.pivot(index="region", columns="concept", values="fte")
    both = wide.dropna()
    per_nurse = both["occupation"].sum() / both["education"].sum()
    assert stock["5014", "nurse"] == pytest.approx(22 * per_nurse)
    assert any(c.startswith("Person-years by occupation are not known for Aure, Frøya") for c in five.cautions)
    mix = skill_mix(dg.example()).groupby("region")["share"].sum()
    assert mix.between(0.97, 1.03).all()


def test_newly_qualified_come_by_the_share_that_stays() -> None:
    come = pd.DataFrame({"occupation": ["nurse"], "kind": ["newly_qualified"], "age": [24], "per_year": [10.0]})
    supply = dg.supply(dg.example(), 2030, entrants=come.assign(share_staying=0.6))
    parts = supply.explain().groupby("cause")["fte"].sum()
    assert parts["entrants"] == pytest.approx(4 * 6)
    plain = dg.supply(dg.example(), 2030).explain().groupby("cause")["fte"].sum()
    assert parts["end"] == pytest.approx(plain["end"] + 24)


def test_a_known_shortage_is_carried_and_balance_is_said_to_be_assumed_where_none_is(drawn: dg.Gap) -> None:
    plain = dg.gap(drawn.need, drawn.supply)
    known = dg.gap(drawn.need, drawn.supply, shortage={"nurse": 20})
    assert known.of_year(2026)["gap"] == pytest.approx(20)
    grown = plain.of_year(2040)["need"] / plain.of_year(2026)["need"]
    more = known.of_year(2040)["gap"] - plain.of_year(2040)["gap"]
    assert more == pytest.approx(20 * grown, rel=0.02)
    assert "caution_balance" in {c.key for c in plain.known_cautions}
    assert "caution_balance" not in {c.key for c in known.known_cautions}
    assert "A shortage of 20 person-years today was entered by the user and is carried." in known.cautions


def test_person_years_are_set_against_those_of_working_age(drawn: dg.Gap) -> None:
    whole = drawn.total()
    row = whole.per_working_age().query("year == 2040").iloc[0]
    people = drawn.need.projection.persons("20-66", 2040)
    assert row["need_share"] == pytest.approx(whole.of_year(2040)["need"] / people)
    assert row["gap_per_1000"] == pytest.approx(1000 * whole.of_year(2040)["gap"] / people)
    assert len(drawn.per_working_age()) == 10 * 15


PULLED = {"position_size": (0.75, 0.85), "exit_later": 2, "trainees": 3, "productivity": 0.05}


def test_each_lever_alone_and_all_together(drawn: dg.Gap) -> None:
    table = drawn.levers(**PULLED).set_index("lever")
    assert (table["closed"] > 0).all()
    assert table["closed"].drop("together").max() < table.loc["together", "closed"]
    assert table.loc["trainees", "closed"] == pytest.approx(3 * 14)
    assert table.loc["position_size", "closed"] == pytest.approx(drawn.of_year(2040)["supply"] * 0.10 / 0.75)
    assert table["who"].tolist() == ["municipality", "state", "region", "municipality", "all"]
    assert drawn.total().levers(**PULLED)["gap"].tolist() == pytest.approx(table["gap"].tolist())


def test_every_lever_and_who_can_pull_it_has_a_word() -> None:
    from demografi import labels

    for row in levers_known().to_dict("records"):
        for language in labels.LANGUAGES:
            assert labels.label(f"lever_{row['lever']}", language)
            assert labels.label(f"who_{row['who']}", language)


def test_the_gap_is_closed_by_as_much_as_it_takes(drawn: dg.Gap) -> None:
    row = drawn.close("trainees", by=2040).iloc[0]
    assert row["feasible"]
    assert drawn.pull(trainees=float(row["amount"])).of_year(2040)["gap"] == pytest.approx(0, abs=1e-6)
    half = drawn.close("productivity", by=2035, gap=50.0).iloc[0]
    assert half["gap"] == pytest.approx(50)
    never = drawn.close("position_size", by=2040, now=0.75).iloc[0]
    assert (never["feasible"], never["amount"]) == (False, 1.0)
    assert never["gap"] > 0


def test_a_supply_with_everything_is_saved_and_opened(five: dg.Supply, tmp_path) -> None:  # type: ignore[no-untyped-def]
    pulled = five.pull(exit_later=1, position_size=(0.75, 0.8))
    again = dg.Supply.open(pulled.save(tmp_path / "supply.parquet"))
    pd.testing.assert_frame_equal(again.to_frame(), pulled.to_frame())
    assert np.array_equal(supply_draws(again), supply_draws(pulled))
    assert repr(again) == repr(pulled)


def test_the_total_of_a_supply_is_the_sum_of_its_members(five: dg.Supply) -> None:
    whole = five.total()
    parts = five.to_frame().groupby(["year", "occupation", "age_group"])["fte"].sum()
    summed = whole.to_frame().set_index(["year", "occupation", "age_group"])["fte"]
    assert np.abs(parts - summed).max() < 1e-9
    assert np.allclose(supply_draws(whole)[:, :, 0], supply_draws(five).sum(axis=2))
    assert whole.total() is whole


@pytest.mark.parametrize("language", ["nb", "nn", "en"])
def test_supply_and_gap_draw_themselves(drawn: dg.Gap, five: dg.Supply, language: str) -> None:
    from demografi import plots

    much = dg.gap(dg.need(dg.project(dg.example(), 2040)), five).pull(position_size=(0.75, 0.85))
    every = {"position_size": (0.75, 0.85), "sick_leave": (0.1, 0.08), "substitutes": (0.02, 0.03), "exit_later": 1}
    every |= {"trainees": 2, "productivity": 0.05, "tasks_elsewhere": 0.02}
    figures = [
        drawn.supply.plot(by="age", language=language),
        five.plot(language=language),
        much.plot(language=language),
    ]
    figures.append(drawn.plot(by="levers", language=language, pulled=every))
    for figure in figures:
        assert plots.problems(figure) == []
        assert figure.figure.words.alt


def test_the_gap_figure_says_its_interval_where_it_was_drawn(drawn: dg.Gap) -> None:
    last = drawn.interval(0.8).iloc[-1]
    low, high = rounded_ends(last["low"], last["high"])
    assert abs(low - last["low"]) < 10 > abs(high - last["high"])
    said = f"80% prediction interval of the gap in {drawn.to}: {low:.0f} to {high:.0f} person-years."
    assert said in drawn.figure_words("en").note
    plain = dg.gap(dg.need(dg.project(dg.example(), 2030)), dg.supply(dg.example(), 2030))
    assert "interval" not in plain.figure_words("en").note


def test_nobody_stays_past_a_cliff() -> None:
    assert left_alive(cliff(64.4))[AGES >= 62].round(12)[:4].tolist() == [1.0, 1.0, 0.4, 0.0]
