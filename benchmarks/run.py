"""Measure what DESIGN promises, as ratios in one run: python benchmarks/run.py

Each line: what, seconds (best of several), the bar, and whether it held on this machine in this run.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

HELLO = "import demografi as dg; dg.project(dg.example(), to=2040).plot()"
REPORT = """
import demografi as dg, sys
observed = dg.example()
dg.report(dg.gap(dg.need(dg.project(observed, to=2040)), dg.supply(observed, to=2040)), sys.argv[1])
"""


def best(code: str, *arguments: str, repeats: int = 5) -> float:
    """Return the shortest wall time of a fresh interpreter [seconds]."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        subprocess.run([sys.executable, "-c", code, *arguments], check=True)
        times.append(time.perf_counter() - start)
    return min(times)


def main() -> None:
    """Print the table."""
    bare = best("pass")
    pandas = best("import pandas") - bare
    ours = best("import demografi") - bare
    hello = best(HELLO, repeats=3)
    with tempfile.TemporaryDirectory() as folder:
        report = best(REPORT, str(Path(folder) / "report"), repeats=2)
    print(f"{'what':<46}{'seconds':>9}  bar")
    for what, seconds, bar, holds in (
        ("import pandas", pandas, "", True),
        ("import demografi", ours, "under half of import pandas", ours < pandas / 2),
        ("hello world (project and plot, ten places)", hello, "under 3 s", hello < 3),
        ("report of Lakseregionen", report, "under 30 s on two cores", report < 30),
    ):
        print(f"{what:<46}{seconds:9.2f}  {bar}{'' if holds else '   MISSED'}")
    print(f"import demografi / import pandas = {ours / pandas:.2f}")


if __name__ == "__main__":
    main()
