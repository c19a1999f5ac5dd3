"""Memory of mapped files."""

import re
from pathlib import Path

import numpy as np
import pytest

from workflow_scripts.runtime.mapped_files import drop_pages, own_pages


def _held(path: Path) -> int:
    """Bytes of a mapped file that this process holds in memory."""
    mappings = re.split(r"(?m)^(?=[0-9a-f]+-[0-9a-f]+ )", Path("/proc/self/smaps").read_text())
    (mapping,) = [text for text in mappings if str(path) in text.partition("\n")[0]]
    return int(re.search(r"Rss:\s+(\d+)", mapping)[1]) * 1024


def test_what_was_written_stays_in_the_file_and_leaves_memory(tmp_path):
    path = tmp_path / "numbers.npy"
    numbers = np.lib.format.open_memmap(path, mode="w+", dtype=np.int64, shape=(1_000_000,))
    numbers[:] = np.arange(1_000_000)
    assert _held(path) >= numbers.nbytes
    drop_pages(numbers)
    assert _held(path) == 0
    numbers[5] = -1
    drop_pages(numbers)
    assert numbers[4:7].tolist() == [4, -1, 6] and numbers[-1] == 999_999
    numbers.flush()
    read = np.load(path, mmap_mode="r")
    assert read.sum() == numbers.sum()
    assert np.load(path)[5] == -1


def test_an_array_in_memory_and_a_part_of_a_mapped_one_stay_as_they_are(tmp_path):
    np.save(tmp_path / "a.npy", np.arange(9))
    mapped = np.load(tmp_path / "a.npy", mmap_mode="r")
    changed = np.load(tmp_path / "a.npy", mmap_mode="c")
    changed[3] = 70
    for array in (np.arange(9), mapped[2:], mapped, changed, own_pages(9, np.dtype(np.int64))):
        if array.flags.writeable:
            array[5] = 50
        before = array.tolist()
        drop_pages(array)
        assert array.tolist() == before


@pytest.mark.parametrize("count", [0, 1, 5000])
def test_an_array_in_pages_of_its_own_begins_with_zeros(count):
    array = own_pages(count, np.dtype(np.float32))
    assert array.shape == (count,) and array.dtype == np.float32 and not array.any()
    array[:] = 2
    assert array.sum() == 2 * count
