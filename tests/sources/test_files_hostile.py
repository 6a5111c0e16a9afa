"""What must not be opened is refused, with a reason, before it is opened further."""

from __future__ import annotations

import io
import random
import struct
import time
import zipfile
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from demografi.errors import SourceError, TableError
from demografi.sources import files
from demografi.sources.files import guards, read


def _xlsx(rows=(("region", "year", "persons"), ("5056", 2026, 7))) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(list(row))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _changed(content: bytes, **parts: bytes) -> bytes:
    """Write a zip again with parts replaced or added; ``__`` stands for a slash, ``_xml`` for the ending."""
    new = {name.replace("__", "/").replace("_xml", ".xml"): value for name, value in parts.items()}
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as fresh:
        for member in old.infolist():
            fresh.writestr(member.filename, new.pop(member.filename, None) or old.read(member))
        for name, value in new.items():
            fresh.writestr(name, value)
    return out.getvalue()


def _ods(body: bytes) -> bytes:
    spaces = b" ".join(
        b'xmlns:%s="urn:oasis:names:tc:opendocument:xmlns:%s:1.0"' % (name, name)
        for name in (b"office", b"table", b"text")
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as fresh:
        fresh.writestr(zipfile.ZipInfo("mimetype"), "application/vnd.oasis.opendocument.spreadsheet")
        fresh.writestr("content.xml", b"<office:document-content %s>%s</office:document-content>" % (spaces, body))
    return out.getvalue()


def _table(rows: bytes) -> bytes:
    return b'<table:table table:name="Ark1">%s</table:table>' % rows


def _cell(text: bytes, more: bytes = b"") -> bytes:
    return b'<table:table-cell office:value-type="string"%s><text:p>%s</text:p></table:table-cell>' % (more, text)


def _row(*cells: bytes) -> bytes:
    return b"<table:table-row>%s</table:table-row>" % b"".join(cells)


def _refusal(tmp_path: Path, content: bytes, name: str = "table.xlsx", kind: type[Exception] = SourceError) -> str:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(kind) as refused:
        read(path)
    return str(refused.value)


def test_a_file_of_two_gigabytes_is_refused_before_it_is_opened(tmp_path, monkeypatch):
    path = tmp_path / "large.csv"
    with path.open("wb") as file:
        file.truncate(2 * 1024**3)
    monkeypatch.setattr(Path, "read_bytes", lambda self: pytest.fail("it was opened"))
    with pytest.raises(SourceError, match=r"'large\.csv' is too large to read") as refused:
        read(path)
    assert "2,048 MB; the limit is 256 MB" in str(refused.value)


def test_a_file_that_is_absent_or_a_folder_is_refused(tmp_path):
    with pytest.raises(SourceError, match="There is no file"):
        read(tmp_path / "absent.csv")
    with pytest.raises(SourceError, match="is a folder or a device"):
        read(tmp_path)


@pytest.mark.parametrize("name", ["table.csv", "table.xlsx", "table.px"])
def test_an_empty_file_is_refused(tmp_path, name):
    assert "is empty" in _refusal(tmp_path, b"", name)


def test_binary_junk_is_refused_and_says_which_encodings_were_tried(tmp_path):
    said = _refusal(tmp_path, bytes(range(256)) * 20, "table.csv")
    assert "is not a text file" in said
    assert "Tried utf-8, cp1252, iso-8859-1" in said


def test_a_broken_utf_16_file_says_which_encoding_was_tried(tmp_path):
    assert "Tried utf-16" in _refusal(tmp_path, b"\xff\xfea", "table.csv")


def test_a_web_page_in_place_of_a_table_is_refused(tmp_path):
    assert "is a web page" in _refusal(tmp_path, b"\n<!DOCTYPE html><html>404</html>", "table.csv")


def test_text_that_is_no_table_is_refused(tmp_path):
    assert "no semicolon, tab or comma" in _refusal(tmp_path, b"Kjaere alle\nhei\n", "brev.csv", TableError)


def test_the_ending_of_a_name_is_not_believed(tmp_path):
    path = tmp_path / "really_a_workbook.csv"
    path.write_bytes(_xlsx())
    assert read(path).to_frame()["value"].tolist() == [7]


def test_a_cut_workbook_is_refused(tmp_path):
    content = _xlsx()
    assert "damaged or cut workbook" in _refusal(tmp_path, content[: len(content) // 2])


def test_a_damaged_part_of_a_workbook_is_refused(tmp_path):
    content = bytearray(_xlsx())
    with zipfile.ZipFile(io.BytesIO(bytes(content))) as archive:
        member = archive.getinfo("xl/worksheets/sheet1.xml")
    at = member.header_offset + 30 + len(member.filename) + 20
    content[at : at + 8] = b"\xff" * 8
    assert "damaged" in _refusal(tmp_path, bytes(content))


def test_a_zip_bomb_is_refused_by_its_ratio(tmp_path):
    said = _refusal(tmp_path, _changed(_xlsx(), xl__bomb_xml=b" " * 20_000_000))
    assert "unpacks to far more than a table needs" in said
    assert "times its size" in said


def test_a_zip_bomb_of_many_parts_is_refused_by_its_sum(tmp_path, monkeypatch):
    monkeypatch.setattr(guards, "MAX_UNPACKED", 3_000_000)
    said = _refusal(tmp_path, _changed(_xlsx(), **{f"xl__p{i}_xml": b"<a/>" * 240_000 for i in range(4)}))
    assert "the limit is" in said


def test_a_part_that_unpacks_to_more_than_it_declares_is_refused(tmp_path):
    content = bytearray(_changed(_xlsx(), xl__lie_xml=b"<a>" + b"x" * 500_000 + b"</a>"))
    # The directory at the end of the zip is what readers believe: make it claim 100 bytes.
    at = content.rfind(b"xl/lie.xml") - 46
    content[at + 24 : at + 28] = struct.pack("<I", 100)
    assert "damaged or cut" in _refusal(tmp_path, bytes(content)) or "declares" in _refusal(tmp_path, bytes(content))


@pytest.mark.parametrize("inner", ["../../etc/cron.d/x.xml", "/etc/passwd.xml", "..\\x.xml", "C:/x.xml"])
def test_names_that_climb_out_of_a_workbook_are_refused(tmp_path, inner):
    out = io.BytesIO(_xlsx())
    with zipfile.ZipFile(out, "a") as archive:
        archive.writestr(zipfile.ZipInfo(inner), b"<a/>")
    said = _refusal(tmp_path, out.getvalue())
    assert "climbs out of the file" in said


def test_a_part_that_stands_twice_is_refused(tmp_path):
    out = io.BytesIO(_xlsx())
    with zipfile.ZipFile(out, "a") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr("xl/workbook.xml", b"<a/>")
    assert "stands twice" in _refusal(tmp_path, out.getvalue())


@pytest.mark.parametrize(
    "declared",
    [
        b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        b'<!DOCTYPE a [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>',
        b'<!DOCTYPE a SYSTEM "http://127.0.0.1/x.dtd">',
    ],
)
def test_document_types_and_entities_in_a_workbook_are_refused(tmp_path, declared):
    book = _changed(_xlsx(), xl__sharedStrings_xml=b'<?xml version="1.0"?>' + declared + b"<a/>")
    assert "declares a document type or entities" in _refusal(tmp_path, book)
    sheet = _ods(b"")
    assert "declares a document type" in _refusal(tmp_path, _changed(sheet, content_xml=declared + b"<a/>"), "t.ods")


def test_an_entity_hidden_by_another_encoding_is_refused(tmp_path):
    hidden = '<?xml version="1.0" encoding="utf-16"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a/>'
    book = _changed(_xlsx(), xl__sharedStrings_xml=hidden.encode("utf-16"))
    assert "declares a document type" in _refusal(tmp_path, book)


def test_xml_that_is_no_xml_is_refused(tmp_path):
    assert "is no XML" in _refusal(tmp_path, _changed(_xlsx(), xl__workbook_xml=b"<a><b></a>"))


def test_formulas_in_a_workbook_are_refused_and_their_places_named(tmp_path):
    rows = [("region", "year", "persons"), ("5056", 2026, "=1+1"), ("5014", 2026, 3)]
    said = _refusal(tmp_path, _xlsx(rows))
    assert "formulas where values are wanted" in said
    assert "Sheet 'Sheet', row 2, column C." in said
    assert "paste it as values" in said


def test_formulas_in_an_ods_are_refused(tmp_path):
    head = _row(_cell(b"region"), _cell(b"year"), _cell(b"persons"))
    line = _row(_cell(b"5056"), _cell(b"2026"), _cell(b"3", b' table:formula="of:=1+2"'))
    said = _refusal(tmp_path, _ods(_table(head + line)), "t.ods")
    assert "Sheet 'Ark1', row 2, column C." in said


@pytest.mark.parametrize("cell", ["=cmd|' /C calc'!A0", "@SUM(1)", "+cmd", "-2+3"])
def test_cells_that_begin_as_formulas_in_text_are_refused(tmp_path, cell):
    said = _refusal(tmp_path, f"region;year;persons\n{cell};2026;7\n".encode(), "t.csv")
    assert "a spreadsheet would run as formulas" in said
    assert "Row 2, column A" in said


@pytest.mark.parametrize("cell", ["-7", "+7", "-", "-1 234,5"])
def test_numbers_and_signs_with_a_plus_or_minus_are_no_formulas(tmp_path, cell):
    path = tmp_path / "t.csv"
    path.write_bytes(f"region;year;net_migration\n5056;2026;{cell}\n".encode())
    assert len(read(path).to_frame()) == 1


def test_merged_header_cells_are_refused(tmp_path):
    book = openpyxl.Workbook()
    for row in (["region", "persons", None], ["5056", 2026, 7]):
        book.active.append(row)
    book.active.merge_cells("B1:C1")
    out = io.BytesIO()
    book.save(out)
    said = _refusal(tmp_path, out.getvalue())
    assert "merged cells" in said
    assert "Sheet 'Sheet', row 1, column B to C1." in said


def test_a_merged_title_above_the_table_does_no_harm(tmp_path):
    book = openpyxl.Workbook()
    for row in (["Ansatte i pleie og omsorg"], ["region", "year", "persons"], ["5056", 2026, 7]):
        book.active.append(row)
    book.active.merge_cells("A1:C1")
    book.save(tmp_path / "titled.xlsx")
    assert read(tmp_path / "titled.xlsx").to_frame()["value"].tolist() == [7]


def test_merged_header_cells_of_an_ods_are_refused(tmp_path):
    head = _row(
        _cell(b"region"), _cell(b"persons", b' table:number-columns-spanned="2"'), b"<table:covered-table-cell/>"
    )
    said = _refusal(tmp_path, _ods(_table(head + _row(_cell(b"5056"), _cell(b"1"), _cell(b"2")))), "t.ods")
    assert "merged cells" in said


def test_a_locked_workbook_is_refused(tmp_path):
    ole = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 500 + "EncryptedPackage".encode("utf-16-le") + b"\0" * 500
    assert "protected with a password" in _refusal(tmp_path, ole)


def test_a_locked_ods_is_refused(tmp_path):
    manifest = b"<m><encryption-data/></m>"
    assert "protected with a password" in _refusal(
        tmp_path, _changed(_ods(b""), **{"META-INF/manifest_xml": manifest}), "t.ods"
    )


def test_a_locked_zip_is_refused(tmp_path):
    content = bytearray(_xlsx())
    at = content.find(b"PK\x01\x02")
    content[at + 8] |= 1
    assert "protected with a password" in _refusal(tmp_path, bytes(content))


def test_a_workbook_of_the_old_kind_is_refused(tmp_path):
    assert "workbook of the old kind" in _refusal(tmp_path, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600)


def test_a_zip_that_is_no_workbook_is_refused(tmp_path):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("data.csv", "a;b")
    assert "neither XLSX nor ODS" in _refusal(tmp_path, out.getvalue())


def test_one_far_cell_does_not_make_an_immense_sheet(tmp_path):
    sheet = (
        b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
        b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData></worksheet>'
    )
    assert "too large to read" in _refusal(tmp_path, _changed(_xlsx(), xl__worksheets__sheet1_xml=sheet))


def test_repeated_cells_of_an_ods_do_not_fill_the_memory(tmp_path):
    row = b'<table:table-row table:number-rows-repeated="1000000">%s</table:table-row>'
    wide = row % _cell(b"x", b' table:number-columns-repeated="1000"')
    assert "too large to read" in _refusal(tmp_path, _ods(_table(wide)), "t.ods")


def test_a_text_file_of_too_many_cells_is_refused_before_it_is_parted(tmp_path, monkeypatch):
    monkeypatch.setattr(guards, "MAX_TEXT_CELLS", 100)
    said = _refusal(tmp_path, b"region;year;persons\n" + b"5056;2026;1\n" * 50, "t.csv")
    assert "spans more than 100 cells" in said


def test_a_px_file_that_asks_for_too_many_cells_is_refused_before_they_are_made(tmp_path):
    codes = ",".join(f'"{i}"' for i in range(3000))
    names = "".join(f'VALUES("{name}")={codes};\n' for name in "abc")
    text = f'CHARSET="ANSI";\nSTUB="a","b";\nHEADING="c";\n{names}DATA=\n1 2 3;\n'
    assert "'DATA' has or spans more than 10,000,000 cells" in _refusal(tmp_path, text.encode(), "t.px")


def test_a_title_of_a_million_words_takes_no_time(tmp_path):
    started = time.perf_counter()
    _refusal(tmp_path, b"07459: A" + b" by b" * 400_000 + b"\n\nregion;Persons 2025 c\n5056;1\n", "t.csv", TableError)
    assert time.perf_counter() - started < 5


def test_a_damaged_parquet_file_is_refused(tmp_path):
    assert "damaged Parquet file" in _refusal(tmp_path, b"PAR1" + b"\0" * 100 + b"PAR1", "t.parquet")


def test_what_pandas_once_noted_in_a_parquet_file_is_not_believed(tmp_path):
    own = pa.table({"region": ["0301"], "year": [2026], "persons": [7.0]})
    columns = b'[{"name": "persons", "numpy_type": "floTt64"}]'
    noted = b'{"columns": %s, "index_columns": ["persons"], "column_indexes": [{}]}' % columns
    pq.write_table(own.replace_schema_metadata({b"pandas": noted}), tmp_path / "noted.parquet")
    assert read(tmp_path / "noted.parquet").to_frame()["value"].tolist() == [7]


def test_a_whole_noun_in_parquet_is_opened_by_its_own_door(tmp_path, observed):
    path = observed.save(tmp_path / "lakseregionen.parquet")
    with pytest.raises(SourceError, match="holds a whole Observed"):
        read(path)


def test_a_quotation_that_never_closes_is_refused(tmp_path):
    assert "is cut or damaged" in _refusal(tmp_path, b'region;year;persons\n"5056;2026;7\n', "t.csv")


def test_json_that_is_cut_is_refused(tmp_path):
    assert "JSON" in _refusal(tmp_path, b'{"class": "dataset", "id": [', "t.json")


def test_the_public_words_of_the_room_are_few():
    assert files.__all__ == ["SERVICES", "Layout", "Table", "read"]


@pytest.mark.parametrize(
    "changed",
    [
        {
            "xl__workbook_xml": b'<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
            b'<sheets><sheet st="1"/></sheets></workbook>'
        },
        {"[Content_Types]_xml": b"<Types/>"},
    ],
)
def test_well_formed_parts_that_make_no_workbook_are_refused(tmp_path, changed):
    assert "damaged workbook" in _refusal(tmp_path, _changed(_xlsx(), **changed))


def test_an_ods_that_uses_a_name_it_never_declares_is_refused(tmp_path):
    assert "damaged workbook" in _refusal(tmp_path, _ods(b"<foreign:table/>"), "t.ods")


def test_bytes_changed_at_random_are_read_or_refused_and_never_crash(tmp_path):
    chance = random.Random(2026)
    text = (
        '"07459: Befolkning, etter region, kjønn, år"\n\n"region";"kjønn";"Personer 2025"\n"5056 Hitra";"Menn";2850\n'
    )
    seeds = [
        _xlsx(),
        _ods(_table(_row(_cell(b"region"), _cell(b"users")) + _row(_cell(b"5056"), _cell(b"7")))),
        text.encode(),
    ]
    for i in range(600):
        content = bytearray(seeds[i % 3])
        for _ in range(chance.choice((1, 3, 20))):
            content[chance.randrange(len(content))] = chance.randrange(256)
        path = tmp_path / "changed"
        path.write_bytes(content)
        try:
            read(path)
        except (SourceError, TableError):
            continue
