"""Groups of genes against all others: who counts where, and what the tests say."""

from __future__ import annotations

import json
import math
from collections.abc import Collection
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from xpresso_core.errors import InputError
from xpresso_core.files import read_table
from xpresso_core.gene_groups import OTHER, SHARED, Group, compare_groups, curves, memberships
from xpresso_core.gene_lists import GeneFinder, read_gene_list
from xpresso_core.rank_tests import Expect, adjusted, ks_one_sided
from xpresso_core.residuals import join_expression, read_predictions, residuals

LISTS = Path(__file__).resolve().parents[1] / "resources" / "gene_lists"


def table_of(**residuals: float) -> pd.DataFrame:
    return pd.DataFrame({"gene_id": list(residuals), "residual": list(residuals.values())})


def group(name: str, genes: Collection[str], expect: Expect = "higher") -> Group:
    return Group(name, expect, genes)


SIX = table_of(a=1.0, b=2.0, c=3.0, d=-1.0, e=0.0, f=0.5)


def random_groups(seed: int) -> tuple[pd.DataFrame, list[Group]]:
    rng = np.random.default_rng(seed)
    genes = [f"g{number}" for number in range(60)]
    table = pd.DataFrame({"gene_id": genes, "residual": rng.normal(size=60).round(1)})
    picked = [set(rng.choice([*genes, "x1", "x2"], size, replace=False)) for size in (8, 12, 20)]
    return table, [
        group("one", picked[0]),
        group("two", picked[1], "lower"),
        group("three", picked[2]),
    ]


def test_who_belongs_where() -> None:
    found = memberships(SIX["gene_id"], [group("up", {"a", "b"}), group("down", ["b", "d", "zz"])])
    assert found.tolist() == ["up", SHARED, OTHER, "down", OTHER, OTHER]
    assert found.index.equals(SIX.index)


def test_a_gene_of_two_groups_counts_in_neither_and_not_among_the_others() -> None:
    up, down = compare_groups(SIX, [group("up", {"a", "b", "c"}), group("down", {"c", "d", "zz"}, "lower")])
    assert (up.n, up.shared, up.unpredicted, up.others) == (2, 1, 0, 2)
    assert (down.n, down.shared, down.unpredicted, down.others) == (1, 1, 1, 2)
    assert (up.median, up.others_median) == (1.5, 0.25)
    assert up.d == 1
    assert up.p == pytest.approx(math.exp(-2 * 2 * 2 / 4))
    assert (down.median, down.others_median, down.d) == (-1.0, 0.25, 1.0)
    assert down.p == pytest.approx(math.exp(-2 * 1 * 2 / 3))


def test_a_gene_of_three_groups_is_shared_by_all() -> None:
    found = compare_groups(SIX, [group(name, {"a", name}) for name in ("b", "c", "d")])
    assert [(test.n, test.shared, test.others) for test in found] == [(1, 1, 2)] * 3


def test_genes_that_two_groups_share_but_no_model_predicts_are_not_predicted() -> None:
    (one, _) = compare_groups(SIX, [group("one", {"a", "zz"}), group("two", {"b", "zz"})])
    assert (one.n, one.unpredicted, one.shared) == (1, 1, 0)


@pytest.mark.parametrize("genes", [set(), {"x", "y"}])
def test_a_group_without_residuals_is_not_tested(genes: set[str]) -> None:
    (empty, full) = compare_groups(SIX, [group("empty", genes), group("full", {"a"})])
    assert (empty.n, empty.unpredicted, empty.others) == (0, len(genes), 5)
    assert (empty.median, empty.d, empty.p) == (None, None, None)
    assert empty.others_median == 0.5
    assert full.p is not None


def test_with_all_genes_in_groups_there_is_nothing_to_compare_with() -> None:
    (one, two) = compare_groups(SIX, [group("one", set("abc")), group("two", set("def"))])
    assert (one.n, two.n, one.others) == (3, 3, 0)
    assert (one.median, one.others_median, one.d, one.p) == (2.0, None, None, None)
    (alone,) = compare_groups(SIX, [group("all", set("abcdef"))])
    assert (alone.n, alone.p) == (6, None)


def test_no_residuals_and_no_groups() -> None:
    (found,) = compare_groups(SIX[:0], [group("one", {"a"})])
    assert (found.n, found.unpredicted, found.others, found.median, found.p) == (0, 1, 0, None, None)
    assert compare_groups(SIX, []) == []


def test_one_gene_on_either_side() -> None:
    (found,) = compare_groups(table_of(a=1.0, b=0.0), [group("one", ["a"])])
    assert (found.n, found.others, found.d) == (1, 1, 1.0)
    assert found.p == pytest.approx(math.exp(-1))


def test_constant_residuals_do_not_differ() -> None:
    (found,) = compare_groups(SIX.assign(residual=0.3), [group("one", set("abc"))])
    assert (found.d, found.p) == (0.0, 1.0)


def test_a_gene_listed_twice_counts_once() -> None:
    twice, once = (compare_groups(SIX, [group("one", genes)]) for genes in (["a", "b", "a"], ["a", "b"]))
    assert twice == once


@pytest.mark.parametrize("seed", range(4))
def test_the_tests_are_those_of_the_values_picked_by_hand(seed: int) -> None:
    table, groups = random_groups(seed)
    value = dict(zip(table["gene_id"], table["residual"], strict=True))
    number = {gene: sum(gene in one.genes for one in groups) for gene in value}
    others = [value[gene] for gene in value if number[gene] == 0]
    for one, found in zip(groups, compare_groups(table, groups), strict=True):
        mine = [value[gene] for gene in value if gene in one.genes and number[gene] == 1]
        assert (found.name, found.expect, found.n, found.others) == (
            one.name,
            one.expect,
            len(mine),
            len(others),
        )
        assert found.n + found.shared + found.unpredicted == len(one.genes)
        assert (found.d, found.p) == ks_one_sided(mine, others, one.expect)
        assert found.median == pytest.approx(np.median(mine))


@pytest.mark.parametrize("seed", range(3))
def test_neither_the_order_of_genes_nor_that_of_groups_nor_names_matter(seed: int) -> None:
    table, groups = random_groups(seed)
    found = compare_groups(table, groups)
    mixed = table.sample(frac=1, random_state=seed)
    assert compare_groups(mixed, groups) == found
    assert compare_groups(table, groups[::-1]) == found[::-1]
    renamed = [one._replace(name=f"set {number}") for number, one in enumerate(groups)]
    assert [test._replace(name="") for test in compare_groups(table, renamed)] == [
        test._replace(name="") for test in found
    ]


def test_flipped_residuals_swap_higher_and_lower() -> None:
    table, groups = random_groups(5)
    turned: dict[str, Expect] = {"higher": "lower", "lower": "higher"}
    flipped = [one._replace(expect=turned[one.expect]) for one in groups]
    before = compare_groups(table, groups)
    after = compare_groups(table.assign(residual=-table["residual"]), flipped)
    for one, other in zip(before, after, strict=True):
        assert (other.d, other.p) == pytest.approx((one.d, one.p))
        assert other.median == pytest.approx(-(one.median or 0.0))


def test_a_planted_shift_is_found_and_a_shuffled_one_is_not() -> None:
    rng = np.random.default_rng(6)
    genes = [f"g{number}" for number in range(400)]
    residual = rng.normal(size=400)
    residual[:40] += 1
    groups = [group("planted", set(genes[:40])), group("random", set(genes[200:240]))]
    planted, random = compare_groups(pd.DataFrame({"gene_id": genes, "residual": residual}), groups)
    corrected = adjusted([planted.p, random.p])
    assert corrected[0] is not None
    assert corrected[0] < 1e-4
    assert corrected[1] is not None
    assert corrected[1] > 0.05


@pytest.mark.parametrize(
    "names", [("one", "one"), (OTHER,), (SHARED,), ("one", OTHER), ("one", "two", "one")]
)
def test_names_that_are_taken_are_refused(names: tuple[str, ...]) -> None:
    with pytest.raises(InputError, match="gene groups: the name '.*' is taken"):
        memberships(SIX["gene_id"], [group(name, {"a"}) for name in names])


def test_residuals_that_are_missing_are_refused() -> None:
    with pytest.raises(InputError, match="1 values are missing or infinite"):
        compare_groups(table_of(a=1.0, b=float("nan"), c=2.0), [group("one", {"a"})])


def test_curves_hold_every_gene_once() -> None:
    groups = [group("up", {"a", "b"}), group("down", {"b", "d"})]
    found = curves(SIX, memberships(SIX["gene_id"], groups))
    assert {name: values.tolist() for name, values in found.items()} == {
        "up": [1.0],
        "down": [-1.0],
        SHARED: [2.0],
        OTHER: [3.0, 0.0, 0.5],
    }
    mixed = SIX[::-1]
    again = curves(mixed, memberships(mixed["gene_id"], groups))
    assert again[OTHER].tolist() == [0.5, 0.0, 3.0]


def test_a_test_goes_into_json_as_it_is() -> None:
    for test in compare_groups(SIX, [group("one", {"a"}), group("none", {"z"})]):
        assert json.loads(json.dumps(test.as_dict(), allow_nan=False)) == test._asdict()


@pytest.mark.real
def test_genes_of_known_enhancers_in_k562_are_higher_than_predicted(real_data: Path) -> None:
    rpkm = pd.read_csv(real_data / "human_mini" / "57epigenomes.RPKM.pc.gz", sep="\t", index_col=False)
    expression = pd.DataFrame({"gene_id": rpkm["gene_id"], "log10": np.log10(rpkm["E123"] + 0.1)})
    predicted = read_predictions(
        real_data / "published" / "human_median_predictions.tsv", columns=("ID", "SCORE")
    )
    table = residuals(join_expression(predicted, expression)).table
    names = read_table(real_data / "human_mini" / "gene_names.tsv", dtype={"gene_name": str})
    found = GeneFinder(names, None).find(read_gene_list(LISTS / "K562_enhancers.txt"))
    genes = set(found["gene_id"])
    (higher,) = compare_groups(table, [group("enhancers", genes)])
    assert (higher.n, higher.unpredicted) == (16, len(genes) - 16)
    assert higher.others == len(table) - 16
    assert higher.p is not None
    assert higher.p < 1e-6
    (lower,) = compare_groups(table, [group("enhancers", genes, "lower")])
    assert lower.p is not None
    assert lower.p > 0.5
    mixed = table.sample(frac=1, random_state=0)
    assert compare_groups(mixed, [group("enhancers", genes)]) == [higher]
