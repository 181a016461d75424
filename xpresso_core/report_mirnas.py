"""The figures of microRNAs, from files."""

from __future__ import annotations

from pathlib import Path

from xpresso_core.files import read_json, read_table
from xpresso_core.plots_mirna import plot_abundance, plot_correlations


def draw_abundance(abundance: Path, output: Path, *, name: str, cells: str) -> None:
    """Draw the most abundant microRNA families.

    Parameters
    ----------
    abundance
        Of `mirna_analysis.write_mirnas`.
    output
        The figure.
    name, cells
        Of the analysis, and whose small RNAs they are.
    """
    plot_abundance(output, f"{name}: the most abundant microRNA families of {cells}", read_table(abundance))


def draw_targets(families: Path, facts: Path, output: Path, *, name: str) -> None:
    """Draw how the predicted targets of microRNA families go with the residuals.

    Parameters
    ----------
    families, facts
        Of `mirna_analysis.write_mirnas`.
    output
        The figure.
    name
        Of the analysis.
    """
    found = read_json(facts)
    plot_correlations(
        output,
        f"{name}: microRNA targets and residuals",
        read_table(families, dtype={"seed": str, "family": str}),
        {family["seed"]: family["family"] for family in found["abundant"]},
        found["top_tenth"],
    )
