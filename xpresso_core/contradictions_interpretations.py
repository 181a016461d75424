"""What is wrong between the interpretations of a configuration and its other parts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from xpresso_core.contradictions_training import experiment_contradictions, least_window
from xpresso_core.errors import nearest
from xpresso_core.experiment_rows import analysed_dataset, expand
from xpresso_core.genome import RELEASED_WINDOW
from xpresso_core.motifs import RELEASES, TAXA, jaspar_of


def interpretation_contradictions(
    where: str, row: Mapping[str, Any], config: Mapping[str, Any]
) -> Iterator[str]:
    """Yield what is wrong with one entry of ``interpretations``."""
    experiments = expand(config["experiments"])
    if "experiment" in row and row["experiment"] not in experiments:
        yield f"{where}.experiment: there is no {row['experiment']!r}{nearest(row['experiment'], experiments)}"
        return
    if "experiment" in row and "promoter" not in experiments[row["experiment"]]["inputs"]:
        yield f"{where}.experiment: {row['experiment']} does not read promoters as they are"
    dataset = analysed_dataset(row, experiments)
    if dataset not in config["datasets"]:
        if "dataset" in row:
            yield f"{where}.dataset: there is no {dataset!r}{nearest(dataset, config['datasets'])}"
        return
    yield from _window(where, row, experiments, config)
    if row["kmers"] is not None:
        yield from _kmers(f"{where}.kmers", row["kmers"], row["methods"])
    species = config["datasets"][dataset]["species"]
    if row["dinucleotides"] is not None and species in config["species"]:
        stored = config["species"][species]["window"]
        for side in ("upstream", "downstream"):
            if row["dinucleotides"][side] > stored[side]:
                yield f"{where}.dinucleotides.{side}: species.{species} stores {stored[side]} bases; give no more"
        length = sum(row["dinucleotides"].values())
        if length <= row["smooth"]:
            yield f"{where}.dinucleotides: {length} bases cannot be smoothed over {row['smooth']}; give more"


def _window(
    where: str, row: Mapping[str, Any], experiments: Mapping[str, Any], config: Mapping[str, Any]
) -> Iterator[str]:
    """Yield where a network's window is too short to be smoothed, or longer than what the species stores."""
    if "experiment" in row:
        experiment = experiments[row["experiment"]]
        if any(experiment_contradictions(where, experiment, config)):
            return  # told already
        window = least_window(experiment, config)
        if window is not None and window.length < row["smooth"]:
            yield f"{where}.smooth: the network reads {window.length} bases; smooth over fewer"
        return
    stored = config["species"].get(config["datasets"][row["dataset"]]["species"], {}).get("window")
    needed = {
        "upstream": RELEASED_WINDOW.upstream,
        "downstream": RELEASED_WINDOW.downstream + RELEASED_WINDOW.minus_shift,
    }
    if stored and any(stored[side] < bases for side, bases in needed.items()):
        yield (
            f"{where}.model: the released networks read -{needed['upstream']} to +{needed['downstream']}, but the"
            f" species' window is -{stored['upstream']} to +{stored['downstream']}; store more"
        )


def _kmers(where: str, kmers: Mapping[str, Any], methods: list[str]) -> Iterator[str]:
    if kmers["method"] not in methods:
        yield f"{where}.method: {kmers['method']} is not among the methods; add it to them"
    if kmers["mink"] > kmers["maxk"]:
        yield f"{where}.mink: {kmers['mink']} is above maxk, {kmers['maxk']}"
    release, taxon = jaspar_of(kmers["known"]) or ("", "")
    if release not in RELEASES:
        yield f"{where}.known: there is no {kmers['known']!r}{nearest(kmers['known'], RELEASES)}"
    elif taxon not in TAXA:
        yield f"{where}.known: JASPAR has no {taxon!r}{nearest(taxon, TAXA)}"
