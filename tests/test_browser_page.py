"""The page of tracks holds what it was given, is shown by igv.js without any request, and finds genes by name."""

from __future__ import annotations

import base64
import hashlib
import json
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyBigWig
import pytest
from chromium import chromium

from xpresso_core.browser_page import write_page
from xpresso_core.browser_tracks import FeatureTrack, Signal, SignalTrack, Track, signal_of_bins
from xpresso_core.errors import InputError
from xpresso_core.plots import COLOURS

ROOT = Path(__file__).resolve().parents[1]
IGV = ROOT / "resources" / "igv"
SIZES = {"chr1": 1_000_030, "chr2": 500_000}
NASTY = """</script><img src=x onerror="window.broken=1">&"\u2028'"""

Floats = npt.NDArray[np.float64]


def signal(values: Floats, first: int = 0, **more: Any) -> SignalTrack:
    positions = first + 100 * np.arange(len(values), dtype=np.int64)
    chosen = {"name": "predicted, + strand", "unit": "log10 RPKM", "colour": COLOURS["main"], "chrom": "chr1"}
    chosen = chosen | more
    bins = signal_of_bins(chosen.pop("chrom"), positions, values, 100)
    return SignalTrack(**chosen, signals=[bins])


def genes() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "gene_name": ["Abc1", "XYZ-2", NASTY],
            "chrom": "chr1",
            "start": [400_000, 700_000, 900_000],
            "end": [420_000, 704_000, 901_000],
            "strand": ["+", "-", "+"],
            "exons": [[(400_000, 401_000), (415_000, 420_000)], [(700_000, 704_000)], [(900_000, 901_000)]],
            "coding": [[(400_500, 401_000), (415_000, 419_000)], [(700_100, 703_000)], []],
        }
    )


class Scripts(HTMLParser):
    """Collects the scripts of a page, and its title, as a browser would take them apart."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.scripts: list[str] = []
        self.title, self.policy, self._inside = "", "", ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside = tag
        if tag == "script":
            self.scripts.append("")
        if ("http-equiv", "Content-Security-Policy") in attrs:
            self.policy = dict(attrs)["content"] or ""

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside == "script":
            self.scripts[-1] += data
        if self._inside == "title":
            self.title += data


@pytest.fixture
def plain_igv(tmp_path: Path) -> Path:
    """Return a folder as of igv.fetch_igv with a small script that would break a page if pasted as it is."""
    folder = tmp_path / "igv"
    folder.mkdir()
    (folder / "igv.min.js").write_text(
        'const igv = "</script><!--";\n//# sourceMappingURL=igv.min.js.map\n', encoding="utf-8"
    )
    (folder / "LICENSE").write_text("The MIT License <here>\n", encoding="utf-8")
    (folder / "VERSION").write_text("0.0.1\n", encoding="utf-8")
    return folder


def written(path: Path, igv: Path, tracks: list[Track], **more: Any) -> str:
    settings: dict[str, Any] = {
        "title": "Toy",
        "assembly": "toy1",
        "sizes": SIZES,
        "locus": "chr1:1-1,000,030",
    }
    write_page(path, igv=igv, tracks=tracks, **(settings | more))
    return path.read_text(encoding="utf-8")


def held(text: str) -> list[dict[str, Any]]:
    tracks: list[dict[str, Any]] = json.loads(Scripts(text).scripts[0])["tracks"]
    return tracks


def bins(track: dict[str, Any], folder: Path) -> list[tuple[int, int, float]]:
    path = folder / "held.bw"
    path.write_bytes(base64.b64decode(track["bigwig"]))
    with pyBigWig.open(str(path)) as bigwig:
        return [(start, end, round(value, 3)) for start, end, value in bigwig.intervals("chr1")]


def test_bins_are_held_with_gaps_and_cut_off_at_both_ends(tmp_path: Path, plain_igv: Path) -> None:
    values = np.linspace(-1, 2, 10_001).round(3)
    values[[17, 18, 500]] = np.nan
    [track] = held(written(tmp_path / "page.html", plain_igv, [signal(values)]))
    expected = [
        (max(0, 100 * i - 50), min(SIZES["chr1"], 100 * i + 50), round(float(value), 3))
        for i, value in enumerate(values)
        if np.isfinite(value)
    ]
    assert np.array(bins(track, tmp_path)) == pytest.approx(np.array(expected), abs=1e-6)
    assert track["name"] == "predicted, + strand (log10 RPKM)"


def test_scattered_intervals_are_held_too(tmp_path: Path, plain_igv: Path) -> None:
    rng = np.random.default_rng(0)
    edges = np.sort(rng.choice(1_000_000, 2000, replace=False)).astype(np.int64)
    values = rng.normal(size=1000).round(3)
    given = SignalTrack("CAGE", "tags", COLOURS["second"], [Signal("chr1", edges[::2], edges[1::2], values)])
    [track] = held(written(tmp_path / "page.html", plain_igv, [given]))
    expected = list(zip(edges[::2].tolist(), edges[1::2].tolist(), values.tolist(), strict=True))
    assert np.array(bins(track, tmp_path)) == pytest.approx(np.array(expected), abs=1e-6)


def test_a_track_may_span_chromosomes(tmp_path: Path, plain_igv: Path) -> None:
    parts = [signal_of_bins(chrom, np.arange(100, 400, 100), np.ones(3), 100) for chrom in ("chr2", "chr1")]
    given = SignalTrack("predicted", "z-score", COLOURS["main"], parts)
    sizes = {"chr1": 1000, "chr2": 2000}
    text = written(tmp_path / "page.html", plain_igv, [given], sizes=sizes, locus="chr2:1-900")
    [track] = held(text)
    assert len(bins(track, tmp_path)) == 3
    with pyBigWig.open(str(tmp_path / "held.bw")) as bigwig:
        assert bigwig.chroms() == sizes
        assert bigwig.intervals("chr2") == bigwig.intervals("chr1")
    with pytest.raises(InputError, match="a chromosome comes twice"):
        SignalTrack("predicted", "z-score", COLOURS["main"], [parts[0], parts[0]])


def test_signals_of_one_unit_share_their_range(tmp_path: Path, plain_igv: Path) -> None:
    plus, minus = signal(np.array([-0.96, 1.0])), signal(np.array([0.5, 3.0]), name="predicted, - strand")
    other = signal(np.array([7.0, 200.0]), unit="tags")
    [first, second, third] = held(written(tmp_path / "page.html", plain_igv, [plus, minus, other]))
    assert (first["min"], first["max"]) == (second["min"], second["max"])
    assert -1.1 <= first["min"] <= -0.96
    assert 3.5 < first["max"] < 4.2  # room for the name
    assert third["min"] == 0
    assert third["max"] > 200


def test_genes_are_held_with_their_exons(tmp_path: Path, plain_igv: Path) -> None:
    given = FeatureTrack("genes", genes(), searchable=True)
    [track] = held(written(tmp_path / "page.html", plain_igv, [given]))
    assert track["searchable"]
    assert track["rows"] == [
        ["chr1", 400_000, 420_000, "Abc1", "+", [0, 1000, 15_000, 20_000], [400_500, 419_000]],
        ["chr1", 700_000, 704_000, "XYZ-2", "-", [0, 4000], [700_100, 703_000]],
        ["chr1", 900_000, 901_000, NASTY, "+", [0, 1000], []],
    ]
    islands = FeatureTrack("CpG islands", genes()[["chrom", "start", "end"]])
    [track] = held(written(tmp_path / "page.html", plain_igv, [islands]))
    assert track["rows"][0] == ["chr1", 400_000, 420_000, "", ".", [], []]


def test_no_word_breaks_out_of_its_place(tmp_path: Path, plain_igv: Path) -> None:
    tracks: list[Track] = [signal(np.ones(3)), FeatureTrack("genes", genes(), searchable=True)]
    text = written(tmp_path / "page.html", plain_igv, tracks, title=NASTY, note=NASTY)
    page = Scripts(text)
    assert len(page.scripts) == 3
    assert page.title == NASTY
    assert held(text)[1]["rows"][2][3] == NASTY
    assert "<img" not in text.replace(page.scripts[2], "")
    assert "sourceMappingURL" not in text
    assert page.scripts[1] == 'const igv = "\\x3c/script>\\x3c!--";\n'


def test_only_the_two_scripts_of_the_page_may_run_and_nothing_may_be_fetched(
    tmp_path: Path, plain_igv: Path
) -> None:
    page = Scripts(written(tmp_path / "page.html", plain_igv, [signal(np.ones(3))]))
    digests = [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in page.scripts[1:]]
    rules = dict(rule.strip().split(" ", 1) for rule in page.policy.split(";"))
    assert rules["script-src"].split() == [f"'sha256-{digest}'" for digest in digests]
    assert rules["default-src"] == "'none'"
    assert rules["img-src"] == "data: blob:"


def test_the_same_input_gives_the_same_bytes(tmp_path: Path, plain_igv: Path) -> None:
    tracks: list[Track] = [signal(np.sin(np.arange(5000.0))), FeatureTrack("genes", genes())]
    first = written(tmp_path / "first.html", plain_igv, tracks)
    assert written(tmp_path / "second.html", plain_igv, tracks) == first


def test_without_igv_the_remedy_is_named(tmp_path: Path) -> None:
    with pytest.raises(
        InputError, match=r"no igv.min.js, LICENSE, VERSION. Type: python -m xpresso_core.igv"
    ):
        written(tmp_path / "page.html", tmp_path / "none", [signal(np.ones(3))])
    assert not (tmp_path / "page.html").exists()


@pytest.mark.parametrize(
    "locus", ["chr1", "chr3:1-2", "chr1:0-5", "chr1:7-5", "chr1:1-1,000,031", "chr1:,-5"]
)
def test_a_wrong_place_is_refused(tmp_path: Path, plain_igv: Path, locus: str) -> None:
    with pytest.raises(InputError, match="is no place on the chromosomes shown"):
        written(tmp_path / "page.html", plain_igv, [signal(np.ones(3))], locus=locus)


@pytest.mark.parametrize(
    ("tracks", "more", "why"),
    [
        ([], {}, "there is no track to show"),
        ([signal(np.ones(3), chrom="chr7")], {}, "is not among the chromosomes shown"),
        ([signal(np.ones(3), first=1_000_100)], {}, "goes to base 1,000,251 of chr1, which has 1,000,030"),
        ([FeatureTrack("genes", genes())], {"sizes": {"chr1": 900_500}}, "goes to base 901,000 of chr1"),
        ([signal(np.ones(3))], {"sizes": {}}, "there is no chromosome"),
        ([signal(np.ones(3))], {"sizes": SIZES | {"a:b": 5}}, "'a:b' cannot be moved along"),
    ],
    ids=["none", "unknown", "beyond", "feature", "no_sizes", "bad_name"],
)
def test_tracks_off_the_map_are_refused(
    tmp_path: Path, plain_igv: Path, tracks: list[Track], more: dict[str, Any], why: str
) -> None:
    with pytest.raises(InputError, match=why):
        written(tmp_path / "page.html", plain_igv, tracks, **({"locus": "chr1:1-900"} | more))


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"values": np.full(3, np.nan)}, "no value to draw"),
        ({"values": np.array([1.0, np.inf, 0.0])}, "infinite"),
        ({"values": np.ones(2)}, "have the shapes"),
        ({"starts": np.array([150, 50, 250])}, "out of order"),
        ({"starts": np.array([-1, 50, 150])}, "begin before the chromosome"),
        ({"colour": "red"}, "'red' is no colour"),
        ({"name": "<b>"}, "'<b>' cannot stand on a track"),
        ({"unit": " "}, "' ' cannot stand on a track"),
    ],
    ids=["nan", "infinite", "shapes", "order", "negative", "colour", "name", "unit"],
)
def test_bad_signals_are_refused(change: dict[str, Any], why: str) -> None:
    given = signal(np.ones(3))
    arrays = {name: value for name, value in change.items() if name in Signal._fields}
    words = {name: value for name, value in change.items() if name not in Signal._fields}
    signals = [given.signals[0]._replace(**arrays)]
    with pytest.raises(InputError, match=why):
        replace(given, signals=signals, **words)


@pytest.mark.parametrize(
    ("table", "more", "why"),
    [
        (genes().drop(columns="end"), {}, "has no column end"),
        (genes().assign(end=400_000), {}, "a feature is empty"),
        (genes().drop(columns="gene_name"), {"searchable": True}, "without a name cannot be searched for"),
        (genes(), {"minus_colour": "#12345"}, "is no colour"),
    ],
    ids=["column", "empty", "names", "colour"],
)
def test_bad_features_are_refused(table: pd.DataFrame, more: dict[str, Any], why: str) -> None:
    with pytest.raises(InputError, match=why):
        FeatureTrack("genes", table, **more)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Return a headless Chromium that records what it asks for, or skip."""
    if not (IGV / "igv.min.js").is_file():
        pytest.skip("no igv.js in resources/igv (type: python -m xpresso_core.igv resources/igv)")
    with chromium(logs={"performance": "ALL", "browser": "ALL"}) as started:
        yield started


PEAK = 700_000
"""Where the toy signal is highest, within the gene XYZ-2."""


@pytest.fixture(scope="module")
def shown(browser: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Return the browser with a page of two strands, genes and islands drawn."""
    positions = np.arange(0, 1_000_000, 100)
    plus = -0.6 + 0.2 * np.sin(positions / 30_000)
    plus[2000:2100] = np.nan
    minus = plus + 2.5 * np.exp(-(((positions - PEAK) / 400) ** 2))
    tracks: list[Track] = [
        signal(plus),
        signal(minus, name="predicted, - strand", colour=COLOURS["accent"]),
        FeatureTrack("genes", genes(), COLOURS["main"], COLOURS["accent"], searchable=True),
        FeatureTrack("islands", genes()[["chrom", "start", "end"]].head(0), COLOURS["second"]),
    ]
    path = tmp_path_factory.mktemp("page") / "tracks.html"
    written(path, IGV, tracks, title=NASTY)
    browser.get(path.as_uri())
    until(browser, lambda: browser.execute_script("return Boolean(window.xpressoBrowser)"))
    return browser


def until(browser: Any, condition: Any) -> Any:
    from selenium.webdriver.support.ui import WebDriverWait

    return WebDriverWait(browser, 20, poll_frequency=0.1).until(lambda _: condition())


def search(browser: Any, text: str) -> Any:
    """Type into igv's own search box, and return it."""
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys

    root = browser.find_element(By.ID, "browser").shadow_root
    box = root.find_element(By.CSS_SELECTOR, ".igv-search-input")
    box.clear()
    box.send_keys(text + Keys.ENTER)
    return box


def message(browser: Any) -> str:
    return str(browser.execute_script("return document.getElementById('message').textContent"))


def bars(browser: Any, *colours: str) -> list[tuple[float, float, float]]:
    """Return left, width and height of the bars of some colours, in pixels, from igv's export as SVG."""
    drawn = ET.fromstring(browser.execute_script("return window.xpressoBrowser.toSVG()"))
    found = [rect.attrib for rect in drawn.iter("{http://www.w3.org/2000/svg}rect")]
    return [
        (float(rect["x"]), float(rect["width"]), float(rect["height"]))
        for rect in found
        if rect.get("fill", "").lower() in {colour.lower() for colour in colours}
    ]


def peak_height(browser: Any) -> float:
    """Return how high the bar of the peak must be, in pixels: its share of the axis, of 130 - 1 pixels."""
    low, high = browser.execute_script(
        "const t = window.xpressoBrowser.trackViews.map((v) => v.track).filter((t) => t.type === 'wig');"
        "return [t[1].dataRange.min, t[1].dataRange.max]"
    )
    value = -0.6 + 0.2 * np.sin(PEAK / 30_000) + 2.5
    return float(129 * (value - low) / (high - low))


@pytest.mark.browser
@pytest.mark.parametrize("name", ["XYZ-2", "xyz-2"])
def test_a_gene_is_found_and_its_peak_is_drawn_where_it_is(shown: Any, name: str) -> None:
    search(shown, "chr1:1-1,000,030")
    until(shown, lambda: "chr1:1-" in locus(shown))
    box = search(shown, name)
    until(shown, lambda: box.get_property("value").startswith("chr1:6"))
    assert box.get_property("value") == "chr1:690,001-714,000"  # 10,000 bases on both sides of the gene
    assert message(shown) == ""
    frame = shown.execute_script(
        "const f = window.xpressoBrowser.referenceFrameList[0]; return [f.start, f.bpPerPixel]"
    )
    drawn = until(shown, lambda: [bar for bar in bars(shown, COLOURS["accent"]) if bar[2] > 60])
    left, width, height = max(drawn, key=lambda bar: bar[2])
    assert frame[0] + (left + width / 2) * frame[1] == pytest.approx(PEAK, abs=1.5 * frame[1])
    assert width * frame[1] == pytest.approx(100, abs=1.5 * frame[1])  # igv.js rounds to whole pixels
    assert height == pytest.approx(peak_height(shown), abs=0.5)
    assert bars(shown, COLOURS["main"]) == []  # the plus strand stays below zero, in its tint


def locus(browser: Any) -> str:
    return str(browser.execute_script("return window.xpressoBrowser.referenceFrameList[0].getLocusString()"))


@pytest.mark.browser
def test_zoomed_out_the_peak_keeps_its_height_and_the_gap_is_empty(shown: Any) -> None:
    search(shown, "chr1:1-1,000,030")
    until(shown, lambda: locus(shown).startswith("chr1:1-"))
    [scale] = shown.execute_script("return [window.xpressoBrowser.referenceFrameList[0].bpPerPixel]")
    tall = until(shown, lambda: [bar for bar in bars(shown, COLOURS["accent"]) if bar[2] > 60])
    assert {round((left + width / 2) * scale / 5000) * 5000 for left, width, _ in tall} == {PEAK}
    assert max(height for _, _, height in tall) == pytest.approx(peak_height(shown), abs=0.5)
    tint = shown.execute_script(
        "return window.xpressoBrowser.trackViews.map((v) => v.track).find((t) => t.type === 'wig').altColor"
    )
    plus = bars(shown, tint)
    centres = np.array([(left + width / 2) * scale for left, width, _ in plus])
    assert len(centres) > 500
    assert not ((centres > 200_000) & (centres < 209_000)).any()


@pytest.mark.browser
def test_a_wrong_name_gives_a_message_and_moves_nothing(shown: Any) -> None:
    search(shown, "chr1:100,000-200,000")
    until(shown, lambda: locus(shown) == "chr1:100,000-200,000")
    search(shown, "<b>nosuch")
    until(shown, lambda: message(shown))
    assert message(shown).startswith("Nothing called \u201c<b>nosuch\u201d is on this page. It knows 3 names")
    assert locus(shown) == "chr1:100,000-200,000"
    search(shown, "ABC1")
    until(shown, lambda: locus(shown).startswith("chr1:390,"))
    assert message(shown) == ""


@pytest.mark.browser
def test_nothing_is_asked_for_and_no_name_runs(shown: Any) -> None:
    search(shown, "chr1:890,000-910,000")
    until(shown, lambda: locus(shown) == "chr1:890,000-910,000")
    search(shown, "nosuchgene")
    until(shown, lambda: "nosuchgene" in message(shown))
    events = [json.loads(entry["message"])["message"] for entry in shown.get_log("performance")]
    asked = [
        event["params"]["request"]["url"]
        for event in events
        if event["method"] == "Network.requestWillBeSent"
    ]
    assert [url.partition(":")[0] for url in asked] == ["file"]  # the page itself, and nothing else
    assert shown.get_log("browser") == []
    # A click on the gene with the nasty name, whose words igv.js takes for HTML.
    rectangle = shown.execute_script(
        "const view = window.xpressoBrowser.trackViews.find((v) => v.track.name === 'genes');"
        "const r = view.viewports[0].viewportElement.getBoundingClientRect(); return [r.x, r.y, r.width]"
    )
    click(shown, round(rectangle[0] + rectangle[2] * 0.525), round(rectangle[1] + 35))
    until(
        shown, lambda: any("inline event handler" in entry["message"] for entry in shown.get_log("browser"))
    )
    assert shown.execute_script("return window.broken") is None


def click(browser: Any, x: int, y: int) -> None:
    from selenium.webdriver.common.actions.action_builder import ActionBuilder

    action = ActionBuilder(browser)
    action.pointer_action.move_to_location(x, y).click()
    action.perform()
