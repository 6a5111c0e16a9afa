"""Where labels go: round steps on an axis, years along it, and words that do not run into anything."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise, product

import numpy as np

from demografi.plots import style

Path = style.Points

CLOSEST = 0.36
AROUND = ("above", "below", "right", "left", "above-right", "below-right", "above-left", "below-left")
DISTANCES = (0.20, 0.30, 0.42, 0.6)
NICE = (1.0, 2.0, 2.5, 5.0)


@dataclass(frozen=True)
class Box:
    """A rectangle on the sheet [cm from the top-left corner]."""

    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: Box) -> bool:
        """Tell whether two rectangles overlap."""
        return (
            self.left < other.right and other.left < self.right and self.top < other.bottom and other.top < self.bottom
        )

    def inside(self, other: Box) -> bool:
        """Tell whether this rectangle lies within another."""
        return (
            self.left >= other.left
            and self.right <= other.right
            and self.top >= other.top
            and self.bottom <= other.bottom
        )

    def crossed_by(self, line: Path, pad: float = 0.05) -> bool:
        """Tell whether a line comes within a distance [cm] of the rectangle."""
        dense = _dense(line)
        return bool(
            np.any(
                (dense[:, 0] > self.left - pad)
                & (dense[:, 0] < self.right + pad)
                & (dense[:, 1] > self.top - pad)
                & (dense[:, 1] < self.bottom + pad)
            )
        )


def _dense(line: Path) -> Path:
    if len(line) < 2:
        return line
    pieces = []
    for start, end in pairwise(line):
        if not np.isfinite([start, end]).all():
            continue
        n = max(2, math.ceil(float(np.hypot(*(end - start))) / 0.03))
        pieces.append(start + (end - start) * np.linspace(0, 1, n)[:, None])
    return np.concatenate(pieces) if pieces else line[:1]


def text_box(x: float, baseline: float, words: str, points: float, semibold: bool = False) -> Box:
    """Give the room that a left-aligned line of text takes [cm]."""
    em = points * style.CM_PER_POINT
    width = style.text_width(words, points, semibold)
    return Box(x, baseline - style.ASCENT * em, x + width, baseline + style.DESCENT * em)


def free_place(
    point: tuple[float, float],
    words: str,
    points: float,
    *,
    lines: Sequence[Path],
    taken: Sequence[Box],
    within: Box,
    order: Sequence[str] = AROUND,
) -> tuple[float, float]:
    """Find the left end of the baseline for a semibold label that touches neither line nor text.

    The places are tried in the given order, then farther off, then all round; where none is free
    the one with the fewest meetings is taken.
    """
    best, fewest = point, math.inf
    for sides in (order, AROUND):
        for distance, side in product(DISTANCES, sides):
            x, baseline = _beside(point, side, distance, style.text_width(words, points, True), points)
            box = text_box(x, baseline, words, points, semibold=True)
            meetings = sum(box.crossed_by(line) for line in lines) + 2 * sum(box.meets(b) for b in taken)
            meetings += 0 if box.inside(within) else 3
            if meetings == 0:
                return x, baseline
            if meetings < fewest:
                best, fewest = (x, baseline), meetings
    return best


def _beside(point: tuple[float, float], side: str, distance: float, width: float, points: float) -> tuple[float, float]:
    x, y = point
    height = style.CAP_HEIGHT * points * style.CM_PER_POINT
    left = {"right": x + distance, "left": x - distance - width, "start": x, "end": x - width}
    across = left.get(side.rpartition("-")[2], x - width / 2)
    down = {"above": y - distance, "below": y + distance + height}
    return across, down.get(side.partition("-")[0], y + height / 2)


def spread(wanted: Sequence[float], low: float, high: float, gap: float = CLOSEST) -> list[float]:
    """Move places [cm] that are too close apart, evenly round their mean, and keep their order."""
    order = sorted(range(len(wanted)), key=lambda i: (wanted[i], i))
    groups: list[list[float]] = []
    for i in order:
        groups.append([wanted[i]])
        while len(groups) > 1 and _first(groups[-1], gap) - _last(groups[-2], gap) < gap:
            groups[-2:] = [groups[-2] + groups[-1]]
    placed = [_first(group, gap) + gap * k for group in groups for k in range(len(group))]
    for k in range(len(placed)):
        placed[k] = max(placed[k], low + gap * k)
    for k in reversed(range(len(placed))):
        placed[k] = min(placed[k], high - gap * (len(placed) - 1 - k))
    back = dict(zip(order, placed, strict=True))
    return [back[i] for i in range(len(wanted))]


def _first(group: Sequence[float], gap: float) -> float:
    return sum(group) / len(group) - gap * (len(group) - 1) / 2


def _last(group: Sequence[float], gap: float) -> float:
    return sum(group) / len(group) + gap * (len(group) - 1) / 2


def round_step(highest: float, fewest: int = 3, most: int = 5) -> float:
    """Choose a round step so that the axis takes a few intervals with little air on top."""
    if highest <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(highest))
    fitting = []
    for step in (nice * scale for scale in (power / 10, power, power * 10) for nice in NICE):
        intervals = math.ceil(highest / step - 1e-9)
        if fewest <= intervals <= most and not (_is_quarter(step) and step < 25):
            fitting.append((round(step * intervals, 9), intervals, step))
    return min(fitting)[2]


def round_step_within(highest: float) -> float:
    """Choose the widest round step that goes at least twice into the highest value."""
    if highest <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(highest))
    steps = [nice * scale for scale in (power / 10, power) for nice in NICE]
    return max(step for step in steps if 2 * step <= highest * (1 + 1e-9) and not _is_quarter(step))


def _is_quarter(step: float) -> bool:
    """Tell whether a step is 2.5 times a power of ten, which reads badly in small numbers."""
    return f"{step:.3e}".startswith("2.5")


def step_decimals(step: float) -> int:
    """Count the decimals needed to print every multiple of a step."""
    return next((n for n in range(4) if abs(round(step, n) - step) < 1e-9), 4)


def year_ticks(first: int, last: int, width: float, label_width: float = 0.95) -> list[int]:
    """Choose round years along an axis [cm]; the first and the last are always among them.

    Every second year only where the axis is short: 2021, 2025, 2030 are read more easily than 2021, 2024, 2026.
    """
    if first == last:
        return [first]
    per_year = width / (last - first)
    steps = (1, 2, 5, 10, 20, 50) if last - first < 10 else (1, 5, 10, 20, 50)
    step = next((s for s in steps if s * per_year >= label_width + 0.15), 100)
    apart = max(label_width, step * per_year / 3)
    between = [
        year
        for year in range(first - first % step, last, step)
        if (year - first) * per_year >= apart and (last - year) * per_year >= apart
    ]
    return [first, *between, last] if width >= 2 * label_width else [first, last]
