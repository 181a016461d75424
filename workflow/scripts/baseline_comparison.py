"""Adapter of the rule baseline_comparison."""

from pathlib import Path

from _adapter import adapter

with adapter(snakemake):
    from xpresso_core.baseline_comparison import write_comparison

    networks = snakemake.params.networks
    write_comparison(
        [Path(path) for path in snakemake.input.folds],
        Path(snakemake.input.split),
        dict(zip(networks, map(Path, snakemake.input.networks), strict=True)),
        Path(snakemake.output.predictions),
        Path(snakemake.output.table),
        Path(snakemake.output.folds),
        reference=networks[0],
        inputs=snakemake.params.inputs,
        seed=snakemake.params.seed,
    )
