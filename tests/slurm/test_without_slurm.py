"""A machine without SLURM: its tests are skipped, and say what to install."""

import pytest

from tests import system
from tests.slurm.cluster import Cluster, running_cluster


@pytest.fixture
def machine(monkeypatch):
    """A machine that has every program but some, on which nothing may be installed."""
    monkeypatch.delenv(system.INSTALL, raising=False)

    def without(*programs):
        find = system.find
        monkeypatch.setattr(system, "find", lambda name: None if name in programs else find(name))

    return without


@pytest.mark.parametrize("missing", [["slurmctld", "slurmd", "sbatch", "squeue", "scancel", "munged"], ["munged"]])
def test_without_its_programs_tests_of_the_cluster_are_skipped_and_nothing_is_stopped(tmp_path, machine, missing):
    machine(*missing)
    with (
        pytest.raises(pytest.skip.Exception, match="munged not found; apt-get install slurm-wlm munge"),
        running_cluster(tmp_path),
    ):
        raise AssertionError("a cluster without its programs")


def test_what_was_started_is_stopped_when_the_rest_does_not_start(tmp_path, monkeypatch):
    stopped = []
    monkeypatch.setattr("tests.slurm.cluster.require", lambda programs, packages: dict.fromkeys(programs, tmp_path))
    monkeypatch.setattr(Cluster, "call", lambda self, *command, check=True: stopped.append(command[0]) or "")
    monkeypatch.setattr(Cluster, "_configure", lambda self: None)
    with pytest.raises(PermissionError), running_cluster(tmp_path):
        raise AssertionError("its daemon is a folder")
    assert stopped == ["scancel", "squeue"]
