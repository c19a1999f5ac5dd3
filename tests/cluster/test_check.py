"""What `make check-cluster` says about a profile and a cluster."""

import re

import pytest
import yaml

from tests.cluster.conftest import NONE, SLURMDBD
from workflow_scripts.cluster import profile_check
from workflow_scripts.kinds.kind import RULES
from workflow_scripts.runtime.errors import UserError

SINFO = "cpu|infinite|250000|(null)\ngpu|1-00:00:00|64000+|gpu:a100:4(S:0-1)\nold|2:00:00|8000|gpu:2"


@pytest.fixture
def profile(tmp_path):
    """Writes the shipped profile with changes to the resources of training."""

    def written(**training):
        shipped = yaml.safe_load((profile_check.Path(__file__).parents[2] / "profiles/slurm/config.yaml").read_text())
        shipped["set-resources"]["train"] |= training
        path = tmp_path / "config.yaml"
        path.write_text(yaml.safe_dump(shipped))
        return path

    return written


def said(commands, path, tmp_path, scontrol=NONE, **programs):
    commands(scontrol=scontrol, sinfo=SINFO, srun="", **programs)
    return profile_check.check(path, tmp_path)


def about(findings, start):
    return next(finding for finding in findings if finding.line.startswith(start))


def test_the_shipped_profile_fits_a_cluster_with_its_partitions(commands, profile, tmp_path):
    findings = said(commands, profile(), tmp_path)
    assert [finding.line for finding in findings if not finding.fits] == []
    assert "states of jobs come from the controller, which keeps them 300 s" in about(findings, "no accounting").line


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"slurm_partition": "gpus"}, "partition gpus does not exist; there are cpu, gpu, old"),
        ({"runtime": "600 * attempt"}, "the last attempt asks for 1800 minutes, it gives at most 1440"),
        ({"mem_mb": 70000}, "the last attempt asks for 70000 MB, its largest node has 64000"),
        ({"gpu_model": "h100"}, "it has no GPU of model h100 (a100)"),
        ({"gpu": 8}, "8 GPU(s) are asked for, its largest node has 4"),
        ({"slurm_partition": "cpu"}, "1 GPU(s) are asked for, its largest node has 0"),
    ],
)
def test_what_a_partition_lacks_is_named(commands, profile, tmp_path, change, line):
    finding = about(said(commands, profile(**change), tmp_path), "train: ")
    assert not finding.fits and line in finding.line


def test_with_accounting_the_account_must_be_ones_own(commands, profile, tmp_path):
    finding = about(said(commands, profile(), tmp_path, SLURMDBD, sacctmgr="lab\nclinic"), "account")
    assert not finding.fits and finding.line == "account none is not one of yours: clinic, lab"
    assert about(said(commands, profile(), tmp_path, SLURMDBD, sacctmgr="none\nlab"), "account").fits


def test_a_short_memory_of_the_controller_does_not_do(commands, profile, tmp_path):
    finding = about(said(commands, profile(), tmp_path, NONE.replace("300", "60")), "no accounting")
    assert not finding.fits and "keeps them 60 s (more than 180 needed)" in finding.line


def test_a_node_that_sees_nothing_is_named(commands, profile, tmp_path):
    commands(scontrol=NONE, sinfo=SINFO, srun=1)
    findings = profile_check.check(profile(), tmp_path)
    assert not about(findings, "partition cpu").fits and "cannot connect" in about(findings, "partition gpu").line


def test_a_path_that_the_executor_would_tear_apart_is_named(commands, profile, tmp_path):
    folder = tmp_path / "my clone"
    (unfit,) = (finding for finding in said(commands, profile(), folder) if not finding.fits)
    assert unfit.line.startswith(f"{folder}: SLURM's executor does not quote it; clone and install where")


def test_mistakes_in_the_profile_are_one_line(commands, profile, tmp_path):
    commands(scontrol=NONE, sinfo=SINFO)
    with pytest.raises(UserError, match="train, runtime: 'a day' is neither a number nor"):
        profile_check.check(profile(runtime="a day"), tmp_path)
    (tmp_path / "config.yaml").write_text("executor: local\n")
    with pytest.raises(UserError, match="does not say `executor: slurm`"):
        profile_check.check(tmp_path / "config.yaml", tmp_path)


def test_without_a_cluster_it_says_where_to_run(monkeypatch, profile, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UserError, match="no scontrol on PATH"):
        profile_check.check(profile(), tmp_path)


def test_every_rule_that_asks_for_a_gpu_has_an_entry_in_the_profile_and_no_other_of_the_runs_does():
    root = profile_check.Path(__file__).parents[2]
    asks: dict[str, bool] = {}
    for file in sorted((root / "rules").glob("*.smk")):
        parts = re.split(r"^(?:use )?rule (?:(\w+) as )?(\w+).*:$", file.read_text(), flags=re.M)
        for parent, name, body in zip(parts[1::3], parts[2::3], parts[3::3], strict=True):
            asks[name] = "gpu=" in body or asks.get(parent, False)
    assert set(RULES) <= set(asks), "a kind of run names a rule that there is not"
    shipped = yaml.safe_load((root / "profiles/slurm/config.yaml").read_text())["set-resources"]
    on_gpus = {name for name, resources in shipped.items() if resources.get("gpu")}
    assert on_gpus == {name for name, gpu in asks.items() if gpu}
    assert set(shipped) <= set(asks), "resources of a rule that there is not"
