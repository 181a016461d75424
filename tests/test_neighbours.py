"""What neighbours do for r²: planted leakage that must be found, SciPy's bootstrap, and bad input."""

import json

import numpy as np
import pandas as pd
import pytest
from plain import r2_difference_by_bootstrap

from xpresso_core.errors import InputError
from xpresso_core.metrics import regression_metrics
from xpresso_core.neighbours import MIN_GROUP, SplitCost, split_cost

Frames = tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]


def case(genes: int = 400, neighbours: int = 100, seed: int = 0, folds: int = 4) -> Frames:
    """Two splits that know half of each label; the random one all of that of the first genes, which overlap."""
    rng = np.random.default_rng(seed)
    observed = rng.normal(0.3, 0.9, genes)
    known = observed + rng.normal(0, 0.9, genes)
    overlap = np.where(np.arange(genes) < neighbours, rng.integers(1, 5000, genes), 0)
    ids = [f"G{number}" for number in range(genes)]
    columns = {"gene_id": ids, "observed": observed, "fold": np.arange(genes) % folds + 1}
    random = pd.DataFrame({**columns, "predicted": np.where(overlap > 0, observed, known)})
    chromosomes = pd.DataFrame({**columns, "predicted": known + rng.normal(0, 0.1, genes)})
    leakage = pd.DataFrame(
        {"fold": columns["fold"], "gene_id": ids, "overlap_bp": overlap, "overlap_fraction": overlap / 10_500}
    )
    return random, chromosomes, leakage


def cost(frames: Frames, seed: int = 1) -> SplitCost:
    return split_cost(*frames, 300, 200, seed=seed)


def test_planted_neighbours_are_found():
    random, chromosomes, leakage = case()
    ours = cost((random, chromosomes, leakage))
    assert (ours.n, ours.n_with, ours.n_without, ours.overlapping) == (400, 100, 300, 0.25)
    assert (ours.n_train_random, ours.n_train_chromosomes) == (300, 200)
    assert (ours.r2_with, ours.r2_with_ci_low, ours.r2_with_ci_high) == pytest.approx((1, 1, 1))
    for name, frame in (("random", random), ("chromosomes", chromosomes), ("without", random[100:])):
        metrics = regression_metrics(frame["observed"], frame["predicted"], seed=1)
        values = [getattr(ours, f"r2_{name}{end}") for end in ("", "_ci_low", "_ci_high")]
        assert values == pytest.approx([metrics.r2, metrics.r2_ci_low, metrics.r2_ci_high], abs=1e-12)
    assert ours.difference == ours.r2_chromosomes - ours.r2_random
    assert ours.difference_ci_low < ours.difference < ours.difference_ci_high < 0
    assert ours.r2_without is not None
    assert ours.r2_without_ci_low < ours.r2_chromosomes < ours.r2_without_ci_high


def test_interval_is_that_of_a_plain_paired_bootstrap():
    random, chromosomes, leakage = case()
    ours = cost((random, chromosomes, leakage))
    pair = random["predicted"], chromosomes["predicted"]
    reference = r2_difference_by_bootstrap(random["observed"], *pair)
    found = ours.difference_ci_low, ours.difference_ci_high
    assert found == pytest.approx(reference, abs=0.012)


def test_pairing_makes_nearly_equal_splits_comparable():
    _, chromosomes, leakage = case()
    rng = np.random.default_rng(3)
    twin = chromosomes.assign(predicted=chromosomes["predicted"] + rng.normal(0, 0.02, 400))
    ours = cost((twin, chromosomes, leakage))
    width = ours.difference_ci_high - ours.difference_ci_low
    assert 0 < width < 0.1 * (ours.r2_random_ci_high - ours.r2_random_ci_low)
    same = cost((chromosomes, chromosomes, leakage))
    assert (same.difference, same.difference_ci_low, same.difference_ci_high) == (0, 0, 0)


def test_exchanging_the_splits_mirrors_the_difference():
    random, chromosomes, leakage = case()
    there, back = cost((random, chromosomes, leakage)), cost((chromosomes, random, leakage))
    assert back.difference == -there.difference
    assert back.difference_ci_low == pytest.approx(-there.difference_ci_high)


def test_only_genes_of_both_splits_count_and_their_order_does_not():
    random, chromosomes, leakage = case()
    fewer = cost((random[:350], chromosomes[:350], leakage[:350]))
    shuffled = [frame.sample(frac=1, random_state=0) for frame in (chromosomes[:350], leakage)]
    assert cost((random, *shuffled)) == pytest.approx(fewer, abs=1e-12)
    assert fewer.n == 350


def test_scale_and_offset_of_predictions_do_not_matter():
    random, chromosomes, leakage = case()
    bent = chromosomes.assign(predicted=7 - 3 * chromosomes["predicted"])
    assert cost((random, bent, leakage)) == pytest.approx(cost((random, chromosomes, leakage)), abs=1e-9)


def test_same_seed_same_interval_whatever_the_chunks(monkeypatch):
    whole = cost(case())
    monkeypatch.setattr("xpresso_core.metrics.CHUNK_CELLS", 1234)
    assert cost(case()) == pytest.approx(whole)
    assert cost(case(), seed=2).difference_ci_low != whole.difference_ci_low


@pytest.mark.parametrize(("neighbours", "told"), [(MIN_GROUP - 1, False), (MIN_GROUP, True), (0, False)])
def test_few_genes_have_no_r2_of_their_own(neighbours, told):
    ours = cost(case(neighbours=neighbours))
    assert ours.n_with == neighbours
    assert (ours.r2_with is not None) == told
    assert ours.r2_without is not None


@pytest.mark.parametrize("column", ["observed", "predicted"])
def test_a_group_that_is_constant_has_no_r2(column):
    random, chromosomes, leakage = case()
    for frame in (random, chromosomes) if column == "observed" else (random,):
        frame.loc[:99, column] = -1.0
    ours = cost((random, chromosomes, leakage))
    assert (ours.n_with, ours.r2_with, ours.r2_with_ci_low, ours.r2_with_ci_high) == (100, None, None, None)


def test_a_split_collapsed_in_every_fold_has_an_r2_of_nothing():
    random, chromosomes, leakage = case()
    means = [random["observed"][random["fold"] != fold].mean() for fold in random["fold"]]
    ours = cost((random.assign(predicted=means), chromosomes, leakage))
    assert (ours.r2_random, ours.r2_random_ci_high, ours.r2_without, ours.r2_with) == (0, 0, None, None)
    assert ours.difference == ours.r2_chromosomes
    assert ours.difference_ci_low == pytest.approx(ours.r2_chromosomes_ci_low, abs=0.02)


def test_numbers_survive_json():
    ours = cost(case(neighbours=5))
    data = json.loads(json.dumps(ours.as_dict(), allow_nan=False))
    assert SplitCost(**data) == ours
    assert data["r2_with"] is None


RANDOM, CHROMOSOMES, LEAKAGE = case(60, 20)


@pytest.mark.parametrize(
    ("random", "chromosomes", "leakage", "message"),
    [
        (
            RANDOM.drop(columns="fold"),
            CHROMOSOMES,
            LEAKAGE,
            "of the random split: the table has no column fold",
        ),
        (RANDOM, CHROMOSOMES[:0], LEAKAGE, "of the chromosomes split: the table has no rows"),
        (
            RANDOM,
            CHROMOSOMES.replace("G7", "G8"),
            LEAKAGE,
            "chromosomes split, gene G8: 1 genes are there twice",
        ),
        (RANDOM, CHROMOSOMES.assign(gene_id="X").iloc[:1], LEAKAGE, "they share no gene .G0 and X."),
        (
            RANDOM,
            CHROMOSOMES.assign(observed=2.0),
            LEAKAGE,
            "two splits, gene G0: the observed values of 60 genes",
        ),
        (
            RANDOM,
            CHROMOSOMES,
            LEAKAGE.drop(columns="overlap_bp"),
            "leakage audit: the table has no column overlap_bp",
        ),
        (
            RANDOM,
            CHROMOSOMES,
            LEAKAGE[:50],
            "leakage audit, gene G50: 10 of 60 predicted genes are not there",
        ),
        (RANDOM, CHROMOSOMES, LEAKAGE.replace("G7", "G8"), "leakage audit, gene G8: 1 genes are there twice"),
        (RANDOM.assign(predicted=np.nan), CHROMOSOMES, LEAKAGE, "predicted values are missing"),
        (RANDOM[:2], CHROMOSOMES, LEAKAGE, "2 genes are too few"),
    ],
)
def test_what_cannot_be_compared(random, chromosomes, leakage, message):
    with pytest.raises(InputError, match=message):
        cost((random, chromosomes, leakage))
