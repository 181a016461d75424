"""Nothing half-written is left behind, and broken files get one clear message."""

from __future__ import annotations

import gzip
import os
import threading
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from xpresso_core.errors import ConfigError, InputError, XpressoError
from xpresso_core.files import (
    atomic_path,
    flags,
    open_binary,
    open_text,
    read_json,
    read_table,
    sha256,
    write_gzip,
    write_json,
    write_table,
)


def test_a_finished_file_takes_its_name_and_leaves_nothing_else(tmp_path: Path) -> None:
    with atomic_path(tmp_path / "new" / "a.txt") as draft:
        draft.write_text("whole")
        assert not (tmp_path / "new" / "a.txt").exists()
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["a.txt"]


def test_an_error_leaves_the_old_file_and_no_draft(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("old")

    def write_half() -> None:
        with atomic_path(tmp_path / "a.txt") as draft:
            draft.write_text("half")
            draft.with_name("none").rename(tmp_path / "b.txt")

    with pytest.raises(FileNotFoundError):
        write_half()
    assert (tmp_path / "a.txt").read_text() == "old"
    assert len(list(tmp_path.iterdir())) == 1


def test_a_folder_replaces_a_folder(tmp_path: Path) -> None:
    for text in ("first", "second"):
        with atomic_path(tmp_path / "folder") as draft:
            draft.mkdir()
            (draft / text).write_text(text)
    assert [path.name for path in (tmp_path / "folder").iterdir()] == ["second"]


def test_tables_come_back(tmp_path: Path) -> None:
    frame = pd.DataFrame({"gene_id": ["001", "NA"], "value": [1.5, None]})
    write_table(frame, tmp_path / "t.tsv")
    assert (tmp_path / "t.tsv").read_text() == "gene_id\tvalue\n001\t1.5\nNA\t\n"
    back = read_table(tmp_path / "t.tsv", ["gene_id", "value"], {"gene_id": str})
    pd.testing.assert_frame_equal(back, frame, check_dtype=False)


def test_a_missing_column_is_named_with_those_there(tmp_path: Path) -> None:
    (tmp_path / "t.tsv").write_text("a\tb\n1\t2\n")
    with pytest.raises(InputError, match="lacks the column c. It has: a, b"):
        read_table(tmp_path / "t.tsv", ["a", "c"])


@pytest.mark.parametrize("text", ["", "a\tb\n1\n2\t3\t4\n"])
def test_what_is_no_table_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "t.tsv").write_text(text)
    with pytest.raises(InputError, match="is not a tab-separated table"):
        read_table(tmp_path / "t.tsv")


def test_damaged_gzip_and_missing_files_are_named(tmp_path: Path) -> None:
    data = bytearray(gzip.compress(b"gene\n" * 5000))
    data[60] ^= 0xFF
    (tmp_path / "t.gz").write_bytes(bytes(data))
    with pytest.raises(InputError, match="damaged or cut short"), open_text(tmp_path / "t.gz") as handle:
        handle.read()
    with pytest.raises(InputError, match="No such file"), open_text(tmp_path / "none") as handle:
        handle.read()


def test_json_and_checksums(tmp_path: Path) -> None:
    write_json({"b": 1, "a": [1.5]}, tmp_path / "x.json")
    assert read_json(tmp_path / "x.json") == {"a": [1.5], "b": 1}
    assert sha256(tmp_path / "x.json") == sha256(tmp_path / "x.json")
    (tmp_path / "x.json").write_text("{")
    with pytest.raises(InputError, match="is not JSON"):
        read_json(tmp_path / "x.json")


def test_an_error_says_where_what_and_remedy() -> None:
    error = ConfigError("the key is wrong", where="config.yaml", remedy="Mend it")
    assert isinstance(error, XpressoError)
    assert str(error) == "config.yaml: the key is wrong. Mend it"
    assert str(XpressoError("alone")) == "alone"


def test_a_link_keeps_pointing_and_its_target_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "real.txt").write_text("old")
    (tmp_path / "link.txt").symlink_to(tmp_path / "real.txt")
    with atomic_path(tmp_path / "link.txt") as draft:
        draft.write_text("new")
    assert (tmp_path / "link.txt").is_symlink()
    assert (tmp_path / "real.txt").read_text() == "new"


def test_a_pipe_is_written_into_and_stays_a_pipe(tmp_path: Path) -> None:
    pipe, read = tmp_path / "pipe", []
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()))
    reader.start()
    with atomic_path(pipe) as draft:
        draft.write_text("through")
    reader.join(10)
    assert read == [b"through"]
    assert pipe.is_fifo()
    assert [path.name for path in tmp_path.iterdir()] == ["pipe"]


def test_a_file_does_not_take_the_place_of_a_folder(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()

    def write() -> None:
        with atomic_path(tmp_path / "folder") as draft:
            draft.write_text("x")

    with pytest.raises(IsADirectoryError) as caught:
        write()
    assert caught.value.filename == str(tmp_path / "folder")
    assert list((tmp_path / "folder").iterdir()) == []


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path: Path) -> None:
    (tmp_path / "t.tsv").write_bytes(b"\xef\xbb\xbfgene_id\tx\nA\t1\n")
    assert list(read_table(tmp_path / "t.tsv", ["gene_id"])) == ["gene_id", "x"]


def test_flags_are_read_from_booleans_and_from_text() -> None:
    for values in ([True, False, True], ["True", "False", "true"], [1, 0, 1]):
        assert flags(pd.Series(values)).tolist() == [True, False, True]


def test_gzip_depends_on_the_lines_alone(tmp_path: Path) -> None:
    for name in ("a.gz", "b.gz"):
        write_gzip((line for line in ("one", "zwei ü")), tmp_path / name)
    assert (tmp_path / "a.gz").read_bytes() == (tmp_path / "b.gz").read_bytes()
    with open_text(tmp_path / "a.gz") as handle:
        assert handle.read() == "one\nzwei ü\n"
    with pytest.raises(ZeroDivisionError):
        write_gzip((str(1 // number) for number in (1, 0)), tmp_path / "c.gz")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.gz", "b.gz"]


def archived(path: Path, members: Mapping[str, str]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return path


def text_of(path: Path, member: str | None = None) -> str:
    with open_text(path, member) as handle:
        return handle.read()


def test_an_archive_of_one_file_is_read_as_that_file(tmp_path: Path) -> None:
    path = archived(tmp_path / "a.txt", {"one": "gene\r\nzwei ü\n"})
    assert text_of(path) == text_of(path, "one") == "gene\nzwei ü\n"
    with open_binary(path) as handle:
        assert handle.readline() == b"gene\r\n"
        assert handle.read() == "zwei ü\n".encode()
    assert read_table(archived(tmp_path / "t.zip", {"t": "a\tb\n1\t2\n"}))["b"].tolist() == [2]


def test_folders_and_what_a_mac_adds_are_no_files_of_an_archive(tmp_path: Path) -> None:
    path = archived(tmp_path / "a.zip", {"folder/": "", "folder/a": "x", "__MACOSX/a": "junk"})
    with zipfile.ZipFile(path) as archive:
        assert len(archive.namelist()) == 3
    assert text_of(path) == text_of(path, "folder/a") == "x"


def test_of_several_files_one_is_to_be_named(tmp_path: Path) -> None:
    path = archived(tmp_path / "a.zip", {f"m{number:02d}": str(number) for number in range(12)})
    assert text_of(path, "m07") == "7"
    with pytest.raises(
        InputError, match=r"a\.zip: holds 12 files\. Name the member, one of: m00, .*m09, \.\.\.$"
    ):
        text_of(path)
    with pytest.raises(InputError, match=r"a\.zip: holds no file m7\. Name the member, one of: m00, "):
        text_of(path, "m7")


def test_an_archive_of_no_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"a\.zip: holds 0 files\. Fetch the archive again$"):
        text_of(archived(tmp_path / "a.zip", {}))


@pytest.mark.parametrize("length", [4, 30, 60, -1])
def test_an_archive_cut_short_is_named(tmp_path: Path, length: int) -> None:
    whole = archived(tmp_path / "a.zip", {"a": "gene\n" * 5000}).read_bytes()
    (tmp_path / "b.zip").write_bytes(whole[:length])
    with pytest.raises(InputError, match=r"b\.zip: the compressed file is damaged or cut short"):
        text_of(tmp_path / "b.zip")


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_damaged_archive_is_named(tmp_path: Path, method: int) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w", method) as archive:
        archive.writestr("a", "gene\n" * 5000)
    data = bytearray((tmp_path / "a.zip").read_bytes())
    data[50] ^= 0xFF
    (tmp_path / "a.zip").write_bytes(bytes(data))
    with pytest.raises(InputError, match=r"a\.zip: the compressed file is damaged or cut short"):
        text_of(tmp_path / "a.zip")


def test_the_kind_is_told_by_the_content_not_the_name(tmp_path: Path) -> None:
    (tmp_path / "plain.zip").write_text("gene\n")
    (tmp_path / "packed.zip").write_bytes(gzip.compress(b"gene\n"))
    for name in ("plain.zip", "packed.zip"):
        assert text_of(tmp_path / name) == "gene\n"


@pytest.mark.parametrize("text", ["PKM\n", "PK", "PK\n1\n"])
def test_text_may_begin_with_the_letters_of_a_zip_archive(tmp_path: Path, text: str) -> None:
    (tmp_path / "a").write_text(text)
    assert text_of(tmp_path / "a") == text


@pytest.mark.parametrize("data", [b"gene\n", b"", gzip.compress(b"gene\n")], ids=["plain", "empty", "gzip"])
def test_only_archives_have_members(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a.txt").write_bytes(data)
    with pytest.raises(InputError, match=r"a\.txt: is no zip archive, and one\.txt is to be read from one"):
        text_of(tmp_path / "a.txt", "one.txt")


def test_encrypted_members_are_told(tmp_path: Path) -> None:
    path = archived(tmp_path / "a.zip", {"one.txt": "gene\n"})
    data = bytearray(path.read_bytes())
    for magic, flags_at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(magic) + flags_at] |= 1
    path.write_bytes(bytes(data))
    with pytest.raises(InputError, match=r"a\.zip: one\.txt is encrypted, or packed in an unusual way"):
        text_of(path)


def test_a_damaged_archive_of_another_packing_is_named(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("a", "".join(f"gene {number}\n" for number in range(5000)))
    data = bytearray((tmp_path / "a.zip").read_bytes())
    data[60:200] = bytes(140)
    (tmp_path / "a.zip").write_bytes(bytes(data))
    with pytest.raises(InputError, match=r"a\.zip: the compressed file is damaged or cut short"):
        text_of(tmp_path / "a.zip")


def test_an_archive_cannot_come_from_standard_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = archived(tmp_path / "a.zip", {"one": "gene\n"})
    with path.open(encoding="utf-8", errors="replace") as handle:
        monkeypatch.setattr("sys.stdin", handle)
        with pytest.raises(InputError, match="standard input: a zip archive cannot be read"):
            text_of(Path("-"))


def table_in(folder: Path, *lines: str, **options: Any) -> pd.DataFrame:
    (folder / "t.tsv").write_text("".join(f"{line}\n" for line in lines))
    return read_table(folder / "t.tsv", **options)


def test_a_tab_at_the_end_of_data_lines_is_nothing(tmp_path: Path) -> None:
    plain = table_in(tmp_path, "a\tb", "1\t2", "3\t4")
    pd.testing.assert_frame_equal(table_in(tmp_path, "a\tb", "1\t2\t", "3\t4\t"), plain)
    pd.testing.assert_frame_equal(table_in(tmp_path, "a\tb", "1\t2\t", "3\t4"), plain)
    assert plain["a"].tolist() == [1, 3]


@pytest.mark.parametrize(
    "lines",
    [
        ("1\t2\t5", "3\t4\t6"),
        ("1\t2", "3\t4\t6"),
        ("1\t2\t5", "3\t4"),
        ("1\t2\t", "3\t4\t6"),
        ("1\t2\t\t", "3\t4\t\t"),
    ],
)
def test_more_values_than_columns_are_refused(tmp_path: Path, lines: tuple[str, str]) -> None:
    with pytest.raises(InputError, match=r"t\.tsv: is not a tab-separated table"):
        table_in(tmp_path, "a\tb", *lines)


def test_a_value_that_is_no_number_is_told_with_its_column_and_line(tmp_path: Path) -> None:
    dtype = {"name": str, "x": np.float64, "y": np.float64}
    with pytest.raises(InputError, match=r"t\.tsv, column y, line 3: is not a tab-separated table .*much"):
        table_in(tmp_path, "name\tx\ty", "few\t1\t2", "NA\t1\tmuch", "b\tmany\t3", dtype=dtype | {"x": str})
    with pytest.raises(InputError, match=r"t\.tsv, column x, line 4: "):
        table_in(tmp_path, "name\tx\ty", "few\t1\t2", "NA\t\t3", "b\tmany\t3", dtype=dtype)
    with pytest.raises(InputError, match=r"t\.tsv, column n, line 2: "):
        table_in(tmp_path, "n", "one", dtype={"n": np.int64})


def test_empty_lines_count_among_the_lines_of_a_table(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"t\.tsv, column x, line 5: "):
        table_in(tmp_path, "x", "", "1", "", "many", dtype={"x": np.float64})


def test_a_table_from_standard_input_is_refused_in_one_message(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "t.tsv").write_text("x\nmany\n")
    with (tmp_path / "t.tsv").open(encoding="utf-8") as handle:
        monkeypatch.setattr("sys.stdin", handle)
        with pytest.raises(InputError, match="is not a tab-separated table .*many"):
            read_table("-", dtype={"x": np.float64})
