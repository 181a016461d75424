"""The table of input files."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from xpresso_core.errors import InputError
from xpresso_core.files import sha256
from xpresso_core.sources import Source, fetch
from xpresso_core.sources_used import COLUMNS, write_sources_used


def test_fetched_and_simulated_files_stand_together(tmp_path: Path) -> None:
    (tmp_path / "original.tsv").write_text("a\tb\n")
    source = Source("names", str(tmp_path / "original.tsv"), release="7", licence="CC0", citation="A 2020")
    record = fetch(source, tmp_path / "names.tsv").write_sidecar()
    model = tmp_path / "model.json"
    model.write_text(json.dumps({"assembly": "sim1"}))
    table = write_sources_used({"mouse/names.tsv": record, "demo": model}, tmp_path / "used.tsv")
    assert tuple(table) == COLUMNS
    assert table["file"].tolist() == ["mouse/names.tsv", "demo"]
    assert table[["id", "release", "licence", "citation"]].to_numpy().tolist() == [
        ["names", "7", "CC0", "A 2020"],
        ["simulated", "sim1", "", ""],
    ]
    assert table["sha256"].tolist() == [sha256(tmp_path / "original.tsv"), sha256(model)]
    written = pd.read_csv(tmp_path / "used.tsv", sep="\t", keep_default_na=False)
    pd.testing.assert_frame_equal(written, table, check_dtype=False)


def test_a_missing_record_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.json: cannot be read"):
        write_sources_used({"x": tmp_path / "none.json"}, tmp_path / "used.tsv")
    assert list(tmp_path.iterdir()) == []
