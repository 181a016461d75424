"""Half-lives against residuals: reading, joining by name, fifths as R cuts them, correlations."""

from __future__ import annotations

import gzip
import json
import math
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from xpresso_core.errors import InputError
from xpresso_core.files import read_table
from xpresso_core.gene_lists import GeneFinder
from xpresso_core.measured_halflives import (
    HalflifeEffect,
    halflife_effect,
    halflives_of_genes,
    read_halflives,
)
from xpresso_core.rank_tests import pearson, spearman
from xpresso_core.residuals import join_expression, read_predictions, residuals

GENES = pd.DataFrame({"gene_id": ["a", "b", "c", "d"], "gene_name": ["ALPHA", "TWIN", "TWIN", "DELTA"]})
NAMES = pd.DataFrame(
    {"gene_id": ["a", "d"], "gene_name": ["ALPHA", "DELTA"], "synonyms": ["ALSO|MANY", "MANY"]}
)


def measured(*rows: tuple[str, float]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["entry", "half_life"])


def effect(halflives: list[float], residual: list[float]) -> HalflifeEffect:
    ids = [f"g{number}" for number in range(len(halflives))]
    log2 = np.log2(np.array(halflives, dtype=np.float64))
    return halflife_effect(
        pd.DataFrame({"gene_id": ids, "residual": residual}),
        pd.DataFrame({"gene_id": ids, "log2_halflife": log2}),
    )


def by_gene(found: HalflifeEffect, column: str) -> list[float]:
    return found.table.sort_values("gene_id")[column].tolist()


TEXT = "name\trep\tmean\nALPHA\t1\t2.5\nTWIN\t\t1e1\nGONE\t3\t\n\t1\t4\nNA\t1\t0.5\n"


def test_a_table_is_read_whatever_its_packing(tmp_path: Path) -> None:
    (tmp_path / "plain").write_text(TEXT)
    (tmp_path / "crlf").write_bytes(TEXT.replace("\n", "\r\n").encode())
    (tmp_path / "gzip").write_bytes(gzip.compress(TEXT.encode()))
    with zipfile.ZipFile(tmp_path / "zip", "w") as archive:
        archive.writestr("t.tsv", TEXT)
    for name in ("plain", "crlf", "gzip", "zip"):
        found = read_halflives(tmp_path / name, "name", "mean")
        assert found.to_dict("list") == {"entry": ["ALPHA", "TWIN", "NA"], "half_life": [2.5, 10.0, 0.5]}
        assert found.index.tolist() == [0, 1, 2]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("0", r"t\.tsv, name ALPHA: 1 half-lives are not positive numbers, the first is 0\.0"),
        ("-1.5", r"t\.tsv, name ALPHA: 1 half-lives are not positive numbers, the first is -1\.5"),
        ("inf", r"t\.tsv, name ALPHA: 1 half-lives are not positive numbers, the first is inf"),
        ("long", r"t\.tsv, column mean, line 2: is not a tab-separated table .*long"),
    ],
)
def test_half_lives_that_are_none_are_refused(tmp_path: Path, value: str, message: str) -> None:
    (tmp_path / "t.tsv").write_text(TEXT.replace("2.5", value))
    with pytest.raises(InputError, match=message):
        read_halflives(tmp_path / "t.tsv", "name", "mean")


def test_missing_columns_and_values_are_told(tmp_path: Path) -> None:
    (tmp_path / "t.tsv").write_text(TEXT)
    with pytest.raises(InputError, match=r"t\.tsv: lacks the column median\. It has: name, rep, mean"):
        read_halflives(tmp_path / "t.tsv", "name", "median")
    with pytest.raises(InputError, match=r"t\.tsv: lacks the columns gene, median\."):
        read_halflives(tmp_path / "t.tsv", "gene", "median")
    (tmp_path / "t.tsv").write_text("name\tmean\nA\t\n\t1\n")
    with pytest.raises(InputError, match=r"t\.tsv: no row has both name and mean"):
        read_halflives(tmp_path / "t.tsv", "name", "mean")
    with pytest.raises(InputError, match=r"none\.tsv: cannot be read"):
        read_halflives(tmp_path / "none.tsv", "name", "mean")


def test_other_columns_may_be_called_anything(tmp_path: Path) -> None:
    (tmp_path / "t.tsv").write_text("name\tmean\thalf_life\tentry\nA\t1\t2\t3\n")
    found = read_halflives(tmp_path / "t.tsv", "name", "mean")
    assert found.to_dict("list") == {"entry": ["A"], "half_life": [1.0]}
    turned = read_halflives(tmp_path / "t.tsv", "entry", "half_life")
    assert turned.to_dict("list") == {"entry": ["3"], "half_life": [2.0]}


def test_one_column_is_not_both_genes_and_half_lives(tmp_path: Path) -> None:
    (tmp_path / "t.tsv").write_text("name\tmean\nA\t1\n")
    with pytest.raises(InputError, match=r"t\.tsv: genes and half-lives cannot both be in the column mean"):
        read_halflives(tmp_path / "t.tsv", "mean", "mean")


def test_rows_of_one_gene_are_averaged_as_logarithms() -> None:
    finder = GeneFinder(GENES, NAMES)
    rows = measured(("ALPHA", 2.0), ("ALPHA", 8.0), ("TWIN", 4.0), ("GONE", 9.0), ("MANY", 9.0))
    found = halflives_of_genes(rows, finder)
    assert found["gene_id"].tolist() == ["a", "b", "c"]
    assert found["log2_halflife"].tolist() == pytest.approx([2, 2, 2])
    mixed = halflives_of_genes(rows[::-1].reset_index(drop=True), finder)
    pd.testing.assert_frame_equal(mixed, found)


@pytest.mark.parametrize(
    ("rows", "log2"),
    [
        ([("d", 32.0), ("DELTA", 1.0), ("DELTA", 2.0)], 5.0),
        ([("d", 32.0), ("d", 2.0), ("DELTA", 1.0)], 3.0),
        ([("d.3", 32.0), ("d", 2.0)], 1.0),
        ([("DELTA", 1.0), ("DELTA", 2.0)], 0.5),
    ],
)
def test_of_several_rows_of_a_gene_the_surest_count(rows: list[tuple[str, float]], log2: float) -> None:
    finder = GeneFinder(GENES, NAMES)
    for given in (rows, rows[::-1]):
        found = halflives_of_genes(measured(*given), finder)
        assert found.to_dict("list") == {"gene_id": ["d"], "log2_halflife": [log2]}


def test_a_present_name_goes_before_a_synonym() -> None:
    finder = GeneFinder(GENES, NAMES)
    found = halflives_of_genes(measured(("ALSO", 8.0), ("ALPHA", 2.0), ("TWIN", 4.0)), finder)
    assert found["gene_id"].tolist() == ["a", "b", "c"]
    assert found["log2_halflife"].tolist() == [1.0, 2.0, 2.0]
    alone = halflives_of_genes(measured(("ALSO", 8.0)), finder)
    assert alone.to_dict("list") == {"gene_id": ["a"], "log2_halflife": [3.0]}


def test_ten_genes_by_hand() -> None:
    found = effect([2.0**power for power in range(10)], [0.0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    assert by_gene(found, "quintile") == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]
    assert np.log2(found.bounds).tolist() == pytest.approx([0, 1.8, 3.6, 5.4, 7.2, 9])
    assert by_gene(found, "half_life") == pytest.approx([2.0**power for power in range(10)])
    assert found.pearson is not None
    assert found.pearson.statistic == pytest.approx(1)
    assert found.spearman is not None
    assert list(found.table.columns) == "gene_id half_life log2_halflife residual quintile".split()


def test_a_half_life_at_a_bound_belongs_to_the_shorter_fifth() -> None:
    found = effect([1.0, 2, 4, 8, 16, 32], [0.0, 1, 0, 1, 0, 1])
    assert found.bounds == pytest.approx((1, 2, 4, 8, 16, 32))
    assert by_gene(found, "quintile") == [1, 1, 2, 3, 4, 5]


@pytest.mark.parametrize("genes", [1, 2, 3, 4])
def test_fewer_than_five_genes(genes: int) -> None:
    found = effect([2.0**power for power in range(genes)], [float(power**2) for power in range(genes)])
    assert len(found.bounds) == 6
    assert by_gene(found, "quintile")[0] == 1
    assert by_gene(found, "quintile") == sorted(by_gene(found, "quintile"))
    assert (found.pearson is None) == (genes < 3)
    assert found.spearman is None
    facts = found.facts()
    assert facts["n"] == genes
    assert json.loads(json.dumps(facts, allow_nan=False)) == facts


def test_equal_half_lives_have_one_bin_and_no_correlation() -> None:
    found = effect([3.7] * 12, list(range(12)))
    assert by_gene(found, "quintile") == [1] * 12
    assert found.bounds == pytest.approx((3.7,) * 6)
    assert (found.pearson, found.spearman) == (None, None)


def test_constant_residuals_have_no_correlation() -> None:
    found = effect([1.0 + number for number in range(12)], [0.5] * 12)
    assert (found.pearson, found.spearman) == (None, None)
    assert found.facts()["pearson_p"] is None
    assert len(set(by_gene(found, "quintile"))) == 5


def test_ties_may_leave_a_bin_empty() -> None:
    found = effect([1.0] * 8 + [2.0, 4.0], list(range(10)))
    assert set(by_gene(found, "quintile")) == {1, 5}
    assert by_gene(found, "quintile").count(1) == 8


def test_no_gene_at_all() -> None:
    finder = GeneFinder(GENES, None)
    nothing = halflives_of_genes(measured(("GONE", 1.0)), finder)
    found = halflife_effect(pd.DataFrame({"gene_id": ["a"], "residual": [1.0]}), nothing)
    assert found.table.empty
    assert list(found.table.columns) == "gene_id half_life log2_halflife residual quintile".split()
    assert (found.bounds, found.pearson, found.spearman) == ((), None, None)
    assert found.facts()["n"] == 0


def test_genes_without_a_residual_or_a_half_life_do_not_count() -> None:
    found = halflife_effect(
        pd.DataFrame({"gene_id": ["x", "a", "b", "c"], "residual": [9.0, 1, 2, 3]}),
        pd.DataFrame({"gene_id": ["c", "a", "y", "b"], "log2_halflife": [3.0, 1, 8, 2]}),
    )
    assert found.table["gene_id"].tolist() == ["a", "b", "c"]
    assert found.pearson is not None
    assert found.pearson.statistic == pytest.approx(1)


@pytest.mark.parametrize("seed", range(3))
def test_what_does_not_matter_to_the_effect(seed: int) -> None:
    rng = np.random.default_rng(seed)
    residual = rng.normal(size=50)
    hours = 2 ** (rng.normal(2, 1, 50) + residual)
    found = effect(hours.tolist(), residual.tolist())
    assert found.pearson == pearson(np.log2(hours), residual)
    assert found.spearman == spearman(np.log2(hours), residual)
    minutes = effect((60 * hours).tolist(), residual.tolist())
    assert by_gene(minutes, "quintile") == by_gene(found, "quintile")
    assert minutes.bounds == pytest.approx(tuple(60 * bound for bound in found.bounds))
    assert minutes.pearson == pytest.approx(found.pearson)
    turned = effect(hours.tolist(), (-residual).tolist())
    assert turned.pearson is not None
    assert found.pearson is not None
    assert turned.pearson.statistic == pytest.approx(-found.pearson.statistic)
    sizes = np.bincount(by_gene(found, "quintile"), minlength=6)[1:]
    assert sizes.tolist() == [10] * 5
    low, high = found.bounds[0], found.bounds[-1]
    assert (low, high) == pytest.approx((hours.min(), hours.max()))


def test_bins_hold_what_their_bounds_say() -> None:
    rng = np.random.default_rng(5)
    found = effect((2 ** rng.normal(size=83).round(1)).tolist(), rng.normal(size=83).tolist())
    for row in found.table.itertuples():
        low, high = found.bounds[row.quintile - 1], found.bounds[row.quintile]
        assert row.half_life <= high * (1 + 1e-12)
        assert row.half_life > low * (1 - 1e-12)
        assert math.log2(row.half_life) == pytest.approx(row.log2_halflife)


@pytest.mark.real
def test_half_lives_in_k562_against_the_published_predictions(real_data: Path) -> None:
    published, mini = real_data / "published", real_data / "human_mini"
    predicted = read_predictions(published / "human_median_predictions.tsv", ("ID", "SCORE"))
    rpkm = pd.read_csv(mini / "57epigenomes.RPKM.pc.gz", sep="\t", index_col=False)
    expression = pd.DataFrame({"gene_id": rpkm["gene_id"], "log10": np.log10(rpkm["E123"] + 0.1)})
    names = read_table(mini / "gene_names.tsv", dtype=str)
    symbols = dict(zip(names["gene_id"], names["gene_name"].fillna(""), strict=True))
    table = residuals(join_expression(predicted, expression), symbols).table
    rows = read_halflives(published / "Schofield_K562_half_lives.txt", "transcript", "mean_half_life")
    finder = GeneFinder(names[["gene_id", "gene_name"]], None)
    found = halflife_effect(table, halflives_of_genes(rows, finder))
    assert len(found.table) == 5_007
    assert found.pearson is not None
    assert found.pearson.statistic == pytest.approx(0.4294, abs=5e-5)
    assert found.pearson.p < 1e-200
    assert found.spearman is not None
    assert found.spearman.statistic > 0.3
    sizes = found.table["quintile"].value_counts()
    assert sizes.sum() == 5_007
    assert sizes.max() - sizes.min() <= 5
    medians = found.table.groupby("quintile")["residual"].median()
    assert medians.is_monotonic_increasing
