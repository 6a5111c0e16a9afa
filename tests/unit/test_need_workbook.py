"""The ministry's workbook beside our need: its columns mapped at the door, and nothing compared by a guess."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

import demografi as dg
from demografi.cli import main

COLUMNS = ["region=Kommune", "year=År", "service=Tjeneste", "contents=Mål", "value=Verdi"]
ROWS = [
    ("5029", 2025, "Hjemmetjenester", "Mottakere", 194),
    ("5029", 2025, "Institusjon", "Mottakere", 42),
    ("5029", 2030, "Hjemmetjenester", "Mottakere", 200),
    ("Orkland", 2025, "Hjemmetjenester", "Mottakere", ":"),
]


def workbook(path: Path, rows: list[tuple]) -> Path:
    pd.DataFrame(rows, columns=["Kommune", "År", "Tjeneste", "Mål", "Verdi"]).to_excel(path, index=False)
    return path


def run(path: Path, *more: str):
    asked = [word for column in COLUMNS for word in ("--column", column)]
    return CliRunner().invoke(main, ["check-sources", str(path), "--to", "2032", *asked, *more])


def test_a_workbook_is_compared_row_by_row(tmp_path: Path) -> None:
    out = tmp_path / "beside.csv"
    result = run(workbook(tmp_path / "tjenestebehov.xlsx", ROWS), "--out", str(out))
    assert result.exit_code == 0, result.output
    table = pd.read_csv(out, dtype={"region": "str"}, keep_default_na=False)
    assert list(table.columns) == (
        ["region", "year", "service", "contents", "age_group", "theirs", "ours", "difference", "status"]
    )
    assert table.loc[0, ["region", "service", "difference"]].tolist() == ["5029", "home_service", "0.0"]
    assert table.loc[1, ["service", "ours"]].tolist() == ["long_stay", 42.0]
    need = dg.need(dg.project(dg.example(), to=2032))
    later = need.users_of("total", over=["home_service"]).query("region == '5029' and year == 2031")["users"].item()
    assert float(table.loc[2, "difference"]) == pytest.approx(later - 200)
    assert table.loc[3, ["theirs", "status"]].tolist() == ["", ":"]


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        (("Oslo", 2025, "Institusjon", "Mottakere", 1), "The place 'Oslo' of the workbook is not recognised."),
        (("5029", 2025, "Barnehage", "Mottakere", 1), "The service 'Barnehage' of the workbook is not recognised."),
        (("5029", 2050, "Institusjon", "Mottakere", 1), "The year '2050' of the workbook is not recognised."),
        (("5029", 2025, "Institusjon", "Kroner", 1), "The measure 'Kroner' is neither users nor person-years."),
    ],
)
def test_what_is_not_recognised_is_refused(row: tuple, fault: str, tmp_path: Path) -> None:
    result = run(workbook(tmp_path / "tjenestebehov.xlsx", [row]))
    assert result.exit_code == 5
    assert fault in result.output


def test_a_column_that_is_not_named_is_refused(tmp_path: Path) -> None:
    path = workbook(tmp_path / "tjenestebehov.xlsx", ROWS)
    result = CliRunner().invoke(main, ["check-sources", str(path), "--column", "region"])
    assert result.exit_code == 2
    assert "--column 'region' is not KEY=HEADER." in result.output
