"""Nothing that names the user or this machine goes into an archive: the file and the line are named instead."""

import logging
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.archiving.finished import PAPER, PAPERS, ROOT, RUN, Finished
from tests.vouched import revouch
from workflow_scripts.archiving import privacy
from workflow_scripts.archiving.building import Archived, Options, write_archive
from workflow_scripts.archiving.privacy import Private, of_this_user, refuse_private
from workflow_scripts.commands import archive as archive_step
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.files import read_json, write_json, write_text
from workflow_scripts.settings.plan.workflow_plan import Plan

NOBODY = Private((), ())


@pytest.mark.parametrize(
    "text",
    [
        '{"weights": "/mnt/klinik/anna.mueller/a.safetensors"}',
        "id,path\na,/data/x.png\n",
        "a:/home/anna/x",
        "--weights=/mnt/klinik/a",
        "<td>/mnt/klinik/a</td>",
        "see &quot;/mnt/klinik/a&quot;",
        "Permission denied: '/mnt/My Documents/a'",
        "[/scratch/anna]",
        '{"a": "/klinik"}',
        "x,/klinik,y",
        "/klinik\n",
        '{"a": "C:\\\\Users\\\\anna"}',
        "at C:\\Users\\anna",
        "at D:/images",
        "at \\\\server\\share\\x",
        '{"a": "\\\\\\\\server\\\\share"}',
        "~/images",
        "~anna/images",
        "file:///mnt",
        "ä /mnt/ä/x",
    ],
)
def test_every_way_to_write_a_place_is_found(text):
    with pytest.raises(UserError, match=r"^x\.csv, line [12] holds '.*nothing private is archived") as caught:
        refuse_private("x.csv", text.encode(), NOBODY, True)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "https://w3id.org/ro/crate/1.1 and http://host/a/b",
        "a/b/c.csv, ../a/b, ./a/b, 1/2/3, and/or, a / b / c",
        "<p>a</p><br/></td></tr>",
        '<a href="../consistency.html#a:b/c">x</a>',
        "50%/60%/70%, (x)/y/z, km/h/s",
        f'<img src="data:image/png;base64,{"ab/cd/ef+/gh/ij==" * 9}">',
        "0.7~0.8, x ~ y, a: b",
        '{"a": "text/csv", "encodingFormat": "application/json"}',
        "std::vector, a:b, 10:30/x",
        '{"a": "\\\\alpha"}',
    ],
)
def test_what_is_no_place_passes(text):
    refuse_private("x.csv", text.encode(), NOBODY, True)


def test_names_of_the_account_and_of_the_person_are_found_as_words(monkeypatch, tmp_path):
    account = SimpleNamespace(pw_name="amueller", pw_gecos="Anna Müller,room 7")
    monkeypatch.setattr(privacy.pwd, "getpwuid", lambda _: account)
    monkeypatch.setattr(privacy.Path, "home", lambda: Path("/home/anna"))
    monkeypatch.setenv("USER", "root")
    private = of_this_user(tmp_path)
    assert private.names == ("Anna Müller", "amueller", "anna")
    for text in ("by Anna Müller", "anna_001.png", "x,amueller,y"):
        assert private.find(text)[2] == "the user's name"
    assert private.find("annals, Susanna, root") is None and private.find("anna", names=False) is None
    assert of_this_user(tmp_path, ["anna"]).find("anna_001.png") is None


def test_folders_of_this_machine_are_found_wherever_they_lie(monkeypatch, tmp_path):
    monkeypatch.setattr(privacy.Path, "cwd", lambda: Path("/w"))
    assert of_this_user(tmp_path).find("x/w/y") == (1, "/w/", "a folder of this machine")


def test_the_header_of_weights_is_searched_and_what_is_no_text_is_named():
    header = b'{"__metadata__": {"settings": "{\\"weights\\":\\"/mnt/a/b\\"}"}}'
    with pytest.raises(UserError, match="w.safetensors, line 1 holds '/mnt/a/b"):
        refuse_private("w.safetensors", len(header).to_bytes(8, "little") + header + b"\xff/mnt/x/y", NOBODY, True)
    with pytest.raises(UserError, match="x.csv is no text in UTF-8"):
        refuse_private("x.csv", b"\xff", NOBODY, True)


@pytest.mark.parametrize("path", [*(paper / "published.yaml" for paper in PAPERS), ROOT / "requirements.lock"])
def test_what_the_project_itself_puts_in_is_not_taken_for_private(path):
    refuse_private(path.name, path.read_bytes(), NOBODY, False)
    notes = path.with_name("notes.md")
    if notes.exists():
        refuse_private(notes.name, notes.read_bytes(), NOBODY, False)


@pytest.fixture
def copy(finished, tmp_path) -> Finished:
    copied = Finished.__new__(Finished)
    copied.results, copied.settings = tmp_path / "results", finished.settings
    shutil.copytree(finished.results, copied.results)
    return copied


@pytest.fixture
def all_fits(monkeypatch):
    """Records that fit, as if the workflow itself had written what the test writes."""
    monkeypatch.setattr("workflow_scripts.archiving.building.refuse_differences", lambda study, packed: None)


@pytest.mark.parametrize(
    ("name", "change"),
    [
        (f"{RUN}/record.json", lambda path: write_json(path, {**read_json(path), "x": {"weights": "/mnt/klinik/a"}})),
        ("cvm_cervix/dataset/quarantine.csv", lambda path: write_text(path, "path,reason,detail\n/data/a.png,x,y\n")),
        ("cvm_cervix/report.html", lambda path: write_text(path, path.read_text() + "<p>C:\\Users\\anna</p>")),
    ],
)
def test_a_place_in_any_text_stops_the_archive(copy, tmp_path, name, change, all_fits):
    change(copy.results / name)
    with pytest.raises(UserError, match=rf"^{name}, line \d+ holds"):
        copy.archive(tmp_path / "a.zip")
    assert not (tmp_path / "a.zip").exists()


def test_a_link_to_a_file_of_the_users_and_a_dead_link_of_a_page_stop_the_archive(copy, tmp_path):
    table = copy.results / "cvm_cervix" / "truth.csv"
    content = table.read_text()
    table.unlink()
    write_text(tmp_path / "mine.csv", "mine")
    table.symlink_to(tmp_path / "mine.csv")
    with pytest.raises(UserError, match="truth.csv is a link to a file outside the study's results"):
        copy.archive(tmp_path / "a.zip")
    table.unlink()
    write_text(table, content)
    page = copy.results / "cvm_cervix" / "report.html"
    write_text(page, page.read_text() + '<a href="figures/gone.png">x</a>')
    revouch(copy.results / "cvm_cervix")
    with pytest.raises(UserError, match="report.html links to 'figures/gone.png', which is not in the archive"):
        copy.archive(tmp_path / "a.zip")


def test_a_name_that_verify_would_refuse_is_refused_at_once(copy, tmp_path, all_fits):
    write_text(copy.results / "cvm_cervix" / "paper" / "table 1.csv", "a\n")
    with pytest.raises(UserError, match="'cvm_cervix/paper/table 1.csv' is no name of a file that an archive holds"):
        copy.archive(tmp_path / "a.zip")


def test_an_archive_without_weights_and_options_is_what_the_default_gives(copy, tmp_path):
    study = Archived("cvm_cervix", "A small study", copy.settings, PAPER)
    for name in ("a.zip", "b.zip"):
        write_archive(tmp_path / name, copy.results, [study], PAPERS, ROOT / "requirements.lock", Options())
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()


def test_studies_that_are_not_finished_are_left_out_and_named(finished, tmp_path, monkeypatch, capsys, caplog):
    """As with the settings of a user's own study, beside which the shipped ones stay active and were never run."""
    monkeypatch.setattr(logging.getLogger("workflow_scripts"), "propagate", True)
    caplog.set_level(logging.INFO, "workflow_scripts")
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(Plan, "enabled", ["cvm_cervix", "cvm_herlev"])
    monkeypatch.setattr(archive_step, "refuse_other_settings", lambda *_: None)
    settings = tmp_path / "my.yaml"
    write_text(settings, f"results: {finished.results}\n")
    out = tmp_path / "a.zip"
    arguments = SimpleNamespace(configfile=settings, out=out, weights=False, word=[], log=None)
    archive_step.main(arguments)
    assert "left out: cvm_herlev has no report; `snakemake cvm_herlev` makes it" in caplog.text
    assert "of cvm_cervix\n" in caplog.text and capsys.readouterr().out.startswith("sha256 ")
    monkeypatch.setattr(Plan, "enabled", ["cvm_herlev"])
    with pytest.raises(UserError, match="no enabled study is finished in .*name with CONFIG=my.yaml the settings"):
        archive_step.main(arguments)
