"""Options of the verb that counts users: whose coverage, which services, what departs, how many futures are drawn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

import demografi as dg
from demografi.cli.staffing import DRAWS

__all__ = ["departing", "needed"]

_options = (
    click.option(
        "--coverage-year", type=int, help="Year (31 December) whose coverage is held; the latest if left out."
    ),
    click.option("--service", multiple=True, help="Service wanted, such as home_service; repeatable."),
    click.option("--departure", multiple=True, help="E.g. standard_growth:rate=0.005; repeatable."),
    click.option("--level", type=click.FloatRange(0, 1, min_open=True, max_open=True), help="Interval, e.g. 0.8."),
    click.option("--draws", type=click.IntRange(1), default=DRAWS, show_default=True, help="Futures, with --level."),
    click.option("--seed", type=int, default=1, show_default=True, help="The same seed gives the same draws."),
)


def needed(verb: Callable[..., Any]) -> Callable[..., Any]:
    """Give a verb the choices of a need."""
    for option in reversed(_options):
        verb = option(verb)
    return verb


def departing(given: tuple[str, ...]) -> list[Any]:
    """Read ``standard_growth:rate=0.005`` and ``coverage_convergence:share=0.5,toward=Lakseregionen``."""
    return [dg.departure(key, **_values(text)) for text in given for key in [text.partition(":")[0]]]


def _values(text: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for part in filter(None, text.partition(":")[2].split(",")):
        name, _, value = part.partition("=")
        if name == "toward":
            found[name] = dg.example(value)
            continue
        try:
            found[name] = int(value) if name == "by" else float(value)
        except ValueError:
            raise click.BadParameter(f"{text!r} is not like standard_growth:rate=0.005.") from None
    return found
