"""Supply: who works today, and who of them is left, year by year, with those who come."""

from __future__ import annotations

from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from demografi import ages
from demografi.errors import ScenarioError
from demografi.faces import years_shown
from demografi.projection import check_year
from demografi.regions import OWN, Region, Summable
from demografi.tables import Caution, Column, Contract, merge_unique
from demografi.workforce import stock as stocks
from demografi.workforce.exits import AGES, exit_ages
from demografi.workforce.levers import checked_levers
from demografi.workforce.lines import Lines, drawn, lines_of, path

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes

    from demografi.rates.pooling import Floats
    from demografi.tables import Result

__all__ = ["KINDS", "Supply", "made", "said_exits", "supply_draws"]

_PLACE = (Column("region", "text"), Column("occupation", "text"))
_KEY = (Column("region", "text"), Column("year", "integer"), Column("occupation", "text"))
SUPPLY = Contract(
    "supply",
    (
        *_KEY,
        Column("age_group", "text"),
        Column("persons", "number", "measure", "persons", "1 January", may_be_missing=True),
        Column("fte", "number", "measure", "person-years", "1 January", may_be_missing=True),
    ),
)
STOCK = Contract(
    "stock",
    (
        *_PLACE,
        Column("sexes", "text"),
        Column("age", "integer", unit="completed years"),
        Column("persons", "number", "measure", "persons", "1 January", may_be_missing=True),
        Column("fte", "number", "measure", "person-years", "1 January"),
    ),
)
HAZARDS = Contract(
    "hazards",
    (
        Column("occupation", "text"),
        Column("sexes", "text"),
        Column("cause", "text"),
        Column("age", "integer", unit="completed years on 1 January"),
        Column("hazard", "number", "measure", "share leaving within the year"),
    ),
)
ENTRANTS = Contract(
    "entrants",
    (
        *_PLACE,
        Column("kind", "text"),
        Column("age", "integer", unit="completed years"),
        Column("per_year", "number", "measure", "persons, or person-years where heads are not known"),
    ),
)
KINDS = ("newly_qualified", "net_moves", "immigration", "trainee")
QUICK_BOUND_YEARS = 15
"""After so many years everyone of 55 or over is 70 or more."""


class Supply(Summable):
    """Today's staff, year by year, as they grow older and leave; nobody new comes unless you say so."""

    CONTRACTS: ClassVar[Mapping[str, Contract]] = MappingProxyType(
        {"supply": SUPPLY, "stock": STOCK, "hazards": HAZARDS, "entrants": ENTRANTS}
    )

    @property
    def launch(self) -> int:
        """First year; staff counted in November stand at the following 1 January."""
        return int(self.facts["launch"])

    @property
    def to(self) -> int:
        """Last year."""
        return int(self.facts["to"])

    @property
    def occupations(self) -> tuple[str, ...]:
        """Occupations followed."""
        return tuple(dict.fromkeys(self.tables["stock"]["occupation"]))

    @property
    def stock(self) -> pd.DataFrame:
        """Today's staff by single age: ``region occupation sexes age persons fte``; small counts are spread."""
        return self.table("stock")

    @property
    def hazards(self) -> pd.DataFrame:
        """Shares leaving: ``occupation sexes cause age hazard``."""
        return self.table("hazards")

    def to_frame(self, level: float | None = None) -> pd.DataFrame:
        """Return ``region year occupation age_group persons fte``, and ``low high`` of the person-years.

        Persons are empty where no source counts heads. A count too small to be shown has the status ``":"``.
        """
        table = self.table("supply")
        if level is None:
            return table
        ends = self._ends(supply_draws(self, by_group=True), level)
        index = pd.MultiIndex.from_product(
            [range(self.launch, self.to + 1), *_axes(self), self.facts["groups"]],
            names=["year", "region", "occupation", "age_group"],
        )
        order = pd.MultiIndex.from_frame(table[index.names])
        for name, end in zip(("low", "high"), ends, strict=True):
            table[name] = pd.Series(end.reshape(-1), index=index).reindex(order).to_numpy()
        return table.assign(**{end: table[end].where(table["fte"].notna()) for end in ("low", "high")})

    def _ends(self, values: Floats, level: float) -> tuple[Floats, Floats]:
        from demografi import uncertainty

        return uncertainty.quantiles(values, level)

    def replacement(self, to: int, level: float | None = None) -> pd.DataFrame:
        """Return how much of today's staff will have left: ``region occupation stock exits``, and ``low high``.

        Needs no idea of demand: exits are today's stock less those of it who are left [person-years]. Those who come
        later, and levers on position size, are not in it.

        Raises
        ------
        ScenarioError
            The year lies outside the supply, or an interval is asked for without draws.
        """
        check_year(to, self.launch, self.to)
        lines = self._lines(levers=("exit_later",))
        fte = path(lines, newcomers=False).sum(axis=-1) * lines.fte
        index = pd.MultiIndex.from_frame(lines.keys[["region", "occupation"]])
        ends = {"stock": fte[0], "exits": fte[0] - fte[to - self.launch]}
        table = pd.DataFrame(ends, index=index).groupby(level=[0, 1], sort=False).sum()
        table = table.reindex(pd.MultiIndex.from_product(_axes(self), names=["region", "occupation"]))
        if level is not None:
            left = supply_draws(self, newcomers=False, levers=("exit_later",))
            gone = left[:, 0] - left[:, to - self.launch]
            low, high = self._ends(gone.reshape(len(gone), -1), level)
            table = table.assign(low=low, high=high)
        return self._masked(table.reset_index())

    def replacement_share(self, years: int = 10) -> pd.DataFrame:
        """Return the exits of some years in per cent of today's stock: ``region occupation stock exits percent``."""
        table = self.replacement(self.launch + years)
        return table.assign(percent=100 * table["exits"] / table["stock"])

    def quick_bound(self, years: int = QUICK_BOUND_YEARS) -> pd.DataFrame:
        """Return the simplest bound: everyone who is 55 or over today is gone in fifteen years, being 70 or more.

        Returns
        -------
        pandas.DataFrame
            ``region occupation stock old share``: person-years today, of these 55 or over, and their share.

        Raises
        ------
        ScenarioError
            Fewer than fifteen years: some of them are then under 70.
        """
        if years < QUICK_BOUND_YEARS:
            raise ScenarioError(
                f"After {years} years not everyone of 55 or over is 70.",
                hint="supply.quick_bound(15), or supply.replacement(to) for fewer years",
            )
        table = self.tables["stock"]
        old = table[table["age"] >= stocks.OLD_AGE].groupby(["region", "occupation"])["fte"].sum()
        out = pd.DataFrame({"stock": table.groupby(["region", "occupation"])["fte"].sum(), "old": old})
        out = out.reindex(pd.MultiIndex.from_product(_axes(self), names=["region", "occupation"])).fillna(0.0)
        return self._masked(out.assign(share=out["old"] / out["stock"]).reset_index())

    def explain(self, to: int | None = None) -> pd.DataFrame:
        """Split the change in person-years into causes, which sum exactly to it.

        Returns
        -------
        pandas.DataFrame
            ``region occupation cause fte``: ``start``, ``retirements`` (old age), ``other_exits``, ``entrants``,
            ``position_size`` (and sick leave and substitutes, where pulled), ``end``. Where two causes meet, each has
            half of what they have in common, so the order does not matter.
        """
        to = self.to if to is None else to
        check_year(to, self.launch, self.to)
        causes = self._explained(to)
        # Nothing is 0, not −0.
        parts = [(values + 0.0).rename("fte").reset_index().assign(cause=cause) for cause, values in causes.items()]
        table = pd.concat(parts, ignore_index=True)[["region", "occupation", "cause", "fte"]]
        return self._masked(table)

    def pull(self, **levers: Any) -> Supply:
        """Return the supply with levers pulled from the first year on.

        Parameters
        ----------
        levers
            ``position_size=(0.75, 0.85)``, ``exit_later=2`` [years], ``trainees=3`` [a year, all places and
            occupations together], ``sick_leave=(0.10, 0.08)``, ``substitutes=(0.05, 0.08)`` [shares now, then].
            Today's are yours to give: no source at hand has them.

        Raises
        ------
        ScenarioError
            A lever is not known, does not act on the supply, or lies outside what is possible.
        """
        chosen = {**self.facts["levers"], **checked_levers(levers, side="supply")}
        stale = ("caution_nurse_exit", "caution_no_entrants")
        cautions = [c for c in self.own_cautions if c.key not in stale]
        if len(cautions) < len(self.own_cautions):
            cautions.append(said_exits(str(self.facts["exits"])))
        said = (self.own_sources, merge_unique(cautions, (Caution.of("caution_levers"),)))
        return made(self.tables, {**self.facts, "levers": chosen}, said, self.rests_on)

    def total(self) -> Supply:
        """Return the sum of the members as one region; its draws are sums of theirs."""
        if "members" in self.rests_on:
            return self
        whole = Region(self.region.code, self.region.name, (self.region.code,), OWN, (self.region.name,))
        keys = {"stock": ["occupation", "sexes", "age"], "entrants": ["occupation", "kind", "age"]}
        tables = dict(self.tables)
        for name in keys.keys() & tables.keys():
            measures = [c.name for c in self.CONTRACTS[name].columns if c.kind == "measure"]
            summed = tables[name].groupby(keys[name], sort=False, as_index=False)[measures].sum(min_count=1)
            tables[name] = summed.assign(region=whole.code)
        facts = {**self.facts, "region": whole.to_dict(), "hidden": {}}
        said = (self.own_sources, self.own_cautions)
        return made(tables, facts, said, {**self.rests_on, "members": self})

    def plot(self, by: str = "departures", language: str = "nb", **look: Any) -> Axes:
        """Draw today's person-years, departures and what is left.

        Parameters
        ----------
        by
            ``"departures"``, or ``"age"``: how each place's staff is divided by age; where ages are the nation's, one
            bar, with its caution.
        """
        from demografi.workforce import figures

        if by not in figures.OF_SUPPLY:
            raise ScenarioError(
                f"The supply cannot be drawn by {by!r}.",
                where=f"There is {', '.join(map(repr, figures.OF_SUPPLY))}.",
                hint="supply.plot(by='age')",
            )
        return figures.OF_SUPPLY[by](self, language, **look)

    def _lines(self, levers: Sequence[str] | None = None) -> Lines:
        pulled = self.facts["levers"]
        pulled = pulled if levers is None else {name: pulled[name] for name in levers if name in pulled}
        return lines_of(self.tables, {**self.facts, "levers": pulled})

    def _explained(self, to: int) -> dict[str, pd.Series[float]]:
        lines = self._lines()
        return {name: _by_place(lines, values, self) for name, values in _causes(lines, to - self.launch).items()}

    def _by_year(self) -> Floats:
        """Return person-years (year, region, occupation), hidden places too: only sums of them are shown."""
        years: Floats = self._path_by_year
        return years

    @cached_property
    def _path_by_year(self) -> Any:
        lines = self._lines()
        fte = path(lines).sum(axis=-1) * lines.fte
        years: Floats = np.stack([_by_place(lines, values, self).to_numpy().reshape(self._shape()) for values in fte])
        years.setflags(write=False)
        return years

    def _today(self) -> Floats:
        return np.asarray(self._by_year()[0])

    def _shape(self) -> tuple[int, int]:
        regions, occupations = _axes(self)
        return len(regions), len(occupations)

    def _masked(self, table: pd.DataFrame) -> pd.DataFrame:
        """Empty the rows of places that are too small to be shown."""
        hidden = self.facts["hidden"]
        if not hidden:
            return table
        unseen = _unseen(table, hidden, whole_only="age_group" not in table)
        measures = [name for name in table.columns if pd.api.types.is_float_dtype(table[name])]
        table = table.assign(**{name: table[name].where(~unseen) for name in measures})
        return table.assign(status=unseen.map({True: ":", False: ""}))

    def _face_table(self) -> pd.DataFrame:
        """Give the person-years of all places together: sums of what is hidden may be shown."""
        table = pd.DataFrame(self._by_year().sum(axis=1).T, columns=range(self.launch, self.to + 1))
        return table.set_axis(self.occupations)[years_shown(self.launch, self.to)].rename_axis("person-years")

    def _headline(self) -> str:
        stock, exits = self._sums()
        names = "Nurses" if self.occupations == (stocks.NURSE,) else ", ".join(self.occupations)
        more = "" if self.has("entrants") or self.facts["levers"] else "; new recruitment is not counted"
        return (
            f"{names}: {stock:,.0f} person-years at {self.launch}, of which {exits:,.0f} have left by {self.to}{more}"
        )

    def _sums(self) -> tuple[float, float]:
        """Return the person-years of today, all places and occupations, and how many of them have left in the end."""
        lines = self._lines(levers=("exit_later",))
        fte = (path(lines, newcomers=False).sum(axis=-1) * lines.fte).sum(axis=1)
        return float(fte[0]), float(fte[0] - fte[-1])


def _unseen(table: pd.DataFrame, hidden: Mapping[str, Sequence[str]], *, whole_only: bool) -> pd.Series[bool]:
    """Tell which rows are of a place, or of an age in a place, that is too small to be shown."""

    def is_hidden(row: tuple[str, ...]) -> bool:
        region, occupation, *group = row
        if region in hidden.get(occupation, ()):
            return True
        return not whole_only and group[0] in hidden.get(f"{region} {occupation}", ())

    keys = ["region", "occupation"] + ([] if whole_only else ["age_group"])
    return pd.Series([is_hidden(row) for row in table[keys].itertuples(index=False, name=None)], index=table.index)


def _axes(supply: Supply) -> tuple[list[str], list[str]]:
    return list(supply.region.members), list(supply.occupations)


def _by_place(lines: Lines, values: Floats, supply: Supply) -> pd.Series[float]:
    index = pd.MultiIndex.from_frame(lines.keys[["region", "occupation"]])
    summed = pd.Series(values, index=index).groupby(level=[0, 1], sort=False).sum()
    return summed.reindex(pd.MultiIndex.from_product(_axes(supply), names=["region", "occupation"])).fillna(0.0)


def _causes(lines: Lines, elapsed: int) -> dict[str, Floats]:
    """Return the causes of the change in person-years of each line."""
    each = path(lines)[: elapsed + 1]
    heads = each.sum(axis=-1)
    retired = (each[:-1] * lines.old_age * (1 - lines.other / 2)).sum(axis=(0, 2))
    others = (each[:-1] * lines.other * (1 - lines.old_age / 2)).sum(axis=(0, 2))
    came = lines.entrants[:elapsed].sum(axis=(0, 2))
    first, last = lines.fte[0], lines.fte[elapsed]
    rate = (first + last) / 2
    return {
        "start": heads[0] * first,
        "retirements": -retired * rate,
        "other_exits": -others * rate,
        "entrants": came * rate,
        "position_size": (last - first) * (heads[0] + heads[-1]) / 2,
        "end": heads[-1] * last,
    }


def supply_draws(
    supply: Supply, *, by_group: bool = False, newcomers: bool = True, levers: Sequence[str] | None = None
) -> Floats:
    """Return person-years in every draw: (draw, year, region, occupation), and age group where asked for.

    Raises
    ------
    ScenarioError
        The supply was made without draws.
    """
    if not supply.facts["draws"]:
        raise ScenarioError(
            "The supply has no draws.", where="It is one path.", hint="dg.supply(observed, to=…, draws=1000)"
        )
    members = supply.rests_on.get("members")
    if isinstance(members, Supply):
        pulled = {name: value for name, value in supply.facts["levers"].items() if name not in members.facts["levers"]}
        members = members.pull(**pulled) if pulled else members
        each = supply_draws(members, by_group=by_group, newcomers=newcomers, levers=levers)
        return np.asarray(each.sum(axis=2, keepdims=True))
    lines = supply._lines(levers)
    groups = supply.facts["groups"] if by_group else ("total",)
    weights = np.stack([ages.is_within(AGES, group) for group in groups], axis=1).astype(float)
    lined = drawn(lines, supply.facts, weights if by_group else None, newcomers=newcomers)
    lined = (lined if by_group else lined[..., None]) * lines.fte[..., None]
    regions, occupations = _axes(supply)
    out = np.zeros((*lined.shape[:2], len(regions), len(occupations), len(groups)))
    for line, (region, occupation, _) in enumerate(lines.keys.itertuples(index=False, name=None)):
        out[:, :, regions.index(region), occupations.index(occupation)] += lined[:, :, line]
    return out if by_group else out[..., 0]


def made(
    tables: Mapping[str, pd.DataFrame], facts: Mapping[str, Any], said: tuple[Any, Any], rests_on: Mapping[str, Result]
) -> Supply:
    """Compute the shown table of a supply from its stock, and put the noun together with its sources and cautions."""
    shown = _by_groups(lines_of(tables, facts), facts)
    members = list(facts["region"]["members"])
    occupations = list(dict.fromkeys(tables["stock"]["occupation"]))
    order = {"r": shown["region"].map(members.index), "o": shown["occupation"].map(occupations.index)}
    shown = shown.assign(**order).sort_values(["r", "year", "o"], kind="stable").drop(columns=["r", "o"])
    if not facts["heads"]:
        shown["persons"] = np.nan
    if facts["own"]:
        unseen = _unseen(shown, facts["hidden"], whole_only=False)
        shown[["persons", "fte"]] = shown[["persons", "fte"]].where(~unseen, np.nan)
        shown["status"] = unseen.map({True: ":", False: ""})
    return Supply({**tables, "supply": shown}, facts, *said, rests_on)


def _by_groups(lines: Lines, facts: Mapping[str, Any]) -> pd.DataFrame:
    """Return ``region year occupation age_group persons fte`` of what is expected."""
    groups = np.stack([ages.is_within(AGES, group) for group in facts["groups"]], axis=1).astype(float)
    heads = path(lines) @ groups
    span = range(int(facts["launch"]), int(facts["to"]) + 1)
    index = pd.MultiIndex.from_product(
        [span, range(len(lines.keys)), facts["groups"]], names=["year", "line", "age_group"]
    )
    values = {"persons": heads.reshape(-1), "fte": (heads * lines.fte[..., None]).reshape(-1)}
    long = pd.DataFrame(values, index=index).reset_index().join(lines.keys, on="line")
    keys = ["region", "year", "occupation", "age_group"]
    return long.groupby(keys, sort=False, as_index=False)[["persons", "fte"]].sum()


def said_exits(preset: str) -> Caution:
    """Say how people are taken to leave, and who published the age."""
    if preset == "own":
        return Caution.of("caution_exit_own")
    row = exit_ages().set_index("preset").loc[[preset]].iloc[0]
    if row["trust"] == "not verified":
        return Caution.of("caution_exit_unverified", age=float(row["old_age"]))
    publisher = str(row["source"]).split(",")[0]
    if np.isnan(row["all_causes"]):
        return Caution.of("caution_exit_preset", age=float(row["old_age"]), source=publisher)
    return Caution.of("caution_exit_all", age=float(row["all_causes"]), source=publisher)
