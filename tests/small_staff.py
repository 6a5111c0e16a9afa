"""A small made-up region for tests of staff: places where one woman is at every age."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd


def people_of(places: Sequence[str]) -> pd.DataFrame:
    """Return ``region year sex age persons`` of 2020–2026."""
    cells = [
        (place, year, sex, age, 1.0)
        for place in places
        for year in range(2020, 2027)
        for sex in ("female", "male")
        for age in range(106)
    ]
    return pd.DataFrame(cells, columns=["region", "year", "sex", "age", "persons"])
