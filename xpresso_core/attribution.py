"""Which bases and features a prediction rests on, by the methods of the paper and by in-silico mutagenesis.

Gradient times input, saliency, integrated gradients, DeepLIFT (Rescale) and epsilon-LRP follow DeepExplain (Ancona et
al. 2018), which the paper used, to the sixth decimal; the backgrounds are those of its published code. The ways differ
in what they promise: integrated gradients and DeepLIFT add up to the prediction less that of the background, as
nearly as their steps and pooling let them; the change that in-silico mutagenesis gives is exact; the others
promise nothing of the kind.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, get_args

import numpy as np
import numpy.typing as npt

from xpresso_core.errors import InputError
from xpresso_core.explainer import Explainer, Gradients
from xpresso_core.mutagenesis import Mutagenesis
from xpresso_core.path_gradients import PathGradients
from xpresso_core.prediction_inputs import HalflifeTable, Promoter, batches_of
from xpresso_core.relu_rules import Rule
from xpresso_core.sequence import Codes, one_hot

if TYPE_CHECKING:
    import keras

    from xpresso_core.bundle import Bundle

Floats = npt.NDArray[np.float32]
Method = Literal["grad_input", "saliency", "integrated_gradients", "deeplift", "elrp", "ism"]
METHODS: tuple[Method, ...] = get_args(Method)

BACKGROUNDS = {"ACGT": (0.2617064, 0.2335449, 0.2379253, 0.2668234), "zeros": (0.0, 0.0, 0.0, 0.0)}
"""What a base of the background is: the frequencies of the letters that the paper's code has, or nothing."""
STEPS = 100
"""Steps of integrated gradients, as in the paper."""
BATCH = 64
"""Promoters in memory at a time: 11 MB of gradients for windows of 10.5 kb."""

_RULES: dict[Method, Rule] = {
    "grad_input": "gradient",
    "saliency": "gradient",
    "elrp": "elrp",
    "deeplift": "deeplift",
}


class Attribution(NamedTuple):
    """What the inputs of each gene contribute, in the unit of the prediction.

    Attributes
    ----------
    promoter
        float32 ``[gene, position, letter (4)]``. Gradient times input and epsilon-LRP have values only at the letters
        that are there; methods with a background, at all. For in-silico mutagenesis it is the change of the
        prediction with this letter in place of the one that is there.
    halflife
        float32 ``[gene, feature]``; NaN for in-silico mutagenesis, which has no answer.
    """

    promoter: Floats
    halflife: Floats


class Attributor:
    """Explains the predictions of a bundle.

    Parameters
    ----------
    bundle
        The model; what its members contribute is averaged.
    method
        One of `METHODS`.
    background
        A name of `BACKGROUNDS` or four numbers: what each base of the background is, for integrated gradients
        and DeepLIFT. Its half-life features are those of the average gene.
    steps
        Steps of integrated gradients, at 1/steps, 2/steps ... 1 of the way.
    corrected
        Subtract the mean over the four letters from each gradient (Majdandzic et al. 2023): what points away
        from one-hot sequences means nothing.
    use_stem
        False for the plain way, through one-hot DNA; True for the fast one; None for what runs here.

    Raises
    ------
    InputError
        For an unknown method, background or number of steps, or if the method does not fit the model.
    DeviceError
        If Keras runs on another backend than TensorFlow.
    """

    def __init__(
        self,
        bundle: Bundle,
        method: Method,
        *,
        background: str | Iterable[float] = "ACGT",
        steps: int = STEPS,
        corrected: bool = False,
        use_stem: bool | None = None,
    ) -> None:
        if method not in METHODS:
            what = f"the method {method!r} is not among {', '.join(METHODS)}"
            raise InputError(what, where="attribution", remedy="Choose one of them")
        if steps < 1:
            what = f"{steps} steps make no path"
            raise InputError(what, where="attribution", remedy="Give 1 or more; the paper took 100")
        if corrected and method == "ism":
            what = "in-silico mutagenesis has no gradient to correct"
            raise InputError(what, where="attribution", remedy="Leave the correction out")
        if method == "ism" and "promoter" not in bundle.inputs:
            what = "the model takes no promoter, so there is nothing to substitute"
            raise InputError(what, where="attribution", remedy="Choose another method")
        self.bundle, self.method, self.corrected = bundle, method, corrected
        self.background = background_of(background)
        self._steps, self._use_stem = steps, use_stem
        self._networks: dict[int, Explainer | PathGradients | Mutagenesis] = {}

    def attribute(self, codes: Codes | None, halflife: npt.NDArray[Any] | None = None) -> Attribution:
        """Explain predictions by the members of the bundle, on average.

        Parameters
        ----------
        codes, halflife
            As `bundle.Bundle.predict` takes them.

        Raises
        ------
        InputError
            If shapes do not fit the model.
        """
        each = [self.attribute_network(model, codes, halflife) for model in self.bundle.members]
        return Attribution(
            np.mean([one.promoter for one in each], axis=0), np.mean([one.halflife for one in each], axis=0)
        )

    def attribute_network(
        self, model: keras.Model, codes: Codes | None, halflife: npt.NDArray[Any] | None = None
    ) -> Attribution:
        """Explain the predictions of one network of the bundle; other parameters are those of `attribute`."""
        arrays = self.bundle.network_inputs(codes, halflife)
        codes, features = arrays.get("codes"), arrays.get("halflife")
        scale = np.float32(1 if self.bundle.scaler is None else self.bundle.scaler.label_sd)
        network = self._network(model)
        if isinstance(network, Mutagenesis):
            assert codes is not None
            count = 0 if features is None else features.shape[1]
            unknown = np.full((len(codes), count), np.nan, np.float32)
            return Attribution(network.changes(codes, features) * scale, unknown)
        if isinstance(network, PathGradients):
            gradients = network.mean(codes, features)
        else:
            gradients = network.gradients(_RULES[self.method], codes, features, self.background)
        parts = self._contributions(gradients, codes, features)
        return Attribution(parts.promoter * scale, parts.halflife * scale)

    def _network(self, model: keras.Model) -> Explainer | PathGradients | Mutagenesis:
        key = id(model)
        if key not in self._networks:
            if self.method == "ism":
                self._networks[key] = Mutagenesis(model, self._use_stem)
            else:
                explainer = Explainer(model, self._use_stem)
                path = self.method == "integrated_gradients"
                self._networks[key] = (
                    PathGradients(explainer, self._steps, self.background) if path else explainer
                )
        return self._networks[key]

    def _contributions(
        self, gradients: Gradients, codes: Codes | None, features: Floats | None
    ) -> Attribution:
        promoter, halflife = gradients
        if self.corrected:
            promoter = promoter - promoter.mean(axis=2, keepdims=True)
        if self.method == "saliency":
            return Attribution(np.abs(promoter), np.abs(halflife))
        if codes is not None:
            start = self.background if self.method in {"integrated_gradients", "deeplift"} else np.float32(0)
            promoter = promoter * (one_hot(codes) - start)
        return Attribution(promoter, halflife if features is None else halflife * features)

    def baseline_prediction(self) -> float:
        """Return what the bundle predicts for the background and the average gene, in its unit."""
        import keras

        shapes = {
            "promoter": (1, self.bundle.window.length, 4),
            "halflife": (1, len(self.bundle.feature_names)),
        }
        arrays = {name: np.zeros(shapes[name], np.float32) for name in self.bundle.inputs}
        if "promoter" in arrays:
            arrays["promoter"] += self.background
        values = [
            float(keras.ops.convert_to_numpy(model([arrays[tensor.name] for tensor in model.inputs])).item())
            for model in self.bundle.members
        ]
        value = np.array([np.mean(values)])
        return float(
            (value if self.bundle.scaler is None else self.bundle.scaler.restore_label(value)).item()
        )


def background_of(background: str | Iterable[float]) -> Floats:
    """Return what a base of the background is, float32 ``[letter (4)]``.

    Parameters
    ----------
    background
        A name of `BACKGROUNDS`, four numbers, or four numbers with commas between them.

    Raises
    ------
    InputError
        For anything else, or frequencies below 0 or above 1.
    """
    values = BACKGROUNDS.get(background, background.split(",")) if isinstance(background, str) else background
    try:
        numbers = np.array([float(value) for value in values], np.float32)
    except (TypeError, ValueError):
        numbers = np.zeros(0, np.float32)
    if numbers.shape != (4,) or not ((numbers >= 0) & (numbers <= 1)).all():
        what = f"the background {background!r} is not {', '.join(BACKGROUNDS)} or four numbers from 0 to 1"
        raise InputError(what, where="attribution", remedy="Give for instance 0.25,0.25,0.25,0.25")
    return numbers


def attribute_promoters(
    attributor: Attributor, promoters: Iterable[Promoter], halflife: HalflifeTable | None = None
) -> Iterator[tuple[list[str], Attribution]]:
    """Explain the predictions of promoters as they come, `BATCH` at a time.

    Parameters
    ----------
    attributor
        How.
    promoters
        Windows of the model's length.
    halflife
        Features of every promoter; None for the average gene.

    Yields
    ------
    tuple
        The names of some promoters, and what their inputs contribute.

    Raises
    ------
    InputError
        If a promoter has no row in `halflife`, or what its source raises.
    """
    for names, codes, features in batches_of(promoters, halflife, BATCH):
        yield names, attributor.attribute(codes, features)
