"""A report frozen in one file: its results, how it was asked for, the versions, and the raw replies."""

from __future__ import annotations

import json
import tempfile
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from demografi.errors import ReportError, SourceError
from demografi.loading import manifests
from demografi.reports.packages import packed, unpacked
from demografi.sources.cache import Cache, default_folder
from demografi.sources.snapshots import versions, write_snapshot
from demografi.workforce import Gap

__all__ = ["SNAPSHOT", "Asked", "Frozen", "freeze", "thaw"]

SNAPSHOT = "snapshot.zip"
RESULTS, ASKED, LOCK, REPLIES, TEMPLATE = "results.parquet", "report.json", "lock.json", "replies.zip", "template.docx"
WRITERS = ("python-docx", "XlsxWriter", "python-pptx", "pyarrow", "font-source-sans-pro")


@dataclass(frozen=True)
class Asked:
    """How a report was asked for."""

    language: str = "nb"
    slides: bool = False
    each: bool = False
    page: bool = False

    def over(self, kept: Asked) -> Asked:
        """Return what is asked for now, and what was asked for before where nothing else is said."""
        return Asked(
            self.language or kept.language, self.slides or kept.slides, self.each or kept.each, self.page or kept.page
        )


@dataclass(frozen=True)
class Frozen:
    """What a report is made from."""

    gap: Gap
    asked: Asked
    template: bytes | None = None
    replies: bytes | None = None
    results: bytes | None = None
    """The gap as it was first frozen, where it was."""
    versions: tuple[tuple[str, str], ...] = ()

    @property
    def version_differences(self) -> list[str]:
        """Say which programs are of other versions now; identical bytes need the same."""
        now = _versions()
        return [
            f"{name}: {then} when it was frozen, {now.get(name, 'absent')} now"
            for name, then in self.versions
            if then != now.get(name, "absent")
        ]


def freeze(frozen: Frozen) -> bytes:
    """Write everything a report is made from as one file: the same content gives the same bytes."""
    with tempfile.TemporaryDirectory() as folder:
        results = frozen.results or frozen.gap.save(Path(folder) / RESULTS).read_bytes()
        replies = frozen.replies or _replies(frozen.gap, Path(folder))
    files = {RESULTS: results, ASKED: _pretty(asdict(frozen.asked)), LOCK: _pretty(_versions())}
    if frozen.template is not None:
        files[TEMPLATE] = frozen.template
    if replies is not None:
        files[REPLIES] = replies
    return packed(files)


def thaw(path: str | Path) -> Frozen:
    """Read what :func:`freeze` wrote.

    Raises
    ------
    ReportError
        The file is absent, damaged, or no snapshot of a report.
    """
    path = Path(path)
    hint = f"It is the file '{SNAPSHOT}' in a folder that demografi report wrote."
    try:
        files = unpacked(path, RESULTS)
    except ReportError as error:
        raise ReportError(
            f"'{path}' is no snapshot of a report.", where=[error.fault, *error.where], hint=hint
        ) from None
    try:
        asked = Asked(**json.loads(files[ASKED]))
        lock = tuple(json.loads(files[LOCK]).items())
        with tempfile.TemporaryDirectory() as folder:
            results = Path(folder) / RESULTS
            results.write_bytes(files[RESULTS])
            gap = Gap.open(results)
    except (KeyError, ValueError, TypeError, SourceError) as error:
        raise ReportError(f"'{path}' is no snapshot of a report.", where=str(error), hint=hint) from None
    return Frozen(gap, asked, files.get(TEMPLATE), files.get(REPLIES), files[RESULTS], lock)


def _replies(gap: Gap, folder: Path) -> bytes | None:
    """Take the raw replies along where figures were loaded and are still kept."""
    made_from = manifests(gap.need.projection.observed)
    if not made_from:
        return None
    try:
        write_snapshot(folder / REPLIES, Cache(default_folder()), made_from)
    except SourceError:
        # Without its replies the report can still be made again; the sources say what was fetched when.
        return None
    return (folder / REPLIES).read_bytes()


def _versions() -> dict[str, str]:
    found = versions()
    for name in WRITERS:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _pretty(content: object) -> bytes:
    return (json.dumps(content, sort_keys=True, ensure_ascii=False, indent=1) + "\n").encode()
