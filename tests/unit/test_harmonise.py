"""Figures of other years are moved to the borders of 2024 by sums of whole municipalities, never by guesses."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from demografi import regions
from demografi.errors import RegionError, TableError
from demografi.regions import Weights, border_residual, classify, harmonise

SNILLFJORD = ("5012", "5055"), ("5012", "5056"), ("5012", "5059")


def _table(*rows: tuple[str, int, float | None], **more: object) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["region", "year", "persons"]).assign(**more)


def _cell(out: pd.DataFrame, region: str, year: int) -> dict[str, object]:
    found = out[(out["region"] == region) & (out["year"] == year)]
    assert len(found) == 1
    return found.iloc[0].to_dict()


def test_merged_municipalities_are_summed_and_undivided_ones_kept():
    out = harmonise(_table(("1627", 2010, 4600), ("1621", 2010, 5200), ("1576", 2010, 3500), ("5057", 2026, 10_706)))
    assert _cell(out, "5057", 2010)["persons"] == 9800
    assert _cell(out, "5057", 2026)["persons"] == 10_706
    assert _cell(out, "1576", 2010)["persons"] == 3500
    assert set(out["quality"]) == {"", "incomplete"}
    assert _cell(out, "1576", 2026)["status"] == ".."


def test_a_merger_that_lacks_a_part_has_no_value_and_the_part_goes_to_the_rest():
    out = harmonise(_table(("1627", 2010, 4600)))
    assert _cell(out, "5057", 2010) | {"persons": None} == {
        "region": "5057",
        "year": 2010,
        "persons": None,
        "status": "..",
        "quality": "incomplete",
        "kind": "municipality",
    }
    assert _cell(out, "rest", 2010)["persons"] == 4600


def test_the_receivers_of_a_divided_municipality_have_no_value_without_a_named_choice():
    rows = [
        ("5012", 2019, 1000),
        ("5011", 2019, 4200),
        ("1571", 2019, 1500),
        ("5013", 2019, 5100),
        ("5056", 2020, 5156),
    ]
    out = harmonise(_table(*rows))
    assert _cell(out, "5056", 2019)["quality"] == "split"
    assert _cell(out, "5056", 2019)["status"] == ".."
    assert pd.isna(_cell(out, "5055", 2019)["persons"])
    assert _cell(out, "rest", 2019)["persons"] == 11_800
    assert _cell(out, "rest", 2019)["kind"] == "rest"
    assert _cell(out, "5056", 2020)["persons"] == 5156


def test_a_named_choice_of_weights_shares_and_says_so_on_every_figure():
    rows = [("5012", 2019, 1000), ("5011", 2019, 4200), ("1571", 2019, 1500), ("5013", 2019, 5100)]
    rows += [(code, 2019, 100) for code in ("5016", "5023", "5024")]
    weights = Weights("population at the split", dict(zip(SNILLFJORD, (0.16, 0.33, 0.51), strict=True)))
    out = harmonise(_table(*rows), weights=weights)
    shared = out[out["kind"] == "municipality"].set_index("region")
    assert shared["persons"].round(6).to_dict() == {"5055": 5860.0, "5056": 5430.0, "5059": 810.0}
    assert set(shared["quality"]) == {"split by population at the split"}
    assert "rest" not in set(out["region"])


def test_alesund_before_2024_is_not_given_whole_to_one_of_the_two():
    out = harmonise(_table(("1507", 2023, 67_520), ("1508", 2024, 58_509), ("1580", 2024, 9357)))
    assert _cell(out, "1508", 2023)["quality"] == "split"
    assert _cell(out, "rest", 2023)["persons"] == 67_520
    assert _cell(out, "1508", 2024)["persons"] == 58_509


def test_a_grouped_list_goes_first_but_does_not_undo_a_division():
    groups = {"1507": "1508", "1627": "1621x", "5056": "K-5056"}
    out = harmonise(_table(("1507", 2023, 10), ("1627", 2010, 7)), groups=groups)
    assert _cell(out, "1508", 2023)["quality"] == "split"
    assert _cell(out, "1621x", 2010)["persons"] == 7


def test_chains_from_klass_are_used_only_for_codes_no_list_knows():
    chains = pd.DataFrame(
        {"source_code": ["1627", "7777"], "target_code": ["9998", "5057"], "last_year": [2017, 2011], "split": False}
    )
    out = harmonise(_table(("1627", 2010, 1), ("1621", 2010, 2), ("7777", 2010, 4)), changes=chains)
    assert _cell(out, "5057", 2010)["persons"] == 7
    out = harmonise(_table(("1576", 2010, 1), ("7777", 2010, 4)))
    assert _cell(out, "7777", 2010)["kind"] == "unknown"


def test_a_split_that_only_klass_knows_is_left_unshared():
    chains = pd.DataFrame(
        {"source_code": ["7777", "7777"], "target_code": ["5057", "5058"], "last_year": [2011, 2011], "split": True}
    )
    out = harmonise(_table(("1627", 2010, 1), ("1621", 2010, 2), ("7777", 2010, 4)), changes=chains)
    assert _cell(out, "5057", 2010)["quality"] == "split"
    assert _cell(out, "rest", 2010)["persons"] == 7


def test_zeros_of_a_municipality_that_did_not_exist_become_missing():
    out = harmonise(_table(("5061", 2016, 0), ("5061", 2026, 1935), ("1576", 2016, 3500), ("1576", 2026, 3371)))
    assert _cell(out, "5061", 2016)["status"] == ".."
    assert pd.isna(_cell(out, "5061", 2016)["persons"])
    assert _cell(out, "5061", 2026)["persons"] == 1935


def test_a_real_zero_stays_zero():
    out = harmonise(_table(("1576", 2026, 0)))
    assert _cell(out, "1576", 2026)["persons"] == 0
    assert _cell(out, "1576", 2026)["status"] == ""


def test_figures_of_a_code_that_was_not_in_use_are_refused():
    with pytest.raises(RegionError, match="5056 has figures for 2015, when the code was not in use") as refused:
        harmonise(_table(("5056", 2015, 4000)))
    assert "already on the borders of 2024" in str(refused.value)


def test_figures_already_grouped_are_left_as_they_are():
    out = harmonise(_table(("K-5057", 2010, 9800), ("K-1508", 2015, 46_000), ("K-Rest", 2010, 52_000)))
    assert _cell(out, "5057", 2010)["persons"] == 9800
    assert _cell(out, "K-Rest", 2010)["kind"] == "rest"


def test_a_hidden_part_hides_the_sum():
    table = _table(("1627", 2010, None), ("1621", 2010, 7)).assign(status=[":", ""])
    out = harmonise(table)
    assert _cell(out, "5057", 2010)["status"] == ":"
    assert pd.isna(_cell(out, "5057", 2010)["persons"])


def test_an_empty_part_without_a_sign_gives_a_sum_that_is_not_available():
    out = harmonise(_table(("1627", 2010, None), ("1621", 2010, 7)))
    assert _cell(out, "5057", 2010)["status"] == ".."
    assert _cell(out, "rest", 2010)["persons"] == 7


def test_a_divided_municipality_without_a_figure_leaves_the_rest_without_one():
    out = harmonise(_table(("5012", 2019, None), ("5013", 2019, 5100)))
    assert _cell(out, "rest", 2019)["status"] == ".."


def test_codes_and_years_as_categories_are_taken_as_they_read():
    table = _table(("1627", 2010, 1), ("1621", 2010, 2))
    table = table.assign(region=table["region"].astype("category"), year=table["year"].astype("str").astype("category"))
    assert _cell(harmonise(table), "5057", 2010)["persons"] == 3


def test_quarters_are_refused():
    table = _table(("1627", 2010, 1)).assign(year="2010K1")
    with pytest.raises(TableError, match="The year '2010K1' is not a year"):
        harmonise(table)


@pytest.mark.parametrize("measure", ["coverage", "share_55plus", "tfr", "mean_age", "birth rate"])
def test_ratios_are_refused_with_the_right_recipe(measure):
    table = _table(("1627", 2010, 0.2), ("1621", 2010, 0.3)).rename(columns={"persons": measure})
    with pytest.raises(TableError, match="is a ratio or an average, and those are not summed") as refused:
        harmonise(table, measure=measure)
    assert "Harmonise the numerator and the denominator, each counted, and divide afterwards" in str(refused.value)


@pytest.mark.parametrize("unit", ["prosent", "per 1 000 innbyggere", "årsverk per bruker", "average"])
def test_a_unit_that_is_a_ratio_is_refused(unit):
    with pytest.raises(TableError, match="not summed"):
        harmonise(_table(("1627", 2010, 0.2)), unit=unit)


@pytest.mark.parametrize("measure", ["net_migration", "registrations", "fte", "users", "deaths"])
def test_counts_are_not_taken_for_ratios(measure):
    table = _table(("1576", 2010, -3)).rename(columns={"persons": measure})
    assert harmonise(table, measure=measure)[measure].tolist() == [-3]


def test_rows_are_classified_once_and_others_are_kept():
    rows = [
        ("0", 2026, 5_627_400),
        ("50", 2026, 480_000),
        ("2111", 2026, 2500),
        ("9999", 2026, 3),
        ("5057", 2026, 10_706),
    ]
    out = harmonise(_table(*rows))
    assert dict(zip(out["region"], out["kind"], strict=True)) == {
        "0": "nation",
        "50": "county",
        "2111": "outside",
        "9999": "unknown",
        "5057": "municipality",
    }
    assert out["persons"].sum() == sum(row[2] for row in rows)


KINDS = {
    "nation": "0",
    "county": "03 20 F-50",
    "outside": "21 26 2111 K-21-22 K-23",
    "unknown": "88 99 0199 9999 4321 27",
    "part": "0301a 030101",
    "municipality": "0301 K_0301 1613 0716u",
    "rest": "K-Rest",
    "kostra_group": "EAK EAKUO EKA50 EKG12",
}


@pytest.mark.parametrize(("code", "kind"), [(code, kind) for kind, codes in KINDS.items() for code in codes.split()])
def test_a_code_is_known_for_what_it_is(code, kind):
    assert classify([code]).to_dict() == {code: kind}


def test_a_table_without_municipalities_is_refused():
    with pytest.raises(RegionError, match="no municipality") as refused:
        harmonise(_table(("301", 2026, 1)))
    assert "leading zeros" in str(refused.value)


def test_borders_of_another_year_than_2024_are_refused():
    with pytest.raises(RegionError, match="'ssb-kommune-2020' are not known"):
        harmonise(_table(("1576", 2026, 1)), "ssb-kommune-2020")


def test_rows_that_stand_twice_are_refused():
    with pytest.raises(TableError, match="stand twice"):
        harmonise(_table(("1576", 2026, 1), ("1576", 2026, 2)))


def test_weights_must_sum_to_one_and_cover_what_was_divided():
    with pytest.raises(RegionError, match=r"The shares of 5012 sum to 0\.9"):
        Weights("short", dict(zip(SNILLFJORD, (0.2, 0.2, 0.5), strict=True)))
    with pytest.raises(RegionError, match="have no name"):
        Weights(" ", {})
    with pytest.raises(RegionError, match="'empty' say nothing of 5012, which was divided"):
        harmonise(_table(("5012", 2019, 1000)), weights=Weights("empty", {}))
    strange = Weights("strange", {("5012", "5057"): 1.0})
    with pytest.raises(RegionError, match="give a share of 5012 to 5057, which received none"):
        harmonise(_table(("5012", 2019, 1000)), weights=strange)


def test_the_border_residual_finds_a_transfer_without_a_new_code():
    population = _table(
        ("3301", 2022, 102_273), ("3301", 2023, 103_291), ("3314", 2022, 20_044), ("3314", 2023, 20_300)
    )
    growth = pd.DataFrame({"region": ["3301", "3314"], "year": 2022, "growth": [1047, 227]})
    out = border_residual(population, growth)
    assert out["residual"].tolist() == [-29, 29]
    assert out["comparable"].all()


def test_the_border_residual_needs_both_ends_of_a_year():
    growth = pd.DataFrame({"region": ["1576"], "year": [2026], "growth": [1]})
    with pytest.raises(TableError, match="No year has growth and the population of both its ends"):
        border_residual(_table(("1576", 2026, 3371)), growth)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 5000), min_size=9, max_size=9), st.tuples(st.floats(0, 1), st.floats(0, 1)))
def test_parts_and_rest_always_sum_to_what_came_in(persons, cuts):
    codes = ("5011", "1571", "5012", "5013", "5016", "5023", "5024", "1507", "1576")
    years = (2019,) * 7 + (2021, 2019)
    rows = [(c, y, float(p)) for c, y, p in zip(codes, years, persons, strict=True)]
    low, high = sorted(cuts)
    shares = dict(zip(SNILLFJORD, (low, high - low, 1 - high), strict=True)) | {
        ("1507", "1508"): low,
        ("1507", "1580"): 1 - low,
    }
    for weights in (None, Weights("drawn", shares)):
        out = harmonise(_table(*rows), weights=weights)
        assert out["persons"].sum() == pytest.approx(sum(persons), abs=1e-6)


def _population(reference, name):
    table = pd.read_parquet(reference / f"ssb_07459_population_municipality_{name}_2005_2026.parquet")
    keys = ["region_code", "year", "age"]
    return table.groupby(keys, as_index=False)["value"].sum().set_axis(["region", "year", "age", "persons"], axis=1)


@pytest.fixture(scope="module")
def harmonised(reference):
    norway = pd.read_csv(reference / "ssb_07459_population_norway_by_sex_age_1986_2026.csv", dtype={"region_code": str})
    norway = norway[norway["year"] >= 2005].groupby(["region_code", "year", "age"], as_index=False)["value"].sum()
    norway = norway.set_axis(["region", "year", "age", "persons"], axis=1)
    return harmonise(pd.concat([_population(reference, "original_codes_by_age"), norway], ignore_index=True))


@pytest.mark.reference
def test_every_undivided_municipality_and_year_equals_the_file_on_2024_borders(reference, harmonised):
    there = _population(reference, "by_sex_age")
    both = harmonised[harmonised["persons"].notna()].merge(there, on=["region", "year", "age"])
    differing = both[both["persons_x"] != both["persons_y"]]
    assert differing.empty, differing.head()
    assert len(both) == 820_334
    pair = harmonised[harmonised["region"].isin(["1508", "1580"]) & (harmonised["year"] < 2020)]
    summed = pair.groupby(["year", "age"])["persons"].sum()
    together = there[(there["region"] == "1507") & (there["year"] < 2020)].set_index(["year", "age"])["persons"]
    # There the two were halved and put together again, each half rounded.
    assert (summed - together).abs().max() <= 2


@pytest.mark.reference
def test_exactly_the_receivers_of_divided_municipalities_are_flagged(harmonised):
    flagged = harmonised[harmonised["quality"] != ""]
    spans = flagged.groupby("region")["year"].agg(["min", "max"]).apply(tuple, axis=1).to_dict()
    assert spans == {
        "1508": (2020, 2023), "1580": (2020, 2023), "1806": (2005, 2019), "1875": (2005, 2019),
        "5055": (2005, 2019), "5056": (2005, 2019), "5059": (2005, 2019),
    }  # fmt: skip
    assert flagged["persons"].isna().all()


@pytest.mark.reference
def test_municipalities_and_rest_sum_to_norway_in_every_cell(harmonised):
    parts = harmonised[harmonised["kind"].isin(["municipality", "rest"])].groupby(["year", "age"])["persons"].sum()
    norway = harmonised[harmonised["kind"] == "nation"].set_index(["year", "age"])["persons"]
    assert (parts - norway).abs().max() == 0


@pytest.mark.reference
def test_a_person_too_few_in_one_municipality_is_found_against_the_nation(reference):
    table = _population(reference, "original_codes_by_age").query("year == 2012 and age == 40")
    norway = table.groupby(["year", "age"], as_index=False)["persons"].sum().assign(region="0")
    table.iloc[5, table.columns.get_loc("persons")] -= 1
    with pytest.raises(TableError, match="do not sum to the nation") as refused:
        harmonise(pd.concat([table, norway], ignore_index=True))
    assert "(2012, 40): 1 apart" in str(refused.value)


@pytest.mark.reference
def test_ssbs_own_grouped_list_gives_the_same_figures(reference, harmonised):
    groups = pd.read_csv(reference / "ssb_kommsummer_code_groups_2024.csv", dtype="str")
    given = dict(zip(groups["source_code"], groups["code_2024"], strict=True))
    out = harmonise(_population(reference, "original_codes_by_age").query("age == 80"), groups=given)
    ours = harmonised[(harmonised["age"] == 80) & (harmonised["region"] != regions.NATION)]
    pd.testing.assert_frame_equal(out, ours.reset_index(drop=True), check_dtype=False)


@pytest.mark.reference
def test_the_third_partys_weights_give_the_third_partys_figures(reference):
    rows = pd.read_csv(
        reference / "municipality_code_changes_to_2024.csv", dtype={"source_code": str, "code_2024": str}
    )
    rows = rows[rows["weight"] < 1]
    shares = {(r.source_code, r.code_2024): r.weight for r in rows.itertuples()}
    out = harmonise(_population(reference, "original_codes_by_age"), weights=Weights("third party", shares))
    assert set(out["quality"]) == {"", "split by third party"}
    both = out.merge(_population(reference, "by_sex_age"), on=["region", "year", "age"])
    shared = both[both["quality"] != ""]
    assert len(shared) == 5 * 15 * 106
    # The other file rounds each sex by itself.
    assert (shared["persons_x"] - shared["persons_y"]).abs().max() <= 2
