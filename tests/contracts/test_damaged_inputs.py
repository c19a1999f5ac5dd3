"""Each step refuses each file that it reads when it is not what its record says, and names the remedy."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from tests import made
from tests.contracts.damage import DAMAGES, flipped
from tests.contracts.finished_training import RUN, SETTINGS, VOTE
from workflow_scripts.contracts.blocks import plain
from workflow_scripts.contracts.step_settings.evaluate_settings import EvaluateSettings, Measures
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.files import digest_file
from workflow_scripts.steps import evaluate, explain, finish_run, make_run, split, train


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
    stated = spec_of("baseline", features=["border"])
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
