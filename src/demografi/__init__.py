"""From official tables to projected population, service need, workforce gap and the chapter.

Verbs: ``example load official read compare project need supply gap indicators goal follow sentences report trace
refresh region fit_errors``; nouns: ``Observed Projection Need Supply Gap Indicators Goal Region``. Importing does
nothing outside; heavy libraries load when a verb is first used.

Examples
--------
>>> import demografi as dg
>>> dg.project(dg.example("Engerdal"), to=2030).launch
2026
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from demografi.errors import (
        DemografiError,
        DemografiWarning,
        RegionError,
        ReportError,
        ScenarioError,
        SourceError,
        TableError,
    )
    from demografi.evaluation import Backtest, backtest, fit_errors
    from demografi.goals import Goal, follow, goal
    from demografi.loading import load
    from demografi.needs import Need, bridge, departure, ministry_bridge, need
    from demografi.observed import Observed, example
    from demografi.projection import Projection, project
    from demografi.ratios import Indicators, indicators
    from demografi.regions import Region, list_regions, region
    from demografi.reports import refresh, report, sentences, trace
    from demografi.scenarios import Scenario, scenario
    from demografi.sources.files import Layout, read
    from demografi.vintages import compare, official
    from demografi.workforce import Gap, Supply, gap, supply

__version__ = "0.1.0"

_DOORS = {
    "errors": (
        "DemografiError",
        "DemografiWarning",
        "RegionError",
        "ReportError",
        "ScenarioError",
        "SourceError",
        "TableError",
    ),
    "scenarios": ("Scenario", "scenario"),
    "regions": ("Region", "list_regions", "region"),
    "observed": ("Observed", "example"),
    "loading": ("load",),
    "projection": ("Projection", "project"),
    "needs": ("Need", "bridge", "departure", "ministry_bridge", "need"),
    "ratios": ("Indicators", "indicators"),
    "workforce": ("Gap", "Supply", "gap", "supply"),
    "evaluation": ("Backtest", "backtest", "fit_errors"),
    "goals": ("Goal", "follow", "goal"),
    "reports": ("refresh", "report", "sentences", "trace"),
    "sources.files": ("Layout", "read"),
    "vintages": ("compare", "official"),
}
_ROOM_OF = {name: room for room, names in _DOORS.items() for name in names}

__all__ = [
    "Backtest",
    "DemografiError",
    "DemografiWarning",
    "Gap",
    "Goal",
    "Indicators",
    "Layout",
    "Need",
    "Observed",
    "Projection",
    "Region",
    "RegionError",
    "ReportError",
    "Scenario",
    "ScenarioError",
    "SourceError",
    "Supply",
    "TableError",
    "backtest",
    "bridge",
    "compare",
    "departure",
    "example",
    "fit_errors",
    "follow",
    "gap",
    "goal",
    "indicators",
    "list_regions",
    "load",
    "ministry_bridge",
    "need",
    "official",
    "project",
    "read",
    "refresh",
    "region",
    "report",
    "scenario",
    "sentences",
    "supply",
    "trace",
]


def __getattr__(name: str) -> Any:
    if name not in _ROOM_OF:
        raise AttributeError(f"module 'demografi' has no attribute {name!r}")
    return getattr(import_module(f"demografi.{_ROOM_OF[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
