"""A trained model with everything that is needed to use it: window, inputs, scaling, unit and history.

A bundle is a folder: ``model.keras`` (or ``model_1.keras``, ``model_2.keras`` ... for an ensemble),
``bundle.json``, ``MODEL_CARD.md``, and perhaps ``spare_1.keras`` ...: trials that were not chosen. The five
networks released with the paper are read as bundles too.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from xpresso_core.bundle_record import FORMAT, FORMAT_VERSION, REMAKE, check_member, check_record, plain
from xpresso_core.errors import InputError
from xpresso_core.files import atomic_path, read_json, sha256, write_json
from xpresso_core.genome import RELEASED_WINDOW, Window
from xpresso_core.model_card import model_card
from xpresso_core.provenance import versions
from xpresso_core.released import RELEASED_FEATURES, read_released, released_record
from xpresso_core.scaling import Scaler
from xpresso_core.sequence import Codes
from xpresso_core.stem import codes_model

Floats = npt.NDArray[np.floating[Any]]

INPUTS = ("promoter", "halflife")
BATCH = 128
"""Promoters that go through the network together."""


@dataclass(frozen=True)
class Bundle:
    """One network or an ensemble of networks, ready to predict.

    Attributes
    ----------
    members
        Plain Keras models with the inputs ``promoter`` (one-hot ``[position, 4]``) and ``halflife``
        (z-scores ``[feature]``), as far as `inputs` names them, and one output, a z-score.
    window
        The promoter window, in transcription direction.
    inputs
        ``promoter``, ``halflife`` or both.
    scaler
        How labels and features were scaled; None for the released networks, which take and give z-scores.
    feature_names
        The half-life features in the order of the input; empty where `inputs` has no ``halflife``.
    unit
        The unit of a prediction, such as ``log10(RPKM + 0.1)``.
    metadata
        Plain types only, whatever is known: ``name``, ``species``, ``training_data``, ``metrics`` have their
        place in the model card; dataset checksum, split hash, seeds, versions, architecture, recipe, device
        and others are listed there.
    checksums
        SHA-256 of each member's file, by file name; empty for a bundle that has not been saved.
    spare
        Live trials beside the members: they predict nothing, but tell how much trials differ.

    Raises
    ------
    InputError
        If the parts contradict each other.
    """

    members: tuple[keras.Model, ...]
    window: Window
    inputs: tuple[str, ...]
    scaler: Scaler | None
    feature_names: tuple[str, ...]
    unit: str
    metadata: dict[str, Any] = field(default_factory=dict)
    checksums: dict[str, str] = field(default_factory=dict, compare=False)
    spare: tuple[keras.Model, ...] = ()

    def __post_init__(self) -> None:
        problem = self._contradiction()
        if problem:
            raise InputError(problem, where="model bundle", remedy=REMAKE)

    def _contradiction(self) -> str:
        if not self.members:
            return "there is no network in it"
        if not self.inputs or not set(self.inputs) <= set(INPUTS):
            return f"the inputs are {self.inputs}, not among {INPUTS}"
        if ("halflife" in self.inputs) != bool(self.feature_names):
            return "feature names are needed where 'halflife' is an input, and only there"
        if self.scaler is not None and tuple(self.scaler.features) != tuple(self.feature_names):
            return f"the scaler knows the features {self.scaler.features}, the bundle {self.feature_names}"
        shapes = {"promoter": (self.window.length, 4), "halflife": (len(self.feature_names),)}
        expected = {name: shapes[name] for name in self.inputs}
        for number, model in enumerate((*self.members, *self.spare), start=1):
            found = {tensor.name: tuple(tensor.shape[1:]) for tensor in model.inputs}
            if found != expected:
                return f"member {number} takes {found}, not {expected}"
        return ""

    @cached_property
    def _runners(self) -> tuple[keras.Model, ...]:
        """The members, then the spare ones, as they predict fastest here: from DNA codes."""
        models = (*self.members, *self.spare)
        if "promoter" not in self.inputs:
            return models
        return tuple(codes_model(model) for model in models)

    def record(self) -> dict[str, Any]:
        """Return all but the networks themselves as plain types: the content of ``bundle.json``.

        Members are listed with their file, its SHA-256 and the number of parameters, once they have files.
        """
        files = zip(self.checksums.items(), self.members, strict=False)
        return {
            "format": FORMAT,
            "format_version": FORMAT_VERSION,
            "members": [
                {"file": file, "sha256": checksum, "parameters": int(model.count_params())}
                for (file, checksum), model in files
            ],
            "window": self.window._asdict(),
            "inputs": list(self.inputs),
            "feature_names": list(self.feature_names),
            "scaler": None if self.scaler is None else plain(self.scaler.to_dict()),
            "unit": self.unit,
            "metadata": plain(self.metadata),
        }

    def predict(
        self, codes: Codes | None, halflife: Floats | None = None
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Predict expression.

        Parameters
        ----------
        codes
            ``uint8 [gene, window.length]`` in transcription direction, the TSS base at ``window.upstream``.
            None only where the model takes no promoter.
        halflife
            ``float [gene, feature]`` in the order of `feature_names`: raw values where the bundle has a
            scaler, z-scores where it has none; NaN where missing. None means the average gene (zeros after
            scaling). It must be None where the model takes no features.

        Returns
        -------
        tuple of numpy.ndarray
            Mean over the members and their sample standard deviation, both ``float64 [gene]`` in `unit`;
            the latter is NaN for a single member.

        Raises
        ------
        InputError
            If shapes do not fit the model, or it predicts something that is not a number.
        """
        values = self._values(self._runners[: len(self.members)], codes, halflife)
        return values.mean(axis=0), sample_sd(values)

    def predict_each(self, codes: Codes | None, halflife: Floats | None = None) -> npt.NDArray[np.float64]:
        """Predict expression with every network by itself.

        Parameters and errors are those of `predict`.

        Returns
        -------
        numpy.ndarray
            ``float64 [network, gene]`` in `unit`: the members, then the spare ones.
        """
        return self._values(self._runners, codes, halflife)

    def _values(
        self, models: Iterable[keras.Model], codes: Codes | None, halflife: Floats | None
    ) -> npt.NDArray[np.float64]:
        arrays = self.network_inputs(codes, halflife)
        scaled = np.stack([_run(model, arrays) for model in models])
        if not np.isfinite(scaled).all():
            what = "the network predicts values that are not numbers"
            raise InputError(what, where="model bundle", remedy="Its training has failed; train it again")
        return scaled.astype(np.float64) if self.scaler is None else self.scaler.restore_label(scaled)

    def network_inputs(self, codes: Codes | None, halflife: Floats | None) -> dict[str, npt.NDArray[Any]]:
        """Return what the networks take: ``codes`` and ``halflife`` (z-scores), as far as they take them.

        Parameters and errors are those of `predict`.
        """
        given = [array for array in (codes, halflife) if array is not None]
        if not given or len({len(array) for array in given}) > 1:
            what = "promoters and half-life features are not those of the same genes"
            raise InputError(what, where="prediction", remedy="Give one row per gene in each")
        arrays: dict[str, npt.NDArray[Any]] = {}
        if "promoter" in self.inputs:
            if codes is None or codes.shape != (len(codes), self.window.length):
                found = "no promoters" if codes is None else f"promoters of shape {codes.shape}"
                what = f"{found} were given for windows of {self.window.length} bases"
                raise InputError(what, where="prediction", remedy="Place them on the model's window first")
            arrays["codes"] = codes
        elif codes is not None:
            what = "promoters were given to a model that takes none"
            raise InputError(what, where="prediction", remedy="Leave them out")
        if "halflife" in self.inputs:
            arrays["halflife"] = self._features(halflife, len(given[0]))
        elif halflife is not None:
            what = "half-life features were given to a model that takes none"
            raise InputError(what, where="prediction", remedy="Leave them out")
        return arrays

    def _features(self, halflife: Floats | None, genes: int) -> npt.NDArray[np.float32]:
        expected = (genes, len(self.feature_names))
        if halflife is None:
            return np.zeros(expected, np.float32)
        if halflife.shape != expected:
            what = f"half-life features of shape {halflife.shape} were given, not {expected}"
            raise InputError(what, where="prediction", remedy=f"Give {', '.join(self.feature_names)}")
        if self.scaler is None:
            return np.nan_to_num(halflife, nan=0.0).astype(np.float32)
        return self.scaler.scale_features(halflife)


def sample_sd(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the sample s.d. over the first axis; NaN where there is one value only."""
    return values.std(axis=0, ddof=1) if len(values) > 1 else np.full(values.shape[1:], np.nan)


def _run(model: keras.Model, arrays: Mapping[str, npt.NDArray[Any]]) -> npt.NDArray[np.float32]:
    """Run one network by the batch, so that memory does not grow with the number of genes."""
    given = [arrays["codes" if tensor.name == "promoter" else tensor.name] for tensor in model.inputs]
    output = np.empty(len(given[0]), np.float32)
    for start in range(0, len(output), BATCH):
        batch = [array[start : start + BATCH] for array in given]
        output[start : start + BATCH] = np.asarray(model.predict_on_batch(batch)).reshape(-1)
    return output


def save_bundle(bundle: Bundle, folder: str | os.PathLike[str]) -> None:
    """Write a bundle, atomically; a folder of that name is replaced.

    Parameters
    ----------
    bundle
        What to save. In its metadata, numbers that are not finite become null; the versions of the libraries
        are added if they are not there.
    folder
        The folder to make.
    """
    single = len(bundle.members) == 1
    names = ["model.keras" if single else f"model_{i + 1}.keras" for i in range(len(bundle.members))]
    spare = [f"spare_{i + 1}.keras" for i in range(len(bundle.spare))]
    with atomic_path(folder) as draft:
        draft.mkdir()
        for name, model in zip([*names, *spare], [*bundle.members, *bundle.spare], strict=True):
            model.save(draft / name)
        metadata = {"versions": versions(), **bundle.metadata}
        checksums = {name: sha256(draft / name) for name in names}
        record = replace(bundle, metadata=metadata, checksums=checksums).record()
        if spare:
            record["spare"] = [
                {"file": name, "sha256": sha256(draft / name), "parameters": int(model.count_params())}
                for name, model in zip(spare, bundle.spare, strict=True)
            ]
        write_json(record, draft / "bundle.json")
        (draft / "MODEL_CARD.md").write_text(model_card(record), encoding="utf-8")


def load_bundle(path: str | os.PathLike[str], *, spare: bool = False) -> Bundle:
    """Read a bundle folder, or one of the networks released with the paper.

    Parameters
    ----------
    path
        A folder made by `save_bundle`, or an ``.h5`` file.
    spare
        Read the trials that were not chosen, too.

    Returns
    -------
    Bundle
        With the scaler None, the unit a z-score and features ``halflife_1`` ... ``halflife_6`` for a released
        network: its file holds no scaler, and which six features it takes was never recorded.

    Raises
    ------
    ChecksumError
        If a member's file is not the one that was saved.
    InputError
        If there is no model, or `bundle.json` is incomplete, of another version, or contradicts itself.
    """
    path = Path(path)
    if path.is_dir():
        return _load_folder(path, spare)
    if not path.is_file():
        remedy = "Give a bundle folder, or one of the .h5 files released with the paper"
        what = "there is no such model"
        raise InputError(what, where=str(path), remedy=remedy)
    model, checksum = read_released(path), sha256(path)
    unit, metadata = released_record(checksum)
    return Bundle(
        members=(model,),
        window=RELEASED_WINDOW,
        inputs=INPUTS,
        scaler=None,
        feature_names=RELEASED_FEATURES,
        unit=unit,
        metadata=metadata,
        checksums={path.name: checksum},
    )


def _load_folder(folder: Path, spare: bool) -> Bundle:
    file = folder / "bundle.json"
    if not file.is_file():
        remedy = "Give the folder of one model, as the workflow makes it under models/"
        what = "the folder holds no bundle.json"
        raise InputError(what, where=str(folder), remedy=remedy)
    record = read_json(file)
    check_record(record, file)
    checksums, extra = (
        {member["file"]: member["sha256"] for member in members}
        for members in (record["members"], record.get("spare", []) if spare else [])
    )
    for name, expected in {**checksums, **extra}.items():
        check_member(folder / name, expected)
    try:
        return Bundle(
            members=tuple(keras.models.load_model(folder / name, compile=False) for name in checksums),
            window=Window(**record["window"]),
            inputs=tuple(record["inputs"]),
            scaler=None if record["scaler"] is None else Scaler.from_dict(record["scaler"]),
            feature_names=tuple(record["feature_names"]),
            unit=record["unit"],
            metadata=record["metadata"],
            checksums=checksums,
            spare=tuple(keras.models.load_model(folder / name, compile=False) for name in extra),
        )
    except (TypeError, KeyError, ValueError) as error:
        what = f"does not describe a model ({' '.join(str(error).split())[:200]})"
        raise InputError(what, where=str(file), remedy=REMAKE) from error
