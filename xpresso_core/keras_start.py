"""Loading the library for networks: quietly, or with one clear error."""

from __future__ import annotations

import logging
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from xpresso_core.errors import DeviceError


@contextmanager
def quiet_start() -> Iterator[None]:
    """Keep TensorFlow's greetings, which it writes past Python, off standard error while it loads.

    What was written is shown after all if loading fails.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as aside:
        os.dup2(aside.fileno(), 2)
        try:
            yield
        except BaseException:
            aside.seek(0)
            os.write(kept, aside.read())
            raise
        finally:
            os.dup2(kept, 2)
            os.close(kept)


def start_keras() -> None:
    """Load the library for networks; complain clearly where none is installed."""
    try:
        with quiet_start():
            import keras  # noqa: F401 - the greetings come with the first import
    except ModuleNotFoundError as error:
        what = f"the library {error.name} is not installed"
        remedy = "Install it: pip install 'xpresso-core[cpu]'"
        raise DeviceError(what, remedy=remedy) from error
    logging.getLogger("tensorflow").setLevel(logging.ERROR)  # advice for programmers
