"""What the tests of figures share."""

from pathlib import Path
from xml.etree import ElementTree

MAX_BYTES = 300_000


def words(path: Path) -> str:
    """Return the text of an SVG, after checking that it is small enough for a report."""
    assert path.stat().st_size < MAX_BYTES
    texts = ElementTree.parse(path).iter("{http://www.w3.org/2000/svg}text")
    return "\n".join("".join(text.itertext()).strip() for text in texts)
