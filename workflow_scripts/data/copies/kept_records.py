"""Keypoints and proofs that are kept between runs, by the contents of the pictures: nothing is computed twice."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from pathlib import Path

import cv2
import numpy as np

from workflow_scripts.data.copies import keypoints
from workflow_scripts.data.copies.keypoints import RECORD, record_of
from workflow_scripts.data.copies.proof import PROOF, prove
from workflow_scripts.data.copies.time_budget import TimeBudget
from workflow_scripts.data.readers.reader_interface import Limits
from workflow_scripts.data.reading import FileTask, verified
from workflow_scripts.runtime.files import atomic_path
from workflow_scripts.runtime.memory import drop_pages
from workflow_scripts.runtime.process_pool import ordered_map

# Whoever changes what a proof says counts on.
PROOF_VERSION = 1
_DIGEST = "S64"
_PAIR = np.dtype([("first", _DIGEST), ("second", _DIGEST), ("proof", PROOF)])
PAIRS_AT_A_TIME = 64
# Files whose records are held in memory until the system keeps them alone.
FILES_HELD = 1000


@dataclass(frozen=True)
class KeptRecords:
    """A folder of a study's records and proofs."""

    folder: Path

    @property
    def records(self) -> Path:
        """The records, in the order of the pictures."""
        return self.folder / f"keypoints-{keypoints.VERSION}.npy"

    @property
    def digests(self) -> Path:
        """Whose they are: a picture without a record has an empty digest."""
        return self.folder / f"digests-{keypoints.VERSION}.npy"

    @property
    def proofs(self) -> Path:
        """Pairs of digests, and what was seen of them."""
        return self.folder / f"proofs-{keypoints.VERSION}-{PROOF_VERSION}.npy"


def kept_keypoints(
    kept: KeptRecords,
    tasks: Iterable[FileTask],
    digests: Sequence[str],
    limits: Limits,
    jobs: int,
    budget: TimeBudget,
) -> np.ndarray:
    """Make the records of all pictures and keep them; bool n: which there are, fewer where the time is over.

    `tasks`: the files of the pictures, in their order; `digests`: sha256 of each picture. ChangedFileError when a file
    is not what ingest saw.
    """
    wanted = np.array(digests, dtype=_DIGEST)
    before = _positions(kept)
    is_kept = np.array([digest in before for digest in wanted.tolist()], dtype=bool)
    old = np.load(kept.records, mmap_mode="r") if before else None
    with atomic_path(kept.records) as path:
        records = np.lib.format.open_memmap(path, mode="w+", dtype=RECORD, shape=(len(wanted),))
        for row in np.flatnonzero(is_kept):
            assert old is not None
            records[row] = old[before[wanted[row]]]
        done = is_kept.copy()
        missing = list(_without(tasks, is_kept))
        results = ordered_map(partial(_records_of, limits=limits), missing, jobs)
        for number, (task, computed) in enumerate(zip(missing, results, strict=False), 1):
            for sample, record in zip(task.samples, computed, strict=True):
                records[sample.row], done[sample.row] = record, True
            if number % FILES_HELD == 0:
                drop_pages(records)
            if budget.over(int(done.sum()), len(done), "pictures"):
                break
        records.flush()
        # The old digests would belong to other records.
        kept.digests.unlink(missing_ok=True)
    with atomic_path(kept.digests) as path:
        np.save(path, np.where(done, wanted, b""))
    return done


def kept_proofs(
    kept: KeptRecords, pairs: np.ndarray, digests: Sequence[str], jobs: int, budget: TimeBudget
) -> np.ndarray:
    """Proofs (dtype PROOF) of the pairs (int n×2 rows of the records), in their order; fewer where the time is over."""
    names = np.array(digests, dtype=_DIGEST)
    before = _load(kept.proofs, _PAIR)
    number_of = {(row["first"], row["second"]): number for number, row in enumerate(before)}
    keys = list(zip(names[pairs[:, 0]].tolist(), names[pairs[:, 1]].tolist(), strict=True))
    kept_at = np.array([number_of.get(key, -1) for key in keys], dtype=np.int64)
    proofs = np.zeros(len(pairs), PROOF)
    proofs[kept_at >= 0] = before["proof"][kept_at[kept_at >= 0]]
    new = np.flatnonzero(kept_at < 0)
    chunks = [new[start : start + PAIRS_AT_A_TIME] for start in range(0, len(new), PAIRS_AT_A_TIME)]
    results = ordered_map(partial(_proofs_of, kept.records), [pairs[chunk] for chunk in chunks], jobs, batch=1)
    reached = 0
    for chunk, computed in zip(chunks, results, strict=False):
        proofs[chunk] = computed
        reached += len(chunk)
        if budget.over(reached, len(new), "pairs"):
            break
    end = len(pairs) if reached == len(new) else int(new[reached])
    rows = np.zeros(end, _PAIR)
    rows["first"], rows["second"], rows["proof"] = names[pairs[:end, 0]], names[pairs[:end, 1]], proofs[:end]
    with atomic_path(kept.proofs) as path:
        np.save(path, rows)
    return proofs[:end]


def _positions(kept: KeptRecords) -> dict[bytes, int]:
    """Digest → its row in the records that are there."""
    digests = _load(kept.digests, np.dtype(_DIGEST))
    if not len(digests) or not kept.records.exists():
        return {}
    return {digest: row for row, digest in enumerate(digests.tolist()) if digest}


def _load(path: Path, kind: np.dtype) -> np.ndarray:
    """The array of that type, empty where there is none: what is kept may be thrown away, or be half written."""
    try:
        array = np.load(path)
    except (OSError, ValueError, EOFError):
        return np.zeros(0, kind)
    return array if array.dtype == kind and array.ndim == 1 else np.zeros(0, kind)


def _without(tasks: Iterable[FileTask], is_kept: np.ndarray) -> Iterator[FileTask]:
    """The files with pictures that have no record, and these pictures alone."""
    for task in tasks:
        samples = tuple(sample for sample in task.samples if not is_kept[sample.row])
        if samples:
            yield replace(task, samples=samples)


def _records_of(task: FileTask, limits: Limits) -> list[np.ndarray]:
    return [record_of(opened.rows(sample.part)) for sample, opened in verified(task, limits)]


def _proofs_of(path: Path, pairs: np.ndarray) -> np.ndarray:
    from threadpoolctl import threadpool_limits

    records = _opened(path, path.stat().st_mtime_ns)
    cv2.setNumThreads(1)
    # Products of matrices this small are slower by several threads, and these processes are several already.
    with threadpool_limits(1):
        proofs = np.array([prove(records[first], records[second]) for first, second in pairs.tolist()], PROOF)
    drop_pages(records)
    return proofs


@lru_cache(maxsize=1)
def _opened(path: Path, _written: int) -> np.ndarray:
    return np.load(path, mmap_mode="r")
