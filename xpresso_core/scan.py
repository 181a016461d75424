"""Predictions every few bases along both strands of a genome, as if each were a gene's start site.

A prediction at position x of a strand is that of the window around a TSS at x on this strand, with the half-life
features of the average gene (Agarwal and Shendure 2020, Figure 5). What windows share is computed once
(`scan_levels`); networks and steps where there is nothing to share go the plain way, each window by itself.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import keras
import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from xpresso_core.bundle import Bundle
from xpresso_core.errors import InputError
from xpresso_core.genome import Genome, Window
from xpresso_core.keras_graph import Weights, blocks_of, part_behind, weights_of
from xpresso_core.scaling import Scaler
from xpresso_core.scan_cells import cells_of_windows
from xpresso_core.scan_levels import Level, bytes_per_base, levels_of
from xpresso_core.sequence import Codes, N, reverse_complement
from xpresso_core.stem import codes_model

Floats = npt.NDArray[np.float32]
Units = Literal["log10", "z"]

STEP = 100
"""Bases from one prediction to the next, as in the paper."""
MAX_UNKNOWN = 0.5
"""Windows with a larger share of unknown bases have no prediction."""
Z_SCORE = "z-score"
CHUNK_BYTES = 1 << 24
"""Memory of the largest array of a chunk, about."""
CHUNK_WINDOWS = 4
"""A chunk of a stretch has at least the bases of so many windows."""
BATCH = 1024
"""Windows that go through the last layers together."""
PLAIN_BATCH = 128
"""Windows that go through a whole network together."""


class _Shared:
    """One network over windows that overlap."""

    def __init__(self, model: keras.Model, levels: list[Level], step: int) -> None:
        self._levels, self._step = levels, step
        self._rest = part_behind(model, blocks_of(model)[len(levels) - 1].pooled, "cells")

    def predict(self, codes: Codes, windows: int) -> Floats:
        with threadpool_limits(1, user_api="blas"):
            cells = cells_of_windows(self._levels, codes, windows, self._step)
        return _run(self._rest, "cells", cells, BATCH)


class _Plain:
    """One network over each window by itself."""

    def __init__(self, model: keras.Model, length: int, step: int) -> None:
        self._model, self._length, self._step = codes_model(model), length, step

    def predict(self, codes: Codes, windows: int) -> Floats:
        cut = np.lib.stride_tricks.sliding_window_view(codes, self._length)[:: self._step]
        return _run(self._model, "codes", cut, PLAIN_BATCH)


def _run(model: keras.Model, name: str, rows: npt.NDArray[np.generic], batch: int) -> Floats:
    """Predict with average half-life features, which are zeros, where the network takes any."""
    values = np.empty(len(rows), np.float32)
    for start in range(0, len(rows), batch):
        part = np.ascontiguousarray(rows[start : start + batch])
        given = [
            part if tensor.name == name else np.zeros((len(part), *tensor.shape[1:]), np.float32)
            for tensor in model.inputs
        ]
        values[start : start + len(part)] = np.asarray(model.predict_on_batch(given)).reshape(-1)
    return values


class Scanner:
    """Runs a model over stretches of DNA.

    Parameters
    ----------
    bundle
        The model; the networks of an ensemble are averaged.
    step
        Bases from one window to the next.
    units
        ``log10``: the unit that the model was trained on, such as log10(RPKM + 0.1); ``z``: z-scores of it; None
        for ``log10``, or ``z`` where the model does not know its scale, as those released in 2020.
    shared
        False for the plain way, each window by itself; True for what windows share once; None for the fast one
        of the two.

    Attributes
    ----------
    name : str
        What the model calls itself; may be empty.
    window : Window
        Of the model.
    units, unit : str
        ``log10`` or ``z``, and the unit in words.
    plain_reason : str
        Why windows are computed each by itself; empty if they are not.
    chunk : int
        Windows to give `predict` at once, so that memory stays bounded.

    Raises
    ------
    InputError
        If the model takes no promoter, has weights that are no numbers, or does not know the unit; for a step below 1;
        or if ``shared`` is True where nothing can be shared.
    """

    def __init__(
        self, bundle: Bundle, step: int = STEP, *, units: Units | None = None, shared: bool | None = None
    ) -> None:
        if step < 1:
            what = f"a step of {step} bases leads nowhere"
            raise InputError(what, where="scan", remedy="Give 1 or more; the paper took 100")
        if "promoter" not in bundle.inputs:
            what = "the model takes no promoter, so it cannot be run along a genome"
            raise InputError(what, where="scan", remedy="Choose a model trained with the input promoter")
        self.name, self.window, self.step = str(bundle.metadata.get("name", "")), bundle.window, step
        self.units, self.unit, self._scaler = _unit(bundle, units)
        weights = [_weights(model, self.window.length) for model in bundle.members]
        levels = [levels_of(blocks, self.window.length, step) for blocks in weights]
        reason = _plain_reason(weights, levels, self.window, step)
        if shared and reason:
            raise InputError(reason, where="scan", remedy="Leave shared=True out")
        self.plain_reason = "it was asked for" if shared is False else reason
        if self.plain_reason:
            self._networks: list[_Shared | _Plain] = [
                _Plain(model, self.window.length, step) for model in bundle.members
            ]
            self.chunk = max(1, CHUNK_BYTES // self.window.length)
        else:
            pairs = zip(bundle.members, levels, strict=True)
            self._networks = [_Shared(model, one, step) for model, one in pairs]
            bases = max(CHUNK_BYTES / max(map(bytes_per_base, levels)), CHUNK_WINDOWS * self.window.length)
            self.chunk = max(1, int(bases) // step)

    def predict(self, codes: Codes, windows: int) -> Floats:
        """Predict windows that follow each other.

        Parameters
        ----------
        codes
            ``uint8 [(windows - 1) * step + window.length]``, in the direction in which the model reads.
        windows
            How many; window i begins at base ``i * step``.

        Returns
        -------
        numpy.ndarray
            float32 ``[window]`` in `unit`.

        Raises
        ------
        InputError
            If the codes are not as many, or the networks predict something that is not a number.
        """
        expected = (windows - 1) * self.step + self.window.length
        if windows < 1 or codes.shape != (expected,):
            what = f"{windows} windows take {expected} bases, not {codes.shape}"
            raise InputError(what, where="scan", remedy="Give the codes of all windows together")
        each = np.array([network.predict(codes, windows) for network in self._networks], np.float64)
        scaled: npt.NDArray[np.float64] = each.mean(axis=0)
        if not np.isfinite(scaled).all():
            what = "the network predicts values that are not numbers"
            raise InputError(what, where="scan", remedy="Its training has failed; train it again")
        values = scaled if self._scaler is None else self._scaler.restore_label(scaled)
        return values.astype(np.float32)


def _weights(model: keras.Model, length: int) -> list[Weights]:
    """Return the weights of the blocks that follow each other from the promoter on."""
    found = []
    for block in blocks_of(model):
        found.append(weights_of(block, length))
        if not all(np.isfinite(array).all() for array in found[-1][:2]):
            what = "the network has weights that are not numbers"
            raise InputError(what, where="scan", remedy="Its training has failed; train it again")
        length = block.pooled.shape[1]
    return found


def _plain_reason(weights: list[list[Weights]], levels: list[list[Level]], window: Window, step: int) -> str:
    if not all(weights):
        return "its first layers are not convolution, ReLU and maximum pooling one after the other"
    if not all(levels):
        return f"windows of {window.length:,} bases every {step:,} bases have too little in common with its pools"
    return ""


def _unit(bundle: Bundle, units: Units | None) -> tuple[Units, str, Scaler | None]:
    """Return the units, the unit in words, and what brings z-scores there."""
    if bundle.scaler is None:
        if units == "log10":
            what = "the model does not know the mean and spread of the expression that it was trained on"
            raise InputError(what, where="units", remedy="Take --units z")
        return "z", bundle.unit, None
    if units == "z":
        return "z", f"{Z_SCORE} of {bundle.unit}", None
    return "log10", bundle.unit, bundle.scaler


class Strands(NamedTuple):
    """Predictions on both strands; NaN where there is none.

    Attributes
    ----------
    plus, minus
        float32 ``[position]``.
    """

    plus: Floats
    minus: Floats


def scan_positions(
    scanner: Scanner,
    genome: Genome,
    chromosome: str,
    first: int,
    count: int,
    *,
    max_unknown: float = MAX_UNKNOWN,
) -> Strands:
    """Predict both strands at positions that follow each other.

    Parameters
    ----------
    scanner
        The model.
    genome, chromosome
        Where; what lies beyond the ends of the chromosome counts as unknown bases.
    first, count
        The first position (0-based), and how many; they lie ``scanner.step`` bases apart.
    max_unknown
        Windows with a larger share of unknown bases (N) have no prediction.

    Returns
    -------
    Strands
        In the order of the positions, in the scanner's unit.

    Raises
    ------
    InputError
        If the genome has no such chromosome.
    """
    found = Strands(np.empty(count, np.float32), np.empty(count, np.float32))
    for start in range(0, count, scanner.chunk):
        part = slice(start, min(start + scanner.chunk, count))
        at = first + start * scanner.step
        for strand, values in zip("+-", found, strict=True):
            values[part] = _one_strand(
                scanner, genome, chromosome, at, part.stop - part.start, strand, max_unknown
            )
    return found


def _one_strand(
    scanner: Scanner,
    genome: Genome,
    chromosome: str,
    first: int,
    count: int,
    strand: str,
    max_unknown: float,
) -> Floats:
    start = scanner.window.interval(first, strand)[0]
    length = (count - 1) * scanner.step + scanner.window.length
    codes = genome.fetch(chromosome, start, start + length, pad=True)
    if strand == "-":
        codes = reverse_complement(codes)
    unknown = np.concatenate([[0], np.cumsum(codes == N)])
    begin = np.arange(count) * scanner.step
    # A share, not a number of bases: 29 / 100 is 0.29 exactly, while 0.29 * 100 is less than 29.
    share = (unknown[begin + scanner.window.length] - unknown[begin]) / scanner.window.length
    known = share <= max_unknown
    values = np.full(count, np.nan, np.float32)
    if known.any():
        values[known] = scanner.predict(codes, count)[known]
    return values if strand == "+" else values[::-1]
