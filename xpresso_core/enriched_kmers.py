"""The k-mers on which predictions of high expression rest (Figure 6B).

From the promoters of genes of high predicted expression those positions are taken whose score is above the 99th
percentile of the scores of genes of low predicted expression at the same position. Neighbouring ones make
sub-sequences; the same places in the promoters of other genes of high expression are their control. DREME finds what
the former have and the latter lack.
"""

from __future__ import annotations

import platform
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from xpresso_core.classes import HIGH, LOW, LOWER, UPPER, read_genes
from xpresso_core.dreme import find_motifs
from xpresso_core.dreme_folder import write_result
from xpresso_core.dreme_format import Run, Source, date
from xpresso_core.dreme_result import DremeResult, Options
from xpresso_core.files import atomic_path, write_json, write_table
from xpresso_core.genome import Window
from xpresso_core.meme_format import Motif
from xpresso_core.model_windows import dataset_on, rows_of
from xpresso_core.motifs import read_motifs
from xpresso_core.randomness import generator
from xpresso_core.score_file import open_scores
from xpresso_core.sequence import Codes, decode
from xpresso_core.similar_motifs import similar_motifs
from xpresso_core.subsample import subsample

PERCENTILE = 99
COLUMNS = 500
"""Positions in memory at a time, of all genes."""
LINE = 50
"""Letters per line of FASTA, as fasta-subsample writes it."""
CONTRASTS: Mapping[str, tuple[str, str, str]] = {
    "classes": ("class", LOW, HIGH),
    "halves": ("half", LOWER, UPPER),
}
"""What is compared: a column of the genes, its low and its high value."""

Floats = npt.NDArray[np.float32]


class Places(NamedTuple):
    """Stretches of promoters, 0-based and half-open.

    Attributes
    ----------
    row
        ``intp [stretch]``: which promoter.
    start, end
        ``intp [stretch]``: from where to where.
    """

    row: npt.NDArray[np.intp]
    start: npt.NDArray[np.intp]
    end: npt.NDArray[np.intp]


def outstanding(low: Floats, high: Floats) -> npt.NDArray[np.bool_]:
    """Say which scores of high genes are above the 99th percentile of those of low genes at the same position.

    Both are ``[gene, position]``; the percentile is that of R and NumPy, interpolated.
    """
    above: npt.NDArray[np.bool_] = high > np.percentile(low, PERCENTILE, axis=0)
    return above


def stretches(marked: npt.NDArray[np.bool_], flank: int) -> Places:
    """Return the stretches that marked positions make, each with its flanks; those that touch are one.

    Parameters
    ----------
    marked
        ``bool [gene, position]``.
    flank
        Bases taken along on both sides, as far as the promoter reaches.
    """
    genes, length = marked.shape
    change = np.zeros((genes, length + 1), np.int32)
    row, position = np.nonzero(marked)
    np.add.at(change, (row, np.maximum(position - flank, 0)), 1)
    np.add.at(change, (row, np.minimum(position + flank + 1, length)), -1)
    covered = np.zeros((genes, length + 2), np.int8)
    covered[:, 1:-1] = change.cumsum(axis=1)[:, :-1] > 0
    edges = np.diff(covered, axis=1)
    row, start = np.nonzero(edges == 1)
    end = np.nonzero(edges == -1)[1]
    return Places(row, start, end)


def permuted(places: Places, genes: int, rng: np.random.Generator) -> Places:
    """Give the stretches of each gene to another one; no gene keeps its own if there are two or more."""
    order = rng.permutation(genes)
    other = np.empty(genes, np.intp)
    other[order] = np.roll(order, 1)
    return places._replace(row=other[places.row])


def sub_sequences(codes: Codes, places: Places) -> list[Codes]:
    """Cut the stretches from promoters ``uint8 [gene, position]``."""
    return [codes[row, start:end] for row, start, end in zip(*places, strict=True)]


def kmer_table(result: DremeResult | None, known: Sequence[Motif]) -> pd.DataFrame:
    """Return one row per motif.

    Returns
    -------
    pandas.DataFrame
        ``rank motif width positives negatives sites log10_p log10_e log10_e_unerased similar``, the last naming up to
        three known motifs that it resembles.
    """
    motifs = result.motifs if result else ()
    found = [Motif(motif.expression, motif.expression, motif.frequencies, motif.sites) for motif in motifs]
    names: dict[str, list[str]] = {}
    for match in similar_motifs(found, known) if found else []:
        listed = names.setdefault(match.found, [])
        if len(listed) < 3:
            listed.append(f"{match.known_name or match.known} (E = {match.e_value:.2g})")
    rows = [
        {
            "rank": number,
            "motif": motif.expression,
            "width": len(motif.expression),
            "positives": motif.positives,
            "negatives": motif.negatives,
            "sites": motif.sites,
            "log10_p": motif.log_pvalue / np.log(10),
            "log10_e": motif.log_evalue / np.log(10),
            "log10_e_unerased": motif.unerased_log_evalue / np.log(10),
            "similar": ", ".join(names.get(motif.expression, [])),
        }
        for number, motif in enumerate(motifs, start=1)
    ]
    columns = "rank motif width positives negatives sites log10_p log10_e log10_e_unerased similar".split()
    return pd.DataFrame(rows, columns=columns)


def write_kmers(
    genes_path: Path,
    scores: Sequence[Path],
    dataset: Path,
    folder: Path,
    table: Path,
    facts: Path,
    *,
    contrast: str,
    settings: Mapping[str, Any],
    seed: int,
) -> None:
    """Find the k-mers of a contrast.

    Parameters
    ----------
    genes_path
        Of `interpreted_genes.write_genes`.
    scores
        Of `attribution_scores.write_scores`, fold by fold.
    dataset
        The dataset.
    folder
        What to write: ``positives.fa``, ``negatives.fa``, and what DREME writes; empty where there are no classes.
    table
        What to write: `kmer_table`.
    facts
        What to write, JSON: ``genes`` of both kinds, ``reason`` why nothing was looked for, numbers and mean length
        of ``sub_sequences``; ``control``: 1 if there is a motif where sub-sequences of both kinds are shuffled, else
        0; and ``untrained``: ``motif`` and ``log10_e`` of the first motif by the scores of networks that have learned
        nothing, None if there is none.
    contrast
        A key of `CONTRASTS`.
    settings
        ``flank``, ``subsample``, ``mink``, ``maxk``, ``evalue``, ``most`` and ``known``.
    seed
        The seed of the run.
    """
    column, low, high = CONTRASTS[contrast]
    genes = read_genes(genes_path).set_index("gene_id")[column]
    told: dict[str, Any] = {
        "contrast": contrast,
        "genes": {name: int((genes == name).sum()) for name in (low, high)},
    }
    told |= {"reason": "", "control": None, "untrained": None}
    result = None
    with atomic_path(folder) as draft:
        draft.mkdir()
        marked, window, ids = _marked(scores, genes, low, high)
        places = _long_enough(marked, settings) if marked is not None else None
        if places is None:
            told["reason"] = "there are no classes"
        elif not len(places.row):
            told["reason"] = "no stretch that stands out is as long as the shortest word"
        else:
            data = dataset_on(dataset, window)
            codes = data.codes[rows_of(data, ids, dataset)]
            rng = generator(seed, f"enriched k-mers of {contrast}")
            kinds = _with_control(places, len(ids), settings, rng)
            for name, kind in zip(("positives", "negatives"), kinds, strict=True):
                _write_fasta(draft / f"{name}.fa", codes, kind, ids)
            sequences = [sub_sequences(codes, kind) for kind in kinds]
            result = _dreme(draft, sequences, settings)
            told |= _told(places, sequences, settings, rng)
            untrained = _marked(scores, genes, low, high, "untrained")[0]
            told["untrained"] = _first_untrained(untrained, codes, settings, rng)
    write_table(kmer_table(result, read_motifs(settings["known"]) if result else []), table)
    write_json(told, facts)


def _marked(
    scores: Sequence[Path], genes: pd.Series[str], low: str, high: str, kept: str = "scores"
) -> tuple[npt.NDArray[np.bool_] | None, Window, list[str]]:
    """Return the outstanding positions of high genes, the window and the genes; no positions without both kinds."""
    with ExitStack() as stack:
        stores = [stack.enter_context(open_scores(path)) for path in scores]
        ids = [np.array(store["gene_id"].asstr()[:], dtype=str) for store in stores]
        kinds = [genes.reindex(part).to_numpy() for part in ids]
        window = Window(*(int(side) for side in stores[0].attrs["window"]))
        of_high = [str(gene) for part, kind in zip(ids, kinds, strict=True) for gene in part[kind == high]]
        if not of_high or not any((kind == low).any() for kind in kinds):
            return None, window, of_high
        marked = np.empty((len(of_high), window.length), dtype=bool)
        for start in range(0, window.length, COLUMNS):
            columns = slice(start, start + COLUMNS)
            parts = [store[kept][:, columns] for store in stores]
            values = {
                name: np.concatenate([part[kind == name] for part, kind in zip(parts, kinds, strict=True)])
                for name in (low, high)
            }
            marked[:, columns] = outstanding(values[low], values[high])
        return marked, window, of_high


def _first_untrained(
    marked: npt.NDArray[np.bool_] | None, codes: Codes, settings: Mapping[str, Any], rng: np.random.Generator
) -> dict[str, Any] | None:
    """Search the stretches that stand out by the scores of untrained networks, for one motif."""
    if marked is None or not len((places := _long_enough(marked, settings)).row):
        return None
    kinds = _with_control(places, len(codes), settings, rng)
    positives, negatives = (sub_sequences(codes, kind) for kind in kinds)
    found = find_motifs(positives, negatives, _options(settings)._replace(most_motifs=1)).motifs
    return {"motif": found[0].expression, "log10_e": found[0].log_evalue / np.log(10)} if found else None


def _long_enough(marked: npt.NDArray[np.bool_], settings: Mapping[str, Any]) -> Places:
    """Return the stretches that hold a word."""
    places = stretches(marked, settings["flank"])
    long = places.end - places.start >= settings["mink"]
    return Places(*(part[long] for part in places))


def _with_control(
    places: Places, genes: int, settings: Mapping[str, Any], rng: np.random.Generator
) -> tuple[Places, Places]:
    """Return the stretches and their control, at most so many of each."""
    kinds = places, permuted(places, genes, rng)
    positives, negatives = (_chosen(kind, settings["subsample"]) for kind in kinds)
    return positives, negatives


def _chosen(places: Places, count: int) -> Places:
    """Return at most so many stretches, chosen as fasta-subsample does."""
    if len(places.row) <= count:
        return places
    chosen = subsample(len(places.row), count)
    return Places(*(part[chosen] for part in places))


def _write_fasta(path: Path, codes: Codes, places: Places, ids: Sequence[str]) -> None:
    with path.open("w", encoding="ascii") as handle:
        for row, start, end in zip(*places, strict=True):
            handle.write(f">{ids[row]}:{start}-{end}\n")
            handle.writelines(_lines(decode(codes[row, start:end])))


def _lines(text: str) -> Iterator[str]:
    for start in range(0, len(text), LINE):
        yield f"{text[start : start + LINE]}\n"


def _options(settings: Mapping[str, Any]) -> Options:
    return Options(
        mink=settings["mink"],
        maxk=settings["maxk"],
        evalue=settings["evalue"],
        most_motifs=settings["most"],
    )


def _dreme(folder: Path, sequences: Sequence[Sequence[Codes]], settings: Mapping[str, Any]) -> DremeResult:
    """Search and write; the files name those of the folder, which is still a draft."""
    command = "xpresso dreme positives.fa negatives.fa"
    command += (
        f" -mink {settings['mink']} -maxk {settings['maxk']} -e {settings['evalue']:g} -m {settings['most']}"
    )
    start, cpu = time.time(), time.process_time()
    positives, negatives = sequences
    result = find_motifs(positives, negatives, _options(settings))
    taken = time.process_time() - cpu, time.time() - start
    sources = Source("positives.fa", date(start)), Source("negatives.fa", date(start))
    write_result(result, Run(command, *sources, platform.node(), date(start), *taken), folder)
    return result


def _told(
    places: Places,
    sequences: Sequence[Sequence[Codes]],
    settings: Mapping[str, Any],
    rng: np.random.Generator,
) -> dict[str, Any]:
    """Describe the sub-sequences, and search again with the two kinds shuffled."""
    positives, negatives = sequences
    pool = [*positives, *negatives]
    order = rng.permutation(len(pool))
    shuffled, rest = ([pool[at] for at in part] for part in np.split(order, [len(positives)]))
    control = find_motifs(shuffled, rest, _options(settings)._replace(most_motifs=1))
    return {
        "sub_sequences": len(places.row),
        "used": len(positives),
        "mean_length": float(np.mean([len(sequence) for sequence in positives])),
        "control": len(control.motifs),
    }
