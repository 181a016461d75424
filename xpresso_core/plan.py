"""What is trained for one experiment, and the shuffled controls of its inputs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, Self, cast

from xpresso_core.architecture import CONTROLS, Architecture, Input
from xpresso_core.dataset import Dataset
from xpresso_core.files import read_json
from xpresso_core.genome import Window
from xpresso_core.scaling import Protocol
from xpresso_core.shuffle import Shuffle, shuffle_promoters


@dataclass(frozen=True)
class Plan:
    """What is trained for one experiment.

    Attributes
    ----------
    inputs
        What the network reads: ``promoter`` or one of `CONTROLS`, ``halflife``, or both kinds.
    architecture
        The network and its recipe.
    protocol
        Which genes scale the label and the features: ``strict``, the training genes; ``paper``, all.
    trials
        Independent trials per fold.
    ensemble
        ``best``: the trial of lowest validation error, as in the paper; ``all``: the mean of all live trials.
    seed
        The seed of the run.
    precision
        What networks compute in while they train; others than ``float32`` need a GPU.
    """

    inputs: tuple[str, ...]
    architecture: Architecture
    protocol: Protocol = "strict"
    trials: int = 10
    ensemble: Literal["best", "all"] = "best"
    seed: int = 0
    precision: Literal["float32", "mixed_bfloat16", "mixed_float16"] = "float32"

    @classmethod
    def from_dict(cls, data: Mapping[str, Any], best: Path | None = None) -> Self:
        """Return the plan that plain types describe, as `configuration.experiment_plan` gives them.

        Parameters
        ----------
        data
            The settings. The architecture is None where a search finds it; ``window`` is None or what the
            network reads instead of the architecture's window.
        best
            The result of that search (`search.gather`).
        """
        settings = dict(data)
        window = settings.pop("window", None)
        found = read_json(best)["architecture"] if best is not None else settings["architecture"]
        architecture = Architecture.from_dict({**found, **(window or {})})
        return cls(**{**settings, "inputs": tuple(data["inputs"]), "architecture": architecture})


def window_read(settings: Mapping[str, Any], best: Path | None = None) -> tuple[Window, int]:
    """Return the window that a network reads, and how far training shifts it, in bases.

    Parameters
    ----------
    settings
        ``upstream downstream jitter``, all None where a search finds them, and ``window``: None, or what is read
        instead.
    best
        The result of that search.
    """
    if best is None:
        window, jitter = Window(settings["upstream"], settings["downstream"]), settings["jitter"]
    else:
        found = Architecture.from_dict(read_json(best)["architecture"])
        window, jitter = found.window, found.recipe.jitter
    return (Window(**settings["window"]) if settings["window"] else window), jitter


def network_inputs(inputs: tuple[str, ...]) -> tuple[Input, ...]:
    """Return what a network takes: to it, a shuffled promoter is a promoter."""
    return tuple(cast("Input", "promoter" if name in CONTROLS else name) for name in inputs)


def with_control(dataset: Dataset, inputs: tuple[str, ...], seed: int) -> Dataset:
    """Return the dataset with shuffled promoters where the inputs ask for a control.

    Every gene's window, as far as the dataset was opened, is shuffled by itself, in training and test alike: what
    is left is its composition.
    """
    for kind in inputs:
        if kind in CONTROLS:
            codes = shuffle_promoters(dataset.codes, dataset.gene_id, cast("Shuffle", kind), seed)
            return replace(dataset, codes=codes)
    return dataset
