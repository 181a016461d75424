"""The inner loop of counting k-mers, compiled. Apart from `kmers`, so that only who counts loads the compiler."""

from __future__ import annotations

from typing import Any

from numba import njit


@njit(nogil=True, cache=True)
def count(codes: Any, k: int, counts: Any) -> None:  # pragma: no cover - compiled
    """Add the words of every row of ``uint8 [row, position]`` to ``uint32 [row, 4**k]``."""
    last = 4**k - 1
    for row in range(codes.shape[0]):
        word, known = 0, 0
        for position in range(codes.shape[1]):
            code = codes[row, position]
            if code > 3:
                known = 0
                continue
            word = ((word << 2) | code) & last
            known += 1
            if known >= k:
                counts[row, word] += 1
