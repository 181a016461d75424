"""The figure of random splits beside whole chromosomes."""

import numpy as np
import pandas as pd
import pytest
from figures import words

from xpresso_core.errors import InputError
from xpresso_core.plots_neighbours import split_costs


def pair(
    dataset: str,
    random: float,
    chromosomes: float,
    without: float | None,
    overlapping: float = 0.07,
    n: int = 18_000,
    training: tuple[int, int] = (16_000, 14_000),
    name: str = "folds",
) -> dict[str, object]:
    row: dict[str, object] = {
        "dataset": dataset,
        "random": name,
        "n": n,
        "n_without": round(n * (1 - overlapping)),
        "n_with": round(n * overlapping),
        "overlapping": overlapping,
        "n_train_random": training[0],
        "n_train_chromosomes": training[1],
    }
    values = {"r2_random": random, "r2_chromosomes": chromosomes, "r2_without": without}
    for key, value in {**values, "difference": chromosomes - random}.items():
        ends = (None, None) if value is None else (value - 0.015, value + 0.015)
        row |= {key: value, f"{key}_ci_low": ends[0], f"{key}_ci_high": ends[1]}
    return row


def draw(rows: list[dict[str, object]] | pd.DataFrame, path) -> str:
    split_costs(pd.DataFrame(rows), path, "Two kinds of split")
    return " ".join(words(path).split())


def test_one_dataset(tmp_path):
    text = draw([pair("human", 0.52, 0.49, 0.51)], tmp_path / "a.svg")
    assert (
        "Whole chromosomes instead of a random split change r² by −0.030 (95 % CI −0.045 to −0.015); they also train"
        " on 12 % fewer genes. Leaving out the 7 % of test genes whose window overlaps that of a training gene changes"
        " the r² of the random split by −0.010." in text
    )
    for word in (
        "random split, 16,000 training genes",
        "whole chromosomes, 14,000 training genes",
        "random split, genes without overlap (93.0 %)",
        "0.520 (0.505 to 0.535), n = 18,000",
        "0.510 (0.495 to 0.525), n = 16,740",
        "0.490 (0.475 to 0.505), n = 18,000",
        "difference −0.030 (−0.045 to −0.015)",
        "95 % bootstrap interval",
    ):
        assert word in text


def test_a_difference_that_may_be_chance(tmp_path):
    text = draw([pair("human", 0.5, 0.51, 0.5, training=(9, 9))], tmp_path / "a.svg")
    assert "by +0.010 (95 % CI −0.005 to +0.025, which may be chance); both train on as many genes." in text
    assert "changes the r² of the random split by 0.000." in text


def test_several_datasets_keep_their_order(tmp_path):
    rows = [
        pair("mouse", 0.70, 0.71, 0.68, 0.30),
        pair("human", 0.50, 0.40, 0.48),
        pair("K562", 0.45, 0.30, 0.45, 0.10, training=(600, 197)),
    ]
    text = draw(rows, tmp_path / "a.svg")
    assert "by −0.080 on average of 3 pairs (−0.150 to +0.010; in 2 beyond chance)" in text
    assert "they also train on 12 to 67 % fewer genes. Leaving out the 7 to 30 % of test genes" in text
    assert "of the random split by −0.013 on average." in text
    places = [text.index(f" {name} ") for name in ("mouse", "human", "K562")]
    assert places == sorted(places)


def test_pairs_of_one_dataset_are_told_apart(tmp_path):
    rows = [
        pair("human", 0.5, 0.4, 0.5, name="all"),
        pair("human", 0.5, 0.4, 0.5, name="few"),
        pair("mouse", 0.5, 0.4, 0.5),
    ]
    text = draw(rows, tmp_path / "a.svg")
    assert "human, all" in text
    assert "human, few" in text
    assert "mouse," not in text


def test_training_sets_that_grow_or_differ(tmp_path):
    text = draw([pair("a", 0.5, 0.4, 0.5, training=(100, 110))], tmp_path / "a.svg")
    assert "they also train on 10 % more genes." in text
    rows = [pair("a", 0.5, 0.4, 0.5, training=(100, 110)), pair("b", 0.5, 0.4, 0.5, training=(100, 80))]
    assert "they also train on other numbers of genes, −20 to +10 %." in draw(rows, tmp_path / "b.svg")


def test_no_genes_without_overlap(tmp_path):
    text = draw([pair("human", 0.5, 0.4, None, 0.999)], tmp_path / "a.svg")
    assert "under 30 genes, n = 18" in text
    assert "not told: fewer than 30 are left, or their predictions are constant." in text
    rows = [pair("human", 0.5, 0.4, None), pair("mouse", 0.5, 0.4, 0.47, 0.2)]
    text = draw(rows, tmp_path / "b.svg")
    assert "constant predictions, n = 16,740" in text
    assert "Leaving out the 20 % of test genes" in text


def test_many_datasets_with_long_names(tmp_path):
    names = [f"human_median_of_a_very_long_name_that_goes_on_and_on_{i:02d}" for i in range(20)]
    rows = [pair(name, 0.5, 0.45, 0.49 if i % 3 else None) for i, name in enumerate(names)]
    text = draw(rows, tmp_path / "a.svg").replace(" ", "")
    places = [text.index(name) for name in names]
    assert places == sorted(places)


def test_same_input_same_bytes(tmp_path):
    for name in ("a.svg", "b.svg"):
        draw([pair("human", 0.52, 0.49, 0.51), pair("mouse", 0.7, 0.6, None)], tmp_path / name)
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


GOOD = pd.DataFrame([pair("human", 0.52, 0.49, 0.51)])


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (GOOD[:0], "random splits and chromosomes: the table has no rows"),
        (GOOD.drop(columns="r2_without"), "no column r2_without"),
        (GOOD.assign(difference=np.nan), "column difference: 1 of 1 values are missing"),
        (GOOD.assign(r2_random_ci_low=None), "column r2_random_ci_low: 1 of 1 values are missing"),
    ],
)
def test_tables_that_cannot_be_drawn(tmp_path, rows, message):
    with pytest.raises(InputError, match=message):
        draw(rows, tmp_path / "a.svg")
    assert list(tmp_path.iterdir()) == []
