"""Raw files and the user's own tables count by what they hold, wherever they lie and whenever they were written."""

import os
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.raw import class_folders, run_synthesise
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.settings.plan.source_checks import (
    TABLES,
    check_synthetic,
    check_tables,
    listing_digest,
    named_tables,
)
from workflow_scripts.settings.plan.start_checks import check_asked, check_before_start
from workflow_scripts.settings.plan.workflow_plan import Plan

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    """Each test in a working directory of its own: synthetic data and what is known of digests lie there."""
    monkeypatch.chdir(tmp_path)
    listing_digest.cache_clear()


def digest(folder: Path) -> str:
    """As a new process sees the folder."""
    listing_digest.cache_clear()
    return listing_digest(str(folder))


def config(source: Path | str, **ingest: object) -> SimpleNamespace:
    """Settings of one study of images of one's own."""
    block = SimpleNamespace(**dict.fromkeys((*TABLES, "visits")) | ingest)
    return SimpleNamespace(studies={"mine": SimpleNamespace(source=str(source), adapters=["folder"], ingest=block)})


def test_tables_of_visits_outside_the_source_are_watched_too(tmp_path):
    raw = class_folders(tmp_path / "raw", "a", "b")
    visits = tmp_path / "visits.csv"
    block = SimpleNamespace(file="../visits.csv", outcomes=None)
    assert named_tables(config(raw, visits=block), "mine") == {}
    digests = []
    for text in ("patient,hpv\np,1\n", "patient,hpv\np,2\n"):
        visits.write_text(text)
        digests.append(named_tables(config(raw, visits=block), "mine")["visits.file"])
    assert digests[0] != digests[1]
    inside = SimpleNamespace(file="a/0.png", outcomes="nowhere.csv")
    with pytest.raises(UserError, match=r"studies\.mine\.ingest\.visits\.outcomes: .*nowhere\.csv does not exist"):
        check_tables(config(raw, visits=inside), "mine")


def test_a_file_replaced_by_one_of_the_same_size_and_time_is_another_listing(tmp_path):
    raw = class_folders(tmp_path / "raw", "a", "b")
    for table in ("groups.csv", "patients.csv"):
        (raw / table).write_text("path,group\na/0.png,a0\n")
    before = digest(raw)
    for path, old, new in ((raw / "groups.csv", b"a0\n", b"a5\n"), (raw / "a" / "1.png", b"IDAT", b"IDAX")):
        status, content = path.stat(), path.read_bytes()
        path.write_bytes(content.replace(old, new))
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
        assert path.stat().st_size == status.st_size and digest(raw) != before
        path.write_bytes(content)
        assert digest(raw) == before


def test_a_touch_a_copy_and_a_hidden_file_are_no_other_listing(tmp_path):
    raw = class_folders(tmp_path / "raw", "a", "b")
    before = digest(raw)
    for path in raw.rglob("*.png"):
        path.touch()
    (raw / "a" / ".DS_Store").write_bytes(b"x")
    assert digest(raw) == before
    assert digest(Path(shutil.copytree(raw, tmp_path / "restored"))) == before


def test_what_is_added_lost_or_renamed_is_another_listing(tmp_path):
    raw = class_folders(tmp_path / "raw", "a", "b")
    seen = {digest(raw)}
    (raw / "a" / "0.png").rename(raw / "a" / "9.png")
    seen.add(digest(raw))
    (raw / "a" / "9.png").unlink()
    seen.add(digest(raw))
    (raw / "a" / "10.png").touch()
    seen.add(digest(raw))
    assert len(seen) == 4


def test_where_nothing_can_be_remembered_the_listing_is_the_same(tmp_path):
    raw = class_folders(tmp_path / "raw", "a", "b")
    before = digest(raw)
    shutil.rmtree(tmp_path / ".work")
    (tmp_path / ".work").touch()
    assert digest(raw) == before


def test_tables_of_groups_and_ids_outside_the_source_count_by_contents(tmp_path):
    raw, groups = class_folders(tmp_path / "raw", "a", "b"), tmp_path / "groups.csv"
    groups.write_text("path,group\na/0.png,a0\n")
    (raw / "ids.csv").write_text("id\na/0\n")
    inside = named_tables(config(raw, ids="ids.csv"), "mine")
    outside = named_tables(config(raw, groups=str(groups), ids="../groups.csv"), "mine")
    assert inside == {} and outside.keys() == {"groups", "ids"}
    groups.write_text("path,group\na/0.png,a5\n")
    assert named_tables(config(raw, groups="../groups.csv"), "mine")["groups"] != outside["groups"]
    assert named_tables(config(raw, groups="missing.csv"), "mine") == {}


def test_a_users_split_counts_by_contents(tmp_path):
    own = tmp_path / "own.csv"
    own.write_text("id,fold,subset\na/0,0,train\n")
    protocols = {"own": {"kind": "file", "path": str(own)}, "published": {"kind": "holdout"}}
    study = {"adapters": ["folder"], "source": "synthetic", "protocols": protocols}
    study |= {"runs": {"control": {"kind": "baseline", "features": ["border"]}}}
    plan = Plan(ROOT, {"studies": {"mine": study}}, tmp_path)
    before, status = plan.data.split("mine", "own"), own.stat()
    own.touch()
    assert plan.data.split("mine", "own") == before
    own.write_text("id,fold,subset\na/0,0,tests\n"[: status.st_size])
    os.utime(own, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert plan.data.split("mine", "own") != before
    assert plan.data.split("mine", "published").split_file is None


def test_synthetic_data_that_changed_are_lost_or_were_added_stop_the_start(tmp_path):
    folder = Path("data/folder/synthetic-mine")
    run_synthesise(folder, "folder", study="mine", samples_per_class=4)
    made = config("synthetic")
    check_synthetic(made, "mine")
    path = next(folder.rglob("*.png"))
    content, name = path.read_bytes(), path.relative_to(folder).as_posix()
    path.write_bytes(content[:-1] + b"x")
    command = f"; `rm -r {folder} && snakemake {folder}/synthetic.json --cores all`"
    with pytest.raises(UserError, match=f"{name} changed in the synthetic data of mine, {folder}{command}"):
        check_synthetic(made, "mine")
    path.unlink()
    with pytest.raises(UserError, match=f"{name} is missing in the synthetic data"):
        check_synthetic(made, "mine")
    path.write_bytes(content)
    check_synthetic(made, "mine")
    (folder / "normal" / "mine.png").write_bytes(content)
    with pytest.raises(UserError, match="normal/mine.png was added to the synthetic data"):
        check_synthetic(made, "mine")
    (folder / "normal" / "mine.png").unlink()
    (folder / "synthetic.json").write_text("{}")
    with pytest.raises(UserError, match="synthetic.json has changed since it was written"):
        check_synthetic(made, "mine")


def test_synthetic_data_that_are_not_made_yet_and_real_data_are_no_matter_of_it(tmp_path):
    check_synthetic(config("synthetic"), "mine")
    check_synthetic(config(tmp_path), "mine")


def plan_of(tmp_path: Path, results: str = "results", **section: object) -> Plan:
    """A study of images of one's own with a baseline, in `tmp_path`."""
    study = {"adapters": ["folder"], "source": "raw", "protocols": {"published": {"kind": "holdout"}}}
    study |= {"runs": {"control": {"kind": "baseline", "features": ["border"]}}} | section
    shipped = {name: {"enabled": False} for name in Plan(ROOT, {}, tmp_path).config.studies}
    return Plan(ROOT, {"results": results, "studies": {**shipped, "mine": study}}, tmp_path)


@pytest.mark.parametrize("results", ["taken", "taken/inner", "/dev/null", "dead"])
def test_results_that_cannot_be_a_folder_stop_the_start(tmp_path, results):
    class_folders(tmp_path / "raw", "a", "b")
    (tmp_path / "taken").write_text("")
    (tmp_path / "dead").symlink_to("nowhere")
    with pytest.raises(UserError, match="^results: .* is there and is no folder; name another folder$"):
        check_before_start(plan_of(tmp_path, results))


def test_a_path_that_the_system_refuses_is_said_in_a_line(tmp_path):
    """A path that is too long as a whole is refused as one through a folder that may not be entered."""
    class_folders(tmp_path / "raw", "a", "b")
    long = "/".join(["x" * 250] * 20)
    own = {"protocols": {"own": {"kind": "file", "path": long}}}
    for section, key in (
        ({"source": long}, "source"),
        ({"ingest": {"groups": long}}, "ingest.groups"),
        (own, "protocols.own.path"),
    ):
        with pytest.raises(UserError, match=rf"^studies\.mine\.{key}: .* cannot be read \(File name too long\)"):
            check_before_start(plan_of(tmp_path, **section))
    with pytest.raises(UserError, match=r"^results: .* cannot be read \(File name too long\)"):
        check_before_start(plan_of(tmp_path, "/".join(["x" * 190] * 25)))


@pytest.mark.parametrize(("key", "end"), [("groups", "source, or null"), ("patients", "source")])
def test_to_do_without_a_table_is_advised_only_where_that_is_possible(tmp_path, key, end):
    raw = class_folders(tmp_path / "raw", "a", "b")
    with pytest.raises(UserError, match=f"name a CSV file inside the {end}$"):
        check_tables(config(raw, **{key: "nowhere.csv"}), "mine")


def test_a_table_that_is_a_pipe_is_called_so(tmp_path):
    os.mkfifo(class_folders(tmp_path / "raw", "a", "b") / "g.csv")
    with pytest.raises(UserError, match=r"ingest\.groups: raw/g\.csv is a pipe or device; name a CSV file"):
        check_before_start(plan_of(tmp_path, ingest={"groups": "g.csv"}))


def test_a_study_that_is_not_enabled_is_checked_when_it_is_asked_for(tmp_path):
    plan = plan_of(tmp_path, enabled=False, source="nowhere")
    check_before_start(plan)
    with pytest.raises(UserError, match="^studies.mine.source: nowhere is no folder"):
        check_asked(plan, "mine")
    class_folders(tmp_path / "raw", "a", "b")
    plan = plan_of(tmp_path, enabled=False)
    check_asked(plan, "mine")
    record = tmp_path / "results" / "mine" / "dataset" / "record.json"
    record.parent.mkdir(parents=True)
    record.write_text('{"settings": {"synthetic": false, "scale": "demo"}}')
    with pytest.raises(UserError, match="dataset/record.json and 0 more were not made here"):
        check_asked(plan, "mine")


def test_a_working_copy_in_a_folder_that_snakemake_takes_for_a_variable_stops_the_start(tmp_path):
    copy = tmp_path / "{mine}"
    copy.mkdir()
    shutil.copy(ROOT / "config.yaml", copy)
    with pytest.raises(UserError, match="whose name has the sign {, which Snakemake reads as its own"):
        check_before_start(Plan(copy, {}, tmp_path))
