from __future__ import annotations

import pandas as pd
import pytest

import demografi as dg
from demografi.scenarios import Scenario


@pytest.fixture(scope="module")
def counted() -> dg.Observed:
    return dg.example()


def sums(table: pd.DataFrame, *keys: str) -> pd.Series[float]:
    return table.groupby([*keys])["persons"].sum()


def test_what_changed_between_two_own_projections_is_split_exactly(counted: dg.Observed) -> None:
    scenario = Scenario().adding("field", "5029", 70, range(2028, 2031)).with_fertility(1.1, range(2026, 2035))
    old, new = dg.project(counted, to=2035), dg.project(counted, to=2035, scenario=scenario)
    changed = dg.compare(old, new)
    groups = ["0-19", "20-66", "67-79", "80+"]
    keys = ["region", "year", "age_group"]
    whole = new.by_age_group(groups).set_index(keys)["persons"] - old.by_age_group(groups).set_index(keys)["persons"]
    assert (sums(changed, *keys) - whole).abs().max() < 1e-6
    causes = sums(changed[changed["year"] == 2035], "region", "cause")
    assert causes["5029", "base"] == 0
    assert causes["5029", "net_migration"] == pytest.approx(210, abs=1e-6)
    assert causes["5014", "net_migration"] == pytest.approx(0, abs=1e-6)
    assert causes["5014", "births"] > 10


def test_a_base_that_differs_is_told_from_the_flows(counted: dg.Observed) -> None:
    old = dg.project(counted, to=2030)
    more = old.to_frame()
    more.loc[(more["age"] == 70 + more["year"] - 2026) & (more["sex"] == "male"), "persons"] += 10
    new = dg.Projection.from_table(more, vintage="own 2026", region="Lakseregionen")
    changed = dg.compare(old, new).query("year == 2030 and region == '5014'")
    assert sums(changed, "cause")["base"] == pytest.approx(10)
    assert sums(changed, "cause")["flows"] == pytest.approx(0, abs=1e-9)
    assert set(changed["cause"]) == {"base", "flows"}


def test_national_vintages_at_hand_are_compared_by_age_group_and_not_split() -> None:
    old, new = (dg.official("Norge", vintage=vintage, offline=True) for vintage in (2020, 2026))
    changed = dg.compare(old, new, age_groups=["80+"])
    assert set(changed["cause"]) == {"all"}
    in_2040 = changed[changed["year"] == 2040]["persons"].iloc[0]
    assert in_2040 == new.persons("80+", 2040) - old.persons("80+", 2040) == -30_296
    assert (old.persons("80+", 2040), new.persons("80+", 2040)) == (492_408, 462_112)


def test_what_cannot_be_compared_is_refused(counted: dg.Observed) -> None:
    here, there = dg.project(counted, to=2028), dg.project(dg.example("Engerdal"), to=2028)
    with pytest.raises(dg.TableError, match="not of the same places"):
        dg.compare(here, there)
    with pytest.raises(dg.TableError, match="A Projection and a str cannot be compared"):
        dg.compare(here, "old.zip")
    early, late = (dg.official("Norge", vintage=vintage, offline=True) for vintage in (2005, 2026))
    with pytest.raises(dg.TableError, match="no year in common"):
        dg.compare(early, late)


def test_any_tidy_table_is_a_projection(counted: dg.Observed) -> None:
    own = dg.project(counted, to=2030)
    read = dg.Projection.from_table(
        own.to_frame(), vintage="county 2025", region="Lakseregionen", scenario="high", observed=counted
    )
    assert (read.vintage, read.scenario, read.launch, read.to) == ("county 2025", "high", 2026, 2030)
    pd.testing.assert_frame_equal(dg.need(read).to_frame(), dg.need(own).to_frame(), check_like=True)
    assert dg.indicators(read).value("aldersbareevne", "nykommune", "lakseregionen", 2030) == pytest.approx(
        dg.indicators(own).value("aldersbareevne", "nykommune", "lakseregionen", 2030)
    )
    assert read.plot(language="en").figure.words.note == "Projection: county 2025, alternative high."
    causes = read.explain("20-66").groupby("cause")["persons"].sum()
    assert causes.drop("end").sum() == pytest.approx(causes["end"])
    assert "deaths_and_migration" in causes
    alone = dg.Projection.from_table(own.to_frame(), vintage="county 2025")
    assert alone.region.members == own.region.members or set(alone.region.members) == set(own.region.members)
    with pytest.raises(dg.SourceError, match="came without counted figures"):
        dg.need(alone)


@pytest.mark.parametrize(
    ("change", "kind", "fault"),
    [
        (lambda t: t.drop(columns="sex"), dg.TableError, "single years of age and no column 'sex'"),
        (lambda t: t.drop(columns="age"), dg.TableError, "The projection has no ages."),
        (lambda t: t.iloc[1:], dg.TableError, "has 1 hole"),
        (lambda t: t[t["region"] != "5014"], dg.RegionError, "do not have the same places"),
        (
            lambda t: t.drop(columns=["age", "sex"]).assign(age_group="20-66"),
            dg.TableError,
            "overlap, or leave ages out",
        ),
    ],
)
def test_a_table_that_is_no_projection_is_refused(counted, change, kind, fault) -> None:  # type: ignore[no-untyped-def]
    table = dg.project(counted, to=2028).to_frame()
    with pytest.raises(kind, match=fault):
        dg.Projection.from_table(change(table), vintage="own", region="Lakseregionen")
