"""Z-scores of the label and the half-life features, fitted once, saved with the model, undone on output."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, Self

import numpy as np
import numpy.typing as npt

from xpresso_core.errors import InputError
from xpresso_core.halflife import LENGTH_FEATURES

Floats = npt.NDArray[np.floating[Any]]
Protocol = Literal["strict", "paper"]

PSEUDOCOUNT = 0.1

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Scaler:
    """Means and standard deviations of the label and of each half-life feature.

    Attributes
    ----------
    protocol
        ``strict``: fitted on the training genes, a missing feature counts as their mean. ``paper``: fitted
        on all genes, a missing feature counts as a raw zero, as in the paper's code.
    label_mean, label_sd
        Of log10(expression + 0.1).
    features
        Names, in the order of the model's input.
    feature_mean, feature_sd
        Of the features, lengths after log10(x + 0.1).
    """

    protocol: Protocol
    label_mean: float
    label_sd: float
    features: tuple[str, ...] = ()
    feature_mean: tuple[float, ...] = ()
    feature_sd: tuple[float, ...] = ()

    @classmethod
    def fit(
        cls, expression: Floats, features: Floats, names: Sequence[str], protocol: Protocol = "strict"
    ) -> Self:
        """Fit on the given genes.

        Parameters
        ----------
        expression
            ``[gene]`` log10(expression + 0.1).
        features
            ``[gene, feature]`` raw; NaN where missing.
        names
            The feature names; may be empty.
        protocol
            How a missing feature counts (see the class). Which genes to pass is the caller's choice.

        Raises
        ------
        InputError
            If the label does not vary over the genes.

        A feature that does not vary, or that all genes lack, becomes zero, with a warning in the log.
        """
        values = _transform(features, names, protocol)
        label_sd = float(np.std(expression, dtype=np.float64))
        with np.errstate(invalid="ignore"):
            mean = np.array([np.nanmean(column) if np.isfinite(column).any() else 0.0 for column in values.T])
            sd = np.array([np.nanstd(column) if np.isfinite(column).any() else 0.0 for column in values.T])
        if not label_sd > 0:
            what = f"expression does not vary over the {len(expression)} genes"
            raise InputError(what, where="scaling", remedy="Use another expression table, or more genes")
        constant = [name for name, value in zip(names, sd, strict=True) if not value > 0]
        if constant:
            log.warning("without information, as all training genes agree: %s", ", ".join(constant))
            sd[sd == 0] = 1.0
        return cls(
            protocol=protocol,
            label_mean=float(np.mean(expression, dtype=np.float64)),
            label_sd=label_sd,
            features=tuple(names),
            feature_mean=tuple(map(float, mean)),
            feature_sd=tuple(map(float, sd)),
        )

    def scale_features(self, features: Floats) -> npt.NDArray[np.float32]:
        """Turn raw features (NaN where missing) into z-scores, both ``[gene, feature]``."""
        if features.shape[1] != len(self.features):
            what = f"{features.shape[1]} features were given for {len(self.features)}"
            raise InputError(what, where="half-life features", remedy=f"Give {', '.join(self.features)}")
        values = _transform(features, self.features, self.protocol)
        scaled = (values - np.array(self.feature_mean)) / np.array(self.feature_sd)
        z_scores: npt.NDArray[np.float32] = np.nan_to_num(scaled, nan=0.0).astype(np.float32)
        return z_scores

    def scale_label(self, expression: Floats) -> npt.NDArray[np.float32]:
        """Turn log10(expression + 0.1) into z-scores."""
        return ((expression.astype(np.float64) - self.label_mean) / self.label_sd).astype(np.float32)

    def restore_label(self, scaled: Floats) -> npt.NDArray[np.float64]:
        """Turn z-scores back into log10(expression + 0.1)."""
        return scaled.astype(np.float64) * self.label_sd + self.label_mean

    def to_dict(self) -> dict[str, Any]:
        """Return plain types for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Return the scaler that `to_dict` described."""
        tuples = {key: tuple(data[key]) for key in ("features", "feature_mean", "feature_sd")}
        return cls(**{**data, **tuples})


def _transform(features: Floats, names: Sequence[str], protocol: Protocol) -> npt.NDArray[np.float64]:
    """Take log10(x + 0.1) of lengths; under ``paper``, a missing value is a raw zero first."""
    values = np.array(features, dtype=np.float64)
    if protocol == "paper":
        values = np.nan_to_num(values, nan=0.0)
    lengths = [index for index, name in enumerate(names) if name in LENGTH_FEATURES]
    values[:, lengths] = np.log10(values[:, lengths] + PSEUDOCOUNT)
    return values
