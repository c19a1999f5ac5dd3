"""What DVC compares changes exactly when Snakemake would run something again."""

import shutil
from pathlib import Path

import pytest
import yaml

from workflow_scripts.runtime.errors import UserError
from workflow_scripts.settings import phases
from workflow_scripts.settings.plan.workflow_plan import Plan

ROOT = Path(__file__).resolve().parents[2]
CONFIG = {
    "scale": "demo",
    "seed": 0,
    "results": "results",
    "studies": {
        "first": {
            "adapters": ["sipakmed"],
            "protocols": {"published": {"kind": "holdout"}},
            "runs": {
                "small": {"kind": "network", "model": "resnet18"},
                "tiny": {"kind": "network", "model": "resnet18"},
            },
            "explain": {"runs": ["small"]},
        },
        "second": {"extends": "first", "scales": {"paper": {"train": {"epochs": 7}}}},
        "asleep": {"extends": "first", "enabled": False},
    },
}


@pytest.fixture
def copy(tmp_path) -> Path:
    """A working copy of config, Snakefile and rules."""
    shutil.copyfile(ROOT / "Snakefile", tmp_path / "Snakefile")
    shutil.copytree(ROOT / "rules", tmp_path / "rules")
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(CONFIG))
    return tmp_path


def phase_inputs(root: Path) -> dict[str, str]:
    phases.write_phase_inputs(Plan(root, {}, root), root)
    folder = root / phases.PHASE_INPUTS
    return {path.relative_to(folder).with_suffix("").as_posix(): path.read_text() for path in folder.rglob("*.json")}


def changed(root: Path, change) -> set[str]:
    """Phases whose file differs after a change."""
    phases._rules.cache_clear()
    before = phase_inputs(root)
    change()
    phases._rules.cache_clear()
    after = phase_inputs(root)
    return {name for name in {*before, *after} if before.get(name) != after.get(name)}


def local(root: Path, **section) -> None:
    (root / "config.local.yaml").write_text(yaml.safe_dump({"studies": section}))


def test_every_study_has_three_phases_and_an_old_study_none(copy):
    (copy / phases.PHASE_INPUTS / "gone").mkdir(parents=True)
    assert {name.split("/")[0] for name in phase_inputs(copy)} == set(CONFIG["studies"]) and len(
        phase_inputs(copy)
    ) == 9
    assert not (copy / phases.PHASE_INPUTS / "gone").exists()


def test_a_setting_of_training_concerns_runs_and_report_of_its_study_only(copy):
    expected = {"second/runs", "second/report"}
    assert changed(copy, lambda: local(copy, second={"train": {"epochs": 3}})) == expected


def test_a_setting_of_the_data_concerns_the_data_phase(copy):
    assert "second/data" in changed(copy, lambda: local(copy, second={"preprocess": {"size": 32}}))


def test_a_setting_of_the_study_one_is_like_concerns_both(copy):
    found = changed(copy, lambda: local(copy, first={"seeds": [0, 1]}))
    assert {"first/runs", "second/runs"} <= found and not any("asleep" in name or "data" in name for name in found)


@pytest.mark.parametrize(
    "text",
    [
        "device: cpu\njobs_per_gpu: 4\ntracking_uri: http://127.0.0.1:5000\n",
        "studies: {second: {scales: {paper: {train: {epochs: 9}}}}, asleep: {seeds: [4]}}\n",
    ],
    ids=["where things run", "another scale, a study that is not enabled"],
)
def test_what_no_job_reads_concerns_nothing(copy, text):
    assert changed(copy, lambda: (copy / "config.local.yaml").write_text(text)) == set()


def test_a_rule_concerns_everything_and_a_comment_in_it_nothing(copy):
    rules = copy / "rules" / "data.smk"
    assert changed(copy, lambda: rules.write_text("# a remark\n\n" + rules.read_text())) == set()
    assert "second/data" in changed(
        copy, lambda: rules.write_text(rules.read_text() + "\nrule more:\n    output: 'x'\n")
    )


def test_a_changed_raw_file_concerns_the_data_phase(copy):
    (copy / "raw").mkdir()
    (copy / "raw" / "a.bmp").write_bytes(b"1")
    local(copy, second={"source": str(copy / "raw")})

    def add():
        from workflow_scripts.settings.plan.source_checks import listing_digest

        listing_digest.cache_clear()
        (copy / "raw" / "b.bmp").write_bytes(b"2")

    assert changed(copy, add) == {"second/data"}


def test_a_results_folder_that_dvc_does_not_know_is_refused(copy):
    (copy / "config.local.yaml").write_text("results: elsewhere\n")
    with pytest.raises(UserError, match="results is 'elsewhere' in config.local.yaml"):
        phases.check_layers(Plan(copy, {}, copy), copy, [])


def test_a_results_folder_that_dvc_would_read_otherwise_is_asked_for_as_it_is(copy):
    path = copy / "config.yaml"
    path.write_text(path.read_text().replace("results: results", "results: results/"))
    with pytest.raises(UserError, match="'results/' in config.yaml, which DVC takes as it is; write results"):
        phases.check_layers(Plan(copy, {}, copy), copy, [])


def test_a_profile_that_brings_settings_is_refused(copy):
    profile = copy / "site"
    profile.mkdir()
    (profile / "config.yaml").write_text("executor: slurm\n")
    phases.check_layers(Plan(copy, {}, copy), copy, [profile])
    (profile / "config.v9+.yaml").write_text("configfile: more.yaml\n")
    with pytest.raises(UserError, match="configfile; DVC sees only"):
        phases.check_layers(Plan(copy, {}, copy), copy, [profile])
