# What networks have learned: scores of bases, k-mers (Figures 6 and S6), and the dinucleotides of promoters (S7, S8).


rule interpreted_genes:
    input:
        source=predictions_explained,
        dataset="results/{dataset}/dataset.h5",
    output:
        genes="results/{dataset}/interpretations/{interpretation}/genes.tsv",
        classes="results/{dataset}/interpretations/{interpretation}/classes.json",
    log:
        "logs/interpreted_genes/{dataset}/{interpretation}.log",
    benchmark:
        "benchmarks/interpreted_genes/{dataset}/{interpretation}.tsv"
    conda:
        "../../envs/training.yaml"
    threads: 1
    resources:
        mem_mb=gigabytes(3),
        runtime=minutes(30),
    params:
        settings=gene_settings_of,
        code=code_hash("interpreted_genes"),
    message:
        "Grouping the genes of {wildcards.interpretation}"
    script:
        "../scripts/interpreted_genes.py"


# On processors even where a GPU trains: the first layer is done from DNA codes there, which is faster.
rule attribution_scores:
    input:
        model=model_explained,
        dataset="results/{dataset}/dataset.h5",
        genes="results/{dataset}/interpretations/{interpretation}/genes.tsv",
    output:
        scores="results/{dataset}/interpretations/{interpretation}/folds/scores_{fold}.h5",
        agreement="results/{dataset}/interpretations/{interpretation}/folds/agreement_{fold}.tsv",
    log:
        "logs/attribution_scores/{dataset}/{interpretation}/fold_{fold}.log",
    benchmark:
        "benchmarks/attribution_scores/{dataset}/{interpretation}/fold_{fold}.tsv"
    conda:
        "../../envs/training.yaml"
    threads: 1
    resources:
        mem_mb=gigabytes(4),
        runtime=minutes(120),
    params:
        settings=score_settings_of,
        seed=config["seed"],
        code=code_hash("device", "attribution_scores"),
    message:
        "Scoring the bases of fold {wildcards.fold} of {wildcards.interpretation}"
    script:
        "../scripts/attribution_scores.py"


rule positional_profiles:
    input:
        scores=per_fold_explained("scores_{fold}.h5"),
        agreement=per_fold_explained("agreement_{fold}.tsv"),
    output:
        table="results/{dataset}/interpretations/{interpretation}/profiles.tsv",
        agreement="results/{dataset}/interpretations/{interpretation}/agreement.tsv",
        facts="results/{dataset}/interpretations/{interpretation}/profiles.json",
    log:
        "logs/positional_profiles/{dataset}/{interpretation}.log",
    benchmark:
        "benchmarks/positional_profiles/{dataset}/{interpretation}.tsv"
    conda:
        "../../envs/interpretation.yaml"
    threads: 1
    resources:
        mem_mb=gigabytes(3),
        runtime=minutes(20),
    params:
        resolution=smoothing_of,
        code=code_hash("positional_profiles"),
    message:
        "Averaging the scores of {wildcards.interpretation}"
    script:
        "../scripts/positional_profiles.py"


rule enriched_kmers:
    input:
        genes="results/{dataset}/interpretations/{interpretation}/genes.tsv",
        scores=per_fold_explained("scores_{fold}.h5"),
        dataset="results/{dataset}/dataset.h5",
    output:
        folder=directory("results/{dataset}/interpretations/{interpretation}/kmers/{contrast}"),
        table="results/{dataset}/interpretations/{interpretation}/kmers/{contrast}.tsv",
        facts="results/{dataset}/interpretations/{interpretation}/kmers/{contrast}.json",
    log:
        "logs/enriched_kmers/{dataset}/{interpretation}/{contrast}.log",
    benchmark:
        "benchmarks/enriched_kmers/{dataset}/{interpretation}/{contrast}.tsv"
    wildcard_constraints:
        interpretation=one_of(with_kmers()),
        contrast="classes|halves",
    conda:
        "../../envs/interpretation.yaml"
    threads: 1
    resources:
        mem_mb=gigabytes(8),
        runtime=minutes(120),
    params:
        settings=kmer_settings_of,
        seed=config["seed"],
        code=code_hash("enriched_kmers"),
    message:
        "Finding the k-mers of {wildcards.interpretation} ({wildcards.contrast})"
    script:
        "../scripts/enriched_kmers.py"


rule dinucleotides:
    input:
        "results/{dataset}/dataset.h5",
    output:
        "results/{dataset}/interpretations/{interpretation}/dinucleotides.tsv",
    log:
        "logs/dinucleotides/{dataset}/{interpretation}.log",
    benchmark:
        "benchmarks/dinucleotides/{dataset}/{interpretation}.tsv"
    wildcard_constraints:
        interpretation=one_of(with_dinucleotides()),
    conda:
        "../../envs/interpretation.yaml"
    threads: 1
    resources:
        mem_mb=gigabytes(2),
        runtime=minutes(20),
    params:
        settings=dinucleotide_settings_of,
        code=code_hash("enrichment"),
    message:
        "Counting the dinucleotides of {wildcards.interpretation}"
    script:
        "../scripts/dinucleotides.py"
