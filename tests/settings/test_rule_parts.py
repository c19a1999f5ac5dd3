"""What the rules are made of: patterns of files, and what a job is told."""

import inspect
import re
from pathlib import Path
from types import SimpleNamespace

import pytest

from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.run_address import RunAddress
from workflow_scripts.settings.plan import step_table
from workflow_scripts.settings.plan.report_labels import evaluation_labels
from workflow_scripts.settings.plan.rule_params import RuleParams, address_of, asked_often, names_of
from workflow_scripts.settings.plan.rule_patterns import RulePatterns
from workflow_scripts.settings.plan.step_names import StepNames
from workflow_scripts.settings.plan.training_jobs import TrainingJobs
from workflow_scripts.settings.plan.workflow_plan import Plan

ROOT = Path(__file__).resolve().parents[2]
STUDY, RUN = "cvm_herlev", "cvm"
WILDCARDS = SimpleNamespace(study=STUDY, protocol="published", run=RUN, fold="0", seed="3")


@pytest.fixture(scope="module")
def plan() -> Plan:
    return Plan(ROOT, {"results": "results-x", "device": "cpu", "studies": {STUDY: {"seeds": [3, 1]}}}, ROOT)


def matches(pattern: str, path: str) -> dict[str, str] | None:
    """Wildcards of a path that fits a pattern of Snakemake's."""
    named = re.sub(r"\{(\w+),([^}]*)\}", r"(?P<\1>\2)", pattern)
    match = re.fullmatch(named, path)
    return match and match.groupdict()


def test_a_training_alone_is_one_of_a_study_without_batches_and_of_a_run_that_is_trained(plan):
    folder = f"results-x/{STUDY}/runs/published/{RUN}/fold0-seed3"
    pattern = RulePatterns(plan).path_variables()["single_training"]
    assert matches(pattern, folder) == vars(WILDCARDS)
    assert matches(pattern, folder.replace(RUN, "control_border")) is None
    batched = Plan(ROOT, {"results": "results-x", "studies": {STUDY: {"trainings_per_job": 2}}}, ROOT)
    pattern = RulePatterns(batched).path_variables()["single_training"]
    assert matches(pattern, folder) is None and matches(pattern, folder.replace(STUDY, "cvm_cervix"))


def test_a_rule_without_anything_to_make_fits_no_file(plan):
    pattern = RulePatterns(plan).path_variables()["published_weights"]
    assert "{model,-}" in pattern and matches(pattern, "data/weights/resnet18") is None


def test_one_file_stands_for_a_trained_run_and_a_record_each_for_another(plan):
    finished = f"results-x/{STUDY}/runs/published/{RUN}/finished.json"
    assert plan.runs.records(STUDY, "published", RUN) == [finished]
    votes = [f"results-x/{STUDY}/runs/published/soft_vote/fold0-seed{seed}/record.json" for seed in (3, 1)]
    assert plan.runs.records(STUDY, "published", "soft_vote") == votes
    assert {finished, *votes} <= {str(path) for path in plan.records(STUDY)}
    vote = RunAddress(STUDY, "published", "soft_vote", 0, 3)
    members = plan.study(STUDY).runs["soft_vote"].members
    assert plan.runs.source_files(vote) == [finished.replace(f"/{RUN}/", f"/{name}/") for name in members]
    assert list(plan.runs.source_folders(vote)) == list(members)


def test_wildcards_become_the_names_that_a_step_goes_by_and_numbers_are_numbers():
    assert names_of(WILDCARDS, ("study", "seed")) == StepNames(study=STUDY, seed=3)
    assert address_of(WILDCARDS) == RunAddress(STUDY, "published", RUN, 0, 3)


def test_settings_are_canonical_and_do_not_hold_what_the_step_does_not_go_by(plan):
    params = RuleParams(plan)
    text = params.settings(step_table.SPLIT)(WILDCARDS)
    assert text == params.settings(step_table.SPLIT)(SimpleNamespace(**{**vars(WILDCARDS), "seed": "1"}))
    assert text.startswith('{"protocol":"published"') and "train" not in text
    assert re.fullmatch("[0-9a-f]{64}", params.code(step_table.SPLIT)(WILDCARDS))


def test_settings_that_cannot_be_made_end_in_one_line(plan, monkeypatch):
    def refuse(names):
        raise UserError("the folder cannot be read")

    params = RuleParams(plan)
    monkeypatch.setattr(plan.data, "ingest", refuse)
    with pytest.raises(SystemExit, match=r"^error: the folder cannot be read$"):
        params.settings(step_table.INGEST)(WILDCARDS)


def test_a_function_that_is_asked_often_takes_what_it_took():
    params = SimpleNamespace(plain=lambda wildcards, input, *, output: (wildcards, input, output))
    quick = asked_often(params.plain)
    assert inspect.signature(quick) == inspect.signature(params.plain)
    assert quick(1, 2, output=3) == (1, 2, 3)


def test_a_training_of_several_processes_takes_their_threads_and_gpus_and_is_started_for_them():
    train = {"torch_threads": 3, "processes": 2}
    settings = {"studies": {STUDY: {"runs": {"spread": {"kind": "network", "model": "test_resnet", "train": train}}}}}
    plan = Plan(ROOT, settings, ROOT)
    jobs = TrainingJobs(plan, RuleParams(plan), gpus_per_process=1)
    spread, alone = (SimpleNamespace(**{**vars(WILDCARDS), "run": run}) for run in ("spread", RUN))
    assert (jobs.threads(spread), jobs.gpus(spread)) == (6, 2)
    assert jobs.gpus(alone) == 1 and jobs.start(alone, []) == "python -m"
    assert "torchrun --standalone --nproc-per-node 2 " in jobs.start(spread, [])


def test_a_training_is_told_where_to_read_and_write_and_the_limit_of_a_scheduler(plan):
    jobs = TrainingJobs(plan, RuleParams(plan), gpus_per_process=0)
    folder = f"results-x/{STUDY}"
    output = SimpleNamespace(weights=[f"a b/fold0-seed{seed}/weights.safetensors" for seed in (3, 1)])
    words = jobs.options(WILDCARDS, SimpleNamespace(masks=[]), output, {"runtime": 30})
    assert words.startswith(
        f"--dataset {folder}/dataset --arrays {folder}/arrays --split {folder}/splits/published.csv"
    )
    assert words.endswith("--out 'a b/fold0-seed3' 'a b/fold0-seed1'")
    assert "--device cpu" in words and " --time-limit 30 " in words
    assert "--time-limit" not in jobs.options(WILDCARDS, SimpleNamespace(masks=[]), output, {})


def test_what_tells_trainings_apart_is_no_part_of_their_settings(plan):
    jobs = TrainingJobs(plan, RuleParams(plan), gpus_per_process=0)
    other = SimpleNamespace(**{**vars(WILDCARDS), "fold": "1", "seed": "1"})
    assert jobs.step(WILDCARDS) == jobs.step(other)
    assert jobs.step(WILDCARDS).startswith("--settings '{") and " --code " in jobs.step(WILDCARDS)


def test_a_figure_of_the_evaluation_is_labelled_with_its_run_or_as_one_of_all():
    roc = SimpleNamespace(run=RUN, figure="roc")
    assert evaluation_labels(roc) == {"run": RUN, "figure": "ROC curves"}
    assert evaluation_labels(SimpleNamespace(figure="comparison")) == {"run": "all", "figure": "Runs compared"}
