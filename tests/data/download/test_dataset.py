"""A published data set becomes a folder of raw files and a record, once, whole, and provably the same later."""

import fcntl
import hashlib
import io
import json
import logging
import random
import re
import shutil
import zipfile

import pytest

from workflow_scripts.data.adapters.adapter_registry import adapters, load
from workflow_scripts.data.download.dataset_download import download
from workflow_scripts.data.download.fetching import Patience
from workflow_scripts.data.download.published_sources import published_sources, source_from
from workflow_scripts.runtime.errors import UserError

QUICK = Patience(timeout=5, tries=2, pause=0)
NOISE = random.Random(3).randbytes(40_000)


def packed(members):
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return target.getvalue()


CELLS = packed({"top/a/1.jpg": NOISE, "top/b/2.jpg": b"2", "junk": b""})


def source(*files, **more):
    about = {"adapter": "cells", "title": "Cells", "page": "http://page", "citation": "Someone", "licence": "CC0"}
    return source_from({**about, "files": list(files), **more})


def archive(url, **more):
    return {"url": url, "name": "cells.zip", "format": "zip", "root": "top", **more}


def beside(folder):
    return sorted(path.name for path in folder.parent.iterdir())


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "data" / "raw"


def test_a_data_set_is_fetched_unpacked_and_recorded(server, folder):
    url = server.put("/cells", CELLS)
    record = download(source(archive(url)), folder, QUICK)
    assert (folder / "a/1.jpg").read_bytes() == NOISE and (folder / "b/2.jpg").read_bytes() == b"2"
    assert record["number_of_files"] == 2 and record["licence"] == "CC0"
    digest = hashlib.sha256(CELLS).hexdigest()
    assert record["files"] == [{"url": url, "name": "cells.zip", "size": len(CELLS), "sha256": digest}]
    assert beside(folder) == ["raw", "raw.lock.json"]


def test_what_is_there_is_not_fetched_again(server, folder):
    chosen = source(archive(server.put("/cells", CELLS)))
    first = download(chosen, folder, QUICK)
    server.asked.clear()
    assert download(chosen, folder, QUICK) == first and server.asked == []


def test_an_interrupted_data_set_goes_on_and_fetches_no_file_twice(server, folder):
    one = server.put("/one", packed({"1": NOISE}))
    two = server.put("/two", packed({"2": NOISE}), cuts=[10_000, 0])
    chosen = source(*({"url": url, "name": url[-3:], "format": "zip"} for url in (one, two)))
    with pytest.raises(UserError, match="/two could not be fetched"):
        download(chosen, folder, QUICK)
    assert beside(folder) == ["raw.download"]
    server.asked.clear()
    assert download(chosen, folder, QUICK)["number_of_files"] == 2
    assert server.asked == [("/two", "bytes=10000-")]


def test_a_corrupted_archive_leaves_no_folder_and_is_fetched_again(server, folder):
    url = server.put("/cells", CELLS)
    chosen = source(archive(url, sha256=hashlib.sha256(CELLS).hexdigest()))
    server.put("/cells", bytes(len(CELLS)))
    with pytest.raises(UserError, match="sha256 is .* according to its publisher; the file was removed"):
        download(chosen, folder, QUICK)
    server.put("/cells", CELLS)
    assert download(chosen, folder, QUICK)["number_of_files"] == 2


def test_a_web_page_in_place_of_an_archive_is_not_remembered(server, folder):
    url = server.put("/cells", b"<html>please sign in</html>")
    with pytest.raises(UserError, match="it is a web page"):
        download(source(archive(url)), folder, QUICK)
    assert not folder.exists() and not folder.with_name("raw.lock.json").exists()
    server.put("/cells", CELLS, etag='"2"')
    assert download(source(archive(url)), folder, QUICK)["number_of_files"] == 2


def test_a_publisher_who_changes_a_file_is_noticed(server, folder):
    chosen = source(archive(server.put("/cells", CELLS)))
    download(chosen, folder, QUICK)
    shutil.rmtree(folder)
    server.put("/cells", packed({"top/a": b"new"}), etag='"2"')
    with pytest.raises(UserError, match=r"the first download got .*raw.lock.json.*to accept the new one remove"):
        download(chosen, folder, QUICK)
    assert not folder.exists()
    folder.with_name("raw.lock.json").unlink()
    assert download(chosen, folder, QUICK)["number_of_files"] == 1


def test_a_file_that_nothing_can_be_compared_with_is_said_once_with_its_sha256(server, folder, caplog, monkeypatch):
    monkeypatch.setattr(logging.getLogger("workflow_scripts"), "propagate", True)
    digest = hashlib.sha256(CELLS).hexdigest()
    chosen = source(archive(server.put("/cells", CELLS)))
    download(chosen, folder, QUICK)
    (said,) = (line for line in caplog.messages if "states no checksum" in line)
    assert f"sha256 {digest} is written to {folder}.lock.json" in said and "over plain http" in said
    assert json.loads(folder.with_name("raw.lock.json").read_text())["files"][chosen.files[0].url]["sha256"] == digest
    caplog.clear()
    shutil.rmtree(folder)
    download(chosen, folder, QUICK)
    shutil.rmtree(folder)
    folder.with_name("raw.lock.json").unlink()
    download(source(archive(server.put("/cells", CELLS), sha256=digest)), folder, QUICK)
    assert not [line for line in caplog.messages if "states no checksum" in line]


def test_a_folder_that_lost_a_file_is_named(server, folder):
    chosen = source(archive(server.put("/cells", CELLS)))
    download(chosen, folder, QUICK)
    (folder / "b/2.jpg").unlink()
    with pytest.raises(UserError, match="holds 1 files, 2 were downloaded; remove the folder to download it again"):
        download(chosen, folder, QUICK)


def test_the_users_own_files_are_not_touched(server, folder):
    folder.mkdir(parents=True)
    (folder / "mine").write_text("x")
    with pytest.raises(UserError, match="holds 1 files of another origin; they are not written over"):
        download(source(archive(server.put("/cells", CELLS))), folder, QUICK)
    assert server.asked == [] and (folder / "mine").read_text() == "x"


def test_an_archive_that_leads_out_of_its_folder_leaves_nothing(server, folder):
    url = server.put("/cells", packed({"top/1": b"1", "../../evil": b"x"}))
    with pytest.raises(UserError, match="'../../evil' would be written outside"):
        download(source(archive(url)), folder, QUICK)
    assert not folder.exists() and not list(folder.parents[1].rglob("evil"))


def test_where_registration_is_needed_the_line_says_what_to_do(folder):
    chosen = source(registration="register at http://page, accept the rules, download train.7z")
    with pytest.raises(UserError, match=r"cells: register at http://page, .* put the files into .*data/raw"):
        download(chosen, folder, QUICK)
    assert not folder.parent.exists()


def test_archives_that_cannot_be_unpacked_here_are_fetched_and_left_to_the_user(server, folder):
    url = server.put("/x", b"7z\xbc\xaf\x27\x1c" + NOISE)
    chosen = source({"url": url, "name": "x.7z", "format": "7z"})
    with pytest.raises(UserError, match=r"1 files are fetched; .* 7z x -o.*/data/raw "):
        download(chosen, folder, QUICK)
    assert (folder.with_name("raw.download") / "x.7z").stat().st_size == len(NOISE) + 6
    with pytest.raises(UserError, match="1 files are fetched"):
        download(chosen, folder, QUICK)
    assert len(server.asked) == 1
    (folder / "im").mkdir(parents=True)
    (folder / "im" / "1.bmp").write_bytes(b"1")
    assert download(chosen, folder, QUICK)["number_of_files"] == 1


def fields(server, names, **changes):
    """An index and figshare's answers, as it gives them."""
    index = [{"image_name": name, "image_doi": f"10.6084/m9.figshare.{n}"} for n, name in enumerate(names, start=7)]
    for number, entry in enumerate(index, start=7):
        body = entry["image_name"].encode() * 100
        url = server.put(f"/file/{number}", body)
        about = {"id": number, "name": entry["image_name"], "size": len(body), "download_url": url, "supplied_md5": ""}
        answer = [{**about, "computed_md5": hashlib.md5(body).hexdigest(), **changes}]
        server.put(f"/articles/{number}/files", json.dumps(answer).encode())
    url = server.put("/index", json.dumps(index).encode())
    listing = {"index": "index.json", "name": "image_name", "doi": "image_doi", "into": "images"}
    return source(
        {"url": url, "name": "index.json", "format": "plain"}, figshare={**listing, "service": server.address}
    )


def test_files_that_are_figshare_articles_are_fetched_by_their_index(server, folder):
    chosen = fields(server, ["a.png", "b.png", "c.png"])
    server.pages["/file/8"].cuts += [50, 0]
    with pytest.raises(UserError, match="/file/8 could not be fetched"):
        download(chosen, folder, QUICK)
    server.asked.clear()
    record = download(chosen, folder, QUICK)
    assert "/file/7" not in [path for path, _ in server.asked]
    assert record["number_of_files"] == 4 and len(record["files"]) == 4
    assert (folder / "images/b.png").read_bytes() == b"b.png" * 100 and (folder / "index.json").exists()


def test_a_figshare_file_is_checked_against_its_md5(server, folder):
    with pytest.raises(UserError, match="md5 is .* according to its publisher"):
        download(fields(server, ["a.png"], computed_md5="0" * 32), folder, QUICK)


@pytest.mark.parametrize("name", ["../evil.png", "a/b.png", "", None])
def test_an_index_cannot_name_files_elsewhere(server, folder, name):
    chosen = fields(server, ["a.png"])
    server.put("/index", json.dumps([{"image_name": name, "image_doi": "10.6084/m9.figshare.7"}]).encode())
    with pytest.raises(UserError, match="index.json, entry 1: image_name .* name no file"):
        download(chosen, folder, QUICK)


def test_two_downloads_to_one_folder_do_not_meet(server, folder):
    folder.parent.mkdir(parents=True)
    chosen = source(archive(server.put("/cells", CELLS)))
    with open(folder.with_name("raw.lock"), "w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        with pytest.raises(UserError, match="/data/raw is already being worked on by another process"):
            download(chosen, folder, QUICK)
    assert server.asked == []
    download(chosen, folder, QUICK)  # the lock of a process that has ended holds nobody up
    assert beside(folder) == ["raw", "raw.lock.json"]


def test_the_published_addresses_belong_to_adapters_and_fit_their_layouts():
    sources = published_sources()
    own = {name for name, entry in adapters().items() if ".studies." in entry.module}
    assert set(sources) - own == set(adapters()) - {"dicom", "folder", "slides", "visits"} - own
    for adapter, entry in sources.items():
        assert entry.citation and entry.licence and re.match("https?://", entry.page)
        for file in entry.files:
            assert file.into in ("", getattr(load(adapter), "BELOW", ""))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"url": "ftp://a/b"}, "ftp://a/b is no http or https address"),
        ({"format": "rar"}, "format 'rar' is unknown; use one of zip, tar, 7z, plain"),
        ({"sha256": "ABC"}, "sha256 'ABC' is not 64"),
        ({"into": "../x"}, "into '../x' must stay inside"),
        ({"name": "a/b"}, "name 'a/b' must stay inside"),
        ({"rooot": "x"}, "unknown key rooot; it takes url"),
    ],
)
def test_a_mistake_in_the_addresses_is_named(change, message):
    with pytest.raises(UserError, match=f"published_sources.yaml, cells.files: {message}"):
        source({"url": "http://a/b", "name": "b", "format": "zip", **change})


def test_an_entry_needs_files_or_says_how_to_register():
    with pytest.raises(UserError, match="cells: lacks files"):
        source()
