# Datasets, the split of each experiment, and its leakage audit.


rule dataset:
    input:
        genes=genes_of,
        promoters=promoters_of,
        expression=expression_of,
        records=record_of_table,
    output:
        dataset="results/{dataset}/dataset.h5",
        dropped="results/{dataset}/dataset.dropped.tsv",
    log:
        "logs/dataset/{dataset}.log",
    benchmark:
        "benchmarks/dataset/{dataset}.tsv"
    conda:
        "../../envs/promoters.yaml"
    resources:
        mem_mb=gigabytes(2),
        runtime=minutes(10),
    params:
        units=units_of,
        code=code_hash("dataset"),
    message:
        "Joining promoters, half-life features and expression of {wildcards.dataset}"
    script:
        "../scripts/dataset.py"


rule split:
    input:
        dataset="results/{dataset}/dataset.h5",
        genes=genes_source_of,
        searched=searched_of,
    output:
        split="results/{dataset}/{experiment}/split.tsv",
        leakage="results/{dataset}/{experiment}/leakage.tsv",
        summary=report(
            "results/{dataset}/{experiment}/leakage_summary.tsv",
            caption="../report/leakage_summary.rst",
            category="03 Data",
            labels={"what": "{experiment}: leakage table"},
        ),
    log:
        "logs/split/{dataset}/{experiment}.log",
    benchmark:
        "benchmarks/split/{dataset}/{experiment}.tsv"
    wildcard_constraints:
        experiment=one_of(single_experiments()),
    conda:
        "../../envs/dataset.yaml"
    resources:
        mem_mb=gigabytes(2),
        runtime=minutes(10),
    params:
        split=split_of,
        genes=genes_choice_of,
        column=genes_column_of,
        window=window_of,
        seed=config["seed"],
        code=code_hash("leakage", "plan"),
    message:
        "Splitting the genes of {wildcards.experiment} and auditing the split"
    script:
        "../scripts/split.py"


# One of a family of experiments has no pages of its own in the report.
use rule split as split_member with:
    output:
        split="results/{dataset}/{experiment}/split.tsv",
        leakage="results/{dataset}/{experiment}/leakage.tsv",
        summary="results/{dataset}/{experiment}/leakage_summary.tsv",
    wildcard_constraints:
        experiment=one_of(family_members()),
