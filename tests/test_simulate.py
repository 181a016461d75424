"""The simulated species, read back by independent plain-Python readers, agrees with its own truth."""

from __future__ import annotations

import gzip
import hashlib
import json
import math
import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
import pyBigWig
import pytest

from xpresso_core.errors import ConfigError
from xpresso_core.simulate import SimulationSettings, simulate_species

COMPLEMENT = str.maketrans("ACGTN", "TGCAN")
FILES = [
    *("genome.fa", "genes.gtf.gz", "cage_peaks.bb", "gene_names_1.tsv", "gene_names_2.tsv"),
    *("expression.tsv.gz", "entrez.tsv.gz", "encode.metadata.tsv", "orthologs.tsv", "motifs.meme"),
    *(f"encode/SIMFF00{number}AAA.tsv" for number in range(1, 8)),
    *("sure.chain.gz", "sure.genes.gtf.gz", "sure.minus.bw", "sure.plus.bw"),
    *("domains.bed", "half_lives.tsv", "control_half_lives.tsv", "mirna_counts.tsv", "mirna_targets.tsv"),
    *(f"{name}_genes.txt" for name in ("enhancer", "super_enhancer", "polycomb", "control")),
    *(
        "truth/genes.tsv",
        "truth/model.json",
        "truth/motif_sites.tsv",
        "truth/reporter.tsv",
        "truth/mirna.tsv",
    ),
]
FEATURES = "utr5_len cds_len intron_len utr3_len utr5_gc cds_gc utr3_gc orf_exon_density".split()


@dataclass
class Rna:
    """One transcript as the GTF tells it, 1-based closed."""

    gene_id: str
    chrom: str
    strand: str
    biotype: str
    rows: dict[str, list[tuple[int, int, str]]] = field(default_factory=lambda: defaultdict(list))

    def length(self, feature: str) -> int:
        return sum(end - start + 1 for start, end, _ in self.rows[feature])

    def text(self, feature: str, genome: dict[str, str]) -> str:
        joined = "".join(genome[self.chrom][start - 1 : end] for start, end, _ in sorted(self.rows[feature]))
        return joined if self.strand == "+" else joined[::-1].translate(COMPLEMENT)


@dataclass
class Files:
    """Everything in the folder, parsed without the package."""

    folder: Path
    genome: dict[str, str]
    genes: dict[str, dict[str, str]]
    rnas: dict[str, Rna]
    truth: pd.DataFrame
    model: dict

    @property
    def kept(self) -> pd.DataFrame:
        return self.truth[self.truth["dropped"] == ""]


def read_folder(folder: Path) -> Files:
    genome: dict[str, list[str]] = {}
    for line in (folder / "genome.fa").read_text().splitlines():
        if line.startswith(">"):
            genome[name := line[1:].split()[0]] = []
        else:
            assert len(line) <= 60
            genome[name].append(line.upper())
    genes, rnas = {}, {}
    with gzip.open(folder / "genes.gtf.gz", "rt") as handle:
        for line in handle:
            if line.startswith("#"):
                continue
            chrom, source, feature, start, end, _, strand, frame, rest = line.rstrip("\n").split("\t")
            tags = dict(re.findall(r'(\w+) "([^"]*)";', rest))
            assert source == "simulated"
            chrom = "chrM" if chrom == "MT" else f"chr{chrom}"
            if feature == "gene":
                genes[tags["gene_id"]] = {**tags, "chrom": chrom, "strand": strand}
                continue
            key = tags["transcript_id"]
            rna = rnas.setdefault(key, Rna(tags["gene_id"], chrom, strand, tags["transcript_biotype"]))
            rna.rows[feature].append((int(start), int(end), frame))
    truth = pd.read_csv(folder / "truth" / "genes.tsv", sep="\t").fillna({"dropped": ""})
    model = json.loads((folder / "truth" / "model.json").read_text())
    return Files(folder, {name: "".join(lines) for name, lines in genome.items()}, genes, rnas, truth, model)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    folder = tmp_path_factory.mktemp("sim")
    simulate_species(folder, seed=7)
    return read_folder(folder)


def checksums(folder: Path) -> dict[str, str]:
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in paths}


def listed_numbers(folder: Path, name: str) -> list[str]:
    """Return a list of genes by the number that all names of a gene have, those of no gene as they are."""
    names = (folder / f"{name}_genes.txt").read_text().splitlines()
    return sorted(re.sub(r"^SIM(?:SYN|OLD)?(\d+)[A-Z]?$", r"\1", name) for name in names)


def test_same_seed_same_bytes_other_seed_other_bytes(tmp_path: Path) -> None:
    for name, seed in (("a", 3), ("b", 3), ("c", 4)):
        simulate_species(tmp_path / name, seed=seed, genes=40, chromosomes=3)
    one, again, other = (checksums(tmp_path / name) for name in "abc")
    assert one == again
    assert sorted(one) == sorted(FILES)
    assert all(one[name] != other[name] for name in one)


def test_more_unannotated_genes_change_only_the_matrix_and_the_names(tmp_path: Path) -> None:
    simulate_species(tmp_path / "a", seed=3, genes=40, chromosomes=3, unannotated_genes=1)
    simulate_species(tmp_path / "b", seed=3, genes=40, chromosomes=3, unannotated_genes=9)
    one, two = checksums(tmp_path / "a"), checksums(tmp_path / "b")
    changed = {name for name in one if one[name] != two[name]}
    assert changed == {"expression.tsv.gz", "gene_names_1.tsv", "truth/model.json"}


def test_the_sister_species_differs_in_identifiers_and_expression_alone(tmp_path: Path) -> None:
    for seed in (1, 2):
        own, sister = tmp_path / f"own{seed}", tmp_path / f"sister{seed}"
        simulate_species(own, seed=seed, genes=150, chromosomes=4)
        simulate_species(sister, seed=seed, genes=150, chromosomes=4, relative=True)
        one, two = checksums(own), checksums(sister)
        assert sorted(one) == sorted(two)
        lists = {"super_enhancer_genes.txt", "polycomb_genes.txt"}
        assert {name for name in one if one[name] == two[name]} - lists == {
            *("genome.fa", "cage_peaks.bb", "orthologs.tsv", "motifs.meme"),
            *("sure.chain.gz", "sure.minus.bw", "sure.plus.bw"),
            *("domains.bed", "half_lives.tsv", "mirna_counts.tsv", "truth/mirna.tsv"),
        }
        # The same genes, but which of them go by another name depends on the order of the known enhancer genes,
        # which are drawn from the same stream before them and by the expression of each species.
        for name in ("super_enhancer", "polycomb"):
            assert listed_numbers(own, name) == listed_numbers(sister, name)
        truth, other = read_folder(own).truth, read_folder(sister).truth
        own_ids, sister_ids = truth["gene_id"], other["gene_id"]
        assert sister_ids.str.startswith("SIMRG").all()
        assert np.corrcoef(own_ids.str[-6:].astype(int), sister_ids.str[-6:].astype(int))[0, 1] < 0.5
        same = ["gene_name", "chrom", "strand", "tss", "annotated_tss", *FEATURES, "silent", "dropped"]
        same += ["distal", "distal_effect", "stability", "stability_effect", "mirna_effect"]
        pd.testing.assert_frame_equal(truth[same], other[same])
        assert (other["transcript_id"] == truth["transcript_id"].str.replace("SIMT", "SIMRT")).all()
        text = gzip.open(own / "genes.gtf.gz", "rt").read().replace("SIMT", "SIMRT")
        for old, new in zip(own_ids, sister_ids, strict=True):
            text = text.replace(f'"{old}"', f'"{new}"')
        wanted = [line for line in text.splitlines() if 'gene_biotype "protein' in line]
        found = gzip.open(sister / "genes.gtf.gz", "rt").read().splitlines()
        assert [line for line in found if 'gene_biotype "protein' in line] == wanted


def test_the_sister_species_differs_tenfold_where_it_is_planted(tmp_path: Path) -> None:
    tables, truths = {}, {}
    for name in ("own", "sister"):
        simulate_species(tmp_path / name, seed=3, genes=300, chromosomes=5, relative=name == "sister")
        truths[name] = pd.read_csv(tmp_path / name / "truth" / "genes.tsv", sep="\t").fillna({"dropped": ""})
        table = pd.read_csv(tmp_path / name / "expression.tsv.gz", sep="\t", index_col=False)
        rpkm = table.set_index("gene_id").reindex(truths[name]["gene_id"]).iloc[:, 1:]
        tables[name] = rpkm.median(axis=1).to_numpy()
    kept = (truths["own"]["dropped"] == "").to_numpy()
    sister = truths["sister"]
    high = kept & (tables["own"] > 0.1) & (tables["sister"] > 0.1)
    ratio = np.log10(tables["sister"][high] / tables["own"][high])
    planted = (sister["species_drift"] + sister["species_shift"])[high]
    assert ratio == pytest.approx(planted.to_numpy(), abs=0.01)
    difference = (sister["log10_median"] - truths["own"]["log10_median"])[kept]
    shifted = sister["species_shift"][kept] != 0
    assert shifted.sum() == 12
    assert set(sister["species_shift"]) == {-1.6, 0.0, 1.6}
    assert ((difference.abs() > 1) == shifted).all()
    assert sister.loc[kept, "species_drift"].std() == pytest.approx(0.15, rel=0.15)
    model = json.loads((tmp_path / "sister" / "truth" / "model.json").read_text())
    assert model["relative"] == {"drift_sd": 0.15, "shift": 1.6, "shifted_share": 0.04}
    r2 = np.corrcoef(sister["expected_log10_median"][kept], sister["log10_median"][kept])[0, 1] ** 2
    assert model["variance_shares"]["explainable"] == pytest.approx(r2)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"chromsomes": 3}, "no setting chromsomes"),
        ({"genes": 5}, "genes is 5, outside 20 to 20000"),
        ({"genes": 100.5}, "genes is 100.5. Give a whole number"),
        ({"noise_sd": "high"}, "noise_sd is 'high'"),
        ({"noise_sd": float("nan")}, "noise_sd is nan, outside"),
        ({"edge_genes": 7, "chromosomes": 3}, "7 edge genes do not fit 3 autosomes"),
        ({"seed": -1}, "the seed is -1"),
        ({"relative": "yes"}, "relative is 'yes'. Give true or false"),
    ],
)
def test_bad_settings_are_refused(tmp_path: Path, settings: dict, message: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(message)):
        simulate_species(tmp_path / "out", **{"seed": 1, **settings})
    assert not (tmp_path / "out").exists()


def test_marked_as_simulated(files: Files) -> None:
    with gzip.open(files.folder / "genes.gtf.gz", "rt") as handle:
        assert "sim1" in next(handle)
        assert "SIMULATED" in next(handle)
    assert files.model["simulated"] is True
    assert all(gene.startswith("SIMG") for gene in files.genes)
    assert (files.folder / "genome.fa").read_text().startswith(">chr1 sim1 simulated\n")


def test_small_genome_with_all_kinds_of_chromosomes(files: Files) -> None:
    assert list(files.genome) == [f"chr{n}" for n in range(1, 13)] + ["chrX", "chrY", "chrM"]
    assert 5e6 < sum(map(len, files.genome.values())) < 9e6
    assert set("".join(files.genome.values())) == set("ACGTN")
    text = files.genome["chr2"]
    gc = (text.count("C") + text.count("G")) / len(text)
    observed_to_expected = text.count("CG") * len(text) / (text.count("C") * text.count("G"))
    assert 0.40 < gc < 0.46
    assert observed_to_expected < 0.45


def test_who_is_dropped_and_why(files: Files) -> None:
    assert Counter(files.truth["dropped"]) == {
        "": 700,
        "histone gene": 10,
        "on chrY": 6,
        "on chrM": 5,
        "window beyond the chromosome end": 6,
        "no expression value": 5,
    }
    coding = {gene for gene, tags in files.genes.items() if tags["gene_biotype"] == "protein_coding"}
    assert coding == set(files.truth["gene_id"])
    assert len(files.genes) - len(coding) == 20
    for row in files.truth.itertuples():
        before, after = row.tss, len(files.genome[row.chrom]) - row.tss - 1
        before, after = (before, after) if row.strand == "+" else (after, before)
        inside = before >= 3000 and after + 1 >= 1500
        assert inside or row.dropped in ("window beyond the chromosome end", "on chrY", "on chrM")
        assert inside == (row.dropped != "window beyond the chromosome end") or row.dropped.startswith(
            "on chr"
        )


def test_a_longer_window_costs_no_gene(tmp_path: Path) -> None:
    simulate_species(tmp_path, seed=2, genes=150, upstream=7000, downstream=3500)
    truth = pd.read_csv(tmp_path / "truth" / "genes.tsv", sep="\t").fillna({"dropped": ""})
    assert Counter(truth["dropped"])[""] == 150
    assert Counter(truth["dropped"])["window beyond the chromosome end"] == 6


def test_some_promoter_windows_overlap_but_no_promoter_cores(files: Files) -> None:
    window_overlaps = core_gap = 0
    for _, genes in files.kept.sort_values("tss").groupby("chrom"):
        plus, tss = (genes["strand"] == "+").to_numpy(), genes["tss"].to_numpy()
        starts = np.where(plus, tss - 3000, tss - 1499)
        window_overlaps += int(np.sum(np.diff(starts) < 4500))
        core_gap = min(core_gap or 10**9, int(np.diff(tss).min()))
    assert 50 < window_overlaps < 400
    assert core_gap > 1000


def test_representative_transcript_is_unique_and_every_rule_decides_somewhere(files: Files) -> None:
    by_gene = defaultdict(list)
    for name, rna in files.rnas.items():
        if rna.rows["CDS"]:
            key = tuple(-rna.length(part) for part in ("CDS", "five_prime_utr", "three_prime_utr"))
            by_gene[rna.gene_id].append((*key, name))
    decided: Counter[int] = Counter()
    for row in files.truth.itertuples():
        ranked = sorted(by_gene[row.gene_id])
        assert row.transcript_id == ranked[0][-1]
        if len(ranked) > 1:
            decided[next(i for i in range(4) if ranked[0][i] != ranked[1][i])] += 1
    assert set(decided) == {0, 1, 2, 3}
    assert min(decided.values()) >= 5
    longest = {gene: max(found, key=lambda entry: files.rnas[entry[-1]].length("exon"))[-1]
               for gene, found in by_gene.items()}  # fmt: skip
    misled = sum(longest[row.gene_id] != row.transcript_id for row in files.truth.itertuples())
    assert misled > 20, "the longest transcript must not always be the representative one"


def test_orfs_and_gtf_rows_are_consistent(files: Files) -> None:
    kinds: Counter[str] = Counter()
    for rna in files.rnas.values():
        kinds[rna.biotype] += 1
        exons = sorted(rna.rows["exon"])
        assert all(left[1] < right[0] - 60 for left, right in zip(exons, exons[1:], strict=False))
        if rna.biotype != "protein_coding":
            assert not rna.rows["CDS"]
            continue
        order = rna.rows["CDS"] if rna.strand == "+" else rna.rows["CDS"][::-1]
        assert order == sorted(order), "rows follow the transcript"
        passed = 0
        for start, end, frame in rna.rows["CDS"]:
            assert int(frame) == -passed % 3
            passed += end - start + 1
        parts = [
            rna.text(part, files.genome)
            for part in ("five_prime_utr", "CDS", "stop_codon", "three_prime_utr")
        ]
        assert "".join(parts) == rna.text("exon", files.genome)
        codons = [parts[1][i : i + 3] for i in range(0, len(parts[1]), 3)]
        assert codons[0] == "ATG"
        assert parts[2] == "TAA"
        assert not set(codons) & {"TAA", "TAG", "TGA"}
        assert len(codons[-1]) == 3
    assert kinds["protein_coding"] > 1100
    assert kinds["lncRNA"] == 20
    assert kinds["retained_intron"] > 30
    assert any(len(rna.rows["stop_codon"]) == 2 for rna in files.rnas.values())


def test_introns_begin_with_gt_and_end_with_ag(files: Files) -> None:
    total = spliced = 0
    for rna in files.rnas.values():
        exons = sorted(rna.rows["exon"])
        for left, right in zip(exons, exons[1:], strict=False):
            intron = files.genome[rna.chrom][left[1] : right[0] - 1]
            intron = intron if rna.strand == "+" else intron[::-1].translate(COMPLEMENT)
            total += 1
            spliced += intron[:2] == "GT" and intron[-2:] == "AG"
    assert total > 3000
    assert spliced / total > 0.99


def test_halflife_features_recomputed_from_gtf_and_fasta(files: Files) -> None:
    def gc(text: str) -> float:
        return (text.count("G") + text.count("C")) / len(text) if text else math.nan

    missing = 0
    for row in files.truth.itertuples():
        rna = files.rnas[row.transcript_id]
        exons = sorted(rna.rows["exon"])
        texts = {name: rna.text(part, files.genome) for name, part in
                 (("utr5", "five_prime_utr"), ("cds", "CDS"), ("utr3", "three_prime_utr"))}  # fmt: skip
        expected = {f"{name}_len": len(text) or math.nan for name, text in texts.items()}
        expected |= {f"{name}_gc": gc(text) for name, text in texts.items()}
        expected["intron_len"] = sum(b[0] - a[1] - 1 for a, b in zip(exons, exons[1:], strict=False))
        expected["orf_exon_density"] = (len(rna.rows["CDS"]) - 1) / (len(texts["cds"]) / 1000)
        missing += not texts["utr5"] or not texts["utr3"]
        for name in FEATURES:
            assert getattr(row, name) == pytest.approx(expected[name], rel=1e-12, nan_ok=True), name
        first = exons[0][0] - 1 if rna.strand == "+" else exons[-1][1] - 1
        assert row.annotated_tss == first
        assert (row.chrom, row.strand) == (rna.chrom, rna.strand)
    assert missing > 5


def test_cage_peaks_are_those_of_fantom_and_near_the_annotated_tss(files: Files) -> None:
    bed = pyBigWig.open(str(files.folder / "cage_peaks.bb"))
    assert b"thickStart" in bed.SQL()
    assert bed.chroms() == {name: len(text) for name, text in files.genome.items()}
    seen: Counter[str] = Counter()
    places = set()
    for chrom, size in bed.chroms().items():
        for start, end, rest in bed.entries(chrom, 0, size) or []:
            name, score, strand, thick, after, _ = rest.split("\t")
            assert start <= int(thick) < int(after) == int(thick) + 1 <= end
            assert 0 < int(score) <= 1000
            if re.fullmatch(r"p@chr\w+:\d+\.\.\d+,[+-]", name):
                seen["nameless"] += 1
                continue
            seen["several"] += "," in name
            ranks = re.findall(r"p(\d+)@[^,]+", name)
            seen["lesser"] += any(rank != "1" for rank in ranks)
            if "1" in ranks:
                places.add((chrom, int(thick), strand))
    bed.close()
    assert min(seen[kind] for kind in ("nameless", "several", "lesser")) >= 10
    with_peak = files.truth[files.truth["tss_source"] == "cage"]
    assert set(with_peak[["chrom", "tss", "strand"]].itertuples(index=False, name=None)) <= places
    assert 0.85 < len(with_peak) / len(files.truth) < 0.97
    moved = (files.truth["tss"] - files.truth["annotated_tss"]).abs()
    assert moved.max() <= 300
    assert moved.median() > 5
    assert (moved[files.truth["tss_source"] == "annotation"] == 0).all()


def test_matrix_has_roadmap_s_quirks_and_the_medians_of_the_truth(files: Files) -> None:
    with gzip.open(files.folder / "expression.tsv.gz", "rt") as handle:
        header, *lines = handle.read().split("\n")[:-1]
    assert header == "gene_id\tE000\tE001\tE002\tE003\tE004\tE005\tE006\tE007"
    assert all(line.endswith("\t") and line.count("\t") == 9 for line in lines)
    assert all(re.fullmatch(r"\d+\.\d{3}", value) for line in lines for value in line.split("\t")[1:9])
    rows = {line.split("\t")[0]: [float(value) for value in line.split("\t")[1:9]] for line in lines}
    truth = files.truth.set_index("gene_id")
    assert len(set(rows) - set(truth.index)) == 12
    assert set(truth.index) - set(rows) == set(truth.index[truth["dropped"] == "no expression value"])
    for gene_id in set(rows) & set(truth.index):
        label = math.log10(sorted(rows[gene_id][1:])[3] + 0.1)
        assert label == pytest.approx(truth.loc[gene_id, "log10_median"], abs=1e-12)
    reference = np.log10(np.array([rows[gene][0] + 0.1 for gene in files.kept["gene_id"]]))
    assert np.mean(reference - files.kept["log10_median"]) > 0.3, "a median with E000 would differ"


def test_scores_follow_from_the_dna_and_the_features(files: Files) -> None:
    kept, model = files.kept, files.model
    motif_score = np.zeros(len(kept))
    sense = {"R": "[AG]", "Y": "[CT]", "S": "[CG]", "W": "[AT]"}
    sites = []
    for number, row in enumerate(kept.itertuples()):
        text = files.genome[row.chrom][row.tss - 501 : row.tss + 501]
        core = text[1:-1] if row.strand == "+" else text[2:][::-1].translate(COMPLEMENT)
        assert row.cpg_per_base == core.count("CG") / 1000
        for motif in model["motifs"]:
            other = motif["consensus"][::-1].translate(str.maketrans("ACGTRYSW", "TGCAYRSW"))
            for strand, letters in (("+", motif["consensus"]), ("-", other))[: 1 + motif["both_strands"]]:
                pattern = "".join(sense.get(letter, letter) for letter in letters)
                for hit in re.finditer(f"(?={pattern})", core):
                    if motif["span"][0] <= hit.start() - 500 < motif["span"][1]:
                        sites.append((row.gene_id, motif["name"], hit.start() - 500, strand))
                        motif_score[number] += motif["log10_rpkm_per_site"] * (not motif["cell_type"])
    listed = pd.read_csv(files.folder / "truth" / "motif_sites.tsv", sep="\t")
    listed = listed[listed["gene_id"].isin(kept["gene_id"])]
    assert sorted(sites) == sorted(listed.itertuples(index=False, name=None))
    assert kept["motif_score"].to_numpy() == pytest.approx(motif_score - motif_score.mean(), abs=1e-9)
    cpg = model["cpg"]
    by_cpg = cpg["log10_rpkm_per_cpg_per_base"] * (kept["cpg_per_base"] - cpg["mean"])
    assert kept["cpg_score"].to_numpy() == pytest.approx(by_cpg.to_numpy(), abs=1e-9)
    assert kept["promoter_score"].to_numpy() == pytest.approx(
        (kept["cpg_score"] + kept["motif_score"]).to_numpy()
    )
    values = kept[FEATURES].copy()
    values[FEATURES[:4]] = np.log10(values[FEATURES[:4]] + 0.1)
    z = ((values - values.mean()) / values.std(ddof=0)).fillna(0)
    raw = sum(model["halflife_weights"][name] * z[name] for name in FEATURES)
    assert kept["halflife_score"].to_numpy() == pytest.approx((raw - raw.mean()).to_numpy(), abs=1e-9)


def test_regression_finds_the_signs_of_the_paper(files: Files) -> None:
    active = files.kept[files.kept["silent"] == 0]
    values = active[FEATURES].copy()
    values[FEATURES[:4]] = np.log10(values[FEATURES[:4]] + 0.1)
    z = ((values - values.mean()) / values.std()).fillna(0)
    design = np.column_stack([z, active["cpg_score"], active["motif_score"], np.ones(len(z))])
    weights = dict(zip(FEATURES, np.linalg.lstsq(design, active["log10_median"])[0], strict=False))
    assert min(weights[name] for name in ("orf_exon_density", "utr5_gc")) > 0.15
    assert min(weights[name] for name in ("utr5_len", "cds_len")) > 0.02
    assert weights["intron_len"] < -0.15
    assert weights["utr3_len"] < -0.02
    assert max(abs(weights[name]) for name in ("cds_gc", "utr3_gc")) < 0.06


def test_explainable_share_is_what_the_truth_says(files: Files) -> None:
    kept, shares = files.kept, files.model["variance_shares"]
    r2 = np.corrcoef(kept["expected_log10_median"], kept["log10_median"])[0, 1] ** 2
    assert shares["explainable"] == pytest.approx(r2, abs=1e-9)
    assert 0.72 < shares["explainable"] < 0.78
    assert 0.10 < shares["halflife_added"] < 0.20
    assert shares["cpg_linear"] < shares["explainable"] - 0.2, "CpG is not the only thing"
    assert shares["promoter_only"] + shares["halflife_added"] + shares["noise"] == pytest.approx(1)
    # the realised share is the one that the model has by construction: the variance of the expectation given
    # the inputs, against that and the mean variance around it
    rng = np.random.default_rng(0)
    active = files.model["base_level"] + kept["promoter_score"] + kept["halflife_score"]
    levels = active.to_numpy()[:, None] + files.model["noise_sd"] * rng.normal(size=(len(kept), 2000))
    silent = rng.random(levels.shape) < kept["silent_probability"].to_numpy()[:, None]
    labels = np.where(silent, files.model["silent_level"], np.log10(10**levels + 0.1))
    assert kept["expected_log10_median"].to_numpy() == pytest.approx(labels.mean(axis=1), abs=0.15)
    between = kept["expected_log10_median"].var()
    by_draws = between / (between + labels.var(axis=1).mean())
    assert shares["by_design"] == pytest.approx(by_draws, abs=0.005)
    assert shares["explainable"] == pytest.approx(by_draws, abs=0.02)
    assert 0.15 < kept["silent"].mean() < 0.21


def test_a_plain_regression_comes_close_to_the_explainable_share(files: Files) -> None:
    kept = files.kept
    values = kept[FEATURES].copy()
    values[FEATURES[:4]] = np.log10(values[FEATURES[:4]] + 0.1)
    sites = kept[[name for name in kept if name.startswith("sites_")]]
    inputs = pd.concat([values, sites, kept["cpg_per_base"]], axis=1)
    z = ((inputs - inputs.mean()) / inputs.std()).fillna(0).to_numpy()
    label, predicted = kept["log10_median"].to_numpy(), np.empty(len(kept))
    for fold in np.array_split(np.random.default_rng(0).permutation(len(kept)), 10):
        train = np.setdiff1d(np.arange(len(kept)), fold)
        design = np.column_stack([z[train], np.ones(len(train))])
        gram = design.T @ design + 5 * np.diag([1] * z.shape[1] + [0])
        weights = np.linalg.solve(gram, design.T @ label[train])
        predicted[fold] = np.column_stack([z[fold], np.ones(len(fold))]) @ weights
    assert np.corrcoef(predicted, label)[0, 1] ** 2 > files.model["variance_shares"]["explainable"] - 0.10


def test_the_factor_of_one_cell_type_shows_there_alone(files: Files) -> None:
    matrix = pd.read_csv(files.folder / "expression.tsv.gz", sep="\t", index_col=False).set_index("gene_id")
    active = files.kept[files.kept["silent"] == 0].set_index("gene_id")
    logs = np.log10(matrix.loc[active.index].iloc[:, 1:] + 0.1)
    has = (active["sites_GATA-like"] > 0).to_numpy()
    rise = (logs[has].mean() - logs[~has].mean()) - (
        logs[has].median(axis=1).mean() - logs[~has].median(axis=1).mean()
    )
    assert rise["E003"] > 0.6
    assert rise.drop("E003").abs().max() < 0.1


def test_settings_defaults_are_within_their_bounds() -> None:
    assert SimulationSettings().genes == 700
