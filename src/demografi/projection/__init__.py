"""From rates and assumptions to a projected population."""

from demografi.projection.drawn import note_own
from demografi.projection.making import MAIN_SCENARIO, project
from demografi.projection.noun import Projection, check_year, refuse_level

__all__ = ["MAIN_SCENARIO", "Projection", "check_year", "note_own", "project", "refuse_level"]
