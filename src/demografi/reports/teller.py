"""Says the chapter's sentences: every number in them is computed from cells, none is typed."""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING, Any

import pandas as pd

from demografi import ages, labels
from demografi.ratios import Indicators, indicators
from demografi.regions import NATION
from demografi.reports import bases
from demografi.reports.content import Figure
from demografi.reports.numbers import RULES, SHOWN, Basis, Cells, Number, Reference, Sentence, fill, join, shown
from demografi.sources import shipped
from demografi.tables import Caution, merge_unique, source_line
from demografi.workforce import Gap

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from demografi.needs import Need
    from demografi.projection import Projection
    from demografi.reports.numbers import Piece
    from demografi.tables import Source

__all__ = ["ENDS", "Teller"]

ENDS = ("low", "high")
OWN_PROJECTION = "caution_own_projection"
"""Said at length by the chapter itself."""


class Teller:
    """Knows the results, the language, and the tables the text may read from.

    Parameters
    ----------
    result
        A gap, or a need where nothing is known of the hands.
    refers
        Whether the text mentions figures by number.
    """

    def __init__(self, result: Gap | Need, language: str, *, refers: bool = True) -> None:
        self.gap = result if isinstance(result, Gap) else None
        self.need = result.need if isinstance(result, Gap) else result
        self.projection: Projection = self.need.projection
        self.language, self.refers = language, refers
        self.launch = self.projection.launch
        self.to = int(self.gap.facts["to"]) if self.gap else self.projection.to
        self.ratios = _ratios(self.projection)
        self.bases: dict[str, Basis] = {}
        self.also: list[Number] = []
        self._figures = count(1)
        self._tables = count(1)
        region = self.need.region
        self.cautions = tuple(
            caution
            for caution in merge_unique(self.need.known_cautions, result.known_cautions)
            if caution.key != OWN_PROJECTION
        )
        self.say: dict[str, Piece] = {
            "region": region.name,
            "place": labels.place(region.name, language),
            "launch": str(self.launch),
            "to": str(self.to),
            "end": str(self.to),
            "start": str(self.launch),
            "coverage_year": str(self.need.coverage_year),
            "vintage": self.projection.vintage,
        }
        self._lay_out()

    def _lay_out(self) -> None:
        need, projection = self.need, self.projection
        people = projection.observed.own_sources[:1]
        self.put("causes", bases.causes_of_old(projection), people)
        self._put_intervals()
        if need.has("person_years"):
            own = (*need.sources_of_figure(), shipped.source("project_description"))
            self.put("person_years", bases.person_years(need), own)
        if bases.hidden_places(need):
            self.put("coverage_rest", bases.coverage_rest(need), need.sources_of_figure())
        if self.gap is not None:
            self.put("staff", bases.staff(self.gap), (*self.gap.supply.own_sources, *people))
        if bases.is_lakseregionen(need):
            self.put("quoted", bases.quoted(), (shipped.source("project_description"),))
        if projection.region_scheme.startswith("ssb-"):
            self.put("vintages", bases.vintages(self.to), (shipped.source("national_projections"),))
        self._put_assumptions()

    def _put_intervals(self) -> None:
        staff = self.gap.supply.own_sources if self.gap else ()
        drawn = bases.intervals(self.need, self.gap, self.ratios)
        self.put("intervals", drawn, (*self.need.sources_of_figure(), *staff))
        if len(drawn):
            self.put("hits", bases.hits(self.projection), (shipped.source("interval_hits"),))

    def _put_assumptions(self) -> None:
        supply = self.gap.supply if self.gap else None
        table = bases.assumptions(supply, self.cautions)
        if len(table):
            ours = supply.own_sources if supply else ()
            self.put("assumptions", table, (*ours, *self.need.own_sources))

    def put(self, name: str, data: pd.DataFrame, sources: Iterable[Source]) -> None:
        """Make a table that is not drawn readable by the text."""
        if len(data):
            self.bases[name] = bases.behind(name, data, tuple(sources), self.language)

    def drawn(
        self,
        name: str,
        words: Any,
        draw: Callable[..., Any],
        data: pd.DataFrame,
        formulas: Mapping[str, tuple[str, str, str]] | None = None,
    ) -> Figure:
        """Number a figure, and make the table behind it readable by the text."""
        caption = self.text("figure_word", number=str(next(self._figures)))
        footer = f"{words.note} {words.source}".strip()
        data = data.reset_index(drop=True)
        sources = self._sources_of(name)
        self.bases[name] = Basis(name, caption, words.title, words.subtitle, footer, data, sources, formulas or {})
        return Figure(name, caption, words, draw)

    def _sources_of(self, name: str) -> tuple[Source, ...]:
        if name == "nurse_gap" and self.gap is not None:
            return (*self.gap.supply.own_sources, *self.projection.observed.own_sources[:1])
        if name in ("pyramid", "fan", "components", "age_change"):
            return self.projection.observed.own_sources[:1]
        if name == "support_ratio":
            return tuple(self.ratios.sources_of_figure())
        return self.need.sources_of_figure()

    def next_table(self) -> str:
        """Return the caption of the next printed table."""
        return self.text("table_word", number=str(next(self._tables)))

    def text(self, key: str, **values: Piece) -> Sentence:
        """Say a row of the label table."""
        return fill(key, self.language, **{**self.say, **values})

    def see(self, said: Sentence, *parts: Figure | Any) -> Sentence:
        """Add a live reference to what shows it."""
        if not self.refers:
            return said
        mentioned = join([Reference(part.name, part.caption) for part in parts], self.language)
        return Sentence(said, " ", self.text("report_see", figures=mentioned))

    def pick(self, table: str, column: str, **where: object) -> Cells:
        """Choose cells of a column: a value a row must have, or a tuple of values it may have."""
        data = self.bases[table].data
        chosen = pd.Series(True, index=data.index)
        for name, wanted in where.items():
            if name == "age_group" and "age" in data.columns:
                chosen &= pd.Series(ages.is_within(data["age"].to_numpy(), str(wanted)), index=data.index)
            elif isinstance(wanted, tuple):
                chosen &= data[name].isin(wanted)
            else:
                chosen &= data[name] == wanted
        return Cells(table, column, tuple(int(row) for row in data.index[chosen]))

    def number(self, name: str, *cells: Cells, rule: str = "sum", look: str = "count") -> Number:
        """Compute a number from cells by a rule."""
        value = float(RULES[rule].compute(*(self._sum(part) for part in cells)))
        printed = shown(value, look, self.language)
        return Number(name, printed, value, SHOWN[look][0], look, rule, cells)

    def _sum(self, cells: Cells) -> float:
        return float(self.bases[cells.table].data[cells.column].iloc[list(cells.rows)].sum())

    def interval(self, figure: str, year: int, look: str = "count") -> Sentence | None:
        """Say the interval of a main number, rounded no finer than it is known; None where it was not drawn."""
        if not self.has_interval(figure):
            return None
        where = {"figure": figure, "year": year}
        found = [self.number(f"{figure}_{year}_{end}", self.pick("intervals", end, **where), look=look) for end in ENDS]
        decimals = self.decimals(found[1].value, look)
        printed = labels.ends(found[0].value, found[1].value, decimals, language=self.language)
        low, high = (replace(end, printed=text) for end, text in zip(found, printed, strict=True))
        level = self.number("interval_level", Cells("intervals", "level", (0,)))
        below = labels.rounded_ends(low.value, high.value, decimals)[0] < 0
        return self.text("interval_below_zero" if below else "interval_said", level=level, low=low, high=high)

    @staticmethod
    def decimals(value: float, look: str) -> int:
        """Return how many decimals a number of its kind has at most."""
        return int(look == "ratio" or (look == "fte" and abs(value) < labels.SMALL_PERSON_YEARS))

    def has_interval(self, figure: str) -> bool:
        """Tell whether a main number was drawn."""
        return "intervals" in self.bases and figure in set(self.bases["intervals"].data["figure"])

    def with_interval(self, said: Number, figure: str, year: int) -> Sentence:
        """Say a number and, in brackets, its interval where there is one."""
        interval = self.interval(figure, year, said.look)
        return Sentence(said) if interval is None else Sentence(said, " (", interval, ")")

    def signed(self, name: str, cells: Cells) -> Number:
        """Return a sum with its sign."""
        found = self.number(name, cells)
        return replace(found, printed=labels.number(found.value, signed=True, language=self.language))

    def growth(self, name: str, new: Cells, old: Cells) -> Number:
        """Return the change in per cent, signed."""
        return self.number(name, new, old, rule="growth", look="growth")

    def change(self, name: str, new: Cells, old: Cells) -> Sentence:
        """Say how many more or fewer."""
        more = self._sum(new) >= self._sum(old)
        size = self.number(name, *((new, old) if more else (old, new)), rule="minus")
        return self.text("more_by" if more else "fewer_by", count=size)

    def persons(self, group: str, year: int) -> Cells:
        """Choose the persons of an age group on 1 January."""
        return self.pick("pyramid", "persons", year=year, age_group=group)

    def users(self, year: int) -> Cells:
        """Choose the users aged 80 and over at the start of a year."""
        return self.pick("users", "value", year=year)

    def fte(self, year: int) -> Cells:
        """Choose the person-years needed."""
        return self.pick("person_years", "fte", year=year)

    def support(self, code: str, year: int) -> Number:
        """Return persons aged 20–66 per person aged 67 and over."""
        name = self.need.region.name if code == self.need.region.code else self.ratios.facts["against"][code]
        named = f"support_{year}" if code == self.need.region.code else f"support_{year}_{code}"
        return self.number(named, self.pick("support_ratio", "value", name=name, year=year), look="ratio")

    def others(self) -> list[Sentence]:
        """Say the ratio of counties and nation in the last year."""
        against = self.ratios.facts["against"].items()
        names = {code: self.text("report_whole_country") if code == NATION else name for code, name in against}
        return [Sentence(name, " ", self.support(code, self.to)) for code, name in names.items()]

    def caution(self, caution: Caution) -> Sentence:
        """Say a caution, its numbers read from the sheet of assumptions."""
        values: dict[str, Piece] = dict(caution.printed(self.language))
        for part, value in caution.values:
            if isinstance(value, int | float):
                cells = self.pick("assumptions", "value", assumption=caution.key, part=part)
                first = Cells(cells.table, cells.column, tuple(r for r in cells.rows if self._is(r, value))[:1])
                name = f"{caution.key.removeprefix('caution_')}_{part}{self._which(caution)}"
                look = "percent_one" if part.startswith("share") else "count" if value == int(value) else "years"
                values[part] = Number(name, str(values[part]), value, SHOWN[look][0], look, "sum", (first,))
        return fill(caution.key, self.language, **values)

    def _which(self, caution: Caution) -> str:
        """Tell cautions of one kind apart: nothing for the first, ``_2`` for the next."""
        alike = [other for other in self.cautions if other.key == caution.key]
        place = alike.index(caution)
        return f"_{place + 1}" if place else ""

    def _is(self, row: int, value: float) -> bool:
        return bool(self.bases["assumptions"].data["value"].iloc[row] == value)

    def source_line(self, *sources: Source) -> str:
        """Return the line under a table."""
        return source_line(sources, self.language)


def _ratios(projection: Projection) -> Indicators:
    against = ["county", "nation"] if projection.observed.benchmarks is not None else []
    return indicators(projection, against=against)
