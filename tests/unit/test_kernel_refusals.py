"""The kernel refuses what cannot be, and says which axis, which cell and what was wanted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from demografi import cohort
from demografi.errors import DemografiError, ScenarioError, TableError

AGES, REGIONS, DRAWS = 5, 3, 2
SHAPE = (AGES, 2, REGIONS, DRAWS)
START = np.full((AGES, 2, REGIONS, 1), 10.0)
FERTILITY = np.array([0, 0.1, 0.1, 0, 0]).reshape(AGES, 1, 1)
RATES = cohort.Rates(np.full((AGES, 2, 1, DRAWS), 0.9), FERTILITY, 0.51, cohort.NetCounts(np.zeros((1, 1, 1, 1))))
SHARES = np.full((1, 1, REGIONS, 1), 1 / REGIONS)
TO = np.full((2, REGIONS, REGIONS), 1 / REGIONS)
GROUPS = np.array([0, 0, 1, 1, 1])
SOME = np.full(SHAPE, 0.1)


def carry(population=START, rates=RATES, years=None, **how):
    how = {"timing": "end", "births": "before"} | how
    return cohort.carry(population, [rates] if years is None else years, **how)


def put(array: np.ndarray, cell: tuple[int, ...], value: float) -> np.ndarray:
    changed = array.copy()
    changed[cell] = value
    return changed


def moving(migration: object) -> cohort.Rates:
    return replace(RATES, migration=migration)


def refusal(kind: type[DemografiError], **case) -> str:
    with pytest.raises(kind) as refused:
        carry(**case)
    return str(refused.value)


@pytest.mark.parametrize(
    ("case", "kind", "said"),
    [
        ({"population": START[..., 0]}, TableError, ["(5, 2, 3)", "(ages, 2 sexes, regions, draws)"]),
        ({"population": put(START, (3, 1, 2, 0), -1)}, TableError, ["-1.0 at age 3, sex 1, region 2, draw 0"]),
        ({"population": put(START, (3, 1, 2, 0), np.nan)}, TableError, ["nan at age 3"]),
        ({"population": np.ones((*SHAPE[:3], 4))}, TableError, ["survival has 2 on the axis draw", "Wanted 4"]),
        (
            {"population": np.ones(SHAPE), "rates": replace(RATES, survival=np.ones((1, 1, 1, 4)))},
            TableError,
            ["The population has 2 on the axis draw", "Wanted 4"],
        ),
        ({"years": []}, ScenarioError, ["There are no years"]),
        ({"timing": "mid"}, ScenarioError, ["timing is 'mid'", "'end', 'even'"]),
        ({"births": "during"}, ScenarioError, ["births is 'during'", "'before', 'after'"]),
        ({"dtype": int}, ScenarioError, ["dtype is int64"]),
        ({"keep": cohort.Keep(groups=np.ones((2, 4)))}, TableError, ["(2, 4)", "(groups, 5 ages)"]),
        ({"keep": cohort.Keep(flows=True)}, TableError, ["needs groups"]),
        ({"keep": cohort.Keep(open_age=5)}, TableError, ["Keep.open_age is 5", "open age is 4"]),
        ({"keep": cohort.Keep(quantiles=(2.5,))}, ScenarioError, ["A quantile is 2.5", "0–1"]),
        ({"noise": np.zeros((1, 4, 1, 1, 1))}, TableError, ["(1, 4, 1, 1, 1)", "(1, 5, 2, 3, 2)"]),
    ],
)
def test_a_run_that_cannot_be_is_refused(case, kind, said):
    text = refusal(kind, **case)
    assert all(part in text for part in said), text


@pytest.mark.parametrize(
    ("rates", "kind", "said"),
    [
        (replace(RATES, survival=np.ones((5, 2, 4, 1))), TableError, ["4 on the axis region", "Wanted 3"]),
        (replace(RATES, survival=np.ones((5, 2))), TableError, ["(5, 2)", "4 axes (age, sex, region, draw)"]),
        (
            replace(RATES, survival=put(RATES.survival, (2, 1, 0, 1), 1.2)),
            ScenarioError,
            ["survival is 1.2 at age 2, sex 1, region 0, draw 1", "0–1"],
        ),
        (
            replace(RATES, survival=put(RATES.survival, (2, 1, 0, 1), np.nan)),
            ScenarioError,
            ["not a number", "age 2, sex 1"],
        ),
        (replace(RATES, mortality_ratio=np.full((1, 1, 3, 1), 11.0)), ScenarioError, ["mortality_ratio is 1.1 at age"]),
        (replace(RATES, fertility=-FERTILITY), ScenarioError, ["fertility is -0.1 at age 1, region 0, draw 0"]),
        (replace(RATES, fertility=np.ones((5, 1, 1))), ScenarioError, ["Fertility at age 0 is not zero"]),
        (replace(RATES, fertility=FERTILITY[:4]), TableError, ["fertility has 4 on the axis age", "Wanted 5"]),
        (replace(RATES, fertility=()), ScenarioError, ["fertility is missing"]),
        (replace(RATES, share_boys=1.05), ScenarioError, ["share of boys is 1.05"]),
        (moving("pool"), ScenarioError, ["migration is a str", "NetCounts, NetRates, Pool, Destinations"]),
        (moving(cohort.NetCounts(())), ScenarioError, ["NetCounts.persons is empty"]),
        (moving(cohort.NetRates(-11 * SOME)), ScenarioError, ["NetRates.rates is -1.1 at age 0", "-1 or more"]),
        (moving(cohort.NetRates((-SOME * 6, SOME * 20))), ScenarioError, ["−NetRates.rates is 1.2 at age 0"]),
        (moving(cohort.Pool(-SOME, SHARES)), ScenarioError, ["Pool.out is -0.1"]),
        (moving(cohort.Pool(SOME * 6, SHARES, emigration=SOME * 5)), ScenarioError, ["out + emigration is 1.1"]),
        (moving(cohort.Pool(SOME, SHARES / 2)), ScenarioError, ["Pool.shares do not sum to 1", "0.5 at age 0"]),
        (moving(cohort.Pool(SOME, SHARES, immigration=-SOME)), ScenarioError, ["Pool.immigration is -0.1"]),
        (
            moving(cohort.Destinations(SOME, put(TO, (1, 2, 0), 0), GROUPS)),
            ScenarioError,
            ["Destinations.shares do not sum to 1", "age group 1, origin 2"],
        ),
        (
            moving(cohort.Destinations(SOME, TO[:, :2], GROUPS)),
            TableError,
            ["Destinations.shares has 2 on the axis origin", "Wanted 3"],
        ),
        (moving(cohort.Destinations(SOME, TO, GROUPS[:4])), TableError, ["group_of_age has 4 on the axis age"]),
        (moving(cohort.Destinations(SOME, TO, GROUPS + 1)), ScenarioError, ["group_of_age is 2 at age 2"]),
    ],
)
def test_rates_that_cannot_be_are_refused(rates, kind, said):
    text = refusal(kind, rates=rates)
    assert all(part in text for part in said), text


def test_blocks_and_open_ages_that_cannot_be_are_refused():
    with pytest.raises(ScenarioError, match=r"Blocks.threads is -1"):
        cohort.Blocks(threads=-1)
    with pytest.raises(TableError, match="The survival ends at age 2"):
        cohort.widen(START, RATES.survival[:3])
    with pytest.raises(ScenarioError, match="Survival in the open age is 1"):
        cohort.widen(START, np.ones((7, 1, 1, 1)))


def test_limits_at_exactly_one_are_allowed_and_leave_nobody():
    everybody = moving(cohort.Pool(np.full(SHAPE, 0.7), SHARES, emigration=np.full((1, 1, 1, 1), 0.3)))
    last = carry(rates=everybody).last
    assert last.min() >= 0
    assert carry(rates=moving(cohort.NetRates(-np.ones(SHAPE)))).last.max() == 0


def test_a_clamp_is_counted_where_it_happened():
    counts = np.zeros((AGES, 2, REGIONS, 1))
    counts[2, 0, 1] = -50
    carried = carry(rates=moving(cohort.NetCounts(counts)))
    assert carried.clamped.tolist() == [[0, DRAWS, 0]]
    assert carried.last[2, 0, 1].tolist() == [0.0, 0.0]
