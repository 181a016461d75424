# What several experiments tell together.


rule report_family:
    input:
        metrics_of_members,
    output:
        table=f"results/{RUN}/families/{{family}}.tsv",
        figure=report(
            f"results/{RUN}/figures/family_{{family}}.svg",
            caption="../report/family.rst",
            category="01 Summary",
            labels={"what": "{family}: what changes with its settings", "kind": "figure"},
        ),
    log:
        f"logs/report_family/{RUN}/{{family}}.log",
    localrule: True
    conda:
        "../../envs/report.yaml"
    params:
        members=members_of,
        code=code_hash("report_training"),
    message:
        "Drawing the experiments of {wildcards.family}"
    script:
        "../scripts/report_family.py"


rule report_ensembles:
    input:
        metrics=expand("{folder}/{file}", folder=experiment_folders(), file=["metrics.json", "trials.tsv"]),
    output:
        table=report(
            f"results/{RUN}/ensembles.tsv",
            caption="../report/ensembles.rst",
            category="01 Summary",
            labels={"what": "all experiments: best of n, mean of n, intervals", "kind": "table"},
        ),
        figure=report(
            f"results/{RUN}/figures/ensembles.svg",
            caption="../report/ensembles.rst",
            category="01 Summary",
            labels={"what": "best of n, mean of n, and intervals", "kind": "figure"},
        ),
    log:
        f"logs/report_ensembles/{RUN}.log",
    localrule: True
    conda:
        "../../envs/report.yaml"
    params:
        experiments=dict(zip(EXPERIMENTS, experiment_folders())),
        shown=list(single_experiments()),
        code=code_hash("report_training"),
    message:
        "Comparing the best trial with the mean of all"
    script:
        "../scripts/report_ensembles.py"


rule split_costs:
    input:
        files_of_split_pairs(),
    output:
        table=f"results/{RUN}/split_costs.tsv",
        figure=report(
            f"results/{RUN}/figures/split_costs.svg",
            caption="../report/split_costs.rst",
            category="01 Summary",
            labels={"what": "random split beside chromosomes", "kind": "figure"},
        ),
    log:
        f"logs/split_costs/{RUN}.log",
    localrule: True
    conda:
        "../../envs/report.yaml"
    params:
        pairs=SPLIT_PAIRS,
        datasets={name: EXPERIMENTS[name]["dataset"] for pair in SPLIT_PAIRS for name in pair},
        seed=config["seed"],
        code=code_hash("report_training"),
    message:
        "Measuring what a random split owes to neighbours"
    script:
        "../scripts/split_costs.py"
