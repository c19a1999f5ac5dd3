"""An archive holds what it should, and every table in it follows from its predictions; what was altered is named."""

import json
import re
import shutil
import time
import zipfile
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import unquote

import numpy as np
import pandas as pd
import pytest

from tests.archiving.finished import METADATA, RUN, Finished, changed, edited, replaced, verified
from workflow_scripts.archiving.contents import study_files
from workflow_scripts.archiving.pages import page_faults
from workflow_scripts.archiving.recomputing import compare_combined
from workflow_scripts.commands import verify
from workflow_scripts.contracts.aggregation import EACH_SAMPLE
from workflow_scripts.contracts.run_finish import Combined, write_tables
from workflow_scripts.contracts.step_settings.evaluate_settings import EvaluateSettings, Measures
from workflow_scripts.kinds.network import Network
from workflow_scripts.kinds.step_settings.run_settings import RunSettings
from workflow_scripts.kinds.vote import Vote
from workflow_scripts.reporting.pages.page import SCRIPT
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.results_layout import vouched_file

# Endings of figures.
DRAWN = (".png", ".svg", ".pdf")


def test_an_archive_verifies_away_from_its_results(archive, tmp_path, capsys, monkeypatch):
    moved = shutil.copy(archive, tmp_path / "elsewhere.zip")
    monkeypatch.chdir(tmp_path)
    assert verified(Path(moved), capsys) == ([], "")


def test_every_table_has_its_line_and_what_is_not_computed_is_listed(archive, capsys):
    verify.main(SimpleNamespace(archive=archive))
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"sha256     {sha256(archive.read_bytes()).hexdigest()}"
    tables = ["evaluation/published/metrics.csv", "evaluation/grouped/comparison.csv", "metrics.json", "verdict.csv"]
    for table in (*tables, "splits/published.leaks.csv", "splits/published.json", "model_card.md"):
        assert f"same       cvm_cervix/{table}: the same bytes" in lines
    for page in ("index.html", "consistency.html", "consistency.csv", METADATA):
        assert f"same       {page}: the same bytes" in lines
    with zipfile.ZipFile(archive) as opened:
        names = opened.namelist()
    units = [name for name in names if name.endswith("units.csv")]
    assert len(units) == 12 and all(f"same       {name}: the same bytes" in lines for name in units)
    for name in ("report.html", "splits/published.csv", "dataset/equal_pairs.csv"):
        assert f"given      cvm_cervix/{name}: not computed again" in lines
    assert "given      cvm_cervix/runs/…/predictions.csv (8 files): not computed again" in lines
    drawn = sum(name.endswith(".png") for name in names)
    assert drawn and f"given      cvm_cervix/…/*.png ({drawn} files): not computed again" in lines
    named = {line.split(maxsplit=1)[1].partition(":")[0].partition(" (")[0] for line in lines[1:]}
    together = {re.sub(r"(/runs)/.*/", r"\1/…/", name) for name in named}
    for name in names:
        figures = re.sub(r"^cvm_cervix/.*(\.png|\.svg|\.pdf)$", r"cvm_cervix/…/*\1", name)
        assert re.sub(r"(/runs)/.*/", r"\1/…/", figures) in together


def test_every_link_of_every_page_ends_inside_or_at_what_a_record_inside_vouches_for(archive, tmp_path):
    with zipfile.ZipFile(archive) as opened:
        opened.extractall(tmp_path)
    pages = sorted(tmp_path.rglob("*.html"))
    assert [str(page.relative_to(tmp_path)) for page in pages] == [
        "consistency.html",
        "cvm_cervix/report.html",
        "index.html",
        "runs.html",
    ]
    followed = 0
    for page in pages:
        for link in re.findall(r"""(?:href|src)=["']([^"']*)["']""", page.read_text(encoding="utf-8")):
            path, _, anchor = link.partition("#")
            if not link.startswith("data:image/"):
                target = (page.parent / unquote(path)).resolve() if path else page
                if not target.is_file():
                    assert not anchor and vouched_file(target).record.is_file(), link
                    continue
                assert not anchor or f'id="{anchor}"' in target.read_text("utf-8"), link
                followed += 1
    assert followed > 20


@pytest.mark.parametrize(
    ("html", "fault"),
    [
        ('<a href="gone.html">x</a>', "links to 'gone.html', which is not in the archive"),
        ('<a href="other.html#gone">x</a>', "links to 'other.html#gone'"),
        ('<a href="https://elsewhere/">x</a>', "links to 'https://elsewhere/'"),
        ('<img src="//elsewhere/x.png">', "links to '//elsewhere/x.png'"),
        ('<a href="/etc/passwd">x</a>', "links to '/etc/passwd'"),
        ('<a href="../../x">x</a>', "links to '../../x'"),
        ('<a href="javascript:x()">x</a>', "links to 'javascript:x()'"),
        ('<a href="http://[">x</a>', "links to"),
        ('<a href="java&#115;cript:x()">x</a>', "links to 'javascript:x()'"),
        ("<A HREF='gone.html'>x</A>", "links to 'gone.html'"),
        ("<SCRIPT src=x>", "has 'script'"),
        ("<svg/onload=x()>", "has 'onload'"),
        (f'<a href="{"x" * 30_000}">', "has 'a tag of 30008 signs'"),
        ("<script>x()</script>", "has 'script'"),
        ('<p onclick="x()">x</p>', "has 'onclick'"),
        ('<meta http-equiv="refresh" content="0">', "has 'meta'"),
        ("<style>@import 'x'</style>", "has 'style'"),
        ('<p style="background: url(//elsewhere)">x</p>', "has 'style'"),
    ],
)
def test_a_page_with_a_dead_link_or_something_active_is_named(html, fault):
    pages = {"a/page.html": html, "a/other.html": '<b id="there">x</b>'}
    assert page_faults(pages, pages)["a/page.html"].startswith(fault)
    fine = '<a href="other.html#there">x</a> <a href="#me" id="me">y</a> <img src="data:image/png;base64,AA==">'
    assert page_faults({**pages, "a/page.html": fine}, pages) == {}


def test_the_one_script_of_the_pages_is_known_by_every_letter():
    fine = f"<p>x</p><script>\n{SCRIPT}</script>"
    assert page_faults({"a.html": fine}, ["a.html"]) == {}
    for other in (
        fine.replace("Filter", "Filtre"),
        f"{fine}<script>x()</script>",
        fine.replace("<script>", "<script async>"),
    ):
        assert "has 'script'" in page_faults({"a.html": other}, ["a.html"])["a.html"]


def test_a_link_to_what_stays_behind_is_none_to_nothing():
    page = '<a href="evaluation/grouped/cvm/roc.png">x</a> <a href="../../docs/explanation/verdicts.md">y</a>'
    names = ["cvm/report.html", "cvm/evaluation/grouped/record.json"]
    assert page_faults({"cvm/report.html": page}, names) == {}
    assert "roc.png" in page_faults({"cvm/report.html": page}, names[:1])["cvm/report.html"]
    for other in ('<a href="evaluation/grouped/cvm/roc.png#x">x</a>', '<a href="../../docs/other.md">y</a>'):
        assert "which is not in the archive" in page_faults({"cvm/report.html": other}, names)["cvm/report.html"]


@pytest.mark.parametrize(
    "part", ["<a", "<!--", '<a href="', "<a b=' ", "&#", "</", f"<a {'x' * 9000}", f"<a x{' ' * 9000}"]
)
def test_a_page_without_end_is_read_in_time(part):
    started = time.process_time()
    page_faults({"a.html": part * (2_000_000 // len(part))}, ["a.html"])
    assert time.process_time() - started < 20


def test_it_is_a_research_object_without_weights_names_of_machines_or_folders(archive, finished):
    with zipfile.ZipFile(archive) as opened:
        names = set(opened.namelist())
        described = json.loads(opened.read("ro-crate-metadata.json"))
        texts = {name: opened.read(name).decode("utf-8") for name in names if not name.endswith(DRAWN)}
    entities = {entity["@id"]: entity for entity in described["@graph"]}
    assert entities["ro-crate-metadata.json"]["conformsTo"] == {"@id": "https://w3id.org/ro/crate/1.1"}
    assert entities["ro-crate-metadata.json"]["about"] == {"@id": "./"}
    root = entities["./"]
    assert root["@type"] == "Dataset" and {"name", "description", "datePublished", "license"} <= set(root)
    assert {part["@id"] for part in root["hasPart"]} == names - {"ro-crate-metadata.json"}
    referred = [value["@id"] for entity in described["@graph"] for value in _references(entity)]
    assert set(referred) <= set(entities) | {"https://w3id.org/ro/crate/1.1"}
    needed = {"dataset/manifest.csv", "splits/published.csv", "report.html", "metrics.json", "settings.json"}
    needed |= {"verdict.csv", "model_card.md"}
    assert {f"cvm_cervix/{name}" for name in needed} | {f"{RUN}/record.json", f"{RUN}/predictions.csv"} <= names
    assert {"papers/cvm_cervix/published.yaml", "consistency.csv", "consistency.html", "index.html"} <= names
    kinds = {".csv", ".json", ".html", ".lock", ".yaml", ".md", ".tex"}
    assert {Path(name).suffix for name in names if not name.endswith(DRAWN)} == kinds
    # Of figures those that the report links to.
    assert {name.split("/")[1] for name in names if name.endswith(DRAWN)} <= {"evaluation", "examples", "paper"}
    for name, text in texts.items():
        assert "somebodys-machine" not in text and str(finished.results) not in text, name


def test_the_histories_of_patients_stay_where_they_are(tmp_path):
    for name in ("visits.csv", "columns.csv", "flow.csv", "audit.csv", "manifest.csv"):
        path = tmp_path / "mine" / "dataset" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("id\n")
    names = [name.rpartition("/")[2] for name in study_files(tmp_path, "mine", weights=True)]
    assert names == ["audit.csv", "columns.csv", "flow.csv", "manifest.csv"]


def _references(entity: dict) -> list[dict]:
    values = [item for value in entity.values() for item in (value if isinstance(value, list) else [value])]
    return [value for value in values if isinstance(value, dict)]


def test_weights_come_when_asked_for(finished, tmp_path, capsys):
    archive = finished.archive(tmp_path / "large.zip", weights=True)
    assert f"{RUN}/weights.safetensors" in zipfile.ZipFile(archive).namelist()
    assert verified(archive, capsys) == ([], "")


def swapped(content: bytes) -> bytes:
    """The probabilities of both classes of the first row, exchanged."""
    header, first, *rest = content.decode().splitlines()
    cells = first.split(",")
    ends = slice(header.split(",").index("p_a"), header.split(",").index("p_b") + 1)
    cells[ends] = reversed(cells[ends])
    return "\n".join([header, ",".join(cells), *rest, ""]).encode()


def test_files_that_are_not_as_archived_are_named_and_nothing_is_computed(archive, tmp_path, capsys):
    first, second = f"{RUN}/predictions.csv", "cvm_cervix/metrics.json"
    path = changed(archive, tmp_path / "bad.zip", (first, swapped), (second, lambda _: None), sealed=False)
    bad, last = verified(path, capsys)
    assert bad == [
        f"ALTERED    {second}: is missing from the archive",
        f"ALTERED    {first}: is not the file that was archived (its checksum differs)",
    ]
    assert last.endswith("2 files are not as archived; nothing was computed")
    path = changed(archive, tmp_path / "more.zip", ("extra.html", lambda _: b"<script>"), sealed=False)
    bad, last = verified(path, capsys)
    assert bad == [f"ALTERED    extra.html: is not listed in {METADATA}"] and "nothing was computed" in last


def test_another_prediction_changes_the_units_that_follow_from_it(archive, tmp_path, capsys):
    bad, last = verified(changed(archive, tmp_path / "bad.zip", (f"{RUN}/predictions.csv", swapped)), capsys)
    (units,) = bad
    assert f"{RUN}/units.csv: row 2, p_a: archived 0." in units and "computed 0." in units
    assert "1 of" in last and "tables differ" in last


def test_another_vote_than_that_of_its_members_is_named(archive, tmp_path, capsys):
    vote = RUN.replace("/cvm/", "/soft_vote/")
    changes = [(f"{vote}/{table}.csv", swapped) for table in ("predictions", "units")]
    bad, _ = verified(changed(archive, tmp_path / "bad.zip", *changes), capsys)
    assert all(
        any(f"{vote}/{table}.csv: row 2, p_a: archived 0." in line for line in bad)
        for table in ("predictions", "units")
    )


def test_a_vote_on_units_of_several_images_follows_from_its_members(tmp_path):
    """The rows of its predictions are units: no image of the split is called so, and none is alone in its unit."""
    rows = pd.DataFrame({"id": ["u0", "u1"], "unit": ["u0", "u1"], "group": "", "fold": 0, "subset": "test"})
    rows = rows.assign(label=["a", "b"], p_a=[0.75, 0.5], p_b=[0.25, 0.5], n_samples=[3, 2])
    runs = {run: RunSettings(Network("network", run)) for run in ("first", "second")}
    runs["both"] = RunSettings(Vote("vote", ("first", "second")))
    archived = tmp_path / "archived"
    for run in runs:
        write_tables(archived / "mine" / "runs" / "own" / run / "fold0-seed0", Combined(rows).output(), EACH_SAMPLE)
    stated = EvaluateSettings("mine", 0, "own", "test", tuple(runs), (), 1, (0,), {}, Measures())
    outcomes = list(compare_combined(archived, tmp_path / "work", stated, runs))
    assert len(outcomes) == 2 and all(outcome.same for outcome in outcomes)


def test_another_unit_changes_the_metrics_that_follow_from_it(archive, tmp_path, capsys):
    def certain(content: bytes) -> bytes:
        header, first, *rest = content.decode().splitlines()
        cells, names = first.split(","), header.split(",")
        wrong = cells[names.index("label")] == "a"
        cells[names.index("p_a")], cells[names.index("p_b")] = ("0", "1") if wrong else ("1", "0")
        return "\n".join([header, ",".join(cells), *rest, ""]).encode()

    path = changed(archive, tmp_path / "bad.zip", (f"{RUN}/units.csv", certain), (f"{RUN}/predictions.csv", certain))
    bad, last = verified(path, capsys)
    for name in ("evaluation/published/metrics.csv", "evaluation/published/cvm/metrics.csv"):
        assert any(f"cvm_cervix/{name}: row " in line for line in bad)
    assert not any("/grouped/" in line for line in bad) and "tables differ" in last


@pytest.mark.parametrize("name", ["evaluation/published/metrics.csv", "metrics.json", "verdict.csv"])
def test_another_number_is_named(archive, tmp_path, capsys, name):
    with zipfile.ZipFile(archive) as opened:
        text = opened.read(f"cvm_cervix/{name}").decode()
    number = next(part for part in text.replace(",", " ").split() if part.startswith("0.") and len(part) > 4)
    change = replaced(number.encode(), f"{np.clip(float(number) + 0.125, 0, 2):.9g}".encode())
    bad, last = verified(changed(archive, tmp_path / "bad.zip", (f"cvm_cervix/{name}", change)), capsys)
    assert bad[0].startswith(f"DIFFERENT  cvm_cervix/{name}: ") and f"computed {number}" in bad[0]
    assert len(bad) == 1 and "1 of" in last


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("cvm_cervix/model_card.md", "line "),
        ("index.html", "line "),
        ("consistency.html", "line "),
        ("consistency.csv", "row "),
    ],
)
def test_another_word_on_a_page_that_is_made_again_is_named(archive, tmp_path, capsys, name, words):
    def change(content: bytes) -> bytes:
        head, tail = content[: len(content) // 2], content[len(content) // 2 :]
        return head + tail.replace(b" the ", b" no ", 1).replace(b"consistent", b"fine", 1)

    bad, _ = verified(changed(archive, tmp_path / "bad.zip", (name, change)), capsys)
    assert bad[0].startswith(f"DIFFERENT  {name}: {words}")


def test_leaks_that_were_struck_out_are_found_again(archive, tmp_path, capsys):
    def harmless(record: dict) -> None:
        record.update(leak_free=True, leaks=dict.fromkeys(record["leaks"], 0), note="Split by sample.")
        record["outputs"]["published.leaks.csv"] = sha256(header).hexdigest()

    with zipfile.ZipFile(archive) as opened:
        content = opened.read("cvm_cervix/splits/published.leaks.csv")
    header = content.splitlines(keepends=True)[0]
    assert content.count(b"\n") > 2
    splits = "cvm_cervix/splits/published"
    path = changed(
        archive, tmp_path / "bad.zip", (f"{splits}.leaks.csv", lambda _: header), (f"{splits}.json", edited(harmless))
    )
    bad, last = verified(path, capsys)
    assert any(line.startswith(f"DIFFERENT  {splits}.leaks.csv: row 2, fold: archived nothing") for line in bad)
    assert any(line.startswith(f"DIFFERENT  {splits}.json: leak_free: archived True, computed False") for line in bad)
    assert "tables differ" in last


def test_a_split_by_group_that_tears_one_apart_is_named(archive, tmp_path, capsys):
    def swap(content: bytes) -> bytes:
        return (
            content.replace(b"a/0_1,0,train", b"a/0_1,0,x")
            .replace(b"a/4_1,0,test", b"a/4_1,0,train")
            .replace(b"a/0_1,0,x", b"a/0_1,0,test")
        )

    bad, _ = verified(changed(archive, tmp_path / "bad.zip", ("cvm_cervix/splits/grouped.csv", swap)), capsys)
    assert any("splits/grouped.csv: splits by group, but 'a/0_1' and 'a/0_0' share group" in line for line in bad)


def test_a_sample_in_another_subset_than_the_split_says_is_named(archive, tmp_path, capsys):
    change = replaced(b"a/4_0,0,test", b"a/4_0,0,validation")
    bad, _ = verified(changed(archive, tmp_path / "bad.zip", ("cvm_cervix/splits/published.csv", change)), capsys)
    assert "DIFFERENT  cvm_cervix/splits/published.csv: legacy_xception/fold0-seed0: 'a/4_0' is another subset's" in bad


def test_a_report_with_a_script_is_named_and_a_paper_with_other_numbers_is_marked(archive, tmp_path, capsys):
    script = ("cvm_cervix/report.html", replaced(b"</body>", b"<script>x()</script></body>"))
    bad, last = verified(changed(archive, tmp_path / "bad.zip", script), capsys)
    assert bad == ["DIFFERENT  cvm_cervix/report.html: has 'script', which no page of this workflow has"]
    assert "1 of" in last
    notes = ("papers/cvm_cervix/notes.md", lambda content: content + b"more")
    verify.main(SimpleNamespace(archive=changed(archive, tmp_path / "notes.zip", notes)))
    assert "notes.md, another than this version of the project has: not computed again" in capsys.readouterr().out


def test_cells_cannot_forge_lines(archive, tmp_path, capsys):
    def forge(content: bytes) -> bytes:
        header, first, *rest = content.decode().splitlines()
        first = first.replace(first.partition(",")[0], '"a\nsame       everything: the same bytes\x1b[2K"', 1)
        return "\n".join([header, first, *rest, ""]).encode()

    name = f"{RUN}/units.csv"
    capsys.readouterr()
    with pytest.raises(UserError):
        verify.main(SimpleNamespace(archive=changed(archive, tmp_path / "bad.zip", (name, forge))))
    out = capsys.readouterr().out
    assert "\nsame       everything" not in out and "\x1b" not in out and "a\\nsame" in out


def test_a_damaged_or_foreign_file_is_one_line(archive, tmp_path, capsys):
    content = bytearray(archive.read_bytes())
    content[len(content) // 2] ^= 255
    cases = {
        "is no whole zip archive|is no readable zip file": bytes(content),
        "is no readable zip file": archive.read_bytes()[:-200],
        "no archive of this workflow": None,
    }
    for message, held in cases.items():
        path = tmp_path / "bad.zip"
        if held is None:
            with zipfile.ZipFile(path, "w") as other:
                other.writestr("notes.txt", "none")
        else:
            path.write_bytes(held)
        bad, last = verified(path, capsys)
        assert not bad and any(part in last for part in message.split("|"))
    assert "does not exist" in verified(tmp_path / "none.zip", capsys)[1]


def test_the_one_that_archives_is_told_what_is_not_finished(finished, tmp_path):
    copy = Finished.__new__(Finished)
    copy.results, copy.settings = tmp_path / "results", finished.settings
    shutil.copytree(finished.results, copy.results)
    (copy.results / RUN / "units.csv").write_text("cut")
    with pytest.raises(
        UserError, match=rf"{RUN}/units.csv has changed: it is not what .*record.json says; `snakemake "
    ):
        copy.archive(tmp_path / "a.zip")
    (copy.results / "cvm_cervix" / "verdict.csv").unlink()
    with pytest.raises(UserError, match="has no report; run the workflow to its end first"):
        copy.archive(tmp_path / "a.zip")
    assert not (tmp_path / "a.zip").exists()
