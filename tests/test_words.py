"""Words are joined, and say nothing to reStructuredText or Jinja."""

from __future__ import annotations

import jinja2
import pytest
from docutils.core import publish_parts

from xpresso_core.words import and_, literal, p_equals, p_text, plain


def test_items_are_joined_as_people_do() -> None:
    assert [and_(items) for items in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == [
        "nothing", "a", "a and b", "a, b and c",
    ]  # fmt: skip


def test_escaped_text_comes_out_as_it_went_in() -> None:
    evil = r"{{ x }} {% y %} a_ `b` *c* |d| <e> [1]_ :f: \g"
    for page in (plain(evil), literal("results/<name>/x_y.tsv"), literal(evil)):
        text = jinja2.Environment().from_string(page).render()
        settings = {"halt_level": 1, "report_level": 1}
        publish_parts(text, writer="html", settings_overrides=settings)
    html = publish_parts(jinja2.Environment().from_string(plain(evil)).render(), writer="html")["html_body"]
    assert "{{ x }} {% y %} a_ `b` *c* |d| &lt;e&gt; [1]_ :f: \\g" in html


@pytest.mark.parametrize(
    ("p", "text"),
    [
        (None, "not tested"),
        (0.0, "< 1e-300"),
        (1e-310, "< 1e-300"),
        (3.14e-12, "3.1e-12"),
        (0.00094, "9.4e-04"),
        (0.0213, "0.021"),
        (1.0, "1"),
    ],
)
def test_p_values_in_words(p: float | None, text: str) -> None:
    assert p_text(p) == text
    if p is not None:
        assert p_equals(p) == ("P < 1e-300" if p < 1e-300 else f"P = {text}")
