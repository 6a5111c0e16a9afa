"""Municipalities, counties, the nation and named groups; borders and codes of other eras."""

from __future__ import annotations

from demografi.regions.borders import border_residual, harmonise
from demografi.regions.places import (
    CODE_LIST,
    COUNTIES,
    MUNICIPALITIES,
    NATION,
    OWN,
    Region,
    list_regions,
    name_of,
    region,
    slug,
)
from demografi.regions.results import OfRegion, Summable
from demografi.regions.rows import classify
from demografi.regions.successors import Weights

__all__ = [
    "CODE_LIST",
    "COUNTIES",
    "MUNICIPALITIES",
    "NATION",
    "OWN",
    "OfRegion",
    "Region",
    "Summable",
    "Weights",
    "border_residual",
    "classify",
    "harmonise",
    "list_regions",
    "name_of",
    "region",
    "slug",
]
