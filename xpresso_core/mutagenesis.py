"""In-silico mutagenesis: how a prediction changes with each single substitution in a promoter.

A substitution touches one or two pools of the first block, these touch a few cells of the next one, and so on. Only
those are computed anew; everything else is that of the promoter as it is. The network behind its last block takes what
comes out. The plain way, one forward pass per mutant, is kept as reference, and for networks that are built otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import keras
import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from xpresso_core.errors import DeviceError
from xpresso_core.keras_graph import blocks_of, part_behind, promoter_of, weights_of
from xpresso_core.sequence import Codes, N
from xpresso_core.stem import codes_model, stem_forward, supports_stem
from xpresso_core.stem_geometry import Geometry, reach

Floats = npt.NDArray[np.float32]
Positions = npt.NDArray[np.intp]

SUBSTITUTIONS = 3
"""Other letters per known base; an unknown base has no substitution."""
BATCH, BATCH_BYTES = 4096, 1 << 28
"""Mutants that go through the last layers together, and the memory that their cells may take."""
PLAIN_BATCH = 256
"""Mutants that go through a whole network together."""


class _Level(NamedTuple):
    """A block of the network: what it takes of the promoter as it is, and how it computes."""

    kernel: Floats
    bias: Floats
    padding: str
    place: Geometry

    @property
    def reach(self) -> int:
        """From the first tap to the last."""
        return reach(len(self.kernel), self.place.dilation)

    def touched(self, first: int, last: int) -> tuple[int, int]:
        """Return the pools that read any of the positions ``first`` to ``last``, as a half-open range."""
        lowest = max(first + self.place.left - self.reach, 0) // self.place.pool
        highest = (last + self.place.left) // self.place.pool
        return min(lowest, self.place.bins), min(highest + 1, self.place.bins)

    def before_relu(self, values: Floats) -> Floats:
        """Return what the convolution gives, ``[position, filter]``, for values ``[position, channel]``."""
        total = np.zeros((self.place.bins * self.place.pool, len(self.bias)), np.float32) + self.bias
        for tap in range(len(self.kernel)):
            shift = tap * self.place.dilation - self.place.left
            first, last = max(0, -shift), min(len(total), len(values) - shift)
            total[first:last] += values[first + shift : last + shift] @ self.kernel[tap]
        return total

    def pooled(self, before_relu: Floats) -> Floats:
        """Return ReLU and the largest of each pool, ``[..., bin, filter]`` of ``[..., position, filter]``."""
        shape = (*before_relu.shape[:-2], -1, self.place.pool, before_relu.shape[-1])
        pooled: Floats = np.maximum(before_relu.reshape(shape).max(axis=-2), 0)
        return pooled


class _Changed(NamedTuple):
    """Cells of a level that mutants change: the first of them, and their values ``[mutant, cell, channel]``."""

    first: int
    values: Floats


class Mutagenesis:
    """In-silico mutagenesis with one network.

    Parameters
    ----------
    model
        A plain Keras model with an input ``promoter``, as `bundle.Bundle.members` holds them.
    use_stem
        False for the plain way, True for the fast one, None for what runs here.

    Raises
    ------
    InputError
        If the network takes no promoter.
    DeviceError
        If the stem is asked for and cannot be used.
    """

    def __init__(self, model: keras.Model, use_stem: bool | None = None) -> None:
        promoter = promoter_of(model)
        fits = supports_stem(model)
        if use_stem and not fits:
            what = "the stem cannot run the first layers of this model here"
            raise DeviceError(what, where="mutagenesis", remedy="Pass use_stem=False")
        self._levels: list[_Level] = []
        if not (fits if use_stem is None else use_stem):
            self._runner = codes_model(model)
            return
        length = promoter.shape[1]
        blocks = blocks_of(model)
        for block in blocks:
            self._levels.append(_Level(*weights_of(block, length)))
            length = block.pooled.shape[1]
        self._groups = _groups(self._levels[0], promoter.shape[1])
        self._runner = part_behind(model, blocks[-1].pooled, "promoter")

    def changes(self, codes: Codes, halflife: Floats | None) -> Floats:
        """Return how the prediction changes with each substitution.

        Parameters
        ----------
        codes
            ``uint8 [gene, position]``.
        halflife
            float32 ``[gene, feature]`` z-scores, None for a network without.

        Returns
        -------
        numpy.ndarray
            float32 ``[gene, position, letter (4)]``: prediction with this letter less the prediction as it is, in
            z-scores; 0 for the letter that is there, and at unknown bases (N).
        """
        # The products are small: threads of BLAS would wait for each other more than they work.
        with threadpool_limits(1, user_api="blas"):
            rows = [
                self._of_gene(row, {} if halflife is None else {"halflife": halflife[gene : gene + 1]})
                for gene, row in enumerate(codes)
            ]
        return np.stack(rows)

    def _of_gene(self, codes: Codes, features: dict[str, Floats]) -> Floats:
        changes = np.zeros((len(codes), 4), np.float32)
        work = self._local if self._levels else self._plain
        for positions, values in work(codes, features):
            for number in range(SUBSTITUTIONS):
                changes[positions, (codes[positions] + number + 1) % 4] = values[:, number]
        changes[codes == N] = 0
        return changes

    def _plain(self, codes: Codes, features: dict[str, Floats]) -> Iterator[tuple[Positions, Floats]]:
        """Yield positions and the changes of their three substitutions, one forward pass for each mutant."""
        as_it_is = self._run({"codes": codes[None], **features})[0]
        for first in range(0, len(codes), PLAIN_BATCH):
            positions = np.arange(first, min(first + PLAIN_BATCH, len(codes)))
            mutants = np.repeat(codes[None], len(positions) * SUBSTITUTIONS, axis=0)
            which = np.repeat(positions, SUBSTITUTIONS)
            step = np.tile(np.arange(1, SUBSTITUTIONS + 1, dtype=np.uint8), len(positions))
            mutants[np.arange(len(which)), which] = (codes[which] + step) % 4
            rows = {name: np.repeat(array, len(which), axis=0) for name, array in features.items()}
            values = self._run({"codes": mutants, **rows})
            yield positions, values.reshape(-1, SUBSTITUTIONS) - as_it_is

    def _local(self, codes: Codes, features: dict[str, Floats]) -> Iterator[tuple[Positions, Floats]]:
        """Yield the same, from the cells that substitutions touch."""
        first_level = self._levels[0]
        pooled = stem_forward(
            codes[None],
            first_level.kernel,
            first_level.bias,
            first_level.place.pool,
            first_level.padding,
            dilation=first_level.place.dilation,
        )[0]
        inputs, sums = [pooled], []
        for level in self._levels[1:]:
            sums.append(level.before_relu(inputs[-1]))
            inputs.append(level.pooled(sums[-1]))
        as_it_is = self._run({"promoter": inputs[-1][None], **features})[0]
        mutated = _mutated_pools(first_level, codes)
        waiting: list[tuple[Positions, Floats]] = []
        for positions, pools in self._groups:
            changed = _changed_pools(first_level, mutated, positions, pools)
            for level, values, before in zip(self._levels[1:], inputs[:-1], sums, strict=True):
                changed = _through(level, values, before, changed)
            cells = np.repeat(inputs[-1][None], len(changed.values), axis=0)
            cells[:, changed.first : changed.first + changed.values.shape[1]] = changed.values
            waiting.append((positions, cells))
            if sum(len(cells) for _, cells in waiting) >= min(BATCH, BATCH_BYTES // inputs[-1].nbytes):
                yield self._finish(waiting, features, as_it_is)
                waiting = []
        if waiting:
            yield self._finish(waiting, features, as_it_is)

    def _finish(
        self, waiting: list[tuple[Positions, Floats]], features: dict[str, Floats], as_it_is: Any
    ) -> tuple[Positions, Floats]:
        cells = np.concatenate([cells for _, cells in waiting])
        rows = {name: np.repeat(array, len(cells), axis=0) for name, array in features.items()}
        values = self._run({"promoter": cells, **rows}).reshape(-1, SUBSTITUTIONS)
        return np.concatenate([positions for positions, _ in waiting]), values - as_it_is

    def _run(self, arrays: dict[str, Any]) -> Floats:
        given = [arrays[tensor.name] for tensor in self._runner.inputs]
        return np.asarray(self._runner.predict_on_batch(given)).reshape(-1)


def _mutated_pools(level: _Level, codes: Codes) -> Floats:
    """Return each pool with each substitution of each base it reads: ``[bin, base, substitution, filter]``."""
    place = level.place
    width = place.pool + level.reach
    padded = np.full(place.bins * place.pool + level.reach, N, np.uint8)
    kept = codes[: len(padded) - place.left]
    padded[place.left : place.left + len(kept)] = kept
    windows = np.lib.stride_tricks.sliding_window_view(padded, width)[:: place.pool]
    mutants = np.repeat(windows[:, None], width * SUBSTITUTIONS, axis=1)
    mutants = mutants.reshape(place.bins, width, SUBSTITUTIONS, width)
    for number in range(SUBSTITUTIONS):
        base = np.arange(width)
        mutants[:, base, number, base] = np.where(windows == N, N, (windows + number + 1) % 4)
    pooled = stem_forward(
        mutants.reshape(-1, width), level.kernel, level.bias, place.pool, "valid", dilation=place.dilation
    )
    return pooled.reshape(place.bins, width, SUBSTITUTIONS, -1)


def _groups(level: _Level, length: int) -> list[tuple[Positions, range]]:
    """Return neighbouring positions whose substitutions touch the same pools, and these pools."""
    touched = [level.touched(position, position) for position in range(length)]
    starts = [0, *(at for at in range(1, length) if touched[at] != touched[at - 1])]
    groups = zip(starts, [*starts[1:], length], strict=True)
    return [
        (np.arange(start, stop), range(*touched[start])) for start, stop in groups if range(*touched[start])
    ]


def _changed_pools(level: _Level, mutated: Floats, positions: Positions, pools: range) -> _Changed:
    """Return the pools of a group, for each of its mutants: all substitutions of a position, then the next."""
    rows = np.array(pools)[:, None]
    values = mutated[rows, positions + level.place.left - rows * level.place.pool]
    shape = (len(positions) * SUBSTITUTIONS, len(pools), mutated.shape[-1])
    return _Changed(pools.start, values.transpose(1, 2, 0, 3).reshape(shape))


def _through(level: _Level, values: Floats, before: Floats, changed: _Changed) -> _Changed:
    """Return the cells that a block changes in turn.

    ``values`` and ``before`` are what the block takes and what its convolution gives, of the promoter as it is.
    """
    place = level.place
    mutants, count, channels = changed.values.shape
    low, high = level.touched(changed.first, changed.first + count - 1)
    start, stop = low * place.pool, high * place.pool
    anew = np.repeat(before[None, start:stop], mutants, axis=0)
    change = changed.values - values[changed.first : changed.first + count]
    by_tap = (change.reshape(-1, channels) @ level.kernel.transpose(1, 0, 2).reshape(channels, -1)).reshape(
        mutants, count, len(level.kernel), len(level.bias)
    )
    for tap in range(len(level.kernel)):
        to = changed.first + place.left - tap * place.dilation - start
        skip, end = max(0, -to), min(count, stop - start - to)
        if skip < end:
            anew[:, to + skip : to + end] += by_tap[:, skip:end, tap]
    return _Changed(low, level.pooled(anew))
