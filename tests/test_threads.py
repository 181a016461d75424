"""Blocks of rows in threads."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from xpresso_core.errors import InputError
from xpresso_core.threads import each_block, set_threads, thread_count


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    before = thread_count()
    yield
    set_threads(before)


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("rows", [0, 1, 4, 5, 23])
def test_blocks_cover_the_rows_in_order(count: int, rows: int) -> None:
    set_threads(count)
    assert thread_count() == count
    blocks = list(each_block(lambda block: range(rows)[block], rows, 4))
    assert [row for block in blocks for row in block] == list(range(rows))
    assert all(len(block) == 4 for block in blocks[:-1])


def test_threads_work_at_the_same_time() -> None:
    set_threads(3)
    meeting = threading.Barrier(3, timeout=30)
    assert sorted(each_block(lambda _: meeting.wait(), 3, 1)) == [0, 1, 2]


def test_an_error_inside_comes_out() -> None:
    set_threads(2)

    def work(rows: slice) -> None:
        what = "row"
        raise InputError(what, where=str(rows.start))

    with pytest.raises(InputError, match="0: row"):
        list(each_block(work, 4, 2))


def test_no_thread_is_refused() -> None:
    with pytest.raises(InputError, match="0 threads can do no work"):
        set_threads(0)
