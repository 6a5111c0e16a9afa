"""Score intervals of users aged 80 and over at past launches, with what was known then.

    python scripts/score_users.py                     # prints the tables of docs/need.md

Reads the folder DEMOGRAFI_REFERENCE (default ../shared/reference). Launches 2016–2021; the errors of population are those
known in 2016, the changes of coverage those known at each launch.
"""

from __future__ import annotations

import pandas as pd

from demografi.evaluation.past_errors import past_errors
from demografi.evaluation.users import user_rows, user_summary
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


def page(table: pd.DataFrame) -> str:
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
    print(page(score()))
