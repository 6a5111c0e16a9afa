"""Draws to a file as they are made: whole or not at all, and never more than a few of them in memory."""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from demografi.errors import ScenarioError, SourceError
from demografi.projection import draws as draws_of
from demografi.projection.arrays import SEXES
from demografi.projection.shards import made

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pyarrow as pa

    from demografi.projection import Projection
    from demografi.projection.shards import Progress, Task

__all__ = ["write"]

ROWS = 1_000_000
"""About as many rows are in memory at a time, and in a row group of the file."""


def write(
    projection: Projection,
    drawn: Projection,
    path: Path,
    age_groups: Sequence[str] | None,
    progress: Progress | None,
) -> Path:
    """Write the draws of a projection, or of the members whose total it is."""
    if not drawn.facts["draws"]:
        raise ScenarioError("The projection has no draws.", where="It is one path.", hint=draws_of.NO_DRAWS)
    if not path.parent.is_dir():
        raise SourceError(f"There is no folder '{path.parent}'.", hint=f"mkdir -p {path.parent}")
    together = projection is not drawn
    if age_groups is None:
        task = draws_of.task_of_cells(drawn, together=together)
        of_figure = [SEXES, range(task.shape[-1] // len(SEXES))]
        names = ["sex", "age"]
    else:
        task = draws_of.task_of_groups(drawn, list(age_groups), together=together)
        of_figure, names = [list(age_groups)], ["age_group"]
    years = range(projection.launch, projection.to + 1)
    cells = pd.MultiIndex.from_product(
        [years, projection.region.members, *of_figure], names=["year", "region", *names]
    ).to_frame(index=False)
    cells = cells[["region", "year", *names]]
    _write_whole(path, _tables(task, cells, int(drawn.facts["draws"]), _about(projection), progress))
    return path


def _tables(
    task: Task, cells: pd.DataFrame, draws: int, about: dict[bytes, bytes], progress: Progress | None
) -> Iterator[pa.Table]:
    """Give a few draws at a time as rows."""
    import pyarrow as pa

    width = max(1, ROWS // len(cells))
    keys = pa.Table.from_pandas(cells, preserve_index=False).replace_schema_metadata(about)
    block = pa.concat_tables([keys] * min(width, draws)).combine_chunks()
    for first in range(0, draws, width):
        part = range(first, min(first + width, draws))
        persons = pa.array(made(task, part).reshape(-1))
        numbers = pa.array(np.repeat(np.arange(part.start, part.stop), len(cells)))
        rows = block.slice(0, len(part) * len(cells))
        yield rows.append_column("persons", persons).append_column("draw", numbers)
        if progress:
            progress(part.stop, draws)


def _write_whole(path: Path, tables: Iterator[pa.Table]) -> None:
    """Write aside, and move when whole: an interrupt leaves nothing behind."""
    import pyarrow.parquet as pq

    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    os.close(handle)
    try:
        first = next(tables)
        with pq.ParquetWriter(name, first.schema, compression="zstd") as file:
            file.write_table(first)
            for table in tables:
                file.write_table(table)
        os.chmod(name, 0o666 & ~_umask())
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _about(projection: Projection) -> dict[bytes, bytes]:
    """Return what the file says of itself, as ``save`` does."""
    about: dict[str, Any] = {
        "noun": "Draws",
        "facts": dict(projection.facts),
        "cautions": list(projection.cautions),
        "sources": [asdict(source) for source in projection.sources],
    }
    return {b"demografi": json.dumps(about, ensure_ascii=False, sort_keys=True).encode()}
