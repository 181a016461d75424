"""Attributions as a NumPy archive, written as they come, all or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
import zipfile
from collections.abc import Iterable
from typing import BinaryIO

import numpy as np
from tqdm import tqdm

from xpresso_core.attribution import Attribution
from xpresso_core.errors import InputError
from xpresso_core.files import atomic_path


def write_attributions(
    batches: Iterable[tuple[list[str], Attribution]], output: str | os.PathLike[str], *, progress: bool = True
) -> int:
    """Write attributions as ``.npz``, in memory that does not grow with their number.

    Parameters
    ----------
    batches
        Names and attributions, as `attribution.attribute_promoters` yields them.
    output
        The file. `numpy.load` finds in it ``ids`` ``[gene]``, ``promoter`` float32 ``[gene, position, letter]`` and
        ``halflife`` float32 ``[gene, feature]``; it is compressed.
    progress
        Show a progress bar on standard error if it is a terminal.

    Returns
    -------
    int
        How many genes there were.

    Raises
    ------
    InputError
        If there is no gene.
    """
    ids: list[str] = []
    halflife = []
    with atomic_path(output) as draft, tempfile.TemporaryFile(dir=draft.parent) as waiting:
        shape: tuple[int, ...] = ()
        with tqdm(unit=" promoters", disable=None if progress else True, leave=False) as bar:
            for names, part in batches:
                ids += names
                halflife.append(part.halflife)
                shape = part.promoter.shape[1:]
                waiting.write(part.promoter.astype("<f4").tobytes())
                bar.update(len(names))
        if not ids:
            what = "there is no promoter to explain"
            raise InputError(what, where=str(output), remedy="Give at least one")
        waiting.seek(0)
        with zipfile.ZipFile(draft, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            _add(archive, "ids", np.array(ids))
            _add(archive, "halflife", np.concatenate(halflife).astype("<f4"))
            _add_raw(archive, "promoter", (len(ids), *shape), waiting)
    return len(ids)


def _add(archive: zipfile.ZipFile, name: str, array: np.ndarray) -> None:
    with archive.open(f"{name}.npy", "w") as member:
        np.lib.format.write_array(member, array, allow_pickle=False)


def _add_raw(archive: zipfile.ZipFile, name: str, shape: tuple[int, ...], values: BinaryIO) -> None:
    header = {"descr": "<f4", "fortran_order": False, "shape": shape}
    with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
        np.lib.format.write_array_header_1_0(member, header)
        shutil.copyfileobj(values, member, 1 << 20)
