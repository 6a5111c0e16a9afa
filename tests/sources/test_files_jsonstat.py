"""A JSON-stat file is a file like any other: codes, values, signs, labels, units, notes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import demografi as dg

REPLIES = Path(os.environ.get("DEMOGRAFI_REPLIES", Path(__file__).parents[2].parent / "shared" / "replies"))
there = pytest.mark.skipif(not REPLIES.is_dir(), reason=f"the recorded replies are not at {REPLIES}")


@there
def test_a_recorded_answer_is_read_with_its_sum_and_signs():
    table = dg.read(REPLIES / "v0_data_05300_jsonstat2.json")
    frame = table.to_frame()
    assert table.kind == "json-stat"
    assert frame["value"].sum() == 6_667
    assert (frame["status"] == ".").sum() == 20
    assert (frame["status"] == "..").sum() == 8
    assert frame["value"].isna().sum() == 28
    assert table.updated
    assert len(table.source.sha256) == 64


@there
@pytest.mark.parametrize(("name", "cells"), [("v2_data_07459_oslo_en.json", 12), ("jsonstat_galicia_2.0.json", 3_960)])
def test_other_recorded_answers_are_read_whole(name, cells):
    frame = dg.read(REPLIES / name).to_frame()
    assert len(frame) == cells
    assert (frame["value"].isna() == (frame["status"] != "")).all()


def test_a_bundle_of_one_is_read_and_of_two_is_refused(tmp_path):
    one = (
        '"a": {"value": [1, 2], "dimension": {"id": ["sex"], "size": [2], '
        '"sex": {"category": {"index": {"f": 0, "m": 1}}}}}'
    )
    path = tmp_path / "bundle.json"
    path.write_text("{" + one + "}", encoding="utf-8")
    assert dg.read(path).to_frame()["value"].tolist() == [1.0, 2.0]
    path.write_text("{" + one + "," + one.replace('"a"', '"b"', 1) + "}", encoding="utf-8")
    with pytest.raises(dg.SourceError, match="holds 2 datasets"):
        dg.read(path)


def test_json_that_is_no_jsonstat_is_refused(tmp_path):
    path = tmp_path / "list.json"
    path.write_text("[1, 2]", encoding="utf-8")
    with pytest.raises(dg.SourceError, match="is JSON, but no JSON-stat"):
        dg.read(path)


def test_a_projection_written_as_jsonstat_is_read_back_whole(tmp_path):
    projection = dg.project(dg.example("Engerdal"), to=2028)
    path = tmp_path / "engerdal.json"
    path.write_text(projection.to_jsonstat(), encoding="utf-8")
    table = dg.read(path)
    frame = table.to_frame()
    assert len(frame) == len(projection.to_frame())
    assert frame["value"].sum() == pytest.approx(projection.to_frame()["persons"].sum())
    assert table.units == {"persons": "persons"}
    assert table.updated == "2026-01-01"
