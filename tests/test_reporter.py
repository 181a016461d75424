"""A reporter assay beside expression: measured where it should be, and told what is wrong with it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyBigWig
import pytest

from xpresso_core.errors import InputError
from xpresso_core.expression import dataset_expression
from xpresso_core.files import read_json, write_table
from xpresso_core.reporter import compare_activity, measure, measured, write_activity, write_signal
from xpresso_core.reporter_sites import reporter_sites

GENES = 60


def genes() -> pd.DataFrame:
    """Return genes 3 kb apart on alternating strands."""
    return pd.DataFrame(
        {
            "gene_id": [f"G{number:02d}" for number in range(GENES)],
            "chrom": "1",
            "strand": ["+", "-"] * (GENES // 2),
            "tss": 5_000 + 3_000 * np.arange(GENES),
        }
    )


def planted() -> np.ndarray:
    return np.random.default_rng(0).lognormal(1, 1, GENES).astype(np.float32).astype(float)


@pytest.fixture
def bigwigs(tmp_path: Path) -> dict[str, Path]:
    """Write each gene's activity into 400 of the 1,000 bases around its TSS, on its own strand."""
    table = genes().assign(activity=planted())
    files = {}
    for strand in "+-":
        files[strand] = tmp_path / f"{strand}.bw"
        with pyBigWig.open(str(files[strand]), "w") as bigwig:
            bigwig.addHeader([("chr1", 300_000), ("chr2", 1_000)])
            rows = table[table["strand"] == strand]
            starts = (rows["tss"] - 100).tolist()
            ends = (rows["tss"] + 300).tolist()
            bigwig.addEntries(["chr1"] * len(rows), starts, ends=ends, values=rows["activity"].tolist())
    return files


def test_the_own_strands_mean_over_covered_bases_is_measured(bigwigs: dict[str, Path]) -> None:
    signal = measure(reporter_sites(genes()).sites, bigwigs["+"], bigwigs["-"], 1000)
    assert list(signal["gene_id"]) == list(genes()["gene_id"])
    np.testing.assert_allclose(signal["mean"], planted(), rtol=1e-6)
    assert (signal["size"] == 1000).all()
    assert (signal["covered"] == 400).all()
    assert (signal["mean_other_strand"] == 0).all()


def test_order_of_the_genes_does_not_matter(bigwigs: dict[str, Path]) -> None:
    sites = reporter_sites(genes()).sites
    shuffled = sites.sample(frac=1, random_state=1)
    one, other = (measure(table, bigwigs["+"], bigwigs["-"], 1000) for table in (sites, shuffled))
    pd.testing.assert_frame_equal(
        one.set_index("gene_id"), other.set_index("gene_id").loc[one["gene_id"]], check_exact=True
    )


def labels(noise: float = 0.0) -> pd.DataFrame:
    rng = np.random.default_rng(5)
    value = np.log10(planted() + 0.1)
    return pd.DataFrame({"gene_id": genes()["gene_id"], "log10": 2 * value + noise * rng.normal(size=GENES)})


def test_perfect_activity_explains_everything(bigwigs: dict[str, Path]) -> None:
    signal = measure(reporter_sites(genes()).sites, bigwigs["+"], bigwigs["-"], 1000)
    found = compare_activity(signal, labels())
    assert found.metrics["n"] == GENES
    assert found.metrics["r2"] == pytest.approx(1, abs=1e-6)
    assert found.metrics["warnings"] == []
    assert found.metrics["joint"] is None


def test_swapped_strands_are_found_out(bigwigs: dict[str, Path], tmp_path: Path) -> None:
    signal = measure(reporter_sites(genes()).sites, bigwigs["-"], bigwigs["+"], 1000)
    with_signal = signal.assign(mean=np.random.default_rng(1).random(GENES), covered=400)
    warnings = compare_activity(with_signal, labels()).metrics["warnings"]
    assert any("plus and minus are probably swapped" in warning for warning in warnings)
    with pytest.raises(
        InputError, match=r"activity is the same for all 60 genes.*plus and minus are swapped"
    ):
        compare_activity(signal, labels())
    right = measure(reporter_sites(genes()).sites, bigwigs["+"], bigwigs["-"], 1000)
    assert compare_activity(right, labels()).metrics["warnings"] == []


def test_joint_model_is_ordinary_least_squares(bigwigs: dict[str, Path]) -> None:
    signal = measure(reporter_sites(genes()).sites, bigwigs["+"], bigwigs["-"], 1000)
    expression = labels(noise=0.5)
    rng = np.random.default_rng(2)
    predictions = pd.DataFrame(
        {"gene_id": genes()["gene_id"][:50], "predicted": expression["log10"][:50] + rng.normal(size=50)}
    )
    found = compare_activity(signal, expression, predictions)
    joint, table = found.metrics["joint"], found.table.iloc[:50]
    design = np.column_stack([np.ones(50), table["reporter"], table["predicted"]])
    weights = np.linalg.lstsq(design, table["observed"].to_numpy())[0]
    np.testing.assert_allclose(list(joint["coefficients"].values()), weights)
    np.testing.assert_allclose(table["joint"], design @ weights)
    assert joint["n"] == 50
    assert joint["r2_joint"] == pytest.approx(np.corrcoef(design @ weights, table["observed"])[0, 1] ** 2)
    assert joint["r2_joint"] >= max(joint["r2_reporter"], joint["r2_predictions"])
    assert found.table["joint"].iloc[50:].isna().all()


def tables(folder: Path, plus: str, minus: str) -> tuple[Path, Path]:
    paths = folder / "plus.tab", folder / "minus.tab"
    for path, text in zip(paths, (plus, minus), strict=True):
        path.write_text(text)
    return paths


def test_tables_that_were_measured_already(tmp_path: Path) -> None:
    plus, minus = tables(tmp_path, "A\t1000\t10\t5\t0.005\t0.5\n", "B\t1000\t0\t0\t0\t0\n")
    signal = measured(plus, minus)
    assert signal[["gene_id", "strand", "mean"]].to_numpy().tolist() == [["A", "+", 0.5], ["B", "-", 0.0]]
    write_signal(plus, minus, None, tmp_path / "signal.tsv", sample_around_center=None)
    assert list(pd.read_csv(tmp_path / "signal.tsv", sep="\t")["gene_id"]) == ["A", "B"]


def test_a_gene_on_both_strands_is_refused(tmp_path: Path) -> None:
    line = "A\t1000\t10\t5\t0.005\t0.5\n"
    with pytest.raises(InputError, match="the gene A is in the tables of both strands"):
        measured(*tables(tmp_path, line, line))


def test_other_identifiers_are_told(bigwigs: dict[str, Path]) -> None:
    signal = measure(reporter_sites(genes()).sites, bigwigs["+"], bigwigs["-"], 1000)
    with pytest.raises(
        InputError, match=r"only 0 genes have both activity and expression \(G00, G01, G02 against X00"
    ):
        compare_activity(signal, labels().assign(gene_id=lambda table: "X" + table["gene_id"].str[1:]))


def test_no_shared_chromosome(bigwigs: dict[str, Path]) -> None:
    sites = reporter_sites(genes().assign(chrom="7")).sites
    with pytest.raises(InputError, match=r"no chromosome is shared: 7 against chr1, chr2"):
        measure(sites, bigwigs["+"], bigwigs["-"], 1000)


def test_genes_on_a_chromosome_that_the_bigwig_lacks_are_left_out_and_told(bigwigs: dict[str, Path]) -> None:
    several = genes().assign(chrom=["1"] * (GENES - 20) + ["5"] * 20)
    signal = measure(reporter_sites(several).sites, bigwigs["+"], bigwigs["-"], 1000)
    assert (signal["problem"] == "chromosome not in the bigWig").sum() == 20
    found = compare_activity(signal, labels())
    assert (found.metrics["n"], found.metrics["absent"], found.metrics["uncovered"]) == (GENES - 20, 20, 0)
    assert found.metrics["r2"] == pytest.approx(1, abs=1e-6)
    assert any("20 genes are left out" in warning for warning in found.metrics["warnings"])


def test_windows_off_the_end_are_told(bigwigs: dict[str, Path]) -> None:
    near = genes()
    near.loc[0, "tss"] = 300
    near.loc[1, "tss"] = 299_900
    signal = measure(reporter_sites(near).sites, bigwigs["+"], bigwigs["-"], 1000)
    assert list(signal["problem"][:3]) == ["window leaves the chromosome"] * 2 + [""]
    found = compare_activity(signal, labels())
    assert found.metrics["beyond"] == 2
    assert any("2 windows leave their chromosome" in warning for warning in found.metrics["warnings"])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"mean": 3.0}, "the activity is the same for all 60 genes"),
        ({"mean": -0.5}, "the mean signal of G00 is -0.5"),
        ({"gene_id": "G07"}, "the gene G07 is there twice"),
    ],
)
def test_signal_that_tells_nothing_is_refused(
    bigwigs: dict[str, Path], change: dict[str, object], message: str
) -> None:
    signal = measure(reporter_sites(genes()).sites, bigwigs["+"], bigwigs["-"], 1000)
    with pytest.raises(InputError, match=message):
        compare_activity(signal.assign(**change), labels())


@pytest.mark.parametrize(
    ("predicted", "message"),
    [
        ([1.0] * GENES, "the prediction is the same for all 60 genes"),
        ([np.inf, *range(1, GENES)], "a prediction is infinite"),
        ([1.0, 2.0, 3.0, 4.0] + [np.nan] * (GENES - 4), "only 4 genes have both activity and a prediction"),
    ],
)
def test_predictions_that_tell_nothing_are_refused_and_nothing_is_written(
    bigwigs: dict[str, Path], tmp_path: Path, predicted: list[float], message: str
) -> None:
    write_table(measure(reporter_sites(genes()).sites, bigwigs["+"], bigwigs["-"], 1000), tmp_path / "s.tsv")
    write_table(labels(), tmp_path / "e.tsv")
    write_table(pd.DataFrame({"gene_id": genes()["gene_id"], "predicted": predicted}), tmp_path / "p.tsv")
    inputs = tmp_path / "s.tsv", None, tmp_path / "e.tsv", tmp_path / "p.tsv"
    with pytest.raises(InputError, match=message):
        write_activity(*inputs, tmp_path / "activity.tsv", tmp_path / "metrics.json", seed=1)
    assert not (tmp_path / "activity.tsv").exists()
    assert not (tmp_path / "metrics.json").exists()


def test_files_of_the_stage(bigwigs: dict[str, Path], tmp_path: Path) -> None:
    write_table(reporter_sites(genes()).sites, tmp_path / "sites.tsv")
    signal, sites = tmp_path / "signal.tsv", tmp_path / "sites.tsv"
    write_signal(bigwigs["+"], bigwigs["-"], sites, signal, sample_around_center=1000)
    write_table(labels(), tmp_path / "expression.tsv")
    out = tmp_path / "activity.tsv", tmp_path / "metrics.json"
    write_activity(signal, sites, tmp_path / "expression.tsv", None, *out, seed=1)
    metrics = read_json(out[1])
    assert metrics["origins"] == {"same assembly": GENES}
    assert metrics["r2"] == pytest.approx(1, abs=1e-6)
    assert len(pd.read_csv(out[0], sep="\t")) == GENES


@pytest.mark.real
def test_sure_explains_half_of_the_variance_in_k562(real_data: Path) -> None:
    """The paper's Figure 4D: r2 = 0.53; 18,658 genes of the published table have K562 expression."""
    name = "GSE78709_sure23.plasmid.norm.combined.45.55.{}.promoters.bigWigSignal"
    signal = measured(*(real_data / "published" / name.format(strand) for strand in ("plus", "minus")))
    matrix = real_data / "human_mini" / "57epigenomes.RPKM.pc.gz"
    predictions = pd.read_csv(real_data / "published" / "human_median_predictions.tsv", sep="\t")
    predictions.columns = pd.Index(["gene_id", "predicted"])
    found = compare_activity(signal, dataset_expression(matrix, column="E123"), predictions)
    assert found.metrics["n"] == 18_658
    assert found.metrics["r2"] == pytest.approx(0.531, abs=5e-4)
    joint = found.metrics["joint"]
    assert joint["r2_joint"] > max(joint["r2_reporter"], joint["r2_predictions"]) + 0.02
