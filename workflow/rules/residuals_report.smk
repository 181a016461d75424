# The figures of what models do not explain.


rule report_residuals:
    input:
        residuals="results/{dataset}/residuals/{residual}/residuals.tsv",
        genes=genes_of,
        names=names_of_residuals,
        labelled=residual_source("labelled"),
    output:
        report(
            "results/{dataset}/residuals/{residual}/figures/scatter.svg",
            caption="../report/residual_scatter.rst",
            category="11 Residuals",
            labels={"residuals": "{residual}", "what": "observed against predicted", "kind": "figure"},
        ),
    log:
        "logs/report_residuals/{dataset}/{residual}.log",
    localrule: True
    conda:
        "../../envs/residuals.yaml"
    params:
        units=units_of,
        code=code_hash("report_residuals"),
    message:
        "Drawing the residuals of {wildcards.residual}"
    script:
        "../scripts/report_residuals.py"


rule report_groups:
    input:
        residuals="results/{dataset}/residuals/{residual}/residuals.tsv",
        genes="results/{dataset}/residuals/{residual}/groups/{gene_set}.genes.tsv",
        facts="results/{dataset}/residuals/{residual}/groups/{gene_set}.json",
        tests="results/{dataset}/residuals/{residual}/tests.tsv",
    output:
        report(
            "results/{dataset}/residuals/{residual}/figures/groups_{gene_set}.svg",
            caption="../report/gene_groups.rst",
            category="11 Residuals",
            labels={"residuals": "{residual}", "what": "gene groups: {gene_set}", "kind": "figure"},
        ),
    log:
        "logs/report_groups/{dataset}/{residual}/{gene_set}.log",
    localrule: True
    conda:
        "../../envs/residuals.yaml"
    params:
        code=code_hash("report_residuals"),
    message:
        "Drawing the residuals of {wildcards.gene_set}"
    script:
        "../scripts/report_groups.py"


rule report_halflives:
    input:
        table="results/{dataset}/residuals/{residual}/halflives/{halflives}.tsv",
        facts="results/{dataset}/residuals/{residual}/halflives/{halflives}.json",
        tests="results/{dataset}/residuals/{residual}/tests.tsv",
    output:
        report(
            "results/{dataset}/residuals/{residual}/figures/halflives_{halflives}.svg",
            caption="../report/halflives.rst",
            category="11 Residuals",
            labels={"residuals": "{residual}", "what": "half-lives: {halflives}", "kind": "figure"},
        ),
    log:
        "logs/report_halflives/{dataset}/{residual}/{halflives}.log",
    localrule: True
    conda:
        "../../envs/residuals.yaml"
    params:
        unit=halflife_unit_of,
        code=code_hash("report_residuals"),
    message:
        "Drawing half-lives beside the residuals of {wildcards.residual}"
    script:
        "../scripts/report_halflives.py"
