"""Kinds of run are known in their own modules alone, and each says what it is made of."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from workflow_scripts.contracts.blocks import parse, plain
from workflow_scripts.kinds.kind import MAKE, CombinedKind, RunKind, TrainedKind, kind_of
from workflow_scripts.kinds.kind_registry import kinds
from workflow_scripts.kinds.made_kind import MadeKind
from workflow_scripts.kinds.step_settings.training_settings import TrainSettings
from workflow_scripts.runtime.named_objects import module_part
from workflow_scripts.settings.checks.modalities import modality_mistakes
from workflow_scripts.settings.code import closure
from workflow_scripts.settings.plan.step_names import StepNames
from workflow_scripts.settings.plan.step_table import MAKE_RUN, REPORT, TRAIN
from workflow_scripts.settings.plan.workflow_plan import Plan

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "workflow_scripts"
CLASSES = {declared.__name__ for declared in kinds().values()}


def modules() -> Iterator[Path]:
    """All modules but those of kinds and the studies' own, whose figures are of one run that they name."""
    return (path for path in PACKAGE.rglob("*.py") if path.parent.name != "kinds")


def names_of_kinds(node: ast.AST) -> set[str]:
    return {part.value for part in ast.walk(node) if isinstance(part, ast.Constant)} & set(kinds())


def asks_for_a_kind(node: ast.AST) -> bool:
    """`….kind == "vote"`, `spec["kind"] in (…)`, `isinstance(spec, Vote)`."""
    if isinstance(node, ast.Compare):
        return any("kind" in ast.unparse(side) for side in (node.left, *node.comparators)) and bool(
            names_of_kinds(node)
        )
    if isinstance(node, ast.Call) and ast.unparse(node.func) in ("isinstance", "issubclass"):
        return bool({part.id for part in ast.walk(node.args[1]) if isinstance(part, ast.Name)} & CLASSES)
    return isinstance(node, ast.Match) and bool(names_of_kinds(node))


@pytest.mark.parametrize(
    "text", ['run.kind == "vote"', 'spec["kind"] in ("network", "fusion")', "isinstance(a, (int, Vote))"]
)
def test_what_is_looked_for_would_be_seen(text):
    assert any(map(asks_for_a_kind, ast.walk(ast.parse(text))))


def test_no_other_module_asks_which_kind_a_run_is():
    asking = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in modules()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if asks_for_a_kind(node)
    ]
    assert not asking


def test_no_other_module_imports_a_kind_but_the_one_that_makes_it():
    importing = {f"workflow_scripts.kinds.{name}" for name in kinds()}
    makers = {module_part(getattr(declared, "maker", "")).replace(".", "/") + ".py" for declared in kinds().values()}
    reached = {
        str(path.relative_to(ROOT))
        for path in modules()
        if str(path.relative_to(ROOT)) not in makers
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom)
        and {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)} & importing
    }
    assert not reached


def test_to_know_all_kinds_loads_no_heavy_library():
    heavy = {"torch", "pandas", "numpy", "pydantic", "sklearn", "mlflow"}
    command = "import sys; from workflow_scripts.kinds.kind_registry import kinds; kinds(); "
    command += f"print({heavy} & {{*sys.modules}})"
    assert subprocess.check_output([sys.executable, "-c", command], cwd=ROOT, text=True).strip() == "set()"


def test_every_kind_is_named_as_its_file_and_is_one_of_three():
    assert next(iter(kinds())) == "network"  # the example that a wrong `kind` is answered with
    for name, declared in kinds().items():
        assert issubclass(declared, (TrainedKind, MadeKind, CombinedKind)) and kind_of(name) is declared
        assert declared.__doc__ and (declared.reads is None) == issubclass(declared, CombinedKind)


def test_a_module_that_declares_no_kind_or_two_is_named(monkeypatch):
    monkeypatch.setattr("workflow_scripts.kinds.kind.module_of_kind", lambda name: f"workflow_scripts.{name}")
    with pytest.raises(TypeError, match=r"workflow_scripts.contracts.own_networks declares 0 kinds of run"):
        kind_of.__wrapped__("contracts.own_networks")


@pytest.mark.parametrize(
    ("spec", "own", "elsewhere"),
    [
        ({"kind": "network", "model": "resnet18"}, (), False),
        ({"kind": "vote", "members": ["a", "b"]}, ("a", "b"), False),
        ({"kind": "compressed", "of": "a"}, ("a",), False),
        ({"kind": "external", "study": "there", "of": "a"}, (), True),
    ],
)
def test_a_run_says_of_which_runs_it_is_made(spec, own, elsewhere):
    run = parse(RunKind, spec)
    assert run.own_sources() == own and run.of_another_study == elsewhere


def test_settings_that_hold_a_run_hold_the_object_of_its_kind():
    network, vote = {"kind": "network", "model": "resnet18"}, {"kind": "vote", "members": ["a", "b"]}
    values = {"study": "s", "protocol": "p", "run": "r", "fold": 0, "seed": 0, "train": {}, "resample": "none"}
    held = parse(TrainSettings, {**values, "spec": network})
    assert isinstance(held.spec, kind_of("network")) and parse(TrainSettings, plain(held)) == held
    assert held.spec.network_name == "resnet18" and parse(RunKind, vote).network_name is None
    with pytest.raises(TypeError, match="'vote' is no kind of TrainedKind"):
        parse(TrainSettings, {**values, "spec": vote})
    with pytest.raises(TypeError, match="lacks kind"):
        parse(TrainSettings, {**values, "spec": {"model": "resnet18"}})


def test_the_code_of_a_kind_counts_for_what_is_made_by_it_and_for_no_training():
    plan = Plan(ROOT, {}, ROOT)
    vote, trained = (StepNames("cvm_cervix", protocol="published", run=run) for run in ("soft_vote", "cvm"))
    voting = MAKE_RUN.modules(plan, vote)
    assert "workflow_scripts.kinds.vote" in voting
    assert "workflow_scripts.evaluation.voted_run" in voting
    assert "workflow_scripts.kinds.vote" in REPORT.modules(plan, vote)
    training = TRAIN.modules(plan, trained)
    reached = {name for module in training for name in closure(module)}
    assert not reached & {f"workflow_scripts.kinds.{name}" for name in kinds()}
    assert "workflow_scripts.models.fusion" in reached


class Features(MadeKind):
    """Reads what no study has yet."""

    kind = "features"
    reads = "features"

    def make(self, job):
        raise AssertionError


def test_a_kind_that_reads_other_arrays_than_a_study_has_is_refused():
    run: RunKind = Features()
    assert run.rule == MAKE
    assert list(modality_mistakes(["folder"], {}, {"pooled": run})) == [
        "run 'pooled': a run of kind features reads features, and this study has pixels"
    ]
