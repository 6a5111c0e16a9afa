"""What a chapter consists of, before anyone decides on paper, screen or sheet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from demografi.reports.numbers import Basis, Number, Sentence

if TYPE_CHECKING:
    from demografi.tables import Source

__all__ = ["Chapter", "Figure", "KeyNumber", "Points", "Section", "Table", "footer_of"]


@dataclass(frozen=True)
class KeyNumber:
    """One of the numbers on top: the number, what it counts, and when."""

    number: Sentence
    what: Sentence
    detail: Sentence
    """A line, and one more with the interval where there is one."""


@dataclass(frozen=True)
class Figure:
    """A figure and its words; the table behind it is the basis of the same name."""

    name: str
    caption: str
    """For example "Figur 1"."""
    words: Any
    draw: Callable[..., Any]


@dataclass(frozen=True)
class Table:
    """A printed table: text in every cell; the numbers are the basis of the same name."""

    name: str
    caption: str
    title: Sentence
    subtitle: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    source: str
    has_total: bool = True
    """Whether the last row is what the others lead to."""


@dataclass(frozen=True)
class Section:
    """A heading and what stands under it, in order."""

    heading: str
    parts: tuple[Sentence | Figure | Table, ...]


@dataclass(frozen=True)
class Points:
    """Points under a heading of their own; the first of several may have none."""

    heading: str
    points: tuple[Sentence, ...]


@dataclass(frozen=True)
class Chapter:
    """The whole chapter in one language."""

    language: str
    region: str
    title: str
    scope: str
    key_numbers: tuple[KeyNumber, ...]
    sections: tuple[Section, ...]
    how_heading: str
    how_parts: tuple[Points, ...]
    weaknesses_heading: str
    weaknesses: tuple[Sentence, ...]
    sources_heading: str
    sources: tuple[Source, ...]
    bases: tuple[Basis, ...]
    also: tuple[Number, ...] = ()
    """Numbers that only the words of a figure say."""
    has_workbook: bool = True
    is_page: bool = False
    """Whether it must fit on one page of A4."""

    @property
    def figures(self) -> list[Figure]:
        """All figures in order."""
        return [part for section in self.sections for part in section.parts if isinstance(part, Figure)]

    @property
    def tables(self) -> list[Table]:
        """All tables in order."""
        return [part for section in self.sections for part in section.parts if isinstance(part, Table)]

    @property
    def how(self) -> tuple[Sentence, ...]:
        """Every point on how the figures are made, in order."""
        return tuple(point for part in self.how_parts for point in part.points)

    @property
    def sentences(self) -> list[Sentence]:
        """Everything said, in order, from the numbers on top to the known weaknesses."""
        said = [part for key in self.key_numbers for part in (key.number, key.what, key.detail)]
        for section in self.sections:
            for part in section.parts:
                if isinstance(part, Sentence):
                    said.append(part)
                if isinstance(part, Table):
                    said.append(part.title)
        return [*said, *self.how, *self.weaknesses]

    @property
    def numbers(self) -> list[Number]:
        """Every number of the text once, in the order they are met."""
        met = [number for sentence in self.sentences for number in sentence.numbers]
        return list({number.name: number for number in [*met, *self.also]}.values())

    @property
    def fetched(self) -> str:
        """The latest day any of the sources was fetched, as year-month-day; empty where none says."""
        return max((source.fetched[:10] for source in self.sources), default="")


def footer_of(part: Figure | Table) -> str:
    """Return the note and the source under a figure or table."""
    return f"{part.words.note} {part.words.source}".strip() if isinstance(part, Figure) else part.source
