"""Split a selection into calls a server accepts, and put the answers together again."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from demografi.errors import SourceError
from demografi.sources.jsonstat import Dimension, Table
from demografi.sources.selecting import Chosen

__all__ = ["check_part", "count_cells", "fewest_pieces", "join", "split"]


def count_cells(chosen: Sequence[Chosen]) -> int:
    """Count the cells of a selection exactly; a server may count in 32 bits and wrap."""
    return math.prod(len(one.codes) for one in chosen if one.codes)


def split(chosen: Sequence[Chosen], most: int) -> list[tuple[Chosen, ...]]:
    """Cut a selection into the fewest calls of at most ``most`` cells each.

    Contents are kept together where possible, because each has an update time of its own.

    Parameters
    ----------
    most
        Cells per call.

    Raises
    ------
    SourceError
        The server gives no cells at all.
    """
    if most < 1:
        raise SourceError(f"A call of {most} cells is not possible.", hint="Give at least 1 cell per call.")
    # Among equals the search cuts what comes last: contents first here, time stays last as in the metadata.
    order = sorted(range(len(chosen)), key=lambda place: not chosen[place].metric)
    sizes = [max(1, len(chosen[place].codes)) for place in order]
    pieces = dict(zip(order, fewest_pieces(sizes, most), strict=True))
    cut = [list(_slices(one, pieces[place])) for place, one in enumerate(chosen)]
    return list(itertools.product(*cut))


def fewest_pieces(sizes: Sequence[int], most: int) -> list[int]:
    """Find in how many pieces to cut each variable, so that the fewest parts of ``most`` cells come out.

    Examples
    --------
    >>> fewest_pieces([8, 1288, 76], 800_000)
    [1, 1, 1]
    >>> fewest_pieces([8, 1288, 78], 800_000)
    [1, 1, 2]
    """
    best = list(sizes)
    lowest = math.prod(sizes)

    def search(place: int, done: list[int], calls: int, cells: int) -> None:
        nonlocal best, lowest
        left = math.prod(sizes[place:])
        if max(calls, -(-calls * cells * left // most)) >= lowest:
            return
        if place == len(sizes):
            if cells <= most:
                best, lowest = done, calls
            return
        for pieces in _piece_counts(sizes[place]):
            length = -(-sizes[place] // pieces)
            if cells * length <= most:
                search(place + 1, [*done, pieces], calls * pieces, cells * length)

    search(0, [], 1, 1)
    return best


def _piece_counts(size: int) -> Iterator[int]:
    # Only counts that give a shorter longest piece than the count before are of use.
    length = size
    while length >= 1:
        pieces = -(-size // length)
        yield pieces
        if length == 1:
            return
        length = min(length - 1, -(-size // (pieces + 1)))


def _slices(one: Chosen, pieces: int) -> Iterator[Chosen]:
    if not one.codes:
        yield one
        return
    length = -(-len(one.codes) // pieces)
    for start in range(0, len(one.codes), length):
        yield replace(one, codes=one.codes[start : start + length])


def check_part(table: Table, chosen: Sequence[Chosen]) -> None:
    """Refuse an answer that does not hold exactly the codes that were asked for.

    Raises
    ------
    SourceError
        A variable is lacking or added, or its codes are others.
    """
    wanted = {one.variable: set(one.codes) for one in chosen if one.codes}
    for dimension in table.dimensions:
        codes = wanted.pop(dimension.id, None)
        # A table without contents gets one from the server.
        if codes is None and not (dimension.role == "metric" and len(dimension.codes) == 1):
            raise SourceError(f"The answer has a variable '{dimension.id}' that was not asked for.")
        if codes is not None and codes != set(dimension.codes):
            odd = sorted(codes ^ set(dimension.codes))
            raise SourceError(f"The answer has other codes of '{dimension.id}' than asked for: {', '.join(odd[:5])}.")
    if wanted:
        raise SourceError(f"The answer lacks the variable '{next(iter(wanted))}'.")


def join(parts: Sequence[Table], chosen: Sequence[Chosen]) -> Table:
    """Put the answers to the parts of a selection together, by code and never by place.

    Variables and codes come out in the order of the metadata, whatever the order of the answers.

    Raises
    ------
    SourceError
        The parts do not cover the selection.
    """
    first = parts[0]
    order = {one.variable: one.codes for one in chosen if one.codes}
    added = {d.id: d.codes for d in first.dimensions if d.id not in order}
    dimensions = tuple(_whole(name, codes, parts) for name, codes in (order | added).items())
    shape = [len(dimension.codes) for dimension in dimensions]
    signs = tuple(dict.fromkeys(sign for part in parts for sign in part.signs))
    values, places = np.full(shape, np.nan), np.full(shape, -1, dtype=np.int8)
    for part in parts:
        found = {d.id: number for number, d in enumerate(part.dimensions)}
        turned = [found[dimension.id] for dimension in dimensions]
        where = np.ix_(*([d.places[code] for code in part.dimensions[found[d.id]].codes] for d in dimensions))
        values[where] = part.values.reshape(part.shape).transpose(turned)
        translated = np.array([signs.index(sign) for sign in part.signs], dtype=np.int8)
        places[where] = translated[part.places].reshape(part.shape).transpose(turned)
    if (places < 0).any():
        raise _gap()
    notes = tuple(dict.fromkeys(note for part in parts for note in part.notes))
    updated = max(part.updated for part in parts)
    whole = replace(first, dimensions=dimensions, values=values.ravel(), places=places.ravel(), signs=signs)
    return replace(whole, notes=notes, updated=updated)


def _whole(name: str, codes: Sequence[str], parts: Sequence[Table]) -> Dimension:
    pieces = [part.dimension(name) for part in parts]
    words = {code: word for piece in pieces for code, word in zip(piece.codes, piece.names, strict=True)}
    if set(words) != set(codes):
        raise _gap()
    return replace(
        pieces[0],
        codes=tuple(codes),
        names=tuple(words[code] for code in codes),
        units={code: unit for piece in pieces for code, unit in piece.units.items()},
        notes=tuple(dict.fromkeys(note for piece in pieces for note in piece.notes)),
        code_notes={code: notes for piece in pieces for code, notes in piece.code_notes.items()},
    )


def _gap() -> SourceError:
    return SourceError("The parts do not cover the whole selection.", hint="Load the table again.")
