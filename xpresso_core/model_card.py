"""A model bundle described in words, for the model card and the terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

Record = Mapping[str, Any]

_COLUMNS = 100

_LIMITS = (
    "It was trained on differences between genes of the reference genome. Such models often get the "
    "direction of the effect of a variant wrong (Sasse et al. and Huang et al., Nature Genetics 2023), so a "
    "predicted difference between two alleles is a hypothesis to test, not evidence of a direction.",
    "It sees the promoter only: no enhancers, no chromatin, no genes further away than the window.",
    "It speaks of the species and cell types that it was trained on; elsewhere it has to be checked first.",
    "Promoters and genes that it was trained on are predicted better than others. For an honest estimate use "
    "held-out genes, and mind paralogues and neighbours whose windows overlap.",
)


def model_card(record: Record) -> str:
    """Return the model card of a bundle as Markdown.

    Parameters
    ----------
    record
        The content of ``bundle.json`` (`Bundle.record`).
    """
    metadata = record["metadata"]
    lines = [f"# {metadata.get('name', 'Xpresso model')}", ""]
    lines += [
        "Predicts the mRNA level of a gene from its promoter sequence, its mRNA half-life features, or both.",
        "",
    ]
    lines += ["| | |", "|---|---|"]
    lines += [f"| {label} | {text} |" for label, text in _facts(record)]
    lines += ["", "## Intended use", ""]
    lines += [
        "Comparing genes: ranking them by promoter strength, measuring how much of expression the sequence "
        "around the transcription start site explains, and finding genes whose level it does not explain.",
    ]
    lines += ["", "## Limits", "", *(f"- {limit}" for limit in _LIMITS)]
    lines += ["", "## Record", "", "| | |", "|---|---|"]
    lines += [f"| {key} | {value} |" for key, value in flatten(metadata)]
    lines += [
        "",
        "`bundle.json` holds the same for programs. Use it with `xpresso predict` and `xpresso info`.",
        "",
    ]
    return "\n".join(lines)


def summary(record: Record) -> str:
    """Return what a bundle is as lines of text for the terminal."""
    metadata = record["metadata"]
    facts = [("model", str(metadata.get("name", "unnamed"))), *_facts(record)]
    facts += [("SHA-256", f"{member['sha256']} {member['file']}") for member in record["members"]]
    shown = {"name", "species", "training_data", "metrics"}
    facts += flatten({key: value for key, value in metadata.items() if key not in shown})
    width = max(len(label) for label, _ in facts) + 2
    indent = " " * width
    return "".join(
        textwrap.fill(
            text,
            _COLUMNS,
            initial_indent=f"{label:<{width}}",
            subsequent_indent=indent,
            break_long_words=False,
            break_on_hyphens=False,
        )
        + "\n"
        for label, text in facts
    )


def halflife_note(record: Record) -> str:
    """Return what values the half-life features of a model have, and what their absence means."""
    if not record["feature_names"]:
        return "The model takes none."
    absent = "Without them every gene counts as the average gene (zeros after scaling)."
    if record["scaler"] is None:
        return (
            f"They are given as z-scores, as the network takes them; a missing value counts as zero. {absent}"
        )
    zero = "the average gene's" if record["scaler"]["protocol"] == "strict" else "a raw zero"
    return (
        "They are given raw (bases, fractions, junctions per kilobase) and scaled here; "
        f"a missing value counts as {zero}. {absent}"
    )


def flatten(data: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Yield the leaves of nested plain types with their dotted names."""
    for key, value in data.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping):
            yield from flatten(value, f"{name}.")
        elif isinstance(value, list):
            yield name, ", ".join(map(_text, value))
        else:
            yield name, _text(value)


def _facts(record: Record) -> Iterator[tuple[str, str]]:
    """Yield what everybody wants to know first."""
    metadata, window, members = record["metadata"], record["window"], record["members"]
    length = window["upstream"] + window["downstream"]
    yield "predicts", f"{record['unit']} of a gene's mRNA"
    yield (
        "window",
        f"{window['upstream']:,} bases before the TSS and {window['downstream']:,} from it on "
        f"({length:,} in all), in transcription direction; the TSS has index {window['upstream']:,}"
        + (f"; {window['minus_shift']} base further downstream on '-'" if window["minus_shift"] else ""),
    )
    names = {
        "promoter": "promoter sequence",
        "halflife": f"{len(record['feature_names'])} half-life features",
    }
    yield "inputs", ", ".join(names[name] for name in record["inputs"])
    if record["feature_names"]:
        yield "half-life features", f"{', '.join(record['feature_names'])}. {halflife_note(record)}"
    sizes = ", ".join(f"{member['parameters']:,}" for member in members)
    yield "networks", f"{len(members)} ({sizes} parameters)"
    yield "species", _text(metadata.get("species"))
    yield "training data", _text(metadata.get("training_data"))
    metrics = metadata.get("metrics") or {}
    yield "metrics", ", ".join(f"{key} {value}" for key, value in flatten(metrics)) or "not recorded"


def _text(value: Any) -> str:
    if value is None:
        return "not recorded"
    return f"{value:.4g}" if isinstance(value, float) else str(value)
