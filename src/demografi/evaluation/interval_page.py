"""The tables of the uncertainty page, written from scored intervals: no number in them is typed."""

from __future__ import annotations

from collections.abc import Hashable
from itertools import pairwise

import numpy as np
import pandas as pd

from demografi.evaluation.alternatives import beside_alternatives
from demografi.evaluation.intervals import SIZES, summary_of_intervals

__all__ = ["alternatives_table", "interval_tables"]

AGES = ("total", "80+", "90+", "20-66", "0-15")
KINDS = {"municipality": "single municipality", "ten": "ten together", "county": "county"}
DONE, AIM = (72, 88), (77, 85)


def interval_tables(table: pd.DataFrame, title: str) -> str:
    """Return the hit rates, widths and scores of intervals as Markdown.

    Parameters
    ----------
    table
        Rows of `interval_rows`, for all launches scored.
    title
        Heading: which launches, and what the model was fitted on.
    """
    parts = [f"## {title}\n"]
    for horizon, rows in table.groupby("horizon"):
        launches = sorted(set(rows["launch"]))
        span = f"{launches[0]}–{launches[-1]}" if len(launches) > 1 else f"{launches[0]} alone"
        parts.append(f"\n### {horizon} years ahead, launches {span}\n\n{_by_age(rows)}")
        parts.append(f"\nHit rate of the 80 % interval by inhabitants, single municipalities:\n\n{_sizes(rows)}")
    return "\n".join(parts)


def alternatives_table(table: pd.DataFrame) -> str:
    """Return our interval of 80 % beside Statistics Norway's low and high alternatives as Markdown."""
    lines = []
    for row in beside_alternatives(table).itertuples(index=False):
        if row.age_group in AGES:
            cells = [str(row.horizon), str(row.age_group), f"{row.n} ({row.launches})"]
            cells += [f"{row.hit:.0f}", f"{row.width:.1f}", f"{row.score:.1f}"]
            lines.append([*cells, f"{row.hit_ssb:.0f}", f"{row.width_ssb:.1f}", f"{row.score_ssb:.1f}"])
    header = ["years ahead", "age", "cases (launches)", "hit", "width", "score", "LLML–HHMH: hit", "width", "score"]
    return _markdown(header, lines)


def _by_age(rows: pd.DataFrame) -> str:
    found = summary_of_intervals(rows, ["kind", "age_group"]).set_index(["kind", "age_group"])
    header = ["unit", "age", "hit 50 / 80 / 95", "72–88 · 77–85", "width 80", "score 80", "CRPS"]
    header += ["quantiles: hit 50 / 80 / 95", "width", "score"]
    lines = []
    for kind, name in KINDS.items():
        for age in AGES:
            row = found.loc[[(kind, age)]].iloc[0].astype(float).to_dict()
            cells = [name, age, _hits(row, ""), _verdict(row["hit_80"])]
            cells += [f"{row[c]:.1f}" for c in ("width_80", "score_80", "crps")]
            cells += [_hits(row, "q_"), f"{row['width_q_80']:.1f}", f"{row['score_q_80']:.1f}"]
            lines.append(cells)
    return _markdown(header, lines)


def _hits(row: dict[Hashable, float], method: str) -> str:
    return " / ".join(f"{row[f'hit_{method}{level}']:.0f}" for level in (50, 80, 95))


def _verdict(hit: float) -> str:
    done = "met" if DONE[0] <= hit <= DONE[1] else "missed"
    aim = "met" if AIM[0] <= hit <= AIM[1] else "missed"
    return f"{done} · {aim}"


def _sizes(rows: pd.DataFrame) -> str:
    rows = rows[(rows["kind"] == "municipality") & rows["age_group"].isin(AGES)]
    names = [f"under {SIZES[0]:,}", *(f"{low:,}–{high:,}" for low, high in pairwise(SIZES)), f"over {SIZES[-1]:,}"]
    named = rows.assign(size=np.searchsorted(SIZES, rows["inhabitants"], side="right"))
    found = summary_of_intervals(named, ["size", "age_group"]).set_index(["size", "age_group"])["hit_80"]
    lines = [[name, *(f"{found[k, age]:.0f}" for age in AGES)] for k, name in enumerate(names)]
    return _markdown(["inhabitants", *AGES], lines)


def _markdown(header: list[str], lines: list[list[str]]) -> str:
    rows = [header, ["---"] * len(header), *lines]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows) + "\n"
