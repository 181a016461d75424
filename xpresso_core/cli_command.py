"""What a subcommand of ``xpresso`` consists of, and how it talks to people."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from typing import NamedTuple


class Command(NamedTuple):
    """A subcommand.

    Attributes
    ----------
    name, help, epilog
        What it is called, one line on it, and what its own help ends with.
    arguments
        Declares its arguments.
    run
        Runs it.
    """

    name: str
    help: str
    epilog: str
    arguments: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], None]


def say(message: str) -> None:
    """Tell people something, on standard error: standard output is for results."""
    print(f"xpresso: {message}", file=sys.stderr)
