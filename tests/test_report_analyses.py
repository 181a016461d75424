"""The analyses of the report, on the tables that make trouble."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from xpresso_core.report_analyses import report_samples

GENE = {"median_except": [], "ids": "gene"}


def samples(folder: Path, text: str, settings: dict[str, object]) -> tuple[pd.DataFrame, str]:
    (folder / "table.tsv").write_text(text)
    out = folder / "samples.tsv", folder / "samples.svg"
    report_samples(folder / "table.tsv", None, *out, name="mine", settings=settings)
    return pd.read_csv(out[0], sep="\t"), out[1].read_text()


def test_one_sample_is_told_and_not_an_error(tmp_path: Path) -> None:
    table, figure = samples(tmp_path, "gene_id\tS1\nA\t1\nB\t2\nC\t3\n", GENE)
    assert list(table["sample"]) == ["S1"]
    assert "There are no two samples to compare." in figure


def test_a_sample_without_a_read_is_left_out(tmp_path: Path) -> None:
    table, _ = samples(tmp_path, "gene_id\tS1\tS2\tS3\nA\t1\t2\t0\nB\t2\t3\t0\nC\t3\t1\t0\n", GENE)
    assert list(table["sample"]) == ["S1", "S2"]


def test_repeated_entrez_ids_are_allowed_as_in_the_dataset(tmp_path: Path) -> None:
    text = "id\tS1\tS2\n10\t1\t2\n10\t1\t2\n11\t2\t5\n12\t3\t1\n"
    table, _ = samples(tmp_path, text, GENE | {"ids": "entrez"})
    assert list(table["sample"]) == ["S1", "S2"]
