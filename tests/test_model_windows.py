"""Promoters on the window of a model: what the genome itself gives there."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from xpresso_core.dataset import Dataset
from xpresso_core.errors import ConfigError, InputError
from xpresso_core.genome import Genome, Window
from xpresso_core.halflife import HALFLIFE_FEATURES
from xpresso_core.model_windows import dataset_on, rows_of

STORED = Window(90, 60)
PLACES = [("chr1", position, "+-"[number % 2]) for number, position in enumerate(range(300, 2500, 173))]


@pytest.fixture(scope="module")
def genome(tmp_path_factory: pytest.TempPathFactory) -> Genome:
    path = tmp_path_factory.mktemp("genome") / "genome.fa"
    letters = np.random.default_rng(0).choice(list("ACGTN"), 3000, p=[0.24, 0.24, 0.24, 0.24, 0.04])
    path.write_text(f">chr1\n{''.join(letters)}\n")
    return Genome(path)


@pytest.fixture(scope="module")
def stored(genome: Genome, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("dataset") / "dataset.h5"
    number = len(PLACES)
    Dataset(
        gene_id=np.array([f"g{row}" for row in range(number)]),
        chrom=np.array([chrom for chrom, _, _ in PLACES]),
        strand=np.array([strand for _, _, strand in PLACES]),
        tss=np.array([tss for _, tss, _ in PLACES]),
        codes=np.stack([genome.window(*place, STORED) for place in PLACES]),
        halflife=np.ones((number, len(HALFLIFE_FEATURES)), np.float32),
        expression=np.arange(number, dtype=np.float32),
        window=STORED,
    ).save(path)
    return path


@pytest.mark.parametrize(
    "window",
    [STORED, Window(60, 40), Window(60, 40, 1), Window(90, 59, 1), Window(10, 0, 3), Window(0, 5, 2)],
)
def test_windows_are_those_of_the_genome(genome: Genome, stored: Path, window: Window) -> None:
    expected = np.stack([genome.window(*place, window) for place in PLACES])
    found = dataset_on(stored, window)
    np.testing.assert_array_equal(found.codes, expected)
    assert found.window == window


def test_a_plain_window_is_that_of_the_dataset(stored: Path) -> None:
    for window in (STORED, Window(60, 40)):
        found = dataset_on(stored, window).codes
        np.testing.assert_array_equal(found, Dataset.open(stored, window).codes)
        assert found.dtype == np.uint8


def test_a_shift_moves_genes_of_the_minus_strand_one_base_downstream(stored: Path) -> None:
    data = Dataset.open(stored)
    moved = dataset_on(stored, Window(50, 30, 1)).codes
    start = STORED.upstream - 50
    assert {"+", "-"} == set(data.strand)
    for row, strand in enumerate(data.strand):
        first = start + (strand == "-")
        np.testing.assert_array_equal(moved[row], data.codes[row, first : first + 80])


@pytest.mark.parametrize("window", [Window(91, 60), Window(90, 61), Window(90, 60, 1)])
def test_a_window_beyond_what_is_stored_is_refused(stored: Path, window: Window) -> None:
    with pytest.raises(ConfigError, match=r"the stored promoters reach from -90 to \+60"):
        dataset_on(stored, window)


def test_genes_are_found_by_name(stored: Path) -> None:
    data = Dataset.open(stored)
    assert rows_of(data, ["g7", "g0", "g3"], stored).tolist() == [7, 0, 3]
    with pytest.raises(InputError, match="dataset.h5: has no gene h1, which is to be interpreted"):
        rows_of(data, ["g7", "h1", "h2"], stored)
