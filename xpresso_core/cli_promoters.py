"""What the subcommands that run a model have in common: the model, the promoters, their half-life features.

TensorFlow is loaded only when a model is, so that help comes at once.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import TYPE_CHECKING

from xpresso_core.cli_command import say
from xpresso_core.errors import ConfigError, InputError
from xpresso_core.keras_start import start_keras

if TYPE_CHECKING:
    from xpresso_core.bundle import Bundle
    from xpresso_core.prediction_inputs import HalflifeTable, Promoter

MODEL_HELP = "a model: a bundle folder made by the workflow, or an .h5 file released with the paper in 2020"


def load_model(model: str) -> Bundle:
    """Load a model; complain clearly where no library for it is installed."""
    start_keras()
    from xpresso_core.bundle import load_bundle

    return load_bundle(model)


def add_promoter_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the model, where promoters come from, and their half-life features."""
    parser.add_argument("model", metavar="MODEL", help=MODEL_HELP)
    parser.add_argument(
        "fasta",
        metavar="FASTA",
        nargs="?",
        help="promoter sequences: plain, gzip or bgzip; - is standard input",
    )
    parser.add_argument(
        "--tss",
        type=int,
        metavar="INDEX",
        help="position of the TSS in every FASTA record, counted from 0 (default: the middle)",
    )
    parser.add_argument("--genome", metavar="GENOME", help="genome FASTA, plain or bgzip; with --bed")
    parser.add_argument(
        "--bed", metavar="TSS.bed", help="transcription start sites with strand; with --genome"
    )
    parser.add_argument(
        "--bed-tss",
        choices=("5prime", "centre"),
        help="where the TSS lies in BED intervals of more than one base: "
        "their first base in transcription direction, or their middle",
    )
    parser.add_argument(
        "--pad",
        action="store_true",
        help="fill windows that leave their chromosome with N (default: refuse them)",
    )
    parser.add_argument("--halflife", metavar="TABLE", help="half-life features by id")


def check_promoter_arguments(arguments: argparse.Namespace, command: str) -> None:
    """Refuse arguments that do not go together, before anything is loaded."""
    genomic = [name for name in ("genome", "bed") if getattr(arguments, name) is not None]
    extra = [f"--{name.replace('_', '-')}" for name in ("bed_tss", "pad") if getattr(arguments, name)]
    problem = ""
    if len(genomic) == 1:
        problem = "--genome and --bed go together"
    elif genomic and arguments.fasta is not None:
        problem = "promoters come from FASTA or from --genome and --bed, not both"
    elif genomic and arguments.tss is not None:
        problem = "--tss belongs to FASTA; BED says itself where the TSS is"
    elif extra and not genomic:
        problem = f"{extra[0]} belongs to --genome and --bed"
    if problem:
        raise ConfigError(problem, remedy=f"See xpresso {command} --help")


def halflife_table(arguments: argparse.Namespace, bundle: Bundle) -> HalflifeTable | None:
    """Read the half-life features that the model takes; say so where there are none."""
    from xpresso_core.prediction_inputs import HalflifeTable

    if arguments.halflife is not None:
        if not bundle.feature_names:
            what = "the model takes no half-life features"
            raise InputError(what, where=arguments.model, remedy="Leave --halflife out")
        return HalflifeTable.read(arguments.halflife, bundle.feature_names)
    if bundle.feature_names and "promoter" in bundle.inputs:
        say("no --halflife table: every gene counts as average in its half-life features")
    return None


def promoters_of(
    arguments: argparse.Namespace, bundle: Bundle, table: HalflifeTable | None
) -> Iterator[Promoter]:
    """Return the promoters that the arguments name, on the model's window."""
    from xpresso_core.genome import Genome
    from xpresso_core.prediction_inputs import bed_promoters, fasta_promoters

    if "promoter" not in bundle.inputs:
        if table is None or arguments.fasta is not None or arguments.bed is not None:
            what = "the model takes nothing but half-life features"
            raise InputError(what, where=arguments.model, remedy="Give it --halflife TABLE and no sequence")
        return table.promoters()
    if arguments.bed is not None:
        genome = Genome(arguments.genome)
        return bed_promoters(arguments.bed, genome, bundle.window, arguments.bed_tss, pad=arguments.pad)
    if arguments.fasta is None:
        what = "no promoters were given"
        raise InputError(what, remedy="Give FASTA (- for standard input), or --genome and --bed")
    return fasta_promoters(arguments.fasta, bundle.window, arguments.tss)
