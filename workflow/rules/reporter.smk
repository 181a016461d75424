# Reporter assays of promoter activity, such as SuRE: where to measure, what is measured, and what it explains.


rule reporter_sites:
    input:
        genes=genes_of,
        chain=reporter_input("chain"),
        annotation=reporter_input("annotation"),
    output:
        sites="results/{dataset}/reporters/{reporter}/sites.tsv",
        unmapped="results/{dataset}/reporters/{reporter}/unmapped.bed",
    log:
        "logs/reporter_sites/{dataset}/{reporter}.log",
    benchmark:
        "benchmarks/reporter_sites/{dataset}/{reporter}.tsv"
    conda:
        "../../envs/reporter.yaml"
    resources:
        mem_mb=gigabytes(4),
        runtime=minutes(20),
    params:
        code=code_hash("reporter_sites"),
    message:
        "Lifting the promoters of {wildcards.dataset} to the assembly of {wildcards.reporter}"
    script:
        "../scripts/reporter_sites.py"


rule reporter_signal:
    input:
        plus=reporter_input("plus"),
        minus=reporter_input("minus"),
        sites=reporter_sites_of,
    output:
        signal="results/{dataset}/reporters/{reporter}/signal.tsv",
    log:
        "logs/reporter_signal/{dataset}/{reporter}.log",
    benchmark:
        "benchmarks/reporter_signal/{dataset}/{reporter}.tsv"
    conda:
        "../../envs/reporter.yaml"
    resources:
        mem_mb=gigabytes(2),
        runtime=minutes(20),
    params:
        sample_around_center=sample_around_center_of,
        code=code_hash("reporter"),
    message:
        "Measuring {wildcards.reporter} around the start sites"
    script:
        "../scripts/reporter_signal.py"


rule reporter:
    input:
        signal="results/{dataset}/reporters/{reporter}/signal.tsv",
        sites=reporter_sites_of,
        expression=expression_of,
        predictions=reporter_predictions_of,
    output:
        activity=report(
            "results/{dataset}/reporters/{reporter}/activity.tsv",
            caption="../report/reporter_table.rst",
            category="05 Reporter",
            labels={"assay": "{reporter}", "what": "activity of each promoter", "kind": "table"},
        ),
        metrics="results/{dataset}/reporters/{reporter}/metrics.json",
        figure=report(
            "results/{dataset}/reporters/{reporter}/figures/reporter.svg",
            caption="../report/reporter_scatter.rst",
            category="05 Reporter",
            labels={"assay": "{reporter}", "what": "promoter activity against expression", "kind": "figure"},
        ),
    log:
        "logs/reporter/{dataset}/{reporter}.log",
    localrule: True
    conda:
        "../../envs/report.yaml"
    params:
        units=units_of,
        seed=config["seed"],
        code=code_hash("report_analyses"),
    message:
        "Comparing {wildcards.reporter} with the expression of {wildcards.dataset}"
    script:
        "../scripts/reporter.py"
