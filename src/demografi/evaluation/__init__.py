"""How wrong has the method been: past launches, using only what was known then, beside simple methods and SSB's."""

from __future__ import annotations

from itertools import pairwise
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from demografi import labels
from demografi.errors import ScenarioError, SourceError, TableError
from demografi.evaluation.alternatives import beside_alternatives
from demografi.evaluation.held import INTERVALS, ends_of, held_table, made_at_launches, pit_table, reliability_of
from demografi.evaluation.launches import known_at, until
from demografi.evaluation.own_errors import fit_errors
from demografi.evaluation.runs import COLUMNS, NAMES, OURS, launch_rows, named_groups, simple_models
from demografi.evaluation.scores import percent_errors, structure_error, summary
from demografi.faces import years_shown
from demografi.projection import project
from demografi.projection.arrays import as_array
from demografi.regions import OfRegion, Region
from demografi.sources.reference import GUESSED_SPLITS, Reference, read_reference
from demografi.tables import Column, Contract, Source, source_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from matplotlib.axes import Axes

    from demografi.observed import Observed

__all__ = ["Backtest", "backtest", "backtest_country", "fit_errors", "known_at", "until"]

MOST_AHEAD = 10
EIGHT_GROUPS_FROM = 90
STRUCTURE = ("0-5", "6-15", "16-19", "20-44", "45-66", "67-79", "80-89", "90+")
IN_FACE = ("total", "80+")
SIZES = (2_000, 5_000, 10_000, 20_000, 50_000)

BACKTEST = Contract(
    "backtest",
    (
        Column("model", "text"),
        Column("launch", "integer"),
        Column("horizon", "integer", unit="years"),
        Column("year", "integer"),
        Column("region", "text"),
        Column("age_group", "text"),
        Column("projected", "number", "measure", "persons", "1 January of year"),
        Column("observed", "number", "measure", "persons", "1 January of year", may_be_missing=True),
    ),
)


class Backtest(OfRegion):
    """Projections made again at past launches, beside what came."""

    CONTRACTS: ClassVar[Mapping[str, Contract]] = MappingProxyType({"backtest": BACKTEST, "intervals": INTERVALS})

    def to_frame(self, level: float | None = None) -> pd.DataFrame:
        """Return ``model launch horizon year region age_group projected observed``; persons, unrounded.

        Parameters
        ----------
        level
            0.5, 0.8 or 0.95: adds ``low high level`` of our projection, missing where it has no interval.
        """
        table = self.table("backtest")
        return table if level is None else ends_of(table, self._intervals(), level, OURS)

    def hits(self, by: Sequence[str] = ("kind", "horizon", "age_group")) -> pd.DataFrame:
        """Return how often intervals held, how wide they were, and their scores, beside empirical quantiles.

        Parameters
        ----------
        by
            Any of ``kind`` (single places, their sum; for the whole country tens and counties too), ``horizon``,
            ``age_group``, ``launch``, ``size`` (inhabitants at launch) and ``unit``.

        Returns
        -------
        pandas.DataFrame
            ``n``, ``hit_50 hit_80 hit_95`` and ``width_80 score_80 crps`` [per cent of what came], and the same with
            ``_q`` for quantiles of past errors of the same size class. Taken per launch, then averaged.

        Raises
        ------
        ScenarioError
            The back-test was made without draws, or there is no such column.
        """
        return held_table(self._scored(), by)

    def pit(self, by: Sequence[str] = ("kind", "horizon", "age_group"), bins: int = 10) -> pd.DataFrame:
        """Return where outcomes fell among the draws: ``first last n share`` of each part; flat when all is right."""
        return pit_table(self._scored(), by, bins)

    def alternatives(self) -> pd.DataFrame:
        """Return our interval of 80 % beside SSB's low and high alternatives, which do not claim to be one.

        Returns
        -------
        pandas.DataFrame
            ``horizon age_group n launches hit width score hit_ssb width_ssb score_ssb``; no rows where no vintage of
            a launch year is at hand.
        """
        return beside_alternatives(self._intervals())

    def _intervals(self) -> pd.DataFrame:
        if "intervals" not in self.tables:
            raise ScenarioError(
                "This back-test has no intervals.",
                where="It was made without draws.",
                hint="dg.backtest(observed, launches=range(2010, 2022), draws=1000)",
            )
        return self.tables["intervals"]

    def _scored(self) -> pd.DataFrame:
        rows = self._intervals()
        return rows[~rows["unit"].isin(self.facts.get("not_scored", ()))]

    def scores(self, launches: Iterable[int] | None = None, *, regions: Iterable[str] | None = None) -> pd.DataFrame:
        """Return error measures by model, horizon and age group.

        Parameters
        ----------
        launches
            Launches to score; all by default. Each measure is taken per launch over regions, then averaged.
        regions
            Codes to score; all by default.

        Returns
        -------
        pandas.DataFrame
            ``model horizon age_group launches n mape mdape malpe p90 within5`` [per cent]; the age group
            ``structure`` is ½ Σ|projected − observed| over the eight groups ÷ observed, as mape. A region
            where nobody was observed is left out, and so are those whose history rests on a guessed split.
        """
        table = self.tables["backtest"]
        table = table[table["observed"].notna() & (table["horizon"] > 0)]
        if launches is not None:
            table = table[table["launch"].isin(list(launches))]
        if regions is None:
            table = table[~table["region"].isin(self.facts.get("not_scored", ()))]
        else:
            table = table[table["region"].isin(list(regions))]
        if table.empty:
            raise ScenarioError(
                "There is no outcome to score.",
                where=f"Launches: {sorted(set(self.tables['backtest']['launch']))}.",
                hint="backtest.scores()",
            )
        return _averaged(pd.concat([_by_launch(table), _structure(table)], ignore_index=True))

    def by_size(self, age_group: str = "total", launches: Iterable[int] | None = None) -> pd.DataFrame:
        """Return our error by inhabitants at launch: ``size horizon mape n`` [per cent]."""
        table = self.tables["backtest"]
        table = table[(table["model"] == OURS) & ~table["region"].isin(self.facts.get("not_scored", ()))]
        if launches is not None:
            table = table[table["launch"].isin(list(launches))]
        start = table[(table["horizon"] == 0) & (table["age_group"] == "total")]
        persons = start.set_index(["launch", "region"])["projected"].rename("persons")
        table = table[(table["age_group"] == age_group) & table["observed"].gt(0) & table["horizon"].gt(0)]
        table = table.join(persons, on=["launch", "region"])
        edges = [0, *SIZES, np.inf]
        names = [f"under {SIZES[0]:,}", *(f"{low:,}–{high:,}" for low, high in pairwise(SIZES)), f"over {SIZES[-1]:,}"]
        table["size"] = pd.cut(table["persons"], edges, right=False, labels=names)
        table["error"] = (100 * (table["projected"] / table["observed"] - 1)).abs()
        grouped = table.groupby(["size", "horizon"], observed=True)["error"]
        return grouped.agg(mape="mean", n="size").reset_index()

    def explain(self) -> pd.DataFrame:
        """Lead from what came to what was projected: ``observed`` + ``error`` = ``projected``, over all regions.

        Returns
        -------
        pandas.DataFrame
            ``model launch horizon age_group cause persons``.
        """
        table = self.tables["backtest"].dropna(subset="observed")
        keys = ["model", "launch", "horizon", "age_group"]
        sums = table.groupby(keys, sort=False)[["observed", "projected"]].sum().reset_index()
        sums.insert(len(keys) + 1, "error", sums["projected"] - sums["observed"])
        return sums.melt(keys, ["observed", "error", "projected"], var_name="cause", value_name="persons")

    def plot(
        self, age_group: str = "80+", language: str = "nb", *, by: str = "error", horizon: int = 5, **drawn: Any
    ) -> Axes:
        """Draw the mean absolute error by years ahead, ours beside the others, or how often intervals held.

        Parameters
        ----------
        age_group
            Of the error figure.
        language
            ``"nb"``, ``"nn"`` or ``"en"``.
        by
            ``"error"``, or ``"reliability"``: hit rates of intervals of 50, 80 and 95 % by age group.
        horizon
            Years ahead of the reliability figure.
        **drawn
            Goes to the figure: ``size`` and ``variant``.
        """
        from demografi import plots

        if by == "reliability":
            self._intervals()
            return reliability_of(self, horizon, language, **drawn)
        if by != "error":
            raise ScenarioError(
                f"A back-test has no figure by {by!r}.",
                where="There is 'error' and 'reliability'.",
                hint='backtest.plot(by="reliability")',
            )
        table = self.scores()
        table = table[table["age_group"] == age_group]
        lines = table.rename(columns={"model": "name", "horizon": "year", "mape": "value"})[["name", "year", "value"]]
        ours = lines[lines["name"] == OURS].set_index("year")["value"]
        say = {
            "group": age_group,
            "ahead": str(int(ours.index[-1])),
            "error": labels.number(float(ours.iloc[-1]), 1, language=language),
            "region": self.region.name,
        }
        words = plots.Words(
            title=labels.text("backtest_title", language, **say),
            subtitle=labels.text("backtest_subtitle", language, **say),
            note=labels.text("backtest_note", language, **say),
            source=source_line(self.own_sources, language),
            alt=labels.text("backtest_title", language, **say)
            + ". "
            + labels.text("backtest_subtitle", language, **say),
        )
        return plots.comparison(lines, words, focus=OURS, projected_from=None, language=language, **drawn)

    def _face_table(self) -> pd.DataFrame:
        table = self.scores()
        table = table[table["age_group"].isin(IN_FACE)]
        table = table[table["horizon"].isin(years_shown(1, int(table["horizon"].max())))]
        table = table.assign(name=table["model"] + ", " + table["age_group"], age=table["age_group"].map(IN_FACE.index))
        wide = table.sort_values("age", kind="stable").pivot_table("mape", "name", "horizon", sort=False)
        return wide.rename_axis("mean absolute error [%], years ahead")

    def _headline(self) -> str:
        table = self.scores()
        table = table[(table["model"] == OURS) & (table["age_group"] == "80+")]
        last = table.iloc[-1]
        return (
            f"80+ missed by {last['mape']:.1f} % on average {last['horizon']} years ahead ({last['launches']} launches)"
        )


def _by_launch(table: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for keys, part in table.groupby(["model", "launch", "horizon", "age_group"], sort=False):
        errors = percent_errors(part["projected"].to_numpy(), part["observed"].to_numpy())
        if np.isfinite(errors).any():
            rows.append((*keys, int(np.isfinite(errors).sum()), *summary(errors).values()))
    return pd.DataFrame(rows, columns=["model", "launch", "horizon", "age_group", "n", *MEASURES])


LAUNCHES = (*range(2008, 2022), 2026)
MEASURES = ("mape", "mdape", "malpe", "p90", "within5")


def _structure(table: pd.DataFrame) -> pd.DataFrame:
    groups = table[table["age_group"].isin(STRUCTURE)]
    keys = ["model", "launch", "horizon", "region"]
    wide = groups.pivot_table(index=keys, columns="age_group", values=["projected", "observed"])
    wide = wide.dropna()
    if wide.empty or wide.shape[1] < 2 * len(STRUCTURE):
        return pd.DataFrame()
    error = structure_error(wide["projected"][list(STRUCTURE)].to_numpy(), wide["observed"][list(STRUCTURE)].to_numpy())
    found = pd.Series(error, index=wide.index, name="mape").groupby(keys[:3], sort=False).agg(["mean", "size"])
    found = found.rename(columns={"mean": "mape", "size": "n"}).reset_index()
    return found.assign(age_group="structure")


def _averaged(by_launch: pd.DataFrame) -> pd.DataFrame:
    grouped = by_launch.groupby(["model", "horizon", "age_group"], sort=False)
    found = grouped[list(MEASURES)].mean()
    found.insert(0, "n", grouped["n"].max())
    found.insert(0, "launches", grouped["launch"].nunique())
    return found.reset_index()


def backtest(
    observed: Observed, launches: Iterable[int] = range(2010, 2022), *, draws: int = 0, seed: int = 1
) -> Backtest:
    """Make past projections again, using only what was known then, and set them beside what came.

    Parameters
    ----------
    observed
        A Norwegian region (the whole country's tables must be at hand, see ``DEMOGRAFI_REFERENCE``), or a country's
        own tables with deaths and births.
    launches
        Years to launch from.
    draws, seed
        With draws, launches from 2010 get intervals from the errors known at each: see :meth:`Backtest.hits`.

    Returns
    -------
    Backtest
        Ours, no change, linear, damped linear, CAGR, Hamilton–Perry, and SSB's vintage where it is at hand.

    Raises
    ------
    SourceError
        The whole country's tables are not at hand.
    ScenarioError
        A launch lies outside the figures.
    """
    if not observed.region_scheme.startswith("ssb-"):
        if draws:
            raise ScenarioError(
                "There is no record of past errors for these places.",
                where="A back-test draws from past projections of Norwegian municipalities.",
                hint="dg.backtest(observed, launches=…) without draws; intervals of today: dg.fit_errors(observed)",
            )
        return _own(observed, list(launches))
    reference = read_reference()
    absent = [code for code in observed.region.members if code not in reference.regions]
    if absent:
        raise SourceError(
            f"{observed.region.name_of(absent[0])} is not a place in the whole-country tables.",
            hint="Back-test its municipalities: dg.backtest(dg.example('Lakseregionen'))",
        )
    return backtest_country(reference, launches, region=observed.region, draws=draws, seed=seed)


def backtest_country(
    reference: Reference | Path | str | None = None,
    launches: Iterable[int] | None = None,
    *,
    horizons: range = range(MOST_AHEAD + 1),
    outcomes_to: int | None = None,
    region: Region | None = None,
    progress: Callable[[str], None] | None = None,
    draws: int = 0,
    seed: int = 1,
) -> Backtest:
    """Back-test every municipality of the country, or those of a region.

    Parameters
    ----------
    reference
        The tables, or the folder they lie in.
    launches, horizons
        Years to launch from, and years ahead (0 is the launch itself). By default 2008–2021 and 2026, those before
        ``outcomes_to``.
    outcomes_to
        Last 1 January whose figures may be read as outcomes; use it when choosing among variants.
    region
        Municipalities wanted; all by default.
    progress
        Called with a line for each launch.
    draws, seed
        With draws, launches from 2010 get intervals; of the whole country one, three, five and ten years ahead, with
        tens of neighbours and counties.
    """
    tables = reference if isinstance(reference, Reference) else read_reference(reference)
    newest = tables.first_year + len(tables.local) - 1
    last = newest if outcomes_to is None else outcomes_to
    years = [year for year in LAUNCHES if year < (outcomes_to or year + 1)] if launches is None else list(launches)
    if not years:
        raise ScenarioError(
            "There is no launch.",
            where=f"Outcomes are read to {last}; a launch comes before it.",
            hint=f"outcomes_to={newest}, or launches=[{last - 1}]",
        )
    wrong = [year for year in years if not tables.first_year < year <= last]
    if wrong:
        raise ScenarioError(
            f"A launch in {wrong[0]} lies outside the figures.",
            where=f"They begin on 1 January {tables.first_year}; outcomes are read to {last}.",
            hint=f"launches=range({tables.first_year + 3}, {last})",
        )
    parts = []
    for year in years:
        parts.append(launch_rows(tables, year, horizons, last, set(region.members) if region else None))
        if progress:
            progress(f"launch {year}: {len(parts[-1]):,} rows")
    whole = region or Region("norge", "Norge", tables.regions, "ssb-kommune-2024", tables.regions)
    not_scored = [code for units in GUESSED_SPLITS for code in units] if region is None else []
    facts = {"region": whole.to_dict(), "outcomes_to": last, "not_scored": not_scored, "lacking": {}}
    found = {"backtest": pd.concat(parts, ignore_index=True)}
    if draws:
        found["intervals"] = made_at_launches(tables, years, last, (draws, seed), region.members if region else None)
    return Backtest(found, facts, _SOURCES)


_SOURCES = (
    Source(
        "reference_population", "SSB", "07459", "Befolkning 1. januar, alle kommuner", "2005–2026", licence="NLOD 2.0"
    ),
)


def _own(observed: Observed, launches: list[int]) -> Backtest:
    """Back-test a country on its own tables: each launch sees only the rows before it."""
    years = np.sort(observed.population["year"].unique())
    members = observed.region.members
    oldest = int(observed.population["age"].max())
    absent = sorted(set(range(int(years[0]), int(years[-1]))) - set(years.tolist()))
    if absent or oldest < EIGHT_GROUPS_FROM:
        raise TableError(
            "The population cannot be back-tested.",
            where=[f"The year {year} is lacking." for year in absent]
            or f"The open age is {oldest}; scores are of age groups up to 90+.",
            hint="Give every 1 January and single ages to 90 or more.",
        )
    parts = []
    for launch in launches:
        if launch - 5 < years[0] or launch >= years[-1]:
            raise ScenarioError(
                f"A launch in {launch} lies outside the figures.",
                where=f"The population covers {years[0]}–{years[-1]}; five years come before a launch, one after.",
                hint=f"launches=range({years[0] + 5}, {years[-1]})",
            )
        horizon = min(MOST_AHEAD, int(years[-1]) - launch)
        projection = project(until(observed, launch), launch + horizon)
        ahead = np.arange(launch, launch + horizon + 1)
        stock = observed.population
        known = as_array(stock, "persons", years[years <= launch], members)
        seen = named_groups(as_array(stock, "persons", ahead, members))
        ours = named_groups(as_array(projection.to_frame(), "persons", ahead, members))
        for name, path in ((OURS, ours), *simple_models(known, horizon)):
            for h in range(horizon + 1):
                cells = {"projected": path[h].ravel(), "observed": seen[h].ravel()}
                keys = {"region": np.repeat(members, len(NAMES)), "age_group": np.tile(NAMES, len(members))}
                parts.append(
                    pd.DataFrame({**cells, **keys}).assign(model=name, launch=launch, horizon=h, year=launch + h)
                )
    table = pd.concat(parts, ignore_index=True)[COLUMNS]
    facts = {"region": observed.facts["region"], "outcomes_to": int(years[-1]), "lacking": {}}
    return Backtest({"backtest": table}, facts, observed.own_sources)
