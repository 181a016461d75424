# What the rules of expression tables, comparisons and reporter assays look up by their wildcards.


def names_for_table_of(wildcards):
    """Return the gene names that turn a table's ids into the annotation's, if it needs them."""
    row = DATASETS[wildcards.dataset]
    entrez = places.table_settings(config, row["species"], row["table"])["ids"] == "entrez"
    return f"results/{row['species']}/gene_names.tsv" if entrez else []


def sample_names_of(wildcards):
    """Return what the samples of a dataset's table are called, if something says so."""
    row = DATASETS[wildcards.dataset]
    file = places.sample_names_file(config, row["species"], row["table"])
    return f"resources/{row['species']}/{file}" if file else []


def datasets_of_pair(wildcards):
    """Return the two datasets of a comparison."""
    return expand("results/{dataset}/dataset.h5", dataset=names_of_pair(wildcards))


def orthologs_of(wildcards):
    """Return the orthologs that a comparison goes by, if it is between species."""
    file = places.orthologs_file(config, wildcards.comparison)
    species = places.species_of(config, COMPARISONS[wildcards.comparison]["datasets"][0])
    return f"resources/{species}/{file}" if file else []


def names_of_pair(wildcards):
    """Return the names of the two datasets of a comparison."""
    return COMPARISONS[wildcards.comparison]["datasets"]


def reporter_input(kind):
    """Return a function that gives a file of a reporter assay by kind, if it has it."""

    def file(wildcards):
        name = places.reporter_file(config, wildcards.reporter, kind)
        return f"resources/{DATASETS[wildcards.dataset]['species']}/{name}" if name else []

    return file


def reporter_sites_of(wildcards):
    """Return where a reporter assay is measured, if it is not measured already."""
    measured = REPORTERS[wildcards.reporter]["format"] == "table"
    return [] if measured else f"results/{wildcards.dataset}/reporters/{wildcards.reporter}/sites.tsv"


def reporter_predictions_of(wildcards):
    """Return the predictions that join a reporter assay in one model, if there are any."""
    experiment = REPORTERS[wildcards.reporter]["predictions"]
    folder = f"results/{EXPERIMENTS[experiment]['dataset']}/{experiment}" if experiment else ""
    return f"{folder}/predictions.tsv" if experiment else []


def sample_around_center_of(wildcards):
    """Return the bases around the TSS that a reporter assay is averaged over."""
    return REPORTERS[wildcards.reporter]["sample_around_center"]
