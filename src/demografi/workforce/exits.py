"""Who leaves at which age: published mean exit ages, the hazards that give them back, hazards of a history."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from demografi.errors import ScenarioError, TableError
from demografi.sources import shipped

if TYPE_CHECKING:
    from collections.abc import Mapping

    from demografi.rates.pooling import Floats

__all__ = [
    "AGES",
    "CAUSES",
    "ENTRY_AGE",
    "EXIT_AGE",
    "EXIT_AGE_SD",
    "checked",
    "cliff",
    "exit_ages",
    "exit_hazards",
    "fit_exits",
    "left_alive",
    "mean_exit_age",
    "shifted",
]

AGES = np.arange(16, 80)
"""Completed ages of staff on 1 January; the last is open."""
ENTRY_AGE = 25
"""Where the spread of ages and the presets begin; an assumption, said with them."""
EXIT_AGE = 64.4
"""Mean age at leaving with AFP or old-age pension, nurses, 2021 (KLP in Sykepleien, November 2022)."""
EXIT_AGE_SD = 10 / 12
"""How far the mean exit age of health and care moved in four years, 2016–2020 (KS PAI) [years]."""
CAUSES = ("old_age", "disability", "death", "turnover")
DEFAULT = "klp_pension"


@cache
def exit_ages() -> pd.DataFrame:
    """Return the published mean exit ages: ``preset sex old_age all_causes of year source trust`` [years].

    Means are published, not hazards: that everyone leaves at the mean age, and that disability strikes evenly over age,
    are assumptions of this library.
    """
    with files("demografi").joinpath("data", "exit_ages.csv").open(encoding="utf-8") as file:
        return pd.read_csv(file, dtype={"year": "str"}, keep_default_na=True)


def cliff(age: float) -> Floats:
    """Return hazards by completed age on 1 January of a staff who all leave on the day they reach an exact age.

    Examples
    --------
    >>> cliff(64.4)[AGES >= 62].round(3)[:4].tolist()
    [0.0, 0.6, 1.0, 1.0]
    """
    alive = np.clip(age - AGES, 0.0, 1.0)
    after = np.append(alive[1:], 0.0)
    return np.asarray(1.0 - np.divide(after, alive, out=np.zeros_like(alive), where=alive > 0))


def left_alive(hazards: Floats) -> Floats:
    """Return the share still at work at each age, of those who begin at the first one."""
    stay = np.cumprod(1.0 - hazards, axis=-1)
    return np.concatenate([np.ones_like(stay[..., :1]), stay[..., :-1]], axis=-1)


def mean_exit_age(hazards: Floats, entry: int = ENTRY_AGE) -> float:
    """Return the mean age at leaving in a staff that has always been joined by as many, at one age [years].

    One who is counted at completed age a on 1 January and leaves within the year is a + 1 on average.

    Examples
    --------
    >>> round(mean_exit_age(cliff(62.9)), 6)
    62.9
    """
    hazards = np.where(entry <= AGES, hazards, 0.0)
    exits = left_alive(hazards) * hazards
    return float((exits * (AGES + 1)).sum() / exits.sum())


def shifted(hazards: Floats, years: Floats | float) -> Floats:
    """Let everyone leave some years later; the mean exit age moves by just as much.

    Parameters
    ----------
    hazards
        (…, age) by completed age on 1 January.
    years
        One number, or one for each draw [years]; then the draws come first in the result.
    """
    alive = left_alive(hazards)
    past = np.concatenate([alive, np.zeros_like(alive[..., :1])], axis=-1)
    where = np.arange(len(AGES) + 1)[None] - np.atleast_1d(np.asarray(years, dtype=float))[:, None]
    low = np.floor(where).astype(int)
    part = where - low
    below, above = (np.clip(low + k, 0, len(AGES)) for k in (0, 1))
    moved = past[..., below] * (1 - part) + past[..., above] * part
    now, then = moved[..., :-1], moved[..., 1:]
    out = 1.0 - np.divide(then, now, out=np.zeros_like(now), where=now > 1e-12)
    out = np.asarray(np.moveaxis(out, -2, 0).clip(0.0, 1.0))
    return out if np.ndim(years) else out[0]


def exit_hazards(
    preset: str = DEFAULT, *, turnover: float | Mapping[int, float] | None = None, deaths: bool = False
) -> pd.DataFrame:
    """Make hazards of leaving from a published mean exit age.

    Parameters
    ----------
    preset
        A row of :func:`exit_ages`.
    turnover
        Share leaving the sector in a year for other reasons, at every age or by age [0–1]. No source gives it for a
        place: none unless you do.
    deaths
        Add the nation's mortality, from this library's own estimates.

    Returns
    -------
    pandas.DataFrame
        ``occupation sexes cause age hazard``, by completed age on 1 January [share leaving within the year].
        Everyone leaves at the published age; disability strikes evenly from age 25, so often that the published mean
        of all causes comes back.

    Raises
    ------
    ScenarioError
        No preset has that name.
    TableError
        A share lies outside 0–1.

    Examples
    --------
    >>> int(exit_hazards("ks_health").query("hazard > 0")["age"].min())
    61
    """
    rows = exit_ages()
    rows = rows[rows["preset"] == preset]
    if rows.empty:
        raise ScenarioError(
            f"No published exit age is called {preset!r}.",
            where=f"There is {', '.join(dict.fromkeys(exit_ages()['preset']))}.",
            hint="dg.workforce.exit_ages()",
        )
    parts = []
    for row in rows.to_dict("records"):
        old_age = cliff(float(row["old_age"]))
        causes = {"old_age": old_age}
        if not np.isnan(row["all_causes"]):
            causes["disability"] = _even_disability(old_age, float(row["all_causes"]))
        if deaths:
            causes["death"] = _deaths(str(row["sex"]))
        if turnover is not None:
            causes["turnover"] = _by_age(turnover)
        parts += [
            pd.DataFrame({"sexes": row["sex"], "cause": cause, "age": AGES, "hazard": values})
            for cause, values in causes.items()
        ]
    return checked(pd.concat(parts, ignore_index=True))


def _by_age(given: float | Mapping[int, float]) -> Floats:
    if isinstance(given, (int, float)):
        return np.full(len(AGES), float(given))
    return np.array([float(given.get(int(age), 0.0)) for age in AGES])


def _even_disability(old_age: Floats, mean: float) -> Floats:
    from scipy.optimize import brentq

    def together(level: float) -> Floats:
        even = np.where(AGES >= ENTRY_AGE, level, 0.0)
        return np.asarray(1 - (1 - even) * (1 - old_age))

    level = brentq(lambda level: mean_exit_age(together(level)) - mean, 0.0, 0.5, xtol=1e-14)
    return np.where(AGES >= ENTRY_AGE, level, 0.0)


def _deaths(sex: str) -> Floats:
    from demografi.projection.fitting import from_table

    _, _, parameters = from_table(shipped.read("projection_parameters"))
    survival = np.asarray(parameters.survival)[0]
    chosen = {"female": survival[0], "male": survival[1], "both": survival.mean(axis=0)}[sex]
    return np.asarray(1.0 - chosen[AGES])


def checked(hazards: pd.DataFrame) -> pd.DataFrame:
    """Return hazards of every cause and age, or refuse them.

    Raises
    ------
    TableError
        A column is lacking, a row stands twice, a cause is not known, or a hazard lies outside 0–1.
    """
    lacking = [name for name in ("cause", "age", "hazard") if name not in hazards.columns]
    if lacking:
        raise TableError(
            f"The hazards of leaving lack the column {lacking[0]!r}.",
            where=f"Seen: {', '.join(map(str, hazards.columns))}.",
            hint="Wanted: cause age hazard, and sex or occupation where they differ.",
        )
    table = hazards.copy()
    table = table.rename(columns={"sex": "sexes"})
    for name, anyone in (("sexes", "both"), ("occupation", "all")):
        table = table if name in table else table.assign(**{name: anyone})
    odd = sorted(set(table["cause"]) - set(CAUSES))
    if odd:
        raise TableError(
            f"Nobody is said to leave by the cause {odd[0]!r}.",
            where=f"There is {', '.join(CAUSES)}.",
            hint="table['cause'] = 'turnover'",
        )
    wrong = table[~table["hazard"].between(0, 1)]
    if len(wrong):
        row = wrong.iloc[0]
        raise TableError(
            f"The hazard of leaving by {row['cause']} at age {row['age']} is {row['hazard']:g}.",
            where="A hazard is the share leaving within a year, from 0 to 1.",
            hint="Divide per cent by 100.",
        )
    key = ["occupation", "sexes", "cause", "age"]
    if table.duplicated(key).any():
        row = table[table.duplicated(key)].iloc[0]
        raise TableError(
            f"The hazard of leaving by {row['cause']} at age {row['age']} stands twice.",
            hint="Give one row for each occupation, sex, cause and age.",
        )
    return table[[*key, "hazard"]]


def fit_exits(history: pd.DataFrame, cause: str = "turnover", knots: int = 4) -> pd.DataFrame:
    """Fit hazards of leaving to the user's own history.

    Parameters
    ----------
    history
        ``age exposed exits``: how many were counted at each completed age on 1 January and how many of them left
        within the year, years added together [persons].
    cause
        What they left by; give a history of each cause on its own.
    knots
        How much the hazard may bend over age (natural cubic spline on the logit; binomial, statsmodels).

    Returns
    -------
    pandas.DataFrame
        ``occupation sexes cause age hazard``. Outside the ages counted the nearest counted age's hazard holds.

    Raises
    ------
    TableError
        A column is lacking, nobody left, or more left than were counted.
    """
    lacking = [name for name in ("age", "exposed", "exits") if name not in history.columns]
    if lacking:
        raise TableError(f"The history of exits lacks the column {lacking[0]!r}.", hint="Wanted: age exposed exits.")
    table = history.groupby("age", as_index=False)[["exposed", "exits"]].sum()
    table = table[table["exposed"] > 0]
    wrong = table[(table["exits"] > table["exposed"]) | (table["exits"] < 0)]
    if len(wrong) or table["exits"].sum() == 0:
        where = f"Age {wrong['age'].iloc[0]}." if len(wrong) else "There are no exits."
        raise TableError("No hazards can be fitted to this history.", where=where, hint="Check exposed and exits.")
    import statsmodels.api as sm
    import statsmodels.formula.api as smf

    table = table.assign(stayed=table["exposed"] - table["exits"])
    bend = f"cr(age, df={min(knots, len(table) - 1)}) - 1" if len(table) > knots else "1"
    fitted = smf.glm(f"exits + stayed ~ {bend}", table, family=sm.families.Binomial()).fit()
    inside = pd.DataFrame({"age": np.clip(AGES, table["age"].min(), table["age"].max()).astype(float)})
    return checked(pd.DataFrame({"cause": cause, "age": AGES, "hazard": np.asarray(fitted.predict(inside))}))
