"""Half-life features: exact G/C contents over spliced regions."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from xpresso_core import halflife
from xpresso_core.annotation import place_on_genome, read_gtf, representative_transcripts
from xpresso_core.errors import InputError
from xpresso_core.genome import Genome
from xpresso_core.halflife import HALFLIFE_FEATURES, LENGTH_FEATURES, halflife_features, region_gc

COLUMNS = ["gene_id", "region", "chrom", "start", "end"]


def genome(folder: Path, **chromosomes: str) -> Genome:
    path = folder / "genome.fa"
    path.write_text("".join(f">{name}\n{text}\n" for name, text in chromosomes.items()))
    return Genome(path)


def frame(*rows: tuple[str, str, str, int, int]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=COLUMNS)


def test_the_names_of_the_features() -> None:
    assert len(HALFLIFE_FEATURES) == 8
    assert LENGTH_FEATURES == ("utr5_len", "cds_len", "intron_len", "utr3_len")


def test_content_is_taken_over_all_segments_without_n(tmp_path: Path) -> None:
    dna = genome(tmp_path, chr1="ACGTNNGGccATATNN")
    segments = frame(
        ("A", "utr5", "1", 0, 2),
        ("A", "cds", "1", 2, 5),
        ("A", "cds", "1", 6, 10),
        ("A", "utr3", "1", 14, 16),
        ("B", "cds", "1", 10, 14),
    )
    content = region_gc(segments, dna)
    assert content.loc["A", "utr5_gc"] == 1 / 2
    assert content.loc["A", "cds_gc"] == 5 / 6, "GT and GGcc; the N does not count"
    assert np.isnan(content.loc["A", "utr3_gc"]), "nothing but N"
    assert content.loc["B", "cds_gc"] == 0
    assert np.isnan(content.loc["B", "utr5_gc"])


def test_features_follow_the_genes(tmp_path: Path) -> None:
    dna = genome(tmp_path, chr1="ACGTNNGGccATATNN")
    genes = pd.DataFrame(
        {
            "gene_id": ["B", "A"],
            "utr5_len": [np.nan, 2.0],
            "cds_len": [4.0, 7.0],
            "intron_len": [0.0, 1.0],
            "utr3_len": [np.nan, np.nan],
            "orf_exon_density": [0.0, 1000 / 7],
        },
        index=[7, 3],
    )
    segments = frame(
        ("A", "utr5", "1", 0, 2), ("A", "cds", "1", 2, 10), ("B", "cds", "1", 10, 14), ("C", "cds", "9", 0, 9)
    )
    features = halflife_features(genes, segments, dna)
    assert tuple(features.columns) == HALFLIFE_FEATURES
    assert list(features.index) == [7, 3]
    assert (features.dtypes == np.float64).all()
    assert features["utr5_gc"].isna().tolist() == [True, False]
    assert features["cds_gc"].tolist() == [0, 5 / 6]
    assert features["cds_len"].tolist() == [4, 7]


def test_content_does_not_depend_on_how_the_genome_is_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    random = np.random.default_rng(1)
    text = {name: "".join(random.choice(list("ACGTN"), 400)) for name in ("chr1", "chr2")}
    dna = genome(tmp_path, **text)
    rows = []
    for number in range(60):
        start = int(random.integers(0, 399))
        end = int(random.integers(start + 1, 401))
        region = ("utr5", "cds", "utr3")[number % 3]
        rows.append((f"G{number % 5}", region, f"chr{1 + number % 2}", start, end))
    segments = frame(*rows)
    whole = region_gc(segments, dna)
    for tile in (1, 7, 64):
        monkeypatch.setattr(halflife, "_TILE", tile)
        assert whole.equals(region_gc(segments, dna))
    for (gene, region), group in segments.groupby(["gene_id", "region"]):
        bases = "".join(text[chrom][start:end] for chrom, start, end in group[COLUMNS[2:]].to_numpy())
        known = len(bases) - bases.count("N")
        assert whole.loc[gene, f"{region}_gc"] == (bases.count("G") + bases.count("C")) / known


def test_both_strands_have_the_same_content(tmp_path: Path) -> None:
    text = "ACGGTTNACCAGT"
    mirrored = text[::-1].translate(str.maketrans("ACGT", "TGCA"))
    dna = genome(tmp_path, chr1=text, chr2=mirrored)
    size = len(text)
    there = region_gc(frame(("A", "cds", "chr1", 1, 6), ("A", "utr3", "chr1", 8, 12)), dna)
    back = region_gc(
        frame(("A", "cds", "chr2", size - 6, size - 1), ("A", "utr3", "chr2", size - 12, size - 8)), dna
    )
    assert there.equals(back)


def test_a_segment_off_the_genome_is_refused(tmp_path: Path) -> None:
    dna = genome(tmp_path, chr1="ACGT")
    with pytest.raises(InputError, match="no chromosome 'chr2'"):
        region_gc(frame(("A", "cds", "chr2", 0, 2)), dna)
    with pytest.raises(InputError, match="leaves the chromosome"):
        region_gc(frame(("A", "cds", "chr1", 0, 5)), dna)


@pytest.mark.real
def test_human_mini(real_data: Path) -> None:
    found = representative_transcripts(read_gtf(real_data / "human_mini" / "genes.gtf.gz"))
    with Genome(real_data / "human_mini" / "genome.fa.gz") as dna:
        genes, dropped = place_on_genome(found.genes, dna.sizes)
        features = halflife_features(genes, found.segments, dna)
        assert dropped.empty
        for gene in ("CSTB", "SOD1", "DMD"):
            row = genes.index[genes["gene_name"] == gene][0]
            parts = found.segments[found.segments["gene_id"] == genes.loc[row, "gene_id"]]
            parts = parts[parts["region"] == "cds"]
            codes = np.concatenate([dna.fetch(*part) for part in parts[COLUMNS[2:]].to_numpy()])
            assert features.loc[row, "cds_gc"] == np.isin(codes, (1, 2)).mean()
            assert features.loc[row, "cds_len"] == len(codes)
    assert features["utr5_gc"].isna().equals(features["utr5_len"].isna())
    assert features[["cds_len", "cds_gc", "intron_len", "orf_exon_density"]].notna().all(axis=None)
    # G/C content falls from the 5' UTR to the 3' UTR of human genes
    assert features["utr5_gc"].median() > features["cds_gc"].median() > features["utr3_gc"].median()
