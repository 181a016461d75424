# MicroRNAs beside what models do not explain.


rule mirnas:
    input:
        residuals="results/{dataset}/residuals/{residual}/residuals.tsv",
        genes=genes_of,
        names=names_of_residuals,
        counts=residual_source("mirnas", "counts"),
        targets=residual_source("mirnas", "targets"),
    output:
        abundance="results/{dataset}/residuals/{residual}/mirnas/abundance.tsv",
        families=report(
            "results/{dataset}/residuals/{residual}/mirnas/families.tsv",
            caption="../report/mirna_families.rst",
            category="11 Residuals",
            labels={"residuals": "{residual}", "what": "microRNA families", "kind": "table"},
        ),
        facts="results/{dataset}/residuals/{residual}/mirnas/facts.json",
    log:
        "logs/mirnas/{dataset}/{residual}.log",
    benchmark:
        "benchmarks/mirnas/{dataset}/{residual}.tsv"
    conda:
        "../../envs/residuals.yaml"
    threads: 1
    resources:
        mem_mb=gigabytes(4),
        runtime=minutes(20),
    params:
        settings=mirna_settings_of,
        code=code_hash("mirna_analysis"),
    message:
        "Correlating microRNA targets with the residuals of {wildcards.residual}"
    script:
        "../scripts/mirnas.py"


rule report_mirna_abundance:
    input:
        abundance="results/{dataset}/residuals/{residual}/mirnas/abundance.tsv",
    output:
        report(
            "results/{dataset}/residuals/{residual}/figures/mirna_abundance.svg",
            caption="../report/mirna_abundance.rst",
            category="11 Residuals",
            labels={"residuals": "{residual}", "what": "microRNA abundance", "kind": "figure"},
        ),
    log:
        "logs/report_mirna_abundance/{dataset}/{residual}.log",
    localrule: True
    conda:
        "../../envs/residuals.yaml"
    params:
        cells=cells_of,
        code=code_hash("report_mirnas"),
    message:
        "Drawing the microRNA families of {wildcards.residual}"
    script:
        "../scripts/report_mirna_abundance.py"


rule report_mirna_targets:
    input:
        families="results/{dataset}/residuals/{residual}/mirnas/families.tsv",
        facts="results/{dataset}/residuals/{residual}/mirnas/facts.json",
    output:
        report(
            "results/{dataset}/residuals/{residual}/figures/mirna_targets.svg",
            caption="../report/mirna_targets.rst",
            category="11 Residuals",
            labels={"residuals": "{residual}", "what": "microRNA targets", "kind": "figure"},
        ),
    log:
        "logs/report_mirna_targets/{dataset}/{residual}.log",
    localrule: True
    conda:
        "../../envs/residuals.yaml"
    params:
        code=code_hash("report_mirnas"),
    message:
        "Drawing how microRNA targets go with the residuals of {wildcards.residual}"
    script:
        "../scripts/report_mirna_targets.py"
