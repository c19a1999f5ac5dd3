"""Arrays that are made over several calls: what is on the disk is not made again, what is not as it was is."""

import multiprocessing
import os
import signal
from pathlib import Path

import numpy as np
import pytest

from workflow_scripts.contracts import array_writer
from workflow_scripts.contracts.array_writer import ResumableArray, resumable_array
from workflow_scripts.runtime.work_folder import WorkFolder

BLOCKS = [range(0, 2), range(2, 3), range(3, 7)]
ROWS = np.random.default_rng(0).integers(0, 256, (7, 4, 3), dtype=np.uint8)


def opened(folder: Path, identity: str = "a", count: int = 7):
    """The array of the tests."""
    return resumable_array(WorkFolder(folder / ".work", identity), folder / "out" / "data.npy", count, "uint8", (4, 3))


def fill(array: ResumableArray, block: range) -> None:
    array.rows.write(block.start, ROWS[block.start : block.stop])
    array.mark(block)


def left(array: ResumableArray) -> list[range]:
    return [block for block in BLOCKS if not array.done(block)]


def stopped(folder: Path, blocks: list[range] = BLOCKS[:2]) -> None:
    """The work is interrupted after these blocks."""
    with pytest.raises(KeyboardInterrupt), opened(folder) as array:
        for block in blocks:
            fill(array, block)
        raise KeyboardInterrupt


def finished(folder: Path) -> list[range]:
    """Do what is left; which blocks that was."""
    with opened(folder) as array:
        blocks = left(array)
        for block in blocks:
            fill(array, block)
    np.testing.assert_array_equal(np.load(folder / "out" / "data.npy"), ROWS)
    assert not list((folder / ".work" / "arrays").iterdir())
    return blocks


def state_of(folder: Path) -> Path:
    (state,) = (folder / ".work" / "arrays").iterdir()
    return state


def test_blocks_that_are_done_stay_done_and_the_file_appears_at_the_end(tmp_path):
    stopped(tmp_path)
    assert not (tmp_path / "out").exists()
    assert finished(tmp_path) == BLOCKS[2:]


def test_a_killed_process_keeps_what_it_marked(tmp_path, monkeypatch):
    monkeypatch.setattr(array_writer, "KEEP_EVERY", 0.0)

    def work() -> None:
        with opened(tmp_path) as array:
            fill(array, BLOCKS[1])
            array.rows.write(0, ROWS[:1])
            os.kill(os.getpid(), signal.SIGKILL)

    process = multiprocessing.get_context("fork").Process(target=work)
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    assert finished(tmp_path) == [BLOCKS[0], BLOCKS[2]]


def test_marked_blocks_wait_for_the_disk_together(tmp_path, monkeypatch):
    synced = []
    monkeypatch.setattr(array_writer.os, "fsync", lambda handle: synced.append(handle))
    with opened(tmp_path) as array:
        for block in BLOCKS:
            fill(array, block)
        assert not synced
    assert len(synced) == 2  # the rows, then the list of blocks


@pytest.mark.parametrize("cut", [1, 10, 66])
def test_a_line_that_a_kill_cut_off_is_a_block_to_do(tmp_path, cut):
    stopped(tmp_path)
    journal = state_of(tmp_path) / array_writer.DONE
    journal.write_bytes(journal.read_bytes()[:-cut])
    stopped(tmp_path, [])
    assert finished(tmp_path) == BLOCKS[1 if cut > 1 else 2 :]


def test_rows_that_are_not_what_they_were_are_made_again(tmp_path):
    stopped(tmp_path)
    with (state_of(tmp_path) / "data.npy").open("r+b") as handle:
        handle.seek(-1 - 4 * 12, os.SEEK_END)  # in row 2
        handle.write(b"x")
    assert finished(tmp_path) == BLOCKS[1:]


@pytest.mark.parametrize("damage", ["other work", "other shape", "no rows", "short", "no list", "no text"])
def test_a_state_of_other_work_or_a_damaged_one_is_replaced(tmp_path, damage):
    stopped(tmp_path)
    state = state_of(tmp_path)
    if damage == "other work":
        with pytest.raises(KeyboardInterrupt), opened(tmp_path, "b") as array:
            assert left(array) == BLOCKS
            raise KeyboardInterrupt
    elif damage == "other shape":
        with pytest.raises(KeyboardInterrupt), opened(tmp_path, count=8) as array:
            assert left(array) == BLOCKS
            raise KeyboardInterrupt
    elif damage == "no rows":
        (state / "data.npy").unlink()
    elif damage == "short":
        os.truncate(state / "data.npy", 150)
    elif damage == "no list":
        (state / array_writer.DONE).unlink()
    else:
        (state / array_writer.DONE).write_bytes(b"\xff")
    assert finished(tmp_path) == BLOCKS


def test_an_array_with_rows_that_nobody_has_done_does_not_appear(tmp_path):
    with pytest.raises(ValueError, match="3 of the 7 rows"), opened(tmp_path) as array:
        for block in BLOCKS[:2]:
            fill(array, block)
    assert not (tmp_path / "out").exists()


def test_results_may_be_on_another_disk(tmp_path, monkeypatch):
    def across(source, target):
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(array_writer.shutil.os, "rename", across)
    assert finished(tmp_path) == BLOCKS


def test_a_full_disk_gets_its_room_back_and_names_the_file(tmp_path):
    with pytest.raises(OSError) as error, opened(tmp_path) as array:
        fill(array, BLOCKS[0])
        raise OSError(28, "No space left on device")
    assert error.value.filename == str(tmp_path / "out" / "data.npy")
    assert not list((tmp_path / ".work" / "arrays").iterdir())
