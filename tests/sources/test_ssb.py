from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import pytest
from clocks import Clock
from pxweb_server import PxWebServer

from demografi.errors import SourceError
from demografi.sources import ssb
from demografi.sources.cache import Cache
from demografi.sources.jsonstat import Dimension
from demografi.sources.pacing import Limiter
from demografi.sources.selecting import Listed


def connected(server: PxWebServer, folder: Path, language: str = "nb") -> ssb.Connection:
    clock = Clock()
    made = ssb.connect(language, cache=Cache(folder), base=server.url)
    return replace(made, limiter=Limiter(clock=clock, sleep=clock.sleep))


def test_connecting_touches_neither_disk_nor_network(tmp_path: Path) -> None:
    connection = ssb.connect(cache=Cache(tmp_path / "kept"))
    assert connection.base == "https://data.ssb.no/api/pxwebapi/v2"
    assert (connection.language, connection.timeout) == ("no", (10.0, 60.0))
    assert not (tmp_path / "kept").exists()


def test_both_norwegians_ask_for_norwegian_words(pxweb: PxWebServer, tmp_path: Path) -> None:
    for language in ("nn", "en"):
        ssb.plan_table(connected(pxweb, tmp_path, language), "07459")
    assert [call.path.split("lang=")[1][:2] for call in pxweb.calls("/metadata")] == ["no", "en"]


def test_a_language_without_tables_is_refused() -> None:
    with pytest.raises(SourceError, match="Statistics Norway has no tables in 'se'"):
        ssb.connect("se")


def test_a_number_that_is_no_table_is_refused(pxweb: PxWebServer, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="'7459' is no table number") as refusal:
        ssb.fetch_table(connected(pxweb, tmp_path), "7459")
    assert refusal.value.hint == 'Type it as "07459".'


def test_a_municipality_of_another_era_is_told_its_successor(pxweb: PxWebServer, tmp_path: Path) -> None:
    with pytest.raises(SourceError) as refusal:
        ssb.fetch_table(connected(pxweb, tmp_path), "12209", {"geo": ["5055", "5012", "1567"]})
    assert "'5012' was Snillfjord (2018-2019); today: 5055, 5056, 5059." in str(refusal.value)
    assert "'1567' was Rindal (-2018); today: 5061." in str(refusal.value)


@pytest.mark.parametrize(
    ("updated", "provisional"),
    [("2026-03-16", True), ("2026-06-14", True), ("2026-06-15", False), ("2027-03-15", False)],
)
def test_municipal_reporting_is_provisional_until_15_june(
    pxweb: PxWebServer, tmp_path: Path, updated: str, provisional: bool
) -> None:
    pxweb.tables["12209"].updated = f"{updated}T07:00:00Z"
    got = ssb.fetch_table(connected(pxweb, tmp_path), "12209", {"geo": "5055"})
    assert ssb.is_provisional(got.manifest) is provisional


def test_a_municipal_code_that_looks_like_a_year_is_not_taken_for_one(pxweb: PxWebServer, tmp_path: Path) -> None:
    pxweb.tables["12209"].variables[0].codes["2030"] = "Sør-Varanger (-2019)"
    pxweb.tables["12209"].updated = "2026-03-16T07:00:00Z"
    got = ssb.fetch_table(connected(pxweb, tmp_path), "12209", {"geo": ["5055", "2030"]})
    assert ssb.is_provisional(got.manifest)


def test_population_is_never_provisional(pxweb: PxWebServer, tmp_path: Path) -> None:
    got = ssb.fetch_table(connected(pxweb, tmp_path), "07459", {"geo": "5055", "Alder": "000"})
    assert not ssb.is_provisional(got.manifest)


@pytest.mark.parametrize(
    ("moment", "quiet"),
    [("2026-11-21T07:00:00+00:00", True), ("2026-07-01T06:00:00+00:00", True), ("2026-11-21T09:00:00+00:00", False)],
)
def test_the_minutes_around_publishing_are_known_by_norwegian_time(moment: str, quiet: bool) -> None:
    assert ssb.is_quiet(dt.datetime.fromisoformat(moment)) is quiet


OLD = """https://data.ssb.no/api/v0/no/table/07459/

{ "query": [
    {"code": "Region", "selection": {"filter": "agg:KommSummer", "values": ["K-5055", "K-5056"]}},
    {"code": "Alder", "selection": {"filter": "vs:AlleAldre00B", "values": ["000"]}},
    {"code": "Kjonn", "selection": {"filter": "item", "values": ["1"]}},
    {"code": "Tid", "selection": {"filter": "all", "values": ["20*"]}}],
  "response": {"format": "json-stat2"} }
"""


def test_a_pasted_query_of_the_older_api_is_converted() -> None:
    table, language, asked = ssb.convert_query(OLD)
    assert (table, language) == ("07459", "no")
    assert asked == {
        "Region": Listed("agg_KommSummer", ["K-5055", "K-5056"]),
        "Alder": Listed("vs_AlleAldre00B", ["000"]),
        "Kjonn": ["1"],
        "Tid": ["20*"],
    }


def test_what_an_older_query_leaves_out_is_summed_over_where_the_table_can() -> None:
    variables = [
        Dimension("Kjonn", "", ("1", "2"), ("", ""), rest={"extension": {"elimination": True}}),
        Dimension("ContentsCode", "", ("Personer1",), ("",)),
    ]
    query = '{"query": [{"code": "Tid", "selection": {"filter": "top", "values": ["1"]}}]}'
    assert ssb.convert_query(query, variables)[2] == {"Tid": ["top(1)"], "Kjonn": None, "ContentsCode": "*"}


def test_a_converted_query_gives_figures(pxweb: PxWebServer, tmp_path: Path) -> None:
    query = OLD.replace("vs:AlleAldre00B", "item")
    table, _, asked = ssb.convert_query(query)
    got = ssb.fetch_table(connected(pxweb, tmp_path), table, asked)
    assert got.table.shape == (2, 1, 1, 1, 12)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("Tabell 07459", "This is no query of the older API."),
        ('{"query": [{"code": "Tid"}]}', "This is no query of the older API."),
        ('{"query": [{"code": "Tid", "selection": {"filter": "odd", "values": []}}]}', "The filter 'odd' of the older"),
    ],
)
def test_what_is_no_older_query_is_refused(text: str, fault: str) -> None:
    with pytest.raises(SourceError, match=fault):
        ssb.convert_query(text)
