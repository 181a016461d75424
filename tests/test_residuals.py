"""Residuals by hand, what must not change them, and tables of predictions made elsewhere."""

from __future__ import annotations

import gzip
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from xpresso_core.errors import InputError
from xpresso_core.files import read_table, write_table
from xpresso_core.residuals import (
    RESIDUAL_COLUMNS,
    extremes,
    join_expression,
    read_expression,
    read_observed,
    read_predictions,
    read_residuals,
    residuals,
)

# The least-squares line of observed on predicted is 1 + 2 * predicted, with residuals 1, -2, 1.
THREE = pd.DataFrame(
    {"gene_id": ["g1", "g2", "g3"], "observed": [2.0, 1.0, 6.0], "predicted": [0.0, 1.0, 2.0]}
)


def random_table(seed: int = 0, genes: int = 60) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    observed = rng.normal(0.3, 1, genes)
    predicted = 0.4 * observed + rng.normal(0, 0.5, genes)
    ids = [f"ENSG{number:011d}" for number in range(genes)]
    return pd.DataFrame({"gene_id": ids, "observed": observed, "predicted": predicted})


def table_of(*residual: float) -> pd.DataFrame:
    """Return a table of the given residuals; its genes are g0, g1, ..."""
    table = pd.DataFrame(dict.fromkeys(RESIDUAL_COLUMNS, 0.0), index=range(len(residual)))
    ids = [f"g{number}" for number in range(len(residual))]
    return table.assign(gene_id=ids, gene_name="", residual=residual)


def test_residuals_by_hand() -> None:
    found = residuals(THREE, {"g1": "ONE", "g3": "THREE", "g9": "NINE"})
    assert (found.intercept, found.slope) == pytest.approx((1.0, 2.0))
    assert found.r2 == pytest.approx(found.pearson**2)
    assert found.r2 == pytest.approx(1 - 6 / 14)
    assert not found.constant
    table = found.table
    assert list(table.columns) == RESIDUAL_COLUMNS
    assert table["gene_id"].tolist() == ["g1", "g2", "g3"]
    assert table["gene_name"].tolist() == ["ONE", "", "THREE"]
    assert table["recalibrated"].tolist() == pytest.approx([1, 3, 5])
    assert table["residual"].tolist() == pytest.approx([1, -2, 1])
    assert table["raw_residual"].tolist() == pytest.approx([2, 0, 4])
    assert (table.dtypes[RESIDUAL_COLUMNS[2:]] == np.float64).all()
    facts = found.facts()
    assert facts["n"] == 3
    assert facts["residual_sd"] == pytest.approx(np.sqrt(2))
    assert "table" not in facts


@pytest.mark.parametrize(
    ("factor", "shift"), [(1.0, 5.0), (3.0, 0.0), (-1.0, 0.0), (-0.02, 40.0), (1e9, -1e9)]
)
def test_a_linear_transform_of_predictions_leaves_the_residual_alone(factor: float, shift: float) -> None:
    plain = random_table()
    moved = plain.assign(predicted=factor * plain["predicted"] + shift)
    before, after = residuals(plain), residuals(moved)
    for column in ("observed", "recalibrated", "residual"):
        np.testing.assert_allclose(after.table[column], before.table[column], atol=1e-6)
    raw = before.table["observed"] - moved["predicted"]
    np.testing.assert_allclose(after.table["raw_residual"], raw)
    assert after.r2 == pytest.approx(before.r2)
    assert after.pearson == pytest.approx(np.sign(factor) * before.pearson)
    assert after.slope == pytest.approx(before.slope / factor)


def test_residuals_have_no_mean_and_do_not_correlate_with_predictions() -> None:
    table = residuals(random_table(1)).table
    assert table["residual"].mean() == pytest.approx(0, abs=1e-12)
    assert np.corrcoef(table["residual"], table["predicted"])[0, 1] == pytest.approx(0, abs=1e-12)
    np.testing.assert_allclose(table["recalibrated"] + table["residual"], table["observed"])
    np.testing.assert_allclose(table["observed"] - table["predicted"], table["raw_residual"])


def test_a_shift_of_observed_values_goes_into_the_line() -> None:
    plain = random_table(2)
    before = residuals(plain)
    after = residuals(plain.assign(observed=plain["observed"] + 3))
    np.testing.assert_allclose(after.table["residual"], before.table["residual"], atol=1e-12)
    assert after.intercept == pytest.approx(before.intercept + 3)


def test_the_order_and_the_index_of_genes_do_not_matter() -> None:
    plain = random_table(3)
    order = np.random.default_rng(0).permutation(len(plain))
    mixed = plain.iloc[order]
    before, after = residuals(plain).table, residuals(mixed).table
    assert after["gene_id"].tolist() == mixed["gene_id"].tolist()
    assert after.index.tolist() == list(range(len(plain)))
    pd.testing.assert_frame_equal(after.sort_values("gene_id", ignore_index=True), before)


def test_without_names_all_are_empty() -> None:
    for names in (None, {}, {"g9": "NINE"}):
        assert residuals(THREE, names).table["gene_name"].tolist() == ["", "", ""]


def test_a_negative_correlation_has_a_negative_slope() -> None:
    found = residuals(THREE.assign(predicted=[2.0, 1.0, 0.0]))
    assert found.slope == pytest.approx(-2)
    assert found.pearson == pytest.approx(-np.sqrt(8 / 14))
    assert found.table["residual"].tolist() == pytest.approx([1, -2, 1])


def test_constant_predictions_leave_the_distance_from_the_mean() -> None:
    found = residuals(THREE.assign(predicted=0.7))
    assert found.constant
    assert (found.slope, found.intercept, found.r2, found.pearson) == pytest.approx((0, 3, 0, 0))
    assert found.table["recalibrated"].tolist() == pytest.approx([3, 3, 3])
    assert found.table["residual"].tolist() == pytest.approx([-1, -2, 3])
    assert found.table["raw_residual"].tolist() == pytest.approx([1.3, 0.3, 5.3])


@pytest.mark.parametrize("scale", [1e-4, 1e-9, 1.0, 1e6])
def test_any_linear_scale_will_do_for_predictions_made_elsewhere(scale: float) -> None:
    found = residuals(THREE.assign(predicted=THREE["predicted"] * scale + scale), any_scale=True)
    assert not found.constant
    assert found.slope == pytest.approx(2 / scale)
    assert found.intercept == pytest.approx(-1)
    assert found.r2 == pytest.approx(8 / 14)
    assert found.table["recalibrated"].tolist() == pytest.approx([1, 3, 5])
    assert found.table["residual"].tolist() == pytest.approx([1, -2, 1])


def test_predictions_that_spread_over_rounding_errors_are_constant_unless_their_scale_is_their_own() -> None:
    collapsed = THREE.assign(predicted=0.7 + 1e-6 * THREE["predicted"])
    assert residuals(collapsed).constant
    assert not residuals(collapsed, any_scale=True).constant


def test_equal_predictions_are_constant_on_any_scale() -> None:
    found = residuals(THREE.assign(predicted=0.7), any_scale=True)
    assert found.constant
    assert (found.slope, found.intercept) == pytest.approx((0, 3))
    assert found.table["residual"].tolist() == pytest.approx([-1, -2, 3])


def test_perfect_predictions_leave_nothing() -> None:
    found = residuals(THREE.assign(predicted=THREE["observed"]))
    assert (found.slope, found.intercept, found.r2) == pytest.approx((1, 0, 1))
    np.testing.assert_allclose(found.table["residual"], 0, atol=1e-12)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (THREE[:2], "2 genes are too few"),
        (THREE[:0], "predictions: the table has no rows"),
        (THREE.assign(observed=1.0), "metrics"),
        (
            THREE.assign(observed=[1.0, np.nan, np.nan]),
            "predictions, gene g2: 2 values of observed are missing or infinite",
        ),
        (
            THREE.assign(predicted=[1.0, 2.0, np.inf]),
            "predictions, gene g3: 1 values of predicted are missing or infinite",
        ),
        (THREE.assign(gene_id=["g1", None, "g3"]), "predictions: 1 rows have no gene"),
        (
            THREE.assign(gene_id=["g1", "g2", "g1"]),
            "predictions, gene g1: 1 genes are there more than once",
        ),
        (THREE.drop(columns="observed"), "predictions: the table has no column observed"),
        (THREE.drop(columns=["gene_id", "predicted"]), "the table has no column gene_id, predicted"),
    ],
)
def test_what_has_no_residuals_is_refused(table: pd.DataFrame, message: str) -> None:
    with pytest.raises(InputError, match=message):
        residuals(table)


def test_the_genes_that_fit_worst() -> None:
    found = extremes(table_of(0.5, -1.0, 2.0, -0.3, 1.0, -2.0), 2)
    assert found["gene_id"].tolist() == ["g2", "g4", "g5", "g1"]
    assert found["rank"].tolist() == [1, 2, 1, 2]
    assert found["direction"].tolist() == ["more than predicted"] * 2 + ["less than predicted"] * 2
    assert found["fold"].tolist() == pytest.approx([100, 10, 100, 10])
    assert list(found.columns) == (
        "rank direction gene_id gene_name observed recalibrated residual fold".split()
    )


@pytest.mark.parametrize(
    ("genes", "more", "less"), [(0, 0, 0), (1, 0, 1), (2, 1, 1), (3, 1, 1), (4, 2, 2), (9, 3, 3)]
)
def test_no_gene_is_among_both_kinds_of_extremes(genes: int, more: int, less: int) -> None:
    found = extremes(table_of(*np.linspace(-1, 1, genes)), 3)
    assert len(found) == more + less
    assert found["gene_id"].is_unique
    assert (found["direction"] == "more than predicted").sum() == more


def test_extremes_lie_on_their_side_of_the_line() -> None:
    found = extremes(table_of(1, 1, 1, 1, 0, -5), 3)
    assert found["gene_id"].tolist() == ["g0", "g1", "g2", "g5"]
    assert found["rank"].tolist() == [1, 2, 3, 1]
    assert found["fold"].tolist() == pytest.approx([10, 10, 10, 1e5])
    assert extremes(table_of(0, 0), 3).empty


def test_flipped_residuals_swap_the_directions() -> None:
    values = np.random.default_rng(4).normal(size=40)
    before, after = (extremes(table_of(*(sign * values)), 5) for sign in (1, -1))
    for one, other in (("more", "less"), ("less", "more")):
        picked = before.loc[before["direction"] == f"{one} than predicted", "gene_id"].tolist()
        assert picked == after.loc[after["direction"] == f"{other} than predicted", "gene_id"].tolist()


def test_equal_residuals_above_go_by_identifier_whatever_the_order_of_rows() -> None:
    table = table_of(1, 1, 1, -1, -2, -3)
    for rows in (table, table[::-1]):
        assert extremes(rows, 2)["gene_id"].tolist() == ["g0", "g1", "g5", "g4"]


def test_equal_residuals_below_go_by_identifier_whatever_the_order_of_rows() -> None:
    table = table_of(2, 1, 0.5, -1, -1, -1)
    for rows in (table, table[::-1]):
        assert extremes(rows, 2)["gene_id"].tolist() == ["g0", "g1", "g3", "g4"]


def test_predictions_made_elsewhere(tmp_path: Path) -> None:
    text = "ID\tnote\tSCORE\nENSG00000000003.14\tx\t0.5\nFBgn0000008.2\t\t-1e-3\nNA\ty\t2\n"
    for name, data in (("a.tsv", text.encode()), ("a.gz", gzip.compress(text.encode()))):
        (tmp_path / name).write_bytes(data)
    (tmp_path / "crlf.tsv").write_bytes(text.replace("\n", "\r\n").encode())
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("folder/a.tsv", text)
    for name in ("a.tsv", "a.gz", "crlf.tsv", "a.zip"):
        found = read_predictions(tmp_path / name, ("ID", "SCORE"))
        assert found["gene_id"].tolist() == ["ENSG00000000003", "FBgn0000008.2", "NA"]
        assert found["predicted"].tolist() == [0.5, -1e-3, 2.0]
        assert list(found.columns) == ["gene_id", "predicted"]


def test_tables_of_predictions_that_cannot_be_used(tmp_path: Path) -> None:
    path = tmp_path / "p.tsv"
    path.write_text("gene_id\tSCORE\nA\t1\n")
    with pytest.raises(InputError, match=r"p\.tsv: lacks the column predicted. It has: gene_id, SCORE"):
        read_predictions(path)
    path.write_text("gene_id\tpredicted\nENSG1.1\t1\nENSG1.2\t2\n")
    with pytest.raises(InputError, match=r"p\.tsv, gene ENSG1: 1 genes are there more than once"):
        read_predictions(path)
    path.write_text("gene_id\tpredicted\nA\tmuch\n")
    with pytest.raises(InputError, match=r"p\.tsv, column predicted, line 2: .*much"):
        read_predictions(path)
    path.write_text("gene_id\tpredicted\n\t1\nA\t2\n")
    with pytest.raises(InputError, match=r"p\.tsv: 1 rows have no gene\. Give every row an identifier"):
        read_predictions(path)
    with pytest.raises(InputError, match=r"none\.tsv: cannot be read"):
        read_predictions(tmp_path / "none.tsv")


def test_observed_values_and_expression_are_read_without_versions(tmp_path: Path) -> None:
    path = tmp_path / "t.tsv"
    path.write_text("fold\tgene_id\tlog10\tpredicted\tobserved\n1\tENSG1.7\t3\t2\t1\n1\tFBgn2.2\t6\t5\t4\n")
    observed, expression = read_observed(path), read_expression(path)
    assert observed.to_dict("list") == {
        "gene_id": ["ENSG1", "FBgn2.2"],
        "observed": [1.0, 4.0],
        "predicted": [2.0, 5.0],
    }
    assert expression.to_dict("list") == {"gene_id": ["ENSG1", "FBgn2.2"], "log10": [3.0, 6.0]}


@pytest.mark.parametrize("read", [read_observed, read_expression])
def test_tables_of_genes_that_cannot_be_used(tmp_path: Path, read: Callable[[Path], pd.DataFrame]) -> None:
    path = tmp_path / "t.tsv"
    header = "gene_id\tobserved\tpredicted\tlog10\n"
    path.write_text(f"{header}ENSG1.1\t1\t1\t1\nENSG1.2\t2\t2\t2\n")
    with pytest.raises(InputError, match=r"t\.tsv, gene ENSG1: 1 genes are there more than once"):
        read(path)
    path.write_text(f"{header}A\t1\t1\t1\n\t2\t2\t2\n")
    with pytest.raises(InputError, match=r"t\.tsv: 1 rows have no gene"):
        read(path)
    path.write_text(f"{header}A\tNA\tNA\tNA\n")
    with pytest.raises(InputError, match=r"t\.tsv, column (observed|log10), line 2: .*NA"):
        read(path)
    path.write_text("gene_id\tx\nA\t1\n")
    with pytest.raises(InputError, match=r"t\.tsv: lacks the column"):
        read(path)


def test_joining_keeps_the_order_of_predictions_and_the_genes_of_both() -> None:
    predictions = pd.DataFrame({"gene_id": ["c", "a", "x"], "predicted": [3.0, 1.0, 9.0]})
    expression = pd.DataFrame({"gene_id": ["a", "b", "c"], "log10": [0.1, 0.2, 0.3]})
    found = join_expression(predictions, expression)
    assert found.to_dict("list") == {
        "gene_id": ["c", "a"],
        "observed": [0.3, 0.1],
        "predicted": [3.0, 1.0],
    }
    mixed = join_expression(predictions, expression[::-1])
    pd.testing.assert_frame_equal(found, mixed)


def test_joins_that_cannot_be_made() -> None:
    predictions = pd.DataFrame({"gene_id": ["c", "a"], "predicted": [3.0, 1.0]})
    expression = pd.DataFrame({"gene_id": ["a", "b"], "log10": [0.1, 0.2]})
    with pytest.raises(InputError, match="no gene is in both datasets"):
        join_expression(predictions[:1], expression)
    with pytest.raises(InputError, match="expression, gene a: 1 genes are there more than once"):
        join_expression(predictions, expression.assign(gene_id="a"))
    with pytest.raises(InputError, match="expression: the table has no column log10"):
        join_expression(predictions, expression[["gene_id"]])


def test_a_table_of_residuals_comes_back(tmp_path: Path) -> None:
    table = residuals(THREE, {"g2": "NA", "g3": "1"}).table
    write_table(table, tmp_path / "r.tsv")
    back = read_residuals(tmp_path / "r.tsv")
    pd.testing.assert_frame_equal(back, table)
    assert back["gene_name"].tolist() == ["", "NA", "1"]
    write_table(table.drop(columns="residual"), tmp_path / "r.tsv")
    with pytest.raises(InputError, match=r"r\.tsv: lacks the column residual\."):
        read_residuals(tmp_path / "r.tsv")


@pytest.mark.real
def test_published_predictions_recalibrated_to_k562(real_data: Path) -> None:
    predicted = read_predictions(
        real_data / "published" / "human_median_predictions.tsv", columns=("ID", "SCORE")
    )
    rpkm = pd.read_csv(real_data / "human_mini" / "57epigenomes.RPKM.pc.gz", sep="\t", index_col=False)
    expression = pd.DataFrame({"gene_id": rpkm["gene_id"], "log10": np.log10(rpkm["E123"] + 0.1)})
    joined = join_expression(predicted, expression)
    assert len(predicted) == 18_413
    found = residuals(joined)
    slope, intercept = np.polyfit(joined["predicted"], joined["observed"], 1)
    assert (found.slope, found.intercept) == pytest.approx((slope, intercept), rel=1e-9)
    assert found.table["residual"].mean() == pytest.approx(0, abs=1e-10)
    assert found.pearson > 0.6
    names = read_table(real_data / "human_mini" / "gene_names.tsv", dtype={"gene_name": str})
    symbols = dict(zip(names["gene_id"], names["gene_name"], strict=True))
    over = extremes(residuals(joined, symbols).table, 50)
    under = over[over["direction"] == "more than predicted"]
    assert {"HBG1", "HBG2", "HBZ"} & set(under["gene_name"])  # globins of embryos, expressed in K562
