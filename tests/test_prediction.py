"""Promoters from FASTA and BED, features by id, streaming, and output all or not at all."""

from __future__ import annotations

import gzip
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from test_bundle import FEATURES, WINDOW, bundle
from toy import dna

from xpresso_core.bundle import Bundle, load_bundle
from xpresso_core.errors import InputError
from xpresso_core.genome import Genome, Window
from xpresso_core.prediction import Prediction, predict_promoters, write_predictions
from xpresso_core.prediction_inputs import HalflifeTable, Promoter, bed_promoters, fasta_promoters
from xpresso_core.sequence import decode, encode, reverse_complement


def from_text(tmp_path: Path, text: str, tss: int | None = None) -> list[str]:
    path = tmp_path / "x.fa"
    path.write_text(text)
    return [decode(promoter.codes) for promoter in fasta_promoters(path, WINDOW, tss)]


@pytest.fixture(scope="module")
def toy() -> Bundle:
    return bundle(1, 2)


# promoters from FASTA ---------------------------------------------------------------------------------------


def test_a_record_of_the_windows_length_is_taken_as_it_is(tmp_path: Path) -> None:
    text = dna(WINDOW.length)
    assert from_text(tmp_path, f">a\n{text}\n") == [text]


def test_longer_and_shorter_records_have_the_tss_in_the_middle(tmp_path: Path) -> None:
    longer, shorter = dna(200), dna(21)
    assert from_text(tmp_path, f">a\n{longer}\n>b\n{shorter}\n") == [
        longer[60:120],
        "N" * 30 + shorter + "N" * 9,
    ]


def test_the_tss_index_moves_the_window(tmp_path: Path) -> None:
    text = dna(200)
    assert from_text(tmp_path, f">a\n{text}\n", 70) == [text[30:90]]
    assert from_text(tmp_path, f">a\n{text[:60]}\n", 40) == [text[:60]]
    assert from_text(tmp_path, f">a\n{text[:60]}\n", 0) == ["N" * 40 + text[:20]]
    with pytest.raises(InputError, match=r"record 'a': the record has 60 bases, so index 60 is outside"):
        from_text(tmp_path, f">a\n{text[:60]}\n", 60)


# promoters from BED -----------------------------------------------------------------------------------------


@pytest.fixture
def genome(tmp_path: Path) -> Genome:
    (tmp_path / "g.fa").write_text(f">chr1\n{dna(300)}\n")
    return Genome(tmp_path / "g.fa")


def from_bed(tmp_path: Path, genome: Genome, text: str, **options: Any) -> list[tuple[str, str]]:
    path = tmp_path / "tss.bed"
    path.write_text(text)
    return [(one.identifier, decode(one.codes)) for one in bed_promoters(path, genome, WINDOW, **options)]


def test_one_base_intervals_are_the_tss_on_either_strand(tmp_path: Path, genome: Genome) -> None:
    text = "# comment\ntrack name=x\nchr1\t100\t101\ta\t0\t+\n1\t100\t101\tb\t0\t-\textra\n"
    sequence = dna(300)
    assert from_bed(tmp_path, genome, text) == [
        ("a", sequence[60:120]),
        ("b", decode(reverse_complement(encode(sequence[81:141])))),
    ]


@pytest.mark.parametrize(
    ("anchor", "plus", "minus"), [("5prime", 100, 119), ("centre", 110, 110), (None, None, None)]
)
def test_wider_intervals_need_a_word_on_their_tss(
    tmp_path: Path, genome: Genome, anchor: Any, plus: int | None, minus: int | None
) -> None:
    wide = "chr1\t100\t120\ta\t0\t+\nchr1\t100\t120\tb\t0\t-\n"
    if anchor is None:
        with pytest.raises(
            InputError, match=r"tss\.bed, line 1: the interval has 20 bases.*--bed-tss 5prime"
        ):
            from_bed(tmp_path, genome, wide)
        return
    one = f"chr1\t{plus}\t{(plus or 0) + 1}\ta\t0\t+\nchr1\t{minus}\t{(minus or 0) + 1}\tb\t0\t-\n"
    assert from_bed(tmp_path, genome, wide, anchor=anchor) == from_bed(tmp_path, genome, one)


def test_windows_beyond_the_chromosome_are_refused_or_filled(tmp_path: Path, genome: Genome) -> None:
    text = "chr1\t10\t11\ta\t0\t+\n"
    with pytest.raises(
        InputError, match=r"line 1: the window chr1:-30-30 leaves the chromosome \(0-300\).*--pad"
    ):
        from_bed(tmp_path, genome, text)
    assert from_bed(tmp_path, genome, text, pad=True) == [("a", "N" * 30 + dna(300)[:30])]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("chr1\t100\t101\ta\t0\n", "line 1: is not BED with six"),
        ("chr1 100 101 a 0 +\n", "line 1: is not BED with six"),
        ("chr1\tx\t101\ta\t0\t+\n", "line 1: is not BED with six"),
        ("chr1\t100\t101\ta\t0\t.\n", "line 1: the strand in column 6 is '.'"),
        ("chr1\t100\t100\ta\t0\t+\n", "line 1: the interval 100-100 is empty"),
        ("chr1\t100\t101\ta\t0\t+\nchr1\t99\t100\ta\t0\t+\n", "line 2: the name 'a' occurs twice"),
        ("chr9\t100\t101\ta\t0\t+\n", "line 1: the genome has no chromosome 'chr9'; it has chr1"),
        ("chr1\t400\t401\ta\t0\t+\n", "line 1: the TSS chr1:400 is beyond the end"),
        ("# nothing\n", "holds no TSS"),
    ],
)
def test_bad_bed_gets_one_clear_message(tmp_path: Path, genome: Genome, text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        from_bed(tmp_path, genome, text, pad=True)


# features ---------------------------------------------------------------------------------------------------


def table(tmp_path: Path, text: str) -> HalflifeTable:
    (tmp_path / "features.tsv").write_text(text)
    return HalflifeTable.read(tmp_path / "features.tsv", FEATURES)


def test_features_are_found_by_id_and_name(tmp_path: Path) -> None:
    read = table(tmp_path, "utr5_gc\tother\tid\tutr5_len\n0.5\tx\t1\t100\n\ty\tNA\t2e2\n")
    np.testing.assert_array_equal(read.take(["NA", "1"]), [[200.0, np.nan], [100.0, 0.5]])
    assert [one.identifier for one in read.promoters()] == ["1", "NA"]
    with pytest.raises(InputError, match="has no row for 'b'"):
        read.take(["1", "b"])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("id\tutr5_len\na\t1\n", "lacks the column utr5_gc"),
        ("gene\tutr5_len\tutr5_gc\na\t1\t1\n", "lacks the column id"),
        ("id\tutr5_len\tutr5_gc\na\t1\t1\na\t1\t1\n", "line 3: the id 'a' occurs twice"),
        ("id\tutr5_len\tutr5_gc\n\t1\t1\n", "line 2: has no id"),
        ("id\tutr5_len\tutr5_gc\na\t1\tx\n", "line 2: 'x' in column utr5_gc"),
        ("id\tutr5_len\tutr5_gc\na\tinf\t1\n", "line 2: 'inf' in column utr5_len"),
        ("id\tutr5_len\tutr5_gc\na\t1\t1\nb\t-1\t1\n", "line 3: '-1' in column utr5_len"),
    ],
)
def test_bad_feature_tables_get_one_clear_message(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        table(tmp_path, text)


# predictions ------------------------------------------------------------------------------------------------


def promoters(count: int) -> Iterator[Promoter]:
    for number in range(count):
        codes = np.random.default_rng(number).integers(0, 4, WINDOW.length).astype(np.uint8)
        yield Promoter(f"g{number}", codes)


def test_batches_change_nothing(toy: Bundle) -> None:
    whole = list(predict_promoters(toy, promoters(50)))
    parts = list(predict_promoters(toy, promoters(50), batch=7))
    assert (
        [one.identifier for one in whole] == [one.identifier for one in parts] == [f"g{i}" for i in range(50)]
    )
    np.testing.assert_allclose([one[1:] for one in whole], [one[1:] for one in parts], atol=1e-6)


def test_order_changes_nothing_and_features_follow_the_names(toy: Bundle, tmp_path: Path) -> None:
    rows = "".join(f"g{number}\t{number}\t0.{number}\n" for number in range(9))
    features = table(tmp_path, "id\tutr5_len\tutr5_gc\n" + rows)
    forward = {one.identifier: one for one in predict_promoters(toy, promoters(9), features)}
    backward = {
        one.identifier: one for one in predict_promoters(toy, list(promoters(9))[::-1], features, batch=4)
    }
    for name, one in forward.items():
        np.testing.assert_allclose(one[1:], backward[name][1:], atol=1e-6)
    without = next(iter(predict_promoters(toy, promoters(1))))
    assert abs(without.predicted - forward["g0"].predicted) > 1e-3


def test_promoters_are_taken_as_they_are_needed(toy: Bundle) -> None:
    taken = 0

    def endless() -> Iterator[Promoter]:
        nonlocal taken
        for promoter in promoters(1_000_000):
            taken += 1
            yield promoter

    rows = predict_promoters(toy, endless(), batch=8)
    for _ in range(17):
        next(rows)
    assert taken == 24


def test_memory_does_not_grow_with_the_number_of_promoters(toy: Bundle, tmp_path: Path) -> None:
    same = np.zeros(WINDOW.length, dtype=np.uint8)

    def peak(count: int) -> int:
        source = (Promoter(f"g{number}", same.copy()) for number in range(count))
        tracemalloc.start()
        write_predictions(predict_promoters(toy, source, batch=100), str(tmp_path / "o.tsv"), progress=False)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    peak(200)
    assert peak(4000) < peak(400) + 100_000  # 4,000 windows alone would be 240,000 bytes


def test_output_appears_whole_or_not_at_all(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [Prediction("a", 1.25, float("nan")), Prediction("b", -0.5, 0.125)]
    expected = "id\tpredicted\tpredicted_sd\na\t1.250000\t\nb\t-0.500000\t0.125000\n"
    assert write_predictions(iter(rows), str(tmp_path / "new" / "o.tsv")) == 2
    assert (tmp_path / "new" / "o.tsv").read_text() == expected
    write_predictions(iter(rows), "-")
    assert capsys.readouterr().out == expected

    def failing() -> Iterator[Prediction]:
        yield rows[0]
        what = "bad"
        raise InputError(what)

    for output in (str(tmp_path / "new" / "o.tsv"), str(tmp_path / "other.tsv"), "-"):
        with pytest.raises(InputError, match="bad"):
            write_predictions(failing(), output)
    assert capsys.readouterr().out == ""
    assert (tmp_path / "new" / "o.tsv").read_text() == expected
    assert sorted(path.name for path in tmp_path.iterdir()) == ["new"]
    with pytest.raises(InputError, match="is a folder"):
        write_predictions(iter(rows), str(tmp_path))


def test_a_device_is_written_to_and_not_replaced() -> None:
    write_predictions(iter([Prediction("a", 1.0, 0.5)]), "/dev/null")
    assert Path("/dev/null").is_char_device()


# the released models on the published promoters -------------------------------------------------------------


@pytest.fixture(scope="module")
def published(real_data: Path) -> pd.DataFrame:
    folder = real_data / "published"
    genes = pd.read_csv(folder / "hg19_mini_predictions_vs_published.tsv", sep="\t", index_col="gene_id")
    scores = pd.read_csv(folder / "human_median_predictions.tsv", sep="\t", index_col="ID")["SCORE"]
    return genes.assign(score=scores.reindex(genes.index))


@pytest.fixture(scope="module")
def published_promoters(
    real_data: Path, published: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory
) -> list[Promoter]:
    folder = tmp_path_factory.mktemp("genome")
    (folder / "genome.fa.gz").symlink_to(real_data / "human_mini" / "genome.fa.gz")
    lines = (real_data / "published" / "human_promoters_20kb.hg19.bed").read_text().splitlines(keepends=True)
    (folder / "tss.bed").write_text("".join(line for line in lines if line.split("\t")[3] in published.index))
    with Genome(folder / "genome.fa.gz") as genome:
        window = Window(7000, 3500, minus_shift=1)
        return list(bed_promoters(folder / "tss.bed", genome, window, "centre"))


@pytest.mark.real
@pytest.mark.parametrize(
    ("pattern", "column"),
    [
        ("humanMedian*", "recomputed_humanMedian"),
        ("K562*", "recomputed_K562"),
        ("GM12878*", "recomputed_GM12878"),
    ],
)
def test_published_promoters_give_the_published_predictions(
    real_data: Path, published: pd.DataFrame, published_promoters: list[Promoter], pattern: str, column: str
) -> None:
    model = load_bundle(next((real_data / "models").glob(pattern)))
    rows = pd.Series({one.identifier: one.predicted for one in predict_promoters(model, published_promoters)})
    assert len(rows) == len(published) == 969
    np.testing.assert_allclose(rows.reindex(published.index), published[column], atol=5e-6)
    if pattern.startswith("humanMedian"):
        # The others were published from hg38, whose sequence differs there.
        close = (rows - published["score"]).abs() < 1e-4
        assert close.sum() >= 907


@pytest.mark.real
def test_fasta_and_bed_agree(real_data: Path, published_promoters: list[Promoter], tmp_path: Path) -> None:
    model = load_bundle(next((real_data / "models").glob("humanMedian*")))
    few = published_promoters[:20]
    with gzip.open(tmp_path / "few.fa.gz", "wt") as handle:
        handle.writelines(f">{one.identifier}\n{decode(one.codes)}\n" for one in few)
    read = fasta_promoters(tmp_path / "few.fa.gz", model.window)
    by_bed = [one[:2] for one in predict_promoters(model, few)]
    assert [one[:2] for one in predict_promoters(model, read)] == by_bed
