"""The network: its hyperparameters as data. `network.build` makes the Keras model that they describe."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, NamedTuple, Self

from xpresso_core.errors import ConfigError
from xpresso_core.genome import Window

Input = Literal["promoter", "halflife"]

CONTROLS = ("mono_shuffled", "di_shuffled")
"""Inputs that stand for the promoter with its bases in another order (`shuffle`)."""


class Convolution(NamedTuple):
    """One convolution with ReLU, then max pooling.

    Attributes
    ----------
    filters, width
        Number of filters, and the bases (or pooled bins) that each one spans.
    pool
        Positions that one maximum is taken over.
    dropout
        Share of the pooled values silenced in training.
    dilation
        Distance between the positions that neighbouring taps of a filter read.
    """

    filters: int
    width: int
    pool: int
    dropout: float = 0.0
    dilation: int = 1


class Dense(NamedTuple):
    """One fully connected layer with ReLU, then dropout.

    Attributes
    ----------
    units
        Number of units.
    dropout
        Share of the units silenced in training.
    """

    units: int
    dropout: float = 0.0


@dataclass(frozen=True)
class Recipe:
    """How one trial is trained.

    Attributes
    ----------
    learning_rate
        Of the Adam optimizer.
    batch_size
        Genes per step.
    epochs, patience
        At most so many epochs; stop after `patience` without a lower validation error.
    weight_decay
        Of all weights but biases, decoupled (AdamW); 0 is plain Adam.
    jitter
        Largest random shift of a training window, in bases, drawn anew each time a gene is seen.
    averaging
        Momentum of an exponential moving average of the weights that is what gets validated and kept;
        0 keeps the weights themselves.
    """

    learning_rate: float = 1e-3
    batch_size: int = 128
    epochs: int = 100
    patience: int = 7
    weight_decay: float = 0.0
    jitter: int = 0
    averaging: float = 0.0


@dataclass(frozen=True)
class Architecture:
    """A network of the Xpresso family, and the recipe that trains it.

    Attributes
    ----------
    window
        The bases around the TSS that it reads.
    convolutions
        From the sequence on; at least one.
    dense
        After the half-life features have joined the flattened convolutions.
    recipe
        How it is trained.
    """

    window: Window
    convolutions: tuple[Convolution, ...]
    dense: tuple[Dense, ...]
    recipe: Recipe = Recipe()

    @property
    def needed_window(self) -> Window:
        """The window that a dataset must hold for training: the network's own, and the jitter."""
        jitter = self.recipe.jitter
        return Window(self.window.upstream + jitter, self.window.downstream + jitter)

    def to_dict(self) -> dict[str, Any]:
        """Return plain types, in the form that the configuration uses."""
        return {
            "upstream": self.window.upstream,
            "downstream": self.window.downstream,
            "convolutions": [layer._asdict() for layer in self.convolutions],
            "dense": [layer._asdict() for layer in self.dense],
            "training": asdict(self.recipe),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Return the architecture that a configuration block describes, whose keys the schema has checked."""
        return cls(
            window=Window(data["upstream"], data["downstream"]),
            convolutions=tuple(Convolution(**layer) for layer in data["convolutions"]),
            dense=tuple(Dense(**layer) for layer in data["dense"]),
            recipe=Recipe(**data.get("training", {})),
        )


PAPER = Architecture(
    window=Window(7000, 3500),
    convolutions=(Convolution(128, 6, 30), Convolution(32, 9, 10)),
    dense=(Dense(64, 0.000992864149624538), Dense(2, 0.015461061523035332)),
)
"""The best of the paper's search (Table 1, Figure 1): 112,485 parameters with eight half-life features."""

MANUAL = Architecture(
    window=Window(1500, 1500),
    convolutions=(Convolution(64, 5, 10), Convolution(64, 5, 20)),
    dense=(Dense(100, 0.5),),
    recipe=Recipe(batch_size=64),
)
"""The best that the paper's authors found by hand (Table 1)."""

COMPACT = Architecture(
    window=Window(750, 750),
    convolutions=(Convolution(64, 6, 30), Convolution(32, 5, 5, 0.5)),
    dense=(Dense(64, 0.5),),
    recipe=Recipe(learning_rate=1e-3, batch_size=64, epochs=150, patience=15, averaging=0.98),
)
"""For about a thousand genes: the core promoter, strong dropout, averaged weights, no two-unit layer that could
die. How it was chosen: docs/results.md."""

ARCHITECTURES: Mapping[str, Architecture] = {"paper": PAPER, "manual": MANUAL, "compact": COMPACT}


def named_architecture(name: str, own: Mapping[str, Mapping[str, Any]]) -> Architecture:
    """Return a shipped architecture, or one that the configuration describes.

    Raises
    ------
    ConfigError
        If there is none of that name.
    """
    if name in own:
        return Architecture.from_dict(own[name])
    if name in ARCHITECTURES:
        return ARCHITECTURES[name]
    what = f"there is no architecture {name!r}"
    remedy = f"Choose one of {', '.join([*ARCHITECTURES, *own])}, or describe it under 'architectures'"
    raise ConfigError(what, where="experiments", remedy=remedy)


def check_fits(architecture: Architecture) -> None:
    """Check, before anything is built, that each pooling has something to pool.

    Raises
    ------
    ConfigError
        If the window is empty, or the poolings leave nothing of it.
    """
    positions = architecture.window.length
    if not positions:
        what = "the window holds no base"
        raise ConfigError(what, where="architecture", remedy="Enlarge it upstream or downstream")
    for number, layer in enumerate(architecture.convolutions, start=1):
        if positions < layer.pool:
            what = f"pooling over {layer.pool} leaves nothing of {positions} positions"
            where = f"convolution {number} of the architecture"
            raise ConfigError(what, where=where, remedy="Enlarge the window or pool less")
        positions //= layer.pool
