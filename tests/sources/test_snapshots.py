from __future__ import annotations

import io
import json
import shutil
import zipfile
from pathlib import Path

import pytest
from clocks import Clock
from pxweb_server import PxWebServer

from demografi.errors import SourceError
from demografi.sources import pxweb as door
from demografi.sources.cache import Cache
from demografi.sources.exchange import Connection
from demografi.sources.pacing import Limiter
from demografi.sources.selecting import Listed
from demografi.sources.snapshots import Snapshot, open_snapshot, versions, write_snapshot

ASKED = {"geo": Listed("agg_KommSummer", ["K-5055", "K-5056"]), "Alder": "00*"}
LOCK = {"python": "3.11.7", "demografi": "0.1.0"}


@pytest.fixture
def fetched(pxweb: PxWebServer, tmp_path: Path) -> tuple[Cache, door.Fetched]:
    clock = Clock()
    cache = Cache(tmp_path / "kept")
    connection = Connection(pxweb.url, cache=cache, limiter=Limiter(clock=clock, sleep=clock.sleep))
    return cache, door.fetch(connection, "07459", ASKED)


@pytest.fixture
def frozen(fetched: tuple[Cache, door.Fetched], tmp_path: Path) -> Path:
    path = tmp_path / "report-2026.zip"
    write_snapshot(path, fetched[0], [fetched[1].manifest], LOCK)
    return path


def rewritten(path: Path, changes: dict[str, bytes | None], compression: int = zipfile.ZIP_STORED) -> Path:
    """Write the snapshot again with some files changed, added or (None) taken out."""
    with zipfile.ZipFile(path) as archive:
        files: dict[str, bytes | None] = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in (files | changes).items():
            if content is not None:
                archive.writestr(name, content)
    return path


def test_a_snapshot_answers_as_the_server_did_without_a_network(
    fetched: tuple[Cache, door.Fetched], frozen: Path, pxweb: PxWebServer, tmp_path: Path
) -> None:
    pxweb.close()
    shutil.rmtree(fetched[0].folder)
    opened = open_snapshot(frozen, tmp_path / "opened")
    again = door.fetch(Connection(pxweb.url, cache=opened.cache, offline=True), "07459", ASKED)
    assert again.table.to_frame().equals(fetched[1].table.to_frame())
    assert opened.manifests == (fetched[1].manifest,) == (again.manifest,)


def test_a_snapshot_made_again_on_another_path_has_identical_bytes(
    fetched: tuple[Cache, door.Fetched], frozen: Path, tmp_path: Path
) -> None:
    opened = open_snapshot(frozen, tmp_path / "elsewhere" / "opened")
    write_snapshot(tmp_path / "elsewhere" / "again.zip", opened.cache, opened.manifests, opened.versions)
    assert (tmp_path / "elsewhere" / "again.zip").read_bytes() == frozen.read_bytes()


def test_versions_that_differ_are_told(frozen: Path, tmp_path: Path) -> None:
    opened = open_snapshot(frozen, tmp_path / "opened")
    assert opened.versions == LOCK
    changed = Snapshot(opened.cache, (), {**versions(), "numpy": "1.0", "gone": "2.0"}).version_differences
    assert [line.split(":")[0] for line in changed] == ["numpy", "gone"]


def test_a_table_whose_replies_are_gone_is_not_frozen(fetched: tuple[Cache, door.Fetched], tmp_path: Path) -> None:
    cache, got = fetched
    for path in cache.folder.glob("records/*"):
        path.unlink()
    with pytest.raises(SourceError, match="A reply that table 07459 was made from is no longer kept"):
        write_snapshot(tmp_path / "x.zip", cache, [got.manifest])
    assert not (tmp_path / "x.zip").exists()


@pytest.mark.parametrize(
    "name", ["../outside.json", "/etc/outside.json", "replies/../../outside.json", "C:\\outside.json", "replies/x.json"]
)
def test_a_name_that_climbs_out_or_does_not_belong_is_refused(frozen: Path, tmp_path: Path, name: str) -> None:
    with pytest.raises(SourceError, match="It holds a file that does not belong in one"):
        open_snapshot(rewritten(frozen, {name: b"{}"}), tmp_path / "opened")
    assert not (tmp_path / "opened").exists()


def test_a_zip_bomb_is_refused_before_it_is_unpacked(frozen: Path, tmp_path: Path) -> None:
    bomb = rewritten(frozen, {f"replies/{'a' * 64}.json": b" " * 50_000_000}, zipfile.ZIP_DEFLATED)
    assert bomb.stat().st_size < 1_000_000
    with pytest.raises(SourceError, match="Unpacked it would be 50 MB"):
        open_snapshot(bomb, tmp_path / "opened")
    assert not (tmp_path / "opened").exists()


def test_a_size_that_lies_is_refused(frozen: Path, tmp_path: Path) -> None:
    name = f"replies/{'a' * 64}.json"
    path = rewritten(frozen, {name: b" " * 90_000}, zipfile.ZIP_DEFLATED)
    content = bytearray(path.read_bytes())
    for start in (content.find(name.encode()), content.rfind(name.encode())):
        offset = start - 30 + 22 if start == content.find(name.encode()) else start - 46 + 24
        content[offset : offset + 4] = (10).to_bytes(4, "little")
    path.write_bytes(content)
    with pytest.raises(SourceError, match="is no snapshot that can be trusted"):
        open_snapshot(path, tmp_path / "opened")


@pytest.mark.parametrize(
    ("changes", "seen"),
    [
        ({"manifest.json": None}, "It lacks 'manifest.json'"),
        ({"lock.json": b"[]"}, "Its manifest is not of format 1"),
        ({"manifest.json": b'{"format": 2}'}, "Its manifest is not of format 1"),
        ({"manifest.json": b"{"}, "Expecting property name"),
        ({f"records/{'b' * 64}.json": b"{}"}, "is damaged, or its reply is lacking"),
        ({"manifest.json": json.dumps({"format": 1, "tables": [{"odd": 1}]}).encode()}, "Its manifest stops at"),
    ],
)
def test_a_snapshot_that_does_not_hang_together_is_refused(
    frozen: Path, tmp_path: Path, changes: dict[str, bytes | None], seen: str
) -> None:
    with pytest.raises(SourceError, match=seen):
        open_snapshot(rewritten(frozen, changes), tmp_path / "opened")


def test_one_changed_figure_is_found_by_its_hash(frozen: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(frozen) as archive:
        name = max((n for n in archive.namelist() if n.startswith("replies/")), key=lambda n: len(archive.read(n)))
        changed = archive.read(name).replace(b"1", b"2", 1)
    with pytest.raises(SourceError, match="is damaged"):
        open_snapshot(rewritten(frozen, {name: changed}), tmp_path / "opened")
    assert not (tmp_path / "opened").exists()


@pytest.mark.parametrize("content", [b"", b"not a zip", b"PK\x03\x04 cut"])
def test_a_file_that_is_no_zip_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.zip").write_bytes(content)
    with pytest.raises(SourceError, match="is no snapshot that can be trusted"):
        open_snapshot(tmp_path / "x.zip", tmp_path / "opened")


def test_a_snapshot_cut_short_is_refused(frozen: Path, tmp_path: Path) -> None:
    frozen.write_bytes(frozen.read_bytes()[:-200])
    with pytest.raises(SourceError, match="is no snapshot that can be trusted"):
        open_snapshot(frozen, tmp_path / "opened")


def test_two_files_with_one_name_are_refused(frozen: Path, tmp_path: Path) -> None:
    doubled = io.BytesIO(frozen.read_bytes())
    with pytest.warns(UserWarning, match="Duplicate name"), zipfile.ZipFile(doubled, "a") as archive:
        archive.writestr("manifest.json", "{}")
    frozen.write_bytes(doubled.getvalue())
    with pytest.raises(SourceError, match="of them with names of their own"):
        open_snapshot(frozen, tmp_path / "opened")


def test_a_snapshot_that_is_not_there_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="There is no snapshot"):
        open_snapshot(tmp_path / "none.zip", tmp_path)
