"""Freeze fetched tables in one file, and open it ten years later without a network.

A snapshot is a zip with the raw replies, their records, the manifests and the versions of the
programs. It is stored without compression: the same content then gives the same bytes on every
machine, whatever its compression library. What is opened is checked before anything is written.
"""

from __future__ import annotations

import hashlib
import io
import json
import platform
import re
import stat
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from demografi.errors import SourceError
from demografi.sources.cache import Cache, Record, canonical, read_record, record_bytes, write_whole
from demografi.sources.manifest import Manifest

__all__ = ["Snapshot", "open_snapshot", "versions", "write_snapshot"]

PACKAGES = ("demografi", "numpy", "pandas", "scipy", "statsmodels", "matplotlib", "requests", "pyjstat")
MOST_FILES = 20_000
MOST_BYTES = 1_000_000_000
MOST_TIMES_LARGER = 200
"""Statistical replies shrink to a tenth; what grows two hundred times when unpacked is an attack."""

FORMAT = 1
_NAME = re.compile(r"(?:manifest|lock)\.json|(?:replies|records)/[0-9a-f]{64}\.json")
_DATE = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Snapshot:
    """A frozen set of tables, unpacked and checked.

    Parameters
    ----------
    cache
        Holds the replies; with ``offline=True`` it answers as the server did.
    versions
        Of the programs when it was frozen.
    """

    cache: Cache
    manifests: tuple[Manifest, ...]
    versions: Mapping[str, str]

    @property
    def version_differences(self) -> list[str]:
        """Say which programs are of other versions now, one line each; identical bytes need the same."""
        now = versions()
        rows = [(name, then, now.get(name, "absent")) for name, then in self.versions.items()]
        return [f"{name}: {then} when it was frozen, {today} now" for name, then, today in rows if then != today]


def versions() -> dict[str, str]:
    """Give the versions of Python and of the packages that numbers and figures depend on."""
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def write_snapshot(
    path: Path | str, cache: Cache, manifests: Iterable[Manifest], lock: Mapping[str, str] | None = None
) -> str:
    """Freeze tables and everything they were made from.

    Parameters
    ----------
    lock
        Versions to write down; those of this process where none are given.

    Returns
    -------
    str
        The sha256 of the file: the same for the same replies and versions, wherever it is written.

    Raises
    ------
    SourceError
        A reply is no longer in the cache, is damaged or was replaced by a newer one; or the file
        cannot be written.
    """
    manifests = sorted(manifests, key=lambda one: canonical(one.as_json()))
    files = {"lock.json": _pretty(dict(lock or versions()))}
    files["manifest.json"] = _pretty({"format": FORMAT, "tables": [one.as_json() for one in manifests]})
    known = {record.key: record for record in cache.records()}
    for manifest in manifests:
        files |= _replies(cache, known, manifest)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _DATE)
            entry.create_system, entry.external_attr = 3, (stat.S_IFREG | 0o644) << 16
            archive.writestr(entry, files[name])
    try:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        write_whole(Path(path), packed.getvalue())
    except OSError as error:
        raise SourceError(
            f"The snapshot '{path}' cannot be written.", where=str(error.strerror), hint="Choose another folder."
        ) from error
    return hashlib.sha256(packed.getvalue()).hexdigest()


def _replies(cache: Cache, known: Mapping[str, Record], manifest: Manifest) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    for reply in manifest.replies:
        record = known.get(reply.key)
        kept = cache.find(record.query) if record else None
        if kept is None or kept.record.sha256 != reply.sha256:
            raise SourceError(
                f"A reply that table {manifest.table} was made from is no longer kept.",
                where=f"Wanted: sha256 {reply.sha256}, fetched {reply.fetched}.",
                hint="Load the table again, and freeze it then.",
            )
        files[f"replies/{reply.sha256}.json"] = kept.body
        files[f"records/{reply.key}.json"] = record_bytes(kept.record)
    return files


def open_snapshot(path: Path | str, folder: Path | str) -> Snapshot:
    """Check a snapshot and unpack it into a folder that serves as a cache.

    Raises
    ------
    SourceError
        It is no snapshot, holds files that do not belong in one, is too large when unpacked, or
        a hash in it does not fit.
    """
    files = _checked_files(Path(path))
    records, told = _checked_content(Path(path), files)
    cache = Cache(Path(folder))
    for record in records:
        body = files[f"replies/{record.sha256}.json"]
        cache.keep(record.query, body, fetched=record.fetched, facts=record.facts)
    try:
        manifests = tuple(Manifest.from_json(one) for one in told["manifest.json"]["tables"])
        return Snapshot(cache, manifests, {str(k): str(v) for k, v in told["lock.json"].items()})
    except (KeyError, TypeError, AttributeError) as error:
        raise _no_snapshot(Path(path), f"Its manifest stops at {error!r}.") from error


def _checked_files(path: Path) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            _check_entries(path, entries)
            return {entry.filename: _unpacked(archive, entry) for entry in entries}
    except FileNotFoundError as error:
        raise SourceError(f"There is no snapshot '{path}'.", hint="Look at the path.") from error
    except (zipfile.BadZipFile, zipfile.LargeZipFile, EOFError, NotImplementedError, RuntimeError) as error:
        raise _no_snapshot(path, str(error)) from error
    except OSError as error:
        raise SourceError(
            f"The snapshot '{path}' cannot be read.", where=str(error), hint="Look at the path."
        ) from error


def _check_entries(path: Path, entries: list[zipfile.ZipInfo]) -> None:
    names = [entry.filename for entry in entries]
    if len(entries) > MOST_FILES or len(set(names)) != len(names):
        raise _no_snapshot(path, f"It holds {len(names)} files, {len(set(names))} of them with names of their own.")
    strange = [name for name in names if not _NAME.fullmatch(name)]
    if strange:
        raise _no_snapshot(path, f"It holds a file that does not belong in one: '{strange[0][:80]}'.")
    size = sum(entry.file_size for entry in entries)
    if size > MOST_BYTES or any(e.file_size > MOST_TIMES_LARGER * max(e.compress_size, 1_000) for e in entries):
        raise _no_snapshot(path, f"Unpacked it would be {size / 1e6:,.0f} MB, {path.stat().st_size / 1e6:,.1f} MB now.")
    if any(entry.flag_bits & 0x1 for entry in entries):
        raise _no_snapshot(path, "It is locked with a password.")
    missing = {"manifest.json", "lock.json"} - set(names)
    if missing:
        raise _no_snapshot(path, f"It lacks '{sorted(missing)[0]}'.")


def _unpacked(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    # The size a zip states may be a lie, so never more than that is read.
    with archive.open(entry) as file:
        content = file.read(entry.file_size + 1)
    if len(content) != entry.file_size:
        raise zipfile.BadZipFile(f"'{entry.filename}' is not as long as it says")
    return content


def _checked_content(path: Path, files: Mapping[str, bytes]) -> tuple[list[Record], dict[str, dict[str, Any]]]:
    records = []
    for name, content in files.items():
        folder, _, stem = name.removesuffix(".json").rpartition("/")
        if folder == "replies" and hashlib.sha256(content).hexdigest() != stem:
            raise _no_snapshot(path, f"The reply '{stem}' is damaged.")
        if folder == "records":
            record = read_record(content)
            if record is None or record.key != stem or f"replies/{record.sha256}.json" not in files:
                raise _no_snapshot(path, f"The record '{stem}' is damaged, or its reply is lacking.")
            records.append(record)
    try:
        told = {name: json.loads(files[name]) for name in ("manifest.json", "lock.json")}
    except ValueError as error:
        raise _no_snapshot(path, str(error)) from error
    if not all(isinstance(part, dict) for part in told.values()) or told["manifest.json"].get("format") != FORMAT:
        raise _no_snapshot(path, f"Its manifest is not of format {FORMAT}.")
    return records, told


def _pretty(content: Mapping[str, object]) -> bytes:
    return (json.dumps(content, sort_keys=True, ensure_ascii=False, indent=1) + "\n").encode()


def _no_snapshot(path: Path, seen: str) -> SourceError:
    return SourceError(
        f"'{path}' is no snapshot that can be trusted.", where=seen, hint="Nothing was unpacked. Get the file anew."
    )
