"""The settings: layers in their order, mistakes said once and well, documents in step with the types."""

import re
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
import yaml

from workflow_scripts.runtime.errors import UserError
from workflow_scripts.settings.layers.merging import resolve_study
from workflow_scripts.settings.load import settings
from workflow_scripts.settings.plan.start_checks import check_before_start
from workflow_scripts.settings.plan.workflow_plan import Plan
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
            "b": {"extends": "a", "train": {"batch_size": 3}, "scales": {"demo": {"train": {"momentum": 4}}}},
        }
    }
    assert resolve_study("b", base, {}, "demo")["train"] == {"epochs": 2, "batch_size": 3, "momentum": 4}
    assert resolve_study("b", base, {}, "paper")["train"] == {"epochs": 1, "batch_size": 3}
    user = {"studies": {"b": {"train": {"epochs": 9}}}}
    assert resolve_study("b", base, user, "demo")["train"]["epochs"] == 9
    assert resolve_study("a", base, user, "demo")["train"]["epochs"] == 2


def test_a_study_like_another_has_its_own_data_and_switch():
    base = {"studies": {"a": {"source": "/x", "enabled": False, "title": "A", "seeds": [1]}, "b": {"extends": "a"}}}
    assert resolve_study("b", base, {}, "demo") == {"seeds": [1]}


def test_images_without_a_paper_are_not_said_to_show_what_the_papers_images_show():
    base = {"studies": {"a": {"paper": "p", "subject": "cell"}, "b": {"extends": "a"}}}
    assert resolve_study("b", base, {}, "demo")["subject"] == "cell"
    own = {"extends": "a", "paper": ""}
    assert "subject" not in resolve_study("c", base, {"studies": {"c": own}}, "demo")
    assert resolve_study("c", base, {"studies": {"c": own | {"subject": "lesion"}}}, "demo")["subject"] == "lesion"


def test_study_only_runs_are_not_taken_over_and_can_be_removed():
    first = {"runs": {"x": 1}, "scales": {"paper": {"study_only_runs": {"y": 2, "z": 3}}}}
    base = {"studies": {"a": first, "b": {"extends": "a", "study_only_runs": {"w": 4}}}}
    assert resolve_study("a", base, {}, "demo")["runs"] == {"x": 1}
    assert resolve_study("a", base, {}, "paper") == {"runs": {"x": 1, "y": 2, "z": 3}}
    assert resolve_study("b", base, {}, "paper") == {"runs": {"x": 1, "w": 4}}
    user = {"studies": {"a": {"runs": {"y": None}, "study_only_runs": {"z": None}}}}
    assert resolve_study("a", base, user, "paper")["runs"] == {"x": 1}
    # Explaining an own run concerns the study alone; any other unknown name is still a mistake.
    user = {"studies": {"a": {"scales": {"paper": {"explain": {"runs": ["x", "z", "q"]}}}}}}
    assert resolve_study("a", base, user, "paper")["explain"]["runs"] == ["x", "z", "q"]
    assert resolve_study("b", base, user, "paper")["explain"]["runs"] == ["x", "q"]
    assert user["studies"]["a"]["scales"]["paper"]["explain"]["runs"] == ["x", "z", "q"]
    assert "did you mean study_only_runs?" in mistake(studies={"cvm_cervix": {"study_only_run": {}}})


def test_null_removes_a_run_and_another_kind_replaces_it():
    base = {
        "studies": {"a": {"runs": {"x": {"kind": "network", "model": "m"}, "y": {"kind": "network", "model": "n"}}}}
    }
    user = {"studies": {"a": {"runs": {"x": None, "y": {"kind": "vote", "members": ["p", "q"]}}}}}
    assert resolve_study("a", base, user, "demo")["runs"] == {"y": {"kind": "vote", "members": ["p", "q"]}}


@pytest.mark.parametrize("none", [None, {}])
def test_no_options_undo_those_of_a_layer_below_of_networks_branches_and_embeddings(none):
    runs = {
        "zeb2_ihc": {"densenet169": {"model": "resnet18", "options": none}},
        "cvm_cervix": {"cvm": {"branches": {"vit": {"model": "resnet18", "options": none}}}, "deit": {"options": none}},
    }
    user = {"studies": {name: {"runs": changes} for name, changes in runs.items()}}
    user["studies"]["zeb2_ihc"]["embeddings"] = {"e": {"model": "resnet18", "options": none}}
    jsonschema.validate(user, schema())
    zeb2, cvm = (settings(ROOT, user).studies[name] for name in runs)
    networks = (zeb2.runs["densenet169"], zeb2.embeddings["e"], cvm.runs["cvm"].branches["vit"], cvm.runs["deit"])
    assert [network.options for network in networks] == [{}] * 4


@pytest.mark.parametrize(
    ("user", "said"),
    [
        (
            {"studies": {"cvm_cervix": {"trian": {"epochs": 3}}}},
            "did you mean train? Paste `studies: {cvm_cervix: {train: {epochs: 3}}}`",
        ),
        ({"studies": {"cvm_cervix": {"train": {"epoch": 3}}}}, "did you mean epochs?"),
        ({"studies": {"cvm_cervix": {"runs": {"cvm": {"train": {"epoch": 3}}}}}}, "runs.cvm.train.epoch: unknown key"),
        ({"studies": {"cvm_cervix": {"scales": {"paper": {"preprocess": {"siez": 9}}}}}}, "did you mean size?"),
        (
            {"studies": {"cvm_cervix": {"train": {"learning_rate": "fast"}}}},
            "train.learning_rate: 'fast' is not allowed",
        ),
        (
            {"studies": {"x": {"extends": "nothing"}}},
            "names 'nothing', which is no study and no template; there are clinical_lstm, colposcopy_resnet50",
        ),
        ({"studies": {"cvm_cervix": {"explain": {"runs": ["nothing"]}}}}, "explain.runs names 'nothing'"),
        ({"studies": {"cvm_cervix": {"protocols": {"p": {"fractions": [1, 0, 0]}}}}}, "`kind` is missing"),
        ({"studies": {"cvm_cervix": {"protocols": {"published": {"fractions": [0.6, 0.2, 0.3]}}}}}, "sum to 1.1"),
        ({"studies": {"cvm_cervix": "yes"}}, "studies.cvm_cervix: 'yes' is not allowed; a study holds keys"),
        ({"studies": {"cvm_cervix": {"study_only_runs": 5}}}, "runs: 5 is not allowed"),
        ({"studies": {"cvm_cervix": {"explain": {"runs": [{"a": 1}]}}}}, "explain.runs.0"),
        (
            {"studies": {"cvm_cervix": {"study_only_runs": {"x": {"kind": "network", "modle": "y"}}}}},
            "runs.x.modle: unknown",
        ),
        ({"sclae": "demo"}, "did you mean scale?"),
        (
            {"studies": {"zeb2_ihc": {"evaluate": {"risk": {"positive": "Abnormel"}}}}},
            "evaluate.risk.positive is 'Abnormel', which is no class of this study; did you mean Abnormal?",
        ),
        (
            {"studies": {"zeb2_ihc": {"evaluate": {"risk": {"positive": "Abnormal", "sensitivity": 1.5}}}}},
            "evaluate.risk.sensitivity: 1.5",
        ),
        (
            {
                "studies": {
                    "zeb2_ihc": {
                        "evaluate": {"risk": {"positive": "Abnormal"}},
                        "protocols": {"published": {"kind": "holdout", "fractions": [0.8, 0.0, 0.2]}},
                    }
                }
            },
            "protocols.published: fractions leave no validation subset, and evaluate.risk chooses its threshold by it",
        ),
    ],
)
def test_a_mistake_is_answered_with_its_place_and_the_way_out(user, said):
    text = mistake(**user)
    assert said in text
    assert "Traceback" not in text and "pydantic" not in text


def test_an_inherited_mistake_is_said_once():
    assert mistake(studies={"cvm_cervix": {"trian": {}}}).count("trian: unknown key") == 1


def test_a_mistake_that_only_the_other_scale_makes_says_so_and_two_studies_that_need_not_fit_there_stop_nothing():
    said = mistake(studies={"cvm_cervix": {"scales": {"paper": {"train": {"epoch": 3}}}}})
    assert said.startswith("at scale paper: config") and "studies.cvm_cervix.train.epoch: unknown key" in said
    # A run of one scale alone, named at both: both scales are named, the one that lacks it and the one that has it.
    own = {"kind": "network", "model": "resnet18", "train": {"epochs": 3}}
    named = {"scales": {"paper": {"study_only_runs": {"own": own}}}, "evaluate": {"reference": "own"}}
    said = mistake(studies={"cvm_herlev": named})
    assert "evaluate.reference names 'own', which is no run of this study" in said
    assert "this is at scale demo; at scale paper the settings fit: write scale: paper" in said
    settings(ROOT, {"studies": {"cvm_herlev": named}, "scale": "paper"})
    # What is wrong at this scale alone lacks nothing of the other one.
    said = mistake(studies={"cvm_herlev": {"scales": {"demo": {"train": {"epochs": 0}}}}})
    assert "studies.cvm_herlev.train.epochs" in said and "the settings fit" not in said
    # At scale paper `mine` would take three seeds from the study that it extends, and `other` has one.
    external = {"kind": "external", "study": "other", "of": "deit"}
    studies = {
        "other": {"extends": "cvm_cervix", "seeds": [0]},
        "mine": {"extends": "cvm_cervix", "runs": {"from_other": external}},
    }
    settings(ROOT, {"studies": studies})
    said = mistake(studies=studies, scale="paper")
    assert "the config:" not in said
    assert "from_other: other is not trained with the seed 1: mine has seeds: [0, 1, 2], other has seeds: [0]" in said


def test_all_that_names_a_removed_run_is_said_at_once():
    lines = mistake(
        studies={"cvm_cervix": {"runs": {"cvm": None}, "study_only_runs": {"cvm-float16": None}}}
    ).splitlines()
    assert [line.split(": ", 2)[2] for line in lines] == [
        "explain.runs names 'cvm', which is no trained run of this study; take it out of the list",
        "evaluate.reference names 'cvm', which is no run of this study; "
        "there are control_border, control_colour_size, deit, soft_vote, xception",
    ]


def test_results_lie_apart_from_every_source(tmp_path):
    images = tmp_path / "images"
    (images / "a").mkdir(parents=True)
    (images / "a" / "1.png").touch()
    mine = {
        "extends": "cvm_cervix",
        "paper": "",
        "adapters": ["folder"],
        "source": str(images),
        "ingest": {"classes": None},
    }

    def check(results, workdir=tmp_path):
        check_before_start(Plan(ROOT, {"results": str(results), "only": ["mine"], "studies": {"mine": mine}}, workdir))

    (tmp_path / "link").symlink_to(images)
    for results in (
        images,
        images / "results",
        tmp_path,
        tmp_path / "link" / "x",
        "images/results",
        "../" + tmp_path.name,
    ):
        with pytest.raises(
            UserError, match="of studies.mine, whose images would mix with the results; name a results fol"
        ):
            check(results)
    check(tmp_path / "images-results")


def test_a_table_that_ingest_names_is_a_file_before_anything_runs(tmp_path):
    (tmp_path / "images" / "a").mkdir(parents=True)
    for key, name, state in (("groups", "a", "is a folder"), ("ids", "ids.csv", "does not exist")):
        mine = {"extends": "cvm_cervix", "paper": "", "adapters": ["folder"], "source": str(tmp_path / "images")}
        mine |= {"ingest": {"classes": None, key: name}}
        plan = Plan(ROOT, {"results": "results-x", "only": ["mine"], "studies": {"mine": mine}}, tmp_path)
        with pytest.raises(UserError) as caught:
            check_before_start(plan)
        assert f"studies.mine.ingest.{key}: {tmp_path}/images/{name} {state}; name a CSV file" in str(caught.value)


def test_config_local_yaml_is_read_as_strictly_as_any_other(tmp_path):
    (tmp_path / "config.yaml").write_text((ROOT / "config.yaml").read_text())
    (tmp_path / "config.local.yaml").write_text("scale: demo\nscale: paper\n")
    with pytest.raises(UserError, match=r"config.local.yaml, line 2: the key scale is given again, first in line 1"):
        settings(tmp_path)
    (tmp_path / "config.local.yaml").write_text("scale: huge\n")
    with pytest.raises(UserError, match=r"config.local.yaml, line 1: scale: 'huge' is not allowed"):
        settings(tmp_path)


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
    assert (training.epochs, training.augment.rotate) == (3, 10)
    assert training.augment.horizontal_flip == 0.5
    assert training.optimizer == "adamw"


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
    assert resolved.results != "results" and any(study.enabled for study in resolved.studies.values())


def test_a_protocol_needs_images_to_report_and_reports_validation_where_there_is_no_test_subset():
    def with_fractions(*fractions):
        protocol = {"kind": "holdout", "fractions": list(fractions), "by": "sample"}
        return {"studies": {"cvm_cervix": {"protocols": {"published": protocol}}}}

    assert "neither a validation nor a test subset" in mistake(**with_fractions(1.0, 0.0, 0.0))
    steps = Steps(settings(ROOT, with_fractions(0.8, 0.2, 0.0)))
    for step in (steps.evaluate, steps.explain):
        assert step("cvm_cervix", "published").reported == "validation"
        assert step("cvm_cervix", "grouped").reported == "test"
    for fractions in ((0.8, 0.0, 0.2), (0.6, 0.2, 0.2)):
        assert Steps(settings(ROOT, with_fractions(*fractions))).reported("cvm_cervix", "published") == "test"


def test_only_names_what_all_includes_whatever_a_study_says_of_itself():
    config = settings(ROOT, {"only": ["zeb2_ihc", "cvm_herlev"]})
    assert {name for name, study in config.studies.items() if study.enabled} == {"zeb2_ihc", "cvm_herlev"}
    with pytest.raises(UserError, match="only names 'zeb2', which is no study"):
        settings(ROOT, {"only": ["zeb2"]})
