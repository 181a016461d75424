"""The figure of a locus: what it says and shows, what it leaves out, and that nothing in it overlaps."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from figures import words
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch, StepPatch
from matplotlib.text import Text
from test_gene_models import placed

from xpresso_core import plots_tracks
from xpresso_core.errors import InputError
from xpresso_core.gene_models import models_in, read_gene_models
from xpresso_core.plots_tracks import COLUMNS, ISLAND, PANEL_POINTS, PROMOTER, STRANDS, UNKNOWN, Locus, locus

UNIT = "log10(RPKM + 0.1)"
START, END, STEP = 1_000_000, 1_020_000, 100
GENES = placed(
    ("ALPHA", "chr1", 1_004_000, 1_009_000, "+"),
    ("BETA", "chr1", 1_010_000, 1_015_001, "-"),
    ("GAMMA", "chr2", 1_010_000, 1_015_000, "-"),
)
ISLANDS = pd.DataFrame({"chrom": ["chr1"], "start": [1_003_500], "end": [1_004_700]})
STATES = pd.DataFrame(
    {
        "chrom": "chr1",
        "start": [1_000_000, 1_003_000, 1_005_000],
        "end": [1_003_000, 1_005_000, 1_020_000],
        "name": ["15_Quies", "1_TssA", "5_TxWk"],
    }
)
CAGE = pd.DataFrame(
    {
        "chrom": "chr1",
        "start": [1_004_000, 1_014_990, 5_000_000],
        "end": [1_004_010, 1_015_000, 5_000_001],
        "strand": ["+", "-", "+"],
        "value": [999.0, 9.0, 1e9],
    }
)


def region(start: int = START, end: int = END, **changes: Any) -> Locus:
    """Return a region in which the prediction is 0 everywhere but 1 and 2 at the TSSs of ALPHA and BETA."""
    positions = np.arange(start, end + STEP, STEP, dtype=np.int64)
    plus, minus = np.zeros(positions.size), np.zeros(positions.size)
    plus[positions == 1_004_000] = 1.0
    minus[positions == 1_015_000] = 2.0
    return replace(Locus("chr1", start, end, positions, plus, minus, STEP, UNIT), **changes)


def everything(**changes: Any) -> Locus:
    given = {"genes": GENES, "islands": ISLANDS, "states": {"K562 states": STATES}, "cage": CAGE}
    return region(**(given | changes))


@pytest.fixture
def figures(monkeypatch: pytest.MonkeyPatch) -> list[Figure]:
    """Return the list to which every figure is added when it is saved."""
    found: list[Figure] = []
    save = Figure.savefig

    def spy(figure: Figure, *arguments: Any, **options: Any) -> None:
        found.append(figure)
        save(figure, *arguments, **options)

    monkeypatch.setattr(Figure, "savefig", spy)
    return found


def draw(path: Path, data: Locus, **options: Any) -> str:
    locus(path, "A locus", data, **options)
    return " ".join(words(path).split())


def titles(figure: Figure) -> list[str]:
    return [axes.get_title(loc="left") for axes in figure.axes]


def patches(axes: Axes, colour: str) -> list[Any]:
    rgb = tuple(int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return [patch for patch in axes.patches if np.allclose(patch.get_facecolor()[:3], rgb, atol=1e-3)]


def spans(axes: Axes, colour: str) -> list[tuple[int, int]]:
    """Return the boxes of a colour as whole bases."""
    found = []
    for patch in patches(axes, colour):
        assert isinstance(patch, PathPatch)
        corners = patch.get_path().vertices.reshape(-1, 5, 2)[:, :, 0]
        found += [(round(box.min() * 1e6), round(box.max() * 1e6)) for box in corners]
    return sorted(found)


def steps(axes: Axes, colour: str) -> StepPatch:
    (patch,) = [patch for patch in patches(axes, colour) if isinstance(patch, StepPatch)]
    return patch


def overlapping(figure: Figure) -> list[tuple[str, str]]:
    """Return the pairs of texts that overlap, and those that are not wholly in the figure."""
    shown = [
        (text.get_text(), text.get_window_extent())
        for panel in figure.axes
        for axes in (panel, *panel.child_axes)
        for text in _drawn(axes)
        if text.get_text().strip()
    ]
    for legend in figure.legends:
        shown += [(text.get_text(), text.get_window_extent()) for text in legend.get_texts()]
    shown += [(text.get_text(), text.get_window_extent()) for text in figure.texts]
    # The first lines of titles and messages end above the next: boxes touch by a fraction of a point.
    boxes = [(name, box.shrunk(1.0, 0.9)) for name, box in shown]
    pairs = [
        (name, other)
        for number, (name, box) in enumerate(boxes)
        for other, place in boxes[:number]
        if box.overlaps(place)
    ]
    frame = figure.bbox
    return pairs + [
        (name, "the edge")
        for name, box in boxes
        if box.x0 < frame.x0 or box.x1 > frame.x1 or box.y0 < frame.y0 or box.y1 > frame.y1
    ]


def _drawn(axes: Axes) -> list[Text]:
    """Return the texts of a panel that show: of ticks, those inside the limits."""
    found = [*axes.texts, axes.title, axes.xaxis.label, axes.yaxis.label]
    found += [
        text
        for text in axes.findobj(Text)
        if text.get_text() and text.get_text() == axes.get_title(loc="left")
    ]
    for axis, (low, high) in ((axes.xaxis, sorted(axes.get_xlim())), (axes.yaxis, sorted(axes.get_ylim()))):
        ticks = axis.get_major_ticks()
        found += [
            tick.label1 for tick in ticks if tick.label1.get_visible() and low <= tick.get_loc() <= high
        ]
    legend = axes.get_legend()
    return found + (legend.get_texts() if legend else [])


# what is said -------------------------------------------------------------------------------------------------


def test_the_message_compares_tss_with_the_rest(tmp_path: Path, figures: list[Figure]) -> None:
    text = draw(tmp_path / "a.svg", everything())
    assert (
        f"The mean prediction is 1.50 {UNIT} at annotated TSSs on their own strand, and 0.00 elsewhere. TSSs among the"
        " highest 5 % of bins of their strand: 2 of 2." in text
    )
    for word in (
        f"Predicted expression on the + strand, {UNIT}", f"Predicted expression on the − strand, {UNIT}",
        "Protein-coding genes", "ALPHA", "BETA", "CpG islands", "K562 states", "position on chromosome 1 (Mb)",
        "+ strand", "− strand", "annotated TSS", "promoter state", "other state", "1,000",
        "CAGE signal, tags on the scale of log10(1 + x): + strand upwards, − strand downwards",
    ):  # fmt: skip
        assert word in text, word
    assert "GAMMA" not in text
    assert "no prediction" not in text
    assert overlapping(figures[0]) == []


def test_a_tss_is_among_the_highest_bins_of_its_strand_or_not(tmp_path: Path) -> None:
    rising = np.arange(201) / 100
    for tss, high in ((1_019_000, 0), (1_019_100, 1)):
        data = region(genes=placed(("A", "1", tss, 1_030_000, "+")), plus=rising, minus=rising + 9)
        assert f"highest 5 % of bins of their strand: {high} of 1." in draw(tmp_path / "a.svg", data)


def test_a_tss_belongs_to_the_bin_around_it(tmp_path: Path) -> None:
    for tss, mean in ((1_003_949, "0.00"), (1_003_950, "1.00"), (1_004_049, "1.00"), (1_004_050, "0.00")):
        genes = placed(("A", "1", tss, 1_012_000, "+"))
        assert f"is {mean} {UNIT} at annotated TSSs" in draw(tmp_path / "a.svg", region(genes=genes))


def test_a_tss_on_the_other_strand_or_without_a_prediction_does_not_count(tmp_path: Path) -> None:
    genes = placed(("A", "1", 1_004_000, 1_012_000, "+"), ("B", "1", 1_000_500, 1_015_001, "-"))
    data = region(genes=genes)
    data.plus[data.positions == 1_004_000] = np.nan
    text = draw(tmp_path / "a.svg", data)
    assert f"is 2.00 {UNIT} at annotated TSSs" in text
    assert "of their strand: 1 of 1." in text
    data.minus[:] = np.nan
    data.plus[0] = 20.1
    text = draw(tmp_path / "a.svg", data)
    assert f"No annotated TSS with a prediction is in the region; the mean prediction is 0.10 {UNIT}." in text


def test_the_message_can_be_given(tmp_path: Path) -> None:
    text = draw(tmp_path / "a.svg", everything(), message="Look at ALPHA.")
    assert "Look at ALPHA." in text
    assert "The mean prediction" not in text


def test_dollars_in_names_are_dollars(tmp_path: Path) -> None:
    genes = placed(("A$B$", "1", 1_004_000, 1_012_000, "+"))
    assert "A$B$" in draw(tmp_path / "a.svg", region(genes=genes))


# what is drawn ------------------------------------------------------------------------------------------------


def test_only_what_is_given_has_a_panel(tmp_path: Path, figures: list[Figure]) -> None:
    text = draw(tmp_path / "a.svg", region(genes=GENES[2:]))
    assert len(figures[0].axes) == 2, "no gene is here"
    assert "No annotated TSS with a prediction is in the region" in text
    for word in ("genes", "CpG", "state", "CAGE", "\nannotated TSS\n"):
        assert word not in words(tmp_path / "a.svg")
    for name, given in (("CpG islands", {"islands": ISLANDS}), ("K562", {"states": {"K562": STATES}})):
        assert name in draw(tmp_path / "a.svg", region(**given))
        assert len(figures[-1].axes) == 3, given


def test_predictions_fill_their_bins_on_one_scale(tmp_path: Path, figures: list[Figure]) -> None:
    draw(tmp_path / "a.svg", region())
    for axes, strand, top in zip(figures[0].axes, "+-", (1_004_000, 1_015_000), strict=True):
        values, edges, _ = steps(axes, STRANDS[strand]).get_data()
        highest = int(np.nanargmax(values))
        assert (edges[highest : highest + 2] * 1e6).round().tolist() == [top - 50, top + 50]
        assert edges[0] * 1e6 == START
        assert edges[-1] * 1e6 == END
        assert values.max() == {"+": 1.0, "-": 2.0}[strand]
    first, second = (axes.get_ylim() for axes in figures[0].axes)
    assert first == second
    assert figures[0].axes[-1].get_xlim() == (START / 1e6, END / 1e6)


def test_bins_without_a_prediction_are_grey_wherever_they_are(tmp_path: Path, figures: list[Figure]) -> None:
    data = region()
    far = (data.positions > 1_006_000) & (data.positions < 1_016_000)
    data = replace(data, positions=data.positions[far], plus=data.plus[far], minus=data.minus[far])
    data.plus[20:30] = np.nan
    text = draw(tmp_path / "a.svg", data)
    assert "no prediction" in text
    found = []
    for axes in figures[0].axes:
        values, edges, _ = steps(axes, UNKNOWN).get_data()
        empty = np.flatnonzero(~np.isnan(values))
        found.append(sum(round((edges[at + 1] - edges[at]) * 1e6) for at in empty))
    assert found == [6000 + 4000 + 1000, 6000 + 4000], "whole steps"


def test_peaks_survive_where_bins_are_many(tmp_path: Path, figures: list[Figure]) -> None:
    data = region(0, 5_000_000)
    draw(tmp_path / "a.svg", data)
    for axes, strand, top in zip(figures[0].axes, "+-", (1_004_000, 1_015_000), strict=True):
        values, edges, _ = steps(axes, STRANDS[strand]).get_data()
        assert len(values) <= COLUMNS
        highest = int(np.nanargmax(values))
        assert edges[highest] * 1e6 <= top < edges[highest + 1] * 1e6
        assert np.count_nonzero(values) == 1


def test_tss_marks_are_of_their_strand(tmp_path: Path, figures: list[Figure]) -> None:
    draw(tmp_path / "a.svg", region(genes=GENES))
    marks = [axes.lines[0] for axes in figures[0].axes[:2]]
    assert [(line.get_xdata() * 1e6).round().tolist() for line in marks] == [[1_004_000], [1_015_000]]
    assert [line.get_color() for line in marks] == [STRANDS["+"], STRANDS["-"]]
    draw(tmp_path / "a.svg", region(genes=GENES.assign(tss=[1_004_321, 1_014_321, 0])))
    marks = [axes.lines[0] for axes in figures[1].axes[:2]]
    assert [(line.get_xdata() * 1e6).round().tolist() for line in marks] == [[1_004_321], [1_014_321]]


def test_genes_are_lines_with_exons_and_thicker_coding_parts(tmp_path: Path, figures: list[Figure]) -> None:
    genes = GENES[:1].assign(
        exons=[[(1_004_000, 1_005_000), (1_007_000, 1_009_000)]], coding=[[(1_004_500, 1_005_000)]]
    )
    draw(tmp_path / "a.svg", region(genes=genes))
    axes = figures[0].axes[2]
    assert spans(axes, STRANDS["+"]) == [
        (1_004_000, 1_005_000), (1_004_000, 1_009_000), (1_004_500, 1_005_000), (1_007_000, 1_009_000),
    ]  # fmt: skip
    (patch,) = patches(axes, STRANDS["+"])
    heights = np.ptp(patch.get_path().vertices.reshape(-1, 5, 2)[:, :, 1], axis=1)
    assert heights[0] < heights[1] == heights[2] < heights[3]
    assert patches(axes, STRANDS["-"]) == []
    heads = axes.lines[0].get_xdata() * 1e6
    assert heads.max() > 1_009_000, "behind the end"
    assert ((heads > 1_005_000) & (heads < 1_007_000)).any(), "in the intron"


def test_promoter_states_are_red_and_others_grey(tmp_path: Path, figures: list[Figure]) -> None:
    names = ["15_Quies", "10_TssBiv", "7_Enh"]
    draw(tmp_path / "a.svg", region(islands=ISLANDS, states={"x": STATES.assign(name=names)}))
    axes = figures[0].axes[2]
    assert spans(axes, PROMOTER) == [(1_003_000, 1_005_000)]
    assert spans(axes, plots_tracks.OTHER_STATE) == [(1_000_000, 1_003_000), (1_005_000, 1_020_000)]
    assert spans(axes, ISLAND) == [(1_003_500, 1_004_700)]


@pytest.mark.parametrize(
    ("name", "promoter"),
    [
        ("1_TssA", True), ("2_TssAFlnk", True), ("10_TssBiv", True), ("TSS", True), ("PF", True), ("22_PromP", True),
        ("3_Poised_Promoter", True), ("15_Quies", False), ("7_Enh", False), ("5_TxWk", False), ("CTCF", False),
        ("R", False), ("PFX", False),
    ],
)  # fmt: skip
def test_names_of_promoter_states(name: str, promoter: bool) -> None:
    assert bool(plots_tracks.PROMOTER_STATE.search(name)) == promoter


def test_tiny_boxes_are_seen(tmp_path: Path, figures: list[Figure]) -> None:
    islands = pd.DataFrame({"chrom": "1", "start": [1_500_000, 3_000_000], "end": [1_500_001, 3_900_000]})
    draw(tmp_path / "a.svg", region(0, 4_500_000, islands=islands))
    first, second = spans(figures[0].axes[2], ISLAND)
    assert first[1] - first[0] == 4_500_000 // COLUMNS
    assert second == (3_000_000, 3_900_000)


def test_cage_goes_up_and_down_on_a_log_scale(tmp_path: Path, figures: list[Figure]) -> None:
    draw(tmp_path / "a.svg", region(cage=CAGE, cage_unit="reads"))
    axes = figures[0].axes[2]
    values = {strand: steps(axes, colour).get_data().values for strand, colour in STRANDS.items()}
    assert values["+"].max() == pytest.approx(3.0)
    assert values["-"].min() == pytest.approx(-1.0)
    assert values["+"].min() == values["-"].max() == 0
    assert axes.get_ylim() == pytest.approx((-3.24, 3.24))
    assert "CAGE signal, reads on" in titles(figures[0])[2]
    assert "none in the region" in draw(tmp_path / "a.svg", region(cage=CAGE[2:]))


# room ---------------------------------------------------------------------------------------------------------


def crowd(genes: int, start: int = START, end: int = END) -> pd.DataFrame:
    rng = np.random.default_rng(genes)
    starts = np.sort(rng.integers(start - 1000, end - 500, genes))
    sizes = rng.integers(200, max(400, (end - start) // 10), genes)
    return placed(
        *(
            (f"GENE{number}L{'A' * (number % 9)}", "chr1", int(at), int(at + size), "+-"[number % 2])
            for number, (at, size) in enumerate(zip(starts, sizes, strict=True))
        )
    )


@pytest.mark.parametrize("genes", [1, 12, 90])
def test_no_texts_overlap_however_many_genes(tmp_path: Path, figures: list[Figure], genes: int) -> None:
    long = "GM12878 chromatin states of eighteen kinds"
    data = everything(genes=crowd(genes), states={"K562": STATES, long: STATES})
    locus(tmp_path / "a.svg", "A crowded locus " * 9, data)
    assert overlapping(figures[0]) == []
    assert (
        min(axes.get_window_extent().width for axes in figures[0].axes) * 72 / figures[0].dpi > PANEL_POINTS
    )
    axes = figures[0].axes[2]
    shown = [text.get_text() for text in axes.texts]
    for text in axes.texts:
        box = text.get_window_extent().transformed(axes.transData.inverted())
        row = np.ceil(max(box.y0, box.y1))
        assert row - 0.78 < min(box.y0, box.y1) < max(box.y0, box.y1) < row - 0.21, "between rows of genes"
    if genes <= 12:
        assert len(shown) == genes
        assert titles(figures[0])[2] == "Protein-coding genes"
    else:
        assert 8 < len(shown) < genes
        assert titles(figures[0])[2] == f"Protein-coding genes ({len(shown)} of {genes} names have room)"


@pytest.mark.real
def test_real_genes_of_800_kb_make_a_small_file(
    real_data: Path, tmp_path: Path, figures: list[Figure]
) -> None:
    models = read_gene_models(real_data / "human_mini" / "genes.gtf.gz")
    start, end = 33_000_000, 33_800_000
    rng = np.random.default_rng(0)
    positions = np.arange(start, end, STEP, dtype=np.int64)
    plus, minus = rng.normal(size=(2, positions.size))
    here = models_in(models, "chr21", start, end)
    at = np.sort(rng.integers(start, end, 20_000))
    cage = pd.DataFrame(
        {"chrom": "21", "start": at, "end": at + 1, "strand": "+", "value": rng.gamma(1, 9, at.size)}
    )
    edges = np.arange(start, end, 400)
    names = np.where(rng.random(edges.size) < 0.1, "1_TssA", "15_Quies")
    states = pd.DataFrame({"chrom": "21", "start": edges, "end": edges + 400, "name": names})
    data = Locus(
        "chr21",
        start,
        end,
        positions,
        plus,
        minus,
        STEP,
        UNIT,
        models,
        None,
        {"x": states, "y": states},
        cage,
    )
    text = draw(tmp_path / "a.svg", data)  # checks the size
    assert all(re.search(rf"\b{name}\b", text) for name in here["gene_name"])
    assert "of their strand: " in text
    assert overlapping(figures[0]) == []


def test_same_input_same_bytes(tmp_path: Path) -> None:
    for name in ("a.svg", "b.svg"):
        draw(tmp_path / name, everything(genes=crowd(30)))
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


def test_chromosomes_may_be_spelt_either_way(tmp_path: Path) -> None:
    draw(tmp_path / "a.svg", everything())
    draw(tmp_path / "b.svg", replace(everything(), chrom="1"))
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


def test_what_is_outside_the_region_changes_nothing(tmp_path: Path) -> None:
    draw(tmp_path / "a.svg", everything())
    data = everything(start=0, end=2_000_000)
    wide = everything(positions=data.positions, plus=data.plus.copy(), minus=data.minus.copy())
    wide.plus[wide.positions < START - STEP] = 99.0
    draw(tmp_path / "b.svg", wide)
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


# refusals -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"start": 5, "end": 5}, "locus chr1:5-5: the region is empty"),
        ({"start": -5}, "the region is empty"),
        ({"plus": np.zeros(3)}, r"arrays of \[3, 201\] bins do not fit each other"),
        ({"step": 0}, "0 bases a step"),
        ({"step": 300}, "positions are not rising multiples of 300"),
        ({"positions": np.full(201, START)}, "positions are not rising multiples of 100"),
        ({"start": 5_000_000, "end": 5_001_000}, "there is no prediction in the region"),
        ({"plus": np.full(201, np.nan), "minus": np.full(201, np.nan)}, "there is no prediction in the region"),
        ({"genes": GENES.drop(columns="coding")}, "gene models: the table has no column coding"),
        ({"islands": ISLANDS.drop(columns="end")}, "CpG islands: the table has no column end"),
        ({"states": {"x": STATES.drop(columns="name")}}, "chromatin states x: the table has no column name"),
        ({"cage": CAGE.drop(columns="value")}, "CAGE signal: the table has no column value"),
        ({"cage": CAGE.assign(value=-1.0)}, "CAGE signal: a value is missing, infinite or below 0"),
        ({"cage": CAGE.assign(value=np.nan)}, "CAGE signal: a value is missing, infinite or below 0"),
    ],
)  # fmt: skip
def test_what_cannot_be_drawn(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        locus(tmp_path / "a.svg", "A locus", replace(everything(), **change))
    assert list(tmp_path.iterdir()) == []
