"""The subcommand on motifs: ``xpresso fimo``."""

from __future__ import annotations

import argparse

from xpresso_core.cli_command import Command, check_outputs, say

_EPILOG = """\
motifs
  A file of the MEME Suite (text, XML or HTML), or a release of JASPAR: JASPAR2016 (its CORE motifs of vertebrates),
  JASPAR2024:plants, and so on; these come with the package.

what comes out
  One line per hit, as FIMO --text prints it: motif, its other name, sequence, start and stop (1-based, on the given
  strand), strand, score in bits, p-value, an empty q-value, and what matched, in upper case. The order is FIMO's:
  motif, sequence, start, + before -. Windows with a letter other than A, C, G, T and U are passed over.

background
  nrdb is FIMO's own default; sequences counts the letters of FASTA as fasta-get-markov does, which is what the paper
  did; a file of fasta-get-markov serves too, of which FIMO uses the single letters only.

examples
  xpresso fimo JASPAR2016 promoters.fa --bgfile sequences -o hits.tsv
  xpresso fimo motifs.meme promoters.fa --thresh 1e-5 --bed > hits.bed
  xpresso fimo JASPAR2024 promoters.fa --motif MA0139.1 --motif MA0506.1
"""


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("motifs", metavar="MOTIFS", help="a file of motifs, or a release of JASPAR")
    parser.add_argument("fasta", metavar="FASTA", help="sequences, plain or gzip; - is standard input")
    parser.add_argument(
        "-o", "--output", metavar="OUT.tsv", default="-", help="where to write (default: standard output)"
    )
    parser.add_argument(
        "--thresh", type=float, default=1e-4, metavar="P", help="largest p-value (default: 1e-4)"
    )
    parser.add_argument(
        "--bgfile",
        default="nrdb",
        metavar="BACKGROUND",
        help="nrdb, uniform, sequences, or a file (default: nrdb)",
    )
    parser.add_argument("--norc", action="store_true", help="do not scan the other strand")
    parser.add_argument(
        "--motif-pseudo",
        type=float,
        default=0.1,
        metavar="SITES",
        help="pseudocount added to each motif (default: 0.1)",
    )
    parser.add_argument(
        "--motif", action="append", default=[], metavar="ID", help="only this motif; may be repeated"
    )
    parser.add_argument("--skip-matched-sequence", action="store_true", help="leave out what matched")
    parser.add_argument("--bed", action="store_true", help="write BED with -10 log10(p) as score")


def _run(arguments: argparse.Namespace) -> None:
    from xpresso_core.fimo import write_fimo

    check_outputs([arguments.output], [arguments.motifs, arguments.fasta, arguments.bgfile])
    count = write_fimo(
        arguments.motifs,
        arguments.fasta,
        arguments.output,
        background=arguments.bgfile,
        threshold=arguments.thresh,
        pseudocount=arguments.motif_pseudo,
        both_strands=not arguments.norc,
        matched=not arguments.skip_matched_sequence,
        bed=arguments.bed,
        only=arguments.motif,
    )
    say(f"{count:,} hits")


MOTIF_COMMANDS = (
    Command("fimo", "find motifs in sequences, exactly as FIMO does", _EPILOG, _arguments, _run),
)
