# What the rules of residuals look up by their wildcards.


def residual_settings(wildcards):
    """Return the settings of an analysis of residuals."""
    return RESIDUALS[wildcards.residual]


def folder_of_residuals(name):
    """Return where the results of an analysis lie."""
    return f"results/{analysed_dataset(RESIDUALS[name], EXPERIMENTS)}/residuals/{name}"


def residual_source(*key):
    """Return a function that gives a file that residuals are compared with, or nothing if there is none.

    A key that begins with a brace is the value of the wildcard of that name.
    """

    def file(wildcards):
        filled = tuple(part.format(**dict(wildcards.items())) for part in key)
        found = places_residuals.residual_files(config, wildcards.residual).get(filled)
        return resource_of_residuals(wildcards.residual, found) if found else []

    return file


def resource_of_residuals(name, file):
    """Return the path of a file: of the project where it is shipped, else of the species."""
    if file.startswith("gene_lists/"):
        return str(ROOT / "resources" / file)
    return f"resources/{places_residuals.species_of_residuals(config, name)}/{file}"


def predictions_of_residuals(wildcards):
    """Return the predictions of the experiment, or those that were made elsewhere."""
    row = residual_settings(wildcards)
    if "experiment" in row:
        return f"results/{wildcards.dataset}/{row['experiment']}/predictions.tsv"
    return residual_source("predictions")(wildcards)


def expression_of_residuals(wildcards):
    """Return the expression that predictions made elsewhere are compared with."""
    return [] if "experiment" in residual_settings(wildcards) else expression_of(wildcards)


def columns_of_residuals(wildcards):
    """Return the columns of predictions made elsewhere."""
    return residual_settings(wildcards).get("columns", ["gene_id", "predicted"])


def names_of_residuals(wildcards):
    """Return the table of names of the species' genes, if there is one."""
    species = DATASETS[wildcards.dataset]["species"]
    return f"results/{species}/gene_names.tsv" if places.name_files(config, species) else []


def lists_of_groups(wildcards):
    """Return the gene lists of a set of groups, in its order."""
    lists = residual_settings(wildcards)["groups"][wildcards.gene_set].get("lists", {})
    return [residual_source("groups", "{gene_set}", "lists", group, "genes")(wildcards) for group in lists]


def annotation_of_domains(wildcards):
    """Return the annotation on the assembly of the domains: the species' own where no other is named."""
    given = residual_source("groups", "{gene_set}", "annotation")(wildcards)
    return given or f"resources/{DATASETS[wildcards.dataset]['species']}/genes.gtf.gz"


def group_settings_of(wildcards):
    """Return the settings of the groups of a set, without their files."""
    row = residual_settings(wildcards)["groups"][wildcards.gene_set]
    groups = row["lists"] if "lists" in row else row["domains"]
    return {
        name: {key: value for key, value in settings.items() if key != "genes"}
        for name, settings in groups.items()
    }


def member_of_domains(wildcards):
    """Return the file of domains within an archive, if it is one."""
    return residual_settings(wildcards)["groups"][wildcards.gene_set].get("member")


def sets_with(kind):
    """Return the names of all sets of gene groups that have lists, or segments."""
    return sorted(
        {name for row in RESIDUALS.values() for name, groups in row["groups"].items() if kind in groups}
    )


def halflife_settings_of(wildcards):
    """Return how a table of half-lives is read."""
    row = residual_settings(wildcards)["halflives"][wildcards.halflives]
    return {key: row[key] for key in ("gene", "value")}


def halflife_unit_of(wildcards):
    """Return the unit of a table of half-lives."""
    return residual_settings(wildcards)["halflives"][wildcards.halflives]["unit"]


def mirna_settings_of(wildcards):
    """Return how microRNAs are counted, and which genes are correlated."""
    row = residual_settings(wildcards)["mirnas"]
    return {key: row[key] for key in ("columns", "taxon", "expressed")}


def cells_of(wildcards):
    """Return whose small RNAs are counted."""
    return residual_settings(wildcards)["mirnas"]["cells"]


def facts_of_parts(kind):
    """Return a function that gives the tests of each part of an analysis: of its groups, or its halflives."""

    def files(wildcards):
        folder = folder_of_residuals(wildcards.residual)
        return expand(f"{folder}/{kind}/{{name}}.json", name=residual_settings(wildcards)[kind])

    return files


def facts_of_mirnas(wildcards):
    """Return what came out about microRNAs, where an analysis has them."""
    if residual_settings(wildcards)["mirnas"] is None:
        return []
    return f"{folder_of_residuals(wildcards.residual)}/mirnas/facts.json"


def names_of_tests(wildcards):
    """Return the names of sets of gene groups and of tables of half-lives, in their order."""
    row = residual_settings(wildcards)
    return {"groups": list(row["groups"]), "halflives": list(row["halflives"])}
