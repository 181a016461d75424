"""Adapter of the rule residual_tests."""

from pathlib import Path

from _adapter import adapter

with adapter(snakemake):
    from xpresso_core.residual_tests import write_tests

    names = snakemake.params.names
    write_tests(
        dict(zip(names["groups"], map(Path, snakemake.input.groups), strict=True)),
        dict(zip(names["halflives"], map(Path, snakemake.input.halflives), strict=True)),
        Path(snakemake.input.mirnas) if snakemake.input.mirnas else None,
        Path(snakemake.output[0]),
    )
