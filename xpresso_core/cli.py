"""The ``xpresso`` command.

Each subcommand is a row of `COMMANDS`; what they do is in the modules `cli_models`, `cli_attribution`, `cli_scan`,
`cli_residuals`, `cli_genomics`, `cli_motifs`, `cli_dreme`, `cli_sources` and `cli_experiments`.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from xpresso_core import __version__
from xpresso_core.cli_attribution import ATTRIBUTION_COMMANDS
from xpresso_core.cli_command import say
from xpresso_core.cli_dreme import DREME_COMMANDS
from xpresso_core.cli_experiments import EXPERIMENTS_COMMANDS
from xpresso_core.cli_genomics import GENOMICS_COMMANDS
from xpresso_core.cli_models import MODEL_COMMANDS
from xpresso_core.cli_motifs import MOTIF_COMMANDS
from xpresso_core.cli_residuals import RESIDUAL_COMMANDS
from xpresso_core.cli_scan import SCAN_COMMANDS
from xpresso_core.cli_sources import SOURCES_COMMANDS
from xpresso_core.errors import InputError, XpressoError

EXIT_ERROR = 2
EXIT_INTERRUPTED = 130
EXIT_BROKEN_PIPE = 141

COMMANDS = (
    *MODEL_COMMANDS,
    *ATTRIBUTION_COMMANDS,
    *SCAN_COMMANDS,
    *RESIDUAL_COMMANDS,
    *GENOMICS_COMMANDS,
    *MOTIF_COMMANDS,
    *DREME_COMMANDS,
    *SOURCES_COMMANDS,
    *EXPERIMENTS_COMMANDS,
)


class _Parser(argparse.ArgumentParser):
    """A parser whose errors are those of the rest: one line."""

    def error(self, message: str) -> NoReturn:
        raise InputError(message, remedy=f"See {self.prog} --help")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command.

    Parameters
    ----------
    argv
        The arguments after the name of the program; None for those of the process.

    Returns
    -------
    int
        Exit status: 0; 2 for an error, told in one line on standard error; 130 when interrupted; 141 when who
        reads our output has gone.
    """
    try:
        arguments = _parser().parse_args(argv)
        arguments.run(arguments)
        sys.stdout.flush()
    except BrokenPipeError:
        # Python flushes standard output once more at exit; that must not fail again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_BROKEN_PIPE
    except XpressoError as error:
        return _complain(str(error))
    except OSError as error:
        name = f"{error.filename}: " if error.filename else ""
        return _complain(f"{name}{error.strerror or error}. Check the path, permissions and free space")
    except KeyboardInterrupt:
        say("interrupted; no result was written")
        return EXIT_INTERRUPTED
    return 0


def _complain(message: str) -> int:
    say(f"error: {' '.join(message.split())}")
    return EXIT_ERROR


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="xpresso",
        description="Predict mRNA levels from promoter sequence and mRNA half-life features.",
        epilog="xpresso COMMAND --help explains a command, with examples.",
    )
    parser.add_argument("--version", action="version", version=f"xpresso {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in COMMANDS:
        child = commands.add_parser(
            command.name,
            help=command.help,
            description=command.help[0].upper() + command.help[1:] + ".",
            epilog=command.epilog,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        command.arguments(child)
        child.set_defaults(run=command.run)
    return parser


if __name__ == "__main__":
    sys.exit(main())
