"""Files that appear whole or not at all, and leave nothing beside them for long."""

import multiprocessing
import os
import signal
import stat
import subprocess
from pathlib import Path

import pytest

from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.files import atomic_path, write_text
from workflow_scripts.runtime.locks import lock

ROOT = Path(__file__).resolve().parents[2]


def in_a_fork(work) -> multiprocessing.Process:
    process = multiprocessing.get_context("fork").Process(target=work)
    process.start()
    return process


def killed_while_writing(path):
    with atomic_path(path) as temporary:
        temporary.write_bytes(b"x" * 100_000)
        os.kill(os.getpid(), signal.SIGKILL)


def test_what_killed_writers_leave_is_one_file_and_the_next_one_writes_over_it(tmp_path):
    path = tmp_path / "images.npy"
    for _ in range(3):
        process = in_a_fork(lambda: killed_while_writing(path))
        process.join()
        assert process.exitcode == -signal.SIGKILL
    (left,) = tmp_path.iterdir()
    write_text(path, "short")
    assert [entry.name for entry in tmp_path.iterdir()] == ["images.npy"] and path.read_text() == "short"
    for program, ignored in (("git", ["check-ignore", "-q"]), ("dvc", ["check-ignore"])):
        for folder in ("results/a/arrays", "."):
            command = [program, *ignored, f"{folder}/{left.name}"]
            done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
            assert done.returncode == 0, (command, done.stderr)


def test_what_earlier_versions_left_under_other_names_is_removed_and_nothing_else(tmp_path):
    kept = {".images-2.npy", ".images-ab12_xyz.png", ".masks-ab12_xyz.npy", "images-ab12_xyz.npy"}
    for name in {".images-ab12_xyz.npy", ".images-00000000.npy"} | kept:
        (tmp_path / name).write_text("")
    write_text(tmp_path / "images.npy", "")
    assert {path.name for path in tmp_path.iterdir()} == {"images.npy"} | kept


@pytest.mark.parametrize("kind", ["link", "dead link", "pipe"])
def test_nothing_is_written_through_what_came_with_results_from_elsewhere(tmp_path, kind):
    (tmp_path / "letter").write_text("dear")
    planted = tmp_path / ".a.unfinished.csv"
    if kind == "pipe":
        os.mkfifo(planted)
    else:
        planted.symlink_to("letter" if kind == "link" else "nowhere")
    write_text(tmp_path / "a.csv", "new")
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"letter": "dear", "a.csv": "new"}
    (tmp_path / "a.lock").symlink_to("letter")
    with pytest.raises(OSError, match="symbolic link"), lock(tmp_path / "a.lock", "the folder"):
        pytest.fail("a lock on another file")
    assert (tmp_path / "letter").read_text() == "dear"


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_an_error_leaves_what_was_there(tmp_path, error):
    write_text(tmp_path / "a.csv", "old")
    with pytest.raises(error), atomic_path(tmp_path / "a.csv") as temporary:
        temporary.write_text("half")
        raise error
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("a.csv", "old")]


def test_two_writers_of_one_file_do_not_mix(tmp_path):
    """The second begins when the first is done, and the last one's content stands, whole."""
    ready, go = multiprocessing.Event(), multiprocessing.Event()

    def first():
        with atomic_path(tmp_path / "a") as temporary:
            ready.set()
            go.wait(20)
            temporary.write_text("first" * 1000)

    def second():
        with atomic_path(tmp_path / "a") as temporary:
            assert (tmp_path / "a").read_text() == "first" * 1000
            assert temporary.read_text() == ""
            temporary.write_text("second")

    one = in_a_fork(first)
    assert ready.wait(20)
    two = in_a_fork(second)
    go.set()
    for process in (one, two):
        process.join(20)
        assert process.exitcode == 0
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("a", "second")]


def test_files_can_be_read_by_whom_the_umask_allows(tmp_path):
    before = os.umask(0o027)
    try:
        write_text(tmp_path / "a", "")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o640


def test_a_folder_in_the_place_of_a_file_is_named_with_what_heals_it(tmp_path):
    (tmp_path / "report.json" / "below").mkdir(parents=True)
    with pytest.raises(UserError, match=r"report.json is no file.*`rm -r .*report.json`, then `snakemake "):
        write_text(tmp_path / "report.json", "")
    assert [path.name for path in tmp_path.iterdir()] == ["report.json"]
