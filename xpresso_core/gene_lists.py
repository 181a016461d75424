"""Lists of genes by symbol or identifier, and which genes they mean."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable

import pandas as pd

from xpresso_core.errors import InputError
from xpresso_core.files import open_text
from xpresso_core.gene_names import SEPARATOR
from xpresso_core.identifiers import strip_version

CASES = ("identifier", "name", "official name", "previous name", "synonym")
"""By what an entry is found, the surest first."""

AMBIGUOUS, UNKNOWN = "several genes", "unknown"
"""Why an entry is not: it is a former name or synonym of several genes, or of none."""


def read_gene_list(path: str | os.PathLike[str]) -> list[str]:
    """Read a list of genes: one symbol or identifier at the start of each line.

    Parameters
    ----------
    path
        Text: plain, gzip, bgzip or zip. What follows a tab is not read; empty lines and what follows a ``#`` are
        passed over.

    Returns
    -------
    list of str
        Each entry once, in the order of the file.

    Raises
    ------
    InputError
        If the file cannot be read or holds no entry.
    """
    with open_text(path) as handle:
        entries = [line.partition("#")[0].partition("\t")[0].strip() for line in handle]
    found = list(dict.fromkeys(entry for entry in entries if entry))
    if not found:
        what = "the list holds no gene"
        raise InputError(what, where=str(path), remedy="Give one symbol or identifier a line")
    return found


class GeneFinder:
    """Finds genes by identifier, name, former name or synonym, in this order of trust.

    A name that several genes carry now means all of them, as in the original, which joins by name. A former name counts
    only where it is one gene's and no gene's current name, a synonym only where it is one gene's and nothing better.

    Parameters
    ----------
    genes
        ``gene_id gene_name`` of the annotation; None where there is none.
    names
        From `gene_names.read_gene_names`; None where there is none.
    ignore_case
        Take ``Sox2`` for ``SOX2``: for lists of a related species whose symbols differ in case only.
    """

    def __init__(
        self, genes: pd.DataFrame | None, names: pd.DataFrame | None, *, ignore_case: bool = False
    ) -> None:
        self._ignore_case = ignore_case
        listed = []
        for case, table, column in (
            ("identifier", genes, "gene_id"),
            ("identifier", names, "gene_id"),
            ("name", genes, "gene_name"),
            ("official name", names, "gene_name"),
            ("previous name", names, "previous"),
            ("synonym", names, "synonyms"),
        ):
            if table is not None and column in table:
                entries = table[column].fillna("").astype(str).str.split(SEPARATOR, regex=False)
                listed.append(pd.DataFrame({"gene_id": table["gene_id"], "entry": entries, "case": case}))
        self._levels = _by_case(listed, self._spelling)

    def _spelling(self, entry: str) -> str:
        return strip_version(entry.strip().upper() if self._ignore_case else entry.strip())

    def find(self, entries: Iterable[str]) -> pd.DataFrame:
        """Say which genes some entries mean.

        Returns
        -------
        pandas.DataFrame
            ``entry case gene_id`` as text, a row for each entry and gene: `case` is one of `CASES`, or `AMBIGUOUS` or
            `UNKNOWN` with an empty gene_id.
        """
        rows = [(entry, case, gene) for entry in entries for case, gene in self._meant(self._spelling(entry))]
        return pd.DataFrame(rows, columns=["entry", "case", "gene_id"], dtype=str)

    def _meant(self, entry: str) -> list[tuple[str, str]]:
        for case, genes in self._levels.items():
            if entry in genes:
                meant = genes[entry]
                if len(meant) > 1 and case in ("previous name", "synonym"):
                    return [(AMBIGUOUS, "")]
                return [(case, gene) for gene in meant]
        return [(UNKNOWN, "")]


def _by_case(listed: list[pd.DataFrame], spelling: Callable[[str], str]) -> dict[str, dict[str, list[str]]]:
    """Return, for each case in the order of `CASES`, the genes of each entry, sorted."""
    levels: dict[str, dict[str, list[str]]] = {case: {} for case in CASES}
    if not listed:
        return levels
    table = pd.concat(listed, ignore_index=True).explode("entry")
    table = table.assign(entry=table["entry"].map(spelling))
    table = table[table["entry"] != ""].drop_duplicates().sort_values("gene_id")
    for gene, entry, case in table[["gene_id", "entry", "case"]].itertuples(index=False, name=None):
        levels[case].setdefault(entry, []).append(gene)
    return levels


def names_of(genes: pd.DataFrame | None, names: pd.DataFrame | None) -> dict[str, str]:
    """Return the name of each gene that has one: the annotation's, or else that of the table of names."""
    found: dict[str, str] = {}
    for table in (names, genes):
        if table is not None:
            known = table.loc[table["gene_name"].fillna("") != "", ["gene_id", "gene_name"]]
            found |= dict(zip(known["gene_id"], known["gene_name"], strict=True))
    return found
