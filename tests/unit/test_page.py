"""The interactive page: one file, every number from a result, every name as text."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import demografi as dg
from demografi import labels
from demografi.cli import main
from demografi.reports import chapter
from demografi.reports.page import SCRIPTS, as_page
from demografi.reports.page.gathering import gather, isolated
from demografi.reports.page.words import WORDS
from demografi.reports.parts import of_municipality

ROOM = Path(dg.__file__).parent / "reports" / "page"
HOSTILE = "<script>pwned=1</script>\"'&<img src=x onerror=pwned=1>\u202e{{data}}"


@pytest.fixture(scope="module")
def page(gap: dg.Gap) -> str:
    return as_page(gap, chapter(gap))


def _recent(result: dg.Gap) -> dg.Gap:
    """Return a gap that offers few years of coverage, so that its page is soon made."""
    rows = result.need.coverage
    tables = {**result.need.tables, "coverage": rows[rows["year"].isin([2020, 2024, 2025])]}
    return replace(result, rests_on={**result.rests_on, "need": replace(result.need, tables=tables)})


@pytest.fixture(scope="module")
def told(page: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.S)
    assert found
    return dict(json.loads(found[1]))


def _scripts() -> str:
    return "".join((ROOM / name).read_text(encoding="utf-8") for name in SCRIPTS)


class _Elements(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def _elements(page: str) -> list[tuple[str, dict[str, str | None]]]:
    parser = _Elements()
    parser.feed(page)
    return parser.found


def test_the_page_is_one_file_that_asks_nobody_for_anything(page: str) -> None:
    linked = [
        value for _, given in _elements(page) for name, value in given.items() if name in ("src", "href", "action")
    ]
    assert linked == ["data:,"]
    assert not re.search(r"@import|url\(", (ROOM / "page.css").read_text(encoding="utf-8"))
    assert not re.search(r"fetch\(|XMLHttpRequest|import\(|WebSocket|sendBeacon", _scripts())
    assert "default-src 'none'" in page


def test_the_policy_lets_in_only_the_style_and_the_script_that_are_there(page: str) -> None:
    for name, text in (("style", re.findall(r"<style>(.*?)</style>", page, re.S)), ("script", [_scripts()])):
        digest = base64.b64encode(hashlib.sha256(text[0].encode()).digest()).decode()
        assert f"{name}-src 'sha256-{digest}'" in page
    assert f"<script>{_scripts()}</script>" in page


def test_the_script_never_makes_markup_of_data() -> None:
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function", _scripts())


@pytest.mark.parametrize("language", ["nn", "en"])
def test_every_language_has_a_whole_page_the_same_in_two_runs(language: str, engerdal: dg.Gap) -> None:
    small = _recent(engerdal)
    written = chapter(small, language)
    page = as_page(small, written)
    assert f'<html lang="{language}">' in page
    seen = re.sub(r"<style>.*?</style>|<script.*?</script>", "", page, flags=re.S)
    assert not re.search(r"\{\w*\}", seen)
    assert labels.label("page_year_number", language) in seen
    if language == "nn":
        assert as_page(small, written) == page


def test_the_page_of_ten_municipalities_is_less_than_half_a_megabyte(page: str) -> None:
    assert len(page.encode()) < 500_000


def test_numbers_are_those_of_the_results_not_rounded(gap: dg.Gap, told: dict[str, Any]) -> None:
    whole, last = told["places"][0], told["years"]
    users = gap.need.users_of("80+")
    assert whole["needs"][0]["users"][last] == pytest.approx(users[users["year"] == 2040]["users"].sum(), rel=1e-12)
    assert whole["persons"]["80+"][last] == pytest.approx(gap.need.projection.persons("80+", 2040), rel=1e-12)
    found = whole["needs"][0]["gap"]
    assert {name: found[name][last] for name in found} == pytest.approx(gap.of_year(2040), rel=1e-12)
    assert whole["exits"][last] == pytest.approx(gap.supply.replacement(2040)["exits"].sum(), rel=1e-12)


def test_members_sum_to_the_region_in_every_year_and_need(told: dict[str, Any]) -> None:
    whole, *members = told["places"]
    for s in range(len(told["scenarios"])):
        for t in range(told["years"] + 1):
            summed = sum(place["needs"][s]["users"][t] for place in members)
            assert summed == pytest.approx(whole["needs"][s]["users"][t], rel=1e-12)
    assert sum(place["male"][3][16] for place in members) == pytest.approx(whole["male"][3][16], rel=1e-12)


def test_a_member_has_its_own_registered_users(gap: dg.Gap, told: dict[str, Any]) -> None:
    skaun = next(place for place in told["places"] if place["code"] == "5029")
    covered = gap.need.coverage
    rows = covered[(covered["region"] == "5029") & (covered["age_group"] == "80+")].groupby("year")["users"].sum()
    assert dict(skaun["registered"]) == {year + 1: rows[year] for year in range(skaun["registered"][0][0] - 1, 2026)}
    assert skaun["phrase"] == "i Skaun"


def test_every_coverage_year_that_all_members_have_is_offered_the_latest_first(told: dict[str, Any]) -> None:
    assert [one["id"] for one in told["scenarios"]] == [f"coverage-{year}" for year in range(2025, 2019, -1)]
    assert told["scenarios"][0]["name"] == "Dekningsgrad 31.12.2025 (siste)"


def test_a_coverage_year_that_lacks_a_service_or_lies_before_a_break_is_not_offered(engerdal: dg.Gap) -> None:
    years = [one["id"][-4:] for one in gather(engerdal, "nb")["scenarios"]]
    assert years == [str(year) for year in range(2025, 2013, -1)]


def test_cautions_follow_the_chosen_coverage(told: dict[str, Any]) -> None:
    for one in told["scenarios"]:
        assert any(f"uendret fra 31. desember {one['coverage_year']}" in said for said in one["cautions"])


def test_every_word_the_script_asks_for_is_in_the_page_and_none_is_there_for_nothing() -> None:
    script = _scripts()
    asked = set(re.findall(r'say\("(\w+)"', script))
    assert asked <= set(WORDS)
    named = set(re.findall(r"\w+", script)) | {key for _, _, key in labels.TIMES}
    assert [key for key in WORDS if key not in named] == []


def test_without_script_the_main_numbers_are_there(gap: dg.Gap, page: str) -> None:
    summary = re.search(r"<noscript>(.*?)</noscript>", page, re.S)
    assert summary
    for key in chapter(gap).key_numbers:
        assert key.number in summary[1]
    assert "Rennebu" in summary[1]


def _renamed(result: Any, name: str) -> Any:
    region = {**result.facts["region"], "name": name, "names": [name, *result.facts["region"]["names"][1:]]}
    rests_on = {key: _renamed(part, name) for key, part in result.rests_on.items() if key != "benchmarks"}
    return replace(result, facts={**result.facts, "region": region}, rests_on=rests_on)


def test_hostile_names_come_out_as_text(gap: dg.Gap) -> None:
    hostile = _renamed(_recent(gap), HOSTILE)
    page = as_page(hostile, chapter(hostile))
    assert [name for name, _ in _elements(page)].count("script") == 2
    assert "img" not in [name for name, _ in _elements(page)]
    assert page.count("</script>") == 2
    data = re.search(r'id="data">(.*?)</script>', page, re.S)
    assert data
    assert not set("<>&") & set(data[1])
    assert json.loads(data[1])["places"][0]["name"] == f"\u2068{HOSTILE}\u2069"


def test_only_names_with_marks_of_direction_are_set_apart() -> None:
    assert isolated("Trondheim – Tråante") == "Trondheim – Tråante"
    assert isolated("\u200fSkaun") == "\u2068\u200fSkaun\u2069"


def test_with_draws_residents_users_and_person_years_have_the_intervals_of_the_results(drawn_gap: dg.Gap) -> None:
    need = drawn_gap.need
    told = gather(_recent(drawn_gap), "nb")
    places = {place["code"]: place for place in told["places"]}
    whole, skaun = places[need.region.code], places["5029"]
    own = of_municipality(need, "5029")
    for place, result in ((whole, need), (skaun, own)):
        for found, table in (
            (place["interval"], result.projection.interval("80+", 0.8)),
            (place["needs"][0]["users_interval"], result.interval("80+", level=0.8)),
            (place["needs"][0]["person_years_interval"], result.person_years_interval(0.8)),
        ):
            for end in ("low", "high"):
                assert found[end] == pytest.approx(table[end].tolist())
    assert told["scenarios"][1]["coverage_year"] == "2024"
    assert whole["needs"][1]["users_interval"] != whole["needs"][0]["users_interval"]


def test_without_draws_there_is_no_interval(told: dict[str, Any]) -> None:
    assert all(place["interval"] is None for place in told["places"])
    assert all(need["users_interval"] is None for place in told["places"] for need in place["needs"])


def test_the_page_is_written_when_asked_for(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["report", "Engerdal", "--to", "2028", "--out", str(tmp_path / "e"), "--page"])
    assert result.exit_code == 0
    assert (tmp_path / "e" / "page.html").read_text(encoding="utf-8").startswith("<!doctype html>")
