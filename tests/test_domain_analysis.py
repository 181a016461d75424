"""Genes in chromatin domains against all others, from files to files."""

from __future__ import annotations

import math
import zipfile
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from test_annotation import lines
from test_residual_analyses import IDS, residual_file

from xpresso_core.domain_analysis import write_domain_groups
from xpresso_core.errors import InputError
from xpresso_core.files import read_json, read_table
from xpresso_core.gene_groups import OTHER


def annotation(folder: Path) -> Path:
    """Write a GTF of the first eight genes, which lie 1,000 bases apart and are 100 bases long."""
    text = "".join(
        lines(
            gene,
            f"T{place}",
            [(1000 * place + 1, 1000 * place + 100)],
            [(1000 * place + 1, 1000 * place + 90)],
        )
        for place, gene in enumerate(IDS[:8])
    )
    (folder / "genes.gtf").write_text(text)
    return folder / "genes.gtf"


def domain_groups(
    folder: Path, bed: str, groups: dict[str, Any], *, residual: Path | None = None
) -> tuple[pd.DataFrame, dict[str, Any]]:
    with zipfile.ZipFile(folder / "domains.zip", "w") as archive:
        archive.writestr("a/K562.bed", bed)
        archive.writestr("a/other.bed", "chr1\t0\t1\tD1\n")
    write_domain_groups(
        residual or residual_file(folder),
        folder / "domains.zip",
        annotation(folder),
        member="a/K562.bed",
        groups=groups,
        genes_path=folder / "domains.genes.tsv",
        facts_path=folder / "domains.json",
    )
    found = read_table(folder / "domains.genes.tsv", dtype={"gene_id": str})
    return found, read_json(folder / "domains.json")


def test_genes_in_domains_of_an_archive(tmp_path: Path) -> None:
    bed = "chr1\t0\t1050\tD1\nchr1\t2050\t2051\tD10\nchr1\t3099\t3200\tD10\nchr1\t4100\t4200\tD10\n"
    groups = {
        "low": {"states": ["D1"], "expect": "lower"},
        "ten": {"states": ["D10"], "expect": "higher"},
    }
    genes, facts = domain_groups(tmp_path, bed, groups)
    assert genes["gene_id"].tolist() == IDS[:8], "genes that the annotation lacks count nowhere"
    assert genes["group"].tolist() == ["low", "low", "ten", "ten", OTHER, OTHER, OTHER, OTHER]
    assert facts["unplaced"] == 3
    assert set(facts) == {"tests", "shared", "unplaced", "absent_states"}
    assert facts["absent_states"] == {"low": [], "ten": []}
    low, ten = facts["tests"]
    assert (low["n"], low["others"], low["d"]) == (2, 4, 1.0)
    assert low["p"] == pytest.approx(math.exp(-2 * 2 * 4 / 6))
    assert (ten["n"], ten["d"], ten["p"]) == (2, 0.0, 1.0)


def test_states_that_no_segment_has_are_told(tmp_path: Path) -> None:
    groups = {
        "low": {"states": ["D9", "D1", "D5"], "expect": "lower"},
        "ten": {"states": ["D10"], "expect": "higher"},
    }
    bed = "chr1\t0\t1050\tD1\nchr1\t2050\t2051\tD10\n"
    genes, facts = domain_groups(tmp_path, bed, groups)
    assert facts["absent_states"] == {"low": ["D5", "D9"], "ten": []}
    assert genes["group"].tolist()[:3] == ["low", "low", "ten"]


def test_a_state_on_chromosomes_without_genes_is_there_and_its_group_empty(tmp_path: Path) -> None:
    groups = {
        "low": {"states": ["D1"], "expect": "lower"},
        "far": {"states": ["D10"], "expect": "higher"},
    }
    genes, facts = domain_groups(tmp_path, "chr1\t0\t1050\tD1\nchr9\t0\t9\tD10\n", groups)
    assert facts["absent_states"] == {"low": [], "far": []}
    assert [(test["n"], test["p"] is None) for test in facts["tests"]] == [(2, False), (0, True)]
    assert set(genes["group"]) == {"low", OTHER}


def test_domains_on_other_chromosomes_or_of_other_states_are_refused(tmp_path: Path) -> None:
    groups = {"low": {"states": ["D1"], "expect": "lower"}}
    with pytest.raises(InputError, match="no chromosome is shared: chr9 against 1"):
        domain_groups(tmp_path, "chr9\t0\t1050\tD1\n", groups)
    with pytest.raises(InputError, match=r"no segment has a state of low \(D1\)"):
        domain_groups(tmp_path, "chr1\t0\t1050\tD10\n", groups)
    assert not (tmp_path / "domains.json").exists()
