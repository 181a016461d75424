"""What the samples of an expression table are called, beside the codes that its columns have."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from xpresso_core.errors import InputError
from xpresso_core.files import open_text


class _Format(NamedTuple):
    """A table with a header: what it is called in messages, and its columns for the code and the name."""

    title: str
    code: str
    name: str


_FORMATS = (
    _Format("a table with the columns sample and name", "sample", "name"),
    _Format("Roadmap's table of epigenomes", "Epigenome ID (EID)", "Epigenome Mnemonic"),
    _Format("the files fetched from ENCODE", "accession", "biosample"),
)


def read_sample_names(path: Path) -> dict[str, str]:
    """Read the names of samples by code.

    Parameters
    ----------
    path
        Tab-separated, plain, gzip or bgzip: ``sample name``; the metadata of the Roadmap epigenomes (of which the
        mnemonic is taken, as ``BLD.K562.CNCR``); the manifest of `encode.fetch_files`; or two columns without
        a header, as Roadmap's ``EG.name.txt``.

    Returns
    -------
    dict
        The name of each code; rows without either are left out.

    Raises
    ------
    InputError
        If the table is none of these, or names a sample twice.
    """
    with open_text(path) as handle:
        rows = [[cell.strip() for cell in line.rstrip("\r\n").split("\t")] for line in handle if line.strip()]
    header = rows[0] if rows else []
    known = next((form for form in _FORMATS if {form.code, form.name} <= set(header)), None)
    if known is None and len(header) != 2:
        what = "the table of sample names is of no known kind"
        kinds = "; ".join(form.title for form in _FORMATS)
        raise InputError(what, where=f"{path}, line 1", remedy=f"Give two columns, or one of: {kinds}")
    code, name = (header.index(known.code), header.index(known.name)) if known else (0, 1)
    names: dict[str, str] = {}
    for row in rows[1:] if known else rows:
        if len(row) > max(code, name) and row[code] and row[name]:
            if row[code] in names:
                what = f"the sample {row[code]} is there twice"
                raise InputError(what, where=str(path), remedy="Name every sample once")
            names[row[code]] = row[name].replace("_", " ")
    return names
