"""Arrays in files that are mapped into memory."""

import mmap

import numpy as np


def drop_pages(array: np.ndarray) -> None:
    """Give back the memory that a mapped file's array holds; what is looked at again comes from the file.

    Nothing is lost: what was written is the system's to keep. An array that is no mapped file stays as it is.
    """
    if isinstance(array.base, mmap.mmap):
        array.base.madvise(mmap.MADV_DONTNEED)
