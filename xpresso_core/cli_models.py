"""The subcommands about models: ``xpresso predict`` and ``xpresso info``.

TensorFlow is loaded only when a model is, so that help comes at once.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from xpresso_core.cli_command import Command, say
from xpresso_core.errors import ConfigError, DeviceError, InputError

if TYPE_CHECKING:
    from xpresso_core.bundle import Bundle
    from xpresso_core.prediction_inputs import HalflifeTable, Promoter

MODEL_HELP = "a model: a bundle folder made by the workflow, or an .h5 file released with the paper in 2020"


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


def _load(model: str) -> Bundle:
    try:
        with quiet_start():
            import keras  # noqa: F401 - the greetings come with the first import
    except ModuleNotFoundError as error:
        what = f"the library {error.name} is not installed"
        remedy = "Install it: pip install 'xpresso-core[cpu]'"
        raise DeviceError(what, remedy=remedy) from error
    logging.getLogger("tensorflow").setLevel(logging.ERROR)  # advice for programmers
    from xpresso_core.bundle import load_bundle

    return load_bundle(model)


# predict ----------------------------------------------------------------------------------------------------

_PREDICT_EPILOG = """\
what comes out
  One line per promoter, in the order of the input: id, predicted, predicted_sd (the standard deviation
  over the networks of an ensemble; empty for a single network). The unit is the model's, as `xpresso info`
  tells: log10(RPKM + 0.1) for models of the workflow, z-scores for those released in 2020.

what goes in
  FASTA   DNA in the direction of transcription. A record of exactly the model's window is taken as it is.
          Any other is placed so that its middle, or base --tss (counted from 0), falls on the model's TSS;
          what lies outside the window is cut off, what is missing counts as unknown (N).
  BED     One TSS per line: chromosome, start, end, name, score, strand. The workflow's windows follow the
          strand exactly; those of the released models are one base off on '-', as they were trained.
  TABLE   Tab-separated, with a column id and one for each feature named by `xpresso info`. Raw values for
          models of the workflow (an empty cell is a missing value); z-scores for the released ones.
          Without a table every gene counts as average in its half-life features.

examples
  xpresso predict results/demo_median/demo_full/models/fold_1 promoters.fa.gz -o predictions.tsv
  xpresso predict humanMedian_trainepoch.11-0.426.h5 --genome hg38.fa --bed tss.bed -o predictions.tsv
  zcat promoters.fa.gz | xpresso predict MODEL - --halflife features.tsv > predictions.tsv
"""


def _predict_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", metavar="MODEL", help=MODEL_HELP)
    parser.add_argument(
        "fasta",
        metavar="FASTA",
        nargs="?",
        help="promoter sequences: plain, gzip or bgzip; - is standard input",
    )
    parser.add_argument(
        "-o", "--output", metavar="OUT.tsv", default="-", help="where to write (default: standard output)"
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


def _predict(arguments: argparse.Namespace) -> None:
    _check_predict(arguments)
    bundle = _load(arguments.model)
    from xpresso_core.prediction import predict_promoters, write_predictions
    from xpresso_core.prediction_inputs import HalflifeTable

    table = None
    if arguments.halflife is not None:
        if not bundle.feature_names:
            what = "the model takes no half-life features"
            raise InputError(what, where=arguments.model, remedy="Leave --halflife out")
        table = HalflifeTable.read(arguments.halflife, bundle.feature_names)
    elif bundle.feature_names and "promoter" in bundle.inputs:
        say("no --halflife table: every gene counts as average in its half-life features")
    promoters = _promoters(arguments, bundle, table)
    count = write_predictions(predict_promoters(bundle, promoters, table), arguments.output)
    say(f"{count:,} predicted, in {bundle.unit}")


def _check_predict(arguments: argparse.Namespace) -> None:
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
        raise ConfigError(problem, remedy="See xpresso predict --help")


def _promoters(
    arguments: argparse.Namespace, bundle: Bundle, table: HalflifeTable | None
) -> Iterator[Promoter]:
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


# info -------------------------------------------------------------------------------------------------------

_INFO_EPILOG = """\
examples
  xpresso info results/demo_median/demo_full/models/fold_1
  xpresso info humanMedian_trainepoch.11-0.426.h5 --json
"""


def _info_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", metavar="MODEL", help=MODEL_HELP)
    parser.add_argument("--json", action="store_true", help="print JSON, for programs")


def _info(arguments: argparse.Namespace) -> None:
    record = _load(arguments.model).record()
    from xpresso_core.model_card import summary

    sys.stdout.write(json.dumps(record, indent=2) + "\n" if arguments.json else summary(record))


MODEL_COMMANDS = (
    Command(
        "predict",
        "predict the mRNA level of genes from their promoters",
        _PREDICT_EPILOG,
        _predict_arguments,
        _predict,
    ),
    Command(
        "info",
        "show what a model takes, what it predicts and where it comes from",
        _INFO_EPILOG,
        _info_arguments,
        _info,
    ),
)
