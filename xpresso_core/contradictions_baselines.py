"""What is wrong between the baselines of a configuration and its other parts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from xpresso_core.errors import nearest
from xpresso_core.motifs import RELEASES, TAXA, jaspar_of
from xpresso_core.places import SIMULATED, is_simulated


def baseline_contradictions(where: str, row: Mapping[str, Any], config: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong with one entry of ``baselines``."""
    experiments, datasets = config["experiments"], config["datasets"]
    if row["experiment"] not in experiments:
        yield f"{where}.experiment: there is no {row['experiment']!r}{nearest(row['experiment'], experiments)}"
        return
    dataset = experiments[row["experiment"]]["dataset"]
    if dataset not in datasets or datasets[dataset]["species"] not in config["species"]:
        return
    species = datasets[dataset]["species"]
    stored = config["species"][species]["window"]
    for side in ("upstream", "downstream"):
        if row["window"][side] > stored[side]:
            yield f"{where}.window.{side}: species.{species} stores {stored[side]} bases; give no more"
    if row["motifs"] == SIMULATED and not is_simulated(config, species):
        yield f"{where}.motifs: the species is not simulated; give a source or a release of JASPAR"
    release, taxon = jaspar_of(row["motifs"]) or (RELEASES[0], TAXA[0])
    if release not in RELEASES:
        yield f"{where}.motifs: there is no {release!r}{nearest(release, RELEASES)}"
    if taxon not in TAXA:
        yield f"{where}.motifs: JASPAR has no {taxon!r}{nearest(taxon, TAXA)}"
