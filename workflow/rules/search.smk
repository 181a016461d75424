# Searches for hyperparameters: several workers share one, each trial is kept as it is finished.


rule search_worker:
    input:
        dataset=dataset_of_search,
    output:
        done=f"results/{RUN}/searches/{{search}}/workers/worker_{{worker}}.json",
    log:
        f"logs/search_worker/{RUN}/{{search}}/worker_{{worker}}.log",
    benchmark:
        f"benchmarks/search_worker/{RUN}/{{search}}/worker_{{worker}}.tsv"
    wildcard_constraints:
        search=one_of(searches_to_run()),
        worker=r"[1-9][0-9]*",
    conda:
        TRAINING_ENV
    threads: 1
    resources:
        mem_mb=gigabytes(4),
        runtime=search_minutes,
        gpu=GPU,
    params:
        plan=search_plan_of,
        kept=f"results/{RUN}/searches/{{search}}/kept",
        device=config["device"],
        code=code_hash("device", "search"),
    message:
        "Searching for hyperparameters: {wildcards.search}, worker {wildcards.worker}"
    script:
        "../scripts/search_worker.py"


rule search:
    input:
        dataset=dataset_of_search,
        workers=workers_of,
    output:
        trials=f"results/{RUN}/searches/{{search}}/trials.jsonl",
        best=f"results/{RUN}/searches/{{search}}/best.json",
    log:
        f"logs/search/{RUN}/{{search}}.log",
    wildcard_constraints:
        search=one_of(searches_to_run()),
    localrule: True
    conda:
        TRAINING_ENV
    params:
        plan=search_plan_of,
        kept=f"results/{RUN}/searches/{{search}}/kept",
        code=code_hash("search"),
    message:
        "Choosing the best network of {wildcards.search}"
    script:
        "../scripts/search.py"


rule search_record:
    input:
        record=f"resources/{places.SEARCHES}/{{search}}.json",
    output:
        trials=f"results/{RUN}/searches/{{search}}/trials.jsonl",
        best=f"results/{RUN}/searches/{{search}}/best.json",
    log:
        f"logs/search_record/{RUN}/{{search}}.log",
    wildcard_constraints:
        search=one_of(recorded_searches()),
    localrule: True
    conda:
        "../../envs/report.yaml"
    params:
        code=code_hash("search_record"),
    message:
        "Reading the record of {wildcards.search}"
    script:
        "../scripts/search_record.py"


rule report_searches:
    input:
        trials=files_of_searches("trials.jsonl"),
        best=files_of_searches("best.json"),
    output:
        progress=report(
            f"results/{RUN}/figures/search_progress_{{group}}.svg",
            caption="../report/search_progress.rst",
            category="06 Search",
            labels={"what": "{group}: lowest error by trial"},
        ),
    log:
        f"logs/report_searches/{RUN}/{{group}}.log",
    wildcard_constraints:
        group=one_of(searches_by_group()),
    localrule: True
    conda:
        "../../envs/report.yaml"
    params:
        names=searches_together,
        epochs=search_epochs,
        code=code_hash("report_search"),
    message:
        "Drawing the progress of the searches like {wildcards.group}"
    script:
        "../scripts/report_searches.py"


rule report_search:
    input:
        trials=f"results/{RUN}/searches/{{search}}/trials.jsonl",
    output:
        windows=report(
            f"results/{RUN}/figures/search_windows_{{search}}.svg",
            caption="../report/search_windows.rst",
            category="06 Search",
            labels={"what": "{search}: lowest error by window"},
        ),
        parameters=report(
            f"results/{RUN}/figures/search_parameters_{{search}}.svg",
            caption="../report/search_parameters.rst",
            category="06 Search",
            labels={"what": "{search}: error by hyperparameter"},
        ),
        table=report(
            f"results/{RUN}/searches/{{search}}/trials.tsv",
            caption="../report/search_trials.rst",
            category="06 Search",
            labels={"what": "{search}: table of trials"},
        ),
    log:
        f"logs/report_search/{RUN}/{{search}}.log",
    localrule: True
    conda:
        "../../envs/report.yaml"
    params:
        code=code_hash("report_search"),
    message:
        "Drawing what {wildcards.search} found"
    script:
        "../scripts/report_search.py"
