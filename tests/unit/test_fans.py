"""The fan figure: its words come from the numbers and the shipped back-test, and what does not fit is refused."""

from __future__ import annotations

import pandas as pd
import pytest

import demografi as dg
from demografi import plots
from demografi.errors import ScenarioError, TableError
from demografi.projection.fans import held_sentence
from demografi.sources import shipped


@pytest.fixture(scope="module")
def drawn() -> dg.Projection:
    return dg.project(dg.example(), to=2036, draws=100, seed=1)


def hit(kind: str, age_group: str, horizon: int) -> float:
    table = shipped.read("interval_hits").set_index(["kind", "age_group", "horizon"])
    return float(table.loc[(kind, age_group, horizon), "hit_80"])


def test_the_shipped_back_test_has_three_units_and_three_horizons() -> None:
    table = shipped.read("interval_hits")
    assert set(table["kind"]) == {"municipality", "ten", "county"}
    assert set(table["horizon"]) == {3, 5, 10}
    assert set(table.loc[table["horizon"] == 10, "launches"]) == {1}
    assert table[["hit_50", "hit_80", "hit_95"]].stack().between(0, 100).all()
    assert ((table["hit_50"] <= table["hit_80"]) & (table["hit_80"] <= table["hit_95"])).all()


@pytest.mark.parametrize("age_group", ["80+", "total"])
@pytest.mark.parametrize("size", ["bred", "halv", "lysbilde"])
@pytest.mark.parametrize("language", ["nb", "nn", "en"])
def test_the_fan_passes_its_checks(drawn: dg.Projection, age_group: str, size: str, language: str) -> None:
    assert plots.problems(drawn.plot(by="fan", age_group=age_group, size=size, language=language)) == []


def test_the_note_says_how_often_such_intervals_held(drawn: dg.Projection) -> None:
    five, ten = (round(hit("ten", "80+", h) / 10 + 1e-9) for h in (5, 10))
    assert held_sentence(drawn, "80+", "en") == (
        f"In past projections made this way, 80% intervals like this for ten municipalities together held in {five} "
        f"of 10 cases five years ahead. Ten years ahead it has been tried from one launch: {ten} of 10."
    )
    assert held_sentence(drawn, "80+") in drawn.plot(by="fan").figure.words.note


def test_one_place_is_set_beside_single_municipalities_and_a_short_fan_beside_three_years() -> None:
    short = dg.project(dg.example("Engerdal"), to=2030, draws=100, seed=1)
    times = round(hit("municipality", "total", 3) / 10)
    assert held_sentence(short, "total", "nb") == (
        f"I tidligere framskrivinger laget slik har slike 80\u00a0%-intervaller for én kommune holdt i {times} av 10 "
        "tilfeller tre år fram."
    )


def test_an_age_group_that_was_not_scored_says_so(drawn: dg.Projection) -> None:
    said = held_sentence(drawn, "85+", "en")
    assert said == "How often such intervals have held for this age group has not been measured."


def test_the_level_is_named_on_the_figure(drawn: dg.Projection) -> None:
    sheet = drawn.plot(by="fan", language="en").figure
    written = [item.get_text() for item in sheet.findobj(lambda artist: hasattr(artist, "get_text"))]
    assert "50%" in written
    assert "80% prediction interval" in written


def test_the_default_is_still_the_pyramid(projection: dg.Projection) -> None:
    assert projection.plot().figure.words == projection.figure_words()


def test_a_fan_without_draws_and_an_unknown_figure_are_refused(projection: dg.Projection) -> None:
    with pytest.raises(ScenarioError) as refused:
        projection.plot(by="fan")
    assert str(refused.value) == (
        "This projection has no 80% interval.\n"
        "  It is one path, made without draws.\n"
        "  dg.project(observed, to=…, draws=1000).to_frame(level=0.8)"
    )
    with pytest.raises(ScenarioError) as refused:
        projection.plot(by="moon")
    assert str(refused.value) == (
        "A projection cannot be drawn by 'moon'.\n"
        "  There are 'pyramid', 'year', 'fan', 'components', 'age', 'municipality', 'map'.\n"
        "  projection.plot(by='components')"
    )


SERIES = pd.DataFrame(
    {"year": [2024, 2025, 2026], "value": [10.0, 11.0, 12.0], "kind": ["registered", "registered", "projected"]}
)
WORDS = plots.Words("t", "s")


def bands(inner: float) -> pd.DataFrame:
    rows = [(2025, 0.5, 11, 11), (2026, 0.5, 12 - inner, 12 + inner), (2025, 0.8, 11, 11), (2026, 0.8, 10, 14)]
    return pd.DataFrame(rows, columns=["year", "level", "low", "high"])


def test_a_band_that_leaves_a_wider_one_is_refused() -> None:
    plots.fan(SERIES, bands(1.0), WORDS)
    with pytest.raises(TableError) as refused:
        plots.fan(SERIES, bands(3.0), WORDS)
    assert str(refused.value) == (
        "The band of 80 % does not fit the fan.\n"
        "  Wanted: low and high for 2025–2026, inside every wider band.\n"
        "  Take all bands from the same draws."
    )


def test_a_level_that_is_no_share_and_a_series_without_order_are_refused() -> None:
    with pytest.raises(TableError) as refused:
        plots.fan(SERIES, bands(1.0).replace({"level": {0.8: 80}}), WORDS)
    assert str(refused.value).startswith("The fan cannot show these levels.\n  Seen: 0.5, 80.")
    with pytest.raises(TableError) as refused:
        plots.fan(SERIES.assign(kind=["projected", "registered", "projected"]), bands(1.0), WORDS)
    assert str(refused.value) == (
        "The fan needs a value for every year, the registered years first.\n"
        "  Leave out years without a value, and keep one kind for each year."
    )
