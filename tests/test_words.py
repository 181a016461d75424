"""Words are joined, and say nothing to reStructuredText or Jinja."""

from __future__ import annotations

import jinja2
from docutils.core import publish_parts

from xpresso_core.words import and_, literal, plain


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
