# Genes, their TSSs, half-life features and promoter sequences.


rule gene_names:
    input:
        tables=name_files_of,
    output:
        "results/{species}/gene_names.tsv",
    log:
        "logs/gene_names/{species}.log",
    localrule: True
    conda:
        "../../envs/promoters.yaml"
    params:
        code=code_hash("gene_names"),
    message:
        "Joining the names, previous names and synonyms of the genes of {wildcards.species}"
    script:
        "../scripts/gene_names.py"


rule promoters:
    input:
        genome="resources/{species}/genome.fa",
        annotation="resources/{species}/genes.gtf.gz",
        cage_peaks=cage_peaks_of,
        gene_names=gene_names_of,
        records=records_of_species,
    output:
        genes="results/{species}/genes.tsv",
        promoters="results/{species}/promoters.h5",
        dropped="results/{species}/promoters.dropped.tsv",
        cases=report(
            "results/{species}/tss_cases.tsv",
            caption="../report/tss_cases.rst",
            category="02 Promoters",
            labels={"what": "{species}: CAGE peaks matched to genes"},
        ),
    log:
        "logs/promoters/{species}.log",
    benchmark:
        "benchmarks/promoters/{species}.tsv"
    conda:
        "../../envs/promoters.yaml"
    resources:
        mem_mb=gigabytes(6),
        runtime=minutes(30),
    params:
        settings=promoter_settings_of,
        code=code_hash("genes"),
    message:
        "Choosing transcripts and cutting the promoters of {wildcards.species}"
    script:
        "../scripts/promoters.py"


rule dropped:
    input:
        promoters="results/{species}/promoters.dropped.tsv",
        datasets=dropped_of,
    output:
        report(
            "results/{species}/dropped.tsv",
            caption="../report/dropped_genes.rst",
            category="02 Promoters",
            labels={"what": "{species}: genes dropped, with reasons"},
        ),
    log:
        "logs/dropped/{species}.log",
    localrule: True
    conda:
        "../../envs/promoters.yaml"
    params:
        datasets=datasets_of,
        code=code_hash("genes"),
    message:
        "Listing the genes of {wildcards.species} that were dropped on the way"
    script:
        "../scripts/dropped.py"
