"""`xpresso sources check`, against a real server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from loopback import Shelf, http_server

from xpresso_core.cli import main
from xpresso_core.sources import fetch, read_registry
from xpresso_core.sources_registry import COLUMNS


@pytest.fixture
def web() -> Iterator[Shelf]:
    with http_server() as shelf:
        shelf.files["/there.tsv"] = b"a\tb\n"
        yield shelf


@pytest.fixture
def here(web: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in a folder with a registry of a file that is there, one that is not, and one of the user's."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("XPRESSO_DATA", raising=False)
    rows = [COLUMNS]
    for name, url in (
        ("there", f"{web.address}/there.tsv"),
        ("gone", f"{web.address}/gone.tsv"),
        ("mine", "{data_dir}/mine.tsv"),
    ):
        rows.append((name, url, "", "", "unknown", "1", "CC0", "A 2020", "expression", "A table"))
    (tmp_path / "config").mkdir()
    registry = tmp_path / "config" / "sources.tsv"
    registry.write_text("".join("\t".join(row) + "\n" for row in rows))
    return tmp_path


def statuses(text: str) -> dict[str, str]:
    header, *lines = text.splitlines()
    assert header == "id\tstatus\tdetail\turl"
    return dict(line.split("\t")[:2] for line in lines)


def test_every_state_is_told_and_none_fails_the_command(
    here: Path, web: Shelf, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["sources", "check"]) == 0
    told = capsys.readouterr()
    expected = {"there": "reachable", "gone": "missing", "mine": "unknown data folder"}
    assert statuses(told.out) == expected
    assert "1 reachable" in told.err
    source = read_registry(here / "config" / "sources.tsv")["there"]
    fetch(source, here / "there.tsv", lock=here / "resources" / "sources.lock.tsv")
    web.files["/there.tsv"] = b"another release\n"
    assert main(["sources", "check", "there"]) == 0
    assert statuses(capsys.readouterr().out) == {"there": "changed"}
    assert main(["sources", "check", "mine", "--data-dir", str(here)]) == 0
    assert statuses(capsys.readouterr().out) == {"mine": "missing"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["check", "ther"], "Did you mean 'there'?"),
        (["chek"], "invalid choice: 'chek'"),
        (["check", "--registry", "none.tsv"], "none.tsv"),
    ],
)
def test_wrong_arguments_are_told_in_one_line(
    here: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    assert main(["sources", *arguments]) == 2
    told = capsys.readouterr()
    assert told.err.startswith("xpresso: error: ")
    assert message in told.err
    assert told.err.count("\n") == 1
    assert told.out == ""
