# What the rules of predictions along a genome look up by their wildcards.

TRACK_SPECIES = {name: places.species_of_track(config, name) for name in TRACKS}
IGV = expand("resources/igv/{file}", file=["igv.min.js", "LICENSE", "VERSION"])


def track_settings(wildcards):
    """Return the settings of a track."""
    return TRACKS[wildcards.track]


def track_folders():
    """Return the folder of every track by name."""
    return {name: f"results/{species}/tracks/{name}" for name, species in TRACK_SPECIES.items()}


def track_prefix(name):
    """Return what the files of a track's predictions are called; their unit is part of it."""
    return f"{track_folders()[name]}/predicted_{TRACKS[name]['units']}"


def tracks_of(wildcards):
    """Return the predictions of a track."""
    prefix = track_prefix(wildcards.track)
    return {"facts": f"{prefix}.json", "plus": f"{prefix}.plus.bw", "minus": f"{prefix}.minus.bw"}


def model_of_track(wildcards):
    """Return the model that is run along the genome."""
    row = track_settings(wildcards)
    if "model" in row:
        return f"resources/{places.MODELS}/{places.track_model_file(wildcards.track)}"
    folder = f"results/{EXPERIMENTS[row['experiment']]['dataset']}/{row['experiment']}"
    return f"{folder}/models/fold_{row['fold']}"


def scan_settings_of(wildcards):
    """Return what is predicted where."""
    row = track_settings(wildcards)
    return {key: row[key] for key in ("regions", "step", "units", "max_unknown")}


def track_source(*key):
    """Return a function that gives a file that a track is drawn with, or nothing if it has none."""

    def file(wildcards):
        found = places.track_sources(config, wildcards.track).get(key)
        return f"resources/{wildcards.species}/{found}" if found else []

    return file


def state_names_of(wildcards):
    """Return the cell types whose chromatin states are drawn."""
    return list(track_settings(wildcards)["states"])


def states_of_track(wildcards):
    """Return the files of their chromatin states, in the same order."""
    return [track_source("states", name)(wildcards) for name in state_names_of(wildcards)]


def islands_of_track(wildcards):
    """Return the CpG islands that are configured, or those called from the sequence."""
    given = track_source("islands")(wildcards)
    return given or f"results/{wildcards.species}/cpg_islands.bed"


def split_of_track(wildcards):
    """Return the split that tells which genes the model has not seen, if it was trained here."""
    row = track_settings(wildcards)
    if "model" in row:
        return []
    return f"results/{EXPERIMENTS[row['experiment']]['dataset']}/{row['experiment']}/split.tsv"


def peak_settings_of(wildcards):
    """Return how peaks are called."""
    return {key: track_settings(wildcards)["peaks"][key] for key in ("threshold", "distance")}


def fold_of_track(wildcards):
    """Return the fold whose model is run, or 0 if it was trained elsewhere."""
    return track_settings(wildcards).get("fold", 0)


def tolerance_of_track(wildcards):
    """Return the bases between a peak and a TSS that belong together."""
    return track_settings(wildcards)["peaks"]["tolerance"]


def assembly_of_track(wildcards):
    """Return the assembly of a track's genome."""
    return SPECIES[wildcards.species]["assembly"]


def page_settings_of(wildcards):
    """Return what the page holds, and what it shows first."""
    return {key: track_settings(wildcards)[key] for key in ("page", "loci")}


def loci_of_track(name):
    """Return the numbers of the loci that are drawn."""
    return range(1, len(TRACKS[name]["loci"]) + 1)


def locus_of(wildcards):
    """Return a locus to draw."""
    return track_settings(wildcards)["loci"][int(wildcards.locus) - 1]


def figures_of_tracks():
    """Return the figures and pages of all tracks."""
    return [
        *expand(
            "{folder}/{file}", folder=track_folders().values(), file=["figures/summary.svg", "tracks.html"]
        ),
        *(
            f"{folder}/figures/locus_{number}.svg"
            for name, folder in track_folders().items()
            for number in loci_of_track(name)
        ),
    ]


def facts_of_tracks():
    """Return what the first page tells of each track."""
    return expand("{folder}/summary.json", folder=track_folders().values())
