"""The subcommands on predictions along a genome: ``xpresso scan`` and ``xpresso peaks``."""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import TYPE_CHECKING

from xpresso_core.cli_command import Command, check_outputs, say
from xpresso_core.cli_promoters import MODEL_HELP
from xpresso_core.errors import InputError
from xpresso_core.keras_start import start_keras

if TYPE_CHECKING:
    from xpresso_core.genome import Genome
    from xpresso_core.regions import Region

_SCAN_EPILOG = """\
what comes out
  PREFIX.plus.bw and PREFIX.minus.bw: the predicted expression of a gene whose TSS were here, on each strand, for every
  multiple of the step, with the half-life features of the average gene. A value fills the bin of `step` bases around
  its position. PREFIX.json says in which unit, by which model, for which regions. Windows may reach beyond a region;
  what lies beyond the ends of a chromosome is unknown. Windows with too many unknown bases (N) are left empty.

how
  What overlapping windows share is computed once; the values are those of each window by itself. Finished blocks of
  a chromosome are kept in PREFIX.partial until all is done: the same command goes on where it was interrupted.

units
  log10: log10(expression + 0.1), as the model was trained on; z: z-scores of it. The models released in 2020 know
  only z. The default is log10 where the model knows it.

examples
  xpresso scan results/demo_median/demo_full/models/fold_1 resources/demo/genome.fa chr1:1-600,000 -o chr1
  xpresso scan humanMedian_trainepoch.11-0.426.h5 hg38.fa chr20 chr21 -o predicted --step 50
  xpresso scan humanMedian_trainepoch.11-0.426.h5 b37.fa 1:109,500,001-110,300,000 -o figure_5 \\
    --inside --bedgraph --offset 1   # intervals and values as in the files published with the paper
"""

_PEAKS_EPILOG = """\
what comes out
  BED6: the bin of each local maximum, its number, a score of 0 to 1000 that grows with the prediction, and the strand.
  Of maxima closer to each other than the distance, on one strand, the highest stays.

examples
  xpresso peaks predicted -o promoters.bed
  xpresso peaks predicted --threshold 0.5 --distance 1000 -o promoters.bed
"""


def _scan_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", metavar="MODEL", help=MODEL_HELP)
    parser.add_argument("genome", metavar="GENOME", help="genome FASTA, plain or bgzip")
    parser.add_argument(
        "regions",
        metavar="REGION",
        nargs="*",
        help="chr20:1,000,000-2,000,000 (counted from 1, both ends included) or a chromosome (default: all)",
    )
    parser.add_argument("-o", "--output", metavar="PREFIX", required=True, help="what the files are called")
    parser.add_argument("--step", type=int, default=100, metavar="BASES", help="default: 100")
    parser.add_argument("--bed", metavar="REGIONS", help="regions as BED, instead of or beside REGION")
    parser.add_argument("--bedgraph", action="store_true", help="write bedGraph, too")
    parser.add_argument(
        "--offset",
        type=float,
        default=0.0,
        metavar="NUMBER",
        help="added to the values of bedGraph (default: 0)",
    )
    parser.add_argument("--units", choices=("log10", "z"), help="see below")
    parser.add_argument(
        "--inside", action="store_true", help="only windows that lie within their region as a whole"
    )
    parser.add_argument(
        "--max-unknown",
        type=float,
        default=0.5,
        metavar="SHARE",
        help="leave windows with a larger share of N empty (default: 0.5)",
    )
    parser.add_argument(
        "--processes",
        type=int,
        metavar="N",
        help="side by side, on processors (default: as many as are worth it; one with a GPU)",
    )


def _run_scan(arguments: argparse.Namespace) -> None:
    _check_scan(arguments)
    from xpresso_core.genome import Genome

    with Genome(arguments.genome) as genome:
        regions = _regions(arguments, genome)
    start_keras()
    from xpresso_core.scan_blocks import ScanSettings
    from xpresso_core.scan_run import scan_regions

    settings = ScanSettings(
        arguments.model, arguments.genome, arguments.step, arguments.units, arguments.max_unknown
    )
    done = scan_regions(
        settings,
        regions,
        arguments.output,
        inside_only=arguments.inside,
        bedgraph=arguments.bedgraph,
        offset=arguments.offset,
        processes=arguments.processes,
        tell=say,
    )
    say(f"{done.bins:,} bins of both strands, in {done.unit}")


def _check_scan(arguments: argparse.Namespace) -> None:
    from xpresso_core.tracks import track_files

    inputs = [name for name in (arguments.model, arguments.genome, arguments.bed) if name is not None]
    inputs += map(str, Path(arguments.model).glob("*"))  # a bundle is a folder
    check_outputs([str(path) for path in track_files(arguments.output).all], inputs)
    problem = ""
    if not arguments.output or arguments.output.endswith(("/", ".")):
        problem = f"-o {arguments.output!r} names no files"
    elif arguments.step < 1:
        problem = f"a step of {arguments.step} bases leads nowhere"
    elif not 0 <= arguments.max_unknown <= 1:
        problem = f"--max-unknown {arguments.max_unknown:g} is no share"
    elif not math.isfinite(arguments.offset):
        problem = f"--offset {arguments.offset:g} is no number to add"
    elif arguments.offset and not arguments.bedgraph:
        problem = "--offset belongs to --bedgraph"
    elif arguments.processes is not None and arguments.processes < 1:
        problem = f"{arguments.processes} processes can do no work"
    if problem:
        raise InputError(problem, remedy="See xpresso scan --help")


def _regions(arguments: argparse.Namespace, genome: Genome) -> list[Region]:
    from xpresso_core.regions import parse_region, read_regions, whole_chromosomes

    regions = [parse_region(text, genome) for text in arguments.regions]
    if arguments.bed is not None:
        regions += read_regions(arguments.bed, genome)
    return regions or whole_chromosomes(genome)


def _peaks_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("prefix", metavar="PREFIX", help="the tracks that xpresso scan wrote")
    parser.add_argument(
        "--threshold",
        type=float,
        metavar="VALUE",
        help="in the tracks' unit (default: their 99th percentile)",
    )
    parser.add_argument("--distance", type=int, default=500, metavar="BASES", help="default: 500")
    parser.add_argument("-o", "--output", metavar="PEAKS.bed", default="-", help="default: standard output")


def _run_peaks(arguments: argparse.Namespace) -> None:
    from xpresso_core.tracks import track_files

    check_outputs([arguments.output], [str(path) for path in track_files(arguments.prefix).all])
    if arguments.distance < 0:
        what = f"a distance of {arguments.distance} bases cannot be"
        raise InputError(what, remedy="Give --distance 0 or more")
    from xpresso_core.peaks import write_bed6
    from xpresso_core.track_peaks import peaks_of_tracks
    from xpresso_core.tracks import Tracks

    tracks = Tracks(arguments.prefix)
    threshold, frame = peaks_of_tracks(tracks, threshold=arguments.threshold, distance=arguments.distance)
    write_bed6(frame, arguments.output)
    say(f"{len(frame):,} peaks of at least {threshold:.4g} ({tracks.unit})")


SCAN_COMMANDS = (
    Command(
        "scan", "predict expression along a genome, on both strands", _SCAN_EPILOG, _scan_arguments, _run_scan
    ),
    Command(
        "peaks",
        "call the peaks of predicted tracks as promoters",
        _PEAKS_EPILOG,
        _peaks_arguments,
        _run_peaks,
    ),
)
