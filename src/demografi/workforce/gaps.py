"""Gap: need less supply, what it is made of, and what would close it."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from demografi import ages
from demografi.errors import ScenarioError
from demografi.faces import years_shown
from demografi.needs import Need
from demografi.needs.adding import adding_up
from demografi.projection import check_year, refuse_level
from demografi.regions import OWN, Region, Summable
from demografi.tables import Caution, Column, Contract, must_be
from demografi.workforce.levers import PAIRS, checked_levers, levers_known, need_factor
from demografi.workforce.mix import growth, growth_parts, mix_path, served, shortage_of
from demografi.workforce.supplies import Supply, supply_draws

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.axes import Axes

    from demografi.rates.pooling import Floats

__all__ = ["Gap", "gap", "gap_draws"]

WORKING_AGE = "20-66"
CLOSED = 1e-6
"""Person-years within which a gap counts as closed."""

GAP = Contract(
    "gap",
    (
        Column("region", "text"),
        Column("year", "integer"),
        Column("occupation", "text"),
        Column("need", "number", "measure", "person-years", "1 January", may_be_missing=True, signed=True),
        Column("supply", "number", "measure", "person-years", "1 January", may_be_missing=True),
        Column("gap", "number", "measure", "person-years", "1 January", may_be_missing=True, signed=True),
    ),
)


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

    @property
    def launch(self) -> int:
        """First year."""
        return int(self.facts["launch"])

    @property
    def to(self) -> int:
        """Last year."""
        return int(self.facts["to"])

    def to_frame(self, level: float | None = None) -> pd.DataFrame:
        """Return ``region year occupation need supply gap`` [person-years], and ``low high`` of the gap.

        Raises
        ------
        ScenarioError
            An interval is asked for, and need or supply were made without draws.
        """
        table = self.table("gap")
        if level is None:
            return table
        from demografi import uncertainty

        ends = uncertainty.quantiles(gap_draws(self, level)[2], level)
        index = self._index()
        order = pd.MultiIndex.from_frame(table[index.names])
        for name, end in zip(("low", "high"), ends, strict=True):
            values = pd.Series(end.reshape(-1), index=index).reindex(order).to_numpy()
            table[name] = np.where(table["gap"].notna(), values, np.nan)
        return table

    def interval(self, level: float = 0.8, occupation: str | None = None) -> pd.DataFrame:
        """Return ``year need supply gap low high`` of all members together: each draw is summed first.

        ``low high`` are of the gap; ``need_low need_high supply_low supply_high`` of what it is the difference of.

        Parameters
        ----------
        level
            Share of the draws inside.
        occupation
            One of the supply's; all together where left out.

        Raises
        ------
        ScenarioError
            There are no draws, or no such occupation.
        """
        from demografi import uncertainty

        names = list(self.supply.occupations)
        if occupation is not None and occupation not in names:
            raise ScenarioError(
                f"The gap has no occupation {occupation!r}.",
                where=f"It has: {', '.join(names)}.",
                hint=f"gap.interval(0.8, {names[0]!r})",
            )
        chosen = slice(None) if occupation is None else [names.index(occupation)]
        need, supply = (part[..., chosen].sum(axis=(1, 2)) for part in self._expected())
        span = range(self.launch, self.to + 1)
        table = pd.DataFrame({"year": span, "need": need, "supply": supply, "gap": need - supply})
        ends = [("low", "high"), ("need_low", "need_high"), ("supply_low", "supply_high")]
        needed, left, lacking = (part[..., chosen].sum(axis=(2, 3)) for part in gap_draws(self, level))
        for (low, high), drawn in zip(ends, (lacking, needed, left), strict=True):
            table[low], table[high] = uncertainty.quantiles(drawn, level)
        return table

    def of_year(self, year: int) -> dict[str, float]:
        """Return need, supply and gap of one year, members together [person-years]."""
        check_year(year, self.launch, self.to)
        need, supply = (float(part[year - self.launch].sum()) for part in self._expected())
        return {"need": need, "supply": supply, "gap": need - supply}

    def per_working_age(self) -> pd.DataFrame:
        """Set the person-years against those of working age who could do them.

        Returns
        -------
        pandas.DataFrame
            ``region year occupation need_per_1000 supply_per_1000 gap_per_1000 need_share``: per 1,000 aged 20–66 of
            each year, and the need as share of them. ``gap.total().per_working_age()`` sums before it divides.
        """
        stock = self.need.projection.to_frame().drop(columns=["sex"])
        people = ages.collapse(stock, [WORKING_AGE]).drop(columns=["age_group"])
        if list(self.region.members) == [self.region.code] and self.region.code not in set(people["region"]):
            people = people.groupby("year", as_index=False)[["persons"]].sum().assign(region=self.region.code)
        table = self.tables["gap"].merge(people, on=["region", "year"])
        for name in ("need", "supply", "gap"):
            table[f"{name}_per_1000"] = 1000 * table[name] / table["persons"]
        table["need_share"] = table["need"] / table["persons"]
        columns = ["region", "year", "occupation", "need_per_1000", "supply_per_1000", "gap_per_1000", "need_share"]
        return table[columns]

    def growth_and_replacement(self, to: int | None = None) -> pd.DataFrame:
        """Split the change of the gap into growth and replacement, which sum exactly to it.

        Returns
        -------
        pandas.DataFrame
            ``region occupation cause fte``: ``growth`` (need above today's), ``replacement`` (today's staff who have
            left), ``recruitment`` (those who come, and other levers; only where there are any), ``gap``.
        """
        to = self.to if to is None else to
        causes = self.explain(to).pivot(index=["region", "occupation"], columns="cause", values="fte")
        order = pd.MultiIndex.from_product([self.region.members, self.supply.occupations])
        causes = causes.reindex(order.set_names(["region", "occupation"]))
        lost = causes["retirements"] + causes["other_exits"]
        parts = {
            "growth": causes[["ageing", "coverage", "standard", "skill_mix", "productivity"]].sum(axis=1, min_count=1),
            "replacement": lost,
            "recruitment": causes["entrants"] + causes["position_size"],
            "gap": causes["end"] - causes["start"],
        }
        if not self.supply.has("entrants") and not self.supply.facts["levers"]:
            del parts["recruitment"]
        frames = [values.rename("fte").reset_index().assign(cause=cause) for cause, values in parts.items()]
        return pd.concat(frames, ignore_index=True)[["region", "occupation", "cause", "fte"]]

    def explain(self, to: int | None = None) -> pd.DataFrame:
        """Split the change of the gap into causes, which sum exactly to it.

        Returns
        -------
        pandas.DataFrame
            ``region occupation cause fte``: ``start`` (today's shortage), ``ageing`` (of the users), ``coverage``,
            ``standard``, ``skill_mix``, ``productivity`` (and tasks done elsewhere), ``retirements``, ``other_exits``,
            ``entrants`` and ``position_size`` (which take from the gap), ``end`` [person-years]. Where two causes meet,
            each has half of what they have in common, so the order does not matter.
        """
        causes = self._causes(self.to if to is None else to)
        index = pd.MultiIndex.from_product(
            [self.region.members, self.supply.occupations], names=["region", "occupation"]
        )
        parts = [
            pd.DataFrame({"cause": cause, "fte": values.reshape(-1)}, index=index).reset_index()
            for cause, values in causes.items()
        ]
        return self._masked(pd.concat(parts, ignore_index=True))

    def _causes(self, to: int) -> dict[str, Floats]:
        """Return each cause (region, occupation), hidden places too: only sums of them are shown."""
        check_year(to, self.launch, self.to)
        elapsed = to - self.launch
        need, supply = self._expected()
        moved = {**self._need_causes(elapsed), **self._supply_causes(to)}
        moved = {name: self._over_members(values, 0) for name, values in moved.items()}
        return adding_up({"start": need[0] - supply[0], **moved, "end": need[elapsed] - supply[elapsed]})

    def _causes_summed(self) -> dict[str, float]:
        return {name: float(values.sum()) for name, values in self._causes(self.to).items()}

    def _need_causes(self, elapsed: int) -> dict[str, Floats]:
        base, factor = self._base(), need_factor(self.facts["levers"]) if elapsed else 1.0
        mix = self._mix()[elapsed]
        grown = growth(self.need)[elapsed][:, None]
        other = (1 + mix * factor) / 2
        parts = growth_parts(self.need, elapsed).items()
        causes = {name: np.asarray(base * part[:, None] * other) for name, part in parts}
        level = (1 + grown) / 2
        causes["skill_mix"] = base * level * (mix - 1) * (1 + factor) / 2
        causes["productivity"] = base * level * (factor - 1) * (1 + mix) / 2
        return causes

    def _supply_causes(self, to: int) -> dict[str, Floats]:
        parts = self.supply._explained(to)
        return {
            name: np.asarray(-parts[name].to_numpy().reshape(self.supply._shape()))
            for name in ("retirements", "other_exits", "entrants", "position_size")
        }

    def pull(self, **levers: Any) -> Gap:
        """Return the gap with levers pulled from the first year on.

        Parameters
        ----------
        levers
            Those of :meth:`Supply.pull`, and on the need ``productivity=0.05`` (the same work by 5 % fewer
            person-years) and ``tasks_elsewhere=0.02`` (2 % of the work done by volunteers and business).
        """
        chosen = checked_levers(levers)
        sides = levers_known().set_index("lever")["side"]
        hands = {name: value for name, value in chosen.items() if sides[name] == "supply"}
        work = {name: value for name, value in chosen.items() if sides[name] == "need"}
        whole = self.need.facts["region"]
        facts = {**self.facts, "region": whole, "levers": {**self.facts["levers"], **work}}
        pulled = _made(self.need, self.supply.pull(**hands) if hands else self.supply, facts, self.own_cautions)
        return pulled.total() if self._summed_up else pulled

    def levers(self, **levers: Any) -> pd.DataFrame:
        """Tell what each lever closes, alone and all together, in the last year.

        Parameters
        ----------
        levers
            As in :meth:`pull`.

        Returns
        -------
        pandas.DataFrame
            ``lever who gap closed``: the gap with the lever pulled, and how much smaller it is [person-years], all
            places and occupations; the last row is ``"together"``. Levers meet, so the rows need not sum to it.

        Examples
        --------
        >>> import demografi as dg
        >>> observed = dg.example("Engerdal")
        >>> gap = dg.gap(dg.need(dg.project(observed, to=2036)), dg.supply(observed, to=2036))
        >>> gap.levers(position_size=(0.75, 0.85), exit_later=2)["who"].tolist()
        ['municipality', 'state', 'all']
        """
        chosen = checked_levers(levers)
        if not chosen:
            raise ScenarioError(
                "No lever was named.",
                where=f"There is {', '.join(levers_known()['lever'])}.",
                hint="gap.levers(position_size=(0.75, 0.85), exit_later=2, trainees=3)",
            )
        who = levers_known().set_index("lever")["who"]
        before = self.of_year(self.to)["gap"]
        rows = [(name, who[name], self.pull(**{name: value})) for name, value in chosen.items()]
        rows.append(("together", "all", self.pull(**chosen)))
        ends = [(name, tag, pulled.of_year(self.to)["gap"]) for name, tag, pulled in rows]
        table = pd.DataFrame(ends, columns=["lever", "who", "gap"])
        return table.assign(closed=before - table["gap"])

    def close(self, lever: str, by: int, *, now: float | None = None, gap: float = 0.0) -> pd.DataFrame:
        """Find how far a lever must be pulled for the gap to close.

        Parameters
        ----------
        lever
            As in :meth:`pull`.
        by
            The year in which the gap shall be no larger than ``gap``.
        now
            Today's share, for position size, sick leave and substitutes.
        gap
            The gap wanted [person-years], all places and occupations.

        Returns
        -------
        pandas.DataFrame
            ``lever who amount gap feasible``, one row: the amount (for a share, what it must become) and the gap it
            leaves. Where even the most the lever can do leaves a gap, ``feasible`` is False and the amount is that.

        Raises
        ------
        ScenarioError
            The lever is not known, or today's share is lacking.
        """
        check_year(by, self.launch, self.to)
        low, high = self._span(lever, now)

        def left(amount: float) -> float:
            value = (now, amount) if lever in PAIRS else amount
            return self.pull(**{lever: value}).of_year(by)["gap"] - gap

        from scipy.optimize import brentq

        who = str(levers_known().set_index("lever")["who"][lever])
        start, end = left(low), left(high)
        feasible = end <= CLOSED
        amount = high
        if feasible:
            amount = low if start <= 0 else brentq(left, low, high, xtol=1e-9)
        row = (lever, who, amount, left(amount) + gap, feasible)
        return pd.DataFrame([row], columns=["lever", "who", "amount", "gap", "feasible"])

    def _span(self, lever: str, now: float | None) -> tuple[float, float]:
        """Return a lever at rest and pulled as far as it goes."""
        if lever in PAIRS and now is None:
            raise ScenarioError(
                f"The lever {lever} needs today's share.",
                where="No source at hand has it.",
                hint=f"gap.close({lever!r}, by={self.to}, now=0.75)",
            )
        checked_levers({lever: (now, now) if lever in PAIRS else 0.0})
        if lever in PAIRS:
            assert now is not None
            return now, {"position_size": 1.0, "sick_leave": 0.0, "substitutes": 0.99}[lever]
        most = {row["lever"]: float(row["most"]) for row in levers_known().to_dict("records")}[lever]
        # Without a most of its own, as many come each year as are wanted in the end: twice what it can take.
        return 0.0, most if most == most else 2 * max(self.of_year(self.to)["need"], 1.0)

    def total(self) -> Gap:
        """Return the sum of the members as one region; its interval is that of the members' joint draws."""
        if self._summed_up:
            return self
        whole = Region(self.region.code, self.region.name, (self.region.code,), OWN, (self.region.name,))
        need, supply = (part.sum(axis=1) for part in self._expected())
        table = _table(need[:, None], supply[:, None], [whole.code], self)
        facts = {**self.facts, "region": whole.to_dict()}
        return Gap({"gap": table}, facts, self.own_sources, self.own_cautions, self.rests_on)

    def plot(self, by: str = "steps", language: str = "nb", **look: Any) -> Axes:
        """Draw staff today, departures, recruitment, what is left, the gap and the need.

        Parameters
        ----------
        by
            ``"steps"``, or ``"levers"``: the gap without and with each lever, given as ``pulled={...}``.
        """
        from demografi.workforce import figures

        if by not in figures.OF_GAP:
            raise ScenarioError(
                f"The gap cannot be drawn by {by!r}.",
                where=f"There is {', '.join(map(repr, figures.OF_GAP))}.",
                hint="gap.plot(by='levers', pulled={'exit_later': 2})",
            )
        return figures.OF_GAP[by](self, language, **look)

    def figure_words(self, language: str = "nb") -> Any:
        """Return the words of :meth:`plot`, from the numbers."""
        from demografi.workforce import figures

        return figures.gap_words(self, language)

    @property
    def _summed_up(self) -> bool:
        """Whether this is the sum of the members of what it rests on."""
        return self.region.members != self.supply.region.members

    def _over_members(self, values: Floats, axis: int) -> Floats:
        """Add over members where this is their sum."""
        return np.asarray(values.sum(axis=axis, keepdims=True) if self._summed_up else values)

    def _index(self) -> pd.MultiIndex:
        span = range(self.launch, self.to + 1)
        return pd.MultiIndex.from_product(
            [span, self.region.members, self.supply.occupations], names=["year", "region", "occupation"]
        )

    def _base(self) -> Floats:
        """Return today's need (region, occupation): today's supply without levers, and what is lacking."""
        return np.asarray(self.supply._today() + np.array(self.facts["shortage"]))

    def _mix(self) -> Floats:
        whole = mix_path(self.facts["skill_mix"], self.supply, self.need.projection.observed)
        return whole[: self.to - self.launch + 1]

    def _expected(self) -> tuple[Floats, Floats]:
        """Return need and supply, (year, region, occupation), hidden places too: only sums of them are shown."""
        elapsed = self.to - self.launch + 1
        both = self._needed(growth(self.need)[:elapsed]), self.supply._by_year()[:elapsed]
        return self._over_members(both[0], 1), self._over_members(both[1], 1)

    def _needed(self, grown: Floats) -> Floats:
        """Return the need from its growth (…, year, region)."""
        factor = np.full(grown.shape[-2], need_factor(self.facts["levers"]))
        factor[0] = 1.0
        return np.asarray(self._base() * grown[..., None] * self._mix()[:, None] * factor[:, None, None])

    def _masked(self, table: pd.DataFrame) -> pd.DataFrame:
        return table if self._summed_up else self.supply._masked(table)

    def _face_table(self) -> pd.DataFrame:
        years = years_shown(self.launch, self.to)
        return pd.DataFrame({year: self.of_year(year) for year in years}).rename_axis("person-years")

    def _headline(self) -> str:
        last = self.of_year(self.to)
        names = "Nurses" if self.supply.occupations == ("nurse",) else ", ".join(self.supply.occupations)
        left = "supply" if self.supply.has("entrants") or self.supply.facts["levers"] else "left of today's"
        return (
            f"{names} in {self.to}: need {last['need']:,.0f}, {left} {last['supply']:,.0f}, "
            f"gap {last['gap']:,.0f} person-years"
        )


def gap_draws(gap: Gap, level: float = 0.8) -> tuple[Floats, Floats, Floats]:
    """Return need, supply and gap in every draw, each (draw, year, region, occupation) [person-years].

    Hidden places are in it, so show sums only. The level is what a refusal names.

    Raises
    ------
    ScenarioError
        Need and supply have no draws, or not equally many.
    """
    wanted = int(gap.need.projection.facts.get("draws", 0))
    made = int(gap.supply.facts["draws"])
    if not wanted and not made:
        refuse_level(level, "gap")
    if wanted != made:
        raise ScenarioError(
            f"The need has {wanted} draws and the supply {made}.",
            where="One draw is one future: both need as many.",
            hint=f"dg.supply(observed, to=…, draws={wanted or 1000})",
        )
    elapsed = gap.to - gap.launch + 1
    need = gap._over_members(gap._needed(_grown(gap.need)[:, :elapsed]), 2)
    supply = gap._over_members(supply_draws(gap.supply)[:, :elapsed], 2)
    # The first year is counted: its sums must not differ in the last bit from those shown.
    need[:, 0], supply[:, 0] = (part[0] for part in gap._expected())
    return need, supply, need - supply


def _grown(need: Need) -> Floats:
    """Return the need over that of the first year in every draw: (draw, year, region)."""
    from demografi.needs.drawing import person_year_draws, user_draws

    of_work = need.has("person_years")
    drawn = person_year_draws(need) if of_work else user_draws(need, age_group="total", over=served(need))
    # The first year is counted, the same in every draw.
    return np.asarray(drawn / drawn[:, :1])


def _table(need: Floats, supply: Floats, regions: list[str], like: Gap | Supply) -> pd.DataFrame:
    occupations = like.supply.occupations if isinstance(like, Gap) else like.occupations
    launch = like.launch
    index = pd.MultiIndex.from_product(
        [range(launch, launch + len(need)), regions, occupations], names=["year", "region", "occupation"]
    )
    values = {"need": need.reshape(-1), "supply": supply.reshape(-1), "gap": (need - supply).reshape(-1)}
    table = pd.DataFrame(values, index=index).reset_index()
    order = table["region"].map(regions.index)
    return table.assign(r=order).sort_values(["r", "year"], kind="stable").drop(columns="r")


def _made(need: Need, supply: Supply, facts: Mapping[str, Any], cautions: tuple[Caution, ...]) -> Gap:
    rests_on = {"need": need, "supply": supply}
    blank = pd.DataFrame({"region": ["-"], "year": [0], "occupation": ["-"], "need": 0.0, "supply": 0.0, "gap": 0.0})
    bare = Gap({"gap": blank}, facts, (), cautions, rests_on)
    table = supply._masked(_table(*bare._expected(), list(need.region.members), supply))
    return Gap({"gap": table}, facts, (), cautions, rests_on)


def gap(
    need: Need,
    supply: Supply,
    *,
    skill_mix: Mapping[str, float] | None = None,
    shortage: Mapping[str, float] | pd.DataFrame | None = None,
) -> Gap:
    """Set need against supply, year by year.

    Parameters
    ----------
    need, supply
        Of the same region. With draws in both, the gap has intervals.
    skill_mix
        Each occupation's share of all person-years in the last year [0–1]; reached in equal steps. Today's
        (:func:`demografi.workforce.skill_mix`) where left out.
    shortage
        Person-years lacking today (a shortage or vacancy count, NAV-style), by occupation for the region together, or
        ``region occupation shortage``; it is part of the need and carried. Balance today is assumed where left out,
        and said.

    Returns
    -------
    Gap
        Signed, in person-years: need less supply.

    Raises
    ------
    ScenarioError
        The two are of different regions or base years, or no year is common.
    TableError
        An occupation is not in the skill mix or the supply.

    Notes
    -----
    need[o, y] = (person-years today + shortage) × need of all person-years in y over today's × share of o over today's.
    Need of y rests on the population of 1 January y. Where the region has no person-years, users of all ages stand for
    them.
    """
    must_be(need, Need, "dg.gap", "dg.gap(need, supply)")
    must_be(supply, Supply, "dg.gap", "dg.gap(need, supply)")
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
    lacking = shortage_of(shortage, supply)
    facts = {
        "region": need.facts["region"],
        "launch": launch,
        "to": to,
        "lacking": {},
        "levers": {},
        "skill_mix": None if skill_mix is None else {name: float(share) for name, share in skill_mix.items()},
        "shortage": lacking.tolist(),
    }
    said = [Caution.of("caution_balance") if shortage is None else _entered(lacking)]
    if need.projection.facts.get("draws", 0) and supply.facts["draws"]:
        said.append(Caution.of("caution_gap_intervals"))
    return _made(need, supply, facts, tuple(said))


def _entered(lacking: Floats) -> Caution:
    return Caution.of("caution_shortage_entered", fte=round(float(lacking.sum()), 1))
