"""Scores of bases come back from their file, other files are refused, and rows correlate as NumPy has it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from xpresso_core.errors import InputError
from xpresso_core.expression_groups import GROUP_NAMES
from xpresso_core.genome import Window
from xpresso_core.score_file import Scores, row_correlations


def scores_of(genes: int = 5, seed: int = 0, **changes: Any) -> Scores:
    """Return random scores of some genes by two methods and three networks, two of them members."""
    rng = np.random.default_rng(seed)
    window = changes.get("window", Window(6, 4, 1))
    parts: dict[str, Any] = {
        "gene_id": np.array([f"g{seed}_{row}" for row in range(genes)]),
        "scores": rng.normal(size=(genes, window.length)).astype(np.float32),
        "untrained": rng.normal(size=(genes, window.length)).astype(np.float32),
        "sums": rng.normal(size=(2, 3, len(GROUP_NAMES), window.length)),
        "counts": np.array([1, 0, 1, genes - 2]),
        "methods": ("saliency", "deeplift"),
        "members": 2,
        "window": window,
        "unit": "log10(RPKM + 0.1)",
    }
    return Scores(**{**parts, **changes})


def assert_same(one: Scores, other: Scores) -> None:
    for name, first, second in zip(Scores._fields, one, other, strict=True):
        if isinstance(first, np.ndarray):
            np.testing.assert_array_equal(second, first, err_msg=name)
            assert second.dtype.kind == first.dtype.kind
        else:
            assert second == first, name
            assert type(second) is type(first)


def test_scores_come_back_as_they_were_saved(tmp_path: Path) -> None:
    made = scores_of()
    made.save(tmp_path / "scores.h5")
    found = Scores.open(tmp_path / "scores.h5")
    assert_same(made, found)
    assert found.scores.dtype == found.untrained.dtype == np.float32
    assert found.sums.dtype == np.float64
    assert found.window.minus_shift == 1


def test_without_genes_all_but_their_scores_come_back(tmp_path: Path) -> None:
    made = scores_of()
    made.save(tmp_path / "scores.h5")
    found = Scores.open(tmp_path / "scores.h5", with_genes=False)
    assert found.scores.shape == (0, 10)
    assert_same(made._replace(scores=made.scores[:0], untrained=made.untrained[:0]), found)


def test_an_error_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(TypeError):
        scores_of(members=object()).save(tmp_path / "a.h5")
    assert list(tmp_path.iterdir()) == []


def test_other_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "scores.h5"
    with pytest.raises(InputError, match="holds no scores of genes"):
        Scores.open(path)
    path.write_text("gene_id\n")
    with pytest.raises(InputError, match="holds no scores of genes"):
        Scores.open(path)
    path.unlink()
    with h5py.File(path, "w") as store:
        store.create_dataset("codes", data=[1])
    with pytest.raises(
        InputError, match=r"holds no scores of genes \(it lacks counts, gene_id, scores, sums, untrained\)"
    ):
        Scores.open(path)
    path.unlink()
    scores_of().save(path)
    with h5py.File(path, "a") as store:
        store.attrs["format_version"] = 2
    with pytest.raises(InputError, match=r"holds no scores of genes \(format 2\)") as caught:
        Scores.open(path)
    assert str(path) in str(caught.value)
    with h5py.File(path, "a") as store:
        del store.attrs["format_version"]
    with pytest.raises(InputError, match=r"holds no scores of genes \(format None\)"):
        Scores.open(path)


@pytest.mark.parametrize("name", ["gene_id", "scores", "untrained", "sums", "counts"])
def test_a_file_without_one_of_its_parts_is_refused(tmp_path: Path, name: str) -> None:
    scores_of().save(tmp_path / "scores.h5")
    with h5py.File(tmp_path / "scores.h5", "a") as store:
        del store[name]
    with pytest.raises(InputError, match=rf"holds no scores of genes \(it lacks {name}\)"):
        Scores.open(tmp_path / "scores.h5")


def test_rows_correlate_as_numpy_has_it() -> None:
    rng = np.random.default_rng(1)
    one = rng.normal(size=(30, 200))
    other = 0.5 * one + rng.normal(size=(30, 200))
    expected = [np.corrcoef(*pair)[0, 1] for pair in zip(one, other, strict=True)]
    np.testing.assert_allclose(row_correlations(one, other), expected, rtol=1e-12)
    small = (1e-6 * one).astype(np.float32), (1e4 * other + 1e5).astype(np.float32)
    np.testing.assert_allclose(row_correlations(*small), expected, rtol=1e-3)
    np.testing.assert_allclose(row_correlations(one, -3 * one + 1), -1, rtol=1e-12)


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_a_constant_row_whose_mean_is_rounded_has_no_correlation(kind: type) -> None:
    constant, other = (
        np.full((1, 1000), 0.1, kind),
        np.random.default_rng(3).normal(size=(1, 1000)).astype(kind),
    )
    assert np.isnan(row_correlations(constant, other)).all()
    assert np.isnan(row_correlations(other, 1e6 * constant)).all()


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_rows_that_do_not_vary_have_no_correlation(kind: type) -> None:
    rng = np.random.default_rng(2)
    one, other = (rng.normal(size=(6, 1000)).astype(kind) for _ in range(2))
    one[1], other[2], one[3], other[3] = 0, 0.5, 0, 0
    one[4] = 2
    found = row_correlations(one, other)
    assert np.isnan(found).tolist() == [False, True, True, True, True, False]
