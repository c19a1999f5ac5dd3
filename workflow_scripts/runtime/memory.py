"""Memory that is given back as soon as nobody needs it, and memory that is not."""

import ctypes
import mmap

import numpy as np

# mallopt(3): above how much freed memory the heap shrinks, from which size on memory is mapped for itself alone.
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3


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


def keep_freed_memory() -> None:
    """Have this process keep what it frees for what it asks for next, where the C library can be told so (glibc).

    Else the system maps and clears the pages of every larger tensor anew, thousands of times a second.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_MMAP_THRESHOLD, 2**30)
        mallopt(_TRIM_THRESHOLD, 2**31 - 1)
