# What rules look up by their wildcards: inputs and parameters.


def source_of(wildcards):
    """Return the configured source of a species' file, with its row of the registry."""
    species = SPECIES[wildcards.species]
    kinds = {name: kind for kind, name in FILES.items()}
    name = wildcards.get("file", "genome.fa")
    kinds["genome.fa"] = "genome"
    value = species[kinds[name]] if name in kinds else species["tables"][name.removesuffix(".tsv.gz")]
    return describe(value, REGISTRY)


def local_source_of(wildcards):
    """Return the local file that a source is copied from, if no checksum vouches for it."""
    return local_file(source_of(wildcards), config["data_dir"]) or []


def fetched_files():
    """Return the names of all files that are fetched as they are."""
    tables = {f"{table}.tsv.gz" for name in FETCHED for table in SPECIES[name]["tables"]}
    return [*FILES.values(), *sorted(tables)]


def cage_peaks_of(wildcards):
    """Return the CAGE peaks of a species, if it has any."""
    return optional_file(wildcards.species, "cage_peaks")


def gene_names_of(wildcards):
    """Return the gene names of a species, if it has any beside those of the annotation."""
    return optional_file(wildcards.species, "gene_names")


def optional_file(species, kind):
    there = species in SIMULATED or SPECIES[species][kind] is not None
    return f"resources/{species}/{FILES[kind]}" if there else []


def table_of(wildcards):
    """Return the expression table of a dataset."""
    dataset = DATASETS[wildcards.dataset]
    return f"resources/{dataset['species']}/{dataset['table']}.tsv.gz"


def records_of_species(wildcards):
    """Return the records of where the files of a species came from; a simulated one has its truth."""
    species = wildcards.species
    if species in SIMULATED:
        return [f"resources/{species}/truth/model.json"]
    kinds = [name for kind, name in FILES.items() if SPECIES[species][kind] is not None]
    return [f"resources/{species}/{name}.source.json" for name in ["genome.fa", *kinds]]


def record_of_table(wildcards):
    """Return the record of where a dataset's expression table came from."""
    dataset = DATASETS[wildcards.dataset]
    species = dataset["species"]
    record = "truth/model.json" if species in SIMULATED else f"{dataset['table']}.tsv.gz.source.json"
    return [f"resources/{species}/{record}"]


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
    """Return how a dataset's expression values are taken from its table."""
    return {key: value for key, value in DATASETS[wildcards.dataset].items() if key != "species"}


def units_of(wildcards):
    """Return the unit of a dataset's values."""
    return DATASETS[wildcards.dataset]["units"]


def split_of(wildcards):
    """Return how an experiment splits its genes."""
    return EXPERIMENTS[wildcards.experiment]["split"]


def window_of(wildcards):
    """Return the bases upstream and downstream of the TSS that an experiment's network reads."""
    architecture = plan_of(wildcards)["architecture"]
    return [architecture["upstream"], architecture["downstream"]]


def jitter_of(wildcards):
    """Return how far an experiment's training shifts its windows, in bases."""
    return plan_of(wildcards)["architecture"]["training"]["jitter"]


def plan_of(wildcards):
    """Return what an experiment trains."""
    return experiment_plan(config, wildcards.experiment)


def per_fold(pattern):
    """Return a function that gives the files of all folds of an experiment."""

    def files(wildcards):
        folds = split_of(wildcards).get("folds", 1)
        folder = f"results/{wildcards.dataset}/{wildcards.experiment}"
        return [f"{folder}/{pattern.format(fold=fold)}" for fold in range(1, folds + 1)]

    return files
