"""MicroRNA counts, families, correlations with residuals, and Fisher's test of the highest ones."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from xpresso_core.errors import InputError
from xpresso_core.mirna import (
    COLUMNS,
    OTHER,
    abundant,
    correlate_families,
    read_mirna_counts,
    seed_families,
    top_tenth,
)

DATA = Path(__file__).parent / "data" / "mirna_counts.tsv"
CELLS = ["Cells_rep_1,_Counts", "Cells rep 2,_Counts"]
MESC = [f"Embryonic_stem_cells_rep_{number},_Counts" for number in (1, 2)]
A, C, G, U = "AAAAAAA", "CCCCCCC", "GGGGGGG", "UUUUUUU"


def changed(path: Path, old: str, new: str) -> Path:
    text = DATA.read_text()
    assert text.count(old) == 1
    path.write_text(text.replace(old, new))
    return path


def families(*rpm: float) -> pd.DataFrame:
    table = pd.DataFrame({"seed": [f"S{number}" for number in range(len(rpm))], "rpm": rpm})
    return table.assign(family="miR-" + table["seed"], members="x", share=table["rpm"] / sum(rpm))


def scores(*rows: tuple[str, str, float]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["gene_id", "seed", "score"])


def ranked(*rho: float, tested: int | None = None) -> pd.DataFrame:
    """Return correlations of families named by their place; only the first are tested."""
    number = len(rho) if tested is None else tested
    table = pd.DataFrame({"seed": [f"S{place:03d}" for place in range(len(rho))], "spearman": rho})
    return table.assign(targets=20, tested=np.arange(len(rho)) < number)


def test_counts_become_reads_per_million_of_their_own_column_and_are_averaged() -> None:
    found = read_mirna_counts(DATA, CELLS)
    assert found.columns.tolist() == ["mirna", "seed", "rpm"]
    assert found["mirna"].tolist()[:2] == ["mmu-let-7a-5p", "mmu-miR-17-5p"]
    assert found["seed"].tolist()[:4] == ["GAGGUAG", "AAAGUGC", "CUGCAGU", "AAGUGCU"]
    first, second = 1e6 / 700, 1e6 / 2000
    assert found["rpm"].tolist()[:3] == pytest.approx(
        [(10 * first + 40 * second) / 2, (100 * first + 300 * second) / 2, 5 * first / 2]
    )
    assert found["rpm"].sum() == pytest.approx(1e6)


def test_one_column_in_rna_and_lower_case(tmp_path: Path) -> None:
    path = changed(tmp_path / "a.tsv", "TGAGGTAGTAGGTTGTATAG\tGAGGTAG", "ugagguaguagguuguauag\tGAGGUAG")
    found = read_mirna_counts(path, CELLS[1:])
    assert found["seed"][0] == "GAGGUAG"
    assert found["rpm"][0] == pytest.approx(40 * 500)


def test_the_column_of_seeds_may_be_absent(tmp_path: Path) -> None:
    pd.read_csv(DATA, sep="\t").drop(columns="miRNA_seed").to_csv(tmp_path / "a.tsv", sep="\t", index=False)
    pd.testing.assert_frame_equal(
        read_mirna_counts(tmp_path / "a.tsv", CELLS), read_mirna_counts(DATA, CELLS)
    )


@pytest.mark.parametrize(
    ("old", "new", "where", "what"),
    [
        ("mmu-miR-17-3p", "mmu-miR-17-5p", "row 3 below the header (mmu-miR-17-5p)", "there twice"),
        ("mmu-let-7a-5p", "", "row 1 below the header (no name)", "has no name"),
        ("ATCAAAG\t100\t500", "ATCAAAG\t-1\t500", "row 5", "Cells_rep_1,_Counts is negative"),
        ("ATCAAAG\t100\t500", "ATCAAAG\t100\tmany", "row 5", "Cells rep 2,_Counts is not a number"),
        ("ATCAAAG\t100\t500", "ATCAAAG\t100\t", "row 5", "Cells rep 2,_Counts is not a number"),
        ("ATCAAAG\t100\t500", "ATCAAAG\tinf\t500", "row 5", "Cells_rep_1,_Counts is not a number"),
        (
            "CATCAAAGTGGAGGCCCTCT",
            "CATCAAA",
            "row 5 below the header (mmu-miR-291a-5p)",
            "fewer than 8 letters",
        ),
        ("CATCAAAGTGGAGGCCCTCT", "", "row 5", "fewer than 8 letters"),
        ("CATCAAAGTGGAGGCCCTCT", "CATCAAAGTGGAGGNCCTCT", "row 5", "letters other than A, C, G, T, U"),
        ("CATCAAAGTGGAGGCCCTCT", "CCTCAAAGTGGAGGCCCTCT", "row 5", "miRNA_seed is not positions 2 to 8"),
    ],
)
def test_a_fault_is_told_with_its_row(tmp_path: Path, old: str, new: str, where: str, what: str) -> None:
    path = changed(tmp_path / "a.tsv", old, new)
    with pytest.raises(InputError) as caught:
        read_mirna_counts(path, CELLS)
    assert caught.value.where.startswith(f"{path}, ")
    assert where in caught.value.where
    assert what in caught.value.what


def test_columns_that_cannot_be_averaged(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"lacks the column Cells\. It has: miRNA_ID"):
        read_mirna_counts(DATA, ["Cells"])
    for columns, what in (([], "are none"), ([CELLS[0]] * 2, f"are {CELLS[0]}, {CELLS[0]}")):
        with pytest.raises(InputError, match=what):
            read_mirna_counts(DATA, columns)
    silent = pd.read_csv(DATA, sep="\t").assign(**{CELLS[1]: 0})
    silent.to_csv(tmp_path / "a.tsv", sep="\t", index=False)
    with pytest.raises(InputError, match="Cells rep 2,_Counts has no reads"):
        read_mirna_counts(tmp_path / "a.tsv", CELLS)


def test_a_tab_at_the_end_of_rows_is_nothing(tmp_path: Path) -> None:
    header, *rows = DATA.read_text().splitlines()
    (tmp_path / "tabs.tsv").write_text("\n".join([header, *(f"{row}\t" for row in rows)]))
    found = read_mirna_counts(tmp_path / "tabs.tsv", CELLS)
    pd.testing.assert_frame_equal(found, read_mirna_counts(DATA, CELLS))


def test_files_that_are_no_table_of_counts(tmp_path: Path) -> None:
    header, *rows = DATA.read_text().splitlines()
    (tmp_path / "more.tsv").write_text("\n".join([header, *(f"{row}\t7" for row in rows)]))
    with pytest.raises(InputError, match=r"more\.tsv: is not a tab-separated table .*Length of header"):
        read_mirna_counts(tmp_path / "more.tsv", CELLS)
    (tmp_path / "empty.tsv").write_text(f"{header}\n")
    with pytest.raises(InputError, match="has no rows"):
        read_mirna_counts(tmp_path / "empty.tsv", CELLS)


def test_families_are_sums_over_seeds() -> None:
    found = seed_families(read_mirna_counts(DATA, CELLS))
    assert found.columns.tolist() == ["seed", "family", "members", "rpm", "share"]
    # By hand: 470 of 700 and 1110 of 2000.
    share = (470 / 700 + 1110 / 2000) / 2
    first = found.iloc[0]
    assert first.tolist()[:3] == [
        "AAGUGCU",
        "miR-291a-3p/302ad",
        "mmu-miR-291a-3p, mmu-miR-302d-3p, mmu-miR-302a-3p",
    ]
    assert first.tolist()[3:] == pytest.approx([1e6 * share, share])
    assert found["family"].tolist()[1:4] == ["miR-291-5p", "miR-17", "let-7"]
    assert found["share"].sum() == pytest.approx(1)
    assert found["rpm"].is_monotonic_decreasing
    assert found.iloc[-1].tolist() == ["CUUUGGU", "miR-9999-5p", "mmu-miR-9999-5p", 0.0, 0.0]


def test_equal_families_are_in_the_order_of_their_seeds() -> None:
    counts = pd.DataFrame({"mirna": ["mmu-miR-1-3p", "mmu-miR-2-3p", "mmu-miR-3-3p"], "seed": [U, A, G]})
    assert seed_families(counts.assign(rpm=5.0))["seed"].tolist() == [A, G, U]


def test_families_of_nothing() -> None:
    counts = read_mirna_counts(DATA, CELLS)
    with pytest.raises(InputError, match="no microRNA has reads"):
        seed_families(counts.assign(rpm=0.0))
    with pytest.raises(InputError, match="no column rpm"):
        seed_families(counts.drop(columns="rpm"))


def test_the_most_abundant_and_the_rest() -> None:
    found = abundant(families(50, 20, 10, 8, 7, 5), 3)
    assert found["family"].tolist() == ["miR-S0", "miR-S1", "miR-S2", OTHER]
    assert found["share"].tolist() == pytest.approx([0.5, 0.2, 0.1, 0.2])
    assert found.iloc[-1][["seed", "members", "rpm"]].tolist() == ["", "", 20]


@pytest.mark.parametrize("rpm", [(60, 40), (60, 40, 0), (60, 40, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)])
def test_there_is_no_rest_of_nothing(rpm: tuple[float, ...]) -> None:
    assert abundant(families(*rpm))["family"].tolist() == ["miR-S0", "miR-S1"]


def test_a_family_that_lowers_its_targets_has_a_positive_correlation() -> None:
    """Four genes: the strongest target is the lowest. Ranks by hand: scores 1 2 3.5 3.5, residuals 1 2 3 4."""
    residuals = pd.Series([-2.0, -1.0, 1.0, 2.0], index=list("wxyz"))
    table = correlate_families(residuals, scores(("w", A, -0.9), ("x", A, -0.1)), least_targets=2)
    assert table.columns.tolist() == COLUMNS
    assert table["spearman"].tolist() == pytest.approx([4.5 / np.sqrt(5 * 4.5)], abs=1e-15)
    assert table[["seed", "targets", "tested"]].to_numpy().tolist() == [[A, 2, True]]
    mirrored = correlate_families(-residuals, scores(("w", A, -0.9), ("x", A, -0.1)), least_targets=2)
    assert mirrored["spearman"].tolist() == pytest.approx((-table["spearman"]).tolist(), abs=1e-15)


def random_scores(genes: int, seeds: int, ties: bool) -> tuple[pd.Series, pd.DataFrame]:
    rng = np.random.default_rng(3)
    values = rng.normal(size=genes)
    names = [f"g{number}" for number in range(genes)]
    residuals = pd.Series(values.round(1) if ties else values, index=names)
    parts = []
    for number in range(seeds):
        # Some rows are of a gene that is there already, some of genes that are not expressed, some 0.
        drawn = rng.choice([*names, "elsewhere"], size=rng.integers(1, 2 * genes))
        score = -np.round(rng.gamma(1.0, 0.2, drawn.size), 1 if ties else 6)
        parts.append(pd.DataFrame({"gene_id": drawn, "seed": f"S{number:03d}", "score": score}))
    return residuals, pd.concat(parts, ignore_index=True)


@pytest.mark.parametrize("ties", [False, True])
def test_all_families_agree_with_scipy(ties: bool) -> None:
    residuals, table = random_scores(300, 40, ties)
    found = correlate_families(residuals, table).set_index("seed")
    assert found["tested"].sum() >= 30
    for seed, part in table.groupby("seed"):
        dense = part.groupby("gene_id")["score"].min().reindex(residuals.index, fill_value=0.0)
        row = found.loc[seed]
        assert row["targets"] == (dense < 0).sum()
        assert row["tested"] == (row["targets"] >= 11)
        if row["tested"]:
            expected = stats.spearmanr(dense, residuals)
            assert row["spearman"] == pytest.approx(expected.statistic, abs=1e-12)
            assert row["p"] == pytest.approx(expected.pvalue, rel=1e-9, abs=1e-12)
    tested = found[found["tested"]]
    assert tested["p_adjusted"].to_numpy() == pytest.approx(stats.false_discovery_control(tested["p"]))
    assert tested["spearman"].is_monotonic_decreasing


def test_a_gene_counts_once_with_its_most_negative_score() -> None:
    residuals = pd.Series([-2.0, -1.0, 1.0, 2.0], index=list("wxyz"))
    once = scores(("w", A, -0.1), ("x", A, -0.5))
    several = pd.concat([scores(("x", A, -0.05), ("x", A, 0.0)), once, once])
    pd.testing.assert_frame_equal(
        correlate_families(residuals, several, least_targets=2),
        correlate_families(residuals, once, least_targets=2),
    )


def test_the_order_of_genes_and_rows_does_not_matter() -> None:
    residuals, table = random_scores(60, 5, True)
    shuffled = correlate_families(residuals[::-1], table.sample(frac=1, random_state=1))
    pd.testing.assert_frame_equal(shuffled, correlate_families(residuals, table), rtol=1e-12)


def test_families_with_few_targets_are_listed_and_not_tested() -> None:
    residuals = pd.Series(np.arange(20.0), index=[f"g{number}" for number in range(20)])
    rows = [(f"g{number}", C, -1.0 - number) for number in range(10)]
    rows += [(f"g{number}", G, -1.0 + number / 100) for number in range(11)]
    rows += [("elsewhere", A, -1.0), ("g1", U, 0.0)]
    table = correlate_families(residuals, scores(*rows))
    assert table[["seed", "targets", "tested"]].to_numpy().tolist() == [
        [G, 11, True],
        [A, 0, False],
        [C, 10, False],
        [U, 0, False],
    ]
    assert table.loc[1:, ["spearman", "p", "p_adjusted"]].isna().all(axis=None)
    assert table.loc[0, "p_adjusted"] == table.loc[0, "p"]


def test_a_perfect_correlation_has_p_0() -> None:
    residuals = pd.Series([1.0, 2.0, 3.0, 4.0], index=list("wxyz"))
    rows = scores(*((gene, A, value - 9) for gene, value in residuals.items()))
    table = correlate_families(residuals, rows, least_targets=4)
    assert table[["spearman", "p", "p_adjusted"]].to_numpy().tolist() == [[1.0, 0.0, 0.0]]


@pytest.mark.parametrize(
    ("values", "rows"),
    [
        ([5.0] * 4, [("w", A, -1.0), ("x", A, -2.0)]),
        ([1.0, 2.0, 3.0, 4.0], [(gene, A, -1.0) for gene in "wxyz"]),
        ([1.0, 2.0], [("w", A, -1.0)]),
        ([1.0], [("w", A, -1.0)]),
    ],
    ids=["constant residuals", "constant scores", "two genes", "one gene"],
)
def test_what_does_not_vary_is_not_tested(values: list[float], rows: list[tuple[str, str, float]]) -> None:
    residuals = pd.Series(values, index=list("wxyz")[: len(values)])
    table = correlate_families(residuals, scores(*rows), least_targets=1)
    assert table["tested"].tolist() == [False]
    assert table[["spearman", "p", "p_adjusted"]].isna().all(axis=None)
    found = top_tenth(table, [A])
    assert found.p is None
    assert (
        found.note
        == "No family could be tested: all have too few targets, or residuals or scores do not vary."
    )


def test_no_scores_are_no_families() -> None:
    table = correlate_families(pd.Series([1.0, 2.0, 3.0], index=list("xyz")), scores())
    assert table.columns.tolist() == COLUMNS
    assert table.empty
    found = top_tenth(table, [A])
    assert (found.a, found.b, found.c, found.d, found.p, found.border) == (0, 0, 0, 0, None, None)
    assert found.note == "No family could be tested: there are no scores."
    assert found.missing == {A: "is not in the table of targets"}


@pytest.mark.parametrize(
    ("residuals", "rows", "message"),
    [
        (pd.Series([1.0, 2.0], index=["x", "x"]), scores(), "x is there twice"),
        (pd.Series([1.0, np.nan], index=["x", "y"]), scores(), "the residual of y is missing or infinite"),
        (pd.Series([], index=[], dtype=float), scores(), "there are no genes"),
        (pd.Series([1.0], index=["x"]), scores(("x", A, 0.5)), f"x, seed {A}: the score 0.5 is not a number up"),
        (pd.Series([1.0], index=["x"]), scores(("x", A, np.nan)), "the score nan is not a number up"),
        (pd.Series([1.0], index=["x"]), scores(("x", A, -np.inf)), "the score -inf is not a number up"),
        (pd.Series([1.0], index=["x"]), pd.DataFrame({"gene_id": ["x"], "score": [0.0]}), "no column seed"),
    ],
)  # fmt: skip
def test_residuals_and_scores_that_cannot_be(residuals: pd.Series, rows: pd.DataFrame, message: str) -> None:
    with pytest.raises(InputError, match=message):
        correlate_families(residuals, rows)


def test_the_highest_tenth_of_the_paper_is_22_of_222() -> None:
    """All seven abundant families are among them: the p-value is that of a hypergeometric draw."""
    table = ranked(*np.linspace(0.05, -0.02, 222)).sample(frac=1, random_state=1)
    abundant_seeds = [f"S{place:03d}" for place in (0, 1, 2, 5, 8, 13, 21)]
    found = top_tenth(table, abundant_seeds)
    assert (found.a, found.b, found.c, found.d) == (7, 15, 0, 200)
    assert found.p == pytest.approx(stats.hypergeom.sf(6, 222, 7, 22), rel=1e-9)
    assert found.p < 1e-5
    assert found.odds_ratio is None
    assert found.border == pytest.approx(np.linspace(0.05, -0.02, 222)[21])
    assert (found.missing, found.note) == ({}, "")
    json.dumps(found._asdict(), allow_nan=False)


def test_counts_by_hand_with_untested_and_unknown_families() -> None:
    table = ranked(*np.linspace(0.5, -0.5, 25), tested=20).assign(targets=4)
    found = top_tenth(table, ["S000", "S007", "S024", U])
    assert (found.a, found.b, found.c, found.d) == (1, 1, 1, 17)
    assert found.odds_ratio == 17
    # One of two abundant, two of twenty drawn: 1 - (18 choose 2) / (20 choose 2).
    assert found.p == pytest.approx(1 - 153 / 190)
    assert found.missing == {
        "S024": "has 4 targets among the expressed genes and was not tested",
        U: "is not in the table of targets",
    }


@pytest.mark.parametrize(
    ("tested", "share", "number"),
    [(1, 0.1, 1), (4, 0.1, 1), (14, 0.1, 1), (15, 0.1, 2), (25, 0.1, 3), (50, 0.29, 15), (3, 1, 3)],
)
def test_the_number_of_highest_families_is_rounded_half_up(tested: int, share: float, number: int) -> None:
    found = top_tenth(ranked(*np.linspace(1, 0, tested)), ["S000"], share)
    assert (found.a + found.b, found.c + found.d) == (number, tested - number)
    assert found.a == 1


def test_equal_correlations_at_the_border_go_by_seed() -> None:
    found = top_tenth(ranked(0.1, 0.1, 0.1)[::-1], ["S000"], 0.3)
    assert (found.a, found.b, found.c, found.d) == (1, 0, 0, 2)


def test_no_abundant_family_tested() -> None:
    found = top_tenth(ranked(0.3, 0.2, 0.1), [U])
    assert (found.a, found.b, found.c, found.d, found.p) == (0, 1, 0, 2, None)
    assert found.note == "No abundant family could be tested."
    assert found.border == 0.3


def test_a_table_that_was_written_and_read_gives_the_same() -> None:
    table = ranked(0.3, 0.2, 0.1, np.nan, tested=3)
    assert top_tenth(table.assign(tested=table["tested"].astype(str)), ["S000"]) == top_tenth(table, ["S000"])


@pytest.mark.parametrize("share", [0, -0.1, 1.5, float("nan")])
def test_a_share_that_cannot_be(share: float) -> None:
    with pytest.raises(InputError, match="the share is"):
        top_tenth(ranked(0.1), ["S000"], share)


@pytest.fixture(scope="module")
def denzler(real_data: Path) -> Path:
    return real_data / "published" / "mouseESC_GSE76288_miRNA_counts_Denzler.txt"


@pytest.mark.real
def test_the_average_of_the_published_table_is_of_another_total(denzler: Path) -> None:
    """Its RPM are per million of all reads of a library: 12,027,170 and 14,245,780, more than are in the table.

    So they add up to 0.55 and 0.61 million, and the mean weighs the replicates a little otherwise than ours. The totals
    are told by the counts above 50,000; with them, all rows agree to the published three decimals.
    """
    published = pd.read_csv(denzler, sep="\t")
    rebuilt = []
    for column in MESC:
        rpm = published[column.replace("Counts", "RPM")]
        large = published[column] > 50_000
        total = (1e6 * published[column] / rpm)[large].mean()
        assert rpm.sum() == pytest.approx(1e6 * published[column].sum() / total, abs=0.5)
        assert 1.6 < 1e6 / rpm.sum() < 1.9
        rebuilt.append(1e6 * published[column] / total)
    average = published["Embryonic_stem_cells,_Average_RPM"]
    assert np.mean(rebuilt, axis=0) == pytest.approx(average.to_numpy(), abs=0.01)
    ours = read_mirna_counts(denzler, MESC)
    assert ours["mirna"].tolist() == published["miRNA_ID"].tolist()
    sums = ours.assign(theirs=average / average.sum()).groupby("seed")[["rpm", "theirs"]].sum()
    difference = (sums["rpm"] / 1e6 - sums["theirs"]).abs().max()
    assert 1e-4 < difference < 1e-3


@pytest.mark.real
def test_the_families_of_the_paper(denzler: Path) -> None:
    found = seed_families(read_mirna_counts(denzler, MESC))
    assert len(found) == found["family"].nunique() == found["seed"].nunique()
    top = abundant(found)
    assert len(top) == 11
    assert top["share"].sum() == pytest.approx(1)
    assert top["share"][:10].sum() == pytest.approx(0.765, abs=5e-4)
    assert top[["seed", "family"]].iloc[0].tolist() == ["AAGUGCU", "miR-291a-3p/294/295/302abd"]
    assert top["share"][0] == pytest.approx(0.388, abs=5e-4)
    assert top["family"].tolist() == [
        "miR-291a-3p/294/295/302abd",
        "miR-290a/292-5p/293-5p",
        "miR-293-3p",
        "miR-17/20/93/106",
        "miR-290a-3p/292-3p/467a-5p",
        "miR-19",
        "miR-25/32/92/363/367",
        "miR-291-5p",
        "miR-15/16/195/322/497",
        "miR-130/301",
        OTHER,
    ]
    assert found.set_index("seed")["family"]["GAGGUAG"] == "let-7/98"
