"""Every shipped configuration fits; every mistake gets one line that names the key."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from xpresso_core.architecture import ARCHITECTURES, PAPER, Architecture
from xpresso_core.configuration import check_config, experiment_plan, load_config
from xpresso_core.errors import ConfigError

ROOT = Path(__file__).resolve().parents[1]
SCHEMA = ROOT / "workflow" / "schemas" / "config.schema.yaml"
CONFIGS = sorted((ROOT / "config").glob("*.yaml"))


def load(name: str) -> dict[str, Any]:
    return yaml.safe_load((ROOT / "config" / f"{name}.yaml").read_text())


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_shipped_configurations_fit(path: Path) -> None:
    check_config(yaml.safe_load(path.read_text()), SCHEMA)


def put(*keys: str | int, value: Any) -> Callable[[dict[str, Any]], None]:
    def change(config: Any) -> None:
        for key in keys[:-1]:
            config = config[key]
        config[keys[-1]] = value

    return change


def remove(*keys: str) -> Callable[[dict[str, Any]], None]:
    def change(config: Any) -> None:
        for key in keys[:-1]:
            config = config[key]
        del config[keys[-1]]

    return change


FULL = ("experiments", "demo_full")
PAIR, ASSAY = ("comparisons", "demo_sister"), ("reporters", "demo_sure")
TABLE = ("species", "human_mini", "tables", "roadmap")
MISTAKES = [
    (put("sede", value=1), r"top level: unknown key 'sede', did you mean 'seed'\?"),
    (put(*FULL, "trails", value=3), r"experiments.demo_full: unknown key 'trails', did you mean 'trials'\?"),
    (remove(*FULL, "trials"), "experiments.demo_full: the key 'trials' is missing"),
    (put("seed", value=-1), "seed: -1 is less than the minimum"),
    (put(*FULL, "trials", value=0), "experiments.demo_full.trials: 0 is less than the minimum"),
    (put(*FULL, "trials", value=2.5), "is not of type 'integer'"),
    (put(*FULL, "split", "folds", value=4.0), "4.0 is not of type 'integer'"),
    (put("seed", value=1.0), "1.0 is not of type 'integer'"),
    (put(*ASSAY, "sample_around_center", value=1000.0), "1000.0 is not of type"),
    (put("device", value="gpus"), r"device: 'gpus' is none of .*, did you mean 'gpu'\?"),
    (put(*FULL, "inputs", value=["halflive"]), r"experiments.demo_full.inputs: \['halflive'\] is none of"),
    (put(*FULL, "split", "fold", value=3), r"split: unknown key 'fold', did you mean 'folds'\?"),
    (put(*FULL, "split", "folds", value=1), "split.folds: 1 is less than the minimum of 2"),
    (put("name", value="a/b"), "name: 'a/b' does not match"),
    (put("species", "demo", "edges", value="cut"), "species.demo.edges: 'cut' is none of"),
    (put("species", "demo", "max_unknown", value=2), "species.demo.max_unknown: 2 is greater"),
    (put("species", "demo", "simulate", "genes", value=5), "genes: 5 is less than the minimum of 100"),
    (put(*FULL, "dataset", value="demo_mean"), r"there is no 'demo_mean', did you mean 'demo_median'\?"),
    (put(*FULL, "architecture", value="compakt"), r"there is no 'compakt', did you mean 'compact'\?"),
    (put(*FULL, "architecture", value="paper"), "'paper' with its jitter reads -7000 to"),
    (put("datasets", "demo_median", "species", value="dem"), r"there is no 'dem', did you mean 'demo'\?"),
    (put("datasets", "demo_median", "table", value="expresion"), r"did you mean 'expression'\?"),
    (
        remove("datasets", "demo_median", "median_except"),
        "give either column, or median_except, and not both",
    ),
    (put(*FULL, "split", "kind", value="fold"), r"the kind 'fold' is none of .*, did you mean 'folds'\?"),
    (put("species", "demo", "drop_gene_names", value=["H(1"]), r"'H\(1' is not a regular expression"),
    (put("name", value="demo_median"), "name: the dataset 'demo_median' has the same name"),
    (put("architectures", "paper", value=PAPER.to_dict()), "there is a shipped architecture of this name"),
    (
        put(*PAIR, "datasets", value=["demo_median", "sister"]),
        r"there is no 'sister', did you mean 'sister_median'\?",
    ),
    (put(*PAIR, "datasets", value=["demo_median"]), r"comparisons.demo_sister.datasets: .* is too short"),
    (put(*PAIR, "orthologs", value=None), "are of two species, demo and sister: give a table of orthologs"),
    (put(*PAIR, "orthologs", value="x.tsv"), "orthologs: the species is simulated; give 'simulated'"),
    (
        put("comparisons", "demo_E003_median", "orthologs", value="simulated"),
        "both datasets are of demo: give null",
    ),
    (
        put(*ASSAY, "dataset", value="demo_medan"),
        r"reporters.demo_sure.dataset: .* did you mean 'demo_median'\?",
    ),
    (put(*ASSAY, "predictions", value="demo_ful"), r"no experiment 'demo_ful', did you mean 'demo_full'\?"),
    (
        put(*ASSAY, "plus", value="x.bw"),
        "reporters.demo_sure.plus: the species is simulated; give 'simulated'",
    ),
    (put(*ASSAY, "sample_around_center", value=None), "bigWigs need a number of bases"),
    (put(*ASSAY, "chain", value=None), "annotation: serves genes that a chain does not lift"),
    (put(*ASSAY, "format", value="tabel"), r"format: 'tabel' is none of .*, did you mean 'table'\?"),
    (
        put("datasets", "demo_E003", "quantile_normalise", value=True),
        "goes with median_except, not with one column",
    ),
]
EXPERIMENT, SEARCH = ("experiments", "demo_orthologs"), ("searches", "demo_search")
MISTAKES_OF_TRAINING = [
    (put(*EXPERIMENT, "architecture", value="demo_serch"), r"architecture: .*, did you mean 'demo_search'\?"),
    (put(*EXPERIMENT, "inputs", value=["halflife", "promoter"]), "inputs: .* is none of"),
    (put(*EXPERIMENT, "genes", value={"orthologs": "sister"}), "there is no comparison 'sister'"),
    (
        put(*EXPERIMENT, "genes", value={"orthologs": "demo_E003_median"}),
        "compares two datasets of one species",
    ),
    (
        put("experiments", "demo_full", "genes", value={"silent_share_of": "demo_median"}),
        "is the dataset itself",
    ),
    (
        put("experiments", "demo_full", "genes", value={"silent_share_of": "demo_mean"}),
        "did you mean 'demo_median'",
    ),
    (
        put("experiments", "demo_full", "tested_on", value=["sister_median"]),
        "'sister_median' is of another species",
    ),
    (put("experiments", "demo_full", "tested_on", value=["demo_median"]), "is what it is trained on"),
    (
        put("experiments", "demo_full", "window", value={"upstream": 20, "downstream": 5}),
        "demo_full.window: convolution 1 of the architecture: pooling over 30 leaves nothing of 25 positions",
    ),
    (put("experiments", "demo_full", "window", value={"upstream": 9000, "downstream": 5}), "reads -9000 to"),
    (put(*EXPERIMENT, "split", value={"kind": "chromosomes", "folds": 4}), "chromosomes of two species"),
    (put("experiments", "demo_full", "vary", value={"split.fold": [1]}), "is none of .*'split.folds'"),
    (
        put("experiments", "demo_full", "vary", value={"trials": [0, 1]}),
        "demo_full-trials_0.trials: 0 is less than",
    ),
    (put("experiments", "demo_full", "vary", value={"trials": [1, 1]}), "two experiments are called"),
    (put("experiments", "demo_searched", "dataset", value="demo_encode"), "genes that chose the network"),
    (
        put("experiments", "demo_searched", "split", value={"kind": "folds", "folds": 4, "validation": 80}),
        "genes that chose the network of the search 'demo_search' would test it",
    ),
    (
        put("experiments", "demo_searched", "window", value={"upstream": 9000, "downstream": 9}),
        "reads -9000 to",
    ),
    (put("experiments", "demo_full", "split", "draw", value=2), "'training' is a dependency of 'draw'"),
    (put("architectures", "core", "training", "jitter", value=5), "a shuffled promoter cannot be shifted"),
    (put("searches", "demo_search", "record", value="x"), "searches.demo_search: "),
    (put(*SEARCH, "space", value={"upstream": [0, 0], "downstream": [0, 0]}), "is less than one pool"),
    (put(*SEARCH, "space", "upstream", value=[0, 9000]), "reaches from -9000 to"),
    (put(*SEARCH, "space", "upstream", value=[0, 1250]), "is not the lowest and the highest value"),
    (put(*SEARCH, "space", "filtres", value=[16, 32]), r"unknown key 'filtres', did you mean 'filters'\?"),
    (put(*SEARCH, "algorithm", value="tpa"), r"did you mean 'tpe'\?"),
    (put("searches", "compact", value={"record": "x"}), "there is an architecture of this name"),
    (
        put(*PAIR, "classifier", "experiments", value=["demo_full", "demo_full"]),
        "is not trained on 'sister_median'",
    ),
    (
        put(*PAIR, "classifier", "experiments", value=["demo_ful", "sister_orthologs"]),
        "did you mean 'demo_full'",
    ),
]
MISTAKES_OF_FILES = [
    (put(*TABLE, value={"source": "x", "format": "encode", "ids": "gene"}), "the key 'assembly' is missing"),
    (
        put(*TABLE, value={"source": "x", "format": "matrix", "ids": "gene", "assembly": "mm10"}),
        "assembly: belongs to the format encode",
    ),
    (
        put(*TABLE, value={"source": "x", "format": "encode", "ids": "entrez", "assembly": "mm10"}),
        "ENCODE's tables go by 'gene'",
    ),
    (put(*TABLE, value={"source": "x", "format": "matrix"}), r"roadmap: the key 'ids' is missing"),
    (put(*TABLE, value={"source": "x", "format": "matrx", "ids": "gene"}), r"did you mean 'matrix'\?"),
    (put("reporters", "sure_K562", "chain", value="x"), "chain: a table is measured already; give null"),
    (put("reporters", "sure_K562", "minus", value="human_mini_sure_plus"), "minus: is the same as plus"),
    (put("reporters", "sure_K562", "plus", value="simulated"), "the species is not simulated; give a source"),
]


@pytest.mark.parametrize(("change", "message"), [*MISTAKES, *MISTAKES_OF_TRAINING])
def test_a_mistake_is_named(change: Callable[[dict[str, Any]], None], message: str) -> None:
    config = copy.deepcopy(load("demo"))
    change(config)
    with pytest.raises(ConfigError, match=message) as caught:
        check_config(config, SCHEMA)
    assert "problems" not in str(caught.value)


@pytest.mark.parametrize(("change", "message"), MISTAKES_OF_FILES)
def test_a_mistake_in_a_fetched_species_is_named(
    change: Callable[[dict[str, Any]], None], message: str
) -> None:
    config = load("human_mini")
    change(config)
    with pytest.raises(ConfigError, match=message) as caught:
        check_config(config, SCHEMA)
    assert "problems" not in str(caught.value)


def test_predictions_must_be_of_the_assays_species() -> None:
    config = load("paper")
    put("reporters", "sure_K562", "predictions", value="mouse_mESC_folds")(config)
    with pytest.raises(
        ConfigError, match="'mouse_mESC_folds' predicts genes of mouse, and the assay is of human"
    ):
        check_config(config, SCHEMA)


def test_entrez_ids_need_gene_names() -> None:
    config = load("human_mini")
    put(*TABLE, value={"source": "x", "format": "matrix", "ids": "entrez"})(config)
    check_config(config, SCHEMA)
    put("species", "human_mini", "gene_names", value=[])(config)
    with pytest.raises(ConfigError, match="Entrez ids need gene_names"):
        check_config(config, SCHEMA)


def test_all_mistakes_are_told_at_once() -> None:
    config = load("demo")
    put("sede", value=1)(config)
    put("device", value="tpu")(config)
    with pytest.raises(ConfigError, match="2 problems") as caught:
        check_config(config, SCHEMA)
    assert "sede" in str(caught.value)
    assert "tpu" in str(caught.value)


def described(schema: dict[str, Any], path: str = "") -> list[str]:
    """Return the paths of all keys without a description."""
    missing = []
    for key, value in schema.get("properties", {}).items():
        if "description" not in value and "$ref" not in value:
            missing.append(f"{path}.{key}")
        missing += described(value, f"{path}.{key}")
    for part in ("items", "additionalProperties"):
        if isinstance(schema.get(part), dict):
            missing += described(schema[part], f"{path}.{part}")
    for branch in schema.get("oneOf", []):
        missing += described(branch, path)
    return missing


def test_every_key_is_described_and_no_object_is_open() -> None:
    schema = yaml.safe_load(SCHEMA.read_text())
    parts = {"": schema, **schema["$defs"]}
    assert [key for name, part in parts.items() for key in described(part, name)] == []
    text = SCHEMA.read_text()
    objects = sum(text.count(f"type: {kind}") for kind in ("object", "[string, object]", '[object, "null"]'))
    assert objects == text.count("additionalProperties:")


def test_a_network_must_fit_the_window_of_the_species_that_it_is_tested_on() -> None:
    config = copy.deepcopy(load("demo"))
    config["species"]["sister"]["window"] = {"upstream": 600, "downstream": 600}
    config["experiments"]["demo_orthologs"]["window"] = {"upstream": 700, "downstream": 100}
    with pytest.raises(ConfigError, match="tested_on: on 'sister_median' the network reads -700 to"):
        check_config(config, SCHEMA)


def test_a_configuration_of_families_alone_is_refused() -> None:
    config = copy.deepcopy(load("demo"))
    config["comparisons"], config["reporters"] = {}, {}
    config["experiments"] = {"demo_sizes": config["experiments"]["demo_sizes"]}
    with pytest.raises(ConfigError, match="all of them vary something"):
        check_config(config, SCHEMA)


def test_a_configuration_is_read_with_its_experiments_expanded(tmp_path: Path) -> None:
    config = load_config(ROOT / "config" / "demo.yaml")
    assert config["experiments"]["demo_sizes-training_400-draw_2"]["split"]["training"] == 400
    assert experiment_plan(config, "demo_searched")["architecture"] is None
    assert experiment_plan(config, "demo_full")["architecture"]["upstream"] == 500
    (tmp_path / "broken.yaml").write_text("a: [1")
    (tmp_path / "empty.yaml").write_text("")
    for name, message in (
        ("broken", "is not YAML"),
        ("empty", "holds no keys"),
        ("absent", "cannot be read"),
    ):
        with pytest.raises(ConfigError, match=message):
            load_config(tmp_path / f"{name}.yaml")


def test_every_key_is_in_the_readme() -> None:
    readme = (ROOT / "config" / "README.md").read_text()

    def keys(part: Any) -> set[str]:
        if isinstance(part, dict):
            found = set(part.get("properties", {})) if isinstance(part.get("properties"), dict) else set()
            return found.union(*(keys(value) for value in part.values()))
        return set().union(*(keys(value) for value in part)) if isinstance(part, list) else set()

    missing = sorted(key for key in keys(yaml.safe_load(SCHEMA.read_text())) if f"`{key}`" not in readme)
    assert missing == []


def test_shipped_architectures_fit_the_schema_and_come_back() -> None:
    for architecture in ARCHITECTURES.values():
        config = load("demo")
        config["architectures"]["own"] = architecture.to_dict()
        check_config(config, SCHEMA)
        assert Architecture.from_dict(architecture.to_dict()) == architecture


def test_a_plan_holds_only_what_its_experiment_needs() -> None:
    config = load("demo")
    before = experiment_plan(config, "demo_full")
    config["experiments"]["demo_promoter"]["trials"] = 9
    config["title"] = "another"
    assert experiment_plan(config, "demo_full") == before
    config["experiments"]["demo_full"]["trials"] = 9
    assert experiment_plan(config, "demo_full") != before
