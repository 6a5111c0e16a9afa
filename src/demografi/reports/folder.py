"""A folder that is written whole or not at all, and never over what a person has changed."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from demografi.errors import ReportError

__all__ = ["RECEIPT", "refuse_if_open", "whole_folder"]

RECEIPT = ".demografi.json"
"""What was written, with sha256, so that a later run can tell our files from a person's."""

MOST_FOLDERS = 99


@contextmanager
def whole_folder(out: str | Path) -> Iterator[tuple[Path, list[Path]]]:
    """Give a scratch folder to fill; when the block ends well it becomes ``out``.

    Parameters
    ----------
    out
        Folder to make. If it holds a file that was not written by us, or that has been changed
        since, a new folder ``out-2``, ``out-3`` … is made instead.

    Yields
    ------
    tuple
        The scratch folder, and a list that holds the final path once the block is done.

    Raises
    ------
    ReportError
        The folder around it is missing or cannot be written.
    """
    target = Path(out)
    _refuse(target)
    try:
        scratch = Path(tempfile.mkdtemp(prefix=f".{target.name}.", suffix=".part", dir=target.parent))
    except OSError as error:
        raise ReportError(
            f"The report cannot be written in '{target.parent}'.",
            where=str(error.strerror),
            hint="Choose a folder you may write in: demografi report Lakseregionen --out ~/lakseregionen",
        ) from error
    placed: list[Path] = []
    try:
        scratch.chmod(0o755)
        yield scratch, placed
        _write_receipt(scratch)
        final = _free(target)
        _swap(scratch, final)
        placed.append(final)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _refuse(target: Path) -> None:
    if target.is_file():
        raise ReportError(f"'{target}' is a file, not a folder.", hint=f"--out {target.with_suffix('')}-kapittel")
    if not target.parent.is_dir():
        raise ReportError(
            f"There is no folder '{target.parent}' to write the report in.",
            hint=f"mkdir -p '{target.parent}'",
        )

    if target.is_dir():
        for name in sorted(path.name for path in target.iterdir() if path.is_file()):
            refuse_if_open(target / name)


def refuse_if_open(path: Path) -> None:
    """Refuse to touch a file that Word or LibreOffice has open.

    Word keeps ``~$`` and the name, without its first one or two letters where it is long, beside the file.

    Raises
    ------
    ReportError
        Somebody has it open.
    """
    name = path.name
    owners = (f"~${name}", f"~${name[1:]}", f"~${name[2:]}", f".~lock.{name}#")
    if path.is_file() and any(path.with_name(owner).is_file() for owner in owners):
        raise ReportError(
            f"'{path}' is open in Word or LibreOffice.",
            where="It would be lost to whoever has it open.",
            hint="Close it and try again, or choose another folder with --out.",
        )


def _write_receipt(folder: Path) -> None:
    files = {str(p.relative_to(folder)): _digest(p) for p in sorted(folder.rglob("*")) if p.is_file()}
    text = json.dumps({"written_by": "demografi", "files": files}, indent=1, sort_keys=True)
    (folder / RECEIPT).write_text(text + "\n", encoding="utf-8")


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _is_ours(folder: Path) -> bool:
    """Tell whether every file in a folder is as we wrote it."""
    there = {str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()}
    if not there:
        return True
    try:
        files = json.loads((folder / RECEIPT).read_text(encoding="utf-8"))["files"]
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return there <= {RECEIPT, *files} and all(_digest(folder / name) == files[name] for name in there - {RECEIPT})


def _free(target: Path) -> Path:
    for n in range(1, MOST_FOLDERS + 1):
        candidate = target if n == 1 else target.with_name(f"{target.name}-{n}")
        if not candidate.exists() or (candidate.is_dir() and _is_ours(candidate)):
            return candidate
    raise ReportError(
        f"There are already {MOST_FOLDERS} folders '{target.name}-…' with files that have been changed.",
        hint="Remove some, or choose another folder with --out.",
    )


def _swap(scratch: Path, final: Path) -> None:
    if not final.exists():
        scratch.rename(final)
        return
    old = Path(tempfile.mkdtemp(prefix=f".{final.name}.", suffix=".old", dir=final.parent)) / "was"
    try:
        final.rename(old)
        scratch.rename(final)
    except OSError as error:
        if old.exists() and not final.exists():
            old.rename(final)
        raise ReportError(
            f"'{error.filename or final}' cannot be replaced.",
            where=str(error.strerror),
            hint="A file in it may be open; close it and try again, or choose another folder with --out.",
        ) from error
    finally:
        shutil.rmtree(old.parent, ignore_errors=True)
