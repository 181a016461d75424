# The figures of baselines, and published results beside those of the run.


rule report_baselines:
    input:
        table="results/{dataset}/baselines/{baseline}/comparison.tsv",
        coefficients="results/{dataset}/baselines/{baseline}/coefficients.tsv",
        motifs="results/{dataset}/baselines/{baseline}/motifs.tsv",
    output:
        comparison=report(
            "results/{dataset}/baselines/{baseline}/figures/comparison.svg",
            caption="../report/baseline_comparison.rst",
            category="08 Baselines",
            labels={"baselines": "{baseline}", "what": "all models side by side", "kind": "figure"},
        ),
        coefficients=report(
            "results/{dataset}/baselines/{baseline}/figures/coefficients.svg",
            caption="../report/halflife_coefficients.rst",
            category="08 Baselines",
            labels={
                "baselines": "{baseline}",
                "what": "half-life features and expression",
                "kind": "figure",
            },
        ),
        motifs=report(
            "results/{dataset}/baselines/{baseline}/figures/motifs.svg",
            caption="../report/motif_effects.rst",
            category="08 Baselines",
            labels={"baselines": "{baseline}", "what": "motifs and expression", "kind": "figure"},
        ),
    log:
        "logs/report_baselines/{dataset}/{baseline}.log",
    localrule: True
    conda:
        "../../envs/report.yaml"
    params:
        reference=reference_of_baselines,
        code=code_hash("report_baselines"),
    message:
        "Drawing the baselines of {wildcards.baseline}"
    script:
        "../scripts/report_baselines.py"


rule report_baseline_folds:
    input:
        table="results/{dataset}/baselines/{baseline}/comparison.tsv",
        folds="results/{dataset}/baselines/{baseline}/folds.tsv",
    output:
        figure=report(
            "results/{dataset}/baselines/{baseline}/figures/folds.svg",
            caption="../report/baseline_folds.rst",
            category="08 Baselines",
            labels={"baselines": "{baseline}", "what": "fold by fold", "kind": "figure"},
        ),
    log:
        "logs/report_baseline_folds/{dataset}/{baseline}.log",
    wildcard_constraints:
        baseline=one_of(baselines_with_folds()),
    localrule: True
    conda:
        "../../envs/report.yaml"
    params:
        reference=reference_of_baselines,
        code=code_hash("report_baselines"),
    message:
        "Drawing the folds of {wildcards.baseline}"
    script:
        "../scripts/report_baseline_folds.py"


rule report_published:
    input:
        published=str(ROOT / "resources/published_r2.tsv"),
        own=files_beside_published(),
    output:
        table=report(
            f"results/{RUN}/published.tsv",
            caption="../report/published.rst",
            category="08 Baselines",
            labels={"what": "beside published results", "kind": "table"},
        ),
        figure=report(
            f"results/{RUN}/figures/published.svg",
            caption="../report/published.rst",
            category="08 Baselines",
            labels={"what": "beside published results", "kind": "figure"},
        ),
    log:
        f"logs/report_published/{RUN}.log",
    localrule: True
    conda:
        "../../envs/report.yaml"
    params:
        compared=compared_experiments(),
        experiments=other_experiments(),
        reporters=reporter_results(),
        code=code_hash("report_baselines"),
    message:
        "Setting the run beside published results"
    script:
        "../scripts/report_published.py"
