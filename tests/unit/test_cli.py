"""The command line: the same verbs, exit codes that mean something."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner, Result

import demografi as dg
from demografi.cli import main
from demografi.sources import jsonstat


def run(*words: str) -> Result:
    return CliRunner().invoke(main, list(words))


@pytest.mark.parametrize("verb", ["report", "project", "need", "supply", "gap", "indicators"])
def test_every_verb_has_help(verb: str) -> None:
    result = run(verb, "--help")
    assert result.exit_code == 0
    assert "--to" in result.output


@pytest.mark.parametrize(
    ("verb", "columns"),
    [
        ("project", "year,region,sex,age,persons"),
        ("need", "region,year,service,age_group,users"),
        ("supply", "region,year,occupation,age_group,persons,fte"),
        ("gap", "region,year,occupation,need,supply,gap"),
        ("indicators", "region,year,indicator,definition,value,numerator,denominator,projected"),
    ],
)
def test_tables_go_to_stdout_as_csv(verb: str, columns: str) -> None:
    result = run(verb, "Engerdal", "--to", "2028")
    assert result.exit_code == 0
    assert sorted(result.stdout.splitlines()[0].split(",")) == sorted(columns.split(","))


def test_the_command_line_has_no_arithmetic_of_its_own(engerdal: dg.Gap) -> None:
    table = pd.read_csv(io.StringIO(run("gap", "Engerdal").stdout), dtype={"region": "str"})
    pd.testing.assert_frame_equal(table, engerdal.to_frame(), check_dtype=False)


def test_need_takes_the_choices_of_the_library_at_the_command_line() -> None:
    projection = dg.project(dg.example(), to=2030, draws=30, seed=2)
    growth = dg.departure("standard_growth", rate=0.005)
    need = dg.need(projection, coverage_year=2023, departures=[growth])
    words = [
        "need",
        "Lakseregionen",
        "--to",
        "2030",
        "--coverage-year",
        "2023",
        "--departure",
        "standard_growth:rate=0.005",
    ]

    def given(*more: str) -> pd.DataFrame:
        result = run(*words, *more)
        assert result.exit_code == 0, result.stderr
        return pd.read_csv(io.StringIO(result.stdout), dtype={"region": "str"})

    def same(table: pd.DataFrame, wanted: pd.DataFrame) -> None:
        pd.testing.assert_frame_equal(table, wanted.reset_index(drop=True), check_dtype=False)

    same(given("--level", "0.8", "--draws", "30", "--seed", "2"), need.to_frame(level=0.8))
    same(given("--person-years"), need.person_years)
    same(given("--explain", "--person-years"), need.explain(measure="fte"))
    alone = given("--service", "long_stay")
    assert set(alone["service"]) == {"long_stay"}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--departure", "standard_growth:rate=much"], "'standard_growth:rate=much' is not like standard_growth:rate="),
        (["--departure", "wishing:rate=0.1"], "wishing"),
        (["--departure", "standard_growth"], "'standard_growth' needs its rate."),
        (["--coverage-year", "2010"], "Years that have all: 2009, 2012, 2014–2025."),
        (["--service", "spruce"], "No users of 'spruce' are counted in Engerdal."),
    ],
)
def test_need_refuses_what_it_does_not_know(words: list[str], said: str) -> None:
    result = run("need", "Engerdal", "--to", "2028", *words)
    assert result.exit_code != 0
    assert said in result.stderr


def test_a_goal_is_answered_on_stderr_and_given_on_stdout() -> None:
    mix = ["--through", "net_migration=0.5", "--through", "retention=0.5"]
    result = run("goal", "persons=1290", "Engerdal", "--to", "2030", "--on", "2030-01-01", "--language", "en", *mix)
    assert result.exit_code == 0
    assert "To have 1,290 residents in Engerdal on 1 January 2030" in result.stderr
    found = pd.read_csv(io.StringIO(result.stdout))
    assert found["lever"].tolist() == ["net_migration", "retention"]
    assert found["per_year"].nunique() == 1


def test_published_projections_and_what_changed_between_them_are_verbs(tmp_path: Path) -> None:
    given = run("official", "Norge", "--vintage", "2026", "--offline")
    table = pd.read_csv(io.StringIO(given.stdout))
    assert table[(table["year"] == 2040) & table["age_group"].isin(["80-89", "90+"])]["persons"].sum() == 462_112
    changed = pd.read_csv(io.StringIO(run("compare", "2020", "2026", "--region", "Norge", "--offline").stdout))
    assert changed.query("year == 2040 and age_group == '80+'")["persons"].tolist() == [-30_296]
    assert run("compare", "2020", "soon", "--region", "Norge").exit_code == 2
    assert run("goal", "persons", "Engerdal", "--on", "2030").exit_code == 2


def test_own_indicators_join_at_the_command_line(tmp_path: Path) -> None:
    own = tmp_path / "own.csv"
    own.write_text("region,year,indicator,value,unit,source,kind\n3425,2025,cabins,12,per cent,own survey,stock\n")
    result = run("indicators", "Engerdal", "--to", "2027", "--against", "nation", "--joined", str(own))
    assert '3425,2025,cabins,"stock, per cent: own survey",12.0' in result.stdout
    assert run("indicators", "Engerdal", "--joined", str(tmp_path / "none.csv")).exit_code == 4


CONTRACT = (
    "report load official project need supply gap indicators goal compare backtest read trace check-sources snapshot"
)


@pytest.mark.parametrize("verb", CONTRACT.split())
def test_every_verb_of_the_contract_takes_language_and_offline(verb: str) -> None:
    helped = run(verb, "--help").output
    for option in ("--language [nb|nn|en]", "--offline"):
        assert option in helped


@pytest.mark.parametrize("verb", ["project", "need", "supply", "gap"])
def test_stdout_takes_the_same_figures_as_jsonstat_and_parquet(verb: str) -> None:
    words = [verb, "Engerdal", "--to", "2028"]
    csv = pd.read_csv(io.StringIO(run(*words).stdout), dtype={"region": "str"})
    parquet = pd.read_parquet(io.BytesIO(run(*words, "--format", "parquet").stdout_bytes))
    pd.testing.assert_frame_equal(parquet, csv, check_dtype=False)
    said = json.loads(run(*words, "--format", "jsonstat", "--language", "en").stdout)
    assert said["source"].startswith("Source: SSB, table 07459")
    assert said["note"]
    measures = csv.select_dtypes("float").columns
    keys = [name for name in csv.columns if name not in measures]
    table = jsonstat.parse(said).to_frame().astype(dict.fromkeys(keys, "str"))
    for measure in measures:
        given = table[(table["measure"] == measure) & (table["status"] == "")].set_index(keys)["value"]
        wanted = csv.astype(dict.fromkeys(keys, "str")).set_index(keys)[measure]
        pd.testing.assert_series_equal(given.sort_index(), wanted.sort_index(), check_names=False)


def test_jsonstat_marks_what_has_no_row_and_refuses_what_is_no_grid() -> None:
    table = jsonstat.parse(
        json.loads(run("need", "Engerdal", "--to", "2028", "--format", "jsonstat").stdout)
    ).to_frame()
    absent = table[(table["service"] == "long_stay") & (table["age_group"] == "67-79")]
    assert set(absent["status"]) == {"."}
    assert absent["value"].isna().all()
    refused = run("indicators", "Engerdal", "--to", "2028", "--format", "jsonstat")
    assert refused.exit_code == 5
    assert "its variables make" in refused.stderr


def test_a_format_is_of_stdout_and_the_ending_of_a_file(tmp_path: Path) -> None:
    words = ["project", "Engerdal", "--to", "2027", "--out"]
    assert run(*words, str(tmp_path / "ENGERDAL.CSV")).exit_code == 0
    assert pd.read_csv(tmp_path / "ENGERDAL.CSV")["persons"].sum() > 1_000
    assert run(*words, str(tmp_path / "e.csv"), "--format", "csv").exit_code == 2
    assert not (tmp_path / "e.csv").exists()


def test_tables_are_not_compared_with_their_descriptions_offline() -> None:
    refused = run("check-sources", "--offline")
    assert refused.exit_code == 4
    assert "which takes the network." in refused.stderr


@pytest.mark.parametrize("ending", ["csv", "parquet", "json"])
def test_tables_go_to_a_file_by_its_ending(tmp_path: Path, ending: str) -> None:
    out = tmp_path / f"engerdal.{ending}"
    result = run("project", "Engerdal", "--to", "2027", "--out", str(out))
    assert result.exit_code == 0
    assert result.stdout.strip() == str(out)
    assert out.stat().st_size > 1_000
    assert [p.name for p in tmp_path.iterdir()] == [out.name]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("gap", "Engerdl"), 3, "RegionError: No region is called 'Engerdl'."),
        (("gap", "Drammen"), 4, "SourceError: The figures of Drammen do not ship with demografi."),
        (("project", "Engerdal", "--to", "2026"), 6, "ScenarioError: The projection cannot end in 2026."),
        (("goal", "persons=1300", "Engerdal", "--on", "2020-01-01"), 6, "The target date 1 January 2020 has passed."),
        (("official", "Norge", "--vintage", "2019"), 4, "published no regional projection in 2019."),
        (("report", "Engerdal", "--out", "/no/where"), 7, "ReportError: There is no folder '/no'"),
        (
            ("project", "Engerdal", "--out", "/tmp/x.doc"),
            7,
            "ReportError: 'x.doc' does not end in .csv, .parquet or .json.",
        ),
        (("project", "Engerdal", "--to", "soon"), 2, "Invalid value for '--to'"),
    ],
)
def test_a_refusal_is_printed_without_traceback_and_has_its_exit_code(
    words: tuple[str, ...], code: int, said: str
) -> None:
    result = run(*words)
    assert result.exit_code == code
    assert said in result.stderr
    assert "Traceback" not in result.output


def test_the_report_prints_the_folder_it_wrote(tmp_path: Path) -> None:
    result = run("report", "Engerdal", "--out", str(tmp_path / "e"), "--language", "nn")
    assert result.exit_code == 0
    assert result.stdout.strip() == str(tmp_path / "e")
    assert "Innbyggjarane" in (tmp_path / "e" / "chapter.md").read_text(encoding="utf-8")


def test_the_report_says_when_it_left_changed_files_alone(tmp_path: Path) -> None:
    run("report", "Engerdal", "--out", str(tmp_path / "e"))
    (tmp_path / "e" / "chapter.md").write_text("mine", encoding="utf-8")
    result = run("report", "Engerdal", "--out", str(tmp_path / "e"))
    assert "left alone" in result.stderr
    assert result.stdout.strip() == str(tmp_path / "e-2")


def test_supply_and_gap_take_their_choices(tmp_path: Path) -> None:
    staff = tmp_path / "staff.csv"
    rows = ("3425;teacher;20-34;6;5;2025;own", "3425;teacher;35-54;14;12;2025;own", "3425;teacher;55+;9;7;2025;own")
    staff.write_text("\n".join(("region;occupation;age;persons;fte;year;source", *rows)), encoding="utf-8")
    own = pd.read_csv(io.StringIO(run("supply", "Engerdal", "--to", "2028", "--staff", str(staff)).stdout))
    assert own.query("year == 2026")["persons"].round(9).tolist() == [6, 14, 9]
    ends = run("supply", "Engerdal", "--to", "2030", "--replacement", "--level", "0.8", "--draws", "100").stdout
    assert ends.splitlines()[0] == "region,occupation,stock,exits,low,high"
    causes = pd.read_csv(io.StringIO(run("gap", "Engerdal", "--explain", "--shortage", "nurse=2").stdout))
    assert causes.set_index("cause").loc["start", "fte"] == pytest.approx(2)
    levers = run("gap", "Engerdal", "--lever", "exit_later=2", "--lever", "position_size=0.75:0.85").stdout
    assert [line.split(",")[0] for line in levers.splitlines()] == ["lever", "exit_later", "position_size", "together"]
    assert run("gap", "Engerdal", "--lever", "exit_later=soon").exit_code == 2
    assert "No lever on the gap is called 'robots'." in run("gap", "Engerdal", "--lever", "robots=2").stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_behind_stdout_is_refused_without_traceback() -> None:
    words = [sys.executable, "-m", "demografi.cli", "project", "Engerdal", "--to", "2028"]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(words, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 7
    assert done.stderr.startswith("ReportError: The table cannot be written to stdout.")


@pytest.mark.reference
def test_the_usual_launches_are_cut_to_those_before_the_outcomes(
    reference: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEMOGRAFI_REFERENCE", str(reference))
    words = ["backtest", "Engerdal", "--outcomes-to", "2010"]
    given = pd.read_csv(io.StringIO(run(*words).stdout))
    assert sorted(set(given["launch"])) == [2008, 2009]
    assert given["year"].max() == 2010
    asked = run(*words, "--launches", "2008,2011")
    assert asked.exit_code == 6
    assert "A launch in 2011 lies outside the figures." in asked.stderr
    assert run("backtest", "Engerdal", "--outcomes-to", "2008").exit_code == 6
