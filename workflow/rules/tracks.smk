# Predictions along a genome: on both strands, every few bases; their peaks, and how they agree with annotated TSSs.


rule scan:
    input:
        model=model_of_track,
        genome="resources/{species}/genome.fa",
    output:
        facts="results/{species}/tracks/{track}/predicted_{units}.json",
        plus="results/{species}/tracks/{track}/predicted_{units}.plus.bw",
        minus="results/{species}/tracks/{track}/predicted_{units}.minus.bw",
    log:
        "logs/scan/{species}/{track}_{units}.log",
    benchmark:
        "benchmarks/scan/{species}/{track}_{units}.tsv"
    conda:
        TRAINING_ENV
    threads: 4
    resources:
        mem_mb=gigabytes(6),
        runtime=minutes(120),
        gpu=GPU,
    params:
        settings=scan_settings_of,
        device=config["device"],
        code=code_hash("device", "scan_run"),
    message:
        "Predicting along the genome of {wildcards.species} for {wildcards.track}"
    script:
        "../scripts/scan.py"


rule cpg_islands:
    input:
        "resources/{species}/genome.fa",
    output:
        "results/{species}/cpg_islands.bed",
    log:
        "logs/cpg_islands/{species}.log",
    benchmark:
        "benchmarks/cpg_islands/{species}.tsv"
    conda:
        "../../envs/tracks.yaml"
    threads: 1
    resources:
        mem_mb=gigabytes(4),
        runtime=minutes(60),
    params:
        code=code_hash("species_islands"),
    message:
        "Calling the CpG islands of {wildcards.species}"
    script:
        "../scripts/cpg_islands.py"


rule track_peaks:
    input:
        unpack(tracks_of),
    output:
        peaks="results/{species}/tracks/{track}/peaks.bed",
    log:
        "logs/track_peaks/{species}/{track}.log",
    benchmark:
        "benchmarks/track_peaks/{species}/{track}.tsv"
    conda:
        "../../envs/tracks.yaml"
    threads: 1
    resources:
        mem_mb=gigabytes(3),
        runtime=minutes(20),
    params:
        settings=peak_settings_of,
        code=code_hash("track_peaks"),
    message:
        "Calling the peaks of {wildcards.track}"
    script:
        "../scripts/track_peaks.py"


rule track_summary:
    input:
        unpack(tracks_of),
        genes="results/{species}/genes.tsv",
        islands=islands_of_track,
        peaks="results/{species}/tracks/{track}/peaks.bed",
        split=split_of_track,
    output:
        summary="results/{species}/tracks/{track}/summary.json",
        precision_recall="results/{species}/tracks/{track}/precision_recall.tsv",
        distances="results/{species}/tracks/{track}/distances.tsv",
        at_tss="results/{species}/tracks/{track}/at_tss.tsv",
        at_random="results/{species}/tracks/{track}/at_random.tsv",
    log:
        "logs/track_summary/{species}/{track}.log",
    benchmark:
        "benchmarks/track_summary/{species}/{track}.tsv"
    conda:
        "../../envs/tracks.yaml"
    threads: 1
    resources:
        mem_mb=gigabytes(8),
        runtime=minutes(30),
    params:
        fold=fold_of_track,
        tolerance=tolerance_of_track,
        seed=config["seed"],
        code=code_hash("track_comparison"),
    message:
        "Comparing {wildcards.track} with the annotated start sites"
    script:
        "../scripts/track_summary.py"
