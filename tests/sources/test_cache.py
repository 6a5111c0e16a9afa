from __future__ import annotations

import datetime as dt
import json
import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from demografi.errors import SourceError
from demografi.sources.cache import Cache, DamagedReplyError, default_folder, key_of

QUERY = {"server": "http://x", "table": "07459", "language": "no", "selection": {"Tid": ["2026"]}}
FETCHED = "2026-11-21T10:00:00+00:00"


def python(code: str, *arguments: object) -> subprocess.Popen[str]:
    """Start a process of its own that uses the cache."""
    opening = "import sys\nfrom pathlib import Path\nfrom demografi.sources.cache import Cache\n"
    words = [sys.executable, "-c", opening + code, *map(str, arguments)]
    return subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "kept")


def test_a_reply_comes_back_byte_for_byte_with_its_record(cache: Cache) -> None:
    body = '{"label": "Tråante"}\r\n'.encode()
    assert cache.find(QUERY) is None
    cache.keep(QUERY, body, fetched=FETCHED, facts={"updated": "2026-02-25T07:00:00Z"})
    found = cache.find(QUERY)
    assert found is not None
    assert found.body == body
    assert (found.record.fetched, found.record.facts["updated"]) == (FETCHED, "2026-02-25T07:00:00Z")


def test_the_key_does_not_depend_on_the_order_of_writing() -> None:
    assert key_of(QUERY) == key_of(dict(reversed(QUERY.items())))
    assert key_of(QUERY) != key_of(QUERY | {"language": "en"})


def test_making_a_cache_writes_nothing(cache: Cache) -> None:
    assert cache.size() == (0, 0)
    assert not cache.folder.exists()


def test_a_newer_reply_takes_the_place_of_the_old_one(cache: Cache) -> None:
    cache.keep(QUERY, b"old", fetched=FETCHED)
    cache.keep(QUERY, b"new", fetched=FETCHED)
    # find gives None when nothing is kept; that would fail here too.
    assert cache.find(QUERY).body == b"new"  # type: ignore[union-attr]
    assert cache.size()[0] == 1


@pytest.mark.parametrize("what", ["replies", "records"])
@pytest.mark.parametrize("harm", ["flip", "cut", "empty"])
def test_a_damaged_file_is_found_by_its_hash(cache: Cache, what: str, harm: str) -> None:
    cache.keep(QUERY, b'{"value": [1, 2, 3]}', fetched=FETCHED)
    (path,) = (cache.folder / what).iterdir()
    content = path.read_bytes()
    path.write_bytes({"flip": content.replace(b"2", b"7", 1), "cut": content[:-4], "empty": b""}[harm])
    with pytest.raises(DamagedReplyError, match=r"is damaged\.") as refusal:
        cache.find(QUERY)
    assert "load again" in refusal.value.hint


def test_a_record_whose_reply_is_gone_is_damaged(cache: Cache) -> None:
    cache.keep(QUERY, b"1", fetched=FETCHED)
    for path in (cache.folder / "replies").iterdir():
        path.unlink()
    with pytest.raises(DamagedReplyError, match="Its content is gone"):
        cache.find(QUERY)


def test_clean_removes_old_replies_and_loose_files_and_says_how_much(cache: Cache) -> None:
    cache.keep(QUERY, b"old", fetched=FETCHED)
    cache.keep(QUERY, b"newer", fetched="2026-12-01T10:00:00+00:00")
    unfinished = cache.folder / "replies" / ".unfinished-x"
    unfinished.write_bytes(b"half")
    now = dt.datetime.now(dt.UTC)
    assert cache.clean(now=now) == 0, "young files may belong to another process"
    later = now + dt.timedelta(hours=2)
    assert cache.clean(now=later) == len(b"old") + len(b"half")
    # find gives None when nothing is kept; that would fail here too.
    assert cache.find(QUERY).body == b"newer"  # type: ignore[union-attr]
    assert cache.clean(before=dt.datetime(2100, 1, 1, tzinfo=dt.UTC), now=later) > 0
    assert cache.size() == (0, 0)


def test_two_processes_write_the_same_question_at_once_and_both_are_read_whole(cache: Cache) -> None:
    code = (
        "cache = Cache(Path(sys.argv[1]))\n"
        "for turn in range(60):\n"
        "    body = (sys.argv[2] * (50_000 + turn)).encode()\n"
        "    cache.keep({'q': 1}, body, fetched='2026-11-21T10:00:00+00:00')\n"
        "    found = cache.find({'q': 1}).body.decode()\n"
        "    assert len(set(found)) == 1, 'two replies mixed'\n"
    )
    both = [python(code, cache.folder, letter) for letter in "ab"]
    for process in both:
        output, _ = process.communicate(timeout=60)
        assert process.returncode == 0, output
    assert cache.size()[0] == 1


def test_kill_9_in_the_middle_of_a_write_leaves_nothing_half(cache: Cache) -> None:
    cache.keep({"q": 0}, b"whole", fetched=FETCHED)
    code = (
        "cache = Cache(Path(sys.argv[1]))\n"
        "for turn in range(10_000):\n"
        "    print(turn, flush=True)\n"
        "    cache.keep({'q': turn % 3}, bytes([turn % 256]) * 8_000_000, fetched='2026-11-21T10:00:00+00:00')\n"
    )
    for wait in (0.0, 0.004, 0.011, 0.023):
        process = python(code, cache.folder)
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(wait)
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=30)
        for turn in range(3):
            found = cache.find({"q": turn})
            assert found is None or found.body == b"whole" or len(set(found.body)) == 1
        listed = [path.name for path in cache.folder.glob("records/*") if not path.name.startswith(".unfinished-")]
        assert len(list(cache.records())) == len(listed)
    cache.clean(now=dt.datetime.now(dt.UTC) + dt.timedelta(hours=2))
    assert not list(cache.folder.glob("*/.unfinished-*"))


def test_a_full_disk_is_refused_and_leaves_nothing_half(cache: Cache) -> None:
    code = (
        "import resource, signal\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "from demografi.errors import SourceError\n"
        "try:\n"
        "    Cache(Path(sys.argv[1])).keep({'q': 1}, b'x' * 5000, fetched='2026-11-21T10:00:00+00:00')\n"
        "except SourceError as error:\n"
        "    print(error)\n"
    )
    output, _ = python(code, cache.folder).communicate(timeout=30)
    assert output.startswith("There is no room to keep the reply."), output
    assert "DEMOGRAFI_CACHE" in output
    assert list(cache.folder.glob("*/*")) == []


def test_a_read_only_folder_is_refused_for_writing_and_still_read(cache: Cache) -> None:
    cache.keep({"q": 1}, b"kept", fetched=FETCHED)
    for path in [*cache.folder.parents[:4], cache.folder]:
        path.chmod(path.stat().st_mode | stat.S_IRGRP | stat.S_IXGRP | stat.S_IROTH | stat.S_IXOTH)
    for path in [*cache.folder.rglob("*")]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    code = (
        "import os\n"
        "from demografi.errors import SourceError\n"
        "if os.getuid() == 0:\n"
        "    os.setuid(65534)\n"
        "cache = Cache(Path(sys.argv[1]))\n"
        "print(cache.find({'q': 1}).body.decode())\n"
        "try:\n"
        "    cache.keep({'q': 2}, b'x', fetched='2026-11-21T10:00:00+00:00')\n"
        "except SourceError as error:\n"
        "    print(error)\n"
    )
    output, _ = python(code, cache.folder).communicate(timeout=30)
    assert output.startswith("kept\nThe folder for replies cannot be written to."), output


def test_a_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(SourceError, match="cannot be written to"):
        Cache(tmp_path / "file").keep(QUERY, b"1", fetched=FETCHED)


def test_the_folder_is_chosen_by_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DEMOGRAFI_CACHE", str(tmp_path))
    assert default_folder() == tmp_path


def test_a_record_is_plain_text_that_people_can_read(cache: Cache) -> None:
    cache.keep(QUERY, b"1", fetched=FETCHED)
    (path,) = (cache.folder / "records").iterdir()
    assert json.loads(path.read_text(encoding="utf-8"))["record"]["query"]["table"] == "07459"
    assert os.path.basename(path) == f"{key_of(QUERY)}.json"
