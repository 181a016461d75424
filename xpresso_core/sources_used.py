"""The table of a run's input files: where each came from, under which terms, and whom to cite."""

from __future__ import annotations

import os
from collections.abc import Mapping

import pandas as pd

from xpresso_core.files import read_json, sha256, write_table

COLUMNS = ("file", "id", "release", "licence", "citation", "url", "fetched", "sha256")


def write_sources_used(
    records: Mapping[str, str | os.PathLike[str]], path: str | os.PathLike[str]
) -> pd.DataFrame:
    """Write where every input file of a run came from.

    Parameters
    ----------
    records
        By input file, the record beside it (``<file>.source.json``, `sources.Fetched`), or the ``model.json``
        of a simulated species, whose own checksum stands for all its files.
    path
        The table to write.

    Returns
    -------
    pandas.DataFrame
        `COLUMNS` as text, one row per file in the order of `records`; what a record does not tell is "".

    Raises
    ------
    InputError
        If a record is missing or is not JSON.
    """
    rows = []
    for file, record in records.items():
        told = read_json(record)
        if "sha256" not in told:
            told = {"id": "simulated", "release": told["assembly"], "sha256": sha256(record)}
        rows.append([file, *(str(told.get(column, "")) for column in COLUMNS[1:])])
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    write_table(table, path)
    return table
