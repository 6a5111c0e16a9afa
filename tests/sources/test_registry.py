from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from clocks import Clock
from pxweb_answers import DemoTable, Variable
from pxweb_server import PxWebServer

from demografi.errors import SourceError
from demografi.sources import pxweb as door
from demografi.sources import registry
from demografi.sources.cache import Cache
from demografi.sources.exchange import Connection
from demografi.sources.pacing import Limiter


@pytest.fixture
def connection(pxweb: PxWebServer, tmp_path: Path) -> Connection:
    clock = Clock()
    return Connection(pxweb.url, cache=Cache(tmp_path), limiter=Limiter(clock=clock, sleep=clock.sleep))


def projection(labels: dict[str, str]) -> DemoTable:
    variables = [
        Variable("Region", "region", {"5055": "Heim"}, "geo"),
        Variable("Kjonn", "kjønn", {"1": "Menn", "2": "Kvinner"}),
        Variable("Alder", "alder", {"000": "0 år"}),
        Variable("ContentsCode", "statistikkvariabel", labels, "metric"),
        Variable("Tid", "år", {str(year): str(year) for year in range(2026, 2051)}, "time"),
    ]
    return DemoTable("14746", "Framskrevet folkemengde", variables, lambda _: 1.0)


def test_every_row_has_a_number_of_its_own_and_none_claims_to_be_verified() -> None:
    rows = registry.registered()
    assert len({row.id for row in rows}) == len(rows)
    assert all(re.fullmatch(r"\d{5}", row.id) for row in rows)
    assert all(row.mark and set(row.mark) <= set("ORLCU") for row in rows)
    assert {row.verified for row in rows} == {""}


def test_every_published_regional_projection_is_registered_by_its_vintage() -> None:
    vintages = [row.vintage for row in registry.registered() if row.role == "projection"]
    assert vintages == [str(year) for year in (2002, 2005, 2008, 2009, 2010, 2011, 2012, 2014, *range(2016, 2027, 2))]
    assert registry.table_for("projection", 2020).id == "12882"
    assert registry.table_for("population").id == "07459"


@pytest.mark.parametrize(
    ("role", "vintage", "fault"),
    [
        ("projection", "2021", "No table for 'projection' has the vintage '2021'."),
        ("projection", "", "No table for 'projection' has the vintage ''."),
        ("popul", "", "No table is registered for 'popul'."),
    ],
)
def test_a_role_or_vintage_that_is_not_registered_is_refused(role: str, vintage: str, fault: str) -> None:
    with pytest.raises(SourceError) as refusal:
        registry.table_for(role, vintage)
    assert refusal.value.fault == fault


def test_alternatives_are_known_by_letters_and_not_by_numbers(pxweb: PxWebServer, connection: Connection) -> None:
    labels = {"Personer": "Lav nasjonal vekst (LLML)", "Personer1": "Hovedalternativet (MMMM)", "Personer2": "Annet"}
    pxweb.tables["14746"] = projection(labels)
    table = registry.table_for("projection", 2026)
    found = registry.alternatives(table, door.read_metadata(connection, "14746"))
    assert found == {"LLML": "Personer", "MMMM": "Personer1"}


def test_two_alternatives_with_the_same_letters_are_refused(pxweb: PxWebServer, connection: Connection) -> None:
    pxweb.tables["14746"] = projection({"a": "Hoved (MMMM)", "b": "Middels nasjonal vekst (MMMM)"})
    with pytest.raises(SourceError, match="Two codes of 'ContentsCode' in table 14746 are called MMMM"):
        registry.alternatives(registry.table_for("projection", 2026), door.read_metadata(connection, "14746"))


def test_differences_from_the_live_server_are_told_row_by_row(pxweb: PxWebServer, connection: Connection) -> None:
    pxweb.tables["14746"] = projection({"Personer": "Hovedalternativet (MMMM)", "Personer1": "Lav (LLML)"})
    tables = [registry.table_for(role) for role in ("population", "care_key_figures", "life_table")]
    found = registry.check_sources(connection, [*tables, registry.table_for("projection", 2026)])
    rows = {(row["table"], row["what"], row["expected"]): row["found"] for row in found.to_dict("records")}
    assert rows[("07459", "first year", "1986")] == "2015"
    assert rows[("07459", "code list", "vs_Kommun")] == "agg_KommSummer, vs_Landet, agg_Aldersgrupper"
    assert rows[("12209", "contents", "KOSaarsvbrukerom0000")] == "KOShjtj80aarover0001, KOSsykhjand80aar0000"
    assert rows[("07902", "table", "an answer")] == "The statistics office has no such table."
    assert rows[("14746", "alternative", "HHMH")] == "MMMM, LLML"
    assert rows[("14746", "contents", "Personer2")] == "Personer, Personer1"
    assert not any(table == "12209" and what == "variable" for table, what, _ in rows)


def test_agreement_gives_no_row(pxweb: PxWebServer, connection: Connection) -> None:
    table = registry.table_for("care_key_figures")
    seen = replace(table, contents=table.contents[:2])
    assert registry.check_sources(connection, [seen]).empty


def test_a_renamed_variable_is_seen_from_both_sides(pxweb: PxWebServer, connection: Connection) -> None:
    table = replace(registry.table_for("care_key_figures"), variables=("Region", "ContentsCode", "Tid"), contents=())
    rows = registry.check_sources(connection, [table])[["expected", "found"]].values.tolist()
    assert ["Region", "KOKkommuneregion0000, ContentsCode, Tid"] in rows
    assert ["", "KOKkommuneregion0000"] in rows


def test_a_server_that_cannot_be_reached_is_one_refusal_and_not_a_list_of_differences(
    pxweb: PxWebServer, connection: Connection
) -> None:
    pxweb.close()
    with pytest.raises(SourceError, match="No usable answer came"):
        registry.check_sources(connection)
