"""The drawn tables of this folder, held against the code. They are the manual's page *How demografi counts*."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import demografi as dg
from demografi import cohort
from demografi.needs.counts import hidden_bounds
from demografi.observed import chain_link

HERE = Path(__file__).parent
YEARS = range(2020, 2027)


def drawn(name: str) -> list[pd.DataFrame]:
    """Read the tables of a page, in order."""
    tables: list[pd.DataFrame] = []
    rows: list[list[str]] = []
    for line in [*(HERE / f"{name}.md").read_text(encoding="utf-8").splitlines(), ""]:
        if line.startswith("|"):
            rows.append([cell.strip() for cell in line.strip("|").split("|")])
        elif rows:
            header, _, *body = rows
            tables.append(pd.DataFrame(body, columns=header))
            rows = []
    return tables


def numbers(column: pd.Series) -> np.ndarray:
    return pd.to_numeric(column).to_numpy(float)


def _people(groups: dict[str, float], regions: dict[str, dict[str, float]] | None = None) -> pd.DataFrame:
    """Put the persons of each age group on the group's first age, women."""
    rows = []
    for region, sizes in (regions or {"a": groups}).items():
        for year in YEARS:
            for sex in ("female", "male"):
                by_age = dict.fromkeys(range(106), 0.0)
                if sex == "female":
                    by_age |= {int(group.split("-")[0].rstrip("+")): n for group, n in sizes.items()}
                rows += [(region, year, sex, age, n) for age, n in by_age.items()]
    return pd.DataFrame(rows, columns=["region", "year", "sex", "age", "persons"])


def test_users_follow_coverage_by_age_group() -> None:
    users, population, wanted = drawn("constant_coverage")
    users = users.assign(region="a", year=2025, users=numbers(users["users"]))
    by_group = dict(zip(population["age_group"], numbers(population["2026"]), strict=True))
    observed = dg.Observed.from_tables(_people(by_group), users=users, name="a")
    later = dict(zip(population["age_group"], numbers(population["2040"]), strict=True))
    stock = _people(later).query("year == 2026").assign(year=2040)
    first = _people(by_group).query("year == 2026")
    flows = {name: first.rename(columns={"persons": name}) for name in ("births", "deaths", "net_migration")}
    facts = {"region": observed.facts["region"], "launch": 2026, "to": 2040, "vintage": "drawn", "scenario": "drawn"}
    tables = {"population": pd.concat([first, stock]), **flows}
    projection = dg.Projection(tables, facts, rests_on={"observed": observed})
    ours = dg.need(projection).to_frame().query("year == 2040").set_index(["service", "age_group"])["users"]
    expected = wanted.set_index(["service", "age_group"])["users"].astype(float)
    assert ours.sort_index().to_dict() == pytest.approx(expected.sort_index().to_dict(), rel=1e-15)


def test_a_hidden_cell_is_an_interval_never_zero() -> None:
    (table,) = drawn("hidden_cells")
    index = pd.MultiIndex.from_arrays([["a"] * len(table), range(len(table))], names=["region", "year"])
    cells = table[["total", "0-66", "67-79", "80+"]].replace(":", np.nan).astype(float).set_index(index)
    hidden = pd.DataFrame({"region": "a", "year": range(len(table)), "age_group": "80+"})[table["80+"] == ":"]
    ours = hidden_bounds(cells, hidden)
    assert ours["low"].tolist() == numbers(table["low"]).tolist()
    assert ours["high"].tolist() == numbers(table["high"]).tolist()


def test_one_year_counted_by_hand() -> None:
    (table,) = drawn("cohort_year")

    def of(column: str) -> np.ndarray:
        return numbers(table[column]).reshape(2, 3)

    year = cohort.step(of("start")[None], of("survival"), of("births_per_woman")[0], 0.5, of("net_migration"))
    assert year.population[0].tolist() == of("end").tolist()
    assert year.clamped == 1


def test_a_guessed_split_does_not_become_growth() -> None:
    (table,) = drawn("chain_link")
    given = table.assign(year=table["year"].astype(int), persons=numbers(table["persons"]))
    linked = chain_link(given, ("a", "b"), 2020)
    assert linked["persons"].tolist() == pytest.approx(numbers(table["linked"]).tolist())
    assert linked["quality"].tolist() == ["split"] * 4 + ["", ""]


def test_sums_come_before_ratios() -> None:
    (table,) = drawn("sums_before_ratios")
    regions = {
        row["region"]: {"20-66": float(row["20-66"]), "67+": float(row["67+"])} for row in table.to_dict("records")[:2]
    }
    observed = dg.Observed.from_tables(_people({}, regions), name="both")
    zero = pd.DataFrame({"sex": ["female", "male"] * 111, "age": sorted([*range(111)] * 2), "mx": 0.0})
    none = pd.DataFrame({"age": [30], "births_per_woman": [0.0]})
    ratios = dg.indicators(dg.project(observed, to=2027, schedules={"mortality": zero, "fertility": none}))
    for row in table.to_dict("records"):
        assert ratios.value("aldersbareevne", "20-66 / 67+", row["region"], 2026) == float(row["ratio"])
