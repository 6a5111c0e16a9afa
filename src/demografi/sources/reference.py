"""Whole-country tables that lie outside the package, for back-tests and for fitting parameters."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from demografi.errors import SourceError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

__all__ = ["BREAK_YEAR", "GUESSED_SPLITS", "OFFICIAL_STARTS", "Reference", "read_reference", "reference_folder"]

SEXES = ("female", "male")
MERGED = {"1508": "1507", "1580": "1507"}
GUESSED_SPLITS = (("5055", "5056", "5059"), ("1806", "1875"))
BREAK_YEAR = 2020
PREDECESSORS_2005 = {"1160": ("1154", "1159"), "1576": ("1569", "1572")}
OFFICIAL_GROUPS = {
    "0": 0, "1-5": 0, "6-12": 6, "13-15": 6, "16-19": 16,
    "20-44": 20, "45-66": 20, "20-66": 20, "67-79": 67, "80-89": 80, "90+": 90,
}  # fmt: skip
OFFICIAL_STARTS = (0, 6, 16, 20, 67, 80, 90)


@dataclass(frozen=True)
class Reference:
    """All reference series in full; cut to what was known before anything is estimated.

    Attributes
    ----------
    regions, counties : (R,) codes, county numbers
    first_year : year of the first row of ``local`` (T, R, S, A)
    nation : (N, S, A) from ``first_nation``
    deaths, stock : (D, S, 111) from ``first_deaths``; stock 1 January
    asfr : (F, A) from ``first_asfr``
    official : vintage → (first year, (Y, G) persons)
    official_local : (vintage, region) → (first year, (Y, G) persons), main alternative
    official_ends : the same of the low and the high alternative, (2, Y, G)
    """

    regions: tuple[str, ...]
    counties: Ints
    first_year: int
    local: Floats
    first_nation: int
    nation: Floats
    first_deaths: int
    deaths: Floats
    stock: Floats
    first_asfr: int
    asfr: Floats
    official: dict[int, tuple[int, Floats]]
    official_local: dict[tuple[int, str], tuple[int, Floats]]
    official_ends: dict[tuple[int, str], tuple[int, Floats]]


def reference_folder(folder: Path | str | None = None) -> Path:
    """Return the folder of whole-country tables.

    Raises
    ------
    SourceError
        It is not there.
    """
    found = Path(folder or os.environ.get("DEMOGRAFI_REFERENCE", "../shared/reference"))
    if not found.is_dir():
        raise SourceError(
            f"There is no folder '{found}' with whole-country tables.",
            where="Back-tests of the whole country and the fitting of parameters need them; they do not ship.",
            hint="export DEMOGRAFI_REFERENCE=/path/to/reference",
        )
    return found


def _cube(frame: pd.DataFrame, value: str, n_ages: int) -> tuple[int, Floats]:
    """Turn year, sex, age rows into (T, 2, n_ages) and its first year."""
    first = int(frame["year"].min())
    cube = np.zeros((int(frame["year"].max()) - first + 1, 2, n_ages))
    sex = (frame["sex"] == SEXES[1]).to_numpy(dtype=int)
    cube[frame["year"] - first, sex, frame["age"]] = frame[value]
    return first, cube


def _local_cube(folder: Path) -> tuple[tuple[str, ...], int, Floats]:
    """Read municipalities into (T, R, 2, 106); the divided city is kept whole."""
    frame = pd.read_parquet(folder / "ssb_07459_population_municipality_by_sex_age_2005_2026.parquet")
    frame["region_code"] = frame["region_code"].replace(MERGED)
    regions = tuple(sorted(frame["region_code"].unique()))
    place = frame["region_code"].map({code: i for i, code in enumerate(regions)}).to_numpy()
    first = int(frame["year"].min())
    cube = np.zeros((int(frame["year"].max()) - first + 1, len(regions), 2, 106))
    sex = (frame["sex"] == SEXES[1]).to_numpy(dtype=int)
    index = ((frame["year"] - first).to_numpy(), place, sex, frame["age"].to_numpy())
    np.add.at(cube, index, frame["value"].to_numpy(dtype=float))
    return regions, first, cube


def _rebuild_first_year(folder: Path, regions: tuple[str, ...], cube: Floats) -> None:
    """Fill two places' first year from their predecessors, split by sex as a year later."""
    frame = pd.read_parquet(folder / "ssb_07459_population_municipality_original_codes_by_age_2005_2026.parquet")
    frame = frame[frame["year"] == frame["year"].min()]
    for code, parts in PREDECESSORS_2005.items():
        rows = frame[frame["region_code"].isin(parts)]
        ages = np.zeros(106)
        np.add.at(ages, rows["age"].to_numpy(), rows["value"].to_numpy(dtype=float))
        later = cube[1, regions.index(code)]
        both = np.append(later[:, 1:], later[:, -1:], axis=1) + 0.5
        cube[0, regions.index(code)] = ages * both / both.sum(axis=0)


def _official(folder: Path, alternative: str) -> dict[tuple[int, str], tuple[int, Floats]]:
    """Read an official alternative by vintage and region into (Y, G)."""
    frame = pd.read_parquet(folder / "ssb_regional_projections_telemark_2005_2026_vintages.parquet")
    frame = frame[frame["alternative"] == alternative].copy()
    frame["group"] = frame["age_group"].map(OFFICIAL_GROUPS)
    table: dict[tuple[int, str], tuple[int, Floats]] = {}
    keys = ["vintage", "region_code"]
    for vintage, region in frame[keys].drop_duplicates().itertuples(index=False):
        rows = frame[(frame["vintage"] == vintage) & (frame["region_code"] == region)]
        wide = rows.pivot_table(index="year", columns="group", values="value", aggfunc="sum")
        table[int(vintage), str(region)] = (int(wide.index[0]), wide.to_numpy(dtype=float))
    return table


def _official_ends(folder: Path) -> dict[tuple[int, str], tuple[int, Floats]]:
    """Read the low and the high official alternative where both are at hand."""
    low, high = _official(folder, "LLML"), _official(folder, "HHMH")
    return {
        key: (low[key][0], np.stack([low[key][1], high[key][1]]))
        for key in low
        if key in high and low[key][1].shape == high[key][1].shape
    }


def read_reference(folder: Path | str | None = None) -> Reference:
    """Read every table once; about four seconds.

    Raises
    ------
    SourceError
        The folder is not there.
    """
    folder = reference_folder(folder)
    regions, first_year, local = _local_cube(folder)
    _rebuild_first_year(folder, regions, local)
    nation = pd.read_csv(folder / "ssb_07459_population_norway_by_sex_age_1986_2026.csv")
    first_nation, national = _cube(nation, "value", 106)
    hmd = pd.read_parquet(folder / "hmd_norway_population_deaths_mx_1900_2023.parquet")
    first_deaths, deaths = _cube(hmd, "deaths", 111)
    _, stock = _cube(hmd, "population_jan1", 111)
    births = pd.read_csv(folder / "hfd_norway_asfr_1967_2022.csv")
    asfr = np.zeros((births["year"].nunique(), 106))
    asfr[births["year"] - births["year"].min(), births["age"]] = births["asfr"]
    official = _official(folder, "MMMM")
    return Reference(
        regions=regions,
        counties=_counties(folder, regions),
        first_year=first_year,
        local=local,
        first_nation=first_nation,
        nation=national,
        first_deaths=first_deaths,
        deaths=deaths,
        stock=stock,
        first_asfr=int(births["year"].min()),
        asfr=asfr,
        official={v: table for (v, r), table in official.items() if r == "0"},
        official_local={key: table for key, table in official.items() if key[1] != "0"},
        official_ends={key: ends for key, ends in _official_ends(folder).items() if key[1] != "0"},
    )


def _counties(folder: Path, regions: tuple[str, ...]) -> Ints:
    """Number the counties of the places 0 … C − 1 in code order."""
    codes = sorted({code[:2] for code in regions})
    return np.array([codes.index(code[:2]) for code in regions], dtype=np.int64)
