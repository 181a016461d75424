"""Adapter of the rule scan."""

from pathlib import Path

from _adapter import adapter

with adapter(snakemake):
    from xpresso_core.device import choose_device

    choose_device(snakemake.params.device, snakemake.threads)  # before any network is imported

    from xpresso_core.scan_run import scan_configured

    scan_configured(
        Path(snakemake.input.model),
        Path(snakemake.input.genome),
        Path(snakemake.output.facts).with_suffix(""),
        **snakemake.params.settings,
    )
