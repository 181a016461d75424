"""Plain ways of other libraries that our results are compared with."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import stats


def r2_difference_by_bootstrap(
    observed: npt.ArrayLike, first: npt.ArrayLike, second: npt.ArrayLike
) -> tuple[float, float]:
    """Return the 95 % interval of r² of the second prediction less that of the first, resampling genes in pairs."""

    def difference(x: npt.ArrayLike, one: npt.ArrayLike, other: npt.ArrayLike) -> float:
        return float(stats.pearsonr(x, other).statistic ** 2 - stats.pearsonr(x, one).statistic ** 2)

    interval = stats.bootstrap(
        (observed, first, second),
        difference,
        paired=True,
        vectorized=False,
        n_resamples=1000,
        method="percentile",
        rng=np.random.default_rng(2),
    ).confidence_interval
    return float(interval.low), float(interval.high)
