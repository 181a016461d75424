"""The figures of the datasets."""

import numpy as np
import pandas as pd
import pytest
from figures import words

from xpresso_core.errors import InputError
from xpresso_core.plots_dataset import expression_distribution, leakage_audit


def test_each_dataset_has_a_panel_that_counts_its_silent_genes(tmp_path):
    rng = np.random.default_rng(0)
    values = np.concatenate([np.full(25, -1.0), rng.uniform(0, 2, 75)])
    expression_distribution({"human_K562": values, "mouse": values[25:]}, tmp_path / "a.svg")
    text = words(tmp_path / "a.svg")
    assert "human_K562: 100 genes, 25.0 % silent" in text
    assert "mouse: 75 genes, 0.0 % silent" in text
    assert "Expression, log10(RPKM + 0.1)" in text
    assert "Genes (%)" in text
    assert "log10(0 + 0.1) = -1" in text


@pytest.mark.parametrize(("values", "message"), [([1.0, np.nan], "1 values are missing"), ([], "no values")])
def test_expression_must_be_there(tmp_path, values, message):
    with pytest.raises(InputError, match=f"dataset a: .*{message}"):
        expression_distribution({"a": values}, tmp_path / "a.svg")


def test_expression_needs_a_dataset(tmp_path):
    with pytest.raises(InputError, match="no expression"):
        expression_distribution({}, tmp_path / "a.svg")


def audit(fraction: list[float], folds: int) -> pd.DataFrame:
    genes = len(fraction)
    return pd.DataFrame(
        {
            "fold": np.arange(genes) % folds + 1,
            "gene_id": [f"G{number}" for number in range(genes)],
            "overlap_bp": (np.array(fraction) * 1000).astype(int),
            "overlap_fraction": fraction,
        }
    )


def test_leakage_is_said_by_fold_and_in_total(tmp_path):
    leakage_audit(audit([0.0] * 70 + [0.1] * 10 + [0.6] * 20, 2), tmp_path / "a.svg")
    text = " ".join(words(tmp_path / "a.svg").split())
    assert "30 of 100 test genes (30.0 %) overlap a training gene's window, 20.0 % by half" in text
    for word in (
        "fold 1 (50)",
        "fold 2 (50)",
        "all folds (100)",
        "Test genes that overlap (%)",
        "any",
        "50 % or more",
    ):
        assert word in text
    assert "Share of the window in common (%)" in text
    assert "By how much (30 genes)" in text


def test_a_clean_split_is_said_to_be_clean(tmp_path):
    leakage_audit(audit([0.0] * 40, 1), tmp_path / "a.svg")
    text = words(tmp_path / "a.svg")
    assert "No window of the 40 test genes overlaps a training gene's window." in text
    assert "fold 1 (40)" in text
    assert "all folds" not in text


def test_leakage_needs_its_columns(tmp_path):
    with pytest.raises(InputError, match="no column overlap_bp"):
        leakage_audit(audit([0.0] * 4, 1).drop(columns="overlap_bp"), tmp_path / "a.svg")
