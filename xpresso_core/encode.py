"""Gene quantifications of ENCODE: which files to take, fetching them, and one matrix of all samples."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pandas as pd
from tqdm import tqdm

from xpresso_core import sources
from xpresso_core.download import is_remote
from xpresso_core.errors import ChecksumError, InputError
from xpresso_core.files import open_text, read_table, sha256, write_table
from xpresso_core.rsem import read_rsem
from xpresso_core.sources_registry import UNKNOWN, Source, checksum_of

log = logging.getLogger(__name__)

PORTAL = "https://www.encodeproject.org"

ASSAYS = {
    "polya plus rna-seq",  # since 2019
    "polya rna-seq",
    "polya mrna rna-seq",
    "polya-selected mrna rna-seq",  # as the paper has it
    "total rna-seq",
}
"""Names of the two assays, in lower case, as the portal wrote them over the years."""

TREATMENTS = (r"\bdmso?\b", r"dimethyl sulfoxide", r"\blps\b", r"lipopolysaccharide", r"estradiol")
"""Treatments that exclude a sample: the paper's "DMS," "LPS" and "beta-estradiol", and the portal's words."""

AUDITS = (
    "low replicate concordance",
    "low read depth",  # an extremely low one, too
    "insufficient read depth",
    "insufficient read length",
)
"""Audits that exclude a sample, of whatever severity."""

_COLUMNS = {
    "accession": ("file accession",),
    "format": ("file format", "file type"),
    "output": ("output type",),
    "assembly": ("file assembly", "assembly"),
    "experiment": ("experiment accession",),
    "assay": ("assay",),
    "biosample": ("biosample term name",),
    "treatments": ("biosample treatments",),
    "replicate": ("biological replicate(s)", "biological replicate"),
    "technical": ("technical replicate(s)", "technical replicate"),
    "md5": ("md5sum",),
    "url": ("file download url",),
}
"""Spellings of the columns of ``metadata.tsv`` (github.com/ENCODE-DCC/encoded), in lower case."""


_ANNOTATION = "genome annotation"


class Selection(NamedTuple):
    """The files to take.

    Attributes
    ----------
    files
        ``accession url md5 experiment assay biosample replicate`` as text, in the order of the table. `url`
        is an http(s) or ftp address or a path.
    counts
        ``case count``: all files of the table, those excluded by each condition in turn, and those kept.
    """

    files: pd.DataFrame
    counts: pd.DataFrame


def select_files(
    metadata: str | os.PathLike[str] | pd.DataFrame,
    *,
    assembly: str = "mm10",
    genome_annotation: str | None = None,
) -> Selection:
    """Choose the gene quantifications that the paper used.

    From its STAR methods, "Gene Expression Data Collection and Pre-processing": i) polyA-selected or total
    RNA-seq, ii) of one assembly, iii) "tsv" files of gene quantifications, iv) biosamples not treated with
    one of `TREATMENTS`, v) no audit of `AUDITS`; and of each sample only the first replicate: biological
    replicate 1 and not pooled, technical replicate 1 among its own. Every experiment of a tissue or cell line
    counts. Where the table knows the status of files, only released ones are taken.

    Parameters
    ----------
    metadata
        The portal's ``metadata.tsv``, or its content as text. A relative address counts from the folder of
        the file; one that begins with ``/files/`` belongs to the portal.
    assembly
        As ENCODE calls it: ``mm10``, ``GRCh38``.
    genome_annotation
        Take only files of this annotation, such as ``M21``; None where all are of one.

    Returns
    -------
    Selection
        The files, and how many each condition excludes.

    Raises
    ------
    InputError
        If a column is missing, an accession is not one or is there twice, no file is left, or the files are of
        several genome annotations, whose genes differ.
    """
    name = "metadata" if isinstance(metadata, pd.DataFrame) else str(metadata)
    folder = Path() if isinstance(metadata, pd.DataFrame) else Path(metadata).absolute().parent
    raw = metadata if isinstance(metadata, pd.DataFrame) else _read_metadata(metadata)
    raw = raw.astype(object).where(raw.notna(), "").astype(str).reset_index(drop=True)
    raw.columns = raw.columns.str.strip().str.lower()
    table = _named_columns(raw, name)
    left, counts = table, [("files of the table", len(table))]
    for case, fails in _conditions(table, raw, assembly, genome_annotation):
        excluded = fails[left.index]
        counts.append((case, int(excluded.sum())))
        left = left[~excluded]
    counts.append(("files kept", len(left)))
    if left.empty:
        what = "no file is left: " + ", ".join(f"{count} {case}" for case, count in counts if count)
        raise InputError(what, where=name, remedy="Check the assembly, and how the table was searched for")
    _one_annotation(raw.loc[left.index], name)
    for accession, twice in zip(left["accession"], left["accession"].duplicated(), strict=True):
        if twice or not re.fullmatch(r"[A-Za-z0-9]+", accession):
            what = f"the file accession {accession!r} {'is there twice' if twice else 'is none'}"
            raise InputError(what, where=name, remedy="Get the table from ENCODE again")
    files = left.assign(url=[_address(url, folder) for url in left["url"]], md5=left["md5"].str.lower())
    columns = ["accession", "url", "md5", "experiment", "assay", "biosample", "replicate"]
    return Selection(files[columns].reset_index(drop=True), pd.DataFrame(counts, columns=["case", "count"]))


def fetch_files(
    metadata_path: Path,
    folder: Path,
    manifest_path: Path,
    *,
    assembly: str,
    genome_annotation: str | None = None,
    cases_path: Path | None = None,
    fetch: Callable[[Source, Path], object] = sources.fetch,
) -> Selection:
    """Fetch the files of `select_files`, and write a manifest when all are there.

    Files that are there already with the right checksum are not fetched again.

    Parameters
    ----------
    metadata_path
        The portal's ``metadata.tsv``.
    folder
        Where ``<accession>.tsv`` go.
    manifest_path
        The table to write: ``accession biosample sha256 path``, the path from `folder`.
    assembly, genome_annotation
        See `select_files`.
    cases_path
        Where to write the counts of `select_files`, if at all.
    fetch
        What brings one source to its place: `sources.fetch`.

    Returns
    -------
    Selection
        What was selected.

    Raises
    ------
    InputError
        As `select_files` and `sources.fetch`.
    """
    selection = select_files(metadata_path, assembly=assembly, genome_annotation=genome_annotation)
    for case, count in selection.counts.itertuples(index=False):
        log.info("%s: %d", case, count)
    rows = []
    columns = selection.files[["accession", "biosample", "url", "md5"]].to_numpy().tolist()
    for accession, biosample, url, md5 in tqdm(columns, desc="files of ENCODE", unit="file", disable=None):
        target, checksum = folder / f"{accession}.tsv", f"md5:{md5}" if md5 else UNKNOWN
        if not (target.is_file() and checksum_of(target, "md5") == checksum):
            fetch(Source(id=accession, url=url, checksum=checksum), target)
        rows.append((accession, biosample, sha256(target), target.name))
    if cases_path is not None:
        write_table(selection.counts, cases_path)
    write_table(pd.DataFrame(rows, columns=["accession", "biosample", "sha256", "path"]), manifest_path)
    return selection


class EncodeMatrix(NamedTuple):
    """All samples side by side.

    Attributes
    ----------
    matrix
        FPKM, float64 ``[gene, sample]``, by `gene_id` and accession of the file.
    cases
        ``case count``: files, genes, and the rows left out of all files together.
    """

    matrix: pd.DataFrame
    cases: pd.DataFrame


def encode_matrix(manifest_path: Path, folder: Path) -> EncodeMatrix:
    """Put the samples of a manifest side by side.

    Parameters
    ----------
    manifest_path
        From `fetch_files`.
    folder
        Where its files are.

    Returns
    -------
    EncodeMatrix
        The matrix, with the genes in the order of the first file, and the cases.

    Raises
    ------
    ChecksumError
        If a file is not the one that was fetched.
    InputError
        As `read_rsem`, and if the files do not hold the same genes, as those of one annotation do.
    """
    text = {"accession": str, "sha256": str, "path": str}
    manifest = read_table(manifest_path, columns=text, dtype=text)
    samples: dict[str, pd.Series[float]] = {}
    left_out: dict[str, int] = {}
    first = pd.Index([], name="gene_id")
    rows = manifest[list(text)].to_numpy().tolist()
    for accession, checksum, name in tqdm(rows, desc="samples", unit="file", disable=None):
        path = folder / name
        if not path.is_file() or sha256(path) != checksum:
            what = "the file is not there, or not as it was fetched"
            raise ChecksumError(what, where=str(path), remedy="Fetch the files of ENCODE again")
        sample = read_rsem(path)
        for case, count in sample.attrs["cases"]:
            left_out[case] = left_out.get(case, 0) + count
        first = first if samples else sample.index
        _same_genes(first, rows[0][0], sample.index, accession, str(path))
        samples[accession] = sample.reindex(first)
    if not samples:
        what = "the manifest names no file"
        raise InputError(what, where=str(manifest_path), remedy="Fetch the files of ENCODE again")
    matrix = pd.DataFrame({name: sample.to_numpy() for name, sample in samples.items()}, index=first)
    cases = [("files", len(samples)), ("genes", len(matrix))]
    cases += [(f"rows left out of all files: {case}", count) for case, count in left_out.items()]
    return EncodeMatrix(matrix, pd.DataFrame(cases, columns=["case", "count"]))


def write_matrix(manifest_path: Path, folder: Path, out_path: Path, cases_path: Path) -> None:
    """Write the matrix of `encode_matrix` for `expression.read_matrix`, and its cases as ``case count``."""
    matrix, cases = encode_matrix(manifest_path, folder)
    write_table(matrix.reset_index(), out_path)
    write_table(cases, cases_path)


def _read_metadata(path: str | os.PathLike[str]) -> pd.DataFrame:
    with open_text(path) as handle:
        columns = handle.readline().rstrip("\r\n").split("\t")
    return read_table(path, dtype=dict.fromkeys(columns, str))


def _named_columns(raw: pd.DataFrame, name: str) -> pd.DataFrame:
    """Find the columns by any of their spellings; the table has their names as in `_COLUMNS`."""
    if raw.empty:
        what = "the table of ENCODE's files has no rows"
        raise InputError(what, where=name, remedy="Search the portal again, and get its metadata.tsv")
    found = {
        role: next((raw[spelling] for spelling in spellings if spelling in raw), None)
        for role, spellings in _COLUMNS.items()
    }
    missing = [_COLUMNS[role][0] for role, column in found.items() if column is None]
    missing += [] if raw.columns.str.startswith("audit ").any() else ["audit ..."]
    if missing:
        what = f"the table of ENCODE's files has no column {', '.join(map(repr, missing))}"
        remedy = "Get metadata.tsv from the portal's batch download"
        raise InputError(what, where=f"{name}, line 1", remedy=remedy)
    return pd.DataFrame({role: column.str.strip() for role, column in found.items() if column is not None})


def _conditions(
    table: pd.DataFrame, raw: pd.DataFrame, assembly: str, genome_annotation: str | None
) -> Iterator[tuple[str, pd.Series[bool]]]:
    """Yield each condition: the name of the case, and which files fail."""
    yield "another assay", ~table["assay"].str.lower().isin(ASSAYS)
    yield "another assembly", table["assembly"] != assembly
    yield "no tsv", table["format"].str.lower() != "tsv"
    yield "no gene quantifications", table["output"].str.lower() != "gene quantifications"
    yield "treated biosample", table["treatments"].str.contains("|".join(TREATMENTS), case=False)
    audits = raw.loc[:, raw.columns.str.startswith("audit ")].agg(", ".join, axis=1).str.lower()
    for audit in AUDITS:
        yield f"audit: {audit}", audits.str.contains(audit, regex=False)
    if "file status" in raw:
        yield "not released", raw["file status"].str.strip().str.lower() != "released"
    if genome_annotation is not None:
        if _ANNOTATION not in raw:
            what = f"the table of ENCODE's files has no column {_ANNOTATION!r}"
            raise InputError(what, where="genome_annotation", remedy="Leave genome_annotation out")
        yield "another genome annotation", raw[_ANNOTATION].str.strip() != genome_annotation
    technical = table["technical"].str.contains(r"(?:^|, *)(?:1_)?1(?:,|$)") | (table["technical"] == "")
    yield "another replicate", (table["replicate"] != "1") | ~technical


def _one_annotation(raw: pd.DataFrame, name: str) -> None:
    if _ANNOTATION not in raw:
        return
    counts = raw[_ANNOTATION].str.strip().value_counts()
    if len(counts) > 1:
        listed = ", ".join(f"{count} of {annotation or 'none'}" for annotation, count in counts.items())
        what = f"the files are of several genome annotations, whose genes differ ({listed})"
        raise InputError(what, where=name, remedy="Choose one with genome_annotation in the configuration")


def _address(url: str, folder: Path) -> str:
    if is_remote(url):
        return url
    return PORTAL + url if url.startswith("/files/") else str(folder / url)


def _same_genes(first: pd.Index, first_name: str, genes: pd.Index, name: str, path: str) -> None:
    if len(first) == len(genes) and genes.isin(first).all():
        return
    lacks, has = first.difference(genes), genes.difference(first)
    parts = (
        [f"{name} lacks {len(lacks)} of the genes of {first_name}, such as {lacks[0]}"] if len(lacks) else []
    )
    parts += [f"{name} has genes that {first_name} lacks: {len(has)}, such as {has[0]}"] if len(has) else []
    remedy = "Keep files of one genome annotation in the table of ENCODE's files"
    raise InputError("; ".join(parts), where=path, remedy=remedy)
