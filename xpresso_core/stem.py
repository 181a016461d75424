"""The first layer of the network, computed from DNA codes.

The layer is a convolution over one-hot DNA, a bias, ReLU, and a maximum over pools of positions. Over one-hot
input the convolution needs no multiplication: each position adds up rows of a table. The kernel is cut into
pieces of three taps; a piece has 5^3 = 125 possible words over A, C, G, T, N, so its table stays in the
fastest cache, and a kernel of width six costs two rows per position. Dilation only changes which letters make
a word. Only the maximum of each pool is kept, and ReLU comes last because max(relu(x)) = relu(max(x)). No
one-hot array and no convolution output exists.

The gradient touches only the position that won its pool, the first of several equal ones, as in TensorFlow.

Work is split by fixed blocks of sequences over threads, and partial sums are added in the order of the
blocks: results do not depend on the number of threads (`threads.set_threads`). Several threads may call at
once.

`Stem`, `OneHot`, `supports_stem` and `codes_model` join this to Keras; they live in `stem_layer` and are
imported from here only when asked for, so that a scan or a test need not load TensorFlow.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from numba import njit

from xpresso_core.errors import InputError
from xpresso_core.lanes import LANES, add, load, splat, store, where_greater
from xpresso_core.sequence import Codes
from xpresso_core.stem_geometry import LETTERS, TAPS, geometry
from xpresso_core.threads import each_block

if TYPE_CHECKING:
    from xpresso_core.stem_layer import OneHot, Stem, codes_model, supports_stem

__all__ = [
    "OneHot",
    "Stem",
    "codes_model",
    "stem_forward",
    "stem_forward_argmax",
    "stem_gradient",
    "supports_stem",
]

Floats = npt.NDArray[np.float32]
Winners = npt.NDArray[np.int16]

WORDS = LETTERS**TAPS
WIDTH = 2 * LANES
"""Filters handled together: their tables, 2 x 64 common rows x 128 bytes, fill half of a 32-KB cache."""
ROWS = 8
"""Sequences per unit of work; fixed, because the order of summation must not depend on the machine."""
BASES = 1 << 17
"""Bases per unit of work where nothing is summed: many short sequences, or a few long ones."""


def __getattr__(name: str) -> Any:
    if name in {"OneHot", "Stem", "codes_model", "supports_stem"}:
        return getattr(import_module("xpresso_core.stem_layer"), name)
    message = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(message)


def _tables(kernel: Floats, pieces: int) -> Floats:
    """Return the rows of every word: float32 ``[filter block, piece * word * filter in block]``."""
    width, _, filters = kernel.shape
    blocks = -(-filters // WIDTH)
    taps = np.zeros((pieces * TAPS, LETTERS, blocks * WIDTH), np.float32)
    taps[:width, :4, :filters] = kernel
    first, second, third = taps.reshape(pieces, TAPS, LETTERS, -1).swapaxes(0, 1)
    rows = first[:, :, None, None] + second[:, None, :, None] + third[:, None, None]
    rows = rows.reshape(pieces * WORDS, blocks, WIDTH).swapaxes(0, 1)
    return np.ascontiguousarray(rows).reshape(blocks, -1)


@njit(nogil=True, cache=True, error_model="numpy")
def _forward(
    words: Any, tables: Any, bias: Any, step: int, pool: int, floor: Any, pooled: Any, winners: Any
) -> None:
    # Remembering who won costs a quarter of the speed; without winners numba compiles it away. Unsigned indices,
    # here and in _scatter: numba asks of others whether they count from the end.
    pieces = tables.shape[1] // (WORDS * WIDTH)
    least = splat(floor)
    none = splat(np.int16(-1))
    for sequence in range(words.shape[0]):
        word = words[sequence]
        out = pooled[sequence].reshape(-1)
        if winners is not None:
            won = winners[sequence].reshape(-1)
        for block in range(tables.shape[0]):
            table = tables[block]
            for bin_ in range(pooled.shape[1]):
                best_a = best_b = splat(np.float32(-np.inf))
                at_a = at_b = none
                for offset in range(pool):
                    position = bin_ * pool + offset
                    row = np.intp(word[np.uintp(position)]) * WIDTH
                    other = (np.intp(word[np.uintp(position + step)]) + WORDS) * WIDTH
                    value_a = add(load(table, row), load(table, other))
                    value_b = add(load(table, row + LANES), load(table, other + LANES))
                    for piece in range(2, pieces):
                        row = (np.intp(word[np.uintp(position + step * piece)]) + WORDS * piece) * WIDTH
                        value_a = add(value_a, load(table, row))
                        value_b = add(value_b, load(table, row + LANES))
                    if winners is not None:
                        here = splat(np.int16(offset))
                        at_a = where_greater(value_a, best_a, here, at_a)
                        at_b = where_greater(value_b, best_b, here, at_b)
                    best_a = where_greater(value_a, best_a, value_a, best_a)
                    best_b = where_greater(value_b, best_b, value_b, best_b)
                best_a = add(best_a, load(bias, block * WIDTH))
                best_b = add(best_b, load(bias, block * WIDTH + LANES))
                to = bin_ * pooled.shape[2] + block * WIDTH
                store(out, to, where_greater(best_a, least, best_a, least))
                store(out, to + LANES, where_greater(best_b, least, best_b, least))
                if winners is not None:
                    store(won, to, where_greater(best_a, least, at_a, none))
                    store(won, to + LANES, where_greater(best_b, least, at_b, none))


@njit(nogil=True, cache=True, error_model="numpy")
def _scatter(words: Any, winners: Any, upstream: Any, step: int, pool: int, sums: Any) -> None:
    # The loss moves with every table row that a winner read; sums is laid out as the tables are.
    pieces = sums.shape[1] // (WORDS * WIDTH)
    for sequence in range(words.shape[0]):
        word = words[sequence]
        for block in range(sums.shape[0]):
            into = sums[block]
            first = block * WIDTH
            count = min(WIDTH, upstream.shape[2] - first)
            for bin_ in range(upstream.shape[1]):
                for lane in range(count):
                    offset = winners[sequence, bin_, first + lane]
                    if offset < 0:
                        continue
                    slope = upstream[sequence, bin_, first + lane]
                    position = bin_ * pool + offset
                    for piece in range(pieces):
                        row = np.intp(word[np.uintp(position + step * piece)]) + WORDS * piece
                        into[row * WIDTH + lane] += slope


def stem_forward(
    codes: Codes, kernel: Floats, bias: Floats, pool: int, padding: str = "same", *, dilation: int = 1
) -> Floats:
    """Return the pooled output of convolution, bias and ReLU.

    Parameters
    ----------
    codes
        uint8 ``[sequence, position]``, A, C, G, T, N = 0..4.
    kernel
        float32 ``[tap, letter (4), filter]``, as ``keras.layers.Conv1D`` keeps it; stride 1.
    bias
        float32 ``[filter]``.
    pool
        Positions per pool; a remainder at the end is dropped.
    padding
        ``"same"`` ((width - 1) * dilation // 2 zeros on the left, the rest on the right) or ``"valid"``.
    dilation
        Positions from one tap to the next, the ``dilation_rate`` of Keras.

    Returns
    -------
    numpy.ndarray
        float32 ``[sequence, bin, filter]``.

    Raises
    ------
    InputError
        For codes above 4, shapes that do not fit, an unknown padding, a pool or dilation out of range, or
        sequences shorter than one pool.
    """
    return _run(codes, kernel, bias, pool, padding, dilation, remember=False)[0]


def stem_forward_argmax(
    codes: Codes,
    kernel: Floats,
    bias: Floats,
    pool: int,
    padding: str = "same",
    *,
    dilation: int = 1,
    relu: bool = True,
) -> tuple[Floats, Winners]:
    """Return the output of `stem_forward` and the position that won each pool.

    The second array is int16 ``[sequence, bin, filter]``: the offset inside the pool, the first of several
    equal ones, or -1 where ReLU lets nothing through. Without ``relu`` the first is the largest value of each
    pool before ReLU. Parameters and errors are those of `stem_forward`.
    """
    return _run(codes, kernel, bias, pool, padding, dilation, remember=True, relu=relu)


def _run(
    codes: Codes,
    kernel: Floats,
    bias: Floats,
    pool: int,
    padding: str,
    dilation: int,
    *,
    remember: bool,
    relu: bool = True,
) -> tuple[Floats, Winners]:
    """Return the pooled output and, if they are to be remembered, the winners (else an empty array)."""
    _check_codes(codes)
    if kernel.ndim != 3 or kernel.shape[1] != 4 or bias.shape != kernel.shape[2:]:
        message = f"kernel {kernel.shape} and bias {bias.shape} are not [tap, 4, filter] and [filter]"
        raise InputError(message)
    place = geometry(codes.shape[1], len(kernel), pool, padding, dilation)
    filters = len(bias)
    tables = _tables(kernel, place.pieces)
    added = np.zeros(len(tables) * WIDTH, np.float32)
    added[:filters] = bias
    pooled = np.empty((len(codes), place.bins, len(added)), np.float32)
    winners = np.empty(pooled.shape if remember else (0, 0, 0), np.int16)
    floor = np.float32(0 if relu else -np.inf)

    def work(rows: slice) -> None:
        words, won = place.words(codes[rows]), winners[rows] if remember else None
        _forward(words, tables, added, place.step, pool, floor, pooled[rows], won)

    for _ in each_block(work, len(codes), max(1, BASES // codes.shape[1])):
        pass
    pooled = np.ascontiguousarray(pooled[..., :filters])
    # A comparison with NaN is false, so the kernel would hide a network that diverged. In the layer that it
    # replaces one such weight makes the whole filter NaN (0 x NaN = NaN), and so it does here.
    sick = ~(np.isfinite(kernel).all(axis=(0, 1)) & np.isfinite(bias))
    if sick.any():
        pooled[..., sick] = np.nan
    return pooled, np.ascontiguousarray(winners[..., :filters])


def stem_gradient(
    codes: Codes,
    winners: Winners,
    upstream: Floats,
    *,
    width: int,
    pool: int,
    padding: str = "same",
    dilation: int = 1,
) -> tuple[Floats, Floats]:
    """Return the gradient of a loss by kernel and bias.

    Parameters
    ----------
    codes
        uint8 ``[sequence, position]``, as given to `stem_forward_argmax`.
    winners
        int16 ``[sequence, bin, filter]``, as returned by it.
    upstream
        float32 ``[sequence, bin, filter]``: the gradient of the loss by the pooled output.
    width
        Taps of the kernel.
    pool, padding, dilation
        As given to `stem_forward_argmax`.

    Returns
    -------
    tuple of numpy.ndarray
        float32 ``[tap, letter (4), filter]`` and float32 ``[filter]``, the same for any number of threads.

    Raises
    ------
    InputError
        If the arrays do not fit each other.
    """
    _check_codes(codes)
    place = geometry(codes.shape[1], width, pool, padding, dilation)
    expected = (len(codes), place.bins, winners.shape[-1])
    if winners.shape != expected or upstream.shape != expected:
        message = f"winners {winners.shape} and upstream {upstream.shape} do not both have shape {expected}"
        raise InputError(message)
    if winners.size and winners.max() >= pool:
        message = f"a winner at offset {winners.max()} lies outside its pool of {pool}"
        raise InputError(message)
    blocks = -(-expected[2] // WIDTH)
    shape = (blocks, place.pieces * WORDS * WIDTH)
    winners = np.ascontiguousarray(winners)
    upstream = np.ascontiguousarray(upstream, np.float32)

    def work(rows: slice) -> Floats:
        sums = np.zeros(shape, np.float32)
        _scatter(place.words(codes[rows]), winners[rows], upstream[rows], place.step, pool, sums)
        return sums

    total = np.zeros(shape)
    for sums in each_block(work, len(codes), ROWS):
        total += sums
    by_word = total.reshape(blocks, place.pieces, LETTERS, LETTERS, LETTERS, WIDTH)
    by_tap = np.stack([by_word.sum(axis=(3, 4)), by_word.sum(axis=(2, 4)), by_word.sum(axis=(2, 3))], axis=2)
    kernel = by_tap.transpose(1, 2, 3, 0, 4).reshape(place.pieces * TAPS, LETTERS, -1)
    bias = by_tap[:, 0, 0].sum(axis=1).reshape(-1)
    filters = expected[2]
    return kernel[:width, :4, :filters].astype(np.float32), bias[:filters].astype(np.float32)


def _check_codes(codes: Codes) -> None:
    if codes.dtype != np.uint8 or codes.ndim != 2:
        message = f"codes are {codes.dtype} with {codes.ndim} axes, not uint8 [sequence, position]"
        raise InputError(message)
    # The kernels check no bounds: a code of 5 or more would read beyond the tables.
    if codes.size and codes.max() >= LETTERS:
        message = f"code {codes.max()} stands for no letter"
        raise InputError(message, remedy="A, C, G, T, N are 0..4; xpresso_core.sequence.encode makes codes")
