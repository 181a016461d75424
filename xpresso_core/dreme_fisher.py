"""Fisher's exact test as DREME uses it: one-sided, in logarithms, however small the p-value."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

_NEGLIGIBLE = 1e-17


@njit(nogil=True, cache=True)
def log_factorials(largest: int) -> Any:  # pragma: no cover - compiled
    """Return the natural logarithms of the factorials of 0 to `largest`, ``float64 [largest + 1]``."""
    logs = np.empty(largest + 1)
    for number in range(largest + 1):
        logs[number] = math.lgamma(number + 1.0)
    return logs


@njit(nogil=True, cache=True)
def log_pvalue(
    positive: Any, negative: Any, positives: int, negatives: int, logs: Any
) -> Any:  # pragma: no cover - compiled
    """Return the logarithm of the chance of so many sequences or more among the positives.

    Parameters
    ----------
    positive, negative
        How many positive and negative sequences match.
    positives, negatives
        How many there are.
    logs
        `log_factorials` of their sum.

    Returns
    -------
    float
        0 unless the share among the positives is the larger.
    """
    if positive * negatives <= negative * positives:
        return 0.0
    matching = positive + negative
    log_chance = (
        (logs[positives] - logs[positive] - logs[positives - positive])
        + (logs[negatives] - logs[negative] - logs[negatives - negative])
        - (logs[positives + negatives] - logs[matching] - logs[positives + negatives - matching])
    )
    # Above the mean the chances of ever more sequences fall, ever faster.
    term, total = 1.0, 1.0
    for more in range(positive, min(positives, matching)):
        fewer = matching - more
        term *= (positives - more) * fewer / ((more + 1.0) * (negatives - fewer + 1.0))
        total += term
        if term < _NEGLIGIBLE * total:
            break
    return min(0.0, log_chance + math.log(total))


@njit(nogil=True, cache=True)
def fill(
    positive: Any, negative: Any, positives: int, negatives: int, logs: Any, out: Any
) -> None:  # pragma: no cover - compiled
    """Write the `log_pvalue` of each pair of counts to ``float64 [pair]``."""
    for pair in range(positive.size):
        out[pair] = log_pvalue(positive[pair], negative[pair], positives, negatives, logs)


class Fisher(NamedTuple):
    """The test for given numbers of sequences.

    Attributes
    ----------
    positives, negatives
        The numbers of sequences.
    logs
        `log_factorials` of their sum.
    """

    positives: int
    negatives: int
    logs: npt.NDArray[np.float64]

    @classmethod
    def of(cls, positives: int, negatives: int) -> Fisher:
        """Prepare the test."""
        return cls(positives, negatives, log_factorials(positives + negatives))

    def log_pvalues(
        self, positive: npt.NDArray[np.int64], negative: npt.NDArray[np.int64]
    ) -> npt.NDArray[np.float64]:
        """Return the natural logarithms of p-values, ``float64 [pair]``.

        Parameters
        ----------
        positive, negative
            ``int64 [pair]``: how many positive and negative sequences match.
        """
        out = np.empty(positive.size)
        fill(positive, negative, self.positives, self.negatives, self.logs, out)
        return out
