"""Parts of a training add up, are told apart when measured, and former trials are believed only where they fit."""

from __future__ import annotations

import dataclasses
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from toy import ARCHITECTURE

from xpresso_core import batches, estimate, resident, trial
from xpresso_core.architecture import COMPACT, PAPER, Architecture, Input, Recipe
from xpresso_core.errors import ConfigError, DeviceError, InputError
from xpresso_core.estimate import Former, Speed, former_trials, measure, measured_as, seconds_per_training
from xpresso_core.genome import Window

BOTH: tuple[Input, ...] = ("promoter", "halflife")


def test_the_parts_of_a_training_add_up() -> None:
    speed = Speed(start=3.0, epoch=0.5, step=0.2, check=0.1, batch_size=10)
    assert speed.seconds(genes=100, validation=30, epochs=4) == pytest.approx(
        3 + 4 * (0.5 + 10 * 0.2) + 5 * 3 * 0.1
    )
    assert speed.seconds(genes=100, validation=0, epochs=0) == 3.0


EPOCH, STEP, CHECK = 0.5, 0.06, 0.02


def test_batches_of_training_and_of_validation_and_the_rest_are_told_apart(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = [0.0]

    class Slow(batches.Batches):
        """Batches that take a known time each, by a clock that nothing else moves."""

        def __getitem__(self, index: int) -> Any:
            now[0] += CHECK if self.rng is None else STEP
            return super().__getitem__(index)

        def on_epoch_end(self) -> None:
            now[0] += 0 if self.rng is None else EPOCH
            super().on_epoch_end()

    monkeypatch.setattr(batches, "Batches", Slow)
    speed = measure(ARCHITECTURE, BOTH, clock=lambda: now[0])
    assert (speed.epoch, speed.step, speed.check) == pytest.approx((EPOCH, STEP, CHECK))
    assert speed.batch_size == 32
    assert 0 <= speed.start < 10 * EPOCH


def test_the_estimate_holds_for_a_real_training() -> None:
    epochs, genes, validation = 10, 960, 320
    expected = seconds_per_training(
        ARCHITECTURE, BOTH, genes, epochs, validation=validation, clock=time.process_time
    )
    network = dataclasses.replace(
        ARCHITECTURE, recipe=dataclasses.replace(ARCHITECTURE.recipe, epochs=epochs, patience=epochs)
    )
    rng = np.random.default_rng(1)

    def arrays(number: int) -> batches.Arrays:
        return batches.Arrays(
            codes=rng.integers(0, 4, (number, network.needed_window.length), dtype=np.uint8),
            rows=np.arange(number),
            halflife=rng.normal(size=(number, 8)).astype(np.float32),
            label=rng.normal(size=number).astype(np.float32),
            margin=network.recipe.jitter,
        )

    training, validating = arrays(genes), arrays(validation)
    before = time.process_time()
    fitted = trial.fit(training, validating, network, BOTH, seed=1)
    taken = time.process_time() - before
    assert len(fitted.train_mse) == epochs
    assert 0.5 < taken / expected < 2


@pytest.mark.parametrize("inputs", [("promoter",), ("halflife",)])
def test_networks_of_one_input_can_be_measured(
    monkeypatch: pytest.MonkeyPatch, inputs: tuple[Input, ...]
) -> None:
    monkeypatch.setattr(estimate, "LONG_SECONDS", 0.01)
    speed = measure(ARCHITECTURE, inputs, clock=time.process_time)
    assert speed.start > 0
    assert speed.seconds(1000, 100, 5) > speed.start


def test_genes_on_the_device_are_measured_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(estimate, "LONG_SECONDS", 0.01)
    made = []

    def as_on_a_gpu(*arguments: Any, precision: resident.Precision) -> resident.ResidentGenes:
        made.append(resident.ResidentGenes(*arguments, precision=precision))
        return made[-1]

    monkeypatch.setattr(resident, "resident_genes", as_on_a_gpu)
    speed = measure(ARCHITECTURE, BOTH, "mixed_bfloat16", clock=time.process_time)
    assert speed.step > 0
    assert [genes.precision for genes in made] == ["mixed_bfloat16"]


def test_a_precision_that_needs_a_gpu_is_refused_without() -> None:
    if resident.gpu_visible():
        pytest.skip("a GPU is visible")
    with pytest.raises(DeviceError, match="mixed_float16 is for GPUs"):
        measure(ARCHITECTURE, BOTH, "mixed_float16")


def test_a_learning_rate_that_diverges_does_not_end_the_measurement(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(estimate, "LONG_SECONDS", 0.01)
    wild = dataclasses.replace(ARCHITECTURE, recipe=Recipe(learning_rate=1e30, batch_size=8, epochs=1))
    assert measure(wild, BOTH).seconds(80, 8, 10) > 0


def test_a_network_that_does_not_fit_its_window_is_refused() -> None:
    with pytest.raises(ConfigError, match="leaves nothing of"):
        measure(dataclasses.replace(PAPER, window=Window(20, 20)), ("promoter",))


def test_networks_that_take_equally_long_are_measured_once() -> None:
    slower = dataclasses.replace(PAPER.recipe, learning_rate=1e-4, epochs=7, patience=2)
    assert measured_as(dataclasses.replace(PAPER, recipe=slower), BOTH) == measured_as(PAPER, BOTH)
    wide = dataclasses.replace(PAPER, window=Window(9000, 9000))
    assert measured_as(wide, BOTH) != measured_as(PAPER, BOTH)
    assert measured_as(wide, ("halflife",)) == measured_as(PAPER, ("halflife",))
    small = dataclasses.replace(PAPER, recipe=dataclasses.replace(PAPER.recipe, batch_size=32))
    assert measured_as(small, ("halflife",)) != measured_as(PAPER, ("halflife",))


def write_former(folder: Path, rows: str, network: Architecture | None = COMPACT, train: int = 700) -> None:
    from xpresso_core.files import write_json

    folder.mkdir(parents=True, exist_ok=True)
    (folder / "trials.tsv").write_text("fold\ttrial\tstatus\tbest_epoch\tseconds\n" + rows)
    if network is None:
        return
    record = {
        "format": "xpresso-bundle",
        "format_version": 1,
        "members": [{"file": "model_1.keras", "sha256": "0" * 64, "parameters": 1}],
        "window": {},
        "inputs": ["promoter", "halflife"],
        "feature_names": [],
        "scaler": None,
        "unit": "log10(RPKM + 0.1)",
        "metadata": {"architecture": network.to_dict(), "genes": {"train": train}},
    }
    for fold in {row.split("\t")[0] for row in rows.splitlines()}:
        write_json(record, folder / "models" / f"fold_{fold}" / "bundle.json")


ROWS = "1\t1\tlive\t10\t20.0\n1\t2\tdiverged\t1\t1.0\n2\t1\tcollapsed\t145\t40.0\n"


def test_former_trials_took_their_best_epoch_and_the_patience_but_no_more_than_the_recipe(
    tmp_path: Path,
) -> None:
    assert former_trials(tmp_path, COMPACT, BOTH) is None
    write_former(tmp_path, ROWS)
    expected = Former(epochs=(10 + 15 + 150) / 2, seconds=30.0, genes=700.0)
    assert former_trials(tmp_path, COMPACT, BOTH) == expected


def test_former_trials_of_another_network_tell_nothing(tmp_path: Path) -> None:
    write_former(tmp_path, ROWS)
    assert former_trials(tmp_path, PAPER, BOTH) is None
    assert former_trials(tmp_path, COMPACT, ("promoter",)) is None
    write_former(tmp_path / "other", "1\t1\tdiverged\t1\t1.0\n")
    assert former_trials(tmp_path / "other", COMPACT, BOTH) is None


def test_former_trials_without_models_are_believed_and_say_no_number_of_genes(tmp_path: Path) -> None:
    write_former(tmp_path, ROWS, network=None)
    former = former_trials(tmp_path, PAPER, BOTH)
    assert former == Former(epochs=(10 + 7 + 100) / 2, seconds=30.0, genes=None)
    assert former.as_long_as(1)


@pytest.mark.parametrize(("genes", "alike"), [(700, True), (730, True), (660, False), (14_000, False)])
def test_former_trials_are_as_long_as_those_on_about_as_many_genes(genes: float, alike: bool) -> None:
    assert Former(epochs=10, seconds=1, genes=700).as_long_as(genes) is alike


def test_damaged_former_results_are_told(tmp_path: Path) -> None:
    write_former(tmp_path, ROWS)
    (tmp_path / "models" / "fold_2" / "bundle.json").write_text('{"format": "xpre')
    with pytest.raises(InputError, match=r"bundle\.json"):
        former_trials(tmp_path, COMPACT, BOTH)
    (tmp_path / "trials.tsv").write_text("fold\tstatus\tbest_epoch\n1\tlive\t3\n")
    with pytest.raises(InputError, match="lacks the column seconds"):
        former_trials(tmp_path, COMPACT, BOTH)
