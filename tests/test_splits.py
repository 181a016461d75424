"""Splits are partitions, deterministic, and never mix chromosomes where they must not."""

from __future__ import annotations

import numpy as np
import pytest

from xpresso_core.errors import ConfigError
from xpresso_core.splits import Fold, fold_of_table, make_folds, split_hash, split_table

CHROM = np.array([f"chr{1 + i % 7}" for i in range(500)])
GENES = np.array([f"g{i:03d}" for i in range(500)])

SETTINGS = [
    {"kind": "holdout", "validation": 50, "test": 60},
    {"kind": "folds", "folds": 5, "validation": 40},
    {"kind": "chromosomes", "folds": 4},
]


@pytest.mark.parametrize("settings", SETTINGS)
def test_every_fold_is_a_partition(settings: dict) -> None:
    for fold in make_folds(chrom=CHROM, seed=3, **settings):
        assert sorted(np.concatenate(fold)) == list(range(500))
        assert all(len(part) for part in fold)


@pytest.mark.parametrize("settings", SETTINGS[1:])
def test_cross_validation_tests_every_gene_once(settings: dict) -> None:
    tested = np.concatenate([fold.test for fold in make_folds(chrom=CHROM, seed=3, **settings)])
    assert sorted(tested) == list(range(500))


@pytest.mark.parametrize("settings", SETTINGS)
def test_same_seed_same_split(settings: dict) -> None:
    first, again = (make_folds(chrom=CHROM, seed=3, **settings) for _ in range(2))
    for one, other in zip(first, again, strict=True):
        for part, same in zip(one, other, strict=True):
            np.testing.assert_array_equal(part, same)


def test_another_seed_gives_another_random_split() -> None:
    one, other = (make_folds("holdout", CHROM, seed=seed, validation=50, test=60)[0] for seed in (1, 2))
    assert set(one.test) != set(other.test)


def test_sizes_are_as_asked_and_folds_have_their_own_validation_genes() -> None:
    folds = make_folds("folds", CHROM, seed=1, folds=5, validation=40)
    assert [len(fold.test) for fold in folds] == [100] * 5
    assert [len(fold.validation) for fold in folds] == [40] * 5
    assert len({tuple(fold.validation) for fold in folds}) == 5
    shared = set(folds[1].validation) & set(folds[2].validation)
    assert len(shared) < 20  # the original code kept the same 1,000 validation genes for most folds


def test_no_chromosome_is_in_two_parts() -> None:
    for fold in make_folds("chromosomes", CHROM, seed=1, folds=4):
        names = np.concatenate([np.unique(CHROM[rows]) for rows in fold])
        assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"kind": "holdout", "validation": 300, "test": 200}, "500 genes"),
        ({"kind": "folds", "folds": 10, "validation": 495}, "500 genes"),
        ({"kind": "chromosomes", "folds": 8}, "lie on 7 chromosomes"),
        ({"kind": "chromosomes", "folds": 2}, "at least 3"),
    ],
)
def test_too_few_genes_or_chromosomes_are_refused(settings: dict, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        make_folds(chrom=CHROM, seed=1, **settings)


def test_the_table_comes_back_as_the_same_rows() -> None:
    folds = make_folds("folds", CHROM, seed=1, folds=5, validation=40)
    table = split_table(GENES, folds)
    shuffled = table.sample(frac=1, random_state=0)
    for number, fold in enumerate(folds, start=1):
        back = fold_of_table(shuffled, number, GENES)
        for one, other in zip(fold, back, strict=True):
            np.testing.assert_array_equal(one, other)
        assert split_hash(table, number) == split_hash(shuffled, number)
    assert split_hash(table, 1) != split_hash(table, 2)
    with pytest.raises(ConfigError, match="genes that the dataset lacks"):
        fold_of_table(table, 1, GENES[:-1])


def test_a_thinned_training_set_is_part_of_a_larger_one_and_the_rest_is_unused() -> None:
    small, large, other = (
        make_folds("holdout", CHROM, seed=1, validation=50, test=50, training=training, draw=draw)[0]
        for training, draw in ((100, 1), (300, 1), (100, 2))
    )
    whole = make_folds("holdout", CHROM, seed=1, validation=50, test=50)[0]
    assert set(small.train) < set(large.train) < set(whole.train)
    assert len(small.train) == len(other.train) == 100
    assert set(small.train) != set(other.train)
    for fold in (small, large, other):
        np.testing.assert_array_equal(fold.test, whole.test)
        np.testing.assert_array_equal(fold.validation, whole.validation)
    table = split_table(GENES, [small])
    assert (table["part"] == "unused").sum() == 300
    np.testing.assert_array_equal(fold_of_table(table, 1, GENES).train, small.train)
    with pytest.raises(ConfigError, match="401 training genes are asked for, but the dataset has 400"):
        make_folds("holdout", CHROM, seed=1, validation=50, test=50, training=401)


def test_a_split_may_use_part_of_a_dataset() -> None:
    table = split_table(GENES[100:400], make_folds("holdout", CHROM[100:400], seed=1, validation=20, test=30))
    fold = fold_of_table(table, 1, GENES)
    used = np.concatenate(fold)
    assert len(used) == 300
    assert used.min() >= 100
    assert used.max() < 400


def test_chromosome_folds_may_validate_on_genes_of_the_other_groups() -> None:
    folds = make_folds("chromosomes", CHROM, seed=1, folds=3, validation=40)
    for fold in folds:
        assert len(fold.validation) == 40
        assert not set(CHROM[fold.test]) & set(CHROM[np.concatenate([fold.train, fold.validation])])
    assert sorted(np.concatenate([fold.test for fold in folds])) == list(range(len(CHROM)))
    with pytest.raises(ConfigError, match="validation genes of a fold"):
        make_folds("chromosomes", CHROM, seed=1, folds=3, validation=490)


def test_parts_have_names() -> None:
    assert Fold._fields == ("train", "validation", "test")
