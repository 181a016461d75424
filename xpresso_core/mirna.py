"""MicroRNA families, how abundant they are, and whether their targets have low residuals (Figures 3G and 3H)."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from xpresso_core.errors import InputError
from xpresso_core.files import flags, read_table, require_columns
from xpresso_core.targetscan import family_names

NAME, SEQUENCE, SEED = "miRNA_ID", "First_20_nucleotides_of_miRNA", "miRNA_seed"

SEED_START, SEED_END = 1, 8
"""The seed, 0-based and half-open: positions 2 to 8 of a microRNA."""

OTHER = "Other"

LEAST_GENES = 3
"""Fewer genes have no test of their correlation."""

COLUMNS = ["seed", "targets", "spearman", "p", "p_adjusted", "tested"]

Floats = NDArray[np.float64]


def read_mirna_counts(path: str | os.PathLike[str], columns: Sequence[str]) -> pd.DataFrame:
    """Read counts of a small-RNA experiment, and average them over its replicates.

    Parameters
    ----------
    path
        Tab-separated, one row per mature microRNA: ``miRNA_ID First_20_nucleotides_of_miRNA``, optionally
        ``miRNA_seed``, and columns of counts. Sequences are DNA or RNA.
    columns
        The columns to average. Each is first brought to reads per million of its own total.

    Returns
    -------
    pandas.DataFrame
        ``mirna seed rpm`` (str, str, float64) in the order of the file: the seed is positions 2 to 8 in RNA letters.

    Raises
    ------
    InputError
        If a column is missing or named twice, a microRNA is there twice, a count is no number or negative, a
        column has no reads, a sequence is short or has other letters, or the seed disagrees with ``miRNA_seed``.
    """
    if not columns or len(set(columns)) < len(columns):
        what = f"the columns of counts are {', '.join(columns) or 'none'}"
        raise InputError(what, where=str(path), remedy="Name each replicate once")
    table = read_table(path, (NAME, SEQUENCE, *columns), dtype={NAME: str, SEQUENCE: str, SEED: str})
    require_columns(table, (), str(path))
    names = table[NAME].fillna("")
    _refuse(path, names, names == "", "the microRNA has no name", "Name it")
    _refuse(path, names, names.duplicated(), "the microRNA is there twice", "Keep one row of each")
    seed = _seeds(path, names, table)
    per_million = [_per_million(path, names, table[column], column) for column in columns]
    return pd.DataFrame({"mirna": names, "seed": seed, "rpm": np.mean(per_million, axis=0)})


def _refuse(
    path: str | os.PathLike[str], names: pd.Series, bad: pd.Series, what: str, remedy: str = "Correct it"
) -> None:
    if bad.any():
        row = int(np.argmax(bad.to_numpy()))
        where = f"{path}, row {row + 1} below the header ({names.iloc[row] or 'no name'})"
        raise InputError(what, where=where, remedy=remedy)


def _seeds(path: str | os.PathLike[str], names: pd.Series, table: pd.DataFrame) -> pd.Series:
    """Return the seeds in RNA letters, checked against those of the table."""
    rna = table[SEQUENCE].fillna("").str.upper().str.replace("T", "U")
    _refuse(path, names, rna.str.len() < SEED_END, f"the sequence has fewer than {SEED_END} letters")
    _refuse(path, names, rna.str.contains("[^ACGU]"), "the sequence has letters other than A, C, G, T, U")
    seed = rna.str[SEED_START:SEED_END]
    if SEED in table.columns:
        said = table[SEED].fillna("").str.upper().str.replace("T", "U")
        what = f"{SEED} is not positions {SEED_START + 1} to {SEED_END} of the sequence"
        _refuse(path, names, seed != said, what)
    return seed


def _per_million(path: str | os.PathLike[str], names: pd.Series, column: pd.Series, title: str) -> pd.Series:
    counts = pd.to_numeric(column, errors="coerce").astype(np.float64).replace(np.inf, np.nan)
    _refuse(path, names, counts.isna(), f"{title} is not a number")
    _refuse(path, names, counts < 0, f"{title} is negative")
    total = counts.sum()
    if not total:
        what = f"{title} has no reads"
        raise InputError(what, where=str(path), remedy="Leave the column out")
    return 1e6 * counts / total


def seed_families(counts: pd.DataFrame) -> pd.DataFrame:
    """Sum microRNAs with the same seed.

    Parameters
    ----------
    counts
        ``mirna seed rpm``, of `read_mirna_counts`.

    Returns
    -------
    pandas.DataFrame
        ``seed family members rpm share``, most abundant first, ties by seed: `family` is named by
        `targetscan.family_names`, `members` are full names, most abundant first, parted by commas; shares add up to 1.

    Raises
    ------
    InputError
        If a column is missing or nothing has reads.
    """
    require_columns(counts, ("mirna", "seed", "rpm"), "microRNA counts")
    total = counts["rpm"].sum()
    if not total > 0:
        what = "no microRNA has reads"
        raise InputError(what, where="microRNA counts", remedy="Check the columns of counts")
    table = counts.sort_values(["rpm", "mirna"], ascending=[False, True])
    families = table.groupby("seed").agg(members=("mirna", ", ".join), rpm=("rpm", "sum"))
    families["family"] = family_names(counts)
    families["share"] = families["rpm"] / total
    families = families.reset_index().sort_values(["rpm", "seed"], ascending=[False, True], ignore_index=True)
    return families[["seed", "family", "members", "rpm", "share"]]


def abundant(families: pd.DataFrame, number: int = 10) -> pd.DataFrame:
    """Return the most abundant families, and the rest as one row called `OTHER`.

    Parameters
    ----------
    families
        Of `seed_families`.
    number
        How many families to keep; those without reads are never kept.

    Returns
    -------
    pandas.DataFrame
        The columns of `families`; shares add up to 1. There is no `OTHER`, whose seed and members are empty,
        where nothing else has reads.
    """
    require_columns(families, ("seed", "family", "members", "rpm", "share"), "microRNA families")
    seen = families[families["rpm"] > 0].reset_index(drop=True)
    rest = seen[number:]
    if rest.empty:
        return seen
    other = {
        "seed": "",
        "family": OTHER,
        "members": "",
        "rpm": rest["rpm"].sum(),
        "share": rest["share"].sum(),
    }
    return pd.concat([seen[:number], pd.DataFrame([other])], ignore_index=True)


def correlate_families(
    residuals: pd.Series, scores: pd.DataFrame, *, least_targets: int = 11
) -> pd.DataFrame:
    """Correlate the predicted targeting by each family with the residuals of all genes.

    A gene's score is its most negative one (several transcripts or symbols may have one each), and 0 if the family
    has none for it. The published code differs twice: it counts a gene with several rows several times, and gives
    families with too few targets a correlation of 0, which its histogram shows; here they are not tested.

    Parameters
    ----------
    residuals
        float ``[gene]``, by gene_id: observed less predicted expression, of expressed genes only.
    scores
        ``gene_id seed score``: TargetScan's cumulative weighted context++ scores, at most 0. Other genes' are ignored.
    least_targets
        The fewest targets (genes with a score below 0) with which a family is tested.

    Returns
    -------
    pandas.DataFrame
        One row per seed of `scores`: `COLUMNS`. Spearman's correlation is positive where stronger predicted targets
        have lower residuals: repression. `p` is two-sided, by Student's t as in R and SciPy for values with ties, and
        `p_adjusted` is it by Benjamini and Hochberg over the tested families. Highest correlation first, untested
        ones (too few targets or genes, or no variation in residuals or scores) last, with NaN.

    Raises
    ------
    InputError
        If there are no genes, one is there twice, or a residual or score is not finite, or a score above 0.
    """
    _check_residuals(residuals)
    if len(scores):  # no scores are no families
        require_columns(scores, ("gene_id", "seed", "score"), "targeting scores")
    scores = scores.astype({"score": np.float64})
    bad = ~(np.isfinite(scores["score"]) & (scores["score"] <= 0))
    if bad.any():
        row = scores[bad].iloc[0]
        what = f"the score {row['score']} is not a number up to 0"
        raise InputError(what, where=f"{row['gene_id']}, seed {row['seed']}", remedy="Give context++ scores")
    gene = residuals.index.get_indexer(pd.Index(scores["gene_id"]))
    known = scores[["seed", "score"]].assign(gene=gene)[(gene >= 0) & (scores["score"] < 0).to_numpy()]
    strongest = known.groupby(["seed", "gene"], as_index=False)["score"].min()
    ranks = stats.rankdata(residuals.to_numpy(dtype=np.float64))
    centred = ranks - ranks.mean()
    found = {
        str(seed): (len(part), _spearman(part["score"].to_numpy(), part["gene"].to_numpy(), centred))
        for seed, part in strongest.groupby("seed")
    }
    return _tested(sorted(set(scores["seed"])), found, len(residuals), least_targets)


def _check_residuals(residuals: pd.Series) -> None:
    if residuals.empty:
        what = "there are no genes"
        raise InputError(what, where="residuals", remedy="Check which genes count as expressed")
    if not residuals.index.is_unique:
        twice = residuals.index[residuals.index.duplicated()][0]
        what = f"{twice} is there twice"
        raise InputError(what, where="residuals", remedy="Give one residual per gene")
    infinite = ~np.isfinite(residuals.to_numpy(dtype=np.float64))
    if infinite.any():
        what = f"the residual of {residuals.index[infinite][0]} is missing or infinite"
        raise InputError(what, where="residuals", remedy="Leave such genes out")


def _spearman(scores: Floats, genes: NDArray[np.intp], centred: Floats) -> float:
    """Correlate scores below 0 of some genes, and 0 of all others, with centred ranks of all; NaN if one is constant.

    All others share one rank, and centred ranks add up to 0: their part follows from the targets' part.
    """
    number, targets = centred.size, scores.size
    middle = (number + 1) / 2
    ranks, rest = stats.rankdata(scores), (targets + 1 + number) / 2
    spread = np.square(ranks - middle).sum() + (number - targets) * (rest - middle) ** 2
    scale = np.sqrt(spread * np.square(centred).sum())
    if not scale:
        return np.nan
    return float(np.clip(((ranks - rest) * centred[genes]).sum() / scale, -1, 1))


def _tested(
    seeds: Iterable[str], found: dict[str, tuple[int, float]], genes: int, least_targets: int
) -> pd.DataFrame:
    rows = [(seed, *found.get(seed, (0, np.nan))) for seed in seeds]
    table = pd.DataFrame(rows, columns=["seed", "targets", "spearman"])
    table = table.astype({"seed": str, "targets": np.int64, "spearman": np.float64})
    tested = (table["targets"] >= least_targets) & table["spearman"].notna() & (genes >= LEAST_GENES)
    table["spearman"] = table["spearman"].where(tested)
    rho = table["spearman"].to_numpy()
    with np.errstate(divide="ignore"):  # a correlation of 1 has an infinite t
        t = np.abs(rho) * np.sqrt(max(genes - 2, 0) / ((1 - rho) * (1 + rho)))
    table["p"] = 2 * stats.t.sf(t, max(genes - 2, 1))
    table["p_adjusted"] = np.nan
    if tested.any():
        table.loc[tested, "p_adjusted"] = stats.false_discovery_control(table.loc[tested, "p"])
    table["tested"] = tested
    return table.sort_values(["spearman", "seed"], ascending=[False, True], ignore_index=True)[COLUMNS]


class TopTenth(NamedTuple):
    """How many abundant families are among those with the highest correlations.

    Attributes
    ----------
    a, b
        Abundant and other families among the highest.
    c, d
        Abundant and other families among the rest of the tested ones.
    odds_ratio
        ``a d / (b c)``; None where it is infinite or undefined.
    p
        Of Fisher's exact test, one-sided; None where no abundant family, or none at all, is tested.
    border
        The lowest correlation among the highest; None if none is tested.
    missing
        By seed, why an abundant family is not among the tested ones.
    note
        Why there is no `p`, in a sentence, or nothing.
    """

    a: int
    b: int
    c: int
    d: int
    odds_ratio: float | None
    p: float | None
    border: float | None
    missing: dict[str, str]
    note: str


def top_tenth(table: pd.DataFrame, abundant_seeds: Collection[str], share: float = 0.1) -> TopTenth:
    """Test whether the families with the highest correlations are the abundant ones.

    Parameters
    ----------
    table
        Of `correlate_families`.
    abundant_seeds
        Seeds of the abundant families, in RNA letters.
    share
        Which part of the tested families is the highest, above 0 and up to 1: rounded half up, and at least one family
        (22 of 222). Of equal correlations at the border, those that come first in the alphabet are in.

    Raises
    ------
    InputError
        If the share is none of these or a column is missing.
    """
    if not 0 < share <= 1:
        what = f"the share is {share}"
        raise InputError(what, where="highest correlations", remedy="Give one above 0 and up to 1")
    if len(table):
        require_columns(table, ("seed", "targets", "spearman", "tested"), "correlations of families")
    targets = dict(zip(table["seed"], table["targets"], strict=True))
    tested = table[flags(table["tested"])].sort_values(["spearman", "seed"], ascending=[False, True])
    known = set(tested["seed"])
    missing = {
        seed: f"has {targets[seed]} targets among the expressed genes and was not tested"
        if seed in targets
        else "is not in the table of targets"
        for seed in abundant_seeds
        if seed not in known
    }
    if tested.empty:
        note = (
            "No family could be tested: all have too few targets, or residuals or scores do not vary."
            if len(table)
            else "No family could be tested: there are no scores."
        )
        return TopTenth(0, 0, 0, 0, None, None, None, missing, note)
    # In decimals, for 0.29 times 50 is 14.499... in binary.
    number = max(1, int((Decimal(str(share)) * len(tested)).to_integral_value(ROUND_HALF_UP)))
    hit = tested["seed"].isin(list(abundant_seeds)).to_numpy()
    a, c = int(hit[:number].sum()), int(hit[number:].sum())
    b, d = number - a, len(tested) - number - c
    border = float(tested["spearman"].iloc[number - 1])
    odds = a * d / (b * c) if b and c else None
    if not hit.any():
        return TopTenth(a, b, c, d, odds, None, border, missing, "No abundant family could be tested.")
    p = float(stats.fisher_exact([[a, b], [c, d]], alternative="greater").pvalue)
    return TopTenth(a, b, c, d, odds, p, border, missing, "")
