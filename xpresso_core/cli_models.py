"""The subcommands about models: ``xpresso predict`` and ``xpresso info``."""

from __future__ import annotations

import argparse
import json
import sys

from xpresso_core.cli_command import Command, say
from xpresso_core.cli_promoters import (
    MODEL_HELP,
    add_promoter_arguments,
    check_promoter_arguments,
    halflife_table,
    load_model,
    promoters_of,
)

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
    add_promoter_arguments(parser)
    parser.add_argument(
        "-o", "--output", metavar="OUT.tsv", default="-", help="where to write (default: standard output)"
    )


def _predict(arguments: argparse.Namespace) -> None:
    check_promoter_arguments(arguments, "predict")
    bundle = load_model(arguments.model)
    from xpresso_core.prediction import predict_promoters, write_predictions

    table = halflife_table(arguments, bundle)
    promoters = promoters_of(arguments, bundle, table)
    count = write_predictions(predict_promoters(bundle, promoters, table), arguments.output)
    say(f"{count:,} predicted, in {bundle.unit}")


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
    record = load_model(arguments.model).record()
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
