"""The settings: layers in their order, mistakes said once and well, documents in step with the types."""

import re
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
import yaml

from workflow_scripts.contracts.errors import UserError
from workflow_scripts.settings.load import settings
from workflow_scripts.settings.overlay import resolve_study
from workflow_scripts.settings.schema import schema
from workflow_scripts.settings.steps import Steps

ROOT = Path(__file__).resolve().parents[2]


def mistake(**user) -> str:
    with pytest.raises(UserError) as caught:
        settings(ROOT, user)
    return str(caught.value)


def test_layers_are_laid_study_like_scale_user():
    base = {
        "studies": {
            "a": {"train": {"epochs": 1, "batch_size": 1}, "scales": {"demo": {"train": {"epochs": 2}}}},
            "b": {"like": "a", "train": {"batch_size": 3}, "scales": {"demo": {"train": {"momentum": 4}}}},
        }
    }
    assert resolve_study("b", base, {}, "demo")["train"] == {"epochs": 2, "batch_size": 3, "momentum": 4}
    assert resolve_study("b", base, {}, "paper")["train"] == {"epochs": 1, "batch_size": 3}
    user = {"studies": {"b": {"train": {"epochs": 9}}}}
    assert resolve_study("b", base, user, "demo")["train"]["epochs"] == 9
    assert resolve_study("a", base, user, "demo")["train"]["epochs"] == 2


def test_a_study_like_another_has_its_own_data_and_switch():
    base = {"studies": {"a": {"source": "/x", "active": False, "title": "A", "seeds": [1]}, "b": {"like": "a"}}}
    assert resolve_study("b", base, {}, "demo") == {"seeds": [1]}


def test_own_runs_are_not_taken_over_and_can_be_removed():
    first = {"runs": {"x": 1}, "scales": {"paper": {"own_runs": {"y": 2, "z": 3}}}}
    base = {"studies": {"a": first, "b": {"like": "a", "own_runs": {"w": 4}}}}
    assert resolve_study("a", base, {}, "demo")["runs"] == {"x": 1}
    assert resolve_study("a", base, {}, "paper") == {"runs": {"x": 1, "y": 2, "z": 3}}
    assert resolve_study("b", base, {}, "paper") == {"runs": {"x": 1, "w": 4}}
    user = {"studies": {"a": {"runs": {"y": None}, "own_runs": {"z": None}}}}
    assert resolve_study("a", base, user, "paper")["runs"] == {"x": 1}
    # Explaining an own run concerns the study alone; any other unknown name is still a mistake.
    user = {"studies": {"a": {"scales": {"paper": {"explain": {"runs": ["x", "z", "q"]}}}}}}
    assert resolve_study("a", base, user, "paper")["explain"]["runs"] == ["x", "z", "q"]
    assert resolve_study("b", base, user, "paper")["explain"]["runs"] == ["x", "q"]
    assert user["studies"]["a"]["scales"]["paper"]["explain"]["runs"] == ["x", "z", "q"]
    assert "did you mean own_runs?" in mistake(studies={"cvm_cervix": {"own_run": {}}})


def test_null_removes_a_run_and_another_kind_replaces_it():
    base = {
        "studies": {"a": {"runs": {"x": {"kind": "network", "model": "m"}, "y": {"kind": "network", "model": "n"}}}}
    }
    user = {"studies": {"a": {"runs": {"x": None, "y": {"kind": "vote", "members": ["p", "q"]}}}}}
    assert resolve_study("a", base, user, "demo")["runs"] == {"y": {"kind": "vote", "members": ["p", "q"]}}


@pytest.mark.parametrize(
    ("user", "said"),
    [
        (
            {"studies": {"cvm_cervix": {"trian": {"epochs": 3}}}},
            "did you mean train? Paste\n    studies:\n      cvm_cervix:",
        ),
        ({"studies": {"cvm_cervix": {"train": {"epoch": 3}}}}, "did you mean epochs?"),
        ({"studies": {"cvm_cervix": {"runs": {"cvm": {"train": {"epoch": 3}}}}}}, "runs.cvm.train.epoch: unknown key"),
        ({"studies": {"cvm_cervix": {"scales": {"paper": {"preprocess": {"siez": 9}}}}}}, "did you mean size?"),
        (
            {"studies": {"cvm_cervix": {"train": {"learning_rate": "fast"}}}},
            "train.learning_rate: 'fast' is not allowed",
        ),
        ({"studies": {"x": {"like": "nothing"}}}, "names 'nothing', which is no study; known: colposcopy_resnet50"),
        ({"studies": {"cvm_cervix": {"explain": {"runs": ["nothing"]}}}}, "explain.runs names 'nothing'"),
        ({"studies": {"cvm_cervix": {"protocols": {"p": {"fractions": [1, 0, 0]}}}}}, "`kind` is missing"),
        ({"studies": {"cvm_cervix": {"protocols": {"published": {"fractions": [0.6, 0.2, 0.3]}}}}}, "sum to 1.1"),
        ({"studies": {"cvm_cervix": "yes"}}, "must hold keys and values"),
        ({"studies": {"cvm_cervix": {"own_runs": 5}}}, "runs: 5 is not allowed"),
        ({"studies": {"cvm_cervix": {"explain": {"runs": [{"a": 1}]}}}}, "explain.runs.0"),
        ({"studies": {"cvm_cervix": {"own_runs": {"x": {"kind": "network", "modle": "y"}}}}}, "runs.x.modle: unknown"),
        ({"sclae": "demo"}, "did you mean scale?"),
    ],
)
def test_a_mistake_is_answered_with_its_place_and_the_way_out(user, said):
    text = mistake(**user)
    assert said in text
    assert "Traceback" not in text and "pydantic" not in text


def test_an_inherited_mistake_is_said_once():
    assert mistake(studies={"cvm_cervix": {"trian": {}}}).count("trian: unknown key") == 1


def test_grouped_is_called_duplicate_free_where_no_groups_are_known():
    config = settings(ROOT)
    assert list(config.studies["cvm_blood"].protocols) == ["published", "duplicate_free"]
    assert list(config.studies["cvm_herlev"].protocols) == ["published", "grouped"]


def test_changing_one_study_changes_no_step_of_another():
    plain, changed = (
        Steps(settings(ROOT, user)) for user in ({}, {"studies": {"cvm_herlev": {"train": {"epochs": 7}}}})
    )
    job = ("published", "cvm", 0, 0)
    assert plain.train("cvm_cervix", *job) == changed.train("cvm_cervix", *job)
    assert plain.train("cvm_herlev", *job) != changed.train("cvm_herlev", *job)
    assert plain.ingest("cvm_herlev", None) == changed.ingest("cvm_herlev", None)


def test_a_run_changes_only_what_it_names_of_the_training():
    user = {"studies": {"cvm_cervix": {"runs": {"deit": {"train": {"epochs": 3, "augment": {"rotate": 10}}}}}}}
    training = Steps(settings(ROOT, user)).training("cvm_cervix", "deit")
    assert (training["epochs"], training["augment"]["rotate"]) == (3, 10)
    assert training["augment"]["horizontal_flip"] == 0.5
    assert training["optimizer"] == "adamw"


def test_schema_and_settings_page_agree_with_the_types():
    command = [sys.executable, "-m", "workflow_scripts.settings.schema", "--check"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_schema_is_closed_described_and_fits_the_shipped_config():
    made = schema()
    jsonschema.validate(yaml.safe_load((ROOT / "config.yaml").read_text()), made)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"sclae": "demo"}, made)
    for name, block in made["$defs"].items():
        assert block["additionalProperties"] is False, name
        for key, field in block["properties"].items():
            assert field.get("description"), f"{name}.{key} has no description"


def test_environments_are_pinned_as_the_lock_file():
    lock = dict(line.split("==") for line in (ROOT / "requirements.lock").read_text().split())
    files = sorted((ROOT / "envs").glob("*.yaml"))
    assert 0 < len(files) <= 4
    for path in files:
        content = yaml.safe_load(path.read_text())
        assert content["channels"] == ["conda-forge", "nodefaults"]
        own = [item for item in content["dependencies"] if isinstance(item, str)]
        assert [re.split("=+", item)[0] for item in own] == ["python", "pip"]
        pins = next(item["pip"] for item in content["dependencies"] if isinstance(item, dict))
        for pin in pins:
            name, version = pin.split("==")
            assert lock[name] == version, f"{path.name}: {pin}"
    named = {name for rule in (ROOT / "rules").glob("*.smk") for name in re.findall(r"envs/(.+?)\"", rule.read_text())}
    assert named == {path.name for path in files}


@pytest.mark.parametrize("path", sorted((ROOT / "docs" / "examples").glob("*.yaml")), ids=lambda path: path.stem)
@pytest.mark.parametrize("scale", ["demo", "paper"])
def test_every_shipped_example_is_a_valid_file_of_settings(path, scale):
    resolved = settings(ROOT, {**yaml.safe_load(path.read_text()), "scale": scale})
    assert resolved.results != "results" and any(study.active for study in resolved.studies.values())


def test_a_protocol_needs_images_to_report_and_reports_validation_where_there_is_no_test_subset():
    def with_fractions(*fractions):
        protocol = {"kind": "holdout", "fractions": list(fractions), "by": "sample"}
        return {"studies": {"cvm_cervix": {"protocols": {"published": protocol}}}}

    assert "neither a validation nor a test subset" in mistake(**with_fractions(1.0, 0.0, 0.0))
    steps = Steps(settings(ROOT, with_fractions(0.8, 0.2, 0.0)))
    for step in (steps.evaluate, steps.explain):
        assert step("cvm_cervix", "published")["reported"] == "validation"
        assert step("cvm_cervix", "grouped")["reported"] == "test"
    for fractions in ((0.8, 0.0, 0.2), (0.6, 0.2, 0.2)):
        assert Steps(settings(ROOT, with_fractions(*fractions))).reported("cvm_cervix", "published") == "test"
