"""What reading a file gives: one row per cell, with labels, units, notes and provenance beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import pandas as pd

from demografi.sources.files import words
from demografi.tables import Source

__all__ = ["MARKS", "Table"]

MARKS = ("status", "quality", "reference_date", "source", "note", "low", "high", "level")
"""Columns that say something of a value and do not identify it."""


@dataclass(frozen=True, eq=False)
class Table:
    """A file as a table that cannot be changed.

    Parameters
    ----------
    frame
        Dimension codes, ``value`` [see ``units``] and ``status``: empty, or the source's sign; a
        cell with a sign has no value, and zero is a value.
    source
        Publisher, table, title and the sha256 of the file.
    kind
        What the file turned out to be: ``"statbank" "px" "services" "staff" "own" "json-stat"``.
    labels
        Dimension → code → the words of the file.
    units
        Content (or ``"value"``) → unit.
    notes
        What the file says of its figures, and what reading changed.
    updated
        When the publisher last changed the figures, as the file says it.
    """

    frame: pd.DataFrame = field(repr=False)
    source: Source
    kind: str
    labels: Mapping[str, Mapping[str, str]] = field(default_factory=dict, repr=False)
    units: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    updated: str = ""

    def __post_init__(self) -> None:
        frozen = {name: MappingProxyType(dict(codes)) for name, codes in self.labels.items()}
        object.__setattr__(self, "frame", self.frame.reset_index(drop=True).copy())
        object.__setattr__(self, "labels", MappingProxyType(frozen))
        object.__setattr__(self, "units", MappingProxyType(dict(self.units)))
        object.__setattr__(self, "notes", tuple(dict.fromkeys(self.notes)))

    @property
    def dimensions(self) -> tuple[str, ...]:
        """Names of the columns that identify a row."""
        return tuple(name for name in self.frame.columns if name not in ("value", *MARKS))

    def to_frame(self) -> pd.DataFrame:
        """Return a copy of the table: dimension codes, ``value``, ``status`` and other marks."""
        return self.frame.copy()

    def tidy(self) -> pd.DataFrame:
        """Return the table with this library's own keys: ``region year sex age contents``.

        Statistics Norway's codes become words and numbers: Kjonn 2 → ``"female"``, Alder 007 → 7,
        Tid 2026 → 2026. A table that already has them is returned as it is.

        Raises
        ------
        TableError
            Two dimensions would get the same name.
        """
        return words.tidy(self.frame, tuple(self.dimensions))

    def __repr__(self) -> str:
        lines = [
            f"Table ({self.kind}): {self.source.title or self.source.table}",
            f"{len(self.frame):,} cells by {', '.join(self.dimensions)}",
            f"Source: {self.source.publisher}, {self.source.table}",
            *(f"Note: {note}" for note in self.notes[:1]),
        ]
        return "\n  ".join(lines)
