"""A search finds the same, however it is interrupted or shared, and says what failed."""

from __future__ import annotations

import dataclasses
import errno
import inspect
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from toy import toy_dataset

from xpresso_core import search, search_trials
from xpresso_core.architecture import MANUAL, Architecture, Recipe
from xpresso_core.batches import Arrays
from xpresso_core.dataset import Dataset
from xpresso_core.errors import ConfigError, InputError, TrainingError
from xpresso_core.files import read_json
from xpresso_core.genome import Window
from xpresso_core.search import SearchPlan, gather, run_worker, suggest
from xpresso_core.search_space import Parameters, to_architecture
from xpresso_core.search_trials import read_store
from xpresso_core.splits import make_folds
from xpresso_core.trial import Fitted

LIMITS: dict[str, Any] = {
    "batch_size": [32, 32], "upstream": [0, 500], "downstream": [0, 500], "filters": [16, 16], "width": [1, 4],
    "dilation": [1, 2], "units": [2, 8], "convolutions": 2, "dense": 1,
}  # fmt: skip
PLAN: dict[str, Any] = {
    "inputs": ["promoter", "halflife"],
    "split": {"kind": "holdout", "validation": 40, "test": 40},
    "algorithm": "anneal",
    "trials": 6,
    "workers": 1,
    "epochs": 2,
    "protocol": "strict",
    "space": LIMITS,
    "seed": 3,
}
Record = dict[str, Any]


def toy(window: Window) -> Dataset:
    """Return a toy whose promoters have another length."""
    dataset = toy_dataset()
    codes = np.random.default_rng(0).integers(0, 4, (len(dataset), window.length), dtype=np.uint8)
    return dataclasses.replace(dataset, codes=codes, window=window)


@pytest.fixture(scope="module", autouse=True)
def _unchanged_code() -> Iterator[None]:
    """Keep the fingerprint, in this process and the others, while somebody edits the package."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(search, "code_hash", lambda *_: "code")
        yield


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a dataset that the manual architecture does not fit."""
    path = tmp_path_factory.mktemp("data") / "dataset.h5"
    toy(Window(500, 500)).save(path)
    return path


def records(folder: Path) -> list[Record]:
    """Return the trials of the one search in a folder."""
    [file] = folder.glob("*.jsonl")
    return list(read_store(file).values())


def outcomes(folder: Path) -> list[Record]:
    """Return what must be the same in all runs of a search."""
    varying = ("seconds", "time", "device")
    return [{key: value for key, value in row.items() if key not in varying} for row in records(folder)]


def close(found: list[Record], expected: list[Record]) -> bool:
    """Say whether records agree, numbers from the training to what a sum in another order may change."""
    numbers = ("loss", "validation_mse", "train_mse")
    plain = [[{**row, **dict.fromkeys(numbers)} for row in rows] for rows in (found, expected)]
    same = [
        row[name] == (other[name] if other[name] is None else pytest.approx(other[name], rel=1e-4))
        for row, other in zip(found, expected, strict=True)
        for name in numbers
    ]
    return plain[0] == plain[1] and all(same)


# Real trainings -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def undisturbed(path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder of a search that one worker ran in one go."""
    folder = tmp_path_factory.mktemp("undisturbed")
    assert run_worker(path, PLAN, folder=folder, device="cpu (test)") == 6
    return folder


def worker(path: Path, folder: Path, plan: Record, setup: str = "") -> subprocess.Popen[bytes]:
    code = f"""
import sys
from pathlib import Path
from xpresso_core import search, search_trials
search.code_hash = lambda *_: "code"
{setup}
search.run_worker(Path({str(path)!r}), {plan!r}, folder=Path({str(folder)!r}), device=f"cpu (test)")
"""
    return subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.DEVNULL)


def lines(folder: Path) -> int:
    return sum(file.read_bytes().count(b"\n") for file in folder.glob("*.jsonl"))


def wait_for_lines(folder: Path, number: int) -> None:
    deadline = time.monotonic() + 300
    while lines(folder) < number and time.monotonic() < deadline:
        time.sleep(0.01)


def test_a_search_trains_its_trials_and_chooses_the_best(
    undisturbed: Path, path: Path, tmp_path: Path
) -> None:
    trials = records(undisturbed)
    assert [row["trial"] for row in trials] == list(range(6))
    assert {row["status"] for row in trials} == {"ok", "failed"}
    for row in trials:
        assert row["algorithm"] == "anneal"
        assert row["device"] == "cpu (test)"
        if row["status"] == "ok":
            assert row["loss"] == min(row["validation_mse"]) == row["validation_mse"][row["best_epoch"] - 1]
            assert len(row["train_mse"]) == len(row["validation_mse"]) == 2
        else:
            assert row["loss"] is None
            assert row["reason"].startswith(("architecture: the window holds no base", "convolution"))
    gather(path, PLAN, folder=undisturbed, trials_path=tmp_path / "t.jsonl", best_path=tmp_path / "b.json")
    assert [json.loads(line) for line in (tmp_path / "t.jsonl").read_text().splitlines()] == trials
    best = read_json(tmp_path / "b.json")
    ok = [row for row in trials if row["status"] == "ok"]
    expected = min(ok, key=lambda row: row["loss"])
    assert {name: best[name] for name in ("trial", "loss", "parameters")} == {
        name: expected[name] for name in ("trial", "loss", "parameters")
    }
    assert (best["ok"], best["failed"]) == (len(ok), 6 - len(ok))
    found = Architecture.from_dict(best["architecture"])
    assert found.recipe == Recipe(batch_size=32, epochs=100, patience=7)
    assert dataclasses.replace(found, recipe=Recipe(batch_size=32, epochs=2, patience=2)) == to_architecture(
        expected["parameters"], 2
    )
    assert best["manual"]["status"] == "failed"
    assert "reach from -500 to +500, but -1500 to +1500 is needed" in best["manual"]["reason"]


def test_a_search_killed_in_the_middle_goes_on_as_if_nothing_had_been(
    undisturbed: Path, path: Path, tmp_path: Path
) -> None:
    run = worker(path, tmp_path, PLAN)
    wait_for_lines(tmp_path, 2)
    run.kill()
    run.wait()
    before = records(tmp_path)
    assert 2 <= len(before) < 6
    [file] = tmp_path.glob("*.jsonl")
    with file.open("a") as torn:
        torn.write('{"trial": 2, "finger')
    assert run_worker(path, PLAN, folder=tmp_path, device="cpu (test)") == 6 - len(before)
    assert records(tmp_path)[: len(before)] == before
    assert close(outcomes(tmp_path), outcomes(undisturbed))
    assert run_worker(path, PLAN, folder=tmp_path, device="cpu (test)") == 0


def test_two_workers_at_once_find_what_one_finds(path: Path, tmp_path: Path) -> None:
    plan = {**PLAN, "workers": 2, "trials": 8}
    shared, alone = tmp_path / "shared", tmp_path / "alone"
    runs = [worker(path, shared, plan) for _ in range(2)]
    assert run_worker(path, plan, folder=alone, device="cpu (test)") == 8
    assert [run.wait(300) for run in runs] == [0, 0]
    assert lines(shared) == 8
    assert close(outcomes(shared), outcomes(alone))


# Trainings that only pretend --------------------------------------------------------------------------------


def pretended(
    train: Arrays, validation: Arrays, architecture: Architecture, inputs: Any, *, seed: int, **_: Any
) -> Fitted:
    """Return an error that falls with the first width, and depends on the seed a little."""
    loss = 1 / architecture.convolutions[0].width + seed / 2**40
    return Fitted(None, "live", 1, loss, [loss] * 2, [loss, loss + 1], 0.1)


class Calls:
    """Counts the trainings and hands them on."""

    def __init__(self) -> None:
        self.calls: list[dict[str, Any]] = []
        self.outcome: Any = pretended

    def __call__(self, *arguments: Any, **named: Any) -> Fitted:
        given = inspect.signature(pretended).bind(*arguments, **named).arguments
        self.calls.append({name: value for name, value in given.items() if name != "_"})
        return self.outcome(*arguments, **named)


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Iterator[Calls]:
    calls = Calls()
    monkeypatch.setattr(search, "fit", calls)
    monkeypatch.setattr(search_trials, "POLL_SECONDS", 0.01)
    return calls


FITTING = {**PLAN, "space": {**LIMITS, "upstream": [500, 500], "pool": [5, 20]}, "trials": 5}
"""Its networks all fit the window."""


def test_each_trial_knows_exactly_the_trials_that_the_number_of_workers_allows(
    path: Path, tmp_path: Path, calls: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: dict[int, list[int]] = {}

    def spy(history: Any, number: int, plan: SearchPlan) -> Parameters:
        seen[number] = [row["trial"] for row in history]
        return suggest(history, number, plan)

    monkeypatch.setattr(search, "suggest", spy)
    run_worker(path, {**FITTING, "workers": 3}, folder=tmp_path, device="cpu")
    assert seen == {0: [], 1: [], 2: [], 3: [0], 4: [0, 1]}


def test_workers_that_wait_for_each_other_find_what_one_finds(
    path: Path, tmp_path: Path, calls: Calls
) -> None:
    setup = f"""
import time
sys.path.insert(0, {str(Path(__file__).parent)!r})
from test_search import pretended
def slow(*arguments, **keywords):
    time.sleep(0.03)
    return pretended(*arguments, **keywords)
search.fit = slow
search_trials.POLL_SECONDS = 0.01
"""
    # One worker's worth of suggestions for two: each trial waits. More trials than TPE draws at random.
    plan = {**FITTING, "algorithm": "tpe", "trials": 26, "workers": 1}
    shared, alone = tmp_path / "shared", tmp_path / "alone"
    runs = [worker(path, shared, plan, setup) for _ in range(2)]
    wait_for_lines(shared, 3)
    runs[0].kill()
    assert [run.wait(300) for run in runs][1] == 0
    run_worker(path, plan, folder=shared, device="cpu (test)")
    run_worker(path, plan, folder=alone, device="cpu (test)")
    assert outcomes(shared) == outcomes(alone)
    assert lines(shared) == 26


def test_a_claimed_trial_is_left_to_its_worker(path: Path, tmp_path: Path, calls: Calls) -> None:
    plan = {**FITTING, "trials": 2, "workers": 2}
    run_worker(path, {**plan, "trials": 1}, folder=tmp_path, device="cpu")
    [file] = tmp_path.glob("*.jsonl")
    code = f"""
import time
from pathlib import Path
from xpresso_core.search_trials import TrialStore
store = TrialStore(Path({str(tmp_path)!r}), {records(tmp_path)[0]["fingerprint"]!r})
assert store.claim(1)
print("claimed", flush=True)
time.sleep(60)
"""
    other = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    assert other.stdout is not None
    assert other.stdout.readline() == b"claimed\n"
    assert run_worker(path, plan, folder=tmp_path, device="cpu") == 0
    with pytest.raises(InputError, match="1 of 2 trials and 1 reference are missing: 1"):
        gather(path, plan, folder=tmp_path, trials_path=tmp_path / "t", best_path=tmp_path / "b")
    other.kill()
    other.communicate()
    assert run_worker(path, plan, folder=tmp_path, device="cpu") == 1


def test_networks_see_their_window_of_the_hold_out_and_train_to_the_end(
    path: Path, tmp_path: Path, calls: Calls
) -> None:
    run_worker(path, FITTING, folder=tmp_path, device="cpu")
    dataset = Dataset.open(path)
    fold = make_folds("holdout", dataset.chrom, seed=3, validation=40, test=40)[0]
    assert len(calls.calls) == 5
    for call, row in zip(calls.calls, records(tmp_path), strict=True):
        assert call["seed"] == row["seed"]
        assert call["architecture"] == to_architecture(row["parameters"], 2)
        assert call["architecture"].recipe == Recipe(batch_size=32, epochs=2, patience=2)
        window = call["architecture"].window
        expected = dataset.codes[:, 500 - window.upstream : 500 + window.downstream]
        np.testing.assert_array_equal(call["train"].codes[call["train"].rows], expected[fold.train])
        np.testing.assert_array_equal(call["validation"].rows, fold.validation)
    assert len({row["seed"] for row in records(tmp_path)}) == 5


def test_shuffled_controls_are_searched_with_shuffled_promoters(
    path: Path, tmp_path: Path, calls: Calls
) -> None:
    plan = {**FITTING, "inputs": ["mono_shuffled"], "trials": 1}
    run_worker(
        path, {**plan, "space": {**plan["space"], "downstream": [500, 500]}}, folder=tmp_path, device="cpu"
    )
    codes, original = calls.calls[0]["train"].codes, Dataset.open(path).codes
    assert calls.calls[0]["inputs"] == ("promoter",)
    assert (codes != original).any()
    np.testing.assert_array_equal(np.sort(codes, axis=1), np.sort(original, axis=1))


def test_without_promoter_no_window_is_too_small(path: Path, tmp_path: Path, calls: Calls) -> None:
    limits = {**LIMITS, "upstream": [0, 0], "downstream": [0, 0]}
    run_worker(path, {**PLAN, "inputs": ["halflife"], "space": limits}, folder=tmp_path, device="cpu")
    assert {row["status"] for row in records(tmp_path)} == {"ok"}


class ResourceExhaustedError(Exception):
    """Named as what TensorFlow raises."""


@pytest.mark.parametrize("error", [MemoryError(), ResourceExhaustedError("OOM when allocating tensor")])
def test_a_trial_that_runs_out_of_memory_has_failed(
    path: Path, tmp_path: Path, calls: Calls, error: Exception
) -> None:
    def exhaust(*arguments: Any, **keywords: Any) -> Fitted:
        if len(calls.calls) == 2:
            raise error
        return pretended(*arguments, **keywords)

    calls.outcome = exhaust
    run_worker(path, FITTING, folder=tmp_path, device="cpu")
    rows = records(tmp_path)
    assert [row["status"] for row in rows] == ["ok", "failed", "ok", "ok", "ok"]
    assert rows[1]["reason"] == "out of memory"
    assert rows[1]["loss"] is None


def test_a_trial_that_diverges_has_failed_and_a_collapsed_one_has_not(
    path: Path, tmp_path: Path, calls: Calls
) -> None:
    def end(*arguments: Any, **keywords: Any) -> Fitted:
        fitted = pretended(*arguments, **keywords)
        return fitted._replace(status=("diverged", "collapsed", "live")[len(calls.calls) % 3])

    calls.outcome = end
    run_worker(path, FITTING, folder=tmp_path, device="cpu")
    rows = records(tmp_path)
    assert [row["status"] for row in rows] == ["ok", "ok", "failed", "ok", "ok"]
    assert rows[2]["reason"] == "diverged"
    assert rows[2]["loss"] is None
    assert len(rows[2]["validation_mse"]) == 2


def test_any_other_error_stops_the_worker_and_counts_for_nothing(
    path: Path, tmp_path: Path, calls: Calls
) -> None:
    def fail(*arguments: Any, **keywords: Any) -> Fitted:
        if len(calls.calls) == 3:
            raise ZeroDivisionError
        return pretended(*arguments, **keywords)

    calls.outcome = fail
    with pytest.raises(ZeroDivisionError):
        run_worker(path, FITTING, folder=tmp_path, device="cpu")
    assert len(records(tmp_path)) == 2
    assert run_worker(path, FITTING, folder=tmp_path, device="cpu") == 3


def test_a_full_disk_stops_the_worker_and_the_next_one_goes_on(
    path: Path, tmp_path: Path, calls: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = tmp_path / "alone"
    run_worker(path, FITTING, folder=alone, device="cpu")
    folder, write = tmp_path / "full", os.write

    def full(file: int, data: Any) -> int:
        if lines(folder) == 2:
            write(file, data[:10])
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(file, data)

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", full)
        with pytest.raises(OSError, match="No space left on device"):
            run_worker(path, FITTING, folder=folder, device="cpu")
    assert lines(folder) == 2
    assert run_worker(path, FITTING, folder=folder, device="cpu") == 3
    assert outcomes(folder) == outcomes(alone)


def test_a_damaged_line_stops_the_search_and_once_deleted_its_trial_is_run_again(
    path: Path, tmp_path: Path, calls: Calls
) -> None:
    run_worker(path, FITTING, folder=tmp_path, device="cpu")
    before = outcomes(tmp_path)
    [file] = tmp_path.glob("*.jsonl")
    text = file.read_text().splitlines()
    file.write_text("\n".join([text[0], text[1][:30], *text[2:], ""]))
    with pytest.raises(InputError, match="line 2 is damaged"):
        run_worker(path, FITTING, folder=tmp_path, device="cpu")
    file.write_text("\n".join([text[0], *text[2:], ""]))
    assert run_worker(path, FITTING, folder=tmp_path, device="cpu") == 1
    assert outcomes(tmp_path) == before


def test_more_trials_continue_a_search_and_other_settings_begin_one(
    path: Path, tmp_path: Path, calls: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = tmp_path / "alone"
    run_worker(path, {**FITTING, "trials": 7}, folder=alone, device="cpu")
    folder = tmp_path / "extended"
    run_worker(path, FITTING, folder=folder, device="cpu")
    assert run_worker(path, {**FITTING, "trials": 7}, folder=folder, device="cpu") == 2
    assert outcomes(folder) == outcomes(alone)
    others = [{"seed": 4}, {"workers": 2}, {"algorithm": "tpe"}, {"epochs": 3}, {"protocol": "paper"}]
    others += [{"inputs": ["promoter"]}, {"split": {**PLAN["split"], "test": 30}}, {"space": LIMITS}]
    for number, other in enumerate(others, start=2):
        run_worker(path, {**FITTING, "trials": 1, **other}, folder=folder, device="cpu")
        assert len(list(folder.glob("*.jsonl"))) == number
    changed = tmp_path / "changed.h5"
    dataset = Dataset.open(path)
    dataclasses.replace(dataset, expression=dataset.expression[::-1]).save(changed)
    run_worker(changed, {**FITTING, "trials": 1}, folder=folder, device="cpu")
    monkeypatch.setattr(search, "code_hash", lambda *modules: f"edited {modules}")
    run_worker(path, {**FITTING, "trials": 1}, folder=folder, device="cpu")
    assert len(list(folder.glob("*.jsonl"))) == len(others) + 3


def test_the_manual_architecture_is_trained_once_on_the_same_genes(tmp_path: Path, calls: Calls) -> None:
    path, folder = tmp_path / "wide.h5", tmp_path / "search"
    dataset = toy(Window(2000, 2000))
    dataset.save(path)
    run_worker(path, FITTING, folder=folder, device="cpu (test)")
    manual = calls.calls[0]
    assert manual["architecture"] == dataclasses.replace(
        MANUAL, recipe=Recipe(batch_size=64, epochs=2, patience=2)
    )
    np.testing.assert_array_equal(manual["train"].codes, dataset.codes[:, 500:3500])
    np.testing.assert_array_equal(manual["train"].rows, calls.calls[1]["train"].rows)
    run_worker(path, {**FITTING, "trials": 6}, folder=folder, device="cpu")
    assert sum(call["architecture"].window == MANUAL.window for call in calls.calls) == 1
    gather(path, FITTING, folder=folder, trials_path=tmp_path / "t.jsonl", best_path=tmp_path / "b.json")
    best = read_json(tmp_path / "b.json")
    assert best["manual"]["status"] == "ok"
    assert best["manual"]["loss"] == min(best["manual"]["validation_mse"])
    assert best["manual"]["seed"] == manual["seed"]
    assert best["manual"]["device"] == "cpu (test)"
    assert Architecture.from_dict(best["manual"]["architecture"]) == manual["architecture"]
    assert len((tmp_path / "t.jsonl").read_text().splitlines()) == 5


def test_an_incomplete_search_is_not_gathered(path: Path, tmp_path: Path, calls: Calls) -> None:
    run_worker(path, FITTING, folder=tmp_path / "kept", device="cpu")
    files = {"trials_path": tmp_path / "t.jsonl", "best_path": tmp_path / "b.json"}
    with pytest.raises(InputError, match=r"15 of 20 trials .*: 5, 6, .*, \.\.\..*Run the workers"):
        gather(path, {**FITTING, "trials": 20}, folder=tmp_path / "kept", **files)
    [manual] = (tmp_path / "kept").glob("*.manual.json")
    manual.unlink()
    with pytest.raises(InputError, match="the manual reference"):
        gather(path, FITTING, folder=tmp_path / "kept", **files)
    assert not any(file.exists() for file in files.values())


def test_a_search_without_a_success_says_why(path: Path, tmp_path: Path, calls: Calls) -> None:
    plan = {**PLAN, "space": {**LIMITS, "upstream": [0, 0], "downstream": [0, 0]}}
    run_worker(path, plan, folder=tmp_path, device="cpu")
    assert calls.calls == []
    with pytest.raises(
        TrainingError, match="all 6 trials failed .6 x architecture: the window holds no base"
    ):
        gather(path, plan, folder=tmp_path, trials_path=tmp_path / "t", best_path=tmp_path / "b")


def test_a_space_wider_than_the_dataset_is_refused(path: Path, tmp_path: Path) -> None:
    plan = {**PLAN, "space": {**LIMITS, "upstream": [0, 1000]}}
    with pytest.raises(ConfigError, match="reach from -500 to .500, but -1000"):
        run_worker(path, plan, folder=tmp_path, device="cpu")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"algorithm": "grid"}, "algorithm is 'grid'.*tpe, anneal or random"),
        ({"trials": 0}, "trials is 0"),
        ({"workers": 0}, "workers is 0"),
        ({"epochs": 0}, "epochs is 0"),
        ({"split": {"kind": "folds", "folds": 3}}, "split is .*holdout"),
        ({"space": {"pool": [3, 5]}}, "pool"),
    ],
)
def test_a_plan_without_sense_is_refused(change: Record, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        SearchPlan.from_dict({**PLAN, **change})


# Suggestions ------------------------------------------------------------------------------------------------


def made_up(plan: SearchPlan, number: int, good: int = 0) -> list[Record]:
    """Return a history of random networks whose error is low where they read much upstream."""
    random = dataclasses.replace(plan, algorithm="random", seed=100)
    found = []
    for trial in range(number):
        parameters = suggest([], trial, random)
        loss = 1 - parameters["upstream"] / 10_000 if not good else parameters["upstream"] / 10_000
        failed = {"status": "failed", "loss": None} if trial % 7 == 6 else {"status": "ok", "loss": loss}
        found.append({"trial": trial, "parameters": parameters, **failed})
    return found


def full(algorithm: Any, seed: int = 1) -> SearchPlan:
    return SearchPlan.from_dict({**PLAN, "algorithm": algorithm, "space": {}, "seed": seed})


@pytest.mark.parametrize("algorithm", ["tpe", "anneal", "random"])
def test_a_suggestion_depends_on_seed_and_number_and_only_on_what_it_may(algorithm: str) -> None:
    plan = full(algorithm)
    history = made_up(plan, 30)
    first = suggest(history, 30, plan)
    assert suggest(json.loads(json.dumps(history)), 30, plan) == first
    assert suggest(history, 30, full(algorithm, seed=2)) != first
    assert suggest(history, 31, plan) != first
    opposite = suggest(made_up(plan, 30, good=1), 30, plan)
    assert (opposite == first) == (algorithm == "random")


@pytest.mark.parametrize("algorithm", ["tpe", "anneal"])
def test_what_was_good_is_tried_more(algorithm: str) -> None:
    plan = full(algorithm)
    means = []
    for good in (0, 1):
        history = made_up(plan, 40, good)
        means.append(np.mean([suggest(history, number, plan)["upstream"] for number in range(40, 60)]))
    assert means[0] > 6000
    assert means[1] < 4000


def test_a_failed_trial_teaches_the_algorithm() -> None:
    plan = full("tpe")
    history = made_up(plan, 40)
    best = min((row for row in history if row["status"] == "ok"), key=lambda row: row["loss"])
    spoilt = [{**row, "status": "failed", "loss": None} if row is best else row for row in history]
    suggestions = [[suggest(rows, number, plan) for number in range(40, 45)] for rows in (history, spoilt)]
    assert suggestions[0] != suggestions[1]


@pytest.mark.parametrize("algorithm", ["tpe", "anneal", "random"])
def test_suggestions_stay_within_the_limits(algorithm: str) -> None:
    plan = SearchPlan.from_dict({**FITTING, "algorithm": algorithm})
    history: list[Record] = []
    for number in range(40):
        parameters = suggest(history, number, plan)
        assert parameters["batch_size"] == 32
        assert parameters["upstream"] == 500
        assert parameters["downstream"] in {0, 500}
        assert parameters["width_1"] in range(1, 5)
        assert parameters["pool_1"] in {5, 10, 15, 20}
        assert parameters["units_1"] in {2, 4, 8}
        assert {"width_3", "units_2"}.isdisjoint(parameters)
        json.dumps(parameters)
        outcome = {"status": "failed", "loss": None} if number % 3 else {"status": "ok", "loss": number / 10}
        history.append({"trial": number, "parameters": parameters, **outcome})
