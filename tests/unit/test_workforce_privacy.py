"""What is hidden cannot be worked out, from any table, sum, year, figure or file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

import demografi as dg
from demografi.workforce.privacy import LIMIT, hidden_parts, hidden_places
from small_staff import people_of

GROUPS = ["0-34", "35-44", "45-54", "55-61", "62+"]
PLACES = ("a", "b", "c", "d")


def observed_of(places: tuple[str, ...] = PLACES) -> dg.Observed:
    return dg.Observed.from_tables(people_of(places), name="four")


def staff_of(counts: np.ndarray, occupation: str = "nurse") -> pd.DataFrame:
    """Put heads (place, age group) in a staff table, everyone three quarters."""
    rows = [
        (place, 2025, occupation, group, float(n), 0.75 * float(n))
        for place, row in zip(PLACES, counts, strict=True)
        for group, n in zip(GROUPS, row, strict=True)
    ]
    return pd.DataFrame(rows, columns=["region", "year", "occupation", "age_group", "persons", "fte"])


def supply_of(counts: np.ndarray) -> dg.Supply:
    return dg.supply(observed_of(), 2032, staff=staff_of(counts))


def _safe(counts: list[list[int]]) -> bool:
    if not np.any(counts):
        return False
    try:
        hidden_places(np.array(counts, float).sum(axis=1), np.array(counts, float))
    except dg.TableError:
        return False
    return True


tables = st.lists(st.lists(st.integers(0, 9), min_size=5, max_size=5), min_size=4, max_size=4).filter(_safe)


@settings(max_examples=25, deadline=None)
@given(tables)
def test_no_hidden_count_can_be_solved_from_what_is_shown(counts: list[list[int]]) -> None:
    """Give an attacker all cells shown, all totals shown and the rule, and let them solve for every hidden cell."""
    supply = supply_of(np.array(counts))
    base = supply.to_frame().query("year == 2026")
    cells = base.pivot(index="region", columns="age_group", values="persons").loc[list(PLACES), GROUPS].to_numpy()
    totals = supply.replacement(2027).set_index("region")["stock"].reindex(list(PLACES)).to_numpy() / 0.75
    whole = supply.total().to_frame().query("year == 2026")["persons"].sum()
    shown_total = np.where(np.isnan(totals), np.nan, totals)
    equations, sums = [np.ones(20)], [whole]
    for i, total in enumerate(shown_total):
        if not np.isnan(total):
            row = np.zeros(20)
            row[5 * i : 5 * i + 5] = 1
            equations.append(row)
            sums.append(total)
    flat = cells.reshape(-1)
    known = ~np.isnan(flat)
    # A hidden cell of a place that is shown is at least one; of a hidden place it may be nobody.
    place_shown = np.repeat(~np.isnan(totals), 5)
    bounds = [(v, v) if k else (1 if s else 0, None) for v, k, s in zip(flat, known, place_shown, strict=True)]
    # A hidden place has somebody: at least one in all.
    at_least = np.zeros((4, 20))
    for i in range(4):
        at_least[i, 5 * i : 5 * i + 5] = -1 if np.isnan(totals[i]) else 0
    for cell in np.flatnonzero(~known):
        goal = np.zeros(20)
        goal[cell] = 1
        ends = []
        for sign in (1, -1):
            found = linprog(
                sign * goal,
                A_eq=np.array(equations),
                b_eq=np.array(sums),
                A_ub=at_least,
                b_ub=np.where(np.isnan(totals), -1.0, 0.0),
                bounds=bounds,
            )
            assert found.status in (0, 3)
            ends.append(np.inf if found.status == 3 else sign * found.fun)
        assert ends[1] >= LIMIT - 1e-6
        assert ends[1] - ends[0] >= 1
    for row in base.to_dict("records"):
        true = counts[PLACES.index(row["region"])][GROUPS.index(row["age_group"])]
        assert np.isnan(row["persons"]) or row["persons"] == pytest.approx(true)
        assert not 0 < row["persons"] < LIMIT - 1e-9


def test_other_counts_behind_the_same_signs_change_nothing_that_can_be_seen() -> None:
    """Two tables that differ only where cells are hidden give the same tables, later years and words."""
    one = np.array([[9, 1, 6, 8, 7], [5, 5, 5, 5, 5], [1, 0, 0, 1, 0], [4, 3, 0, 0, 0]])
    two = np.array([[9, 2, 5, 8, 7], [5, 5, 5, 5, 5], [2, 0, 0, 0, 0], [3, 3, 0, 1, 0]])
    first, second = (supply_of(counts) for counts in (one, two))
    assert first.facts["hidden"] == second.facts["hidden"]
    assert {"a nurse", "nurse"} <= set(first.facts["hidden"])
    for name in first.tables:
        a, b = (each.tables[name] for each in (first, second))
        pd.testing.assert_frame_equal(a, b)
    assert repr(first) == repr(second)
    for verb in ("replacement", "explain"):
        pd.testing.assert_frame_equal(getattr(first, verb)(2031), getattr(second, verb)(2031))


def test_what_is_kept_inside_the_file_is_spread_too(tmp_path: Path) -> None:
    counts = np.array([[9, 1, 6, 8, 7], [5, 5, 5, 5, 5], [1, 0, 0, 1, 0], [4, 3, 0, 0, 0]])
    supply = supply_of(counts)
    path = supply.save(tmp_path / "supply.parquet")
    kept = dg.Supply.open(path).stock
    kept = kept.assign(group=pd.cut(kept["age"], [0, 34, 44, 54, 61, 99], labels=GROUPS))
    heads = kept.groupby(["region", "group"], observed=True)["persons"].sum()
    assert heads["a", "35-44"] == pytest.approx(3.5)
    assert heads["a", "45-54"] == pytest.approx(3.5)
    assert heads.groupby("region").sum()["c"] == pytest.approx(heads.groupby("region").sum()["d"])
    assert heads.sum() == pytest.approx(counts.sum())


def test_a_hidden_place_is_counted_in_the_sum_and_shown_nowhere() -> None:
    counts = np.array([[9, 4, 6, 8, 7], [5, 5, 5, 5, 5], [1, 0, 0, 1, 0], [4, 3, 0, 0, 0]])
    supply = supply_of(counts)
    table = supply.replacement(2030).set_index("region")
    assert table.loc[["c", "d"], ["stock", "exits"]].isna().all().all()
    assert (table.loc[["c", "d"], "status"] == ":").all()
    assert supply.total().replacement(2030)["stock"].sum() == pytest.approx(0.75 * counts.sum())
    assert supply.explain().set_index("region").loc["c", "fte"].isna().all()
    assert supply.quick_bound().set_index("region").loc["c"].isna()[["stock", "old", "share"]].all()


def test_the_limit_can_be_moved_and_zero_hides_nothing() -> None:
    counts = np.array([[9, 1, 6, 8, 7], [5, 5, 5, 5, 5], [1, 0, 0, 1, 0], [4, 3, 0, 0, 0]])
    bare = dg.supply(observed_of(), 2032, staff=staff_of(counts), limit=0)
    assert bare.facts["hidden"] == {}
    shown = bare.to_frame().query("year == 2026").pivot(index="region", columns="age_group", values="persons")
    assert np.allclose(shown.loc[list(PLACES), GROUPS], counts)
    more = dg.supply(observed_of(), 2032, staff=staff_of(counts), limit=6)
    assert len(str(more.facts["hidden"])) > len(str(supply_of(counts).facts["hidden"]))


def test_single_ages_are_not_given_away_by_the_years_that_follow() -> None:
    """Two staffs whose single ages differ within a group look the same in every year."""

    def of(ages: tuple[str, ...]) -> dg.Supply:
        rows = [(p, 2025, "nurse", age, 1.0, 1.0) for p in PLACES for age in ages]
        table = pd.DataFrame(rows, columns=["region", "year", "occupation", "age_group", "persons", "fte"])
        return dg.supply(observed_of(), 2036, staff=table)

    late, early = (of(ages) for ages in (("40", "41", "42", "61", "60", "59"), ("36", "37", "38", "55", "56", "59")))
    pd.testing.assert_frame_equal(late.to_frame(), early.to_frame())


def test_a_sex_that_is_too_small_is_not_told_apart() -> None:
    counts = np.full((4, 5), 6)
    both = [staff_of(counts).assign(sex="female"), staff_of(np.eye(4, 5)).assign(sex="male")]
    supply = dg.supply(observed_of(), 2032, staff=pd.concat(both, ignore_index=True), exits="ks_55plus")
    assert set(supply.stock["sexes"]) == {"both"}
    even = [staff_of(counts).assign(sex=sex) for sex in ("female", "male")]
    supply = dg.supply(observed_of(), 2032, staff=pd.concat(even, ignore_index=True), exits="ks_55plus")
    assert set(supply.stock["sexes"]) == {"female", "male"}
    left = supply.total()
    assert left.replacement(2032)["exits"].iloc[0] > 0


@given(st.lists(st.integers(0, 12), min_size=2, max_size=8), st.integers(2, 6))
def test_every_hidden_part_could_be_the_limit(parts: list[int], limit: int) -> None:
    counts = np.array(parts, float)
    hidden = hidden_parts(counts, limit)
    small = (counts > 0) & (counts < limit)
    if hidden is None:
        assert small.any()
    elif hidden.any():
        assert hidden[small].all()
        assert hidden.sum() > 1
        assert counts[hidden].sum() - (hidden.sum() - 1) >= limit
    else:
        assert not small.any()


def test_the_figure_of_ages_hides_a_second_place_where_one_would_follow_from_the_total() -> None:
    counts = np.array([[9.0, 9, 8, 9, 1], [8, 7, 9, 6, 5], [6, 8, 7, 5, 4], [9, 9, 9, 9, 9]])
    supply = supply_of(counts)
    now = supply.to_frame().query("year == 2026")
    assert now.loc[now["status"] == ":", "region"].unique().tolist() == ["a"]
    figure = supply.plot("age", "en").get_figure(root=True)
    assert "a and c are not shown, to protect privacy, but are in the sum." in figure.words.note
    assert figure.words.note.startswith("Counts under 3 are hidden, and others with them.")
    printed = [text.get_text() for text in figure.findobj() if hasattr(text, "get_text")]
    assert "36" not in printed
    assert "30" not in printed


def test_the_figure_of_the_nations_ages_says_so_and_counts_person_years() -> None:
    note = dg.supply(dg.example(), 2030).plot("age", "en").get_figure(root=True).words.note
    assert note == (
        "The municipalities' own ages are not known. Ages: the nation's distribution (22% aged 55 or over). "
        "n = person-years."
    )
