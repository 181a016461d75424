"""Giving all samples of an expression matrix the same distribution."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata

from xpresso_core.errors import InputError


def quantile_normalise(values: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Give all samples the mean of their sorted values.

    As `normalize.quantiles` of R's preprocessCore (Bolstad et al. 2003, Bioinformatics 19:185): equal values
    of a sample get what stands at their average rank, which is the mean of two neighbours where that rank
    lies between them.

    Parameters
    ----------
    values
        ``[gene, sample]``, finite.

    Returns
    -------
    numpy.ndarray
        float64 of the same shape.

    Raises
    ------
    InputError
        If the values are no matrix with at least one gene and one sample, or not finite.
    """
    matrix = np.asarray(values, dtype=np.float64)
    if matrix.ndim != 2 or not matrix.size or not np.isfinite(matrix).all():
        what = f"the values ({' x '.join(map(str, matrix.shape))}) are no matrix of finite numbers"
        raise InputError(
            what, where="quantile normalisation", remedy="Give genes in rows, samples in columns"
        )
    common = np.sort(matrix, axis=0).mean(axis=1)
    ranks = rankdata(matrix, method="average", axis=0) - 1
    return np.asarray(np.interp(ranks, np.arange(len(common)), common))
