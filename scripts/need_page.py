"""Write the tables of docs/need.md: the departures, how much coverage has moved, and how often intervals held.

    python scripts/need_page.py departures
    python scripts/need_page.py changes
    python scripts/need_page.py score        # users 80+ at past launches, with what was known then

The last reads the folder DEMOGRAFI_REFERENCE (default ../shared/reference). Launches 2016–2021; the errors of population are
those known in 2016, the changes of coverage those known at each launch.
"""

from __future__ import annotations

import sys

import numpy as np
import pandas as pd

from demografi.evaluation.past_errors import past_errors
from demografi.evaluation.users import user_rows, user_summary
from demografi.needs import departures
from demografi.needs.drawing import EFFORT, SERIES, coverage_changes, effort_changes
from demografi.rates import Settings
from demografi.sources.reference import read_reference
from demografi.uncertainty import fit_errors

KNOWN_TO = 2016
LAUNCHES = range(2016, 2022)
LAST = 2026
HORIZONS = (1, 3, 5, 10)
DRAWS, SEED = 1000, 1


def score() -> pd.DataFrame:
    """Return hit rates by measure, single place or sum, and years ahead."""
    reference = read_reference()
    model = fit_errors(past_errors(reference, KNOWN_TO, Settings()))
    rows = [
        user_rows(reference, launch, [h for h in HORIZONS if launch + h <= LAST], model, DRAWS, SEED)
        for launch in LAUNCHES
    ]
    return user_summary(pd.concat(rows, ignore_index=True))


def departure_page() -> str:
    """Write the departures as a table, in the order they are applied."""
    lines = [
        "| | departure | changes | parameter, neutral at | also | what it does | published | source |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for row in departures().to_dict("records"):
        parameter = f"`{row['parameter']}`, {row['neutral']}"
        also = " ".join(f"`{name}`" for name in row["also"].split())
        cells = (row["order"], f"`{row['key']}`", row["changes"], parameter, also, row["formula"])
        lines.append("| " + " | ".join((*cells, row["published"], row["source"])) + " |")
    return "\n".join(lines)


def change_page(known_to: int = LAST - 1) -> str:
    """Write the standard deviation of the logarithm over 5 and 10 years, per cent."""
    lines = [
        "| | group | all share: 5 / 10 years | one place alone: 5 / 10 years | noise of 100 users |",
        "| --- | --- | --- | --- | --- |",
    ]
    for names, model in ((SERIES, coverage_changes(known_to)), (EFFORT, effort_changes(known_to))):
        for k, (service, group) in enumerate(names):
            spread = [
                " / ".join(f"{100 * np.sqrt(part[0, k] * h + part[1, k] * h**2):.0f}" for h in (5, 10))
                for part in (model.common, model.local)
            ]
            name = "person-years per expected user" if names == EFFORT else service.replace("_", " ")
            lines.append(f"| {name} | {group} | {' | '.join(spread)} | {100 * np.sqrt(2 * model.noise[k] / 100):.0f} |")
    return "\n".join(lines)


def score_page(table: pd.DataFrame) -> str:
    """Write the summary as the table of docs/need.md."""
    lines = [
        "| users 80+ | of | years ahead | n | launches | hit 50 / 80 / 95 | width 80 | population only: hit 80 | bias |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for row in table.to_dict("records"):
        hits = " / ".join(f"{row[f'hit_{level}']:.0f}" for level in ("50", "80", "95"))
        name = str(row["measure"]).replace("_", " ")
        lines.append(
            f"| {name} | {row['kind']} | {row['horizon']} | {row['n']:.0f} | {row['launches']} | {hits} "
            f"| {row['width_80']:.0f} | {row['hit_p_80']:.0f} | {row['bias']:+.0f} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["departures"]:
            print(departure_page())
        case ["changes"]:
            print(change_page())
        case ["score"]:
            print(score_page(score()))
        case _:
            raise SystemExit("Usage: python scripts/need_page.py departures | changes | score")
