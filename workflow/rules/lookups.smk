# What rules look up by their wildcards: inputs and parameters.


def source_of(wildcards):
    """Return the configured source of a species' file, with its row of the registry."""
    return describe(PLACES[wildcards.species, wildcards.get("file", places.GENOME)].value, REGISTRY)


def local_source_of(wildcards):
    """Return the local file that a source is copied from, if no checksum vouches for it."""
    return local_file(source_of(wildcards), config["data_dir"]) or []


def fetched_files():
    """Return the names of all files that are fetched as they are."""
    return sorted({file for _, file in PLACES if file != places.GENOME})


def cage_peaks_of(wildcards):
    """Return the CAGE peaks of a species, if it has any."""
    there = places.has_cage_peaks(config, wildcards.species)
    return f"resources/{wildcards.species}/{places.CAGE_PEAKS}" if there else []


def name_files_of(wildcards):
    """Return the tables of gene names of a species, in the order of their rank."""
    return [f"resources/{wildcards.species}/{file}" for file in places.name_files(config, wildcards.species)]


def gene_names_of(wildcards):
    """Return the joined gene names of a species, if it has any beside those of the annotation."""
    return [f"results/{wildcards.species}/gene_names.tsv"] if name_files_of(wildcards) else []


def encode_settings_of(wildcards):
    """Return which of ENCODE's files to take."""
    settings = places.table_settings(config, wildcards.species, wildcards.table)
    return {key: settings.get(key) for key in ("assembly", "genome_annotation")}


def table_of(wildcards):
    """Return the expression table of a dataset."""
    row = DATASETS[wildcards.dataset]
    species, table = row["species"], row["table"]
    if places.is_encode(config, species, table):
        return f"results/{species}/expression/{table}.matrix.tsv"
    return f"resources/{species}/{places.table_file(config, species, table)}"


def records_of_species(wildcards):
    """Return the records of where the files of a species came from; a simulated one has its truth."""
    files = [places.GENOME, places.ANNOTATION, *places.name_files(config, wildcards.species)]
    files += [places.CAGE_PEAKS] if cage_peaks_of(wildcards) else []
    return places.records(config, wildcards.species, files)


def record_of_table(wildcards):
    """Return the record of where a dataset's expression table came from."""
    row = DATASETS[wildcards.dataset]
    file = places.table_file(config, row["species"], row["table"])
    return places.records(config, row["species"], [file])


def genes_of(wildcards):
    """Return the genes of a dataset's species."""
    return f"results/{DATASETS[wildcards.dataset]['species']}/genes.tsv"


def promoters_of(wildcards):
    """Return the promoters of a dataset's species."""
    return f"results/{DATASETS[wildcards.dataset]['species']}/promoters.h5"


def expression_of(wildcards):
    """Return the expression values of a dataset."""
    return f"results/{DATASETS[wildcards.dataset]['species']}/expression/{wildcards.dataset}.tsv"


def datasets_of(wildcards):
    """Return the names of the datasets of a species."""
    return [name for name, row in DATASETS.items() if row["species"] == wildcards.species]


def dropped_of(wildcards):
    """Return the tables of the genes that the datasets of a species lack."""
    return expand("results/{dataset}/dataset.dropped.tsv", dataset=datasets_of(wildcards))


def simulation_of(wildcards):
    """Return the settings of a simulated species."""
    return SPECIES[wildcards.species]["simulate"]


def promoter_settings_of(wildcards):
    """Return what the promoters of a species depend on, beside its files."""
    species = SPECIES[wildcards.species]
    files = {"genome", "annotation", "cage_peaks", "gene_names", "tables", "simulate"}
    return {key: value for key, value in species.items() if key not in files}


def expression_settings_of(wildcards):
    """Return how a dataset's expression values are taken from its table, and how the table is read."""
    row = DATASETS[wildcards.dataset]
    own = {key: value for key, value in row.items() if key != "species"}
    return {**own, **places.table_settings(config, row["species"], row["table"])}


def units_of(wildcards):
    """Return the unit of a dataset's values."""
    return DATASETS[wildcards.dataset]["units"]
