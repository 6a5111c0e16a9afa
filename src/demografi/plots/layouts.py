"""Where each municipality's tile lies: by hand where a layout exists, by centre points, else in a sorted grid."""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence
from functools import cache
from importlib import resources

import numpy as np
import pandas as pd

from demografi.errors import TableError
from demografi.plots.inputs import require

__all__ = ["tile_layout"]

FIGURE = "tile layout"
SPARE = 1.6
"""Tiles of the grid for each municipality; some must stay empty for the shape to be seen."""


def tile_layout(codes: Sequence[str], points: pd.DataFrame | None = None) -> pd.DataFrame:
    """Give each area a tile, so that the tiles lie roughly as the areas do.

    A layout made by hand (``data/tile_layouts.csv``) wins where it has all the codes. Otherwise centre points are
    matched to a grid with the least sum of squared displacements. Without points the tiles stand in the order
    given, row by row; a figure must then say that they are sorted and not placed.

    Parameters
    ----------
    codes
        Codes of the areas, in the order they stand in where nothing places them.
    points
        Columns ``region``, ``x`` [east] and ``y`` [north], in any unit of length, one row for each area.

    Returns
    -------
    pandas.DataFrame
        ``region row column placed``: tiles from the top-left, from 0; ``placed`` is False for a sorted grid.

    Raises
    ------
    TableError
        If a code stands twice, or the points lack an area or a coordinate.

    Examples
    --------
    >>> tile_layout(["5014", "5056"])[["row", "column"]].to_numpy().tolist()
    [[0, 0], [1, 0]]
    >>> tile_layout(["a", "b", "c"])[["row", "column", "placed"]].to_numpy().tolist()
    [[0, 0, False], [0, 1, False], [1, 0, False]]
    """
    listed = [str(code) for code in codes]
    if not listed or len(set(listed)) != len(listed):
        raise TableError(f"The {FIGURE} needs codes that each stand once.", hint="Give every area one code.")
    by_hand = _by_hand()
    for layout in by_hand.values():
        if set(listed) <= set(layout):
            return _trimmed(listed, [layout[code] for code in listed], placed=True)
    if points is not None:
        return _trimmed(listed, _matched(listed, points), placed=True)
    across = math.ceil(math.sqrt(len(listed)))
    return _trimmed(listed, [divmod(i, across) for i in range(len(listed))], placed=False)


@cache
def _by_hand() -> dict[str, dict[str, tuple[int, int]]]:
    layouts: dict[str, dict[str, tuple[int, int]]] = {}
    file = resources.files("demografi").joinpath("data", "tile_layouts.csv")
    for row in csv.DictReader(file.read_text(encoding="utf-8").splitlines()):
        layouts.setdefault(row["layout"], {})[row["region"]] = (int(row["row"]), int(row["column"]))
    return layouts


def _trimmed(codes: list[str], tiles: Sequence[tuple[int, int]], *, placed: bool) -> pd.DataFrame:
    top, left = min(row for row, _ in tiles), min(column for _, column in tiles)
    rows = [(code, row - top, column - left, placed) for code, (row, column) in zip(codes, tiles, strict=True)]
    return pd.DataFrame(rows, columns=["region", "row", "column", "placed"])


def _matched(codes: list[str], points: pd.DataFrame) -> list[tuple[int, int]]:
    from scipy.optimize import linear_sum_assignment

    wanted = _coordinates(codes, points)
    span = wanted.max(axis=0) - wanted.min(axis=0)
    shape = min(max(span[0] / span[1], 0.25), 4.0) if span.all() else (4.0 if span[0] else 0.25)
    across = max(1, round(math.sqrt(SPARE * len(codes) * shape)))
    down = math.ceil(SPARE * len(codes) / across)
    scale = np.where(span > 0, np.array([across - 1, down - 1]) / np.where(span > 0, span, 1.0), 0.0)
    east_south = (wanted - wanted.min(axis=0)) * scale
    east_south[:, 1] = (down - 1 if span[1] > 0 else 0) - east_south[:, 1]
    grid = np.array([(column, row) for row in range(down) for column in range(across)], dtype=float)
    displaced = ((east_south[:, None, :] - grid[None, :, :]) ** 2).sum(axis=2)
    _, chosen = linear_sum_assignment(displaced)
    return [(int(grid[tile, 1]), int(grid[tile, 0])) for tile in chosen]


def _coordinates(codes: list[str], points: pd.DataFrame) -> np.ndarray:
    require(points, ["region", "x", "y"], ["region"], FIGURE)
    placed = points.assign(region=points["region"].astype(str)).set_index("region")[["x", "y"]]
    found = placed.reindex(codes).astype(float)
    lacking = [code for code, known in zip(codes, np.isfinite(found.to_numpy()).all(axis=1), strict=True) if not known]
    if lacking:
        raise TableError(
            f"The points for the {FIGURE} lack {len(lacking)} of {len(codes)} areas.",
            where=lacking,
            hint="Give x and y for every area, or leave the points out for a sorted grid.",
        )
    return found.to_numpy()
