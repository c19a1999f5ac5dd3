"""What envs/*.yaml list is enough: every rule runs with those packages and no other.

Each `pip:` block is installed into a virtual environment of its own, in which nothing of the launcher can be imported.
That stands in for conda, which adds Python itself from conda-forge; solving against the real channel is not tested.
"""

import ast
import os
import re
import stat
import subprocess
import sys
from collections import defaultdict
from functools import cache
from pathlib import Path

import pytest
import yaml

from tests.tiny_visits import STUDIES
from tests.workflow.conftest import ROOT, TINY, Workflow, copy_of_the_project
from workflow_scripts.kinds.kind import CombinedKind, TrainedKind
from workflow_scripts.kinds.kind_registry import kinds
from workflow_scripts.kinds.made_kind import MadeKind
from workflow_scripts.settings.code import PACKAGE, closure

pytestmark = pytest.mark.slow

ENVIRONMENTS = sorted(path.stem for path in (ROOT / "envs").glob("*.yaml"))
# These fetch from elsewhere; they are imported, but not run.
FROM_ELSEWHERE = {"steps.download", "steps.fetch_weights"}
# What is found by name, so that no import statement leads to it.
NAMED = {
    "data": ("data/adapters/*.py", "synthetic/*.py", "studies/*/adapter.py", "studies/*/synthetic*.py"),
    "torch": ("models/*.py", "studies/*/figure*.py"),
}
STUB = """#!/usr/bin/env bash
set -eu
case "$1 ${{2:-}}" in
  "info --json") echo '{{"conda_prefix": "{base}", "platform": "linux-64"}}' ;;
  "config --get") echo '{{"get": {{"channel_priority": "strict"}}}}' ;;
  "env create")
    while [ $# -gt 0 ]; do case "$1" in --prefix) prefix=$2; shift ;; --file) file=$2; shift ;; esac; shift; done
    for env in {names}; do if cmp -s "$file" {envs}/$env.yaml; then name=$env; fi; done
    mkdir -p "$prefix/bin" "$prefix/conda-meta"; touch "$prefix/conda-meta/history"
    printf '#!/usr/bin/env bash\\necho "%s $*" >> {base}/called\\nexec {base}/%s/bin/python "$@"\\n' $name $name \\
      > "$prefix/bin/python"
    chmod +x "$prefix/bin/python" ;;
  *) case "$1" in --version) echo "conda 24.7.1" ;; clean) ;; *) echo "stub: $*" >&2; exit 1 ;; esac ;;
esac
"""
IMPORT = "import importlib, sys\nfor name in sys.argv[1:]: importlib.import_module(name)\n"


@cache
def entry_points() -> dict[str, set[str]]:
    """Environment → entry points of the rules that name it."""
    found = defaultdict(set)
    for path in (ROOT / "rules").glob("*.smk"):
        text = path.read_text()
        shared = dict(re.findall(r"^([A-Z]+) = \(\n(.*?)^\)", text, flags=re.M | re.S))
        for body in re.split(r"^ *rule\b.*:$", text, flags=re.M)[1:]:
            if environment := re.search(r"envs/(\w+)\.yaml", body):
                shell = body[body.index("shell:") :]
                shell += "".join(text for name, text in shared.items() if re.search(rf"\b{name}\b", shell))
                entries = re.findall(rf"\b{PACKAGE}\.(\w+\.\w+) ", shell)
                assert entries, f"{path.name}: what does the rule call?\n{body}"
                found[environment[1]].update(entries)
    for environment in kinds_by_environment():
        found[environment].add("steps.make_run")
    return found


def kinds_by_environment() -> dict[str, set[str]]:
    """Environment → modules of the kinds of run that are made there and of what makes them, which are found by name."""
    environments: dict[str, str] = {}
    parts = re.split(
        r"^(?:use )?rule (?:(\w+) as )?(\w+).*:$", (ROOT / "rules" / "make_run.smk").read_text(), flags=re.M
    )
    for parent, name, body in zip(parts[1::3], parts[2::3], parts[3::3], strict=True):
        own = re.search(r"envs/(\w+)\.yaml", body)
        environments[name] = own[1] if own else environments[parent]
    found = defaultdict(set)
    for name, kind in kinds().items():
        if not issubclass(kind, TrainedKind):
            found[environments[kind.rule]].add(f"{PACKAGE}.kinds.{name}")
        if issubclass(kind, (MadeKind, CombinedKind)):
            found[environments[kind.rule]].add(kind.maker.partition(":")[0])
    return found


def imported_by(module: str) -> set[str]:
    """Modules of other packages that a module imports, wherever in its text; not those for type checkers alone."""
    base = ROOT.joinpath(*module.split("."))
    path = base.with_suffix(".py") if base.with_suffix(".py").exists() else base / "__init__.py"
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING":
            node.body = []
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found.add(node.module)
    return {name for name in found if name.split(".")[0] != PACKAGE}


@pytest.fixture(scope="module")
def bare(tmp_path_factory) -> Path:
    """A folder with one virtual environment for each file in envs/, made with pip."""
    base = tmp_path_factory.mktemp("bare")
    for name in ENVIRONMENTS:
        content = yaml.safe_load((ROOT / "envs" / f"{name}.yaml").read_text())
        pins = next(item["pip"] for item in content["dependencies"] if isinstance(item, dict))
        subprocess.run([sys.executable, "-m", "venv", str(base / name)], check=True)
        command = [str(base / name / "bin" / "python"), "-m", "pip", "install", "-q", *pins]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    return base


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_all_that_its_entry_points_import_is_in_the_environment(bare, environment):
    entries = entry_points()[environment]
    assert entries, f"no rule uses envs/{environment}.yaml"
    roots = {f"{PACKAGE}.{entry}" for entry in entries} | kinds_by_environment().get(environment, set())
    for pattern in NAMED.get(environment, ()):
        found = sorted((ROOT / PACKAGE).glob(pattern))
        assert found, pattern
        roots |= {".".join(path.relative_to(ROOT).with_suffix("").parts) for path in found if path.stem != "__init__"}
    modules = set().union(*(closure(root) for root in roots))
    others = set().union(*(imported_by(module) for module in modules))
    # timm and torchvision are imported after what makes them work with a torch without CUDA.
    order = sorted(modules, key=lambda name: (not name.endswith("models.compat"), name)) + sorted(others)
    done = subprocess.run(
        [str(bare / environment / "bin" / "python"), "-c", IMPORT, *order],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONNOUSERSITE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


# A run that reads what a network has stored.
EMBEDDED = """\
      stored: {kind: baseline, features: [stored], embedding: last}
    embeddings: {last: {model: test_resnet, normalise: half, pool: mean}}
"""


def test_every_rule_runs_in_its_environment_without_the_launchers_packages(bare, tmp_path):
    folder = copy_of_the_project(tmp_path / "copy")
    control = "      control: {kind: baseline, features: [border, size]}\n"
    assert control in TINY
    (folder / "tiny.yaml").write_text(TINY.replace(control, control + EMBEDDED) + STUDIES)
    (bare / "bin").mkdir()
    (bare / "bin" / "activate").write_text('export CONDA_PREFIX="$1"\nexport PATH="$1/bin:$PATH"\n')
    program = bare / "bin" / "conda"
    program.write_text(STUB.format(base=bare, names=" ".join(ENVIRONMENTS), envs=folder / "envs"))
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    path = f"{bare / 'bin'}{os.pathsep}{os.environ['PATH']}"
    Workflow(folder).run("--use-conda", PATH=path, PYTHONPATH="", PYTHONNOUSERSITE="1")
    called = (bare / "called").read_text().splitlines()
    ran = defaultdict(set)
    for environment, module in re.findall(rf"^(\w+) -m {PACKAGE}\.(\w+\.\w+)", "\n".join(called), flags=re.M):
        ran[environment].add(module)
    assert {name: entries - FROM_ELSEWHERE for name, entries in entry_points().items()} == ran
    assert (folder / "results" / "index.html").exists()
