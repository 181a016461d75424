# The embedded demo species: simulated, with known truth.


rule simulate:
    output:
        genome="resources/{species}/genome.fa",
        annotation="resources/{species}/genes.gtf.gz",
        cage_peaks="resources/{species}/cage_peaks.bb",
        gene_names="resources/{species}/gene_names.tsv",
        table="resources/{species}/expression.tsv.gz",
        truth="resources/{species}/truth/genes.tsv",
        sites="resources/{species}/truth/motif_sites.tsv",
        model="resources/{species}/truth/model.json",
    log:
        "logs/simulate/{species}.log",
    benchmark:
        "benchmarks/simulate/{species}.tsv"
    wildcard_constraints:
        species=one_of(SIMULATED),
    conda:
        "../../envs/promoters.yaml"
    resources:
        mem_mb=gigabytes(2),
        runtime=minutes(15),
    params:
        settings=simulation_of,
        seed=config["seed"],
        code=code_hash("simulate"),
    message:
        "Simulating the species {wildcards.species}"
    script:
        "../scripts/simulate.py"
