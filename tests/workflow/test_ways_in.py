"""The supported ways in: targets by name, conda, the report of Snakemake, the user's own images."""

import os
import re
import stat
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.workflow.conftest import ROOT, Workflow, copy_of_the_project

# Stands in for conda, which cannot be installed from a package index: makes an environment that is a virtual one with
# access to the packages installed here. Solving against the real channels is not tested.
STUB = """#!/usr/bin/env bash
set -eu
base={base}
case "$1 ${{2:-}}" in
  "info --json") echo '{{"conda_prefix": "'$base'", "platform": "linux-64"}}' ;;
  "config --get") echo '{{"get": {{"channel_priority": "strict"}}}}' ;;
  "env create")
    while [ $# -gt 0 ]; do case "$1" in --prefix) prefix=$2; shift ;; --file) file=$2; shift ;; esac; shift; done
    mkdir -p "$prefix/bin" "$prefix/conda-meta"; touch "$prefix/conda-meta/history"
    printf '#!/usr/bin/env bash\\necho "$@" >> %s/called\\nexec {python} "$@"\\n' "$prefix" > "$prefix/bin/python"
    chmod +x "$prefix/bin/python"; echo "$file" >> $base/created ;;
  *) case "$1" in --version) echo "conda 24.7.1" ;; clean) ;; *) echo "stub: $*" >&2; exit 1 ;; esac ;;
esac
"""
ACTIVATE = 'export CONDA_PREFIX="$1"\nexport PATH="$1/bin:$PATH"\n'


@pytest.fixture
def conda(tmp_path) -> Path:
    base = tmp_path / "conda"
    (base / "bin").mkdir(parents=True)
    (base / "bin" / "activate").write_text(ACTIVATE)
    program = base / "bin" / "conda"
    program.write_text(STUB.format(base=base, python=sys.executable))
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return base


def test_with_conda_every_job_runs_in_its_own_environment_and_results_are_shared(finished, conda):
    environment = {"PATH": f"{conda / 'bin'}{os.pathsep}{os.environ['PATH']}"}
    again = "results/first/splits/grouped.json"
    finished.run(again, "--force", "--use-conda", **environment)
    prefixes = list((finished.folder / ".snakemake" / "conda").glob("*_"))
    called = [path / "called" for path in prefixes if (path / "called").exists()]
    assert len(called) == 1 and "workflow_scripts.split" in called[0].read_text()
    finished.run()
    assert finished.planned() == {}
    done = finished.run("-n", "-q", "rules", "--use-conda", **environment)
    assert "Nothing to be done" in done.stdout + done.stderr


def test_every_rule_has_log_benchmark_message_and_environment():
    for path in sorted((ROOT / "rules").glob("*.smk")):
        for body in re.split(r"^rule ", path.read_text(), flags=re.M)[1:]:
            if "shell:" in body:
                head = body.split("\n\n\n")[0]
                for part in ("log:", "benchmark:", "message:", "conda:", "settings=", "code="):
                    assert part in head, f"{path.name}: rule {head.split(':')[0]} has no {part}"


@pytest.mark.parametrize("target", ["first_data", "first_runs", "first_report", "first", "data", "runs", "reports"])
def test_named_targets_are_there_and_done(finished, target):
    assert finished.planned(target) == {}


def test_snakemake_report_is_written_without_a_network(finished, tmp_path):
    finished.run("--report", str(tmp_path / "report.html"))
    text = (tmp_path / "report.html").read_text()
    assert "confusion.png" in text and "gradcam.png" in text


def own_images(folder: Path) -> None:
    """Two classes of discs, large and small, on noise."""
    generator = np.random.default_rng(3)
    y, x = np.mgrid[:48, :48]
    for label, radius in (("large", 16), ("small", 7)):
        (folder / label).mkdir(parents=True)
        for number in range(24):
            image = generator.integers(150, 256, (48, 48, 3))
            image[(y - 24) ** 2 + (x - 24) ** 2 < radius**2] //= 3
            Image.fromarray(image.astype("uint8")).save(folder / label / f"{number:02d}.png")


def test_your_own_images_in_ten_lines(tmp_path):
    readme = (ROOT / "README.md").read_text()
    block = re.search(r"## Your own images.*?```yaml\n(.*?)```", readme, re.S)[1]
    assert len(block.strip().splitlines()) <= 10
    workflow = Workflow(copy_of_the_project(tmp_path / "copy"), "mine.yaml")
    own_images(tmp_path / "images")
    (workflow.folder / "mine.yaml").write_text(block.replace("/path/to/images", str(tmp_path / "images")))
    assert re.search(r"snakemake my_cells --cores all --configfile my.yaml", readme)
    workflow.run("my_cells")
    report = (workflow.folder / "results-mine" / "my_cells" / "report.html").read_text()
    assert "large" in report and "patients may repeat" in report.lower()
