"""The five networks that were released with the paper in 2020 (Zenodo record 4075690).

They are Keras 2 files without a label scaler, feature names or training record, so what is known about each
is kept here by checksum.
"""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import h5py

from xpresso_core.errors import InputError
from xpresso_core.genome import RELEASED_WINDOW

if TYPE_CHECKING:
    import keras

RELEASED_FEATURES = tuple(f"halflife_{number}" for number in range(1, 7))
UNKNOWN_UNIT = "z-score of log10 expression"

_PAPER = "Agarwal and Shendure 2020, Cell Reports 31:107663, https://doi.org/10.1016/j.celrep.2020.107663"
_SOURCE = "https://zenodo.org/record/4075690"
_HUMAN_GENES = "18,377 protein-coding genes of Ensembl v90 (hg38) without chrY and histone genes"
_MOUSE_GENES = "21,856 protein-coding genes of Ensembl v90 (mm10) without chrY and histone genes"
_NO_FEATURE_NAMES = (
    "which six half-life features the network takes was never recorded (the paper describes eight); "
    "they are z-scores, and zeros stand for the average gene"
)


class Released(NamedTuple):
    """What is known about one released network.

    Attributes
    ----------
    name
        The beginning of its file name.
    species, expression, genes
        What it was trained on.
    unit
        The unit of its output.
    epoch, validation_mse
        As written in its file name; the error is in z-scored units.
    """

    name: str
    species: str
    expression: str
    genes: str
    unit: str
    epoch: int
    validation_mse: float


_RPKM = "z-score of log10(RPKM + 0.1)"
_FPKM = "z-score of log10(FPKM + 0.1)"

RELEASED = {
    "15a383648008df5f843ec8651e78be5faf82609c88fb068da890aa7a89387bb0": Released(
        "humanMedian",
        "human",
        "median RPKM over 56 tissues and cell lines, Roadmap Epigenomics",
        _HUMAN_GENES,
        _RPKM,
        11,
        0.426,
    ),
    "95cb2279568a039bff7ae5dcfc1c9e467a8065ba97a7b250e91265b5cd946b80": Released(
        "K562", "human", "RPKM in K562 (E123), Roadmap Epigenomics", _HUMAN_GENES, _RPKM, 11, 0.4917
    ),
    "3e44d222897ca54d6dff9a5cff440ac351804d529be036f19c7c61c4bcc865f7": Released(
        "GM12878", "human", "RPKM in GM12878 (E116), Roadmap Epigenomics", _HUMAN_GENES, _RPKM, 6, 0.5062
    ),
    "e2a48e994aa6e6d9c619ba2865cd76804433d63620f8f82b044389ea78239d37": Released(
        "mouseMedian", "mouse", "median FPKM over 254 RNA-seq samples, ENCODE", _MOUSE_GENES, _FPKM, 5, 0.278
    ),
    "b352199616d675f9d4647626374553106be1af98aa82e4ba6d75f734f947cfe5": Released(
        "mESC",
        "mouse",
        "expression in embryonic stem cells, Ouyang et al. 2009",
        "mouse protein-coding genes of Ensembl v90 (mm10) without chrY and histone genes",
        "z-score of log10(expression + 0.1)",
        10,
        0.3867,
    ),
}


def read_released(path: str | os.PathLike[str]) -> keras.Model:
    """Read a network of the released kind.

    Parameters
    ----------
    path
        A Keras 2 HDF5 file.

    Returns
    -------
    keras.Model
        Inputs ``promoter`` ``[10500, 4]`` and ``halflife`` ``[6]``, output a z-score.

    Raises
    ------
    InputError
        If the file is no Keras model, or its inputs are others.
    """
    import keras

    remedy = "Give a model bundle (a folder), or one of the .h5 files released with the paper"
    if not _is_keras_hdf5(Path(path)):
        what = "is not a Keras model file"
        raise InputError(what, where=str(path), remedy=remedy)
    with warnings.catch_warnings():
        # Keras 3 regrets how Keras 2 wrote the first layer; nobody can do anything about it.
        warnings.filterwarnings("ignore", "Do not pass an `input_shape`", UserWarning)
        try:
            model = keras.models.load_model(path, compile=False)
        except (ValueError, TypeError, KeyError, OSError) as error:
            what = f"Keras cannot load the model ({' '.join(str(error).split())[:200]})"
            raise InputError(what, where=str(path), remedy=remedy) from error
    found = {tensor.name: tuple(tensor.shape[1:]) for tensor in model.inputs}
    expected = {"promoter": (RELEASED_WINDOW.length, 4), "halflife": (len(RELEASED_FEATURES),)}
    if found != expected:
        what = f"the model takes {found}, not {expected} as the released ones do"
        raise InputError(what, where=str(path), remedy=remedy)
    return model


def released_record(checksum: str) -> tuple[str, dict[str, Any]]:
    """Return the output unit and the metadata of a released network by its SHA-256 checksum."""
    known = RELEASED.get(checksum)
    if known is None:
        return UNKNOWN_UNIT, {
            "name": "a network of the released kind, but none of the five released files",
            "training_data": "unknown",
            "notes": _NO_FEATURE_NAMES,
        }
    metrics = {"validation_mse_z": known.validation_mse, "source": f"file name, epoch {known.epoch}"}
    return known.unit, {
        "name": f"{known.name}, released with the paper in 2020",
        "species": known.species,
        "training_data": f"{known.expression}; {known.genes}",
        "metrics": metrics,
        "source": _SOURCE,
        "citation": _PAPER,
        "notes": _NO_FEATURE_NAMES,
    }


def _is_keras_hdf5(path: Path) -> bool:
    if not h5py.is_hdf5(path):
        return False
    with h5py.File(path, "r") as handle:
        return "model_config" in handle.attrs
