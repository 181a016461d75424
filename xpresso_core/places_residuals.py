"""Where the files lie that residuals are compared with: gene lists, domains, half-lives, microRNAs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from xpresso_core.experiment_rows import analysed_dataset, expand

Config = Mapping[str, Any]
Key = tuple[str, ...]
"""Where a value stands in the settings of one entry of ``residuals``."""

SHIPPED_LISTS = ("K562_enhancers", "mESC_enhancers")
"""Gene lists of the project, ``resources/gene_lists/<name>.txt``."""

SIMULATED_PREFIX = "simulated:"
"""What stands before the name of a file that a simulated species makes itself."""

SIMULATED_REGULATION: Mapping[str, str] = {
    "enhancer_genes": "enhancer_genes.txt",
    "super_enhancer_genes": "super_enhancer_genes.txt",
    "polycomb_genes": "polycomb_genes.txt",
    "control_genes": "control_genes.txt",
    "domains": "domains.bed",
    "domain_annotation": "sure.genes.gtf.gz",
    "half_lives": "half_lives.tsv",
    "control_half_lives": "control_half_lives.tsv",
    "mirna_counts": "mirna_counts.tsv",
    "mirna_targets": "mirna_targets.tsv",
}
"""The files of a simulated species by the name that follows `SIMULATED_PREFIX`."""


def residual_values(row: Mapping[str, Any]) -> Iterator[tuple[Key, str, str]]:
    """Yield the files that an entry of ``residuals`` asks for.

    Yields
    ------
    tuple of (tuple of str, str, str)
        The key, what is configured there, and the end of the file's name: for lists numbered from 1, as their names are
        for people.
    """
    if "predictions" in row:
        yield ("predictions",), row["predictions"], "predictions.tsv"
    if row["labelled"] is not None:
        yield ("labelled",), row["labelled"], "labelled.txt"
    for name, gene_set in row["groups"].items():
        for number, (group, settings) in enumerate(gene_set.get("lists", {}).items(), start=1):
            yield ("groups", name, "lists", group, "genes"), settings["genes"], f"{name}.{number}.txt"
        if "segments" in gene_set:
            yield ("groups", name, "segments"), gene_set["segments"], f"{name}.segments.bed"
            if gene_set["annotation"] is not None:
                yield ("groups", name, "annotation"), gene_set["annotation"], f"{name}.genes.gtf.gz"
    for name, settings in row["halflives"].items():
        yield ("halflives", name, "table"), settings["table"], f"{name}.halflives.tsv"
    for key, ending in (("counts", "mirnas.tsv"), ("targets", "mirna_targets.tsv")):
        if row["mirnas"] is not None and row["mirnas"][key] is not None:
            yield ("mirnas", key), row["mirnas"][key], ending


def species_of_residuals(config: Config, name: str) -> str:
    """Return the species whose genes an entry of ``residuals`` is about."""
    dataset = analysed_dataset(config["residuals"][name], expand(config["experiments"]))
    return str(config["datasets"][dataset]["species"])


def gene_sets(config: Config) -> list[str]:
    """Return the names of all sets of gene groups."""
    return sorted({name for row in config["residuals"].values() for name in row["groups"]})


def halflife_tables(config: Config) -> list[str]:
    """Return the names of all tables of half-lives."""
    return sorted({name for row in config["residuals"].values() for name in row["halflives"]})


def residual_files(config: Config, name: str) -> dict[Key, str]:
    """Return the files of an entry of ``residuals`` by key.

    Each is the name of a file of ``resources/<species>/``, or a path ``gene_lists/<name>.txt`` for a shipped list.
    """
    files = {}
    for key, value, ending in residual_values(config["residuals"][name]):
        if value in SHIPPED_LISTS:
            files[key] = f"gene_lists/{value}.txt"
        elif value.startswith(SIMULATED_PREFIX):
            files[key] = SIMULATED_REGULATION[value.removeprefix(SIMULATED_PREFIX)]
        else:
            files[key] = f"{name}.{ending}"
    return files


def residual_places(config: Config, name: str) -> Iterator[tuple[tuple[str, str], tuple[str, str]]]:
    """Yield what is to be fetched for an entry of ``residuals``: species and file, and key and value."""
    species, files = species_of_residuals(config, name), residual_files(config, name)
    for key, value, _ in residual_values(config["residuals"][name]):
        if value not in SHIPPED_LISTS and not value.startswith(SIMULATED_PREFIX):
            yield (species, files[key]), (f"residuals.{name}.{'.'.join(key)}", value)
