"""Numbers that know the cells they were read from, and sentences that know their numbers.

A number in the text is never typed: it is computed, by a rule of one line, from cells of a table that
goes into the workbook. The same rule is written there as a formula, so reader, workbook and chapter
cannot disagree.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from string import Formatter
from types import MappingProxyType
from typing import TYPE_CHECKING, Self

from demografi import labels
from demografi.labels import HARD_SPACE

if TYPE_CHECKING:
    import pandas as pd

    from demografi.tables import Source

__all__ = ["RULES", "SHOWN", "Basis", "Cells", "Number", "Piece", "Reference", "Rule", "Sentence", "fill", "join"]


@dataclass(frozen=True)
class Rule:
    """How a number comes from sums of cells: computed here, and as a formula in the workbook."""

    compute: Callable[..., float]
    formula: str


RULES: Mapping[str, Rule] = MappingProxyType(
    {
        "sum": Rule(lambda a: a, "{0}"),
        "less": Rule(lambda a: -a, "-({0})"),
        "minus": Rule(lambda a, b: a - b, "{0}-{1}"),
        "growth": Rule(lambda a, b: a / b - 1, "{0}/{1}-1"),
        "over": Rule(lambda a, b: a / b, "{0}/{1}"),
        "per_100": Rule(lambda a, b: 100 * a / b, "100*{0}/{1}"),
    }
)

SHOWN: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "count": ("persons", "#,##0"),
        "fte": ("person-years", "#,##0.0"),
        "ratio": ("persons per person", "#,##0.0"),
        "years": ("years", "#,##0.0"),
        "percent": ("per cent", "0%"),
        "percent_one": ("per cent", "0.0%"),
        "growth": ("per cent", "+0%;-0%"),
    }
)
"""How a number is shown → its unit, and the number format of its cell."""


def shown(value: float, how: str, language: str) -> str:
    """Print a number the way its kind is printed."""
    if how == "count":
        return labels.number(value, language=language)
    if how == "fte":
        return labels.person_years(value, language=language)
    if how in ("ratio", "years"):
        return labels.number(value, 1, language=language)
    return labels.percent(value, int(how == "percent_one"), signed=how == "growth", language=language)


@dataclass(frozen=True)
class Basis:
    """A table behind the chapter, and the sheet it has in the workbook.

    Parameters
    ----------
    name
        The figure's or table's own name.
    sheet
        Name of its sheet.
    formulas
        Column → rule and the two columns it is computed from, row by row.
    """

    name: str
    sheet: str
    title: str
    subtitle: str
    footer: str
    data: pd.DataFrame
    sources: tuple[Source, ...] = ()
    formulas: Mapping[str, tuple[str, str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        # The name of a sheet is typed in formulas, with an ordinary space.
        object.__setattr__(self, "sheet", self.sheet.replace(HARD_SPACE, " "))


@dataclass(frozen=True)
class Cells:
    """Cells of one column of a basis, by position; together they are summed."""

    table: str
    column: str
    rows: tuple[int, ...]


@dataclass(frozen=True)
class Number:
    """One number in the text.

    Parameters
    ----------
    name
        Its lasting name: ``users_80_2040``. The bookmark in Word is ``demografi_`` before it.
    printed
        As it stands in the text.
    value
        Unrounded [``unit``].
    rule
        Key of :data:`RULES`.
    cells
        What the rule is applied to.
    """

    name: str
    printed: str
    value: float
    unit: str
    look: str
    rule: str
    cells: tuple[Cells, ...]

    def __str__(self) -> str:
        return self.printed


@dataclass(frozen=True)
class Reference:
    """A mention of a figure or table by its number."""

    name: str
    caption: str

    def __str__(self) -> str:
        return self.caption


Piece = str | Number | Reference


class Sentence(str):
    """Text that remembers which of its parts are numbers and references.

    It is a plain string to everyone who only reads it.

    Examples
    --------
    >>> Sentence("It is ", Sentence("really ", "so"), ".")
    'It is really so.'
    """

    pieces: tuple[Piece, ...]

    def __new__(cls, *pieces: Piece) -> Self:
        """Put pieces together; sentences inside it give their own."""
        flat: list[Piece] = []
        for piece in pieces:
            flat += piece.pieces if isinstance(piece, Sentence) else [piece]
        made = super().__new__(cls, "".join(str(piece) for piece in flat))
        made.pieces = tuple(piece for piece in flat if piece != "")
        return made

    @property
    def numbers(self) -> tuple[Number, ...]:
        """Every number in it, in order."""
        return tuple(piece for piece in self.pieces if isinstance(piece, Number))


def fill(key: str, language: str, **values: Piece) -> Sentence:
    """Fill a row of the label table and keep what fills it."""
    labels.text(key, language, **{name: str(value) for name, value in values.items()})
    return _filled(labels.label(key, language), values)


def join(parts: Iterable[Piece], language: str) -> Sentence:
    """Join parts into a list that reads aloud."""
    listed = {f"part{i}": part for i, part in enumerate(parts)}
    return _filled(labels.join_names([f"{{{name}}}" for name in listed], language), listed)


def _filled(template: str, values: Mapping[str, Piece]) -> Sentence:
    pieces: list[Piece] = []
    for literal, name, _, _ in Formatter().parse(template):
        pieces.append(literal)
        if name is not None:
            pieces.append(values[name])
    return Sentence(*pieces)
