"""An archive from elsewhere, whatever it holds: nothing is written outside the work folder, nothing grows, one line."""

import json
import os
import random
import stat
import zipfile
from pathlib import Path

import pytest

from tests.archiving.finished import METADATA, ROOT, changed, edited, verified
from workflow_scripts.archiving import entry_names, unpacking
from workflow_scripts.archiving.checked_settings import read_settings
from workflow_scripts.archiving.recomputing import verify_study
from workflow_scripts.archiving.unpacking import unpack
from workflow_scripts.contracts.blocks import plain
from workflow_scripts.data.download.published_sources import Limits
from workflow_scripts.kinds.step_settings.archived_settings import ArchivedSettings
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.files import canonical_json, write_text
from workflow_scripts.settings import known_names
from workflow_scripts.settings.plan.workflow_plan import Plan

SETTINGS = "cvm_cervix/settings.json"
NOISE = random.Random(5).randbytes(2000)


def zipped(path: Path, *members: tuple[zipfile.ZipInfo | str, bytes], described: bytes = b'{"@graph": []}') -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in ((METADATA, described), *members):
            archive.writestr(name, content)
    return path


def odd(name: str, kind: int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.external_attr = (kind | 0o777) << 16
    return info


def refused(archive: Path, target: Path) -> str:
    """The line with which an archive is refused; nothing lies in or beside the folder then."""
    with pytest.raises(UserError) as caught:
        unpack(archive, target)
    assert "\n" not in str(caught.value) and not target.exists()
    return str(caught.value)


@pytest.mark.parametrize(
    "name",
    [
        "../evil.csv",
        "a/../../evil.csv",
        "/tmp/evil.csv",
        "C:/evil.csv",
        "..\\evil.csv",
        "a//b.csv",
        "./a.csv",
        "a/.hidden.csv",
        "a b.csv",
        "-rf.csv",
        "ä.csv",
        "a\x1b[2K.csv",
        "a\nb.csv",
        "a/",
        "/".join("a" * 12),
        "a" * 300,
        "CON:.csv",
    ],
)
def test_a_name_that_no_archive_has_is_refused(tmp_path, name):
    line = refused(zipped(tmp_path / "a.zip", (name, b"x")), tmp_path / "to")
    assert "is no name of a file that an archive holds" in line or "is a link, a device or a folder" in line
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.zip"]


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ([("a.csv", b"1"), ("a.csv", b"2")], "are one name"),
        ([("a.csv", b"1"), ("A.csv", b"2")], "are one name, at least where capitals do not count"),
        ([("a", b"1"), ("a/b.csv", b"2")], "'a' is a file and a folder"),
        ([(odd("a.csv", stat.S_IFLNK), b"/etc/passwd")], "'a.csv' is a link, a device or a folder"),
        ([(odd("a.csv", stat.S_IFIFO), b"")], "'a.csv' is a link, a device or a folder"),
        ([(odd("a.csv", stat.S_IFCHR), b"")], "'a.csv' is a link, a device or a folder"),
        ([(odd("a", stat.S_IFDIR), b"")], "'a' is a link, a device or a folder"),
    ],
)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_links_devices_and_names_that_meet_are_refused(tmp_path, members, words):
    assert words in refused(zipped(tmp_path / "a.zip", *members), tmp_path / "to")


def test_an_encrypted_and_an_oddly_packed_member_are_refused(tmp_path):
    path = zipped(tmp_path / "a.zip", ("a.csv", NOISE))
    raw = bytearray(path.read_bytes())
    raw[raw.rindex(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(raw)
    assert "'a.csv' is encrypted" in refused(path, tmp_path / "to")
    info = zipfile.ZipInfo("a.csv")
    info.compress_type = zipfile.ZIP_LZMA
    assert "packed in a way that archives are not" in refused(
        zipped(tmp_path / "b.zip", (info, NOISE)), tmp_path / "to"
    )


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo, lambda path: path.symlink_to("/dev/zero")])
def test_what_is_no_file_is_refused_unread(tmp_path, make):
    make(tmp_path / "a.zip")
    assert "is no file; name the zip file" in refused(tmp_path / "a.zip", tmp_path / "to")


def test_a_member_before_the_beginning_is_a_damaged_archive(tmp_path):
    path = zipped(tmp_path / "a.zip", ("a.csv", NOISE))
    raw = bytearray(path.read_bytes())
    end = raw.rindex(b"PK\x05\x06")
    # The list of members is said to begin later than it does: all places in it are that much too small.
    raw[end + 16 : end + 20] = (int.from_bytes(raw[end + 16 : end + 20], "little") + 5000).to_bytes(4, "little")
    path.write_bytes(raw)
    with pytest.raises(UserError, match="names a place before its beginning"):
        unpack(path, tmp_path / "to")


def test_a_name_that_goes_on_after_its_end_is_refused(tmp_path):
    path = zipped(tmp_path / "a.zip", ("a.csvX.csv", NOISE))
    path.write_bytes(path.read_bytes().replace(b"a.csvX.csv", b"a.csv\0.csv"))
    assert "is no name of a file" in refused(path, tmp_path / "to")


def test_what_unpacks_to_too_much_is_refused_before_the_disk_is_full(tmp_path, monkeypatch):
    path = zipped(tmp_path / "a.zip", ("a.csv", bytes(30_000_000)))
    with pytest.raises(UserError, match="unpacks to more than .*100 times its size.*not unpacked"):
        unpack(path, tmp_path / "to")
    assert sum(file.stat().st_size for file in (tmp_path / "to").rglob("*") if file.is_file()) < 1_000_000
    monkeypatch.setattr(unpacking, "LIMITS", Limits(bytes=1000, members=2, ratio=100))
    with pytest.raises(UserError, match="unpacks to more than 1000 bytes"):
        unpack(zipped(tmp_path / "b.zip", ("a.csv", NOISE)), tmp_path / "other")
    many = [(f"{number}.csv", b"") for number in range(3)]
    with pytest.raises(UserError, match="holds more than 2 files"):
        unpack(zipped(tmp_path / "c.zip", *many), tmp_path / "third")


@pytest.mark.parametrize(
    ("described", "words"),
    [
        (b"[" * 2000, "is not valid JSON"),
        (b"{", "is not valid JSON"),
        (b"\xff", "is not valid JSON"),
        (b"[]", "does not describe an archive"),
        (b'{"@graph": 1}', "does not describe an archive"),
        (b'{"@graph": [{"@type": "File", "@id": 1, "contentSize": "1", "sha256": "x"}]}', "are texts"),
        (b'{"@graph": [{"@type": "File", "@id": "../x", "contentSize": "1", "sha256": "x"}]}', "is no name of a file"),
        (b'{"@graph": [{"@type": "File", "@id": "x", "contentSize": "many", "sha256": "x"}]}', "does not describe"),
    ],
)
def test_a_description_that_is_none_is_one_line(tmp_path, described, words):
    with pytest.raises(UserError, match=words) as caught:
        unpack(zipped(tmp_path / "a.zip", described=described), tmp_path / "to")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("\n".join(["a0: &a0 [1, 1]", *(f"a{n}: &a{n} [{f'*a{n - 1}, ' * 9}1]" for n in range(1, 12))]), "values"),
        ("a: &a [*a]", "holds itself"),
        ("[" * 5000 + "]" * 5000, "nested more than"),
        ("a: [", "is not valid YAML"),
        ("!!python/object/apply:os.system ['touch pwned']", None),
    ],
)
def test_numbers_of_a_paper_that_grow_when_they_are_read_are_refused(tmp_path, text, words):
    path = zipped(tmp_path / "a.zip", ("papers/x/published.yaml", text.encode()))
    if words is None:  # only read by a loader that makes no objects
        unpack(path, tmp_path / "to")
    else:
        with pytest.raises(UserError, match=words):
            unpack(path, tmp_path / "to")


def test_names_are_those_of_the_settings():
    assert entry_names.STUDY.replace("{0,99}", "*") == known_names.NAME.pattern
    for good in ("cvm", "cvm-augmented", "cvm-float16", "lstm-bald-r03", "cvm@cvm_herlev"):
        assert entry_names.re.fullmatch(entry_names.RUN, good)


def set_at(*keys, value):
    """A change of a JSON file: another value at a place."""

    def change(settings: dict) -> None:
        for key in keys[:-1]:
            settings = settings[key]
        settings[keys[-1]] = value

    return edited(change)


def renamed(*keys, old: str, new: str):
    """A change of a JSON file: another key at a place."""

    def change(settings: dict) -> None:
        for key in keys:
            settings = settings[key]
        settings[new] = settings.pop(old)

    return edited(change)


EVIL = "../../../../../../../../proc/self/cwd/evil"
BAD_SETTINGS = {
    "run": set_at("evaluate", "published", "runs", 0, value=EVIL),
    "run of the report": renamed("report", "runs", old="cvm", new=EVIL),
    "protocol": renamed("evaluate", old="published", new=EVIL),
    "protocol of the report": renamed("report", "protocols", old="published", new=EVIL),
    "study": set_at("report", "study", value=EVIL),
    "study of a protocol": set_at("evaluate", "published", "study", value="another"),
    "paper": set_at("report", "paper", value=EVIL),
    "paper of several lines": set_at("report", "paper", value="cvm_cervix\n"),
    "seed": set_at("evaluate", "published", "seeds", 0, value=EVIL),
    "seeds": set_at("report", "seeds", value=[5]),
    "no number": set_at("evaluate", "published", "seed", value=True),
    "folds": set_at("evaluate", "published", "folds", value=10**12),
    "expected job": set_at("evaluate", "published", "expects", "cvm", value={EVIL: "0" * 64}),
    "subset": set_at("evaluate", "published", "reported", value=EVIL),
    "resampling": set_at("evaluate", "published", "resample", value="smote"),
    "explained run": set_at("report", "explain", "runs", value=[EVIL]),
    "bootstrap": set_at("evaluate", "published", "evaluate", "bootstrap", value=10**9),
    "bootstrap of the report": set_at("report", "evaluate", "bootstrap", value=10**9),
    "bins": set_at("evaluate", "published", "evaluate", "calibration_bins", value=10**9),
    "another key": set_at("evaluate", "published", "evil", value=1),
    "a text": lambda _: b'"text"',
    "a list": lambda _: b"[]",
    "nothing": lambda _: b"",
    "without end": lambda _: b"[" * 100_000,
    "another training": set_at("report", "runs", "cvm", "train", "epochs", value="many"),
    "another packing": set_at("report", "preprocess", "evil", value=1),
    "a protocol less": edited(lambda settings: settings["evaluate"].pop("grouped")),
}


@pytest.mark.parametrize("change", BAD_SETTINGS.values(), ids=BAD_SETTINGS)
def test_settings_that_no_archive_holds_are_one_line_and_lead_nowhere(archive, tmp_path, monkeypatch, change):
    monkeypatch.chdir(tmp_path)
    with zipfile.ZipFile(archive) as opened:
        content = change(opened.read(SETTINGS))
        opened.extractall(tmp_path / "archived")
    (tmp_path / "archived" / SETTINGS).write_bytes(content)
    (tmp_path / "work").mkdir()
    before = sorted(path for path in tmp_path.rglob("*"))
    (outcome,) = verify_study(tmp_path / "archived", tmp_path / "work", "cvm_cervix")
    assert not outcome.same and "cvm_cervix/settings.json" in outcome.words and "\n" not in str(outcome)
    assert sorted(path for path in tmp_path.rglob("*")) == before


def test_the_settings_of_an_archive_are_taken_as_they_are(archive, tmp_path):
    with zipfile.ZipFile(archive) as opened:
        opened.extract(SETTINGS, tmp_path)
    assert plain(read_settings(tmp_path / SETTINGS, "cvm_cervix")) == json.loads((tmp_path / SETTINGS).read_text())


@pytest.mark.parametrize("scale", ["demo", "paper"])
def test_the_settings_of_every_shipped_study_are_taken(tmp_path, scale):
    plan = Plan(ROOT, {"scale": scale}, ROOT)
    for study in plan.config.studies:
        evaluate = {protocol: plan.steps.evaluate(study, protocol) for protocol in plan.study(study).protocols}
        settings = ArchivedSettings(evaluate, plan.steps.report(study))
        path = tmp_path / f"{study}.json"
        path.write_text(canonical_json(plain(settings)))
        assert read_settings(path, study) == settings


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("dataset/record.json", b"[]"),
        ("dataset/record.json", b"{}"),
        ("dataset/record.json", b"[" * 100_000),
        ("dataset/manifest.csv", b"\xff\xfe"),
        ("dataset/manifest.csv", b"id\n"),
        ("dataset/equal_pairs.csv", b""),
        ("splits/published.json", b"[1]"),
        ("splits/published.csv", b"id,fold,subset\nx,0,train\n"),
        ("runs/published/cvm/fold0-seed1/predictions.csv", b"id,unit,group,fold,subset,label\n"),
        ("runs/published/cvm/fold0-seed0/record.json", b"7"),
        ("runs/published/cvm/fold0-seed1/ledger.json", b"null"),
        ("runs/published/cvm/fold0-seed1/history.csv", b"epoch\nx\n"),
        ("truth.csv", b"what\n1\n"),
        ("runs/published/cvm/fold0-seed1/history.csv", b"epoch,train_loss\n1," + b"x" * 100_000 + b"\n"),
        ("dataset/manifest.csv", b"id," + b"y" * 100_000 + b"\n"),
    ],
)
def test_a_file_that_holds_something_else_is_an_outcome(archive, tmp_path, name, content):
    with zipfile.ZipFile(archive) as opened:
        opened.extractall(tmp_path / "archived")
    (tmp_path / "archived" / "cvm_cervix" / name).write_bytes(content)
    (tmp_path / "work").mkdir()
    outcomes = list(verify_study(tmp_path / "archived", tmp_path / "work", "cvm_cervix"))
    wrong = [outcome for outcome in outcomes if not outcome.same]
    assert wrong and ("cannot be computed" in wrong[-1].words or wrong[-1].name.endswith("/units.csv"))
    assert all(str(tmp_path) not in str(outcome) and "\n" not in str(outcome) for outcome in wrong)
    assert all(len(str(outcome)) < 1100 for outcome in wrong)


def test_a_run_that_leads_elsewhere_changes_no_file_of_the_users(archive, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    mine = tmp_path / "results" / "units.csv"
    write_text(mine, "mine")
    lead = f"{'../' * 12}proc/self/cwd/results"
    evil = changed(archive, tmp_path / "bad.zip", (SETTINGS, set_at("evaluate", "published", "runs", 0, value=lead)))
    bad, last = verified(evil, capsys)
    assert "evaluate.published.runs.0: String should match pattern" in bad[0] and last
    assert mine.read_text() == "mine" and sorted(path.name for path in tmp_path.iterdir()) == ["bad.zip", "results"]
