from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
REPLIES = Path(os.environ.get("DEMOGRAFI_REPLIES", ROOT.parent / "shared" / "replies"))


@pytest.fixture(scope="session")
def replies() -> Path:
    """The folder with recorded replies; tests that need it are skipped, aloud, where it is absent."""
    if not REPLIES.is_dir():
        pytest.skip(f"the recorded replies are not at {REPLIES} (set DEMOGRAFI_REPLIES)")
    return REPLIES
