"""Letter frequencies: small cases by hand, files, and what fasta-get-markov prints."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from xpresso_core.background import (
    NRDB,
    UNIFORM,
    markov_frequencies,
    read_background,
    sequence_background,
)
from xpresso_core.errors import InputError
from xpresso_core.kmers import count_kmers, kmer_names
from xpresso_core.sequence import Codes, encode, read_fasta

Model = dict[str, str]


def read_model(path: Path) -> Model:
    """Read the words of a file of fasta-get-markov and what stands beside them, as text."""
    lines = path.read_text().splitlines()
    return dict(line.split() for line in lines if not line.startswith("#"))


def printed(models: list[np.ndarray]) -> Model:
    """Return a model as fasta-get-markov prints it."""
    return {
        word: f"{share:.3e}"
        for k, shares in enumerate(models, 1)
        for word, share in zip(kmer_names(k), shares, strict=True)
    }


def test_defaults_are_distributions() -> None:
    assert UNIFORM.tolist() == [0.25] * 4
    assert NRDB.sum() == pytest.approx(1, abs=1e-9)


def test_one_strand_without_pseudocount_is_the_share_of_each_letter() -> None:
    (shares,) = markov_frequencies([encode("AAAC"), encode("GTnA")], both_strands=False, pseudocount=0)
    assert shares.tolist() == [float(f"{share:.3e}") for share in (4 / 7, 1 / 7, 1 / 7, 1 / 7)]


def test_both_strands_are_counted() -> None:
    (shares,) = markov_frequencies([encode("AAACCG")], pseudocount=0)
    # On both strands 3 of each.
    assert shares.tolist() == [0.25] * 4
    (shares,) = markov_frequencies([encode("AAAAACCC")], pseudocount=0)
    assert shares.tolist() == [0.3125, 0.1875, 0.1875, 0.3125]


def test_pseudocounts_are_shared_and_frequencies_have_four_digits() -> None:
    (shares,) = markov_frequencies([encode("AC")], both_strands=False)
    # (1 + 0.025) / 2.1 and 0.025 / 2.1
    assert shares.tolist() == [0.4881, 0.4881, 0.0119, 0.0119]
    (shares,) = markov_frequencies([encode("AC")], both_strands=False, pseudocount=4)
    assert shares.tolist() == [0.3333, 0.3333, 0.1667, 0.1667]


def test_the_pseudocount_is_added_to_the_sum_of_both_strands() -> None:
    (shares,) = markov_frequencies([encode("AAAC")], pseudocount=8)
    # A and T 3, C and G 1; 2 more each.
    assert shares.tolist() == [0.3125, 0.1875, 0.1875, 0.3125]


def test_words_do_not_span_sequences_or_unknown_letters() -> None:
    models = markov_frequencies(
        [encode("AC"), encode("GT"), encode("TNT")], 1, both_strands=False, pseudocount=0
    )
    assert len(models) == 2
    found = {word for word, share in zip(kmer_names(2), models[1], strict=True) if share}
    assert found == {"AC", "GT"}


def test_sequences_without_letters() -> None:
    with pytest.raises(InputError, match=r"background: the sequences hold no A, C, G or T\. Give sequences"):
        sequence_background([encode("NNN"), encode("")])
    with pytest.raises(InputError, match="the sequences hold no A"):
        sequence_background([])
    # Those beside others do not matter.
    some = sequence_background([encode(""), encode("AACGGT"), encode("NN")])
    assert some.tolist() == sequence_background([encode("AACGGT")]).tolist()
    assert some[0] == some[3]


def test_read_background(tmp_path: Path) -> None:
    text = "# order 0\nA 2.5e-01\nc 0.26\nG\t0.24\n\nt 0.25\n# order 1\nAA 0.9\nAC 0.8\n"
    (tmp_path / "plain").write_text(text)
    (tmp_path / "packed").write_bytes(gzip.compress(text.encode()))
    (tmp_path / "windows").write_text(text.replace("\n", "\r\n"), newline="")
    for name in ("plain", "packed", "windows"):
        assert read_background(tmp_path / name).tolist() == [0.25, 0.26, 0.24, 0.25]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "A 0.25\nC 0.25\nG 0.25\n",
        "A 0.25\nC 0.25\nG 0.25\nT none\n",
        "A 0.5\nC 0.25\nG 0.25\nT 0\n",
        "A 0.75\nC 0.25\nG 0.25\nT -0.25\n",
        "A 779\nC 861\nG 887\nT 826\n",  # counts
        "A 0.25\nC 0.25\nG 0.25\nT nan\n",
        "A 0.25 C 0.25 G 0.25 T 0.25\n",
        ">seq\nACGT\n",
    ],
)
def test_bad_background_files(tmp_path: Path, text: str) -> None:
    path = tmp_path / "bg.txt"
    path.write_text(text)
    message = (
        rf"{path}: lacks a line with a frequency for each of A, C, G and T\. Make it with fasta-get-markov"
    )
    with pytest.raises(InputError, match=message):
        read_background(path)


def test_no_background_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.txt: cannot be read"):
        read_background(tmp_path / "none.txt")


def sequences(folder: Path, name: str) -> list[Codes]:
    """Read a FASTA file of the oracles."""
    return [codes for _, codes in read_fasta(folder / "meme_utils" / f"{name}.fa", empty=True)]


# edge.fa has lower case, other IUPAC letters, U, wrapped lines and an empty record.
@pytest.mark.real
@pytest.mark.parametrize("name", ["edge", "prom200"])
@pytest.mark.parametrize(
    ("kind", "order", "both_strands", "pseudocount"),
    [
        ("", 0, True, 0.1),
        ("_norc", 0, False, 0.1),
        ("_m1", 1, True, 0.1),
        ("_m3", 3, True, 0.1),
        ("_m2norcpseudo0", 2, False, 0.0),
    ],
)
def test_models_are_those_of_fasta_get_markov(
    real_data: Path, name: str, kind: str, order: int, both_strands: bool, pseudocount: float
) -> None:
    folder = real_data / "oracles"
    expected = read_model(folder / "meme_utils" / f"get_markov_{name}{kind}.txt")
    models = markov_frequencies(
        sequences(folder, name), order, both_strands=both_strands, pseudocount=pseudocount
    )
    assert len(expected) == sum(4**k for k in range(1, order + 2))
    assert printed(models) == expected
    if not kind:
        assert sequence_background(sequences(folder, name)).tolist() == models[0].tolist()


@pytest.mark.real
@pytest.mark.parametrize("name", ["edge", "prom200"])
def test_counts_are_those_of_fasta_get_markov(real_data: Path, name: str) -> None:
    folder = real_data / "oracles"
    expected = read_model(folder / "meme_utils" / f"get_markov_{name}_countsm1.txt")
    found: dict[str, str] = {}
    for k in (1, 2):
        counts = sum(count_kmers(codes[None], k)[0].astype(int) for codes in sequences(folder, name))
        found |= dict(zip(kmer_names(k), map(str, counts), strict=True))
    assert found == expected


@pytest.mark.real
def test_background_files_of_the_oracles(real_data: Path) -> None:
    folder = real_data / "oracles" / "fimo" / "synthetic"
    assert read_background(folder / "bg0.txt").tolist() == [0.2683, 0.2317, 0.2317, 0.2683]
    assert read_background(folder / "bg1.txt").tolist() == [0.2688, 0.2312, 0.2312, 0.2688]
