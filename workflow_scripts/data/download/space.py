"""A full disk as one line, before the work where its size is known, else when it happens."""

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from workflow_scripts.runtime.errors import UserError


def room_for(size: int, folder: Path) -> None:
    """Raise UserError when `size` more bytes do not fit beside what is in `folder`."""
    free = shutil.disk_usage(folder).free
    if size > free:
        raise UserError(f"{folder}: {size / 1e9:.2f} GB are needed and {free / 1e9:.2f} GB are free; make room")


@contextmanager
def no_space_is_a_line(folder: Path) -> Iterator[None]:
    """Turn the error of a full disk or an exhausted quota inside the block into a UserError."""
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise UserError(f"{folder}: the disk is full ({error.strerror}); make room, `make prepare` goes on") from None
