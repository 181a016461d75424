"""Errors of the system that mean a full disk, and those that do not."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from xpresso_core.room import NoRoomError, room_for


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_no_room_is_one_line(number: int) -> None:
    with pytest.raises(NoRoomError) as caught, room_for("/data/x", "the peaks"):
        raise OSError(number, os.strerror(number))
    start = f"/data/x: there is no room to write the peaks ({os.strerror(number)}). Free space"
    assert str(caught.value).startswith(start)


def test_other_errors_pass() -> None:
    with pytest.raises(PermissionError), room_for("/data/x", "the peaks"):
        raise PermissionError(errno.EACCES, "no")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full, which answers as a full disk does")
def test_full_device() -> None:
    with pytest.raises(NoRoomError, match="No space left on device"), room_for("/dev/full", "x"):
        Path("/dev/full").write_bytes(b"x")
