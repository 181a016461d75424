# What the rules of baselines look up by their wildcards.


def baselines_of(wildcards):
    """Return the settings of some baselines."""
    return BASELINES[wildcards.baseline]


def motif_settings_of(wildcards):
    """Return how some baselines look for motifs."""
    row = baselines_of(wildcards)
    return {key: row[key] for key in ("motifs", "window", "threshold", "scanner")}


def fit_settings_of(wildcards):
    """Return which models some baselines are, and of which features."""
    row = baselines_of(wildcards)
    return {key: row[key] for key in ("window", "kmers", "merge_strands", "joint_kmers", "methods")}


def window_of_baselines(wildcards):
    """Return the bases that baselines look at."""
    return baselines_of(wildcards)["window"]


def folder_of_baselines(name):
    """Return where the results of some baselines lie."""
    return f"results/{EXPERIMENTS[BASELINES[name]['experiment']]['dataset']}/baselines/{name}"


def motif_file_of(wildcards):
    """Return the file of the motifs that baselines use, if they are not JASPAR's."""
    file = places.motif_file(CONFIG, wildcards.baseline)
    return f"resources/{DATASETS[wildcards.dataset]['species']}/{file}" if file else []


def split_of_baselines(wildcards):
    """Return the split of the experiment that baselines are compared with."""
    return f"results/{wildcards.dataset}/{baselines_of(wildcards)['experiment']}/split.tsv"


def protocol_of_baselines(wildcards):
    """Return how that experiment scales half-life features."""
    return EXPERIMENTS[baselines_of(wildcards)["experiment"]]["protocol"]


def folds_of_baselines(name):
    """Return the number of folds of that experiment."""
    return EXPERIMENTS[BASELINES[name]["experiment"]]["split"].get("folds", 1)


def fold_files_of(wildcards):
    """Return the predictions of baselines for all folds."""
    folds = range(1, folds_of_baselines(wildcards.baseline) + 1)
    return [f"{folder_of_baselines(wildcards.baseline)}/folds/predictions_{fold}.tsv" for fold in folds]


def networks_of(wildcards):
    """Return the experiments on the same genes and folds, the named one first."""
    return comparable(EXPERIMENTS, baselines_of(wildcards)["experiment"])


def inputs_of_networks(wildcards):
    """Return the inputs of each of these experiments."""
    return {name: EXPERIMENTS[name]["inputs"] for name in networks_of(wildcards)}


def predictions_of_networks(wildcards):
    """Return the predictions of these experiments."""
    return [f"results/{wildcards.dataset}/{name}/predictions.tsv" for name in networks_of(wildcards)]


def baselines_with_folds():
    """Return the baselines that are compared over several folds."""
    return [name for name in BASELINES if folds_of_baselines(name) > 1]


def figures_of_baselines():
    """Return the figures of all baselines."""
    names = {name: ["comparison", "coefficients", "motifs"] for name in BASELINES}
    for name in baselines_with_folds():
        names[name].append("folds")
    return [
        f"{folder_of_baselines(name)}/figures/{figure}.svg"
        for name, several in names.items()
        for figure in several
    ]


def tables_of_baselines():
    """Return the table of each comparison with baselines."""
    return [f"{folder_of_baselines(name)}/comparison.tsv" for name in BASELINES]


def reference_of_baselines(wildcards):
    """Return the experiment that baselines are compared with."""
    return baselines_of(wildcards)["experiment"]


def with_species(name, dataset, file):
    """Return what the figure of published results is told of a result of this run."""
    return {"name": name, "dataset": dataset, "species": DATASETS[dataset]["species"], "file": file}


def compared_experiments():
    """Return each comparison with baselines, by the name of its network."""
    return [
        with_species(row["experiment"], EXPERIMENTS[row["experiment"]]["dataset"], table)
        for row, table in zip(BASELINES.values(), tables_of_baselines())
    ]


def other_experiments():
    """Return the experiments that read promoters of datasets without baselines."""
    taken = {row["dataset"] for row in compared_experiments()}
    return [
        with_species(name, EXPERIMENTS[name]["dataset"], f"{folder}/metrics.json")
        for name, folder in single_experiments().items()
        if EXPERIMENTS[name]["dataset"] not in taken and "promoter" in EXPERIMENTS[name]["inputs"]
    ]


def reporter_results():
    """Return the reporter assays."""
    return [
        with_species(name, row["dataset"], f"{folder}/metrics.json")
        for (name, row), folder in zip(REPORTERS.items(), reporter_folders())
    ]


def files_beside_published():
    """Return the files of all that is set beside published results."""
    return [row["file"] for row in [*compared_experiments(), *other_experiments(), *reporter_results()]]
