# One expression value per gene.


rule expression:
    input:
        table=table_of,
    output:
        table="results/{species}/expression/{dataset}.tsv",
    log:
        "logs/expression/{species}/{dataset}.log",
    benchmark:
        "benchmarks/expression/{species}/{dataset}.tsv"
    conda:
        "../../envs/promoters.yaml"
    resources:
        mem_mb=gigabytes(1),
        runtime=minutes(10),
    params:
        dataset=expression_settings_of,
        code=code_hash("expression"),
    message:
        "Reading the expression of {wildcards.dataset}"
    script:
        "../scripts/expression.py"
