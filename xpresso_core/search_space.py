"""The space of networks that a search draws from: Table 1 of the paper, or a part of it.

Every network has parameters of these names, and only those of the layers that it has: ``batch_size``,
``upstream``, ``downstream``, then ``filters_1 width_1 dilation_1 pool_1`` to ``..._4`` of one to four
convolutions, and ``units_1 dropout_1``, ``units_2 dropout_2`` of one or two dense layers.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import Any, NamedTuple

from xpresso_core.architecture import Architecture, Convolution, Dense, Recipe
from xpresso_core.errors import ConfigError, nearest
from xpresso_core.genome import Window

Parameters = dict[str, int | float]

WHERE = "limits of the search space"


@dataclass(frozen=True)
class Range:
    """The values that one parameter may take.

    Attributes
    ----------
    low, high
        The smallest and the largest value.
    step
        Distance between neighbouring values; 0 where all numbers in between are allowed.
    powers
        Whether the values are powers of two, one after the other: the search then works on the exponents.
    """

    low: float
    high: float
    step: float = 1
    powers: bool = False

    def narrowed(self, name: str, bounds: object) -> Range:
        """Return the part of a range between two of its values.

        Raises
        ------
        ConfigError
            If `bounds` are not two values of the range in order.
        """
        values = list(bounds) if isinstance(bounds, list | tuple) else []
        if len(values) != 2 or not all(map(self.holds, values)) or values[0] > values[1]:
            what = f"{name}: {bounds!r} is not the lowest and the highest value of a part of Table 1"
            raise ConfigError(what, where=WHERE, remedy=f"Choose two of {self.in_words()}")
        return replace(self, low=values[0], high=values[1])

    def holds(self, value: object) -> bool:
        """Say whether a value is one of the range."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            return False
        within = self.low <= value <= self.high
        return within and (not self.step or self.encode(value) % self.step == 0)

    def in_words(self) -> str:
        """Return the range for a message."""
        kind = "the powers of two of " if self.powers else ""
        step = f" in steps of {self.step:g}" if self.step and not self.powers else ""
        return f"{kind}{self.low:g}..{self.high:g}{step}"

    @property
    def varies(self) -> bool:
        """Whether there is more than one value; hyperopt knows no others."""
        return self.low < self.high

    def expression(self, label: str) -> Any:
        """Return hyperopt's expression for the parameter `label`, or the value where there is just one."""
        from hyperopt import hp

        low, high = self.encode(self.low), self.encode(self.high)
        if not self.varies:
            return low
        return hp.quniform(label, low, high, self.step) if self.step else hp.uniform(label, low, high)

    def encode(self, value: float) -> float:
        """Return the number that hyperopt handles for a value."""
        return math.log2(value) if self.powers else float(value)

    def value(self, vals: Mapping[str, float], label: str) -> int | float:
        """Return the value that a draw of hyperopt gives the parameter `label`."""
        raw = vals[label] if self.varies else self.encode(self.low)
        if not self.step:
            return float(raw)
        return 2 ** round(raw) if self.powers else round(raw)


TABLE_1: Mapping[str, Range] = {
    "batch_size": Range(32, 128, powers=True),
    "upstream": Range(0, 10_000, 500),
    "downstream": Range(0, 10_000, 500),
    "filters": Range(16, 128, powers=True),
    "width": Range(1, 10),
    "dilation": Range(1, 4),
    "pool": Range(5, 100, 5),
    "units": Range(2, 256, powers=True),
    "dropout": Range(0, 1, 0),
}
"""Table 1 of the paper: batch size, bases before and from the TSS, then the parameters of each convolution
and of each dense layer."""

COMMON = ("batch_size", "upstream", "downstream")
LAYERS: Mapping[str, tuple[str, ...]] = {
    "convolutions": ("filters", "width", "dilation", "pool"),
    "dense": ("units", "dropout"),
}
"""Kinds of layers, and the parameters of one layer."""
MOST_LAYERS: Mapping[str, int] = {"convolutions": 4, "dense": 2}


class _Space(NamedTuple):
    """Ranges by parameter, and the largest number of layers by kind."""

    ranges: dict[str, Range]
    most: dict[str, int]

    @classmethod
    def within(cls, limits: Mapping[str, Any]) -> _Space:
        known = [*TABLE_1, *MOST_LAYERS]
        unknown = sorted(set(limits) - set(known))
        if unknown:
            what = f"unknown key {unknown[0]!r}{nearest(unknown[0], known)}"
            raise ConfigError(what, where=WHERE, remedy=f"Known are {', '.join(known)}")
        ranges = {
            name: full.narrowed(name, limits[name]) if name in limits else full
            for name, full in TABLE_1.items()
        }
        most = {kind: _layers(kind, limits.get(kind, number)) for kind, number in MOST_LAYERS.items()}
        return cls(ranges, most)

    def layer(self, kind: str, number: int) -> dict[str, Any]:
        """Return a layer and, as one of two choices of equal weight, the next one."""
        found = {
            f"{name}_{number}": self.ranges[name].expression(f"{name}_{number}") for name in LAYERS[kind]
        }
        if number < self.most[kind]:
            from hyperopt import hp

            label = _next_layer(kind, number)
            found[label] = hp.choice(label, [None, self.layer(kind, number + 1)])
        return found

    def depth(self, kind: str, vals: Mapping[str, float]) -> int:
        further = range(1, self.most[kind])
        return 1 + sum(1 for _ in takewhile(lambda number: vals[_next_layer(kind, number)] == 1, further))


def _layers(kind: str, number: object) -> int:
    if isinstance(number, bool) or not isinstance(number, int) or not 1 <= number <= MOST_LAYERS[kind]:
        what = f"{kind}: {number!r} is not a number of layers"
        raise ConfigError(what, where=WHERE, remedy=f"Choose 1 to {MOST_LAYERS[kind]}")
    return number


def _next_layer(kind: str, number: int) -> str:
    """Return hyperopt's label of the choice (0 or 1) whether a layer follows layer `number`."""
    return f"{kind}_{number + 1}"


def _names(depths: Mapping[str, int]) -> Iterator[tuple[str, str]]:
    """Give the names of all parameters of a network in order, each with the name of its range."""
    yield from ((name, name) for name in COMMON)
    for kind, names in LAYERS.items():
        for number in range(1, depths[kind] + 1):
            yield from ((f"{name}_{number}", name) for name in names)


def space(limits: Mapping[str, Any]) -> dict[str, Any]:
    """Return the search space in hyperopt's terms.

    As in the published search, discrete values are drawn by rounding a uniform number (so the first and the
    last value are half as likely as those between), and each further layer has an even chance.

    Parameters
    ----------
    limits
        What narrows Table 1; empty for all of it. ``batch_size upstream downstream filters width dilation
        pool units dropout``: the lowest and highest value, in the units of `decode`; ``convolutions dense``:
        the largest number of layers.

    Returns
    -------
    dict
        Expressions for `hyperopt.fmin`. A parameter whose limits leave one value is a number.

    Raises
    ------
    ConfigError
        If a key is unknown, or a value is none of Table 1.
    """
    within = _Space.within(limits)
    common = {name: within.ranges[name].expression(name) for name in COMMON}
    return common | {kind: within.layer(kind, 1) for kind in LAYERS}


def largest_window(limits: Mapping[str, Any]) -> Window:
    """Return the window that holds the windows of all networks of the space; `limits` as for `space`."""
    ranges = _Space.within(limits).ranges
    return Window(int(ranges["upstream"].high), int(ranges["downstream"].high))


def decode(vals: Mapping[str, float], limits: Mapping[str, Any] | None = None) -> Parameters:
    """Return the parameters that one draw of hyperopt stands for.

    Parameters
    ----------
    vals
        By label, as in the ``misc`` of a trial, for the labels that it has; exponents of powers of two.
    limits
        Those of the space that was drawn from.

    Returns
    -------
    dict
        Whole numbers, and the dropout rates, under the names that the module lists, in that order.
    """
    within = _Space.within(limits or {})
    depths = {kind: within.depth(kind, vals) for kind in LAYERS}
    return {label: within.ranges[name].value(vals, label) for label, name in _names(depths)}


def encode(parameters: Mapping[str, float], limits: Mapping[str, Any] | None = None) -> dict[str, float]:
    """Return the draw of hyperopt that gives `parameters`: the inverse of `decode`.

    Parameters that have only one value under the limits are left out, as hyperopt does not know them.
    """
    within = _Space.within(limits or {})
    depths = {
        kind: sum(1 for number in range(1, most + 1) if f"{LAYERS[kind][0]}_{number}" in parameters)
        for kind, most in within.most.items()
    }
    vals: dict[str, float] = {}
    for label, name in _names(depths):
        if within.ranges[name].varies:
            vals[label] = within.ranges[name].encode(parameters[label])
    for kind, most in within.most.items():
        for number in range(1, min(depths[kind] + 1, most)):
            vals[_next_layer(kind, number)] = int(number < depths[kind])
    return vals


def to_architecture(parameters: Mapping[str, float], epochs: int) -> Architecture:
    """Return the network of some parameters, trained for a fixed number of epochs as in the search."""
    depths = {
        kind: sum(name.startswith(f"{first}_") for name in parameters) for kind, (first, *_) in LAYERS.items()
    }
    convolutions = tuple(
        Convolution(
            filters=int(parameters[f"filters_{number}"]),
            width=int(parameters[f"width_{number}"]),
            pool=int(parameters[f"pool_{number}"]),
            dilation=int(parameters[f"dilation_{number}"]),
        )
        for number in range(1, depths["convolutions"] + 1)
    )
    dense = tuple(
        Dense(int(parameters[f"units_{number}"]), float(parameters[f"dropout_{number}"]))
        for number in range(1, depths["dense"] + 1)
    )
    return Architecture(
        window=Window(int(parameters["upstream"]), int(parameters["downstream"])),
        convolutions=convolutions,
        dense=dense,
        recipe=Recipe(batch_size=int(parameters["batch_size"]), epochs=epochs, patience=epochs),
    )
