"""What native libraries print past Python, kept off the console."""

import ctypes
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def native_output_dropped() -> Iterator[None]:
    """Drop what C and C++ code prints to standard output meanwhile; what Python printed before is kept.

    For libraries with messages that no option turns off, such as HiGHS
    (https://github.com/jump-dev/HiGHS.jl/issues/312). C buffers what it prints, so its buffers are emptied before
    standard output comes back.
    """
    sys.stdout.flush()
    libc = ctypes.CDLL(None)
    libc.fflush(None)
    kept, nowhere = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 1)
        yield
    finally:
        libc.fflush(None)
        os.dup2(kept, 1)
        os.close(kept)
        os.close(nowhere)
