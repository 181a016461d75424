# What the rules share: the configuration, checked as a whole; names; small look-ups.

import sys
import time
from pathlib import Path

from snakemake.exceptions import WorkflowError

ROOT = Path(workflow.current_basedir.get_path_or_uri(secret_free=True)).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from xpresso_core import places, places_residuals
from xpresso_core.configuration import check_config, expanded, experiment_plan
from xpresso_core.device import takes_gpu
from xpresso_core.errors import XpressoError
from xpresso_core.experiment_rows import comparable, families, analysed_dataset, split_pairs, with_hosts
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
CONFIG = expanded(config)
EXPERIMENTS = CONFIG["experiments"]
FAMILIES = families(config["experiments"])
SPLIT_PAIRS = split_pairs(EXPERIMENTS)
SEARCHES = config["searches"]
COMPARISONS = config["comparisons"]
REPORTERS = config["reporters"]
BASELINES = config["baselines"]
INTERPRETATIONS = config["interpretations"]
TRACKS = config["tracks"]
RESIDUALS = config["residuals"]
SIMULATED = [name for name in SPECIES if places.is_simulated(config, name)]
FETCHED = [name for name in SPECIES if name not in SIMULATED]
# Files of unknown checksum are locked at their first download; the lock is worth keeping with the results.
LOCK = "resources/sources.lock.tsv"
GPU = int(takes_gpu(config["device"]))
TRAINING_ENV = "../../envs/training-gpu.yaml" if config["device"] == "gpu" else "../../envs/training.yaml"


def one_of(names):
    """Return a pattern of exactly these names, or one that nothing matches."""
    return "|".join(names) or "(?!)"


wildcard_constraints:
    species=one_of(SPECIES),
    dataset=one_of(DATASETS),
    experiment=one_of(EXPERIMENTS),
    comparison=one_of(COMPARISONS),
    reporter=one_of(REPORTERS),
    baseline=one_of(BASELINES),
    interpretation=one_of(INTERPRETATIONS),
    track=one_of(TRACKS),
    residual=one_of(RESIDUALS),
    gene_set=one_of(places_residuals.gene_sets(config)),
    halflives=one_of(places_residuals.halflife_tables(config)),
    units="log10|z",
    locus=r"[1-9][0-9]*",
    search=one_of(SEARCHES),
    family=one_of(FAMILIES),
    fold=r"[1-9][0-9]*",


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


def search_minutes(wildcards, attempt):
    """Return the minutes that a worker of a search may take: ten for each of its trials."""
    row = SEARCHES[wildcards.search]
    return 10 * -(-row["trials"] // row["workers"]) * attempt
