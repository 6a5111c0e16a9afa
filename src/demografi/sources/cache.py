"""Keep raw replies on disk, untouched, so that a table is fetched once and read for years.

A reply lies under the hash of its own content and is never written over; a record, under the hash
of the question, says which content answered it. Both are written whole or not at all, so two
processes may share a folder and a process may be killed at any moment.
"""

from __future__ import annotations

import datetime as dt
import errno
import hashlib
import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from demografi.errors import SourceError

__all__ = [
    "Cache",
    "DamagedReplyError",
    "Kept",
    "Record",
    "canonical",
    "default_folder",
    "key_of",
    "read_record",
    "record_bytes",
    "unkept",
    "write_whole",
]

UNFINISHED = ".unfinished-"
SAFE_AGE = 3600.0
"""Seconds that another process may need between writing a reply and recording it."""

_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class DamagedReplyError(SourceError):
    """A kept reply whose content no longer has the hash it was kept under."""

    code = "damaged"


@dataclass(frozen=True)
class Record:
    """Which content answered a question, and when.

    Parameters
    ----------
    query
        The canonical question, with the server's address and language.
    sha256, size
        Hash and length in bytes of the content.
    fetched
        Time of the answer (UTC, ISO 8601).
    facts
        What else the door knows of the answer, such as its table and ``updated``.
    """

    query: Mapping[str, Any]
    sha256: str
    size: int
    fetched: str
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """Hash of the canonical question."""
        return key_of(self.query)


@dataclass(frozen=True)
class Kept:
    """A reply as it came, and its record."""

    body: bytes = field(repr=False)
    record: Record


def unkept(query: Mapping[str, Any], body: bytes, *, fetched: str, facts: Mapping[str, Any] | None = None) -> Kept:
    """Make the record of a reply without writing it anywhere."""
    return Kept(body, Record(dict(query), _sha256(body), len(body), fetched, dict(facts or {})))


def canonical(query: Mapping[str, Any]) -> str:
    """Write a question the one way it is hashed.

    Examples
    --------
    >>> canonical({"table": "07459", "language": "no"})
    '{"language":"no","table":"07459"}'
    """
    return json.dumps(query, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def key_of(query: Mapping[str, Any]) -> str:
    """Give the sha256 of a question, under which its record lies."""
    return _sha256(canonical(query).encode())


def default_folder() -> Path:
    """Give ``DEMOGRAFI_CACHE`` where it is set, otherwise the place the system keeps caches."""
    if chosen := os.environ.get("DEMOGRAFI_CACHE"):
        return Path(chosen)
    place = os.environ.get("LOCALAPPDATA") or os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(place) / "demografi"


@dataclass(frozen=True)
class Cache:
    """A folder of replies. Making one touches nothing; the folder is made when something is kept."""

    folder: Path

    def record(self, query: Mapping[str, Any]) -> Record | None:
        """Give the record of a question without reading its answer; None where there is none or it is damaged."""
        path = self._record_path(key_of(query))
        try:
            return _record(path, path.read_bytes())
        except (OSError, DamagedReplyError):
            return None

    def find(self, query: Mapping[str, Any]) -> Kept | None:
        """Give the reply to a question, or None where there is none.

        Raises
        ------
        DamagedReplyError
            The record or its content is not what was written.
        SourceError
            The folder cannot be read.
        """
        path = self._record_path(key_of(query))
        try:
            record = _record(path, path.read_bytes())
            body = self._body_path(record.sha256).read_bytes()
        except FileNotFoundError as error:
            if not path.exists():
                return None
            raise _damaged(path, "Its content is gone.") from error
        except OSError as error:
            raise _refused(self.folder, error, "read") from error
        if _sha256(body) != record.sha256 or canonical(record.query) != canonical(query):
            raise _damaged(self._body_path(record.sha256), f"Wanted: sha256 {record.sha256}.")
        return Kept(body, record)

    def keep(
        self, query: Mapping[str, Any], body: bytes, *, fetched: str, facts: Mapping[str, Any] | None = None
    ) -> Kept:
        """Write a reply and its record, whole or not at all.

        Raises
        ------
        SourceError
            The folder cannot be written to, or the disk is full.
        """
        made = unkept(query, body, fetched=fetched, facts=facts)
        self._write(self._body_path(made.record.sha256), body)
        self._write(self._record_path(made.record.key), record_bytes(made.record))
        return made

    def records(self) -> Iterator[Record]:
        """Go through what is kept, damaged records left out."""
        for path in sorted(self.folder.glob("records/*.json")):
            try:
                yield _record(path, path.read_bytes())
            except (DamagedReplyError, FileNotFoundError):
                continue

    def size(self) -> tuple[int, int]:
        """Count the replies on record and the bytes all files take."""
        files = [path.stat().st_size for path in self._files()]
        return sum(1 for _ in self.records()), sum(files)

    def clean(self, *, before: dt.datetime | None = None, now: dt.datetime) -> int:
        """Remove replies fetched before a time, contents no record names, and unfinished files.

        Parameters
        ----------
        before
            Aware time; None removes no record.
        now
            Aware time; where no `before` is given, loose files younger than an hour may belong to another
            process and are left.

        Returns
        -------
        int
            Bytes freed.
        """
        kept: set[str] = set()
        freed = 0
        for record in self.records():
            if before is not None and dt.datetime.fromisoformat(record.fetched) < before:
                freed += _remove(self._record_path(record.key))
            else:
                kept.add(record.sha256)
        aged = now.timestamp() - SAFE_AGE if before is None else before.timestamp()
        for path in self._files():
            loose = path.name.startswith(UNFINISHED) or (path.parent.name == "replies" and path.stem not in kept)
            if loose and path.stat().st_mtime < aged:
                freed += _remove(path)
        return freed

    def _files(self) -> list[Path]:
        return [path for path in sorted(self.folder.glob("*/*")) if path.is_file()]

    def _record_path(self, key: str) -> Path:
        return self.folder / "records" / f"{key}.json"

    def _body_path(self, sha256: str) -> Path:
        return self.folder / "replies" / f"{sha256}.json"

    def _write(self, path: Path, content: bytes) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path, content)
        except OSError as error:
            raise _refused(self.folder, error, "write") from error


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that it is there with every byte or not at all.

    Raises
    ------
    OSError
        As the system says it.
    """
    # The new name appears only when every byte is on the disk; a reader sees the old file or the new one.
    handle, name = tempfile.mkstemp(prefix=UNFINISHED, dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def record_bytes(record: Record) -> bytes:
    """Write a record as it lies on the disk, with a hash of itself."""
    content = asdict(record)
    return canonical({"record": content, "sha256": key_of(content)}).encode()


def _record(path: Path, content: bytes) -> Record:
    record = read_record(content)
    if record is None or record.key != path.stem:
        raise _damaged(path, "It is no record, or not the one that was written.")
    return record


def read_record(content: bytes) -> Record | None:
    """Read a record as it lies on the disk; None where its hash differs from its content."""
    try:
        written = json.loads(content)
        record = Record(**written["record"])
        return record if key_of(written["record"]) == written["sha256"] else None
    except (ValueError, KeyError, TypeError):
        return None


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _remove(path: Path) -> int:
    try:
        size = path.stat().st_size
        path.unlink()
    except FileNotFoundError:
        return 0
    return size


def _damaged(path: Path, seen: str) -> DamagedReplyError:
    return DamagedReplyError(
        f"The kept reply '{path.name}' is damaged.",
        where=[f"File: {path}.", seen],
        hint="Go online and load again: it is fetched anew and written over.",
    )


def _refused(folder: Path, error: OSError, doing: str) -> SourceError:
    if error.errno in _NO_ROOM:
        return SourceError(
            "There is no room to keep the reply.",
            where=f"Folder: {folder} ({error.strerror}).",
            hint="Free some space, or name another folder in DEMOGRAFI_CACHE; finished parts are kept.",
        )
    return SourceError(
        f"The folder for replies cannot be {'written to' if doing == 'write' else 'read'}.",
        where=f"Folder: {folder} ({error.strerror}).",
        hint="Name a folder of your own in DEMOGRAFI_CACHE.",
    )
