# One expression value per gene, from tables of several kinds.


rule encode_matrix:
    input:
        manifest="resources/{species}/{table}.files.tsv",
    output:
        table="results/{species}/expression/{table}.matrix.tsv",
        cases="results/{species}/expression/{table}.matrix.cases.tsv",
    log:
        "logs/encode_matrix/{species}/{table}.log",
    benchmark:
        "benchmarks/encode_matrix/{species}/{table}.tsv"
    wildcard_constraints:
        table=one_of(places.encode_tables(config)),
    conda:
        "../../envs/promoters.yaml"
    resources:
        mem_mb=gigabytes(2),
        runtime=minutes(30),
    params:
        code=code_hash("encode"),
    message:
        "Putting the samples of {wildcards.table} side by side"
    script:
        "../scripts/encode_matrix.py"


rule expression:
    input:
        table=table_of,
        gene_names=names_for_table_of,
    output:
        table="results/{species}/expression/{dataset}.tsv",
        cases=report(
            "results/{species}/expression/{dataset}.cases.tsv",
            caption="../report/expression_cases.rst",
            category="03 Data",
            labels={"what": "{dataset}: rows of the expression table"},
        ),
    log:
        "logs/expression/{species}/{dataset}.log",
    benchmark:
        "benchmarks/expression/{species}/{dataset}.tsv"
    conda:
        "../../envs/promoters.yaml"
    resources:
        mem_mb=gigabytes(2),
        runtime=minutes(10),
    params:
        dataset=expression_settings_of,
        code=code_hash("expression"),
    message:
        "Reading the expression of {wildcards.dataset}"
    script:
        "../scripts/expression.py"


rule expression_samples:
    input:
        table=table_of,
        names=sample_names_of,
    output:
        table="results/{dataset}/samples.tsv",
        figure=report(
            "results/{dataset}/figures/samples.svg",
            caption="../report/samples.rst",
            category="03 Data",
            labels={"what": "{dataset}: correlation of samples"},
        ),
    log:
        "logs/expression_samples/{dataset}.log",
    localrule: True
    conda:
        "../../envs/report.yaml"
    params:
        dataset=expression_settings_of,
        code=code_hash("report_analyses"),
    message:
        "Drawing how alike the samples of {wildcards.dataset} are"
    script:
        "../scripts/expression_samples.py"
