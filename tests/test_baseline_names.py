"""Names of baselines say what they are and can be read back; words for people."""

from __future__ import annotations

import pandas as pd
import pytest

from xpresso_core.baseline_names import (
    METHODS,
    Baseline,
    baselines,
    feature_sets,
    features_in_words,
    in_words,
)


@pytest.mark.parametrize(
    ("baseline", "name"),
    [
        (Baseline("mean", ()), "mean"),
        (Baseline("lm", ("halflife",)), "lm:halflife"),
        (Baseline("ridge", ("halflife", "motifs", "4mer")), "ridge:halflife+motifs+4mer"),
    ],
)
def test_a_name_and_back(baseline: Baseline, name: str) -> None:
    assert baseline.name == name
    assert Baseline.of_name(name) == baseline


def test_every_set_stands_without_and_with_halflife_features() -> None:
    assert [one.name for one in baselines([1, 3], 2, ["lm", "trees"])] == [
        "mean",
        *(
            f"{method}:{features}"
            for method in ("lm", "trees")
            for features in (
                "halflife", "core", "halflife+core", "1mer", "halflife+1mer", "3mer", "halflife+3mer",
                "motifs", "halflife+motifs", "motifs+2mer", "halflife+motifs+2mer",
            )
        ),
    ]  # fmt: skip


def test_all_names_differ_and_come_back() -> None:
    made = list(baselines(range(1, 9), 5, METHODS))
    assert len({one.name for one in made}) == len(made) == 1 + 3 * (2 * 11 + 1)
    assert [Baseline.of_name(one.name) for one in made] == made


def test_joined_kmers_may_be_left_out() -> None:
    assert feature_sets([2], None) == [(), ("core",), ("2mer",), ("motifs",)]
    assert feature_sets([2], 2)[-1] == ("motifs", "2mer")


@pytest.mark.parametrize(
    ("method", "features", "halflife", "words"),
    [
        ("mean", "", False, "the mean"),
        ("lm", "", True, "least squares, half-life features only"),
        ("lm", float("nan"), True, "least squares, half-life features only"),
        ("lm", "5mer", False, "least squares, 5-mers"),
        ("ridge", "core", True, "ridge, CpG and G+C of the core + half-life"),
        ("trees", "motifs+4mer", True, "trees, motifs + 4-mers + half-life"),
        ("trees", "motifs", False, "trees, motifs"),
    ],
)
def test_words(method: str, features: object, halflife: bool, words: str) -> None:
    row = pd.Series({"method": method, "features": features, "halflife": halflife})
    assert in_words(row) == words
    if method != "mean":
        assert features_in_words(features) in words


def test_every_baseline_has_words_of_its_own() -> None:
    rows = [
        {
            "method": one.method,
            "features": "+".join(block for block in one.blocks if block != "halflife"),
            "halflife": "halflife" in one.blocks,
        }
        for one in baselines(range(1, 9), 5, METHODS)
    ]
    words = [in_words(row) for _, row in pd.DataFrame(rows).iterrows()]
    assert len(set(words)) == len(words)
