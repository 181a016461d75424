"""The record of a model bundle, ``bundle.json``: what must be in it, and what must not.

::

    {"format": "xpresso-bundle", "format_version": 1,
     "members": [{"file": "model.keras", "sha256": "...", "parameters": 112485}],
     "window": {"upstream": 7000, "downstream": 3500, "minus_shift": 0},
     "inputs": ["promoter", "halflife"], "feature_names": ["utr5_len", ...],
     "scaler": {...} or null, "unit": "log10(RPKM + 0.1)", "metadata": {...},
     "spare": []}

``spare`` lists, as ``members`` does, the live trials that were not chosen; it may be missing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from xpresso_core.errors import ChecksumError, InputError
from xpresso_core.files import sha256

FORMAT = "xpresso-bundle"
FORMAT_VERSION = 1
REMAKE = "Train or copy the bundle again"

_KEYS = {
    "format",
    "format_version",
    "members",
    "window",
    "inputs",
    "feature_names",
    "scaler",
    "unit",
    "metadata",
}
_OPTIONAL = {"spare"}
_MEMBER_KEYS = {"file", "sha256", "parameters"}


def check_record(record: Any, file: Path) -> None:
    """Refuse a record that is of another version, incomplete, or says what this version does not know.

    Parameters
    ----------
    record
        The content of `file`.
    file
        ``bundle.json``, to name it in an error.

    Raises
    ------
    InputError
        With all that is wrong.
    """
    if not isinstance(record, dict) or record.get("format") != FORMAT:
        what = "is not the record of a model bundle"
        raise InputError(what, where=str(file), remedy=REMAKE)
    if record.get("format_version") != FORMAT_VERSION:
        what = f"has format version {record.get('format_version')!r}; this program reads {FORMAT_VERSION}"
        raise InputError(what, where=str(file), remedy="Use the version of xpresso that made the bundle")
    wrong = [f"lacks {key!r}" for key in sorted(_KEYS - set(record))]
    wrong += [f"has the unknown key {key!r}" for key in sorted(set(record) - _KEYS - _OPTIONAL)]
    members = record.get("members")
    if not isinstance(members, list) or not members or not all(map(_is_member, members)):
        wrong.append(f"'members' is no list of {', '.join(sorted(_MEMBER_KEYS))}")
    spare = record.get("spare", [])
    if not isinstance(spare, list) or not all(map(_is_member, spare)):
        wrong.append(f"'spare' is no list of {', '.join(sorted(_MEMBER_KEYS))}")
    if not isinstance(record.get("metadata"), dict):
        wrong.append("'metadata' is no table")
    if wrong:
        raise InputError("; ".join(wrong), where=str(file), remedy=REMAKE)


def check_member(file: Path, expected: str) -> None:
    """Refuse the file of a network that is missing, or not the one of the given SHA-256 checksum."""
    if not file.is_file():
        what = "the file of the network is missing"
        raise InputError(what, where=str(file), remedy=REMAKE)
    found = sha256(file)
    if found != expected:
        what = f"was altered after the bundle was saved (SHA-256 {found}, expected {expected})"
        raise ChecksumError(what, where=str(file), remedy=REMAKE)


def plain(value: Any) -> Any:
    """Return plain types for JSON: numpy's become Python's, what is not finite becomes None."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, np.ndarray | np.generic):
        return plain(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def _is_member(member: Any) -> bool:
    # A name with a folder in it would let a bundle reach for files outside itself.
    return (
        isinstance(member, dict)
        and set(member) == _MEMBER_KEYS
        and isinstance(member["file"], str)
        and Path(member["file"]).name == member["file"]
    )
