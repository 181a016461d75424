"""The subcommands on genomic intervals: ``xpresso liftover`` and ``xpresso signal``."""

from __future__ import annotations

import argparse

from xpresso_core.cli_command import Command, check_outputs, say

_LIFTOVER_EPILOG = """\
what comes out
  OUT holds the records that lift, in their order, with chromosome, start, end and strand (column 6) of the new
  assembly; all other columns pass through. UNMAPPED holds the others, each under a line that says why. Both
  are what UCSC's liftOver -bedPlus=6 writes.

examples
  xpresso liftover hg38_tss.bed hg38ToHg19.over.chain.gz hg19_tss.bed unmapped.bed
  xpresso liftover - hg38ToHg19.over.chain.gz out.bed unmapped.bed --min-match 0.5 < in.bed
"""

_SIGNAL_EPILOG = """\
what comes out
  One line per BED record, as UCSC's bigWigAverageOverBed prints it: name, size, covered (bases with a value), sum,
  mean0 (sum / size), mean (sum / covered). Like there, 3,000 records or more come sorted by chromosome.

examples
  xpresso signal signal.bw regions.bed -o averages.tsv
  xpresso signal signal.bw tss.bed --sample-around-center 1000 > averages.tsv
"""


def _liftover_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("bed", metavar="BED", help="records of 3 or more columns; - is standard input")
    parser.add_argument("chain", metavar="CHAIN", help="chain file of UCSC, plain or gzip")
    parser.add_argument("out", metavar="OUT", help="where to write the records that lift")
    parser.add_argument("unmapped", metavar="UNMAPPED", help="where to write those that do not, with reasons")
    parser.add_argument(
        "--min-match",
        type=float,
        default=0.95,
        metavar="SHARE",
        help="share of a record's bases that must lift together (default: 0.95)",
    )


def _liftover(arguments: argparse.Namespace) -> None:
    from xpresso_core.liftover import lift_bed, read_chains

    check_outputs([arguments.out, arguments.unmapped], [arguments.bed, arguments.chain])
    chains = read_chains(arguments.chain)
    counts = lift_bed(arguments.bed, chains, arguments.out, arguments.unmapped, min_match=arguments.min_match)
    if not counts.mapped and counts.unmapped["Deleted in new"] == sum(counts.unmapped.values()) > 0:
        say(
            "nothing lifts: are the chromosomes called alike in BED and chain file, and is it the right chain?"
        )
    lost = ", ".join(f"{number:,} {reason}" for reason, number in counts.unmapped.items() if number)
    say(f"{counts.mapped:,} lifted, not lifted: {lost or 'none'}")


def _signal_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("bigwig", metavar="BIGWIG", help="the signal")
    parser.add_argument("bed", metavar="BED", help="records of 4 or more columns with unique names")
    parser.add_argument(
        "-o", "--output", metavar="OUT.tsv", default="-", help="where to write (default: standard output)"
    )
    parser.add_argument(
        "--sample-around-center",
        type=int,
        metavar="N",
        help="average over N bases around the middle of each record instead of the record",
    )


def _signal(arguments: argparse.Namespace) -> None:
    from xpresso_core.signal import average_over_bed, write_average

    check_outputs([arguments.output], [arguments.bigwig, arguments.bed])
    averages = average_over_bed(
        arguments.bigwig, arguments.bed, sample_around_center=arguments.sample_around_center
    )
    write_average(averages, arguments.output)


GENOMICS_COMMANDS = (
    Command(
        "liftover",
        "lift BED records to another assembly, exactly as UCSC's liftOver does",
        _LIFTOVER_EPILOG,
        _liftover_arguments,
        _liftover,
    ),
    Command(
        "signal",
        "average a bigWig over BED records, exactly as UCSC's bigWigAverageOverBed does",
        _SIGNAL_EPILOG,
        _signal_arguments,
        _signal,
    ),
)
