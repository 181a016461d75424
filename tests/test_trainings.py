"""What a configuration trains is counted as the workflow trains it."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from test_estimate import ROWS, write_former
from test_search_trials import FINGERPRINT, record
from toy import toy_dataset

from xpresso_core.architecture import MANUAL, PAPER
from xpresso_core.configuration import load_config
from xpresso_core.errors import ConfigError, InputError
from xpresso_core.files import write_json
from xpresso_core.genome import Window
from xpresso_core.search_trials import TrialStore
from xpresso_core.splits import make_folds
from xpresso_core.trainings import GeneCounts, Work, genes_of_fold, typical, works

ROOT = Path(__file__).resolve().parents[1]
CONFIG = load_config(ROOT / "config" / "demo.yaml")


def config(**rows: Any) -> dict[str, Any]:
    """Return the demo with experiments that differ from ``demo_full`` as told, and no search."""
    full = CONFIG["experiments"]["demo_full"]
    experiments = {name: copy.deepcopy({**full, **row}) for name, row in rows.items()}
    return {**CONFIG, "experiments": experiments, "searches": {}}


def listed(given: dict[str, Any], results: Path, genes: int | None = 1000, epochs: int = 30) -> list[Work]:
    return list(works(given, GeneCounts(given, results, genes, 18_377), epochs))


@pytest.mark.parametrize(
    "split",
    [
        {"kind": "holdout", "validation": 50, "test": 70},
        {"kind": "holdout", "validation": 50, "test": 70, "training": 100, "draw": 2},
        {"kind": "folds", "folds": 7, "validation": 50},
        {"kind": "chromosomes", "folds": 4, "validation": 50},
        {"kind": "chromosomes", "folds": 5},
    ],
)
def test_genes_of_a_fold_are_the_mean_of_what_the_split_makes(split: dict[str, Any]) -> None:
    chrom = np.array([f"chr{number % 12}" for number in range(1003)])
    folds = make_folds(chrom=chrom, seed=1, **split)
    sizes = [(len(fold.train), len(fold.validation)) for fold in folds]
    assert genes_of_fold(split, len(chrom), "split") == pytest.approx(tuple(np.mean(sizes, axis=0)))


@pytest.mark.parametrize(
    ("split", "genes", "message"),
    [
        ({"kind": "holdout", "validation": 50, "test": 50}, 100, "the split leaves 0 of 100 genes"),
        ({"kind": "folds", "folds": 2, "validation": 60}, 100, "the split leaves 0 of 100 genes"),
        (
            {"kind": "holdout", "validation": 50, "test": 50, "training": 101},
            200,
            "101 training genes are asked for, but the split leaves 100 of 200 genes",
        ),
    ],
)
def test_splits_that_leave_too_few_genes_are_refused(split: dict[str, Any], genes: int, message: str) -> None:
    with pytest.raises(ConfigError, match=message) as caught:
        genes_of_fold(split, genes, "experiments.a.split")
    assert caught.value.where == "experiments.a.split"


def test_trainings_are_folds_times_trials_and_searches_come_last(tmp_path: Path) -> None:
    found = {work.name: work for work in listed(CONFIG, tmp_path)}
    assert len(found) == len(CONFIG["experiments"]) + len(CONFIG["searches"])
    full, search = found["demo_full"], found["demo_search"]
    assert (full.folds, full.trials, full.trainings) == (3, 2, 6)
    assert (full.genes, full.validation) == (pytest.approx(1000 * 2 / 3 - 80), 80)
    assert (search.kind, search.trainings, search.epochs) == ("search", 5, 10)
    assert list(found)[-1] == "demo_search"
    assert found["demo_orthologs"].at_most
    assert not full.at_most


def test_splits_and_windows_are_told_in_words(tmp_path: Path) -> None:
    rows = {
        "a": {"split": {"kind": "holdout", "validation": 10, "test": 20, "training": 300, "draw": 2}},
        "b": {"split": {"kind": "folds", "folds": 10, "validation": 10}},
        "c": {"split": {"kind": "chromosomes", "folds": 3}, "architecture": "paper"},
        "d": {"window": {"upstream": 300, "downstream": 200}},
    }
    a, b, c, d = listed(config(**rows), tmp_path)
    assert a.split == "hold-out 10+20, 300 to train on, draw 2"
    assert b.split == "10 folds"
    assert c.split == "3 groups of chromosomes"
    assert (c.architecture, d.architecture) == ("paper", "core, window 300+200")
    assert d.network is not None
    assert d.network.window == Window(300, 200)


def test_controls_are_measured_as_promoters_and_a_network_once(tmp_path: Path) -> None:
    rows = {
        "a": {"inputs": ["promoter", "halflife"]},
        "b": {"inputs": ["di_shuffled", "halflife"]},
        "c": {"inputs": ["halflife"]},
        "d": {"inputs": ["halflife"], "window": {"upstream": 300, "downstream": 200}},
    }
    a, b, c, d = (work.to_measure for work in listed(config(**rows), tmp_path))
    assert a == b
    assert a != c
    assert c == d


def test_epochs_are_the_assumed_ones_or_the_recipe_s_if_fewer(tmp_path: Path) -> None:
    given = config(a={"architecture": "paper"}, b={"architecture": "compact"})
    assert [work.epochs for work in listed(given, tmp_path, epochs=120)] == [100, 120]
    assert [work.basis for work in listed(given, tmp_path, epochs=3)] == ["3 epochs assumed"] * 2


def test_genes_are_counted_asked_simulated_or_the_paper_s(tmp_path: Path) -> None:
    counts = GeneCounts(CONFIG, tmp_path, None, 18_377)
    assert counts.of("demo_median") == 700
    assert counts.of("sister_median") == 700
    assert counts.guesses == {"700 genes, as many as are simulated": ["demo_median", "sister_median"]}
    (tmp_path / "demo_median").mkdir()
    toy_dataset(61).save(tmp_path / "demo_median" / "dataset.h5")
    counts = GeneCounts(CONFIG, tmp_path, 500, 18_377)
    assert (counts.of("demo_median"), counts.of("sister_median")) == (61, 500)
    assert counts.guesses == {"500 genes, as asked": ["sister_median"]}
    mini = load_config(ROOT / "config" / "human_mini.yaml")
    assert GeneCounts(mini, tmp_path, None, 18_377).of("human_mini_K562") == 18_377
    (tmp_path / "demo_median" / "dataset.h5").write_bytes(b"no HDF5")
    with pytest.raises(InputError, match=r"dataset\.h5"):
        GeneCounts(CONFIG, tmp_path, 500, 18_377).of("demo_median")


def test_former_trials_tell_epochs_and_seconds_where_as_many_genes_train(tmp_path: Path) -> None:
    given = config(a={"architecture": "compact"})
    write_former(tmp_path / "demo_median" / "a", ROWS, train=590)
    [same] = listed(given, tmp_path, genes=1000)
    assert (same.epochs, same.seconds, same.basis) == ((25 + 150) / 2, 30.0, "former trials")
    assert same.to_measure is None
    [more] = listed(given, tmp_path, genes=2000)
    assert (more.epochs, more.seconds, more.basis) == ((25 + 150) / 2, None, "epochs of former trials")
    assert more.to_measure is not None
    [changed] = listed(config(a={"architecture": "manual"}), tmp_path)
    assert changed.basis == "30 epochs assumed"


def test_genes_that_an_experiment_chose_are_known_from_its_former_trials(tmp_path: Path) -> None:
    given = config(a={"architecture": "compact", "genes": {"orthologs": "demo_sister"}})
    [guessed] = listed(given, tmp_path)
    assert guessed.at_most
    write_former(tmp_path / "demo_median" / "a", ROWS, train=400)
    [known] = listed(given, tmp_path)
    assert (known.genes, known.at_most, known.seconds) == (400, False, 30.0)


def test_a_search_that_was_run_says_what_its_experiments_train(tmp_path: Path) -> None:
    given = {**config(a={"architecture": "demo_search"}), "searches": CONFIG["searches"]}
    before = listed(given, tmp_path)[0]
    assert before.about
    assert before.network is not None
    assert before.network.recipe.epochs == 100
    write_json(
        {"architecture": MANUAL.to_dict()}, tmp_path / "demo" / "searches" / "demo_search" / "best.json"
    )
    after = listed(given, tmp_path)[0]
    assert (after.network, after.about) == (MANUAL, False)


def test_a_record_of_a_search_trains_nothing(tmp_path: Path) -> None:
    given = {**config(a={"architecture": "old"}), "searches": {"old": {"record": "hyperopt_2017"}}}
    experiment, record = listed(given, tmp_path)
    assert experiment.about
    assert experiment.network == PAPER
    assert (record.trainings, record.to_measure) == (0, None)


def test_a_space_is_represented_by_the_paper_s_network_as_far_as_it_goes() -> None:
    free = typical({}, epochs=10)
    assert free.to_dict() | {"training": None} == PAPER.to_dict() | {"training": None}
    assert (free.recipe.epochs, free.recipe.patience, free.recipe.batch_size) == (10, 10, 128)
    limits = {"batch_size": [32, 64], "upstream": [500, 2000], "filters": [16, 64], "units": [4, 8]}
    small = typical({**limits, "convolutions": 1, "dropout": [0.5, 1], "dilation": [2, 4]}, epochs=3)
    assert small.window == Window(2000, 3500)
    assert small.recipe.batch_size == 64
    [convolution] = small.convolutions
    assert (convolution.filters, convolution.dilation, convolution.pool) == (64, 2, 30)
    assert [(layer.units, layer.dropout) for layer in small.dense] == [(8, 0.5), (4, 0.5)]


def test_a_space_in_which_no_network_fits_is_refused_by_its_key(tmp_path: Path) -> None:
    row = CONFIG["searches"]["demo_search"]
    space = {"upstream": [0, 0], "downstream": [500, 500], "pool": [100, 100]}
    given = {**config(a={}), "searches": {"narrow": {**row, "space": space}}}
    with pytest.raises(ConfigError, match="leaves nothing") as caught:
        listed(given, tmp_path)
    assert caught.value.where == "searches.narrow.space"


NETWORK = {
    "batch_size": 32, "upstream": 500, "downstream": 500, "filters_1": 16, "width_1": 4, "dilation_1": 1, "pool_1": 10,
    "units_1": 8, "dropout_1": 0.1,
}  # fmt: skip


def test_a_finished_search_says_how_long_its_trainings_took(tmp_path: Path) -> None:
    folder = tmp_path / "demo" / "searches" / "demo_search"
    with TrialStore(folder, FINGERPRINT) as store:
        for number, seconds in enumerate((10.0, 20.0)):
            store.append(record(number, seconds=seconds, parameters=NETWORK))
        store.path.rename(folder / "trials.jsonl")
    search = listed({**config(a={}), "searches": CONFIG["searches"]}, tmp_path)[-1]
    assert (search.seconds, search.basis, search.about) == (15.0, "former trials", False)
