"""800,000 cells from the parsed reply to a table: our reader against pyjstat, in one run.

    python benchmarks/jsonstat.py

The bars are in time (seconds, and share of pyjstat's) and in memory (multiples of the values).
"""

from __future__ import annotations

import json
import math
import sys
import time
import tracemalloc
import warnings
from typing import Any

import numpy as np
from pyjstat import pyjstat

from demografi.sources import jsonstat

SIZES = {"Region": 100, "Kjonn": 2, "Alder": 100, "ContentsCode": 4, "Tid": 10}
MOST_SECONDS, MOST_MEMORY, LEAST_RATIO = 0.1, 3.0, 40.0


def drawn_reply() -> dict[str, Any]:
    rng = np.random.default_rng(2026)
    cells = math.prod(SIZES.values())
    value: list[int | None] = rng.integers(0, 5_000, cells).tolist()
    status = {}
    for cell in rng.choice(cells, cells // 100, replace=False).tolist():
        value[cell], status[str(cell)] = None, (".", "..", ":")[cell % 3]
    dimension = {
        name: {
            "label": name,
            "category": {
                "index": {f"{name}{place:03}": place for place in range(size)},
                "label": {f"{name}{place:03}": f"{name} number {place}" for place in range(size)},
            },
        }
        for name, size in SIZES.items()
    }
    reply: dict[str, Any] = {"version": "2.0", "class": "dataset", "id": list(SIZES), "size": list(SIZES.values())}
    reply |= {"dimension": dimension}
    return json.loads(json.dumps(reply | {"value": value, "status": status}))


def best_seconds(reply: dict[str, Any], times: int) -> float:
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        jsonstat.parse(reply).to_frame()
        taken.append(time.perf_counter() - start)
    return min(taken)


def memory_in_values(reply: dict[str, Any]) -> tuple[float, float]:
    """Give what the table holds and the peak while it is made, both as multiples of its values."""
    tracemalloc.start()
    frame = jsonstat.parse(reply).to_frame()
    held, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return held / frame["value"].nbytes, peak / frame["value"].nbytes


def pyjstat_seconds(reply: dict[str, Any]) -> float:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        start = time.perf_counter()
        (other,) = pyjstat.from_json_stat(reply, naming="id")
        taken = time.perf_counter() - start
    own = jsonstat.parse(reply).to_frame()
    np.testing.assert_array_equal(own["value"].to_numpy(), other["value"].to_numpy(dtype=float))
    return taken


def main() -> int:
    reply = drawn_reply()
    best_seconds(reply, 1)
    ours, (held, peak), theirs = best_seconds(reply, 5), memory_in_values(reply), pyjstat_seconds(reply)
    print(f"cells                     {math.prod(SIZES.values()):,}")
    print(f"ours, best of five        {ours:.3f} s   (bar {MOST_SECONDS} s)")
    print(f"pyjstat, once             {theirs:.3f} s   ({theirs / ours:.0f} times ours; bar {LEAST_RATIO:.0f})")
    print(f"memory held / peak        {held:.2f} / {peak:.2f} times the values   (bar {MOST_MEMORY:.0f})")
    met = ours <= MOST_SECONDS and peak <= MOST_MEMORY and theirs / ours >= LEAST_RATIO
    print("all bars met" if met else "A BAR IS NOT MET")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
