"""The drawn tables of this folder, held against the code. They are the manual's page *How demografi counts*."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import demografi as dg
from demografi import cohort
from demografi.needs import age_weighted
from demografi.needs.counts import hidden_bounds
from demografi.needs.finer import single_age_coverage
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


def _projected(observed: dg.Observed, by_year: dict[int, dict[str, float]]) -> dg.Projection:
    """Make a projection with the persons of each age group in each year, the first of them counted."""
    launch, to = min(by_year), max(by_year)
    stocks = [_people(groups).query("year == 2026").assign(year=year) for year, groups in by_year.items()]
    first = stocks[0]
    flows = {name: first.rename(columns={"persons": name}) for name in ("births", "deaths", "net_migration")}
    facts = {"region": observed.facts["region"], "launch": launch, "to": to, "vintage": "drawn", "scenario": "drawn"}
    return dg.Projection({"population": pd.concat(stocks), **flows}, facts, rests_on={"observed": observed})


def _constant_coverage() -> tuple[list[pd.DataFrame], dg.Observed, dg.Projection]:
    tables = drawn("constant_coverage")
    users, population, _, own, _ = tables
    users = users.assign(region="a", year=2025, users=numbers(users["users"]))
    person_years = own.assign(
        region="a",
        year=2025,
        reference_date="2025-11-16",
        occupation="total",
        concept="occupation",
        fte=numbers(own["person_years"]),
    ).drop(columns=["person_years", "2040"])
    first, later = (
        dict(zip(population["age_group"], numbers(population[year]), strict=True)) for year in ("2026", "2040")
    )
    observed = dg.Observed.from_tables(_people(first), users=users, person_years=person_years, name="a")
    return tables, observed, _projected(observed, {2026: first, 2040: later})


def test_users_follow_coverage_by_age_group() -> None:
    tables, _, projection = _constant_coverage()
    ours = dg.need(projection).to_frame().query("year == 2040").set_index(["service", "age_group"])["users"]
    expected = tables[2].set_index(["service", "age_group"])["users"].astype(float)
    assert ours.sort_index().to_dict() == pytest.approx(expected.sort_index().to_dict(), rel=1e-15)


def test_person_years_follow_users_apart_together_and_weighted() -> None:
    (_, _, wanted, own, together), _, projection = _constant_coverage()
    apart = dg.need(projection).person_years.query("year == 2040").set_index("service")["fte"]
    assert apart.to_dict() == pytest.approx(dict(zip(own["service"], numbers(own["2040"]), strict=True)), rel=1e-15)
    base = dg.need(projection).to_frame().query("year == 2026")
    keys = [f"{row.service} {row.age_group}" for row in wanted.itertuples()]
    counted = dict(zip(base["service"] + " " + base["age_group"], base["users"], strict=True))
    for row in together.to_dict("records"):
        weights = dict(zip(keys, map(float, row["weights"].split()), strict=True))
        per_user = age_weighted(float(row["person_years"]), counted, weights)
        standard: dict[str, dict[str, float]] = {}
        for key, value in per_user.items():
            standard.setdefault(key.split()[0], {})[key.split()[1]] = value
        fte = dg.need(projection, standard=standard).person_years.query("year == 2040")["fte"].sum()
        assert fte == pytest.approx(float(row["2040"]), rel=1e-12)


def _of_departures() -> dg.Projection:
    users = pd.DataFrame(
        [("a", 2025, "home_service", "80+", 40.0), ("a", 2025, "long_stay", "80+", 20.0)],
        columns=["region", "year", "service", "age_group", "users"],
    )
    observed = dg.Observed.from_tables(_people({"80+": 100.0}), users=users, name="a")
    return _projected(observed, {2026: {"80+": 100.0}, 2027: {"80+": 120.0}, 2028: {"80+": 140.0}})


def _peer() -> dg.Observed:
    users = pd.DataFrame(
        [("p", 2025, "home_service", "80+", 30.0), ("p", 2025, "long_stay", "80+", 20.0)],
        columns=["region", "year", "service", "age_group", "users"],
    )
    return dg.Observed.from_tables(_people({"80+": 100.0}).assign(region="p"), users=users, name="peer")


STANDARD = {"home_service": 0.5, "long_stay": 1.0}


def _users_and_fte(need: dg.Need) -> list[float]:
    users = need.to_frame().query("year == 2028").set_index("service")["users"]
    return [users["home_service"], users["long_stay"], need.person_years.query("year == 2028")["fte"].sum()]


def test_departures_from_the_constant_method() -> None:
    rows, (together,) = (tables := drawn("need_departures"))[0], tables[1:]
    projection, peer = _of_departures(), _peer()
    for row in rows.to_dict("records"):
        chosen = []
        if row["parameter"]:
            also = dict(one.split("=") for one in row["also"].split())
            options = {
                key: peer if key == "toward" else float(v) if key == "ratio" else int(v) for key, v in also.items()
            }
            chosen = [dg.departure(row["departure"], **{row["parameter"]: float(row["value"])}, **options)]
        ours = _users_and_fte(dg.need(projection, standard=STANDARD, departures=chosen))
        wanted = [float(row[name]) for name in ("home_service", "long_stay", "person_years")]
        assert ours == pytest.approx(wanted, rel=1e-12), row["departure"]
    four = [
        dg.departure("standard_growth", rate=0.1),
        dg.departure("home_instead", share=0.25, ratio=0.6),
        dg.departure("expansion", rate=0.1),
        dg.departure("compression", rate=0.1),
    ]
    wanted = numbers(together.iloc[0]).tolist()
    for asked in (four, four[::-1]):
        assert _users_and_fte(dg.need(projection, standard=STANDARD, departures=asked)) == pytest.approx(
            wanted, rel=1e-12
        )


def test_no_cause_comes_first() -> None:
    (table,) = drawn("need_causes")
    growth = [dg.departure("standard_growth", rate=0.1)]
    need = dg.need(_of_departures(), standard={"home_service": 0.5}, services=["home_service"], departures=growth)
    causes = need.explain(2028, measure="fte", age_group="80+").set_index("cause")["fte"]
    assert causes.to_dict() == pytest.approx(dict(zip(table["cause"], numbers(table["person_years"]), strict=True)))


def test_single_ages_give_their_group_its_count_back() -> None:
    (table,) = drawn("finer_ages")
    users = pd.Series(numbers(table["users"]), index=table["age_group"])
    per_age = single_age_coverage(users, np.full(6, 10.0)) * 10
    assert (per_age >= 0).all()
    for row in table.to_dict("records"):
        assert per_age[int(row["first"]) : int(row["last"]) + 1].sum() == pytest.approx(float(row["users"]), rel=1e-14)


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
