"""What is measured and predicted of the simulated regulation, in the shapes of the sources of such data.

The files hold what acts (`simulate_regulation`), and controls that do not. Controls are drawn once expression is known:
of many draws those are taken that happen to go least with what promoter and half-life features leave unexplained.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from xpresso_core.files import atomic_path, write_table
from xpresso_core.randomness import generator
from xpresso_core.simulate_genes import Locus
from xpresso_core.simulate_labels import Unexplained
from xpresso_core.simulate_names import Known
from xpresso_core.simulate_regulation import (
    BOTH,
    CONTROL,
    DRAWS,
    ENHANCER,
    SEED,
    SILENCED,
    Family,
    draw_targets,
    least_correlated,
)
from xpresso_core.simulate_scores import Floats

if TYPE_CHECKING:
    from xpresso_core.simulate import Species

ENHANCER_STATES, SILENCED_STATES = ("D10", "D11", "D12", "D13"), ("D7", "D8", "D9", "D23")
CONTROL_STATES = ("D15",)
OWN_STATES = {*ENHANCER_STATES, *SILENCED_STATES, *CONTROL_STATES}
OTHER_STATES = [f"D{number}" for number in range(1, 31) if f"D{number}" not in OWN_STATES]
REACH, PIECE = 3000, 8000  # bases a domain goes beyond its genes at most; usual length of any other domain
KNOWN, RANDOM = 12, 60  # genes on the lists of known enhancers, and of the control
GONE = ("SIMGONE", "SIMNONE0001")  # on every list, but genes of no species
LISTED_BOTH = 2  # genes in domains of both kinds that are on both lists

MEASURED = 0.92  # share of the genes with mRNA whose half-life is measured
HALF_LIFE, BY_SCORE, BY_STABILITY, BY_CHANCE = 2.2, 0.4, 0.7, 0.3  # log2 hours
REPLICATE_SD = 0.1  # log2 hours
HALF_LIVES = ("transcript", "theta_n1", "theta_n2", "half_life_rep1", "half_life_rep2", "mean_half_life")
UNMEASURED = 3  # genes without a second replicate, and rows of unknown genes

MICRORNA = ("miRNA_ID", "First_20_nucleotides_of_miRNA", "miRNA_seed")
READS = {"Cells_rep_1,_Counts": 4_000_000, "Cells_rep_2,_Counts": 6_000_000}
COUNT_SD = 0.05  # standard deviation of their natural logarithm
CONSERVED = (0, 1, 2, 4, 5, 7, 9)  # ranks among the ten most abundant families whose targets are predicted
PREDICTED, FEW = 40, 6  # families with predicted targets; targets of the last one of them
TAXON, OTHER_TAXON = 99999, 9606
SITES = ("8mer sites", "7mer-m8 sites", "7mer-1a sites")
OCCUPANCIES = ("low", "high", "transfected")


def write_regulation(species: Species, folder: Path, seed: int) -> None:
    """Write the files of domains, lists of genes, half-lives and microRNAs, with ``truth/mirna.tsv``.

    Parameters
    ----------
    species
        What was simulated.
    folder
        Where to write; made if needed.
    seed
        The seed of the species.
    """
    hidden = Unexplained.of(species.labels)
    write_domains(species, folder / "domains.bed", generator(seed, "domains"))
    other_names = unambiguous_names(species.coding, species.names.known)
    for name, (title, chosen) in gene_lists(generator(seed, "gene lists"), hidden).items():
        rng = generator(seed, f"gene list {name}")
        write_gene_list(rng, title, hidden.genes.loc[chosen], other_names, folder / f"{name}_genes.txt")
    for name, table in draw_half_lives(generator(seed, "half-lives"), hidden).items():
        write_table(table, folder / f"{name}.tsv")
    families = species.regulation.families
    write_table(draw_counts(generator(seed, "microRNA counts"), families), folder / "mirna_counts.tsv")
    acting = species.regulation.mirna_scores[:, species.scores.kept]
    targets = draw_all_targets(generator(seed, "predicted targets"), families, acting, hidden)
    table = draw_summary(generator(seed, "target sites"), families, targets, hidden.genes)
    write_table(table, folder / "mirna_targets.tsv")
    write_table(describe_families(species, targets), folder / "truth" / "mirna.tsv")


def write_domains(species: Species, path: Path, rng: np.random.Generator) -> None:
    """Write the domain-level segments of chromatin states, as diHMM does: BED of nine columns on ``sim0``."""
    domains = zip(species.coding, species.regulation.distal, species.regulation.run, strict=True)
    marked = {locus.gene_id: (str(kind), int(run)) for locus, kind, run in domains if kind}
    lines = []
    for chrom, size in species.reporter.assembly.sizes.items():
        here = [locus for locus in species.reporter.loci if locus.chrom == chrom]
        for start, end, state in draw_domains(rng, here, marked, size):
            colour = f"{37 * int(state[1:]) % 256},{91 * int(state[1:]) % 256},120"
            lines.append(f"{chrom}\t{start}\t{end}\t{state}\t1000\t.\t{start}\t{end}\t{colour}\n")
    with atomic_path(path) as draft:
        draft.write_text("".join(lines), encoding="utf-8")


def draw_domains(
    rng: np.random.Generator, loci: Sequence[Locus], marked: dict[str, tuple[str, int]], size: int
) -> Iterator[tuple[int, int, str]]:
    """Tile a chromosome with domains.

    Parameters
    ----------
    rng
        Source of randomness.
    loci
        Its protein-coding genes.
    marked
        By gene_id, the kind of domain and the run (see `simulate_regulation.Regulation`) of genes that have one.
    size
        Its length.

    Yields
    ------
    tuple of (int, int, str)
        0-based half-open interval and state. No domain that acts reaches a gene of another kind.
    """
    others = rng.permutation(OTHER_STATES).tolist()
    cursor = turn = 0
    for start, end, state in [*_marked_domains(rng, loci, marked, size), (size, size, "")]:
        while cursor < start:
            stop = min(start, cursor + 200 + int(rng.exponential(PIECE)))
            stop = start if start - stop < 200 else stop
            yield cursor, stop, others[turn % len(others)]
            cursor, turn = stop, turn + 1
        if state:
            yield start, end, state
        cursor = end


def _marked_domains(
    rng: np.random.Generator, loci: Sequence[Locus], marked: dict[str, tuple[str, int]], size: int
) -> Iterator[tuple[int, int, str]]:
    """Yield the domains of marked genes by position; they touch no transcript of a gene of another kind."""
    genes = sorted((locus.interval((0, locus.span)), locus.gene_id, locus) for locus in loci)
    edges = [0, *((one[0][1] + two[0][0]) // 2 for one, two in zip(genes, genes[1:], strict=False)), size]
    spaces = [(body, gene, locus, edges[i : i + 2]) for i, (body, gene, locus) in enumerate(genes)]
    for (kind, _), group in groupby(spaces, key=lambda space: _domain_of(space[1], marked)):
        found = list(group) if kind else []
        if kind in (SILENCED, CONTROL):
            (first, *_, floor), (last, *_, ceiling) = found[0], found[-1]
            start = _between(rng, max(floor[0], first[0] - REACH), first[0])
            end = _between(rng, last[1], min(ceiling[1], last[1] + REACH))
            yield start, end, str(rng.choice(SILENCED_STATES if kind == SILENCED else CONTROL_STATES))
            continue
        for _, _, locus, edge in found:
            body = locus.interval((locus.representative.exons[0][0], locus.representative.exons[-1][1]))
            middle = (body[0] + body[1]) // 2
            if kind == BOTH:
                yield _between(rng, body[0], middle - 1), middle, str(rng.choice(ENHANCER_STATES))
                yield middle, _between(rng, middle + 1, body[1]), str(rng.choice(SILENCED_STATES))
            else:
                start = _between(rng, max(edge[0], body[0] - REACH), middle)
                end = _between(rng, middle + 1, min(edge[1], body[1] + REACH))
                yield start, end, str(rng.choice(ENHANCER_STATES))


def _domain_of(gene: str, marked: dict[str, tuple[str, int]]) -> tuple[str, int | str]:
    """Return what neighbours in one domain have in common: an enhancer's is its own gene's alone."""
    kind, run = marked.get(gene, ("", -1))
    return kind, run if run >= 0 else gene if kind else ""


def _between(rng: np.random.Generator, low: int, high: int) -> int:
    return int(rng.integers(low, high + 1))


def unambiguous_names(loci: Sequence[Locus], known: Sequence[Known]) -> dict[str, list[str]]:
    """Return, by gene_id, the synonyms and former names that lead to this gene alone."""
    names = {gene.gene_id: {*gene.previous, *gene.synonyms, *gene.aliases} for gene in known}
    current = {gene.symbol for gene in known} | {locus.gene_name for locus in loci}
    used = Counter(name for found in names.values() for name in found)
    return {
        gene: sorted(name for name in found if used[name] == 1 and name not in current)
        for gene, found in names.items()
    }


def gene_lists(rng: np.random.Generator, hidden: Unexplained) -> dict[str, tuple[str, list[int]]]:
    """Choose the genes of each list: by its name, a title and the rows of `hidden`."""
    kinds = hidden.genes["distal"].to_numpy()
    enhancer, silenced, both = (np.flatnonzero(kinds == kind).tolist() for kind in (ENHANCER, SILENCED, BOTH))
    active = [row for row in enhancer if not hidden.genes["silent"].iloc[row]]
    known = sorted(active, key=lambda row: -hidden.noise[row])[:KNOWN]
    shared = both[:LISTED_BOTH]
    return {
        "enhancer": ("genes whose enhancers are known", known),
        "super_enhancer": ("genes with distal enhancers", [*enhancer, *shared]),
        "polycomb": ("genes in silenced domains", [*silenced, *shared]),
        "control": ("genes chosen at random", _control_genes(rng, hidden)),
    }


def _control_genes(rng: np.random.Generator, hidden: Unexplained) -> list[int]:
    """Draw genes without an effect of a domain, many times; take those most like the rest of such genes."""
    free = np.flatnonzero(~hidden.genes["distal"].isin([ENHANCER, SILENCED, BOTH]))
    count = min(RANDOM, len(free) // 4)
    orders = rng.permuted(np.tile(free, (DRAWS, 1)), axis=1)
    unlike = np.zeros(DRAWS)
    for values in (hidden.noise, hidden.deviation):
        scaled = (values / values.std())[orders]
        mine, rest = scaled[:, :count], scaled[:, count:]
        unlike += (mine.mean(axis=1) - rest.mean(axis=1)) ** 2 + (mine.std(axis=1) - rest.std(axis=1)) ** 2
    return sorted(orders[np.argmin(unlike), :count].tolist())


def write_gene_list(
    rng: np.random.Generator, title: str, genes: pd.DataFrame, names: dict[str, list[str]], path: Path
) -> None:
    """Write a symbol a line; a fifth of the genes that have other names go by one, and some lines are no gene."""
    lines = []
    for gene_id, symbol in zip(genes["gene_id"], genes["gene_name"], strict=True):
        by_it = rng.random() < 0.2
        lines.append(str(rng.choice(names[gene_id])) if by_it and names[gene_id] else symbol)
    text = [f"# SIMULATED species: {title}", "# one symbol a line", *rng.permutation([*lines, *GONE])]
    with atomic_path(path) as draft:
        draft.write_text("".join(f"{line}\n" for line in text), encoding="utf-8")


def draw_half_lives(rng: np.random.Generator, hidden: Unexplained) -> dict[str, pd.DataFrame]:
    """Draw measured half-lives, and as a control the same ones given to other genes, by the names of their files.

    They are in the shape of TimeLapse-seq: ``theta`` is the share of new mRNA after an hour, 1 - 2^(-1 / half-life).
    """
    genes = hidden.genes
    score = genes["halflife_score"].to_numpy() / genes["halflife_score"].std(ddof=0)
    stability = genes["stability"].to_numpy()
    log2 = HALF_LIFE + BY_SCORE * score + BY_STABILITY * stability + BY_CHANCE * rng.normal(size=len(genes))
    there = np.flatnonzero((genes["silent"] == 0) & (rng.random(len(genes)) < MEASURED))
    replicates = 2 ** (log2[there, None] + rng.normal(0, REPLICATE_SD, (len(there), 2)))
    orders = np.stack([rng.permutation(len(there)) for _ in range(DRAWS)])
    others = np.array([stability, score, hidden.noise, hidden.deviation])[:, there]
    order = orders[least_correlated(log2[there][orders], others)]
    symbols = [*genes["gene_name"].iloc[there], *(f"SIMLOST{number + 1:04d}" for number in range(UNMEASURED))]
    bare = rng.permutation(len(there))[:UNMEASURED]
    unknown = 2 ** rng.normal(HALF_LIFE, 1, (UNMEASURED, 2))
    tables = {}
    for name, values in (("half_lives", replicates), ("control_half_lives", replicates[order])):
        hours = np.concatenate([values, unknown])
        hours[bare, 1] = np.nan
        columns = np.column_stack([1 - 2 ** (-1 / hours), hours, hours.mean(axis=1)]).round(4)
        table = pd.DataFrame(columns, index=symbols, columns=list(HALF_LIVES[1:]))
        tables[name] = table.rename_axis(HALF_LIVES[0]).sort_index().reset_index()
    return tables


def draw_counts(rng: np.random.Generator, families: Sequence[Family]) -> pd.DataFrame:
    """Draw the reads of each microRNA in two replicates."""
    rows, shares = [], []
    for family in families:
        own = rng.dirichlet(np.full(len(family.members), 2.0))
        shares += (family.share * own).tolist()
        rows += [(name, bases, bases[SEED]) for name, bases in family.members]
    table = pd.DataFrame(rows, columns=list(MICRORNA))
    for name, reads in READS.items():
        table[name] = rng.poisson(reads * np.array(shares) * np.exp(rng.normal(0, COUNT_SD, len(shares))))
    return table.sort_values("miRNA_ID", ignore_index=True)


def draw_all_targets(
    rng: np.random.Generator, families: Sequence[Family], acting: Floats, hidden: Unexplained
) -> dict[str, Floats]:
    """Return, by seed, the scores of all genes kept; families that do not act go least with what is hidden.

    Parameters
    ----------
    rng
        Source of randomness.
    families
        All families, the most abundant first.
    acting
        ``float64 [family, kept gene]``: scores of those that act.
    hidden
        What a model cannot explain.
    """
    scarce = rng.permutation(np.arange(10, len(families)))[: PREDICTED - len(CONSERVED)].tolist()
    everywhere = np.ones(len(hidden.noise), dtype=bool)
    expressed = hidden.genes["log10_median"].to_numpy() > 0
    ranks = rankdata(np.array([hidden.noise, hidden.deviation])[:, expressed], axis=1)
    found = {families[rank].seed: scores for rank, scores in enumerate(acting)}
    for rank in [*CONSERVED[len(acting) :], *sorted(scarce)]:
        few = rank == max(scarce)
        share = FEW / len(everywhere) if few else rng.uniform(0.08, 0.15)
        drawn = draw_targets(rng, everywhere, share, DRAWS)
        best = least_correlated(rankdata(drawn[:, expressed], axis=1), ranks)
        found[families[rank].seed] = drawn[best]
    return found


def draw_summary(
    rng: np.random.Generator, families: Sequence[Family], targets: dict[str, Floats], genes: pd.DataFrame
) -> pd.DataFrame:
    """Lay predicted targets out as TargetScan's ``Summary_Counts`` does; occupancies are never known.

    Some genes with sites have no score, and some rows are of another species, with scores that mean nothing.
    """
    names = {family.seed: family.members[0][0] for family in families}
    rows: list[tuple[Any, ...]] = []
    for seed, scores in targets.items():
        hit = np.flatnonzero(scores)
        bare = rng.permutation(np.flatnonzero(scores == 0))[:1]
        foreign = rng.permutation(len(genes))[: max(1, len(hit) // 10)]
        rows += [(gene, seed, TAXON, scores[gene]) for gene in hit]
        rows += [(gene, seed, TAXON, np.nan) for gene in bare]
        rows += [(gene, seed, OTHER_TAXON, -rng.uniform(0.02, 1)) for gene in foreign]
    order, seeds, taxa, scored = (list(column) for column in zip(*rows, strict=True))
    table = pd.DataFrame({
        "Transcript ID": genes["transcript_id"].to_numpy()[order] + ".1",
        "Gene Symbol": genes["gene_name"].to_numpy()[order],
        "miRNA family": seeds,
        "Species ID": taxa,
    })  # fmt: skip
    for kind, least in (("conserved", 1), ("nonconserved", 0)):
        sites = rng.multinomial(least + rng.poisson(0.4, len(rows)), [0.25, 0.4, 0.35])
        table[f"Total num {kind} sites"] = sites.sum(axis=1)
        for number, name in enumerate(SITES):
            table[f"Number of {kind} {name}"] = sites[:, number]
    table["Number of 6mer sites"] = rng.poisson(0.5, len(rows))
    table["Representative miRNA"] = [names[seed] for seed in seeds]
    more = rng.uniform(1, 1.3, len(rows))  # sites of rare isoforms count in full for the total
    for name, values in (("Total", more * scored), ("Cumulative weighted", np.array(scored))):
        text = np.where(np.isnan(values), "NULL", np.char.mod("%.3f", values))
        table[f"{name} context++ score"] = text
    table["Aggregate PCT"] = np.char.mod("%.3f", rng.beta(2, 2, len(rows)))
    for name in OCCUPANCIES:
        table[f"Predicted occupancy - {name} miRNA"] = "NULL"
    return table.sort_values(["Gene Symbol", "miRNA family", "Species ID"], ignore_index=True)


def describe_families(species: Species, targets: dict[str, Floats]) -> pd.DataFrame:
    """Describe the families of microRNAs for ``truth/mirna.tsv``; the effect is log10 RPKM per unit of score."""
    regulation = species.regulation
    effects = [*regulation.strengths, *[0.0] * (len(regulation.families) - len(regulation.strengths))]
    rows = [
        (family.seed, ",".join(name for name, _ in family.members), family.share, effect,
         int(np.count_nonzero(targets.get(family.seed, 0))))
        for family, effect in zip(regulation.families, effects, strict=True)
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["seed", "members", "share", "effect", "targets"])
