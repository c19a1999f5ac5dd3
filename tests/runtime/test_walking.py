"""Walking a user's folder ends, whatever links and devices lie in it, and reads no folder twice."""

import inspect
import os
import socket
import sys
from pathlib import Path

import pytest

from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.walking import walk


def write(root: Path, *paths: str) -> Path:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(path)
    return root


def kinds(root: Path) -> dict[str, str]:
    return {item.path: item.kind for item in walk(root)}


def test_files_come_in_the_order_of_their_names_with_size(tmp_path: Path) -> None:
    root = write(tmp_path, "b/2.png", "b/10.png", "a.png", "b.png", "c/d/e.txt")
    assert list(kinds(root)) == ["a.png", "b/10.png", "b/2.png", "b.png", "c/d/e.txt"]
    first = next(walk(root))
    assert first.size == 5


def test_hidden_things_and_what_archivers_leave_are_not_looked_at(tmp_path: Path) -> None:
    root = write(tmp_path, "a.png", ".b.png", ".git/c.png", "__MACOSX/a/d.png", "x/__MACOSX/e.png")
    assert list(kinds(root)) == ["a.png"]


def test_many_folders_that_link_to_each_other_are_each_read_once(tmp_path: Path) -> None:
    names = [f"f{number}" for number in range(12)]
    root = write(tmp_path / "root", *(f"{name}/0.png" for name in names))
    for name in names:
        for target in names:
            (root / name / f"to_{target}").symlink_to(root / target)
    (root / "here").symlink_to(".")
    (root / "up").symlink_to("..")
    (root / "all").symlink_to("/")
    seen = kinds(root)
    assert [path for path, kind in seen.items() if kind == "file"] == [f"{name}/0.png" for name in sorted(names)]
    assert sum(kind == "folder_link" for kind in seen.values()) == len(names) ** 2 + 3


def test_a_folder_outside_is_followed_once(tmp_path: Path) -> None:
    write(tmp_path / "store", "a/0.png", "a/1.png")
    root = write(tmp_path / "root", "b/0.png")
    (root / "a").symlink_to(tmp_path / "store" / "a")
    (root / "again").symlink_to(tmp_path / "store")
    assert kinds(root) == {
        "a/0.png": "file",
        "a/1.png": "file",
        "again/a": "folder_link",
        "b/0.png": "file",
    }


def test_pipes_devices_sockets_and_links_to_nothing_are_named_and_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    (tmp_path / "zero.png").symlink_to("/dev/zero")
    (tmp_path / "gone.png").symlink_to(tmp_path / "nothing")
    (tmp_path / "circle.png").symlink_to("circle.png")
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(tmp_path / "s.png"))
        seen = kinds(tmp_path)
    assert seen == {
        "circle.png": "broken_link",
        "gone.png": "broken_link",
        "pipe.png": "special",
        "s.png": "special",
        "zero.png": "special",
    }


def test_folders_deeper_than_the_interpreter_recurses_are_walked(tmp_path: Path) -> None:
    deep = "/".join("d" * 150)
    write(tmp_path, f"{deep}/x.png")
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(len(inspect.stack()) + 50)
    try:
        assert list(kinds(tmp_path)) == [f"{deep}/x.png"]
    finally:
        sys.setrecursionlimit(limit)


def test_a_folder_that_cannot_be_listed_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="nowhere cannot be listed"):
        list(walk(tmp_path / "nowhere"))
