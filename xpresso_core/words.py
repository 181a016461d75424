"""Words for the report's pages, escaped for reStructuredText and for Jinja, which Snakemake runs over them."""

from __future__ import annotations

import re
from collections.abc import Iterable


def and_(items: Iterable[str]) -> str:
    """Return ``a, b and c``."""
    *head, last = list(items) or ["nothing"]
    return f"{', '.join(head)} and {last}" if head else last


def plain(text: object) -> str:
    """Escape text so that neither reStructuredText nor Jinja sees anything in it but letters."""
    return re.sub(r"([\\`*_|{}%#<>\[\]:])", r"\\\1", " ".join(str(text).split()))


def literal(text: str) -> str:
    """Return text in the type of code, if that can hold it."""
    return plain(text) if re.search(r"[`{\\]|^\s|\s$|^$", text) else f"``{text}``"
