"""Profiles along the promoter by exact sums, over folds, and what is told of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from xpresso_core.errors import InputError
from xpresso_core.files import read_json, read_table, write_table
from xpresso_core.genome import Window
from xpresso_core.positional_profiles import (
    CORE,
    Together,
    profile_facts,
    profile_table,
    together,
    write_profiles,
)
from xpresso_core.score_file import Scores, row_correlations
from xpresso_core.smoothing import smooth

WINDOW = Window(40, 20)


def fold(
    counts: list[int],
    means: np.ndarray,
    members: int = 1,
    methods: tuple[str, ...] = ("saliency",),
    window: Window = WINDOW,
) -> Scores:
    """Return a fold whose genes have these mean scores, ``[method, network, group, position]``."""
    return Scores(
        np.array([f"g{row}" for row in range(sum(counts))]),
        np.zeros((0, window.length), np.float32),
        np.zeros((0, window.length), np.float32),
        means * np.array(counts)[:, None],
        np.array(counts),
        methods,
        members,
        window,
        "z-score",
    )


def random_means(seed: int, methods: int = 1, networks: int = 1, length: int = WINDOW.length) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(methods, networks, 4, length))


NO_AGREEMENT = pd.DataFrame(columns=["gene_id", "between", "first", "second", "correlation"])


def test_sums_become_means_and_differences_from_silent_genes() -> None:
    means = random_means(0)
    joined = together([fold([2, 3, 5, 4], means)])
    np.testing.assert_allclose(joined.members, means[:, 0])
    np.testing.assert_allclose(joined.networks, means)
    assert joined.counts.tolist() == [2, 3, 5, 4]
    assert (joined.methods, joined.upstream, joined.unit) == (("saliency",), 40, "z-score")
    assert joined.folds == 1
    table = profile_table(joined, 30)
    assert table.columns.tolist() == "method group genes position difference smoothed".split()
    assert len(table) == 3 * WINDOW.length
    for number, (name, genes) in enumerate((("low", 3), ("medium", 5), ("high", 4)), start=1):
        rows = table[table["group"] == name]
        difference = means[0, 0, number] - means[0, 0, 0]
        np.testing.assert_allclose(rows["difference"], difference)
        np.testing.assert_allclose(rows["smoothed"], smooth(difference, 0.5))
        assert rows["genes"].unique().tolist() == [genes]
        assert rows["position"].tolist() == list(range(-40, 20))


def test_folds_count_by_their_genes() -> None:
    first, second = random_means(1), random_means(2)
    joined = together([fold([1, 2, 0, 6], first), fold([3, 2, 5, 2], second)])
    assert joined.counts.tolist() == [4, 4, 5, 8]
    assert joined.folds == 2
    weights = np.array([[1, 2, 0, 6], [3, 2, 5, 2]]) / np.array([4, 4, 5, 8])
    expected = first * weights[0][:, None] + second * weights[1][:, None]
    np.testing.assert_allclose(joined.members, expected[:, 0])
    np.testing.assert_allclose(joined.networks, expected)


def test_the_order_of_folds_does_not_matter() -> None:
    folds = [fold([2, 3, 1, 2], random_means(seed, networks=2), members=2) for seed in range(4)]
    one, other = together(folds), together(folds[::-1])
    np.testing.assert_allclose(one.members, other.members)
    np.testing.assert_allclose(one.networks, other.networks)


def test_members_are_averaged_and_others_left_out_fold_by_fold() -> None:
    first, second = random_means(3, networks=3), random_means(4, networks=2)
    joined = together([fold([1, 1, 1, 1], first, members=1), fold([1, 1, 1, 1], second, members=2)])
    np.testing.assert_allclose(joined.members, (first[:, 0] + second.mean(axis=1)) / 2)
    assert joined.networks.shape[1] == 2  # the third network of one fold has no like in the other
    np.testing.assert_allclose(joined.networks, (first[:, :2] + second) / 2)


def test_a_group_without_genes_has_no_rows() -> None:
    table = profile_table(together([fold([2, 0, 5, 4], random_means(5))]), 30)
    assert table["group"].unique().tolist() == ["medium", "high"]
    assert np.isfinite(table[["difference", "smoothed"]].to_numpy()).all()


@pytest.mark.parametrize(
    "folds",
    [
        [],
        [fold([1] * 4, random_means(0)), fold([1] * 4, random_means(0), methods=("elrp",))],
        [
            fold([1] * 4, random_means(0)),
            fold([1] * 4, random_means(0, length=50), window=Window(30, 20)),
        ],
    ],
    ids=["none", "methods", "windows"],
)
def test_folds_that_do_not_belong_together_are_refused(folds: list[Scores]) -> None:
    with pytest.raises(InputError, match="by different methods, or on different windows"):
        together(folds)


@pytest.mark.parametrize("resolution", [1, 20, 61, 1000])
def test_a_resolution_out_of_range_is_refused(resolution: int) -> None:
    with pytest.raises(InputError, match=f"60 bases cannot be smoothed over {resolution}") as caught:
        profile_table(together([fold([1] * 4, random_means(0))]), resolution)
    assert "21 to 60" in str(caught.value)


@pytest.mark.parametrize("resolution", [21, 60])
def test_the_ends_of_the_range_can_be_smoothed(resolution: int) -> None:
    table = profile_table(together([fold([1] * 4, random_means(0))]), resolution)
    assert np.isfinite(table["smoothed"]).all()


def bump(length: int, centre: int, width: float) -> np.ndarray:
    return np.exp(-(((np.arange(length) - centre) / width) ** 2))


def made(networks: list[np.ndarray], window: Window) -> Together:
    """Return scores in which only the highest group differs from the silent one, each network in its way."""
    means = np.zeros((1, len(networks), 4, window.length))
    for number, curve in enumerate(networks):
        means[0, number, 3] = curve
    return together([fold([3, 1, 1, 2], means, members=len(networks), window=window)])


def facts_of(scores: Together, agreement: pd.DataFrame, resolution: int = 60) -> dict[str, Any]:
    return profile_facts(profile_table(scores, resolution), scores, agreement, resolution)


def test_the_peak_and_the_share_of_the_core() -> None:
    window = Window(1500, 900)
    near, far = -bump(2400, 1500 - 200, 80), 0.5 * bump(2400, 1500 - 1100, 80)
    facts = facts_of(made([near + far], window), NO_AGREEMENT)
    found = facts["methods"]["saliency"]
    assert found["peak"] == pytest.approx(-200, abs=3)
    assert found["core_share"] == pytest.approx(2 / 3, abs=0.01)
    assert found["core_width"] == (2 * CORE + 1) / 2400
    assert found["single_networks"] is None
    assert found["mean_networks"] is None
    assert (facts["silent"], facts["folds"], facts["networks"]) == (3, 1, 1)
    assert facts["unit"] == "z-score"
    assert facts["between_methods"] == []


def test_a_promoter_within_the_core_has_all_of_it() -> None:
    found = facts_of(made([bump(60, 50, 6)], WINDOW), NO_AGREEMENT, 30)["methods"]["saliency"]
    assert found["peak"] == pytest.approx(10, abs=2)
    assert found["core_share"] == 1
    assert found["core_width"] == 1


def test_the_highest_group_that_has_genes_is_described() -> None:
    means = np.zeros((1, 1, 4, 60))
    means[0, 0, 2], means[0, 0, 3] = bump(60, 30, 6), bump(60, 50, 6)
    scores = together([fold([2, 2, 2, 0], means)])
    assert facts_of(scores, NO_AGREEMENT, 30)["methods"]["saliency"]["peak"] == pytest.approx(-10, abs=2)


@pytest.mark.parametrize("networks", [1, 2])
def test_profiles_that_are_zero_everywhere_have_no_peak_and_no_share(networks: int) -> None:
    facts = facts_of(made([np.zeros(60)] * networks, WINDOW), NO_AGREEMENT, 30)
    assert facts["networks"] == networks
    assert facts["methods"]["saliency"] == {
        "peak": None, "core_share": None, "core_width": 1.0, "single_networks": None, "mean_networks": None,
    }  # fmt: skip


def test_a_constant_network_is_left_out_of_the_agreement_of_means() -> None:
    one, other = bump(60, 40, 10), bump(60, 35, 10)
    means = [
        facts_of(made(curves, WINDOW), NO_AGREEMENT, 30)["methods"]["saliency"]["mean_networks"]
        for curves in ([one, other], [one, np.zeros(60), other], [one, np.zeros(60)])
    ]
    assert means[1] == means[0]
    assert means[2] is None


def agreement_of(*rows: tuple[str, str, str, float]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["between", "first", "second", "correlation"])
    return table.assign(gene_id=[f"g{row}" for row in range(len(table))])


def test_agreement_of_networks_by_single_genes_and_by_means() -> None:
    rng = np.random.default_rng(6)
    curves = [bump(60, 40, 10) + rng.normal(0, 0.2, 60) for _ in range(3)]
    agreement = agreement_of(
        ("networks", "saliency", "", 0.1),
        ("networks", "saliency", "", 0.4),
        ("networks", "saliency", "", np.nan),
        ("networks", "saliency", "", 0.3),
        ("methods", "saliency", "elrp", 0.9),
        ("methods", "saliency", "elrp", 0.5),
        ("methods", "saliency", "deeplift", -0.5),
    )
    facts = facts_of(made(curves, WINDOW), agreement, 30)
    assert facts["networks"] == 3
    found = facts["methods"]["saliency"]
    assert found["single_networks"] == pytest.approx(0.3)
    smoothed = [smooth(curve, 0.5) for curve in curves]
    pairs = [np.corrcoef(smoothed[one], smoothed[other])[0, 1] for one, other in ((0, 1), (0, 2), (1, 2))]
    assert found["mean_networks"] == pytest.approx(np.mean(pairs))
    assert facts["between_methods"] == [
        {"first": "saliency", "second": "elrp", "median": pytest.approx(0.7)},
        {"first": "saliency", "second": "deeplift", "median": pytest.approx(-0.5)},
    ]


def saved(folder: Path, agreements: list[pd.DataFrame]) -> dict[str, Any]:
    means = [random_means(seed, 2, 2, 100) for seed in (7, 8)]
    scores, tables = [], []
    for number, (mean, agreement) in enumerate(zip(means, agreements, strict=True)):
        scores.append(folder / f"scores_{number}.h5")
        window, methods = Window(60, 40), ("saliency", "elrp")
        one = fold([2, 1, 0, 1], mean, 2, methods, window)
        one._replace(scores=np.zeros((4, 100), np.float32)).save(scores[-1])
        tables.append(folder / f"agreement_{number}.tsv")
        write_table(agreement, tables[-1])
    out = folder / "out"
    write_profiles(
        scores, tables, out / "table.tsv", out / "agreement.tsv", out / "facts.json", resolution=40
    )
    return read_json(out / "facts.json")


FULL = agreement_of(
    ("methods", "saliency", "elrp", 0.5), ("networks", "saliency", "", 0.2), ("networks", "elrp", "", 0.4)
)


def test_folds_are_joined_into_three_files(tmp_path: Path) -> None:
    facts = saved(tmp_path, [FULL, FULL.assign(correlation=[0.7, 0.4, 0.6])])
    assert facts["between_methods"][0]["median"] == pytest.approx(0.6)
    assert facts["methods"]["elrp"]["single_networks"] == pytest.approx(0.5)
    assert (facts["silent"], facts["folds"], facts["networks"]) == (4, 2, 2)
    table = read_table(tmp_path / "out" / "table.tsv")
    assert table["method"].unique().tolist() == ["saliency", "elrp"]
    assert table["group"].unique().tolist() == ["low", "high"]
    joined = read_table(tmp_path / "out" / "agreement.tsv")
    assert joined["correlation"].tolist() == [0.5, 0.2, 0.4, 0.7, 0.4, 0.6]
    means = (random_means(7, 2, 2, 100) + random_means(8, 2, 2, 100)) / 2
    pair = [smooth(means[1, number, 3] - means[1, number, 0], 0.4) for number in (0, 1)]
    assert facts["methods"]["elrp"]["mean_networks"] == pytest.approx(
        row_correlations(pair[0][None], pair[1][None])[0]
    )


def test_nothing_to_agree_with_makes_empty_tables(tmp_path: Path) -> None:
    facts = saved(tmp_path, [NO_AGREEMENT, NO_AGREEMENT])
    assert facts["between_methods"] == []
    assert facts["methods"]["elrp"]["single_networks"] is None
    assert read_table(tmp_path / "out" / "agreement.tsv").columns.tolist() == NO_AGREEMENT.columns.tolist()


def test_methods_that_agree_on_no_gene_are_told_without_a_number(tmp_path: Path) -> None:
    facts = saved(tmp_path, [FULL.assign(correlation=np.nan), FULL.assign(correlation=np.nan)])
    assert facts["between_methods"] == [{"first": "saliency", "second": "elrp", "median": None}]
