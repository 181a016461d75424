"""The subcommand that finds new motifs: ``xpresso dreme``."""

from __future__ import annotations

import argparse
import shlex
import sys
from typing import TYPE_CHECKING

from xpresso_core.cli_command import Command, say
from xpresso_core.errors import InputError

if TYPE_CHECKING:
    from xpresso_core.dreme_result import DremeMotif

_EPILOG = """\
what it does
  Finds regular expressions, such as CCMCRCCC, that match more sequences of POS than of NEG by Fisher's exact test, one
  after the other; what one matches is erased before the next is looked for. Options and results are those of DREME
  4.12 of the MEME Suite. Sequences count as having a motif or not, so give many short ones rather than a few long ones.

without NEG
  The sequences of POS, shuffled so that the numbers of pairs of neighbouring letters stay, take its place.

what comes out
  A folder with dreme.txt (motifs, which the MEME Suite and xpresso fimo read), dreme.xml, and dreme.html, a page with
  their logos.

examples
  xpresso dreme peaks.fa -oc motifs
  xpresso dreme high.fa low.fa -mink 2 -maxk 10 -m 5 -o motifs
  xpresso fimo motifs/dreme.txt promoters.fa
"""


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "positives", metavar="POS", help="sequences (FASTA, plain or gzip); - is standard input"
    )
    parser.add_argument(
        "negatives", metavar="NEG", nargs="?", help="sequences to compare with (default: POS, shuffled)"
    )
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("-o", "--output", metavar="DIR", help="folder to make; one that exists is refused")
    where.add_argument("-oc", metavar="DIR", help="the same, but one that exists is written into")
    parser.add_argument("-norc", action="store_true", help="do not look at the other strand")
    parser.add_argument("-mink", type=int, default=3, metavar="N", help="shortest words (default: 3)")
    parser.add_argument("-maxk", type=int, default=8, metavar="N", help="longest words (default: 8)")
    parser.add_argument("-e", type=float, default=0.05, metavar="E", help="largest E-value (default: 0.05)")
    parser.add_argument("-m", type=int, metavar="N", help="stop after so many motifs")
    parser.add_argument(
        "-g", type=int, default=100, metavar="N", help="expressions to generalise (default: 100)"
    )
    parser.add_argument("-s", type=int, default=1, metavar="SEED", help="seed for shuffling (default: 1)")


def _run(arguments: argparse.Namespace) -> None:
    from xpresso_core.dreme_folder import write_dreme
    from xpresso_core.dreme_format import format_log
    from xpresso_core.dreme_result import Options

    def told(motif: DremeMotif) -> None:
        say(f"{motif.expression}: {motif.sites:,} sites, E-value {format_log(motif.log_evalue)}")

    if arguments.positives == arguments.negatives == "-":
        what = "standard input cannot be both kinds of sequences"
        raise InputError(what, remedy="Name a file for one of them")
    folder = arguments.output or arguments.oc
    result = write_dreme(
        arguments.positives,
        arguments.negatives,
        folder,
        Options(
            mink=arguments.mink,
            maxk=arguments.maxk,
            evalue=arguments.e,
            most_motifs=arguments.m,
            ngen=arguments.g,
            both_strands=not arguments.norc,
            seed=arguments.s,
        ),
        command=_command(arguments),
        replace=arguments.oc is not None,
        told=told if sys.stderr.isatty() else None,
    )
    say(f"{len(result.motifs):,} motifs in {folder}")


def _command(arguments: argparse.Namespace) -> str:
    """Return the command line that says all options that are not as usual."""
    defaults = argparse.ArgumentParser()
    _arguments(defaults)
    words = ["xpresso", "dreme", arguments.positives, *([arguments.negatives] if arguments.negatives else [])]
    words += ["-o", arguments.output] if arguments.output else ["-oc", arguments.oc]
    words += ["-norc"] if arguments.norc else []
    for name in ("mink", "maxk", "e", "m", "g", "s"):
        value = getattr(arguments, name)
        if value != defaults.get_default(name):
            words += [f"-{name}", f"{value:g}"]
    return shlex.join(words)


DREME_COMMANDS = (
    Command(
        "dreme",
        "find motifs that one set of sequences has more often than another, exactly as DREME does",
        _EPILOG,
        _arguments,
        _run,
    ),
)
