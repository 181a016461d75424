"""Which genes an experiment uses: orthologs in matching order, silent genes thinned to another share."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from toy import toy_dataset

from xpresso_core.errors import ConfigError
from xpresso_core.files import write_table
from xpresso_core.selection import SILENT, rows_of_pairs, selected_rows, silent, thin_silent
from xpresso_core.splits import make_folds

PAIRS = pd.DataFrame({"gene_id": ["a3", "a1", "a2"], "ortholog_id": ["b1", "b3", "b2"]})


def labels(still: int, loud: int) -> np.ndarray:
    rng = np.random.default_rng(still)
    values = np.concatenate([np.full(still, SILENT), rng.normal(0.5, 0.4, loud)])
    return rng.permutation(values)


def test_orthologs_of_two_species_come_in_one_order_so_that_a_split_treats_them_alike() -> None:
    first, second = np.array(["a1", "a2", "a3", "a9"]), np.array(["b3", "b9", "b2", "b1"])
    rows = rows_of_pairs(first, PAIRS, "gene_id"), rows_of_pairs(second, PAIRS, "ortholog_id")
    assert first[rows[0]].tolist() == ["a3", "a1", "a2"]
    assert second[rows[1]].tolist() == ["b1", "b3", "b2"]
    rng = np.random.default_rng(0)
    numbers = rng.permutation(200)
    pairs = pd.DataFrame({"gene_id": [f"a{n}" for n in numbers], "ortholog_id": [f"b{n}" for n in numbers]})
    parts = []
    for column, letter in (("gene_id", "a"), ("ortholog_id", "b")):
        genes = np.array([f"{letter}{n}" for n in rng.permutation(250)])
        chosen = genes[rows_of_pairs(genes, pairs, column)]
        fold = make_folds("folds", np.full(200, "chr1"), seed=3, folds=4, validation=20)[1]
        parts.append([{gene[1:] for gene in chosen[rows]} for rows in fold])
    assert parts[0] == parts[1]


def test_a_gene_of_the_pairs_that_the_dataset_lacks_is_named() -> None:
    with pytest.raises(ConfigError, match="gene a2: 1 genes of the comparison are not in the dataset"):
        rows_of_pairs(np.array(["a1", "a3"]), PAIRS, "gene_id")


def test_silent_genes_are_thinned_to_the_other_share_and_no_other_gene_is_lost() -> None:
    many, few = labels(300, 700), labels(90, 910)
    rows = thin_silent(many, few, seed=1)
    kept = many[rows]
    assert silent(kept).mean() == pytest.approx(0.09, abs=1e-3)
    assert (~silent(kept)).sum() == 700
    assert (np.diff(rows) > 0).all()
    assert not np.array_equal(rows, thin_silent(many, few, seed=2))
    assert not silent(many[thin_silent(many, labels(0, 100), seed=1)]).any()


def test_silent_genes_cannot_be_added() -> None:
    with pytest.raises(ConfigError, match="9.0 % of the genes are silent, fewer than the 30.0 %"):
        thin_silent(labels(90, 910), labels(300, 700), seed=1)


def test_the_choice_of_genes_reads_what_it_goes_by(tmp_path: Path) -> None:
    dataset = toy_dataset(60)
    assert selected_rows(dataset, None, None, "gene_id", 1).tolist() == list(range(60))
    write_table(
        pd.DataFrame({"gene_id": ["g0005", "g0002"], "ortholog_id": ["x", "y"]}), tmp_path / "pairs.tsv"
    )
    chosen = selected_rows(dataset, {"orthologs": "c"}, tmp_path / "pairs.tsv", "gene_id", 1)
    assert chosen.tolist() == [5, 2]
    half = replace(dataset, expression=np.where(np.arange(60) % 2, SILENT, 1).astype(np.float32))
    tenth = replace(dataset, expression=np.where(np.arange(60) % 10, 1, SILENT).astype(np.float32))
    tenth.save(tmp_path / "other.h5")
    thinned = selected_rows(half, {"silent_share_of": "other"}, tmp_path / "other.h5", "gene_id", 1)
    assert silent(half.expression[thinned]).sum() == 3
    assert len(thinned) == 33
    with pytest.raises(ConfigError, match="the file that orthologs goes by is missing"):
        selected_rows(dataset, {"orthologs": "c"}, None, "gene_id", 1)
