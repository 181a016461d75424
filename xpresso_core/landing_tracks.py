"""The words of the report's first page about predictions along a genome."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from xpresso_core.files import read_json
from xpresso_core.words import listed, plain


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
    areas = {(auc["score"], auc["tss"]): auc["auc"] for auc in facts["aucs"] if auc["tss"] == auc["random"]}
    all_, inside, outside = (_share(areas["prediction", name]) for name in ("all", "inside", "outside"))
    counts, strands = facts["counts"], facts["strands"]
    text = (
        f"**{plain(name)}** ({plain(model)}) predicts {counts['values']:,} bins of"
        f" {plain(listed(facts['regions']))}, both strands together. It has the higher prediction at a start site than"
        f" at a random position in {all_} of the cases (AUROC), while being in a CpG island alone gives"
        f" {_share(areas['cpg_island', 'all'])}: {inside} within CpG islands, {outside} outside."
    )
    if strands["correlation"] is not None:
        text += f" The two strands' predictions correlate by {strands['correlation']:.2f}."
    if facts["genes"] is None:
        text += " The model may have been trained on these genes."
    else:
        text += f" Of the {facts['genes']:,} genes there the model has not seen {facts['unseen']:,}."
    return f"{text} {_peaks(facts)}"


def _peaks(facts: Mapping[str, Any]) -> str:
    called = facts["distances"]["peak"]
    if not called["n"]:
        return "There is no peak."
    return (
        f"Of {called['n']:,} peaks {_share(called['within_tolerance'])} lie within {facts['tolerance']:,} bases of an"
        f" annotated start site, of all positions {100 * facts['random_precision']:.1f} %."
    )


def _share(share: float | None) -> str:
    return "an unknown share" if share is None else f"{100 * share:.0f} %"
