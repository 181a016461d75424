"""The simulated regulation: what is planted shows in the files, read back plainly, and controls do not."""

from __future__ import annotations

import gzip
import json
import re
from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from xpresso_core.randomness import generator
from xpresso_core.simulate import SimulationSettings, draw_species, simulate_species
from xpresso_core.simulate_regulation import (
    MOST_IN_RUN,
    draw_distal,
    draw_families,
    draw_targets,
    least_correlated,
    without,
)
from xpresso_core.simulate_regulation_files import OTHER_STATES, draw_domains, unambiguous_names

ENHANCER, SILENCED, CONTROL = {"D10", "D11", "D12", "D13"}, {"D7", "D8", "D9", "D23"}, {"D15"}
CWCS = "Cumulative weighted context++ score"
HEADER = [
    *("Transcript ID", "Gene Symbol", "miRNA family", "Species ID"),
    *("Total num conserved sites", "Number of conserved 8mer sites"),
    *("Number of conserved 7mer-m8 sites", "Number of conserved 7mer-1a sites"),
    *("Total num nonconserved sites", "Number of nonconserved 8mer sites"),
    *("Number of nonconserved 7mer-m8 sites", "Number of nonconserved 7mer-1a sites"),
    *("Number of 6mer sites", "Representative miRNA", "Total context++ score", CWCS, "Aggregate PCT"),
    *(f"Predicted occupancy - {kind} miRNA" for kind in ("low", "high", "transfected")),
]


@dataclass
class Made:
    """A folder, its truth, and residuals of a stand-in for a model."""

    folder: Path
    truth: pd.DataFrame
    kept: pd.DataFrame
    model: dict
    residual: np.ndarray

    def table(self, name: str) -> pd.DataFrame:
        return pd.read_csv(self.folder / name, sep="\t", na_values=["NULL"])

    def symbols(self, name: str) -> list[str]:
        lines = (self.folder / f"{name}_genes.txt").read_text().splitlines()
        assert lines[0].startswith("# SIMULATED")
        return [line for line in lines if not line.startswith("#")]

    def other_names(self) -> dict[str, set[str]]:
        found = defaultdict(set)
        for row in self.table("gene_names_1.tsv").fillna("").to_numpy():
            found[row[2]].add(row[0])
        for row in self.table("gene_names_2.tsv").fillna("").itertuples():
            for name in f"{row.alias_symbol}|{row.prev_symbol}".split("|"):
                found[name].add(row.ensembl_gene_id)
        return found

    def listed(self, name: str) -> np.ndarray:
        by_name = self.truth.set_index("gene_name")["gene_id"].to_dict()
        others = self.other_names()
        genes, unknown = set(), []
        for symbol in self.symbols(name):
            meant = {by_name[symbol]} if symbol in by_name else others.get(symbol, set())
            assert len(meant) <= 1, f"{symbol} must not be ambiguous"
            genes |= meant
            unknown += [symbol] if not meant else []
        assert sorted(unknown) == ["SIMGONE", "SIMNONE0001"]
        return self.kept["gene_id"].isin(genes).to_numpy()


def read(folder: Path) -> Made:
    truth = pd.read_csv(folder / "truth" / "genes.tsv", sep="\t").fillna({"dropped": "", "distal": ""})
    kept = truth[truth["dropped"] == ""].reset_index(drop=True)
    # as a network that has learnt little of the motifs: docs/demo_species.md
    unlearnt = 0.85 * kept["motif_score"] * (1 - kept["silent_probability"])
    noise = np.random.default_rng(0).normal(0, 0.3, len(kept))
    predicted = kept["expected_log10_median"] - unlearnt + noise
    slope, intercept = np.polyfit(predicted, kept["log10_median"], 1)
    residual = (kept["log10_median"] - intercept - slope * predicted).to_numpy()
    model = json.loads((folder / "truth" / "model.json").read_text())
    return Made(folder, truth, kept, model, residual)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    folder = tmp_path_factory.mktemp("regulation")
    simulate_species(folder, seed=1)
    return read(folder)


def bodies(folder: Path) -> pd.DataFrame:
    rows = []
    with gzip.open(folder / "sure.genes.gtf.gz", "rt") as handle:
        for line in handle:
            fields = line.rstrip("\n").split("\t")
            if fields[0].startswith("#") or fields[2] not in ("gene", "transcript"):
                continue
            tags = dict(re.findall(r'(\w+) "([^"]*)";', fields[8]))
            name = tags.get("transcript_id", tags["gene_id"])
            rows.append((name, tags["gene_id"], fields[0], int(fields[3]) - 1, int(fields[4])))
    return pd.DataFrame(rows, columns=["name", "gene_id", "chrom", "start", "end"]).set_index("name")


def touched(folder: Path, body: pd.Series, states: set[str], domains: pd.DataFrame) -> bool:
    here = domains[(domains["chrom"] == body["chrom"]) & domains["state"].isin(states)]
    return bool(((here["start"] < body["end"]) & (here["end"] > body["start"])).any())


def read_domains(folder: Path) -> pd.DataFrame:
    domains = pd.read_csv(folder / "domains.bed", sep="\t", header=None)
    assert domains.shape[1] == 9
    return domains[[0, 1, 2, 3]].set_axis(["chrom", "start", "end", "state"], axis=1)


def chain_sizes(folder: Path) -> dict[str, int]:
    with gzip.open(folder / "sure.chain.gz", "rt") as handle:
        heads = [line.split() for line in handle if line.startswith("chain")]
    return {head[7]: int(head[8]) for head in heads}


def test_domains_tile_the_older_assembly_with_all_states(made: Made) -> None:
    domains = read_domains(made.folder)
    assert set(domains["state"]) == {f"D{number}" for number in range(1, 31)}
    ends = {}
    for chrom, rows in domains.groupby("chrom", sort=False):
        assert rows["start"].iloc[0] == 0
        assert (rows["start"].iloc[1:].to_numpy() == rows["end"].iloc[:-1].to_numpy()).all()
        assert (rows["start"] < rows["end"]).all()
        ends[chrom] = int(rows["end"].iloc[-1])
    assert ends == chain_sizes(made.folder)


@pytest.mark.parametrize("seed", [1, 2])
def test_domains_touch_the_genes_of_their_kind_and_no_others(seed: int, tmp_path: Path) -> None:
    simulate_species(tmp_path, seed=seed, genes=150, chromosomes=4)
    here, domains, placed = read(tmp_path), read_domains(tmp_path), bodies(tmp_path)
    there = here.truth[here.truth["gene_id"].isin(placed["gene_id"])]
    assert len(there) > 150
    for states, kinds in ((ENHANCER, {"enhancer", "both"}), (SILENCED, {"silenced", "both"}),
                          (CONTROL, {"control"})):  # fmt: skip
        within = there["distal"].isin(kinds)
        by_gene = [touched(tmp_path, placed.loc[gene], states, domains) for gene in there["gene_id"]]
        assert by_gene == within.tolist()
        by_rna = [touched(tmp_path, placed.loc[rna], states, domains) for rna in there["transcript_id"]]
        assert by_rna == within.tolist(), "the representative transcript tells the same"
    assert (there["distal"] == "both").sum() >= 1


def test_neighbours_of_a_run_share_a_domain(made: Made) -> None:
    placed, domains = bodies(made.folder), read_domains(made.folder)
    silenced = made.truth[(made.truth["distal"] == "silenced") & made.truth["gene_id"].isin(placed.index)]
    segments = int(domains["state"].isin(SILENCED).sum()) - 7  # those of genes of both kinds
    assert segments < 0.75 * len(silenced)


def test_runs_are_of_one_to_four_kept_neighbours_on_a_chromosome() -> None:
    chroms = ["chr1"] * 150 + ["chr2"] * 150
    kept = np.arange(300) % 7 != 0
    distal, run = draw_distal(generator(1, "test"), chroms, kept)
    assert {kind: int((distal == kind).sum()) for kind in ("enhancer", "silenced", "both", "control")} == {
        "enhancer": round(0.07 * 257),
        "silenced": round(0.09 * 257),
        "both": 3,
        "control": round(0.08 * 257),
    }
    assert not (distal[~kept] != "").any()
    sizes = []
    for number in range(run.max() + 1):
        rows = np.flatnonzero(run == number)
        sizes.append(len(rows))
        assert (np.diff(rows) == 1).all()
        assert len({chroms[row] for row in rows}) == 1
        assert len(set(distal[rows])) == 1
        around = [row for row in (rows[0] - 1, rows[-1] + 1) if 0 <= row < 300]
        assert all(distal[row] != distal[rows[0]] for row in around), (
            "two runs of a kind are not side by side"
        )
    assert set(sizes) == set(range(1, MOST_IN_RUN + 1))
    assert set(distal[run < 0]) == {"", "enhancer", "both"}


def test_regulation_is_a_part_of_the_noise_and_keeps_its_size(made: Made) -> None:
    kept = made.kept
    assert kept["noise"].std(ddof=0) == pytest.approx(made.model["noise_sd"], abs=1e-9)
    for score in ("cpg_score", "motif_score", "halflife_score"):
        assert np.corrcoef(kept[score], kept["noise"])[0, 1] == pytest.approx(0, abs=1e-9)
    effects = kept["distal_effect"] + kept["stability_effect"] + kept["mirna_effect"]
    scores = [kept[f"{name}_score"] for name in ("cpg", "motif", "halflife")]
    known = np.column_stack([np.ones(len(kept)), *scores])
    hidden = effects - known @ np.linalg.lstsq(known, effects)[0]
    own = kept["noise"] - hidden
    for name in ("distal_effect", "stability_effect", "mirna_effect"):
        assert np.corrcoef(own, kept[name])[0, 1] == pytest.approx(0, abs=1e-8)
    variances = made.model["regulation"]["variances"]
    assert hidden.var(ddof=0) == pytest.approx(variances["together"])
    assert own.var(ddof=0) == pytest.approx(variances["other_noise"])
    assert 0.8 < variances["together"] / made.model["noise_sd"] ** 2 < 0.951
    dropped = made.truth[made.truth["dropped"] != ""]
    assert (dropped[["distal_effect", "stability_effect", "mirna_effect"]] == 0).all(axis=None)
    assert (dropped["noise"] != 0).all()


def test_each_kind_of_domain_has_its_effect(made: Made) -> None:
    found = made.truth.groupby("distal")["distal_effect"].agg(["min", "max"])
    planted = made.model["regulation"]["log10_rpkm_of_domains"]
    assert planted["enhancer"] == pytest.approx(0.8, abs=0.02)
    assert planted["silenced"] == pytest.approx(-0.6, abs=0.02)
    for kind, value in ({"": 0, "both": 0, "control": 0} | planted).items():
        assert found.loc[kind].tolist() == pytest.approx([value, value])


def test_effects_grow_with_the_noise() -> None:
    small, large = (
        draw_species(2, SimulationSettings(genes=60, chromosomes=3, noise_sd=sd)).regulation
        for sd in (0.1, 0.4)
    )
    assert (small.distal == large.distal).all()
    assert large.hidden == pytest.approx(4 * small.hidden)
    assert large.strengths == pytest.approx([4 * strength for strength in small.strengths])
    assert large.own_sd == pytest.approx(4 * small.own_sd)


def test_lists_hold_the_genes_of_their_kind(made: Made) -> None:
    kinds = made.kept["distal"].to_numpy()
    listed = {name: made.listed(name) for name in ("enhancer", "super_enhancer", "polycomb", "control")}
    both = listed["super_enhancer"] & listed["polycomb"]
    assert both.sum() == 2
    assert (kinds[both] == "both").all()
    assert ((kinds == "enhancer") == (listed["super_enhancer"] & ~both)).all()
    assert ((kinds == "silenced") == (listed["polycomb"] & ~both)).all()
    assert not np.isin(kinds[listed["control"]], ["enhancer", "silenced", "both"]).any()
    assert listed["control"].sum() == 60
    active = made.kept[(kinds == "enhancer") & (made.kept["silent"] == 0)]
    assert set(made.kept.loc[listed["enhancer"], "gene_id"]) == set(active.nlargest(12, "noise")["gene_id"])
    current = set(made.truth["gene_name"])
    others = [s for s in made.symbols("super_enhancer") + made.symbols("polycomb") if s not in current]
    assert sum(symbol.startswith("SIMSYN") for symbol in others) >= 2
    assert sum(symbol.startswith("SIMOLD") for symbol in others) >= 2


def test_names_that_mislead_are_not_taken() -> None:
    species = draw_species(1, SimulationSettings(genes=60, chromosomes=3))
    names = unambiguous_names(species.coding, species.names.known)
    used = [name for found in names.values() for name in found]
    assert len(used) == len(set(used)) > 20
    for trap in species.names.traps:
        assert (trap.symbol in used) == (trap.kind == "lesser name")


def test_groups_show_in_the_residuals_and_controls_do_not(made: Made) -> None:
    listed = {name: made.listed(name) for name in ("enhancer", "super_enhancer", "polycomb", "control")}
    high, low = (
        listed[one] & ~listed[other]
        for one, other in (("super_enhancer", "polycomb"), ("polycomb", "super_enhancer"))
    )
    rest = ~listed["super_enhancer"] & ~listed["polycomb"]
    residual = made.residual
    assert stats.ks_2samp(residual[high], residual[rest], alternative="less").pvalue < 1e-3
    assert stats.ks_2samp(residual[low], residual[rest], alternative="greater").pvalue < 1e-3
    control = listed["control"]
    assert stats.ks_2samp(residual[control], residual[rest & ~control]).pvalue > 0.05
    domain = (made.kept["distal"] == "control").to_numpy()
    assert stats.ks_2samp(residual[domain], residual[rest & ~domain]).pvalue > 0.05
    assert (residual[listed["enhancer"]] > 0).sum() >= 11
    for values in (made.kept["noise"], made.kept["log10_median"] - made.kept["expected_log10_median"]):
        mine, others = values[control], values[rest & ~control]
        assert mine.mean() == pytest.approx(others.mean(), abs=0.1 * others.std())
        assert mine.std() == pytest.approx(others.std(), rel=0.1)


def test_half_lives_are_those_of_timelapse_seq_and_show_in_the_residuals(made: Made) -> None:
    table, control = made.table("half_lives.tsv"), made.table("control_half_lives.tsv")
    assert list(table) == [
        *("transcript", "theta_n1", "theta_n2", "half_life_rep1", "half_life_rep2", "mean_half_life")
    ]
    text = (made.folder / "half_lives.tsv").read_text().splitlines()[1]
    assert re.fullmatch(r"\w+(\t\d+\.\d{1,4}){5}", text)
    assert table["transcript"].tolist() == control["transcript"].tolist()
    assert table["mean_half_life"].isna().sum() == control["mean_half_life"].isna().sum() == 3
    unknown = table[~table["transcript"].isin(made.truth["gene_name"])]
    assert len(unknown) == 3
    whole = table.dropna()
    assert whole["theta_n1"].to_numpy() == pytest.approx(1 - 2 ** (-1 / whole["half_life_rep1"]), abs=2e-3)
    mean = (whole["half_life_rep1"] + whole["half_life_rep2"]) / 2
    assert whole["mean_half_life"].to_numpy() == pytest.approx(mean.to_numpy(), abs=1e-4)
    genes = made.kept.assign(residual=made.residual).merge(whole, left_on="gene_name", right_on="transcript")
    assert 0.7 < len(genes) / len(made.kept) < 0.8
    assert (genes["silent"] == 0).all()
    score = genes["halflife_score"] / made.kept["halflife_score"].std(ddof=0)
    log2 = np.log2(genes["mean_half_life"])
    known = np.column_stack([np.ones(len(genes)), score, genes["stability"]])
    assert np.linalg.lstsq(known, log2)[0] == pytest.approx([2.2, 0.4, 0.7], abs=0.05)
    found = stats.pearsonr(log2, genes["residual"])
    assert found.statistic > 0.1
    assert found.pvalue < 1e-3
    genes = genes.merge(control.dropna(), on="transcript", suffixes=("", "_control"))
    shuffled = np.log2(genes["mean_half_life_control"])
    assert sorted(control["half_life_rep1"]) == sorted(table["half_life_rep1"])
    for name in ("stability", "halflife_score", "noise"):
        assert abs(np.corrcoef(shuffled, genes[name])[0, 1]) < 0.06
    assert stats.pearsonr(shuffled, genes["residual"]).pvalue > 0.05


def test_families_of_micrornas_have_a_seed_and_names_in_common() -> None:
    families = draw_families(generator(3, "test"))
    assert len({family.seed for family in families}) == len(families) == 60
    names = [name for family in families for name, _ in family.members]
    assert 90 < len(set(names)) == len(names) < 150
    for family in families:
        assert re.fullmatch("[ACGU]{7}", family.seed)
        assert {bases[1:8].replace("T", "U") for _, bases in family.members} == {family.seed}
        assert len({name.rsplit("-", 1)[1] for name, _ in family.members}) == 1, "all are of one arm"
    assert any(re.fullmatch(r"sim-miR-\d+b-[35]p", name) for name in names)
    shares = [family.share for family in families]
    assert sum(shares) == pytest.approx(1)
    assert shares == sorted(shares, reverse=True)
    assert shares[0] == pytest.approx(0.3, abs=0.01)


def test_counts_follow_the_abundances(made: Made) -> None:
    table, truth = made.table("mirna_counts.tsv"), made.table("truth/mirna.tsv")
    assert list(table) == [
        *("miRNA_ID", "First_20_nucleotides_of_miRNA", "miRNA_seed"),
        *("Cells_rep_1,_Counts", "Cells_rep_2,_Counts"),
    ]
    assert (table["First_20_nucleotides_of_miRNA"].str[1:8] == table["miRNA_seed"]).all()
    assert (table["First_20_nucleotides_of_miRNA"].str.len() == 20).all()
    shares = (table.iloc[:, 3:] / table.iloc[:, 3:].sum()).mean(axis=1)
    found = shares.groupby(table["miRNA_seed"].str.replace("T", "U")).sum().sort_values(ascending=False)
    assert found.index[:3].tolist() == truth["seed"][:3].tolist()
    assert found.iloc[:10].sum() > 0.75
    assert found.loc[truth["seed"]].to_numpy() == pytest.approx(truth["share"].to_numpy(), rel=0.2)
    members = {name for names in truth["members"] for name in names.split(",")}
    assert members == set(table["miRNA_ID"])


def test_targets_have_targetscan_s_header_and_the_acting_families_show(made: Made) -> None:
    table, truth = made.table("mirna_targets.tsv"), made.table("truth/mirna.tsv").set_index("seed")
    assert list(table) == HEADER
    assert set(table["Species ID"]) == {99999, 9606}
    own = table[table["Species ID"] == 99999]
    assert table.filter(like="occupancy").isna().all(axis=None)
    for kind in ("conserved", "nonconserved"):
        sites = own.filter(regex=f"Number of {kind} ").sum(axis=1)
        assert (own[f"Total num {kind} sites"] == sites).all()
    assert own[CWCS].isna().sum() == 40
    assert own[CWCS].between(-1, -0.02).sum() == own[CWCS].notna().sum()
    assert (own["Total context++ score"] <= own[CWCS] + 1e-9)[own[CWCS].notna()].all()
    assert not own.duplicated(["Gene Symbol", "miRNA family"]).any()
    scores = own.pivot(index="Gene Symbol", columns="miRNA family", values=CWCS)
    scores = scores.reindex(made.kept["gene_name"]).fillna(0)
    assert scores.shape[1] == 40
    targets = (scores < 0).sum()
    assert (targets == truth["targets"].reindex(targets.index)).all()
    assert (truth["targets"] > 0).sum() == 40
    assert (truth["targets"].iloc[:10] > 0).sum() == 7
    assert (targets < 10).sum() == 1
    assert targets[targets >= 10].between(0.079 * 700, 0.151 * 700).all()
    acting = truth.index[truth["effect"] > 0]
    assert acting.tolist() == truth.index[:3].tolist()
    strengths = truth.loc[acting, "effect"].to_numpy()
    assert strengths / strengths[0] == pytest.approx([1, 0.7, 0.5])
    assert (scores[acting].to_numpy() @ strengths) == pytest.approx(made.kept["mirna_effect"].to_numpy())
    assert scores[acting[0]][scores[acting[0]] < 0].mean() == pytest.approx(-0.45, abs=0.05)
    expressed = (made.kept["log10_median"] > 0).to_numpy()
    rho = {
        seed: stats.spearmanr(scores[seed][expressed], made.residual[expressed]).statistic
        for seed in scores.columns[targets >= 10]
    }
    assert max(rho, key=lambda seed: rho[seed]) == acting[0]
    assert rho[acting[0]] > 0.15
    for seed in set(rho) - set(acting):
        inert = stats.spearmanr(scores[seed][expressed], made.kept["noise"][expressed]).statistic
        assert abs(inert) < 0.06
    transcripts = made.kept.set_index("gene_name")["transcript_id"] + ".1"
    assert (own["Transcript ID"].to_numpy() == transcripts.loc[own["Gene Symbol"]].to_numpy()).all()


def test_targets_are_drawn_among_the_genes_kept() -> None:
    kept = np.arange(200) % 4 != 0
    scores = draw_targets(generator(1, "test"), kept, 0.1, 5)
    assert scores.shape == (5, 200)
    assert ((scores < 0).sum(axis=1) == 15).all()
    assert not scores[:, ~kept].any()
    assert len({tuple(row) for row in scores}) == 5


def test_the_least_correlated_candidate_is_chosen() -> None:
    line = np.arange(6.0)
    candidates = np.array([line, -line, [1.0, -1, 0, 0, -1, 1], np.full(6, 2.0) + line**2])
    assert least_correlated(candidates, np.array([line, np.full(6, 3.0)])) == 2


def test_what_is_linear_is_taken_out() -> None:
    rng, kept = generator(1, "test"), np.arange(50) < 40
    part = rng.normal(size=50)
    bend = without(part**2, [part], kept)
    rest = without(3 + 2 * part + bend, [part], kept)
    assert rest[kept] == pytest.approx(bend[kept])
    assert not rest[~kept].any()
    assert rest[kept].mean() == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("relative", [False, True])
@pytest.mark.parametrize(
    "settings", [{"genes": 20}, {"genes": 30, "peak_share": 0}, {"genes": 90, "noise_sd": 0.01}]
)
def test_small_species_have_a_gene_of_each_kind(tmp_path: Path, settings: dict, relative: bool) -> None:
    simulate_species(tmp_path, seed=4, chromosomes=2, edge_genes=2, relative=relative, **settings)
    here = read(tmp_path)
    assert set(here.kept["distal"]) == {"", "enhancer", "silenced", "both", "control"}
    noise_sd = settings.get("noise_sd", 0.4)
    assert here.kept["noise"].std(ddof=0) == pytest.approx(noise_sd, abs=1e-9)
    for name in ("enhancer", "super_enhancer", "polycomb", "control"):
        here.listed(name)
    ends = read_domains(tmp_path).groupby("chrom")["end"].max().to_dict()
    assert ends == chain_sizes(tmp_path)


def test_the_sister_species_shares_what_acts(tmp_path: Path) -> None:
    for name in ("own", "sister"):
        simulate_species(tmp_path / name, seed=1, genes=200, chromosomes=4, relative=name == "sister")
    made, sister = read(tmp_path / "own"), read(tmp_path / "sister")
    columns = ["gene_name", "distal", "distal_effect", "stability", "stability_effect", "mirna_effect"]
    pd.testing.assert_frame_equal(sister.truth[columns], made.truth[columns])
    tables = [one.table("mirna_targets.tsv") for one in (made, sister)]
    assert tables[0]["Transcript ID"].str.startswith("SIMT").all()
    assert tables[1]["Transcript ID"].str.startswith("SIMRT").all()
    for name in ("super_enhancer", "polycomb"):
        assert (sister.listed(name) == made.listed(name)).all()
        lists = [(tmp_path / one / f"{name}_genes.txt").read_text() for one in ("own", "sister")]
        assert lists[0] == lists[1]
    unexplained = sister.kept[["noise", "species_drift", "species_shift"]].sum(axis=1)
    best = sister.kept.assign(unexplained=unexplained)
    best = best[(best["distal"] == "enhancer") & (best["silent"] == 0)].nlargest(12, "unexplained")
    assert set(sister.kept.loc[sister.listed("enhancer"), "gene_id"]) == set(best["gene_id"])


def test_domains_of_unmarked_genes_are_of_no_acting_state() -> None:
    species = draw_species(3, SimulationSettings(genes=40, chromosomes=2, edge_genes=2))
    rows = list(draw_domains(generator(1, "test"), species.reporter.loci[:5], {}, 500_000))
    assert {state for *_, state in rows} <= set(OTHER_STATES)
    assert not set(OTHER_STATES) & (ENHANCER | SILENCED | CONTROL)
    assert all(one[2] != two[2] for one, two in pairwise(rows))
    assert "D1" in OTHER_STATES
