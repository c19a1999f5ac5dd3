"""The code digest: moves with every line that counts, stands still for comments."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from workflow_scripts.data.adapters import adapter_registry
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.settings import code
from workflow_scripts.settings.code import ROOT, closure, code_digest
from workflow_scripts.settings.plan import rule_params
from workflow_scripts.settings.plan.rule_params import RuleParams
from workflow_scripts.settings.plan.step_names import StepNames
from workflow_scripts.settings.plan.step_table import (
    EXAMPLES,
    EXPLAIN,
    FINISH_RUN,
    GROUND_TRUTH,
    INGEST,
    PAPER_FIGURES,
    PREPROCESS,
    SEGMENT,
    SYNTHESISE,
    TRAIN,
)
from workflow_scripts.settings.plan.workflow_plan import Plan


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    shutil.copytree(
        ROOT / "workflow_scripts", tmp_path / "workflow_scripts", ignore=shutil.ignore_patterns("__pycache__")
    )
    return tmp_path


def digest(copy: Path, module: str) -> str:
    command = f"from workflow_scripts.settings.code import code_digest; print(code_digest('workflow_scripts.{module}'))"
    environment = {"PYTHONPATH": str(copy)}
    run = subprocess.run([sys.executable, "-c", command], cwd=copy, env=environment, capture_output=True, text=True)
    run.check_returncode()
    return run.stdout


def test_editing_a_line_changes_the_steps_that_import_it_and_no_other(copy):
    before = {step: digest(copy, f"steps.{step}") for step in ("train", "split")}
    path = copy / "workflow_scripts" / "models" / "build.py"
    path.write_text(path.read_text() + "\nEXTRA = 1\n")
    assert digest(copy, "steps.train") != before["train"]
    assert digest(copy, "steps.split") == before["split"]


def test_a_comment_a_docstring_and_formatting_change_nothing(copy):
    before = digest(copy, "steps.split")
    path = copy / "workflow_scripts" / "steps" / "split.py"
    path.write_text("# a comment\n" + path.read_text().replace('"""', '"""Other words. ', 1) + "\n\n\n# the end\n")
    assert digest(copy, "steps.split") == before


def test_a_template_counts_for_the_report(copy):
    before = {step: digest(copy, f"steps.{step}") for step in ("report", "split")}
    template = next((copy / "workflow_scripts" / "reporting" / "pages" / "templates").glob("*.j2"))
    template.write_text(template.read_text() + "<!-- more -->")
    assert digest(copy, "steps.report") != before["report"]
    assert digest(copy, "steps.split") == before["split"]


@pytest.mark.parametrize("name", ["limits.json", "table.csv", "start.npy", "fonts/one.ttf"])
def test_any_file_beside_a_module_that_it_may_read_counts(copy, name):
    path = copy / "workflow_scripts" / "splitting" / name
    path.parent.mkdir(exist_ok=True)
    before = {step: digest(copy, f"steps.{step}") for step in ("split", "train")}
    path.write_bytes(b"1")
    first = digest(copy, "steps.split")
    path.write_bytes(b"2")
    assert len({before["split"], first, digest(copy, "steps.split")}) == 3
    assert digest(copy, "steps.train") == before["train"]


def test_a_paper_of_numbers_alone_needs_no_python_file_and_its_numbers_count(copy):
    paper = copy / "workflow_scripts" / "studies" / "letter"
    paper.mkdir()
    (paper / "published.yaml").write_text("claims: []\n")
    before = digest(copy, "studies.letter")
    (paper / "published.yaml").write_text("claims: [1]\n")
    assert digest(copy, "studies.letter") != before


def test_what_editors_and_python_leave_beside_a_module_counts_for_nothing(copy):
    folder = copy / "workflow_scripts" / "splitting"
    before = digest(copy, "steps.split")
    (folder / "__pycache__").mkdir(exist_ok=True)
    for name in ("audit.py~", ".audit.py.swp", "__pycache__/audit.cpython-311.pyc"):
        (folder / name).write_bytes(b"1")
    assert digest(copy, "steps.split") == before


@pytest.mark.parametrize(
    "line", ["import workflow_scripts.models.fusion", "def f():\n    from workflow_scripts.models import fusion"]
)
def test_a_module_counts_however_and_wherever_it_is_imported(copy, line):
    path = copy / "workflow_scripts" / "steps" / "split.py"
    path.write_text(path.read_text() + f"\n\n{line}\n")
    before, fusion = digest(copy, "steps.split"), copy / "workflow_scripts" / "models" / "fusion.py"
    fusion.write_text(fusion.read_text() + "\nEXTRA = 1\n")
    assert digest(copy, "steps.split") != before


def test_what_is_shown_of_a_network_makes_no_training_outdated():
    assert "workflow_scripts.explanation.target_layers" not in closure("workflow_scripts.steps.train")
    assert "workflow_scripts.explanation.target_layers" in closure("workflow_scripts.steps.explain")


def test_a_relative_import_is_refused_because_the_digest_would_miss_its_module(copy):
    path = copy / "workflow_scripts" / "steps" / "split.py"
    path.write_text(
        path.read_text().replace("from workflow_scripts.splitting.audit import", "from .splitting.audit import")
    )
    with pytest.raises(subprocess.CalledProcessError) as failed:
        digest(copy, "steps.split")
    assert "LookupError: workflow_scripts.steps.split, line" in failed.value.stderr
    command = [sys.executable, "-m", "ruff", "check", "--config", ROOT / "pyproject.toml", "--select", "TID252", path]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 1 and "TID252" in done.stdout


def test_a_mistake_in_a_module_is_named_with_file_and_line_when_the_workflow_is_planned(tmp_path, monkeypatch):
    broken = tmp_path / "studies" / "mine" / "adapter.py"
    broken.parent.mkdir(parents=True)
    broken.write_text("LABELS = ()\n\ndef samples(root, ingest)\n    yield 1\n")
    monkeypatch.setattr(adapter_registry, "PACKAGE", tmp_path)
    words = re.escape(f"{broken}, line 3: no valid Python: expected ':'; correct it")
    with pytest.raises(UserError, match=words):
        adapter_registry.adapters.__wrapped__()
    monkeypatch.setattr(code, "_file_of", lambda name: broken)
    with pytest.raises(UserError, match=words):
        code._module.__wrapped__("workflow_scripts.studies.mine.adapter")
    monkeypatch.undo()

    def failing(*modules):
        raise UserError("a line")

    monkeypatch.setattr(rule_params, "code_digest", failing)
    with pytest.raises(SystemExit, match="error: a line"):
        RuleParams(Plan(ROOT, {}, tmp_path)).digest(INGEST, StepNames(study="cvm_cervix"))


def test_a_network_written_here_counts_for_the_runs_that_use_it():
    branches = {"cnn": {"model": "inception_resnet_v1"}, "vit": {"model": "t2t_vit_14"}}
    user = {"scale": "paper", "studies": {"cvm_cervix": {"runs": {"cvm": {"branches": branches}}}}}
    plan = Plan(ROOT, user, ROOT)
    first, second = "workflow_scripts.models.inception_resnet_v1", "workflow_scripts.models.t2t_vit"

    def networks(step, run=""):
        names = StepNames(study="cvm_cervix", protocol="published", run=run)
        return [name for name in step.modules(plan, names) if ".models." in name]

    joint, single = "workflow_scripts.models.fusion", "workflow_scripts.models.single_network"
    assert networks(TRAIN, "cvm") == [joint, first, second]
    assert networks(TRAIN, "t2t_vit") == [single, second] and networks(TRAIN, "vit") == [single]
    assert networks(FINISH_RUN, "cvm") == []  # no network is run there
    assert networks(EXPLAIN) == [joint, first, second]
    assert networks(PAPER_FIGURES) == [joint, single, first, second]  # which are drawn


def test_what_reads_and_packs_a_studys_files_counts_for_the_steps_that_do_and_no_other():
    plan, names = Plan(ROOT, {}, ROOT), StepNames(study="cvm_cervix")
    for step in (INGEST, PREPROCESS, EXAMPLES, GROUND_TRUTH, SEGMENT):
        modules = step.modules(plan, names)
        readers = [name for name in modules if ".readers." in name]
        assert readers == (["workflow_scripts.data.readers.image_reader"] if step != SEGMENT else []), step.name
        packs = step in (PREPROCESS, EXAMPLES, GROUND_TRUTH)
        assert ("workflow_scripts.preprocessing.packing" in modules) == packs, step.name


def test_the_generator_of_a_studys_paper_counts_for_its_synthetic_data():
    plan = Plan(ROOT, {"studies": {"cvm_herlev": {"paper": "zeb2_ihc"}}}, ROOT)
    for study, adapter, generator in (
        ("cvm_herlev", "herlev", "workflow_scripts.studies.zeb2_ihc.synthetic"),
        ("mri_resnet", "dicom", "workflow_scripts.studies.mri_resnet.synthetic"),
        ("cvm_cervix", "cric", "workflow_scripts.synthetic.smears"),
    ):
        modules = SYNTHESISE.modules(plan, StepNames(study=study, adapter=adapter))
        assert modules[1:] == [f"workflow_scripts.data.adapters.{adapter}", generator]


def test_what_the_snakefile_imports_is_light():
    heavy = {"torch", "pandas", "mlflow", "timm"}
    command = f"import sys, workflow_scripts.settings.plan.training_jobs; print({heavy} & set(sys.modules))"
    assert subprocess.check_output([sys.executable, "-c", command], cwd=ROOT, text=True).strip() == "set()"


def test_steps_import_no_settings_and_a_missing_module_is_an_error():
    for path in sorted((ROOT / "workflow_scripts" / "steps").glob("*.py")):
        imported = [name for name in closure(f"workflow_scripts.steps.{path.stem}") if ".settings" in name]
        assert not imported, f"{path.name} imports {imported}"
    with pytest.raises(LookupError):
        code_digest("workflow_scripts.nothing")


def test_what_earlier_calls_found_is_used_and_never_believed_about_another_text(copy):
    before, memo = digest(copy, "steps.split"), copy / ".work" / "modules.json"
    kept = memo.read_text()
    assert digest(copy, "steps.split") == before and memo.read_text() == kept
    memo.write_text("half a fi")
    assert digest(copy, "steps.split") == before and memo.read_text() == kept
    memo.write_text(kept.replace("runtime.entry", "contracts.record"))
    assert digest(copy, "steps.split") != before  # it is used
    path = copy / "workflow_scripts" / "steps" / "split.py"
    path.write_text(path.read_text() + "\nEXTRA = 1\n")
    memo.write_text(kept)
    assert digest(copy, "steps.split") != before
