"""Predicting any number of promoters in constant memory, and writing the result all or not at all."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TextIO

import numpy as np
from tqdm import tqdm

from xpresso_core.errors import InputError
from xpresso_core.files import atomic_path
from xpresso_core.prediction_inputs import HalflifeTable, Promoter, batches_of

if TYPE_CHECKING:
    from xpresso_core.bundle import Bundle

BATCH = 512
"""Promoters in memory at a time: 5 MB of codes for windows of 10.5 kb."""
COLUMNS = ("id", "predicted", "predicted_sd")


class Prediction(NamedTuple):
    """A predicted gene, in the unit of the bundle; the standard deviation is NaN for a single network."""

    identifier: str
    predicted: float
    predicted_sd: float


def predict_promoters(
    bundle: Bundle, promoters: Iterable[Promoter], halflife: HalflifeTable | None = None, batch: int = BATCH
) -> Iterator[Prediction]:
    """Predict promoters as they come, a batch at a time.

    Parameters
    ----------
    bundle
        The model.
    promoters
        Windows of the model's length.
    halflife
        Features of every promoter; None for the average gene.
    batch
        Promoters in memory at a time.

    Yields
    ------
    Prediction
        In the order of `promoters`.

    Raises
    ------
    InputError
        If a promoter has no row in `halflife`, or what its source raises.
    """
    for identifiers, codes, features in batches_of(promoters, halflife, batch):
        mean, sd = bundle.predict(codes, features)
        yield from map(Prediction, identifiers, mean.tolist(), sd.tolist())


def write_predictions(predictions: Iterable[Prediction], output: str, *, progress: bool = True) -> int:
    """Write predictions as tab-separated text with the header ``id predicted predicted_sd``.

    Nothing appears at the destination before the last prediction is made.

    Parameters
    ----------
    predictions
        Values have six decimals; a standard deviation that is NaN is left empty.
    output
        A file, or ``-`` for standard output.
    progress
        Show a progress bar on standard error if it is a terminal.

    Returns
    -------
    int
        How many there were.

    Raises
    ------
    InputError
        If the output cannot be written.
    """
    count = 0
    bar = tqdm(predictions, unit=" promoters", disable=None if progress else True, leave=False)
    with _complete_output(output) as handle:
        handle.write("\t".join(COLUMNS) + "\n")
        for row in bar:
            count += 1
            sd = "" if np.isnan(row.predicted_sd) else f"{row.predicted_sd:.6f}"
            handle.write(f"{row.identifier}\t{row.predicted:.6f}\t{sd}\n")
    return count


@contextmanager
def _complete_output(output: str) -> Iterator[TextIO]:
    """Give a file to write to, whose content reaches its destination only on success."""
    target = Path(output)
    if target.is_dir():
        what = "is a folder"
        raise InputError(what, where=output, remedy="Name a file in it")
    if output != "-" and (target.is_file() or not target.exists()):
        with atomic_path(target) as draft, draft.open("w", encoding="utf-8") as handle:
            yield handle
        return
    # What is no file (standard output, a pipe, a device) cannot be taken back, so the text waits elsewhere.
    with tempfile.TemporaryFile("w+", encoding="utf-8") as handle:
        yield handle
        handle.seek(0)
        if output == "-":
            shutil.copyfileobj(handle, sys.stdout)
        else:
            with target.open("w", encoding="utf-8") as sink:
                shutil.copyfileobj(handle, sink)
