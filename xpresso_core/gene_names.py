"""The names that genes have and had: one table from the files of Ensembl, HGNC and MGI."""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import pandas as pd

from xpresso_core.errors import InputError
from xpresso_core.files import open_text, write_table
from xpresso_core.identifiers import strip_version

COLUMNS = ["gene_id", "gene_name", "previous", "synonyms", "entrez_id"]
"""Columns of the table of gene names."""

SEPARATOR = "|"
"""What stands between several names or ids of one gene."""

Facts = pd.DataFrame
"""``gene_id kind value`` as text: one thing that a file says of a gene; `kind` is one of `COLUMNS`."""


class _Format(NamedTuple):
    """A table with a header.

    Attributes
    ----------
    title
        What it is called in messages.
    columns
        By role (one of `COLUMNS`, ``accession`` or ``chromosome``), the spellings of its column in lower
        case. Where a table has several of them, the first that is filled counts.
    needed
        The roles by whose columns the table is known.
    between
        Regular expression of what stands between several values in a cell.
    """

    title: str
    columns: Mapping[str, tuple[str, ...]]
    needed: tuple[str, ...]
    between: str


_OWN = _Format(
    "gene_id, gene_name and optionally previous, synonyms, entrez_id",
    {name: (name,) for name in COLUMNS},
    ("gene_id", "gene_name"),
    r"\|",
)
_MGI_MODELS = _Format(
    "MGI_Gene_Model_Coord.rpt",
    {
        "accession": ("mgi accession id",),
        "gene_id": ("ensembl gene id",),
        "gene_name": ("marker symbol", "symbol"),
        "entrez_id": ("entrez gene id",),
    },
    ("accession", "gene_id", "gene_name"),
    r"\|",
)
_FORMATS = (
    _OWN,
    _Format(
        "an export of Ensembl's BioMart (Gene stable ID, Gene name, Gene Synonym, NCBI gene ID)",
        {
            "gene_id": ("gene stable id", "gene stable id version", "ensembl gene id"),
            "gene_name": ("gene name", "associated gene name"),
            "synonyms": ("gene synonym",),
            "entrez_id": ("ncbi gene (formerly entrezgene) id", "ncbi gene id", "entrezgene id"),
            "chromosome": ("chromosome/scaffold name", "chromosome name"),
        },
        ("gene_id", "gene_name"),
        r"\|",
    ),
    _Format(
        "HGNC's complete set (symbol, alias_symbol, prev_symbol, ensembl_gene_id, entrez_id)",
        {
            "gene_id": ("ensembl_gene_id",),
            "gene_name": ("symbol",),
            "previous": ("prev_symbol",),
            "synonyms": ("alias_symbol",),
            "entrez_id": ("entrez_id",),
        },
        ("gene_id", "gene_name"),
        r"\|",
    ),
    _Format(
        "a custom download of HGNC (Approved symbol, Previous symbols, Alias symbols, Ensembl gene ID)",
        {
            "gene_id": ("ensembl gene id", "ensembl id(supplied by ensembl)"),
            "gene_name": ("approved symbol",),
            "previous": ("previous symbols", "previous symbol"),
            "synonyms": ("alias symbols", "alias symbol", "synonyms"),
            "entrez_id": ("ncbi gene id", "ncbi gene id(supplied by ncbi)", "entrez gene id"),
        },
        ("gene_id", "gene_name"),
        r",\s*",
    ),
    _MGI_MODELS,
)

_ALTERNATIVE = re.compile(r"CHR_|HSCHR|MMCHR|.*_PATCH")
"""How Ensembl calls haplotypes and patches, in its newer and older releases."""

_MGI_MARKERS = "MGI_EntrezGene.rpt"
_MGI_MARKER_TITLE = "mgi marker accession id"
_MGI_MARKER_COLUMNS = {"accession": 0, "symbol": 1, "status": 2, "name": 3, "entrez_id": 8, "synonyms": 9}
_MGI_STATUS = {"O", "I", "W"}
_WITHDRAWN = re.compile(r"withdrawn, = ")


def read_gene_names(paths: Iterable[str | os.PathLike[str]]) -> pd.DataFrame:
    """Read what one or several files say of the names of genes.

    The kind of each file is told by its header: a table of our own, an export of Ensembl's BioMart, HGNC's
    complete set or a custom download of HGNC, ``MGI_Gene_Model_Coord.rpt``, and ``MGI_EntrezGene.rpt``, which
    has no Ensembl ids and is joined to the former by the MGI accession. The paper used these sources (STAR
    methods, "Collecting Promoter Sequences and mRNA Half-life Features").

    Parameters
    ----------
    paths
        The files, the most trusted first: plain, gzip or bgzip. The first that names a gene decides its
        `gene_name`; another current name in a later file counts as a previous one.

    Returns
    -------
    pandas.DataFrame
        ``gene_id gene_name previous synonyms entrez_id`` as text, one row per gene in the order of their
        first mention; missing ones are "". The last three hold sorted values between ``|``; no name is in
        more than one of the three columns of names. Genes that BioMart puts on a haplotype or patch are left
        out, as in the paper: they are copies with an id of their own. In MGI's files a withdrawn symbol is a
        previous name of the marker that it became; one withdrawn for another reason is left out.

    Raises
    ------
    InputError
        If a file is of no known kind, lacks the file that it is joined to, or cannot be read as a table.
    """
    tables = [(path, *_read(path)) for path in paths]
    models = [table for _, kind, table in tables if kind == _MGI_MODELS.title]
    facts = []
    for path, kind, table in tables:
        if kind != _MGI_MARKERS:
            facts.append(_facts(table))
        elif models:
            facts.append(_marker_facts(table, pd.concat(models)))
        else:
            what = f"{_MGI_MARKERS} has no Ensembl ids"
            raise InputError(what, where=str(path), remedy=f"Give {_MGI_MODELS.title} of MGI beside it")
    return _joined(facts)


def write_gene_names(paths: Iterable[str | os.PathLike[str]], out: str | os.PathLike[str]) -> None:
    """Write the joined table of `read_gene_names`, which can be read by it again."""
    write_table(read_gene_names(paths), out)


def _read(path: str | os.PathLike[str]) -> tuple[str, pd.DataFrame]:
    """Return the kind of a file, and its columns by role; lists are joined by `SEPARATOR`."""
    with open_text(path) as handle:
        first = [cell.strip().strip('"') for cell in handle.readline().split("\t")]
    header = [re.sub(r"^\d+\.\s*", "", name.lower()) for name in first]
    for form in _FORMATS:
        if all(set(form.columns[role]) & set(header) for role in form.needed):
            return form.title, _by_role(path, header, form)
    titled = header[0] == _MGI_MARKER_TITLE
    if titled or (first[0].startswith("MGI:") and len(first) > 9 and first[2] in _MGI_STATUS):
        table = _cells(path, list(_MGI_MARKER_COLUMNS.values()), skip=int(titled))
        return _MGI_MARKERS, table.set_axis(list(_MGI_MARKER_COLUMNS), axis=1)
    what = f"the table of gene names is of no known kind; it begins with {', '.join(first[:6])!r}"
    kinds = "; ".join([*(form.title for form in _FORMATS), _MGI_MARKERS])
    raise InputError(what, where=f"{path}, line 1", remedy=f"Give one of: {kinds}")


def _by_role(path: str | os.PathLike[str], header: list[str], form: _Format) -> pd.DataFrame:
    places = {
        role: [header.index(name) for name in spellings if name in header]
        for role, spellings in form.columns.items()
    }
    cells = _cells(path, sorted({place for found in places.values() for place in found}), skip=1)
    table = {}
    for role, found in places.items():
        if found:
            filled = cells[found[0]]
            for place in found[1:]:
                filled = filled.where(filled != "", cells[place])
            table[role] = filled.str.replace(form.between, SEPARATOR, regex=True)
    return pd.DataFrame(table)


def _cells(path: str | os.PathLike[str], places: list[int], *, skip: int) -> pd.DataFrame:
    """Read columns of a tab-separated file as text; ``null`` is MGI's word for nothing."""
    try:
        with open_text(path) as handle:
            table = pd.read_csv(
                handle,
                sep="\t",
                header=None,
                skiprows=skip,
                usecols=places,
                dtype=str,
                keep_default_na=False,
                quoting=csv.QUOTE_NONE,  # descriptions of genes may hold a single quotation mark
            )
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        what = f"is not a tab-separated table with rows ({' '.join(str(error).split())})"
        raise InputError(what, where=str(path), remedy="Fetch it again") from error
    stripped = {place: table[place].fillna("").str.strip('" \r') for place in table}
    return pd.DataFrame(stripped).replace("null", "")


def _facts(table: pd.DataFrame) -> Facts:
    """List what a table with ``gene_id`` says, column by column; a gene without a name has an empty one."""
    table = table[table["gene_id"] != ""]
    if "chromosome" in table:
        table = table[~table["chromosome"].str.match(_ALTERNATIVE)]
    table = table.assign(gene_id=table["gene_id"].map(strip_version))
    rows = [
        table[["gene_id", kind]].rename(columns={kind: "value"}).assign(kind=kind)
        for kind in COLUMNS[1:]
        if kind in table
    ]
    facts = pd.concat(rows, ignore_index=True)
    facts = facts.assign(value=facts["value"].str.split(SEPARATOR, regex=False)).explode("value")
    return facts.assign(value=facts["value"].str.strip())


def _marker_facts(markers: pd.DataFrame, models: pd.DataFrame) -> Facts:
    """List what ``MGI_EntrezGene.rpt`` says of the genes that have a model at Ensembl.

    A withdrawn symbol stands in a row of its own, with the accession of the marker that it became and a name
    like ``withdrawn, = Krit1``.
    """
    genes = models.loc[models["gene_id"] != "", ["accession", "gene_id"]].drop_duplicates()
    withdrawn = markers["status"] == "W"
    current = markers[~withdrawn].rename(columns={"symbol": "gene_name"})
    former = markers[withdrawn & markers["name"].str.match(_WITHDRAWN)].rename(columns={"symbol": "previous"})
    return pd.concat(
        [
            _facts(genes.merge(current, on="accession")),
            _facts(genes.merge(former, on="accession")[["gene_id", "previous"]]),
        ]
    )


def _joined(facts: list[Facts]) -> pd.DataFrame:
    """Bring the facts of all files, in their order, to one row per gene."""
    told = pd.concat(
        [pd.DataFrame(columns=["gene_id", "value", "kind"], dtype=str), *facts], ignore_index=True
    )
    genes = told["gene_id"].drop_duplicates()
    told = told[told["value"] != ""]
    names = told[told["kind"] == "gene_name"]
    first = names.drop_duplicates("gene_id").set_index("gene_id")["value"]
    told.loc[names.index[names["value"] != names["gene_id"].map(first)], "kind"] = "previous"
    # a name counts once, as the best that it is
    told = told.assign(rank=told["kind"].map({kind: rank for rank, kind in enumerate(COLUMNS)}))
    told = told.assign(names=told["kind"] != "entrez_id").sort_values(["rank", "value"])
    told = told.drop_duplicates(["gene_id", "names", "value"])
    table = {"gene_id": list(genes)}
    for kind in COLUMNS[1:]:
        values = told[told["kind"] == kind].groupby("gene_id", sort=False)["value"].agg(SEPARATOR.join)
        table[kind] = [values.get(gene, "") for gene in genes]
    return pd.DataFrame(table, dtype=str)
