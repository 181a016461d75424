"""What the first page says about residuals is what the files say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from test_mirna_analysis import analyse

from xpresso_core.files import write_json, write_table
from xpresso_core.landing_residuals import residual_words
from xpresso_core.rank_tests import SIGNIFICANT
from xpresso_core.residual_tests import TEST_COLUMNS, write_tests

FACTS: dict[str, Any] = {
    "n": 12_345,
    "r2": 0.514,
    "pearson": 0.72,
    "residual_sd": 0.616,
    "constant": False,
    "unmeasured": 0,
}
NOTHING: dict[str, Any] = {"tests": [], "shared": 0, "unplaced": 0}
"""Facts of a set of groups of which nothing was left out."""

MIRNAS: dict[str, Any] = {
    "families": 1_234,
    "abundant": [{"seed": "AAGUGCU", "family": "miR-291a-3p/294"}, {"seed": "GAGGUAG", "family": "let-7"}],
    "share_of_abundant": 0.523,
    "expressed": 8_765,
    "target_symbols": 15_000,
    "unknown_symbols": 0,
    "top_tenth": {"a": 2, "b": 20, "c": 1, "d": 199, "p": 0.004, "note": "", "n": 222, "odds_ratio": 19.9},
}


def row_of(
    analysis: str, group: str, name: str, test: str, n: int, p: float | None, **more: Any
) -> dict[str, Any]:
    return {"analysis": analysis, "set": group, "name": name, "test": test, "n": n, "p": p} | more


def told(
    folder: Path,
    *tests: dict[str, Any],
    mirnas: dict[str, Any] | None = None,
    sets: dict[str, Any] | None = None,
    **changes: Any,
) -> str:
    """Return the words of an analysis with the tests given; `sets` are the facts of sets of groups by name."""
    row = changes.pop("row", {"experiment": "my_net"})
    write_json(FACTS | changes, folder / "residuals.json")
    write_table(pd.DataFrame(tests, columns=TEST_COLUMNS), folder / "tests.tsv")
    for name in {test["set"] for test in tests if test["analysis"] == "genes"}:
        write_json(NOTHING | (sets or {}).get(name, {}), folder / "groups" / f"{name}.json")
    if mirnas is not None:
        write_json(mirnas, folder / "mirnas" / "facts.json")
    settings = None if mirnas is None else {"cells": "my stem_cells"}
    (line,) = residual_words({"my_cells": {"mirnas": settings} | row}, {"my_cells": folder})
    return line


def left_out(folder: Path, **facts: Any) -> str:
    """Return what is said after the only group of a set."""
    group = row_of("genes", "s", "g", "K-S, higher", 10, 0.5, p_adjusted=0.5)
    text = told(folder, group, sets={"s": facts})
    before, _, after = text.partition("g (10 genes) not higher, P = 0.5, corrected 0.5.")
    assert before.endswith("Residuals by s: ")
    return after


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


def test_predicted_genes_without_expression_value_are_counted(tmp_path: Path) -> None:
    text = told(tmp_path, unmeasured=1_234)
    assert text.endswith("log10 units. 1,234 more are predicted and have no expression value.")


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
    assert text.endswith(
        "Residuals by domains: stretch enhancers (1,512 genes) higher, P = 3.0e-09, corrected 1.0e-08;"
        " H3K27me3\\_domains (99 genes) not lower, P = 0.6, corrected 0.8; empty (0 genes) could not be tested."
        " Residuals by lists: control genes (30 genes) not higher, P = 0.5, corrected 0.7."
    )


def test_entries_that_mean_no_one_gene_are_counted(tmp_path: Path) -> None:
    cases = {
        "first": {"name": 1_000, "several genes": 2, "unknown": 9},
        "all_found": {"name": 3, "synonym": 1},
        "third": {"unknown": 5},
    }
    assert left_out(tmp_path, entries=cases) == (
        " Not counted: 11 of 1,011 entries of first, which mean no one gene;"
        " 5 of 5 entries of third, which mean no one gene."
    )


def test_states_that_are_nowhere_are_told(tmp_path: Path) -> None:
    states = {"a_b": ["D5", "D_9"], "all there": [], "many": ["D1", "D2", "D3", "D4", "D6"]}
    assert left_out(tmp_path, absent_states=states) == (
        " Not counted: D5, D\\_9 of a\\_b, which no segment has;"
        " D1, D2, D3, D4 and 1 more of many, which no segment has."
    )


def test_genes_of_several_groups_and_of_no_place_are_counted(tmp_path: Path) -> None:
    assert left_out(tmp_path, shared=1_007, unplaced=2_000) == (
        " Not counted: genes in several groups (1,007); genes that the annotation of the domains lacks (2,000)."
    )
    assert left_out(tmp_path, shared=0) == ""


def test_what_was_left_out_stands_beside_its_own_set(tmp_path: Path) -> None:
    rows = [row_of("genes", name, "g", "K-S, lower", 10, 0.5, p_adjusted=0.5) for name in ("one", "two")]
    text = told(tmp_path, *rows, sets={"one": {"unplaced": 7}})
    one, _, two = text.partition("Residuals by two")
    assert "Not counted: genes that the annotation of the domains lacks (7)." in one
    assert "annotation" not in two


@pytest.mark.parametrize(("corrected", "differs"), [(SIGNIFICANT * 0.99, True), (SIGNIFICANT, False)])
def test_the_corrected_value_decides(tmp_path: Path, corrected: float, differs: bool) -> None:
    group = row_of("genes", "s", "g", "K-S, higher", 10, 1e-3, p_adjusted=corrected)
    half = row_of("half-lives", "t", "t", "Pearson", 10, 1e-3, p_adjusted=corrected, statistic=0.4)
    text = told(tmp_path, group, half)
    assert ("g (10 genes) higher" in text) == differs
    assert ("g (10 genes) not higher" in text) != differs
    assert ("may be chance" in text) != differs


def test_half_lives(tmp_path: Path) -> None:
    text = told(
        tmp_path,
        row_of("half-lives", "T_1", "T_1", "Pearson", 5_007, 1e-90, p_adjusted=1e-89, statistic=0.4294),
        row_of("half-lives", "T_1", "T_1", "Spearman", 5_007, 1e-80, p_adjusted=1e-79, statistic=0.11),
        row_of("half-lives", "few", "few", "Pearson", 2, None, p_adjusted=None, statistic=None),
    )
    assert (
        "Half-lives T\\_1: correlation 0.43 with the residuals over 5,007 genes, P = 1.0e-90, corrected 1.0e-89."
        in text
    )
    assert "0.11" not in text
    assert "Half-lives few: 2 genes, too few or too much alike to correlate." in text


def test_p_values_that_are_too_small_to_write_are_bounds(tmp_path: Path) -> None:
    half = row_of("half-lives", "T", "T", "Pearson", 5_007, 0.0, p_adjusted=0.0, statistic=0.4)
    group = row_of("genes", "s", "g", "K-S, higher", 10, 0.0, p_adjusted=1e-299)
    text = told(tmp_path, half, group)
    assert "over 5,007 genes, P < 1e-300, corrected < 1e-300." in text
    assert "g (10 genes) higher, P < 1e-300, corrected 1.0e-299." in text


def test_micrornas(tmp_path: Path) -> None:
    families(tmp_path, 0.1234, 0.02, None)
    fisher = row_of("microRNAs", "mirnas", "abundant families", "Fisher", 222, 0.004, p_adjusted=0.008)
    text = told(tmp_path, fisher, mirnas=MIRNAS)
    assert text.endswith(
        "MicroRNAs of my stem\\_cells: the 2 most abundant of 1,234 families have 52 % of the reads,"
        " miR-291a-3p/294 most. Of 2 families tested in 8,765 expressed genes, the predicted targets of"
        " miR-291a-3p/294 (AAGUGCU) go most with low residuals: Spearman's correlation is 0.123, P = 1.0e-20,"
        " corrected 3.0e-18."
        " 2 of 3 abundant families are among the highest 22: P = 0.004, corrected 0.008."
    )
    lost = told(tmp_path, fisher, mirnas=MIRNAS | {"unknown_symbols": 1_500})
    assert "most. 1,500 of 15,000 target symbols mean no one gene. Of 2 families" in lost


def test_targets_that_do_not_go_with_low_residuals_are_not_said_to(tmp_path: Path) -> None:
    families(tmp_path, -0.01, -0.2)
    fisher = row_of("microRNAs", "mirnas", "abundant families", "Fisher", 222, 0.4, p_adjusted=0.4)
    text = told(tmp_path, fisher, mirnas=MIRNAS)
    assert (
        "Of 2 families tested in 8,765 expressed genes, none has predicted targets that go with low" in text
    )
    assert "Spearman" not in text


def test_micrornas_without_targets_tests_or_abundant_families(tmp_path: Path) -> None:
    text = told(tmp_path, mirnas=MIRNAS | {"top_tenth": None})
    assert text.endswith("miR-291a-3p/294 most.")
    families(tmp_path, None, None)
    none = MIRNAS | {"top_tenth": {"a": 0, "b": 0, "c": 0, "d": 0, "p": None, "note": "No family could be."}}
    assert told(tmp_path, mirnas=none).endswith("most. No family could be.")
    families(tmp_path, 0.5, 0.02)
    missing = MIRNAS | {"top_tenth": {"a": 0, "b": 1, "c": 0, "d": 9, "p": None, "note": "No abundant one."}}
    text = told(tmp_path, mirnas=missing)
    assert "Spearman's correlation is 0.500" in text
    assert text.endswith("No abundant one.")


def test_the_most_abundant_family_is_named(tmp_path: Path) -> None:
    analyse(tmp_path / "mirnas")
    write_tests({}, {}, tmp_path / "mirnas" / "facts.json", tmp_path / "tests.tsv")
    write_json(FACTS, tmp_path / "residuals.json")
    row = {"experiment": "e", "mirnas": {"cells": "some cells"}}
    (line,) = residual_words({"x": row}, {"x": tmp_path})
    assert (
        "MicroRNAs of some cells: the 3 most abundant of 4 families have 100 % of the reads, let-7 most."
        in line
    )
    assert "1 of 74 target symbols mean no one gene." in line
    assert "Of 2 families tested in 150 expressed genes, the predicted targets of let-7 (GAGGUAG)" in line


def test_every_analysis_has_its_words_in_order(tmp_path: Path) -> None:
    for name in ("b", "a"):
        write_json(FACTS, tmp_path / name / "residuals.json")
        write_table(pd.DataFrame(columns=TEST_COLUMNS), tmp_path / name / "tests.tsv")
    rows = {name: {"experiment": "e", "mirnas": None} for name in ("b", "a")}
    found = residual_words(rows, {name: tmp_path / name for name in "ab"})
    assert [line[:5] for line in found] == ["**b**", "**a**"]
    assert residual_words({}, {}) == []
