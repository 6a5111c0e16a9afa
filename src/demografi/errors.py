"""What can go wrong, said as a refusal: the fault; what was seen; what was wanted; what to type."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = [
    "AbsentError",
    "DemografiError",
    "DemografiWarning",
    "RegionError",
    "ReportError",
    "ScenarioError",
    "SourceError",
    "TableError",
]

MOST_SHOWN = 5


class DemografiError(Exception):
    """Refuse with a reason.

    Parameters
    ----------
    fault
        One full sentence: what is wrong, with the value as it was typed.
    where
        What was seen, one fact a line; at most five are shown.
    hint
        The last line: something to type.
    """

    code = "demografi"

    def __init__(self, fault: str, *, where: str | Iterable[object] = (), hint: str = "") -> None:
        facts = [where] if isinstance(where, str) else [str(fact) for fact in where]
        self.fault = fault
        self.where = [fact for fact in facts if fact]
        self.hint = hint
        super().__init__(str(self))

    def __str__(self) -> str:
        shown = self.where[:MOST_SHOWN]
        if len(self.where) > MOST_SHOWN:
            shown.append(f"… and {len(self.where) - MOST_SHOWN} more.")
        lines = [self.fault, *shown, *([self.hint] if self.hint else [])]
        return "\n  ".join(lines)

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild, (type(self), self.fault, self.where, self.hint))


def _rebuild(kind: type[DemografiError], fault: str, where: list[str], hint: str) -> DemografiError:
    return kind(fault, where=where, hint=hint)


class RegionError(DemografiError):
    """A region that is not known, not valid that year, or given twice."""

    code = "region"


class TableError(DemografiError):
    """A table with a hole, a double row, a wrong column or a value outside its range."""

    code = "table"


class SourceError(DemografiError):
    """A source that is absent, damaged or does not hold what was asked for."""

    code = "source"


class AbsentError(SourceError):
    """A table, variable or code the publisher does not have, or a reply that is not kept offline.

    Asking again gives the same answer, so a caller may do without it and say so; a server that
    cannot be reached is never this.
    """

    code = "absent"


class ScenarioError(DemografiError):
    """An assumption that cannot be used: outside its range, before the launch, or not known."""

    code = "scenario"


class ReportError(DemografiError):
    """A report that cannot be written where it was asked for."""

    code = "report"


class DemografiWarning(UserWarning):
    """A demographic caution; also kept as ``.cautions`` of the result it concerns."""
