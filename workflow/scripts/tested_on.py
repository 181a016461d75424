"""Adapter of the rule tested_on."""

from pathlib import Path

from _adapter import adapter

with adapter(snakemake):
    from xpresso_core.device import choose_device

    choose_device(snakemake.params.device, snakemake.threads)  # before any network is imported

    from xpresso_core.tested_on import write_tested_on

    pairs, column = snakemake.input.pairs, snakemake.params.column
    write_tested_on(
        Path(snakemake.input.split),
        [Path(folder) for folder in snakemake.input.models],
        Path(snakemake.input.other),
        Path(snakemake.output.predictions),
        Path(snakemake.output.metrics),
        seed=snakemake.params.seed,
        pairs_path=Path(pairs) if pairs else None,
        columns=(column, "gene_id" if column == "ortholog_id" else "ortholog_id"),
    )
