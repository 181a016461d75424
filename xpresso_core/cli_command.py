"""What a subcommand of ``xpresso`` consists of, and how it talks to people."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from xpresso_core.errors import InputError


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


def check_outputs(outputs: Sequence[str], inputs: Sequence[str]) -> None:
    """Refuse an output that is a folder or one of the inputs, before anything is written; ``-`` is neither.

    Raises
    ------
    InputError
        For the first such output.
    """
    for output in (Path(name) for name in outputs if name != "-"):
        if output.is_dir():
            what = "is a folder, and a file is to be written"
            raise InputError(what, where=str(output), remedy="Name a file")
        there = [Path(name) for name in inputs if name != "-" and Path(name).is_file()]
        if output.is_file() and any(output.samefile(name) for name in there):
            what = "is an input, which would be overwritten"
            raise InputError(what, where=str(output), remedy="Name another output")


def say(message: str) -> None:
    """Tell people something, on standard error: standard output is for results."""
    print(f"xpresso: {message}", file=sys.stderr)
