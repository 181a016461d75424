"""What the first page says about tracks is what the files say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from xpresso_core.files import write_json
from xpresso_core.landing_tracks import track_words

AREAS = {"all": 0.811, "inside": 0.906, "outside": None}
FACTS: dict[str, Any] = {
    "aucs": [
        *({"score": "prediction", "tss": name, "random": name, "auc": area} for name, area in AREAS.items()),
        {"score": "prediction", "tss": "inside", "random": "all", "auc": 0.1},
        {"score": "cpg_island", "tss": "all", "random": "all", "auc": 0.789},
    ],
    "counts": {"values": 12_345},
    "strands": {"correlation": 0.337},
    "genes": 100,
    "unseen": 99,
    "regions": ["chr1:1-10", "chr2:1-20"],
    "tolerance": 500,
    "random_precision": 0.0062,
    "distances": {
        "peak": {"n": 1_234, "within_tolerance": 0.196},
        "random": {"n": 1_234, "within_tolerance": 0.004},
    },
}


def told(folder: Path, row: dict[str, Any], **changes: Any) -> str:
    write_json(FACTS | changes, folder / "summary.json")
    (line,) = track_words({"my_track": row}, {"my_track": folder})
    return line


def test_a_track_in_words(tmp_path: Path) -> None:
    assert told(tmp_path, {"experiment": "my_net", "fold": 3}) == (
        "**my\\_track** (fold 3 of my\\_net) predicts 12,345 bins of chr1\\:1-10, chr2\\:1-20, both strands together."
        " It has the higher prediction at a start site than at a random position in 81 % of the cases (AUROC), while"
        " being in a CpG island alone gives 79 %: 91 % within CpG islands, an unknown share outside. The two strands'"
        " predictions correlate by 0.34. Of the 100 genes there the model has not seen 99. Of 1,234 peaks 20 % lie"
        " within 500 bases of an annotated start site, of all positions 0.6 %."
    )


def test_what_is_not_known_is_left_out(tmp_path: Path) -> None:
    none = {"peak": {"n": 0, "within_tolerance": None}, "random": {"n": 0, "within_tolerance": None}}
    strands = {"correlation": None}
    text = told(tmp_path, {"model": "a.h5"}, genes=None, unseen=None, strands=strands, distances=none)
    assert text.startswith("**my\\_track** (a.h5) predicts")
    assert text.endswith(" There is no peak.")
    assert "correlate" not in text
    assert "The model may have been trained on these genes." in text
    assert "has not seen" not in text


def test_a_genome_of_many_pieces_is_not_listed_in_full(tmp_path: Path) -> None:
    text = told(tmp_path, {"model": "a.h5"}, regions=[f"c{number}" for number in range(100)])
    assert "bins of c0, c1, c2, c3 and 96 more, both" in text
