"""Reading gene quantifications of RSEM, as ENCODE serves them."""

from __future__ import annotations

import os
import re

import numpy as np
import pandas as pd

from xpresso_core.errors import InputError
from xpresso_core.files import open_text

_GENE = r"([A-Z]+\d{11})(?:\.\d+)?"
_LEFT_OUT = {
    "spike-ins": re.compile(r"(?:gSpikein_|ERCC-).*"),
    "tRNAs (numbers)": re.compile(r"\d+"),
    "copies of pseudoautosomal genes on Y": re.compile(rf"{_GENE}_PAR_Y|ENSGR\d+(?:\.\d+)?"),
    "others": re.compile(r".*"),
}
"""What rows of other things than genes are, by the first pattern that their identifier fits."""


def read_rsem(path: str | os.PathLike[str]) -> pd.Series[float]:
    """Read the FPKM of the genes in a table of RSEM.

    Parameters
    ----------
    path
        Tab-separated, with the columns ``gene_id`` and ``FPKM`` anywhere: plain, gzip or bgzip.

    Returns
    -------
    pandas.Series
        float64 [gene], called ``FPKM``, by `gene_id` without version, in the order of the file. Identifiers
        are in the shape of Ensembl's: capital letters and eleven digits. ``attrs["cases"]`` counts the rows
        left out, as a list of ``(case, count)``: spike-ins, tRNAs (which have numbers for ids), copies of
        pseudoautosomal genes on Y (which the paper leaves out), and others.

    Raises
    ------
    InputError
        If a column is missing, no row is a gene, a gene is there twice, or a value is missing, negative or
        not a number.
    """
    table = _read_rsem_columns(path)
    ids = table["gene_id"].str.strip()
    genes = ids.str.extract(f"^{_GENE}$", expand=False)
    kept = genes.notna()
    values = pd.to_numeric(table["FPKM"], errors="coerce")[kept].to_numpy(dtype=np.float64)
    bad = np.flatnonzero(~(np.isfinite(values) & (values >= 0)))
    if len(bad):
        gene, text = ids[kept].iloc[bad[0]], table.loc[kept, "FPKM"].iloc[bad[0]]
        what = f"the FPKM {text!r} is not a number that is not negative"
        raise InputError(what, where=f"{path}, gene {gene!r}", remedy="Fetch the file again")
    index = pd.Index(genes[kept], name="gene_id")
    if index.empty:
        what = f"none of its {len(ids)} rows has the identifier of a gene in the shape of Ensembl's"
        raise InputError(what, where=str(path), remedy="Give gene quantifications of ENCODE")
    if not index.is_unique:
        where = f"{path}, gene {index[index.duplicated()][0]!r}"
        what = "the gene is there twice, or in two versions"
        raise InputError(what, where=where, remedy="Check the file")
    found = pd.Series(values, index=index, name="FPKM")
    found.attrs["cases"] = _left_out(ids[~kept])
    return found


def _read_rsem_columns(path: str | os.PathLike[str]) -> pd.DataFrame:
    try:
        with open_text(path) as handle:
            return pd.read_csv(
                handle, sep="\t", usecols=["gene_id", "FPKM"], dtype=str, keep_default_na=False
            )
    except (pd.errors.ParserError, pd.errors.EmptyDataError, ValueError) as error:
        what = f"is no table of RSEM with the columns gene_id and FPKM ({' '.join(str(error).split())})"
        raise InputError(what, where=str(path), remedy="Give gene quantifications of ENCODE") from error


def _left_out(ids: pd.Series[str]) -> list[tuple[str, int]]:
    """Count what is left out, by kind."""
    cases = []
    for case, pattern in _LEFT_OUT.items():
        of_kind = ids.str.fullmatch(pattern)
        cases.append((case, int(of_kind.sum())))
        ids = ids[~of_kind]
    return cases
