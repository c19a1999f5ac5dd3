"""A file that is not what its record says is refused in one line, by whoever reads it, with the command that heals."""

import itertools
import json
import os
import shutil
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from tests import made
from tests.reporting.handmade import Study
from tests.vouched import vouch
from workflow_scripts.commands import check
from workflow_scripts.contracts.blocks import plain
from workflow_scripts.contracts.record import read_record, write_record
from workflow_scripts.contracts.step_settings.evaluate_settings import EvaluateSettings, Measures
from workflow_scripts.contracts.verdict_table import VERDICT
from workflow_scripts.contracts.verified import differences, require
from workflow_scripts.runtime.digests import CLOCK, digest_once, folder_digests
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.files import digest_file, read_json, whole, write_json
from workflow_scripts.runtime.results_layout import remedy, vouched_file
from workflow_scripts.steps import evaluate, explain, finish_run, make_run, split, train

SETTINGS = made.settings(epochs=1)
RUN, VOTE = "runs/published/tiny/fold0-seed0", "runs/published/vote/fold0-seed0"


def flipped(path: Path) -> None:
    """Another bit in the middle."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-7])


def zeroed(path: Path) -> None:
    """The second half zeros, the length kept."""
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2].ljust(len(content), b"\0"))


def swapped(path: Path) -> None:
    """Two rows of a table change places."""
    head, first, second, *rest = path.read_text().splitlines(keepends=True)
    path.write_text("".join([head, second, first, *rest]))


def relabelled(path: Path) -> None:
    """A word of the table is another."""
    text = path.read_text()
    word, other = next(
        pair for pair in (("blob", "cross"), ("train", "test"), ("cell_001", "cell_002")) if pair[0] in text
    )
    path.write_text(text.replace(word, other, 1))


DAMAGES = {"table": (flipped, cut, zeroed, swapped, relabelled), "bytes": (flipped, cut, zeroed)}


@pytest.fixture(scope="session")
def original(tmp_path_factory) -> made.Inputs:
    """A study with a trained run that is finished, and a vote of it."""
    inputs = made.make_inputs(tmp_path_factory.mktemp("verified") / "results" / "made", per_class=10)
    inputs.vouch({"settings": {"ingest": {"max_megapixels": 1.0}}, "groups_known": False})
    (inputs.root / "dataset" / "equal_pairs.csv").write_text("id_a,id_b,kind,distance,label_a,label_b\n")
    inputs.vouch()
    train.main(inputs.arguments(out=inputs.root / RUN, settings=SETTINGS))
    out = (inputs.root / RUN).with_name("finished.json")
    finish_run.finish(inputs.arguments(run=[inputs.root / RUN], out=out, settings={**SETTINGS, "aggregate": "none"}))
    return inputs


@pytest.fixture
def study(original, tmp_path) -> made.Inputs:
    return made.Inputs(Path(shutil.copytree(original.root, tmp_path / "results" / "made")))


def spec_of(kind: str, **more) -> dict:
    job = {key: SETTINGS[key] for key in ("study", "protocol", "fold", "seed")}
    return {**job, "run": kind, "spec": {"kind": kind, **more}, "aggregate": "none"}


def splitting(inputs: made.Inputs) -> None:
    rule = {"kind": "holdout", "fractions": [0.6, 0.2, 0.2], "by": "sample"}
    stated = {"study": "made", "seed": 0, "protocol": "other", "rule": rule, "units_judged": False}
    split.main(inputs.arguments(settings=stated, out=inputs.root / "splits", split_file=None))


def training(inputs: made.Inputs) -> None:
    train.main(
        inputs.arguments(out=inputs.root / "runs/published/again/fold0-seed0", settings={**SETTINGS, "run": "again"})
    )


def finishing(inputs: made.Inputs) -> None:
    finish_run.main(inputs.arguments(run=inputs.root / RUN, settings={**SETTINGS, "aggregate": "none"}))


def fitting(inputs: made.Inputs) -> None:
    stated = spec_of("baseline", features=["rim"])
    inputs.make_run(stated, inputs.root / "runs/published/control/fold0-seed0")


def compressing(inputs: made.Inputs) -> None:
    stated = {**spec_of("compressed", of="tiny", to="float16"), "member": SETTINGS}
    out = inputs.root / "runs/published/tiny-float16/fold0-seed0"
    inputs.make_run(stated, out, inputs.root / RUN)


def transferring(inputs: made.Inputs) -> None:
    stated = {**spec_of("external", study="made", of="tiny", protocol="published"), "member": SETTINGS}
    out = inputs.root / "runs/published/tiny@made/fold0-seed0"
    inputs.make_run(stated, out, inputs.root / RUN)


def voting(inputs: made.Inputs) -> None:
    stated = spec_of("vote", members=["tiny"], how="soft", weights=None)
    given = [("tiny", inputs.root / RUN)]
    make_run.main(SimpleNamespace(settings=stated, code="", source_run=given, out=inputs.root / VOTE))


def explaining(inputs: made.Inputs) -> None:
    specs = {"tiny": {"spec": SETTINGS["spec"], "train": SETTINGS["train"]}}
    stated = {key: SETTINGS[key] for key in ("study", "protocol", "fold", "seed")}
    stated |= {"reported": "test", "specs": specs, "preprocess": {"size": 32, "fit": "squash", "pixel_size": None}}
    stated["explain"] = {"runs": ["tiny"], "images": 2, "errors": 1, "embedding": False}
    out = inputs.root / "explanation" / "published"
    explain.main(inputs.arguments(settings=stated, runs=inputs.root / "runs" / "published", out=out))


def evaluating(inputs: made.Inputs) -> None:
    runs = ("tiny",)
    block = EvaluateSettings("made", 0, "published", "test", runs, runs, 1, (0,), {"tiny": {}}, Measures())
    folders = {"dataset": inputs.root / "dataset", "runs": inputs.root / "runs" / "published"}
    evaluate.main(
        SimpleNamespace(settings=plain(block), code="", out=inputs.root / "evaluation" / "published", **folders)
    )


FOLD = {
    "dataset/manifest.csv": "table",
    "dataset/record.json": "bytes",
    "arrays/index.csv": "table",
    "arrays/record.json": "bytes",
    "splits/published.csv": "table",
    "splits/published.json": "bytes",
}
PIXELS = {**FOLD, "arrays/data.npy": "bytes"}
WEIGHTS = {f"{RUN}/weights.safetensors": "bytes", f"{RUN}/train.json": "bytes"}
READ = {
    splitting: {"dataset/manifest.csv": "table", "dataset/equal_pairs.csv": "bytes", "dataset/record.json": "bytes"},
    training: PIXELS,
    finishing: {**FOLD, **WEIGHTS, f"{RUN}/predictions.csv": "table", f"{RUN}/history.csv": "bytes"},
    fitting: PIXELS,
    compressing: {**PIXELS, **WEIGHTS},
    transferring: {**PIXELS, **WEIGHTS},
    voting: {f"{RUN}/units.csv": "table", f"{RUN}/record.json": "bytes"},
    explaining: {**PIXELS, **WEIGHTS},
    evaluating: {
        "dataset/manifest.csv": "table",
        "dataset/record.json": "bytes",
        f"{RUN}/units.csv": "table",
        f"{RUN}/record.json": "bytes",
        f"{RUN}/history.csv": "bytes",
        f"{RUN}/train.json": "bytes",
    },
}
CASES = [
    pytest.param(step, name, damage, id=f"{step.__name__}-{name}-{damage.__name__}")
    for step, files in READ.items()
    for name, kind in files.items()
    for damage in DAMAGES[kind]
]


def target_of(path: Path) -> Path:
    """The target of Snakemake's that makes a file of `study` again."""
    finished = path.name in ("record.json", "units.csv") and path.with_name("train.json").exists()
    return path.parents[1] / "finished.json" if finished else path


@pytest.mark.parametrize(("step", "name", "damage"), CASES)
def test_each_step_refuses_each_file_that_it_reads_when_it_is_damaged(study, step, name, damage):
    path = study.root / name
    damage(path)
    before = {found: digest_file(found) for found in study.root.rglob("*.csv")}
    with pytest.raises(UserError) as refused:
        step(study)
    text = str(refused.value)
    assert str(path) in text and "\n" not in text
    assert f"`snakemake {target_of(path)} --force --cores all`" in text
    assert {found: digest_file(found) for found in before} == before


@pytest.mark.parametrize("name", sorted({name for files in READ.values() for name in files}))
def test_a_file_that_is_missing_is_named_with_the_command_that_makes_it_again(study, name):
    path = study.root / name
    path.unlink()
    step = next(step for step, files in READ.items() if name in files)
    with pytest.raises(UserError) as refused:
        step(study)
    assert f"{path} is missing" in str(refused.value) and f"`snakemake {target_of(path)} --force" in str(refused.value)


def test_whole_files_are_read_by_every_step(study):
    for step in (splitting, finishing, fitting, voting):
        step(study)


def test_a_training_whose_files_were_damaged_after_its_end_is_done_again(study, monkeypatch):
    folder = study.root / RUN
    before = (folder / "weights.safetensors").read_bytes()
    flipped(folder / "weights.safetensors")
    train.main(study.arguments(out=folder, settings=SETTINGS))
    assert (folder / "weights.safetensors").read_bytes() == before


def test_a_record_is_what_it_was_when_it_was_written(tmp_path):
    path = tmp_path / "published.json"
    write_record(path, {"leak_free": False, "counts": {10: "a", 9: "b"}, "share": 0.1})
    assert read_record(path)["leak_free"] is False
    write_json(path, {**read_json(path), "leak_free": True})
    with pytest.raises(UserError, match="published.json has changed since it was written.*record_sha256; `snakemake "):
        read_record(path)


def test_what_no_record_vouches_for_is_refused(tmp_path):
    (tmp_path / "units.csv").write_text("id\n")
    write_record(tmp_path / "record.json", {"outputs": {}})
    with pytest.raises(UserError, match=r"record.json does not vouch for it"):
        require(tmp_path / "record.json", "units.csv")
    assert whole(tmp_path / "record.json", "units.csv") is None is whole(tmp_path / "none.json")


@pytest.mark.parametrize(
    ("name", "record", "target"),
    [
        ("examples/montage.png", "examples/record.json", "examples/montage.png"),
        ("splits/p.leaks.csv", "splits/p.json", "splits/p.leaks.csv"),
        ("evaluation/p/r/fold0-seed1.json", "evaluation/p/record.json", "evaluation/p"),
        ("runs/p/r/fold0-seed1/history.csv", "runs/p/r/fold0-seed1/train.json", "runs/p/r/fold0-seed1/history.csv"),
        ("runs/p/r/fold0-seed1/model/model.onnx", *["runs/p/r/fold0-seed1/record.json"] * 2),
        ("evaluation/p/r/roc.png", "evaluation/p/record.json", "evaluation/p"),
        ("runs/p/r/finished.json", "runs/p/r/finished.json", "runs/p/r/finished.json"),
        ("paper/fig01_x.png", "paper/record.json", "paper"),
        ("curves/p__r.csv", "report.json", "report.html"),
        ("verdict.csv", "verdict.json", "verdict.csv"),
    ],
)
def test_the_record_and_the_target_of_a_file_follow_from_its_path(name, record, target):
    for root in (Path(), Path("results/curves"), Path("/disk/my results/paper")):
        found = vouched_file(root / name)
        assert (found.record, found.target) == (root / record, root / target)
    assert "'/disk/my results/paper/" in remedy(Path("/disk/my results/paper") / name)
    assert vouched_file(Path("notes.txt")) is None


@pytest.mark.parametrize("name", ["record.json", "units.csv", "ledger.json"])
def test_what_finishing_leaves_beside_a_training_is_made_again_by_finishing_its_run(original, name):
    path = original.root / RUN / name
    assert f"`snakemake {path.parents[1]}/finished.json --force" in remedy(path)
    assert f"`snakemake results/x/runs/p/vote/fold0-seed0/{name} --force" in remedy(
        Path("results/x/runs/p/vote/fold0-seed0") / name
    )
    assert f"{RUN}/predictions.csv --force" in remedy(path.with_name("predictions.csv"))


def test_synthetic_data_and_predictions_of_new_images_have_remedies_of_their_own():
    assert remedy(Path("data/herlev/synthetic-x/a/b.bmp")).startswith(
        "`rm -r data/herlev/synthetic-x && snakemake data/herlev/synthetic-x/synthetic.json "
    )
    assert "apply the run once more" in remedy(Path("results/x/predict/mine/predictions.csv"))


class Reported:
    """A handmade study to its report, and what is printed when it is checked."""

    def __init__(self, folder: Path, capsys) -> None:
        self.study, self.capsys = folder / "results" / "cvm_cervix", capsys

    def check(self) -> tuple[list[str], str]:
        """Lines of `make check`, and its error, empty if all is well."""
        try:
            check.main(SimpleNamespace(results=self.study.parent, configfile=None))
            last = ""
        except UserError as error:
            last = str(error)
        return self.capsys.readouterr().out.splitlines(), last


@pytest.fixture(scope="session")
def report_study(tmp_path_factory) -> Path:
    from workflow_scripts.steps import report

    folder = tmp_path_factory.mktemp("reported")
    study = Study(folder / "results").write()
    out = study.folder / "report.html"
    folders = {"study_folder": study.folder, "paper": study.paper, "out": out}
    report.main(SimpleNamespace(settings=study.settings, code="", **folders))
    return folder


@pytest.fixture
def reported(report_study, tmp_path, capsys) -> Reported:
    shutil.copytree(report_study, tmp_path, dirs_exist_ok=True)
    return Reported(tmp_path, capsys)


def test_whole_results_pass_the_check(reported):
    assert reported.check() == ([], "")


def test_the_check_names_every_damaged_file_once_with_what_heals_it(reported):
    files = sorted(path for path in reported.study.rglob("*") if path.is_file() and path.stat().st_size)
    assert len(files) > 40
    for path in files:
        content = path.read_bytes()
        flipped(path)
        lines, last = reported.check()
        path.write_bytes(content)
        assert [line for line in lines if f" {path} " in line], (path, lines)
        assert all(line.split()[0] in ("CHANGED", "OUTDATED") for line in lines)
        assert "snakemake " in lines[0] and last.endswith("not as recorded, see above")
    assert reported.check() == ([], "")


def no_file(path: Path, kind: str) -> None:
    """What a reader would wait for, read without end or not open at all, in the place of a file."""
    path.unlink()
    {
        "folder": path.mkdir,
        "pipe": lambda: os.mkfifo(path),
        "device": lambda: path.symlink_to("/dev/zero"),
        "circle": lambda: path.symlink_to(path.name),
    }[kind]()


@pytest.mark.parametrize("kind", ["folder", "pipe", "device", "circle"])
@pytest.mark.parametrize("name", ["dataset/manifest.csv", "curves/published__cvm.csv"])
def test_the_check_names_what_is_no_file_and_goes_on(reported, name, kind):
    path, last = reported.study / name, reported.study / "verdict.json"
    flipped(last)
    no_file(path, kind)
    lines, _ = reported.check()
    assert any(f" {last} " in line for line in lines)
    (said,) = [line for line in lines if line.split()[1] == str(path)]
    assert said.startswith("CHANGED") and "is no file" in said and "`rm -r " in said and "`snakemake " in said


def test_the_check_names_a_run_without_its_ledger(reported):
    ledger = next(reported.study.glob("runs/*/*/*/ledger.json"))
    ledger.unlink()
    lines, _ = reported.check()
    assert len(lines) == 1 and lines[0].startswith(f"MISSING   {ledger} is missing, every run has one; `snakemake ")


@pytest.mark.parametrize("kind", ["folder", "pipe", "device", "circle"])
def test_no_reader_waits_for_what_is_no_file(tmp_path, kind):
    path = tmp_path / "verdict.json"
    path.touch()
    no_file(path, kind)
    for read in (digest_file, read_json, read_record, VERDICT.as_text):
        with pytest.raises(UserError, match=r"is no file.*`rm -r .*`, then `snakemake "):
            read(path)


def test_the_check_names_what_is_missing_unknown_or_made_from_other_files(reported):
    (reported.study / "report.html").unlink()
    (reported.study / "notes.txt").touch()
    (reported.study / "curves" / "stray.csv").touch()
    (reported.study / ".hidden").touch()
    lines, last = reported.check()
    assert [line.split()[:2] for line in lines] == [
        ["MISSING", str(reported.study / "report.html")],
        ["UNKNOWN", str(reported.study / "curves" / "stray.csv")],
        ["UNKNOWN", str(reported.study / "notes.txt")],
    ]
    assert "3 files are not as recorded" in last


def test_a_file_and_its_record_edited_together_are_seen_by_what_was_made_from_them(reported):
    split = reported.study / "splits" / "published.csv"
    swapped(split)
    vouch(split.with_suffix(".json"), split.name)
    lines, _ = reported.check()
    assert {line.split()[0] for line in lines} == {"OUTDATED"}
    assert any(line.split()[1].endswith("report.json") and "published.json than there is now" in line for line in lines)


def test_the_check_needs_neither_snakemake_nor_pydantic(reported):
    import subprocess
    import sys

    command = "import sys; sys.modules.update(dict.fromkeys(['snakemake', 'pydantic', 'torch', 'mlflow', 'pandas']))\n"
    command += "import runpy; sys.argv[1:] = ['--results', sys.argv[1], '--log', sys.argv[2]]\n"
    command += "runpy.run_module('workflow_scripts.commands.check', run_name='__main__')"
    arguments = [str(reported.study.parent), str(reported.study.parents[1] / "check.log")]
    done = subprocess.run([sys.executable, "-c", command, *arguments], capture_output=True, text=True)
    assert done.returncode == 0 and "every file of cvm_cervix is what its record says" in done.stderr, done.stderr


def test_settings_say_which_results_are_checked(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert check.results_of([*check.SETTINGS]) == Path("results")
    (tmp_path / "config.yaml").write_text("results: results\n")
    (tmp_path / "mine.yaml").write_text("results: /disk/mine\n")
    assert check.results_of([*check.SETTINGS, Path("mine.yaml")]) == Path("/disk/mine")
    with pytest.raises(UserError, match="--configfile: other.yaml is missing"):
        check.results_of([*check.SETTINGS, Path("other.yaml")])
    with pytest.raises(UserError, match="results holds no study"):
        check.main(SimpleNamespace(results=None, configfile=None))


def aged(folder: Path) -> None:
    """Let the files of a folder be older than the clock's grain."""
    for path in folder.rglob("*"):
        os.utime(path, ns=(10**18, 10**18))


def test_contents_are_read_again_only_where_a_file_was_touched(tmp_path, monkeypatch):
    folder, memory = tmp_path / "raw", tmp_path / "memory"
    (folder / "a").mkdir(parents=True)
    for name in ("a/1.bmp", "a/2.bmp", ".hidden"):
        (folder / name).write_bytes(name.encode())
    aged(folder)
    # Times of the inode cannot be set back: a clock that runs ahead does.
    monkeypatch.setattr("workflow_scripts.runtime.digests.time", SimpleNamespace(time_ns=lambda: 4 * 10**18))
    read = []
    monkeypatch.setattr(
        "workflow_scripts.runtime.digests.digest_file", lambda path: read.append(path) or digest_file(path)
    )
    first = folder_digests(folder, memory)
    assert list(first) == ["a/1.bmp", "a/2.bmp"] and len(read) == 2
    assert folder_digests(folder, memory) == first and len(read) == 2
    os.utime(folder / "a" / "1.bmp")
    assert folder_digests(folder, memory) == first and len(read) == 3
    (folder / "a" / "2.bmp").write_bytes(b"a/9.bmp")
    aged(folder)
    assert folder_digests(folder, memory)["a/2.bmp"] != first["a/2.bmp"]


def test_a_file_as_young_as_the_clocks_grain_is_read_each_time(tmp_path):
    (tmp_path / "raw").mkdir()
    path = tmp_path / "raw" / "a.bmp"
    path.write_bytes(b"one")
    assert CLOCK >= 2
    first = folder_digests(tmp_path / "raw", tmp_path / "memory")
    status = path.stat()
    path.write_bytes(b"two")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert folder_digests(tmp_path / "raw", tmp_path / "memory") != first


def test_links_in_circles_pipes_and_dangling_links_end_a_walk(tmp_path):
    raw = tmp_path / "raw"
    (raw / "a").mkdir(parents=True)
    (raw / "one").symlink_to(".")
    (raw / "a" / "two").symlink_to("..")
    (raw / "a" / "gone.png").symlink_to("nowhere")
    os.mkfifo(raw / "a" / "pipe.png")
    # Every folder links to every other: a walk along the links has as many ways as there are orders of them.
    for first, second in itertools.permutations("bcdefghijk", 2):
        (raw / first).mkdir(exist_ok=True)
        (raw / first / second).symlink_to(raw / second)
    links = {"one": "link to a folder", "a/two": "link to a folder"}
    links |= {f"{first}/{second}": "link to a folder" for first, second in itertools.permutations("bcdefghijk", 2)}
    special = {"a/gone.png": "missing", "a/pipe.png": "no regular file"}
    assert folder_digests(raw, tmp_path / "memory") == links | special


def test_a_large_file_is_read_once_a_process(tmp_path, monkeypatch):
    path = tmp_path / "data.npy"
    np.save(path, np.zeros(1000))
    read = []
    monkeypatch.setattr(
        "workflow_scripts.runtime.digests.digest_file", lambda name: read.append(name) or digest_file(name)
    )
    assert digest_once(path) == digest_once(path) == digest_file(path) and len(read) == 1
    flipped(path)
    assert digest_once(path) == digest_file(path) and len(read) == 2


def test_records_hold_no_clock_and_ledgers_vouch_for_themselves(original):
    folder = original.root / RUN
    record = json.loads((folder / "record.json").read_text())
    assert not {"ledger.json", "train.json"} & set(record["outputs"])
    assert read_record(folder / "ledger.json")["train"]["training_seconds"] > 0
    assert not list(differences(original.root))
