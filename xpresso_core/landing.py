"""The words of the report's first page: what was run and what came out, in reStructuredText.

Text from outside (names, reasons, versions) is escaped for reStructuredText and for Jinja, which Snakemake
runs over its report pages. The page is read in a narrow column: short paragraphs and lists, no wide tables.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from xpresso_core.errors import InputError
from xpresso_core.summary import (
    ComparisonSummary,
    DatasetSummary,
    ExperimentSummary,
    LeakageTotals,
    ReporterSummary,
    RunSummary,
    SpeciesSummary,
    TrialCounts,
)
from xpresso_core.words import and_, literal, plain

INPUTS = {
    "promoter": "promoter sequence",
    "halflife": "half-life features",
    "mono_shuffled": "promoters with shuffled bases",
    "di_shuffled": "promoters with shuffled dinucleotides",
}


def landing_page(run: RunSummary) -> str:
    """Say in words what was run and what came out.

    Returns
    -------
    str
        reStructuredText that is safe inside a Jinja template: it holds no opening brace pair.

    Raises
    ------
    InputError
        If a part of the summary is missing.
    """
    missing = sorted(RunSummary.__required_keys__ - set(run))
    if missing:
        what = f"the summary of the run lacks {', '.join(missing)}"
        raise InputError(what, where="report", remedy="Collect every part before writing the page")
    title = f"Xpresso run {plain(run['name'])}"
    parts = [f"{title}\n{'=' * len(title)}"]
    made_up = [plain(species["name"]) for species in run["species"] if species["simulated"]]
    if made_up:
        verb, what = ("is", "not a real organism") if len(made_up) == 1 else ("are", "not real organisms")
        parts.append(f"**SIMULATED DATA: {and_(made_up)} {verb} made up by a program, {what}.**")
    if run.get("description"):
        parts.append(plain(run["description"]))
    parts += [_headline(run["experiments"])]
    parts += _section("Experiments", [_experiment(item) for item in run["experiments"]])
    parts.append(
        "r² is the squared Pearson correlation of observed and predicted log10 expression over genes that the"
        " network neither learned from nor was chosen by; CI is the 95 % bootstrap confidence interval."
    )
    for title_of, items in run.get("sections", {}).items():
        parts += _section(title_of, list(items))
    parts += _section("Genes", [_species(species) for species in run["species"]])
    parts += _section("Datasets", [_dataset(dataset) for dataset in run["datasets"]])
    parts += _section("Comparisons", [_comparison(item) for item in run["comparisons"]])
    parts += _section("Reporter assays", [_reporter(item) for item in run["reporters"]])
    parts += _section("Files", [f"{literal(path)}: {plain(text)}" for path, text in run["outputs"].items()])
    parts += _section("Made with", [_made_with(run)])
    return "\n\n".join(parts) + "\n"


def trial_story(trials: TrialCounts) -> str:
    """Say in a sentence or two how the trials ended and what that means for the predictions."""
    total = trials["live"] + trials["collapsed"] + trials["diverged"]
    ends = [
        f"{number} of {total} trials {what}"
        for number, what in (
            (trials["collapsed"], "collapsed to a constant"),
            (trials["diverged"], "diverged"),
        )
        if number
    ]
    dead = trials["dead_folds"]
    if trials["collapsed"] == total:
        whole = "The only trial" if total == 1 else f"All {total} trials"
        return f"{whole} collapsed to a constant: the experiment's predictions carry no information."
    if len(dead) == trials["folds"]:
        return f"{and_(ends)}, none is alive: the experiment's predictions carry no information."
    if dead:
        which = f"fold{'' if len(dead) == 1 else 's'} {and_(dead)} of {trials['folds']}"
        return f"{and_(ends)}; in {which} no trial is alive, so the predictions there carry no information."
    if ends:
        return f"{and_(ends)}; none of them was chosen."
    return f"{'The only trial' if total == 1 else f'All {total} trials'} trained normally."


def _headline(experiments: list[ExperimentSummary]) -> str:
    if not experiments:
        return "No model was trained in this run."
    useful = [item for item in experiments if item["metrics"]["pooled"]["pearson"] > 0]
    if not useful:
        return (
            "**No experiment of this run predicts expression: every r² is 0, or the correlation negative.**"
        )
    best = max(useful, key=lambda item: item["metrics"]["pooled"]["r2"])
    pooled = best["metrics"]["pooled"]
    return (
        f"The experiment with the highest r², **{plain(best['name'])}**, explains"
        f" **{100 * pooled['r2']:.0f} %** of the variance in expression between {pooled['n']:,} genes that"
        f" it had not seen (r² = {_r2(pooled)})."
    )


def _experiment(experiment: ExperimentSummary) -> str:
    settings, pooled = experiment["settings"], experiment["metrics"]["pooled"]
    result = "predicts a constant, r² = 0" if pooled["constant"] else f"r² = {_r2(pooled)}"
    wrong = " **The predictions point the wrong way: the correlation is negative.**"
    sign = wrong if pooled["pearson"] < 0 else ""
    inputs = and_(plain(INPUTS.get(name, name)) for name in settings["inputs"])
    return (
        f"**{plain(experiment['name'])}**: {result}, {pooled['n']:,} genes.{sign}"
        f" {trial_story(experiment['trials'])} Learned from the {inputs} of {plain(settings['dataset'])}"
        f" with the architecture {plain(settings['architecture'])}; {_split(settings['split'])}."
        f" {_leakage(experiment['leakage'])}{_trials_beside(experiment['metrics'])}"
    )


def _trials_beside(metrics: Mapping[str, Any]) -> str:
    """Say what the best trial, the mean of all and the intervals come to."""
    text = f" Best of the trials {metrics['best']['r2']:.3f}, their mean {metrics['ensemble']['r2']:.3f}."
    coverage = metrics["coverage"]
    if coverage["mean_width"] is None:
        return text + " There are too few validation genes for intervals."
    return (
        f"{text} Its {100 * coverage['level']:.0f} % intervals hold {100 * coverage['covered']:.0f} % of the genes"
        f" and are {coverage['mean_width']:.1f} log10 units wide."
    )


def _split(split: Mapping[str, Any]) -> str:
    kind = str(split["kind"])
    words = {
        "holdout": f"one random hold-out of {plain(split.get('test', 'some'))} test genes",
        "folds": f"nested cross-validation in {plain(split.get('folds', 'several'))} random folds",
        "chromosomes": f"cross-validation in {plain(split.get('folds', 'several'))} groups of chromosomes",
    }
    return words.get(kind, f"split {plain(kind)}")


def _leakage(leakage: LeakageTotals) -> str:
    if not leakage["any"]:
        return "No test gene's window overlaps a training gene's."
    return (
        f"Of its {leakage['test_genes']:,} test genes, {100 * leakage['any']:.1f} % share some of their"
        f" window with a training gene and {100 * leakage['half']:.1f} % share half of it or more."
    )


def _species(species: SpeciesSummary) -> str:
    label = " (SIMULATED)" if species["simulated"] else ""
    text = (
        f"**{plain(species['name'])}**{label}, assembly {plain(species['assembly'])}:"
        f" {species['promoters']:,} of {species['annotated']:,} annotated genes have a usable promoter."
    )
    if species["dropped"]:
        reasons = (f"{entry['genes']:,} {plain(entry['reason'])}" for entry in species["dropped"])
        text += f" Dropped on the way: {'; '.join(reasons)}."
    if species["recentred"]:
        text += f" The start sites of {species['recentred']:,} are re-centred on CAGE peaks."
    return text


def _dataset(dataset: DatasetSummary) -> str:
    return (
        f"**{plain(dataset['name'])}** ({plain(dataset['species'])}): {plain(dataset['expression'])};"
        f" {dataset['genes']:,} genes, {dataset['silent']:,} of them silent; promoters from"
        f" {dataset['upstream']:,} bases upstream to {dataset['downstream']:,} downstream of the TSS."
    )


def _comparison(comparison: ComparisonSummary) -> str:
    first, second = (plain(name) for name in comparison["datasets"])
    genes = "one-to-one orthologs" if comparison["orthologs"] else "genes"
    return (
        f"**{plain(comparison['name'])}**: {comparison['first'] + comparison['second']:,} of"
        f" {comparison['n']:,} {genes} differ more than ten times ({comparison['first']:,} are higher in {first},"
        f" {comparison['second']:,} in {second}), {comparison['zscored']:,} by more than 1 in z-scored labels; r²"
        f" between the two is {comparison['r2']:.3f}."
    )


def _reporter(reporter: ReporterSummary) -> str:
    text = (
        f"**{plain(reporter['name'])}**: measured promoter activity explains {100 * reporter['r2']:.0f} % of the"
        f" variance in {plain(reporter['dataset'])} over {reporter['n']:,} genes (r² = {reporter['r2']:.3f})."
    )
    if joint := reporter["joint"]:
        text += (
            f" Over the {joint['n']:,} genes with a prediction of {plain(reporter['predictions'])}, activity alone"
            f" reaches {joint['r2_reporter']:.3f}, the predictions {joint['r2_predictions']:.3f}, and a joint linear"
            f" model {joint['r2_joint']:.3f}."
        )
    return text + "".join(f" **{plain(warning)}**" for warning in reporter["warnings"])


def _made_with(run: RunSummary) -> str:
    versions = ", ".join(f"{plain(name)} {plain(version)}" for name, version in run["software"].items())
    device = f" Networks trained on {plain(run['device'])}." if run.get("device") else ""
    return f"Seed {run['seed']}.{device} {versions}."


def _r2(pooled: Mapping[str, Any]) -> str:
    return f"{pooled['r2']:.3f}, CI {pooled['r2_ci_low']:.3f} to {pooled['r2_ci_high']:.3f}"


def _section(title: str, items: list[str]) -> list[str]:
    return [f"{title}\n{'-' * len(title)}", *(f"- {item}" for item in items)] if items else []
