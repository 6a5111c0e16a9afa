from __future__ import annotations

import os
from pathlib import Path

import pytest

import demografi as dg
from demografi.sources.reference import Reference, read_reference
from small_country import Small, make_small

ROOT = Path(__file__).parents[1]
REFERENCE = Path(os.environ.get("DEMOGRAFI_REFERENCE", ROOT.parent / "shared" / "reference"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip, aloud, what needs the whole-country reference data where it is absent."""
    if REFERENCE.is_dir():
        return
    absent = pytest.mark.skip(reason=f"the reference data are not at {REFERENCE} (set DEMOGRAFI_REFERENCE)")
    for item in items:
        if item.get_closest_marker("reference"):
            item.add_marker(absent)


@pytest.fixture(scope="session")
def reference() -> Path:
    return REFERENCE


@pytest.fixture(scope="session")
def country(reference: Path) -> Reference:
    """All whole-country tables, read once."""
    return read_reference(reference)


@pytest.fixture(scope="session")
def observed() -> dg.Observed:
    return dg.example()


@pytest.fixture(scope="session")
def projection(observed: dg.Observed) -> dg.Projection:
    return dg.project(observed, to=2040)


@pytest.fixture(scope="session")
def need(projection: dg.Projection) -> dg.Need:
    return dg.need(projection)


@pytest.fixture(scope="session")
def supply(observed: dg.Observed) -> dg.Supply:
    return dg.supply(observed, to=2040)


@pytest.fixture(scope="session")
def gap(need: dg.Need, supply: dg.Supply) -> dg.Gap:
    return dg.gap(need, supply)


@pytest.fixture(scope="session")
def engerdal() -> dg.Gap:
    observed = dg.example("Engerdal")
    return dg.gap(dg.need(dg.project(observed, to=2040)), dg.supply(observed, to=2040))


@pytest.fixture(scope="session")
def drawn_gap(observed: dg.Observed) -> dg.Gap:
    """The gap of Lakseregionen with intervals; few draws, so that it is soon made."""
    need = dg.need(dg.project(observed, to=2040, draws=100, seed=1))
    return dg.gap(need, dg.supply(observed, to=2040, draws=100, seed=1))


@pytest.fixture(scope="session")
def written(drawn_gap: dg.Gap, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The whole report of Lakseregionen, written once; tests read it and leave it as it is."""
    return dg.report(drawn_gap, tmp_path_factory.mktemp("report") / "lakseregionen", slides=True)


@pytest.fixture(scope="session")
def indicators(projection: dg.Projection) -> dg.Indicators:
    return dg.indicators(projection, against=["county", "nation"])


@pytest.fixture(scope="session")
def small() -> Small:
    return make_small()
