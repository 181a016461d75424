"""BED files line by line: what is passed over, what is refused, and files within archives."""

from __future__ import annotations

import gzip
import zipfile
from pathlib import Path

import pytest

from xpresso_core.bed import bed_rows
from xpresso_core.errors import InputError

TEXT = "track name=x\n\n# remark\nchr1\t0\t10\tD1\nbrowser hide all\n2 5 6 D10 0\n"


def read(path: Path, columns: int = 3, member: str | None = None) -> list[tuple[str, int, int]]:
    return [row[:3] for row in bed_rows(path, columns, "Give BED", member)]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("compress", [bytes, gzip.compress])
def test_lines_are_read_and_remarks_passed_over(tmp_path: Path, end: str, compress: type[bytes]) -> None:
    path = tmp_path / "a.bed"
    path.write_bytes(compress(TEXT.replace("\n", end).encode()))
    rows = list(bed_rows(path, 4, "Give BED"))
    assert [row[:3] for row in rows] == [("chr1", 0, 10), ("2", 5, 6)]
    assert [row[3][3] for row in rows] == ["D1", "D10"]
    assert [row[4] for row in rows] == [f"{path}, line 4", f"{path}, line 6"]


def test_files_in_archives(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("K562/a.bed", "chr1\t0\t10\n")
        archive.writestr("GM/b.bed", "chr2\t3\t4\n")
    assert read(path, member="K562/a.bed") == [("chr1", 0, 10)]
    assert read(path, member="GM/b.bed") == [("chr2", 3, 4)]
    with pytest.raises(InputError, match=r"a\.zip: holds no file c\.bed.*K562/a\.bed, GM/b\.bed"):
        read(path, member="c.bed")
    with pytest.raises(InputError, match=r"a\.zip: holds 2 files"):
        read(path)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("chr1\t5", "the line has 2 columns"),
        ("chr1\t5\t6", "the line has 3 columns"),
        ("chr1\t-5\t6\tD1", "-5 and 6 are no start and end"),
        ("chr1\t5\t1e3\tD1", "5 and 1e3 are no start and end"),
        ("chr1\t5.0\t6\tD1", "5.0 and 6 are no start and end"),
        ("chr1\t6\t6\tD1", "the interval 6-6 has no bases"),
        ("chr1\t7\t6\tD1", "the interval 7-6 has no bases"),
    ],
)
def test_malformed_lines_are_named(tmp_path: Path, line: str, message: str) -> None:
    (tmp_path / "a.bed").write_text(f"# title\nchr1\t0\t1\tD1\n{line}\n")
    with pytest.raises(InputError, match=rf"a\.bed, line 3: {message}. Give BED"):
        read(tmp_path / "a.bed", 4)
