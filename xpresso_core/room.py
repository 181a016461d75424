"""Room to write: an error of the system that means a full disk becomes one line that says so."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager

from xpresso_core.errors import InputError

NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class NoRoomError(InputError):
    """The disk is full, or the quota or the largest size of a file is reached."""


@contextmanager
def room_for(path: str | os.PathLike[str], what: str) -> Iterator[None]:
    """Tell what fails for want of room from what fails by mistake, which passes as it is.

    Parameters
    ----------
    path
        What is being written.
    what
        What it is, for the message.

    Raises
    ------
    NoRoomError
        If the disk is full, or the quota or the largest size of a file is reached.
    """
    try:
        yield
    except OSError as error:
        if error.errno not in NO_ROOM:
            raise
        problem = f"there is no room to write {what} ({error.strerror})"
        remedy = "Free space on that disk, or raise the quota or the largest size of a file, and run it again"
        raise NoRoomError(problem, where=str(path), remedy=remedy) from error
