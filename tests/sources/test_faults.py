from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import requests
from clocks import Clock
from made_up_tables import persons, population
from pxweb_server import PxWebServer, serving

from demografi.errors import SourceError
from demografi.sources import pxweb as door
from demografi.sources.exchange import Connection
from demografi.sources.pacing import CancelledError, Limiter

HEIM = {"geo": ["5055"], "Alder": ["000", "001"], "Tid": ["2025", "2026"]}


@pytest.mark.parametrize(("kind", "options"), [("503", {}), ("429", {"retry_after": 7}), ("drop", {}), ("cut", {})])
def test_a_passing_fault_is_waited_out(
    pxweb: PxWebServer, connect: Callable[..., Connection], clock: Clock, kind: str, options: dict[str, Any]
) -> None:
    pxweb.fail(kind, times=2, **options)
    assert len(door.fetch(connect(pxweb), "07459", HEIM).table.values) == 8
    assert len(pxweb.calls("/data")) == 3
    assert sum(clock.naps) >= 2 * options.get("retry_after", 1)


@pytest.mark.parametrize(
    ("kind", "options", "said"),
    [
        ("html", {}, "the answer is a web page, not JSON"),
        ("short length", {}, "the answer is not JSON"),
        ("cut", {}, "IncompleteRead"),
        ("slow", {"seconds": 0.5}, "timed out"),
        ("raw", {"body": b'{"login": "please"}'}, "the answer does not fit the question"),
        ("raw", {"body": '{"label": "Tr\u00e5ante"}'.encode("latin-1")}, "the answer is not JSON"),
        ("change", {"value": [1, 2]}, "The reply has 2 values"),
        ("429", {}, "the server answers 429"),
    ],
)
def test_an_answer_that_stays_spoiled_is_refused_and_not_kept(
    pxweb: PxWebServer, connect: Callable[..., Connection], kind: str, options: dict[str, Any], said: str
) -> None:
    pxweb.fail(kind, times=99, **options)
    connection = connect(pxweb, timeout=(5.0, 0.2 if kind == "slow" else 5.0))
    with pytest.raises(SourceError, match="No usable answer came after 6 tries") as refusal:
        door.fetch(connection, "07459", HEIM)
    if kind == "short length":
        # What a wrong length leaves on the line may spoil the next call as well, which then never arrives.
        assert said in str(refusal.value) or "Connection aborted" in str(refusal.value)
    else:
        assert said in str(refusal.value)
        assert len(pxweb.calls("/data")) == 6
    assert connection.cache is not None
    assert connection.cache.size()[0] == 2


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"Tid": ["2024", "2026"]}, "The answer has other codes of 'Tid' than asked for: 2024, 2025."),
        ({"Kjonn": []}, "The answer lacks the variable 'Kjonn'."),
    ],
)
def test_an_answer_to_another_question_is_refused_though_it_is_whole(
    pxweb: PxWebServer, connect: Callable[..., Connection], changes: dict[str, list[str]], said: str
) -> None:
    pxweb.tables["07459"].figure = lambda cell: 5.0
    asked = {"Region": ["5055"], "Kjonn": ["1", "2"], "Alder": ["000", "001"], "ContentsCode": ["*"]} | HEIM
    asked = {name: codes for name, codes in (asked | changes).items() if codes and name != "geo"}
    chosen = [{"variableCode": name, "valueCodes": codes} for name, codes in asked.items()]
    other = requests.post(f"{pxweb.url}/tables/07459/data", json={"selection": chosen}, timeout=10)
    pxweb.fail("raw", times=99, body=other.content)
    with pytest.raises(SourceError, match="No usable answer came") as refusal:
        door.fetch(connect(pxweb), "07459", HEIM)
    assert f"the answer does not fit the question: {said}" in str(refusal.value)


def test_an_answer_that_trickles_for_ever_is_given_up(pxweb: PxWebServer, connect: Callable[..., Connection]) -> None:
    pxweb.fail("drip", times=99, seconds=0.02)
    with pytest.raises(SourceError, match="No usable answer") as refusal:
        door.fetch(connect(pxweb, longest=0.1), "07459", HEIM)
    assert "not whole after 0.1 seconds" in str(refusal.value)


def test_an_answer_too_large_for_any_table_is_not_read_to_its_end(
    pxweb: PxWebServer, connect: Callable[..., Connection], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("demografi.sources.exchange.MOST_BYTES", 2_000_000)
    pxweb.fail("raw", body=b" " * 3_000_000)
    with pytest.raises(SourceError, match="The answer is over 2 MB"):
        door.fetch(connect(pxweb), "07459", HEIM)
    assert len(pxweb.calls("/data")) == 1


def test_an_address_that_is_too_long_is_told_from_a_table_that_is_not_there(
    pxweb: PxWebServer, connect: Callable[..., Connection]
) -> None:
    with pytest.raises(SourceError, match="the address is wrong, or longer than it takes"):
        door.list_tables(connect(pxweb), "befolkning " * 300)
    with pytest.raises(SourceError, match="The statistics office has no such table"):
        door.plan(connect(pxweb), "99999")


def test_a_very_long_wait_is_refused_rather_than_slept(
    pxweb: PxWebServer, connect: Callable[..., Connection], clock: Clock
) -> None:
    pxweb.fail("503", retry_after=7200)
    with pytest.raises(SourceError, match="The server asks for a wait of 120 minutes"):
        door.fetch(connect(pxweb), "07459", HEIM)
    assert sum(clock.naps) == 0


def test_a_server_that_is_down_is_said_to_be(pxweb: PxWebServer, connect: Callable[..., Connection]) -> None:
    connection = connect(pxweb)
    pxweb.close()
    with pytest.raises(SourceError, match="No usable answer came") as refusal:
        door.fetch(connection, "07459", HEIM)
    assert "0x" not in str(refusal.value)
    assert refusal.value.hint.endswith("offline=True with what is kept.")


def test_a_certificate_that_cannot_be_checked_is_not_tried_again(
    pxweb: PxWebServer, connect: Callable[..., Connection], clock: Clock
) -> None:
    connection = replace(connect(pxweb), base=pxweb.url.replace("http:", "https:"))
    with pytest.raises(SourceError, match="The server cannot be reached") as refusal:
        door.fetch(connection, "07459", HEIM)
    assert "session=" in refusal.value.hint
    assert clock.naps == []


def test_all_connections_to_one_server_share_its_limit(pxweb: PxWebServer) -> None:
    assert Connection(pxweb.url).pace is Connection(pxweb.url, language="en").pace
    assert Connection(pxweb.url).pace is not Connection("http://127.0.0.1:1/v2").pace


def test_offline_without_the_table_says_so_and_sends_nothing(
    pxweb: PxWebServer, connect: Callable[..., Connection]
) -> None:
    with pytest.raises(SourceError, match="is not kept, and the network may not be touched"):
        door.fetch(connect(pxweb, offline=True), "07459", HEIM)
    assert pxweb.log == []


def test_a_damaged_reply_is_fetched_again_online_and_refused_offline(
    pxweb: PxWebServer, connect: Callable[..., Connection], caplog: pytest.LogCaptureFixture
) -> None:
    connection = connect(pxweb)
    whole = door.fetch(connection, "07459", HEIM)
    assert connection.cache is not None
    path = connection.cache.folder / "replies" / f"{whole.manifest.replies[-1].sha256}.json"
    path.write_bytes(path.read_bytes().replace(b"5", b"6"))
    with pytest.raises(SourceError, match="is damaged"):
        door.fetch(connect(pxweb, offline=True), "07459", HEIM)
    again = door.fetch(connection, "07459", HEIM)
    assert again.table.to_frame().equals(whole.table.to_frame())
    assert "It is fetched again" in caplog.text


@pytest.mark.parametrize(
    ("change", "en", "nb"),
    [
        ("remove table", "The statistics office has no such table.", "Tabellen finnes ikke hos statistikkbyrået."),
        ("remove code", "One of the codes is not in the table", "En av kodene finnes ikke i tabellen"),
        ("lower limit", "The selection has more cells than the server gives", "Utvalget har flere celler enn tjeneren"),
        ("500", "The server failed without saying why", "Tjeneren feilet uten å si hvorfor"),
        ("404", "The server answered with a web page", "Tjeneren svarte med en nettside"),
    ],
)
def test_a_refusal_of_the_server_is_told_in_both_languages_and_not_repeated(
    pxweb: PxWebServer, connect: Callable[..., Connection], change: str, en: str, nb: str
) -> None:
    door.plan(connect(pxweb), "07459", HEIM)
    match change:
        case "remove table":
            del pxweb.tables["07459"]
        case "remove code":
            del pxweb.tables["07459"].variables[0].codes["5055"]
        case "lower limit":
            pxweb.max_cells = 3
        case status:
            pxweb.fail(status)
    with pytest.raises(SourceError) as refusal:
        door.fetch(connect(pxweb), "07459", HEIM)
    assert refusal.value.fault.startswith(en)
    assert refusal.value.where[0].startswith(nb)
    assert len(pxweb.calls("/data")) == 1


def test_a_table_changed_between_two_parts_is_fetched_again_and_never_mixed(
    narrow: PxWebServer, connect: Callable[..., Connection]
) -> None:
    asked = {"geo": ["505*"], "Tid": ["from(2020)"]}
    stop = threading.Event()
    with pytest.raises(CancelledError):
        door.fetch(connect(narrow, cancel=stop.is_set), "07459", asked, progress=lambda p: p.done == 4 and stop.set())
    table = narrow.tables["07459"]
    table.updated, table.figure = "2026-06-15T06:00:00Z", lambda cell: persons(cell) + 1
    got = door.fetch(connect(narrow), "07459", asked)
    frame = got.table.to_frame()
    cells = frame.drop(columns=["value", "status"]).astype(str).to_dict("records")
    assert frame["value"].tolist() == [persons(cell) + 1 for cell in cells]
    assert got.manifest.updated == got.manifest.table_updated == "2026-06-15T06:00:00Z"
    assert door.fetch(connect(narrow, offline=True), "07459", asked).table.to_frame().equals(frame)


def test_a_table_that_keeps_changing_is_refused(narrow: PxWebServer, connect: Callable[..., Connection]) -> None:
    for second in range(99):
        narrow.fail("change", updated=f"2026-06-15T06:00:{second:02}Z")
    with pytest.raises(SourceError, match="was changed between two parts of the same question"):
        door.fetch(connect(narrow), "07459", {"geo": ["505*"], "Tid": ["from(2020)"]})


def test_the_limit_in_the_headers_is_kept_over_real_time(connect: Callable[..., Connection]) -> None:
    table, lists = population()
    with serving([table], lists, limit=5, window=0.4) as server:
        server.recorded["config"] = b'{"maxDataCells": 2}'
        server.max_cells = 2
        door.fetch(connect(server, limiter=Limiter()), "07459", {"geo": "505*", "Alder": ["000"], "Kjonn": "1"})
        assert len(server.log) == 2 + 3 * 12 / 2
        assert {call.status for call in server.log} == {200}
        assert server.log[-1].at - server.log[0].at > 3 * 0.4
