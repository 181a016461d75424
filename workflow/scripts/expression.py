"""Adapter of the rule expression."""

from _adapter import adapter

with adapter(snakemake):
    from xpresso_core.expression import dataset_expression
    from xpresso_core.files import write_table

    dataset = snakemake.params.dataset
    table = dataset_expression(
        snakemake.input.table,
        column=dataset.get("column"),
        median_except=dataset.get("median_except"),
        units=dataset["units"],
    )
    write_table(table, snakemake.output.table)
