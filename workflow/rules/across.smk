# Models of one dataset beside, or on, another.


rule tested_on:
    input:
        split="results/{dataset}/{experiment}/split.tsv",
        models=per_fold("models/fold_{fold}"),
        other="results/{other}/dataset.h5",
        pairs=pairs_of_test,
    output:
        predictions="results/{dataset}/{experiment}/tested_on/{other}.tsv",
        metrics="results/{dataset}/{experiment}/tested_on/{other}.json",
    log:
        "logs/tested_on/{dataset}/{experiment}/{other}.log",
    benchmark:
        "benchmarks/tested_on/{dataset}/{experiment}/{other}.tsv"
    wildcard_constraints:
        other=one_of(DATASETS),
    conda:
        TRAINING_ENV
    threads: 1
    resources:
        mem_mb=gigabytes(3),
        runtime=minutes(30),
        gpu=GPU,
    params:
        column=genes_column_of,
        seed=config["seed"],
        device=config["device"],
        code=code_hash("device", "tested_on"),
    message:
        "Testing {wildcards.experiment} on {wildcards.other}"
    script:
        "../scripts/tested_on.py"


rule report_tested_on:
    input:
        tests=tested_on_results(),
        metrics=metrics_of_hosts(),
        predictions=predictions_side_by_side(),
    output:
        table=f"results/{RUN}/tested_on.tsv",
        figure=report(
            f"results/{RUN}/figures/tested_on.svg",
            caption="../report/tested_on.rst",
            category="07 Across datasets",
            labels={"what": "models tested on other datasets"},
        ),
    log:
        f"logs/report_tested_on/{RUN}.log",
    localrule: True
    conda:
        "../../envs/report.yaml"
    params:
        experiments=travelling_experiments(),
        species={name: row["species"] for name, row in DATASETS.items()},
        seed=config["seed"],
        code=code_hash("report_training"),
    message:
        "Drawing how models do on other datasets"
    script:
        "../scripts/report_tested_on.py"


rule classifier:
    input:
        comparison=f"results/{RUN}/comparisons/{{comparison}}.tsv",
        predictions=experiments_of_classifier,
    output:
        table=f"results/{RUN}/comparisons/{{comparison}}.classifier.tsv",
        summary=f"results/{RUN}/comparisons/{{comparison}}.classifier.json",
        figure=report(
            f"results/{RUN}/figures/classifier_{{comparison}}.svg",
            caption="../report/classifier.rst",
            category="07 Across datasets",
            labels={"what": "{comparison}: do predictions tell who has more?"},
        ),
    log:
        f"logs/classifier/{RUN}/{{comparison}}.log",
    wildcard_constraints:
        comparison=one_of(classifiers()),
    localrule: True
    conda:
        "../../envs/report.yaml"
    params:
        names=names_of_pair,
        calls=calls_of_classifier,
        code=code_hash("report_training"),
    message:
        "Asking whether predictions tell which of {params.names} has more"
    script:
        "../scripts/classifier.py"
