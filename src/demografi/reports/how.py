"""How the figures are made: vintage, alternative, coverage, borders, hidden cells, intervals, weaknesses, news."""

from __future__ import annotations

from typing import TYPE_CHECKING

from demografi.projection.fans import SEVERAL_LAUNCHES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from demografi.reports.numbers import Sentence
    from demografi.reports.teller import Teller
    from demografi.tables import Caution

__all__ = ["about_basis", "about_intervals", "how", "weaknesses"]

COVERAGE = ("caution_coverage_year",)
BORDERS = ("caution_split_history", "caution_borders_from", "caution_short_history")
HIDDEN = ("caution_suppressed",)
INTERVALS = (
    "caution_no_intervals",
    "caution_intervals",
    "caution_own_intervals",
    "caution_population_uncertainty_only",
    "caution_need_coverage_drawn",
    "caution_supply_intervals",
    "caution_gap_intervals",
)
POINTS = {*COVERAGE, *BORDERS, *HIDDEN, *INTERVALS}


def how(teller: Teller) -> Iterator[Sentence]:
    """Say in a few points how the figures are made."""
    yield teller.text("how_projection")
    yield from _of(teller, COVERAGE)
    yield teller.text("how_reference_dates")
    yield teller.text("how_vintage")
    yield _borders(teller)


def about_intervals(teller: Teller) -> Iterator[Sentence]:
    """Say what intervals rest on, what they leave out, how often such have held, and what is no interval."""
    yield from _of(teller, INTERVALS)
    if teller.has_interval("old"):
        yield _held(teller)
    yield teller.text("how_not_intervals")


def about_basis(teller: Teller) -> Iterator[Sentence]:
    """Say what is hidden or chain-linked in the figures behind, and what changed since the vintage before."""
    yield from _of(teller, BORDERS)
    hidden = list(_of(teller, HIDDEN))
    yield from hidden or [teller.text("report_nothing_hidden")]
    yield _news(teller)


def weaknesses(teller: Teller) -> Iterator[Sentence]:
    """Say every other caution the results carry."""
    yield from (teller.caution(caution) for caution in teller.cautions if caution.key not in POINTS)


def _of(teller: Teller, keys: tuple[str, ...]) -> Iterator[Sentence]:
    chosen: list[Caution] = [caution for key in keys for caution in teller.cautions if caution.key == key]
    yield from (teller.caution(caution) for caution in chosen)


def _borders(teller: Teller) -> Sentence:
    scheme = teller.need.region.region_scheme
    observed = teller.projection.observed.region.region_scheme
    ours = next((one for one in (scheme, observed) if one.startswith("ssb-")), "")
    if ours:
        return teller.text("report_borders", year=ours.rpartition("-")[2])
    return teller.text("report_borders_own")


def _held(teller: Teller) -> Sentence:
    """Say how often such intervals have held; of users and staff, what is known."""
    if "hits" not in teller.bases:
        return teller.text("report_held_not_scored")
    table = teller.bases["hits"].data
    ahead = [horizon for horizon in SEVERAL_LAUNCHES if horizon in set(table["horizon"])]
    rates = {
        name: teller.number(
            f"held_{name}_{ahead[0]}", teller.pick("hits", "percent", age_group=group, horizon=ahead[0])
        )
        for name, group in (("old", "80+"), ("working", "20-66"), ("residents", "total"))
    }
    kind = "municipality" if len(teller.need.region.members) == 1 else "ten"
    unit, years = teller.text(f"fan_unit_{kind}"), teller.text(f"fan_years_{ahead[0]}")
    return teller.text("report_held", unit=unit, ahead=years, **rates)


def _news(teller: Teller) -> Sentence:
    """Say what changed since the vintage before, where that is known."""
    if "vintages" not in teller.bases:
        return teller.text("report_no_earlier_vintage")
    known = sorted(teller.bases["vintages"].data["vintage"])
    if len(known) < 2:
        return teller.text("report_no_earlier_vintage")
    then, now = known[-2:]
    old, new = (teller.pick("vintages", "persons", vintage=one) for one in (then, now))
    return teller.text(
        "report_news",
        then=str(then),
        now=str(now),
        old=teller.number(f"ssb_old_{teller.to}_in_{then}", old),
        new=teller.number(f"ssb_old_{teller.to}_in_{now}", new),
        change=teller.change(f"ssb_old_{teller.to}_change", new, old),
    )
