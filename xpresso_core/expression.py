"""Reading expression tables and turning them into the label of a dataset."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from xpresso_core import normalisation
from xpresso_core.entrez import to_ensembl
from xpresso_core.errors import InputError
from xpresso_core.files import open_text, write_table
from xpresso_core.gene_names import read_gene_names
from xpresso_core.identifiers import strip_version

PSEUDOCOUNT = 0.1
VALUE = "value"
"""Name of the column of a table without a header."""

NORMALISED = "correlation of the log10 medians with and without quantile normalisation"
Case = tuple[str, float]

_ID_NAMES = {"", "gene_id", "gene", "geneid", "id"}
_REMEDY = "Give a tab-separated table: gene identifiers, then numbers that are not negative"


def log_expression(values: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Return log10(x + 0.1) in float64, the paper's scale of expression."""
    return np.asarray(np.log10(np.asarray(values, dtype=np.float64) + PSEUDOCOUNT))


def dataset_expression(
    path: str | os.PathLike[str],
    column: str | None = None,
    median_except: Sequence[str] | None = None,
    *,
    units: str = "RPKM",
    strip_versions: bool = True,
    quantile_normalise: bool = False,
    ids: Literal["gene", "entrez"] = "gene",
    gene_names: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Read the expression of each gene in one sample, or its median over samples.

    From the paper's STAR methods, "Gene Expression Data Collection and Pre-processing".

    Parameters
    ----------
    path
        See `read_matrix`.
    column
        The sample to take. It may be left out where the table has only one.
    median_except
        Take the median over all samples but these; an empty list takes them all. Not together with `column`.
    units
        The unit of the values, kept as ``attrs["units"]``.
    strip_versions
        Cut the version off Ensembl identifiers.
    quantile_normalise
        Give all samples the same distribution before the median; see `normalisation.quantile_normalise`.
    ids
        Of the table: ``gene``, those of the annotation, or ``entrez``, which `entrez.to_ensembl` replaces.
    gene_names
        From `gene_names.read_gene_names`, for Entrez ids.

    Returns
    -------
    pandas.DataFrame
        ``gene_id value log10`` in the order of the file: `value` as given, `log10` = log10(value + 0.1),
        both float64. ``attrs["source"]`` says which sample or how many were taken, and ``attrs["cases"]`` what
        became of the rows: a list of ``(case, count)``. With quantile normalisation its last item is the
        correlation (Pearson) of the log10 medians with those without it: 0.9996 in the paper's mouse.

    Raises
    ------
    InputError
        As `read_matrix` and `entrez.to_ensembl`; if it is not clear which of several columns is meant; and if
        one column is to be normalised.
    """
    _check_request(str(path), column, median_except, quantile_normalise, ids, gene_names)
    matrix = read_matrix(
        path,
        None if column is None else [column],
        leave_out=median_except or (),
        strip_versions=strip_versions,
        repeats=ids == "entrez",
    )
    if median_except is None and matrix.shape[1] > 1:
        what = f"it has {matrix.shape[1]} columns of values, and none of them is chosen"
        raise InputError(what, where=str(path), remedy="Name a column, or ask for the median")
    if not matrix.shape[1]:
        what = "no column is left for the median"
        raise InputError(what, where=str(path), remedy="Leave fewer columns out")
    values = np.median(matrix.to_numpy(), axis=1)
    remarks: list[Case] = []
    if quantile_normalise:
        plain, values = values, np.median(normalisation.quantile_normalise(matrix), axis=1)
        remarks.append((NORMALISED, _correlation(log_expression(plain), log_expression(values))))
    frame = pd.DataFrame({"gene_id": list(matrix.index), "value": values, "log10": log_expression(values)})
    losses: Sequence[Case] = []
    if gene_names is not None and ids == "entrez":
        frame, losses = to_ensembl(frame, gene_names)
    single = matrix.shape[1] == 1
    frame.attrs["source"] = str(matrix.columns[0]) if single else f"median of {matrix.shape[1]} columns"
    frame.attrs["units"] = units
    frame.attrs["cases"] = [("rows of the table", len(matrix)), ("genes kept", len(frame)), *losses, *remarks]
    return frame


def write_dataset_expression(
    table_path: Path,
    out_path: Path,
    cases_path: Path,
    *,
    settings: Mapping[str, Any],
    gene_names_path: Path | None,
) -> None:
    """Write the expression of a dataset's genes, and what became of the rows of its table.

    Parameters
    ----------
    table_path
        See `read_matrix`.
    out_path
        The table to write: ``gene_id value log10``.
    cases_path
        The table to write: ``case count``.
    settings
        ``units``, ``column`` or ``median_except``, ``ids``, and optionally ``quantile_normalise``, as in the
        configuration of a dataset and its table.
    gene_names_path
        See `gene_names.read_gene_names`; None where the table has the annotation's ids.
    """
    frame = dataset_expression(
        table_path,
        column=settings.get("column"),
        median_except=settings.get("median_except"),
        units=settings["units"],
        quantile_normalise=settings.get("quantile_normalise", False),
        ids=settings["ids"],
        gene_names=None if gene_names_path is None else read_gene_names([gene_names_path]),
    )
    cases = pd.DataFrame(frame.attrs["cases"], columns=["case", "count"], dtype=object)
    write_table(frame, out_path)
    write_table(cases, cases_path)


def _check_request(
    path: str,
    column: str | None,
    median_except: Sequence[str] | None,
    quantile_normalise: bool,
    ids: str,
    gene_names: pd.DataFrame | None,
) -> None:
    if column is not None and median_except is not None:
        what = "both one column and a median over columns are asked for"
        raise InputError(what, where=path, remedy="Give only one of column and median_except")
    if quantile_normalise and median_except is None:
        what = "one column cannot be quantile-normalised"
        raise InputError(what, where=path, remedy="Ask for the median, or leave the normalisation out")
    if ids == "entrez" and gene_names is None:
        what = "its Entrez ids need a table of gene names that holds them, and there is none"
        raise InputError(what, where=path, remedy="Give gene names")


def _correlation(first: npt.NDArray[np.float64], second: npt.NDArray[np.float64]) -> float:
    """Return Pearson's correlation; NaN if one of the two does not vary."""
    with np.errstate(invalid="ignore"):
        return float(np.corrcoef(first, second)[0, 1])


def read_matrix(
    path: str | os.PathLike[str],
    columns: Sequence[str] | None = None,
    *,
    leave_out: Sequence[str] = (),
    strip_versions: bool = True,
    repeats: bool = False,
) -> pd.DataFrame:
    """Read expression values of genes in one or many samples.

    The first column holds gene identifiers, and the first line the names of the columns, with or without one
    for the identifiers. A table of two columns may lack that line. Lines of data may end in a tab that the
    header lacks, as in the matrix of the Roadmap Epigenomics Consortium (57epigenomes.RPKM.pc).

    Parameters
    ----------
    path
        Tab-separated table: plain, gzip or bgzip.
    columns
        Read and check only these; the others may then hold anything.
    leave_out
        Read all but these, which may hold anything; not together with `columns`.
    strip_versions
        Cut the version off Ensembl identifiers.
    repeats
        Allow several rows of one gene.

    Returns
    -------
    pandas.DataFrame
        float64 [gene, sample] in the order of the file, indexed by `gene_id`. The only column of a table
        without a header is called ``value``.

    Raises
    ------
    InputError
        For duplicated genes or columns, missing, negative, infinite or non-numeric values and lines of
        another length (with the file and the line), and for unknown columns (with the nearest names).
    """
    with open_text(path) as handle:
        lines = ((number, line.rstrip("\r\n")) for number, line in enumerate(handle, 1) if line.strip())
        return _read_lines(lines, str(path), columns, leave_out, strip_versions, repeats)


def _read_lines(
    lines: Iterator[tuple[int, str]],
    path: str,
    columns: Sequence[str] | None,
    leave_out: Sequence[str],
    strip_versions: bool,
    repeats: bool,
) -> pd.DataFrame:
    first, second = (next(lines, (0, "")) for _ in range(2))
    header, data = _header(first, second, path)
    names = _sample_names(header, path)
    if columns is None:
        unwanted = set(_positions(names, leave_out, path))
        taken: Sequence[int] = [index for index in range(len(names)) if index not in unwanted]
    else:
        taken = _positions(names, columns, path)
    genes: list[str] = []
    line_of: dict[str, int] = {}
    rows: list[npt.NDArray[np.float64]] = []
    for number, line in (*data, *lines):
        gene, fields = _split(line, len(names), f"{path}, line {number}")
        gene = strip_version(gene) if strip_versions else gene
        if line_of.setdefault(gene, number) != number and not repeats:
            what = f"the gene {gene!r} was already in line {line_of[gene]}"
            raise InputError(what, where=f"{path}, line {number}", remedy="Give every gene once")
        genes.append(gene)
        rows.append(_values(fields, taken, names, f"{path}, line {number}, gene {gene!r}"))
    chosen = [names[index] for index in taken]
    return pd.DataFrame(np.array(rows), index=pd.Index(genes, name="gene_id"), columns=chosen)


def _header(
    first: tuple[int, str], second: tuple[int, str], path: str
) -> tuple[list[str], list[tuple[int, str]]]:
    """Tell the header from the data: return the names of all columns, and which of the lines are data."""
    fields = first[1].split("\t")
    if len(fields) < 2:
        what = "the table has no tab in its first line" if first[1] else "the table is empty"
        raise InputError(what, where=path, remedy=_REMEDY)
    if not _is_number(fields[1]) or fields[0].strip('"').lower() in _ID_NAMES:
        if not second[1]:
            what = "the table has no line of data"
            raise InputError(what, where=path, remedy=_REMEDY)
        unnamed = len(_without_tail(second[1].split("\t"), len(fields))) == len(fields) + 1
        return ["", *fields] if unnamed else fields, [second]
    if len(_without_tail(fields, 2)) != 2:
        what = "the first line already holds numbers, so the columns have no names"
        raise InputError(what, where=f"{path}, line {first[0]}", remedy="Put a line with names above")
    return ["gene_id", VALUE], [line for line in (first, second) if line[1]]


def _sample_names(header: list[str], path: str) -> list[str]:
    names = [name.strip('"') for name in _without_tail(header, len(header) - 1)[1:]]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        what = f"the column {twice[0]!r} is there twice"
        raise InputError(what, where=f"{path}, line 1", remedy="Give every column a name of its own")
    return names


def _positions(names: list[str], wanted: Iterable[str], path: str) -> list[int]:
    """Find columns by name."""
    known = {name: index for index, name in enumerate(names)}
    positions = []
    for name in wanted:
        if name not in known:
            near = difflib.get_close_matches(name, names, n=5, cutoff=0.4) or names[:5]
            what = f"there is no column {name!r}"
            raise InputError(what, where=path, remedy=f"Take one of its {len(names)}, like {', '.join(near)}")
        positions.append(known[name])
    return positions


def _split(line: str, samples: int, where: str) -> tuple[str, list[str]]:
    fields = _without_tail(line.split("\t"), samples + 1)
    if len(fields) != samples + 1:
        what = f"the line has {len(fields)} columns instead of {samples + 1}"
        raise InputError(what, where=where, remedy=_REMEDY)
    if not fields[0]:
        what = "the gene has no identifier"
        raise InputError(what, where=where, remedy=_REMEDY)
    return fields[0].strip('"'), fields[1:]


def _without_tail(fields: list[str], length: int) -> list[str]:
    """Drop the empty field behind a final tab, if it is one more than `length`."""
    return fields[:-1] if len(fields) == length + 1 and not fields[-1] else fields


def _values(fields: list[str], taken: Iterable[int], names: list[str], where: str) -> npt.NDArray[np.float64]:
    """Turn the fields of the chosen columns into numbers: ``float64 [sample]``."""
    chosen = [fields[index] for index in taken]
    try:
        values = np.array(chosen, dtype=np.float64)
    except ValueError:
        values = np.full(len(chosen), np.nan)
    if not (np.isfinite(values) & (values >= 0)).all():
        _refuse(chosen, [names[index] for index in taken], where)
    return values


def _refuse(fields: list[str], names: list[str], where: str) -> None:
    """Say which value is the first that cannot be used, and why."""
    for name, field in zip(names, fields, strict=True):
        if not field.strip() or field.strip().lower() in {"na", "nan", "null", "none"}:
            fault = "is missing"
        elif not _is_number(field):
            fault = "is not a number"
        elif float(field) < 0:
            fault = "is negative"
        elif float(field) == float("inf"):
            fault = "is infinite"
        else:
            continue
        what = f"the value in column {name!r} {fault} ({field!r})"
        raise InputError(what, where=where, remedy="Correct it, or leave the gene out")


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
