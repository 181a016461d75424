"""What the first page says about residuals is what the files say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from xpresso_core.files import write_json, write_table
from xpresso_core.landing_residuals import SIGNIFICANT, residual_words
from xpresso_core.residual_tests import TEST_COLUMNS

FACTS: dict[str, Any] = {"n": 12_345, "r2": 0.514, "pearson": 0.72, "residual_sd": 0.616, "constant": False}
MIRNAS: dict[str, Any] = {
    "families": 1_234,
    "abundant": {"AAGUGCU": "miR-291a-3p/294", "GAGGUAG": "let-7"},
    "share_of_abundant": 0.523,
    "expressed": 8_765,
    "top_tenth": {"a": 2, "b": 20, "c": 1, "d": 199, "p": 0.004, "note": "", "n": 222, "odds_ratio": 19.9},
}


def row_of(analysis: str, group: str, name: str, test: str, n: int, p: float | None, **more: Any) -> dict[str, Any]:
    return {"analysis": analysis, "set": group, "name": name, "test": test, "n": n, "p": p} | more


def told(
    folder: Path, *tests: dict[str, Any], mirnas: dict[str, Any] | None = None, **changes: Any
) -> str:
    row = changes.pop("row", {"experiment": "my_net"})
    write_json(FACTS | changes, folder / "residuals.json")
    write_table(pd.DataFrame(tests, columns=TEST_COLUMNS), folder / "tests.tsv")
    if mirnas is not None:
        write_json(mirnas, folder / "mirnas" / "facts.json")
    (line,) = residual_words({"my_cells": {"mirnas": mirnas} | row}, {"my_cells": folder})
    return line


def families(folder: Path, *spearman: float | None) -> None:
    table = pd.DataFrame({"seed": ["AAGUGCU", "CCCCCCC", "GAGGUAG"][: len(spearman)], "spearman": spearman})
    table = table.assign(family=["miR-291a-3p/294", "miR-1", "let-7"][: len(spearman)])
    write_table(table.assign(p=1e-20, p_adjusted=3e-18), folder / "mirnas" / "families.tsv")


def test_an_analysis_in_words(tmp_path: Path) -> None:
    assert told(tmp_path) == (
        "**my\\_cells** (my\\_net): 12,345 genes, r² = 0.514; residuals have a standard deviation of 0.62 log10 units."
    )


def test_predictions_made_elsewhere_are_named_with_the_dataset(tmp_path: Path) -> None:
    text = told(tmp_path, row={"predictions": "their_table", "dataset": "K562"})
    assert text.startswith("**my\\_cells** (their\\_table against K562): ")


def test_predictions_that_say_nothing_or_the_wrong_are_told(tmp_path: Path) -> None:
    assert "The predictions are constant" in told(tmp_path, constant=True, pearson=0.0, r2=0.0)
    wrong = told(tmp_path, pearson=-0.3)
    assert "point the wrong way" in wrong
    assert "constant" not in wrong
    assert "wrong way" not in told(tmp_path)


def test_groups_by_what_came_out(tmp_path: Path) -> None:
    text = told(
        tmp_path,
        row_of("genes", "domains", "stretch enhancers", "K-S, higher", 1_512, 3e-9, p_adjusted=1e-8),
        row_of("genes", "domains", "H3K27me3_domains", "K-S, lower", 99, 0.6, p_adjusted=0.8),
        row_of("genes", "domains", "empty", "K-S, lower", 0, None, p_adjusted=None),
        row_of("genes", "lists", "control genes", "K-S, higher", 30, 0.5, p_adjusted=0.7),
    )
    domains, lists = text.index("domains: "), text.index("lists: ")
    assert domains < lists
    assert "stretch enhancers (1,512 genes) are higher, P = 3.0e-09" in text[domains:lists]
    assert "H3K27me3\\_domains (99 genes) are not lower, P = 0.6" in text[domains:lists]
    assert "empty (0 genes) could not be tested." in text[domains:lists]
    assert "control genes (30 genes) are not higher" in text[lists:]


@pytest.mark.parametrize(("corrected", "differs"), [(SIGNIFICANT * 0.99, True), (SIGNIFICANT, False)])
def test_the_corrected_value_decides(tmp_path: Path, corrected: float, differs: bool) -> None:
    group = row_of("genes", "s", "g", "K-S, higher", 10, 1e-3, p_adjusted=corrected)
    half = row_of("half-lives", "t", "t", "Pearson", 10, 1e-3, p_adjusted=corrected, statistic=0.4)
    text = told(tmp_path, group, half)
    assert ("g (10 genes) are higher" in text) == differs
    assert ("g (10 genes) are not higher" in text) != differs
    assert ("may be chance" in text) != differs


def test_half_lives(tmp_path: Path) -> None:
    text = told(
        tmp_path,
        row_of("half-lives", "T_1", "T_1", "Pearson", 5_007, 1e-90, p_adjusted=1e-89, statistic=0.4294),
        row_of("half-lives", "T_1", "T_1", "Spearman", 5_007, 1e-80, p_adjusted=1e-79, statistic=0.11),
        row_of("half-lives", "few", "few", "Pearson", 2, None, p_adjusted=None, statistic=None),
    )
    assert "Half-lives T\\_1: correlation 0.43 with the residuals over 5,007 genes, P = 1.0e-90." in text
    assert "0.11" not in text
    assert "Half-lives few: 2 genes, too few or too much alike to correlate." in text


def test_micrornas(tmp_path: Path) -> None:
    families(tmp_path, 0.1234, 0.02, None)
    fisher = row_of("microRNAs", "mirnas", "abundant families", "Fisher", 222, 0.004, p_adjusted=0.008)
    text = told(tmp_path, fisher, mirnas=MIRNAS)
    assert "the 2 most abundant of 1,234 families have 52 % of the reads, miR-291a-3p/294 most." in text
    assert "miR-291a-3p/294 (AAGUGCU) have the lowest residuals of 2 families tested in 8,765" in text
    assert "correlation 0.123, P = 1.0e-20, corrected 3.0e-18." in text
    assert "2 of 3 abundant families are among the highest 22: P = 4.0e-03, corrected 8.0e-03." in text


def test_micrornas_without_targets_tests_or_abundant_families(tmp_path: Path) -> None:
    text = told(tmp_path, mirnas=MIRNAS | {"top_tenth": None})
    assert text.endswith("miR-291a-3p/294 most.")
    families(tmp_path, None, None)
    none = MIRNAS | {"top_tenth": {"a": 0, "b": 0, "c": 0, "d": 0, "p": None, "note": "No family could be."}}
    assert told(tmp_path, mirnas=none).endswith("most. No family could be.")
    families(tmp_path, 0.5, 0.02)
    missing = MIRNAS | {"top_tenth": {"a": 0, "b": 1, "c": 0, "d": 9, "p": None, "note": "No abundant one."}}
    text = told(tmp_path, mirnas=missing)
    assert "Spearman's correlation 0.500" in text
    assert text.endswith("No abundant one.")


def test_every_analysis_has_its_words_in_order(tmp_path: Path) -> None:
    for name in ("b", "a"):
        write_json(FACTS, tmp_path / name / "residuals.json")
        write_table(pd.DataFrame(columns=TEST_COLUMNS), tmp_path / name / "tests.tsv")
    rows = {name: {"experiment": "e", "mirnas": None} for name in ("b", "a")}
    found = residual_words(rows, {name: tmp_path / name for name in "ab"})
    assert [line[:5] for line in found] == ["**b**", "**a**"]
    assert residual_words({}, {}) == []
