"""Promoters and datasets: what is stored comes back, what does not fit is refused, nothing is lost silently."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest
from toy import toy_dataset

from xpresso_core.dataset import Dataset, build_dataset, cropped
from xpresso_core.errors import ConfigError, InputError
from xpresso_core.genome import Genome, Window
from xpresso_core.halflife import HALFLIFE_FEATURES
from xpresso_core.promoters import Promoters, extract_promoters
from xpresso_core.sequence import decode

ARRAYS = ("gene_id", "chrom", "strand", "tss", "codes", "halflife", "expression")


def test_a_dataset_comes_back(tmp_path: Path) -> None:
    dataset = toy_dataset(20)
    dataset.save(tmp_path / "d.h5")
    back = Dataset.open(tmp_path / "d.h5")
    for name in ARRAYS:
        np.testing.assert_array_equal(getattr(back, name), getattr(dataset, name), err_msg=name)
    assert back.window == dataset.window
    assert back.attributes == dataset.attributes
    assert back.checksum() == dataset.checksum()


def test_a_smaller_window_keeps_the_tss_where_it_belongs(tmp_path: Path) -> None:
    dataset = toy_dataset(20)
    dataset.save(tmp_path / "d.h5")
    inner = Dataset.open(tmp_path / "d.h5", Window(50, 10))
    np.testing.assert_array_equal(inner.codes, dataset.codes[:, 40:100])
    assert inner.codes[0, 50] == dataset.codes[0, 90]
    with pytest.raises(ConfigError, match="the stored promoters reach from -90 to \\+60, but -91 to \\+10"):
        Dataset.open(tmp_path / "d.h5", Window(91, 10))


@pytest.mark.parametrize("name", ["codes", "halflife", "expression"])
def test_any_change_of_the_data_changes_the_checksum(name: str) -> None:
    dataset = toy_dataset(20)
    changed = getattr(dataset, name).copy()
    changed.flat[3] = (changed.flat[3] + 1) % 4
    assert dataclasses.replace(dataset, **{name: changed}).checksum() != dataset.checksum()


def test_what_is_no_dataset_is_refused(tmp_path: Path) -> None:
    (tmp_path / "d.h5").write_text("text")
    with pytest.raises(InputError, match="is not a dataset"):
        Dataset.open(tmp_path / "d.h5")
    with pytest.raises(InputError, match="is not a dataset"):
        Dataset.open(tmp_path / "none.h5")
    toy_dataset(20).save(tmp_path / "e.h5")
    with h5py.File(tmp_path / "e.h5", "a") as store:
        store.attrs["format_version"] = 99
    with pytest.raises(InputError, match="has format 99, not 1"):
        Dataset.open(tmp_path / "e.h5")


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("expression", np.full(20, np.nan, np.float32), "is not a number"),
        ("gene_id", np.array(["same"] * 20), "a gene occurs twice"),
        ("tss", np.zeros(19, np.int64), "different lengths"),
        ("codes", np.full((20, 150), 7, np.uint8), "a code above 4"),
    ],
)
def test_arrays_that_disagree_are_refused(tmp_path: Path, name: str, value: np.ndarray, message: str) -> None:
    dataclasses.replace(toy_dataset(20), **{name: value}).save(tmp_path / "d.h5")
    with pytest.raises(InputError, match=message):
        Dataset.open(tmp_path / "d.h5")


def genes_on(chrom: str, tss: list[int], strand: str = "+") -> pd.DataFrame:
    return pd.DataFrame(
        {
            "gene_id": [f"g{row}" for row in range(len(tss))],
            "gene_name": [f"G{row}" for row in range(len(tss))],
            "chrom": chrom,
            "strand": strand,
            "tss": tss,
            **dict.fromkeys(HALFLIFE_FEATURES, 1.0),
        }
    )


@pytest.fixture
def genome(tmp_path: Path) -> Genome:
    rng = np.random.default_rng(0)
    sequence = decode(rng.integers(0, 4, 200).astype(np.uint8)) + "N" * 100
    (tmp_path / "g.fa").write_text(f">chr1\n{sequence}\n")
    return Genome(tmp_path / "g.fa")


def test_every_gene_has_its_promoter_or_a_reason(genome: Genome) -> None:
    genes = genes_on("1", [100, 5, 195, 295, 250])
    promoters, dropped = extract_promoters(genes, genome, Window(20, 10))
    assert promoters.gene_id.tolist() == ["g0", "g2"]
    assert dict(zip(dropped["gene_id"], dropped["reason"], strict=True)) == {
        "g1": "window leaves the chromosome",
        "g3": "window leaves the chromosome",
        "g4": "sequence mostly unknown (N)",
    }
    np.testing.assert_array_equal(promoters.codes[0], genome.window("1", 100, "+", Window(20, 10)))
    np.testing.assert_array_equal(promoters.codes[1], genome.window("1", 195, "+", Window(20, 10)))


def test_padding_keeps_genes_at_chromosome_ends(genome: Genome) -> None:
    promoters, dropped = extract_promoters(
        genes_on("1", [5, 400]), genome, Window(20, 10), edges="pad", max_unknown=0.6
    )
    assert promoters.gene_id.tolist() == ["g0"]
    assert decode(promoters.codes[0])[:15] == "N" * 15
    assert dropped["reason"].tolist() == ["TSS off the chromosome"]
    _, gone = extract_promoters(genes_on("chr9", [5]), genome, Window(2, 1))
    assert gone["reason"].tolist() == ["chromosome not in the genome"]


def test_promoters_come_back_and_are_found_by_gene(genome: Genome, tmp_path: Path) -> None:
    promoters, _ = extract_promoters(
        genes_on("1", [100, 120, 140]), genome, Window(20, 10), attributes={"species": "toy"}
    )
    promoters.save(tmp_path / "p.h5")
    back = Promoters.open(tmp_path / "p.h5")
    assert back.attributes == {"species": "toy"}
    np.testing.assert_array_equal(back.rows(["g2", "g0"]), promoters.codes[[2, 0]])
    with pytest.raises(InputError, match="1 genes have no promoter sequence, the first is g7"):
        back.rows(["g0", "g7"])


def test_genes_without_expression_are_listed(genome: Genome) -> None:
    genes = genes_on("1", [100, 120, 140])
    promoters, _ = extract_promoters(genes, genome, Window(20, 10))
    expression = pd.DataFrame({"gene_id": ["g2", "other", "g0"], "log10": [2.0, 9.0, 0.5]})
    dataset, dropped = build_dataset(genes, promoters, expression, {})
    assert dataset.gene_id.tolist() == ["g0", "g2"]
    assert dataset.expression.tolist() == [0.5, 2.0]
    assert dropped.to_dict("records") == [
        {
            "gene_id": "g1",
            "gene_name": "G1",
            "stage": "dataset",
            "reason": "no expression value",
            "detail": "",
        }
    ]
    with pytest.raises(
        InputError, match=r"no gene of the annotation has an expression value \(g0, g1, g2 against x\)"
    ):
        build_dataset(genes, promoters, pd.DataFrame({"gene_id": ["x"], "log10": [1.0]}), {})


def test_a_cropped_dataset_shares_its_sequences() -> None:
    dataset = toy_dataset(20)
    small = cropped(dataset, Window(30, 20))
    np.testing.assert_array_equal(small.codes, dataset.codes[:, 60:110])
    assert np.shares_memory(small.codes, dataset.codes)
    assert small.window == Window(30, 20)
    with pytest.raises(ConfigError, match="the stored promoters reach from -90 to"):
        cropped(dataset, Window(100, 20))
