"""The mean gradient along the straight path from a background to a promoter, for integrated gradients.

Along this path the values of the first block before ReLU change in proportion, and the background has the same value at
every position but those at the ends. So what wins a pool at the end of the path wins it all the way, and one pass of
the first block serves all steps; the pools at the ends are followed position by position.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from xpresso_core.attribution_front import Front
from xpresso_core.explainer import Explainer, Gradients, gradients_of
from xpresso_core.sequence import Codes, one_hot

Floats = npt.NDArray[np.float32]

PLAIN_STEPS = 20
"""Steps that go through a whole network together; each needs some 10 MB for 10,500 bases."""
FRONT_STEPS = 100
"""Steps that go through a network behind its first block together."""


class PathGradients:
    """Mean gradients along paths through one network.

    Parameters
    ----------
    explainer
        The network.
    steps
        Gradients per path, at 1/steps, 2/steps ... 1 of the way.
    background
        float32 ``[letter (4)]``: what each base is where the path begins; half-life features begin at zero.
    """

    def __init__(self, explainer: Explainer, steps: int, background: Floats) -> None:
        self._front = explainer.front
        self._background = background
        self._shares = np.arange(1, steps + 1, dtype=np.float32) / np.float32(steps)
        if self._front is None:
            self._summed = _plain_function(explainer)
        else:
            self._at_background = self._front.background_values(background)
            self._summed = _front_function(explainer, self._front)

    def mean(self, codes: Codes | None, halflife: Floats | None) -> Gradients:
        """Return the mean gradients; parameters are those of `Explainer.gradients`."""
        genes = len(codes if codes is not None else halflife)  # type: ignore[arg-type]
        rows = [
            self._of_gene(
                None if codes is None else codes[gene : gene + 1],
                None if halflife is None else halflife[gene],
            )
            for gene in range(genes)
        ]
        found = {name: np.stack([row[name] for row in rows]) for name in rows[0]}
        return gradients_of(found, genes)

    def _of_gene(self, codes: Codes | None, halflife: Floats | None) -> dict[str, Floats]:
        end = {} if halflife is None else {"halflife": halflife}
        start = {name: np.zeros_like(array) for name, array in end.items()}
        if codes is not None and self._front is not None:
            return self._through_front(self._front, codes, start, end)
        if codes is not None:
            start["promoter"] = np.tile(self._background, (codes.shape[1], 1))
            end["promoter"] = one_hot(codes)[0]
        return self._mean(start, end, PLAIN_STEPS)

    def _mean(self, start: dict[str, Floats], end: dict[str, Floats], together: int) -> dict[str, Floats]:
        """Return the mean over all steps, so many of them at once."""
        parts = [
            self._summed(self._shares[first : first + together], start, end)
            for first in range(0, len(self._shares), together)
        ]
        steps = np.float32(len(self._shares))
        return {name: np.sum([part[name] for part in parts], axis=0) / steps for name in end}

    def _through_front(
        self, front: Front, codes: Codes, start: dict[str, Floats], end: dict[str, Floats]
    ) -> dict[str, Floats]:
        values, winners = front.winners(codes)
        filters = values.shape[2]
        at_ends = np.flatnonzero(np.repeat(front.ends, front.place.pool)).astype(np.int32)
        at_middle = winners[0, ~front.ends]
        shape = (-1, front.place.pool, filters)
        start["middle"] = self._at_background[at_middle, np.arange(filters)]
        start["ends"] = self._at_background[at_ends].reshape(shape)
        end["middle"] = values[0, ~front.ends]
        end["ends"] = front.values_at(codes, at_ends).reshape(shape)
        found = self._mean(start, end, FRONT_STEPS)
        slopes = np.concatenate([found.pop("middle"), found.pop("ends").reshape(-1, filters)])
        positions = np.concatenate([at_middle, np.repeat(at_ends[:, None], filters, axis=1)])
        return {"promoter": front.to_bases(positions[None], slopes[None])[0], **found}


def _points(shares: Any, start: dict[str, Any], end: dict[str, Any]) -> dict[str, Any]:
    """Return the points of a path. At its end they equal ``end`` to the last bit, so that ties stay ties."""
    shaped = {name: shares.reshape(-1, *[1] * end[name].ndim) for name in end}
    return {name: (1 - shaped[name]) * start[name] + shaped[name] * end[name] for name in end}


def _plain_function(explainer: Explainer) -> Callable[..., dict[str, Floats]]:
    """Return a function that sums gradients by the inputs of a network along the path."""
    import tensorflow as tf

    tail = explainer.tail("gradient")

    @tf.function(reduce_retracing=True)
    def summed(points: dict[str, Any]) -> dict[str, Any]:
        with tf.GradientTape() as tape:
            tape.watch(points)
            total = tf.reduce_sum(tail(points, training=False))
        slopes = tape.gradient(total, points, unconnected_gradients=tf.UnconnectedGradients.ZERO)
        return {name: tf.reduce_sum(slopes[name], axis=0) for name in slopes}

    return lambda *path: {name: np.asarray(sums) for name, sums in summed(_points(*path)).items()}


def _front_function(explainer: Explainer, front: Front) -> Callable[..., dict[str, Floats]]:
    """Return a function that sums gradients by the values before the first ReLU along the path.

    ``middle`` has the values ``[bin, filter]`` at the winners, ``ends`` those of all positions of the pools at the
    ends, ``[bin, position in pool, filter]``.
    """
    import tensorflow as tf

    tail = explainer.tail("gradient")
    before = int(np.argmin(front.ends))
    pool = front.place.pool

    # One compiled loop makes the points, uses them and adds up what comes back: none of them reaches the memory.
    @tf.function(jit_compile=True)
    def summed(shares: Any, start: dict[str, Any], end: dict[str, Any]) -> dict[str, Any]:
        moved = {name: tf.zeros_like(end[name]) for name in end}
        with tf.GradientTape() as tape:
            tape.watch(moved)
            points = {}
            for name in end:
                share = tf.reshape(shares, (-1, *[1] * len(end[name].shape)))
                points[name] = (1 - share) * start[name] + share * end[name] + moved[name]
            middle, ends = points.pop("middle"), points.pop("ends")
            first = tf.one_hot(tf.argmax(ends, axis=2), pool, axis=2)
            ends = tf.reduce_sum(ends * first, axis=2)
            pooled = tf.nn.relu(tf.concat([ends[:, :before], middle, ends[:, before:]], axis=1))
            total = tf.reduce_sum(tail({"promoter": pooled, **points}, training=False))
        return dict(tape.gradient(total, moved, unconnected_gradients=tf.UnconnectedGradients.ZERO))

    return lambda *path: {name: np.asarray(sums) for name, sums in summed(*path).items()}
