"""Dinucleotides counted by hand, by plain loops, and under changes that must not matter."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from toy import WINDOW, toy_dataset

from xpresso_core.enrichment import (
    DINUCLEOTIDES,
    dinucleotide_enrichment,
    enrichment_table,
    smoothed_enrichment,
    write_dinucleotides,
)
from xpresso_core.errors import ConfigError, InputError
from xpresso_core.expression_groups import GROUP_NAMES, expression_bins, silent_bound
from xpresso_core.files import read_table
from xpresso_core.genome import Window
from xpresso_core.sequence import encode, reverse_complement
from xpresso_core.smoothing import smooth


def stack(*texts: str) -> np.ndarray:
    return np.stack([encode(text) for text in texts])


def place(pair: str) -> int:
    return DINUCLEOTIDES.index(pair)


def random_codes(genes: int, positions: int, letters: int = 4, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, letters, (genes, positions)).astype(np.uint8)


def plain(codes: np.ndarray, pair: str, position: int) -> tuple[float, float]:
    """Return observed and expected of one group, gene by gene."""
    x, y = encode(pair)
    left, right = codes[:, position].tolist(), codes[:, position + 1].tolist()
    both = [(a, b) for a, b in zip(left, right, strict=True) if a < 4 and b < 4]
    first, second = [a for a in left if a < 4], [b for b in right if b < 4]
    expected = first.count(x) / len(first) * second.count(y) / len(second)
    return both.count((x, y)) / len(both), expected


def test_by_hand() -> None:
    ours = dinucleotide_enrichment(stack("CGA", "CGT", "CAA", "TTA"), [0, 0, 0, 0])
    assert ours.observed.shape == ours.expected.shape == ours.ratio.shape == (1, 16, 2)
    assert ours.genes.tolist() == [4]
    cg, ca, aa = place("CG"), place("CA"), place("AA")
    assert ours.observed[0, cg, 0] == 2 / 4
    assert ours.expected[0, cg, 0] == 3 / 4 * 2 / 4
    assert ours.ratio[0, cg, 0] == pytest.approx(4 / 3)
    assert ours.observed[0, ca, 0] == 1 / 4
    assert ours.ratio[0, ca, 0] == pytest.approx((1 / 4) / (3 / 4 * 1 / 4))
    assert ours.observed[0, aa, 1] == 1 / 4
    assert ours.expected[0, aa, 1] == 1 / 4 * 3 / 4
    assert np.isnan(ours.ratio[0, aa, 0])  # no A in the first position
    assert ours.observed[0, aa, 0] == 0


def test_unknown_letters_are_left_out_and_each_position_counts_its_own() -> None:
    ours = dinucleotide_enrichment(stack("CG", "CN", "NG", "AG"), [0] * 4)
    cg = place("CG")
    assert ours.observed[0, cg, 0] == 1 / 2  # of CG and AG
    assert ours.expected[0, cg, 0] == pytest.approx(2 / 3 * 1)
    nothing = dinucleotide_enrichment(stack("CN", "NG"), [0, 0])
    assert np.isnan(nothing.observed).all()
    assert np.isnan(nothing.ratio).all()
    assert nothing.expected[0, cg, 0] == 1


def test_equals_plain_loops() -> None:
    codes, groups = random_codes(60, 9, letters=5), np.arange(60) % 3
    ours = dinucleotide_enrichment(codes, groups)
    for group in range(3):
        part = codes[groups == group]
        for number, pair in enumerate(DINUCLEOTIDES):
            for position in range(8):
                observed, expected = plain(part, pair, position)
                assert ours.observed[group, number, position] == pytest.approx(observed)
                assert ours.expected[group, number, position] == pytest.approx(expected)
    assert np.nansum(ours.observed, axis=1) == pytest.approx(1)
    assert np.nansum(ours.expected, axis=1) == pytest.approx(1)


def test_groups_are_counted_apart() -> None:
    codes, groups = random_codes(90, 20), np.random.default_rng(1).integers(-1, 3, 90)
    ours = dinucleotide_enrichment(codes, groups, 5)
    assert ours.genes.tolist() == [*(int((groups == group).sum()) for group in range(3)), 0, 0]
    for group in range(3):
        alone = dinucleotide_enrichment(codes[groups == group], np.zeros(ours.genes[group], int))
        np.testing.assert_array_equal(ours.ratio[group], alone.ratio[0])
    for part in ours[:3]:
        assert np.isnan(part[3:]).all()


def test_independent_letters_give_one_whatever_their_shares() -> None:
    rng = np.random.default_rng(2)
    codes = rng.choice(4, size=(20_000, 12), p=[0.4, 0.1, 0.2, 0.3]).astype(np.uint8)
    ours = dinucleotide_enrichment(codes, np.zeros(20_000, int))
    assert ours.ratio == pytest.approx(1, abs=0.25)
    assert ours.ratio.mean() == pytest.approx(1, abs=0.01)


def test_a_planted_excess_is_seen_where_and_in_whom_it_is() -> None:
    codes, groups = random_codes(8000, 30), np.arange(8000) % 2
    planted = (groups == 1) & (np.random.default_rng(3).random(8000) < 0.3)
    codes[planted, 10:12] = 1, 2
    ratio = dinucleotide_enrichment(codes, groups).ratio[:, place("CG")]
    a, both = 0.3 + 0.7 / 4, 0.3 + 0.7 / 16
    assert ratio[1, 10] == pytest.approx(both / a**2, rel=0.05)
    assert ratio[0] == pytest.approx(1, abs=0.25)
    assert np.delete(ratio[1], 10) == pytest.approx(1, abs=0.25)


def test_order_of_genes_does_not_matter() -> None:
    codes, groups = random_codes(200, 15, letters=5), np.arange(200) % 4
    order = np.random.default_rng(4).permutation(200)
    for ours, theirs in zip(
        dinucleotide_enrichment(codes, groups),
        dinucleotide_enrichment(codes[order], groups[order]),
        strict=True,
    ):
        np.testing.assert_array_equal(ours, theirs)


def test_the_other_strand_mirrors_positions_and_complements_pairs() -> None:
    codes, groups = random_codes(300, 25, letters=5), np.arange(300) % 2
    ours = dinucleotide_enrichment(codes, groups)
    theirs = dinucleotide_enrichment(reverse_complement(codes), groups)
    complement = str.maketrans("ACGT", "TGCA")
    for number, pair in enumerate(DINUCLEOTIDES):
        other = place(pair[::-1].translate(complement))
        for name in ("observed", "expected", "ratio"):
            expected = getattr(ours, name)[:, number, ::-1]
            np.testing.assert_allclose(getattr(theirs, name)[:, other], expected, rtol=1e-12)
    assert place("CA") != place("TG")


def test_a_slice_of_the_window_gives_a_slice_of_the_result() -> None:
    codes, groups = random_codes(100, 40), np.zeros(100, int)
    whole, part = (dinucleotide_enrichment(some, groups).ratio for some in (codes, codes[:, 10:30]))
    np.testing.assert_array_equal(part, whole[..., 10:29])


def test_curves_are_smoothed_over_a_hundred_bases() -> None:
    ratio = np.random.default_rng(5).normal(1, 0.1, (2, 16, 400))
    ratio[1, 3] = np.nan
    smoothed = smoothed_enrichment(ratio)
    np.testing.assert_array_equal(smoothed[0], smooth(ratio[0], 0.25))
    assert np.isnan(smoothed[1, 3]).all()
    np.testing.assert_array_equal(smoothed_enrichment(ratio, 0.5)[0, 2], smooth(ratio[0, 2], 0.5))
    short = smoothed_enrichment(ratio[..., :60])
    np.testing.assert_array_equal(short[0], smooth(ratio[0, :, :60], 1.0))


def test_a_group_of_one_gene_has_no_smooth_curve_but_no_error() -> None:
    codes = random_codes(1, 400)
    smoothed = smoothed_enrichment(dinucleotide_enrichment(codes, [0]).ratio)
    assert smoothed.shape == (1, 16, 399)
    assert np.isnan(smoothed).any(axis=2).all()


def test_rows_of_the_table() -> None:
    ours = dinucleotide_enrichment(random_codes(50, 200), np.arange(50) % 2)
    smoothed = smoothed_enrichment(ours.ratio)
    table = enrichment_table(ours, smoothed, 150, ["low", "high"])
    assert table.columns.tolist() == [
        "group", "dinucleotide", "position", "observed", "expected", "ratio", "smoothed", "genes",
    ]  # fmt: skip
    assert len(table) == 2 * 16 * 199
    row = table[(table["group"] == "high") & (table["dinucleotide"] == "CG") & (table["position"] == -1)]
    assert len(row) == 1
    for name, part in zip(("observed", "expected", "ratio", "smoothed"), (*ours[:3], smoothed), strict=True):
        np.testing.assert_array_equal(row[name].iloc[0], part[1, place("CG"), 149])
    assert table["position"].agg(["min", "max"]).tolist() == [-150, 48]
    assert table["genes"].unique().tolist() == [25]
    with pytest.raises(InputError, match="1 names are given for 2 groups"):
        enrichment_table(ours, smoothed, 150, ["low"])


CODES = random_codes(4, 5)


@pytest.mark.parametrize(
    ("codes", "groups", "number", "message"),
    [
        (CODES[0], [0], None, r"codes of shape \(5,\)"),
        (CODES[:, :1], [0] * 4, None, r"codes of shape \(4, 1\)"),
        (CODES.astype(int), [0] * 4, None, "type int64"),
        (CODES + np.uint8(4), [0] * 4, None, "a code above 4"),
        (CODES, [0] * 3, None, r"groups of shape \(3,\) .* for 4 genes"),
        (CODES, [0.0] * 4, None, "type float64"),
        (CODES, [-1] * 4, None, "no gene has a group"),
        (CODES, [0, 1, -2, 0], None, "groups from -2 to 1"),
        (CODES, [0, 1, 2, 0], 2, "groups from 0 to 2 are not among 2"),
    ],
)
def test_what_cannot_be_counted(
    codes: np.ndarray, groups: list[int], number: int | None, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        dinucleotide_enrichment(codes, groups, number)


PART = Window(50, 40)


def test_dinucleotides_of_a_dataset_by_measured_expression(tmp_path: Path) -> None:
    data = toy_dataset(200)
    data.save(tmp_path / "dataset.h5")
    write_dinucleotides(
        tmp_path / "dataset.h5", tmp_path / "table.tsv", window=PART, silent=0.2, resolution=30
    )
    table = read_table(tmp_path / "table.tsv", dtype={"dinucleotide": str})
    groups = expression_bins(data.expression, silent_bound(data.expression, 0.2))
    start = WINDOW.upstream - PART.upstream
    codes = data.codes[:, start : start + PART.length]
    ours = dinucleotide_enrichment(codes, groups, 4)
    expected = enrichment_table(ours, smoothed_enrichment(ours.ratio, 30 / 89), 50, GROUP_NAMES)
    assert table["group"].unique().tolist() == list(GROUP_NAMES)
    assert table["position"].agg(["min", "max"]).tolist() == [-50, 38]
    for column in expected.columns:
        if expected[column].dtype.kind in "if":
            np.testing.assert_allclose(table[column], expected[column], rtol=1e-12)
        else:
            assert table[column].tolist() == expected[column].tolist()
    row = table[(table["group"] == "high") & (table["dinucleotide"] == "CG") & (table["position"] == -3)]
    observed, hoped = plain(codes[groups == 3], "CG", 47)
    assert row["observed"].item() == pytest.approx(observed)
    assert row["ratio"].item() == pytest.approx(observed / hoped)
    assert row["genes"].item() == (groups == 3).sum()


def test_groups_without_genes_have_no_rows(tmp_path: Path) -> None:
    data = toy_dataset(60)
    values = np.where(np.arange(60) < 40, -1.0, 2.0).astype(np.float32)
    replace(data, expression=values).save(tmp_path / "dataset.h5")
    write_dinucleotides(
        tmp_path / "dataset.h5", tmp_path / "table.tsv", window=PART, silent=0.1, resolution=89
    )
    table = read_table(tmp_path / "table.tsv", dtype={"dinucleotide": str})
    assert dict(zip(table["group"], table["genes"], strict=True)) == {"silent": 40, "high": 20}
    assert len(table) == 2 * 16 * (PART.length - 1)


def test_a_resolution_beyond_the_promoter_takes_all_of_it(tmp_path: Path) -> None:
    toy_dataset(60).save(tmp_path / "dataset.h5")
    tables = []
    for resolution in (PART.length - 1, PART.length, 5000):
        write_dinucleotides(
            tmp_path / "dataset.h5", tmp_path / "a.tsv", window=PART, silent=0.1, resolution=resolution
        )
        tables.append((tmp_path / "a.tsv").read_bytes())
    assert tables[0] == tables[1] == tables[2]


@pytest.mark.parametrize(
    ("window", "values", "error", "message"),
    [
        (Window(91, 60), None, ConfigError, "the stored promoters reach from -90"),
        (PART, 0.5, InputError, "none of 60 genes is above the bound"),
    ],
)
def test_datasets_whose_dinucleotides_cannot_be_counted(
    tmp_path: Path, window: Window, values: float | None, error: type[Exception], message: str
) -> None:
    data = toy_dataset(60)
    if values is not None:
        data = replace(data, expression=np.full(60, values, np.float32))
    data.save(tmp_path / "dataset.h5")
    with pytest.raises(error, match=message):
        write_dinucleotides(
            tmp_path / "dataset.h5", tmp_path / "table.tsv", window=window, silent=0.1, resolution=30
        )
    assert not (tmp_path / "table.tsv").exists()
