"""The command ``xpresso residuals`` end to end, and one clear line for all that can be wrong."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import false_discovery_control

from xpresso_core.cli import main
from xpresso_core.rank_tests import ks_one_sided

GENES = 60


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in a folder with predictions, expression, names and two lists."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(1)
    genes = [f"ENSG{number:011d}" for number in range(GENES)]
    predicted = rng.normal(size=GENES)
    observed = 0.5 + 2 * predicted + rng.normal(0, 0.1, GENES)
    observed[:10] += 3
    observed[10:20] -= 3
    table = pd.DataFrame({"gene_id": genes, "observed": observed, "predicted": predicted})
    table.to_csv("predictions.tsv", sep="\t", index=False)
    names = pd.DataFrame({"ID": [f"{gene}.7" for gene in genes[:-1]], "SCORE": predicted[:-1]})
    names.to_csv("elsewhere.tsv", sep="\t", index=False)
    pd.DataFrame({"gene_id": genes, "log10": observed}).to_csv("expression.tsv", sep="\t", index=False)
    symbols = [f"ABC{number}" for number in range(GENES)]
    pd.DataFrame({"gene_id": genes, "gene_name": symbols}).to_csv("names.tsv", sep="\t", index=False)
    Path("up.txt").write_text("".join(f"Abc{number}\tsource\n" for number in range(10)) + "# remark\nNONE\n")
    Path("down.txt").write_text("".join(f"{gene}\n" for gene in genes[10:20]))
    return tmp_path


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = main(["residuals", *arguments])
    printed = capsys.readouterr()
    return code, printed.out, printed.err


def test_residuals_are_what_the_line_leaves(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "predictions.tsv", "-o", "out.tsv")
    assert (code, out) == (0, "")
    made, given = (pd.read_csv(name, sep="\t") for name in ("out.tsv", "predictions.tsv"))
    slope, intercept = np.polyfit(given["predicted"], given["observed"], 1)
    np.testing.assert_allclose(made["recalibrated"], intercept + slope * given["predicted"])
    np.testing.assert_allclose(made["residual"], given["observed"] - made["recalibrated"])
    np.testing.assert_allclose(made["raw_residual"], given["observed"] - given["predicted"])
    assert f"60 genes, r2 = {np.corrcoef(given['observed'], given['predicted'])[0, 1] ** 2:.3f}" in err


def test_groups_are_tested_and_corrected(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(
        capsys,
        *(
            "elsewhere.tsv",
            "--columns",
            "ID",
            "SCORE",
            "--expression",
            "expression.tsv",
            "--names",
            "names.tsv",
        ),
        *("--higher", "up.txt", "--lower", "down.txt", "--ignore-case", "-o", "out.tsv"),
    )
    assert code == 0
    assert "up.txt: 1 of 11 entries mean no one gene, such as NONE" in err
    rows = [line.split("\t") for line in out.splitlines()]
    table = pd.DataFrame(rows[1:], columns=rows[0]).set_index("name")
    assert table["n"].tolist() == ["10", "10"]
    assert table["expect"].tolist() == ["higher", "lower"]
    residual = pd.read_csv("out.tsv", sep="\t")["residual"]
    assert len(residual) == GENES - 1
    expected = [
        ks_one_sided(residual[:10], residual[20:], "higher").p,
        ks_one_sided(residual[10:20], residual[20:], "lower").p,
    ]
    np.testing.assert_allclose(table["p"].astype(float), expected)
    np.testing.assert_allclose(table["p_adjusted"].astype(float), false_discovery_control(expected))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["predictions.tsv", "--columns", "a", "b"], "--columns goes with --expression"),
        (["elsewhere.tsv"], "lacks the columns gene_id, observed, predicted"),
        (["elsewhere.tsv", "--expression", "expression.tsv"], "lacks the columns gene_id, predicted"),
        (["predictions.tsv", "--higher", "absent.txt"], "absent.txt: cannot be read"),
        (["predictions.tsv", "--higher", "up.txt", "--lower", "up.txt"], "the name 'up.txt' is taken"),
    ],
)
def test_mistakes_are_one_line_and_leave_nothing(
    here: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    code, out, err = run(capsys, *arguments, "-o", "out.tsv")
    assert (code, out) == (2, "")
    assert message in err
    assert not Path("out.tsv").exists()
    assert sum("error:" in line for line in err.splitlines()) == 1


def test_lists_of_one_name_in_two_folders_are_two_groups(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for folder in ("one", "two"):
        Path(folder).mkdir()
    Path("one/genes.txt").write_text("".join(f"ENSG{number:011d}\n" for number in range(10)))
    Path("two/genes.txt").write_text("".join(f"ENSG{number:011d}.4\n" for number in range(10, 20)))
    arguments = ("--higher", "one/genes.txt", "--lower", "two/genes.txt", "-o", "out.tsv")
    code, out, err = run(capsys, "predictions.tsv", *arguments)
    assert code == 0
    assert "mean no one gene" not in err
    assert [line.split("\t")[0] for line in out.splitlines()[1:]] == ["one/genes.txt", "two/genes.txt"]


def test_identifiers_of_the_predictions_are_found_beside_a_table_of_other_names(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("names.tsv").write_text("gene_id\tgene_name\nENSG00000000000\tABC0\n")
    Path("mixed.txt").write_text("ABC0\nENSG00000000001\nENSG00000000002.9\n")
    code, out, err = run(
        capsys, "predictions.tsv", "--names", "names.tsv", "--higher", "mixed.txt", "-o", "out.tsv"
    )
    assert code == 0
    assert "mean no one gene" not in err
    header, row = (line.split("\t") for line in out.splitlines())
    assert dict(zip(header, row, strict=True))["n"] == "3"
    assert pd.read_csv("out.tsv", sep="\t")["gene_name"].dropna().tolist() == ["ABC0"]


def test_versions_and_a_small_scale_do_not_matter(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        run(
            capsys,
            "elsewhere.tsv",
            "--columns",
            "ID",
            "SCORE",
            "--expression",
            "expression.tsv",
            "-o",
            "a.tsv",
        )[0]
        == 0
    )
    table = pd.read_csv("elsewhere.tsv", sep="\t")
    table.assign(SCORE=table["SCORE"] * 1e-7).to_csv("small.tsv", sep="\t", index=False)
    expression = pd.read_csv("expression.tsv", sep="\t")
    expression.assign(gene_id=expression["gene_id"] + ".3").to_csv("expression.tsv", sep="\t", index=False)
    code, _, err = run(
        capsys, "small.tsv", "--columns", "ID", "SCORE", "--expression", "expression.tsv", "-o", "b.tsv"
    )
    assert code == 0
    assert "constant" not in err
    plain, small = (pd.read_csv(name, sep="\t") for name in ("a.tsv", "b.tsv"))
    assert small["gene_id"].tolist() == plain["gene_id"].tolist()
    np.testing.assert_allclose(small["residual"], plain["residual"], atol=1e-9)


def test_the_output_is_no_input(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = run(capsys, "predictions.tsv", "-o", "predictions.tsv")
    assert code == 2
    assert "is an input" in err


def test_wrong_and_constant_predictions_are_told(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = pd.read_csv("predictions.tsv", sep="\t")
    for name, values, message in (
        ("wrong", -table["predicted"], "point the wrong way"),
        ("flat", 0 * table["predicted"], "the predictions are constant"),
    ):
        table.assign(predicted=values).to_csv(f"{name}.tsv", sep="\t", index=False)
        code, _, err = run(capsys, f"{name}.tsv", "-o", "out.tsv")
        assert code == 0
        assert message in err
