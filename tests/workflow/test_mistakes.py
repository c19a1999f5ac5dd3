"""A user's mistakes: one readable line each, before or instead of results."""

import json

import pytest

from tests.workflow.conftest import OFF, Workflow, copy_of_the_project


@pytest.fixture(scope="module")
def fresh(tmp_path_factory) -> Workflow:
    return Workflow(copy_of_the_project(tmp_path_factory.mktemp("fresh") / "copy"), "mine.yaml")


def said(workflow: Workflow, config: str, *arguments: str) -> str:
    (workflow.folder / "mine.yaml").write_text(config)
    done = workflow.run(*arguments, check=False)
    assert done.returncode != 0, done.stdout
    text = done.stdout + done.stderr
    assert "Traceback" not in text
    return text


def test_a_wrong_key_stops_before_any_job(fresh):
    text = said(fresh, "studies: {cvm_cervix: {trian: {epochs: 3}}}\n")
    assert "error: mine.yaml, line 1: studies.cvm_cervix.trian: unknown key; did you mean train?" in text
    assert "rule " not in text


def test_a_missing_data_set_stops_before_any_job(fresh):
    text = said(fresh, "studies: {cvm_cervix: {source: /no/such/folder}}\n")
    assert "studies.cvm_cervix.source: /no/such/folder/sipakmed is no folder" in text


def test_a_study_that_is_switched_off_and_asked_for_needs_its_data_set_too(fresh):
    text = said(fresh, "studies: {cvm_cervix: {enabled: false, source: /no/such/folder}}\n", "cvm_cervix", "-n")
    assert "error: studies.cvm_cervix.source: /no/such/folder/sipakmed is no folder" in text
    assert "InputFunctionException" not in text


def test_a_yaml_error_names_its_line(fresh):
    (fresh.folder / "config.local.yaml").write_text("studies:\n  a: [1\n")
    try:
        text = said(fresh, "scale: demo\n")
    finally:
        (fresh.folder / "config.local.yaml").unlink()
    assert "config.local.yaml, line 3" in text and "not valid YAML" in text


def test_a_demo_does_not_overwrite_real_results(fresh):
    record = fresh.folder / "results" / "cvm_cervix" / "dataset" / "record.json"
    record.parent.mkdir(parents=True)
    record.write_text(json.dumps({"settings": {"synthetic": False, "scale": "demo"}}))
    text = said(fresh, "scale: demo\n", "-n")
    assert "results/cvm_cervix holds results on real data" in text
    assert "--config results=" in text


def test_a_folder_of_broken_images_ends_in_one_line(fresh, tmp_path):
    for label in ("a", "b"):
        (tmp_path / label).mkdir()
        for number in range(4):
            (tmp_path / label / f"{number}.png").write_bytes(b"no image")
    config = f"""
results: results-broken
studies:
{OFF}  mine: {{extends: cvm_cervix, adapters: [folder], source: {tmp_path}, ingest: {{classes: null}}}}
"""
    text = said(fresh, config)
    (line,) = [line for line in text.splitlines() if line.startswith("logs/") and ": error: " in line]
    log, _, why = line.partition(": error: ")
    assert log == "logs/results-broken/mine/dataset/ingest.log"
    assert why.startswith("8 of 8 samples are refused (8 not_an_image;")
    assert "first a/0.png: " in why and why.endswith("the log lists them, mend or remove them")


def test_a_target_that_there_is_none_of_is_one_line(fresh):
    text = said(fresh, "results: results-none\n", "cvm_cervx_data")
    assert "error: nothing makes cvm_cervx_data; did you mean cvm_cervix_data? `snakemake --list` names" in text
    assert "MissingRuleException" not in text and "input functions" not in text


def test_a_folder_that_a_killed_run_left_locked_is_one_line_with_the_command(fresh):
    locks = fresh.folder / ".snakemake" / "locks"
    locks.mkdir(parents=True, exist_ok=True)
    (locks / "0.output.lock").write_text("results-locked/consistency.csv\n")
    text = said(fresh, "results: results-locked\n", "consistency")
    assert "error: " in text and "`make resume`" in text and "--unlock" not in text
    fresh.run("--unlock")
    assert not locks.exists()
