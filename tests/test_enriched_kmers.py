"""K-mers under outstanding scores: positions, stretches and controls by hand, and planted words that come first."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from test_score_file import scores_of

from xpresso_core import enriched_kmers
from xpresso_core.classes import read_genes
from xpresso_core.dataset import Dataset
from xpresso_core.enriched_kmers import (
    COLUMNS,
    LINE,
    Places,
    kmer_table,
    outstanding,
    permuted,
    stretches,
    sub_sequences,
    write_kmers,
)
from xpresso_core.errors import InputError
from xpresso_core.files import read_json, read_table, write_table
from xpresso_core.genome import Window
from xpresso_core.halflife import HALFLIFE_FEATURES
from xpresso_core.motifs import read_motifs
from xpresso_core.sequence import Codes, decode, encode
from xpresso_core.subsample import subsample

LOW_GENES, HIGH_GENES, LENGTH = 40, 120, 150
STORED, WINDOW = Window(120, 60), Window(100, 50)
TOO_SHORT = "no stretch that stands out is as long as the shortest word"
SETTINGS: dict[str, Any] = {
    "flank": 2,
    "subsample": 400_000,
    "mink": 2,
    "maxk": 8,
    "evalue": 0.05,
    "most": 3,
    "known": "known.meme",
}

Floats = npt.NDArray[np.float32]
Plant = Callable[[Codes, Floats, np.random.Generator], None]


# positions and stretches --------------------------------------------------------------------------------------


def test_outstanding_scores_are_above_the_99th_percentile_of_low_genes_at_the_position() -> None:
    low = np.array([[0.0, 10.0], [1.0, 10.0], [2.0, 10.0], [3.0, 20.0], [4.0, 10.0]], np.float32)
    # R's quantile: 99 % of the way along the four gaps, 3.96 of them
    assert np.percentile(low[:, 0], 99) == pytest.approx(3.96)
    high = np.array([[3.95, 19.5], [3.97, 19.7], [5.0, 10.0]], np.float32)
    assert outstanding(low, high).tolist() == [[False, False], [True, True], [True, False]]


def test_outstanding_scores_by_plain_loops_and_equal_ones_do_not_stand_out() -> None:
    rng = np.random.default_rng(0)
    low, high = (rng.normal(size=(genes, 9)).astype(np.float32) for genes in (150, 40))
    high[0] = np.sort(low, axis=0)[-1]
    for position in range(9):
        bound = np.percentile(low[:, position], 99)
        assert outstanding(low, high)[:, position].tolist() == [value > bound for value in high[:, position]]
    assert not outstanding(high[:1], high[:1]).any()
    order = rng.permutation(150)
    np.testing.assert_array_equal(outstanding(low[order], high), outstanding(low, high))


def found_by_hand(marked: npt.NDArray[np.bool_], flank: int) -> list[tuple[int, int, int]]:
    out = []
    for row, line in enumerate(marked):
        length = len(line)
        covered = [line[max(0, at - flank) : at + flank + 1].any() for at in range(length)]
        for start in range(length):
            if covered[start] and (start == 0 or not covered[start - 1]):
                end = start
                while end < length and covered[end]:
                    end += 1
                out.append((row, start, end))
    return out


def tuples(places: Places) -> list[tuple[int, int, int]]:
    return [(int(row), int(start), int(end)) for row, start, end in zip(*places, strict=True)]


@pytest.mark.parametrize(
    ("text", "flank", "expected"),
    [
        ("..........", 2, []),
        ("....x.....", 0, [(4, 5)]),
        ("....x.....", 2, [(2, 7)]),
        ("x........x", 2, [(0, 3), (7, 10)]),
        ("x........x", 0, [(0, 1), (9, 10)]),
        (".x........", 3, [(0, 5)]),
        ("..x..x....", 1, [(1, 7)]),  # they touch
        ("..x...x...", 1, [(1, 4), (5, 8)]),  # one base lies between them
        ("..x.x.....", 1, [(1, 6)]),  # they overlap
        ("..xx......", 0, [(2, 4)]),
        ("x.........", 99, [(0, 10)]),
        ("xxxxxxxxxx", 3, [(0, 10)]),
    ],
)
def test_stretches_with_their_flanks(text: str, flank: int, expected: list[tuple[int, int]]) -> None:
    marked = np.array([[letter == "x" for letter in text]])
    assert tuples(stretches(marked, flank)) == [(0, *pair) for pair in expected]


@pytest.mark.parametrize("flank", [0, 1, 2, 5, 40])
def test_stretches_by_plain_loops(flank: int) -> None:
    marked = np.random.default_rng(flank).random((12, 60)) < 0.07
    marked[3] = False
    assert tuples(stretches(marked, flank)) == found_by_hand(marked, flank)


def test_stretches_of_one_gene_end_at_its_end() -> None:
    marked = np.zeros((2, 6), bool)
    marked[0, 5] = marked[1, 0] = True
    assert tuples(stretches(marked, 1)) == [(0, 4, 6), (1, 0, 2)]


def test_no_gene_keeps_its_own_stretches() -> None:
    marked = np.random.default_rng(1).random((30, 80)) < 0.05
    places = stretches(marked, 2)
    for seed in range(20):
        control = permuted(places, 30, np.random.default_rng(seed))
        assert (control.row != places.row).all()
        np.testing.assert_array_equal(control.start, places.start)
        np.testing.assert_array_equal(control.end, places.end)
        moves = set(zip(places.row.tolist(), control.row.tolist(), strict=True))
        assert len(moves) == len({old for old, _ in moves}) == len({new for _, new in moves})
    again = permuted(places, 30, np.random.default_rng(3))
    np.testing.assert_array_equal(again.row, permuted(places, 30, np.random.default_rng(3)).row)
    assert (again.row != permuted(places, 30, np.random.default_rng(4)).row).any()


def test_a_single_gene_can_only_keep_its_own() -> None:
    places = stretches(np.ones((1, 5), bool), 0)
    assert tuples(permuted(places, 1, np.random.default_rng(0))) == [(0, 0, 5)]
    two = Places(np.array([0, 1, 1]), np.array([0, 1, 3]), np.array([1, 2, 5]))
    assert permuted(two, 2, np.random.default_rng(0)).row.tolist() == [1, 0, 0]


def test_sub_sequences_are_cut_from_their_promoters() -> None:
    codes = np.stack([encode("ACGTACGT"), encode("TTTTNGGG")])
    places = Places(np.array([0, 1, 1]), np.array([0, 3, 7]), np.array([3, 6, 8]))
    assert [decode(part) for part in sub_sequences(codes, places)] == ["ACG", "TNG", "G"]
    assert sub_sequences(codes, Places(*(np.zeros(0, np.intp) for _ in range(3)))) == []


def test_no_result_makes_a_table_without_rows() -> None:
    table = kmer_table(None, [])
    assert len(table) == 0
    assert table.columns.tolist() == [
        "rank", "motif", "width", "positives", "negatives", "sites", "log10_p", "log10_e", "log10_e_unerased",
        "similar",
    ]  # fmt: skip


# from files to files ------------------------------------------------------------------------------------------


def everywhere(word: str, share: float = 0.7) -> Plant:
    """Return what gives high scores to most places of a word that are there already."""

    def plant(codes: Codes, scores: Floats, rng: np.random.Generator) -> None:
        for row in range(len(codes)):
            text = decode(codes[row])
            for at in range(len(text) - len(word) + 1):
                if text[at : at + len(word)] == word and rng.random() < share:
                    scores[row, at : at + len(word)] += 5

    return plant


def once(word: str) -> Plant:
    """Return what puts a word into each promoter, and high scores on it."""

    def plant(codes: Codes, scores: Floats, rng: np.random.Generator) -> None:
        for row in range(len(codes)):
            at = int(rng.integers(0, LENGTH - len(word)))
            codes[row, at : at + len(word)] = encode(word)
            scores[row, at : at + len(word)] += 5

    return plant


def make(
    folder: Path,
    plant: Plant,
    *,
    untrained: Plant = lambda codes, scores, rng: None,
    shuffled: bool = False,
    seed: int = 0,
    folds: int = 2,
    **genes: Any,
) -> list[Path]:
    """Write a dataset, genes and scores; return the paths of the latter.

    Genes of class A come first. The dataset holds a gene more, and more bases than the scores, in another order.
    """
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    number = LOW_GENES + HIGH_GENES
    codes = rng.integers(0, 4, (number, LENGTH)).astype(np.uint8)
    scores = rng.random((number, LENGTH)).astype(np.float32)
    scores[LOW_GENES:] *= 0.5
    plant(codes[LOW_GENES:], scores[LOW_GENES:], rng)
    rng_untrained = np.random.default_rng(seed + 100)
    of_untrained = rng_untrained.random((number, LENGTH)).astype(np.float32)
    of_untrained[LOW_GENES:] *= 0.5
    untrained(codes[LOW_GENES:], of_untrained[LOW_GENES:], rng_untrained)
    if shuffled:
        scores[LOW_GENES:] = rng.permuted(scores[LOW_GENES:], axis=1)
    names = np.array([f"g{row:03d}" for row in range(number)])
    stored = rng.integers(0, 4, (number + 1, STORED.length)).astype(np.uint8)
    order = rng.permutation(number)
    stored[1:, 20:170] = codes[order]
    Dataset(
        gene_id=np.array(["other", *names[order]]),
        chrom=np.array(["1"] * (number + 1)),
        strand=np.array(["+"] * (number + 1)),
        tss=np.arange(number + 1),
        codes=stored,
        halflife=np.ones((number + 1, len(HALFLIFE_FEATURES)), np.float32),
        expression=np.arange(number + 1, dtype=np.float32),
        window=STORED,
    ).save(folder / "dataset.h5")
    classes = np.repeat(["A", "B"], [LOW_GENES, HIGH_GENES])
    halves = np.repeat(["", "lower", "upper"], [LOW_GENES, HIGH_GENES // 2, HIGH_GENES // 2])
    table = {"gene_id": names, "observed": 1.0, "predicted": 1.0, "fold": 1 + np.arange(number) % folds}
    table |= {"group": "high", "class": classes, "half": halves} | genes
    write_table(pd.DataFrame(table), folder / "genes.tsv")
    paths = []
    for fold in range(folds):
        part = np.arange(number) % folds == fold
        paths.append(folder / f"scores_{fold + 1}.h5")
        kept = {"gene_id": names[part], "scores": scores[part], "untrained": of_untrained[part]}
        scores_of(int(part.sum()), **kept, window=WINDOW).save(paths[-1])
    return paths


def find(
    folder: Path,
    scores: list[Path],
    out: str = "out",
    contrast: str = "classes",
    seed: int = 1,
    **changes: Any,
) -> tuple[pd.DataFrame, dict[str, Any]]:
    paths = [folder / out / name for name in ("kmers", "kmers.tsv", "kmers.json")]
    write_kmers(
        folder / "genes.tsv", scores, folder / "dataset.h5", *paths,
        contrast=contrast, settings=SETTINGS | changes, seed=seed,
    )  # fmt: skip
    return read_table(paths[1], dtype={"motif": str, "similar": str}), read_json(paths[2])


@pytest.fixture
def _nothing_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the comparison with known motifs out, which has its own test."""
    monkeypatch.setattr(enriched_kmers, "read_motifs", lambda source: ())
    monkeypatch.setattr(enriched_kmers, "similar_motifs", lambda found, known: [])


def read_fasta(path: Path) -> dict[str, str]:
    records: dict[str, str] = {}
    for line in path.read_text(encoding="ascii").splitlines():
        if line.startswith(">"):
            assert line not in records
            records[name := line[1:]] = ""
        else:
            assert 0 < len(line) <= LINE
            records[name] += line
    return records


def expected_stretches(folder: Path, scores: list[Path], flank: int) -> dict[str, str]:
    """Return all stretches by their headers, gene by gene in plain Python."""
    import h5py

    values, data = {}, Dataset.open(folder / "dataset.h5", WINDOW)
    for path in scores:
        with h5py.File(path) as store:
            values |= dict(zip(store["gene_id"].asstr()[:], store["scores"][:], strict=True))
    genes = read_genes(folder / "genes.tsv")
    low = np.array([values[gene] for gene in genes.loc[genes["class"] == "A", "gene_id"]])
    bound = [np.percentile(low[:, position], 99) for position in range(LENGTH)]
    out = {}
    for gene in genes.loc[genes["class"] == "B", "gene_id"]:
        text = decode(data.codes[data.gene_id.tolist().index(gene)])
        for _, start, end in found_by_hand((values[gene] > bound)[None], flank):
            out[f"{gene}:{start}-{end}"] = text[start:end]
    return out


@pytest.mark.usefixtures("_nothing_known")
def test_a_dinucleotide_under_high_scores_comes_first(tmp_path: Path) -> None:
    scores = make(tmp_path, everywhere("CG"))
    table, facts = find(tmp_path, scores)
    first = table.iloc[0]
    assert first["motif"] == "CG"
    assert first["width"] == 2
    assert first["rank"] == 1
    assert first["log10_e"] < -50
    assert first["log10_e_unerased"] <= first["log10_e"] + 1e-9
    assert first["log10_p"] < first["log10_e"]
    records = read_fasta(tmp_path / "out" / "kmers" / "positives.fa")
    assert records == expected_stretches(tmp_path, scores, 2)
    assert facts["genes"] == {"A": LOW_GENES, "B": HIGH_GENES}
    assert facts["contrast"] == "classes"
    assert facts["reason"] == ""
    assert facts["control"] == 0
    assert facts["untrained"] is None
    assert facts["sub_sequences"] == facts["used"] == len(records)
    assert facts["mean_length"] == pytest.approx(np.mean([len(text) for text in records.values()]))
    with_word = sum("CG" in text for text in records.values())
    assert first["positives"] == with_word == len(records)
    controls = read_fasta(tmp_path / "out" / "kmers" / "negatives.fa")
    assert first["negatives"] == sum("CG" in text for text in controls.values()) < with_word
    motifs = read_motifs(tmp_path / "out" / "kmers" / "dreme.txt")
    assert [motif.identifier for motif in motifs] == table["motif"].tolist()


@pytest.mark.usefixtures("_nothing_known")
def test_controls_are_the_same_places_of_other_genes_of_the_class(tmp_path: Path) -> None:
    scores = make(tmp_path, everywhere("CG", 0.3))
    find(tmp_path, scores)
    folder, data = tmp_path / "out" / "kmers", Dataset.open(tmp_path / "dataset.h5", WINDOW)
    ours, theirs = (read_fasta(folder / f"{name}.fa") for name in ("positives", "negatives"))
    assert len(ours) == len(theirs)
    moves = set()
    for (name, text), (control, other) in zip(ours.items(), theirs.items(), strict=True):
        (gene, place), (elsewhere, same) = name.split(":"), control.split(":")
        assert place == same
        assert gene != elsewhere
        assert int(elsewhere[1:]) >= LOW_GENES
        start, end = map(int, same.split("-"))
        assert len(text) == len(other) == end - start
        assert other == decode(data.codes[data.gene_id.tolist().index(elsewhere)][start:end])
        moves.add((gene, elsewhere))
    assert len(moves) == len({gene for gene, _ in moves}) == len({gene for _, gene in moves})


def test_a_longer_word_comes_first_and_its_factor_is_named(tmp_path: Path) -> None:
    scores = make(tmp_path, once("GATAAG"))
    table, facts = find(tmp_path, scores, known="JASPAR2016", most=1)
    assert len(table) == 1
    first = table.iloc[0]
    assert first["motif"] in {"GATAAG", "CTTATC"}
    assert first["positives"] == HIGH_GENES == facts["used"]
    assert first["sites"] >= HIGH_GENES
    assert first["negatives"] < 10
    assert facts["control"] == 0
    assert facts["mean_length"] == pytest.approx(10, abs=0.3)
    similar = first["similar"].split(", ")
    assert 1 <= len(similar) <= 3
    assert "gata" in similar[0].lower()
    assert all("(E = " in one for one in similar)


@pytest.mark.usefixtures("_nothing_known")
@pytest.mark.parametrize("plant", [everywhere("CG"), once("GATAAG")], ids=["CG", "GATAAG"])
def test_scores_shuffled_within_each_gene_find_nothing(tmp_path: Path, plant: Plant) -> None:
    table, facts = find(tmp_path, make(tmp_path, plant, shuffled=True))
    assert table.empty
    assert facts["reason"] == ""
    assert facts["control"] == 0
    assert facts["sub_sequences"] > 100
    names = {path.name for path in (tmp_path / "out" / "kmers").iterdir()}
    assert {"positives.fa", "negatives.fa", "dreme.txt"} <= names


@pytest.mark.usefixtures("_nothing_known")
def test_the_same_seed_gives_the_same_and_another_one_another_control(tmp_path: Path) -> None:
    scores = make(tmp_path, everywhere("CG", 0.2))
    tables = [find(tmp_path, scores, out)[0] for out in ("a", "b")]
    pd.testing.assert_frame_equal(*tables)
    find(tmp_path, scores, "c", seed=2)
    texts = {
        out: [(tmp_path / out / "kmers" / f"{kind}.fa").read_bytes() for kind in ("positives", "negatives")]
        for out in "abc"
    }
    assert texts["a"] == texts["b"]
    assert texts["c"][0] == texts["a"][0]
    assert texts["c"][1] != texts["a"][1]
    assert (tmp_path / "a" / "kmers.json").read_bytes() == (tmp_path / "b" / "kmers.json").read_bytes()


@pytest.mark.usefixtures("_nothing_known")
def test_folds_and_columns_at_a_time_do_not_matter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    assert COLUMNS > LENGTH
    for folds, columns in ((1, COLUMNS), (1, 7), (3, 150)):
        monkeypatch.setattr(enriched_kmers, "COLUMNS", columns)
        folder = tmp_path / f"{folds}_{columns}"
        scores = make(folder, everywhere("CG", 0.2), folds=folds)
        find(folder, scores, most=1)
        found.append(read_fasta(folder / "out" / "kmers" / "positives.fa"))
    assert found[0] == found[1] == found[2]
    assert len(found[0]) > 100


@pytest.mark.usefixtures("_nothing_known")
def test_halves_of_the_high_class_are_compared_alike(tmp_path: Path) -> None:
    def plant(codes: Codes, scores: Floats, rng: np.random.Generator) -> None:
        scores[: HIGH_GENES // 2] *= 2
        everywhere("TA")(codes[HIGH_GENES // 2 :], scores[HIGH_GENES // 2 :], rng)

    table, facts = find(tmp_path, make(tmp_path, plant), contrast="halves", most=1)
    assert table["motif"].tolist() == ["TA"]
    assert facts["genes"] == {"lower": HIGH_GENES // 2, "upper": HIGH_GENES // 2}
    assert facts["contrast"] == "halves"
    for name in ("positives", "negatives"):
        records = read_fasta(tmp_path / "out" / "kmers" / f"{name}.fa")
        assert {int(record[1:4]) >= LOW_GENES + HIGH_GENES // 2 for record in records} == {True}


@pytest.mark.usefixtures("_nothing_known")
@pytest.mark.parametrize(
    "genes", [{"class": ""}, {"class": "B"}, {"class": "A"}], ids=["none", "high", "low"]
)
def test_without_classes_there_is_a_reason_and_nothing_else(tmp_path: Path, genes: dict[str, str]) -> None:
    scores = make(tmp_path, everywhere("CG"), **genes)
    table, facts = find(tmp_path, scores)
    assert table.empty
    assert table.columns.tolist() == kmer_table(None, []).columns.tolist()
    assert facts["reason"] == "there are no classes"
    assert facts["control"] is None
    assert facts["untrained"] is None
    number = LOW_GENES + HIGH_GENES
    assert facts["genes"] == {"A": number * (genes["class"] == "A"), "B": number * (genes["class"] == "B")}
    assert list((tmp_path / "out" / "kmers").iterdir()) == []


@pytest.mark.usefixtures("_nothing_known")
def test_where_nothing_stands_out_there_is_a_reason(tmp_path: Path) -> None:
    table, facts = find(tmp_path, make(tmp_path, lambda codes, scores, rng: scores.fill(-1)))
    assert table.empty
    assert facts["reason"] == TOO_SHORT
    assert facts["genes"] == {"A": LOW_GENES, "B": HIGH_GENES}
    assert list((tmp_path / "out" / "kmers").iterdir()) == []


@pytest.mark.usefixtures("_nothing_known")
def test_no_more_stretches_than_asked_for_are_used(tmp_path: Path) -> None:
    scores = make(tmp_path, everywhere("CG"))
    find(tmp_path, scores, "all", most=1)
    _, facts = find(tmp_path, scores, "some", most=1, subsample=100)
    everything = [
        read_fasta(tmp_path / "all" / "kmers" / f"{kind}.fa") for kind in ("positives", "negatives")
    ]
    assert facts["sub_sequences"] == len(everything[0])
    assert facts["used"] == 100
    chosen = subsample(len(everything[0]), 100)
    for kind, whole in zip(("positives", "negatives"), everything, strict=True):
        part = read_fasta(tmp_path / "some" / "kmers" / f"{kind}.fa")
        records = list(whole.items())
        assert list(part.items()) == [records[place] for place in chosen]


@pytest.mark.usefixtures("_nothing_known")
def test_long_stretches_are_wrapped_as_fasta_subsample_does(tmp_path: Path) -> None:
    scores = make(tmp_path, once("GATAAG"))
    find(tmp_path, scores, flank=60, most=1)
    path = tmp_path / "out" / "kmers" / "positives.fa"
    records = read_fasta(path)
    assert records == expected_stretches(tmp_path, scores, 60)
    assert max(map(len, records.values())) == 126
    lengths = [len(line) for line in path.read_text().split(">")[1].splitlines()[1:]]
    assert lengths[:-1] == [50] * (len(lengths) - 1)
    assert sum(lengths) == len(next(iter(records.values())))


@pytest.mark.usefixtures("_nothing_known")
def test_stretches_too_short_for_a_word_are_no_error(tmp_path: Path) -> None:
    def plant(codes: Codes, scores: Floats, rng: np.random.Generator) -> None:
        scores[:, 70] += 5

    table, facts = find(tmp_path, make(tmp_path, plant), flank=0)
    assert table.empty
    assert facts["reason"] == TOO_SHORT
    assert facts["control"] is None
    assert list((tmp_path / "out" / "kmers").iterdir()) == []


def lone(plant: Plant) -> Plant:
    """Return what gives high scores to a lone base of each promoter too."""

    def both(codes: Codes, scores: Floats, rng: np.random.Generator) -> None:
        plant(codes, scores, rng)
        scores[np.arange(len(scores)), rng.integers(0, LENGTH, len(scores))] += 5

    return both


@pytest.mark.usefixtures("_nothing_known")
def test_stretches_shorter_than_the_shortest_word_are_left_out(tmp_path: Path) -> None:
    scores = make(tmp_path, lone(once("GATAAG")))
    everything = expected_stretches(tmp_path, scores, 0)
    table, facts = find(tmp_path, scores, flank=0, mink=3, most=1)
    assert {len(text) for text in everything.values()} >= {1, 6}
    long = {name: text for name, text in everything.items() if len(text) >= 3}
    assert read_fasta(tmp_path / "out" / "kmers" / "positives.fa") == long
    assert facts["sub_sequences"] == facts["used"] == len(long) == HIGH_GENES
    assert facts["mean_length"] == pytest.approx(np.mean([len(text) for text in long.values()]))
    assert facts["reason"] == ""
    assert table["motif"].item() in {"GATAAG", "CTTATC"}


@pytest.mark.usefixtures("_nothing_known")
def test_untrained_networks_are_searched_for_their_own_k_mer(tmp_path: Path) -> None:
    plants = {"own": everywhere("TA"), "none": lambda codes, scores, rng: scores.fill(-1)}
    found = {}
    for name, untrained in plants.items():
        folder = tmp_path / name
        scores = make(folder, everywhere("CG"), untrained=untrained)
        table, facts = find(folder, scores, most=1)
        assert table["motif"].tolist() == ["CG"]
        found[name] = table, facts
    pd.testing.assert_frame_equal(found["own"][0], found["none"][0])
    assert found["none"][1]["untrained"] is None
    assert found["own"][1] | {"untrained": None} == found["none"][1]
    told = found["own"][1]["untrained"]
    assert set(told) == {"motif", "log10_e"}
    assert told["motif"] == "TA"
    assert told["log10_e"] < -50


@pytest.mark.usefixtures("_nothing_known")
def test_the_first_k_mer_of_untrained_networks_is_that_of_a_search_by_their_scores(tmp_path: Path) -> None:
    plant, settings = once("GATAAG"), {"most": 1, "flank": 0, "mink": 3}
    _, facts = find(tmp_path, make(tmp_path, everywhere("CG"), untrained=lone(plant)), **settings)
    assert facts["untrained"]["motif"] in {"GATAAG", "CTTATC"}
    assert facts["untrained"]["log10_e"] < -40


@pytest.mark.usefixtures("_nothing_known")
def test_a_file_that_holds_no_scores_is_refused_and_nothing_written(tmp_path: Path) -> None:
    scores = make(tmp_path, everywhere("CG"))
    scores[1].write_text("no scores")
    with pytest.raises(InputError, match="scores"):
        find(tmp_path, scores)
    assert not (tmp_path / "out").exists() or list((tmp_path / "out").iterdir()) == []


@pytest.mark.usefixtures("_nothing_known")
def test_an_error_of_the_search_leaves_nothing_behind(tmp_path: Path) -> None:
    scores = make(tmp_path, everywhere("CG"))
    with pytest.raises(InputError, match="words of 5 to 3 letters"):
        find(tmp_path, scores, mink=5, maxk=3)
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.usefixtures("_nothing_known")
def test_genes_that_the_dataset_lacks_are_refused(tmp_path: Path) -> None:
    scores = make(tmp_path, everywhere("CG"))
    data = Dataset.open(tmp_path / "dataset.h5")
    names = data.gene_id.astype("<U9")
    names[names == "g100"] = "elsewhere"
    Dataset(**{**vars(data), "gene_id": names}).save(tmp_path / "dataset.h5")
    with pytest.raises(InputError, match="g100"):
        find(tmp_path, scores, most=1)
