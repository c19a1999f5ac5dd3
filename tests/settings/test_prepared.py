"""What is fetched beforehand: exactly the missing data sets and published weights of active studies."""

from pathlib import Path

import pytest

from workflow_scripts.runtime.errors import UserError
from workflow_scripts.settings.plan.start_checks import check_before_start
from workflow_scripts.settings.plan.workflow_plan import Plan

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def plan(tmp_path, monkeypatch):
    """A function from changes of cvm_herlev, the only active study unless others are given, to the plan."""
    monkeypatch.chdir(tmp_path)

    def make(herlev=None, **studies):
        config = {"cvm_cervix": {"enabled": False}, "cvm_herlev": {"enabled": True, **(herlev or {})}, **studies}
        return Plan(ROOT, {"studies": config}, tmp_path)

    return make


def run(model, weights):
    return {"kind": "network", "model": model, "weights": weights}


def test_a_missing_folder_of_a_published_data_set_is_fetched(plan):
    made = plan({"source": "data/herlev/raw"})
    assert made.weights.prepared() == ["data/herlev/raw.json"]
    with pytest.raises(UserError, match=r"raw is no folder; `snakemake -s prepare.smk .* downloads it, or put"):
        check_before_start(made)
    Path("data/herlev/raw").mkdir(parents=True)
    assert made.weights.prepared() == ["data/herlev/raw.json"]
    Path("data/herlev/raw/mine.bmp").touch()
    assert made.weights.prepared() == []
    check_before_start(made)


def test_with_several_adapters_each_has_its_subfolder(plan):
    made = plan({"enabled": False}, cvm_cervix={"source": "data/paps"})
    assert made.weights.prepared() == ["data/paps/cric.json", "data/paps/sipakmed.json"]
    assert made.weights.download("data/paps/cric").adapter == "cric"


@pytest.mark.parametrize("source", ["synthetic", "/elsewhere/herlev", "other/herlev", "data/../x"])
def test_other_folders_are_the_users_own(plan, source):
    made = plan({"source": source})
    assert made.weights.prepared() == []
    if source != "synthetic":
        with pytest.raises(UserError, match="is no folder; put the files"):
            check_before_start(made)


def test_studies_that_are_not_enabled_need_nothing_but_can_be_asked_for(plan):
    made = plan(cvm_blood={"source": "data/peripheral_blood/raw", "enabled": False})
    assert made.weights.prepared() == []
    assert made.weights.download("data/peripheral_blood/raw").files[0].name == "PBC_dataset_normal_DIB.zip"


def test_published_weights_are_fetched_once_whoever_starts_from_them(plan):
    branches = {"cnn": {"model": "resnet18", "weights": "published"}, "vit": {"model": "test_vit"}}
    runs = {"one": run("resnet18", "published"), "two": run("torchvision/resnet18", "published")}
    made = plan({"runs": {"cvm": {"branches": branches}, **runs, "own": run("resnet18", "mine.safetensors")}})
    assert made.weights.prepared() == ["data/weights/resnet18.json", "data/weights/torchvision-resnet18.json"]
    assert made.weights.files("cvm_herlev", "cvm") == {"cnn": "data/weights/resnet18.safetensors"}
    assert made.weights.records("cvm_herlev", "cvm") == ["data/weights/resnet18.json"]
    assert made.weights.files("cvm_herlev", "own") == {"model": "mine.safetensors"}
    assert made.weights.records("cvm_herlev", "own") == made.weights.records("cvm_herlev", "soft_vote") == []
    assert made.weights.fetched("torchvision-resnet18").model == "torchvision/resnet18"
    with pytest.raises(UserError, match="runs.own: weights: mine.safetensors is no file"):
        check_before_start(made)


@pytest.mark.parametrize("sign", ["{", "<"])
def test_a_file_whose_name_snakemake_would_read_as_its_own_is_refused(plan, tmp_path, sign):
    (tmp_path / f"a{sign}b>}}").touch()
    made = plan({"protocols": {"own": {"kind": "file", "path": str(tmp_path / f"a{sign}b>}}")}}})
    with pytest.raises(UserError, match=rf"protocols.own.path: .* has the sign {sign}.*rename the file"):
        check_before_start(made)
