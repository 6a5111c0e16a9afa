"""How far off a projection may be: errors of past projections, turned into joint draws of factors; arrays only.

A draw multiplies the projected persons of each age group. What the nation, the county and the place may get wrong are
drawn apart and shared by all they concern, so that sums, shares and ratios of a draw have true intervals.
"""

from demografi.uncertainty.calibration import fit_errors, fit_short_record
from demografi.uncertainty.drawing import cell_factors, draw_factors
from demografi.uncertainty.fitting import PastErrors
from demografi.uncertainty.intervals import check_draws, check_level, check_seed, quantiles
from demografi.uncertainty.model import GROUP_STARTS, GROUPS, ErrorModel, from_rows, to_rows

__all__ = [
    "GROUPS",
    "GROUP_STARTS",
    "ErrorModel",
    "PastErrors",
    "cell_factors",
    "check_draws",
    "check_level",
    "check_seed",
    "draw_factors",
    "fit_errors",
    "fit_short_record",
    "from_rows",
    "quantiles",
    "to_rows",
]
