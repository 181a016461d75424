# What the rules of interpretations look up by their wildcards.


def interpretation_of(wildcards):
    """Return the settings of an interpretation."""
    return INTERPRETATIONS[wildcards.interpretation]


def dataset_of_interpretation(name):
    """Return the dataset whose genes are explained."""
    return analysed_dataset(INTERPRETATIONS[name], EXPERIMENTS)


def folder_of_interpretation(name):
    """Return where the results of an interpretation lie."""
    return f"results/{dataset_of_interpretation(name)}/interpretations/{name}"


def model_elsewhere(name):
    """Return the file of a model that was trained elsewhere."""
    return f"resources/{places.MODELS}/{name}.h5"


def predictions_explained(wildcards):
    """Return the predictions that are explained, or the model that makes them."""
    row = interpretation_of(wildcards)
    if "experiment" in row:
        return f"results/{wildcards.dataset}/{row['experiment']}/predictions.tsv"
    return model_elsewhere(wildcards.interpretation)


def model_explained(wildcards):
    """Return the model of a fold, which has not seen the fold's genes."""
    row = interpretation_of(wildcards)
    if "experiment" in row:
        return f"results/{wildcards.dataset}/{row['experiment']}/models/fold_{wildcards.fold}"
    return model_elsewhere(wildcards.interpretation)


def folds_explained(name):
    """Return the numbers of the folds."""
    row = INTERPRETATIONS[name]
    folds = EXPERIMENTS[row["experiment"]]["split"].get("folds", 1) if "experiment" in row else 1
    return range(1, folds + 1)


def per_fold_explained(file):
    """Return a function that gives a file of each fold of an interpretation."""

    def files(wildcards):
        folder = f"results/{wildcards.dataset}/interpretations/{wildcards.interpretation}/folds"
        return [f"{folder}/{file.format(fold=fold)}" for fold in folds_explained(wildcards.interpretation)]

    return files


def gene_settings_of(wildcards):
    """Return how genes are grouped."""
    row = interpretation_of(wildcards)
    return {key: row[key] for key in ("silent", "classes")}


def score_settings_of(wildcards):
    """Return how bases are scored, and the method whose scores of single genes are kept."""
    row = interpretation_of(wildcards)
    kept = row["kmers"]["method"] if row["kmers"] else row["methods"][0]
    settings = {key: row[key] for key in ("methods", "background", "steps")}
    return {**settings, "kept": kept, "own": "experiment" in row}


def smoothing_of(wildcards):
    """Return the bases that curves are smoothed over."""
    return interpretation_of(wildcards)["smooth"]


def kmer_settings_of(wildcards):
    """Return how k-mers are found."""
    return interpretation_of(wildcards)["kmers"]


def dinucleotide_settings_of(wildcards):
    """Return which dinucleotides are counted in which genes."""
    row = interpretation_of(wildcards)
    return {"window": row["dinucleotides"], "silent": row["silent"], "resolution": row["smooth"]}


def with_kmers():
    """Return the interpretations that look for k-mers."""
    return [name for name, row in INTERPRETATIONS.items() if row["kmers"] is not None]


def with_dinucleotides():
    """Return the interpretations that count dinucleotides."""
    return [name for name, row in INTERPRETATIONS.items() if row["dinucleotides"] is not None]


def figures_of_interpretations():
    """Return the figures of all interpretations."""
    kinds = {
        "profiles": INTERPRETATIONS,
        "classes": INTERPRETATIONS,
        "agreement": INTERPRETATIONS,
        "kmers_classes": with_kmers(),
        "kmers_halves": with_kmers(),
        "dinucleotides": with_dinucleotides(),
    }
    return [
        f"{folder_of_interpretation(name)}/figures/{kind}.svg"
        for kind, names in kinds.items()
        for name in names
    ]


def facts_of_interpretations():
    """Return what the first page tells of each interpretation."""
    return [
        *expand(
            "{folder}/{file}.json",
            folder=map(folder_of_interpretation, INTERPRETATIONS),
            file=["profiles", "classes"],
        ),
        *expand(
            "{folder}/kmers/{file}",
            folder=map(folder_of_interpretation, with_kmers()),
            file=["classes.tsv", "classes.json"],
        ),
    ]
