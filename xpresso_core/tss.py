"""Moving annotated transcription start sites (TSSs) to the main CAGE peak of each gene."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

import pandas as pd
import pyBigWig

from xpresso_core.errors import InputError
from xpresso_core.files import open_binary, open_text, read_table
from xpresso_core.genome import canonical_name
from xpresso_core.identifiers import strip_version

_BIGBED_MAGIC = {bytes.fromhex("8789f2eb"), bytes.fromhex("ebf28987")}
_RANKED_NAME = re.compile(r"p(\d+)@(.+)")
_SYNONYM = 2
WAYS = ("gene name", "official name", "synonym")
"""How a CAGE peak's name can belong to a gene, the best first."""


class Recentred(NamedTuple):
    """Genes with their TSSs moved, and how each peak was found.

    Attributes
    ----------
    genes
        The genes in their order, with new ``tss`` and ``tss_source`` (``cage`` or ``annotation``).
    matches
        ``gene_id symbol way shift``, one row per moved gene: the name that led to the peak, how it belongs
        to the gene (one of `WAYS`), and the bases from the annotated TSS to the peak, positive downstream.
    """

    genes: pd.DataFrame
    matches: pd.DataFrame

    def counts(self) -> dict[str, int]:
        """Return the number of genes by where their TSS comes from."""
        ways = Counter(self.matches["way"])
        found = {f"CAGE peak by {way}": ways[way] for way in WAYS}
        return {**found, "annotation": len(self.genes) - len(self.matches)}


def read_cage_peaks(path: str | os.PathLike[str]) -> pd.DataFrame:
    """Read CAGE peaks with names as FANTOM5 gives them, such as ``p1@TP53`` or ``p1@A,p3@B``.

    Parameters
    ----------
    path
        bigBed, or BED (plain, gzip, bgzip), with at least eight columns; `thickStart` is the representative
        position of the peak.

    Returns
    -------
    pandas.DataFrame
        ``chrom tss strand rank symbol``, one row for each name of each peak: `tss` is the 0-based
        representative position (int64), `rank` the number behind the ``p``. Peaks named by a position
        (``p@chr1:...``) are left out: they belong to no gene.

    Raises
    ------
    InputError
        If the file cannot be read, a line is malformed, or no peak is named like ``p1@GENE``.
    """
    lines = _bigbed_rows(path) if _is_bigbed(path) else _bed_rows(path)
    rows = [row for where, fields in lines for row in _named_peaks(fields, where)]
    if not rows:
        what = "no peak has a name like p1@GENE"
        raise InputError(what, where=str(path), remedy="Give the peaks with FANTOM5's descriptive names")
    return pd.DataFrame(rows, columns=["chrom", "tss", "strand", "rank", "symbol"])


def read_gene_names(path: str | os.PathLike[str]) -> pd.DataFrame:
    """Read a table of gene names for `recentre`.

    Parameters
    ----------
    path
        TSV with `gene_id` and `gene_name`, and optionally `synonyms` separated by ``|``.

    Returns
    -------
    pandas.DataFrame
        ``gene_id gene_name synonyms`` as text; missing ones are "".

    Raises
    ------
    InputError
        If the file or one of its two required columns is missing.
    """
    text = {"gene_id": str, "gene_name": str, "synonyms": str}
    table = read_table(path, columns=["gene_id", "gene_name"], dtype=text).fillna("")
    table["gene_id"] = table["gene_id"].map(strip_version)
    if "synonyms" not in table:
        table["synonyms"] = ""
    return table[["gene_id", "gene_name", "synonyms"]]


def recentre(
    genes: pd.DataFrame,
    peaks: pd.DataFrame,
    names: pd.DataFrame | None = None,
    *,
    max_distance: int | None = None,
) -> Recentred:
    """Move each gene's TSS to its best CAGE peak, the one named ``p1@`` and a name of the gene.

    From the paper's STAR methods, "Collecting Promoter Sequences and mRNA Half-life Features". A peak counts
    only on the chromosome and strand of the gene. The gene's own name goes before the name that `names` gives
    it, and that before its synonyms. Of several peaks the nearest to the annotated TSS is taken, and of
    several genes of one name the nearest to the peak. A synonym is not used if it is another gene's name, or
    if several genes that have it fit a peak.

    Parameters
    ----------
    genes
        With ``gene_id gene_name chrom strand tss``.
    peaks
        From `read_cage_peaks`.
    names
        From `read_gene_names`.
    max_distance
        Ignore peaks farther from the annotated TSS, in bases. None, as in the paper, has no limit:
        even peaks 100 kb away agree mostly with the paper's, being those of another transcript.

    Returns
    -------
    Recentred
        The genes, and the matches.
    """
    claims = _claims(genes, _names_of_genes(genes, names), peaks)
    peak = ["symbol", "chrom", "tss", "strand"]
    rivals = claims.groupby(peak)["gene_id"].transform("nunique")
    claims = claims[(claims["way"] != _SYNONYM) | (rivals == 1)]
    if max_distance is not None:
        claims = claims[claims["distance"] <= max_distance]
    claims = claims.sort_values(["distance", "gene_id"]).drop_duplicates(peak)
    claims = claims.sort_values(["gene_id", "way", "distance", "tss"]).drop_duplicates("gene_id")
    return _move(genes, claims.set_index("gene_id"))


def _claims(genes: pd.DataFrame, names: pd.DataFrame, peaks: pd.DataFrame) -> pd.DataFrame:
    """Pair genes with the first peaks of their names on their own chromosome and strand."""
    first = peaks.loc[peaks["rank"] == 1, ["symbol", "chrom", "tss", "strand"]].drop_duplicates()
    place = genes[["gene_id", "chrom", "strand", "tss"]].rename(columns={"tss": "annotated"})
    place["chrom"], first["chrom"] = place["chrom"].map(canonical_name), first["chrom"].map(canonical_name)
    claims = names.merge(place, on="gene_id").merge(first, on=["symbol", "chrom", "strand"])
    return claims.assign(distance=(claims["tss"] - claims["annotated"]).abs())


def _names_of_genes(genes: pd.DataFrame, names: pd.DataFrame | None) -> pd.DataFrame:
    """List each gene's names as ``gene_id symbol way``, without those that are another gene's by right."""
    own = genes[["gene_id", "gene_name"]].rename(columns={"gene_name": "symbol"})
    if names is None:
        return own.assign(way=0)
    official = names[["gene_id", "gene_name"]].rename(columns={"gene_name": "symbol"})
    synonyms = names[["gene_id", "synonyms"]].rename(columns={"synonyms": "symbol"})
    synonyms = synonyms.assign(symbol=synonyms["symbol"].str.split("|")).explode("symbol")
    synonyms["symbol"] = synonyms["symbol"].str.strip()
    official = official[~_of_another(official, own)]
    synonyms = synonyms[~_of_another(synonyms, pd.concat([own, official]))]
    listed = pd.concat([own.assign(way=0), official.assign(way=1), synonyms.assign(way=_SYNONYM)])
    listed = listed[(listed["symbol"] != "") & listed["gene_id"].isin(genes["gene_id"])]
    return listed.drop_duplicates(["gene_id", "symbol"])


def _of_another(names: pd.DataFrame, better: pd.DataFrame) -> pd.Series[bool]:
    """Tell which names belong to another gene, and not to their own, in a better list."""
    mine = pd.MultiIndex.from_frame(better[["gene_id", "symbol"]])
    here = pd.MultiIndex.from_frame(names[["gene_id", "symbol"]])
    return names["symbol"].isin(better["symbol"]) & ~here.isin(mine)


def _move(genes: pd.DataFrame, best: pd.DataFrame) -> Recentred:
    """Put the genes' TSSs onto their best peaks, given by gene_id."""
    found = genes["gene_id"].isin(best.index)
    moved = genes.copy()
    moved.loc[found, "tss"] = best.loc[genes.loc[found, "gene_id"], "tss"].to_numpy(moved["tss"].dtype)
    moved["tss_source"] = found.map({True: "cage", False: "annotation"})
    shift = (moved["tss"] - genes["tss"]).where(genes["strand"] == "+", genes["tss"] - moved["tss"])
    matches = genes.loc[found, ["gene_id"]].assign(shift=shift[found])
    matches = matches.join(best[["symbol", "way"]], on="gene_id")
    matches["way"] = matches["way"].map(dict(enumerate(WAYS)))
    return Recentred(moved, matches[["gene_id", "symbol", "way", "shift"]].reset_index(drop=True))


def _is_bigbed(path: str | os.PathLike[str]) -> bool:
    with open_binary(path) as handle:
        return handle.read(4) in _BIGBED_MAGIC


def _bigbed_rows(path: str | os.PathLike[str]) -> Iterator[tuple[str, list[str]]]:
    """Yield where each peak stands, and its columns as in a BED file."""
    with pyBigWig.open(str(path)) as bigbed:
        for chromosome, size in bigbed.chroms().items():
            for start, end, rest in bigbed.entries(chromosome, 0, size) or ():
                yield (
                    f"{path}, {chromosome}:{start}-{end}",
                    [chromosome, str(start), str(end), *rest.split("\t")],
                )


def _bed_rows(path: str | os.PathLike[str]) -> Iterator[tuple[str, list[str]]]:
    with open_text(path) as handle:
        for number, line in enumerate(handle, 1):
            if line.strip() and not line.startswith(("#", "track", "browser")):
                yield f"{path}, line {number}", line.rstrip("\r\n").split("\t")


def _named_peaks(fields: list[str], where: str) -> Iterator[tuple[str, int, str, int, str]]:
    """Yield ``chrom tss strand rank symbol`` for each name of one peak."""
    if len(fields) < 8 or fields[5] not in {"+", "-"} or not fields[6].isdecimal():
        what = "the peak has no strand in column 6 or no representative position in column 7 (thickStart)"
        raise InputError(what, where=where, remedy="Give CAGE peaks as BED9 or bigBed, as FANTOM5 does")
    for name in fields[3].split(","):
        if found := _RANKED_NAME.fullmatch(name.strip()):
            yield fields[0], int(fields[6]), fields[5], int(found[1]), found[2]
