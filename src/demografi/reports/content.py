"""What a chapter consists of, before anyone decides on paper, screen or sheet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from demografi.tables import Source

__all__ = ["Chapter", "Figure", "KeyNumber", "Section", "Table"]


@dataclass(frozen=True)
class KeyNumber:
    """One of the numbers on top: the number, what it counts, and when."""

    number: str
    what: str
    detail: str


@dataclass(frozen=True)
class Figure:
    """A figure, its words and the table behind it."""

    name: str
    caption: str
    """For example "Figur 1"."""
    words: Any
    draw: Callable[..., Any]
    data: pd.DataFrame
    """Real numbers behind every mark, for the workbook."""


@dataclass(frozen=True)
class Table:
    """A printed table: text in every cell, numbers behind it."""

    name: str
    caption: str
    title: str
    subtitle: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    source: str
    data: pd.DataFrame


@dataclass(frozen=True)
class Section:
    """A heading and what stands under it, in order."""

    heading: str
    parts: tuple[str | Figure | Table, ...]


@dataclass(frozen=True)
class Chapter:
    """The whole chapter in one language."""

    language: str
    title: str
    scope: str
    key_numbers: tuple[KeyNumber, ...]
    sections: tuple[Section, ...]
    how_heading: str
    how: tuple[str, ...]
    sources_heading: str
    sources: tuple[Source, ...]

    @property
    def figures(self) -> list[Figure]:
        """All figures in order."""
        return [part for section in self.sections for part in section.parts if isinstance(part, Figure)]

    @property
    def tables(self) -> list[Table]:
        """All tables in order."""
        return [part for section in self.sections for part in section.parts if isinstance(part, Table)]
