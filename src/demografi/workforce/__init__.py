"""Hands: who works today, who of them is left later, and the gap to what is needed."""

from demografi.workforce.exits import EXIT_AGE, exit_ages, exit_hazards, fit_exits, mean_exit_age
from demografi.workforce.gaps import Gap, gap, gap_draws
from demografi.workforce.levers import levers_known
from demografi.workforce.making import supply
from demografi.workforce.mix import skill_mix
from demografi.workforce.staffing import staff_needed, working_days
from demografi.workforce.stock import OLD_AGE
from demografi.workforce.supplies import QUICK_BOUND_YEARS, Supply, supply_draws

__all__ = [
    "EXIT_AGE",
    "OLD_AGE",
    "QUICK_BOUND_YEARS",
    "Gap",
    "Supply",
    "exit_ages",
    "exit_hazards",
    "fit_exits",
    "gap",
    "gap_draws",
    "levers_known",
    "mean_exit_age",
    "skill_mix",
    "staff_needed",
    "supply",
    "supply_draws",
    "working_days",
]
