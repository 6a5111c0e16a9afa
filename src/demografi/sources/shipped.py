"""The figures that ship with the package: found from a wheel, an sdist and a checkout alike."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

import pandas as pd

from demografi.errors import SourceError
from demografi.tables import Source

__all__ = ["folder", "read", "source", "verify"]

MANIFEST = "manifest.csv"
_TEXT = ("region", "county", "code", "successors", "status", "occupation_code", "position", "values")


@cache
def folder() -> Path:
    """Return the folder with the shipped figures.

    Raises
    ------
    SourceError
        The package was installed without them.
    """
    package = Path(__file__).parents[1]
    for candidate in (package / "data" / "raw", package.parents[1] / "data" / "raw"):
        if (candidate / MANIFEST).is_file():
            return candidate
    raise SourceError(
        "The shipped figures are missing from this installation.",
        where=f"Looked in {package / 'data' / 'raw'}.",
        hint="pip install --force-reinstall demografi",
    )


def read(name: str) -> pd.DataFrame:
    """Read one shipped table; codes stay text.

    Parameters
    ----------
    name
        File name without ending, as in the manifest.
    """
    return _read(name).copy()


@cache
def _read(name: str) -> pd.DataFrame:
    path = folder() / f"{name}.csv"
    if not path.is_file():
        raise SourceError(
            f"No shipped table is called '{name}'.",
            where=f"There are: {', '.join(sorted(p.stem for p in folder().glob('*.csv')))}.",
            hint="See data/raw/manifest.csv.",
        )
    header = pd.read_csv(path, nrows=0).columns
    text = {column: "str" for column in header if column in _TEXT}
    table = pd.read_csv(path, dtype=text, keep_default_na=False, na_values={c: [""] for c in header if c not in text})
    return table


@cache
def source(name: str) -> Source:
    """Return the provenance of one shipped table."""
    rows = _manifest()
    row = rows[rows["id"] == name]
    if row.empty:
        raise SourceError(f"The manifest has no row '{name}'.", hint="See data/raw/manifest.csv.")
    values = row.drop(columns="file").iloc[0]
    return Source(**{str(key): str(value) for key, value in values.items()})


@cache
def _manifest() -> pd.DataFrame:
    return pd.read_csv(folder() / MANIFEST, dtype="str", keep_default_na=False)


def verify() -> list[str]:
    """Compare every shipped file with the manifest; return what differs, one line each."""
    faults = []
    manifest = _manifest()
    for row in manifest.to_dict("records"):
        path = folder() / row["file"]
        if not path.is_file():
            faults.append(f"{row['file']} is missing.")
        elif hashlib.sha256(path.read_bytes()).hexdigest() != row["sha256"]:
            faults.append(f"{row['file']} differs from its sha256 in {MANIFEST}.")
    listed = {*manifest["file"], MANIFEST, "README.md"}
    faults += [f"{p.name} has no row in {MANIFEST}." for p in sorted(folder().iterdir()) if p.name not in listed]
    return faults
