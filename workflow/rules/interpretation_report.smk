# The figures of what networks have learned.


rule report_interpretation:
    input:
        genes="results/{dataset}/interpretations/{interpretation}/genes.tsv",
        classes="results/{dataset}/interpretations/{interpretation}/classes.json",
        table="results/{dataset}/interpretations/{interpretation}/profiles.tsv",
        agreement="results/{dataset}/interpretations/{interpretation}/agreement.tsv",
        facts="results/{dataset}/interpretations/{interpretation}/profiles.json",
    output:
        profiles=report(
            "results/{dataset}/interpretations/{interpretation}/figures/profiles.svg",
            caption="../report/profiles.rst",
            category="09 Interpretation",
            labels={
                "interpretation": "{interpretation}",
                "what": "scores along the promoter",
                "kind": "figure",
            },
        ),
        classes=report(
            "results/{dataset}/interpretations/{interpretation}/figures/classes.svg",
            caption="../report/classes.rst",
            category="09 Interpretation",
            labels={"interpretation": "{interpretation}", "what": "classes of genes", "kind": "figure"},
        ),
        agreement=report(
            "results/{dataset}/interpretations/{interpretation}/figures/agreement.svg",
            caption="../report/agreement.rst",
            category="09 Interpretation",
            labels={"interpretation": "{interpretation}", "what": "how robust scores are", "kind": "figure"},
        ),
    log:
        "logs/report_interpretation/{dataset}/{interpretation}.log",
    localrule: True
    conda:
        "../../envs/interpretation.yaml"
    params:
        code=code_hash("report_interpretation"),
    message:
        "Drawing what the networks of {wildcards.interpretation} have learned"
    script:
        "../scripts/report_interpretation.py"


rule report_kmers:
    input:
        table="results/{dataset}/interpretations/{interpretation}/kmers/{contrast}.tsv",
        facts="results/{dataset}/interpretations/{interpretation}/kmers/{contrast}.json",
        folder="results/{dataset}/interpretations/{interpretation}/kmers/{contrast}",
    output:
        figure=report(
            "results/{dataset}/interpretations/{interpretation}/figures/kmers_{contrast}.svg",
            caption="../report/kmers.rst",
            category="09 Interpretation",
            labels={"interpretation": "{interpretation}", "what": "k-mers ({contrast})", "kind": "figure"},
        ),
    log:
        "logs/report_kmers/{dataset}/{interpretation}/{contrast}.log",
    localrule: True
    conda:
        "../../envs/interpretation.yaml"
    params:
        code=code_hash("report_interpretation"),
    message:
        "Drawing the k-mers of {wildcards.interpretation} ({wildcards.contrast})"
    script:
        "../scripts/report_kmers.py"


rule report_dinucleotides:
    input:
        table="results/{dataset}/interpretations/{interpretation}/dinucleotides.tsv",
    output:
        all_pairs=report(
            "results/{dataset}/interpretations/{interpretation}/figures/dinucleotides.svg",
            caption="../report/dinucleotides.rst",
            category="09 Interpretation",
            labels={"interpretation": "{interpretation}", "what": "dinucleotides", "kind": "figure"},
        ),
        cpg=report(
            "results/{dataset}/interpretations/{interpretation}/figures/cpg.svg",
            caption="../report/cpg.rst",
            category="09 Interpretation",
            labels={"interpretation": "{interpretation}", "what": "CpG alone", "kind": "figure"},
        ),
    log:
        "logs/report_dinucleotides/{dataset}/{interpretation}.log",
    localrule: True
    conda:
        "../../envs/interpretation.yaml"
    params:
        code=code_hash("report_interpretation"),
    message:
        "Drawing the dinucleotides of {wildcards.interpretation}"
    script:
        "../scripts/report_dinucleotides.py"
