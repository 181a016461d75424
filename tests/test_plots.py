"""The common look of the figures."""

import re

import pytest
from figures import words

from xpresso_core.errors import InputError
from xpresso_core.plots import COLOURS, bases, canvas, percent


def draw(path, title="A title", message="A message"):
    with canvas(path, 4, 2, title, message) as figure:
        axes = figure.subplots()
        axes.plot([0, 1], [0, 1], color=COLOURS["main"])
        axes.set_xlabel("Price ($ or €), $x_1$")


def test_text_stays_text_and_dollars_stay_dollars(tmp_path):
    draw(tmp_path / "a.svg")
    text = words(tmp_path / "a.svg")
    assert "A title" in text
    assert "A message" in text
    assert "Price ($ or €), $x_1$" in text


def test_same_figure_same_bytes(tmp_path):
    for name in ("a.svg", "b.svg"):
        draw(tmp_path / name)
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


@pytest.mark.parametrize(("suffix", "magic"), [("png", b"\x89PNG"), ("pdf", b"%PDF"), ("svg", b"<?xml")])
def test_suffix_says_the_format(tmp_path, suffix, magic):
    draw(tmp_path / f"a.{suffix}")
    assert (tmp_path / f"a.{suffix}").read_bytes().startswith(magic)


def test_other_formats_are_refused(tmp_path):
    with pytest.raises(InputError, match=r"cannot be written as \.bmp"):
        draw(tmp_path / "a.bmp")


def test_nothing_is_left_of_a_figure_that_fails(tmp_path):
    def fail():
        with canvas(tmp_path / "a.svg", 4, 2, "t"):
            message = "half-way"
            raise ValueError(message)

    with pytest.raises(ValueError, match="half-way"):
        fail()
    assert list(tmp_path.iterdir()) == []


def test_long_headings_are_wrapped_above_the_body(tmp_path):
    draw(tmp_path / "short.svg")
    draw(tmp_path / "long.svg", title="many words " * 12, message="many more words " * 12)
    heights = [
        float(re.search(r'height="([\d.]+)pt"', (tmp_path / name).read_text()).group(1))
        for name in ("short.svg", "long.svg")
    ]
    assert heights[1] > heights[0] + 40
    lines = words(tmp_path / "long.svg").splitlines()
    assert max(map(len, lines)) <= 4 * 14


def test_numbers_are_written_for_people():
    assert percent(1, 3) == "33.3 %"
    assert percent(0, 0) == "0 %"
    assert [bases(number) for number in (0, 13, 1000, 2500, 1e6)] == [
        "0 bp",
        "13 bp",
        "1 kb",
        "2.5 kb",
        "1 Mb",
    ]
