"""Memory that is given back, and memory that is kept."""

import ctypes
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from workflow_scripts.runtime.memory import drop_pages, own_pages

ROOT = Path(__file__).resolve().parents[2]


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


# Pages that the system had to make for the second half of 200 pairs of arrays of some 40 MiB that come and go.
COMING_AND_GOING = """
import resource, sys
import numpy as np
from workflow_scripts.runtime.memory import keep_freed_memory

def pages():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt

if sys.argv[1] == "kept":
    keep_freed_memory()
for number in range(200):
    if number == 100:
        before = pages()
    kept, gone = np.ones(5_000_000), np.ones(6_000_000)
print(pages() - before)
"""


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "mallopt"), reason="this C library takes no such wish")
def test_memory_that_is_kept_is_not_made_anew():
    pages = {
        how: int(subprocess.check_output([sys.executable, "-c", COMING_AND_GOING, how], cwd=ROOT, text=True))
        for how in ("kept", "plain")
    }
    assert pages["kept"] < 1000 < 100_000 < pages["plain"]
