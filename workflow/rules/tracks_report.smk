# The figures of predictions along a genome, and the page to look around in.


rule report_track:
    input:
        unpack(tracks_of),
        summary="results/{species}/tracks/{track}/summary.json",
        precision_recall="results/{species}/tracks/{track}/precision_recall.tsv",
        distances="results/{species}/tracks/{track}/distances.tsv",
        at_tss="results/{species}/tracks/{track}/at_tss.tsv",
        at_random="results/{species}/tracks/{track}/at_random.tsv",
    output:
        report(
            "results/{species}/tracks/{track}/figures/summary.svg",
            caption="../report/track_summary.rst",
            category="10 Tracks",
            labels={"track": "{track}", "what": "start sites and peaks", "kind": "figure"},
        ),
    log:
        "logs/report_track/{species}/{track}.log",
    localrule: True
    conda:
        "../../envs/tracks.yaml"
    params:
        code=code_hash("report_track"),
    message:
        "Drawing how {wildcards.track} agrees with the annotation"
    script:
        "../scripts/report_track.py"


rule report_locus:
    input:
        unpack(tracks_of),
        annotation="resources/{species}/genes.gtf.gz",
        genes="results/{species}/genes.tsv",
        genome="resources/{species}/genome.fa",
        islands=islands_of_track,
        states=states_of_track,
        cage_plus=track_source("cage", "plus"),
        cage_minus=track_source("cage", "minus"),
    output:
        report(
            "results/{species}/tracks/{track}/figures/locus_{locus}.svg",
            caption="../report/locus.rst",
            category="10 Tracks",
            labels={"track": "{track}", "what": "locus {locus}", "kind": "figure"},
        ),
    log:
        "logs/report_locus/{species}/{track}_{locus}.log",
    localrule: True
    conda:
        "../../envs/tracks.yaml"
    params:
        locus=locus_of,
        states=state_names_of,
        code=code_hash("report_locus"),
    message:
        "Drawing locus {wildcards.locus} of {wildcards.track}"
    script:
        "../scripts/report_locus.py"


rule track_page:
    input:
        unpack(tracks_of),
        igv=IGV,
        annotation="resources/{species}/genes.gtf.gz",
        genome="resources/{species}/genome.fa",
        islands=islands_of_track,
        peaks="results/{species}/tracks/{track}/peaks.bed",
    output:
        report(
            "results/{species}/tracks/{track}/tracks.html",
            caption="../report/tracks_page.rst",
            category="10 Tracks",
            labels={"track": "{track}", "what": "page to look around in", "kind": "page"},
        ),
    log:
        "logs/track_page/{species}/{track}.log",
    localrule: True
    conda:
        "../../envs/tracks.yaml"
    params:
        settings=page_settings_of,
        assembly=assembly_of_track,
        code=code_hash("report_tracks_page"),
    message:
        "Making the page of {wildcards.track}"
    script:
        "../scripts/track_page.py"
