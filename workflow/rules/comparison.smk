# Two datasets, gene by gene: two cell types, or two species through their orthologs.


rule comparison:
    input:
        datasets=datasets_of_pair,
        orthologs=orthologs_of,
    output:
        table=report(
            f"results/{RUN}/comparisons/{{comparison}}.tsv",
            caption="../report/differing_genes.rst",
            category="03 Data",
            labels={"what": "{comparison}: genes that differ"},
        ),
        summary=f"results/{RUN}/comparisons/{{comparison}}.json",
        figure=report(
            f"results/{RUN}/figures/comparison_{{comparison}}.svg",
            caption="../report/two_datasets.rst",
            category="03 Data",
            labels={"what": "{comparison}: two datasets, gene by gene"},
        ),
    log:
        f"logs/comparison/{RUN}/{{comparison}}.log",
    localrule: True
    conda:
        "../../envs/report.yaml"
    params:
        names=names_of_pair,
        code=code_hash("report_analyses"),
    message:
        "Comparing the expression of {params.names}"
    script:
        "../scripts/comparison.py"
