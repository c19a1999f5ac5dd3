"""One cluster for all tests of a process, and a workflow whose jobs go through it."""

import sys
from pathlib import Path

import pytest
import yaml

from tests.slurm.cluster import running_cluster
from tests.workflow.conftest import ROOT

# A shipped study at its demo settings, cut to ten jobs that are submitted, and one of three folds.
STUDIES = """
only: [colposcopy_resnet50, folds]
studies:
  colposcopy_resnet50:
    synthetic: {samples_per_class: 20}
    train: {epochs: 2}
    runs: {control_border: null, control_colour: null, resnet50-type_2: null}
    evaluate: {bootstrap: 100}
  folds:
    extends: colposcopy_resnet50
    paper: ""
    trainings_per_job: 2
    synthetic: {samples_per_class: 20}
    protocols:
      published: {kind: kfold, folds: 3, validation: 0.2, by: sample}
      duplicate_free: null
    explain: {runs: []}
"""


def python_below(folder: Path) -> str:
    """The Python of this process by a path below `folder`, without the spaces that the executor does not quote."""
    link = folder / "environment"
    link.symlink_to(Path(sys.executable).parents[1])
    return str(link / "bin" / Path(sys.executable).name)


def user_profile(folder: Path, **changes: object) -> Path:
    """The shipped profile as a user of this cluster edits it: partitions, and looks often, because jobs are short."""
    text = (ROOT / "profiles" / "slurm" / "config.yaml").read_text(encoding="utf-8")
    head, marker, rest = text.partition("# ---- nothing below")
    head = head.replace("slurm_partition: cpu", "slurm_partition: normal")
    head = head.replace("slurm_partition: gpu", "slurm_partition: accelerated")
    profile = yaml.safe_load(head + marker + rest)
    profile |= {"slurm-init-seconds-before-status-checks": 5, "latency-wait": 10, **changes}
    folder.mkdir(parents=True)
    (folder / "config.yaml").write_text(yaml.safe_dump(profile), encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def cluster(tmp_path_factory):
    """A running cluster, one for all tests of a process."""
    with running_cluster(tmp_path_factory.mktemp("cluster")) as cluster:
        yield cluster
