# Trains the models of every experiment and predicts its test genes.


rule train:
    input:
        dataset="results/{dataset}/dataset.h5",
        split="results/{dataset}/{experiment}/split.tsv",
        searched=searched_of,
    output:
        model=directory("results/{dataset}/{experiment}/models/fold_{fold}"),
        trials="results/{dataset}/{experiment}/folds/trials_{fold}.tsv",
        history="results/{dataset}/{experiment}/folds/history_{fold}.tsv",
    log:
        "logs/train/{dataset}/{experiment}/fold_{fold}.log",
    benchmark:
        "benchmarks/train/{dataset}/{experiment}/fold_{fold}.tsv"
    conda:
        TRAINING_ENV
    # Folds side by side use processors better than threads do; --set-threads train=4 for a lone hold-out.
    threads: 1
    resources:
        mem_mb=gigabytes(4),
        runtime=training_minutes,
        gpu=GPU,
    params:
        plan=plan_of,
        kept="results/{dataset}/{experiment}/trials/fold_{fold}",
        device=config["device"],
        code=code_hash("device", "training"),
    message:
        "Training fold {wildcards.fold} of {wildcards.experiment}"
    script:
        "../scripts/train.py"


rule predict:
    input:
        dataset="results/{dataset}/dataset.h5",
        split="results/{dataset}/{experiment}/split.tsv",
        genes=genes_of,
        models=per_fold("models/fold_{fold}"),
        trials=per_fold("folds/trials_{fold}.tsv"),
        history=per_fold("folds/history_{fold}.tsv"),
    output:
        predictions=report(
            "results/{dataset}/{experiment}/predictions.tsv",
            caption="../report/predictions.rst",
            category="04 Models",
            labels={"experiment": "{experiment}", "what": "predictions of test genes", "kind": "table"},
        ),
        metrics="results/{dataset}/{experiment}/metrics.json",
        trials="results/{dataset}/{experiment}/trials.tsv",
        history="results/{dataset}/{experiment}/history.tsv",
    log:
        "logs/predict/{dataset}/{experiment}.log",
    benchmark:
        "benchmarks/predict/{dataset}/{experiment}.tsv"
    wildcard_constraints:
        experiment=one_of(single_experiments()),
    conda:
        TRAINING_ENV
    threads: 1
    resources:
        mem_mb=gigabytes(3),
        runtime=minutes(30),
        gpu=GPU,
    params:
        seed=config["seed"],
        device=config["device"],
        code=code_hash("device", "evaluation"),
    message:
        "Predicting the test genes of {wildcards.experiment}"
    script:
        "../scripts/predict.py"


# One of a family of experiments has no pages of its own in the report.
use rule predict as predict_member with:
    output:
        predictions="results/{dataset}/{experiment}/predictions.tsv",
        metrics="results/{dataset}/{experiment}/metrics.json",
        trials="results/{dataset}/{experiment}/trials.tsv",
        history="results/{dataset}/{experiment}/history.tsv",
    wildcard_constraints:
        experiment=one_of(family_members()),
