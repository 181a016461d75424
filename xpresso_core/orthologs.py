"""Orthologs of two species: which gene is the counterpart of which."""

from __future__ import annotations

import os
import re
from typing import NamedTuple

import pandas as pd

from xpresso_core.errors import InputError
from xpresso_core.files import open_text
from xpresso_core.identifiers import strip_version

ONE_TO_ONE = "ortholog_one2one"
COLUMNS = ["gene_id", "ortholog_id", "kind"]

_GENE = "gene stable id"
_ORTHOLOG = re.compile(r"(.+) gene stable id")
_KIND = "{} homology type"


class OneToOne(NamedTuple):
    """The one-to-one orthologs.

    Attributes
    ----------
    pairs
        ``gene_id ortholog_id``; no gene is in more than one pair.
    cases
        ``case count``: all rows, those left out, each by its first reason, and the pairs kept.
    """

    pairs: pd.DataFrame
    cases: pd.DataFrame


def read_orthologs(path: str | os.PathLike[str]) -> pd.DataFrame:
    """Read a table of orthologs.

    Parameters
    ----------
    path
        An export of Ensembl's BioMart with the columns ``Gene stable ID``, ``Mouse gene stable ID`` and
        ``Mouse homology type``, or those of another species, among any others; or three columns without a
        header, as in the paper's repository: gene, ortholog, kind. Plain, gzip or bgzip.

    Returns
    -------
    pandas.DataFrame
        ``gene_id ortholog_id kind`` as text without versions, one row per row of the file; a gene without
        ortholog has "" for the last two.

    Raises
    ------
    InputError
        If the table has no rows or not these columns, or orthologs of more than one species.
    """
    with open_text(path) as handle:
        first = handle.readline().rstrip("\r\n").split("\t")
    places, titled = _places(first, str(path))
    try:
        with open_text(path) as handle:
            table = pd.read_csv(
                handle,
                sep="\t",
                header=None,
                skiprows=int(titled),
                usecols=places,
                dtype=str,
                keep_default_na=False,
            )
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        what = f"is not a tab-separated table with rows ({' '.join(str(error).split())})"
        raise InputError(what, where=str(path), remedy="Export it from BioMart again") from error
    columns = [table[place].fillna("").str.strip() for place in places]
    pairs = pd.DataFrame(dict(zip(COLUMNS, columns, strict=True)))
    return pairs.assign(**{name: pairs[name].map(strip_version) for name in COLUMNS[:2]})


def one_to_one(pairs: pd.DataFrame) -> OneToOne:
    """Keep the pairs that Ensembl calls one-to-one and that are so in the table, in both directions.

    Parameters
    ----------
    pairs
        From `read_orthologs`.

    Returns
    -------
    OneToOne
        The pairs in their order, and the cases.

    Raises
    ------
    InputError
        If no pair is left.
    """
    pair = COLUMNS[:2]
    left, counts = pairs, [("rows of the table", len(pairs))]
    for case, fails in (
        ("gene without an ortholog", pairs["ortholog_id"] == ""),
        ("row without a gene", pairs["gene_id"] == ""),
        ("repeated row", pairs.duplicated()),
        ("another kind than one-to-one", pairs["kind"] != ONE_TO_ONE),
    ):
        counts.append((case, int(fails[left.index].sum())))
        left = left[~fails[left.index]]
    several, shared = (left.duplicated(name, keep=False) for name in pair)
    counts.append(("one-to-one, but the gene has several orthologs", int(several.sum())))
    counts.append(("one-to-one, but the ortholog has several genes", int((shared & ~several).sum())))
    left = left.loc[~(several | shared), pair]
    counts.append(("pairs kept", len(left)))
    if left.empty:
        what = f"none of the {len(pairs)} rows is a pair of one-to-one orthologs ({ONE_TO_ONE})"
        raise InputError(what, where="orthologs", remedy="Export them from BioMart with their homology type")
    return OneToOne(left.reset_index(drop=True), pd.DataFrame(counts, columns=["case", "count"]))


def _places(first: list[str], path: str) -> tuple[list[int], bool]:
    """Find the three columns; also say whether the first line is a header."""
    header = [name.strip().lower() for name in first]
    if _GENE not in header:
        if len(first) == len(COLUMNS) and first[2].startswith("ortholog_"):
            return [0, 1, 2], False
        what = "there is no column 'Gene stable ID'"
        remedy = f"Export it from BioMart, or give three columns without a header: {', '.join(COLUMNS)}"
        raise InputError(what, where=f"{path}, line 1", remedy=remedy)
    species = [found[1] for name in header if (found := _ORTHOLOG.fullmatch(name))]
    species = [name for name in species if _KIND.format(name) in header]
    if len(species) != 1:
        many = (
            f"orthologs of {len(species)} species"
            if species
            else "no column '... gene stable ID' with its type"
        )
        what = f"the table has {many}"
        remedy = "Export the columns 'Mouse gene stable ID' and 'Mouse homology type', of one species alone"
        raise InputError(what, where=f"{path}, line 1", remedy=remedy)
    wanted = (_GENE, f"{species[0]} gene stable id", _KIND.format(species[0]))
    return [header.index(name) for name in wanted], True
