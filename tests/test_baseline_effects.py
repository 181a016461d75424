"""Single features: SciPy's tests, least squares again, and planted effects with their signs."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from toy import toy_dataset

from xpresso_core.baseline_effects import halflife_coefficients, motif_effects, write_effects
from xpresso_core.baseline_features import Features
from xpresso_core.dataset import Dataset
from xpresso_core.errors import InputError
from xpresso_core.files import read_table, write_table
from xpresso_core.genome import Window
from xpresso_core.halflife import HALFLIFE_FEATURES
from xpresso_core.least_squares import least_squares
from xpresso_core.motif_matrix import MotifMatrix
from xpresso_core.scaling import Protocol

GENES = 240
ROWS = np.arange(0, GENES, 2)
ALONE = ["alone", "alone_ci_low", "alone_ci_high", "alone_p", "alone_q"]
JOINT = ["joint", "joint_ci_low", "joint_ci_high", "joint_p", "joint_q"]
ALL_ROWS = np.arange(GENES)


def planted(genes: int = GENES, seed: int = 0) -> tuple[Dataset, MotifMatrix]:
    """Return genes that M0 raises and M1 lowers; the last ones are a copy of M2, and those that all or none have."""
    rng = np.random.default_rng(seed)
    present = rng.random((genes, 10)) < rng.uniform(0.1, 0.6, 10)
    present[:, 7], present[:, 8], present[:, 9] = present[:, 2], True, False
    data = toy_dataset(genes, seed)
    halflife = rng.uniform(1, 100, data.halflife.shape).astype(np.float32)
    label = 0.8 * present[:, 0] - 0.6 * present[:, 1] + rng.normal(0, 0.5, genes)
    label += 0.5 * np.log10(halflife[:, 0]) - 1.2 * np.log10(halflife[:, 3]) + 0.01 * halflife[:, 5]
    names = np.array([f"M{number}" for number in range(10)])
    matrix = MotifMatrix(data.gene_id, names, np.char.add("name", names), present)
    return replace(data, halflife=halflife, expression=label.astype(np.float32)), matrix


DATA, MATRIX = planted()


def features_of(
    data: Dataset = DATA, matrix: MotifMatrix = MATRIX, protocol: Protocol = "strict"
) -> Features:
    return Features(data, matrix, merge_strands=False, protocol=protocol)


def z_scored(rows: np.ndarray = ROWS) -> np.ndarray:
    label = DATA.expression[rows].astype(np.float64)
    return (label - label.mean()) / label.std()


def effects(rows: np.ndarray = ROWS) -> pd.DataFrame:
    return motif_effects(features_of(), rows).set_index("motif_id")


def test_each_motif_by_itself_is_students_t_test() -> None:
    table, label = effects(), z_scored()
    for number in range(8):
        have = MATRIX.present[ROWS, number]
        test = stats.ttest_ind(label[have], label[~have])
        interval = test.confidence_interval()
        row = table.loc[f"M{number}"]
        assert row["alone"] == pytest.approx(label[have].mean() - label[~have].mean())
        assert row["alone_p"] == pytest.approx(test.pvalue)
        assert (row["alone_ci_low"], row["alone_ci_high"]) == pytest.approx((interval.low, interval.high))
        assert row["alone_p"] == pytest.approx(stats.pearsonr(have.astype(float), label).pvalue)
        assert (row["genes"], row["share"]) == (have.sum(), pytest.approx(have.mean()))
        assert row["motif_name"] == f"nameM{number}"


def test_motifs_of_all_or_no_genes_come_last_without_numbers() -> None:
    table = effects()
    assert table.index[-2:].tolist() == ["M8", "M9"]
    assert table.loc["M8", ["genes", "share"]].tolist() == [len(ROWS), 1]
    assert table.loc["M9", ["genes", "share"]].tolist() == [0, 0]
    assert table.loc[["M8", "M9"], [*ALONE, *JOINT]].isna().all(axis=None)
    assert table.loc[table.index[:-2], ALONE].notna().all(axis=None)


def test_rows_go_by_p_value() -> None:
    p = effects()["alone_p"].dropna()
    assert p.is_monotonic_increasing
    assert list(motif_effects(features_of(), ROWS).columns) == [
        *("motif_id", "motif_name", "genes", "share"), *ALONE, *JOINT,
    ]  # fmt: skip


def test_q_values_are_those_of_benjamini_and_hochberg() -> None:
    table = effects()
    for kind in ("alone", "joint"):
        there = table[table[f"{kind}_p"].notna()]
        np.testing.assert_allclose(there[f"{kind}_q"], stats.false_discovery_control(there[f"{kind}_p"]))
        p = there[f"{kind}_p"].sort_values()
        by_hand = (p * len(p) / np.arange(1, len(p) + 1))[::-1].cummin().clip(upper=1)
        np.testing.assert_allclose(there.loc[by_hand.index, f"{kind}_q"], by_hand)
        assert (there[f"{kind}_q"] >= there[f"{kind}_p"]).all()


def test_all_together_is_one_linear_model() -> None:
    features, table = features_of(), effects()
    names, design = features.design(("halflife", "core", "motifs"), ROWS)
    model = least_squares(design[ROWS], z_scored(), names)
    assert model.aliased == ("M7", "M8", "M9")
    expected = model.table().set_index("name").loc[[f"M{number}" for number in range(7)]]
    found = table.loc[expected.index, JOINT[:4]]
    np.testing.assert_allclose(found, expected[["coefficient", "ci_low", "ci_high", "p"]])
    assert table.loc["M7", JOINT].isna().all()
    assert table.loc["M7", ALONE].notna().all()


def test_a_motif_may_be_called_as_another_feature_is() -> None:
    names = MATRIX.identifiers.astype("U12")
    names[[0, 1]] = "CpG", "utr5_len"
    table = motif_effects(features_of(matrix=replace(MATRIX, identifiers=names)), ROWS)
    expected = effects().rename(index={"M0": "CpG", "M1": "utr5_len"})
    pd.testing.assert_frame_equal(table.set_index("motif_id"), expected)


def test_planted_motifs_are_found() -> None:
    table = motif_effects(features_of(), ALL_ROWS)
    assert table["motif_id"].tolist()[:2] == ["M0", "M1"]
    rows = table.set_index("motif_id")
    for kind in ("alone", "joint"):
        assert rows.loc["M0", kind] > 0 > rows.loc["M1", kind]
        assert (rows.loc[["M0", "M1"], f"{kind}_q"] < 0.01).all()
        assert rows.loc["M0", f"{kind}_ci_low"] > 0 > rows.loc["M1", f"{kind}_ci_high"]
        assert (rows.loc[["M3", "M4", "M5", "M6"], f"{kind}_q"] > 0.01).all()
    width = rows["joint_ci_high"] - rows["joint_ci_low"]
    assert width["M0"] < (rows["alone_ci_high"] - rows["alone_ci_low"])["M0"]


def test_a_motif_that_stands_in_for_another_loses_its_effect_beside_it() -> None:
    present = MATRIX.present.copy()
    swap = np.random.default_rng(1).random(GENES) < 0.1
    present[:, 3] = np.where(swap, ~present[:, 0], present[:, 0])
    table = motif_effects(features_of(matrix=replace(MATRIX, present=present)), ALL_ROWS).set_index(
        "motif_id"
    )
    assert table.loc["M3", "alone_q"] < 0.01
    assert table.loc["M3", "joint_p"] > 0.01


def test_only_the_genes_given_count() -> None:
    data, matrix = planted()
    others = np.setdiff1d(ALL_ROWS, ROWS)
    data.expression[others] = 99
    data.halflife[others] = 1e5
    data.codes[others] = 1
    matrix.present[others] = ~matrix.present[others]
    pd.testing.assert_frame_equal(
        motif_effects(features_of(data, matrix), ROWS), effects().reset_index(), check_exact=True
    )
    pd.testing.assert_frame_equal(
        halflife_coefficients(features_of(data, matrix), ROWS), halflife_coefficients(features_of(), ROWS)
    )


@pytest.mark.parametrize("genes", [12, 16])
def test_too_few_genes_leave_the_joint_model_empty(genes: int) -> None:
    table = effects(np.arange(genes))
    assert table[JOINT].isna().all(axis=None)
    assert table.loc["M0", ALONE].notna().all()


def test_no_motif_that_can_be_tested() -> None:
    matrix = replace(MATRIX, present=np.ones_like(MATRIX.present))
    table = motif_effects(features_of(matrix=matrix), ROWS)
    assert table["motif_id"].tolist() == sorted(MATRIX.identifiers)
    assert table[[*ALONE, *JOINT]].isna().all(axis=None)


def test_shift_and_scale_of_the_label_do_not_matter() -> None:
    bent = replace(DATA, expression=(5 + 3 * DATA.expression).astype(np.float32))
    pd.testing.assert_frame_equal(
        motif_effects(features_of(bent), ROWS), effects().reset_index(), rtol=1e-3, atol=1e-5
    )
    turned = motif_effects(features_of(replace(DATA, expression=-DATA.expression)), ROWS).set_index(
        "motif_id"
    )
    np.testing.assert_allclose(turned["alone"], -effects()["alone"])
    np.testing.assert_allclose(turned["joint_ci_low"], -effects()["joint_ci_high"])


def test_planted_halflife_features_have_their_signs() -> None:
    table = halflife_coefficients(features_of(), ALL_ROWS).set_index("name")
    assert list(table.index) == list(HALFLIFE_FEATURES)
    for name, sign in (("utr5_len", 1), ("utr3_len", -1), ("cds_gc", 1)):
        assert sign * table.loc[name, "coefficient"] > 0
        assert table.loc[name, "p"] < 0.01
        assert (np.sign(table.loc[name, ["ci_low", "ci_high"]].to_numpy(dtype=float)) == sign).all()
    assert (table.drop(["utr5_len", "utr3_len", "cds_gc"])["p"] > 0.001).all()
    assert table["coefficient"].abs().idxmax() == "utr3_len"


def test_a_lone_halflife_feature_has_its_correlation_for_a_coefficient(
    caplog: pytest.LogCaptureFixture,
) -> None:
    halflife = np.full_like(DATA.halflife, 3.0)
    halflife[:, 6] = DATA.halflife[:, 3]
    with caplog.at_level(logging.ERROR, "xpresso_core.scaling"):
        table = halflife_coefficients(features_of(replace(DATA, halflife=halflife)), ROWS)
    assert table["name"].tolist() == ["utr3_gc"]
    test = stats.pearsonr(halflife[ROWS, 6], DATA.expression[ROWS])
    assert table["coefficient"].iloc[0] == pytest.approx(test.statistic, abs=1e-6)
    assert table["p"].iloc[0] == pytest.approx(test.pvalue, rel=1e-3)


def test_too_few_genes_have_no_halflife_coefficients() -> None:
    with pytest.raises(InputError, match="9 genes cannot tell the errors of 9 coefficients"):
        halflife_coefficients(features_of(), np.arange(9))


@pytest.mark.parametrize("protocol", ["strict", "paper"])
def test_files_are_of_all_genes_that_the_experiment_uses(tmp_path: Path, protocol: Protocol) -> None:
    window = Window(30, 20)
    DATA.save(tmp_path / "dataset.h5")
    MATRIX.save(tmp_path / "motifs.h5")
    parts = np.array(["train", "validation", "test", "unused"])[np.arange(GENES) % 4]
    split = pd.DataFrame({"fold": 1, "gene_id": DATA.gene_id, "part": parts})
    second = split[split["part"] != "unused"].assign(fold=2)  # the same genes again, as folds have them
    write_table(pd.concat([split, second]).sample(frac=1, random_state=1), tmp_path / "split.tsv")
    files = [tmp_path / f"{name}" for name in ("dataset.h5", "split.tsv", "motifs.h5", "h.tsv", "m.tsv")]
    write_effects(*files, window=window, protocol=protocol)
    rows = np.flatnonzero(parts != "unused")
    features = features_of(Dataset.open(files[0], window), protocol=protocol)
    expected = halflife_coefficients(features, rows).reset_index(drop=True), motif_effects(features, rows)
    for path, table in zip(files[3:], expected, strict=True):
        pd.testing.assert_frame_equal(read_table(path), table, check_dtype=False, rtol=1e-9)
