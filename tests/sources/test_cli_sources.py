"""The command line's verbs around sources, over real sockets."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner, Result
from pxweb_server import PxWebServer, serving
from shipped_tables import every_table, grouped

import demografi as dg
from demografi.cli import main
from demografi.errors import SourceError
from demografi.sources.cache import Cache
from demografi.sources.snapshots import open_snapshot


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[PxWebServer]:
    with serving(every_table(), grouped(), limit=10_000) as running:
        monkeypatch.setenv("DEMOGRAFI_SSB", running.url)
        monkeypatch.setenv("DEMOGRAFI_CACHE", str(tmp_path / "kept"))
        yield running


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


def test_load_writes_a_file_that_stands_for_the_region(server: PxWebServer, tmp_path: Path) -> None:
    out = tmp_path / "engerdal.parquet"
    result = run("load", "Engerdal", "--out", out, "--language", "en")
    assert (result.exit_code, result.stdout.strip()) == (0, str(out))
    assert "Provisional figures: table 12292 is not final before 15 June." in result.stderr
    observed = dg.Observed.open(out)
    assert observed.population["persons"].sum() == dg.example("Engerdal").population["persons"].sum()
    gap = run("gap", out, "--to", "2030")
    assert gap.exit_code == 0, gap.stderr
    shipped = pd.read_csv(io.StringIO(run("gap", "Engerdal", "--to", "2030").stdout))
    pd.testing.assert_frame_equal(pd.read_csv(io.StringIO(gap.stdout)), shipped)


def test_load_offline_takes_what_was_loaded_before(server: PxWebServer, tmp_path: Path) -> None:
    first, second = tmp_path / "1.parquet", tmp_path / "2.parquet"
    refused = run("load", "Engerdal", "--out", first, "--offline")
    assert refused.exit_code == 4
    assert "is not kept, and the network may not be touched." in refused.stderr
    assert run("load", "Engerdal", "--out", first).exit_code == 0
    sent = len(server.calls())
    assert run("load", "Engerdal", "--out", second, "--offline").exit_code == 0
    assert len(server.calls()) == sent
    assert first.read_bytes() == second.read_bytes()


def test_load_refuses_a_file_of_another_kind(server: PxWebServer, tmp_path: Path) -> None:
    result = run("load", "Engerdal", "--out", tmp_path / "e.csv")
    assert result.exit_code == 7
    assert result.stderr.startswith("ReportError: 'e.csv' does not end in .parquet.")
    assert not server.calls(), "nothing is fetched for a file that cannot be written"


def test_a_region_that_ships_is_loaded_only_when_asked(server: PxWebServer) -> None:
    assert run("project", "Engerdal", "--to", "2028").exit_code == 0
    assert run("project", "Engerdal", "--to", "2028", "--offline").exit_code == 0
    assert not server.calls()
    live = run("project", "Engerdal", "--to", "2028", "--live")
    assert live.exit_code == 0, live.stderr
    sent = len(server.calls())
    assert sent
    again = run("project", "Engerdal", "--to", "2028", "--live", "--offline")
    assert again.stdout == live.stdout
    assert len(server.calls()) == sent


def test_a_region_that_does_not_ship_says_how_to_load_it(server: PxWebServer) -> None:
    result = run("project", "Drammen")
    assert result.exit_code == 4
    assert "dg.load('Drammen'), or --live at the command line" in result.stderr
    assert run("project", "Drammen", "--offline").exit_code == 4
    assert not server.calls()


def test_read_gives_a_file_as_a_table(tmp_path: Path) -> None:
    file = tmp_path / "mine.csv"
    file.write_text("region,year,sex,age,persons\n5014,2026,female,0,31\n", encoding="utf-8")
    result = run("read", file)
    assert result.exit_code == 0, result.stderr
    assert "5014,2026,female,0" in result.stdout
    refused = run("read", tmp_path / "absent.csv")
    assert refused.exit_code == 4
    assert refused.stderr.startswith("SourceError: ")


def test_check_sources_prints_differences_and_says_so_by_its_exit_code(server: PxWebServer) -> None:
    agreed = run("check-sources", "14534")
    assert (agreed.exit_code, agreed.stdout) == (0, "table,role,vintage,what,expected,found\n")
    assert "1 tables compared; no differences." in agreed.stderr
    result = run("check-sources")
    assert result.exit_code == 4
    rows = pd.read_csv(io.StringIO(result.stdout), dtype="str", keep_default_na=False)
    assert {"07902", "14746"} <= set(rows.loc[rows["expected"] == "an answer", "table"])
    assert ("14534" in set(rows["table"])) is False
    assert rows.query("table == '12292' and what == 'contents'")["expected"].tolist()[0] == "KOSbialthelsum0000"
    assert f"{len(rows)} differences in" in result.stderr


def test_check_sources_refuses_a_table_nothing_relies_on(server: PxWebServer) -> None:
    result = run("check-sources", "00000")
    assert result.exit_code == 4
    assert "SourceError: Table '00000' is not one this program relies on." in result.stderr


def test_a_snapshot_gives_the_same_figures_without_server_and_cache(server: PxWebServer, tmp_path: Path) -> None:
    out = tmp_path / "engerdal.zip"
    result = run("snapshot", "Engerdal", "--out", out)
    assert result.exit_code == 0, result.stderr
    assert result.stdout.strip() == str(out)
    again = run("snapshot", "Engerdal", "--out", tmp_path / "again.zip", "--offline")
    assert again.exit_code == 0
    assert out.read_bytes() == (tmp_path / "again.zip").read_bytes()
    opened = open_snapshot(out, tmp_path / "opened")
    loaded = dg.load("Engerdal", offline=True, cache=opened.cache)
    pd.testing.assert_frame_equal(loaded.users, dg.load("Engerdal", offline=True).users)
    pd.testing.assert_frame_equal(loaded.population, dg.load("Engerdal", offline=True).population)


def test_a_report_is_rebuilt_from_a_snapshot_on_another_path_byte_for_byte(server: PxWebServer, tmp_path: Path) -> None:
    def chapter(cache: Cache, out: Path) -> dict[str, bytes]:
        observed = dg.load("Engerdal", offline=True, cache=cache)
        folder = dg.report(dg.gap(dg.need(dg.project(observed, to=2040)), dg.supply(observed, to=2040)), out)
        return {
            str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
        }

    frozen = tmp_path / "engerdal.zip"
    assert run("snapshot", "Engerdal", "--out", frozen).exit_code == 0
    first = chapter(open_snapshot(frozen, tmp_path / "one").cache, tmp_path / "first")
    second = chapter(open_snapshot(frozen, tmp_path / "elsewhere" / "two").cache, tmp_path / "second")
    assert first == second
    assert len(first) > 10


def test_new_figures_that_were_not_fetched_are_said_once(server: PxWebServer) -> None:
    assert "New figures" not in run("need", "Engerdal", "--live", "--to", "2028").stderr
    server.tables["11645"].updated = "2026-11-20T06:00:00Z"
    said = run("need", "Engerdal", "--live", "--to", "2028").stderr
    assert said.count("New figures are out: table 11645, 2026-11-20.") == 1


def test_compare_names_the_figures_that_moved(server: PxWebServer, tmp_path: Path) -> None:
    run("snapshot", "Engerdal", "--out", tmp_path / "old.zip")
    table = server.tables["14534"]
    before = table.figure

    def revised(cell: dict[str, str]) -> float | str | None:
        moved = cell["KOKkommuneregion0000"] == "3425" and cell["Tid"] == "2025"
        return 12.5 if moved else before(cell)

    table.figure, table.updated = revised, "2026-08-01T06:00:00Z"
    run("snapshot", "Engerdal", "--out", tmp_path / "new.zip", "--refresh")
    moved = dg.compare(tmp_path / "old.zip", tmp_path / "new.zip")
    nurses = dg.example("Engerdal").person_years.query("year == 2025 and concept == 'education'")["fte"].iloc[0]
    assert len(moved) == 1
    row = moved.iloc[0]
    assert (row["table"], row["old"], row["new"], row["edition"]) == ("14534", nurses, 12.5, "both")
    assert row["cell"] == (
        "ContentsCode KOSARBAARSVERKST0000, KOKkommuneregion0000 3425, KOKstillingkode0000 TOT, "
        "KOKutdanningoms0000 01, Tid 2025"
    )
    assert (row["old_updated"][:10], row["new_updated"][:10]) == ("2026-06-15", "2026-08-01")
    result = run("compare", tmp_path / "old.zip", tmp_path / "new.zip")
    assert result.exit_code == 0
    assert result.stdout.splitlines()[0] == "table,cell,old,new,old_status,new_status,edition,old_updated,new_updated"
    assert len(result.stdout.splitlines()) == 2
    assert dg.compare(tmp_path / "old.zip", tmp_path / "old.zip").empty


def test_compare_tells_new_figures_from_moved_ones(server: PxWebServer, tmp_path: Path) -> None:
    run("snapshot", "Engerdal", "--out", tmp_path / "old.zip")
    table = server.tables["14533"]
    table.variables[-1].codes["2026"] = "2026"
    table.updated = "2027-03-15T07:00:00Z"
    run("snapshot", "Engerdal", "--out", tmp_path / "new.zip", "--refresh")
    moved = dg.compare(tmp_path / "old.zip", tmp_path / "new.zip")
    assert set(moved["table"]) == {"14533"}
    assert set(moved["edition"]) == {"new"}
    assert moved["cell"].str.endswith("Tid 2026").all()


def test_compare_refuses_what_has_nothing_in_common(server: PxWebServer, tmp_path: Path) -> None:
    from demografi.sources.snapshots import write_snapshot

    run("snapshot", "Engerdal", "--out", tmp_path / "one.zip")
    write_snapshot(tmp_path / "empty.zip", Cache(tmp_path / "nothing"), [])
    with pytest.raises(SourceError, match="The two snapshots have no table in common"):
        dg.compare(tmp_path / "one.zip", tmp_path / "empty.zip")
    assert run("compare", tmp_path / "one.zip", tmp_path / "empty.zip").exit_code == 4


def test_the_cache_is_shown_and_cleaned(server: PxWebServer, tmp_path: Path) -> None:
    assert run("cache").stdout == f"0 replies, 0.0 MB in {tmp_path / 'kept'}\n"
    run("load", "Engerdal", "--out", tmp_path / "e.parquet")
    replies = int(run("cache", "--size").stdout.split()[0])
    assert replies == len(server.calls())
    assert run("cache", "--clean", "--before", "2020-01-01", "--size").stdout.splitlines()[1].startswith(f"{replies} ")
    cleaned = run("cache", "--clean", "--size")
    assert "MB removed from" in cleaned.stdout
    assert cleaned.stdout.splitlines()[1].startswith("0 replies, 0.0 MB")
    assert run("cache", "--before", "2020-01-01").exit_code == 2


def test_the_chapter_of_loaded_figures_names_their_tables(server: PxWebServer, tmp_path: Path) -> None:
    result = run("report", "Engerdal", "--live", "--out", tmp_path / "chapter", "--language", "en")
    assert result.exit_code == 0, result.stderr
    text = (tmp_path / "chapter" / "chapter.md").read_text(encoding="utf-8")
    assert "table 11645" in text
    assert "Provisional figures: table 12292 is not final before 15 June." in text
