"""Draw tables as figures; this room knows no nouns of the library and is the only user of matplotlib."""

from demografi.plots.bars import shares
from demografi.plots.canvas import Look, Words
from demografi.plots.checks import problems
from demografi.plots.comparisons import comparison
from demografi.plots.dumbbells import dumbbell
from demografi.plots.fans import fan
from demografi.plots.grids import tiles
from demografi.plots.histories import history
from demografi.plots.multiples import small_multiples
from demografi.plots.output import save
from demografi.plots.pyramids import pyramid
from demografi.plots.reliability import reliability
from demografi.plots.waterfalls import waterfall

__all__ = [
    "Look",
    "Words",
    "comparison",
    "dumbbell",
    "fan",
    "history",
    "problems",
    "pyramid",
    "reliability",
    "save",
    "shares",
    "small_multiples",
    "tiles",
    "waterfall",
]
