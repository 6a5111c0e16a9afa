"""KLASS answers, written by hand in the recorded form, become codes, changes and chains."""

from __future__ import annotations

import pytest

from demografi.errors import SourceError
from demografi.sources import klass


def _change(old: str, new: str, date: str, name: str = "x") -> dict[str, str]:
    return {
        "oldCode": old,
        "oldName": name,
        "oldShortName": "",
        "newCode": new,
        "newName": name,
        "newShortName": "",
        "changeOccurred": date,
    }


CHANGES = {
    "codeChanges": [
        _change("1613", "5012", "2018-01-01", "Snillfjord"),
        _change("1621", "5017", "2018-01-01"),
        _change("1627", "5015", "2018-01-01"),
        _change("5012", "5056", "2020-01-01", "Snillfjord"),
        _change("5012", "5055", "2020-01-01", "Snillfjord"),
        _change("5012", "5059", "2020-01-01", "Snillfjord"),
        _change("5013", "5056", "2020-01-01"),
        _change("5015", "5057", "2020-01-01"),
        _change("5017", "5057", "2020-01-01"),
        _change("0301", "0301", "2020-01-01", "Oslo"),
        _change("1507", "1508", "2024-01-01"),
        _change("1507", "1580", "2024-01-01"),
    ]
}


def test_codes_keep_leading_zeros_parents_and_validity():
    item = {
        "code": "0301", "parentCode": None, "level": "1", "name": "Oslo", "shortName": "", "presentationName": "",
        "validFrom": "1838-01-01", "validTo": None, "notes": "",
    }  # fmt: skip
    assert klass.read_codes({"codes": [item]}).to_dict("records") == [
        {"code": "0301", "name": "Oslo", "parent": "", "valid_from": "1838-01-01", "valid_to": ""}
    ]


def test_changes_are_told_apart_as_splits_mergers_renamings_and_new_numbers():
    changes = klass.read_changes(CHANGES)
    kinds = {(row.old, row.new): row.kind for row in changes.itertuples()}
    assert kinds["5012", "5055"] == "split"
    assert kinds["5013", "5056"] == "merged"
    assert kinds["0301", "0301"] == "renamed"
    assert kinds["1621", "5017"] == "recoded"
    assert changes["date"].is_monotonic_increasing


def test_chains_are_followed_year_by_year_and_splits_marked():
    chains = klass.follow(klass.read_changes(CHANGES), "2024-01-01")
    rows = {(r.source_code, r.last_year): [] for r in chains.itertuples()}
    for r in chains.itertuples():
        rows[r.source_code, r.last_year].append((r.target_code, r.split))
    assert rows["1613", 2017] == [("5055", True), ("5056", True), ("5059", True)]
    assert rows["1621", 2017] == [("5057", False)]
    assert rows["1507", 2023] == [("1508", True), ("1580", True)]
    assert "0301" not in set(chains["source_code"])


def test_chains_stop_at_the_date_asked_for():
    chains = klass.follow(klass.read_changes(CHANGES), "2019-01-01")
    assert chains[["source_code", "target_code"]].values.tolist() == [
        ["1613", "5012"],
        ["1621", "5017"],
        ["1627", "5015"],
    ]


def test_a_split_whose_halves_meet_again_is_no_split():
    answer = {"codeChanges": [_change("1", "2", "2000-01-01"), _change("1", "3", "2000-01-01"),
                              _change("2", "4", "2010-01-01"), _change("3", "4", "2010-01-01")]}  # fmt: skip
    chains = klass.follow(klass.read_changes(answer), "2024-01-01").set_index("source_code")
    assert (chains.loc["1", "target_code"], bool(chains.loc["1", "split"])) == ("4", False)


def test_a_code_used_again_does_not_lead_in_a_ring():
    answer = {"codeChanges": [_change("a", "b", "2000-01-01"), _change("b", "a", "2010-01-01")]}
    chains = klass.follow(klass.read_changes(answer), "2024-01-01")
    assert chains[["source_code", "target_code", "last_year"]].values.tolist() == [["a", "a", 1999], ["b", "a", 2009]]


def test_both_forms_of_correspondence_are_read():
    item = {"sourceCode": "5056", "sourceName": "Hitra", "targetCode": "50", "targetName": "Trøndelag"}
    for name in ("correspondenceItems", "correspondenceMaps"):
        assert klass.read_correspondence({name: [item]})[["source", "target"]].values.tolist() == [["5056", "50"]]


def test_an_answer_that_is_something_else_is_refused():
    with pytest.raises(SourceError, match="has no 'codeChanges'") as refused:
        klass.read_changes({"codes": []})
    assert "Seen: codes." in str(refused.value)
    with pytest.raises(SourceError, match="Item 1 of 'codes' has no 'code'"):
        klass.read_codes({"codes": [{"name": "Hitra"}]})
    with pytest.raises(SourceError, match="has no 'codes'"):
        # A plain text where an answer is wanted is what is tested.
        klass.read_codes("Classification not found with id = 9")  # type: ignore[arg-type]


def test_an_empty_answer_gives_an_empty_table():
    assert klass.follow(klass.read_changes({"codeChanges": []}), "2024-01-01").empty


def test_what_fetches_is_given_and_asked_for_json():
    asked = []

    def fetch(url):
        asked.append(url)
        return {"codeChanges": [], "codes": [], "correspondenceItems": []}

    klass.fetch_changes(fetch, start="2017-01-01", end="2024-01-02")
    klass.fetch_codes(fetch, klass.COUNTIES, start="2024-01-01")
    klass.fetch_correspondence(fetch, date="2024-01-01")
    assert asked == [
        "https://data.ssb.no/api/klass/v1/classifications/131/changes.json?from=2017-01-01&to=2024-01-02",
        "https://data.ssb.no/api/klass/v1/classifications/104/codes.json?from=2024-01-01",
        "https://data.ssb.no/api/klass/v1/classifications/131/correspondsAt.json?targetClassificationId=104&date=2024-01-01",
    ]
