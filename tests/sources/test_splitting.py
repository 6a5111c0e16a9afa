from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from demografi.errors import SourceError
from demografi.sources.jsonstat import Dimension, Table
from demografi.sources.selecting import Chosen, expand
from demografi.sources.splitting import check_part, count_cells, join, split

QUICK = settings(max_examples=80, deadline=None)
sizes = st.lists(st.integers(1, 9), min_size=1, max_size=5)


def chosen_of(shape: list[int]) -> tuple[Chosen, ...]:
    return tuple(
        Chosen(f"v{place}", tuple(f"{place}-{code}" for code in range(size)), metric=place == 1)
        for place, size in enumerate(shape)
    )


def answer(part: tuple[Chosen, ...], whole: tuple[Chosen, ...], turn: list[int]) -> Table:
    """What a server would answer: figures by the cell's own codes, variables and codes in any order."""
    place = {one.variable: {code: number for number, code in enumerate(one.codes)} for one in whole}
    shape = [len(one.codes) for one in whole]
    dimensions = [Dimension(one.variable, "", tuple(reversed(one.codes)), tuple(reversed(one.codes))) for one in part]
    axes = np.ix_(*([place[d.id][code] for code in d.codes] for d in dimensions))
    values = np.arange(math.prod(shape), dtype=float).reshape(shape)[axes].transpose(turn)
    signs = (values % 3 == 1).astype(np.int8)
    values = np.where(signs > 0, np.nan, values)
    table = Table("t", tuple(dimensions[t] for t in turn), values.ravel(), signs.ravel(), ("", ":"), updated="1")
    check_part(table, part)
    return table


@QUICK
@given(sizes, st.integers(1, 400), st.data())
def test_any_split_equals_the_unsplit_answer(shape: list[int], most: int, data: st.DataObject) -> None:
    whole = chosen_of(shape)
    parts = split(whole, most)
    assert all(count_cells(part) <= most for part in parts)
    assert sum(count_cells(part) for part in parts) == count_cells(whole)
    turn = data.draw(st.permutations(list(range(len(shape)))))
    joined = join([answer(part, whole, list(turn)) for part in data.draw(st.permutations(parts))], whole)
    single = join([answer(whole, whole, list(range(len(shape))))], whole)
    assert joined.to_frame().equals(single.to_frame())
    assert [dimension.codes for dimension in joined.dimensions] == [one.codes for one in whole]
    cells = np.arange(math.prod(shape))
    np.testing.assert_array_equal(joined.values, np.where(cells % 3 == 1, np.nan, cells))


@QUICK
@given(sizes, st.integers(1, 400))
def test_a_split_needs_no_more_calls_than_one_cell_at_a_time_and_no_fewer_than_the_cells_demand(
    shape: list[int], most: int
) -> None:
    calls = len(split(chosen_of(shape), most))
    assert math.ceil(math.prod(shape) / most) <= calls <= math.prod(shape)


def test_a_table_larger_than_32_bits_is_counted_exactly() -> None:
    assert count_cells(chosen_of([2000, 2000, 2000, 2])) == 16_000_000_000


@pytest.mark.parametrize(
    ("shape", "calls"), [([1288, 8, 76], 1), ([1288, 8, 78], 2), ([357, 357, 12], 2), ([994, 2, 106, 1, 41], 11)]
)
def test_the_known_large_tables_take_few_calls(shape: list[int], calls: int) -> None:
    assert len(split(chosen_of(shape), 800_000)) == calls


def test_contents_are_kept_together_where_another_variable_can_be_cut() -> None:
    parts = split(chosen_of([10, 4, 10]), 200)
    assert all(len(part[1].codes) == 4 for part in parts)


def test_parts_with_a_gap_between_them_are_refused() -> None:
    whole = chosen_of([4])
    parts = split(whole, 2)
    with pytest.raises(SourceError, match="do not cover the whole selection"):
        join([answer(parts[0], whole, [0])] * 2, whole)


CODES = {"0": "Landet", "5055": "Heim", "5056": "Hitra", "K-5056": "Hitra", "5059": "Orkland"}


@pytest.mark.parametrize(
    ("expressions", "found"),
    [
        (["*"], list(CODES)),
        (["505*"], ["5055", "5056", "5059"]),
        (["*56"], ["5056", "K-5056"]),
        (["*05*"], ["5055", "5056", "K-5056", "5059"]),
        (["????"], ["5055", "5056", "5059"]),
        (["k-5056"], ["K-5056"]),
        (["top(2)"], ["0", "5055"]),
        (["bottom(1)"], ["5059"]),
        (["top(1,1)"], ["5055"]),
        (["from(5056)"], ["5056", "K-5056", "5059"]),
        (["to(5055)", "5059"], ["0", "5055", "5059"]),
        (["range(5055, 5056)"], ["5055", "5056"]),
        (["5059", "0", "5059"], ["0", "5059"]),
    ],
)
def test_expressions_are_worked_out_as_the_server_would(expressions: list[str], found: list[str]) -> None:
    assert list(expand(CODES, expressions)) == found


@pytest.mark.parametrize("expression", ["*0*5", "5??*", "range(5055)", "top(1,2,3)", "from(5555)", "range(5059,0)"])
def test_an_expression_that_matches_nothing_or_cannot_be_read_is_refused(expression: str) -> None:
    with pytest.raises(SourceError):
        expand(CODES, [expression])


def test_latest_counts_from_the_end_for_time() -> None:
    years: dict[str, Any] = dict.fromkeys(["2023", "2024", "2025"], "")
    assert expand(years, ["top(2)"], latest=True) == ("2024", "2025")
    assert expand(years, ["top(1,1)"], latest=True) == ("2024",)
    assert expand(years, ["bottom(1)"], latest=True) == ("2023",)
