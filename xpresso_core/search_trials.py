"""The finished trials of a search, as lines of JSON that many processes on many nodes add to without a loss.

A trial is claimed by locking one byte of a lock file, so the claim of a killed process ends with it.
"""

from __future__ import annotations

import errno
import fcntl
import json
import math
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Self

from xpresso_core.errors import InputError, XpressoError
from xpresso_core.files import read_json, write_json

Record = dict[str, Any]

FIELDS = (
    "trial", "fingerprint", "algorithm", "parameters", "status", "loss", "best_epoch", "validation_mse",
    "train_mse", "seconds", "seed", "reason", "device", "time",
)  # fmt: skip
"""What each line says: the number from 0; what it was trained on and under which plan; the network; ``ok`` or
``failed`` with its ``reason``; the lowest validation MSE (squared z-scores), null where it failed, its epoch
from 1, and both errors by epoch; wall-clock seconds; the seed of the training; the device; when, in UTC."""

REFERENCE = 2**40
"""The byte that claims the training of the reference network; trials have the bytes of their numbers."""
APPENDING = REFERENCE + 1
"""The byte that is locked while a line is added."""
POLL_SECONDS = 0.5
"""How often a worker looks whether the trials that it waits for are finished."""
NO_LOCKS = {errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS}


class TrialStore:
    """The trials of one search: claimed, added and read by any number of processes.

    Parameters
    ----------
    folder
        Where the files are: ``<first 12 digits of the fingerprint>.jsonl``, ``.lock`` and ``.manual.json``.
        Files of other fingerprints are left alone.
    fingerprint
        Of all that a trial depends on, as hexadecimal digits.

    Raises
    ------
    InputError
        If this process has the store open already.

    The locks are POSIX byte-range locks, which local disks, NFS and, mounted with ``flock``, Lustre share
    between nodes. A process loses all of them when it closes any descriptor of the lock file, so there is one
    store per search and process, and forks must not use it.
    """

    _open: ClassVar[set[Path]] = set()

    def __init__(self, folder: Path, fingerprint: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        base = folder.resolve() / fingerprint[:12]
        self.fingerprint = fingerprint
        self.path = base.with_suffix(".jsonl")
        self.reference_path = base.with_suffix(".manual.json")
        self._lock_path = base.with_suffix(".lock")
        if self._lock_path in self._open:
            what = "is open already in this process"
            raise InputError(what, where=str(self.path), remedy="Use one store per search and process")
        os.close(os.open(self.path, os.O_WRONLY | os.O_CREAT, 0o666))
        self._lock = os.open(self._lock_path, os.O_RDWR | os.O_CREAT, 0o666)
        self._open.add(self._lock_path)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give up all claims."""
        if self._lock_path in self._open:
            self._open.remove(self._lock_path)
            os.close(self._lock)

    def finished(self) -> dict[int, Record]:
        """Return the finished trials by number, in order.

        Raises
        ------
        InputError
            If a line is damaged. A last line without its end is none: whoever wrote it was stopped.
        """
        try:
            return read_store(self.path, self.fingerprint)
        except InputError:
            # Perhaps another process replaced the end of the file while it was read: look while none does.
            with self._appending():
                return read_store(self.path, self.fingerprint)

    def claim(self, trial: int) -> bool:
        """Claim a trial that is neither finished nor claimed by another process; say whether that worked.

        Raises
        ------
        InputError
            If the file system has no such locks.
        """
        if not self._try(trial):
            return False
        if trial not in self.finished():
            return True
        self.release(trial)
        return False

    def next_trial(self, trials: int, workers: int) -> tuple[int, dict[int, Record]] | None:
        """Claim the first free trial whose history is complete; wait while there are trials whose is not.

        Parameters
        ----------
        trials
            Of the whole search.
        workers
            The history of trial *i* are the trials 0 to *i - workers*.

        Returns
        -------
        tuple or None
            The claimed trial, and the finished ones. None where others are at work on all that is left.
        """
        while True:
            finished = self.finished()
            left = [trial for trial in range(trials) if trial not in finished]
            ready = [trial for trial in left if trial < left[0] + workers]
            for trial in ready:
                if self.claim(trial):
                    return trial, finished
            if len(ready) == len(left):
                return None
            time.sleep(POLL_SECONDS)

    def claim_reference(self) -> bool:
        """Claim the training of the reference network in the same way."""
        if not self._try(REFERENCE):
            return False
        if self.reference() is None:
            return True
        self.release(REFERENCE)
        return False

    def release(self, trial: int) -> None:
        """Give up the claim of a trial, or of `REFERENCE`."""
        fcntl.lockf(self._lock, fcntl.LOCK_UN, 1, trial)

    def append(self, record: Mapping[str, Any]) -> None:
        """Add a finished trial, whole or not at all, and give up its claim.

        Parameters
        ----------
        record
            Plain types under `FIELDS`.

        Raises
        ------
        OSError
            If the disk is full or fails; the file is then as it was.
        InputError
            If the trial is another process's, or in the file already.
        ValueError
            If the record is not one of this search.
        """
        line = json.dumps({name: record[name] for name in FIELDS}, allow_nan=False)
        trial = _parse(line, self.fingerprint)["trial"]
        with self._appending():
            if not self._try(trial) or trial in read_store(self.path, self.fingerprint):
                what = f"trial {trial} was run by two processes at once"
                remedy = "Keep the folder on a file system whose POSIX locks hold between nodes"
                raise InputError(what, where=str(self.path), remedy=remedy)
            _append_line(self.path, line.encode() + b"\n")
        self.release(trial)

    def reference(self) -> Record | None:
        """Return the record of the reference network, if it was finished."""
        if not self.reference_path.exists():
            return None
        try:
            record: Record = read_json(self.reference_path)
            return _check(record, self.fingerprint, "reference")
        except (XpressoError, ValueError) as error:
            what = f"is damaged ({error})"
            remedy = "Delete it: the reference is then trained again"
            raise InputError(what, where=str(self.reference_path), remedy=remedy) from error

    def save_reference(self, record: Mapping[str, Any]) -> None:
        """Write the record of the reference network, atomically, and give up its claim."""
        write_json(_check(dict(record), self.fingerprint, "reference"), self.reference_path)
        self.release(REFERENCE)

    def _try(self, byte: int) -> bool:
        try:
            fcntl.lockf(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, byte)
        except (BlockingIOError, PermissionError):
            return False
        except OSError as error:
            raise self._explained(error) from error
        return True

    @contextmanager
    def _appending(self) -> Iterator[None]:
        try:
            fcntl.lockf(self._lock, fcntl.LOCK_EX, 1, APPENDING)
        except OSError as error:
            raise self._explained(error) from error
        try:
            yield
        finally:
            self.release(APPENDING)

    def _explained(self, error: OSError) -> Exception:
        if error.errno not in NO_LOCKS:
            return OSError(error.errno, error.strerror, str(self._lock_path))
        what = f"cannot be locked ({error.strerror}): the file system has no POSIX locks"
        remedy = "Keep the folder of the search on a local disk, on NFS, or on Lustre mounted with flock"
        return InputError(what, where=str(self._lock_path), remedy=remedy)


def read_store(path: Path, fingerprint: str | None = None) -> dict[int, Record]:
    """Read lines of finished trials.

    Parameters
    ----------
    path
        Lines of JSON, as `TrialStore` writes them.
    fingerprint
        What all lines must carry; None to take what the file has.

    Returns
    -------
    dict
        Records by number of the trial, in order. A last line without its end is left out.

    Raises
    ------
    InputError
        If a line is no record of a trial, or a trial occurs twice.
    """
    found: dict[int, Record] = {}
    for number, line in enumerate(path.read_bytes().split(b"\n")[:-1], start=1):
        try:
            record = _parse(line.decode(), fingerprint)
            if record["trial"] in found:
                message = f"trial {record['trial']} occurs twice"
                raise ValueError(message)
        except ValueError as error:
            what = f"line {number} is damaged ({error})"
            remedy = f"Delete this line, for example with sed -i {number}d; a trial that is then missing is run again"
            raise InputError(what, where=str(path), remedy=remedy) from error
        found[record["trial"]] = record
    return dict(sorted(found.items()))


def _parse(line: str, fingerprint: str | None) -> Record:
    """Return the record in a line; ValueError where there is none."""
    record = _check(json.loads(line), fingerprint, "trial")
    missing = [name for name in FIELDS if name not in record]
    if missing:
        message = f"it lacks {', '.join(missing)}"
        raise ValueError(message)
    if not isinstance(record["trial"], int) or record["trial"] < 0:
        message = f"{record['trial']!r} is no number of a trial"
        raise ValueError(message)
    return record


def _check(record: object, fingerprint: str | None, kind: str) -> Record:
    """Return a record whose fingerprint, status, loss and reason go together; else ValueError."""
    if not isinstance(record, dict):
        message = f"it is no record of a {kind}"
        raise ValueError(message)
    if fingerprint is not None and record.get("fingerprint") != fingerprint:
        message = "it has another fingerprint"
        raise ValueError(message)
    check_outcome(record)
    return record


def check_outcome(record: Mapping[str, Any]) -> None:
    """Raise ValueError unless status, loss and reason go together: a failed trial has a reason and no loss."""
    status, loss, reason = (record.get(name) for name in ("status", "loss", "reason"))
    succeeded = status == "ok" and is_number(loss) and reason is None
    failed = status == "failed" and loss is None and isinstance(reason, str) and bool(reason)
    if not succeeded and not failed:
        message = f"status {status!r}, loss {loss!r} and reason {reason!r} contradict each other"
        raise ValueError(message)


def is_number(value: object) -> bool:
    """Say whether a value that JSON gave is a finite number."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _append_line(path: Path, line: bytes) -> None:
    """Put a line behind the last whole line of a file, and on the disk; on error, leave the file as it was."""
    file = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        whole = path.read_bytes().rfind(b"\n") + 1
        os.ftruncate(file, whole)
        os.lseek(file, whole, os.SEEK_SET)
        try:
            rest = memoryview(line)
            while rest:
                rest = rest[os.write(file, rest) :]
            os.fsync(file)
        except OSError as error:
            os.ftruncate(file, whole)
            raise OSError(error.errno, error.strerror, str(path)) from error
    finally:
        os.close(file)
