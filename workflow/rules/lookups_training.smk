# What the rules of experiments look up by their wildcards.


def split_of(wildcards):
    """Return how an experiment splits its genes."""
    return EXPERIMENTS[wildcards.experiment]["split"]


def genes_choice_of(wildcards):
    """Return which genes an experiment uses; None is all."""
    return EXPERIMENTS[wildcards.experiment].get("genes")


def genes_source_of(wildcards):
    """Return the file that an experiment's choice of genes goes by, if it makes one."""
    genes = genes_choice_of(wildcards) or {}
    if "orthologs" in genes:
        return f"results/{RUN}/comparisons/{genes['orthologs']}.tsv"
    return f"results/{genes['silent_share_of']}/dataset.h5" if genes else []


def genes_column_of(wildcards):
    """Return the column of a comparison that holds the genes of an experiment's dataset."""
    comparison = (genes_choice_of(wildcards) or {}).get("orthologs")
    second = comparison and COMPARISONS[comparison]["datasets"][1] == wildcards.dataset
    return "ortholog_id" if second else "gene_id"


def window_of(wildcards):
    """Return what an experiment's network reads, as far as the configuration says so."""
    plan = plan_of(wildcards)
    found = plan["architecture"] or {"upstream": None, "downstream": None, "training": {"jitter": None}}
    ends = {key: found[key] for key in ("upstream", "downstream")}
    return {**ends, "jitter": found["training"]["jitter"], "window": plan["window"]}


def searched_of(wildcards):
    """Return the result of the search that finds an experiment's architecture, if one does."""
    name = EXPERIMENTS[wildcards.experiment]["architecture"]
    return f"results/{RUN}/searches/{name}/best.json" if name in SEARCHES else []


def plan_of(wildcards):
    """Return what an experiment trains."""
    return experiment_plan(CONFIG, wildcards.experiment)


def per_fold(pattern):
    """Return a function that gives the files of all folds of an experiment."""

    def files(wildcards):
        folds = split_of(wildcards).get("folds", 1)
        folder = f"results/{wildcards.dataset}/{wildcards.experiment}"
        return [f"{folder}/{pattern.format(fold=fold)}" for fold in range(1, folds + 1)]

    return files


def pairs_of_test(wildcards):
    """Return the table of orthologs between an experiment's dataset and the one that it is tested on, if any."""
    other = DATASETS[wildcards.other]["species"]
    if other == DATASETS[wildcards.dataset]["species"]:
        return []
    return f"results/{RUN}/comparisons/{EXPERIMENTS[wildcards.experiment]['genes']['orthologs']}.tsv"


def experiments_of_classifier(wildcards):
    """Return the predictions of the two experiments that a classifier compares."""
    names = COMPARISONS[wildcards.comparison]["classifier"]["experiments"]
    return [f"results/{EXPERIMENTS[name]['dataset']}/{name}/predictions.tsv" for name in names]


def calls_of_classifier(wildcards):
    """Return which genes a classifier is to tell apart."""
    return COMPARISONS[wildcards.comparison]["classifier"]["calls"]


def members_of(wildcards):
    """Return the members of a family: name, varied values and folder."""
    return [
        {
            "name": member.name,
            "values": member.values,
            "folder": f"results/{member.row['dataset']}/{member.name}",
        }
        for member in FAMILIES[wildcards.family]
    ]


def metrics_of_members(wildcards):
    """Return the files that a family's figure is drawn from."""
    folders = [member["folder"] for member in members_of(wildcards)]
    return expand("{folder}/{file}", folder=folders, file=["metrics.json", "trials.tsv", "split.tsv"])


def files_of_split_pairs():
    """Return the files that the cost of splitting by chromosomes is computed from."""
    folders = [f"results/{EXPERIMENTS[name]['dataset']}/{name}" for pair in SPLIT_PAIRS for name in pair]
    return expand("{folder}/{file}.tsv", folder=folders, file=["predictions", "leakage", "split"])


def travelling_experiments():
    """Return the experiments that are tested on other datasets, and those datasets' own that are like them."""
    return with_hosts(EXPERIMENTS)


def predictions_side_by_side():
    """Return the predictions of models on other datasets, and those of these datasets' own models."""
    visits = [path.replace(".json", ".tsv") for path in tested_on_results()]
    return visits + [path.replace("metrics.json", "predictions.tsv") for path in metrics_of_hosts()]


def metrics_of_hosts():
    """Return the metrics of all of these on their own datasets."""
    return [f"results/{row['dataset']}/{name}/metrics.json" for name, row in travelling_experiments().items()]
