"""Office files are zip archives: opened with care, written the same byte for byte."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

from demografi.errors import ReportError

__all__ = ["packed", "repacked", "unpacked"]

_DATE = (1980, 1, 1, 0, 0, 0)
MOST_BYTES = 300_000_000
MOST_TIMES_LARGER = 500
SMALL = 100_000
FIRST = "[Content_Types].xml"


def packed(files: Mapping[str, bytes]) -> bytes:
    """Pack files into an archive whose bytes depend on nothing else than them."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as written:
        for name in sorted(files, key=lambda one: (one != FIRST, one)):
            entry = zipfile.ZipInfo(name, _DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system, entry.external_attr = 3, 0o600 << 16
            written.writestr(entry, files[name])
    return archive.getvalue()


def repacked(archive: bytes) -> bytes:
    """Pack an archive of one's own anew, without the times in it."""
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        return packed({name: opened.read(name) for name in opened.namelist()})


def unpacked(path: Path, must_hold: str) -> dict[str, bytes]:
    """Read an office file somebody gave.

    Raises
    ------
    ReportError
        It is absent, no office file of the kind wanted, or unpacks to more than a document ever is.
    """
    hint = "Save it in Word as .docx, and give that file."
    try:
        with zipfile.ZipFile(path) as opened:
            entries = opened.infolist()
            size = sum(entry.file_size for entry in entries)
            swollen = [
                e for e in entries if e.file_size > SMALL and e.file_size > MOST_TIMES_LARGER * max(e.compress_size, 1)
            ]
            if size > MOST_BYTES or swollen:
                raise ReportError(
                    f"'{path}' is not opened.", where=f"Unpacked it would be {size / 1e6:,.0f} MB.", hint=hint
                )
            files = {entry.filename: opened.read(entry) for entry in entries}
    except FileNotFoundError:
        raise ReportError(f"There is no file '{path}'.", hint="Look at the path.") from None
    except PermissionError as error:
        raise ReportError(
            f"'{path}' cannot be read.", where=str(error.strerror), hint="Close it in Word and try again."
        ) from None
    except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise ReportError(f"'{path}' is no Word document.", where=str(error), hint=hint) from None
    if must_hold not in files:
        raise ReportError(f"'{path}' is no Word document.", where=f"It lacks '{must_hold}'.", hint=hint)
    return files
