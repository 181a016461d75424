"""All tests of an analysis side by side, and corrected together."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from test_residual_analyses import halflives, list_groups

from xpresso_core.files import read_table, write_json
from xpresso_core.rank_tests import adjusted
from xpresso_core.residual_tests import TEST_COLUMNS, write_tests


def all_tests(folder: Path, **parts: Any) -> pd.DataFrame:
    write_tests(
        parts.get("groups", {}), parts.get("halflives", {}), parts.get("mirnas"), folder / "tests.tsv"
    )
    return read_table(folder / "tests.tsv", TEST_COLUMNS)


def test_all_tests_are_corrected_together(tmp_path: Path) -> None:
    list_groups(
        tmp_path,
        up=(["GENE11", "GENE10"], {"expect": "higher"}),
        none=(["x"], {"expect": "lower"}),
    )
    rows = "".join(f"GENE{number}\t{2.0**number}\n" for number in (1, 3, 2, 5, 4, 7, 8, 6, 10, 9, 11))
    halflives(tmp_path, f"symbol\thours\n{rows}")
    mirnas = {"top_tenth": {"n": 30, "odds_ratio": 4.0, "p": 0.02}}
    write_json(mirnas, tmp_path / "mirnas.json")
    table = all_tests(
        tmp_path,
        groups={"lists": tmp_path / "lists.json"},
        halflives={"measured": tmp_path / "halflives.json"},
        mirnas=tmp_path / "mirnas.json",
    )
    assert list(table.columns) == TEST_COLUMNS
    assert table["analysis"].tolist() == ["genes", "genes", "half-lives", "half-lives", "microRNAs"]
    assert table["set"].tolist() == ["lists", "lists", "measured", "measured", "mirnas"]
    assert table["name"].tolist() == ["up", "none", "measured", "measured", "abundant families"]
    assert table["test"].tolist() == ["K-S, higher", "K-S, lower", "Pearson", "Spearman", "Fisher"]
    assert table["n"].tolist() == [2, 0, 11, 11, 30]
    assert table["p"].isna().tolist() == [False, True, False, False, False]
    p = [None if np.isnan(value) else value for value in table["p"]]
    assert [None if np.isnan(value) else value for value in table["p_adjusted"]] == pytest.approx(adjusted(p))
    assert table["statistic"].iloc[4] == 4.0


def test_the_table_of_no_test_has_a_header(tmp_path: Path) -> None:
    write_json({"top_tenth": None}, tmp_path / "mirnas.json")
    for mirnas in (None, tmp_path / "mirnas.json"):
        table = all_tests(tmp_path, mirnas=mirnas)
        assert table.empty
        assert list(table.columns) == TEST_COLUMNS


def test_tests_that_could_not_be_made_have_no_p_value(tmp_path: Path) -> None:
    halflives(tmp_path, "symbol\thours\nGONE\t5\n")
    table = all_tests(tmp_path, halflives={"a": tmp_path / "halflives.json", "b": tmp_path / "halflives.json"})
    assert table["name"].tolist() == ["a", "a", "b", "b"]
    assert table[["statistic", "p", "p_adjusted"]].isna().all(axis=None)
