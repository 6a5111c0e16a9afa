"""Draw tables as figures; this room knows no nouns of the library and is the only user of matplotlib."""

from demografi.plots.bars import hide_second, shares
from demografi.plots.canvas import Look, Words
from demografi.plots.changes import changes
from demografi.plots.checks import problems
from demografi.plots.comparisons import comparison
from demografi.plots.components import components
from demografi.plots.dumbbells import dumbbell
from demografi.plots.fans import fan
from demografi.plots.findings import (
    age_change_words,
    age_name,
    components_words,
    few_note,
    map_words,
    old_municipalities_words,
    old_title,
    old_years_words,
    staff_ages_words,
    support_multiples_words,
)
from demografi.plots.grids import growth_limits, tiles
from demografi.plots.histories import history
from demografi.plots.inputs import with_enough
from demografi.plots.layouts import tile_layout
from demografi.plots.multiples import small_multiples
from demografi.plots.output import save
from demografi.plots.pyramids import pyramid
from demografi.plots.reliability import reliability
from demografi.plots.waterfalls import waterfall

__all__ = [
    "Look",
    "Words",
    "age_change_words",
    "age_name",
    "changes",
    "comparison",
    "components",
    "components_words",
    "dumbbell",
    "fan",
    "few_note",
    "growth_limits",
    "hide_second",
    "history",
    "map_words",
    "old_municipalities_words",
    "old_title",
    "old_years_words",
    "problems",
    "pyramid",
    "reliability",
    "save",
    "shares",
    "small_multiples",
    "staff_ages_words",
    "support_multiples_words",
    "tile_layout",
    "tiles",
    "waterfall",
    "with_enough",
]
