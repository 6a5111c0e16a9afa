"""Options of the verbs that follow staff: whose, how they leave, and how many futures are drawn."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

import demografi as dg

__all__ = ["numbered", "staffed", "supply_choices"]

DRAWS = 1000

_options = (
    click.option("--occupation", multiple=True, help="Name as in table 14533, e.g. health_care_worker; repeatable."),
    click.option("--staff", type=click.Path(path_type=Path), help="Your own staff table; it stays on this machine."),
    click.option("--exits", default="klp_pension", show_default=True, help="A published mean exit age, by name."),
    click.option("--level", type=click.FloatRange(0, 1, min_open=True, max_open=True), help="Interval, e.g. 0.8."),
    click.option("--draws", type=click.IntRange(1), default=DRAWS, show_default=True, help="Futures, with --level."),
    click.option("--seed", type=int, default=1, show_default=True, help="The same seed gives the same draws."),
)


def staffed(verb: Callable[..., Any]) -> Callable[..., Any]:
    """Give a verb the choices of a supply."""
    for option in reversed(_options):
        verb = option(verb)
    return verb


def supply_choices(
    level: float | None, *, occupation: tuple[str, ...], staff: Path | None, exits: str, draws: int, seed: int
) -> dict[str, Any]:
    """Return the arguments of ``dg.supply``; draws are made only where an interval is asked for."""
    choices: dict[str, Any] = {"exits": exits, "draws": 0 if level is None else draws, "seed": seed}
    if occupation:
        choices["occupations"] = list(occupation)
    if staff is not None:
        choices["staff"] = dg.read(staff)
    return choices


def numbered(given: tuple[str, ...]) -> dict[str, Any]:
    """Read ``name=2`` and ``name=0.75:0.85``."""
    out: dict[str, Any] = {}
    for text in given:
        name, _, value = text.partition("=")
        try:
            numbers = tuple(float(part) for part in value.split(":"))
        except ValueError:
            raise click.BadParameter(f"{text!r} is not like nurse=12 or position_size=0.75:0.85.") from None
        out[name] = numbers[0] if len(numbers) == 1 else numbers
    return out
