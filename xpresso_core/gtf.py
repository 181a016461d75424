"""Reading GTF files of any of their dialects into one lean table of protein-coding genes."""

from __future__ import annotations

import os
import re
from array import array
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from xpresso_core.errors import InputError
from xpresso_core.files import open_text
from xpresso_core.identifiers import strip_version

_SPELLINGS = {
    "gene": "gene",
    "transcript": "transcript",
    "exon": "exon",
    "CDS": "CDS",
    "stop_codon": "stop_codon",
    "five_prime_utr": "five_prime_utr",
    "five_prime_UTR": "five_prime_utr",
    "5UTR": "five_prime_utr",
    "three_prime_utr": "three_prime_utr",
    "three_prime_UTR": "three_prime_utr",
    "3UTR": "three_prime_utr",
}
FEATURES = tuple(dict.fromkeys(_SPELLINGS.values()))
"""The kinds of rows that are read."""

_GENE_ID, _TRANSCRIPT_ID, _GENE_NAME, _BIOTYPE = (
    re.compile(rf'\b(?:{key}) "([^"]*)"')
    for key in ("gene_id", "transcript_id", "gene_name|gene", "gene_biotype|gene_type")
)
_ID_COLUMNS = ("chrom", "feature", "strand", "gene_id", "transcript_id")


def read_gtf(path: str | os.PathLike[str], *, strip_versions: bool = True) -> pd.DataFrame:
    """Read the protein-coding genes of a GTF file of Ensembl, GENCODE, NCBI RefSeq or UCSC.

    A gene counts as protein-coding if its ``gene_biotype`` (Ensembl, NCBI) or ``gene_type`` (GENCODE), on any
    of its rows, says ``protein_coding``; or if it has none and has a coding sequence (UCSC). The ambiguous
    ``UTR`` rows of GENCODE, which hold the stop codon too, are not read.

    Parameters
    ----------
    path
        The file: plain, gzip or bgzip.
    strip_versions
        Cut the version off Ensembl identifiers: ``ENSG00000141510.17`` becomes ``ENSG00000141510``.

    Returns
    -------
    pandas.DataFrame
        ``gene_id gene_name transcript_id biotype feature chrom start end strand``, in the order of the file:
        `start` and `end` are int32, 0-based and half-open, the others categorical. `feature` is one of ``gene
        transcript exon CDS stop_codon five_prime_utr three_prime_utr``. A gene without a name is named by its
        gene_id; a row of a gene has the transcript_id "".

    Raises
    ------
    InputError
        If a line is malformed (file and line number are given) or no protein-coding gene is found.
    """
    table = _Table(strip_version if strip_versions else str)
    with open_text(path) as handle:
        for number, line in enumerate(handle, 1):
            if line[0] not in "#\r\n":
                try:
                    table.add(line)
                except ValueError as error:
                    where, remedy = f"{path}, line {number}", "Give a GTF file, whole and of version 2"
                    raise InputError(str(error), where=where, remedy=remedy) from error
    frame = table.frame()
    gene = frame["gene_id"].cat.codes
    unknown = (frame["biotype"] == "") & gene.isin(gene[frame["feature"] == "CDS"])
    frame = frame[(frame["biotype"] == "protein_coding") | unknown]
    if frame.empty:
        what = f"no protein-coding gene is in it; its genes are of the types {table.biotypes()}"
        raise InputError(what, where=str(path), remedy="Give a GTF file (not GFF3) with CDS rows")
    return frame.reset_index(drop=True)


class _Vocabulary(dict[str, int]):
    """Numbers for strings in the order of first use; spellings that mean the same share a number."""

    def __init__(self, meaning: Callable[[str], str] = str) -> None:
        super().__init__()
        self.meaning = meaning
        self.numbers: dict[str, int] = {}

    def __missing__(self, spelling: str) -> int:
        self[spelling] = number = self.numbers.setdefault(self.meaning(spelling), len(self.numbers))
        return number


class _Table:
    """The rows of a GTF file in 28 bytes each, so that the millions of a human one take little memory."""

    def __init__(self, meaning: Callable[[str], str]) -> None:
        self.chrom, self.feature, self.strand = _Vocabulary(), _Vocabulary(), _Vocabulary()
        self.gene, self.transcript = _Vocabulary(meaning), _Vocabulary(meaning)
        self.rows = array("i")
        self.names: dict[int, str] = {}
        self.types: dict[int, str] = {}

    def add(self, line: str) -> None:
        """Take one line; ValueError says what is wrong with it."""
        fields = line.rstrip("\r\n").split("\t")
        if len(fields) != 9:
            what = f"the line has {len(fields)} columns instead of 9"
            raise ValueError(what)
        chrom, _, name, first, last, _, strand, _, attributes = fields
        feature = _SPELLINGS.get(name)
        if feature is None:
            return
        if not (first.isdecimal() and last.isdecimal() and 1 <= int(first) <= int(last) < 2**31):
            what = f"columns 4 and 5 are no interval ({first!r} to {last!r})"
            raise ValueError(what)
        if strand not in {"+", "-", ".", "?"}:
            what = f"column 7 is no strand ({strand!r})"
            raise ValueError(what)
        gene = self.gene[_value(_GENE_ID, attributes)]
        transcript = "" if feature == "gene" else _value(_TRANSCRIPT_ID, attributes)
        self._describe(gene, attributes)
        row = (
            self.chrom[chrom],
            self.feature[feature],
            self.strand[strand],
            gene,
            self.transcript[transcript],
            int(first) - 1,
            int(last),
        )
        self.rows.extend(row)

    def _describe(self, gene: int, attributes: str) -> None:
        """Keep the first name and biotype that any row of the gene gives."""
        if gene not in self.names and (found := _GENE_NAME.search(attributes)) and found[1]:
            self.names[gene] = found[1]
        if gene not in self.types and (found := _BIOTYPE.search(attributes)) and found[1]:
            self.types[gene] = found[1]

    def biotypes(self) -> str:
        """Name some of the biotypes seen."""
        return ", ".join(sorted(set(self.types.values()))[:8]) or "(none given)"

    def frame(self) -> pd.DataFrame:
        """Return all rows as a table."""
        codes = np.frombuffer(self.rows, dtype=np.int32).reshape(-1, 7)
        words = (self.chrom, self.feature, self.strand, self.gene, self.transcript)
        columns: dict[str, Any] = {
            name: _categorical(codes[:, index], list(vocabulary.numbers))
            for index, (name, vocabulary) in enumerate(zip(_ID_COLUMNS, words, strict=True))
        }
        genes = list(self.gene.numbers)
        names = [self.names.get(number, gene) for number, gene in enumerate(genes)]
        types = [self.types.get(number, "") for number in range(len(genes))]
        columns["gene_name"] = _spread(names, codes[:, 3])
        columns["biotype"] = _spread(types, codes[:, 3])
        columns["start"], columns["end"] = codes[:, 5].copy(), codes[:, 6].copy()
        order = "gene_id gene_name transcript_id biotype feature chrom start end strand".split()
        return pd.DataFrame(columns)[order]


def _value(key: re.Pattern[str], attributes: str) -> str:
    found = key.search(attributes)
    if not found or not found[1]:
        wanted = "gene_id" if key is _GENE_ID else "transcript_id"
        what = f'column 9 has no {wanted} "..." ({attributes[:60]!r})'
        raise ValueError(what)
    return found[1]


def _categorical(codes: npt.NDArray[np.integer[Any]], categories: list[str]) -> pd.Categorical[Any]:
    return pd.Categorical.from_codes(codes, pd.Index(categories, dtype="str"))


def _spread(of_gene: list[str], gene: npt.NDArray[np.int32]) -> pd.Categorical[Any]:
    """Give each row the word of its gene."""
    vocabulary = _Vocabulary()
    numbers = np.array([vocabulary[word] for word in of_gene], dtype=np.int32)
    return _categorical(numbers[gene], list(vocabulary.numbers))
