"""From tracks on disk to islands, peaks and the comparison with annotated start sites."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from xpresso_core.cli import main
from xpresso_core.cpg_islands import read_islands
from xpresso_core.files import write_table
from xpresso_core.peaks import read_peaks
from xpresso_core.species_islands import write_called_islands
from xpresso_core.track_comparison import write_track_summary
from xpresso_core.track_peaks import peaks_of_tracks, write_peaks
from xpresso_core.track_summary import SummaryFiles
from xpresso_core.track_writer import write_tracks
from xpresso_core.tracks import Stretch, Tracks

STEP, SIZES = 100, {"chr2": 30_000, "chr1": 20_000}
PEAKS = {("chr2", "+"): 5_000, ("chr2", "-"): 12_000, ("chr1", "+"): 300}
"""Where the toy's predictions are high: one start site each."""


def toy_tracks(folder: Path) -> Path:
    """Write noise of at most 1 with peaks of 5, and a gap on the ``-`` strand of chr2."""
    rng = np.random.default_rng(3)
    stretches = []
    for chrom, size in SIZES.items():
        positions = np.arange(0, size, STEP, dtype=np.int64)
        plus, minus = rng.random((2, len(positions))).astype(np.float32)
        for (where, strand), at in PEAKS.items():
            if where == chrom:
                (plus if strand == "+" else minus)[at // STEP] = 5
        if chrom == "chr2":
            minus[200:220] = np.nan
        stretches.append(Stretch(chrom, positions, plus, minus))
    facts = {"step": STEP, "unit": "z-score", "units": "z", "regions": ["all"], "model": {"name": "toy"}}
    write_tracks(folder / "toy", stretches, SIZES, facts)
    return folder / "toy"


def toy_genes(folder: Path) -> Path:
    rows = [(f"g{number}", chrom, strand, at) for number, ((chrom, strand), at) in enumerate(PEAKS.items())]
    rows += [("g3", "chr1", "-", 15_000), ("far", "chr9", "+", 10)]
    write_table(pd.DataFrame(rows, columns=["gene_id", "chrom", "strand", "tss"]), folder / "genes.tsv")
    return folder / "genes.tsv"


def toy_genome(folder: Path) -> Path:
    """Write A and T, with 300 bases of CG on chr2 from 4,900 on."""
    rng = np.random.default_rng(4)
    letters = {chrom: rng.choice(list("AT"), size) for chrom, size in SIZES.items()}
    letters["chr2"][4_900:5_200] = list("CG" * 150)
    (folder / "g.fa").write_text("".join(f">{chrom}\n{''.join(text)}\n" for chrom, text in letters.items()))
    return folder / "g.fa"


def summarised(folder: Path, split: Path | None = None, fold: int = 0) -> tuple[Path, SummaryFiles]:
    """Go all the way from tracks to the summary's files."""
    prefix = toy_tracks(folder)
    write_called_islands(toy_genome(folder), folder / "islands.bed")
    write_peaks(prefix, folder / "peaks.bed", threshold=None, distance=500)
    files = SummaryFiles(*(folder / f"{name}.out" for name in SummaryFiles._fields))
    inputs = (toy_genes(folder), folder / "islands.bed", folder / "peaks.bed", split)
    write_track_summary(prefix, *inputs, fold=fold, tolerance=500, seed=1, files=files)
    return prefix, files


def test_peaks_are_the_planted_ones(tmp_path: Path) -> None:
    threshold, frame = peaks_of_tracks(Tracks(toy_tracks(tmp_path)), threshold=4.0, distance=500)
    assert threshold == 4.0
    found = list(zip(frame["chrom"], frame["strand"], frame["start"] + 50, strict=True))
    assert found == [(chrom, strand, at) for (chrom, strand), at in PEAKS.items()]
    assert frame["score"].tolist() == [1000] * 3


def test_the_default_threshold_is_of_all_predictions_together(tmp_path: Path) -> None:
    tracks = Tracks(toy_tracks(tmp_path))
    every = [stretch.strand(strand) for stretch in map(tracks.stretch, SIZES) for strand in "+-"]
    threshold, frame = peaks_of_tracks(tracks, threshold=None, distance=0)
    assert threshold == pytest.approx(np.nanquantile(np.concatenate(every).astype(float), 0.99))
    assert set(frame["strand"]) == {"+", "-"}


def test_islands_are_called_from_the_sequence(tmp_path: Path) -> None:
    write_called_islands(toy_genome(tmp_path), tmp_path / "islands.bed")
    (island,) = read_islands(tmp_path / "islands.bed").itertuples(index=False)
    assert island.chrom == "chr2"
    assert island.start <= 4_900
    assert island.end >= 5_200


def test_a_genome_without_islands_gives_an_empty_file(tmp_path: Path) -> None:
    genome = tmp_path / "g.fa"
    genome.write_text("".join(f">{chrom}\n{'A' * size}\n" for chrom, size in SIZES.items()))
    write_called_islands(genome, tmp_path / "islands.bed")
    assert read_islands(tmp_path / "islands.bed").empty


@pytest.mark.parametrize(
    ("fold", "parts", "unseen"), [(2, "train test test", 2), (1, "test train validation", 1)]
)
def test_the_summary_knows_the_model_and_what_it_has_seen(
    tmp_path: Path, fold: int, parts: str, unseen: int
) -> None:
    """A gene is unseen if this fold tests it: one that validates has chosen the model. One gene is elsewhere."""
    split = tmp_path / "split.tsv"
    other = pd.DataFrame({"fold": 3 - fold, "gene_id": ["g0", "g1", "g3", "far"], "part": "test"})
    own = pd.DataFrame({"fold": fold, "gene_id": ["g0", "g1", "g3", "far"], "part": [*parts.split(), "test"]})
    write_table(pd.concat([other, own]), split)
    _, files = summarised(tmp_path, split, fold)
    facts = json.loads(files.summary.read_text())
    assert (facts["genes"], facts["unseen"]) == (3, unseen)
    assert facts["model"] == {"name": "toy"}
    assert facts["unit"] == "z-score"
    assert facts["counts"]["tss"] == 4
    assert facts["counts"]["tss_elsewhere"] == 1
    assert facts["counts"]["tss_inside_islands"] == 1
    sites = pd.read_csv(files.at_tss, sep="\t")
    assert sites["value"].iloc[:3].tolist() == [5, 5, 5]


def test_a_model_from_elsewhere_says_nothing_of_what_it_has_seen(tmp_path: Path) -> None:
    _, files = summarised(tmp_path)
    facts = json.loads(files.summary.read_text())
    assert facts["genes"] is None
    assert facts["unseen"] is None


def test_the_command_calls_the_same_peaks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    prefix = toy_tracks(tmp_path)
    assert main(["peaks", str(prefix), "--threshold", "4", "-o", str(tmp_path / "p.bed")]) == 0
    assert "3 peaks of at least 4 (z-score)" in capsys.readouterr().err
    assert len(read_peaks(tmp_path / "p.bed")) == 3
    assert main(["peaks", str(prefix), "--threshold", "4"]) == 0
    assert capsys.readouterr().out == (tmp_path / "p.bed").read_text()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nothing"], "there are no tracks of this name. Give the PREFIX"),
        (["toy", "--distance", "-1"], "a distance of -1 bases cannot be"),
        (["toy", "-o", "toy.plus.bw"], "toy.plus.bw: is an input, which would be overwritten"),
        (["toy", "-o", "."], "is a folder"),
        (["toy", "--threshold", "nan"], "finite threshold"),
    ],
)
def test_bad_requests_are_one_line(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    toy_tracks(tmp_path)
    before = sorted(path.name for path in tmp_path.iterdir())
    assert main(["peaks", *arguments]) == 2
    told = capsys.readouterr().err
    assert message in told
    assert told.count("\n") == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == before
