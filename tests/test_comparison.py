"""Two datasets side by side: exact toys, SciPy, and the paper's counts."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import pearsonr, spearmanr

from xpresso_core.comparison import (
    calls,
    compare,
    join_genes,
    join_orthologs,
    mean_correlation,
    spearman_matrix,
    write_comparison,
)
from xpresso_core.errors import InputError
from xpresso_core.expression import log_expression, read_matrix


def label(values: dict[str, float]) -> pd.Series:
    return pd.Series(values, dtype=np.float64).rename_axis("gene_id")


FIRST = label({"A": -1.0, "B": 0.0, "C": 1.0, "D": 2.0})
SECOND = label({"A": 0.5, "B": 0.0, "C": -1.0, "D": 1.0})


def test_a_toy_is_compared_by_hand() -> None:
    found = compare(FIRST, SECOND)
    spread = np.std([-1, 0, 1, 2]), np.std([0.5, 0, -1, 1])
    expected = (np.array([-1, 0, 1, 2]) - 0.5) / spread[0] - (np.array([0.5, 0, -1, 1]) - 0.125) / spread[1]
    assert list(found.table.columns) == [
        *("gene_id", "first", "second", "difference", "zscore_difference", "call"),
    ]
    assert found.table["gene_id"].tolist() == ["A", "B", "C", "D"]
    assert found.table["difference"].tolist() == [-1.5, 0, 2, 1]
    assert found.table["zscore_difference"].tolist() == pytest.approx(expected.tolist(), abs=1e-12)
    assert found.table["call"].tolist() == ["second", "", "first", ""]  # exactly 10-fold is not more
    assert (found.n, found.tenfold_first, found.tenfold_second) == (4, 1, 1)
    assert (found.zscored_first, found.zscored_second) == ((expected > 1).sum(), (expected < -1).sum())
    assert found.pearson == pytest.approx(pearsonr(FIRST, SECOND).statistic, abs=1e-12)
    assert found.r2 == found.pearson**2
    assert found.spearman == pytest.approx(spearmanr(FIRST, SECOND).statistic, abs=1e-12)


def test_exchanging_the_datasets_mirrors_everything() -> None:
    rng = np.random.default_rng(3)
    genes = pd.Index([f"G{number}" for number in range(500)], name="gene_id")
    first, second = (pd.Series(rng.normal(0, 1, 500), genes) for _ in range(2))
    there, back = compare(first, second), compare(second, first)
    assert (there.table["difference"] == -back.table["difference"]).all()
    assert (there.tenfold_first, there.tenfold_second) == (back.tenfold_second, back.tenfold_first)
    assert (there.zscored_first, there.zscored_second) == (back.zscored_second, back.zscored_first)
    assert there.pearson == pytest.approx(back.pearson, abs=1e-12)
    shifted = compare(first + 5, 3 * second)
    assert (shifted.zscored_first, shifted.zscored_second) == (there.zscored_first, there.zscored_second)
    assert shifted.spearman == pytest.approx(there.spearman, abs=1e-12)


def test_a_difference_of_ten_times_is_not_more_than_ten_times() -> None:
    human, mouse = log_expression([0.93, 0.94]), log_expression([0.003, 0.003])
    assert (human - mouse)[0] >= 1
    assert calls(pd.Series(human - mouse)).tolist() == ["", "first"]
    assert calls(pd.Series(mouse - human)).tolist() == ["", "second"]
    stored = human.astype(np.float32).astype(float) - mouse.astype(np.float32).astype(float)
    assert calls(pd.Series(stored)).tolist() == ["", "first"]


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        (FIRST, SECOND[["B", "A", "C", "D"]], "comparison: the 4 genes of the first .* not the same"),
        (FIRST, SECOND[:3], "the 4 genes of the first and the 3 of the second"),
        (FIRST[:2], SECOND[:2], "dataset first: 2 genes are too few"),
        (FIRST, SECOND.replace(1.0, np.nan), "dataset second, gene D: 1 values are missing"),
        (FIRST * 0, SECOND, "dataset first: all genes have the same value"),
        (pd.concat([FIRST, FIRST]), SECOND, "dataset first, gene A: the gene is there twice"),
    ],
)
def test_labels_that_cannot_be_compared(first: pd.Series, second: pd.Series, message: str) -> None:
    with pytest.raises(InputError, match=message):
        compare(first, second)


def matrix(samples: int) -> pd.DataFrame:
    rng = np.random.default_rng(samples)
    values = np.round(np.exp(rng.normal(0, 2, (300, 1)) + rng.normal(0, 1, (300, samples))), 1)  # with ties
    genes = pd.Index([f"G{number}" for number in range(300)], name="gene_id")
    return pd.DataFrame(values, index=genes, columns=[f"E{number:03}" for number in range(samples)])


def test_rank_correlations_are_those_of_scipy() -> None:
    expression = matrix(7)
    assert expression.iloc[:, 0].duplicated().any()
    rho = spearman_matrix(expression)
    assert list(rho.index) == list(rho.columns) == list(expression.columns)
    np.testing.assert_allclose(rho, spearmanr(expression).statistic, rtol=0, atol=1e-12)
    assert (np.diag(rho) == 1).all()
    np.testing.assert_allclose(spearman_matrix(pd.DataFrame(log_expression(expression))), rho, atol=1e-12)
    pairs = [rho.iloc[i, j] for i in range(7) for j in range(7) if i != j]
    assert mean_correlation(rho) == pytest.approx(np.mean(pairs), abs=1e-12)
    assert mean_correlation(spearman_matrix(matrix(2))) == pytest.approx(
        spearmanr(*matrix(2).to_numpy().T).statistic, abs=1e-12
    )


def test_matrices_that_cannot_be_correlated() -> None:
    with pytest.raises(InputError, match="at least two samples, and there is 1"):
        spearman_matrix(matrix(1))
    with pytest.raises(InputError, match="dataset E001: all genes have the same value"):
        spearman_matrix(matrix(3).assign(E001=0.0))


def test_same_genes_are_joined_in_the_order_of_the_first() -> None:
    first, second = join_genes(FIRST, SECOND[["D", "A"]])
    assert list(first.index) == list(second.index) == ["A", "D"]
    assert second.tolist() == [0.5, 1.0]
    with pytest.raises(InputError, match="no gene is in both datasets .A, ... and X, ....* orthologs"):
        join_genes(FIRST, label({"X": 1}))


MOUSE = label({"c": 3.0, "a": 1.0, "b": 2.0, "z": 9.0})
PAIRS = pd.DataFrame({"gene_id": ["C", "Q", "A", "B"], "ortholog_id": ["c", "z", "a", "none"]})


def test_orthologs_are_joined_in_the_order_of_the_pairs() -> None:
    first, second = join_orthologs(FIRST, MOUSE, PAIRS)
    assert list(first.index) == list(second.index) == ["C", "A"]
    assert first.index.name == second.index.name == "gene_id"
    assert (first.tolist(), second.tolist()) == ([1.0, -1.0], [3.0, 1.0])


@pytest.mark.parametrize(
    ("pairs", "message"),
    [
        (PAIRS.rename(columns={"ortholog_id": "mouse"}), "orthologs: the table has no column ortholog_id"),
        (PAIRS.replace("Q", "C"), "orthologs, gene C: 1 genes of the column gene_id are in more than one"),
        (PAIRS.replace("z", "a"), "orthologs, gene a: 1 genes of the column ortholog_id"),
        (
            PAIRS.rename(columns={"gene_id": "ortholog_id", "ortholog_id": "gene_id"}),
            "orthologs: no pair .c and C. has its gene in the first dataset .A.* first species first",
        ),
        (PAIRS.iloc[:0], "orthologs: the table has no rows"),
    ],
)
def test_pairs_that_cannot_be_used(pairs: pd.DataFrame, message: str) -> None:
    with pytest.raises(InputError, match=message):
        join_orthologs(FIRST, MOUSE, pairs)


def test_comparison_is_written(tmp_path: Path) -> None:
    second = pd.concat([SECOND[::-1], label({"X": 7.0})])
    made = write_comparison(FIRST, second, tmp_path / "out.tsv", tmp_path / "out.json")
    assert made.as_dict() == compare(FIRST, SECOND).as_dict()
    lines = (tmp_path / "out.tsv").read_text().splitlines()
    assert lines[0] == "gene_id\tfirst\tsecond\tdifference\tzscore_difference\tcall"
    assert lines[3].startswith("C\t1.0\t-1.0\t2.0\t")
    assert [line.rpartition("\t")[2] for line in lines[1:]] == ["second", "", "first", ""]
    summary = json.loads((tmp_path / "out.json").read_text())
    assert summary == {**made.as_dict(), "genes_first": 4, "genes_second": 5, "threshold": 1.0}


def test_comparison_of_two_species_names_the_orthologs(tmp_path: Path) -> None:
    pairs = pd.DataFrame({"gene_id": list("ABC"), "ortholog_id": list("abc")})
    made = write_comparison(FIRST, MOUSE, tmp_path / "out.tsv", tmp_path / "out.json", pairs=pairs)
    assert made.n == 3
    table = pd.read_csv(tmp_path / "out.tsv", sep="\t")
    assert table["ortholog_id"].tolist() == ["a", "b", "c"]
    assert table["second"].tolist() == [1, 2, 3]
    assert json.loads((tmp_path / "out.json").read_text())["genes_second"] == 4


def test_nothing_is_written_of_a_comparison_that_fails(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="dataset first: all genes have the same value"):
        write_comparison(FIRST * 0, SECOND, tmp_path / "out.tsv", tmp_path / "out.json")
    assert list(tmp_path.iterdir()) == []


@pytest.fixture(scope="module")
def epigenomes(real_data: Path) -> pd.DataFrame:
    return read_matrix(real_data / "human_mini" / "57epigenomes.RPKM.pc.gz", leave_out=["E000"])


@pytest.fixture(scope="module")
def papers_genes(real_data: Path) -> list[str]:
    """Return the genes with a published promoter, without histone genes."""
    promoters = pd.read_csv(
        real_data / "published" / "human_promoters_20kb.hg38.bed", sep="\t", header=None, usecols=[3]
    )[3]
    names = pd.read_csv(real_data / "human_mini" / "gene_names.tsv", sep="\t", index_col="gene_id")
    histone = names.loc[promoters, "gene_name"].str.startswith("HIST")
    return promoters[~histone.to_numpy()].tolist()


@pytest.mark.real
def test_the_papers_species_specific_genes(real_data: Path) -> None:
    table = pd.read_csv(real_data / "published" / "1to1_orthologs_expression.txt", sep="\t", header=None)
    pairs = table[[0, 1]].set_axis(["gene_id", "ortholog_id"], axis=1)
    human, mouse = (pd.Series(table[value].to_numpy(), table[gene]) for gene, value in ((0, 3), (1, 4)))
    found = compare(*join_orthologs(human, mouse[::-1], pairs))
    assert found.n == 15_348
    assert (found.tenfold_first, found.tenfold_second) == (408, 176)
    assert found.tenfold_first + found.tenfold_second == 584  # the paper's number
    ties = found.table[found.table["difference"].abs().sub(1).abs() < 1e-9]
    assert ties["gene_id"].tolist() == ["ENSG00000187772"]  # LIN28B, exactly 10-fold


@pytest.mark.real
def test_the_papers_cell_type_specific_genes(epigenomes: pd.DataFrame, papers_genes: list[str]) -> None:
    assert len(papers_genes) == 18_377
    expression = epigenomes.loc[papers_genes]
    k562, gm12878 = (
        pd.Series(log_expression(expression[name]), expression.index) for name in ("E123", "E116")
    )
    found = compare(k562, gm12878)
    assert (found.zscored_first, found.zscored_second) == (890, 1087)
    assert found.zscored_first + found.zscored_second == 1977  # the paper's number
    assert (found.tenfold_first, found.tenfold_second) == (935, 1171)


@pytest.mark.real
def test_how_alike_the_epigenomes_are(epigenomes: pd.DataFrame, papers_genes: list[str]) -> None:
    assert mean_correlation(spearman_matrix(epigenomes)) == pytest.approx(0.76453, abs=1e-5)
    assert mean_correlation(spearman_matrix(epigenomes.loc[papers_genes])) == pytest.approx(0.75182, abs=1e-5)
