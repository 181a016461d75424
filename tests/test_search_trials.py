"""Finished trials are neither lost nor counted twice, whatever happens to their writers."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from xpresso_core.errors import InputError
from xpresso_core.search_trials import FIELDS, TrialStore, read_store

FINGERPRINT = "0123456789abcdef" * 4


def record(trial: int, **changes: Any) -> dict[str, Any]:
    found = {
        "trial": trial, "fingerprint": FINGERPRINT, "algorithm": "tpe",
        "parameters": {"batch_size": 64, "dropout_1": 0.1 + trial}, "status": "ok", "loss": 1 / (1 + trial),
        "best_epoch": 2, "validation_mse": [1.0, 0.5], "train_mse": [1.1, 0.7], "seconds": 0.5, "seed": 7,
        "reason": None, "device": "cpu", "time": "2020-01-01T00:00:00+00:00",
    }  # fmt: skip
    return {**found, **changes}


FAILED = {"status": "failed", "loss": None, "best_epoch": None, "reason": "diverged"}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[TrialStore]:
    with TrialStore(tmp_path, FINGERPRINT) as store:
        yield store


def child(code: str, folder: Path) -> subprocess.Popen[str]:
    """Start a process that works on the store in `folder` and says what happens."""
    start = f"""
import itertools, os, resource, signal, sys, time
from pathlib import Path
sys.path.insert(0, {str(Path(__file__).parent)!r})
from test_search_trials import FINGERPRINT, record
from xpresso_core.search_trials import TrialStore
store = TrialStore(Path({str(folder)!r}), FINGERPRINT)
print("ready", flush=True)
"""
    run = subprocess.Popen([sys.executable, "-c", start + code], stdout=subprocess.PIPE, text=True)
    assert run.stdout is not None
    assert run.stdout.readline() == "ready\n"
    return run


def kill(run: subprocess.Popen[str]) -> None:
    run.kill()
    run.communicate()


def test_what_was_added_is_read_in_order_of_the_trials(store: TrialStore) -> None:
    records = [record(2), record(0), record(1, **FAILED)]
    for line in records:
        store.append(line)
    assert list(store.finished()) == [0, 1, 2]
    assert store.finished() == read_store(store.path) == {line["trial"]: line for line in records}
    lines = store.path.read_text().splitlines()
    assert [json.loads(line)["trial"] for line in lines] == [2, 0, 1]
    assert all(tuple(json.loads(line)) == FIELDS for line in lines)
    assert store.path.name == "0123456789ab.jsonl"


def test_other_searches_in_the_folder_are_left_alone(store: TrialStore, tmp_path: Path) -> None:
    store.append(record(0))
    with TrialStore(tmp_path, "f" * 64) as other:
        assert other.finished() == {}
        other.append(record(0, fingerprint="f" * 64))
        with pytest.raises(ValueError, match="another fingerprint"):
            other.append(record(1))
    assert list(store.finished()) == [0]


def test_a_trial_is_claimed_by_one_process_until_that_is_killed(store: TrialStore, tmp_path: Path) -> None:
    run = child("print(store.claim(0), store.claim(3), flush=True); time.sleep(60)", tmp_path)
    assert run.stdout is not None
    assert run.stdout.readline() == "True True\n"
    assert [store.claim(trial) for trial in range(4)] == [False, True, True, False]
    with pytest.raises(InputError, match="trial 3 was run by two processes"):
        store.append(record(3))
    kill(run)
    assert store.claim(0)
    assert store.claim(3)


def test_a_finished_trial_is_not_claimed_nor_added_again(store: TrialStore) -> None:
    assert store.claim(0)
    store.append(record(0))
    assert not store.claim(0)
    with pytest.raises(InputError, match="trial 0 was run by two processes at once.*POSIX locks"):
        store.append(record(0, loss=0.1))
    assert store.finished() == {0: record(0)}


def test_adding_a_trial_gives_up_its_claim_and_no_other(store: TrialStore, tmp_path: Path) -> None:
    for trial in (0, 1):
        assert store.claim(trial)
    store.append(record(0))
    run = child("print([store._try(trial) for trial in (0, 1)], flush=True)", tmp_path)
    assert run.communicate()[0] == "[True, False]\n"


def test_processes_at_once_finish_each_trial_once(store: TrialStore, tmp_path: Path) -> None:
    code = """
for trial in range(40):
    if store.claim(trial):
        store.append(record(trial, device=str(os.getpid())))
"""
    runs = [child(code, tmp_path) for _ in range(3)]
    assert [run.wait(300) for run in runs] == [0, 0, 0]
    assert list(store.finished()) == list(range(40))
    assert len(store.path.read_bytes().splitlines()) == 40
    for run in runs:
        run.communicate()


def test_the_next_trial_is_the_first_free_one_whose_history_is_complete(
    store: TrialStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert store.next_trial(4, workers=2) == (0, {})
    store.append(record(0))
    run = child("store.claim(1); print(store.next_trial(4, 2)[0], flush=True); signal.pause()", tmp_path)
    assert run.stdout is not None
    assert run.stdout.readline() == "1\n"
    assert store.next_trial(4, workers=2) == (2, {0: record(0)})
    store.append(record(2))
    assert store.next_trial(2, workers=2) is None
    waits = []

    def wait(seconds: float) -> None:
        waits.append(seconds)
        kill(run)

    monkeypatch.setattr(time, "sleep", wait)
    # Trial 3 needs trial 1, whose process is killed while this one waits.
    assert store.next_trial(4, workers=2) == (1, {0: record(0), 2: record(2)})
    assert waits == [0.5]
    store.append(record(1))
    store.append(record(3))
    assert store.next_trial(4, workers=2) is None


def test_writers_killed_at_any_moment_lose_no_finished_trial(store: TrialStore, tmp_path: Path) -> None:
    code = """
for trial in itertools.count():
    if store.claim(trial):
        store.append(record(trial, validation_mse=[0.5] * 5000))
        print(trial, flush=True)
"""
    said: list[int] = []
    for delay in (0.01, 0.05, 0.3):
        run = child(code, tmp_path)
        time.sleep(delay)
        run.kill()
        said += [int(line) for line in run.communicate()[0].split("\n")[:-1]]
        assert set(said) <= set(store.finished())
    store.append(record(10**6))
    assert said
    assert set(said) < set(read_store(store.path))


@pytest.mark.parametrize("length", [1, 40, -1])
def test_a_torn_last_line_is_no_trial_and_goes_with_the_next_one(store: TrialStore, length: int) -> None:
    store.append(record(0))
    whole = store.path.read_bytes()
    torn = json.dumps(record(1)).encode()[:length]
    store.path.write_bytes(whole + torn)
    assert store.finished() == {0: record(0)}
    assert store.claim(1)
    store.append(record(1, loss=0.25))
    assert store.finished() == {0: record(0), 1: record(1, loss=0.25)}
    assert store.path.read_bytes().startswith(whole)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ('{"trial": 1, "finger', "Unterminated string"),
        ("", "Expecting value"),
        ("\0" * 30, "Expecting value"),
        ("[1]", "it is no record of a trial"),
        (json.dumps({**record(1), "fingerprint": "f" * 64}), "another fingerprint"),
        (json.dumps({**record(1), "loss": None}), "status 'ok', loss None and reason None contradict"),
        (json.dumps({**record(1), "loss": float("nan")}), "loss nan"),
        (json.dumps({**record(1), **FAILED, "loss": 1.0}), "status 'failed', loss 1.0"),
        (json.dumps({**record(1), **FAILED, "reason": ""}), "reason ''"),
        (json.dumps({**record(1), "trial": -1}), "-1 is no number of a trial"),
        (json.dumps({key: value for key, value in record(1).items() if key != "seed"}), "it lacks seed"),
        (json.dumps(record(0)), "trial 0 occurs twice"),
    ],
)
def test_a_damaged_line_is_named_and_nothing_is_added(store: TrialStore, line: str, why: str) -> None:
    store.append(record(0))
    with store.path.open("a") as file:
        file.write(f"{line}\n{json.dumps(record(2))}\n")
    before = store.path.read_bytes()
    with pytest.raises(InputError, match=f"line 2 is damaged .*{why}") as caught:
        store.finished()
    assert str(store.path) in str(caught.value)
    assert "Delete this line, for example with sed -i 2d" in str(caught.value)
    with pytest.raises(InputError, match="line 2"):
        store.append(record(3))
    assert store.path.read_bytes() == before
    subprocess.run(["sed", "-i", "2d", str(store.path)], check=True)
    assert list(store.finished()) == [0, 2]


def test_a_line_that_is_being_replaced_while_read_is_read_again(
    store: TrialStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.append(record(0))
    good, reads = store.path.read_bytes(), []

    def read(path: Path) -> bytes:
        reads.append(path)
        return good + b'{"tri' + good if len(reads) == 1 else good

    monkeypatch.setattr(Path, "read_bytes", read)
    assert store.finished() == {0: record(0)}
    assert len(reads) == 2


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"loss": float("nan")}, "not JSON compliant"),
        ({"loss": None}, "contradict"),
        ({"status": "new"}, "contradict"),
        ({**FAILED, "loss": 1.0}, "contradict"),
        ({**FAILED, "reason": None}, "contradict"),
    ],
)
def test_a_record_without_meaning_is_not_added(store: TrialStore, changes: dict[str, Any], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        store.append(record(0, **changes))
    assert store.path.read_bytes() == b""


def test_a_write_that_the_system_refuses_leaves_the_file_as_it_was(store: TrialStore, tmp_path: Path) -> None:
    store.append(record(0))
    before = store.path.read_bytes()
    code = f"""
size = {len(before)} + 100
resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
try:
    store.append(record(1))
except OSError as error:
    print(error.errno, error.filename)
"""
    run = child(code, tmp_path)
    assert run.communicate()[0] == f"{errno.EFBIG} {store.path}\n"
    assert store.path.read_bytes() == before
    store.append(record(1))
    assert list(store.finished()) == [0, 1]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Give a file system of 64 KB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=64k", "none", str(folder)]
    try:
        subprocess.run(command, check=True, capture_output=True)
    except (subprocess.CalledProcessError, FileNotFoundError) as error:
        pytest.skip(f"no file system can be mounted here ({error})")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_leaves_the_file_as_it_was(small_disk: Path) -> None:
    with TrialStore(small_disk, FINGERPRINT) as store:
        store.append(record(0))
        before = store.path.read_bytes()
        with pytest.raises(OSError, match="No space left on device") as caught:
            store.append(record(1, validation_mse=[0.5] * 20_000))
        assert caught.value.errno == errno.ENOSPC
        assert store.path.read_bytes() == before
        with pytest.raises(OSError, match="No space left on device"):
            store.save_reference(record(0, validation_mse=[0.5] * 20_000))
        assert store.reference() is None
        store.append(record(1))
        assert list(store.finished()) == [0, 1]
    assert sorted(path.suffix for path in small_disk.iterdir()) == [".jsonl", ".lock"]


@pytest.mark.parametrize("code", [errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS])
def test_a_file_system_without_locks_is_an_error(
    store: TrialStore, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(fcntl, "lockf", refuse)
    for act in (lambda: store.claim(0), lambda: store.append(record(0)), store.claim_reference):
        with pytest.raises(InputError, match="has no POSIX locks.*local disk"):
            act()
    assert store.path.read_bytes() == b""


def test_other_errors_of_the_lock_are_passed_on(store: TrialStore, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(errno.EIO, "broken")

    monkeypatch.setattr(fcntl, "lockf", fail)
    with pytest.raises(OSError, match=r"broken.*\.lock"):
        store.claim(0)


def test_a_process_opens_a_store_once(store: TrialStore, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is open already"):
        TrialStore(tmp_path, FINGERPRINT)
    assert store.claim(0)
    store.close()
    store.close()
    with TrialStore(tmp_path, FINGERPRINT) as again:
        assert again.claim(0)


def test_the_reference_is_claimed_by_one_and_written_whole(store: TrialStore, tmp_path: Path) -> None:
    run = child("print(store.claim_reference(), flush=True); signal.pause()", tmp_path)
    assert run.stdout is not None
    assert run.stdout.readline() == "True\n"
    assert not store.claim_reference()
    assert store.reference() is None
    os.kill(run.pid, signal.SIGKILL)
    run.communicate()
    assert store.claim_reference()
    store.save_reference(record(0, **FAILED))
    assert store.reference() == record(0, **FAILED)
    assert not store.claim_reference()


@pytest.mark.parametrize("text", ['{"loss": ', "[]", json.dumps({**record(0), "loss": None})])
def test_a_damaged_reference_says_what_to_delete(store: TrialStore, text: str) -> None:
    store.reference_path.write_text(text)
    with pytest.raises(InputError, match=r"manual\.json: is damaged .*Delete it"):
        store.claim_reference()
