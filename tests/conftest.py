"""What all tests share: the real data, where it is."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Return the folder of real data, or skip."""
    folder = Path(os.environ.get("XPRESSO_DATA", ROOT.parent / "shared" / "data"))
    if not (folder / "human_mini" / "genome.fa.gz").is_file():
        pytest.skip(f"no real data in {folder} (set XPRESSO_DATA)")
    return folder
