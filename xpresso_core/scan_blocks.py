"""A scan block by block: in several processes, and taken up again where it was interrupted.

Each finished block is a file of its own in a folder beside the result, so that a scan that was killed, or ran out of
its time on a cluster, goes on with the next block.
"""

from __future__ import annotations

import fcntl
import hashlib
import io
import json
import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import joblib
import numpy as np
from tqdm import tqdm

from xpresso_core.device import choose_device, sees_gpu
from xpresso_core.errors import InputError
from xpresso_core.files import atomic_path, read_json, write_json
from xpresso_core.genome import Genome, Window
from xpresso_core.keras_start import start_keras
from xpresso_core.provenance import code_hash, versions
from xpresso_core.regions import Region
from xpresso_core.scan import MAX_UNKNOWN, STEP, Scanner, Strands, Units, scan_positions
from xpresso_core.threads import thread_count

BLOCK_BASES = 1_000_000
"""Bases of a chromosome that are finished together."""
BLOCKS_PER_PROCESS = 8
"""Blocks that another process must have to do to be worth loading the model once more."""


class ScanSettings(NamedTuple):
    """What is scanned with what.

    Attributes
    ----------
    model, genome
        A bundle folder or released network, and a FASTA file.
    step
        Bases from one prediction to the next.
    units
        See `scan.Scanner`.
    max_unknown
        Windows with a larger share of unknown bases have no prediction.
    """

    model: str
    genome: str
    step: int = STEP
    units: Units | None = None
    max_unknown: float = MAX_UNKNOWN


@dataclass(frozen=True)
class Block:
    """Positions that follow each other on a chromosome: multiples of the step.

    Attributes
    ----------
    chrom
        The chromosome, as the genome spells it.
    first, count
        The first position, 0-based, and how many.
    """

    chrom: str
    first: int
    count: int

    def positions(self, step: int) -> np.ndarray[Any, np.dtype[np.int64]]:
        """Return the positions, ``int64 [count]``."""
        return self.first + step * np.arange(self.count, dtype=np.int64)


def blocks_of_regions(regions: Iterable[Region], step: int) -> list[Block]:
    """Return the positions of regions that are multiples of the step, as blocks.

    Blocks begin at the same places whatever the regions, which must not overlap.
    """
    blocks = []
    size = max(1, BLOCK_BASES // step) * step
    for chrom, start, end in regions:
        for edge in range(start // size * size, end, size):
            first = -(-max(edge, start) // step) * step
            count = -(-(min(edge + size, end) - first) // step)
            if count > 0:
                blocks.append(Block(chrom, first, count))
    return blocks


class BlockStore:
    """The finished blocks of a scan, in a folder.

    Parameters
    ----------
    folder
        Where; from `open_store`.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def _file(self, block: Block) -> Path:
        name = "".join(letter if letter.isalnum() else f"%{ord(letter):x}" for letter in block.chrom)
        return self.folder / f"{name}_{block.first}_{block.count}.npy"

    def has(self, block: Block) -> bool:
        """Say whether a block is finished; one that is cut short, as after a loss of power, is not."""
        try:
            found = np.load(self._file(block), mmap_mode="r")
        except (FileNotFoundError, EOFError, ValueError):
            return False
        return bool(found.shape == (len(Strands._fields), block.count))

    def save(self, block: Block, strands: Strands) -> None:
        """Keep a finished block."""
        packed = io.BytesIO()
        np.save(packed, np.stack(strands))
        try:
            with atomic_path(self._file(block)) as draft:
                draft.write_bytes(packed.getbuffer())
        except OSError as error:
            raise OSError(error.errno, error.strerror, str(self.folder)) from error

    def load(self, block: Block) -> Strands:
        """Return a finished block."""
        return Strands(*np.load(self._file(block)))


@contextmanager
def open_store(folder: Path, facts: dict[str, Any]) -> Iterator[BlockStore]:
    """Give the finished blocks of a scan; with success the folder goes, with failure it stays if any is finished.

    Parameters
    ----------
    folder
        Made if needed. What it holds of a scan of other facts is dropped.
    facts
        All that values depend on, as plain types.

    Raises
    ------
    InputError
        If another process scans into the same folder.
    """
    folder.mkdir(parents=True, exist_ok=True)
    record = folder / "scan.json"
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            what = "another scan is writing to the same place"
            raise InputError(what, where=str(folder), remedy="Wait for it, or name another output") from error
        text = json.loads(json.dumps(facts))
        if not record.is_file() or read_json(record) != text:
            for file in folder.glob("*.npy"):
                file.unlink()
            write_json(text, record)
        done = False
        try:
            yield BlockStore(folder)
            done = True
        finally:
            if done or not any(folder.glob("*.npy")):
                shutil.rmtree(folder)


def facts_of(
    settings: ScanSettings, scanner: Scanner, genome: Genome, checksums: dict[str, str]
) -> dict[str, Any]:
    """Return all that the values of a scan depend on, but for the regions."""
    stat = Path(settings.genome).stat()
    digest = hashlib.sha256(json.dumps(list(genome.sizes.items())).encode()).hexdigest()
    return {
        "model": checksums,
        "genome": {"bytes": stat.st_size, "modified": stat.st_mtime_ns, "chromosomes": digest},
        "window": scanner.window._asdict(),
        "step": scanner.step,
        "units": scanner.units,
        "max_unknown": settings.max_unknown,
        "versions": versions(),
        "code": code_hash("scan"),
    }


def scan_blocks(
    settings: ScanSettings,
    blocks: Sequence[Block],
    store: BlockStore,
    *,
    processes: int | None = None,
    progress: bool = True,
) -> None:
    """Scan all blocks that are not finished.

    Parameters
    ----------
    settings, blocks, store
        What to scan, and where to keep it.
    processes
        How many work side by side; by default one for each processor as far as there is enough to do, and one where
        a GPU is seen. Several work on processors alone.
    progress
        Show a progress bar on standard error if it is a terminal.
    """
    waiting = [block for block in blocks if not store.has(block)]
    if processes is None:
        enough = max(1, len(waiting) // BLOCKS_PER_PROCESS)
        processes = 1 if sees_gpu() else min(thread_count(), enough)
    bar = tqdm(
        total=sum(block.count for block in waiting),
        unit=" positions",
        unit_scale=True,
        disable=None if progress else True,
        leave=False,
    )
    with bar:
        for count in _each(settings, waiting, store, processes):
            bar.update(count)


def _each(settings: ScanSettings, blocks: list[Block], store: BlockStore, processes: int) -> Iterator[int]:
    if processes == 1:
        yield from (_scan_block(settings, block, store) for block in blocks)
        return
    threads = max(1, thread_count() // processes)
    # TensorFlow greets on standard error when a worker imports this module, so it is imported quietly before.
    parallel = joblib.Parallel(
        n_jobs=processes,
        backend="loky",
        return_as="generator_unordered",
        batch_size=1,
        initializer=start_keras,
    )
    yield from parallel(joblib.delayed(_in_process)(settings, block, store, threads) for block in blocks)


def _in_process(settings: ScanSettings, block: Block, store: BlockStore, threads: int) -> int:
    _prepare(os.getpid(), threads)
    return _scan_block(settings, block, store)


@lru_cache(maxsize=1)
def _prepare(process: int, threads: int) -> None:
    choose_device("cpu", threads)


def loaded(settings: ScanSettings) -> tuple[Scanner, Genome, dict[str, str]]:
    """Return the scanner, the genome and the checksums of the model's files; once for each process.

    Files that have changed since, or are others of the same name, are loaded anew.
    """
    model = Path(settings.model)
    files = [*sorted(model.glob("*")), model, Path(settings.genome)]
    stats = [(file.absolute(), file.stat()) for file in files if file.exists()]
    return _loaded(settings, tuple((file, stat.st_size, stat.st_mtime_ns) for file, stat in stats))


@lru_cache(maxsize=1)
def _loaded(
    settings: ScanSettings, files: tuple[tuple[Path, int, int], ...]
) -> tuple[Scanner, Genome, dict[str, str]]:
    from xpresso_core.bundle import load_bundle

    bundle = load_bundle(settings.model)
    scanner = Scanner(bundle, settings.step, units=settings.units)
    return scanner, Genome(settings.genome), bundle.checksums


def _scan_block(settings: ScanSettings, block: Block, store: BlockStore) -> int:
    scanner, genome, _ = loaded(settings)
    store.save(
        block,
        scan_positions(
            scanner, genome, block.chrom, block.first, block.count, max_unknown=settings.max_unknown
        ),
    )
    return block.count


def inside(
    region: Region, positions: np.ndarray[Any, Any], window: Window, strand: str
) -> np.ndarray[Any, Any]:
    """Say of which positions the whole window lies in a region, ``bool [position]``."""
    first, last = window.interval(0, strand)
    return (positions + first >= region.start) & (positions + last <= region.end)
