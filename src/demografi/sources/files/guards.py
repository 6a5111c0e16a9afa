"""What a file must pass before it is opened further: size, name, kind, zip and XML."""

from __future__ import annotations

import io
import re
import stat
import zipfile
from pathlib import Path, PurePosixPath
from xml.parsers import expat

from demografi.errors import SourceError

__all__ = ["MAX_BYTES", "checked_parts", "decoded", "load"]

MAX_BYTES = 256 * 1024**2
MAX_UNPACKED = 512 * 1024**2
MAX_RATIO = 250
FREE_OF_RATIO = 1024**2
"""Parts below this size [bytes] may be packed as tightly as they like."""

MAX_PARTS = 5_000
MAX_CELLS = 2_000_000
"""Most cells of a sheet; a workbook takes far more memory for each than a text file."""

MAX_TEXT_CELLS = 10_000_000
_CHUNK = 1024**2
_ALLOWED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_CELL = re.compile(r"^([A-Z]{1,3})(\d{1,7})$")
_JUNK = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]")


def load(path: Path) -> bytes:
    """Return the bytes of a file of reasonable size.

    Raises
    ------
    SourceError
        The file is absent, a folder, no plain file, empty or above ``MAX_BYTES``; its size is
        known before it is opened.
    """
    try:
        seen = path.stat()
    except OSError as error:
        raise SourceError(
            f"There is no file '{path}'.", where=error.strerror or "", hint=f"Look in '{path.parent}'."
        ) from None
    if not stat.S_ISREG(seen.st_mode):
        raise SourceError(f"'{path}' is a folder or a device, not a file.", hint="Name one file: dg.read('table.csv')")
    if seen.st_size == 0:
        raise SourceError(f"'{path.name}' is empty.", where="It has 0 bytes.", hint="Download it again.")
    if seen.st_size > MAX_BYTES:
        raise SourceError(
            f"'{path.name}' is too large to read.",
            where=f"It has {seen.st_size / 1024**2:,.0f} MB; the limit is {MAX_BYTES // 1024**2} MB.",
            hint="Download fewer regions or years at a time.",
        )
    try:
        return path.read_bytes()
    except OSError as error:
        raise SourceError(f"'{path.name}' cannot be read.", where=error.strerror or "") from None


def decoded(content: bytes, name: str) -> tuple[str, str]:
    """Return the text of a file and the encoding it turned out to have.

    UTF-8 is tried first, because other encodings hardly ever pass for it; then ISO-8859-1
    (with the signs of Windows), which Statistics Norway's downloads use.

    Raises
    ------
    SourceError
        The bytes are no text in any encoding tried.
    """
    order: tuple[str, ...]
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        order = ("utf-16",)
    elif content[:3] == b"\xef\xbb\xbf":
        order = ("utf-8-sig",)
    else:
        order = ("utf-8", "cp1252", "iso-8859-1")
    for encoding in order:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        junk = _JUNK.search(text)
        if junk is None:
            return text, encoding
        break
    raise SourceError(
        f"'{name}' is not a text file.",
        where=[
            f"Tried {', '.join(order)}; it has bytes that no table has.",
            f"It begins with {content[:8]!r}.",
        ],
        hint="dg.read takes Statbank CSV and XLSX, PX, JSON-stat, ODS, CSV and Parquet.",
    )


def checked_parts(content: bytes, name: str) -> dict[str, bytes]:
    """Return the XML parts of a workbook, unpacked within limits and free of entities.

    Raises
    ------
    SourceError
        The zip is cut or damaged, has names that climb, is locked with a password, unpacks to
        more than ``MAX_UNPACKED`` or above ``MAX_RATIO`` times its size, or an XML part declares
        a document type.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
            _check_members(members, name)
            parts = {member.filename: _unpacked(archive, member, name) for member in members if _is_xml(member)}
    except (zipfile.BadZipFile, EOFError, NotImplementedError, ValueError) as error:
        raise SourceError(
            f"'{name}' is a damaged or cut workbook.", where=f"{error}.", hint="Download or save it again."
        ) from None
    for part, xml in parts.items():
        _check_xml(xml, part, name)
    return parts


def _is_xml(member: zipfile.ZipInfo) -> bool:
    return member.filename.lower().endswith((".xml", ".rels", ".vml"))


def _check_members(members: list[zipfile.ZipInfo], name: str) -> None:
    if len(members) > MAX_PARTS:
        raise _hostile(name, f"It has {len(members):,} parts; the limit is {MAX_PARTS:,}.")
    seen: set[str] = set()
    total = 0
    for member in members:
        inner = member.orig_filename
        if _climbs(inner) or inner in seen:
            raise _hostile(name, f"The part {inner!r} {'stands twice' if inner in seen else 'climbs out of the file'}.")
        seen.add(inner)
        if member.flag_bits & 0x1:
            raise locked(name)
        if member.compress_type not in _ALLOWED:
            raise _hostile(name, f"The part {inner!r} is packed in a way no workbook is.")
        total += member.file_size
        if member.file_size > FREE_OF_RATIO and member.file_size > MAX_RATIO * max(member.compress_size, 1):
            raise _bomb(
                name,
                f"The part {inner!r} unpacks to {member.file_size / max(member.compress_size, 1):,.0f} times its size.",
            )
    if total > MAX_UNPACKED:
        raise _bomb(name, f"It unpacks to {total / 1024**2:,.0f} MB; the limit is {MAX_UNPACKED // 1024**2} MB.")


def _climbs(inner: str) -> bool:
    path = PurePosixPath(inner.replace("\\", "/"))
    return path.is_absolute() or ".." in path.parts or ":" in inner or "\\" in inner or "\x00" in inner


def _unpacked(archive: zipfile.ZipFile, member: zipfile.ZipInfo, name: str) -> bytes:
    # What the zip declares may be a lie: count what really comes out.
    out = bytearray()
    try:
        with archive.open(member) as stream:
            while chunk := stream.read(_CHUNK):
                out += chunk
                if len(out) > member.file_size or len(out) > MAX_UNPACKED:
                    raise _bomb(name, f"The part {member.filename!r} unpacks to more than it declares.")
    except RuntimeError:
        raise locked(name) from None
    except Exception as error:
        if isinstance(error, SourceError):
            raise
        raise zipfile.BadZipFile(f"The part {member.filename!r}: {error}") from None
    return bytes(out)


def _check_xml(xml: bytes, part: str, name: str) -> None:
    parser = expat.ParserCreate()

    def refuse(*_: object) -> None:
        raise SourceError(
            f"'{name}' declares a document type or entities in its XML.",
            where=f"The part {part!r}, line {parser.CurrentLineNumber}. No spreadsheet program writes that.",
            hint="Open it in a spreadsheet program you trust and save a fresh copy.",
        )

    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    parser.ExternalEntityRefHandler = refuse  # type: ignore[assignment]
    extent = _Extent(part, name)
    if part.startswith("xl/worksheets/"):
        parser.StartElementHandler = extent.seen
    try:
        parser.Parse(xml, True)
    except (expat.ExpatError, LookupError, ValueError) as error:
        raise SourceError(
            f"'{name}' is a damaged workbook.",
            where=f"The part {part!r} is no XML: {error}.",
            hint="Download or save it again.",
        ) from None


class _Extent:
    """Counts the cells of a sheet and the area they span, which a single far cell can make immense."""

    def __init__(self, part: str, name: str) -> None:
        self.part, self.name, self.cells, self.rows, self.columns = part, name, 0, 1, 1

    def seen(self, tag: str, attributes: dict[str, str]) -> None:
        if tag.rpartition(":")[2] != "c":
            return
        self.cells += 1
        match = _CELL.match(attributes.get("r", ""))
        if match:
            self.rows = max(self.rows, int(match[2]))
            self.columns = max(self.columns, sum((ord(c) - 64) * 26**i for i, c in enumerate(reversed(match[1]))))
        if self.cells > MAX_CELLS or self.rows * self.columns > 10 * MAX_CELLS:
            raise too_many_cells(self.name, self.part)


def too_many_cells(name: str, part: str, limit: int = MAX_CELLS) -> SourceError:
    """Return the refusal of a sheet that spans more cells than a table has."""
    return SourceError(
        f"'{name}' has a sheet that is too large to read.",
        where=f"{part!r} has or spans more than {limit:,} cells.",
        hint="Save the part you need as CSV.",
    )


def locked(name: str) -> SourceError:
    """Return the refusal of a file with a password."""
    return SourceError(
        f"'{name}' is protected with a password.", hint="Save a copy without the password, and read that."
    )


def _bomb(name: str, seen: str) -> SourceError:
    return SourceError(
        f"'{name}' unpacks to far more than a table needs.", where=seen, hint="Do not open it; ask the sender."
    )


def _hostile(name: str, seen: str) -> SourceError:
    return SourceError(f"'{name}' is not built as a workbook is.", where=seen, hint="Do not open it; ask the sender.")
