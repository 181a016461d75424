"""The stage that fetches: from the sources that a configuration names to files under their final names."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from xpresso_core.download import is_remote
from xpresso_core.sources import UNKNOWN, Source, expand_place, fetch, resolve
from xpresso_core.unpack import decompress_fasta


def describe(value: str, registry: Mapping[str, Source]) -> dict[str, str]:
    """Return a configured value and its row of the registry as plain types, placeholders and all.

    It says which file is meant, wherever the data folder lies: the parameter that a fetch depends on.
    """
    return asdict(registry[value]) if value in registry else {"id": value}


def check_places(
    species: Mapping[str, Mapping[str, Any]],
    registry: Mapping[str, Source],
    data_dir: str | os.PathLike[str] | None,
) -> None:
    """Check, before anything is fetched, that every configured file is known, remote or there.

    Files of the registry are not looked for: they may lie in a data folder that other computers have.

    Parameters
    ----------
    species
        The species of a configuration.
    registry, data_dir
        As for `resolve`.

    Raises
    ------
    InputError
        For the first value that is none of them; an id that is nearly that of the registry is suggested.
    """
    for row in species.values():
        single = [row.get(kind) for kind in ("genome", "annotation", "cage_peaks", "gene_names")]
        for value in filter(None, [*single, *row.get("tables", {}).values()]):
            if value not in registry:
                resolve(value, registry, data_dir)


def local_file(description: Mapping[str, str], data_dir: str | os.PathLike[str] | None) -> str | None:
    """Return the local path of a described source whose content nothing but the file itself vouches for.

    A workflow names it as an input, so that an edited file is fetched again. None for remote addresses and
    for sources of known checksum.
    """
    if description.get("sha256", UNKNOWN) != UNKNOWN or is_remote(description.get("url", description["id"])):
        return None
    return expand_place(description.get("url", description["id"]), data_dir, description["id"])


def fetch_described(
    description: Mapping[str, str], target: str | os.PathLike[str], data_dir: str | os.PathLike[str] | None
) -> None:
    """Fetch what `describe` described to its final name, with its record beside it."""
    fetch(_described(description, data_dir), target).write_sidecar()


def fetch_genome(
    description: Mapping[str, str], target: str | os.PathLike[str], data_dir: str | os.PathLike[str] | None
) -> None:
    """Fetch a genome that `describe` described, and write it as plain, indexed FASTA with its record."""
    packed = Path(f"{target}.packed")
    fetched = fetch(_described(description, data_dir), packed)
    decompress_fasta(packed, target)
    packed.unlink()
    replace(fetched, path=str(target)).write_sidecar()


def _described(description: Mapping[str, str], data_dir: str | os.PathLike[str] | None) -> Source:
    name = description["id"]
    registry = {name: Source(**description)} if "url" in description else {}
    return resolve(name, registry, data_dir)
