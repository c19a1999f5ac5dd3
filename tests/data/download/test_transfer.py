"""A file arrives whole and proved, or not at all, whatever the line and the server do."""

import errno
import fcntl
import hashlib
import random
import shutil
import socket
from types import SimpleNamespace

import pytest

from workflow_scripts.data.download import fetching
from workflow_scripts.data.download.fetching import Expected, Patience, fetch, fetch_json
from workflow_scripts.runtime.errors import UserError

BODY = random.Random(1).randbytes(3_000_000)
SHA256 = hashlib.sha256(BODY).hexdigest()
QUICK = Patience(timeout=5, tries=3, pause=0)


def leftovers(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_broken_off_transfer_is_continued_where_it_stopped(server, tmp_path):
    url = server.put("/a", BODY, cuts=[1_000_000, 700_000])
    assert fetch(url, tmp_path / "a.zip", Expected(sha256=SHA256), QUICK) == SHA256
    assert (tmp_path / "a.zip").read_bytes() == BODY
    assert [asked for _, asked in server.asked] == [None, "bytes=1000000-", "bytes=1700000-"]
    assert leftovers(tmp_path) == ["a.zip"]


def test_the_bar_is_silent_where_there_is_no_terminal(server, tmp_path, capfd):
    fetch(server.put("/a", BODY), tmp_path / "a", Expected(), QUICK)
    assert "%|" not in capfd.readouterr().err


def test_a_transfer_goes_on_in_another_process(server, tmp_path):
    url = server.put("/a", BODY, cuts=[1_000_000, 0, 0, 0])
    with pytest.raises(UserError, match="could not be fetched.*goes on from what is there"):
        fetch(url, tmp_path / "a", Expected(), QUICK)
    assert leftovers(tmp_path) == ["a.part", "a.part.json"]
    server.asked.clear()
    server.pages["/a"].cuts.clear()
    fetch(url, tmp_path / "a", Expected(), QUICK)
    assert server.asked == [("/a", "bytes=1000000-")] and (tmp_path / "a").read_bytes() == BODY


def test_a_transfer_that_was_whole_when_it_was_killed_is_not_fetched_again(server, tmp_path, monkeypatch):
    url = server.put("/a", BODY)
    monkeypatch.setattr(fetching, "check", lambda *arguments: pytest.fail("killed"))
    with pytest.raises(BaseException, match="killed"):
        fetch(url, tmp_path / "a", Expected(), QUICK)
    monkeypatch.undo()
    assert fetch(url, tmp_path / "a", Expected(), QUICK) == SHA256
    assert server.asked == [("/a", None), ("/a", f"bytes={len(BODY)}-")]


@pytest.mark.parametrize("page", [{"ranges": False}, {"etag": None}])
def test_a_server_that_cannot_continue_sends_all_again(server, tmp_path, page):
    url = server.put("/a", BODY, cuts=[1_000_000], **page)
    fetch(url, tmp_path / "a", Expected(), QUICK)
    assert (tmp_path / "a").read_bytes() == BODY


@pytest.mark.parametrize("careless", [False, True])
def test_a_file_that_changed_between_attempts_is_fetched_from_its_beginning(server, tmp_path, careless):
    url = server.put("/a", BODY, cuts=[1_000_000, 0, 0, 0])
    with pytest.raises(UserError):
        fetch(url, tmp_path / "a", Expected(), QUICK)
    server.put("/a", BODY[::-1][:2_000_000], etag='"2"', careless=careless)
    fetch(url, tmp_path / "a", Expected(), QUICK)
    assert (tmp_path / "a").read_bytes() == BODY[::-1][:2_000_000]


def test_a_file_that_became_shorter_than_what_is_there_is_fetched_again(server, tmp_path):
    url = server.put("/a", BODY, cuts=[1_000_000, 0, 0, 0])
    with pytest.raises(UserError):
        fetch(url, tmp_path / "a", Expected(), QUICK)
    server.put("/a", BODY[:500_000])
    fetch(url, tmp_path / "a", Expected(), QUICK)
    assert (tmp_path / "a").read_bytes() == BODY[:500_000]


@pytest.mark.parametrize(
    ("expected", "said"),
    [(Expected(sha256="0" * 64), "sha256 is"), (Expected(md5="0" * 32), "md5 is")],
)
def test_a_corrupted_file_is_removed_and_named(server, tmp_path, expected, said):
    url = server.put("/a", BODY)
    with pytest.raises(UserError, match=f"/a: {said} .* according to its publisher; the file was removed"):
        fetch(url, tmp_path / "a", expected, QUICK)
    assert leftovers(tmp_path) == []


def test_a_file_of_another_size_is_refused_before_it_comes(server, tmp_path):
    url = server.put("/a", BODY)
    with pytest.raises(UserError, match="size is 3000000 bytes, 7 according to its publisher"):
        fetch(url, tmp_path / "a", Expected(size=7), QUICK)
    assert leftovers(tmp_path) == []


def test_passing_troubles_of_a_server_are_waited_out(server, tmp_path):
    url = server.put("/a", BODY, statuses=[503, 429])
    assert fetch(url, tmp_path / "a", Expected(), QUICK) == SHA256


def test_troubles_that_stay_end_after_a_few_attempts(server, tmp_path):
    url = server.put("/a", BODY, statuses=[503] * 9)
    with pytest.raises(UserError, match="answers 503.*3 attempts in a row"):
        fetch(url, tmp_path / "a", Expected(), QUICK)
    assert len(server.asked) == 3


def test_a_missing_page_is_asked_for_once(server, tmp_path):
    with pytest.raises(UserError, match="/gone: the server answers 404"):
        fetch(f"{server.address}/gone", tmp_path / "a", Expected(), QUICK)
    assert len(server.asked) == 1


def test_no_server_is_one_line(tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/a"
        with pytest.raises(UserError, match="could not be fetched: .*refused"):
            fetch(url, tmp_path / "a", Expected(), QUICK)


def test_a_server_that_falls_silent_is_given_up(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/a"
        with pytest.raises(UserError, match="could not be fetched: .*timed out"):
            fetch(url, tmp_path / "a", Expected(), Patience(timeout=0.1, tries=2, pause=0))


def test_two_transfers_of_one_file_do_not_meet(server, tmp_path):
    with open(tmp_path / "a.lock", "w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        with pytest.raises(UserError, match="/a is already being worked on by another process"):
            fetch(server.put("/a", BODY), tmp_path / "a", Expected(), QUICK)
    assert server.asked == []


def test_only_web_addresses_are_fetched(tmp_path):
    with pytest.raises(UserError, match="no http or https address"):
        fetch("file:///etc/hostname", tmp_path / "a", Expected(), QUICK)


def test_a_disk_that_is_too_small_is_said_before_the_transfer(server, tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: SimpleNamespace(free=1_000_000))
    with pytest.raises(UserError, match="0.00 GB are needed and 0.00 GB are free; make room"):
        fetch(server.put("/a", BODY), tmp_path / "a", Expected(), QUICK)


def test_bytes_of_a_changed_file_are_not_kept_when_the_new_one_does_not_fit(server, tmp_path, monkeypatch):
    url = server.put("/a", BODY, cuts=[1_000_000, 0, 0, 0])
    with pytest.raises(UserError):
        fetch(url, tmp_path / "a", Expected(), QUICK)
    server.put("/a", BODY[::-1], etag='"2"')
    with monkeypatch.context() as small, pytest.raises(UserError, match="make room"):
        small.setattr(shutil, "disk_usage", lambda folder: SimpleNamespace(free=0))
        fetch(url, tmp_path / "a", Expected(), QUICK)
    fetch(url, tmp_path / "a", Expected(), QUICK)
    assert (tmp_path / "a").read_bytes() == BODY[::-1]


def test_a_disk_that_fills_up_is_one_line_and_the_transfer_goes_on_later(server, tmp_path, monkeypatch):
    url = server.put("/a", BODY)
    real = fetching.os.fsync

    def full(handle):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(fetching.os, "fsync", full)
    with pytest.raises(UserError, match="the disk is full"):
        fetch(url, tmp_path / "a", Expected(), QUICK)
    monkeypatch.setattr(fetching.os, "fsync", real)
    assert fetch(url, tmp_path / "a", Expected(), QUICK) == SHA256


def test_an_answer_that_is_no_json_is_one_line(server):
    assert fetch_json(server.put("/j", b"[1]", statuses=[503]), QUICK) == [1]
    with pytest.raises(UserError, match="did not answer in JSON"):
        fetch_json(server.put("/h", b"<html>"), QUICK)
    with pytest.raises(UserError, match="answers 404"):
        fetch_json(f"{server.address}/none", QUICK)
