# What the rules of searches look up by their wildcards.


def searches_to_run():
    """Return the searches that are run here."""
    return [name for name, row in SEARCHES.items() if "record" not in row]


def recorded_searches():
    """Return the searches that others ran, whose record is read."""
    return [name for name, row in SEARCHES.items() if "record" in row]


def searches_by_group():
    """Return the searches that can be compared, by the first of them; a record stands alone."""
    groups = {}
    for name, row in SEARCHES.items():
        alike = [row.get(key) for key in ("dataset", "split", "inputs", "protocol", "epochs")]
        groups.setdefault(name if "record" in row else repr(alike), []).append(name)
    return {names[0]: names for names in groups.values()}


def searches_together(wildcards):
    """Return the searches that are drawn together."""
    return searches_by_group()[wildcards.group]


def files_of_searches(file):
    """Return a function that gives one file of each search that is drawn together."""

    def files(wildcards):
        return [f"results/{RUN}/searches/{name}/{file}" for name in searches_together(wildcards)]

    return files


def search_epochs(wildcards):
    """Return the epochs of a trial; the published search had ten."""
    return SEARCHES[wildcards.group].get("epochs", 10)


def dataset_of_search(wildcards):
    """Return the dataset of a search."""
    return f"results/{SEARCHES[wildcards.search]['dataset']}/dataset.h5"


def search_plan_of(wildcards):
    """Return the settings of a search."""
    row = {key: value for key, value in SEARCHES[wildcards.search].items() if key != "dataset"}
    return {**row, "seed": config["seed"]}


def workers_of(wildcards):
    """Return what the workers of a search leave."""
    numbers = range(1, SEARCHES[wildcards.search]["workers"] + 1)
    return [f"results/{RUN}/searches/{wildcards.search}/workers/worker_{number}.json" for number in numbers]
