# What the rules of baselines look up by their wildcards.


def baselines_of(wildcards):
    """Return the settings of some baselines."""
    return BASELINES[wildcards.baseline]


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


def datasets_of_baselines():
    """Return dataset, species and network of each comparison with baselines."""
    experiments = {name: row["experiment"] for name, row in BASELINES.items()}
    datasets = {name: EXPERIMENTS[experiment]["dataset"] for name, experiment in experiments.items()}
    return [
        {"network": experiments[name], "dataset": dataset, "species": DATASETS[dataset]["species"]}
        for name, dataset in datasets.items()
    ]
