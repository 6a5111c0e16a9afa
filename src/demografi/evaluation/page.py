"""The accuracy page, written from a back-test: no number in it is typed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from demografi.evaluation.runs import OURS

if TYPE_CHECKING:
    from demografi.evaluation import Backtest

__all__ = ["accuracy_page"]

SCORED = {5: range(2016, 2022), 10: range(2016, 2017)}
EARLIER = {5: range(2010, 2016), 10: range(2010, 2016)}
GROUPS = ("total", "0-5", "6-15", "20-66", "67-79", "80-89", "90+", "80+", "structure")
SET_BESIDE = ("total", "20-66", "80+", "90+")
SSB_LAUNCHES = {5: (2010, 2011, 2012, 2014), 10: (2010, 2011, 2012, 2014)}

INTRO = """# How accurate is it?

Written by `demografi backtest --all --page docs/accuracy.md`; no number here is typed.

Every municipality of Norway, in 2024 borders, projected again from past launches with only what was
known then: stocks up to 1 January of the launch, deaths to the year before (at most 2023), fertility to
the year before (at most 2022), and Statistics Norway's newest national projection of that year or
earlier. Ålesund and Haram are one; Heim, Hitra, Orkland, Narvik and Hamarøy are projected but not
scored, because their history rests on a guessed split. Errors are per cent of what came; a measure is
taken per launch over {n} places and averaged over launches.

**What was chosen how.** Variants were chosen on outcomes up to 1 January 2016 only (`--outcomes-to 2016`
reads no later one). The launches from 2016 were scored once, after the choice was frozen. They are no
virgin test all the same: the method it starts from had been looked at on them before, and ten years
ahead there is one such launch. Read ± 0.1 into every figure.
"""


def accuracy_page(backtest: Backtest) -> str:
    """Return the page as Markdown, from a back-test of the whole country that includes launches 2010–2021."""
    n = int(backtest.scores(SCORED[5])["n"].max())
    parts = [INTRO.format(n=n)]
    for horizon, launches in SCORED.items():
        ahead = f"{horizon} years ahead, launches {_span(launches)}"
        parts.append(f"\n## {ahead}\n\n{_by_group(backtest, horizon, launches)}")
    parts.append(
        f"\n## Beside simple methods\n\nMean absolute error: total / 80+ / age structure.\n\n{_models(backtest)}"
    )
    parts.append(f"\n## By size\n\nMean absolute error of the total by inhabitants at launch.\n\n{_sizes(backtest)}")
    parts.append(f"\n## Beside Statistics Norway\n\n{_official(backtest)}")
    return "".join(parts)


def _span(launches: range) -> str:
    return f"{launches[0]}–{launches[-1]}" if len(launches) > 1 else str(launches[0])


def _rows(header: list[str], rows: list[list[str]]) -> str:
    lines = [f"| {' | '.join(header)} |", f"|{'---|' * len(header)}", *(f"| {' | '.join(row)} |" for row in rows)]
    return "\n".join(lines) + "\n"


def _of(table: pd.DataFrame, model: str, horizon: int) -> pd.DataFrame:
    return table[(table["model"] == model) & (table["horizon"] == horizon)].set_index("age_group")


def _by_group(backtest: Backtest, horizon: int, launches: range) -> str:
    found = _of(backtest.scores(launches), OURS, horizon)
    names = ["mape", "mdape", "malpe", "p90", "within5"]
    header = ["age", "mean absolute", "median absolute", "mean signed", "90th percentile", "within 5 %"]
    rows = [[g, *(f"{v:.2f}" if v == v else "" for v in found.loc[g, names])] for g in GROUPS if g in found.index]
    return _rows(header, rows)


def _models(backtest: Backtest) -> str:
    sets = [(5, EARLIER[5]), (5, SCORED[5]), (10, EARLIER[10]), (10, SCORED[10])]
    header = ["method", *(f"{h} years, {_span(launches)}" for h, launches in sets)]
    scores = [(h, backtest.scores(launches)) for h, launches in sets]
    rows = []
    for model in [m for m in scores[0][1]["model"].unique() if m != "SSB"]:
        cells = [_of(table, model, h)["mape"].reindex(["total", "80+", "structure"]) for h, table in scores]
        rows.append([model, *(" / ".join(f"{v:.2f}" for v in cell) for cell in cells)])
    return _rows(header, rows)


def _sizes(backtest: Backtest) -> str:
    tables = [backtest.by_size("total", launches).query("horizon == @h") for h, launches in SCORED.items()]
    wide = [table.set_index("size")["mape"] for table in tables]
    header = ["inhabitants", *(f"{h} years" for h in SCORED)]
    return _rows(header, [[str(size), *(f"{w[size]:.2f}" for w in wide)] for size in wide[0].index])


def _official(backtest: Backtest) -> str:
    table = backtest.to_frame()
    places = sorted({str(code) for code in table[table["model"] == "SSB"]["region"]})
    if not places:
        return "No municipal vintage of Statistics Norway is at hand.\n"
    rows = []
    for horizon, launches in SSB_LAUNCHES.items():
        scores = backtest.scores(launches, regions=places)
        for model in ("SSB", OURS):
            found = _of(scores, model, horizon)
            size, sign = found["mape"].to_dict(), found["malpe"].to_dict()
            cells = [f"{size[group]:.2f} ({sign[group]:+.2f})" for group in SET_BESIDE]
            rows.append([str(horizon), model, *cells])
        rows.append([str(horizon), "ours − SSB", *_paired(table, places, horizon, launches)])
    years = ", ".join([f"{launch:d}" for launch in SSB_LAUNCHES[5]])
    text = (
        f"The main alternative (MMMM) of the vintages at hand, {len(places)} municipalities of Telemark, the same\n"
        f"launches ({years}) and outcomes. Mean absolute error, mean signed error in brackets; the\n"
        "difference with its standard error over municipalities. So few places cannot tell apart methods that\n"
        "differ by less than about half a point at 80+.\n\n"
    )
    return text + _rows(["years", "projection", "total", "20–66", "80+", "90+"], rows)


def _paired(table: pd.DataFrame, places: list[str], horizon: int, launches: tuple[int, ...]) -> list[str]:
    rows = table[table["region"].isin(places) & (table["horizon"] == horizon) & table["launch"].isin(launches)]
    rows = rows[rows["observed"] > 0]
    rows = rows.assign(error=(100 * (rows["projected"] / rows["observed"] - 1)).abs())
    cells = []
    for group in SET_BESIDE:
        wide = rows[rows["age_group"] == group].pivot_table(index="region", columns="model", values="error")
        gap = wide[OURS] - wide["SSB"]
        cells.append(f"{gap.mean():+.2f} ± {gap.std(ddof=1) / len(gap) ** 0.5:.2f}")
    return cells
