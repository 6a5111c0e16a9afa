from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests
from made_up_tables import AGES, YEARS, care, persons
from pxweb_answers import CodeList, DemoTable, Variable
from pxweb_server import PxWebServer, serving

from demografi.errors import SourceError
from demografi.sources import pxweb as door
from demografi.sources.cache import Cache
from demografi.sources.exchange import Connection
from demografi.sources.pacing import CancelledError
from demografi.sources.selecting import Listed

HEIM = {"geo": ["5055"], "Alder": ["000", "001"], "Tid": ["2025", "2026"]}


def test_a_table_comes_with_codes_values_and_the_manifest_of_where_it_is_from(
    pxweb: PxWebServer, connect: Callable[..., Connection]
) -> None:
    got = door.fetch(connect(pxweb), "07459", HEIM)
    frame = got.table.to_frame()
    cells = frame.drop(columns=["value", "status"]).astype(str).to_dict("records")
    assert frame["value"].tolist() == [persons(cell) for cell in cells]
    assert len(frame) == 2 * 2 * 2
    manifest = got.manifest
    assert (manifest.table, manifest.title) == ("07459", "Befolkning, etter region, kjønn, alder og år")
    assert (manifest.updated, manifest.cells, manifest.left_out) == ("2026-02-25T07:00:00Z", 8, ())
    assert manifest.selection["Region"]["codes"] == ["5055"]
    assert manifest.versions == {"apiVersion": "2.3.2", "appVersion": "2.5.0+build.30"}
    assert len(manifest.replies) == 3
    assert manifest.source.table == "07459"


def test_codes_are_sent_for_every_variable_by_post_and_with_a_name_for_the_caller(
    pxweb: PxWebServer, connect: Callable[..., Connection]
) -> None:
    door.fetch(connect(pxweb), "07459", HEIM)
    (call,) = pxweb.calls("/data")
    assert call.method == "POST"
    assert [one["variableCode"] for one in call.body["selection"]] == [
        "Region",
        "Kjonn",
        "Alder",
        "ContentsCode",
        "Tid",
    ]
    assert call.body["selection"][1]["valueCodes"] == ["2", "1"]
    assert call.agent.startswith("demografi/")


def test_a_second_call_asks_the_server_nothing(pxweb: PxWebServer, connect: Callable[..., Connection]) -> None:
    first = door.fetch(connect(pxweb), "07459", HEIM)
    asked = len(pxweb.log)
    second = door.fetch(connect(pxweb, offline=True), "07459", HEIM)
    assert len(pxweb.log) == asked
    assert second.table.to_frame().equals(first.table.to_frame())
    assert second.manifest == first.manifest


def test_the_order_in_which_codes_are_typed_makes_no_difference(
    pxweb: PxWebServer, connect: Callable[..., Connection]
) -> None:
    door.fetch(connect(pxweb), "07459", HEIM)
    door.fetch(
        connect(pxweb, offline=True),
        "07459",
        {"time": ["top(1)", "2025"], "region": "5055", "Alder": ["001", "000", "001"]},
    )


def test_the_plan_shows_calls_and_cells_and_sends_no_question_for_figures(
    pxweb: PxWebServer, connect: Callable[..., Connection]
) -> None:
    planned = door.plan(connect(pxweb), "07459")
    assert planned.cells == 8 * 2 * 106 * 1 * 12
    assert planned.calls == 1
    assert "20,352 cells: Region 8 × Kjonn 2 × Alder 106 × ContentsCode 1 × Tid 12" in str(planned)
    assert pxweb.calls("/data") == []


def test_a_table_over_the_limit_is_split_and_equals_the_whole(
    narrow: PxWebServer, connect: Callable[..., Connection], tmp_path: Path
) -> None:
    asked = {"geo": ["505*"], "Tid": ["from(2020)"]}
    split = door.fetch(connect(narrow), "07459", asked)
    assert len(narrow.calls("/data")) == 10, "4,452 cells by 500 take nine calls at the least"
    narrow.max_cells, narrow.recorded = 800_000, {}
    whole = door.fetch(connect(narrow, cache=Cache(tmp_path / "other")), "07459", asked)
    assert split.table.to_frame().equals(whole.table.to_frame())
    assert split.table.labels == whole.table.labels
    assert split.table.units == whole.table.units


def test_a_batch_cut_in_the_middle_resumes_without_repeating_a_finished_call_and_then_runs_offline(
    narrow: PxWebServer, connect: Callable[..., Connection]
) -> None:
    asked = {"geo": ["505*"], "Tid": ["from(2020)"]}
    narrow.fail("drop", times=50, after=4)
    with pytest.raises(SourceError, match="No usable answer came after 6 tries"):
        door.fetch(connect(narrow), "07459", asked)
    finished = [str(call.body) for call in narrow.calls("/data") if call.status == 200]
    assert len(finished) == 4
    narrow.faults.clear()
    steps: list[door.Progress] = []
    planned = door.plan(connect(narrow), "07459", asked)
    assert (planned.kept, planned.calls) == (4, 6)
    got = door.fetch(connect(narrow), "07459", asked, progress=steps.append)
    answered = [str(call.body) for call in narrow.calls("/data") if call.status == 200]
    assert len(answered) == len(set(answered)) == len(planned.parts)
    assert [step.kept for step in steps] == [True] * 4 + [False] * 6
    assert (steps[-1].done, steps[-1].cells) == (steps[-1].calls, planned.cells)
    narrow.close()
    offline = door.fetch(connect(narrow, offline=True), "07459", asked)
    assert offline.table.to_frame().equals(got.table.to_frame())


def test_a_cancelled_batch_stops_and_keeps_what_it_has(narrow: PxWebServer, connect: Callable[..., Connection]) -> None:
    stop = threading.Event()
    with pytest.raises(CancelledError, match="Fetching was stopped"):
        door.fetch(
            connect(narrow, cancel=stop.is_set),
            "07459",
            {"geo": "505*"},
            progress=lambda p: stop.set() if p.done == 3 else None,
        )
    assert len(narrow.calls("/data")) == 3


def test_a_code_list_gives_the_publishers_own_sums(pxweb: PxWebServer, connect: Callable[..., Connection]) -> None:
    got = door.fetch(
        connect(pxweb), "07459", {"geo": Listed("agg_KommSummer", ["K-5055"]), "Alder": "000", "Kjonn": "1"}
    )
    frame = got.table.to_frame().set_index("Tid")["value"]
    parts = [{"Region": code, "Alder": "000", "Kjonn": "1", "Tid": "2018"} for code in ("5011", "1571", "5055")]
    assert frame["2018"] == sum(persons(cell) for cell in parts) > 0
    assert set(got.manifest.codelists) == {"agg_KommSummer"}
    assert got.manifest.selection["Region"] == {"codelist": "agg_KommSummer", "codes": ["K-5055"]}
    members = door.read_codelist(connect(pxweb, offline=True), "agg_KommSummer").members
    assert members["K-5055"] == ("5055", "5011", "1571")


def test_shares_are_not_added_up_though_the_server_would(
    pxweb: PxWebServer, connect: Callable[..., Connection]
) -> None:
    with pytest.raises(SourceError, match="may not be added up") as refusal:
        door.fetch(connect(pxweb), "12209", {"geo": Listed("agg_KommSummer")})
    assert "calculate shares again from counts" in refusal.value.hint
    assert pxweb.calls("/data") == []


def test_shares_among_counts_are_known_by_their_unit(pxweb: PxWebServer, connect: Callable[..., Connection]) -> None:
    contents = pxweb.tables["07459"].variables[3]
    contents.codes = {"Personer1": "Personer", "Andel": "Andel av befolkningen", "Snitt": "Snittalder"}
    contents.units = {"Personer1": {"base": "personer"}, "Andel": {"base": "antall per 1 000"}, "Snitt": {"base": "år"}}
    contents.extension = {"measuringType": {"Personer1": "Stock", "Andel": "Other", "Snitt": "Average"}}
    asked = {"geo": Listed("agg_KommSummer"), "Alder": "000"}
    with pytest.raises(SourceError, match="may not be added up") as refusal:
        door.plan(connect(pxweb), "07459", asked)
    assert refusal.value.where == [
        "'Andel' is an average or a share (antall per 1 000).",
        "'Snitt' is an average or a share (år).",
    ]
    assert door.plan(connect(pxweb), "07459", asked | {"metric": "Personer1"}).cells == 4 * 2 * 12
    assert door.plan(connect(pxweb), "07459", {"geo": Listed("vs_Landet"), "Alder": "000"}).cells == 2 * 3 * 12


def test_the_region_variable_is_found_whatever_it_is_called(
    pxweb: PxWebServer, connect: Callable[..., Connection]
) -> None:
    got = door.fetch(connect(pxweb), "12209", {"geo": ["5055", "5061"], "time": "top(1)"})
    frame = got.table.to_frame()
    assert frame["KOKkommuneregion0000"].tolist() == ["5055", "5055", "5061", "5061"]
    assert frame["status"].tolist() == ["", "", ":", ":"]
    assert got.manifest.status_counts == {":": 2}


def test_signs_survive_splitting(pxweb: PxWebServer, connect: Callable[..., Connection]) -> None:
    pxweb.recorded["config"] = b'{"maxDataCells": 3}'
    pxweb.max_cells = 3
    got = door.fetch(connect(pxweb), "12209", {"time": "top(2)"})
    assert got.table.status_counts == {":": 4}
    assert len(got.table.values) == 20


@pytest.mark.parametrize(
    ("asked", "fault", "fact"),
    [
        (
            {"geo": ["5055", "5506"]},
            "The code is not in 'Region' of table 07459: '5506'.",
            "did you mean '5056' (Hitra)?",
        ),
        ({"geo": ["heim"]}, "The code is not in 'Region' of table 07459: 'heim'.", "did you mean '5055' (Heim)?"),
        ({"geo": ["9*"]}, "The code is not in 'Region' of table 07459: '9*'.", "'9*' matches nothing."),
        ({"Tid": "from(2030)"}, "The code is not in 'Tid' of table 07459: '2030'.", "did you mean '2023'"),
        ({"Tid": "top(0)"}, "The code is not in 'Tid' of table 07459: 'top(0)'.", "'top(0)' matches nothing."),
        ({"Tid": "top(x)"}, "The expression 'top(x)' for 'Tid' of table 07459 cannot be read.", ""),
        ({"Kjønn": "1"}, "Table 07459 has no variable 'Kjønn'.", "did you mean 'Kjonn' (kjønn)?"),
        ({"geo": "0", "Region": "0"}, "The variable 'Region' is chosen twice.", ""),
        ({"geo": []}, "No codes are chosen for 'Region' of table 07459.", ""),
        (
            {"geo": Listed("agg_kommsummer")},
            "The variable 'Region' of table 07459 has no code list",
            "'agg_KommSummer'",
        ),
        ({"geo": None}, "The variable 'Region' of table 07459 cannot be left out.", ""),
    ],
)
def test_what_is_not_in_the_table_is_named_before_anything_is_sent(
    pxweb: PxWebServer, connect: Callable[..., Connection], asked: dict[str, Any], fault: str, fact: str
) -> None:
    with pytest.raises(SourceError) as refusal:
        door.fetch(connect(pxweb), "07459", asked)
    assert str(refusal.value).startswith(fault)
    assert fact in str(refusal.value)
    assert pxweb.calls("/data") == []


def test_a_variable_left_out_on_purpose_gives_the_total_and_is_written_down(
    pxweb: PxWebServer, connect: Callable[..., Connection]
) -> None:
    got = door.fetch(connect(pxweb), "12209", {"geo": "5055"})
    assert got.manifest.left_out == ()
    pxweb.tables["07459"].figure = lambda cell: 5.0
    total = door.fetch(connect(pxweb), "07459", HEIM | {"Kjonn": None})
    assert total.manifest.left_out == ("Kjonn",)
    assert "Kjonn" not in total.table.to_frame().columns


def test_variables_in_another_order_than_the_metadata_are_put_right_by_name(
    narrow: PxWebServer, connect: Callable[..., Connection]
) -> None:
    narrow.tables["07459"].reorder = True
    got = door.fetch(connect(narrow), "07459", {"geo": ["505*"], "Tid": ["from(2022)"]})
    frame = got.table.to_frame()
    cells = frame.drop(columns=["value", "status"]).astype(str).to_dict("records")
    assert frame["value"].tolist() == [persons(cell) for cell in cells]


def test_notes_that_must_be_shown_come_into_the_manifest(
    pxweb: PxWebServer, connect: Callable[..., Connection]
) -> None:
    table = pxweb.tables["07459"]
    table.notes = ("May be shown.", "Must be shown.")
    table.extension = {"noteMandatory": {"0": False, "1": True}}
    got = door.fetch(connect(pxweb), "07459", HEIM)
    assert got.manifest.must_be_shown == ("Must be shown.",)
    assert got.manifest.notes == table.notes
    assert got.manifest.source.caveat == "Must be shown."


def test_contents_with_update_times_of_their_own_are_no_change(
    pxweb: PxWebServer, connect: Callable[..., Connection]
) -> None:
    pxweb.recorded["config"] = b'{"maxDataCells": 7}'
    pxweb.tables["12209"].updated_by_contents = {"KOSsykhjand80aar0000": "2026-03-16T07:00:00Z"}
    pxweb.tables["12209"].updated = "2026-02-01T07:00:00Z"
    got = door.fetch(connect(pxweb), "12209", {"geo": ["5055", "5056"]})
    assert got.manifest.updated == "2026-03-16T07:00:00Z"
    door.fetch(connect(pxweb, offline=True), "12209", {"geo": ["5055", "5056"]})


def test_new_figures_are_found_by_one_cheap_call_and_shown_cell_by_cell(
    pxweb: PxWebServer, connect: Callable[..., Connection]
) -> None:
    old = door.fetch(connect(pxweb), "07459", HEIM)
    assert door.newer(connect(pxweb), old.manifest) == ""
    table = pxweb.tables["07459"]
    changed = {"Region": "5055", "Kjonn": "1", "Alder": "001", "ContentsCode": "Personer1", "Tid": "2026"}
    table.updated, table.figure = "2026-06-15T06:00:00Z", lambda cell: persons(cell) + (cell == changed)
    before = len(pxweb.log)
    assert door.newer(connect(pxweb), old.manifest) == "2026-06-15T06:00:00Z"
    assert len(pxweb.log) == before + 1
    new = door.fetch(connect(pxweb), "07459", HEIM, fresh=True)
    moved = door.compare_values(old.table, new.table)
    assert moved[list(changed)].to_dict("records") == [changed]
    assert (moved["new"] - moved["old"]).tolist() == [1]
    calls = len(pxweb.calls("/data"))
    door.fetch(connect(pxweb), "07459", HEIM, fresh=True)
    assert len(pxweb.calls("/data")) == calls, "what is already new is not fetched again"


def test_offline_gives_what_is_kept_and_never_claims_that_nothing_is_newer(
    pxweb: PxWebServer, connect: Callable[..., Connection]
) -> None:
    got = door.fetch(connect(pxweb), "07459", HEIM)
    door.newer(connect(pxweb), got.manifest)
    offline = connect(pxweb, offline=True)
    assert door.fetch(offline, "07459", HEIM, fresh=True).manifest == got.manifest
    with pytest.raises(SourceError, match="'/tables/07459' cannot be asked for anew"):
        door.newer(offline, got.manifest)


def test_a_new_year_is_listed_as_found_in_the_new_edition_only(
    pxweb: PxWebServer, connect: Callable[..., Connection]
) -> None:
    old = door.fetch(connect(pxweb), "07459", HEIM | {"Tid": "2025"})
    new = door.fetch(connect(pxweb), "07459", HEIM)
    moved = door.compare_values(old.table, new.table)
    assert set(moved["edition"]) == {"new"}
    assert len(moved) == 4


def test_the_list_of_tables_is_read_to_its_last_page(pxweb: PxWebServer, connect: Callable[..., Connection]) -> None:
    rows = door.list_tables(connect(pxweb), page_size=1)
    assert [row["id"] for row in rows] == ["07459", "12209"]
    assert len(pxweb.calls("/tables")) == 2


def test_the_callers_own_session_is_used_and_left_as_it_was(
    pxweb: PxWebServer, connect: Callable[..., Connection]
) -> None:
    with requests.Session() as session:
        session.headers["X-Proxy"] = "mine"
        adapters = dict(session.adapters)
        door.fetch(connect(pxweb, session=session), "07459", HEIM)
        assert session.adapters == adapters
        assert session.headers["X-Proxy"] == "mine"


def test_a_made_up_content_variable_of_the_server_is_accepted(connect: Callable[..., Connection]) -> None:
    variables = [
        Variable("Tid", "år", {"2025": "2025"}, "time"),
        Variable("ContentsCode", "innhold", {"EliminatedValue": "x"}, "metric", elimination=True),
    ]
    with serving([DemoTable("01222", "Uten innhold", variables, lambda _: 1.0)], limit=999) as server:
        got = door.fetch(connect(server), "01222", {})
    assert got.table.shape == (1, 1)


def test_two_regions_in_one_table_must_be_named(connect: Callable[..., Connection]) -> None:
    places = {"5055": "Heim"}
    variables = [
        Variable("Fraflyttingsregion", "fra", places, "geo"),
        Variable("TilflyttRegion", "til", places, "geo"),
        Variable("Tid", "år", {"2025": "2025"}, "time"),
    ]
    with (
        serving([DemoTable("13864", "Flytting", variables, lambda _: 1.0)], limit=999) as server,
        pytest.raises(SourceError, match="has 2 variables with the role 'geo'"),
    ):
        door.fetch(connect(server), "13864", {"geo": "5055"})


def test_recorded_replies_of_the_real_server_go_through_the_same_door(
    replies: Path, pxweb: PxWebServer, connect: Callable[..., Connection]
) -> None:
    pxweb.recorded["config"] = (replies / "v2_config_2026.json").read_bytes()
    pxweb.recorded["tables/05810/metadata"] = (replies / "v2_guide_metadata_05810.json").read_bytes()
    pxweb.recorded["tables/05810"] = (replies / "v2_guide_table_05810.json").read_bytes()
    pxweb.recorded["tables/07459/data"] = (replies / "v2_data_07459_oslo_en.json").read_bytes()
    connection = connect(pxweb, language="en")
    assert door.read_config(connection)["maxCallsPerTimeWindow"] == 0
    planned = door.plan(connection, "05810", {"time": "top(3)", "Kjonn": ["2", "1"]})
    assert planned.cells == 2 * 7 * 1 * 3
    assert planned.chosen[0].codes == ("2", "1")
    assert planned.chosen[3].codes == ("2023", "2024", "2025")
    table = pxweb.tables["07459"]
    table.variables[0].codes["0301"] = "Oslo"
    pxweb.codelists["agg_Aldersgrupper"] = CodeList(
        "agg_Aldersgrupper", "", "Aggregation", {c: (c, AGES[:1]) for c in ("F0-19", "F20-64", "F65+")}
    )
    asked = {"geo": "0301", "Alder": Listed("agg_Aldersgrupper"), "time": "top(2)"}
    got = door.fetch(connection, "07459", asked)
    assert got.table.to_frame()["value"].sum() == 1_453_004
    assert got.table.labels["Region"] == {"0301": "Oslo - Oslove"}


def test_the_made_up_tables_hold_zeros_for_another_era_as_the_real_ones_do() -> None:
    assert persons({"Region": "5011", "Alder": "000", "Kjonn": "1", "Tid": YEARS[-1]}) == 0
    assert care().aggregallowed is False
