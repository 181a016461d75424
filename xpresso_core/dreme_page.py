"""The page that DREME's motifs are looked at in: one file of HTML, with logos, that needs nothing else."""

from __future__ import annotations

import html
import json
from collections.abc import Iterator

from xpresso_core import __version__
from xpresso_core.dreme_format import VERSION, Run, format_log
from xpresso_core.dreme_result import LIST_PVALUE, DremeMotif, DremeResult
from xpresso_core.logos import logo_svg
from xpresso_core.plots import percent

_STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; color: #222; max-width: 62rem; margin: 1.5rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; margin-bottom: .2rem; }
h2 { font-size: 1.1rem; margin: 0 0 .4rem; }
section { border-top: 1px solid #ccc; padding: 1rem 0; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .15rem .8rem .15rem 0; text-align: right; white-space: nowrap; vertical-align: top; }
th { font-weight: 600; }
td.word, th.word { text-align: left; font-family: ui-monospace, monospace; }
th.word { font-family: inherit; }
.wide tr:nth-child(2) td { border-bottom: 1px solid #ccc; font-weight: 600; }
table.run td { text-align: left; white-space: normal; overflow-wrap: anywhere; }
table.run th { text-align: left; }
.logos { display: flex; flex-wrap: wrap; gap: .5rem 2.5rem; margin: .4rem 0 .8rem; }
figure { margin: 0; }
figcaption { color: #555; font-size: .85rem; }
.wide { overflow-x: auto; }
"""


def format_page(result: DremeResult, run: Run) -> str:
    """Return ``dreme.html``.

    It holds the motifs as data too, as the MEME Suite's pages do, so that its programs and `meme_format` read them.
    """
    data = json.dumps(_data(result)).replace("<", "\\u003c")
    return "\n".join(
        [
            '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>DREME motifs of {html.escape(run.positives.name)}</title>",
            f"<style>{_STYLE}</style>",
            f"<script>var data = {data};</script>\n</head>\n<body>",
            f"<h1>DREME motifs of {html.escape(run.positives.name)}</h1>",
            f"<p>{_summary(result)}</p>",
            *(line for pair in enumerate(result.motifs, start=1) for line in _motif(*pair, result)),
            "<section>\n<h2>The run</h2>",
            *_run(result, run),
            "</section>\n</body>\n</html>\n",
        ]
    )


def _data(result: DremeResult) -> dict[str, object]:
    motifs = [
        {
            **{"id": motif.expression, "alt": f"DREME-{number}", "len": len(motif.expression)},
            **{"nsites": motif.sites, "evalue": format_log(motif.log_evalue)},
            "pwm": [[round(float(share), 6) for share in row] for row in motif.frequencies],
        }
        for number, motif in enumerate(result.motifs, start=1)
    ]
    return {"program": "DREME", "version": VERSION, "motifs": motifs}


def _summary(result: DremeResult) -> str:
    number = len(result.motifs)
    found = f"{number:,} motif{'' if number == 1 else 's'}" if number else "No motif"
    control = "those same sequences, shuffled" if result.shuffled else f"{result.negatives:,} negative ones"
    why = "that is as many as asked for" if result.stop == "count" else "no other is as good"
    return (
        f"{found} with an E-value of at most {result.options.evalue:g} in {result.positives:,} positive sequences, "
        f"against {control}; {why}. Numbers are of sequences, after erasing what the motifs before have matched."
    )


def _motif(number: int, motif: DremeMotif, result: DremeResult) -> Iterator[str]:
    drawings = [(motif.expression, motif.frequencies)]
    if result.options.both_strands:
        drawings.append((motif.rows[0].reverse_complement, motif.frequencies[::-1, ::-1]))
    yield f'<section id="motif{number}">\n<h2>{number}. {motif.expression}</h2>\n<div class="logos">'
    for position, (expression, frequencies) in enumerate(drawings):
        name = "Reverse complement" if position else "Logo"
        yield f"<figure>{logo_svg(frequencies, f'Logo of {expression}')}"
        yield f"<figcaption>{name}: {expression}</figcaption></figure>"
    yield "</div>"
    yield (
        f"<p>{motif.sites:,} sites. E-value {format_log(motif.log_evalue)}; with no earlier motif erased "
        f"{format_log(motif.unerased_log_evalue)}.</p>"
    )
    yield '<div class="wide"><table>\n<tr><th class="word">Word</th><th class="word">Other strand</th>'
    yield "<th>Positives</th><th>Negatives</th><th>p-value</th><th>E-value</th></tr>"
    for row in motif.rows:
        yield (
            f'<tr><td class="word">{row.letters}</td><td class="word">{row.reverse_complement}</td>'
            f"<td>{row.positives:,} ({percent(row.positives, result.positives)})</td>"
            f"<td>{row.negatives:,} ({percent(row.negatives, result.negatives)})</td>"
            f"<td>{format_log(row.log_pvalue)}</td><td>{format_log(row.log_evalue)}</td></tr>"
        )
    yield "</table></div>\n</section>"


def _run(result: DremeResult, run: Run) -> Iterator[str]:
    options = result.options
    negatives = f"{run.negatives.path} ({run.negatives.date})" if run.negatives else "the positives, shuffled"
    background = ", ".join(
        f"{letter} {share:.3f}" for letter, share in zip("ACGT", result.background, strict=True)
    )
    yield '<table class="run">'
    for name, value in (
        ("Command", run.command),
        ("Positives", f"{run.positives.path} ({run.positives.date})"),
        ("Negatives", negatives),
        ("Letters of the negatives", background),
        ("Words", f"{options.mink} to {options.maxk} letters, listed below a p-value of {LIST_PVALUE:g}"),
        ("Strands", "both" if options.both_strands else "as given"),
        ("Expressions generalised", f"{options.ngen} per column"),
        ("When", f"{run.when}, {run.real:.2f} s"),
        ("Made by", f"xpresso {__version__}, by the method of DREME {VERSION} (Bailey 2011)"),
    ):
        yield f"<tr><th>{name}</th><td>{html.escape(value)}</td></tr>"
    yield "</table>"
