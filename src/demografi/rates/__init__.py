"""Demographic measures and the projection's rates as plain functions of arrays; units and references in each.

Arrays run over (year, region, sex, age); sex 0 is female. Nothing here knows a table, a country or a place by name.
"""

from demografi.rates import paths
from demografi.rates.chain import chain_link, link_factors
from demografi.rates.lifetables import infant_survival, life_expectancy, life_table
from demografi.rates.local import fit_local
from demografi.rates.national import fit_national
from demografi.rates.parameters import Country, LocalRates, Parameters
from demografi.rates.settings import Settings

__all__ = [
    "Country",
    "LocalRates",
    "Parameters",
    "Settings",
    "chain_link",
    "fit_local",
    "fit_national",
    "infant_survival",
    "life_expectancy",
    "life_table",
    "link_factors",
    "paths",
]
