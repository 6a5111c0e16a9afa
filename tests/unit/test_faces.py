"""The face every noun has in a notebook: what it is, a few rows, a figure whose alternative text says what it shows."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

import demografi as dg
from small_staff import people_of

HEADS = {"a": [4.0, 9.0, 8.0, 7.0], "b": [3.0, 6.0, 9.0, 2.0], "c": [5.0, 8.0, 6.0, 9.0], "d": [0.0, 2.0, 0.0, 0.0]}
AGES = ("0-34", "35-44", "45-54", "55+")
SIZE = 0.731


def rows_of(face: str) -> dict[str, list[str]]:
    """Return the printed cells of a face's table by the name of their row."""
    found = {}
    for row in re.findall(r"<tr[^>]*>(.*?)</tr>", face, re.S):
        first, *rest = re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.S)
        found[first] = rest
    return found


def has_figure(face: str) -> bool:
    pattern = r'<img src="data:image/png;base64,[^"]+" width="460" height="\d+" alt="[^"]{30,}">'
    return re.search(pattern, face) is not None and "<script" not in face


def test_need_shows_users_by_service_and_person_years(need: dg.Need) -> None:
    face = need._repr_html_()
    rows = rows_of(face)
    assert has_figure(face)
    assert rows["users"] == ["2026", "2030", "2033", "2036", "2040"]
    old = need.to_frame().query("service == 'long_stay' and age_group == '80+' and year == 2040")["users"].sum()
    assert rows["long_stay, 80+"][-1] == f"{old:,.0f}"
    assert rows["home_service, all ages"][0] == "2,944"
    fte = need.person_years.query("year == 2040")["fte"].sum()
    assert rows["person-years, care"][-1] == f"{fte:,.0f}"


def test_need_without_person_years_shows_users_alone(engerdal: dg.Gap) -> None:
    rows = rows_of(engerdal.need._repr_html_())
    assert list(rows)[1:] == ["home_service, 80+", "home_service, all ages", "long_stay, 80+", "long_stay, all ages"]


def test_supply_shows_person_years_by_occupation(supply: dg.Supply) -> None:
    face = supply._repr_html_()
    assert has_figure(face)
    assert rows_of(face)["nurse"] == ["438", "397", "366", "335", "289"]


@pytest.mark.parametrize("summed", [False, True])
def test_gap_shows_need_supply_and_gap(gap: dg.Gap, summed: bool) -> None:
    face = (gap.total() if summed else gap)._repr_html_()
    assert has_figure(face)
    rows = rows_of(face)
    assert list(rows) == ["person-years", "need", "supply", "gap"]
    assert [rows[name][-1] for name in ("need", "supply", "gap")] == ["546", "289", "257"]


def test_indicators_show_each_place_the_region_and_what_it_is_set_against(indicators: dg.Indicators) -> None:
    face = indicators._repr_html_()
    assert has_figure(face)
    rows = rows_of(face)
    assert rows["region"][:2] == [f"Old-age support ratio (20–66 / 67+) {year}" for year in (2026, 2040)]
    assert rows["Lakseregionen"][0] == "2.88"
    assert set(rows) == {"region", *indicators.region.names, "Lakseregionen", "Trøndelag", "Møre og Romsdal", "Norge"}


def test_goal_shows_what_each_lever_must_give() -> None:
    found = dg.goal(dg.project(dg.example("Engerdal"), to=2030), persons=1300, on="2030-01-01")
    face = found._repr_html_()
    assert has_figure(face)
    assert rows_of(face)["net_migration"][:3] == ["1,300", f"{found.facts['baseline']:,.0f}", "1,300"]


@pytest.mark.reference
def test_a_back_test_shows_the_error_of_each_model() -> None:
    made = dg.backtest(dg.example("Engerdal"), launches=[2015])
    face = made._repr_html_()
    assert has_figure(face)
    rows = rows_of(face)
    assert rows["mean absolute error [%], years ahead"] == ["1", "3", "5", "8", "10"]
    score = made.scores().query("model == 'linear-10' and age_group == '80+' and horizon == 10")["mape"].iloc[0]
    assert rows["linear-10, 80+"][-1] == f"{score:.2f}".rstrip("0").rstrip(".")


def test_no_hidden_count_of_ones_own_staff_is_in_a_face() -> None:
    cells = [
        (place, 2025, "nurse", group, n, SIZE * n)
        for place, row in HEADS.items()
        for group, n in zip(AGES, row, strict=True)
    ]
    staff = pd.DataFrame(cells, columns=["region", "year", "occupation", "age_group", "persons", "fte"])
    observed = dg.Observed.from_tables(people_of(list(HEADS)), name="four")
    supply = dg.supply(observed, 2032, staff=staff)
    shown = supply.to_frame().query("year == 2026")
    hidden = shown.loc[shown["status"] == ":", ["region", "age_group"]].drop_duplicates()
    assert {"d", "b"} <= set(hidden["region"]), "otherwise nothing is put to the test"
    face = supply._repr_html_()
    rows = rows_of(face)
    assert set(rows) == {"person-years", "nurse"}
    whole = SIZE * float(np.sum(list(HEADS.values())))
    assert rows["nurse"][0] == f"{whole:.2f}".rstrip("0").rstrip(".")
    text = re.sub(r'src="[^"]*"', "", face)
    for place in hidden["region"].unique():
        n = sum(HEADS[place])
        assert not re.search(rf"\b({SIZE * n:.2f}|{SIZE * n:.1f}|{SIZE * n:.3f})\b", text)
