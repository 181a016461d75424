"""The figure of a reporter assay."""

import numpy as np
import pandas as pd
import pytest
from figures import words

from xpresso_core.errors import InputError
from xpresso_core.plots_reporter import reporter_scatter


def activity(genes: int, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    observed = np.maximum(rng.normal(0.3, 1, genes), -1)
    reporter = np.maximum(0.7 * observed + rng.normal(0.3, 0.6, genes), -1)
    predicted = 0.5 * observed + rng.normal(0.1, 0.6, genes)
    terms = np.column_stack([np.ones(genes), reporter, predicted])
    joint = terms @ np.linalg.lstsq(terms, observed)[0]
    columns = {"observed": observed, "reporter": reporter, "predicted": predicted, "joint": joint}
    return pd.DataFrame(columns)


def draw(table: pd.DataFrame, path, **options) -> str:
    reporter_scatter(table, path, "SuRE", **options)
    return " ".join(words(path).split())


def percents(table: pd.DataFrame) -> list[str]:
    return [f"{100 * table.corr().loc['observed', name] ** 2:.1f} %" for name in table.columns[1:]]


def test_both_panels_tell_what_each_explains(tmp_path):
    table = activity(18_658)
    alone, predicted, joint = percents(table)
    text = draw(table, tmp_path / "a.svg", unit="log10(TPM + 0.1)")
    assert f"activity alone explains {alone} of the variance between genes, predictions alone" in text
    assert f"predictions alone {predicted}, both together {joint} (18,658 genes)." in text
    r2 = table.corr().loc["observed"] ** 2
    assert f"Activity alone: r² = {r2['reporter']:.3f}, n = 18,658 genes" in text
    assert f"Activity and predictions: r² = {r2['joint']:.3f}, n = 18,658 genes" in text
    for word in (
        "SuRE",
        "Promoter activity, log10(signal + 0.1)",
        "Observed log10(TPM + 0.1)",
        "Joint fit of activity and predictions, log10(TPM + 0.1)",
        "least squares",
        "Genes per 0.1 × 0.1 square",
    ):
        assert word in text


@pytest.mark.parametrize(
    "columns", [["observed", "reporter"], ["observed", "reporter", "predicted", "joint"]]
)
def test_without_predictions_one_panel_is_left(tmp_path, columns):
    table = activity(400).assign(predicted=np.nan, joint=np.nan)[columns]
    text = draw(table, tmp_path / "a.svg")
    assert f"Promoter activity explains {percents(table)[0]} of the variance between genes." in text
    assert "Activity alone: r² =" in text
    assert "predictions" not in text


def test_genes_without_a_prediction_are_in_the_left_panel_only(tmp_path):
    table = activity(400)
    table.loc[:99, ["predicted", "joint"]] = np.nan
    text = draw(table, tmp_path / "a.svg")
    assert "n = 400 genes" in text
    assert "n = 300 genes" in text
    assert f"alone explains {percents(table[100:])[0]} of the variance" in text
    assert "(300 genes)" in text


def test_warnings_stand_under_the_title(tmp_path):
    text = draw(activity(50), tmp_path / "a.svg", warnings=["Plus and minus are probably swapped."])
    assert "(50 genes). Plus and minus are probably swapped." in text


def test_constant_activity_explains_nothing(tmp_path):
    text = draw(activity(50)[["observed"]].assign(reporter=-1.0), tmp_path / "a.svg")
    assert "explains 0.0 % of the variance" in text
    assert "least squares" not in text


def test_same_input_same_bytes(tmp_path):
    for name in ("a.svg", "b.svg"):
        draw(activity(300), tmp_path / name)
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (activity(9).drop(columns="reporter"), "reporter assay: the table has no column reporter"),
        (activity(9).drop(columns="predicted"), "reporter assay: the table has no column predicted"),
        (activity(9).iloc[:0], "reporter assay: the table has no rows"),
        (activity(2), "reporter assay: 2 genes are too few"),
        (
            activity(9).replace({"reporter": {activity(9)["reporter"][4]: np.nan}}),
            "column reporter: 1 values",
        ),
        (activity(9).assign(predicted=np.nan), "column predicted: 9 values are missing"),
    ],
)
def test_tables_that_cannot_be_drawn(tmp_path, table, message):
    with pytest.raises(InputError, match=message):
        draw(table, tmp_path / "a.svg")
    assert list(tmp_path.iterdir()) == []
