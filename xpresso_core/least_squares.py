"""Ordinary least squares on designs of any rank, as R's ``lm`` treats them.

Columns that depend on those before them are aliased: left out, and named. The fit itself is statsmodels'.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from xpresso_core.errors import InputError

TOLERANCE = 1e-7
"""R's: a column is aliased if no more than this share of its length is its own."""

INTERCEPT = "(Intercept)"

_BLOCK = 64

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class LeastSquares:
    """A fitted linear model.

    Attributes
    ----------
    names
        The kept columns, `INTERCEPT` first.
    aliased
        The columns that were left out.
    columns
        ``int64 [name - 1]``, which columns of the design were kept.
    coefficients
        ``float64 [name]``.
    results
        statsmodels' results.
    """

    names: tuple[str, ...]
    aliased: tuple[str, ...]
    columns: npt.NDArray[np.int64]
    coefficients: Floats
    results: Any

    def predict(self, design: npt.NDArray[Any]) -> Floats:
        """Predict from ``[row, column]``, columns as in the fit."""
        predicted: Floats = self.coefficients[0] + design[:, self.columns] @ self.coefficients[1:]
        return predicted

    def table(self, level: float = 0.95) -> pd.DataFrame:
        """Return ``name coefficient se ci_low ci_high t p`` of the kept columns but the intercept.

        Raises
        ------
        InputError
            If there are no more rows than columns, so that nothing is known of the error.
        """
        if self.results.df_resid < 1:
            what = f"{int(self.results.nobs)} genes cannot tell the errors of {len(self.names)} coefficients"
            raise InputError(what, where="least squares", remedy="Give fewer columns, or more genes")
        low, high = self.results.conf_int(alpha=1 - level).T
        return pd.DataFrame(
            {
                "name": self.names,
                "coefficient": self.results.params,
                "se": self.results.bse,
                "ci_low": low,
                "ci_high": high,
                "t": self.results.tvalues,
                "p": self.results.pvalues,
            }
        ).iloc[1:]


def least_squares(design: npt.NDArray[Any], response: Floats, names: Sequence[str]) -> LeastSquares:
    """Fit a linear model with an intercept.

    Parameters
    ----------
    design
        ``[row, column]``, without the intercept.
    response
        ``float64 [row]``.
    names
        Of the columns.

    Raises
    ------
    InputError
        If there is no row, or a value is missing or infinite.
    """
    whole = np.concatenate([np.ones((len(design), 1)), design], axis=1, dtype=np.float64)
    if not len(whole) or not np.isfinite(whole).all() or not np.isfinite(response).all():
        what = "a value is missing or infinite" if len(whole) else "there is no row to fit"
        raise InputError(what, where="least squares", remedy="Give finite numbers for at least one gene")
    import statsmodels.api as sm

    kept = independent_columns(whole)
    with np.errstate(divide="ignore", invalid="ignore"):  # as many columns as rows leave no error to measure
        results = sm.OLS(response, whole[:, kept]).fit(method="qr")
    every = (INTERCEPT, *names)
    aliased = np.setdiff1d(np.arange(len(every)), kept)
    return LeastSquares(
        names=tuple(every[column] for column in kept),
        aliased=tuple(every[column] for column in aliased),
        columns=kept[1:] - 1,
        coefficients=np.asarray(results.params, dtype=np.float64),
        results=results,
    )


def independent_columns(design: Floats, tolerance: float = TOLERANCE) -> npt.NDArray[np.int64]:
    """Return the columns that are not linear combinations of kept ones before them, as R's ``lm`` keeps them.

    After LINPACK's ``dqrdc2`` as R has it: from left to right, a column is put aside if what is left of it after
    projection on those kept is shorter than `tolerance` times the whole. Here by blocks, twice over for accuracy.

    Parameters
    ----------
    design
        ``float64 [row, column]``.
    tolerance
        See `TOLERANCE`.

    Returns
    -------
    numpy.ndarray
        ``int64``, in order; at most as many as there are rows.
    """
    rows, columns = design.shape
    lengths = np.linalg.norm(design, axis=0)
    basis = np.empty((rows, min(rows, columns)), order="F")
    kept: list[int] = []
    for start in range(0, columns, _BLOCK):
        before = basis[:, : len(kept)]
        block = _without(_without(design[:, start : start + _BLOCK], before), before)
        first = len(kept)
        for offset, column in enumerate(block.T):
            own = basis[:, first : len(kept)]
            rest = _without(_without(column, own), own)
            length = float(np.linalg.norm(rest))
            if len(kept) < rows and length > 0 and length >= tolerance * lengths[start + offset]:
                basis[:, len(kept)] = rest / length
                kept.append(start + offset)
    return np.array(kept, dtype=np.int64)


def _without(values: Floats, basis: Floats) -> Floats:
    """Take out of values what orthonormal columns span."""
    return values - basis @ (basis.T @ values)
