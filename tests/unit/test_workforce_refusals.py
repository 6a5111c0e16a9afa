"""What supply and gap refuse, each on its words."""

from __future__ import annotations

import pandas as pd
import pytest

import demografi as dg
from demografi.workforce.exits import exit_hazards, fit_exits
from demografi.workforce.mix import skill_mix
from demografi.workforce.staffing import staff_needed
from small_staff import people_of

EXITS = pd.DataFrame({"cause": "old_age", "age": range(60, 80), "hazard": 0.5})
STAFF = pd.DataFrame(
    [("a", 2025, "nurse", "25-54", 20.0, 15.0), ("a", 2025, "nurse", "55+", 10.0, 7.5)],
    columns=["region", "year", "occupation", "age_group", "persons", "fte"],
)
COME = pd.DataFrame({"occupation": ["nurse"], "kind": ["trainee"], "age": [25], "per_year": [2.0]})


@pytest.fixture(scope="module")
def one() -> dg.Observed:
    return dg.Observed.from_tables(people_of("a"), name="one")


def said(error: pytest.ExceptionInfo[dg.DemografiError]) -> str:
    return str(error.value)


@pytest.mark.parametrize(
    ("staff", "fault", "seen"),
    [
        (STAFF.assign(fte=[-1.0, 7.5]), "A stock of staff is below zero.", "a, nurse, 25-54"),
        (STAFF.assign(persons=[-2.0, 7.5]), "A stock of staff is below zero.", "a, nurse, 25-54"),
        (STAFF.assign(fte=[25.0, 7.5]), "25 person-years by 20 heads is more than 1.2 each.", "a, nurse, 25-54"),
        (STAFF.assign(age_group=["25-55", "55+"]), "The ages '25-55' and '55+' overlap.", "counted twice"),
        (STAFF.assign(age_group=["55+", "60"]), "The ages '55+' and '60' overlap.", "counted twice"),
        (STAFF.assign(persons=0.0, fte=0.0), "Nobody is in the staff table.", ""),
        (STAFF.drop(columns="fte"), "The staff table lacks the column 'fte'.", "Seen: region, year"),
        (STAFF.assign(fte=[None, 7.5]), "A row of the staff table has no person-years.", "a, nurse, 25-54"),
        (STAFF.assign(persons=[None, 10.0]), "Some rows of the staff table have heads and others have not.", ""),
        (STAFF.assign(basis=["work", "residence"]), "The staff table mixes 'residence' and 'work'.", "counted twice"),
        (STAFF.assign(age_group=["5-14", "55+"]), "Nobody of working age is in the age group '5-14'.", "16–79"),
        (STAFF.iloc[:1].assign(persons=2.0, fte=1.5), "An occupation has too few persons in all the places", "total"),
        (
            STAFF.iloc[:1].assign(age_group="total", occupation="teacher"),
            "The staff table has no ages for teacher, and the nation's are not at hand.",
            "share_55plus",
        ),
    ],
)
def test_a_staff_table_that_cannot_be_right_is_refused(
    one: dg.Observed, staff: pd.DataFrame, fault: str, seen: str
) -> None:
    with pytest.raises(dg.TableError) as error:
        dg.supply(one, 2030, staff=staff)
    assert said(error).startswith(fault)
    assert seen in said(error)


def test_a_place_that_is_not_in_the_staff_table_is_named(one: dg.Observed) -> None:
    with pytest.raises(dg.SourceError, match=r"The staff table has no row of a\."):
        dg.supply(one, 2030, staff=STAFF.assign(region="b"))
    with pytest.raises(dg.TableError, match=r"The staff table has no occupation 'planner'"):
        dg.supply(one, 2030, staff=STAFF, occupations=["planner"])


@pytest.mark.parametrize(
    ("exits", "fault"),
    [
        (EXITS.assign(hazard=1.2), "The hazard of leaving by old_age at age 60 is 1.2."),
        (EXITS.assign(hazard=-0.1), "The hazard of leaving by old_age at age 60 is -0.1."),
        (EXITS.drop(columns="age"), "The hazards of leaving lack the column 'age'."),
        (EXITS.assign(cause="boredom"), "Nobody is said to leave by the cause 'boredom'."),
        (EXITS.assign(age=60), "The hazard of leaving by old_age at age 60 stands twice."),
        (EXITS.assign(sex="female"), "There are no hazards of leaving for nurse, both."),
    ],
)
def test_hazards_that_cannot_be_are_refused(one: dg.Observed, exits: pd.DataFrame, fault: str) -> None:
    with pytest.raises(dg.TableError) as error:
        dg.supply(one, 2030, staff=STAFF, exits=exits)
    assert said(error).startswith(fault)


def test_a_preset_that_is_not_known_names_those_that_are() -> None:
    with pytest.raises(dg.ScenarioError) as error:
        exit_hazards("klp")
    assert said(error).splitlines() == [
        "No published exit age is called 'klp'.",
        "  There is klp_pension, klp_all, ks_55plus, ks_health, special_age_limit.",
        "  dg.workforce.exit_ages()",
    ]


@pytest.mark.parametrize(
    ("come", "fault"),
    [
        (COME.drop(columns="age"), "The entrants lack the column 'age'."),
        (COME.assign(kind="robot"), "Nobody enters as 'robot'."),
        (COME.assign(occupation="doctor"), "The supply has no occupation 'doctor' to enter."),
        (COME.assign(per_year=-1.0), "Fewer than nobody enter."),
        (COME.assign(age=12), "Nobody enters at age 12."),
        (COME.assign(kind="newly_qualified"), "The newly qualified have no share staying, 0–1."),
    ],
)
def test_entrants_that_cannot_come_are_refused(one: dg.Observed, come: pd.DataFrame, fault: str) -> None:
    with pytest.raises(dg.TableError) as error:
        dg.supply(one, 2030, staff=STAFF, entrants=come)
    assert said(error).startswith(fault)


def test_settings_and_years_that_cannot_be_are_refused(one: dg.Observed) -> None:
    for wrong, fault in (
        ({"speed": 2}, "The supply has no setting 'speed'."),
        ({"draws": -1}, "-1 is no number of draws."),
        ({"exit_age_sd": -1.0}, "The exit age cannot be off by -1 years."),
        ({"seed": 0.5}, "The seed is not a whole number"),
    ):
        with pytest.raises(dg.ScenarioError) as error:
            dg.supply(one, 2030, staff=STAFF, **wrong)
        assert said(error).startswith(fault)
    with pytest.raises(dg.ScenarioError, match="The supply cannot end in 2026"):
        dg.supply(one, 2026, staff=STAFF)
    with pytest.raises(dg.ScenarioError, match="The supply cannot go to 9999") as error:
        dg.supply(one, 9999, staff=STAFF)
    assert error.value.hint == "dg.supply(observed, to=2089)"
    assert dg.supply(one, 2089, staff=STAFF).facts["to"] == 2089
    supply = dg.supply(one, 2030, staff=STAFF)
    with pytest.raises(dg.ScenarioError, match="After 10 years not everyone of 55 or over is 70"):
        supply.quick_bound(10)
    with pytest.raises(dg.ScenarioError, match=r"The supply has no draws\."):
        supply.replacement(2030, level=0.8)
    with pytest.raises(dg.ScenarioError, match=r"The supply cannot be drawn by 'sex'\."):
        supply.plot(by="sex")


def test_an_occupation_of_which_nothing_says_how_old_it_is_asks_for_a_table(observed: dg.Observed) -> None:
    with pytest.raises(dg.SourceError) as error:
        dg.supply(observed, 2040, occupations=["doctor"])
    assert said(error).startswith("Nothing at hand says how old the staff of the occupation 'doctor' is.")
    assert "staff=your_own_table" in said(error)
    with pytest.raises(dg.SourceError, match="There are no person-years by occupation for Engerdal"):
        skill_mix(dg.example("Engerdal"))


def test_a_skill_mix_or_shortage_that_does_not_fit_is_refused(need: dg.Need, observed: dg.Observed) -> None:
    supply = dg.supply(observed, 2040, occupations=["nurse", "home_helper"])
    for mix, fault in (
        ({"nurse": 0.2}, "The occupation 'home_helper' is not in the skill mix."),
        ({"nurse": 0.7, "home_helper": 0.6}, "The shares of the skill mix cannot be right."),
        ({"nurse": -0.1, "home_helper": 0.6}, "The shares of the skill mix cannot be right."),
    ):
        with pytest.raises(dg.TableError) as error:
            dg.gap(need, supply, skill_mix=mix)
        assert said(error).startswith(fault)
    with pytest.raises(dg.TableError, match="The shortage of 5 doctor in"):
        dg.gap(need, supply, shortage={"doctor": 5})
    with pytest.raises(dg.ScenarioError, match="A skill mix is by occupation, and this supply is by education"):
        dg.gap(need, dg.supply(observed, 2040), skill_mix={"nurse": 0.2})


def test_levers_that_are_not_known_or_not_possible_are_refused(gap: dg.Gap) -> None:
    for levers, fault in (
        ({"robots": 3}, "No lever on the gap is called 'robots'."),
        ({"position_size": 0.85}, "The lever position_size is 0.85."),
        ({"position_size": (75, 85)}, "The lever position_size cannot be 75."),
        ({"exit_later": 20}, "The lever exit_later cannot be 20."),
        ({"trainees": -1}, "The lever trainees cannot be -1."),
        ({"productivity": "5 %"}, "The lever productivity is '5 %'."),
        ({}, "No lever was named."),
    ):
        with pytest.raises(dg.ScenarioError) as error:
            gap.levers(**levers)
        assert said(error).startswith(fault)
    with pytest.raises(dg.ScenarioError, match="No lever on the supply is called 'productivity'"):
        gap.supply.pull(productivity=0.1)
    with pytest.raises(dg.ScenarioError, match="The lever position_size needs today's share"):
        gap.close("position_size", by=2040)
    with pytest.raises(dg.ScenarioError, match="The gap cannot be drawn by 'age'"):
        gap.plot(by="age")
    with pytest.raises(dg.ScenarioError, match="The gap has no occupation 'doctor'"):
        gap.interval(0.8, "doctor")


def test_draws_of_need_and_supply_must_be_as_many(need: dg.Need, observed: dg.Observed) -> None:
    with pytest.raises(dg.ScenarioError, match="The need has 0 draws and the supply 10"):
        dg.gap(need, dg.supply(observed, 2040, draws=10)).to_frame(level=0.8)


def test_a_history_without_exits_and_a_workload_without_time_are_refused() -> None:
    history = pd.DataFrame({"age": [40, 50], "exposed": [10, 10], "exits": [0, 0]})
    for table, fault in (
        (history, "No hazards can be fitted to this history."),
        (history.assign(exits=[11, 0]), "No hazards can be fitted to this history."),
        (history.drop(columns="exits"), "The history of exits lacks the column 'exits'."),
    ):
        with pytest.raises(dg.TableError) as error:
            fit_exits(table)
        assert said(error).startswith(fault)
    with pytest.raises(dg.TableError, match="A workload of 3125 by 0 each cannot be turned into staff"):
        staff_needed(3125, 0)


@pytest.mark.parametrize("blank", [None, float("nan"), "", " ", pd.NA])
def test_a_blank_sector_is_no_sector(one: dg.Observed, blank: object) -> None:
    staff = STAFF.assign(sector=pd.Series([blank] * len(STAFF), dtype="object"))
    assert dg.supply(one, 2030, staff=staff).facts["sector"] == ""
    staff.loc[staff.index[0], "sector"] = "municipal"
    assert dg.supply(one, 2030, staff=staff).facts["sector"] == "municipal"
