"""Words for the report's pages, escaped for reStructuredText and for Jinja, which Snakemake runs over them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any


def and_(items: Iterable[str]) -> str:
    """Return ``a, b and c``."""
    *head, last = list(items) or ["nothing"]
    return f"{', '.join(head)} and {last}" if head else last


def listed(items: Sequence[str], most: int = 4) -> str:
    """Return the first items, and how many more there are."""
    return ", ".join(items[:most]) + (f" and {len(items) - most} more" if len(items) > most else "")


def plain(text: object) -> str:
    """Escape text so that neither reStructuredText nor Jinja sees anything in it but letters."""
    return re.sub(r"([\\`*_|{}%#<>\[\]:])", r"\\\1", " ".join(str(text).split()))


def literal(text: str) -> str:
    """Return text in the type of code, if that can hold it."""
    return plain(text) if re.search(r"[`{\\]|^\s|\s$|^$", text) else f"``{text}``"


def networks_in_words(facts: Mapping[str, Any]) -> str:
    """Say whose mean scores `positional_profiles.profile_facts` compares: two networks', or two sets of them."""
    return (
        "two networks" if facts["folds"] == 1 else f"two sets of {facts['folds']} networks, one of each fold"
    )


def p_text(p: float | None) -> str:
    """Write a P value: 3.1e-12, 0.021, or < 1e-300, which is all that the smallest numbers of a computer tell."""
    if p is None:
        return "not tested"
    if p < 1e-300:
        return "< 1e-300"
    return f"{p:.2g}" if p >= 0.001 else f"{p:.1e}"


def p_equals(p: float) -> str:
    """Write ``P = 3.1e-12`` or ``P < 1e-300``."""
    text = p_text(p)
    return f"P {text}" if text.startswith("<") else f"P = {text}"
