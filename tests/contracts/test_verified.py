"""A record says what a file was when it was written; each file has a record and a remedy."""

import json
from pathlib import Path

import pytest

from tests.contracts.damage import no_file
from tests.contracts.finished_training import RUN
from workflow_scripts.contracts.record import read_record, write_record
from workflow_scripts.contracts.verdict_table import VERDICT
from workflow_scripts.contracts.verified import differences, require
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.files import digest_file, read_json, whole, write_json
from workflow_scripts.runtime.results_layout import remedy, vouched_file


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


@pytest.mark.parametrize("kind", ["folder", "pipe", "device", "circle"])
def test_no_reader_waits_for_what_is_no_file(tmp_path, kind):
    path = tmp_path / "verdict.json"
    path.touch()
    no_file(path, kind)
    for read in (digest_file, read_json, read_record, VERDICT.as_text):
        with pytest.raises(UserError, match=r"is no file.*`rm -r .*`, then `snakemake "):
            read(path)


def test_records_hold_no_clock_and_ledgers_vouch_for_themselves(original):
    folder = original.root / RUN
    record = json.loads((folder / "record.json").read_text())
    assert not {"ledger.json", "train.json"} & set(record["outputs"])
    assert read_record(folder / "ledger.json")["train"]["training_seconds"] > 0
    assert not list(differences(original.root))
