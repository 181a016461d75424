"""The files of DREME 4.12, as text (which the MEME Suite reads as motifs) and as XML."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from xml.sax.saxutils import escape, quoteattr

from xpresso_core import __version__
from xpresso_core.dreme_result import LIST_PVALUE, DremeMotif, DremeResult

VERSION = "4.12.0"
"""The version of DREME whose results and formats these are."""

_NAMES = {
    **{"A": "Adenine", "C": "Cytosine", "G": "Guanine", "T": "Thymine", "N": "Any base"},
    **{"V": "Not T", "H": "Not G", "D": "Not C", "B": "Not A", "M": "Amino", "R": "Purine"},
    **{"W": "Weak", "S": "Strong", "Y": "Pyrimidine", "K": "Keto"},
}
_BASES = {"N": "ACGT", "V": "ACG", "H": "ACT", "D": "AGT", "B": "CGT"} | {
    **{"M": "AC", "R": "AG", "W": "AT", "S": "CG", "Y": "CT", "K": "GT"},
}
_COLOURS = {"A": "CC0000", "C": "0000CC", "G": "FFB300", "T": "008000"}
_COMPLEMENT = {"A": "T", "C": "G", "G": "C", "T": "A"}
_STOPS = {"evalue": "E-value threshold exceeded", "count": "target motif count reached"}


class Source(NamedTuple):
    """A file of sequences.

    Attributes
    ----------
    path, date
        As it was named, and when it was last changed.
    """

    path: str
    date: str

    @classmethod
    def of(cls, path: str | os.PathLike[str]) -> Source:
        """Look up the date of a file; standard input, ``-``, is of now."""
        there = Path(path).exists()
        return cls(str(path), date(Path(path).stat().st_mtime if there else time.time()))

    @property
    def name(self) -> str:
        """Return the name of the file without folder and suffix, blanks for underscores."""
        return Path(self.path).stem.replace("_", " ")


class Run(NamedTuple):
    """How a search was run.

    Attributes
    ----------
    command
        The command line.
    positives, negatives
        The files; no negative one if the positive sequences were shuffled.
    host, when
        Where, and when it began.
    cpu, real
        Seconds that it took.
    """

    command: str
    positives: Source
    negatives: Source | None
    host: str
    when: str
    cpu: float
    real: float


def date(seconds: float) -> str:
    """Write a time, in seconds since 1970, as in ``Tue Jun 27 13:37:57 PDT 2017``."""
    return time.strftime("%a %b %d %H:%M:%S %Z %Y", time.localtime(seconds))


def format_log(natural: float) -> str:
    """Write a number given by its natural logarithm as DREME does: ``4.9e-5418``, ``1.2e+000``."""
    logarithm = natural / math.log(10)
    exponent = math.floor(logarithm)
    mantissa = f"{10 ** (logarithm - exponent):3.1f}"
    if mantissa == "10.0":
        mantissa, exponent = "1.0", exponent + 1
    return f"{mantissa}e{exponent:+04d}"


def format_text(result: DremeResult, run: Run) -> str:
    """Return ``dreme.txt``."""
    strands = "+ -" if result.options.both_strands else "+"
    shares = " ".join(
        f"{letter} {share:.3f}" for letter, share in zip("ACGT", result.background, strict=True)
    )
    parts = [
        *_text_header(result, run),
        f"MEME version {VERSION}\n",
        *_text_alphabet(),
        f"strands: {strands}\n",
        f"Background letter frequencies (from dataset):\n{shares}\n\n",
    ]
    for number, motif in enumerate(result.motifs, start=1):
        parts.extend(_text_motif(motif, number))
    parts.append(f"# Stopping reason: {_STOPS[result.stop]}\n#    Running time: {run.real:.2f} seconds")
    return "\n".join(parts) + "\n"


def _text_header(result: DremeResult, run: Run) -> Iterator[str]:
    yield f"# DREME {VERSION}"
    yield f"#     command: {run.command}"
    yield f"#   positives: {result.positives} from {run.positives.path} ({run.positives.date})"
    if run.negatives:
        yield f"#   negatives: {result.negatives} from {run.negatives.path} ({run.negatives.date})"
    else:
        yield f"#   negatives: {result.negatives} from shuffled positives"
    yield f"#        host: {run.host}"
    yield f"#        when: {run.when}\n"


def _text_alphabet() -> Iterator[str]:
    yield 'ALPHABET "DNA" DNA-LIKE'
    for one, other in ("AT", "CG"):
        yield " ~ ".join(f'{letter} "{_NAMES[letter]}" {_COLOURS[letter]}' for letter in (one, other))
    for letter, bases in _BASES.items():
        yield f'{letter} "{_NAMES[letter]}" = {bases}'
        if letter == "N":
            yield "X = ACGT\n. = ACGT"
    yield "U = T\nEND ALPHABET\n"


def _text_motif(motif: DremeMotif, number: int) -> Iterator[str]:
    yield f"MOTIF {motif.expression} DREME-{number}\n"
    yield "#             Word    RC Word        Pos        Neg    P-value    E-value"
    for number_of_row, row in enumerate(motif.rows):
        yield (
            f"# {'' if number_of_row else 'BEST':4} {row.letters:>11} {row.reverse_complement:>10} "
            f"{row.positives:10d} {row.negatives:10d} "
            f"{format_log(row.log_pvalue):>10} {format_log(row.log_evalue):>10}"
        )
    evalue = format_log(motif.log_evalue)
    yield (
        f"\nletter-probability matrix: alength= 4 w= {len(motif.frequencies)} nsites= {motif.sites} E= {evalue}"
    )
    for shares in motif.frequencies:
        yield " ".join(f"{share:.6f}" for share in shares)
    yield "\n"


def format_xml(result: DremeResult, run: Run) -> str:
    """Return ``dreme.xml``."""
    lines = [f'<dreme version="{VERSION}" release="xpresso {__version__}">', "  <model>"]
    lines += [f"    {line}" for line in _xml_model(result, run)]
    lines += ["  </model>", "  <motifs>"]
    for number, motif in enumerate(result.motifs, start=1):
        lines += [f"    {line}" for line in _xml_motif(motif, number)]
    lines += [
        "  </motifs>",
        f'  <run_time cpu="{run.cpu:.2f}" real="{run.real:.2f}" stop="{result.stop}"/>',
        "</dreme>",
    ]
    return "\n".join(lines) + "\n"


def _xml_model(result: DremeResult, run: Run) -> Iterator[str]:
    options = result.options
    yield f"<command_line>{escape(run.command)}</command_line>"
    yield _xml_source("positives", run.positives, f'count="{result.positives}"')
    if run.negatives:
        yield _xml_source("negatives", run.negatives, f'count="{result.negatives}" from="file"')
    else:
        yield f'<negatives name="shuffled positive sequences" count="{result.negatives}" from="shuffled"/>'
    yield '<alphabet name="DNA" like="dna">'
    for letter, name in _NAMES.items():
        yield f'  <letter id="{letter}" symbol="{letter}" {_xml_letter(letter, name)}/>'
    yield "</alphabet>"
    yield f"<strands>{'both' if options.both_strands else 'given'}</strands>"
    shares = " ".join(
        f'{letter}="{share:.3f}"' for letter, share in zip("ACGT", result.background, strict=True)
    )
    yield f'<background {shares} from="dataset"/>'
    count = f' count="{options.most_motifs}"' if options.most_motifs is not None else ""
    yield f'<stop evalue="{options.evalue:g}"{count}/>'
    yield f"<ngen>{options.ngen}</ngen>"
    yield f"<add_pv_thresh>{LIST_PVALUE:g}</add_pv_thresh>"
    yield f"<seed>{options.seed}</seed>"
    yield f"<host>{escape(run.host)}</host>"
    yield f"<when>{run.when}</when>"


def _xml_source(element: str, source: Source, count: str) -> str:
    name, path = quoteattr(source.name), quoteattr(source.path)
    return f'<{element} name={name} {count} file={path} last_mod_date="{source.date}" />'


def _xml_letter(letter: str, name: str) -> str:
    if letter not in _COMPLEMENT:
        aliases = 'aliases="X." ' if letter == "N" else ""
        return f'{aliases}equals="{_BASES[letter]}" name="{name}"'
    aliases = 'aliases="U" ' if letter == "T" else ""
    return f'{aliases}complement="{_COMPLEMENT[letter]}" name="{name}" colour="{_COLOURS[letter]}"'


def _xml_motif(motif: DremeMotif, number: int) -> Iterator[str]:
    yield (
        f'<motif id="m{number:02d}" alt="DREME-{number}" seq="{motif.expression}" length="{len(motif.expression)}" '
        f'nsites="{motif.sites}" p="{motif.positives}" n="{motif.negatives}" '
        f'pvalue="{format_log(motif.log_pvalue)}" evalue="{format_log(motif.log_evalue)}" '
        f'unerased_evalue="{format_log(motif.unerased_log_evalue)}">'
    )
    for shares in motif.frequencies:
        values = " ".join(f'{letter}="{share:.6f}"' for letter, share in zip("ACGT", shares, strict=True))
        yield f"  <pos {values}/>"
    for word in motif.words:
        yield (
            f'  <match seq="{word.letters}" p="{word.positives}" n="{word.negatives}" '
            f'pvalue="{format_log(word.log_pvalue)}" evalue="{format_log(word.log_evalue)}"/>'
        )
    yield "</motif>"
