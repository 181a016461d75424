"""Where a run's input files lie: which file of ``resources/<species>/`` holds which configured value.

Species are fetched or simulated; everything that depends on this difference is here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from xpresso_core.experiment_rows import expand, tracked_species
from xpresso_core.motifs import jaspar_of
from xpresso_core.places_residuals import SIMULATED_REGULATION, residual_places

Config = Mapping[str, Any]

GENOME, ANNOTATION, CAGE_PEAKS = "genome.fa", "genes.gtf.gz", "cage_peaks.bb"

SIMULATED_TABLES: Mapping[str, Mapping[str, Any]] = {
    "expression": {"format": "matrix", "ids": "gene"},
    "encode": {"format": "encode", "ids": "gene", "assembly": "sim1"},
    "entrez": {"format": "matrix", "ids": "entrez"},
}
"""The expression tables of a simulated species, with how to read them."""

SIMULATED_FILES = (
    *(GENOME, ANNOTATION, CAGE_PEAKS, "gene_names_1.tsv", "gene_names_2.tsv"),
    *("expression.tsv.gz", "encode.metadata.tsv", "entrez.tsv.gz", "orthologs.tsv"),
    "motifs.meme",
    *("sure.plus.bw", "sure.minus.bw", "sure.chain.gz", "sure.genes.gtf.gz"),
    *(file for file in SIMULATED_REGULATION.values() if file != "sure.genes.gtf.gz"),
    *(
        "truth/genes.tsv",
        "truth/motif_sites.tsv",
        "truth/reporter.tsv",
        "truth/mirna.tsv",
        "truth/model.json",
    ),
)
"""What `simulate.simulate_species` writes, beside the files that ``encode.metadata.tsv`` names."""

SIMULATED = "simulated"
"""What a configuration says in place of a source where a simulated species makes the file itself."""

SEARCHES = "searches"
"""In place of a species, where the records of finished searches are kept."""

MODELS = "models"
"""In place of a species, where models that were trained elsewhere are kept, by the name of what uses them."""

SIMULATED_RECORD = "truth/model.json"
SIMULATED_ASSAY = "sure"
SIMULATED_ORTHOLOGS = "orthologs.tsv"
SIMULATED_MOTIFS = "motifs.meme"

REPORTER_ENDINGS = {"plus": "plus.bw", "minus": "minus.bw", "chain": "chain.gz", "annotation": "genes.gtf.gz"}
"""The files of a reporter assay, with the ends of their names."""


class Place(NamedTuple):
    """A file to fetch.

    Attributes
    ----------
    key
        Where the configuration asks for it, as in ``species.human.genome``.
    value
        What it asks for: an id of the registry, a path or an address.
    """

    key: str
    value: str


def is_simulated(config: Config, species: str) -> bool:
    """Say whether a species is simulated."""
    return "simulate" in config["species"][species]


def places(config: Config) -> dict[tuple[str, str], Place]:
    """Return what is to be fetched, by species and file name in ``resources/<species>/``."""
    found: dict[tuple[str, str], Place] = {}
    for species in config["species"]:
        if not is_simulated(config, species):
            found |= {(species, name): place for name, place in _species_places(config, species)}
    for name, row in config["searches"].items():
        if "record" in row:
            found[SEARCHES, f"{name}.json"] = Place(f"{SEARCHES}.{name}.record", row["record"])
    for name, row in config["interpretations"].items():
        if "model" in row:
            found[MODELS, f"{name}.h5"] = Place(f"interpretations.{name}.model", row["model"])
    for name in config["tracks"]:
        found |= dict(_track_places(config, name))
    for name in config["residuals"]:
        found |= {where: Place(*place) for where, place in residual_places(config, name)}
    for name, row in config["baselines"].items():
        file = motif_file(config, name)
        if file is not None and row["motifs"] != SIMULATED:
            found[species_of_baselines(config, name), file] = Place(f"baselines.{name}.motifs", row["motifs"])
    for key, species, file, value in (*_reporter_places(config), *_ortholog_places(config)):
        if file is not None and not is_simulated(config, species):
            found[species, file] = Place(key, value)
    return found


def _track_places(config: Config, name: str) -> Iterator[tuple[tuple[str, str], Place]]:
    row, where, species = config["tracks"][name], f"tracks.{name}", species_of_track(config, name)
    if "model" in row:
        yield (MODELS, track_model_file(name)), Place(f"{where}.model", row["model"])
    for kind, file in track_sources(config, name).items():
        value = row
        for key in kind:
            value = value[key]
        yield (species, file), Place(f"{where}.{'.'.join(kind)}", str(value))


def _reporter_places(config: Config) -> Iterator[tuple[str, str, str | None, str]]:
    for name, row in config["reporters"].items():
        for kind in REPORTER_ENDINGS:
            file = reporter_file(config, name, kind)
            yield f"reporters.{name}.{kind}", species_of(config, row["dataset"]), file, row[kind]


def _ortholog_places(config: Config) -> Iterator[tuple[str, str, str | None, str]]:
    for name, row in config["comparisons"].items():
        file = orthologs_file(config, name)
        yield f"comparisons.{name}.orthologs", species_of(config, row["datasets"][0]), file, row["orthologs"]


def _species_places(config: Config, species: str) -> Iterator[tuple[str, Place]]:
    row, where = config["species"][species], f"species.{species}"
    yield GENOME, Place(f"{where}.genome", row["genome"])
    yield ANNOTATION, Place(f"{where}.annotation", row["annotation"])
    if row["cage_peaks"] is not None:
        yield CAGE_PEAKS, Place(f"{where}.cage_peaks", row["cage_peaks"])
    for file, value in zip(name_files(config, species), row["gene_names"], strict=True):
        yield file, Place(f"{where}.gene_names", value)
    for table in row["tables"]:
        settings = row["tables"][table]
        value = settings if isinstance(settings, str) else settings["source"]
        yield table_file(config, species, table), Place(f"{where}.tables.{table}", value)
        if not isinstance(settings, str) and "sample_names" in settings:
            place = Place(f"{where}.tables.{table}.sample_names", settings["sample_names"])
            yield f"{table}.sample_names.tsv", place


def species_of(config: Config, dataset: str) -> str:
    """Return the species of a dataset."""
    return str(config["datasets"][dataset]["species"])


def table_settings(config: Config, species: str, table: str) -> dict[str, Any]:
    """Return how to read an expression table: ``format`` and ``ids``, and which files for ENCODE."""
    if is_simulated(config, species):
        return dict(SIMULATED_TABLES[table])
    settings = config["species"][species]["tables"][table]
    if isinstance(settings, str):
        return {"format": "matrix", "ids": "gene"}
    return {key: value for key, value in settings.items() if key not in {"source", "sample_names"}}


def table_names(config: Config, species: str) -> list[str]:
    """Return the names of a species' expression tables."""
    return list(SIMULATED_TABLES if is_simulated(config, species) else config["species"][species]["tables"])


def is_encode(config: Config, species: str, table: str) -> bool:
    """Say whether a table is put together from the files that a metadata table of ENCODE names."""
    return bool(table_settings(config, species, table)["format"] == "encode")


def encode_tables(config: Config) -> list[str]:
    """Return the names of all tables, of any species, for which `is_encode` holds."""
    named = ((species, table) for species in config["species"] for table in table_names(config, species))
    return sorted({table for species, table in named if is_encode(config, species, table)})


def table_file(config: Config, species: str, table: str) -> str:
    """Return the name of an expression table's file: of ENCODE, the table that names its files."""
    return f"{table}.metadata.tsv" if is_encode(config, species, table) else f"{table}.tsv.gz"


def sample_names_file(config: Config, species: str, table: str) -> str | None:
    """Return the file that says what the samples of a table are called, if there is one."""
    if is_encode(config, species, table):
        return f"{table}.files.tsv"
    if is_simulated(config, species):
        return None
    settings = config["species"][species]["tables"][table]
    return (
        None if isinstance(settings, str) or "sample_names" not in settings else f"{table}.sample_names.tsv"
    )


def name_files(config: Config, species: str) -> list[str]:
    """Return the files of gene names of a species, in the order of their rank."""
    number = 2 if is_simulated(config, species) else len(config["species"][species]["gene_names"])
    return [f"gene_names_{rank}.tsv" for rank in range(1, number + 1)]


def has_cage_peaks(config: Config, species: str) -> bool:
    """Say whether a species has CAGE peaks."""
    return is_simulated(config, species) or config["species"][species]["cage_peaks"] is not None


def reporter_file(config: Config, reporter: str, kind: str) -> str | None:
    """Return the file of a reporter assay, by kind (a key of `REPORTER_ENDINGS`), if it has it."""
    row = config["reporters"][reporter]
    if row[kind] is None:
        return None
    simulated = is_simulated(config, species_of(config, row["dataset"]))
    return f"{SIMULATED_ASSAY if simulated else reporter}.{REPORTER_ENDINGS[kind]}"


def species_of_baselines(config: Config, name: str) -> str:
    """Return the species whose genes some baselines predict."""
    return species_of(
        config, expand(config["experiments"])[config["baselines"][name]["experiment"]]["dataset"]
    )


def motif_file(config: Config, name: str) -> str | None:
    """Return the file of the motifs that some baselines use; None where they come with the package, from JASPAR."""
    motifs = config["baselines"][name]["motifs"]
    if jaspar_of(motifs) is not None:
        return None
    return SIMULATED_MOTIFS if motifs == SIMULATED else f"{name}.motifs.meme"


def species_of_track(config: Config, name: str) -> str:
    """Return the species whose genome a track runs along."""
    return tracked_species(config["tracks"][name], expand(config["experiments"]), config["datasets"])


def track_model_file(name: str) -> str:
    """Return the file of a track's model that was trained elsewhere."""
    return f"{name}.track.h5"


def track_sources(config: Config, name: str) -> dict[tuple[str, ...], str]:
    """Return the files that a track is drawn with, by their key in its settings: islands, states, CAGE."""
    row = config["tracks"][name]
    found: dict[tuple[str, ...], str] = {}
    if row["islands"] is not None:
        found["islands",] = f"{name}.islands.bed"
    for cell in row["states"]:
        found["states", cell] = f"{name}.states_{cell}.bed"
    for strand in row["cage"] or {}:
        found["cage", strand] = f"{name}.cage.{strand}.bw"
    return found


def orthologs_file(config: Config, comparison: str) -> str | None:
    """Return the file of the orthologs that a comparison between species goes by, if it does."""
    row = config["comparisons"][comparison]
    if row["orthologs"] is None:
        return None
    simulated = is_simulated(config, species_of(config, row["datasets"][0]))
    return SIMULATED_ORTHOLOGS if simulated else f"{comparison}.orthologs.tsv"


def records(config: Config, species: str, files: list[str]) -> list[str]:
    """Return the records of where files of a species came from; a simulated species has one for all."""
    if is_simulated(config, species):
        return [f"resources/{species}/{SIMULATED_RECORD}"]
    return [f"resources/{species}/{file}.source.json" for file in files]


def all_records(config: Config) -> dict[str, str]:
    """Return the records of where all files of a run came from, by file, or by species where it is simulated."""
    found = {}
    for species in config["species"]:
        if is_simulated(config, species):
            found[species] = f"resources/{species}/{SIMULATED_RECORD}"
    for species, file in places(config):
        found[f"{species}/{file}"] = f"resources/{species}/{file}.source.json"
    return found


def settings_without_places(config: Config) -> dict[str, Any]:
    """Return the configuration without what says where files lie, which no result depends on."""
    return {key: value for key, value in config.items() if key not in {"data_dir", "sources"}}
