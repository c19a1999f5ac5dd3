"""An archive is unpacked inside its folder, or refused with a line that names the member."""

import io
import os
import random
import re
import shutil
import stat
import tarfile
import zipfile
from functools import partial

import pytest

from workflow_scripts.data.download.archives import DamagedError, unpack
from workflow_scripts.data.download.published_sources import Limits, PublishedFile
from workflow_scripts.runtime.errors import UserError

NOISE = random.Random(2).randbytes(5000)


def zipped(path, members, **more):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return PublishedFile("http://here/a", "a", "zip", **more)


def tarred(path, members, mode="w:gz"):
    """`members`: name → content, or a TarInfo for odd ones."""
    with tarfile.open(path, mode) as archive:
        for name, content in members.items():
            info = content if isinstance(content, tarfile.TarInfo) else tarfile.TarInfo(name)
            if isinstance(content, bytes):
                info.size = len(content)
            archive.addfile(info, io.BytesIO(content) if isinstance(content, bytes) else None)
    return PublishedFile("http://here/a", "a", "tar")


def odd(name, kind, target=""):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


def tree(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def places(tmp_path):
    """An archive's path and the folder to unpack to, beside which nothing may appear."""
    (tmp_path / "outer" / "inner").mkdir(parents=True)
    return tmp_path / "a", tmp_path / "outer" / "inner"


@pytest.mark.parametrize("pack", [zipped, tarred, *(partial(tarred, mode=mode) for mode in ("w", "w:bz2", "w:xz"))])
def test_files_come_out_as_they_went_in(places, pack):
    archive, folder = places
    members = {"x/é ü.BMP": NOISE, "x/y/empty": b"", "./z": b"1"}
    assert unpack(archive, pack(archive, members), folder, Limits()) == 3
    assert tree(folder) == {"x/é ü.BMP": NOISE, "x/y/empty": b"", "z": b"1"}


def test_only_the_folder_that_is_meant_is_taken(places):
    archive, folder = places
    members = {"top/a/1.jpg": b"1", "__MACOSX/top/a/._1.jpg": b"2", "topping": b"3"}
    assert unpack(archive, zipped(archive, members, root="top", into="to"), folder, Limits()) == 1
    assert tree(folder) == {"to/a/1.jpg": b"1"}
    with pytest.raises(
        UserError, match=r"has no files in 'other'; beside it there are \['__MACOSX', 'top', 'topping'\]"
    ):
        unpack(archive, zipped(archive, members, root="other"), folder, Limits())


@pytest.mark.parametrize(
    "name", ["../evil", "a/../../evil", "/evil", "..\\evil", "C:\\evil", "C:/evil", "a\\..\\..\\evil"]
)
@pytest.mark.parametrize("pack", [zipped, tarred])
def test_nothing_is_written_outside_the_folder(places, pack, name):
    archive, folder = places
    file = pack(archive, {name: b"x"})
    with pytest.raises(UserError, match="would be written outside its folder; the archive was not unpacked"):
        unpack(archive, file, folder, Limits())
    assert list(folder.parent.parent.rglob("*evil*")) == []


@pytest.mark.parametrize(
    "member",
    [
        odd("link", tarfile.SYMTYPE, "/etc"),
        odd("link", tarfile.LNKTYPE, "../../x"),
        odd("link", tarfile.CHRTYPE),
        odd("link", tarfile.FIFOTYPE),
    ],
    ids=["symlink", "hard link", "device", "pipe"],
)
def test_links_and_devices_in_a_tar_are_refused(places, member):
    archive, folder = places
    with pytest.raises(UserError, match="'link' is a link or a device"):
        unpack(archive, tarred(archive, {"link": member, "link/x": b"x"}), folder, Limits())


def test_links_in_a_zip_are_refused(places):
    archive, folder = places
    info = zipfile.ZipInfo("link")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr(info, "/etc")
    with pytest.raises(UserError, match="'link' is a link or a device"):
        unpack(archive, PublishedFile("http://here/a", "a", "zip"), folder, Limits())


@pytest.mark.parametrize("pack", [zipped, tarred])
def test_an_explosion_is_stopped_before_it_fills_the_disk(places, pack):
    archive, folder = places
    file = pack(archive, {"zeros": bytes(20_000_000)})
    with pytest.raises(UserError, match="unpacks to more than .* bytes"):
        unpack(archive, file, folder, Limits())
    assert sum(map(len, tree(folder).values())) < 5_000_000
    with pytest.raises(UserError, match="holds more than 2 files"):
        unpack(archive, pack(archive, {str(n): b"" for n in range(3)}), folder, Limits(members=2))
    with pytest.raises(UserError, match="unpacks to more than 100 bytes"):
        unpack(archive, pack(archive, {"n": NOISE}), folder, Limits(bytes=100))


def test_a_member_that_lies_about_its_size_is_stopped(places):
    archive, folder = places
    file = zipped(archive, {"zeros": bytes(3_000_000)})
    raw = archive.read_bytes()
    archive.write_bytes(raw.replace((3_000_000).to_bytes(4, "little"), (10).to_bytes(4, "little")))
    with pytest.raises(UserError):
        unpack(archive, file, folder, Limits())
    assert sum(map(len, tree(folder).values())) < 1000


def test_nothing_is_written_over(places):
    archive, folder = places
    (folder / "there").write_bytes(b"mine")
    with pytest.raises(UserError, match="'there' would be written over another file"):
        unpack(archive, zipped(archive, {"there": b"x"}), folder, Limits())
    assert tree(folder) == {"there": b"mine"}
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(archive, "w") as opened:
        opened.writestr("twice", b"1")
        opened.writestr("twice", b"2")
    with pytest.raises(UserError, match="'twice' is in it twice"):
        unpack(archive, PublishedFile("http://here/a", "a", "zip"), folder, Limits())


@pytest.mark.parametrize("pack", [zipped, tarred, *(partial(tarred, mode=mode) for mode in ("w", "w:bz2", "w:xz"))])
def test_a_truncated_archive_is_named_unless_only_its_padding_is_lost(places, pack):
    archive, folder = places
    members, damaged = {"one": NOISE, "two": NOISE[::-1]}, 0
    file = pack(archive, members)
    whole = archive.read_bytes()
    for length in range(0, len(whole) - 1, len(whole) // 40):
        archive.write_bytes(whole[:length])
        shutil.rmtree(folder, ignore_errors=True)
        try:
            unpack(archive, file, folder, Limits())
        except DamagedError as error:
            damaged += 1
            assert re.search(f"is no whole .* archive.*{length} bytes came", str(error))
        else:
            assert tree(folder) == members
    assert damaged >= 20


def test_a_flipped_byte_in_a_zip_is_noticed(places):
    archive, folder = places
    file = zipped(archive, {"one": NOISE})
    raw = bytearray(archive.read_bytes())
    raw[2000] ^= 1
    archive.write_bytes(raw)
    with pytest.raises(DamagedError, match="no whole zip archive"):
        unpack(archive, file, folder, Limits())


def test_a_login_page_is_called_one(places):
    archive, folder = places
    archive.write_bytes(b"\n<!DOCTYPE html><title>Sign in</title>")
    with pytest.raises(DamagedError, match="it is a web page: the address may ask for a login"):
        unpack(archive, PublishedFile("http://here/a", "a", "zip"), folder, Limits())


def test_an_encrypted_archive_is_refused(places):
    archive, folder = places
    file = zipped(archive, {"secret": NOISE})
    raw = bytearray(archive.read_bytes())
    raw[raw.index(b"PK\x01\x02") + 8] |= 1
    archive.write_bytes(raw)
    with pytest.raises(UserError, match="'secret' is encrypted"):
        unpack(archive, file, folder, Limits())


def test_names_in_odd_encodings_survive(places):
    archive, folder = places
    names = ["ζωή.bmp".encode(), "ÄÖ.bmp".encode("cp437"), "é.bmp".encode("latin-1")]
    zipped(archive, {chr(ord("A") + number) * len(name): str(number) for number, name in enumerate(names)})
    raw = archive.read_bytes()
    for number, name in enumerate(names):
        raw = raw.replace(bytes([ord("A") + number]) * len(name), name)
    archive.write_bytes(raw)
    assert unpack(archive, PublishedFile("http://here/a", "a", "zip"), folder, Limits()) == 3
    found = {content: name for name, content in tree(folder).items()}
    assert found[b"0"] == "ζωή.bmp" and found[b"1"] == "ÄÖ.bmp" and len(found) == 3


def test_names_in_a_tar_that_are_no_utf8_keep_their_bytes(places):
    archive, folder = places
    file = tarred(archive, {"\udce9.bmp": b"1"})
    assert unpack(archive, file, folder, Limits()) == 1
    assert os.listdir(os.fsencode(folder)) == [b"\xe9.bmp"]  # noqa: PTH208 (bytes)
