"""Intervals of a back-test: columns, hit rates, ranks and the reliability figure, from real small launches."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
import pytest

import demografi as dg
from demografi import plots
from demografi.errors import ScenarioError, TableError
from demografi.evaluation import Backtest
from demografi.evaluation.alternatives import beside_alternatives
from demografi.evaluation.held import pit_table

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def scored(reference) -> Iterator[Backtest]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DEMOGRAFI_REFERENCE", str(reference))
        yield dg.backtest(dg.example("Engerdal"), launches=[2009, 2012, 2016], draws=100)


@pytest.mark.reference
def test_a_back_test_with_draws_has_low_and_high_where_they_could_be_made(scored: Backtest) -> None:
    table = scored.to_frame(level=0.8)
    assert list(table.columns[-3:]) == ["low", "high", "level"]
    assert list(scored.to_frame().columns) == list(table.columns[:-3])
    with_ends = table[table["low"].notna()]
    assert set(with_ends["model"]) == {"demografi"}
    # The launch of 2009 has only two launches of municipalities before it.
    assert set(with_ends["launch"]) == {2012, 2016}
    assert ((with_ends["low"] < with_ends["high"]) & (with_ends["level"] == 0.8)).all()


@pytest.mark.reference
def test_wider_levels_hold_more_and_both_methods_are_scored(scored: Backtest) -> None:
    hits = scored.hits(by=["age_group"])
    assert ((hits["hit_50"] <= hits["hit_80"]) & (hits["hit_80"] <= hits["hit_95"])).all()
    assert {"score_80", "score_q_80", "crps"} <= set(hits.columns)
    pit = scored.pit(by=["age_group"], bins=5)
    assert pit.groupby("age_group")["share"].sum().to_numpy() == pytest.approx(1.0)


@pytest.mark.reference
@pytest.mark.parametrize(("language", "size"), [("nb", "bred"), ("nn", "halv"), ("en", "lysbilde")])
def test_the_reliability_figure_passes_its_checks(scored: Backtest, language: str, size: str) -> None:
    drawn = scored.plot(by="reliability", language=language, size=size)
    assert plots.problems(drawn) == []


@pytest.mark.reference
def test_what_was_not_scored_is_refused(scored: Backtest) -> None:
    with pytest.raises(ScenarioError) as refused:
        scored.to_frame(level=0.9)
    assert str(refused.value) == (
        "Intervals of 90 % were not kept.\n  Kept: 0.5, 0.8, 0.95.\n  backtest.to_frame(level=0.8)"
    )
    with pytest.raises(ScenarioError) as refused:
        scored.hits(by=["moon"])
    assert str(refused.value) == (
        "Intervals cannot be scored by 'moon'.\n"
        "  There is kind, horizon, age_group, launch, size, unit.\n"
        '  backtest.hits(by=["horizon", "age_group"])'
    )
    with pytest.raises(ScenarioError, match="No interval was scored 12 years ahead"):
        scored.plot(by="reliability", horizon=12)
    with pytest.raises(ScenarioError, match="A back-test has no figure by 'moon'"):
        scored.plot(by="moon")


@pytest.mark.reference
def test_without_draws_or_with_launches_too_early_there_are_no_intervals(reference, monkeypatch) -> None:
    monkeypatch.setenv("DEMOGRAFI_REFERENCE", str(reference))
    with pytest.raises(ScenarioError) as refused:
        dg.backtest(dg.example("Engerdal"), launches=[2020]).hits()
    assert str(refused.value) == (
        "This back-test has no intervals.\n"
        "  It was made without draws.\n"
        "  dg.backtest(observed, launches=range(2010, 2022), draws=1000)"
    )
    with pytest.raises(ScenarioError, match="No launch can have intervals scored"):
        dg.backtest(dg.example("Engerdal"), launches=[2009], draws=100)


def test_ranks_are_counted_in_parts_of_the_draws() -> None:
    rows = pd.DataFrame({"pit": [0.0, 0.49, 0.5, 1.0], "observed": 1.0, "inhabitants": 5.0, "kind": "county"})
    found = pit_table(rows, ["kind"], 2)
    assert found[["first", "last", "n", "share"]].to_numpy().tolist() == [[0.0, 0.5, 2, 0.5], [0.5, 1.0, 2, 0.5]]


def test_alternatives_are_scored_as_an_interval_of_80_per_cent_by_hand() -> None:
    row = {"launch": 2010, "horizon": 5, "age_group": "80+", "observed": 100.0, "low_80": 90.0, "high_80": 110.0}
    found = beside_alternatives(pd.DataFrame([row | {"low_ssb": 101.0, "high_ssb": 103.0}])).iloc[0]
    assert (found["hit"], found["score"]) == (100.0, 20.0)
    assert found["hit_ssb"] == 0.0
    assert found["score_ssb"] == pytest.approx(2 + 10 * 1)


def test_a_reliability_table_with_a_hole_or_wrong_numbers_is_refused() -> None:
    words = plots.Words("t", "s")
    table = pd.DataFrame({"name": ["a", "a", "b"], "level": [0.5, 0.8, 0.5], "hit": [50.0, 80.0, 40.0]})
    with pytest.raises(TableError) as refused:
        plots.reliability(table, words)
    assert str(refused.value) == (
        "A name in the reliability figure lacks a level.\n  b 0.8\n  Give every name the same levels."
    )
    with pytest.raises(TableError, match="Highest hit rate: 180"):
        plots.reliability(table.assign(hit=180.0), words)
