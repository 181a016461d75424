"""Work on blocks of rows in threads, in an order that does not depend on their number.

For compiled kernels that release the interpreter lock. Python threads rather than numba's: of numba's own
layers one aborts the process when two threads call it at once, as TensorFlow does, and another after a fork.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from xpresso_core.errors import InputError

_Result = TypeVar("_Result")


class _Workers:
    """The threads that all calls share, made when first needed."""

    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    executor: ThreadPoolExecutor | None = None

    @classmethod
    def forget(cls) -> None:
        """Drop the threads; a forked child has none of its parent's."""
        cls.executor = None


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_Workers.forget)


def thread_count() -> int:
    """Return how many threads work here: by default one per processor that the process may run on."""
    return _Workers.count


def set_threads(count: int) -> None:
    """Set how many threads work from now on.

    Raises
    ------
    InputError
        If ``count`` is below 1.
    """
    if count < 1:
        what = f"{count} threads can do no work"
        raise InputError(what, remedy="Give 1 or more")
    _Workers.count = count
    _Workers.forget()


def each_block(work: Callable[[slice], _Result], rows: int, block: int) -> Iterator[_Result]:
    """Do ``work`` on each block of rows and yield the results in the order of the blocks.

    Parameters
    ----------
    work
        Takes the rows of one block as a slice; called from several threads at once, never from within itself.
    rows
        Number of rows in all.
    block
        Rows per block. Sums of the yielded results depend on it, but not on the number of threads.
    """
    blocks = [slice(start, min(start + block, rows)) for start in range(0, rows, block)]
    if _Workers.count == 1 or len(blocks) < 2:
        return map(work, blocks)
    if _Workers.executor is None:
        _Workers.executor = ThreadPoolExecutor(_Workers.count, thread_name_prefix="xpresso")
    return _Workers.executor.map(work, blocks)
