"""The year itself: arrays in, arrays out. No pandas, no files, no opinions about rates.

:func:`step` and :func:`run` carry one path forward, arrays over (region, sex, age), with net migrants at the end of the
year. :func:`carry` carries any number of draws, arrays over (age, sex, region, draw), with any kind of migration.
"""

from __future__ import annotations

from demografi.cohort.blocks import Blocks
from demografi.cohort.chance import demographic_noise
from demografi.cohort.ledger import FLOWS, Drawn, Keep
from demografi.cohort.migration import Lives, Noise, NoiseFunction, Place
from demografi.cohort.open_age import narrow, widen
from demografi.cohort.quantiles import quantiles
from demografi.cohort.rates import Destinations, NetCounts, NetRates, Pool, Rates
from demografi.cohort.single import FEMALE, MALE, Year, run, step
from demografi.cohort.years import Carried, carry

__all__ = [
    "FEMALE",
    "FLOWS",
    "MALE",
    "Blocks",
    "Carried",
    "Destinations",
    "Drawn",
    "Keep",
    "Lives",
    "NetCounts",
    "NetRates",
    "Noise",
    "NoiseFunction",
    "Place",
    "Pool",
    "Rates",
    "Year",
    "carry",
    "demographic_noise",
    "narrow",
    "quantiles",
    "run",
    "step",
    "widen",
]
