"""From Entrez gene ids to Ensembl gene ids, where that is beyond doubt."""

from __future__ import annotations

from typing import NamedTuple

import pandas as pd

from xpresso_core.errors import InputError
from xpresso_core.gene_names import SEPARATOR

WITHOUT_GENE = "Entrez id without an Ensembl gene"
SEVERAL_GENES = "Entrez id of several Ensembl genes"
SEVERAL_IDS = "Ensembl gene of several Entrez ids"
DIFFERENT_ROWS = "Entrez id in several rows with different values"
REPEATED_ROWS = "repeated row of an Entrez id, with the same value"
LOSSES = (WITHOUT_GENE, SEVERAL_GENES, SEVERAL_IDS, DIFFERENT_ROWS, REPEATED_ROWS)
"""Why a row is left out, in the order in which the reasons are looked for."""


class Converted(NamedTuple):
    """Rows under their Ensembl ids, and the losses.

    Attributes
    ----------
    table
        The rows that are left, with Ensembl ids as `gene_id`, each one once.
    cases
        ``(case, count)`` for each of `LOSSES`; with the rows left they add up to all rows.
    """

    table: pd.DataFrame
    cases: list[tuple[str, int]]


def to_ensembl(table: pd.DataFrame, gene_names: pd.DataFrame) -> Converted:
    """Replace Entrez ids, where one of them and one Ensembl gene belong to each other alone.

    Parameters
    ----------
    table
        With the Entrez ids as `gene_id` (text), and a `value`.
    gene_names
        From `gene_names.read_gene_names`: ``gene_id entrez_id``, several ids of a gene between ``|``.

    Returns
    -------
    Converted
        The rows left, in their order, and the losses.

    Raises
    ------
    InputError
        If the names hold no Entrez ids, or no row is left.
    """
    pairs = gene_names[["gene_id", "entrez_id"]]
    pairs = pairs.assign(entrez_id=pairs["entrez_id"].str.split(SEPARATOR, regex=False)).explode("entrez_id")
    pairs = pairs[pairs["entrez_id"] != ""].drop_duplicates()
    if pairs.empty:
        what = "the table holds no Entrez ids"
        remedy = "Give files with them, such as HGNC's complete set or MGI_Gene_Model_Coord.rpt"
        raise InputError(what, where="gene names", remedy=remedy)
    losses = _losses(table, pairs)
    kept = table[losses == ""]
    if kept.empty:
        what = f"none of the {len(table)} Entrez ids, like {table['gene_id'].iloc[0]}, has one Ensembl gene"
        raise InputError(what, where="Entrez ids", remedy="Give the gene names of the same species")
    genes = kept["gene_id"].map(pairs.drop_duplicates("entrez_id").set_index("entrez_id")["gene_id"])
    cases = [(case, int((losses == case).sum())) for case in LOSSES]
    return Converted(kept.assign(gene_id=genes).reset_index(drop=True), cases)


def _losses(table: pd.DataFrame, pairs: pd.DataFrame) -> pd.Series[str]:
    """Say for each row why it is left out: one of `LOSSES`, or "" for the rows to keep."""
    ids = table["gene_id"]
    genes_of_id = pairs.groupby("entrez_id")["gene_id"].nunique()
    ids_of_gene = pairs.groupby("gene_id")["entrez_id"].nunique()
    crowded = pairs.loc[pairs["gene_id"].map(ids_of_gene) > 1, "entrez_id"]
    values_of_id = table.groupby("gene_id")["value"].nunique()
    reasons = {
        WITHOUT_GENE: ~ids.isin(genes_of_id.index),
        SEVERAL_GENES: ids.isin(genes_of_id.index[genes_of_id > 1]),
        SEVERAL_IDS: ids.isin(crowded),
        DIFFERENT_ROWS: ids.isin(values_of_id.index[values_of_id > 1]),
        REPEATED_ROWS: ids.duplicated(),
    }
    losses = pd.Series("", index=table.index)
    for loss in LOSSES:
        losses[(losses == "") & reasons[loss]] = loss
    return losses
