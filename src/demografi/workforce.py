"""Hands: who works today, who of them is left later, and the gap to what is needed."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import numpy as np
import pandas as pd

from demografi import labels
from demografi.errors import ScenarioError, SourceError
from demografi.needs import Need
from demografi.observed import Observed
from demografi.projection import check_year, refuse_level
from demografi.regions import Summable
from demografi.sources import shipped
from demografi.tables import Caution, Column, Contract, source_line

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.axes import Axes

__all__ = ["Gap", "Supply", "gap", "supply"]

OCCUPATION = "nurse"
CONCEPT = "education"
COUNTED_IN = ("nurse_person_years", "ssb-14534")
YOUNG, OLD = "25-54", "55+"
FIRST_AGE, OLD_AGE = 25.0, 55.0
EXIT_AGE = 64.4
"""Mean age at leaving with AFP or old-age pension, nurses, 2021 (KLP in Sykepleien, November 2022)."""

_KEY = (Column("region", "text"), Column("year", "integer"), Column("occupation", "text"))
SUPPLY = Contract(
    "supply",
    (
        *_KEY,
        Column("age_group", "text"),
        Column("persons", "number", "measure", "persons", "1 January", may_be_missing=True),
        Column("fte", "number", "measure", "person-years", "1 January"),
    ),
)
GAP = Contract(
    "gap",
    (
        *_KEY,
        Column("need", "number", "measure", "person-years", "1 January"),
        Column("supply", "number", "measure", "person-years", "1 January"),
        Column("gap", "number", "measure", "person-years", "1 January", signed=True),
    ),
)


class Supply(Summable):
    """Today's staff, year by year, as they grow older and leave; nobody new comes."""

    CONTRACTS: ClassVar[Mapping[str, Contract]] = MappingProxyType({"supply": SUPPLY})

    @property
    def launch(self) -> int:
        """First year; staff counted in November stand at the following 1 January."""
        return int(self.facts["launch"])

    @property
    def to(self) -> int:
        """Last year."""
        return int(self.facts["to"])

    def to_frame(self, level: float | None = None) -> pd.DataFrame:
        """Return ``region year occupation age_group persons fte``; persons are not known and empty."""
        refuse_level(level, "supply")
        return self.table("supply")

    def replacement(self, to: int) -> pd.DataFrame:
        """Return how much of today's staff will have left: ``region occupation stock exits``.

        Needs no idea of demand: exits are today's stock less those of it who are left [person-years].

        Raises
        ------
        ScenarioError
            The year lies outside the supply.
        """
        check_year(to, self.launch, self.to)
        left = self.tables["supply"].groupby(["region", "occupation", "year"], sort=False)["fte"].sum().unstack()
        table = pd.DataFrame({"stock": left[self.launch], "exits": left[self.launch] - left[to]})
        return table.reset_index()

    def explain(self, to: int | None = None) -> pd.DataFrame:
        """Split the change in person-years into ``start exits entrants end``, which sum exactly."""
        to = self.to if to is None else to
        table = self.replacement(to)
        causes = {"start": table["stock"], "exits": -table["exits"], "entrants": table["exits"] * 0.0}
        causes["end"] = table["stock"] - table["exits"]
        parts = [table[["region", "occupation"]].assign(cause=c, fte=values) for c, values in causes.items()]
        return pd.concat(parts, ignore_index=True)[["region", "occupation", "cause", "fte"]]

    def plot(self, language: str = "nb", **drawn: Any) -> Axes:
        """Draw today's person-years, departures and what is left."""
        from demografi import plots

        table = self.explain()
        by_cause = table.groupby("cause", sort=False)["fte"].sum()
        say = {"region": self.region.name, "start": str(self.launch), "end": str(self.to)}
        say["exits"] = labels.person_years(abs(by_cause["exits"]), language=language)
        say["age"] = labels.number(EXIT_AGE, 1, language=language)
        say["share"] = labels.percent(self.facts["share_55plus"], language=language)
        words = plots.Words(
            title=labels.text("supply_title", language, **say),
            subtitle=labels.text("supply_subtitle", language, **say),
            note=labels.text("supply_note", language, **say),
            source=source_line(self.own_sources, language),
            alt=labels.text("supply_title", language, **say),
        )
        steps = [
            (
                labels.text("person_years_in", language, year=str(self.launch)),
                float(by_cause["start"]),
                "level",
            ),
            (labels.text("departure_to", language, year=str(self.to)), float(by_cause["exits"]), "departure"),
            (labels.text("person_years_in", language, year=str(self.to)), float(by_cause["end"]), "level"),
        ]
        return plots.waterfall(steps, words, language=language, **drawn)

    def _headline(self) -> str:
        table = self.replacement(self.to)
        return (
            f"Nurses: {table['stock'].sum():,.0f} person-years at {self.launch}, of which "
            f"{table['exits'].sum():,.0f} have left by {self.to}; new recruitment is not counted"
        )


class _Ages(NamedTuple):
    share_old: float
    year: int


def supply(observed: Observed, to: int) -> Supply:
    """Follow today's nurses until they leave.

    Parameters
    ----------
    observed
        Figures with person-years of nurses by education.
    to
        Last year wanted.

    Returns
    -------
    Supply
        Person-years by age group, nobody new coming.

    Raises
    ------
    SourceError
        A part of the region has no nurses in the figures.
    ScenarioError
        The year is not after the count.

    Notes
    -----
    The stock is split at age 55 by the national share (an assumption, said in ``.cautions``), spread evenly over ages
    25–55 and 55–64.4, and everyone leaves at 64.4, the published mean exit age. The stock counted in November y − 1
    stands at y.
    """
    base_year, stock = _counted(observed)
    launch = base_year + 1
    if to <= launch:
        raise ScenarioError(
            f"The supply cannot end in {to}.",
            where=f"Staff were counted in November {base_year}, which stands at {launch}.",
            hint=f"dg.supply(observed, to={launch + 10})",
        )
    share = _national_share()
    years = np.arange(launch, to + 1)
    young, old = _left(share.share_old, years - launch)
    index = pd.MultiIndex.from_product([stock.index, years, [YOUNG, OLD]], names=["region", "year", "age_group"])
    fte = stock.to_numpy()[:, None, None] * np.stack([young, old], axis=1)[None]
    table = pd.DataFrame({"fte": fte.reshape(-1)}, index=index).reset_index()
    table = table.assign(occupation=OCCUPATION, persons=np.nan)
    facts = {
        "region": observed.facts["region"],
        "launch": launch,
        "to": to,
        "share_55plus": share.share_old,
        "lacking": {},
    }
    cautions = (
        Caution.of("caution_nurse_ages", year=str(share.year), share=share.share_old),
        Caution.of("caution_nurse_exit", age=EXIT_AGE),
        Caution.of("caution_nurse_concept"),
    )
    counts = tuple(source for source in observed.own_sources if source.id in COUNTED_IN)
    sources = (*counts, shipped.source("share_55plus"))
    return Supply({"supply": table}, facts, sources, cautions, {"observed": observed})


def _counted(observed: Observed) -> tuple[int, pd.Series]:
    """Return the year of the count and the nurses of each member, all of them there [person-years]."""
    counted = observed.person_years
    rows = counted[(counted["occupation"] == OCCUPATION) & (counted["concept"] == CONCEPT) & counted["fte"].notna()]
    base_year = int(rows["year"].max()) if len(rows) else observed.last_year - 1
    rows = rows[rows["year"] == base_year]
    absent = [code for code in observed.region.members if code not in set(rows["region"])]
    if absent:
        raise SourceError(
            f"There are no nurse person-years for {observed.region.name_of(absent[0])}.",
            where=f"Looked for occupation '{OCCUPATION}' by {CONCEPT} in {base_year}.",
            hint="observed.person_years",
        )
    return base_year, rows.set_index("region")["fte"].reindex(observed.region.members)


def _national_share() -> _Ages:
    """Share of nurses with and without further education aged 55+, from numbers, not from shares."""
    table = shipped.read("share_55plus")
    year = int(table["year"].max())
    kinds = [
        "nurse_without_further_education",
        "nurse_with_further_education",
        "public_health_nurse",
        "midwife",
    ]
    rows = table[(table["year"] == year) & table["occupation"].isin(kinds)]
    everyone = (rows["persons"] / rows["share"]).sum()
    return _Ages(float(rows["persons"].sum() / everyone), year)


def _left(share_old: float, elapsed: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Shares of today's stock left under and over 55 after some years, of evenly spread ages."""
    young_span, old_span = OLD_AGE - FIRST_AGE, EXIT_AGE - OLD_AGE

    def within(low: float, high: float, span_low: float, span_high: float) -> np.ndarray:
        """Share of an even age span that is between two ages after the elapsed years."""
        first = np.maximum(span_low + elapsed, low)
        last = np.minimum(span_high + elapsed, high)
        return np.asarray(np.maximum(last - first, 0.0) / (span_high - span_low))

    assert young_span > 0
    assert old_span > 0
    under = (1 - share_old) * within(0.0, OLD_AGE, FIRST_AGE, OLD_AGE)
    over = (1 - share_old) * within(OLD_AGE, EXIT_AGE, FIRST_AGE, OLD_AGE)
    over = over + share_old * within(OLD_AGE, EXIT_AGE, OLD_AGE, EXIT_AGE)
    return under, over


class Gap(Summable):
    """Need less supply, in person-years; a surplus is negative."""

    CONTRACTS: ClassVar[Mapping[str, Contract]] = MappingProxyType({"gap": GAP})

    @property
    def need(self) -> Need:
        """The need this rests on."""
        part = self.rests_on["need"]
        assert isinstance(part, Need)
        return part

    @property
    def supply(self) -> Supply:
        """The supply this rests on."""
        part = self.rests_on["supply"]
        assert isinstance(part, Supply)
        return part

    def to_frame(self, level: float | None = None) -> pd.DataFrame:
        """Return ``region year occupation need supply gap`` [person-years]."""
        refuse_level(level, "gap")
        return self.table("gap")

    def explain(self, to: int | None = None) -> pd.DataFrame:
        """Split the gap into growth and replacement, which sum exactly to it.

        Returns
        -------
        pandas.DataFrame
            ``region occupation cause fte``: ``growth`` (need above today's), ``replacement`` (today's staff who have
            left), ``gap`` [person-years].
        """
        to = int(self.facts["to"]) if to is None else to
        check_year(to, int(self.facts["launch"]), int(self.facts["to"]))
        rows = self.tables["gap"]
        now, then = (
            rows[rows["year"] == year].set_index(["region", "occupation"]) for year in (int(self.facts["launch"]), to)
        )
        causes = {
            "growth": then["need"] - now["need"],
            "replacement": now["supply"] - then["supply"],
            "gap": then["gap"] - now["gap"],
        }
        parts = [values.rename("fte").reset_index().assign(cause=cause) for cause, values in causes.items()]
        return pd.concat(parts, ignore_index=True)[["region", "occupation", "cause", "fte"]]

    def plot(self, language: str = "nb", **drawn: Any) -> Axes:
        """Draw staff today, departures, what is left, the gap and the need."""
        from demografi import plots

        start, end = str(self.facts["launch"]), str(self.facts["to"])
        first, last = self._ends()
        steps = [
            (labels.text("person_years_in", language, year=start), first["supply"], "level"),
            (labels.text("departure_to", language, year=end), last["supply"] - first["supply"], "departure"),
            (labels.text("left_in", language, year=end), last["supply"], "level"),
            (labels.label("uncovered" if last["gap"] >= 0 else "surplus", language), last["gap"], "gap"),
            (labels.text("need_in", language, year=end), last["need"], "need"),
        ]
        return plots.waterfall(steps, self.figure_words(language), language=language, **drawn)

    def _ends(self) -> tuple[dict[str, float], dict[str, float]]:
        return self.of_year(int(self.facts["launch"])), self.of_year(int(self.facts["to"]))

    def of_year(self, year: int) -> dict[str, float]:
        """Return need, supply and gap of one year, members together [person-years]."""
        check_year(year, int(self.facts["launch"]), int(self.facts["to"]))
        rows = self.tables["gap"]
        rows = rows[rows["year"] == year]
        return {measure: float(rows[measure].sum()) for measure in ("need", "supply", "gap")}

    def figure_words(self, language: str = "nb") -> Any:
        """Return the words of :meth:`plot`, from the numbers."""
        from demografi import plots

        first, last = self._ends()
        say = {
            "region": self.region.name,
            "start": str(self.facts["launch"]),
            "end": str(self.facts["to"]),
            "gap": labels.person_years(abs(last["gap"]), language=language),
            "need": labels.person_years(last["need"], language=language),
            "left": labels.person_years(last["supply"], language=language),
            "today": labels.person_years(first["supply"], language=language),
        }
        return plots.Words(
            title=labels.text("gap_title" if last["gap"] >= 0 else "gap_title_surplus", language, **say),
            subtitle=labels.text("gap_subtitle", language, **say),
            note=labels.text("gap_note", language, age=labels.number(EXIT_AGE, 1, language=language), **say),
            source=source_line((*self.supply.own_sources, *self.need.projection.observed.own_sources[:1]), language),
            alt=labels.text("gap_alt", language, **say),
        )

    def _headline(self) -> str:
        last = self._ends()[1]
        return (
            f"Nurses in {self.facts['to']}: need {last['need']:,.0f}, left of today's {last['supply']:,.0f}, "
            f"gap {last['gap']:,.0f} person-years"
        )


def gap(need: Need, supply: Supply) -> Gap:
    """Set need against supply, year by year.

    Parameters
    ----------
    need, supply
        Of the same region.

    Returns
    -------
    Gap
        Signed, in person-years: need less supply.

    Raises
    ------
    ScenarioError
        The two are of different regions or base years, or no year is common.

    Notes
    -----
    Need of nurses = today's person-years × users of all ages over users of all ages today; balance today is assumed
    and said in ``.cautions``. Need of y rests on the population of 1 January y.
    """
    if need.region.members != supply.region.members:
        raise ScenarioError(
            "Need and supply are of different regions.",
            where=[f"Need: {need.region.name}.", f"Supply: {supply.region.name}."],
            hint="Make both from the same observed figures.",
        )
    launch, to = supply.launch, min(need.projection.to, supply.to)
    if need.projection.launch != launch or to <= launch:
        raise ScenarioError(
            f"Need starts in {need.projection.launch}, supply in {launch}.",
            hint="Make both from the same observed figures, to the same year.",
        )
    users = need.users_of("total").set_index(["region", "year"])["users"].unstack()
    left = supply.to_frame().groupby(["region", "year"], sort=False)["fte"].sum().unstack()
    years = list(range(launch, to + 1))
    wanted = users[years].div(users[launch], axis=0).mul(left[launch], axis=0)
    table = pd.DataFrame({"need": wanted.stack(), "supply": left[years].stack()}).reset_index()
    table = table.assign(occupation=OCCUPATION, gap=table["need"] - table["supply"])
    facts = {"region": need.facts["region"], "launch": launch, "to": to, "lacking": {}}
    rests_on = {"need": need, "supply": supply}
    return Gap({"gap": table}, facts, (), (Caution.of("caution_balance"),), rests_on)
