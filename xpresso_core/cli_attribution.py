"""The subcommand on what a prediction rests on: ``xpresso attribute``."""

from __future__ import annotations

import argparse

from xpresso_core.cli_command import Command, check_outputs, say
from xpresso_core.cli_promoters import (
    add_promoter_arguments,
    check_promoter_arguments,
    halflife_table,
    load_model,
    promoters_of,
)
from xpresso_core.errors import InputError

_METHODS = ("grad_input", "saliency", "integrated_gradients", "deeplift", "elrp", "ism")

_EPILOG = """\
methods
  grad_input             gradient times input (the paper's Figure 6A)
  saliency               size of the gradient
  integrated_gradients   mean gradient on the way from a background, times the distance (the paper's Figure S6B)
  deeplift               DeepLIFT with the Rescale rule, as DeepExplain has it
  elrp                   epsilon-LRP
  ism                    in-silico mutagenesis: the exact change of the prediction for every single substitution

what comes out
  A NumPy archive with ids [gene], promoter [gene, position, letter], halflife [gene, feature], in the unit of the
  prediction; letters are A, C, G, T, and position `upstream` of the model's window is the TSS base. With ism,
  promoter holds the prediction with this letter less the prediction as it is, and halflife is NaN. The networks of
  an ensemble are averaged.

background
  Where integrated gradients and DeepLIFT start from: ACGT, the frequencies of the letters that the paper took;
  zeros; or four numbers. Half-life features start from those of the average gene.

A single network's attributions of a single promoter are not robust: compare networks, or average over genes.

examples
  xpresso attribute results/demo_median/demo_full/models/fold_1 promoters.fa --method ism -o changes.npz
  xpresso attribute MODEL promoters.fa --method integrated_gradients --background zeros --steps 50 -o ig.npz
  python -c "import numpy; print(numpy.load('ig.npz')['promoter'].sum(axis=2))"
"""


def _arguments(parser: argparse.ArgumentParser) -> None:
    add_promoter_arguments(parser)
    parser.add_argument("--method", choices=_METHODS, default="grad_input", help="default: grad_input")
    parser.add_argument(
        "--background", metavar="ACGT|zeros|A,C,G,T", help="what each base starts from (default: ACGT)"
    )
    parser.add_argument("--steps", type=int, metavar="N", help="of integrated gradients (default: 100)")
    parser.add_argument(
        "--correct-gradient",
        action="store_true",
        help="subtract from each gradient its mean over the four letters",
    )
    parser.add_argument("-o", "--output", metavar="OUT.npz", required=True, help="where to write")


def _run(arguments: argparse.Namespace) -> None:
    check_promoter_arguments(arguments, "attribute")
    _check(arguments)
    bundle = load_model(arguments.model)
    from xpresso_core.attribution import STEPS, Attributor, attribute_promoters
    from xpresso_core.attribution_file import write_attributions

    attributor = Attributor(
        bundle,
        arguments.method,
        background="ACGT" if arguments.background is None else arguments.background,
        steps=STEPS if arguments.steps is None else arguments.steps,
        corrected=arguments.correct_gradient,
    )
    table = halflife_table(arguments, bundle)
    promoters = promoters_of(arguments, bundle, table)
    count = write_attributions(attribute_promoters(attributor, promoters, table), arguments.output)
    say(f"{count:,} explained, in {bundle.unit}")


def _check(arguments: argparse.Namespace) -> None:
    """Refuse what would change nothing, and outputs that cannot be written, before a model is loaded."""
    inputs = [arguments.fasta, arguments.genome, arguments.bed, arguments.halflife, arguments.model]
    check_outputs([arguments.output], [name for name in inputs if name is not None])
    problem = ""
    if not arguments.output.endswith(".npz"):
        problem = f"the result is a NumPy archive, and {arguments.output} does not end in .npz"
    elif arguments.steps is not None and arguments.method != "integrated_gradients":
        problem = f"--steps belongs to integrated_gradients, not to {arguments.method}"
    elif arguments.background is not None and arguments.method not in {"integrated_gradients", "deeplift"}:
        problem = f"--background belongs to integrated_gradients and deeplift, not to {arguments.method}"
    if problem:
        raise InputError(problem, remedy="See xpresso attribute --help")


ATTRIBUTION_COMMANDS = (
    Command("attribute", "show which bases and features a prediction rests on", _EPILOG, _arguments, _run),
)
