"""The subcommand on what models do not explain: ``xpresso residuals``."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from xpresso_core.cli_command import Command, check_outputs, say
from xpresso_core.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

    from xpresso_core.gene_groups import Group
    from xpresso_core.gene_lists import GeneFinder
    from xpresso_core.rank_tests import Expect

_EPILOG = """\
what comes out
  A table `gene_id gene_name observed predicted recalibrated residual raw_residual`, in log10 units. Predictions are
  recalibrated by the least-squares line of observed on predicted first, so any linear scale will do, also z-scores.
  With --higher or --lower, standard output has a row per list: its one-sided Kolmogorov-Smirnov test against all genes
  in no list, raw and corrected for the number of lists (Benjamini and Hochberg). Genes in two lists count in neither.

lists
  One symbol or identifier a line; what follows a tab or # is a remark. Symbols are found by the tables of --names, in
  the formats of Ensembl's BioMart, HGNC, MGI or this workflow: names, then former names and synonyms.

examples
  xpresso residuals results/demo_median/demo_full/predictions.tsv -o residuals.tsv
  xpresso residuals human_median_predictions.tsv --columns ID SCORE --expression K562.tsv \\
    --names gene_names.tsv --higher super_enhancers.txt --lower polycomb.txt -o residuals.tsv
"""


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "predictions", metavar="PREDICTIONS", help="gene_id, predicted and, without --expression, observed"
    )
    parser.add_argument("-o", "--output", metavar="TABLE", required=True, help="the table of residuals")
    parser.add_argument("--expression", metavar="TABLE", help="gene_id and log10: observed log10(RPKM + 0.1)")
    parser.add_argument(
        "--columns",
        nargs=2,
        metavar=("GENE", "PREDICTED"),
        help="what they are called in PREDICTIONS, with --expression (default: gene_id predicted)",
    )
    parser.add_argument("--names", nargs="+", default=[], metavar="TABLE", help="names of genes, see below")
    parser.add_argument(
        "--higher", nargs="+", default=[], metavar="LIST", help="genes expected above the others"
    )
    parser.add_argument(
        "--lower", nargs="+", default=[], metavar="LIST", help="genes expected below the others"
    )
    parser.add_argument("--ignore-case", action="store_true", help="take Sox2 for SOX2 in lists")


def _run(arguments: argparse.Namespace) -> None:
    lists = [*arguments.higher, *arguments.lower]
    inputs = [arguments.predictions, *filter(None, [arguments.expression]), *arguments.names, *lists]
    check_outputs([arguments.output], inputs)
    if arguments.columns and not arguments.expression:
        what = "--columns goes with --expression"
        raise InputError(what, remedy="Without it, the columns are gene_id, observed and predicted")
    from xpresso_core.files import write_table
    from xpresso_core.gene_lists import GeneFinder, names_of
    from xpresso_core.gene_names import read_gene_names
    from xpresso_core.residuals import residuals

    names = read_gene_names(arguments.names) if arguments.names else None
    predictions = _predictions(arguments)
    found = residuals(predictions, names_of(None, names), any_scale=arguments.expression is not None)
    genes = predictions[["gene_id"]].assign(gene_name="")
    finder = GeneFinder(genes, names, ignore_case=arguments.ignore_case)
    groups = [_group(path, finder, "higher") for path in arguments.higher]
    groups += [_group(path, finder, "lower") for path in arguments.lower]
    tests = _tests(found.table, groups) if groups else None
    write_table(found.table, arguments.output)
    if tests is not None:
        tests.to_csv(sys.stdout, sep="\t", index=False)
    _tell(found.constant, found.pearson)
    line = f"observed = {found.intercept:.3f} + {found.slope:.3f} predicted"
    say(f"{len(found.table):,} genes, r2 = {found.r2:.3f}, {line}")


def _predictions(arguments: argparse.Namespace) -> pd.DataFrame:
    from xpresso_core.residuals import (
        PREDICTION_COLUMNS,
        join_expression,
        read_expression,
        read_observed,
        read_predictions,
    )

    if not arguments.expression:
        return read_observed(arguments.predictions)
    elsewhere = read_predictions(arguments.predictions, arguments.columns or PREDICTION_COLUMNS)
    found = join_expression(elsewhere, read_expression(arguments.expression))
    if len(found) < len(elsewhere):
        say(f"{len(elsewhere) - len(found):,} of {len(elsewhere):,} predicted genes have no expression value")
    return found


def _group(path: str, finder: GeneFinder, expect: Expect) -> Group:
    from xpresso_core.gene_groups import Group
    from xpresso_core.gene_lists import read_gene_list

    known = finder.find(read_gene_list(path))
    lost = known.loc[known["gene_id"] == "", "entry"]
    if len(lost):
        say(
            f"{path}: {len(lost):,} of {known['entry'].nunique():,} entries mean no one gene, such as {lost.iloc[0]}"
        )
    return Group(path, expect, set(known["gene_id"]) - {""})


def _tests(table: pd.DataFrame, groups: list[Group]) -> pd.DataFrame:
    import pandas as pd

    from xpresso_core.gene_groups import compare_groups
    from xpresso_core.rank_tests import adjusted

    rows = pd.DataFrame([test.as_dict() for test in compare_groups(table, groups)])
    corrected = adjusted([None if pd.isna(p) else float(p) for p in rows["p"]])
    return rows.assign(p_adjusted=pd.Series(corrected, dtype="float64"))


def _tell(constant: bool, pearson: float) -> None:
    if constant:
        say("the predictions are constant: residuals are distances from the mean")
    elif pearson < 0:
        say("the predictions point the wrong way: their correlation with the observed values is negative")


RESIDUAL_COMMANDS = (
    Command(
        "residuals",
        "compare what a model does not explain between groups of genes",
        _EPILOG,
        _arguments,
        _run,
    ),
)
