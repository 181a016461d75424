"""The one family of errors that the package raises for its users.

Every message says what is wrong, where, and how to remedy it, in that order of need.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class XpressoError(Exception):
    """An error that a user can act on.

    Parameters
    ----------
    what
        What is wrong, as a sentence without its final full stop.
    where
        The file, line, record, gene or configuration key concerned.
    remedy
        What to do about it.
    """

    def __init__(self, what: str, *, where: str = "", remedy: str = "") -> None:
        self.what = what
        self.where = where
        self.remedy = remedy
        super().__init__(what)

    def __str__(self) -> str:
        """Return ``where: what. remedy`` on one line."""
        message = f"{self.where}: {self.what}" if self.where else self.what
        return f"{message}. {self.remedy}" if self.remedy else message

    def __reduce__(self) -> tuple[object, ...]:
        """Survive the way back from a worker process."""
        return (_rebuild, (type(self), self.what, self.where, self.remedy))


def _rebuild(kind: type[XpressoError], what: str, where: str, remedy: str) -> XpressoError:
    return kind(what, where=where, remedy=remedy)


class InputError(XpressoError):
    """An input file, record or argument cannot be used."""


class ChecksumError(InputError):
    """A file is not the one that was expected."""


class ConfigError(XpressoError):
    """The configuration contradicts itself or the data."""


class DeviceError(XpressoError):
    """The computing device that was asked for is not there."""


class TrainingError(XpressoError):
    """No network could be trained."""


def nearest(word: str, known: Iterable[str]) -> str:
    """Return ``, did you mean '...'?`` if a known word is near, else an empty string."""
    near = difflib.get_close_matches(word, list(known), n=1)
    return f", did you mean {near[0]!r}?" if near else ""
