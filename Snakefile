include: "workflow/Snakefile"


# Snakemake does not take a default target over from an included file.
workflow.default_target = "all"
