"""Entrez ids: only those that have one Ensembl gene, and it them."""

from __future__ import annotations

import pandas as pd
import pytest

from xpresso_core.entrez import LOSSES, to_ensembl
from xpresso_core.errors import InputError

NAMES = pd.DataFrame(
    [
        ("G1", "1"),
        ("G2", "2"),
        ("G3", "3|33"),
        ("G4", "4"),
        ("G5", "4"),
        ("G6", ""),
        ("G7", "7"),
        ("G8", "8"),
    ],
    columns=["gene_id", "entrez_id"],
)


def table(*rows: tuple[str, float]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["gene_id", "value"])


def test_every_row_is_kept_or_has_one_reason() -> None:
    given = table(
        ("2", 5), ("1", 3), ("3", 1), ("4", 1), ("9", 1), ("33", 1), ("7", 2), ("7", 2.5), ("8", 0), ("8", 0)
    )
    found = to_ensembl(given.assign(log10=-1.0), NAMES)
    assert found.table.to_numpy().tolist() == [["G2", 5, -1], ["G1", 3, -1], ["G8", 0, -1]]
    assert found.cases == list(zip(LOSSES, [1, 1, 2, 2, 1], strict=True))
    assert len(found.table) + sum(count for _, count in found.cases) == len(given)
    assert given["gene_id"][0] == "2", "the input is not changed"


def test_an_id_is_not_beyond_doubt_only_because_the_table_lacks_the_other() -> None:
    found = to_ensembl(table(("3", 1), ("1", 2)), NAMES)
    assert found.table["gene_id"].tolist() == ["G1"]


def test_names_without_ids_and_tables_of_another_species_are_refused() -> None:
    with pytest.raises(InputError, match=r"gene names: the table holds no Entrez ids.*MGI_Gene_Model_Coord"):
        to_ensembl(table(("1", 1)), NAMES.assign(entrez_id=""))
    with pytest.raises(InputError, match="none of the 2 Entrez ids, like 100, has one Ensembl gene"):
        to_ensembl(table(("100", 1), ("200", 1)), NAMES)
