from __future__ import annotations

import json
import math
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyjstat import pyjstat

from demografi.errors import SourceError, TableError
from demografi.sources import jsonstat, jsonstat_writing

QUICK = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
words = st.text(alphabet="abcæøå 0123456789+-–\"'", min_size=1, max_size=6)
signs = st.sampled_from([".", "..", ":", "e"])


def small(**changes: Any) -> dict[str, Any]:
    """Two sexes by two years, written in the order that differs from the order of the values."""
    reply = {
        "version": "2.0",
        "class": "dataset",
        "id": ["Kjonn", "Tid"],
        "size": [2, 2],
        "role": {"time": ["Tid"]},
        "dimension": {
            "Tid": {"label": "år", "category": {"index": ["2025", "2026"], "label": {"2026": "2026", "2025": "2025"}}},
            "Kjonn": {"category": {"index": {"1": 1, "2": 0}, "label": {"1": "Menn", "2": "Kvinner"}}},
        },
        "value": [11, 12, 21, None],
        "status": {"3": ":"},
    }
    return reply | changes


@st.composite
def datasets(draw: st.DrawFn) -> dict[str, Any]:
    ids = draw(st.lists(words.filter(lambda w: w not in ("value", "status")), min_size=1, max_size=4, unique=True))
    dimension, size, role = {}, [], {}
    for name in ids:
        codes = draw(st.lists(words, min_size=1, max_size=4, unique=True))
        places = {code: place for place, code in enumerate(codes)}
        category: dict[str, Any] = {"index": dict(draw(st.permutations(list(places.items()))))}
        category["label"] = {code: draw(words) for code in codes}
        if draw(st.booleans()):
            category["unit"] = {code: {"base": draw(words), "decimals": draw(st.integers(0, 3))} for code in codes}
        if draw(st.booleans()):
            category["note"] = {codes[0]: [draw(words)]}
        dimension[name] = {"label": draw(words), "category": category}
        if draw(st.booleans()):
            dimension[name] |= {"note": [draw(words)], "extension": {"elimination": draw(st.booleans())}}
        size.append(len(codes))
    if draw(st.booleans()):
        role = {draw(st.sampled_from(jsonstat.ROLES)): [ids[0]]}
    cells = math.prod(size)
    numbers = st.one_of(st.none(), st.integers(-(10**9), 10**12), st.floats(-1e9, 1e9, allow_nan=False))
    value = draw(st.lists(numbers, min_size=cells, max_size=cells))
    status = {str(cell): draw(signs) for cell in range(cells) if draw(st.booleans())}
    reply = {"version": "2.0", "class": "dataset", "label": draw(words), "source": draw(words), "id": ids}
    reply |= {"size": size, "dimension": dimension, "value": value, "updated": "2026-02-25T07:00:00Z"}
    extras = {"role": role, "status": status, "note": draw(st.lists(words, max_size=2))}
    return reply | {key: part for key, part in extras.items() if part} | {"extension": {"px": {"tableid": "07459"}}}


@QUICK
@given(datasets())
def test_json_stat_to_table_to_json_stat_loses_nothing(reply: dict[str, Any]) -> None:
    written = json.loads(json.dumps(jsonstat_writing.to_jsonstat(jsonstat.parse(reply))))
    assert written == reply


@QUICK
@given(datasets())
def test_a_table_agrees_with_pyjstat_on_every_code_and_value(reply: dict[str, Any]) -> None:
    own = jsonstat.parse(reply).to_frame()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        # pyjstat takes one column for two variables with the same label.
        for place, name in enumerate(reply["id"]):
            reply["dimension"][name]["label"] = f"variable {place}"
        (other,) = pyjstat.from_json_stat(reply, naming="id")
    for own_column, other_column in zip(own.columns[:-2], other.columns[:-1], strict=True):
        assert own[own_column].tolist() == other[other_column].tolist()
    np.testing.assert_array_equal(own["value"].to_numpy(), pd.to_numeric(other["value"]).to_numpy(dtype=float))


@QUICK
@given(datasets(), st.data())
def test_every_way_to_write_values_and_signs_gives_the_same_table(reply: dict[str, Any], data: st.DataObject) -> None:
    plain = jsonstat.parse(reply).to_frame()
    cells = len(reply["value"])
    sparse = {str(cell): value for cell, value in enumerate(reply["value"]) if value is not None}
    listed = [reply.get("status", {}).get(str(cell)) for cell in range(cells)]
    for name in reply["id"]:
        category = reply["dimension"][name]["category"]
        if data.draw(st.booleans()):
            category["index"] = sorted(category["index"], key=category["index"].get)
            if len(category["index"]) == 1:
                del category["index"]
    pd.testing.assert_frame_equal(jsonstat.parse(reply | {"value": sparse, "status": listed}).to_frame(), plain)


def test_categories_stand_by_index_and_not_as_written() -> None:
    frame = jsonstat.parse(small()).to_frame()
    assert frame["Kjonn"].tolist() == ["2", "2", "1", "1"]
    assert frame["Tid"].tolist() == ["2025", "2026", "2025", "2026"]
    assert frame["value"].tolist()[:3] == [11, 12, 21]
    assert frame["status"].tolist() == ["", "", "", ":"]
    assert isinstance(frame["Kjonn"].dtype, pd.CategoricalDtype)


def test_one_sign_for_all_cells_is_given_to_all() -> None:
    table = jsonstat.parse(small(value=[None] * 4, status=".."))
    assert table.status_counts == {"..": 4}


def test_words_units_roles_and_update_time_are_at_hand() -> None:
    reply = small(updated="2026-02-25T07:00:00Z", source="SSB", note=["one"])
    reply["dimension"]["Kjonn"]["category"]["unit"] = {"1": {"base": "persons", "decimals": 0}}
    table = jsonstat.parse(reply)
    assert table.labels["Kjonn"] == {"2": "Kvinner", "1": "Menn"}
    assert table.units == {"1": {"base": "persons", "decimals": 0}}
    assert table.roles == {"time": ("Tid",)}
    assert (table.updated, table.source, table.notes) == ("2026-02-25T07:00:00Z", "SSB", ("one",))


def test_a_table_cannot_be_changed() -> None:
    table = jsonstat.parse(small())
    with pytest.raises(ValueError, match="read-only"):
        table.values[0] = 1
    frame = table.to_frame()
    frame.loc[0, "value"] = 99
    assert table.values[0] == 11


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"value": [1, 2, 3]}, "The reply has 3 values, but its variables make 4 cells."),
        ({"value": [1, 2, 3, "k"]}, "A value is a str, not a number or null."),
        ({"value": [1, 2, 3, True]}, "A value is a bool, not a number or null."),
        ({"value": {"4": 1}}, "A cell is numbered 4, but there are 4."),
        ({"value": {"x": 1}}, "A cell is named by something that is no number"),
        ({"value": "none"}, "The values are a str, not a list or an object."),
        ({"value": [1, 2, 3, float("inf")]}, "A value is infinite."),
        ({"status": [":"] * 3}, "The reply has 3 signs, but its variables make 4 cells."),
        ({"status": {"0": 1}}, "A sign is not text."),
        ({"size": [2, 3]}, "The variable 'Tid' has 2 categories, but its size is 3."),
        ({"size": [4]}, "The dataset names 2 different variables in 'id' and 1 in 'size'."),
        ({"class": "collection"}, "This is a JSON-stat 'collection', not a dataset."),
        ({"id": None}, "This is no JSON-stat 2 dataset: 'id', 'size' or 'dimension' is lacking."),
        ({"dimension": {}}, "The variable 'Kjonn' has no categories."),
    ],
)
def test_a_reply_that_does_not_fit_together_is_refused(changes: dict[str, Any], fault: str) -> None:
    with pytest.raises(SourceError) as refusal:
        jsonstat.parse(small(**changes))
    assert str(refusal.value).startswith(fault)
    assert refusal.value.hint


@pytest.mark.parametrize(
    ("index", "fault"),
    [
        ({"1": 0, "2": 0}, "The places of the categories of 'Kjonn' are not 0, 1, 2 … each once."),
        (["1", "1"], "A category of 'Kjonn' stands twice."),
        (None, "The variable 'Kjonn' does not say the order of its 2 categories."),
    ],
)
def test_an_order_that_cannot_be_trusted_is_refused(index: Any, fault: str) -> None:
    reply = small()
    reply["dimension"]["Kjonn"]["category"]["index"] = index
    with pytest.raises(SourceError, match=fault[:40]):
        jsonstat.parse(reply)


def test_text_that_is_not_json_is_refused() -> None:
    with pytest.raises(SourceError, match="This is not JSON"):
        jsonstat.read("<html>")


def test_a_variable_named_value_is_refused_when_laid_out() -> None:
    reply = json.loads(json.dumps(small()).replace('"Tid"', '"value"').replace('"value": [11', '"value_": [11'))
    reply = reply | {"value": reply.pop("value_")}
    with pytest.raises(SourceError, match="A variable of the table is called 'value'"):
        jsonstat.parse(reply).to_frame()


def test_a_long_table_of_ours_becomes_json_stat_with_its_unit_and_signs() -> None:
    frame = pd.DataFrame({"region": ["5055", "5056"], "year": [2026, 2026], "persons": [6075, np.nan]})
    table = jsonstat_writing.lay_out(
        frame.assign(status=["", ":"]), "persons", label="Population", units={"persons": "persons"}
    )
    written = jsonstat_writing.to_jsonstat(table)
    assert written["value"] == [6075, None]
    assert written["status"] == {"1": ":"}
    assert written["role"] == {"time": ["year"], "geo": ["region"], "metric": ["measure"]}
    assert written["dimension"]["measure"]["category"]["unit"] == {"persons": {"base": "persons"}}
    assert jsonstat.parse(written).to_frame()["region"].tolist() == ["5055", "5056"]


def test_a_long_table_with_a_hole_is_not_written() -> None:
    frame = pd.DataFrame({"region": ["a", "a", "b"], "year": [1, 2, 1], "persons": [1.0, 2.0, 3.0]})
    with pytest.raises(TableError, match="The table has 3 rows, but its variables make 4 cells"):
        jsonstat_writing.lay_out(frame, "persons")


def test_a_json_stat_1_bundle_is_read_with_labels_and_signs() -> None:
    old = {
        "dataset": {
            "label": "05300: avstand",
            "dimension": {
                "id": ["Avstand", "Tid"],
                "size": [1, 2],
                "role": {"time": ["Tid"]},
                "Avstand": {"label": "avstand", "category": {"label": {"01": "Under 1 km"}}},
                "Tid": {"label": "år", "category": {"index": {"2021": 1, "2016": 0}, "label": {"2016": "2016"}}},
            },
            "value": [12, None],
            "status": {"1": "."},
        }
    }
    (table,) = jsonstat_writing.read_bundle(old)
    assert table.to_frame().drop(columns="value").values.tolist() == [["01", "2016", ""], ["01", "2021", "."]]
    assert table.labels["Avstand"] == {"01": "Under 1 km"}
    assert "index" not in old["dataset"]["dimension"]["Avstand"]["category"]


def test_what_is_no_bundle_is_refused() -> None:
    with pytest.raises(SourceError, match=r"This is no JSON-stat 1 bundle\."):
        jsonstat_writing.read_bundle(small())


@pytest.mark.parametrize(
    ("name", "shape", "total", "nulls", "counts"),
    [
        ("v2_data_07459_oslo_en", (1, 2, 3, 1, 2), 1_453_004, 0, {}),
        ("v0_data_05300_jsonstat2", (6, 8, 1, 9), 6_667, 28, {".": 20, "..": 8}),
        ("v0_data_13599_no", (2, 25, 1, 1, 3), 983_522, 0, {}),
        ("jsonstat_galicia_2.0", None, None, 4, {}),
    ],
)
def test_a_recorded_reply_gives_its_known_sums_and_signs(
    replies: Path, name: str, shape: tuple[int, ...] | None, total: int | None, nulls: int, counts: dict[str, int]
) -> None:
    table = jsonstat.read((replies / f"{name}.json").read_bytes())
    frame = table.to_frame()
    assert shape is None or table.shape == shape
    assert total is None or frame["value"].sum() == total
    assert frame["value"].isna().sum() == nulls
    assert table.status_counts == counts
    assert jsonstat.parse(jsonstat_writing.to_jsonstat(table)).to_frame().equals(frame)


def test_the_galicia_sample_has_all_its_cells(replies: Path) -> None:
    assert len(jsonstat.read((replies / "jsonstat_galicia_2.0.json").read_bytes()).values) == 3_960


def test_recorded_metadata_give_variables_in_index_order(replies: Path) -> None:
    metadata = json.loads((replies / "v2_guide_metadata_05810.json").read_bytes())
    dimensions = {d.id: d for d in jsonstat.parse_dimensions(metadata)}
    assert dimensions["Kjonn"].codes == ("0", "2", "1")
    assert dimensions["Tid"].code_notes["1845"][0].startswith("The sum of age groups")
