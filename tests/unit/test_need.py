"""Need beyond the ministry's method: services, choices, departures, causes, bridges; and what is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import demografi as dg
from demografi import needs

GROUPS = ("0-49", "50-66", "67-79", "80-89", "90+")
NEUTRAL = {
    "coverage_convergence": {"share": 0, "toward": dg.example("Lakseregionen helse")},
    "healthier_ageing": {"share": 0},
    "compression": {"rate": 0},
    "expansion": {"rate": 0},
    "home_instead": {"share": 0, "ratio": 0.5},
    "family_care": {"ratio": 0},
    "standard_growth": {"rate": 0},
    "productivity": {"rate": 0},
}


def neutral(*keys: str) -> list[needs.Departure]:
    return [dg.departure(key, **NEUTRAL[key]) for key in keys]


def sums(table: pd.DataFrame, measure: str) -> pd.Series:
    return table.groupby("cause", sort=False)[measure].sum()


def said(error: pytest.ExceptionInfo[Exception]) -> list[str]:
    return str(error.value).split("\n  ")


@pytest.mark.parametrize("key", list(NEUTRAL))
def test_a_neutral_departure_is_the_constant_method_bit_for_bit(
    key: str, need: dg.Need, projection: dg.Projection
) -> None:
    again = dg.need(projection, departures=neutral(key))
    pd.testing.assert_frame_equal(again.cells, need.cells, check_exact=True)
    pd.testing.assert_frame_equal(again.to_frame(), need.to_frame(), check_exact=True)
    pd.testing.assert_frame_equal(again.person_years, need.person_years, check_exact=True)


@pytest.mark.parametrize("split", [None, "pchip"])
def test_all_neutral_departures_together_are_the_constant_method_bit_for_bit(
    split: str | None, projection: dg.Projection
) -> None:
    constant = dg.need(projection, split=split)
    again = dg.need(projection, split=split, departures=neutral(*NEUTRAL))
    pd.testing.assert_frame_equal(again.cells, constant.cells, check_exact=True)


def test_every_departure_of_the_table_has_a_neutral_value_tested_here() -> None:
    table = needs.departures().set_index("key")
    assert set(table.index) == set(NEUTRAL)
    for key, values in NEUTRAL.items():
        assert float(table.loc[key, "neutral"]) == values[table.loc[key, "parameter"]]
        assert table.loc[key, "source"]


def test_healthier_ageing_moves_coverage_by_the_years_of_life_gained(projection: dg.Projection, need: dg.Need) -> None:
    from demografi.needs.departing import life_years_gained

    gained = life_years_gained(projection)
    assert 0.8 < gained[2040] < 1.6
    assert (gained.diff().dropna() >= 0).all()
    half, whole = (
        dg.need(projection, departures=[dg.departure("healthier_ageing", share=share)])
        .users_of("80+")
        .query("year == 2040")
        for share in (0.5, 1.0)
    )
    constant = need.users_of("80+").query("year == 2040")["users"].sum()
    assert constant > half["users"].sum() > whole["users"].sum()
    given = [dg.departure("healthier_ageing", share=1.0, gained=gained[2040] / 14)]
    assert dg.need(projection, departures=given).users_of("80+").query("year == 2040")["users"].sum() == pytest.approx(
        whole["users"].sum()
    )


@pytest.mark.parametrize("language", ["nb", "nn", "en"])
def test_a_departure_is_said_in_figures_and_cautions(language: str, projection: dg.Projection) -> None:
    from demografi import plots

    asked = [dg.departure("standard_growth", rate=0.005), dg.departure("family_care", ratio=0.5)]
    need = dg.need(projection, departures=asked)
    said = [c.text(language) for c in need.own_cautions if c.key.startswith("need_departure_")]
    assert len(said) == 2
    assert all(("0,5" if language != "en" else "0.5") in text for text in said)
    drawn = need.plot(language=language)
    assert plots.problems(drawn) == []
    assert all(text in drawn.figure.words.note for text in said)


def test_every_departure_has_its_words() -> None:
    group = dg.example("Lakseregionen helse")
    for key in needs.departures()["key"]:
        values = {**NEUTRAL[key], "toward": group} if key == "coverage_convergence" else NEUTRAL[key]
        for language in ("nb", "nn", "en"):
            assert dg.departure(key, **values).caution().text(language)


def test_coverage_converges_to_that_of_the_group(projection: dg.Projection, observed: dg.Observed) -> None:
    reached = dg.need(projection, departures=[dg.departure("coverage_convergence", share=1, toward=observed, by=2035)])
    cells = reached.cells.query("age_group == '80+' and service == 'home_service' and year >= 2035")
    counted = observed.users.query("age_group == '80+' and service == 'home_service' and year == 2025")["users"].sum()
    group = counted / observed.population.query("year == 2026 and age >= 80")["persons"].sum()
    assert np.allclose(cells["users"] / cells["persons"], group)


def test_a_moved_user_is_in_one_service_only(projection: dg.Projection, need: dg.Need) -> None:
    moved = dg.need(projection, departures=[dg.departure("home_instead", share=0.2)])
    for group in ("80+", "total"):
        assert np.allclose(moved.users_of(group)["users"], need.users_of(group)["users"])
    assert np.allclose(moved.person_years["fte"], need.person_years["fte"])
    split = dg.need(projection, split="pchip", departures=[dg.departure("home_instead", share=0.2)])
    assert np.allclose(split.users_of("80+")["users"], dg.need(projection, split="pchip").users_of("80+")["users"])


@pytest.mark.parametrize(
    "choices",
    [
        {},
        {"coverage_year": 2020},
        {"split": "pchip"},
        {"coverage_year": 2021, "split": "pchip"},
        {"departures": [dg.departure("healthier_ageing", share=0.5), dg.departure("standard_growth", rate=0.005)]},
        {"departures": [dg.departure("home_instead", share=0.3, ratio=0.5), dg.departure("family_care", ratio=0.5)]},
        {"denominator": "same_january", "pooled": dg.example()},
    ],
)
def test_the_change_is_explained_exactly_whatever_was_chosen(choices: dict, projection: dg.Projection) -> None:
    need = dg.need(projection, **choices)
    for measure, asked in (("users", {}), ("users", {"age_group": "total"}), ("fte", {})):
        table = need.explain(measure=measure, **asked)
        wide = table.pivot(index="region", columns="cause", values=measure)
        assert np.abs(wide.drop(columns="end").sum(axis=1) - wide["end"]).max() < 1e-9
    ends = sums(need.explain(), "users")
    assert ends["end"] == pytest.approx(need.users_of("80+").query("year == 2040")["users"].sum())
    assert ends["start"] == pytest.approx(1552)
    fte = sums(need.explain(measure="fte"), "fte")
    assert fte["end"] == pytest.approx(need.person_years.query("year == 2040")["fte"].sum())


@pytest.mark.parametrize(
    ("year", "service", "other"), [(2008, "long_stay", "home_service"), (2010, "home_service", "long_stay")]
)
def test_a_coverage_year_that_lacks_a_whole_service_is_refused_unless_it_is_left_out(
    year: int, service: str, other: str
) -> None:
    projection = dg.project(dg.example("Engerdal"), to=2030)
    with pytest.raises(dg.TableError) as refused:
        dg.need(projection, coverage_year=year)
    assert said(refused) == [
        f"No users of {service} are counted in Engerdal in {year}.",
        "Other years have them; without them the need would be too small.",
        "Years that have all: 2009, 2012, 2014–2025.",
        f"dg.need(projection, coverage_year=2025), or dg.need(projection, coverage_year={year}, services=['{other}'])",
    ]
    assert set(dg.need(projection, coverage_year=year, services=[other]).to_frame()["service"]) == {other}


def test_a_coverage_year_that_lacks_one_age_group_everywhere_is_refused() -> None:
    observed = dg.example("Engerdal")
    users = observed.tables["users"]
    gone = (users["year"] == 2024) & (users["service"] == "home_service") & (users["age_group"] == "0-66")
    without = dg.Observed({**observed.tables, "users": users[~gone]}, observed.facts, observed.own_sources)
    with pytest.raises(dg.TableError) as refused:
        dg.need(dg.project(without, to=2030), coverage_year=2024)
    assert said(refused)[0] == "No users of home_service aged 0-66 are counted in Engerdal in 2024."


def test_years_with_figures_of_every_member_are_named_when_one_has_none() -> None:
    with pytest.raises(dg.ScenarioError) as refused:
        dg.need(dg.project(dg.example(), to=2030), coverage_year=2013)
    assert said(refused) == [
        "There is no coverage for 31 December 2013 in Orkland.",
        "Years that have all: 2020–2025.",
        "dg.need(projection, coverage_year=2025)",
    ]


def test_explain_shows_what_the_choice_of_coverage_year_means(projection: dg.Projection, need: dg.Need) -> None:
    assert sums(need.explain(), "users")["coverage"] == pytest.approx(0, abs=1e-9)
    old = sums(dg.need(projection, coverage_year=2020).explain(), "users")
    assert 400 < old["coverage"] < 600
    assert sums(dg.need(projection, split="pchip").explain(), "users")[["coverage", "service_mix"]].abs().max() < 1e-9
    moved = dg.need(projection, departures=[dg.departure("home_instead", share=0.5, ratio=0.5)])
    assert sums(moved.explain(measure="fte"), "fte")[["standard", "service_mix"]].sum() < -20


def test_a_split_keeps_every_groups_count_at_the_base(projection: dg.Projection, need: dg.Need) -> None:
    split = dg.need(projection, split="pchip")
    keys = ["region", "service", "age_group"]
    ours, wanted = (one.to_frame().query("year == 2026").set_index(keys)["users"] for one in (split, need))
    assert np.allclose(ours.sort_index(), wanted.sort_index(), rtol=1e-12)
    assert (split.cells["users"] >= 0).all()
    assert sums(split.explain(), "users")["age_mix"] > 50


def test_the_sum_of_members_has_the_causes_of_its_members(need: dg.Need) -> None:
    whole = need.total()
    assert whole.users_of("80+").query("year == 2040")["users"].sum() == pytest.approx(2324.4, abs=0.1)
    assert abs(sums(whole.explain(), "users")["end"] - sums(need.explain(), "users")["end"]) < 1e-6


def test_staffed_housing_comes_where_it_is_asked_for_and_is_not_added_to_home_service(
    projection: dg.Projection, need: dg.Need
) -> None:
    assert set(need.to_frame()["service"]) == {"home_service", "long_stay"}
    more = dg.need(projection, services=["home_service", "long_stay", "staffed_housing"])
    assert more.users_of("total", over=["staffed_housing"]).query("year == 2026")["users"].sum() == 453
    assert np.allclose(more.person_years["fte"], need.person_years["fte"])
    with pytest.raises(dg.TableError, match="'staffed_housing' lies inside 'home_service'"):
        more.users_of("total", over=["home_service", "staffed_housing"])
    with pytest.raises(dg.TableError, match="This need has no users of 'staffed_housing'"):
        need.users_of("total", over=["staffed_housing"])


@pytest.fixture(scope="module")
def own() -> dg.Projection:
    """A made-up place with KOSTRA 11645's age groups, a service of its own, children, and one hidden cell."""
    observed = dg.example("Skaun")
    rows = [
        *[("home_service", group, n, "", "") for group, n in zip(GROUPS, (40, 30, 40, 50, 20), strict=True)],
        *[
            ("home_nursing", group, n, "", "home_service")
            for group, n in zip(GROUPS, (20, 20, 30, 40, 15), strict=True)
        ],
        *[("long_stay", group, n, s, "") for group, n, s in zip(GROUPS, (None, None, 7, 20, 10), "::   ", strict=True)],
        ("long_stay", "total", 42, "", ""),
        ("day_centre", "67-79", 12, "", ""),
        ("day_centre", "80-89", 9, "", ""),
        ("kindergarten", "1-5", 380, "", ""),
        ("primary_school", "6-15", 1150, "", ""),
    ]
    columns = ["service", "age_group", "users", "status", "parent"]
    users = pd.DataFrame(rows, columns=columns).assign(region="5029", year=2025)
    users["status"] = users["status"].str.strip()
    person_years = pd.DataFrame(
        [("home_service", 60.0), ("long_stay", 55.0), ("kindergarten", 95.0), ("primary_school", 140.0)],
        columns=["service", "fte"],
    ).assign(region="5029", year=2025, reference_date="2025-11-16", occupation="total", concept="occupation")
    tables = dg.Observed.from_tables(
        observed.population.drop(columns="quality"), users=users, person_years=person_years, name="Skaun"
    )
    base = dg.project(observed, to=2030)
    facts = {**base.facts, "region": tables.facts["region"]}
    return dg.Projection(base.tables, facts, rests_on={"observed": tables})


def test_services_of_the_users_own_table_work_by_the_same_machinery(own: dg.Projection) -> None:
    need = dg.need(own, standard="own")
    found = set(need.to_frame()["service"])
    assert found == {"home_service", "long_stay", "day_centre", "kindergarten", "primary_school"}
    assert set(need.to_frame().query("service == 'home_service'")["age_group"]) == set(GROUPS)
    children = own.to_frame().query("year == 2030 and 6 <= age <= 15")["persons"].sum()
    now = own.to_frame().query("year == 2026 and 6 <= age <= 15")["persons"].sum()
    pupils = need.users_of("6-15", over=["primary_school"]).query("year == 2030")["users"].item()
    assert pupils == pytest.approx(1150 * children / now)
    both = need.to_frame().query("age_group in ['80-89', '90+'] and service in ['home_service', 'long_stay']")
    assert need.users_of("80+")["users"].sum() == pytest.approx(both["users"].sum())
    assert need.history()["value"].iloc[0] == 100
    fte = need.person_years.query("year == 2026").set_index("service")["fte"]
    assert fte.round(9).to_dict() == {"home_service": 60, "long_stay": 55, "kindergarten": 95, "primary_school": 140}
    nursing = dg.need(own, services=["home_service", "home_nursing"])
    with pytest.raises(dg.TableError, match="'home_nursing' lies inside 'home_service'"):
        nursing.users_of("80-89", over=["home_service", "home_nursing"])


def test_hidden_groups_are_intervals_that_keep_their_total(own: dg.Projection) -> None:
    need = dg.need(own)
    cells = need.coverage.query("service == 'long_stay'").set_index("age_group")
    assert cells.loc["0-49", ["low", "high", "users"]].tolist() == [1.0, 4.0, 2.5]
    assert cells["users"].sum() == 42
    assert "2 user cells are suppressed (small numbers) in 2025" in " ".join(need.cautions)


def test_a_service_that_names_no_parent_is_refused() -> None:
    users = dg.example("Skaun").users.query("service == 'home_service'").assign(service="taxi")
    observed = dg.Observed.from_tables(dg.example("Skaun").population, users=users)
    with pytest.raises(dg.TableError) as error:
        needs.counts.coverage_of(observed)
    assert said(error)[0] == "The service 'taxi' names no parent."
    assert said(error)[-1].startswith("users['parent'] = ''")


def test_pooled_coverage_is_pulled_towards_the_group_and_shows_its_weight(projection: dg.Projection) -> None:
    need = dg.need(projection, pooled=dg.example())
    table = need.pooling
    between = (table["pooled"] - table["raw"]) * (table["pooled"] - table["group"])
    assert (between <= 1e-12).all()
    assert table["weight"].between(0, 1).all()
    old = table.query("service == 'home_service' and age_group == '80+'").set_index("region")["weight"]
    assert old["5059"] == old.max()
    assert dg.need(projection).pooling.empty


def test_the_ministrys_denominator_is_a_choice(projection: dg.Projection, observed: dg.Observed) -> None:
    same = dg.need(projection, denominator="same_january")
    rate = same.coverage.query("region == '5029' and year == 2025 and service == 'home_service' and age_group == '80+'")
    assert (rate["users"] / rate["population"]).item() == pytest.approx(69 / 345)
    usual = dg.need(projection).coverage
    rate = usual.query("region == '5029' and year == 2025 and service == 'home_service' and age_group == '80+'")
    assert (rate["users"] / rate["population"]).round(3).item() == 0.192


def test_coverage_from_before_a_break_says_so(observed: dg.Observed) -> None:
    before = dg.need(dg.project(dg.example("Skaun"), to=2030), coverage_year=2017)
    assert any("New registration from 2019: the coverage of 2017" in caution for caution in before.cautions)
    assert (needs.breaks()["source"] != "").all()


def test_last_years_need_is_led_to_todays_exactly(projection: dg.Projection, need: dg.Need) -> None:
    without = dg.project(projection.observed, to=2040, scenario=dg.scenario("MM00"))
    old = dg.need(without, coverage_year=2022, denominator="same_january")
    steps = dg.bridge(old, dg.need(projection, departures=[dg.departure("compression", rate=0.01)])).set_index("step")
    assert list(steps.index) == ["from", "vintage", "coverage", "definition", "departures", "remainder", "to"]
    assert steps["change"].sum() == pytest.approx(steps.loc["to", "value"] - steps.loc["from", "value"], rel=1e-12)
    assert abs(steps.loc["remainder", "change"]) < 1e-9
    for step in ("vintage", "coverage", "definition", "departures"):
        assert abs(steps.loc[step, "change"]) > 1, step
    same = dg.bridge(need, need)
    assert same["change"].abs().max() < 1e-9
    pd.testing.assert_frame_equal(dg.bridge("ministry", need), dg.ministry_bridge(need))


def test_the_ten_had_1659_users_in_2020_and_the_eight_1325(need: dg.Need) -> None:
    for name, wanted in (("Lakseregionen", 1659), ("Lakseregionen helse", 1325)):
        members = dg.region(name).members
        rows = need.coverage.query("year == 2020 and age_group == '80+'")
        assert rows[rows["region"].isin(members)]["users"].sum() == wanted


def test_coverage_of_nine_of_the_ten_fell_from_45_to_about_36_per_cent(need: dg.Need) -> None:
    rows = need.coverage[(need.coverage["age_group"] == "80+") & (need.coverage["region"] != "5014")]
    both = rows.groupby(["year", "service"])[["users", "population"]].sum().groupby("year")
    share = both["users"].sum() / both["population"].first()
    assert [round(100 * share[year], 1) for year in (2020, 2025)] == [45.2, 35.5]


def test_intervals_of_a_need_contain_it_and_those_of_the_sum_are_narrower(observed: dg.Observed) -> None:
    need = dg.need(dg.project(observed, to=2030, draws=200))
    table = need.to_frame(level=0.8)
    assert list(table.columns) == ["region", "year", "service", "age_group", "users", "low", "high"]
    assert ((table["low"] <= table["high"]) & table["low"].notna()).all()
    launch = table[table["year"] == 2026]
    assert np.allclose(launch["low"], launch["users"])
    whole = need.interval("80+").iloc[-1]
    assert whole["low"] < whole["users"] < whole["high"]
    parts = table[(table["age_group"] == "80+") & (table["year"] == 2030)]
    assert whole["high"] - whole["low"] < (parts["high"] - parts["low"]).sum()
    pd.testing.assert_frame_equal(need.total().interval("80+"), need.interval("80+"))
    ends = need.total().to_frame(level=0.8).query("year == 2030 and age_group == '80+'")
    assert (ends["low"] < ends["users"]).all()
    fte = need.person_years_interval().iloc[-1]
    assert fte["low"] < fte["fte"] < fte["high"]
    assert any("include that coverage and standard have moved before" in caution for caution in need.cautions)


def test_a_service_without_history_has_population_uncertainty_only_and_says_so() -> None:
    observed = dg.example("Skaun")
    users = observed.users.assign(parent="")
    pupils = users[users["service"] == "home_service"].query("year == 2025 and age_group == 'total'")
    users = pd.concat([users, pupils.assign(service="primary_school", age_group="6-15", users=1150.0)])
    tables = {**observed.tables, "users": users}
    facts = dict(observed.facts)
    more = dg.Observed(tables, facts, observed.own_sources)
    need = dg.need(dg.project(more, to=2030, draws=100))
    assert any(c.startswith("Population uncertainty only for primary_school 6-15") for c in need.cautions)
    said_nb = [caution.text("nb") for caution in need.known_cautions]
    assert any("bare befolkningsusikkerhet" in text.lower() for text in said_nb)


def test_places_dementia_and_kroner_are_counted_from_the_same_figures(projection: dg.Projection, need: dg.Need) -> None:
    places = needs.round_the_clock_places(need, 0.9).query("year == 2026")["places"].sum()
    assert places == pytest.approx(401 / 0.9)
    table = pd.DataFrame({"age_group": ["80-89", "90+"], "prevalence": [0.2, 0.4]})
    found = needs.persons_with_dementia(projection, table, "made up, 2026").query("year == 2026")["persons"].sum()
    assert found == pytest.approx(0.2 * projection.persons("80-89", 2026) + 0.4 * projection.persons("90+", 2026))
    cost = needs.demographic_cost(projection, {"0-5": 200_000, "80+": 150_000}, price_year=2025)
    grown = {g: projection.persons(g, 2040) - projection.persons(g, 2026) for g in ("0-5", "80+")}
    assert cost["kroner"].sum() == pytest.approx(200_000 * grown["0-5"] + 150_000 * grown["80+"])
    assert set(cost["price_year"]) == {2025}


@pytest.mark.parametrize(
    ("key", "values", "fault"),
    [
        ("robots", {}, "There is no departure 'robots'."),
        ("standard_growth", {}, "'standard_growth' needs its rate."),
        ("standard_growth", {"rate": 5}, "The rate of 'standard_growth' cannot be 5."),
        ("standard_growth", {"rate": 0.1, "by": 2030}, "'standard_growth' knows no 'by'."),
        ("coverage_convergence", {"share": 1}, "'coverage_convergence' needs the group to approach."),
    ],
)
def test_departures_that_cannot_be_named_are_refused(key: str, values: dict, fault: str) -> None:
    with pytest.raises(dg.ScenarioError) as error:
        dg.departure(key, **values)
    assert said(error)[0] == fault
    assert said(error)[-1].startswith("dg.departure(")


@pytest.mark.parametrize(
    ("choices", "fault"),
    [
        ({"split": "linear"}, "Users are not split to single ages by 'linear'."),
        ({"denominator": "mean"}, "There is no denominator 'mean'."),
        ({"services": ["home_nursing"]}, "No users of 'home_nursing' are counted in Lakseregionen."),
        ({"standard": "mine"}, "There is no standard 'mine'."),
        ({"standard": {"taxi": 0.5}}, "There is no service 'taxi' in this need."),
        ({"standard": {"long_stay": {"80+": 1.0}}}, "The standard of 'long_stay' lacks the age group '0-79'."),
        ({"pooled": dg.example("Skaun")}, "Skaun has too few members to pool towards."),
        ({"departures": [dg.departure("expansion", rate=0.5)]}, "The departures give more users than inhabitants: "),
        ({"departures": [*neutral("expansion"), *neutral("expansion")]}, "The departure 'expansion' is given twice."),
        (
            {"departures": [dg.departure("home_instead", share=0.1, by=2026)]},
            "'home_instead' cannot be reached by 2026.",
        ),
        (
            {"departures": [dg.departure("home_instead", share=0.1, ratio=-1)]},
            "The ratio of 'home_instead' cannot be -1.",
        ),
    ],
)
def test_choices_that_do_not_exist_are_refused(choices: dict, fault: str, projection: dg.Projection) -> None:
    with pytest.raises(dg.DemografiError) as error:
        dg.need(projection, **choices)
    assert said(error)[0].startswith(fault)
    assert len(said(error)) >= 2


def test_a_long_stay_user_with_no_group_to_move_to_is_refused(own: dg.Projection) -> None:
    kept = own.observed.users
    kept = kept[(kept["service"] == "long_stay") | ((kept["service"] == "home_service") & (kept["age_group"] != "90+"))]
    observed = dg.Observed({**own.observed.tables, "users": kept}, dict(own.observed.facts))
    projection = dg.Projection(own.tables, own.facts, rests_on={"observed": observed})
    with pytest.raises(
        dg.ScenarioError, match=r"Long-stay users aged 90\+ cannot move: home service has no such group"
    ):
        dg.need(projection, departures=[dg.departure("home_instead", share=0.1)])


def test_coverage_above_one_is_refused_with_its_cause() -> None:
    observed = dg.example("Skaun")
    users = observed.users.query("year == 2025").assign(users=lambda t: t["users"] * 20)
    more = dg.Observed({**observed.tables, "users": users}, dict(observed.facts), observed.own_sources)
    with pytest.raises(dg.TableError) as error:
        dg.need(dg.project(more, to=2027))
    assert said(error)[0] == "More users than inhabitants: home_service 80+ in 5029."
    assert said(error)[1] == "1380 users on 31 December 2025, 359 inhabitants: coverage 3.84."
    assert "users are counted once for each service they have" in said(error)[2]


def test_bridges_and_explanations_that_cannot_be_made_are_refused(need: dg.Need, engerdal: dg.Gap) -> None:
    with pytest.raises(dg.ScenarioError, match="There is no number called 'SSB' to lead from"):
        dg.bridge("SSB", need)
    with pytest.raises(dg.ScenarioError, match="The two needs are of different regions"):
        dg.bridge(engerdal.need, need)
    with pytest.raises(dg.ScenarioError, match="There is no measure 'kroner'"):
        need.explain(measure="kroner")
    with pytest.raises(dg.TableError, match="There is nothing to explain in fte of 'total'"):
        engerdal.need.explain(measure="fte")


@pytest.mark.parametrize("occupancy", [0, 1.2, True])
def test_an_occupancy_that_is_no_share_is_refused(occupancy: float, need: dg.Need) -> None:
    with pytest.raises(dg.ScenarioError, match="is not a share above 0 and at most 1"):
        needs.round_the_clock_places(need, occupancy)


def test_prevalence_without_a_year_and_kroner_without_prices_are_refused(projection: dg.Projection) -> None:
    table = pd.DataFrame({"age_group": ["80-89", "85+"], "prevalence": [0.2, 0.4]})
    with pytest.raises(dg.ScenarioError, match="names no year"):
        needs.persons_with_dementia(projection, table, "somebody")
    with pytest.raises(dg.TableError, match="The age groups '80-89' and '85\\+' overlap"):
        needs.persons_with_dementia(projection, table, "somebody, 2020")
    with pytest.raises(dg.TableError, match="A prevalence is not between 0 and 1"):
        needs.persons_with_dementia(projection, table.assign(prevalence=2.0), "somebody, 2020")
    with pytest.raises(dg.ScenarioError, match="The price year '2025' is no year"):
        needs.demographic_cost(projection, {"80+": 1.0}, price_year="2025")  # type: ignore[arg-type]
    with pytest.raises(dg.ScenarioError, match="The unit cost of '80\\+' is below nought"):
        needs.demographic_cost(projection, {"80+": -1.0}, price_year=2025)


def test_weights_hidden_cells_and_standards_that_do_not_fit_are_refused(engerdal: dg.Gap) -> None:
    with pytest.raises(dg.ScenarioError, match=r"The age group '80\+' has no weight"):
        needs.age_weighted(100, {"0-79": 1, "80+": 1}, {"0-79": 1})
    index = pd.MultiIndex.from_tuples([("a", 2025)], names=["region", "year"])
    cells = pd.DataFrame({"total": [30.0], "0-79": [None], "80+": [14.0]}, index=index)
    hidden = pd.DataFrame({"region": ["a"], "year": [2025], "age_group": ["0-79"]})
    with pytest.raises(dg.TableError, match="The hidden cells of a in 2025 would hold more than the register hides"):
        needs.counts.bounded_groups(cells, ["0-79", "80+"], hidden)
    projection = engerdal.need.projection
    with pytest.raises(dg.ScenarioError, match=r"No standard .person-years per user. is at hand for Engerdal"):
        dg.need(projection, standard="own")
    with pytest.raises(dg.ScenarioError, match="'care' is all services together, and not one"):
        dg.need(projection, standard={"care": 0.5, "long_stay": 1.0})
    assert dg.need(projection, standard={"care": 0.5}).person_years["service"].unique().tolist() == ["care"]


def test_life_years_of_a_projection_without_deaths_are_asked_for(engerdal: dg.Gap) -> None:
    whole = engerdal.need.projection
    tables = {name: table for name, table in whole.tables.items() if name != "deaths"}
    without = dg.Projection(tables, whole.facts, rests_on=whole.rests_on)
    with pytest.raises(dg.ScenarioError, match="The projection holds no deaths, so life-years gained are not known"):
        dg.need(without, departures=[dg.departure("healthier_ageing", share=0.5)])
    dg.need(without, departures=[dg.departure("healthier_ageing", share=0.5, gained=0.1)])


def test_the_year_figure_has_the_interval_of_drawn_need_and_says_its_level() -> None:
    from demografi import plots

    drawn = dg.need(dg.project(dg.example("Engerdal"), to=2030, draws=50))
    figure = drawn.plot(language="en")
    said_there = [text.get_text() for text in figure.figure.findobj() if hasattr(text, "get_text")]
    assert "80% prediction interval" in said_there
    note = figure.get_figure(root=True).words.note
    assert "The band is an 80% prediction interval, population and coverage drawn together." in note
    assert plots.problems(figure) == []
    assert (
        "prediction interval"
        not in dg.need(dg.project(dg.example("Engerdal"), to=2030)).plot(language="en").get_figure(root=True).words.note
    )


def test_alternatives_are_drawn_as_alternatives_and_not_as_an_interval(need: dg.Need) -> None:
    future = need.history().query("kind == 'projected'")
    band = pd.DataFrame({"year": future["year"], "low": 0.9 * future["value"], "high": 1.1 * future["value"]})
    note = need.plot("year", "en", alternatives=band).get_figure(root=True).words.note
    assert "low and high alternatives (LLML–HHMH), not an uncertainty interval" in note


@pytest.mark.parametrize("language", ["nb", "nn", "en"])
def test_growth_of_users_is_drawn_as_a_map_of_tiles(need: dg.Need, language: str) -> None:
    from demografi import plots

    figure = need.plot("map", language)
    assert plots.problems(figure) == []
    said_there = {text.get_text() for text in figure.figure.findobj() if hasattr(text, "get_text")}
    row = need.by_municipality().set_index("name").loc["Orkland"]
    assert f"+{round(100 * (row['end'] / row['start'] - 1))}" in said_there


def test_nobody_is_fastest_with_fewer_than_twenty_users() -> None:
    observed = dg.example("Lakseregionen helse")
    users = observed.tables["users"].copy()
    rindal = (users["region"] == "5061") & (users["age_group"] == "80+") & (users["year"] == 2025)
    users.loc[rindal, "users"] = users.loc[rindal, "users"] * 0.2
    few = dg.Observed({**observed.tables, "users": users}, observed.facts, observed.own_sources)
    need = dg.need(dg.project(few, to=2040), coverage_year=2024)
    table = need.by_municipality().set_index("name")
    assert table.loc["Rindal", "start"] < 20
    assert (table["end"] / table["start"]).idxmax() == "Rindal"
    words = need.plot("municipality", "en").get_figure(root=True).words
    assert "Rindal" not in words.title + words.alt
    assert words.note.endswith("No per cent is given of fewer than 20.")
