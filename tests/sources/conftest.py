from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from clocks import Clock
from made_up_tables import care, population
from pxweb_server import PxWebServer, serving

from demografi.sources.cache import Cache
from demografi.sources.exchange import Connection
from demografi.sources.pacing import Limiter

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


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def connect(tmp_path: Path, clock: Clock) -> Callable[..., Connection]:
    def made(server: PxWebServer, **changes: Any) -> Connection:
        usual = {"cache": Cache(tmp_path / "kept"), "limiter": Limiter(clock=clock, sleep=clock.sleep)}
        return Connection(server.url, **(usual | {"timeout": (5.0, 5.0)} | changes))

    return made


@pytest.fixture
def narrow(pxweb: PxWebServer) -> PxWebServer:
    """The same server, giving only a few cells a call and saying so."""
    pxweb.max_cells = 500
    pxweb.recorded["config"] = b'{"maxDataCells": 500, "apiVersion": "2.3.2"}'
    return pxweb
