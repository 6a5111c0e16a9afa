"""The local server has the quirks that are known of the real one; a client proven on it is proven on them."""

from __future__ import annotations

from typing import Any

import pytest
import requests
from made_up_tables import population
from pxweb_server import PxWebServer, serving

EVERY = {"Region": ["5055"], "Kjonn": ["1"], "Alder": ["000"], "ContentsCode": ["*"], "Tid": ["2026"]}


def post(server: PxWebServer, **changes: list[str]) -> requests.Response:
    chosen = [{"variableCode": name, "valueCodes": codes} for name, codes in (EVERY | changes).items() if codes]
    address = f"{server.url}/tables/07459/data?lang=no&outputFormat=json-stat2"
    return requests.post(address, json={"selection": chosen}, timeout=10)


def test_the_configuration_says_nothing_of_calls_and_the_headers_do() -> None:
    table, lists = population()
    with serving([table], lists) as server:
        reply = requests.get(f"{server.url}/config", timeout=10)
    assert (reply.json()["maxCallsPerTimeWindow"], reply.json()["timeWindow"]) == (0, 0)
    assert reply.headers["x-ratelimit-policy"] == "40;w=60s"
    assert reply.headers["x-ratelimit-remaining"] == "39"


def test_the_41st_call_in_a_minute_is_refused_with_the_time_to_wait() -> None:
    table, lists = population()
    with serving([table], lists) as server, requests.Session() as session:
        codes = [session.get(f"{server.url}/config", timeout=10) for _ in range(41)]
    assert [reply.status_code for reply in codes] == [200] * 40 + [429]
    assert 0 < int(codes[-1].headers["Retry-After"]) <= 60


@pytest.mark.parametrize(
    ("changes", "status", "title"),
    [
        ({"Region": ["9999"]}, 400, "Non-existent value"),
        ({"Kjonnn": ["1"]}, 400, "Non-existent variable"),
        ({"Tid": []}, 400, "Missing selection for mandantory variable"),
    ],
)
def test_a_wrong_question_is_refused_by_title(
    pxweb: PxWebServer, changes: dict[str, Any], status: int, title: str
) -> None:
    reply = post(pxweb, **changes)
    assert (reply.status_code, reply.json()["title"]) == (status, title)


def test_too_many_cells_give_400_as_recorded(pxweb: PxWebServer) -> None:
    pxweb.max_cells = 3
    reply = post(pxweb, Alder=["*"])
    assert (reply.status_code, reply.json()["title"]) == (400, "Too many cells selected")


def test_a_code_given_twice_gives_an_empty_500(pxweb: PxWebServer) -> None:
    reply = post(pxweb, Tid=["2026", "2026"])
    assert (reply.status_code, reply.content) == (500, b"")


def test_a_long_address_gives_a_web_page_and_a_short_one_figures(pxweb: PxWebServer) -> None:
    asked = "&".join(f"valueCodes[{name}]={','.join(codes)}" for name, codes in EVERY.items())
    assert requests.get(f"{pxweb.url}/tables/07459/data?{asked}", timeout=10).json()["size"] == [1] * 5
    reply = requests.get(f"{pxweb.url}/tables/07459/data?{asked}&x={'1' * 2200}", timeout=10)
    assert (reply.status_code, reply.text[:9]) == (404, "<!DOCTYPE")


def test_a_missing_table_is_404_for_metadata_and_400_with_404_inside_for_figures(pxweb: PxWebServer) -> None:
    del pxweb.tables["07459"]
    metadata = requests.get(f"{pxweb.url}/tables/07459/metadata", timeout=10)
    figures = post(pxweb)
    assert (metadata.status_code, metadata.json()["title"]) == (404, "Non-existent table")
    assert (figures.status_code, figures.json()["status"]) == (400, 404)


def test_a_municipality_of_another_era_holds_zero_and_no_sign(pxweb: PxWebServer) -> None:
    reply = post(pxweb, Region=["5011"]).json()
    assert reply["value"] == [0]
    assert "status" not in reply


def test_a_mask_may_stand_at_the_ends_and_code_lists_are_found_whatever_their_capitals(pxweb: PxWebServer) -> None:
    assert post(pxweb, Region=["505*"]).json()["size"] == [3, 1, 1, 1, 1]
    for path in ("codeLists", "codelists"):
        reply = requests.get(f"{pxweb.url}/{path}/agg_KommSummer", timeout=10).json()
        assert reply["values"][0]["valueMap"] == ["5055", "5011", "1571"]


def test_a_page_past_the_last_is_refused(pxweb: PxWebServer) -> None:
    reply = requests.get(f"{pxweb.url}/tables?pageSize=1&pageNumber=3", timeout=10)
    assert (reply.status_code, reply.json()["title"]) == (404, "Non-existent page")
