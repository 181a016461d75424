"""What baseline models are called, and which there are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import pandas as pd

HALFLIFE, CORE, MOTIFS, KMER = "halflife", "core", "motifs", "mer"
"""Kinds of features; k-mers are ``4mer`` and so on."""

MEAN, LM, RIDGE, TREES = "mean", "lm", "ridge", "trees"

NETWORK = "network"
"""The method of a network, among those of baselines."""

METHODS = (LM, RIDGE, TREES)
"""Least squares, as in the paper; ridge regression; gradient-boosted trees."""


class Baseline(NamedTuple):
    """A baseline model.

    Attributes
    ----------
    method
        `MEAN`, or one of `METHODS`.
    blocks
        The kinds of features, as `baseline_features.Features.block` takes them.
    """

    method: str
    blocks: tuple[str, ...]

    @property
    def name(self) -> str:
        """Return ``method:features``, as in ``lm:4mer+halflife``; the name of its column of predictions."""
        return f"{self.method}:{'+'.join(self.blocks)}" if self.blocks else self.method

    @classmethod
    def of_name(cls, name: str) -> Baseline:
        """Return the baseline that a name belongs to."""
        method, _, blocks = name.partition(":")
        return cls(method, tuple(blocks.split("+")) if blocks else ())


def baselines(kmers: Sequence[int], joint_kmers: int | None, methods: Sequence[str]) -> Iterator[Baseline]:
    """Yield the mean, then every method on every set of features, each without and with half-life features."""
    yield Baseline(MEAN, ())
    for method in methods:
        for blocks in feature_sets(kmers, joint_kmers):
            if blocks:
                yield Baseline(method, blocks)
            yield Baseline(method, (HALFLIFE, *blocks))


def feature_sets(kmers: Sequence[int], joint_kmers: int | None) -> list[tuple[str, ...]]:
    """Return the sets of features that baselines are made of, half-life features apart.

    Parameters
    ----------
    kmers
        The lengths of k-mers.
    joint_kmers
        The length of those that are joined with motifs; None for none.

    Returns
    -------
    list of tuple of str
        ``()`` for half-life features alone, ``("core",)``, ``("1mer",)`` ..., ``("motifs",)``, ``("motifs", "4mer")``.
    """
    sets: list[tuple[str, ...]] = [(), (CORE,), *((f"{k}{KMER}",) for k in kmers), (MOTIFS,)]
    return sets if joint_kmers is None else [*sets, (MOTIFS, f"{joint_kmers}{KMER}")]


def in_words(row: pd.Series) -> str:
    """Say what a baseline is, from ``method features halflife`` of its row in a table."""
    method = {LM: "least squares", RIDGE: "ridge", TREES: "trees", MEAN: "the mean"}[row["method"]]
    if row["method"] == MEAN:
        return method
    features = features_in_words(row["features"])
    both = " + half-life" if row["halflife"] and features != "half-life features only" else ""
    return f"{method}, {features}{both}"


def features_in_words(features: object) -> str:
    """Say what a set of features is, from its name in a table; half-life features apart."""
    if not isinstance(features, str) or not features:
        return "half-life features only"
    words = {CORE: "CpG and G+C of the core"}
    return " + ".join(words.get(part, part.replace(KMER, f"-{KMER}s")) for part in features.split("+"))
