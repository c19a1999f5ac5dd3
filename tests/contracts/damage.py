"""Ways in which a file is not what its record says."""

import os
from pathlib import Path


def flipped(path: Path) -> None:
    """Another bit in the middle."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-7])


def zeroed(path: Path) -> None:
    """The second half zeros, the length kept."""
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2].ljust(len(content), b"\0"))


def swapped(path: Path) -> None:
    """Two rows of a table change places."""
    head, first, second, *rest = path.read_text().splitlines(keepends=True)
    path.write_text("".join([head, second, first, *rest]))


def relabelled(path: Path) -> None:
    """A word of the table is another."""
    text = path.read_text()
    word, other = next(
        pair for pair in (("blob", "cross"), ("train", "test"), ("cell_001", "cell_002")) if pair[0] in text
    )
    path.write_text(text.replace(word, other, 1))


DAMAGES = {"table": (flipped, cut, zeroed, swapped, relabelled), "bytes": (flipped, cut, zeroed)}


def no_file(path: Path, kind: str) -> None:
    """What a reader would wait for, read without end or not open at all, in the place of a file."""
    path.unlink()
    {
        "folder": path.mkdir,
        "pipe": lambda: os.mkfifo(path),
        "device": lambda: path.symlink_to("/dev/zero"),
        "circle": lambda: path.symlink_to(path.name),
    }[kind]()
