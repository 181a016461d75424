"""What baselines see of a gene: against counts by hand, and by the genes that may scale them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from toy import toy_dataset

from xpresso_core import baseline_features
from xpresso_core.baseline_features import CORE_WINDOW, Features
from xpresso_core.dataset import Dataset
from xpresso_core.errors import InputError
from xpresso_core.genome import Window
from xpresso_core.halflife import HALFLIFE_FEATURES, LENGTH_FEATURES
from xpresso_core.kmers import count_kmers, kmer_names
from xpresso_core.motif_matrix import MotifMatrix
from xpresso_core.scaling import Protocol
from xpresso_core.sequence import decode, encode, reverse_complement

DATA = toy_dataset(60)
FITTING = np.arange(0, 60, 2)


def matrix_of(dataset: Dataset, motifs: int = 3, seed: int = 0) -> MotifMatrix:
    names = np.array([f"M{number}" for number in range(motifs)])
    present = np.random.default_rng(seed).random((len(dataset), motifs)) < 0.5
    return MotifMatrix(dataset.gene_id, names, names, present)


def features_of(
    dataset: Dataset = DATA, *, merge_strands: bool = False, protocol: Protocol = "strict"
) -> Features:
    return Features(dataset, matrix_of(dataset), merge_strands, protocol)


def with_sequences(window: Window, *texts: str) -> Features:
    """Return genes of given promoters."""
    data = toy_dataset(len(texts))
    return features_of(replace(data, codes=np.array([encode(text) for text in texts]), window=window))


@pytest.mark.parametrize("k", [1, 2, 5])
def test_kmers_are_those_that_are_counted(k: int) -> None:
    block = features_of().block(f"{k}mer", FITTING)
    assert block.names == kmer_names(k)
    np.testing.assert_array_equal(block.values, count_kmers(DATA.codes, k))
    word, row = block.names[-2], decode(DATA.codes[7])
    assert block.values[7, -2] == sum(row.startswith(word, start) for start in range(len(row)))


@pytest.mark.parametrize("k", [1, 2, 3, 4])
def test_merged_strands_do_not_see_the_strand(k: int) -> None:
    turned = replace(DATA, codes=reverse_complement(DATA.codes))
    ours, theirs = (
        features_of(data, merge_strands=True).block(f"{k}mer", FITTING) for data in (DATA, turned)
    )
    assert ours.names == theirs.names
    assert len(ours.names) == (4**k + (2**k if k % 2 == 0 else 0)) // 2
    np.testing.assert_array_equal(ours.values, theirs.values)
    assert (ours.values.sum(axis=1) == count_kmers(DATA.codes, k).sum(axis=1)).all()


def test_motifs_are_the_matrix() -> None:
    block = features_of().block("motifs", FITTING)
    assert block.names == ("M0", "M1", "M2")
    np.testing.assert_array_equal(block.values, matrix_of(DATA).present)


def test_columns_of_a_design_come_in_the_order_asked_for() -> None:
    features = features_of()
    names, design = features.design(("motifs", "halflife", "2mer", "core"), FITTING)
    assert names == ("M0", "M1", "M2", *HALFLIFE_FEATURES, *kmer_names(2), "CpG", "G+C")
    assert design.shape == (60, 3 + 8 + 16 + 2)
    assert design.dtype == np.float64
    start = 0
    for name in ("motifs", "halflife", "2mer", "core"):
        values = features.block(name, FITTING).values
        np.testing.assert_array_equal(design[:, start : start + values.shape[1]], values)
        start += values.shape[1]


def test_a_design_of_nothing_has_all_genes() -> None:
    names, design = features_of().design((), FITTING)
    assert names == ()
    assert design.shape == (60, 0)


def test_the_core_by_hand() -> None:
    features = with_sequences(Window(4, 4), "CGCGAATT", "CGNNNNCG", "NNNNNNNN", "GCGCATAT", "CNGACGTN")
    block = features.block("core", np.arange(5))
    assert block.names == ("CpG", "G+C")
    expected = [(2 / 8, 4 / 8), (2 / 4, 4 / 4), (0, 0), (1 / 8, 4 / 8), (1 / 6, 4 / 6)]
    np.testing.assert_allclose(block.values, expected)


def test_only_the_core_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    assert CORE_WINDOW == Window(500, 500)
    monkeypatch.setattr(baseline_features, "CORE_WINDOW", Window(4, 2))
    values = with_sequences(Window(6, 4), "CGATATCGCG", "GGTTTTTTGG").block("core", np.arange(2)).values
    np.testing.assert_allclose(values, [(1 / 6, 2 / 6), (0, 0)])
    narrow = with_sequences(Window(2, 4), "CGATAC", "TTTTGG").block("core", np.arange(2)).values
    np.testing.assert_allclose(narrow, [(1 / 4, 2 / 4), (0, 0)])


def test_a_large_window_is_cut_to_the_core() -> None:
    rng = np.random.default_rng(0)
    data = toy_dataset(5)
    codes = rng.integers(0, 5, (5, 1400)).astype(np.uint8)
    values = features_of(replace(data, codes=codes, window=Window(800, 600))).block("core", FITTING).values
    for row, (cpg, gc) in zip(codes[:, 300:1300], values, strict=True):
        text = decode(row)
        known = 1000 - text.count("N")
        assert cpg == pytest.approx(text.count("CG") / known)
        assert gc == pytest.approx((text.count("C") + text.count("G")) / known)


def by_hand(rows: np.ndarray) -> np.ndarray:
    """Scale half-life features as under strict, by the genes given."""
    values = DATA.halflife.astype(np.float64)
    values[:, : len(LENGTH_FEATURES)] = np.log10(values[:, : len(LENGTH_FEATURES)] + 0.1)
    mean, sd = np.nanmean(values[rows], axis=0), np.nanstd(values[rows], axis=0)
    return np.nan_to_num((values - mean) / sd)


def test_strict_scales_by_the_fitting_genes_only() -> None:
    block = features_of().block("halflife", FITTING)
    assert block.names == HALFLIFE_FEATURES
    np.testing.assert_allclose(block.values, by_hand(FITTING), atol=1e-5)
    spoilt = DATA.halflife.copy()
    spoilt[1::2] *= 50
    other = features_of(replace(DATA, halflife=spoilt)).block("halflife", FITTING)
    np.testing.assert_array_equal(other.values[FITTING], block.values[FITTING])
    again = features_of().block("halflife", np.arange(1, 60, 2))
    assert np.abs(np.asarray(again.values, dtype=float) - np.asarray(block.values, dtype=float)).max() > 0.01


def test_paper_takes_missing_features_for_zero() -> None:
    features = features_of(protocol="paper")
    values = np.asarray(features.block("halflife", np.arange(len(DATA))).values, dtype=np.float64)
    np.testing.assert_allclose(values.mean(axis=0), 0, atol=1e-6)
    np.testing.assert_allclose(values.std(axis=0), 1, atol=1e-6)
    assert np.isnan(DATA.halflife[7, 0])
    assert values[7, 0] == values[:, 0].min() < 0


def test_expression_has_no_part_in_the_features() -> None:
    other = replace(DATA, expression=DATA.expression[::-1].copy())
    blocks = ("halflife", "core", "motifs", "3mer")
    np.testing.assert_array_equal(
        features_of().design(blocks, FITTING)[1], features_of(other).design(blocks, FITTING)[1]
    )


@pytest.mark.parametrize("genes", ["fewer", "other", "order"])
def test_motifs_of_other_genes_are_refused(genes: str) -> None:
    other = {
        "fewer": toy_dataset(59),
        "other": replace(DATA, gene_id=np.char.add(DATA.gene_id, "x")),
        "order": replace(DATA, gene_id=DATA.gene_id[::-1]),
    }[genes]
    with pytest.raises(InputError, match="the matrix of motifs is of other genes than the dataset"):
        Features(DATA, matrix_of(other), merge_strands=False, protocol="strict")
