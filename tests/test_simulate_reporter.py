"""The simulated reporter assay: the files, read back base by base, hold the activities of the truth."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pyBigWig
import pytest

from xpresso_core.gtf import read_gtf
from xpresso_core.randomness import generator
from xpresso_core.signal import average_over_windows
from xpresso_core.simulate import simulate_species
from xpresso_core.simulate_reporter import PERIOD, STRETCH, _overlapped, _pattern, _runs

NAMES = {"+": "plus", "-": "minus"}


@pytest.fixture(scope="module", params=[1, 2, 3])
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("reporter")
    simulate_species(path, seed=request.param, genes=300, chromosomes=4)
    return path


def read_truth(folder: Path) -> pd.DataFrame:
    reporter = pd.read_csv(folder / "truth" / "reporter.tsv", sep="\t")
    genes = pd.read_csv(folder / "truth" / "genes.tsv", sep="\t").fillna({"dropped": ""})
    assert reporter["gene_id"].tolist() == genes["gene_id"].tolist()
    genes = genes.rename(columns={"strand": "strand_sim1"})
    return reporter.join(genes[["dropped", "promoter_score", "log10_median", "strand_sim1"]])


def test_any_thousand_bases_of_a_pattern_have_mean_one() -> None:
    for seed in range(20):
        pattern = _pattern(generator(seed, "test"))
        assert len(pattern) == PERIOD
        covered = pattern[pattern >= 0]
        assert covered.mean() == 1
        assert len(set(covered.tolist())) > 1
        assert 0 < (pattern < 0).sum() < PERIOD / 2
        long = np.resize(pattern, 2 * STRETCH)
        for start in (0, 1, 77, 2 * STRETCH - 1000):
            window = long[start : start + 1000]
            assert window[window >= 0].mean() == 1


def test_runs_of_equal_values() -> None:
    values = np.array([-1, 2, 2, 0, -1, -1, 3], dtype=np.float32)
    assert list(_runs("chr1", values)) == [("chr1", 1, 3, 2.0), ("chr1", 3, 4, 0.0), ("chr1", 6, 7, 3.0)]


def test_neighbours_overlap_on_one_strand_only() -> None:
    near = 2 * STRETCH - 1
    rows = [("chr1", "+", 5000), ("chr1", "+", 5000 + near), ("chr1", "-", 5000), ("chr2", "+", 5000),
            ("chr1", "+", 5001 + 2 * near), ("chr1", "+", None)]  # fmt: skip
    genes = pd.DataFrame(rows, columns=["chrom", "strand", "tss_sim0"])
    assert _overlapped(genes).tolist() == [1, 1, 0, 0, 0, 0]


def test_the_mean_over_covered_bases_is_the_activity(folder: Path) -> None:
    truth = read_truth(folder)
    there = truth[truth["tss_sim0"].notna()]
    files = {strand: pyBigWig.open(str(folder / f"sure.{name}.bw")) for strand, name in NAMES.items()}
    exact, faint = [], []
    for row in there.itertuples():
        around = (row.chrom, int(row.tss_sim0) - 500, int(row.tss_sim0) + 500)
        values = {
            strand: bigwig.values(*around, numpy=True).astype(float) for strand, bigwig in files.items()
        }
        own = values.pop(row.strand)
        assert 0 < np.isnan(own).sum() < 500
        assert np.unique(own[~np.isnan(own)]).size > 1
        exact.append(np.nanmean(own) == row.activity)
        (other,) = values.values()
        faint.append(np.nansum(other) / 1000 < 0.2)
    for bigwig in files.values():
        bigwig.close()
    assert all(np.array(exact) | (there["overlapped"] == 1))
    assert np.mean(faint) > 0.95
    assert there["overlapped"].mean() < 0.03


def test_the_middle_of_the_lifted_window_measures_the_same(folder: Path) -> None:
    truth = read_truth(folder)
    mapped = truth[(truth["lifts"] == "mapped") & (truth["overlapped"] == 0)]
    middle = ((mapped["start_sim0"] + mapped["end_sim0"]) // 2).astype(int)
    away = (middle - mapped["tss_sim0"]).abs()
    assert 0 < away.median() < 100
    for strand, name in NAMES.items():
        here = mapped["strand"] == strand
        windows = pd.DataFrame({"chrom": mapped["chrom"], "start": middle - 500, "end": middle + 500,
                                "name": mapped["gene_id"]})[here]  # fmt: skip
        found = average_over_windows(folder / f"sure.{name}.bw", windows, sample_around_center=1000)
        found = found.set_index("name").loc[windows["name"]]
        assert found["mean"].tolist() == mapped.loc[here, "activity"].tolist()
        assert (found["covered"] < 1000).all()


def test_the_planted_relations(folder: Path) -> None:
    truth = read_truth(folder)
    model = json.loads((folder / "truth" / "model.json").read_text())["reporter"]
    known = truth[(truth["dropped"] == "") & truth["activity"].notna()]
    assert model["genes"] == len(known)
    log10 = np.log10(known["activity"] + 0.1)
    assert log10.to_numpy() == pytest.approx(known["log10_activity"].to_numpy())
    r2 = {name: np.corrcoef(log10, known[name])[0, 1] ** 2 for name in ("promoter_score", "log10_median")}
    assert model["r2_promoter"] == pytest.approx(r2["promoter_score"])
    assert model["r2_label"] == pytest.approx(r2["log10_median"])
    assert model["r2_promoter"] == pytest.approx(0.8, abs=0.02)
    assert 0.25 < model["r2_label"] < 0.6
    slope, intercept = np.polyfit(known["promoter_score"], log10, 1)
    assert slope == pytest.approx(model["log10_activity_per_promoter_score"], abs=0.03)
    assert intercept == pytest.approx(model["intercept"], abs=0.03)


def test_some_windows_do_not_lift_and_some_genes_are_gone(folder: Path) -> None:
    truth = read_truth(folder)
    counts = truth["lifts"].value_counts()
    assert set(counts.index) == {"mapped", "Deleted in new", "Partially deleted in new", "Split in new"}
    assert counts.drop("mapped").sum() < 25
    gone = truth["tss_sim0"].isna()
    assert 0 < gone.sum() < 10
    assert truth.loc[gone, ["strand", "activity", "log10_activity", "start_sim0"]].isna().all(axis=None)
    assert set(truth.loc[truth["lifts"] == "Deleted in new", "gene_id"]) <= set(truth.loc[gone, "gene_id"])
    turned = truth[~gone & (truth["strand"] != truth["strand_sim1"])]
    assert len(turned) >= 1
    assert turned["chrom"].nunique() == 1
    assert (turned["lifts"] == "mapped").any()


def test_the_annotation_of_the_older_assembly_has_the_genes_that_are_there(folder: Path) -> None:
    truth = read_truth(folder).set_index("gene_id")
    gtf = read_gtf(folder / "sure.genes.gtf.gz")
    genes = gtf[gtf["feature"] == "gene"].set_index("gene_id")
    assert set(genes.index) == set(truth.index[truth["tss_sim0"].notna()])
    assert genes["strand"].astype(str).to_dict() == truth["strand"].dropna().to_dict()
    transcripts = pd.read_csv(folder / "truth" / "genes.tsv", sep="\t").set_index("transcript_id")
    chosen = gtf[(gtf["feature"] == "transcript") & gtf["transcript_id"].isin(transcripts.index)]
    first = np.where(chosen["strand"] == "+", chosen["start"], chosen["end"] - 1)
    annotated = transcripts.loc[chosen["transcript_id"].astype(str)]
    shift = np.where(annotated["strand"] == "+", 1, -1) * (annotated["tss"] - annotated["annotated_tss"])
    sites = truth.loc[annotated["gene_id"]]
    moved = np.where(sites["strand"] == "+", 1, -1) * (sites["tss_sim0"].to_numpy() - first)
    assert moved.tolist() == shift.tolist(), "as far from the annotated TSS as in the newer assembly"
    assert (chosen["chrom"].astype(str).to_numpy() == annotated["chrom"].to_numpy()).all(), "names with chr"
