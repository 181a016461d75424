# The embedded demo species: simulated, with known truth.


rule simulate:
    output:
        expand("resources/{{species}}/{file}", file=places.SIMULATED_FILES),
        directory("resources/{species}/encode"),
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
