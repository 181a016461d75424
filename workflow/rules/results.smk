# What a run consists of, by the configuration.


def experiment_folders():
    """Return the folder of every experiment, in the order of the configuration."""
    return [f"results/{row['dataset']}/{name}" for name, row in EXPERIMENTS.items()]


def family_members():
    """Return the experiments that are one of a family."""
    return [member.name for family in FAMILIES.values() for member in family]


def single_experiments():
    """Return the folder of each experiment by name, but those that are one of a family."""
    folders = dict(zip(EXPERIMENTS, experiment_folders()))
    return {name: folder for name, folder in folders.items() if name not in family_members()}


def files_of_singles(files):
    """Return some files of each of these experiments."""
    return expand("{folder}/{file}", folder=single_experiments().values(), file=files)


def model_folders():
    """Return the models of all folds of the experiments that the first page lists."""
    return [
        f"{folder}/models/fold_{fold}"
        for name, folder in single_experiments().items()
        for row in [EXPERIMENTS[name]]
        for fold in range(1, row["split"].get("folds", 1) + 1)
    ]


def several_samples():
    """Return the datasets that are a median over the samples of their table."""
    return [name for name, row in DATASETS.items() if "median_except" in row]


def between_species():
    """Return the comparisons that go by orthologs."""
    return [name for name, row in COMPARISONS.items() if row["orthologs"] is not None]


def reporter_folders():
    """Return the folder of every reporter assay."""
    return [f"results/{row['dataset']}/reporters/{name}" for name, row in REPORTERS.items()]


def run_results():
    """Return what a finished run consists of."""
    return [
        f"results/{RUN}/landing.rst",
        f"results/{RUN}/sources.tsv",
        f"results/{RUN}/figures/expression.svg",
        *expand("results/{species}/figures/dropped_genes.svg", species=SPECIES),
        *expand("results/{dataset}/figures/samples.svg", dataset=several_samples()),
        *expand("{folder}/figures/learning_curves.svg", folder=single_experiments().values()),
        *training_figures(),
        *figures_of_baselines(),
        *figures_of_interpretations(),
        *figures_of_residuals(),
        *figures_of_tracks(),
        *([f"results/{RUN}/figures/published.svg"] if BASELINES else []),
    ]


def training_figures():
    """Return the figures of searches, families and comparisons of experiments."""
    names = ["ensembles"]
    names += ["tested_on"] if tested_on_results() else []
    names += ["split_costs"] if SPLIT_PAIRS else []
    names += [f"search_progress_{group}" for group in searches_by_group()]
    names += [f"search_{kind}_{name}" for name in SEARCHES for kind in ("windows", "parameters")]
    names += [f"family_{name}" for name in FAMILIES]
    names += [f"classifier_{name}" for name in classifiers()]
    return expand(f"results/{RUN}/figures/{{name}}.svg", name=names)


def classifiers():
    """Return the comparisons that ask whether predictions tell the two datasets apart."""
    return [name for name, row in COMPARISONS.items() if "classifier" in row]


def tested_on_results():
    """Return the metrics of every experiment on every other dataset that it is tested on."""
    return [
        f"results/{row['dataset']}/{name}/tested_on/{other}.json"
        for name, row in EXPERIMENTS.items()
        for other in row.get("tested_on", [])
    ]


def tables_of_training():
    """Return the files of searches, families and comparisons of experiments that the first page tells of."""
    return [
        *expand(f"results/{RUN}/searches/{{name}}/best.json", name=SEARCHES),
        *expand(f"results/{RUN}/families/{{name}}.tsv", name=FAMILIES),
        *expand(f"results/{RUN}/comparisons/{{name}}.classifier.json", name=classifiers()),
        *tables_of_baselines(),
        *facts_of_interpretations(),
        *facts_of_residuals(),
        *facts_of_tracks(),
        *([f"results/{RUN}/tested_on.tsv"] if tested_on_results() else []),
        *([f"results/{RUN}/split_costs.tsv"] if SPLIT_PAIRS else []),
    ]


def figures_of_residuals():
    """Return the figures of all analyses of residuals."""
    return [
        f"{folder_of_residuals(name)}/figures/{figure}.svg"
        for name, row in RESIDUALS.items()
        for figure in figure_names(row)
    ]


def figure_names(row):
    """Return the names of the figures of an analysis."""
    names = ["scatter", *(f"groups_{name}" for name in row["groups"])]
    names += [f"halflives_{name}" for name in row["halflives"]]
    if row["mirnas"] is not None:
        names += ["mirna_abundance"] + (["mirna_targets"] if row["mirnas"]["targets"] is not None else [])
    return names


def facts_of_residuals():
    """Return what the first page tells of each analysis."""
    return [
        f"{folder_of_residuals(name)}/{file}"
        for name, row in RESIDUALS.items()
        for file in (
            *("residuals.json", "tests.tsv"),
            *(f"groups/{gene_set}.json" for gene_set in row["groups"]),
            *(("mirnas/facts.json", "mirnas/families.tsv") if row["mirnas"] else ()),
        )
    ]
