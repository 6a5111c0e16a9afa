"""The year itself: arrays in, arrays out. No pandas, no files, no opinions about rates.

:func:`step` and :func:`run` carry one path forward, arrays over (region, sex, age).
"""

from __future__ import annotations

from demografi.cohort.single import FEMALE, MALE, Year, run, step

__all__ = ["FEMALE", "MALE", "Year", "run", "step"]
