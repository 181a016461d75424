# Figures, the comparison of all experiments, and the report's first page.


rule report_species:
    input:
        genes="results/{species}/genes.tsv",
        dropped="results/{species}/dropped.tsv",
    output:
        dropped=report(
            "results/{species}/figures/dropped_genes.svg",
            caption="../report/dropped_genes.rst",
            category="02 Promoters",
            labels={"what": "{species}: genes dropped, by reason"},
        ),
        tss=report(
            "results/{species}/figures/tss_shift.svg",
            caption="../report/tss_shift.rst",
            category="02 Promoters",
            labels={"what": "{species}: shift of the TSS by CAGE"},
        ),
    log:
        "logs/report_species/{species}.log",
    localrule: True
    conda:
        "../../envs/report.yaml"
    params:
        code=code_hash("report"),
    message:
        "Drawing the promoters of {wildcards.species}"
    script:
        "../scripts/report_species.py"


rule report_expression:
    input:
        datasets=expand("results/{dataset}/dataset.h5", dataset=DATASETS),
        comparisons=expand(f"results/{RUN}/comparisons/{{name}}.tsv", name=between_species()),
    output:
        histogram=report(
            f"results/{RUN}/figures/expression.svg",
            caption="../report/expression_distribution.rst",
            category="03 Data",
            labels={"what": "all: distribution of expression"},
        ),
        ecdf=report(
            f"results/{RUN}/figures/expression_ecdf.svg",
            caption="../report/expression_ecdf.rst",
            category="03 Data",
            labels={"what": "all: cumulative expression"},
        ),
    log:
        f"logs/report_expression/{RUN}.log",
    localrule: True
    conda:
        "../../envs/report.yaml"
    params:
        names=list(DATASETS),
        pairs=[COMPARISONS[name]["datasets"] for name in between_species()],
        code=code_hash("report"),
    message:
        "Drawing the expression of all datasets"
    script:
        "../scripts/report_expression.py"


rule report_experiment:
    input:
        predictions="results/{dataset}/{experiment}/predictions.tsv",
        metrics="results/{dataset}/{experiment}/metrics.json",
        trials="results/{dataset}/{experiment}/trials.tsv",
        history="results/{dataset}/{experiment}/history.tsv",
        leakage="results/{dataset}/{experiment}/leakage.tsv",
    output:
        scatter=report(
            "results/{dataset}/{experiment}/figures/observed_vs_predicted.svg",
            caption="../report/observed_vs_predicted.rst",
            category="04 Models",
            labels={"experiment": "{experiment}", "what": "observed against predicted", "kind": "figure"},
        ),
        curves=report(
            "results/{dataset}/{experiment}/figures/learning_curves.svg",
            caption="../report/learning_curves.rst",
            category="04 Models",
            labels={"experiment": "{experiment}", "what": "learning curves", "kind": "figure"},
        ),
        leakage=report(
            "results/{dataset}/{experiment}/figures/leakage.svg",
            caption="../report/leakage.rst",
            category="03 Data",
            labels={"what": "{experiment}: leakage audit"},
        ),
    log:
        "logs/report_experiment/{dataset}/{experiment}.log",
    localrule: True
    conda:
        "../../envs/report.yaml"
    params:
        units=units_of,
        code=code_hash("report"),
    message:
        "Drawing the results of {wildcards.experiment}"
    script:
        "../scripts/report_experiment.py"


rule report_run:
    input:
        experiments=files_of_singles(["metrics.json", "trials.tsv", "leakage.tsv"]),
        models=model_folders(),
        genes=expand("results/{species}/{table}.tsv", species=SPECIES, table=["genes", "dropped"]),
        datasets=expand("results/{dataset}/dataset.h5", dataset=DATASETS),
        comparisons=expand(f"results/{RUN}/comparisons/{{name}}.json", name=COMPARISONS),
        reporters=expand("{folder}/metrics.json", folder=reporter_folders()),
        together=tables_of_training(),
    output:
        comparison=report(
            f"results/{RUN}/figures/comparison.svg",
            caption="../report/comparison.rst",
            category="01 Summary",
            labels={"what": "experiments side by side", "kind": "figure"},
        ),
        metrics=report(
            f"results/{RUN}/metrics.tsv",
            caption="../report/metrics.rst",
            category="01 Summary",
            labels={"what": "metrics of experiments", "kind": "table"},
        ),
        landing=report(
            f"results/{RUN}/landing.rst",
            caption="../report/landing.rst",
            category="01 Summary",
            labels={"what": "what was run and what came out", "kind": "text"},
        ),
    log:
        f"logs/report_run/{RUN}.log",
    localrule: True
    conda:
        "../../envs/report.yaml"
    params:
        experiments=single_experiments(),
        reporters=dict(zip(REPORTERS, reporter_folders())),
        families=list(FAMILIES),
        tables={"tested_on": bool(tested_on_results()), "split_costs": bool(SPLIT_PAIRS)},
        config=places.settings_without_places(CONFIG),
        code=code_hash("report"),
    message:
        "Writing the first page of the report"
    script:
        "../scripts/report_run.py"
