"""Moving annotated transcription start sites (TSSs) to the main CAGE peak of each gene."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from enum import IntEnum
from typing import NamedTuple

import pandas as pd
import pyBigWig

from xpresso_core.errors import InputError
from xpresso_core.files import open_binary, open_text
from xpresso_core.genome import canonical_name

_BIGBED_MAGIC = {bytes.fromhex("8789f2eb"), bytes.fromhex("ebf28987")}
_RANKED_NAME = re.compile(r"p(\d+)@(.+)")
WAYS = ("gene name", "official name", "previous name", "synonym")
"""How a CAGE peak's name can belong to a gene, the best first."""

CASE_COLUMNS = ["case", "unit", "count", "example"]
"""Columns of `Recentred.cases`."""

_PREVIOUS = WAYS.index("previous name")


class _Stage(IntEnum):
    """How far a gene and a peak of one of its names get towards each other."""

    NO_PAIR = 0
    NAME_OF_ANOTHER = 1
    ELSEWHERE = 2
    NAME_OF_ANOTHER_HERE = 3
    AMBIGUOUS = 4
    FAR = 5
    NEARER_GENE = 6
    NEARER_PEAK = 7
    BETTER_NAME = 8
    USED = 9


_GENE_CASES: dict[int, str] = {
    **{_Stage.USED + way: f"re-centred by {name}" for way, name in enumerate(WAYS)},
    _Stage.NO_PAIR: "annotated site: no peak under any of its names",
    _Stage.ELSEWHERE: "annotated site: peak only on another chromosome or strand",
    _Stage.AMBIGUOUS: "annotated site: peak only under an ambiguous name",
    _Stage.FAR: "annotated site: peak only farther than the limit",
    _Stage.NEARER_GENE: "annotated site: peak nearer to another gene of the same name",
}
_NAME_CASES = {
    _Stage.USED: "used",
    _Stage.NO_PAIR: "name of no gene of the annotation",
    _Stage.ELSEWHERE: "on another chromosome or strand than its gene",
    _Stage.AMBIGUOUS: "ambiguous: a previous name or synonym of several genes",
    _Stage.NAME_OF_ANOTHER: "belongs by current name to another gene",
    _Stage.NAME_OF_ANOTHER_HERE: "belongs by current name to another gene",
    _Stage.FAR: "farther from its gene than the limit",
    _Stage.NEARER_PEAK: "lost to a nearer peak of the same gene",
    _Stage.BETTER_NAME: "lost to a peak under a better name of the same gene",
}
_SHARED = "shared: taken by several genes"
_CASES = pd.MultiIndex.from_tuples(
    [
        *(("genes", case) for case in _GENE_CASES.values()),
        *(("peak names", case) for case in dict.fromkeys(_NAME_CASES.values())),
        ("peaks", _SHARED),
    ],
    names=["unit", "case"],
)


class Recentred(NamedTuple):
    """Genes with their TSSs moved, and how each peak was found.

    Attributes
    ----------
    genes
        The genes in their order, with new ``tss`` and ``tss_source`` (``cage`` or ``annotation``).
    matches
        ``gene_id symbol way shift``, one row per moved gene: the name that led to the peak, how it belongs
        to the gene (one of `WAYS`), and the bases from the annotated TSS to the peak, positive downstream.
    outcomes
        ``unit name case``: what became of every gene, of every name of a first peak (``p1@NAME``), and of
        the peaks that several genes share.
    """

    genes: pd.DataFrame
    matches: pd.DataFrame
    outcomes: pd.DataFrame

    def cases(self) -> pd.DataFrame:
        """Count the outcomes.

        Returns
        -------
        pandas.DataFrame
            ``case unit count example``, all cases in a fixed order. Those of the unit ``genes`` add up to all
            genes, those of ``peak names`` to all names of first peaks; ``peaks`` stands apart. `example` is
            the first name of a case in alphabetical order, "" where there is none.
        """
        counted = self.outcomes.groupby(["unit", "case"])["name"].agg(count="size", example="min")
        table = counted.reindex(_CASES).reset_index()
        table = table.assign(count=table["count"].fillna(0).astype(int), example=table["example"].fillna(""))
        return table[CASE_COLUMNS]


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
    it, that before its previous names, and these before its synonyms. Of several peaks the nearest to the
    annotated TSS is taken, and of several genes of one name the nearest to the peak; a peak with the names of
    several genes serves them all. A previous name or synonym is not used if it is another gene's current
    name, or if it is one of several genes that fit the peak.

    Parameters
    ----------
    genes
        With ``gene_id gene_name chrom strand tss``.
    peaks
        From `read_cage_peaks`.
    names
        From `gene_names.read_gene_names`; ``previous`` may be missing.
    max_distance
        Ignore peaks farther from the annotated TSS, in bases. None, as in the paper, has no limit:
        even peaks 100 kb away agree mostly with the paper's, being those of another transcript.

    Returns
    -------
    Recentred
        The genes, the matches, and what became of all genes and peaks.
    """
    first = peaks.loc[peaks["rank"] == 1, ["symbol", "chrom", "tss", "strand"]]
    first = first.assign(chrom=first["chrom"].map(canonical_name)).drop_duplicates(ignore_index=True)
    pairs = _pairs(genes, _names_of_genes(genes, names), first.rename_axis("peak").reset_index())
    pairs = pairs.assign(stage=_stages(pairs, max_distance))
    used = pairs[pairs["stage"] == _Stage.USED].set_index("gene_id")
    outcomes = [_gene_outcomes(genes, pairs, used), _name_outcomes(first, pairs), _shared_peaks(used)]
    return Recentred(*_move(genes, used), pd.concat(outcomes, ignore_index=True))


def _names_of_genes(genes: pd.DataFrame, names: pd.DataFrame | None) -> pd.DataFrame:
    """List each gene's names as ``gene_id symbol way of_another``; the last tells if it is not to be used."""
    own = genes[["gene_id", "gene_name"]].set_axis(["gene_id", "symbol"], axis=1)
    own = own.assign(way=0, of_another=False)
    if names is None:
        return own[own["symbol"] != ""]
    official = names[["gene_id", "gene_name"]].set_axis(["gene_id", "symbol"], axis=1).assign(way=1)
    official = official.assign(of_another=_of_another(official, own))
    current = pd.concat([own, official[~official["of_another"]]])
    listed = [own, official]
    for way, column in enumerate(("previous", "synonyms"), _PREVIOUS):
        if column in names:
            old = names[["gene_id", column]].set_axis(["gene_id", "symbol"], axis=1)
            old = old.assign(symbol=old["symbol"].str.split("|"), way=way).explode("symbol")
            old["symbol"] = old["symbol"].str.strip()
            listed.append(old.assign(of_another=_of_another(old, current)))
    table = pd.concat(listed)
    table = table[(table["symbol"] != "") & table["gene_id"].isin(genes["gene_id"])]
    return table.drop_duplicates(["gene_id", "symbol"])


def _of_another(names: pd.DataFrame, better: pd.DataFrame) -> pd.Series[bool]:
    """Tell which names belong to another gene, and not to their own, in a better list."""
    mine = pd.MultiIndex.from_frame(better[["gene_id", "symbol"]])
    here = pd.MultiIndex.from_frame(names[["gene_id", "symbol"]])
    return names["symbol"].isin(better["symbol"]) & ~here.isin(mine)


def _pairs(genes: pd.DataFrame, names: pd.DataFrame, first: pd.DataFrame) -> pd.DataFrame:
    """Pair genes with the first peaks of their names, wherever these lie."""
    place = genes[["gene_id", "chrom", "strand", "tss"]].rename(columns={"tss": "annotated"})
    place = place.assign(chrom=place["chrom"].map(canonical_name))
    pairs = names.merge(first, on="symbol").merge(place, on="gene_id", suffixes=("", "_gene"))
    here = (pairs["chrom"] == pairs["chrom_gene"]) & (pairs["strand"] == pairs["strand_gene"])
    return pairs.assign(here=here, distance=(pairs["tss"] - pairs["annotated"]).abs())


def _stages(pairs: pd.DataFrame, max_distance: int | None) -> pd.Series[int]:
    """Tell how far each pair gets."""
    blocked = {False: int(_Stage.NAME_OF_ANOTHER), True: int(_Stage.NAME_OF_ANOTHER_HERE)}
    stages = pairs["here"].map(blocked)
    left = pairs[~pairs["of_another"]]
    stages[left.index] = _Stage.ELSEWHERE
    left = left[left["here"]]
    stages[left.index] = _Stage.AMBIGUOUS
    rivals = left.groupby("peak")["gene_id"].transform("nunique")
    left = left[(left["way"] < _PREVIOUS) | (rivals == 1)]
    stages[left.index] = _Stage.FAR
    if max_distance is not None:
        left = left[left["distance"] <= max_distance]
    stages[left.index] = _Stage.NEARER_GENE
    left = left.sort_values(["distance", "gene_id"]).drop_duplicates("peak")
    best = left.sort_values(["gene_id", "way", "distance", "tss", "symbol"]).drop_duplicates("gene_id")
    better = left["way"] > left["gene_id"].map(best.set_index("gene_id")["way"])
    stages[left.index] = better.map({False: int(_Stage.NEARER_PEAK), True: int(_Stage.BETTER_NAME)})
    stages[best.index] = _Stage.USED
    return stages


def _gene_outcomes(genes: pd.DataFrame, pairs: pd.DataFrame, used: pd.DataFrame) -> pd.DataFrame:
    furthest = pairs[~pairs["of_another"]].groupby("gene_id")["stage"].max()
    stages = genes["gene_id"].map(furthest).fillna(_Stage.NO_PAIR)
    stages = stages.where(stages != _Stage.USED, _Stage.USED + genes["gene_id"].map(used["way"]))
    name = genes["gene_name"].where(genes["gene_name"] != "", genes["gene_id"])
    return pd.DataFrame({"unit": "genes", "name": name, "case": stages.map(_GENE_CASES)})


def _name_outcomes(first: pd.DataFrame, pairs: pd.DataFrame) -> pd.DataFrame:
    stages = pairs.groupby("peak")["stage"].max().reindex(first.index, fill_value=_Stage.NO_PAIR)
    return pd.DataFrame({"unit": "peak names", "name": first["symbol"], "case": stages.map(_NAME_CASES)})


def _shared_peaks(used: pd.DataFrame) -> pd.DataFrame:
    shared = used.groupby(["chrom", "tss", "strand"])["symbol"].agg(["size", "min"])
    names = shared.loc[shared["size"] > 1, "min"]
    return pd.DataFrame({"unit": "peaks", "name": names, "case": _SHARED})


def _move(genes: pd.DataFrame, best: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Put the genes' TSSs onto their best peaks, given by gene_id; return the genes and the matches."""
    found = genes["gene_id"].isin(best.index)
    moved = genes.copy()
    moved.loc[found, "tss"] = best.loc[genes.loc[found, "gene_id"], "tss"].to_numpy(moved["tss"].dtype)
    moved["tss_source"] = found.map({True: "cage", False: "annotation"})
    shift = (moved["tss"] - genes["tss"]).where(genes["strand"] == "+", genes["tss"] - moved["tss"])
    matches = genes.loc[found, ["gene_id"]].assign(shift=shift[found])
    matches = matches.join(best[["symbol", "way"]], on="gene_id")
    matches["way"] = matches["way"].map(dict(enumerate(WAYS)))
    return moved, matches[["gene_id", "symbol", "way", "shift"]].reset_index(drop=True)


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
