"""What is written beside every fetched table, so that it can be found, checked and cited in ten years."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from demografi.sources.cache import Record
from demografi.sources.jsonstat import Table
from demografi.tables import Source

__all__ = ["Manifest", "Reply", "mandatory_notes", "manifest_of"]

LICENCE = "CC BY 4.0"


@dataclass(frozen=True)
class Reply:
    """One raw reply: the hash of its question, and the hash, length and time of the answer."""

    key: str
    sha256: str
    size: int
    fetched: str


@dataclass(frozen=True)
class Manifest:
    """Provenance of one table.

    Parameters
    ----------
    updated
        When the publisher last changed the figures that were fetched.
    table_updated
        The same for the whole table, as its metadata say.
    fetched
        When the last part was fetched (UTC).
    selection
        Variable → code list and codes, as sent.
    left_out
        Variables the caller asked to leave out; the figures are the publisher's totals over them.
    codelists
        Code list → hash of the publisher's own mapping.
    replies
        Every raw reply the table was made from: metadata, code lists, parts.
    must_be_shown
        Notes the publisher wants shown with the figures.
    """

    table: str
    title: str
    server: str
    language: str
    updated: str
    table_updated: str
    fetched: str
    selection: Mapping[str, Mapping[str, Any]]
    left_out: tuple[str, ...]
    codelists: Mapping[str, str]
    replies: tuple[Reply, ...]
    cells: int
    status_counts: Mapping[str, int]
    notes: tuple[str, ...]
    must_be_shown: tuple[str, ...]
    publisher: str = "SSB"
    licence: str = LICENCE
    versions: Mapping[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """Address of the table."""
        return f"{self.server}/tables/{self.table}"

    @property
    def sha256(self) -> str:
        """One hash for all raw replies the table was made from."""
        return hashlib.sha256("\n".join(reply.sha256 for reply in self.replies).encode()).hexdigest()

    @property
    def source(self) -> Source:
        """The provenance every result carries."""
        return Source(
            id=f"{self.publisher.lower()}-{self.table}",
            publisher=self.publisher,
            table=self.table,
            title=self.title,
            updated=self.updated[:10],
            fetched=self.fetched[:10],
            url=self.url,
            licence=self.licence,
            sha256=self.sha256,
            caveat=" ".join(self.must_be_shown),
        )

    def as_json(self) -> dict[str, Any]:
        """Give plain values that JSON can hold."""
        return asdict(self)

    @classmethod
    def from_json(cls, written: Mapping[str, Any]) -> Manifest:
        """Make a manifest of what `as_json` gave and JSON has held.

        Raises
        ------
        TypeError
            A field is lacking or not known.
        """
        lists = {name: tuple(written[name]) for name in ("left_out", "notes", "must_be_shown") if name in written}
        replies = tuple(Reply(**reply) for reply in written.get("replies", ()))
        return cls(**{**written, **lists, "replies": replies})


def mandatory_notes(table: Table) -> tuple[str, ...]:
    """Find the notes a publisher marks as such that must be shown, on the table, its variables and codes."""
    found = [table.notes[place] for place in _marked(table.rest.get("extension"), "noteMandatory", len(table.notes))]
    for d in table.dimensions:
        found += [d.notes[place] for place in _marked(d.extension, "noteMandatory", len(d.notes))]
        by_code = d.extension.get("categoryNoteMandatory")
        for code, marks in by_code.items() if isinstance(by_code, Mapping) else ():
            notes = d.code_notes.get(code, ())
            found += [notes[place] for place in _marked({"marks": marks}, "marks", len(notes))]
    return tuple(dict.fromkeys(found))


def _marked(extension: Any, name: str, many: int) -> list[int]:
    marks = extension.get(name) if isinstance(extension, Mapping) else None
    if not isinstance(marks, Mapping):
        return []
    return [int(place) for place, must in marks.items() if must and place.isdecimal() and int(place) < many]


def manifest_of(
    table: Table, records: Sequence[Record], about: Mapping[str, Any], *, server: str, language: str
) -> Manifest:
    """Write the manifest of a table.

    Parameters
    ----------
    records
        Of every raw reply; the last ones are the parts.
    about
        Remaining fields: ``table``, ``table_updated``, ``selection``, ``left_out``, ``codelists``,
        ``versions``, ``must_be_shown``.
    """
    notes = [*table.notes, *(note for d in table.dimensions for note in d.notes)]
    notes += [note for d in table.dimensions for given in d.code_notes.values() for note in given]
    return Manifest(
        title=re.sub(r"^\d{5}: ", "", table.label),
        server=server,
        language=language,
        updated=table.updated,
        fetched=max(record.fetched for record in records),
        replies=tuple(Reply(r.key, r.sha256, r.size, r.fetched) for r in records),
        cells=len(table.values),
        status_counts=table.status_counts,
        notes=tuple(dict.fromkeys(notes)),
        **about,
    )
