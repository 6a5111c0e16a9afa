"""Published and checked figures that must come out."""

from __future__ import annotations

import pytest

import demografi as dg
from demografi import ages


def _on(table, year):
    return table[table["year"] == year]


def test_lakseregionen_has_69359_persons_of_whom_4294_are_80_or_older(observed):
    last = _on(observed.population, 2026)
    assert last["persons"].sum() == 69_359
    assert ages.select(last, "80+")["persons"].sum() == 4_294


@pytest.mark.parametrize(
    ("name", "persons"),
    [("Engerdal", 1_287), ("Norge", 5_627_400), ("Skaun", 8_574), ("Orkland", 18_840), ("Aure", 3_371)],
)
def test_population_on_1_january_2026(name, persons):
    assert _on(dg.example(name).population, 2026)["persons"].sum() == persons


def test_trondelag_in_2020_is_as_published():
    assert _on(dg.example("Trøndelag").population, 2020)["persons"].sum() == pytest.approx(468_702, abs=60)


@pytest.mark.parametrize(("name", "users"), [("Lakseregionen", 1_659), ("Lakseregionen helse", 1_325)])
def test_users_aged_80_and_over_in_kostra_2020(name, users):
    table = _on(dg.example(name).users, 2020)
    table = table[(table["age_group"] == "80+") & table["service"].isin(["home_service", "long_stay"])]
    assert table["users"].sum() == users


@pytest.mark.parametrize(("year", "ratio"), [(2010, 3.69), (2020, 3.16), (2026, 2.88)])
def test_persons_of_working_age_per_person_67_and_over(indicators, year, ratio):
    value = indicators.value("aldersbareevne", "20-66 / 67+", "lakseregionen", year)
    assert value == pytest.approx(ratio, abs=0.005)


CHECKED = {
    "5029": (4.59, 4.00, 49.4),
    "5059": (3.09, 2.75, 47.6),
    "5055": (2.66, 2.36, 49.0),
    "1576": (2.60, 2.22, 46.8),
    "5056": (3.26, 3.45, 44.4),
    "5014": (4.38, 4.32, 42.5),
    "5057": (3.18, 2.91, 47.3),
    "5022": (2.38, 2.17, 49.3),
    "5061": (2.42, 2.27, 46.4),
    "1566": (2.79, 2.36, 50.0),
    "3425": (2.06, 1.90, 45.8),
}


@pytest.mark.parametrize("municipality", CHECKED)
def test_ratios_of_single_municipalities(indicators, municipality):
    in_2020, in_2026, women = CHECKED[municipality]
    found = indicators if municipality != "3425" else dg.indicators(dg.example("Engerdal"))
    values = [found.value("aldersbareevne", "20-66 / 67+", municipality, year) for year in (2020, 2026)]
    assert values == pytest.approx([in_2020, in_2026], abs=0.005)
    share = found.value("share_women_20_39", "female 20-39 / 20-39", municipality, 2026)
    assert 100 * share == pytest.approx(women, abs=0.05)


def test_engerdal_has_114_women_aged_20_to_39():
    assert dg.indicators(dg.example("Engerdal")).value("women", "female 20-39", "3425", 2026) == 114


def test_lakseregionen_80_and_over_in_2040_lies_where_sound_methods_put_it(projection):
    assert 6_000 < projection.persons("80+", 2040) < 6_900


def test_engerdal_in_2030_lies_where_sound_methods_put_it():
    assert dg.project(dg.example("Engerdal"), to=2030).persons("total", 2030) == pytest.approx(1_275, rel=0.02)


def test_the_nation_in_2040_lies_near_ssbs_own_projection():
    nation = dg.project(dg.example("Norge"), to=2040)
    assert nation.persons("total", 2040) == pytest.approx(6_020_000, rel=0.02)
    assert nation.persons("80+", 2040) == pytest.approx(462_100, rel=0.02)
