# What the rules share: the configuration, checked as a whole; names; small look-ups.

import sys
import time
from pathlib import Path

from snakemake.exceptions import WorkflowError

ROOT = Path(workflow.current_basedir.get_path_or_uri(secret_free=True)).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from xpresso_core import places
from xpresso_core.configuration import check_config, experiment_plan
from xpresso_core.errors import XpressoError
from xpresso_core.provenance import code_hash
from xpresso_core.reference import check_places, describe, local_file
from xpresso_core.sources import read_registry

try:
    check_config(config, ROOT / "workflow/schemas/config.schema.yaml")
    REGISTRY = read_registry(ROOT / config["sources"])
    PLACES = places.places(config)
    check_places({place.key: place.value for place in PLACES.values()}, REGISTRY, config["data_dir"])
except XpressoError as error:
    raise WorkflowError(str(error)) from None

RUN = config["name"]
SPECIES = config["species"]
DATASETS = config["datasets"]
EXPERIMENTS = config["experiments"]
COMPARISONS = config["comparisons"]
REPORTERS = config["reporters"]
SIMULATED = [name for name in SPECIES if places.is_simulated(config, name)]
FETCHED = [name for name in SPECIES if name not in SIMULATED]
# Files of unknown checksum are locked at their first download; the lock is worth keeping with the results.
LOCK = "resources/sources.lock.tsv"
GPU = 1 if config["device"] == "gpu" else 0
TRAINING_ENV = "../../envs/training-gpu.yaml" if GPU else "../../envs/training.yaml"


def one_of(names):
    """Return a pattern of exactly these names, or one that nothing matches."""
    return "|".join(names) or "(?!)"


wildcard_constraints:
    species=one_of(SPECIES),
    dataset=one_of(DATASETS),
    experiment=one_of(EXPERIMENTS),
    comparison=one_of(COMPARISONS),
    reporter=one_of(REPORTERS),
    fold=r"[1-9][0-9]*",


def experiment_folders():
    """Return the folder of every experiment, in the order of the configuration."""
    return [f"results/{row['dataset']}/{name}" for name, row in EXPERIMENTS.items()]


def model_folders():
    """Return the models of all folds of all experiments."""
    return [
        f"results/{row['dataset']}/{name}/models/fold_{fold}"
        for name, row in EXPERIMENTS.items()
        for fold in range(1, row["split"].get("folds", 1) + 1)
    ]


def several_samples():
    """Return the datasets that are a median over the samples of their table."""
    return [name for name, row in DATASETS.items() if "median_except" in row]


def between_species():
    """Return the comparisons that go by orthologs."""
    return [name for name, row in COMPARISONS.items() if row["orthologs"] is not None]


def reporter_folders():
    """Return the folder of every reporter assay."""
    return [f"results/{row['dataset']}/reporters/{name}" for name, row in REPORTERS.items()]


def run_results():
    """Return what a finished run consists of."""
    return [
        f"results/{RUN}/landing.rst",
        f"results/{RUN}/sources.tsv",
        f"results/{RUN}/figures/expression.svg",
        *expand("results/{species}/figures/dropped_genes.svg", species=SPECIES),
        *expand("results/{dataset}/figures/samples.svg", dataset=several_samples()),
        *expand("{folder}/figures/learning_curves.svg", folder=experiment_folders()),
    ]


# ----- resources -----


def gigabytes(number):
    """Return a function that gives so many gigabytes in MB, half as much again with each attempt."""

    def memory(wildcards, attempt):
        return int(1024 * number * 1.5 ** (attempt - 1))

    return memory


def minutes(number):
    """Return a function that gives so many minutes, as much again with each attempt."""

    def runtime(wildcards, attempt):
        return number * attempt

    return runtime


def training_minutes(wildcards, attempt):
    """Return the minutes that the trials of a fold may take: an hour each, as much again with each attempt."""
    return 60 * EXPERIMENTS[wildcards.experiment]["trials"] * attempt
