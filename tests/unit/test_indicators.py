from __future__ import annotations

import pandas as pd
import pytest

import demografi as dg
from demografi.ratios import named
from small_staff import people_of


@pytest.fixture(scope="module")
def engerdal_drawn() -> dg.Projection:
    return dg.project(dg.example("Engerdal"), to=2030, draws=200)


def test_every_indicator_of_the_field_is_a_row_with_its_ages_and_source() -> None:
    known = dg.ratios.definitions()
    assert known.columns.tolist()[:8] == [
        "indicator", "definition", "kind", "numerator", "denominator", "per", "decimals", "preset",
    ]  # fmt: skip
    assert not known.duplicated(["indicator", "definition"]).any()
    assert (known["source"] != "").all()
    support = known[known["indicator"] == "aldersbareevne"]["preset"].str.split().sum()
    assert support == ["nykommune", "agder", "parorendeprogrammet", "kdd", "nykommune_80"]
    for language in ("nb", "nn", "en"):
        for row in known.to_dict("records"):
            assert any(letter.isdigit() for letter in named(row["indicator"], row["definition"], language)) or (
                "total" in row["definition"]
            )
    assert named("share_women_20_39", "female 20-39 / 20-39") == "Kvinneandel 20–39 år (kvinner 20–39 / 20–39)"


def test_who_uses_a_definition_names_it(indicators: dg.Indicators) -> None:
    by_name = [indicators.value("aldersbareevne", name, "lakseregionen", 2026) for name in ("nykommune", "20-66 / 67+")]
    assert by_name[0] == by_name[1] == pytest.approx(40196 / 13953)
    assert indicators.value("aldersbareevne", "agder", "lakseregionen", 2026) > by_name[0]
    with pytest.raises(dg.ScenarioError, match="There is no aldersbareevne \\(ks\\)"):
        indicators.value("aldersbareevne", "ks", "lakseregionen", 2026)


def test_the_changes_by_component_add_up_to_the_change(engerdal_drawn: dg.Projection) -> None:
    year = (
        dg.indicators(engerdal_drawn).to_frame().query("year == 2028").set_index(["indicator", "definition"])["value"]
    )
    parts = year["births", "total"] - year["deaths", "total"] + year["net_migration", "total"]
    assert parts == pytest.approx(year["population_change", "total"])
    ages = [year["population_change", group] for group in ("0-19", "20-66", "67-79", "80+")]
    assert sum(ages) == pytest.approx(year["population_change", "total"])
    assert year["net_migration_rate", "net migration / total ×1000"] == pytest.approx(
        1000 * year["net_migration", "total"] / year["persons", "total"]
    )


def test_intervals_come_from_draws_of_both_parts_together(engerdal_drawn: dg.Projection) -> None:
    found = dg.indicators(engerdal_drawn).to_frame(level=0.8)
    row = found.query("year == 2030 and indicator == 'aldersbareevne' and definition == '20-66 / 67+'").iloc[0]
    assert row["low"] < row["value"] < row["high"]
    total = found.query("year == 2030 and indicator == 'persons' and definition == 'total'").iloc[0]
    ends = engerdal_drawn.interval("total", 0.8).iloc[-1]
    assert (total["low"], total["high"]) == pytest.approx((ends["low"], ends["high"]))
    women = found.query("year == 2030 and indicator == 'share_women_20_39'")
    assert women["low"].isna().all(), "errors of both sexes together say nothing of one"
    group = dg.indicators(dg.project(dg.example(), to=2028, draws=100)).to_frame(level=0.8)
    assert group.query("region == 'lakseregionen' and year == 2028 and indicator == 'persons'")["low"].notna().all()
    with pytest.raises(dg.ScenarioError, match="no 80% interval"):
        dg.indicators(dg.project(dg.example("Engerdal"), to=2028)).to_frame(level=0.8)


def test_counted_figures_alone_have_indicators_and_coverage() -> None:
    found = dg.indicators(dg.example())
    assert not found.to_frame()["projected"].any()
    wide = found.to_frame().query("region == 'lakseregionen'").set_index(["indicator", "year"])
    counted = dg.example().users.query("year == 2021 and age_group == '80+'").groupby("service")["users"].sum()
    for service in ("home_service", "long_stay"):
        assert wide.loc[(f"coverage_{service}", 2022), "numerator"] == counted[service]
    assert ("coverage_home_service", 2026) in wide.index
    assert ("coverage_long_stay", 2026) not in wide.index, "Frøya's long-stay residents of 2025 are hidden"
    assert found.facts["without"] == [
        "births (total)", "deaths (total)", "net_migration (total)",
        "net_migration_rate (net migration / total ×1000)", "births_per_woman_20_39 (births / female 20-39)",
        "person_years (person-years total)", "person_years_rate (person-years / 20-66 ×1000)",
        "person_years_index (person-years / first year ×100)", "share_staff_55plus (staff 55+ / staff)",
        "replacement_need (exits 10 years / staff ×100)", "gap_rate (gap / 20-66 ×1000)",
        "gap_share (gap / need ×100)",
    ]  # fmt: skip


def test_counted_figures_alone_are_drawn_from_their_first_year_to_their_last() -> None:
    from demografi import plots

    found = dg.indicators(dg.example("Engerdal"))
    assert "2.87 in 2006, 1.90 in 2026" in repr(found)
    assert plots.problems(found.plot(language="en")) == []
    assert found.change().set_index(["indicator", "definition"])["change"]["persons", "total"] == 1287 - 1497
    causes = found.explain().set_index("cause")["value"]
    assert causes.drop("end").sum() == pytest.approx(causes["end"])


def test_rank_trend_and_change_of_the_members(indicators: dg.Indicators) -> None:
    ranked = indicators.rank()
    assert ranked["name"].tolist()[:2] == ["Frøya", "Skaun"]
    assert ranked["rank"].tolist() == list(range(1, 11))
    change = indicators.change(2020, 2026).query("region == 'lakseregionen' and definition == '20-66 / 67+'").iloc[0]
    assert (round(change["first"], 2), round(change["last"], 2)) == (3.16, 2.88)
    trend = indicators.trend().set_index(["region", "indicator", "definition"])["per_year"]
    assert -0.08 < trend["lakseregionen", "aldersbareevne", "20-66 / 67+"] < -0.04


def test_the_smallest_number_is_said() -> None:
    (said,) = [c for c in dg.indicators(dg.example("Engerdal")).cautions if "smallest number" in c]
    assert said.startswith("The smallest number behind an indicator is 13 persons: share_90plus")
    assert "Chance alone moves such a number by about 27.7%." in said


def test_a_municipality_against_its_own_network_and_what_does_not_ship() -> None:
    found = dg.indicators(dg.example("Hitra"), against=["Lakseregionen", "county"])
    regions = found.to_frame()["region"].unique().tolist()
    assert regions == ["5056", "50", "lakseregionen"]
    assert found.value("aldersbareevne", "nykommune", "lakseregionen", 2026) == pytest.approx(40196 / 13953)
    with pytest.raises(dg.ScenarioError, match="Nothing is called 'EKG12' to compare with") as refused:
        dg.indicators(dg.example("Hitra"), against=["EKG12"])
    assert "form a KOSTRA group does not ship" in str(refused.value)


def joined(**changes: object) -> pd.DataFrame:
    table = pd.DataFrame(
        {
            "region": ["5056", "5014"] * 2,
            "year": 2025,
            "indicator": ["waste", "waste", "spruce", "spruce"],
            "value": [0.4, 0.5, 100.0, 50.0],
            "unit": ["tonnes per resident"] * 2 + ["hectares"] * 2,
            "source": "own survey",
            "kind": ["ratio", "ratio", "stock", "stock"],
        }
    )
    return table.assign(**changes)


def test_a_networks_own_indicators_join_and_ratios_are_never_summed() -> None:
    two = dg.Observed.from_tables(
        dg.example().population[lambda t: t["region"].isin(["5056", "5014"])], name="Øyregionen"
    )
    with pytest.raises(
        dg.TableError, match="'waste' is a ratio, and ratios cannot be summed over Øyregionen"
    ) as refused:
        dg.indicators(two, joined=joined())
    assert "Add the columns numerator and denominator" in str(refused.value)
    parts = joined(numerator=[40.0, 100.0, None, None], denominator=[100.0, 200.0, None, None])
    found = dg.indicators(two, joined=parts).to_frame().query("region == 'oyregionen' and year == 2025")
    values = found.set_index("indicator")["value"]
    assert values["waste"] == pytest.approx(140 / 300)
    assert values["spruce"] == 150
    assert "own survey" in found[found["indicator"] == "waste"]["definition"].iloc[0]
    half = dg.indicators(two, joined=parts.iloc[[0, 1, 2]]).to_frame()
    assert "spruce" not in set(half.query("region == 'oyregionen'")["indicator"]), "a sum without a member is too small"
    alone = dg.indicators(dg.example("Hitra"), joined=joined()).to_frame()
    assert alone[alone["indicator"] == "waste"]["value"].tolist() == [0.4]


@pytest.mark.parametrize(
    ("table", "fault"),
    [
        (joined(kind="share"), "is of the kind 'share'"),
        (joined(source=""), "has a row without unit or source"),
        (joined(region=["9999", "9998"] * 2), "have no row of Hitra"),
        (joined().drop(columns="unit"), "lacks the column 'unit'"),
    ],
)
def test_indicators_that_cannot_be_joined_are_refused(table: pd.DataFrame, fault: str) -> None:
    with pytest.raises(dg.TableError, match=fault):
        dg.indicators(dg.example("Hitra"), joined=table)


def test_any_ratio_is_explained_by_its_parts(indicators: dg.Indicators) -> None:
    causes = indicators.explain(indicator="forsorgerbyrde", definition="0-19 65+ / 20-64 ×100")
    wide = causes.pivot(index="region", columns="cause", values="value").dropna()
    assert (wide["start"] + wide["numerator"] + wide["denominator"] - wide["end"]).abs().max() < 1e-9
    with pytest.raises(dg.ScenarioError, match="is no ratio with parts"):
        indicators.explain(indicator="persons", definition="total")


@pytest.mark.parametrize(
    "name",
    ["Nord-Gudbrandsdalen", "Nedre Glomma", "Lindesnesregionen", "Aktørorientert nettverk", "Overordnet planlegging"],
)
def test_the_five_pilot_networks_of_2006_are_named_groups_that_say_who_was_dissolved(name: str) -> None:
    found = dg.region(name)
    assert found.is_group
    assert "Livskraftige kommuner 2006" in found.notes[0]
    if name in ("Lindesnesregionen", "Aktørorientert nettverk", "Overordnet planlegging"):
        assert any("in 2020" in note for note in found.notes)


@pytest.mark.parametrize("language", ["nb", "nn", "en"])
def test_each_municipality_is_drawn_against_the_region(indicators: dg.Indicators, language: str) -> None:
    from demografi import plots

    figure = indicators.plot(language, by="municipality")
    assert plots.problems(figure) == []
    assert len(figure.get_figure(root=True).axes) == 10
    low = {
        "nb": "Lavest aldersbæreevne i Aure",
        "nn": "Lågast aldersbereevne i Aure",
        "en": "Lowest support ratio in Aure",
    }
    assert figure.get_figure(root=True).words.title.startswith(low[language])


def test_one_place_has_no_municipalities_to_draw_and_other_figures_are_refused() -> None:
    found = dg.indicators(dg.example("Engerdal"))
    with pytest.raises(dg.ScenarioError) as refused:
        found.plot(by="municipality")
    assert str(refused.value) == (
        "Engerdal is one place, so there are no municipalities to draw.\n  ratios.plot(by='year')"
    )
    with pytest.raises(dg.ScenarioError) as refused:
        found.plot(by="map")
    assert str(refused.value).splitlines()[0] == "Indicators cannot be drawn by 'map'."


def test_the_comparison_names_the_country_in_the_readers_language_and_only_what_is_there() -> None:
    observed = dg.example("Engerdal")
    both = dg.indicators(dg.project(observed, to=2030), against=["county", "nation"]).plot("en").get_figure(root=True)
    said = {text.get_text() for text in both.findobj() if hasattr(text, "get_text")}
    assert "Norway" in said
    assert "Norge" not in said
    assert "projected, compared with Innlandet and Norway." in both.words.alt
    alone = dg.indicators(observed).plot("en").get_figure(root=True).words
    assert "projected" not in alone.alt
    assert "compared" not in alone.alt
    assert alone.note == ""


def test_beside_intervals_only_what_they_are_set_against_is_said_to_have_none(engerdal_drawn: dg.Projection) -> None:
    against = dg.indicators(engerdal_drawn, against=["county", "nation"])
    said = "The intervals are of Engerdal; Innlandet and Norge are one path, without intervals."
    assert said in against.cautions
    assert not [caution for caution in against.cautions if "no intervals yet" in caution]
    assert any("Intervals rest on" in caution for caution in against.cautions)
    alone = dg.indicators(engerdal_drawn).cautions
    assert not [caution for caution in alone if "no intervals yet" in caution or "one path" in caution]
    plain = dg.indicators(dg.project(dg.example("Engerdal"), to=2028), against=["nation"]).cautions
    assert any("no intervals yet" in caution for caution in plain)


@pytest.fixture(scope="module")
def drawn_gap() -> dg.Gap:
    observed = dg.example()
    need = dg.need(dg.project(observed, to=2036, draws=100))
    return dg.gap(need, dg.supply(observed, to=2036, draws=100))


def test_users_person_years_staff_and_gap_are_set_against_the_people_sums_first(drawn_gap: dg.Gap) -> None:
    found = dg.indicators(drawn_gap)
    people = drawn_gap.need.projection
    of = "lakseregionen"
    assert found.value("users_rate", "users 80+ / total ×1000", of, 2021) == pytest.approx(1000 * 1659 / 67041)
    users = drawn_gap.need.users_of("80+").query("year == 2036")["users"].sum()
    assert found.value("coverage_care", "users 80+ / 80+", of, 2036) == pytest.approx(
        users / people.persons("80+", 2036)
    )
    working = people.persons("20-66", 2036)
    fte = drawn_gap.need.person_years.query("year == 2036")["fte"].sum()
    rate = found.value("person_years_rate", "person-years / 20-66 ×1000", of, 2036)
    assert rate == pytest.approx(1000 * fte / working)
    each = found.of("person_years_rate").query("year == 2036 and region != 'lakseregionen'")["value"]
    assert abs(rate - each.mean()) > 1, "a mean of ratios is something else"
    year = drawn_gap.of_year(2036)
    assert found.value("gap_rate", "nurse", of, 2036) == pytest.approx(1000 * year["gap"] / working)
    assert found.value("gap_rate", "nurse", of, 2036) > 0, "lacking hands are a positive gap"
    assert found.value("gap_share", "nurse", of, 2036) == pytest.approx(100 * year["gap"] / year["need"])
    gone = drawn_gap.supply.replacement(2036)
    share = found.value("replacement_need", "nurse", of, 2026)
    assert share == pytest.approx(100 * gone["exits"].sum() / gone["stock"].sum())
    assert named("replacement_need", "nurse: exits 10 years / staff ×100", "en").endswith(
        "(nurses: exits 10 years / staff ×100)"
    )


def test_intervals_of_work_per_head_divide_within_each_draw(drawn_gap: dg.Gap) -> None:
    from demografi.needs import user_draws
    from demografi.projection.draws import group_draws
    from demografi.uncertainty import quantiles

    rows = dg.indicators(drawn_gap).to_frame(level=0.8)
    row = rows.query("region == 'lakseregionen' and indicator == 'coverage_care' and year == 2036").iloc[0]
    people = group_draws(drawn_gap.need.projection, ["80+"]).sum(axis=2)[:, -1, 0]
    users = user_draws(drawn_gap.need, "80+").sum(axis=2)[:, -1]
    assert (row["low"], row["high"]) == pytest.approx(quantiles(users / people, 0.8))
    gap = rows.query("region == 'lakseregionen' and indicator == 'gap_rate'").set_index("year")
    assert gap.loc[2026, ["value", "low", "high"]].tolist() == [0.0, 0.0, 0.0], "what is counted has no width"
    assert gap.loc[2036, "low"] < gap.loc[2036, "value"] < gap.loc[2036, "high"]
    summed = dg.indicators(drawn_gap.total()).to_frame(level=0.8).query("indicator == 'gap_rate'").set_index("year")
    assert summed.loc[2036, ["value", "low", "high"]].tolist() == pytest.approx(
        gap.loc[2036, ["value", "low", "high"]].tolist()
    )


def test_several_occupations_have_a_sum_and_a_hidden_one_takes_the_sum_with_it() -> None:
    places = ["a", "b", "c", "d"]
    counts = {"nurse": [9, 8, 7, 1], "planner": [6, 6, 6, 6]}
    rows = [
        (place, job, "35-44", float(heads), float(heads), 2025, "own")
        for job, all_heads in counts.items()
        for place, heads in zip(places, all_heads, strict=True)
    ]
    staff = pd.DataFrame(rows, columns=["region", "occupation", "age_group", "persons", "fte", "year", "source"])
    supply = dg.supply(dg.Observed.from_tables(people_of(places), name="Four"), to=2040, staff=staff)
    hidden = supply.facts["hidden"]["nurse"]
    assert "d" in hidden
    share = dg.indicators(supply).of("replacement_need")
    shown = share.groupby("definition")["region"].agg(set)
    nurses, everyone = (shown[f"{name}: exits 10 years / staff ×100"] for name in ("nurse", "total"))
    assert not nurses & set(hidden)
    assert not everyone & set(hidden), "the sum less the planners would be the nurses"
    assert everyone == {*places, "four"} - set(hidden)
