"""Re-centring on CAGE peaks: names, synonyms, places, and real peaks."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from xpresso_core.annotation import read_gtf, representative_transcripts
from xpresso_core.errors import InputError
from xpresso_core.gene_names import read_gene_names
from xpresso_core.genome import Genome, Window
from xpresso_core.tss import Recentred, read_cage_peaks, recentre

GENES = pd.DataFrame(
    [("G1", "ALPHA", "1", "+", 1000), ("G2", "BETA", "1", "-", 5000), ("G3", "GAMMA", "2", "+", 900)],
    columns=["gene_id", "gene_name", "chrom", "strand", "tss"],
)


def bed(*peaks: tuple[str, str, int, str]) -> str:
    """Write peaks given as name, chromosome, representative position and strand."""
    return "".join(
        f"{chrom}\t{tss - 5}\t{tss + 9}\t{name}\t100\t{strand}\t{tss}\t{tss + 1}\t255,0,0\n"
        for name, chrom, tss, strand in peaks
    )


def names(*rows: tuple[str, str, str]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["gene_id", "gene_name", "synonyms"])


def former(*rows: tuple[str, str, str, str]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["gene_id", "gene_name", "previous", "synonyms"])


def counted(found: Recentred, unit: str) -> dict[str, tuple[int, str]]:
    """Return count and example of the cases that occur."""
    cases = found.cases()
    cases = cases[(cases["unit"] == unit) & (cases["count"] > 0)]
    return {case: (count, example) for case, _, count, example in cases.to_numpy().tolist()}


@pytest.fixture
def move(tmp_path: Path):
    def run(
        *peaks: tuple[str, str, int, str],
        known: pd.DataFrame | None = None,
        genes: pd.DataFrame = GENES,
        max_distance: int | None = None,
    ) -> Recentred:
        path = tmp_path / "peaks.bed"
        path.write_text(bed(*peaks, ("p1@NOBODY", "chr9", 50, "+")))
        return recentre(genes, read_cage_peaks(path), known, max_distance=max_distance)

    return run


def test_joined_names_become_one_row_each(tmp_path: Path) -> None:
    path = tmp_path / "peaks.bed"
    path.write_text(
        "track name=x\n# comment\n\n"
        + bed(
            ("p1@A,p12@B", "chr1", 100, "+"),
            ("p@chr1:5..9,+", "chr1", 300, "+"),
            ("p2@HLA-A", "chrX", 7, "-"),
        )
    )
    peaks = read_cage_peaks(path)
    assert peaks.to_numpy().tolist() == [
        ["chr1", 100, "+", 1, "A"],
        ["chr1", 100, "+", 12, "B"],
        ["chrX", 7, "-", 2, "HLA-A"],
    ]
    packed = tmp_path / "peaks.bed.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    assert peaks.equals(read_cage_peaks(packed))


@pytest.mark.parametrize(
    "line", ["chr1\t1\t9\tp1@A\t0\t+\n", "chr1\t1\t9\tp1@A\t0\t.\t5\t6\t0\n", "chr1 1 9 p1@A\n"]
)
def test_a_malformed_peak_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "peaks.bed"
    path.write_text(bed(("p1@A", "chr1", 100, "+")) + line)
    with pytest.raises(InputError, match=r"peaks\.bed, line 2: .*column 6.*thickStart"):
        read_cage_peaks(path)


def test_peaks_without_gene_names_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "peaks.bed"
    path.write_text(bed(("hg_1.1", "chr1", 100, "+")))
    with pytest.raises(InputError, match="no peak has a name like p1@GENE"):
        read_cage_peaks(path)


def test_only_the_first_peak_moves_a_tss(move) -> None:
    found = move(
        ("p1@ALPHA", "chr1", 1040, "+"), ("p2@BETA", "chr1", 5001, "-"), ("p1@BETA", "chr1", 4990, "-")
    )
    assert found.genes["tss"].tolist() == [1040, 4990, 900]
    assert found.genes["tss_source"].tolist() == ["cage", "cage", "annotation"]
    assert found.matches.to_numpy().tolist() == [
        ["G1", "ALPHA", "gene name", 40],
        ["G2", "BETA", "gene name", 10],
    ], "a shift is positive downstream on both strands"
    assert counted(found, "genes") == {
        "re-centred by gene name": (2, "ALPHA"),
        "annotated site: no peak under any of its names": (1, "GAMMA"),
    }
    assert found.genes["tss"].dtype == GENES["tss"].dtype
    assert GENES["tss"].tolist() == [1000, 5000, 900], "the input is not changed"


def test_a_peak_on_another_chromosome_or_strand_is_not_taken(move) -> None:
    found = move(("p1@ALPHA", "chr2", 1040, "+"), ("p1@BETA", "chr1", 4990, "+"))
    assert found.genes["tss"].tolist() == [1000, 5000, 900]
    assert found.matches.empty


def test_peaks_of_no_known_name_move_nothing(move) -> None:
    for known in (None, former(), former(("G9", "NONE", "", ""))):
        found = move(known=known)
        assert found.genes["tss"].equals(GENES["tss"])
        assert found.matches.empty
        assert counted(found, "genes") == {"annotated site: no peak under any of its names": (3, "ALPHA")}
        assert counted(found, "peak names") == {"name of no gene of the annotation": (1, "NOBODY")}


def test_the_nearest_of_several_peaks_is_taken(move) -> None:
    found = move(
        ("p1@ALPHA", "chr1", 90_000, "+"), ("p1@ALPHA", "chr1", 970, "+"), ("p1@ALPHA", "chr1", 1031, "+")
    )
    assert found.genes["tss"][0] == 970


def test_distance_is_unlimited_unless_asked_for(move) -> None:
    peak = ("p1@ALPHA", "chr1", 91_000, "+")
    assert move(peak).genes["tss"][0] == 91_000
    assert move(peak, max_distance=90_000).genes["tss"][0] == 91_000
    assert move(peak, max_distance=89_999).genes["tss"][0] == 1000


def test_names_go_before_official_names_and_these_before_synonyms(move) -> None:
    known = names(("G1", "ALPHA2", "OLD|OLDER"), ("G2", "BETA", ""))
    old, official, own = (
        ("p1@OLDER", "chr1", 1001, "+"),
        ("p1@ALPHA2", "chr1", 1100, "+"),
        ("p1@ALPHA", "chr1", 1900, "+"),
    )
    assert move(old, known=known).matches["way"].tolist() == ["synonym"]
    assert move(old, official, known=known).matches["way"].tolist() == ["official name"]
    assert move(old, official, own, known=known).genes["tss"][0] == 1900


def test_a_synonym_that_is_another_genes_name_is_not_used(move) -> None:
    peak = ("p1@DELTA", "chr1", 1010, "+")
    assert move(peak, known=names(("G1", "ALPHA", "DELTA"))).genes["tss"][0] == 1010
    assert move(peak, known=names(("G1", "ALPHA", "DELTA"), ("G9", "DELTA", ""))).genes["tss"][0] == 1000
    beta = ("p1@BETA", "chr1", 1010, "+")
    assert move(beta, known=names(("G1", "ALPHA", "BETA"))).genes["tss"][0] == 1000
    assert move(beta, known=names(("G1", "BETA", ""))).genes["tss"][0] == 1000


def test_an_ambiguous_synonym_is_used_only_where_one_gene_fits(move) -> None:
    genes = pd.concat(
        [GENES, pd.DataFrame([("G4", "DELTA", "1", "+", 7000)], columns=GENES.columns)], ignore_index=True
    )
    peak = ("p1@OLD", "chr1", 1010, "+")
    clash = names(("G1", "ALPHA", "OLD"), ("G4", "DELTA", "OLD"))
    assert move(peak, known=clash, genes=genes).matches.empty
    elsewhere = names(("G1", "ALPHA", "OLD"), ("G2", "BETA", "OLD"), ("G3", "GAMMA", "OLD"))
    assert move(peak, known=elsewhere, genes=genes).matches["gene_id"].tolist() == ["G1"]


def test_genes_of_one_name_each_get_their_own_peak(move) -> None:
    twins = pd.DataFrame(
        [("G1", "TWIN", "1", "+", 1000), ("G2", "TWIN", "1", "+", 9000)], columns=GENES.columns
    )
    one = move(("p1@TWIN", "chr1", 8800, "+"), genes=twins)
    assert one.genes["tss"].tolist() == [1000, 8800]
    two = move(("p1@TWIN", "chr1", 8800, "+"), ("p1@TWIN", "chr1", 1003, "+"), genes=twins)
    assert two.genes["tss"].tolist() == [1003, 8800]


def test_the_order_of_genes_and_peaks_does_not_matter(move) -> None:
    peaks = [
        ("p1@ALPHA", "chr1", 1001, "+"),
        ("p1@ALPHA", "chr1", 999, "+"),
        ("p1@GAMMA,p1@BETA", "2", 905, "+"),
    ]
    there = move(*peaks).genes.set_index("gene_id")
    back = move(*peaks[::-1], genes=GENES[::-1].reset_index(drop=True)).genes.set_index("gene_id")
    assert there.equals(back.loc[there.index])
    assert there["tss"].tolist() == [999, 5000, 905]


def test_previous_names_go_before_synonyms(move) -> None:
    known = former(("G1", "ALPHA", "FORMER", "OTHER"))
    other, old = ("p1@OTHER", "chr1", 1001, "+"), ("p1@FORMER", "chr1", 1900, "+")
    assert move(other, known=known).matches["way"].tolist() == ["synonym"]
    found = move(other, old, known=known)
    assert found.matches.to_numpy().tolist() == [["G1", "FORMER", "previous name", 900]]
    assert counted(found, "peak names") == {
        "used": (1, "FORMER"),
        "name of no gene of the annotation": (1, "NOBODY"),
        "lost to a peak under a better name of the same gene": (1, "OTHER"),
    }


def test_a_previous_name_that_is_another_genes_name_is_not_used(move) -> None:
    peak = ("p1@DELTA", "chr1", 1010, "+")
    assert move(peak, known=former(("G1", "ALPHA", "DELTA", ""))).genes["tss"][0] == 1010
    found = move(peak, known=former(("G1", "ALPHA", "DELTA", ""), ("G9", "DELTA", "", "")))
    assert found.matches.empty
    assert counted(found, "peak names")["belongs by current name to another gene"] == (1, "DELTA")
    assert counted(found, "genes")["annotated site: no peak under any of its names"][0] == 3


def test_a_previous_name_and_a_synonym_of_two_genes_are_ambiguous_only_where_both_fit(move) -> None:
    genes = pd.concat(
        [GENES, pd.DataFrame([("G4", "DELTA", "1", "+", 7000)], columns=GENES.columns)], ignore_index=True
    )
    peak = ("p1@OLD", "chr1", 1010, "+")
    for known in (
        former(("G1", "ALPHA", "OLD", ""), ("G4", "DELTA", "OLD", "")),
        former(("G1", "ALPHA", "OLD", ""), ("G4", "DELTA", "", "OLD")),
    ):
        found = move(peak, known=known, genes=genes)
        assert found.matches.empty
        assert counted(found, "genes") == {
            "annotated site: no peak under any of its names": (2, "BETA"),
            "annotated site: peak only under an ambiguous name": (2, "ALPHA"),
        }
        case = "ambiguous: a previous name or synonym of several genes"
        assert counted(found, "peak names")[case] == (1, "OLD")
    elsewhere = former(("G1", "ALPHA", "OLD", ""), ("G2", "BETA", "", "OLD"), ("G3", "GAMMA", "OLD", ""))
    found = move(peak, known=elsewhere, genes=genes)
    assert found.matches["gene_id"].tolist() == ["G1"]
    assert counted(found, "genes")["annotated site: peak only on another chromosome or strand"] == (2, "BETA")


def test_a_peak_of_several_names_serves_all_genes_so_called(move) -> None:
    genes = pd.concat(
        [GENES, pd.DataFrame([("G4", "DELTA", "1", "+", 1300)], columns=GENES.columns)], ignore_index=True
    )
    found = move(("p1@DELTA,p1@ALPHA,p2@GAMMA", "chr1", 1100, "+"), genes=genes)
    assert found.genes["tss"].tolist() == [1100, 5000, 900, 1100]
    assert counted(found, "peaks") == {"shared: taken by several genes": (1, "ALPHA")}
    assert counted(found, "peak names")["used"] == (2, "ALPHA")


def test_every_case_is_counted_with_an_example(move) -> None:
    genes = pd.DataFrame(
        [
            ("G1", "OWN", "1", "+", 1000),
            ("G2", "NEW", "1", "+", 2000),
            ("G3", "RENAMED", "1", "+", 3000),
            ("G4", "BYNAMED", "1", "+", 4000),
            ("G5", "PEAKLESS", "1", "+", 5000),
            ("G6", "ELSEWHERE", "1", "+", 6000),
            ("G7", "TWIN", "1", "+", 7000),
            ("G8", "", "1", "+", 8000),
            ("G9", "FAR", "1", "+", 9000),
            ("G10", "SHARING", "1", "+", 10_000),
            ("G11", "TWIN", "1", "+", 7100),
        ],
        columns=GENES.columns,
    )
    known = former(
        ("G2", "OFFICIAL", "", ""),
        ("G3", "RENAMED", "BEFORE", ""),
        ("G4", "BYNAMED", "", "BYNAME"),
        ("G5", "PEAKLESS", "OWN|PSEUDO", ""),
        ("G8", "", "", "COMMON"),
        ("G10", "SHARING", "COMMON", ""),
        ("G99", "PSEUDO", "", ""),
    )
    symbols = {
        "OWN": 1001, "OFFICIAL": 2001, "BEFORE": 3001, "BYNAME": 4001, "TWIN": 7001, "COMMON": 8001,
        "FAR": 9900, "PSEUDO": 5001, "STRANGE": 5002,
    }  # fmt: skip
    peaks = [(f"p1@{symbol}", "chr1", place, "+") for symbol, place in symbols.items()]
    peaks += [("p1@ELSEWHERE", "chr1", 6000, "-"), ("p1@OWN", "chr1", 950, "+"), ("p1@BYNAMED", "2", 4, "+")]
    found = move(*peaks, known=known, genes=genes, max_distance=500)
    site = "annotated site: "
    assert counted(found, "genes") == {
        "re-centred by gene name": (2, "OWN"),
        "re-centred by official name": (1, "NEW"),
        "re-centred by previous name": (1, "RENAMED"),
        "re-centred by synonym": (1, "BYNAMED"),
        f"{site}no peak under any of its names": (1, "PEAKLESS"),
        f"{site}peak only on another chromosome or strand": (1, "ELSEWHERE"),
        f"{site}peak only under an ambiguous name": (2, "G8"),
        f"{site}peak only farther than the limit": (1, "FAR"),
        f"{site}peak nearer to another gene of the same name": (1, "TWIN"),
    }
    assert counted(found, "peak names") == {
        "used": (5, "BEFORE"),
        "name of no gene of the annotation": (2, "NOBODY"),
        "on another chromosome or strand than its gene": (2, "BYNAMED"),
        "ambiguous: a previous name or synonym of several genes": (1, "COMMON"),
        "belongs by current name to another gene": (1, "PSEUDO"),
        "farther from its gene than the limit": (1, "FAR"),
        "lost to a nearer peak of the same gene": (1, "OWN"),
    }


@pytest.mark.parametrize("seed", range(5))
def test_the_cases_add_up_whatever_the_names(seed: int) -> None:
    rng = np.random.default_rng(seed)

    def draw(size: int) -> list[str]:
        return [f"N{number}" for number in rng.integers(0, 40, size)]

    genes = pd.DataFrame({"gene_id": [f"G{n}" for n in range(40)], "gene_name": draw(40)})
    genes = genes.assign(chrom=rng.choice(["1", "2"], 40), strand="+", tss=rng.integers(0, 90, 40))
    lists = [["|".join(draw(rng.integers(0, 3))) for _ in range(50)] for _ in range(2)]
    known = former(*zip((f"G{n}" for n in range(50)), draw(50), *lists, strict=True))
    peaks = pd.DataFrame({"chrom": rng.choice(["chr1", "chr2"], 90), "tss": rng.integers(0, 90, 90)})
    peaks = peaks.assign(strand=rng.choice(["+", "-"], 90), rank=1, symbol=draw(90)).drop_duplicates()
    found = recentre(genes, peaks, known, max_distance=60)
    sums = found.cases().groupby("unit")["count"].sum()
    assert sums["genes"] == len(genes)
    assert sums["peak names"] == len(peaks)
    moved = found.cases()["count"][found.cases()["case"].str.startswith("re-centred")].sum()
    assert moved == len(found.matches) == (found.genes["tss_source"] == "cage").sum()
    assert found.cases().set_index("case").loc["used", "count"] == moved
    shuffled = recentre(genes.sample(frac=1, random_state=1), peaks[::-1], known[::-1], max_distance=60)
    assert shuffled.cases().equals(found.cases())
    assert shuffled.genes.sort_index().equals(found.genes)


def test_the_names_of_the_miniatures_lead_to_their_genes(move) -> None:
    data = Path(__file__).parent / "data"
    known = read_gene_names([data / "biomart_gene_names_human.tsv", data / "hgnc.tsv"])
    genes = representative_transcripts(read_gtf(data / "ensembl90_human.gtf"), drop_gene_names=[]).genes
    place = genes.set_index("gene_name")

    def near(symbol: str, gene: str, by: int = 7) -> tuple[str, str, int, str]:
        return (
            f"p1@{symbol}",
            place.loc[gene, "chrom"],
            int(place.loc[gene, "tss"]) + by,
            place.loc[gene, "strand"],
        )

    found = move(
        near("OLDALPHA1", "ALPHA1"),
        near("SHARED1", "BETA2"),
        near("GAMMA3", "GAMMA3"),
        near("DLT4", "DELTA4"),
        near("EPS", "EPSILON5"),
        near("KAPPA10", "EPSILON5"),
        near("H1-1", "HIST1H1A"),
        near("IOTA9B", "IOTA9"),
        near("MU12", "MU12"),
        known=known,
        genes=genes,
    )
    assert dict(found.matches[["symbol", "way"]].to_numpy().tolist()) == {
        "OLDALPHA1": "previous name",
        "SHARED1": "synonym",
        "GAMMA3": "gene name",
        "DLT4": "synonym",
        "EPS": "synonym",
        "H1-1": "previous name",
        "IOTA9B": "previous name",
        "MU12": "gene name",
    }, "the two genes of the synonyms SHARED1 and EPS lie on two strands and chromosomes"
    assert counted(found, "peak names")["belongs by current name to another gene"] == (1, "KAPPA10")


def published(real_data: Path) -> pd.Series:
    """Return the published TSSs by gene_id: the middle of the windows."""
    path = real_data / "published" / "human_promoters_20kb.hg19.bed"
    table = pd.read_csv(
        path, sep="\t", header=None, names=["chrom", "start", "end", "gene_id", "score", "strand"]
    )
    return ((table["start"] + table["end"]) // 2).set_axis(table["gene_id"])


def agreement(genes: pd.DataFrame, centres: pd.Series) -> tuple[int, int]:
    """Count the genes whose TSS lies within 10 bp of the published one, and those shared."""
    shared = genes[genes["gene_id"].isin(centres.index)]
    near = (shared["tss"] - centres.loc[shared["gene_id"]].to_numpy()).abs() <= 10
    return int(near.sum()), len(shared)


@pytest.fixture(scope="module")
def human_genes(real_data: Path) -> pd.DataFrame:
    return representative_transcripts(read_gtf(real_data / "human_mini" / "genes.gtf.gz")).genes


@pytest.mark.real
def test_bigbed_and_bed_hold_the_same_peaks(real_data: Path) -> None:
    folder = real_data / "human_mini"
    assert read_cage_peaks(folder / "cage_peaks.bb").equals(read_cage_peaks(folder / "cage_peaks.bed.gz"))


@pytest.mark.real
def test_tsss_agree_with_the_published_ones(real_data: Path, human_genes: pd.DataFrame) -> None:
    folder = real_data / "human_mini"
    peaks, known = read_cage_peaks(folder / "cage_peaks.bb"), read_gene_names([folder / "gene_names.tsv"])
    found = recentre(human_genes, peaks, known)
    centres = published(real_data)
    near, shared = agreement(found.genes, centres)
    assert shared == 1022
    assert near / shared >= 0.919, "940 of 1,022"
    assert agreement(human_genes, centres)[0] < 500, "the annotation alone is much worse"
    assert counted(found, "genes") == {
        "re-centred by gene name": (1013, "AAR2"),
        "annotated site: no peak under any of its names": (49, "ABHD16B"),
        "annotated site: peak only on another chromosome or strand": (2, "MAGED4"),
    }

    # peaks under a gene's former name; the table of names here has no synonyms
    former = {"PAK5": "PAK7", "VEGFD": "FIGF", "RIPOR3": "FAM65C", "BCLAF3": "CXorf23"}
    more = recentre(human_genes, peaks, known.assign(synonyms=known["gene_name"].map(former).fillna("")))
    assert agreement(more.genes, centres)[0] == near + 3
    assert sorted(more.matches.loc[more.matches["way"] == "synonym", "symbol"]) == sorted(former.values())


@pytest.mark.real
def test_the_representative_base_is_the_initiator(real_data: Path, human_genes: pd.DataFrame) -> None:
    """Transcription starts at a purine behind a pyrimidine, so one base off would show on either strand."""
    folder = real_data / "human_mini"
    found = recentre(human_genes, read_cage_peaks(folder / "cage_peaks.bb")).genes
    found = found[found["tss_source"] == "cage"]
    with Genome(folder / "genome.fa.gz") as dna:
        for strand in "+-":
            places = found.loc[found["strand"] == strand, ["chrom", "tss"]].to_numpy()
            around = np.array([dna.window(chrom, tss, strand, Window(2, 2)) for chrom, tss in places])
            pyrimidine = np.isin(around, (1, 3)).mean(axis=0)
            assert pyrimidine[1] > 0.8
            assert pyrimidine[2] < 0.2
            assert 0.3 < pyrimidine[3] < 0.7
