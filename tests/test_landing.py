"""The words of the first page."""

from pathlib import Path
from types import SimpleNamespace

import jinja2
import pytest
from docutils.core import publish_parts

from xpresso_core.errors import InputError
from xpresso_core.landing import landing_page, trial_story

EVIL = r"{{ config }} {% raw %} {# x a_ `b` *c* |d| <e> [1]_ :f: \g __h "


def trials(live, collapsed, diverged=0, folds=5, dead=()):
    return {
        "live": live,
        "collapsed": collapsed,
        "diverged": diverged,
        "folds": folds,
        "dead_folds": [str(fold) for fold in dead],
    }


def experiment(name, r2, constant=False, pearson=None, **counts):
    pooled = {"r2": r2, "r2_ci_low": r2 - 0.05, "r2_ci_high": r2 + 0.05, "n": 690, "constant": constant}
    pooled["pearson"] = r2**0.5 if pearson is None else pearson
    split = {"kind": "folds", "folds": 5, "validation": 80}
    return {
        "name": name,
        "settings": {
            "dataset": "demo_median",
            "inputs": ["promoter", "halflife"],
            "architecture": "compact",
            "split": split,
        },
        "metrics": {
            "pooled": pooled,
            "best": {"r2": r2 - 0.01},
            "ensemble": {"r2": r2 + 0.01},
            "coverage": {"level": 0.9, "covered": 0.88, "mean_width": 2.34},
        },
        "trials": trials(**(counts or {"live": 10, "collapsed": 0})),
        "leakage": {"test_genes": 690, "any": 0.241, "quarter": 0.21, "half": 0.17},
    }


def run(**changes):
    species = {
        "name": "demo",
        "assembly": "demo1",
        "simulated": True,
        "annotated": 743,
        "promoters": 690,
        "dropped": [{"stage": "promoters", "reason": "on chrY", "genes": 53}],
        "recentred": 600,
    }
    dataset = {
        "name": "demo_median",
        "species": "demo",
        "expression": "median of 8 cell types",
        "genes": 690,
        "silent": 80,
        "upstream": 7000,
        "downstream": 3500,
    }
    return {
        "name": "demo",
        "species": [species],
        "datasets": [dataset],
        "experiments": [
            experiment("promoter_only", 0.40),
            experiment("both_", 0.55),
            experiment("paper", 0.0, constant=True, live=0, collapsed=10, dead=(1, 2, 3, 4, 5)),
        ],
        "comparisons": [
            {
                "name": "two",
                "datasets": ["demo_median", "sister_median"],
                "orthologs": True,
                "n": 15348,
                "r2": 0.79,
                "first": 310,
                "second": 275,
                "zscored": 758,
            }
        ],
        "reporters": [
            {
                "name": "sure",
                "dataset": "demo_median",
                "n": 18658,
                "r2": 0.531,
                "joint": {"n": 18000, "r2_reporter": 0.52, "r2_predictions": 0.5, "r2_joint": 0.61},
                "predictions": "both_",
                "warnings": [],
            }
        ],
        "outputs": {"results/demo/report.zip": "this report"},
        "software": {"keras": "3.15", "snakemake": "9.27"},
        "seed": 7,
        "device": "CPU",
        **changes,
    }


def render(summary) -> str:
    """Render as Snakemake does: Jinja, then docutils, which must have nothing to complain about."""
    page = landing_page(summary)
    text = jinja2.Environment(trim_blocks=True, lstrip_blocks=True).from_string(page).render()
    html = publish_parts(text, writer="html", settings_overrides={"halt_level": 1, "report_level": 1})[
        "html_body"
    ]
    return " ".join(html.split())


def test_the_page_tells_the_whole_story():
    html = render(run())
    assert "SIMULATED DATA: demo is made up by a program" in html
    for words in (
        "The experiment with the highest r²",
        "<strong>both_</strong>",
        "<strong>55 %</strong>",
        "r² = 0.550, CI 0.500 to 0.600",
        "690 genes",
        "690 of 743 annotated genes have a usable promoter. Dropped on the way: 53 on chrY.",
        "start sites of 600 are re-centred",
        "median of 8 cell types; 690 genes, 80 of them silent",
        "promoter sequence and half-life features of demo_median",
        "nested cross-validation in 5 random folds",
        "24.1 % share some of their window",
        "All 10 trials collapsed to a constant",
        "results/demo/report.zip",
        "Seed 7. Networks trained on CPU. keras 3.15, snakemake 9.27.",
    ):
        assert words in html


def test_real_species_are_not_called_simulated():
    summary = run()
    summary["species"][0]["simulated"] = False
    assert "SIMULATED" not in render(summary)


def test_text_from_outside_is_only_text():
    summary = run(name=EVIL, description=EVIL, outputs={EVIL: EVIL}, software={EVIL: EVIL}, device=EVIL)
    summary["species"][0]["dropped"][0]["reason"] = EVIL
    summary["experiments"] = [experiment(EVIL, 0.5)]
    summary["comparisons"][0]["name"] = EVIL
    summary["reporters"][0] |= {"name": EVIL, "predictions": EVIL, "warnings": [EVIL]}
    assert render(summary).count("{{ config }} {% raw %} {# x a_ `b` *c* |d| &lt;e&gt; [1]_ :f: \\g __h") >= 8


@pytest.mark.parametrize(
    ("counts", "story"),
    [
        (trials(10, 0), "All 10 trials trained normally."),
        (trials(1, 0, folds=1), "The only trial trained normally."),
        (trials(8, 2), "2 of 10 trials collapsed to a constant; none of them was chosen."),
        (
            trials(7, 2, 1, dead=(3,)),
            "2 of 10 trials collapsed to a constant and 1 of 10 trials diverged;"
            " in fold 3 of 5 no trial is alive, so the predictions there carry no information.",
        ),
        (
            trials(0, 10, dead=range(1, 6)),
            "All 10 trials collapsed to a constant: the experiment's predictions carry no information.",
        ),
        (
            trials(0, 9, 1, dead=range(1, 6)),
            "9 of 10 trials collapsed to a constant and 1 of 10 trials diverged, none is alive:"
            " the experiment's predictions carry no information.",
        ),
    ],
)
def test_the_fate_of_the_trials_is_told_honestly(counts, story):
    assert trial_story(counts) == story


def test_a_run_that_predicts_nothing_says_so():
    dead = experiment("paper", 0.0, constant=True, pearson=0.0, live=0, collapsed=10, dead=(1, 2, 3, 4, 5))
    wrong = experiment("upside_down", 0.3, pearson=-0.55)
    html = render(run(experiments=[dead, wrong]))
    assert "No experiment of this run predicts expression" in html
    assert "The predictions point the wrong way" in html
    assert "No model was trained" in render(run(experiments=[]))


def test_a_clean_split_is_said_to_be_clean():
    clean = experiment("a", 0.5)
    clean["leakage"] = {"test_genes": 690, "any": 0.0, "quarter": 0.0, "half": 0.0}
    assert "No test gene's window overlaps" in render(run(experiments=[clean]))


def test_missing_parts_are_named():
    summary = run()
    del summary["seed"], summary["outputs"]
    with pytest.raises(InputError, match="lacks outputs, seed"):
        landing_page(summary)


CAPTIONS = sorted((Path(__file__).parents[1] / "workflow" / "report").glob("*.rst"))


@pytest.mark.parametrize("path", CAPTIONS, ids=lambda path: path.stem)
def test_captions_render_and_know_their_wildcards(path):
    wildcards = {
        "species": "human",
        "dataset": "human_median",
        "experiment": "folds",
        "comparison": "two",
        "reporter": "sure",
        "table": "encode",
        "search": "tpe",
        "family": "sizes",
        "residual": "K562",
        "gene_set": "domains",
        "halflives": "TimeLapse",
    }
    template = jinja2.Environment(undefined=jinja2.StrictUndefined).from_string(path.read_text("utf-8"))
    text = template.render(snakemake={"wildcards": wildcards}, files=[], categories={})
    settings = {"halt_level": 1, "report_level": 1}
    body = publish_parts(text, writer="html", settings_overrides=settings)["html_body"]
    assert len(body.split()) > 20


def test_the_first_page_is_taken_from_the_results(tmp_path):
    written = tmp_path / "landing.rst"
    written.write_text(landing_page(run(description=EVIL)), "utf-8")
    page = Path(__file__).parents[1] / "workflow" / "report" / "workflow.rst"
    template = jinja2.Environment().from_string(page.read_text("utf-8"))
    text = template.render(files=[SimpleNamespace(target="landing.rst", path=written)])
    assert written.read_text("utf-8").strip() == text.strip()
    assert "not written" not in text


def test_comparisons_and_reporter_assays_are_told():
    html = render(run())
    assert "585 of 15,348 one-to-one orthologs differ more than ten times (310 are higher in" in html
    assert "758 by more than 1 in z-scored labels" in " ".join(html.split())
    assert "explains 53 % of the variance in demo_median over 18,658 genes" in html
    assert "a joint linear model 0.610" in " ".join(html.split())
    warned = run()
    warned["reporters"][0]["warnings"] = ["plus and minus are probably swapped."]
    warned["reporters"][0]["joint"] = None
    html = render(warned)
    assert "<strong>plus and minus are probably swapped.</strong>" in html
    assert "joint" not in html
    assert "Reporter assays" not in render(run(reporters=[]))
