"""Adapter of the rule search_worker."""

from pathlib import Path

from _adapter import adapter

with adapter(snakemake):
    from xpresso_core.device import choose_device

    device = choose_device(snakemake.params.device, snakemake.threads)  # before any network is imported

    from xpresso_core.files import write_json
    from xpresso_core.search import run_worker

    trials = run_worker(
        Path(snakemake.input.dataset),
        snakemake.params.plan,
        folder=Path(snakemake.params.kept),
        device=device,
    )
    write_json({"trials": trials, "device": device}, snakemake.output.done)
