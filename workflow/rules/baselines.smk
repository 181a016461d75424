# Simple models on the genes and folds of an experiment, and its network beside them (Figure S4).


rule motif_matrix:
    input:
        dataset="results/{dataset}/dataset.h5",
        motifs=motif_file_of,
    output:
        matrix="results/{dataset}/baselines/{baseline}/motifs.h5",
    log:
        "logs/motif_matrix/{dataset}/{baseline}.log",
    benchmark:
        "benchmarks/motif_matrix/{dataset}/{baseline}.tsv"
    conda:
        "../../envs/baselines.yaml"
    threads: 2
    resources:
        mem_mb=gigabytes(4),
        runtime=minutes(120),
    params:
        settings=motif_settings_of,
        code=code_hash("motif_matrix"),
    message:
        "Looking for motifs in the promoters of {wildcards.dataset}"
    script:
        "../scripts/motif_matrix.py"


# No figure needs the hits: name one of the files to have them.
rule motif_hits:
    input:
        dataset="results/{dataset}/dataset.h5",
        motifs=motif_file_of,
    output:
        table="results/{dataset}/baselines/{baseline}/hits.tsv.gz",
        bed="results/{dataset}/baselines/{baseline}/hits.bed.gz",
    log:
        "logs/motif_hits/{dataset}/{baseline}.log",
    benchmark:
        "benchmarks/motif_hits/{dataset}/{baseline}.tsv"
    conda:
        "../../envs/baselines.yaml"
    threads: 2
    resources:
        mem_mb=gigabytes(6),
        runtime=minutes(60),
    params:
        settings=motif_settings_of,
        code=code_hash("motif_matrix"),
    message:
        "Listing the motifs in the promoters of {wildcards.dataset}"
    script:
        "../scripts/motif_hits.py"


rule baseline_fold:
    input:
        dataset="results/{dataset}/dataset.h5",
        split=split_of_baselines,
        matrix="results/{dataset}/baselines/{baseline}/motifs.h5",
    output:
        predictions="results/{dataset}/baselines/{baseline}/folds/predictions_{fold}.tsv",
        models="results/{dataset}/baselines/{baseline}/folds/models_{fold}.tsv",
    log:
        "logs/baseline_fold/{dataset}/{baseline}/fold_{fold}.log",
    benchmark:
        "benchmarks/baseline_fold/{dataset}/{baseline}/fold_{fold}.tsv"
    conda:
        "../../envs/baselines.yaml"
    threads: 1
    resources:
        mem_mb=gigabytes(8),
        runtime=minutes(240),
    params:
        settings=fit_settings_of,
        protocol=protocol_of_baselines,
        seed=config["seed"],
        code=code_hash("baselines"),
    message:
        "Fitting the baselines of fold {wildcards.fold} of {wildcards.baseline}"
    script:
        "../scripts/baseline_fold.py"


rule baseline_comparison:
    input:
        folds=fold_files_of,
        split=split_of_baselines,
        networks=predictions_of_networks,
    output:
        predictions="results/{dataset}/baselines/{baseline}/predictions.tsv",
        table=report(
            "results/{dataset}/baselines/{baseline}/comparison.tsv",
            caption="../report/baseline_comparison.rst",
            category="08 Baselines",
            labels={"baselines": "{baseline}", "what": "all models side by side", "kind": "table"},
        ),
        folds="results/{dataset}/baselines/{baseline}/folds.tsv",
    log:
        "logs/baseline_comparison/{dataset}/{baseline}.log",
    benchmark:
        "benchmarks/baseline_comparison/{dataset}/{baseline}.tsv"
    conda:
        "../../envs/baselines.yaml"
    threads: 1
    resources:
        mem_mb=gigabytes(2),
        runtime=minutes(20),
    params:
        networks=networks_of,
        inputs=inputs_of_networks,
        seed=config["seed"],
        code=code_hash("baseline_comparison"),
    message:
        "Comparing networks with the baselines of {wildcards.baseline}"
    script:
        "../scripts/baseline_comparison.py"


rule baseline_effects:
    input:
        dataset="results/{dataset}/dataset.h5",
        split=split_of_baselines,
        matrix="results/{dataset}/baselines/{baseline}/motifs.h5",
    output:
        coefficients="results/{dataset}/baselines/{baseline}/coefficients.tsv",
        motifs=report(
            "results/{dataset}/baselines/{baseline}/motifs.tsv",
            caption="../report/motif_effects.rst",
            category="08 Baselines",
            labels={"baselines": "{baseline}", "what": "motifs and expression", "kind": "table"},
        ),
    log:
        "logs/baseline_effects/{dataset}/{baseline}.log",
    benchmark:
        "benchmarks/baseline_effects/{dataset}/{baseline}.tsv"
    conda:
        "../../envs/baselines.yaml"
    threads: 1
    resources:
        mem_mb=gigabytes(4),
        runtime=minutes(30),
    params:
        window=window_of_baselines,
        protocol=protocol_of_baselines,
        code=code_hash("baseline_effects"),
    message:
        "Fitting half-life features and motifs of {wildcards.baseline}"
    script:
        "../scripts/baseline_effects.py"
