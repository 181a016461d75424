"""All tests of an analysis side by side, each corrected with its kind."""

from __future__ import annotations

import math
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


def test_all_tests_stand_side_by_side(tmp_path: Path) -> None:
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
    np.testing.assert_array_equal(table["p_adjusted"], table["p"])  # each is alone of its kind
    assert table["statistic"].iloc[4] == 4.0


def test_p_values_are_corrected_within_their_kind(tmp_path: Path) -> None:
    tests = [{"name": name, "expect": "higher", "n": 5, "d": 0.5} for name in ("a", "b", "c")]
    groups = {"one": (0.01, None, 0.04), "two": (0.03, 0.5, 0.2)}
    for name, values in groups.items():
        rows = [test | {"p": p} for test, p in zip(tests, values, strict=True)]
        write_json({"tests": rows}, tmp_path / f"{name}.json")
    halves = {"x": (1e-5, 0.04), "y": (0.02, 0.06)}
    for name, (pearson, spearman) in halves.items():
        facts = {"n": 9, "pearson": 0.3, "pearson_p": pearson, "spearman": 0.2, "spearman_p": spearman}
        write_json(facts, tmp_path / f"{name}.json")
    write_json({"top_tenth": {"n": 30, "odds_ratio": 4.0, "p": 0.02}}, tmp_path / "mirnas.json")
    table = all_tests(
        tmp_path,
        groups={name: tmp_path / f"{name}.json" for name in groups},
        halflives={name: tmp_path / f"{name}.json" for name in halves},
        mirnas=tmp_path / "mirnas.json",
    )
    found = table["p_adjusted"].tolist()
    expected = [math.nan if p is None else p for p in adjusted([0.01, None, 0.04, 0.03, 0.5, 0.2])]
    assert found[:6] == pytest.approx(expected, nan_ok=True)
    assert table["test"].tolist()[6:] == ["Pearson", "Spearman", "Pearson", "Spearman", "Fisher"]
    assert found[6:] == pytest.approx([2e-5, 0.06, 0.02, 0.06, 0.02])


def test_the_table_of_no_test_has_a_header(tmp_path: Path) -> None:
    write_json({"top_tenth": None}, tmp_path / "mirnas.json")
    for mirnas in (None, tmp_path / "mirnas.json"):
        table = all_tests(tmp_path, mirnas=mirnas)
        assert table.empty
        assert list(table.columns) == TEST_COLUMNS


def test_tests_that_could_not_be_made_have_no_p_value(tmp_path: Path) -> None:
    halflives(tmp_path, "symbol\thours\nGONE\t5\n")
    table = all_tests(
        tmp_path, halflives={"a": tmp_path / "halflives.json", "b": tmp_path / "halflives.json"}
    )
    assert table["name"].tolist() == ["a", "a", "b", "b"]
    assert table[["statistic", "p", "p_adjusted"]].isna().all(axis=None)
