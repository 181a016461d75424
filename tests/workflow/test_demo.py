"""The demo species from end to end: what was planted is found again, and the report shows it."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyBigWig
import pytest
import yaml
from chromium import chromium
from project import ROOT, Project

from xpresso_core.attribution import METHODS
from xpresso_core.attribution_scores import write_scores
from xpresso_core.configuration import expanded, experiment_plan
from xpresso_core.dataset import Dataset
from xpresso_core.enriched_kmers import write_kmers
from xpresso_core.evaluation import write_evaluation
from xpresso_core.expression import read_matrix
from xpresso_core.files import read_json, read_table
from xpresso_core.halflife import HALFLIFE_FEATURES
from xpresso_core.interpreted_genes import write_genes_of
from xpresso_core.training import train_experiment_fold

# The whole demo runs before the first test; a slow machine may take its time.
pytestmark = pytest.mark.timeout(2400)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory, bare_python: Path) -> Project:
    """Return a finished run of the demo."""
    project = Project(tmp_path_factory.mktemp("demo"), bare_python)
    config = yaml.safe_load((ROOT / "config" / "demo.yaml").read_text())
    project.configure(config)
    project.run()
    return project


def tables(demo: Project) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the true genes and the genes that the workflow made, both by gene_id."""
    text = {"gene_id": str, "transcript_id": str}
    truth = pd.read_csv(demo.run_folder / "resources/demo/truth/genes.tsv", sep="\t", dtype=text)
    made = pd.read_csv(demo.run_folder / "results/demo/genes.tsv", sep="\t", dtype=text)
    return truth.set_index("gene_id"), made.set_index("gene_id")


def test_sites_transcripts_and_features_come_back_exactly(demo: Project) -> None:
    truth, made = tables(demo)
    assert len(made) >= 700
    expected = truth.loc[made.index]
    for column in ("gene_name", "strand", "tss", "tss_source", "transcript_id"):
        assert (made[column] == expected[column]).all(), column
    assert (made["tss_annotated"] == expected["annotated_tss"]).all()
    for feature in HALFLIFE_FEATURES:
        np.testing.assert_allclose(made[feature], expected[feature], atol=1e-6, err_msg=feature)
    assert (made["tss"] != made["tss_annotated"]).mean() > 0.5


def test_exactly_the_genes_that_must_go_are_dropped(demo: Project) -> None:
    truth, made = tables(demo)
    dropped = pd.read_csv(demo.run_folder / "results/demo/dropped.tsv", sep="\t").set_index("gene_id")
    dropped = dropped[dropped["dataset"].isna() | (dropped["dataset"] == "demo_median")]
    must_go = truth.loc[truth["dropped"].notna(), "dropped"]
    assert set(must_go.index) == set(dropped.index)
    assert set(must_go[must_go != "no expression value"].index).isdisjoint(made.index)
    pairs = {(planned, dropped.loc[gene, "reason"]) for gene, planned in must_go.items()}
    assert pairs == {
        ("histone gene", "gene name left out"),
        ("window beyond the chromosome end", "window leaves the chromosome"),
        ("on chrY", "chromosome left out"),
        ("on chrM", "chromosome left out"),
        ("no expression value", "no expression value"),
    }


def test_labels_are_the_true_medians(demo: Project) -> None:
    truth, _ = tables(demo)
    path = demo.run_folder / "results/demo/expression/demo_median.tsv"
    labels = pd.read_csv(path, sep="\t").set_index("gene_id")["log10"]
    measured = truth.index[truth["dropped"].isna()]
    np.testing.assert_allclose(labels.loc[measured], truth.loc[measured, "log10_median"], atol=2e-3)


def read(demo: Project, path: str) -> pd.DataFrame:
    return pd.read_csv(demo.run_folder / path, sep="\t", dtype={"gene_id": str})


def test_names_lead_to_peaks_and_traps_to_none(demo: Project) -> None:
    truth = json.loads((demo.run_folder / "resources/demo/truth/model.json").read_text())["names"]
    cases = read(demo, "results/demo/tss_cases.tsv")
    totals = cases.groupby("unit")["count"].sum()
    assert (
        totals["genes"] == len(read(demo, "results/demo/genes.tsv")) + 6
    )  # whose windows leave the chromosome
    counts = cases.set_index("case")["count"]
    for way in ("gene name", "official name", "previous name", "synonym"):
        assert counts[f"re-centred by {way}"] > 0, way
    kinds = [trap["kind"].split()[0] for trap in truth["traps"]]
    assert counts["ambiguous: a previous name or synonym of several genes"] == kinds.count("shared")
    assert counts["belongs by current name to another gene"] == kinds.count("taken")


def test_encode_files_and_entrez_ids_give_the_same_genes_expression(demo: Project) -> None:
    median, encode, entrez = (
        read(demo, f"results/demo/expression/{name}.tsv").set_index("gene_id")["log10"]
        for name in ("demo_median", "demo_encode", "demo_E003")
    )
    shared = encode.index.intersection(median.index)
    assert len(shared) > 0.95 * len(median)
    assert np.corrcoef(median.loc[shared], encode.loc[shared])[0, 1] > 0.97
    matrix = read_matrix(demo.run_folder / "resources/demo/expression.tsv.gz")
    of_type = np.log10(matrix.loc[entrez.index, "E003"] + 0.1)
    np.testing.assert_allclose(entrez, of_type, atol=1e-9)
    truth = json.loads((demo.run_folder / "resources/demo/truth/model.json").read_text())["names"]
    unclear = [gene for genes in truth["entrez_id_of_two_genes"].values() for gene in genes]
    assert not set(unclear) & set(entrez.index)
    assert not set(truth["gene_of_two_entrez_ids"]) & set(entrez.index)
    files = read(demo, "results/demo/expression/encode.files.cases.tsv").set_index("case")["count"]
    assert files["files kept"] == 7
    assert len(list((demo.run_folder / "resources/demo/encode.files").glob("SIMFF*.tsv"))) == 7
    assert (files.drop(["files kept", "not released"]) > 0).all()


def test_genes_that_the_sister_species_expresses_differently_are_found(demo: Project) -> None:
    truth = read(demo, "resources/sister/truth/genes.tsv").set_index("gene_id")
    table = read(demo, "results/demo/comparisons/demo_sister.tsv")
    shifted = table["ortholog_id"].map(truth["species_shift"] != 0)
    assert shifted.sum() > 10
    assert (table["call"].notna() == shifted).all()
    higher = table.loc[shifted, "ortholog_id"].map(truth["species_shift"] > 0)
    assert (higher == (table.loc[shifted, "call"] == "second")).all()


def test_the_planted_promoter_activity_is_found_again(demo: Project) -> None:
    folder = "results/demo_median/reporters/demo_sure"
    truth = read(demo, "resources/demo/truth/reporter.tsv").set_index("gene_id")
    found = read(demo, f"{folder}/activity.tsv").set_index("gene_id")
    np.testing.assert_allclose(found["reporter"], truth.loc[found.index, "log10_activity"], atol=1e-6)
    model = json.loads((demo.run_folder / "resources/demo/truth/model.json").read_text())["reporter"]
    metrics = json.loads((demo.run_folder / folder / "metrics.json").read_text())
    joint = metrics["joint"]
    assert joint["r2_reporter"] == pytest.approx(model["r2_label"], abs=0.01)
    assert joint["r2_joint"] > max(joint["r2_reporter"], joint["r2_predictions"]) + 0.02
    assert metrics["warnings"] == []
    assert metrics["origins"]["lifted"] > 600
    assert metrics["origins"]["annotation"] > 0
    assert "#Split in new\n" in (demo.run_folder / folder / "unmapped.bed").read_text()


FULL_SHARE, PROMOTER_SHARE = 0.62, 0.7  # of what is explainable; 0.66 and 0.78 were reached


def r2(demo: Project, experiment: str) -> float:
    path = demo.run_folder / "results/demo_median" / experiment / "metrics.json"
    return float(json.loads(path.read_text())["pooled"]["r2"])


def test_the_models_approach_the_explainable_share(demo: Project) -> None:
    model = json.loads((demo.run_folder / "resources/demo/truth/model.json").read_text())
    shares = model["variance_shares"]
    full, promoter = r2(demo, "demo_full"), r2(demo, "demo_promoter")
    assert FULL_SHARE * shares["explainable"] < full < shares["explainable"] + 0.05
    assert PROMOTER_SHARE * shares["promoter_only"] < promoter < shares["promoter_only"] + 0.05
    assert promoter < full


def test_parts_and_controls_explain_what_was_planted_in_them(demo: Project) -> None:
    """Half-life features alone are one planted part; of shuffled promoters nothing is left but their CpG content."""
    truth = json.loads((demo.run_folder / "resources/demo/truth/model.json").read_text())
    shares = truth["variance_shares"]
    assert r2(demo, "demo_halflife") == pytest.approx(shares["halflife_linear"], abs=0.06)
    assert r2(demo, "demo_shuffled") < shares["cpg_linear"] + 0.03
    assert r2(demo, "demo_shuffled") < r2(demo, "demo_promoter") - 0.05


def test_intervals_hold_what_they_promise_and_trials_are_averaged_where_there_are_several(
    demo: Project,
) -> None:
    table = read(demo, "results/demo/ensembles.tsv").set_index("experiment")
    assert (table["coverage_ci_high"] > 0.85).all()
    several = table[table["r2_ensemble"].notna()]
    assert {"demo_full", "demo_chromosomes"} <= set(several.index) <= {
        "demo_full", "demo_chromosomes", "demo_searched",
    }  # fmt: skip
    assert "demo_sizes-training_100-draw_1" in table.index


def test_the_search_is_complete_and_its_network_is_trained(demo: Project) -> None:
    folder = demo.run_folder / "results/demo/searches/demo_search"
    trials = [json.loads(line) for line in (folder / "trials.jsonl").read_text().splitlines()]
    assert [trial["trial"] for trial in trials] == [0, 1, 2, 3, 4]
    best = json.loads((folder / "best.json").read_text())
    assert best["loss"] == min(trial["loss"] for trial in trials if trial["status"] == "ok")
    bundle = demo.run_folder / "results/demo_median/demo_searched/models/fold_1/bundle.json"
    assert json.loads(bundle.read_text())["metadata"]["architecture"] == best["architecture"]
    assert r2(demo, "demo_searched") > 0.2


def test_orthologs_are_split_alike_and_predicted_across_species(demo: Project) -> None:
    pairs = read(demo, "results/demo/comparisons/demo_sister.tsv").set_index("gene_id")["ortholog_id"]
    own = read(demo, "results/demo_median/demo_orthologs/split.tsv")
    sister = read(demo, "results/sister_median/sister_orthologs/split.tsv")
    assert own["gene_id"].map(pairs).tolist() == sister["gene_id"].tolist()
    assert own["part"].tolist() == sister["part"].tolist()
    tested = read(demo, "results/demo/tested_on.tsv").set_index(["experiment", "tested_on"])["r2"]
    assert len(tested) == 6
    assert (tested > 0.3).all()
    classifier = json.loads(
        (demo.run_folder / "results/demo/comparisons/demo_sister.classifier.json").read_text()
    )
    assert classifier["n_first"] + classifier["n_second"] + classifier["unpredicted"] > 10


def test_a_cell_types_own_models_stand_beside_those_of_the_median(demo: Project) -> None:
    tested = read(demo, "results/demo/tested_on.tsv").set_index(["experiment", "tested_on"])
    own, median = tested.loc["demo_E003_own", "demo_E003"], tested.loc["demo_promoter", "demo_E003"]
    assert median["own_gain"] == pytest.approx(own["r2"] - median["r2"], abs=1e-6)
    assert median["own_gain_ci_low"] < median["own_gain"] < median["own_gain_ci_high"]
    assert median["own_gain_n"] == own["n"] > 600


RESIDUALS = "results/demo_median/residuals/demo_unexplained"


def test_residuals_show_what_was_planted_and_no_control(demo: Project) -> None:
    tests = read(demo, f"{RESIDUALS}/tests.tsv")
    corrected = tests.set_index(["set", "name", "test"])["p_adjusted"]
    for planted in (
        ("domains", "stretch enhancers", "K-S, higher"),
        ("domains", "H3K27me3 domains", "K-S, lower"),
        ("lists", "super-enhancers", "K-S, higher"),
        ("lists", "Polycomb targets", "K-S, lower"),
        ("measured", "measured", "Pearson"),
        ("measured", "measured", "Spearman"),
    ):
        assert corrected[planted] < 0.01, planted
    for control in (
        ("domains", "control domains", "K-S, higher"),
        ("lists", "control genes", "K-S, higher"),
        ("shuffled", "shuffled", "Pearson"),
        ("shuffled", "shuffled", "Spearman"),
    ):
        assert corrected[control] > 0.05, control
    assert (tests["p_adjusted"] >= tests["p"]).all()


def test_domains_on_another_assembly_hold_the_planted_genes(demo: Project) -> None:
    truth, _ = tables(demo)
    found = read(demo, f"{RESIDUALS}/groups/domains.genes.tsv").set_index("gene_id")["group"]
    kinds = truth["distal"].fillna("")[found.index]
    names = {"stretch enhancers": "enhancer", "H3K27me3 domains": "silenced", "control domains": "control"}
    for group, kind in names.items():
        assert set(found.index[found == group]) == set(kinds.index[kinds == kind]), group
    assert set(found.index[found == "several groups"]) == set(kinds.index[kinds == "both"])


def test_the_targets_of_the_most_abundant_microrna_have_the_lowest_residuals(demo: Project) -> None:
    families = read(demo, f"{RESIDUALS}/mirnas/families.tsv")
    truth = read(demo, "resources/demo/truth/mirna.tsv")
    assert families["seed"].iloc[0] == truth["seed"].iloc[0]
    assert families["p_adjusted"].iloc[0] < 0.05
    rest = families[~families["seed"].isin(truth["seed"][:3])]
    assert (rest["p_adjusted"].dropna() > 0.05).all()
    untested = families[families["targets"] <= 10]
    assert len(untested) > 0
    assert untested["p"].isna().all()


def test_genes_that_fit_worst_are_named(demo: Project) -> None:
    extremes = read(demo, f"{RESIDUALS}/extremes.tsv")
    residuals = read(demo, f"{RESIDUALS}/residuals.tsv").set_index("gene_id")
    assert abs(residuals["residual"].mean()) < 1e-9
    assert extremes["residual"].iloc[0] == residuals["residual"].max()
    assert extremes["direction"].value_counts().tolist() == [50, 50]


def test_more_genes_teach_more(demo: Project) -> None:
    table = read(demo, "results/demo/families/demo_sizes.tsv")
    means = table.groupby("training")["r2"].mean()
    assert means.index.tolist() == [100, 400]
    assert means[400] > means[100]


def test_planted_motifs_are_significant_and_decoys_are_not(demo: Project) -> None:
    truth = json.loads((demo.run_folder / "resources/demo/truth/model.json").read_text())
    motifs = read(demo, "results/demo_median/baselines/demo_baselines/motifs.tsv").set_index("motif_name")
    for planted in truth["motifs"]:
        row, effect = motifs.loc[planted["name"]], planted["log10_rpkm_per_site"]
        if planted["cell_type"]:  # acts in one cell type, and so not in the median
            assert row["joint_q"] > 0.05
        else:
            assert row["joint_q"] < 0.05, planted["name"]
            assert np.sign(row["joint"]) == np.sign(effect), planted["name"]
    assert (motifs.loc[motifs["motif_id"].str.startswith("DECOY"), "joint_q"] > 0.05).all()


def test_half_life_coefficients_have_the_planted_signs(demo: Project) -> None:
    truth = json.loads((demo.run_folder / "resources/demo/truth/model.json").read_text())
    folder = "results/demo_median/baselines/demo_baselines"
    found = read(demo, f"{folder}/coefficients.tsv").set_index("name")
    for name, weight in truth["halflife_weights"].items():
        if weight:
            assert np.sign(found.loc[name, "coefficient"]) == np.sign(weight), name
            assert found.loc[name, "p"] < 0.05 or abs(weight) < 0.2, name


def test_the_network_is_compared_with_simple_models_on_the_same_folds(demo: Project) -> None:
    table = read(demo, "results/demo_median/baselines/demo_baselines/comparison.tsv").set_index("model")
    networks = table[table["method"] == "network"]
    assert set(networks.index) == {"demo_full", "demo_promoter", "demo_halflife", "demo_shuffled"}
    for name in networks.index:
        assert networks.loc[name, "r2"] == pytest.approx(r2(demo, name), abs=1e-9)
    assert table.loc["mean", "r2"] == 0
    # Half-life features act linearly, so least squares finds all that there is of them.
    truth = json.loads((demo.run_folder / "resources/demo/truth/model.json").read_text())
    shares = truth["variance_shares"]
    assert table.loc["lm:halflife", "r2"] == pytest.approx(shares["halflife_linear"], abs=0.05)
    assert (table["r2"] < shares["explainable"]).all()
    published = read(demo, "results/demo/published.tsv")
    own = published.loc[published["ours"], "model"].str.partition(" (")[0]
    assert own.tolist() == [
        "demo_full",
        "best baseline of demo_full",
        "demo_E003_own",
        "sister_orthologs",
        "demo_sure alone",
        "demo_sure with predictions",
    ]


def test_the_networks_look_at_the_core_promoter_and_at_cpg_first(demo: Project) -> None:
    folder = demo.run_folder / "results/demo_median/interpretations/demo_network"
    profiles = read_json(folder / "profiles.json")["methods"]
    assert set(profiles) == set(METHODS) - {"ism"}
    for method in ("grad_input", "integrated_gradients", "deeplift", "elrp"):
        assert abs(profiles[method]["peak"]) <= 300, method  # CpG was planted up to 500 bases from the TSS
        assert profiles[method]["mean_networks"] > profiles[method]["single_networks"] > 0, method
    for contrast in ("classes", "halves"):
        table = read(demo, f"results/demo_median/interpretations/demo_network/kmers/{contrast}.tsv")
        assert "CG" in table["motif"].iloc[0], contrast
        assert table["log10_e"].iloc[0] < -20
        facts = read_json(folder / "kmers" / f"{contrast}.json")
        assert facts["control"] == 0
        assert facts["untrained"] is None or facts["untrained"]["log10_e"] > table["log10_e"].iloc[0] / 2
    pairs = read(demo, "results/demo_median/interpretations/demo_network/dinucleotides.tsv")
    core = pairs[pairs["position"].abs() <= 200].pivot_table("ratio", "dinucleotide", "group", "mean")
    assert core.loc["CG", "high"] > 1.4 * core.loc["CG", "silent"]
    others = core.drop(index="CG")
    assert (others["high"] / others["silent"]).between(0.7, 1.4).all()


def test_networks_that_learn_from_shuffled_labels_have_nothing_to_say(demo: Project, tmp_path: Path) -> None:
    folder = demo.run_folder / "results/demo_median"
    dataset, split = tmp_path / "dataset.h5", folder / "demo_full" / "split.tsv"
    data = Dataset.open(folder / "dataset.h5")
    labels = np.random.default_rng(1).permutation(data.expression)
    replace(data, expression=labels).save(dataset)
    config = expanded(yaml.safe_load((ROOT / "config" / "demo.yaml").read_text()))
    plan = {**experiment_plan(config, "demo_full"), "trials": 1}
    for fold in (1, 2, 3):
        train_experiment_fold(
            dataset,
            split,
            fold,
            plan,
            name="shuffled labels",
            trials_folder=tmp_path / f"trials_{fold}",
            bundle_folder=tmp_path / f"fold_{fold}",
            trials_path=tmp_path / f"trials_{fold}.tsv",
            history_path=tmp_path / f"history_{fold}.tsv",
            device="cpu",
        )
    models = [tmp_path / f"fold_{fold}" for fold in (1, 2, 3)]
    predictions, metrics = tmp_path / "predictions.tsv", tmp_path / "metrics.json"
    write_evaluation(
        dataset, split, demo.run_folder / "results/demo/genes.tsv", models, predictions, metrics, seed=1
    )
    row = config["interpretations"]["demo_network"]
    genes, classes = tmp_path / "genes.tsv", tmp_path / "classes.json"
    write_genes_of(predictions, dataset, genes, classes, settings=row)
    assert read_json(classes)["reason"] == "the predictions do not follow the measured expression"
    scores = [tmp_path / f"scores_{fold}.h5" for fold in (1, 2, 3)]
    settings = {
        "methods": ["grad_input"],
        "kept": "grad_input",
        "background": "ACGT",
        "steps": 1,
        "own": True,
    }
    for fold, (model, path) in enumerate(zip(models, scores, strict=True), start=1):
        agreement = tmp_path / f"agreement_{fold}.tsv"
        write_scores(model, dataset, genes, path, agreement, fold=fold, settings=settings, seed=1)
    for contrast in ("classes", "halves"):
        table, facts = tmp_path / f"{contrast}.tsv", tmp_path / f"{contrast}.json"
        write_kmers(
            genes,
            scores,
            dataset,
            tmp_path / contrast,
            table,
            facts,
            contrast=contrast,
            settings=row["kmers"],
            seed=1,
        )
        assert read_table(table).empty
        assert read_json(facts)["reason"] == "there are no classes"


def test_predictions_along_unseen_chromosomes_find_the_start_sites(demo: Project) -> None:
    folder = demo.run_folder / "results/demo/tracks/demo_track"
    facts = read_json(folder / "summary.json")
    assert facts["unseen"] == facts["genes"] > 200
    areas = {(auc["score"], auc["tss"], auc["random"]): auc["auc"] for auc in facts["aucs"]}
    assert areas["prediction", "all", "all"] > 0.85 > areas["cpg_island", "all", "all"]
    assert areas["prediction", "outside", "outside"] > 0.7  # other motifs than CpG were planted too
    peaks, random = (facts["distances"][kind]["within_tolerance"] for kind in ("peak", "random"))
    assert peaks > 0.7
    assert random < 0.2
    for strand in ("plus", "minus"):
        with pyBigWig.open(str(folder / f"predicted_log10.{strand}.bw")) as bigwig:
            assert bigwig.header()["nBasesCovered"] > 1_900_000
    assert (folder / "tracks.html").stat().st_size < 4_000_000


def test_the_cost_of_whole_chromosomes_is_measured(demo: Project) -> None:
    [cost] = read(demo, "results/demo/split_costs.tsv").to_dict("records")
    assert (cost["random"], cost["chromosomes"]) == ("demo_full", "demo_chromosomes")
    assert cost["difference"] == pytest.approx(cost["r2_chromosomes"] - cost["r2_random"])


@pytest.fixture(scope="module")
def report(demo: Project) -> Path:
    """Return the unpacked report."""
    style = demo.folder / "workflow" / "report" / "report.css"
    demo.run("--report", "report.zip", "--report-stylesheet", str(style))
    assert (demo.run_folder / "report.zip").stat().st_size < 20_000_000
    with zipfile.ZipFile(demo.run_folder / "report.zip") as archive:
        archive.extractall(demo.run_folder / "unpacked")
    pages = list((demo.run_folder / "unpacked").rglob("report.html"))
    assert len(pages) == 1
    return pages[0]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Return a headless Chromium, or skip."""
    with chromium("allow-file-access-from-files") as started:
        yield started


class Page:
    """The report as a reader uses it."""

    def __init__(self, browser: Any, address: str) -> None:
        from selenium.webdriver.common.by import By
        from selenium.webdriver.support.ui import WebDriverWait

        self.browser, self.address, self.by = browser, address, By
        self.wait = WebDriverWait(browser, 30)
        self.home()

    def home(self) -> None:
        self.browser.get(self.address)
        self.wait.until(lambda _: "04 Models" in self.text())

    def text(self) -> str:
        return str(self.browser.find_element(self.by.TAG_NAME, "body").text)

    def click(self, xpath: str) -> None:
        found = self.wait.until(lambda browser: browser.find_element(self.by.XPATH, xpath))
        self.browser.execute_script("arguments[0].click()", found)

    def open(self, category: str, item: str, icon: str) -> None:
        """Go to a category and click the eye or the information sign of the first item of that name."""
        self.home()
        self.click(f"//a[normalize-space(.)='{category}']")
        self.click(f"//tr[td[contains(., '{item}')]][1]//a[@iconname='{icon}']")

    def width(self, name: str) -> int:
        """Return the width of a figure as the browser has drawn it, in pixels."""
        xpath = f"//img[contains(@src, '{name}')]"
        image = self.wait.until(lambda browser: browser.find_element(self.by.XPATH, xpath))
        self.wait.until(lambda _: image.get_property("complete"))
        return int(image.get_property("naturalWidth"))


FIGURES = [
    ("01 Summary", "experiments side by side", "comparison.svg", "95 % bootstrap intervals"),
    ("02 Promoters", "genes dropped, by reason", "dropped_genes.svg", "No gene is dropped silently"),
    (
        "02 Promoters",
        "shift of the TSS by CAGE",
        "tss_shift.svg",
        "from its annotated transcription start site",
    ),
    ("03 Data", "distribution of expression", "expression.svg", "Silent genes, at -1, are orange"),
    (
        "03 Data",
        "cumulative expression",
        "expression_ecdf.svg",
        "The step at -1 is the share of silent genes",
    ),
    ("03 Data", "correlation of samples", "samples.svg", "clustered by average linkage"),
    ("03 Data", "two datasets, gene by gene", "comparison_demo_", "differ more than tenfold"),
    (
        "05 Reporter",
        "promoter activity against expression",
        "reporter.svg",
        "what the assay knows and the network",
    ),
    ("03 Data", "leakage audit", "leakage.svg", "share promoter sequence with a gene"),
    (
        "04 Models",
        "observed against predicted",
        "observed_vs_predicted.svg",
        "The closer the cloud to the grey",
    ),
    ("04 Models", "learning curves", "learning_curves.svg", "The dot is the epoch whose weights are kept"),
    ("01 Summary", "best of n, mean of n, and", "ensembles.svg", "a dot on the dashed line"),
    ("01 Summary", "random split beside chromosomes", "split_costs.svg", "neighbours of test genes"),
    ("01 Summary", "what changes with its settings", "family_demo_sizes.svg", "differ in nothing but"),
    (
        "06 Search",
        "lowest error by trial",
        "search_progress_demo_search.svg",
        "the architecture that the paper",
    ),
    ("06 Search", "lowest error by window", "search_windows_", "Cells without a trial are empty"),
    ("06 Search", "error by hyperparameter", "search_parameters_", "the marked one is the best"),
    ("08 Baselines", "all models side by side", "comparison.svg", "in its favour"),
    ("08 Baselines", "fold by fold", "folds.svg", "paired t-test"),
    (
        "08 Baselines",
        "half-life features and expression",
        "coefficients.svg",
        "per standard deviation of the feature",
    ),
    ("08 Baselines", "motifs and expression", "motifs.svg", "false discovery rate"),
    ("08 Baselines", "beside published results", "published.svg", "in its five categories"),
    ("07 Across datasets", "tested on other datasets", "tested_on.svg", "nor an ortholog of one"),
    ("10 Tracks", "start sites and peaks", "summary.svg", "so precision is a lower bound"),
    ("10 Tracks", "locus 1", "locus_1.svg", "Triangles mark annotated start sites"),
    ("07 Across datasets", "do predictions tell", "classifier_", "of 0.5 is chance"),
]


@pytest.mark.browser
def test_the_report_opens_with_words_and_shows_every_figure(report: Path, browser: Any) -> None:
    page = Page(browser, report.as_uri())
    for words in (
        "SIMULATED DATA",
        "demo_full",
        "demo_sister",
        "demo_sure",
        "Dropped on the way",
        "Made with",
    ):
        assert words in page.text()
    for category, item, file, caption in FIGURES:
        page.open(category, item, "eye")
        assert page.width(file) > 300, file
        page.open(category, item, "information-circle")
        page.wait.until(lambda _, caption=caption: caption in " ".join(page.text().split()), file)
    assert [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"] == []


@pytest.mark.browser
def test_the_report_holds_the_page_of_tracks_and_finds_a_gene(report: Path, browser: Any) -> None:
    page = Page(browser, report.as_uri())
    page.open("10 Tracks", "page to look around in", "eye")
    browser.switch_to.frame(page.wait.until(lambda found: found.find_element(page.by.TAG_NAME, "iframe")))
    page.wait.until(lambda found: found.execute_script("return Boolean(window.xpressoBrowser)"))
    place = "return window.xpressoBrowser.referenceFrameList[0].getLocusString()"
    assert browser.execute_script(place) == "chr1:200,001-400,000"
    root = browser.find_element(page.by.ID, "browser").shadow_root
    box = root.find_element(page.by.CSS_SELECTOR, ".igv-search-input")
    box.clear()
    box.send_keys("sim0037\n")
    page.wait.until(lambda found: found.execute_script(place).startswith("chr1:27"))
    browser.switch_to.default_content()
