from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import demografi as dg
from demografi.needs.drawing import user_draws
from demografi.projection.pasts import past_net_migration
from demografi.scenarios import Scenario


@pytest.fixture(scope="module")
def counted() -> dg.Observed:
    return dg.example("Engerdal")


@pytest.fixture(scope="module")
def baseline(counted: dg.Observed) -> dg.Projection:
    return dg.project(counted, to=2035)


@pytest.fixture(scope="module")
def reached(baseline: dg.Projection) -> dg.Goal:
    return dg.goal(baseline, persons=1300, on="2030-01-01")


def cells(projection: dg.Projection, year: int) -> pd.DataFrame:
    table = projection.to_frame()
    return table[table["year"] == year]


def test_solved_and_projected_again_the_target_is_hit_to_the_last_tenth_of_a_person(
    reached: dg.Goal, counted: dg.Observed
) -> None:
    assert reached.feasible
    assert abs(reached.projection.persons("total", 2030) - 1300) < 0.05
    # By hand: so many a year, with the same ages, in the user's own scenario.
    own = past_net_migration(counted)
    own = own[own["year"] > own["year"].max() - 10].assign(group=lambda t: t["age"] // 5)
    share = own.groupby(["sex", "group"])["net_migration"].transform("sum")
    profile = own.assign(share=share)[share > 0].drop_duplicates(["sex", "age"])
    size = profile.groupby(["sex", "group"])["age"].transform("size")
    profile = profile.assign(share=profile["share"] / size)[["sex", "age", "share"]]
    scenario = Scenario().adding("more", "3425", reached.per_year, range(2026, 2030), profile)
    assert abs(dg.project(counted, to=2030, scenario=scenario).persons("total", 2030) - 1300) < 0.05


@pytest.mark.parametrize(
    ("target", "through"),
    [
        ({"persons": 1320}, {"net_migration": 0.6, "fertility": 0.2, "retention": 0.2}),
        ({"persons": 1290}, "retention"),
        ({"persons": 1280}, "fertility"),
        ({"young_0_19": 215}, "net_migration"),
    ],
)
def test_every_lever_and_a_mix_hit_their_target(
    baseline: dg.Projection, target: dict[str, float], through: str | dict[str, float]
) -> None:
    found = dg.goal(baseline, on=2030, through=through, **target)
    group = "total" if "persons" in target else "0-19"
    assert abs(found.projection.persons(group, 2030) - next(iter(target.values()))) < 0.05
    start = found.projection.explain("total")
    assert (
        abs(start.groupby("cause")["persons"].sum().drop("end").sum() - found.projection.persons("total", 2035)) < 1e-6
    )


def test_women_and_ratios_hit_their_target(baseline: dg.Projection) -> None:
    women = dg.goal(baseline, women_20_39=125, on="2030-01-01", profile="young_adults")
    table = cells(women.projection, 2030)
    assert table[(table["sex"] == "female") & table["age"].between(20, 39)]["persons"].sum() == pytest.approx(
        125, abs=0.05
    )
    assert women.share_reaching is None, "errors are drawn for both sexes together"
    ratio = dg.goal(baseline, aldersbareevne=1.8, on="2030-01-01", profile="workers").projection
    assert ratio.persons("20-66", 2030) / ratio.persons("67+", 2030) == pytest.approx(1.8, abs=1e-5)


def test_the_answer_says_how_many_who_and_how_rare_in_three_languages(reached: dg.Goal) -> None:
    per_year, women = reached.to_frame()[["per_year", "women_20_39"]].iloc[0]
    best = reached.history["net_migration"].max()
    said = reached.sentence("en")
    assert f"{per_year:.1f} more people a year must move in on net, of whom {women:.1f} women aged 20–39" in said
    assert f"the best five years since 2006 (2019–2023) had {best:.0f}." in said
    assert "of the baseline's draws reach the target by themselves" in said
    assert "flere må flytte inn på netto hvert år" in reached.answer
    assert "fleire må flytte inn på netto kvart år" in reached.sentence("nn")
    assert reached.precedent
    ends = dg.project(reached.baseline.observed, to=2030, draws=1000).interval("total", 0.6).iloc[-1]
    assert reached.share_reaching == pytest.approx(0.20, abs=0.02)
    assert ends["high"] == pytest.approx(1300, abs=8), "a fifth of the draws lie above the end of a 60 % interval"


def test_what_the_effort_adds_is_explained_exactly(reached: dg.Goal) -> None:
    added = reached.explain()["persons"].sum()
    assert added == pytest.approx(1300 - reached.baseline.persons("total", 2030), abs=0.05)


def test_a_goal_draws_itself_without_a_fault_and_is_read_again(reached: dg.Goal, tmp_path: Path) -> None:
    from demografi import plots

    for language in ("nb", "nn", "en"):
        assert plots.problems(reached.plot(language=language)) == []
    again = dg.Goal.open(reached.save(tmp_path / "goal.parquet"))
    assert again.answer == reached.answer
    assert "8" in repr(reached)
    assert reached._repr_html_().startswith("<strong>Goal of Engerdal")


def test_what_cannot_be_reached_says_why(baseline: dg.Projection) -> None:
    staying = dg.goal(baseline, persons=1400, on="2030-01-01", through="retention")
    assert not staying.feasible
    assert np.isnan(staying.per_year)
    assert "cannot be reached through retention of young people: even 7.1 persons a year" in staying.sentence("en")
    fewer = dg.goal(baseline, users_80plus=40, on="2030-01-01")
    assert not fewer.feasible
    assert "more people do not lower the number" in fewer.sentence("en")
    assert fewer.share_reaching is not None
    assert 0 < fewer.share_reaching < 0.5
    met = dg.goal(baseline, persons=1200, on="2030-01-01")
    assert met.feasible
    assert met.per_year == 0
    assert "is met by the baseline" in met.sentence("en")


def test_the_share_of_draws_with_few_enough_users_is_that_of_the_needs_own_draws() -> None:
    drawn = dg.project(dg.example("Engerdal"), to=2032, draws=300, seed=4)
    users = user_draws(dg.need(drawn), "80+")[:, 4].sum(axis=1)
    wanted = float(np.quantile(users, 0.3))
    found = dg.goal(drawn, users_80plus=wanted, on="2030-01-01")
    assert found.share_reaching == pytest.approx(np.mean(users <= wanted))
    assert 0.25 < found.share_reaching < 0.35
    assert "30 % of the baseline's draws" in found.sentence("en").replace("\u00a0", " ").replace("30%", "30 %")
    assert any(caution.startswith("The intervals of users and person-years include") for caution in found.cautions)


def test_a_region_spreads_the_effort_over_its_members() -> None:
    projection = dg.project(dg.example(), to=2030)
    found = dg.goal(projection, persons=71_000, on=2030, profile="families")
    assert abs(found.projection.persons("total", 2030) - 71_000) < 0.05
    assert any("spread over the municipalities" in caution for caution in found.cautions)
    of_total = dg.goal(projection.total(), persons=71_000, on=2030, profile="families")
    assert of_total.per_year == pytest.approx(found.per_year)


@pytest.mark.parametrize(
    ("asked", "fault"),
    [
        ({"persons": 1300, "on": "2026-01-01"}, "The target date 1 January 2026 has passed."),
        ({"persons": 1300, "on": "2045-01-01"}, "lies after the projection"),
        ({"persons": 1300, "on": "2030-06-30"}, "'2030-06-30' is no 1 January."),
        ({"happiness": 7, "on": 2030}, "A goal cannot be about 'happiness'."),
        ({"persons": 1300, "women_20_39": 120, "on": 2030}, "A goal has one target; 2 were named."),
        ({"persons": -1, "on": 2030}, "-1 is no target."),
        ({"persons": 1300, "on": 2030, "through": "luck"}, "A goal cannot be reached through 'luck'."),
        (
            {"persons": 1300, "on": 2030, "through": {"net_migration": 0.5, "fertility": 0.6}},
            "The shares of the mix do not sum to one.",
        ),
        ({"persons": 1300, "on": 2030, "profile": "pensioners"}, "No age profile is called 'pensioners'."),
    ],
)
def test_a_goal_that_cannot_be_set_is_refused(baseline: dg.Projection, asked: dict[str, object], fault: str) -> None:
    with pytest.raises(dg.ScenarioError) as refused:
        dg.goal(baseline, **asked)  # type: ignore[arg-type]
    assert fault in str(refused.value)


def test_a_baseline_that_cannot_be_made_again_is_refused(counted: dg.Observed) -> None:
    other = dg.project(counted, to=2030, scenario=dg.scenario("MM00"))
    with pytest.raises(dg.ScenarioError, match="The baseline cannot be made again"):
        dg.goal(other, persons=1300, on=2030)
    assert dg.goal(other, persons=1300, on=2030, scenario=dg.scenario("MM00")).feasible
    table = other.to_frame()
    published = dg.Projection.from_table(table, vintage="county 2025", region="Engerdal", observed=counted)
    with pytest.raises(dg.ScenarioError, match="cannot be projected again with other assumptions"):
        dg.goal(published, persons=1300, on=2030)


def test_goals_are_followed_year_by_year(counted: dg.Observed) -> None:
    rows = [["persons", 2020, 1300, 2030], ["women_20_39", 2020, 130, 2030], ["persons", 2016, 1250, 2022]]
    goals = pd.DataFrame(rows, columns=["indicator", "base_year", "target", "year"])
    found = dg.follow(goals, counted)
    first = found[(found["target_year"] == 2030) & (found["indicator"] == "persons")].set_index("year")
    assert first.index.tolist() == list(range(2020, 2027))
    assert first["actual"].loc[[2020, 2022, 2026]].tolist() == [1268, 1253, 1287]
    assert first["on_the_way"].loc[2025] == 1284
    assert first["share_of_way"].loc[2026] == pytest.approx(19 / 32)
    assert not first["ahead"].loc[2022]
    assert first["ahead"].loc[2025]
    past = found[found["target_year"] == 2022]
    assert past["year"].max() == 2022, "what came after the date is no part of the goal"
    with pytest.raises(dg.TableError, match="lacks the column 'base_year'"):
        dg.follow(goals.drop(columns="base_year"), counted)
    with pytest.raises(dg.TableError, match="persons is not counted on 1 January 1990"):
        dg.follow(goals.assign(base_year=1990), counted)
    with pytest.raises(dg.ScenarioError, match="A goal comes after the year it starts from"):
        dg.follow(goals.assign(base_year=2030), counted)


def test_past_net_migration_is_what_deaths_do_not_explain(counted: dg.Observed) -> None:
    past = past_net_migration(counted).groupby("year")["net_migration"].sum()
    assert past.index.tolist() == list(range(2006, 2026))
    people = counted.population.groupby("year")["persons"].sum()
    children = counted.population[counted.population["age"] == 0].groupby("year")["persons"].sum()
    deaths = {year: people[year] + children[year + 1] + past[year] - people[year + 1] for year in past.index}
    # Engerdal buries some 15 to 22 a year; the residual must leave a number of deaths like that.
    assert all(13 < count < 26 for count in deaths.values()), deaths


def test_fertility_as_a_factor_changes_births_and_no_one_else(counted: dg.Observed, baseline: dg.Projection) -> None:
    more = dg.project(counted, to=2035, scenario=Scenario().with_fertility(1.5, range(2026, 2035)))
    born = [one.births[one.births["year"] == 2026]["births"].sum() for one in (baseline, more)]
    assert born[1] / born[0] == pytest.approx(1.5)
    assert more.persons("20-66", 2035) == pytest.approx(baseline.persons("20-66", 2035), abs=1e-9)
    newcomers = Scenario().adding("field", "3425", 50, [2026], "young_adults")
    both = [newcomers, newcomers.with_fertility(1.5, range(2026, 2035))]
    born = [
        one[one["year"] == 2030]["births"].sum()
        for one in (dg.project(counted, to=2035, scenario=s).births for s in both)
    ]
    assert born[1] / born[0] == pytest.approx(1.5), "newcomers have as many more children as others"
    with pytest.raises(dg.ScenarioError, match="Women cannot have -1 times as many children"):
        Scenario().with_fertility(-1, [2026])
    with pytest.raises(dg.ScenarioError, match="The age profile is no spread over sex and age"):
        Scenario().adding("x", "3425", 1, [2026], pd.DataFrame({"sex": ["female"], "age": [0], "share": [1.0]}))


def test_a_goal_on_anything_but_people_names_the_verb_that_closes_a_gap(
    counted: dg.Observed, baseline: dg.Projection
) -> None:
    gap = dg.gap(dg.need(baseline), dg.supply(counted, to=2035))
    with pytest.raises(dg.ScenarioError) as refused:
        dg.goal(gap, gap=0, on=2035)  # type: ignore[arg-type]
    assert str(refused.value) == (
        "A goal is about people, not about: Gap.\n"
        "  Wanted: a projection, which is projected again. A gap is closed by a lever on staff or work.\n"
        "  gap.close('trainees', by=2040)"
    )
    assert gap.close("trainees", by=2035)["feasible"].tolist() == [True]
    with pytest.raises(dg.TableError, match=r"dg\.goal cannot take a Observed") as refused:
        dg.goal(counted, persons=1300, on=2030)  # type: ignore[arg-type]
    assert "dg.goal(dg.project(observed" in str(refused.value)
