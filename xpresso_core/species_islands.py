"""The CpG islands of a whole genome, called from its sequence."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from xpresso_core.cpg_islands import ISLAND_COLUMNS, call_islands, write_islands
from xpresso_core.genome import Genome


def write_called_islands(genome: Path, output: Path) -> None:
    """Call the CpG islands of every chromosome, one chromosome in memory at a time, and write them as BED."""
    parts = [pd.DataFrame(columns=list(ISLAND_COLUMNS))]
    with Genome(genome) as sequence:
        for chrom, size in sequence.sizes.items():
            found = call_islands(sequence.fetch(chrom, 0, size))
            parts.append(pd.DataFrame({"chrom": chrom, "start": found[:, 0], "end": found[:, 1]}))
    write_islands(pd.concat([part for part in parts if len(part)] or parts, ignore_index=True), output)
