"""From workload to staff by the World Health Organization's workload indicators of staffing need (WISN)."""

from __future__ import annotations

from demografi.errors import TableError

__all__ = ["staff_needed", "working_days"]


def working_days(weeks: float, days_a_week: float, *absent: float) -> float:
    """Return the days one person works in a year: possible days less leave, holidays, sickness and training [days].

    Examples
    --------
    >>> working_days(52, 5, 25, 10, 12)
    213.0
    """
    days = weeks * days_a_week - sum(absent)
    if days <= 0:
        raise TableError(f"Nobody works {days:g} days a year.", hint="working_days(52, 5, 25, 10, 12)")
    return float(days)


def staff_needed(
    workload: float, available: float, *, allowance_factor: float = 1.0, individual_allowance: float = 0.0
) -> float:
    """Return the staff a workload takes.

    Parameters
    ----------
    workload
        Work of a year [days, hours or any unit of time].
    available
        What one person works in a year, in the same unit.
    allowance_factor
        1 ÷ (1 − share of time that goes to support done by all); 1 for none.
    individual_allowance
        Staff for support done by some.

    Returns
    -------
    float
        Person-years.

    Raises
    ------
    TableError
        The work or the time is not above zero, or the factor is under 1.

    Notes
    -----
    workload ÷ available · factor + individual (World Health Organization, *Workload Indicators of Staffing Need:
    user's manual*, 2010). WISN ratio = staff at work ÷ staff needed.

    Examples
    --------
    >>> round(staff_needed(3125, 179), 1)
    17.5
    """
    if not (workload >= 0 and available > 0 and allowance_factor >= 1 and individual_allowance >= 0):
        raise TableError(
            f"A workload of {workload:g} by {available:g} each cannot be turned into staff.",
            where=f"Allowances: factor {allowance_factor:g} (1 or more), individual {individual_allowance:g}.",
            hint="staff_needed(3125, 179)",
        )
    return workload / available * allowance_factor + individual_allowance
