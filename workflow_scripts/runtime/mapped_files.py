"""Arrays in memory that is mapped for them alone."""

import mmap

import numpy as np


def drop_pages(array: np.ndarray) -> None:
    """Give back the memory that a mapped file's array holds; what is looked at again comes from the file.

    Nothing is lost: what was written is the system's to keep. An array that is no mapped file stays as it is.
    """
    if isinstance(array, np.memmap) and array.mode != "c" and isinstance(array.base, mmap.mmap):
        array.base.madvise(mmap.MADV_DONTNEED)


def own_pages(count: int, kind: np.dtype) -> np.ndarray:
    """An array of zeros whose memory is given back as soon as nobody holds it.

    Arrays that grow again and again leave holes that none of the next ones fits into: twice the memory is held.
    """
    return np.frombuffer(mmap.mmap(-1, max(count * kind.itemsize, 1)), kind, count)
