from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from made_up_tables import care, population
from pxweb_server import PxWebServer, serving

ROOT = Path(__file__).parents[2]
REPLIES = Path(os.environ.get("DEMOGRAFI_REPLIES", ROOT.parent / "shared" / "replies"))


@pytest.fixture(scope="session")
def replies() -> Path:
    """The folder with recorded replies; tests that need it are skipped, aloud, where it is absent."""
    if not REPLIES.is_dir():
        pytest.skip(f"the recorded replies are not at {REPLIES} (set DEMOGRAFI_REPLIES)")
    return REPLIES


@pytest.fixture
def pxweb() -> Iterator[PxWebServer]:
    """A local statistics server with two made-up tables and room for every call."""
    table, lists = population()
    with serving([table, care()], lists, limit=10_000) as server:
        yield server
