# What models do not explain: residuals, and what goes with them.


rule residuals:
    input:
        predictions=predictions_of_residuals,
        expression=expression_of_residuals,
        genes=genes_of,
        names=names_of_residuals,
    output:
        table="results/{dataset}/residuals/{residual}/residuals.tsv",
        extremes=report(
            "results/{dataset}/residuals/{residual}/extremes.tsv",
            caption="../report/extremes.rst",
            category="11 Residuals",
            labels={"residuals": "{residual}", "what": "genes that fit worst", "kind": "table"},
        ),
        facts="results/{dataset}/residuals/{residual}/residuals.json",
    log:
        "logs/residuals/{dataset}/{residual}.log",
    localrule: True
    conda:
        "../../envs/residuals.yaml"
    params:
        columns=columns_of_residuals,
        code=code_hash("residual_analyses"),
    message:
        "Taking the residuals of {wildcards.residual}"
    script:
        "../scripts/residuals.py"


rule list_groups:
    input:
        residuals="results/{dataset}/residuals/{residual}/residuals.tsv",
        genes=genes_of,
        names=names_of_residuals,
        lists=lists_of_groups,
    output:
        genes="results/{dataset}/residuals/{residual}/groups/{gene_set}.genes.tsv",
        facts="results/{dataset}/residuals/{residual}/groups/{gene_set}.json",
    log:
        "logs/list_groups/{dataset}/{residual}/{gene_set}.log",
    wildcard_constraints:
        gene_set=one_of(sets_with("lists")),
    localrule: True
    conda:
        "../../envs/residuals.yaml"
    params:
        groups=group_settings_of,
        code=code_hash("residual_analyses"),
    message:
        "Comparing the gene lists {wildcards.gene_set} with the residuals of {wildcards.residual}"
    script:
        "../scripts/list_groups.py"


rule domain_groups:
    input:
        residuals="results/{dataset}/residuals/{residual}/residuals.tsv",
        segments=residual_source("groups", "{gene_set}", "segments"),
        annotation=annotation_of_domains,
    output:
        genes="results/{dataset}/residuals/{residual}/groups/{gene_set}.genes.tsv",
        facts="results/{dataset}/residuals/{residual}/groups/{gene_set}.json",
    log:
        "logs/domain_groups/{dataset}/{residual}/{gene_set}.log",
    benchmark:
        "benchmarks/domain_groups/{dataset}/{residual}/{gene_set}.tsv"
    wildcard_constraints:
        gene_set=one_of(sets_with("segments")),
    conda:
        "../../envs/residuals.yaml"
    threads: 1
    resources:
        mem_mb=gigabytes(4),
        runtime=minutes(20),
    params:
        member=member_of_domains,
        groups=group_settings_of,
        code=code_hash("domain_analysis"),
    message:
        "Comparing the genes in domains {wildcards.gene_set} with the residuals of {wildcards.residual}"
    script:
        "../scripts/domain_groups.py"


rule halflives:
    input:
        residuals="results/{dataset}/residuals/{residual}/residuals.tsv",
        genes=genes_of,
        names=names_of_residuals,
        halflives=residual_source("halflives", "{halflives}", "table"),
    output:
        table="results/{dataset}/residuals/{residual}/halflives/{halflives}.tsv",
        facts="results/{dataset}/residuals/{residual}/halflives/{halflives}.json",
    log:
        "logs/halflives/{dataset}/{residual}/{halflives}.log",
    localrule: True
    conda:
        "../../envs/residuals.yaml"
    params:
        settings=halflife_settings_of,
        code=code_hash("residual_analyses"),
    message:
        "Correlating the half-lives {wildcards.halflives} with the residuals of {wildcards.residual}"
    script:
        "../scripts/halflives.py"


rule residual_tests:
    input:
        groups=facts_of_parts("groups"),
        halflives=facts_of_parts("halflives"),
        mirnas=facts_of_mirnas,
    output:
        report(
            "results/{dataset}/residuals/{residual}/tests.tsv",
            caption="../report/residual_tests.rst",
            category="11 Residuals",
            labels={"residuals": "{residual}", "what": "all tests", "kind": "table"},
        ),
    log:
        "logs/residual_tests/{dataset}/{residual}.log",
    localrule: True
    conda:
        "../../envs/residuals.yaml"
    params:
        names=names_of_tests,
        code=code_hash("residual_tests"),
    message:
        "Correcting the tests of {wildcards.residual} together"
    script:
        "../scripts/residual_tests.py"
