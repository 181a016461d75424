"""Genes in chromatin domains: one shared base is enough, names of states are whole, spellings do not matter."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from test_annotation import lines

from xpresso_core.domains import gene_bodies, genes_in_states, read_segments
from xpresso_core.errors import InputError

BODIES = pd.DataFrame(
    [("a", "chr1", 10, 20), ("b", "chr1", 100, 200), ("c", "chr2", 0, 50), ("d", "chrM", 5, 9)],
    columns=["gene_id", "chrom", "start", "end"],
)


def segments(*rows: tuple[str, int, int, str]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["chrom", "start", "end", "state"])


def random_case(seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    rng = np.random.default_rng(seed)
    starts, at = rng.integers(0, 900, 30), rng.integers(0, 900, 40)
    bodies = pd.DataFrame(
        {"gene_id": [f"g{number:02d}" for number in range(30)], "chrom": rng.choice(["chr1", "chr2"], 30)}
    ).assign(start=starts, end=starts + rng.integers(1, 60, 30))
    places = pd.DataFrame({"chrom": rng.choice(["1", "chr2"], 40), "start": at})
    return bodies, places.assign(end=at + rng.integers(1, 40, 40), state=rng.choice(["D1", "D10", "D11"], 40))


@pytest.mark.parametrize(
    ("start", "end", "genes"),
    [
        (0, 10, []),  # touches the first base of a from the left
        (0, 11, ["a"]),
        (19, 20, ["a"]),
        (20, 100, []),
        (12, 13, ["a"]),
        (0, 500, ["a", "b"]),
        (19, 101, ["a", "b"]),
        (200, 300, []),
    ],
)
def test_one_shared_base_is_enough(start: int, end: int, genes: list[str]) -> None:
    found = genes_in_states(BODIES, segments(("chr1", start, end, "D1")), {"group": ["D1"]})
    assert found == {"group": genes}


def test_a_state_is_equal_or_it_is_not() -> None:
    places = segments(("chr1", 10, 20, "D1"), ("chr1", 100, 110, "D10"), ("chr2", 0, 5, "d1"))
    found = genes_in_states(BODIES, places, {"one": ["D1"], "ten": ["D10"], "both": {"D10", "D1"}})
    assert found == {"one": ["a"], "ten": ["b"], "both": ["a", "b"]}


def test_a_gene_may_be_in_several_groups_and_is_there_once() -> None:
    places = segments(("chr1", 10, 12, "D1"), ("chr1", 13, 14, "D1"), ("chr1", 15, 16, "D2"))
    assert genes_in_states(BODIES, places, {"one": ["D1"], "two": ["D2"]}) == {"one": ["a"], "two": ["a"]}


def test_group_names_are_kept_in_their_order() -> None:
    places = segments(("chr1", 10, 12, "D1"), ("chr2", 60, 70, "D2"))
    found = genes_in_states(BODIES, places, {"z": ["D2"], "stretch enhancers": ["D1"]})
    assert list(found.items()) == [("z", []), ("stretch enhancers", ["a"])]


def test_both_spellings_of_chromosomes() -> None:
    places = segments(("1", 10, 12, "D1"), ("chr2", 0, 5, "D1"), ("MT", 5, 6, "D1"), ("7", 0, 5, "D1"))
    wanted = {"group": ["a", "c", "d"]}
    assert genes_in_states(BODIES, places, {"group": ["D1"]}) == wanted
    bare = BODIES.assign(chrom=["1", "1", "2", "MT"])
    assert genes_in_states(bare, places, {"group": ["D1"]}) == wanted


@pytest.mark.parametrize("seed", range(4))
def test_genes_are_those_of_all_pairs(seed: int) -> None:
    bodies, places = random_case(seed)
    for states in (["D1"], ["D10", "D11"]):
        expected = {
            gene.gene_id
            for gene in bodies.itertuples()
            for place in places.itertuples()
            if gene.chrom.removeprefix("chr") == place.chrom.removeprefix("chr")
            and gene.start < place.end
            and place.start < gene.end
            and place.state in states
        }
        assert expected
        assert genes_in_states(bodies, places, {"x": states}) == {"x": sorted(expected)}


@pytest.mark.parametrize("seed", range(3))
def test_segments_split_in_two_and_rows_in_another_order_give_the_same_genes(seed: int) -> None:
    bodies, places = random_case(seed)
    states = {"one": ["D1"], "ten": ["D10"]}
    found = genes_in_states(bodies, places, states)
    middle = (places["start"] + places["end"]) // 2
    halves = pd.concat([places.assign(end=middle), places.assign(start=middle)])
    halves = halves[halves["start"] < halves["end"]]
    assert genes_in_states(bodies, halves, states) == found
    mixed = (table.sample(frac=1, random_state=seed) for table in (bodies, places))
    assert genes_in_states(*mixed, states) == found
    assert genes_in_states(bodies, pd.concat([places, places]), states) == found


def test_places_of_one_group_do_not_change_another() -> None:
    bodies, places = random_case(9)
    alone = genes_in_states(bodies, places[places["state"] != "D10"], {"one": ["D1"]})
    assert genes_in_states(bodies, places, {"one": ["D1"], "ten": ["D10"]})["one"] == alone["one"]


def test_no_shared_chromosome_is_refused_with_both_lists() -> None:
    with pytest.raises(InputError, match=r"no chromosome is shared: chrA, 9 against chr1, chr2, chrM"):
        genes_in_states(BODIES, segments(("chrA", 0, 5, "D1"), ("9", 0, 5, "D1")), {"group": ["D1"]})


def test_states_that_no_segment_has_are_refused_with_those_there() -> None:
    places = segments(("chr1", 0, 5, "D10"), ("chr1", 5, 9, "D2"))
    with pytest.raises(InputError, match=r"state of two \(D1, D100\)\. The states are D10, D2"):
        genes_in_states(BODIES, places, {"one": ["D10"], "two": ["D100", "D1"]})


def test_a_state_that_no_segment_has_is_passed_over_beside_one_that_is_there() -> None:
    places = segments(("chr1", 10, 50, "D1"), ("chr9", 10, 50, "D2"))
    found = genes_in_states(BODIES, places, {"x": ["D1", "D99"], "elsewhere": ["D2"]})
    assert found == {"x": ["a"], "elsewhere": []}


def test_further_columns_of_segments_do_not_matter() -> None:
    places = segments(("chr1", 10, 50, "D1"))
    wide = places.assign(score=7)[["score", "state", "end", "start", "chrom"]]
    assert genes_in_states(BODIES, wide, {"x": ["D1"]}) == genes_in_states(BODIES, places, {"x": ["D1"]})


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_segments_are_read(tmp_path: Path, end: str) -> None:
    text = "track name=x\nchr2\t7\t9\tD10\t0\t.\n\n#c\n1 0 5 D1\n"
    (tmp_path / "a.bed").write_bytes(text.replace("\n", end).encode())
    found = read_segments(tmp_path / "a.bed")
    assert found.to_dict("list") == {
        "chrom": ["chr2", "1"],
        "start": [7, 0],
        "end": [9, 5],
        "state": ["D10", "D1"],
    }


def test_segments_in_an_archive(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("K562/a.bed", "chr1\t0\t10\tD1\n")
        archive.writestr("__MACOSX/K562/._a.bed", "junk")
    assert read_segments(path)["state"].tolist() == ["D1"]
    assert read_segments(path, "K562/a.bed")["state"].tolist() == ["D1"]
    with pytest.raises(InputError, match=r"a\.zip: holds no file b\.bed"):
        read_segments(path, "b.bed")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"a\.bed: there is no segment"),
        ("# only\ntrack x\n", r"a\.bed: there is no segment"),
        ("chr1\t0\t10\n", r"a\.bed, line 1: the line has 3 columns.*state in its fourth column"),
        ("chr1\t0\t10\tD1\nchr1\tx\t10\tD1\n", r"a\.bed, line 2: x and 10 are no start and end"),
    ],
)
def test_segments_that_cannot_be_used(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "a.bed").write_text(text)
    with pytest.raises(InputError, match=message):
        read_segments(tmp_path / "a.bed")


def test_bodies_span_the_representative_transcript(tmp_path: Path) -> None:
    path = tmp_path / "genes.gtf"
    text = lines("G1", "T1", [(101, 200), (301, 400)], [(151, 200), (301, 330)], chrom="chr1")
    path.write_text(text + lines("G1", "T2", [(51, 120)], [(61, 70)], chrom="chr1"))
    found = gene_bodies(path)
    assert found.to_dict("records") == [{"gene_id": "G1", "chrom": "chr1", "start": 100, "end": 400}]
    places = segments(("1", 250, 260, "D1"), ("1", 50, 90, "D2"))
    assert genes_in_states(found, places, {"intron": ["D1"], "other transcript": ["D2"]}) == {
        "intron": ["G1"],
        "other transcript": [],
    }
