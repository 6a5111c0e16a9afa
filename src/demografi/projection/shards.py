"""Draws made in shards, on one process or on many machines, and put together to the same bytes.

Where shards are made is joblib's to say (``joblib.parallel_config``): in this process by default. A shard gives back
sums over ages and places, or counts between fixed edges; never its trajectories.
"""

from __future__ import annotations

from concurrent.futures.process import BrokenProcessPool
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np

from demografi.errors import ScenarioError
from demografi.projection import own_errors
from demografi.sources import shipped
from demografi.uncertainty.counts import BINS, Edges, count, edges_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from demografi import uncertainty
    from demografi.projection.own_errors import Rows
    from demografi.rates.pooling import Floats, Ints

__all__ = [
    "SHARD",
    "STORED",
    "Progress",
    "Task",
    "at",
    "counted",
    "error_groups",
    "gathered",
    "made",
    "named",
    "running",
]

STORED = "projection_errors"
OWN_ERRORS = "errors"
SHARD = 200
"""Draws made at a time; it changes no bit."""
PILOT = 400
"""Draws that fix the edges of counts."""
MOST_COUNTED = 20
"""Shards of counts, which are larger than a shard's sums."""
MOST_TOGETHER = 50
"""Places of a county worked on at a time; it changes no bit."""
MOST_LOST = 3
"""Times that processes may be lost before it is given up."""

Progress: TypeAlias = "Callable[[int, int], None]"
"""Called with the draws made and the draws in all, after every shard."""


class Task(NamedTuple):
    """What is drawn; told to every shard, so that nothing is lost with a process.

    Figures are sums over columns: column c holds ``cells[..., c]`` projected persons of error group ``group[c]`` and
    belongs to figure ``into[c]``.
    """

    versions: dict[str, str]
    seed: int
    errors: Rows
    """The caller's own model; none: the one that ships."""
    codes: Ints
    """Numbers that the places' draws hang on."""
    counties: Ints
    persons: Floats
    """(T, R, G) projected persons by error group, first row the launch."""
    cells: Floats
    """(T, R, C), or 1 where constant."""
    group: Ints
    into: Ints
    together: bool
    """Add the places up."""

    @property
    def shape(self) -> tuple[int, int, int]:
        """Give the years, places and figures of a draw."""
        years, places, _ = self.persons.shape
        return years, 1 if self.together else places, int(self.into.max()) + 1


def _model(errors: Rows) -> uncertainty.ErrorModel:
    return own_errors.model_of(errors) if errors else _shipped_model()


@cache
def _shipped_model() -> uncertainty.ErrorModel:
    from demografi import uncertainty

    rows = shipped.read(STORED).fillna("").astype("str")
    return uncertainty.from_rows([(str(a), str(b), str(c)) for a, b, c in rows.itertuples(index=False, name=None)])


def error_groups(by_age: Floats) -> Floats:
    """Sum (..., A) over the age groups that errors are drawn for."""
    from demografi import uncertainty

    return np.asarray(np.add.reduceat(by_age, list(uncertainty.GROUP_STARTS), axis=-1))


@cache
def running() -> dict[str, str]:
    """Return what decides the bytes of a draw: versions, and the hash of the stored errors."""
    import hashlib
    from importlib import metadata

    stored = (shipped.folder() / f"{STORED}.csv").read_bytes()
    versions = {name: metadata.version(name) for name in ("demografi", "numpy", "scipy")}
    return versions | {f"{STORED}.csv": hashlib.sha256(stored).hexdigest()[:12]}


def named(versions: dict[str, str], errors: Rows) -> dict[str, str]:
    """Add the hash of the caller's own errors, where they are drawn from."""
    return versions | ({OWN_ERRORS: own_errors.digest(errors)} if errors else {})


def _check_same(task: Task) -> None:
    import platform

    versions, own = task.versions, named(running(), task.errors)
    if own.get(OWN_ERRORS) != versions.get(OWN_ERRORS):
        raise ScenarioError(
            f"A shard came with other errors than the run: {own.get(OWN_ERRORS)}, here {versions.get(OWN_ERRORS)}.",
            where="Draws from different errors are not draws of one distribution.",
            hint="dg.project(observed, to=…, draws=1000, errors=errors)",
        )
    other = [name for name in versions if own.get(name) != versions[name]]
    if other:
        raise ScenarioError(
            f"A worker runs another version: {other[0]} {own.get(other[0])}, here {versions[other[0]]}.",
            where=[
                f"The worker is on {platform.node()}.",
                "Draws made by different versions are not draws of one distribution.",
            ],
            hint=f"Type on every worker: pip install demografi=={versions['demografi']} numpy=={versions['numpy']} "
            f"scipy=={versions['scipy']}",
        )


def _places(task: Task, draws: range) -> Iterator[tuple[int, Floats]]:
    """Give each place's figures, (D, T, K), a county at a time: its places share draws."""
    from demografi import uncertainty

    cells = np.broadcast_to(task.cells, (*task.persons.shape[:2], task.cells.shape[-1]))
    for inside in _blocks(task.counties):
        codes, counties = task.codes[inside], task.counties[inside]
        persons = task.persons[:, inside]
        factors = uncertainty.draw_factors(_model(task.errors), persons, counties, draws, task.seed, places=codes)
        for n, place in enumerate(inside.tolist()):
            yield place, _summed(factors[:, :, n, task.group] * cells[:, place], task.into)


def _blocks(counties: Ints) -> Iterator[Ints]:
    """Give the places of one county after another, so many that their factors take little room."""
    for county in dict.fromkeys(counties.tolist()):
        inside = np.flatnonzero(counties == county)
        for first in range(0, len(inside), MOST_TOGETHER):
            yield inside[first : first + MOST_TOGETHER]


def _summed(columns: Floats, into: Ints) -> Floats:
    """Sum columns (D, T, C) to figures (D, T, K), term by term: no blocking changes a bit."""
    figures = int(into.max()) + 1
    if figures == len(into):
        return columns
    out = np.zeros((*columns.shape[:-1], figures))
    for column, figure in enumerate(into.tolist()):
        out[..., figure] += columns[..., column]
    return out


def made(task: Task, draws: range) -> Floats:
    """Make draws here and now, (D, T, R, K)."""
    out = np.zeros((len(draws), *task.shape))
    for place, figures in _places(task, draws):
        out[:, :, 0 if task.together else place] += figures
    return out


def _shard_of_values(task: Task, edges: None, draws: range) -> tuple[int, Floats]:
    _check_same(task)
    return draws.start, made(task, draws)


def _shard_of_counts(task: Task, edges: Edges, draws: range) -> tuple[int, np.ndarray]:
    """Return counts (R, T, K, BINS + 2) in the smallest whole numbers that hold them."""
    _check_same(task)
    years, places, figures = task.shape
    counts = np.zeros((places, years, figures, BINS + 2), np.min_scalar_type(len(draws)))
    for first in range(draws.start, draws.stop, SHARD):
        part = range(first, min(first + SHARD, draws.stop))
        each = enumerate(made(task, part).swapaxes(0, 2)) if task.together else _places(task, part)
        for place, drawn in each:
            values = drawn.swapaxes(0, 1) if task.together else drawn
            counts[place] += count(values, at(edges, place)).astype(counts.dtype)
    return draws.start, counts


def at(edges: Edges, place: int) -> Edges:
    """Take a place's edges out of those of all, (T, R, K)."""
    return Edges(*(end[:, place] for end in edges))


def gathered(task: Task, draws: int, progress: Progress | None = None) -> Floats:
    """Make all draws, (D, T, R, K); the same bytes wherever they are made."""
    out = np.empty((draws, *task.shape))
    shards = [range(first, min(first + SHARD, draws)) for first in range(0, draws, SHARD)]
    for part, values in _told(_each(_shard_of_values, task, None, shards), draws, progress):
        out[part.start : part.stop] = values
    return out


def counted(task: Task, draws: int, progress: Progress | None = None) -> tuple[np.ndarray, Edges]:
    """Count all draws, (R, T, K, BINS + 2), between edges fixed by the first of them."""
    edges = edges_of(gathered(task, min(PILOT, draws)))
    years, places, figures = task.shape
    counts = np.zeros((places, years, figures, BINS + 2), np.min_scalar_type(draws))
    width = max(SHARD, -(-draws // MOST_COUNTED))
    shards = [range(first, min(first + width, draws)) for first in range(0, draws, width)]
    for _, found in _told(_each(_shard_of_counts, task, edges, shards), draws, progress):
        counts += found
    return counts, edges


def _told(results: Iterator[tuple[range, Any]], draws: int, progress: Progress | None) -> Iterator[tuple[range, Any]]:
    done = 0
    for part, result in results:
        yield part, result
        done += len(part)
        if progress:
            progress(done, draws)


def _each(
    work: Callable[[Task, Any, range], tuple[int, Any]], task: Task, edges: Edges | None, shards: list[range]
) -> Iterator[tuple[range, Any]]:
    """Give every shard once, in any order, those of lost processes made again."""
    from joblib import Parallel, delayed

    waiting = {shard.start: shard for shard in shards}
    for lost in range(MOST_LOST + 1):
        jobs = [delayed(work)(task, edges, shard) for shard in waiting.values()]
        # Arrays are sent, not mapped: no files beside. One shard at a time: little is lost with a process.
        results = Parallel(return_as="generator_unordered", batch_size=1, max_nbytes=None)(jobs)
        try:
            for first, found in results:
                yield waiting.pop(first), found
            return
        except BrokenProcessPool as error:
            if lost == MOST_LOST:
                raise _given_up(len(waiting)) from error
        finally:
            results.close()


def _given_up(shards: int) -> ScenarioError:
    return ScenarioError(
        f"Processes were lost {MOST_LOST + 1} times; {shards} shards are not made.",
        where="They were stopped from outside, most often because memory ran out.",
        hint="Use fewer at once: joblib.parallel_config(n_jobs=1)",
    )
