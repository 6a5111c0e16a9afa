"""Scoring of intervals: who is summed with whom, and scores checkable by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from demografi.evaluation.intervals import crps, summary_of_intervals, sums_of, units_of


def test_tens_are_ten_consecutive_codes_of_one_county() -> None:
    regions = tuple(f"11{i:02d}" for i in range(23)) + tuple(f"12{i:02d}" for i in range(4))
    units = units_of(regions)
    tens = [unit for unit in units if unit.kind == "ten"]
    assert [unit.code for unit in tens] == ["1100", "1110"]
    assert all(len(unit.members) == 10 for unit in tens)
    assert [len(unit.members) for unit in units if unit.kind == "county"] == [23, 4]
    assert sum(unit.kind == "municipality" for unit in units) == 27


def test_sums_hold_total_80_20_66_and_0_15() -> None:
    groups = np.arange(1.0, 9.0)[None].repeat(3, axis=0)
    whole = sums_of(groups, units_of(("1101", "1102", "1103")))
    assert whole[-1, 8:].tolist() == [108.0, 45.0, 27.0, 9.0]


def test_crps_of_two_draws_by_hand() -> None:
    # Draws 0 and 2, outcome 1: mean distance 1, half the mean distance of draws ½.
    assert crps(np.array([[0.0], [2.0]]), np.array([1.0]))[0] == pytest.approx(0.5)


def test_hit_rate_and_interval_score_by_hand() -> None:
    row = {"launch": 2016, "kind": "county", "observed": 100.0, "crps": 1.0}
    ends = {f"{end}_{q}{level}": value for q in ("", "q_") for level in ("50", "80", "95") for end, value in
            (("low", 101.0), ("high", 111.0))}  # fmt: skip
    inside = ends | {"low_80": 90.0, "high_80": 110.0}
    found = summary_of_intervals(pd.DataFrame([row | ends, row | inside]), ["kind"]).iloc[0]
    assert found["hit_80"] == 50.0
    assert found["hit_50"] == 0.0
    # One below the lower end costs 2/0.2 per person beyond the width of 10; the other costs its width of 20.
    assert found["score_80"] == pytest.approx((10 + 10 * 1 + 20) / 2)
