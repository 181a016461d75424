"""The figures of expression tables."""

import re

import numpy as np
import pandas as pd
import pytest
from figures import words

from xpresso_core.comparison import compare, mean_correlation, spearman_matrix
from xpresso_core.errors import InputError
from xpresso_core.expression import read_matrix
from xpresso_core.plots_expression import comparison_scatter, expression_ecdf, sample_correlation


def text_of(path) -> str:
    return " ".join(words(path).split())


def matrix(samples: int, genes: int = 200) -> pd.DataFrame:
    rng = np.random.default_rng(samples)
    values = rng.normal(0, 2, (genes, 1)) + rng.normal(0, 1, (genes, samples))
    return pd.DataFrame(values, columns=[f"E{number:03}" for number in range(samples)])


def test_two_samples_are_told_by_one_number(tmp_path):
    sample_correlation(matrix(2), tmp_path / "a.svg", "Two", {"E001": "K562"})
    text = text_of(tmp_path / "a.svg")
    rho = mean_correlation(spearman_matrix(matrix(2)))
    assert f"The ranks of 200 genes in the two samples correlate with {rho:.2f}." in text
    assert "E001 K562" in text
    assert text.split().count(f"{rho:.2f}") == 2
    for word in ("Two", "E000", "Spearman's ρ", "1 − ρ"):
        assert word in text


def test_alike_samples_are_neighbours(tmp_path):
    rng = np.random.default_rng(1)
    kinds = rng.normal(0, 1, (300, 2))
    alike = kinds[:, [0, 1, 0, 1, 0, 1]] + rng.normal(0, 0.3, (300, 6))
    sample_correlation(pd.DataFrame(alike, columns=list("abcdef")), tmp_path / "a.svg")
    text = words(tmp_path / "a.svg").splitlines()
    order = "".join(word for word in text if word in set("abcdef"))
    assert re.fullmatch("([ace]{3}[bdf]{3}|[bdf]{3}[ace]{3})", order[:6])
    assert order[:6] == order[6:]


def test_sample_correlation_tells_mean_and_range(tmp_path):
    sample_correlation(matrix(56), tmp_path / "a.svg", names={"E007": "brain"})
    text = text_of(tmp_path / "a.svg")
    rho = spearman_matrix(matrix(56))
    pairs = rho.to_numpy()[np.triu_indices(56, 1)]
    assert f"correlate with {mean_correlation(rho):.2f} on average" in text
    assert f"({pairs.min():.2f} to {pairs.max():.2f}), by the ranks of 200 genes." in text
    assert "E007 brain" in text
    assert all(f"E{number:03}" in text for number in range(56))
    assert "is named" not in text


def test_names_of_many_samples_are_thinned(tmp_path):
    sample_correlation(matrix(254), tmp_path / "a.svg")
    lines = words(tmp_path / "a.svg").splitlines()
    assert "One sample in 4 is named." in " ".join(lines)
    assert len([line for line in lines if re.fullmatch(r"E\d{3}", line)]) == 2 * 64


def test_identical_samples_are_no_distance_apart(tmp_path):
    same = matrix(1)["E000"]
    sample_correlation(pd.DataFrame({"a": same, "b": same, "c": -same}), tmp_path / "a.svg")
    assert "(-1.00 to 1.00)" in words(tmp_path / "a.svg")


def test_one_sample_cannot_be_correlated(tmp_path):
    with pytest.raises(InputError, match="at least two samples, and there is 1"):
        sample_correlation(matrix(1), tmp_path / "a.svg")
    assert list(tmp_path.iterdir()) == []


def groups() -> dict[str, np.ndarray]:
    values = np.linspace(-0.5, 3, 80)
    return {"human": np.append(values, np.full(20, -1.0)), "mouse": np.append(values, np.full(240, -1.0))}


def test_distributions_tell_their_silent_genes(tmp_path):
    expression_ecdf(groups(), tmp_path / "a.svg", "Levels", "log10(TPM + 0.1)")
    text = text_of(tmp_path / "a.svg")
    assert "log10(0 + 0.1) = -1) goes from 20.0 % in human to 75.0 % in mouse." in text
    assert "human: 100 genes, 20.0 % silent, median 0.81" in text
    assert "mouse: 320 genes, 75.0 % silent, median -1.00" in text
    assert "Expression, log10(TPM + 0.1)" in text
    assert "Genes at or below this level (%)" in text


def test_distributions_are_drawn_where_they_are(tmp_path):
    """Read the curve off the figure: it must pass through the true shares."""
    expression_ecdf({"a": [-1.0, -1.0, 0.0, 3.0]}, tmp_path / "a.svg")
    svg = (tmp_path / "a.svg").read_text()
    paths = re.findall(r'<path d="([^"]+)"[^>]*stroke: #0072b2', svg)
    points = np.array([re.findall(r"[ML] ([\d.]+) ([\d.]+)", path) for path in paths[:1]][0], dtype=float)
    heights = (points[0, 1] - points[:, 1]) / (points[0, 1] - points[-1, 1])
    across = -1 + 4 * (points[:, 0] - points[0, 0]) / (points[-1, 0] - points[0, 0])
    for level, share in ((-0.9, 0.5), (-0.1, 0.5), (0.1, 0.75), (2.9, 0.75), (3.0, 1.0)):
        assert np.interp(level, across, heights) == pytest.approx(share, abs=1e-3)


def test_distributions_without_silent_genes_and_of_equal_shares(tmp_path):
    expression_ecdf({"a": [0.0, 1.0]}, tmp_path / "a.svg")
    assert "No gene is silent." in words(tmp_path / "a.svg")
    expression_ecdf({"a": [-1.0, 1.0], "b": [-1.0, 2.0]}, tmp_path / "b.svg")
    assert "50.0 % of the genes are silent" in words(tmp_path / "b.svg")


def test_more_groups_than_lines_can_be_told_apart(tmp_path):
    rng = np.random.default_rng(0)
    expression_ecdf({f"g{number}": rng.normal(0.3, 1, 2000) for number in range(14)}, tmp_path / "a.svg")
    text = words(tmp_path / "a.svg")
    assert "The first 12 of 14 groups are shown." in text
    assert "g11: 2,000" in text
    assert "g12: 2,000" not in text


@pytest.mark.parametrize(
    ("values", "message"),
    [({}, "no expression"), ({"a": []}, "group a: there are no values"), ({"a": [np.nan]}, "group a: 1 val")],
)
def test_distributions_need_values(tmp_path, values, message):
    with pytest.raises(InputError, match=message):
        expression_ecdf(values, tmp_path / "a.svg")


def labels(genes: int) -> tuple[pd.Series, pd.Series]:
    rng = np.random.default_rng(genes)
    index = pd.Index([f"G{number}" for number in range(genes)], name="gene_id")
    common = rng.normal(0.3, 1, genes)
    first, second = (np.maximum(common + rng.normal(0, 0.6, genes), -1) for _ in range(2))
    return pd.Series(first, index), pd.Series(second, index)


def test_scatter_counts_the_genes_beyond_each_line(tmp_path):
    found = compare(*labels(18_377))
    names = {"first_name": "K562", "second_name": "GM12878"}
    comparison_scatter(found, tmp_path / "a.svg", "Two cell types", genes="orthologs", **names)
    text = text_of(tmp_path / "a.svg")
    beyond = found.tenfold_first + found.tenfold_second
    assert beyond > 1000
    assert f"{beyond:,} of 18,377 orthologs ({100 * beyond / 18_377:.1f} %) differ more than 10-fold." in text
    assert f"{found.zscored_first + found.zscored_second:,} do: {found.zscored_first:,} are higher in" in text
    assert f"{found.tenfold_first:,} higher in K562" in text
    assert f"{found.tenfold_second:,} higher in GM12878" in text
    assert f"r = {found.pearson:.3f} r² = {found.r2:.3f}" in text
    for word in (
        "Two cell types",
        "Expression in K562, log10(RPKM + 0.1)",
        "Expression in GM12878, log10(RPKM + 0.1)",
        "n = 18,377 genes",
        "no difference",
        "10-fold difference",
        "Genes per 0.1 × 0.1 square",
    ):
        assert word in text


def test_same_input_same_bytes(tmp_path):
    found = compare(*labels(300))
    names = {"first_name": "a", "second_name": "b"}
    for again in range(4):
        sample_correlation(matrix(20), tmp_path / f"{again}_heat.svg")
        expression_ecdf(groups(), tmp_path / f"{again}_ecdf.svg")
        comparison_scatter(found, tmp_path / f"{again}_pair.svg", "x", **names)
    for figure in ("heat", "ecdf", "pair"):
        assert len({path.read_bytes() for path in tmp_path.glob(f"*_{figure}.svg")}) == 1


@pytest.mark.real
def test_the_epigenomes(tmp_path, real_data):
    epigenomes = read_matrix(real_data / "human_mini" / "57epigenomes.RPKM.pc.gz", leave_out=["E000"])
    sample_correlation(epigenomes, tmp_path / "a.svg")
    text = text_of(tmp_path / "a.svg")
    assert "Any two of 56 samples correlate with 0.76 on average (0.58 to 0.99)" in text
