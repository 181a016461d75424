"""The words of the report's first page about predictions along a genome."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from xpresso_core.files import read_json
from xpresso_core.words import and_, plain


def track_words(tracks: Mapping[str, Mapping[str, Any]], folders: Mapping[str, Path]) -> list[str]:
    """Say how well predictions along a genome tell start sites from the rest.

    Parameters
    ----------
    tracks
        As configured, by name.
    folders
        Of the results of each.
    """
    return [_track(name, row, read_json(folders[name] / "summary.json")) for name, row in tracks.items()]


def _track(name: str, row: Mapping[str, Any], facts: Mapping[str, Any]) -> str:
    model = f"fold {row['fold']} of {row['experiment']}" if "experiment" in row else str(row["model"])
    areas = {
        auc["tss"]: auc["auc"]
        for auc in facts["aucs"]
        if auc["score"] == "prediction" and auc["tss"] == auc["random"]
    }
    counts, strands = facts["counts"], facts["strands"]
    text = (
        f"**{plain(name)}** ({plain(model)}) predicts {counts['values']:,} bins of"
        f" {and_(plain(region) for region in facts['regions'])}, both strands together. It has the higher prediction"
        f" at a start site than at a random position in {_share(areas['all'])} of the cases (AUROC):"
        f" {_share(areas['inside'])} within CpG islands, {_share(areas['outside'])} outside."
    )
    if strands["correlation"] is not None:
        text += f" The two strands' predictions correlate by {strands['correlation']:.2f}."
    if facts["genes"] is not None:
        text += f" The model has not seen {facts['unseen']:,} of the {facts['genes']:,} genes there."
    return f"{text} {_peaks(facts)}"


def _peaks(facts: Mapping[str, Any]) -> str:
    called = facts["distances"]["peak"]
    if not called["n"]:
        return "There is no peak."
    random = facts["distances"]["random"]
    return (
        f"Of {called['n']:,} peaks {_share(called['within_tolerance'])} lie within {facts['tolerance']:,} bases of an"
        f" annotated start site, of random positions {_share(random['within_tolerance'])}."
    )


def _share(share: float | None) -> str:
    return "an unknown share" if share is None else f"{100 * share:.0f} %"
