"""Observed against recalibrated expression with named genes: what is named, what is told, what is refused."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from figures import words

from xpresso_core.errors import InputError
from xpresso_core.files import read_table
from xpresso_core.plots_residuals import MOST_NAMES, fold_text, plot_labelled_residuals
from xpresso_core.residuals import RESIDUAL_COLUMNS, residuals

UNITS = "log10(RPKM + 0.1)"


def table_of(genes: int, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    observed = np.maximum(rng.normal(0.3, 1, genes), -1)
    predicted = 0.5 * observed + rng.normal(0.1, 0.5, genes)
    ids = [f"ENSG{number:06d}" for number in range(genes)]
    table = pd.DataFrame({"gene_id": ids, "observed": observed, "predicted": predicted})
    return residuals(table, {gene: f"GENE{gene[-4:]}" for gene in ids}).table


def draw(path: Path, table: pd.DataFrame, labelled: Sequence[str] | None = ()) -> str:
    plot_labelled_residuals(path, "K562", table, labelled, units=UNITS)
    return " ".join(words(path).split())


def exact(*values: float) -> pd.DataFrame:
    """Return a table of which the given are the residuals, on a line from -1 to 1."""
    line = np.linspace(-1, 1, len(values))
    table = pd.DataFrame({"observed": line + values, "predicted": line, "recalibrated": line})
    table = table.assign(residual=values, raw_residual=values, gene_name="")
    return table.assign(gene_id=[f"g{number}" for number in range(len(values))])[RESIDUAL_COLUMNS]


def test_marked_genes_are_named_and_counted(tmp_path: Path) -> None:
    table = exact(1.0, 2.0, 3.0, -1.0, 0.0, 0.0).assign(gene_name=["HBG1", "HBG2", "GATA1", "MYC", "B", ""])
    text = draw(tmp_path / "a.svg", table, ["g0", "g1", "g2", "g3"])
    r2 = np.corrcoef(table["observed"], table["recalibrated"])[0, 1] ** 2
    assert f"r² = {r2:.2f}, n = 6 genes. 3 of 4 marked genes lie above the line;" in text
    assert "at the median they are expressed 32-fold more than predicted (+1.50 log10 units)." in text
    lines = words(tmp_path / "a.svg").split("\n")
    for word in ("HBG1", "HBG2", "GATA1", "MYC", "4 marked genes", "observed = predicted",
                 f"Predicted, recalibrated, {UNITS}", f"Observed {UNITS}"):  # fmt: skip
        assert lines.count(word) == 1, word
    assert "B" not in lines


def test_genes_without_a_residual_are_told(tmp_path: Path) -> None:
    table = exact(1.0, -1.0)
    for labelled in (["g0"], [], None):
        plot_labelled_residuals(
            tmp_path / "a.svg", "K562", table, labelled, units=UNITS, missing=list("ABCDEF")
        )
        assert "Without a residual: A, B, C, D and 2 more." in " ".join(words(tmp_path / "a.svg").split())
    assert "Without" not in draw(tmp_path / "b.svg", table, ["g0"])


@pytest.mark.parametrize(
    ("residual", "told"),
    [
        (-1.0, "0 of 1 marked gene lies above the line; it is expressed 10-fold less than predicted (-1.00"),
        (0.3, "1 of 1 marked gene lies above the line; it is expressed 2.0-fold more than predicted (+0.30"),
        (0.0, "0 of 1 marked gene lies above the line; it is expressed as predicted (+0.00 log10 units)."),
    ],
)
def test_a_single_marked_gene(tmp_path: Path, residual: float, told: str) -> None:
    assert told in draw(tmp_path / "a.svg", exact(residual, 0.1, -0.1), ["g0"])


def test_a_gene_given_twice_is_marked_once(tmp_path: Path) -> None:
    text = draw(tmp_path / "a.svg", exact(1.0, 2.0, 0.0), ["g1", "g0", "g1"])
    assert "2 of 2 marked genes" in text
    assert words(tmp_path / "a.svg").split("\n").count("g1") == 1


def test_genes_without_a_name_show_their_identifier(tmp_path: Path) -> None:
    draw(tmp_path / "a.svg", exact(1.0, 2.0, 0.0).assign(gene_name=["", "MYC", ""]), ["g0", "g1"])
    lines = words(tmp_path / "a.svg").split("\n")
    assert "g0" in lines
    assert "MYC" in lines
    assert "g1" not in lines


def test_an_empty_list_marks_nothing(tmp_path: Path) -> None:
    text = draw(tmp_path / "a.svg", table_of(300), [])
    assert "n = 300 genes." in text
    for word in ("marked", "GENE", "Named"):
        assert word not in text


def test_without_a_list_the_genes_missed_most_are_named(tmp_path: Path) -> None:
    table = table_of(300)
    text = draw(tmp_path / "a.svg", table, None)
    assert "Named are the genes that the model misses most: the 3 farthest above and 3 farthest below" in text
    ordered = table.sort_values("residual")["gene_name"].tolist()
    named = {line for line in words(tmp_path / "a.svg").split("\n") if line.startswith("GENE")}
    assert named == {*ordered[:3], *ordered[-3:]}
    assert "marked" not in text


def test_few_genes_have_few_extremes(tmp_path: Path) -> None:
    assert "the 1 farthest above and 1 farthest below the line." in draw(
        tmp_path / "a.svg", exact(1, 0, -1), None
    )
    assert "Named" not in draw(tmp_path / "b.svg", exact(0, 0, 0), None)


def test_of_many_marked_genes_those_farthest_away_are_named(tmp_path: Path) -> None:
    table = table_of(900)
    text = draw(tmp_path / "a.svg", table, table["gene_id"].tolist()[:60])
    assert "of 60 marked genes lie above the line; at the median they are expressed" in text
    assert f"The {MOST_NAMES} farthest from the line are named." in text
    named = {line for line in words(tmp_path / "a.svg").split("\n") if line.startswith("GENE")}
    away = table[:60].assign(away=table["residual"].abs()).sort_values("away")
    assert named == set(away["gene_name"][-MOST_NAMES:])


def test_names_without_room_are_told(tmp_path: Path) -> None:
    table = exact(1.0, 2.0, 0.0).assign(gene_name=["endless" * 20, "MYC", ""])
    text = draw(tmp_path / "a.svg", table, ["g0", "g1"])
    assert "2 marked genes (1 without room for the name)" in text
    assert "endless" not in text


def test_a_whole_genome_stays_small_and_gives_the_same_bytes(tmp_path: Path) -> None:
    table = table_of(20_000)
    corner = table.sort_values("recalibrated")["gene_id"][:40].tolist()
    for name in "ab":
        assert "of 40 marked genes lie" in draw(tmp_path / f"{name}.svg", table, corner)
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()
    assert "without room" not in (tmp_path / "a.svg").read_text()


def test_what_has_no_correlation_is_told(tmp_path: Path) -> None:
    assert "n = 1 gene, of which no correlation can be taken." in draw(tmp_path / "a.svg", exact(0.5))
    flat = exact(0.5, 0.0, -0.5).assign(observed=1.0)
    assert "n = 3 genes, of which no correlation can be taken." in draw(tmp_path / "b.svg", flat)
    dead = table_of(50).assign(recalibrated=0.2)
    assert "r² = 0, n = 50 genes: the predictions do not vary." in draw(tmp_path / "c.svg", dead)


@pytest.mark.real
def test_genes_of_known_enhancers_in_k562_lie_above_the_line(real_data: Path, tmp_path: Path) -> None:
    predicted = read_table(real_data / "published" / "human_median_predictions.tsv", dtype={"ID": str})
    rpkm = pd.read_csv(real_data / "human_mini" / "57epigenomes.RPKM.pc.gz", sep="\t", index_col=False)
    names = read_table(real_data / "human_mini" / "gene_names.tsv", dtype={"gene_name": str})
    joined = predicted.rename(columns={"ID": "gene_id", "SCORE": "predicted"}).merge(rpkm, on="gene_id")
    joined["observed"] = np.log10(joined["E123"] + 0.1)
    symbols = names.dropna().drop_duplicates("gene_id").set_index("gene_id")["gene_name"].to_dict()
    table = residuals(joined, symbols).table
    known = (
        (
            "HBA1 HBA2 HBB HBD HBE1 HBG1 HBG2 HBM HBQ1 HBZ PIM1 SMYD3 FADS1 PRKAR2B GATA1 MYC"  # paper, Figure S3A
        ).split()
    )
    text = draw(tmp_path / "a.svg", table, table["gene_id"][table["gene_name"].isin(known)].tolist())
    assert f"n = {len(table):,} genes. 16 of 16 marked genes lie above the line" in text
    assert set(known) <= set(words(tmp_path / "a.svg").split("\n"))


def test_an_unknown_gene_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="2 genes to mark have no residual: g11, h, did you mean 'g1'"):
        draw(tmp_path / "a.svg", exact(1.0, 2.0), ["g0", "g11", "h"])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("column", RESIDUAL_COLUMNS)
def test_a_missing_column_is_refused(tmp_path: Path, column: str) -> None:
    with pytest.raises(InputError, match=f"residuals: the table has no column {column}"):
        draw(tmp_path / "a.svg", exact(1.0, 2.0).drop(columns=column))


@pytest.mark.parametrize("column", ["observed", "recalibrated", "residual"])
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_values_that_are_not_finite_are_refused(tmp_path: Path, column: str, value: float) -> None:
    table = exact(1.0, 2.0, 3.0)
    table.loc[1, column] = value
    with pytest.raises(InputError, match=f"residuals, column {column}: 1 values are missing or infinite"):
        draw(tmp_path / "a.svg", table)
    assert list(tmp_path.iterdir()) == []


def test_no_gene_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="residuals: the table has no rows"):
        draw(tmp_path / "a.svg", table_of(5)[:0])


@pytest.mark.parametrize(
    ("difference", "text"),
    [(0.0, "1.0-fold"), (-0.3, "2.0-fold"), (0.998, "10-fold"), (1.0, "10-fold"), (-3.5, "3,162-fold")],
)
def test_differences_as_ratios(difference: float, text: str) -> None:
    assert fold_text(difference) == text
