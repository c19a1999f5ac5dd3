"""A finished run of two tiny studies in a copy of the working copy, and the means to ask Snakemake about it."""

import os
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import yaml

from tests.copied_project import ROOT, copy_parts

PARTS = (
    "Snakefile",
    "prepare.smk",
    "rules",
    "envs",
    "profiles",
    "snakemake_logger_plugin_cervix",
    "workflow_scripts",
    "config.yaml",
    "docs",
)

# The studies that run where nothing else is said.
SHIPPED = [
    name
    for name, study in yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))["studies"].items()
    if study.get("enabled", True)
]
# They do not run.
OFF = "".join(f"  {name}: {{enabled: false}}\n" for name in SHIPPED)
TINY = (
    f"\nstudies:\n{OFF}"
    + """\
  first: &tiny
    paper: cvm_cervix
    adapters: [sipakmed]
    synthetic: {samples_per_class: 14, samples_per_field: 3, size: 40}
    preprocess: {size: 32, mask: grey}
    protocols:
      published: {kind: holdout, fractions: [0.6, 0.2, 0.2], by: sample}
      grouped: {kind: holdout, fractions: [0.6, 0.2, 0.2], by: group}
    train: {epochs: 2, batch_size: 8, learning_rate: 1.0e-3}
    runs:
      small: {kind: network, model: mobilenetv2_035}
      tiny: {kind: network, model: test_resnet}
      vote: {kind: vote, members: [small, tiny]}
    study_only_runs:
      tiny-float16: {kind: compressed, of: tiny}
      control: {kind: baseline, features: [border, size]}
    evaluate: {bootstrap: 100}
    explain: {runs: [tiny], images: 2}
  second:
    extends: first
    adapters: [herlev]
    protocols: {published: null}
    ingest:
      classes: [Abnormal, Normal]
      labels:
        carcinoma_in_situ: Abnormal
        light_dysplastic: Abnormal
        moderate_dysplastic: Abnormal
        severe_dysplastic: Abnormal
        normal_columnar: Normal
        normal_intermediate: Normal
        normal_superficiel: Normal
    runs:
      small: null
      tiny: null
      vote: null
      other: {kind: network, model: test_resnet}
      tiny@first:
        kind: external
        study: first
        of: tiny
        protocol: grouped
        classes:
          Dyskeratotic: Abnormal
          Koilocytotic: Abnormal
          Metaplastic: Normal
          Parabasal: Normal
          Superficial-Intermediate: Normal
    explain: {runs: []}
"""
)


@dataclass
class Workflow:
    """A copy of the working copy in which Snakemake is called."""

    folder: Path
    configfile: str = "tiny.yaml"
    environment: dict = field(default_factory=dict)
    python: str = sys.executable

    def run(self, *arguments: str, check: bool = True, **environment: str) -> subprocess.CompletedProcess:
        """Call Snakemake; positional arguments first. Raises AssertionError with its output when `check` fails."""
        command = [self.python, "-m", "snakemake", *arguments, "--cores", "2", "--configfile", self.configfile]
        merged = {**os.environ, **self.environment, **environment}
        done = subprocess.run(command, cwd=self.folder, env=merged, capture_output=True, text=True)
        assert not check or done.returncode == 0, done.stdout + done.stderr
        return done

    def planned(self, *arguments: str, check: bool = True) -> dict[str, int]:
        """Jobs that Snakemake would run now: rule → number; empty when there is nothing to do."""
        done = self.run(*arguments, "-n", "-q", "rules", check=check)
        table = re.search(r"Job stats:\njob +count\n[- ]+\n(.*?)\ntotal", done.stdout + done.stderr, re.S)
        if not table:
            assert "Nothing to be done" in done.stdout + done.stderr, done.stdout + done.stderr
            return {}
        return {name: int(count) for name, count in (line.split() for line in table[1].splitlines())}

    def planned_outputs(self) -> str:
        """The full text of a dry run, to see which studies and files it names."""
        done = self.run("-n")
        return done.stdout + done.stderr


def copy_of_the_project(target: Path) -> Path:
    """Copy what the workflow needs, without results and caches."""
    return copy_parts(PARTS, target)


@pytest.fixture(scope="session")
def finished(tmp_path_factory) -> Workflow:
    """Both tiny studies, run to the end once for all tests; tests put back what they change."""
    folder = copy_of_the_project(tmp_path_factory.mktemp("project") / "copy")
    (folder / "tiny.yaml").write_text(TINY)
    workflow = Workflow(folder)
    workflow.run()
    return workflow
