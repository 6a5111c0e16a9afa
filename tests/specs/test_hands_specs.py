"""The drawn tables of staff, held against the code."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from test_specs import _people, drawn, numbers

import demografi as dg
from demografi.workforce.exits import AGES
from demografi.workforce.flow import step
from demografi.workforce.stock import spread


def need_of(first: float, last: float) -> dg.Need:
    """Make the need of one place, all whose users are 80 or over, to the year after the launch."""
    users = pd.DataFrame(
        [("a", 2025, "home_service", group, n) for group, n in (("total", 20), ("0-66", 0), ("67-79", 0), ("80+", 20))],
        columns=["region", "year", "service", "age_group", "users"],
    )
    observed = dg.Observed.from_tables(_people({"0-66": 10, "67-79": 10, "80+": first}), users=users, name="a")
    then = _people({"0-66": 10, "67-79": 10, "80+": last}).query("year == 2026").assign(year=2027)
    now = _people({"0-66": 10, "67-79": 10, "80+": first}).query("year == 2026")
    flows = {name: now.rename(columns={"persons": name}) for name in ("births", "deaths", "net_migration")}
    facts = {"region": observed.facts["region"], "launch": 2026, "to": 2027, "vintage": "drawn", "scenario": "drawn"}
    facts["draws"] = 0
    tables = {"population": pd.concat([now, then]), **flows}
    return dg.need(dg.Projection(tables, facts, rests_on={"observed": observed}))


def staff_of(rows: list[tuple[str, str, float, float]]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["occupation", "age_group", "persons", "fte"])
    return table.assign(region="a", year=2025)


def three_quarters(observed: dg.Observed) -> dg.Supply:
    """Follow the staff of the page on heads and person-years."""
    table = drawn("hands_person_years")[0]
    heads = numbers(table["heads"])
    staff = staff_of([("nurse", a, h, 0.75 * h) for a, h in zip(table["age"], heads, strict=True)])
    exits = pd.concat(
        [
            table[["age", cause]].rename(columns={cause: "hazard"}).assign(cause=cause)
            for cause in ("old_age", "turnover")
        ]
    )
    exits = exits.assign(age=numbers(exits["age"]).astype(int), hazard=numbers(exits["hazard"]))
    comes = table.assign(age=numbers(table["age"]).astype(int), per_year=numbers(table["entrants"]))
    comes = comes.query("per_year > 0").assign(occupation="nurse", kind="immigration")
    supply = dg.supply(observed, 2027, staff=staff, exits=exits, entrants=comes, limit=0)
    return supply.pull(position_size=(0.75, 0.9))


def test_staff_of_an_age_group_lie_on_single_ages() -> None:
    (table,) = drawn("hands_ages")
    leaving = np.where(AGES == 78, 0.5, 0.0)
    for row in table.to_dict("records"):
        assert spread(row["group"], leaving)[int(row["age"]) == AGES] == pytest.approx(float(row["share"]), abs=5e-5)
        assert spread(row["group"], leaving).sum() == pytest.approx(1.0, rel=1e-15)


def test_one_year_of_a_staff_counted_by_hand() -> None:
    (table,) = drawn("hands_year")
    start, leaving, entrants, exits, end = (
        numbers(table[name]) for name in ("start", "leaving", "entrants", "exits", "end")
    )
    after, gone = step(start, 1 - leaving, entrants)
    assert after.tolist() == end.tolist()
    assert gone.tolist() == exits.tolist()
    assert start.sum() + entrants.sum() - exits.sum() == end.sum()


def test_heads_and_person_years() -> None:
    wanted = drawn("hands_person_years")[1]
    causes = three_quarters(need_of(100, 150).projection.observed).explain().set_index("cause")["fte"]
    assert causes.to_dict() == pytest.approx(dict(zip(wanted["cause"], numbers(wanted["fte"]), strict=True)), abs=1e-12)


def test_the_gap_is_carried_and_explained() -> None:
    (wanted,) = drawn("hands_gap")
    need = need_of(100, 150)
    gap = dg.gap(need, three_quarters(need.projection.observed), shortage={"nurse": 2.5})
    causes = gap.explain().set_index("cause")["fte"]
    assert causes.to_dict() == pytest.approx(dict(zip(wanted["cause"], numbers(wanted["fte"]), strict=True)), abs=1e-12)
    assert gap.of_year(2027)["gap"] == pytest.approx(6.9)


def test_need_by_occupation_follows_the_skill_mix() -> None:
    (table,) = drawn("hands_skill_mix")
    need = need_of(100, 150)
    staff = staff_of([(o, "40", float(n), float(n)) for o, n in zip(table["occupation"], table["today"], strict=True)])
    supply = dg.supply(need.projection.observed, 2027, staff=staff, limit=0)
    then = dict(zip(table["occupation"], numbers(table["share_then"]), strict=True))
    for column, mix in (("constant", None), ("changed", then)):
        gap = dg.gap(need, supply, skill_mix=mix).to_frame().query("year == 2027").set_index("occupation")["need"]
        assert gap[table["occupation"]].tolist() == pytest.approx(numbers(table[column]).tolist(), rel=1e-12)


def test_a_small_count_is_hidden_so_that_it_cannot_be_worked_out() -> None:
    given, shown = drawn("hands_hidden")
    groups = [name for name in given.columns if "-" in name]
    rows = [
        (r["place"], 2025, "nurse", g, float(r[g]), 0.5 * float(r[g])) for r in given.to_dict("records") for g in groups
    ]
    staff = pd.DataFrame(rows, columns=["region", "year", "occupation", "age_group", "persons", "fte"])
    people = pd.concat([_people({"80+": 9}).assign(region=place) for place in "abc"])
    supply = dg.supply(dg.Observed.from_tables(people, name="abc"), 2030, staff=staff)
    table = supply.to_frame().query("year == 2026").set_index(["region", "age_group"])
    for row in shown.to_dict("records"):
        for group in groups:
            cell = table.loc[(row["place"], group)]
            assert cell["status"] == (":" if row[group] == ":" else "")
            assert (
                np.isnan(cell["persons"]) if row[group] == ":" else cell["persons"] == pytest.approx(float(row[group]))
            )
    totals = supply.replacement(2027).set_index("region")["stock"] * 2
    assert totals.to_dict() == pytest.approx(dict(zip(shown["place"], numbers(shown["total"]), strict=True)))
