"""Further expression tables of the simulated species, and its orthologs, in the shapes of their sources.

ENCODE serves a table that describes files and, per sample, a table of RSEM; a table by Entrez ids is what
older data sets come as; Ensembl's BioMart exports orthologs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from xpresso_core.simulate_genes import Locus
from xpresso_core.simulate_scores import SPECIFIC, Floats

SAMPLES = 7  # files of ENCODE that are to be used; odd: then their median is exactly the gene's level
SCALE_SD = 0.08  # standard deviation of log10 of a sample's scale
UNKNOWN_ENTREZ = 5  # rows whose Entrez id no table of names has

# The order and spelling of the portal's metadata.tsv (github.com/ENCODE-DCC/encoded, reports/constants.py); it
# leaves the column INTERNAL_ACTION to those who are logged in.
METADATA = (
    "File accession", "File format", "Output type", "File assembly", "Experiment accession", "Assay",
    "Biosample term name", "Biosample type", "Biosample organism", "Biosample treatments",
    "Biological replicate(s)", "Technical replicate(s)", "md5sum", "File download URL", "File Status",
    "Audit WARNING", "Audit INTERNAL_ACTION", "Audit NOT_COMPLIANT", "Audit ERROR",
)  # fmt: skip
BIOSAMPLES = (
    ("forebrain", "tissue"), ("liver", "tissue"), ("heart", "tissue"), ("limb", "tissue"),
    ("SIM-C12", "cell line"), ("SIM-416B", "cell line"), ("erythroblast", "primary cell"),
)  # fmt: skip
POLYA, TOTAL = "polyA plus RNA-seq", "total RNA-seq"
# Audits of files that are to be used: none of those that the paper excludes
HARMLESS = ("", "inconsistent platforms", "mixed read lengths, missing documents")
# What makes a file unfit (paper: STAR methods, "Gene Expression Data Collection and Pre-processing")
UNFIT: tuple[dict[str, str], ...] = (
    {"Assay": "polyA minus RNA-seq"},
    {"Assay": "small RNA-seq"},
    {"File assembly": "sim0"},
    {"File format": "bam", "Output type": "alignments"},
    {"Output type": "transcript quantifications"},
    {"Biosample treatments": "dimethyl sulfoxide"},
    {"Biosample treatments": "lipopolysaccharide"},
    {"Biosample treatments": "17β-estradiol"},
    {"Audit WARNING": "low replicate concordance"},
    {"Audit WARNING": "missing documents, low read depth"},
    {"Audit NOT_COMPLIANT": "insufficient read depth"},
    {"Audit ERROR": "insufficient read length"},
    {"Biological replicate(s)": "2", "Technical replicate(s)": "2_1"},
)

ORTHOLOGS = ("Gene stable ID", "Relative gene stable ID", "Relative homology type")
ONE, MANY, MANY_TO_MANY = "ortholog_one2one", "ortholog_one2many", "ortholog_many2many"


class Sample(NamedTuple):
    """A file of ENCODE: its accession, and its table of RSEM as text."""

    accession: str
    table: pd.DataFrame


def accession(kind: str, number: int) -> str:
    """Return an accession in ENCODE's shape: ``SIMFF001AAA`` for a file, ``SIMSR001AAA`` for an experiment."""
    return f"SIM{kind}{number:03d}AAA"


def draw_samples(
    rng: np.random.Generator,
    coding: Sequence[Locus],
    lncrna: Sequence[Locus],
    matrix: pd.DataFrame,
    cell_type_sd: float,
) -> list[Sample]:
    """Draw the RSEM tables of all samples of ENCODE.

    A sample differs from a gene's level by Normal(0, `cell_type_sd`) in log10, less the median of these over
    samples, and all its genes by one scale.

    Parameters
    ----------
    rng
        Source of randomness.
    coding, lncrna
        The genes; those of `coding` that `matrix` lacks are left out.
    matrix
        RPKM by gene and cell type, without the universal reference: its median is the level.
    cell_type_sd
        In log10 FPKM.
    """
    known = set(matrix.index)
    loci = sorted((x for x in (*coding, *lncrna) if x.role == "lncRNA" or x.gene_id in known),
                  key=lambda locus: locus.gene_id)  # fmt: skip
    faint = dict(zip((x.gene_id for x in lncrna), rng.exponential(0.3, len(lncrna)), strict=True))
    level = {**faint, **matrix.median(axis=1)}
    deviation = rng.normal(0, cell_type_sd, (len(loci), SAMPLES))
    deviation -= np.median(deviation, axis=1, keepdims=True)
    scale = rng.normal(0, SCALE_SD, SAMPLES)
    levels = np.array([level[locus.gene_id] for locus in loci])
    fpkm = levels[:, None] * 10 ** (deviation + scale)
    versions = rng.integers(1, 20, len(loci)).tolist()
    return [
        Sample(accession("FF", number + 1), _rsem(rng, loci, versions, fpkm[:, number]))
        for number in range(SAMPLES)
    ]


def _rsem(
    rng: np.random.Generator, loci: Sequence[Locus], versions: Sequence[int], fpkm: Floats
) -> pd.DataFrame:
    """Lay a sample out as RSEM does: first tRNAs, by number, then genes, then spike-ins."""
    trnas = [f"{number}" for number in range(10_904, 10_914)]
    spikes = [f"Spikein_ERCC-{number:05d}" for number in range(2, 12)]
    genes = [f"{x.gene_id}.{version}" for x, version in zip(loci, versions, strict=True)]
    transcripts = [",".join(sorted(f"{rna.transcript_id}.1" for rna in x.transcripts)) for x in loci]
    length = np.array(
        [80] * len(trnas) + [x.representative.length for x in loci] + [1000] * len(spikes), float
    )
    values = np.concatenate([rng.exponential(0.1, len(trnas)), fpkm, 10 ** rng.uniform(0, 3.5, len(spikes))])
    effective = np.maximum(length - 99, 0)
    columns = {
        "length": length,
        "effective_length": effective,
        "expected_count": values * effective / 1000 * 30,
        "TPM": values / values.sum() * 1e6,
        "FPKM": values,
    }
    named = {
        "gene_id": [*trnas, *genes, *(f"g{name}" for name in spikes)],
        "transcript_id(s)": [*trnas, *transcripts, *(f"t{name}" for name in spikes)],
    }
    return pd.DataFrame({**named, **{name: np.char.mod("%.2f", column) for name, column in columns.items()}})


def describe_samples(md5: Mapping[str, str], assembly: str) -> pd.DataFrame:
    """Describe the files of ENCODE: those to be used, and one for each reason not to use a file.

    Parameters
    ----------
    md5
        The checksum of each file that there is, by accession.
    assembly
        What the reads were mapped to.
    """
    rows = []
    for number, name in enumerate(md5):
        row = _file(number + 1, BIOSAMPLES[number], assembly)
        row |= {"Assay": TOTAL if number % 3 == 2 else POLYA, "Audit WARNING": HARMLESS[number % 3]}
        rows.append({**row, "md5sum": md5[name]})
    for number, fault in enumerate(UNFIT, start=len(md5) + 1):
        fit = number % len(md5)
        row = _file(number, BIOSAMPLES[fit], assembly)
        if "Biological replicate(s)" in fault:
            row["Experiment accession"] = accession("SR", fit + 1)
        else:
            row["Biosample term name"] += f" {number}"
        rows.append({**row, **fault})
    return pd.DataFrame(rows, columns=list(METADATA))


def _file(number: int, biosample: tuple[str, str], assembly: str) -> dict[str, str]:
    name = accession("FF", number)
    return {
        "File accession": name,
        "File format": "tsv",
        "Output type": "gene quantifications",
        "File assembly": assembly,
        "Experiment accession": accession("SR", number),
        "Assay": POLYA,
        "Biosample term name": biosample[0],
        "Biosample type": biosample[1],
        "Biosample organism": "Simulated species",
        "Biological replicate(s)": "1",
        "Technical replicate(s)": "1_1",
        "md5sum": f"{number:032x}",
        "File download URL": f"encode/{name}.tsv",
        "File Status": "released",
    }


def draw_entrez_table(
    rng: np.random.Generator, matrix: pd.DataFrame, entrez: Mapping[str, Sequence[int]]
) -> pd.DataFrame:
    """Lay out the cell type `SPECIFIC` by Entrez id, with some ids that no table of names has.

    A gene of two ids has its value in both rows; an id of two genes has the value of the first of them.
    """
    values: dict[int, float] = {}
    for gene, value in matrix[SPECIFIC].items():
        for number in entrez[str(gene)]:
            values.setdefault(number, value)
    unknown = {900_001 + number: value for number, value in enumerate(10 ** rng.normal(0, 1, UNKNOWN_ENTREZ))}
    rows = sorted({**values, **unknown}.items())
    return pd.DataFrame({"Entrez_ID": [row[0] for row in rows], "RPKM": [f"{row[1]:.3f}" for row in rows]})


def draw_orthologs(
    rng: np.random.Generator, coding: Sequence[str], others: Sequence[str], ids: Mapping[str, str]
) -> pd.DataFrame:
    """Draw the orthologs of all genes in the sister species.

    Parameters
    ----------
    rng
        Source of randomness.
    coding, others
        Identifiers of the protein-coding genes, and of genes that have no ortholog.
    ids
        The identifier of each gene in the sister species.

    Returns
    -------
    pandas.DataFrame
        `ORTHOLOGS` by gene, one row for each pair, empty cells for a gene without any. Two pairs that say
        `ONE` share a gene with another one on either side, which cannot be.
    """
    order = [coding[index] for index in rng.permutation(len(coding))]
    few = max(1, len(order) // 100)
    kinds = ["split", "merged", "crossed"] * few + ["lost"] * 4 * few + ["twice here", "twice there"]
    rows = [(gene, "", "") for gene in others]
    pairs = zip(order[::2], order[1::2], strict=False)
    for kind, (one, two) in zip(kinds, pairs, strict=False):
        rows += _pairs(kind, one, two, ids)
    rows += [(gene, ids[gene], ONE) for gene in order[2 * len(kinds) :]]
    return pd.DataFrame(sorted(rows), columns=list(ORTHOLOGS))


def _pairs(kind: str, one: str, two: str, ids: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """Return the rows of two genes that are not each the one ortholog of its counterpart."""
    nothing = ("", "")
    match kind:
        case "split" | "twice here":
            name = MANY if kind == "split" else ONE
            return [(one, ids[one], name), (one, ids[two], name), (two, *nothing)]
        case "merged" | "twice there":
            name = MANY if kind == "merged" else ONE
            return [(one, ids[one], name), (two, ids[one], name)]
        case "crossed":
            return [(gene, ids[other], MANY_TO_MANY) for gene in (one, two) for other in (one, two)]
        case _:
            return [(one, *nothing), (two, *nothing)]
