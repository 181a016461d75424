"""Attributions on disk: what was computed, whole or not at all, in memory that does not grow."""

from __future__ import annotations

import tracemalloc
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from test_attribution import made, stream
from test_bundle import WINDOW

from xpresso_core import attribution
from xpresso_core.attribution import Attribution, Attributor, attribute_promoters
from xpresso_core.attribution_file import write_attributions
from xpresso_core.errors import InputError


def read(path: Path) -> dict[str, np.ndarray]:
    with np.load(path, allow_pickle=False) as archive:
        return dict(archive)


def batches(*sizes: int, positions: int = 60, features: int = 2) -> Iterator[tuple[list[str], Attribution]]:
    rng = np.random.default_rng(1)
    first = 0
    for size in sizes:
        promoter = rng.normal(size=(size, positions, 4)).astype(np.float32)
        halflife = rng.normal(size=(size, features)).astype(np.float32)
        yield [f"gène {number}" for number in range(first, first + size)], Attribution(promoter, halflife)
        first += size


@pytest.mark.parametrize("method", ["grad_input", "ism"])
def test_what_streams_through_is_what_is_computed_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    monkeypatch.setattr(attribution, "BATCH", 3)
    attributor = Attributor(made(1, 2), method)  # type: ignore[arg-type]
    out = tmp_path / "new" / "out.npz"
    assert write_attributions(attribute_promoters(attributor, stream(10)), out, progress=False) == 10
    found = read(out)
    assert sorted(found) == ["halflife", "ids", "promoter"]
    assert found["ids"].tolist() == [f"g{number}" for number in range(10)]
    codes = np.stack([one.codes for one in stream(10) if one.codes is not None])
    expected = attributor.attribute(codes)
    for name in ("promoter", "halflife"):
        assert found[name].dtype == np.dtype("<f4")
        assert found[name].shape == getattr(expected, name).shape
        np.testing.assert_allclose(found[name], getattr(expected, name), atol=1e-6)
    assert [path.name for path in out.parent.iterdir()] == ["out.npz"]


def test_every_bit_comes_back(tmp_path: Path) -> None:
    assert write_attributions(batches(3, 1, 5), tmp_path / "out.npz", progress=False) == 9
    found = read(tmp_path / "out.npz")
    parts = list(batches(3, 1, 5))
    np.testing.assert_array_equal(found["promoter"], np.concatenate([part.promoter for _, part in parts]))
    np.testing.assert_array_equal(found["halflife"], np.concatenate([part.halflife for _, part in parts]))
    assert found["ids"].tolist() == [name for names, _ in parts for name in names]
    with zipfile.ZipFile(tmp_path / "out.npz") as archive:
        assert archive.testzip() is None
        assert {member.compress_type for member in archive.infolist()} == {zipfile.ZIP_DEFLATED}


@pytest.mark.parametrize(("positions", "features"), [(0, 2), (60, 0)])
def test_models_without_promoter_or_features_leave_empty_arrays(
    tmp_path: Path, positions: int, features: int
) -> None:
    write_attributions(
        batches(3, 2, positions=positions, features=features), tmp_path / "out.npz", progress=False
    )
    found = read(tmp_path / "out.npz")
    assert found["promoter"].shape == (5, positions, 4)
    assert found["halflife"].shape == (5, features)


def test_a_failure_leaves_nothing_behind_and_keeps_what_was_there(tmp_path: Path) -> None:
    def failing() -> Iterator[tuple[list[str], Attribution]]:
        yield from batches(2)
        what = "bad promoter"
        raise InputError(what)

    with pytest.raises(InputError, match="bad promoter"):
        write_attributions(failing(), tmp_path / "out.npz", progress=False)
    assert list(tmp_path.iterdir()) == []
    write_attributions(batches(1), tmp_path / "out.npz", progress=False)
    before = (tmp_path / "out.npz").read_bytes()
    with pytest.raises(InputError, match="bad promoter"):
        write_attributions(failing(), tmp_path / "out.npz", progress=False)
    assert (tmp_path / "out.npz").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["out.npz"]


def test_no_gene_makes_no_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"out\.npz: there is no promoter to explain"):
        write_attributions(iter(()), tmp_path / "out.npz", progress=False)
    assert list(tmp_path.iterdir()) == []


def test_memory_does_not_grow_with_the_number_of_promoters(tmp_path: Path) -> None:
    part = Attribution(np.zeros((10, WINDOW.length, 4), np.float32), np.zeros((10, 2), np.float32))

    def peak(count: int) -> int:
        source = (([f"{number}"] * 10, part) for number in range(count // 10))
        tracemalloc.start()
        write_attributions(source, tmp_path / "out.npz", progress=False)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    peak(20_000)
    assert peak(20_000) < peak(10_000) + 3_000_000  # the further 10,000 would be 9,600,000 bytes
