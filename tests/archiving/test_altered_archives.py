"""What was altered in an archive is named: files, predictions, votes, metrics, words, splits."""

import zipfile
from hashlib import sha256
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from tests.archiving.finished import METADATA, RUN, changed, edited, replaced, verified
from workflow_scripts.archiving.recomputing import compare_combined
from workflow_scripts.commands import verify
from workflow_scripts.contracts.aggregation import EACH_SAMPLE
from workflow_scripts.contracts.run_finish import Combined, write_tables
from workflow_scripts.contracts.step_settings.evaluate_settings import EvaluateSettings, Measures
from workflow_scripts.kinds.network import Network
from workflow_scripts.kinds.step_settings.run_settings import RunSettings
from workflow_scripts.kinds.vote import Vote
from workflow_scripts.runtime.errors import UserError

# Endings of figures.


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
