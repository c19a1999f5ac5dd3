"""A file is read again where it may have changed, and only there; a walk through a folder ends."""

import itertools
import os
from pathlib import Path
from types import SimpleNamespace

import numpy as np

from tests.contracts.damage import flipped
from workflow_scripts.runtime.digests import CLOCK, digest_once, folder_digests
from workflow_scripts.runtime.files import digest_file


def aged(folder: Path) -> None:
    """Let the files of a folder be older than the clock's grain."""
    for path in folder.rglob("*"):
        os.utime(path, ns=(10**18, 10**18))


def test_contents_are_read_again_only_where_a_file_was_touched(tmp_path, monkeypatch):
    folder, memory = tmp_path / "raw", tmp_path / "memory"
    (folder / "a").mkdir(parents=True)
    for name in ("a/1.bmp", "a/2.bmp", ".hidden"):
        (folder / name).write_bytes(name.encode())
    aged(folder)
    # Times of the inode cannot be set back: a clock that runs ahead does.
    monkeypatch.setattr("workflow_scripts.runtime.digests.time", SimpleNamespace(time_ns=lambda: 4 * 10**18))
    read = []
    monkeypatch.setattr(
        "workflow_scripts.runtime.digests.digest_file", lambda path: read.append(path) or digest_file(path)
    )
    first = folder_digests(folder, memory)
    assert list(first) == ["a/1.bmp", "a/2.bmp"] and len(read) == 2
    assert folder_digests(folder, memory) == first and len(read) == 2
    os.utime(folder / "a" / "1.bmp")
    assert folder_digests(folder, memory) == first and len(read) == 3
    (folder / "a" / "2.bmp").write_bytes(b"a/9.bmp")
    aged(folder)
    assert folder_digests(folder, memory)["a/2.bmp"] != first["a/2.bmp"]


def test_a_file_as_young_as_the_clocks_grain_is_read_each_time(tmp_path):
    (tmp_path / "raw").mkdir()
    path = tmp_path / "raw" / "a.bmp"
    path.write_bytes(b"one")
    assert CLOCK >= 2
    first = folder_digests(tmp_path / "raw", tmp_path / "memory")
    status = path.stat()
    path.write_bytes(b"two")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert folder_digests(tmp_path / "raw", tmp_path / "memory") != first


def test_links_in_circles_pipes_and_dangling_links_end_a_walk(tmp_path):
    raw = tmp_path / "raw"
    (raw / "a").mkdir(parents=True)
    (raw / "one").symlink_to(".")
    (raw / "a" / "two").symlink_to("..")
    (raw / "a" / "gone.png").symlink_to("nowhere")
    os.mkfifo(raw / "a" / "pipe.png")
    # Every folder links to every other: a walk along the links has as many ways as there are orders of them.
    for first, second in itertools.permutations("bcdefghijk", 2):
        (raw / first).mkdir(exist_ok=True)
        (raw / first / second).symlink_to(raw / second)
    links = {"one": "link to a folder", "a/two": "link to a folder"}
    links |= {f"{first}/{second}": "link to a folder" for first, second in itertools.permutations("bcdefghijk", 2)}
    special = {"a/gone.png": "missing", "a/pipe.png": "no regular file"}
    assert folder_digests(raw, tmp_path / "memory") == links | special


def test_a_large_file_is_read_once_a_process(tmp_path, monkeypatch):
    path = tmp_path / "data.npy"
    np.save(path, np.zeros(1000))
    read = []
    monkeypatch.setattr(
        "workflow_scripts.runtime.digests.digest_file", lambda name: read.append(name) or digest_file(name)
    )
    assert digest_once(path) == digest_once(path) == digest_file(path) and len(read) == 1
    flipped(path)
    assert digest_once(path) == digest_file(path) and len(read) == 2
