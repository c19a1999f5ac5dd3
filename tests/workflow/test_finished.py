"""A finished workflow: what runs again after every kind of change, and the supported ways into it.

In one file, because the tests of a file share a process, and these share what took minutes to make.
"""

import os
import shlex
import shutil
import stat
import subprocess
import sys
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.page_links import dead_links
from tests.workflow.conftest import ROOT
from workflow_scripts.documentation.file_pages import contract
from workflow_scripts.documentation.output_files import file_of

# Stands in for conda, which cannot be installed from a package index: makes an environment that is a virtual one with
# access to the packages installed here. Solving against the real channels is not tested.
STUB = """#!/usr/bin/env bash
set -eu
base={base}
python={python}
case "$1 ${{2:-}}" in
  "info --json") echo '{{"conda_prefix": "'$base'", "platform": "linux-64"}}' ;;
  "config --get") echo '{{"get": {{"channel_priority": "strict"}}}}' ;;
  "env create")
    while [ $# -gt 0 ]; do case "$1" in --prefix) prefix=$2; shift ;; --file) file=$2; shift ;; esac; shift; done
    mkdir -p "$prefix/bin" "$prefix/conda-meta"; touch "$prefix/conda-meta/history"
    printf '#!/usr/bin/env bash\\necho "$@" >> %q/called\\nexec %q "$@"\\n' "$prefix" "$python" > "$prefix/bin/python"
    chmod +x "$prefix/bin/python"; echo "$file" >> "$base/created" ;;
  *) case "$1" in --version) echo "conda 24.7.1" ;; clean) ;; *) echo "stub: $*" >&2; exit 1 ;; esac ;;
esac
"""
ACTIVATE = 'export CONDA_PREFIX="$1"\nexport PATH="$1/bin:$PATH"\n'


def test_every_link_of_every_page_leads_to_a_file_and_its_anchor(finished):
    pages = sorted((finished.folder / "results").glob("**/*.html"))
    names = {page.name for page in pages}
    assert {"index.html", "consistency.html", "report.html", "runs.html"} <= names
    dead = {str(page): dead_links(page) for page in pages if page.name != "embedding.html"}
    assert {page: addresses for page, addresses in dead.items() if addresses} == {}


@pytest.fixture
def conda(tmp_path) -> Path:
    base = tmp_path / "conda"
    (base / "bin").mkdir(parents=True)
    (base / "bin" / "activate").write_text(ACTIVATE)
    program = base / "bin" / "conda"
    program.write_text(STUB.format(base=shlex.quote(str(base)), python=shlex.quote(sys.executable)))
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return base


@contextmanager
def edited(path: Path, change):
    """`change` the text of a file for the length of the block."""
    before = path.read_text()
    path.write_text(change(before))
    try:
        yield
    finally:
        path.write_text(before)


def test_a_second_run_has_nothing_to_do(finished):
    assert finished.planned() == {}


def test_the_page_of_files_names_every_file_that_a_run_leaves(finished):
    """With the columns of every table that it says has a contract."""
    results = finished.folder / "results"
    left = [path.relative_to(results) for path in results.rglob("*") if path.is_file()]
    assert len(left) > 100
    listed = [path for path in left if path.parts[0] != "mlflow" and not path.name.startswith(".")]
    files = {path: file_of(path.as_posix()) for path in listed}
    assert [str(path) for path, file in files.items() if file is None] == []
    for path, file in files.items():
        if file.table:
            assert len(contract(file).read(results / path).columns) > 1


@contextmanager
def away(path: Path):
    """Without a file or folder for the length of the block; its times stay."""
    kept = path.with_name(f"{path.name}.kept")
    path.rename(kept)
    try:
        yield
    finally:
        kept.rename(path)


@pytest.mark.parametrize(
    ("path", "rule", "targets"),
    [
        ("runs/published/tiny", "train", ()),
        ("runs/grouped/control", "make_run", ()),
        # By the target `all` too, but then what was trained on it is trained again.
        ("splits/grouped.json", "split", ("first_data",)),
        ("evaluation/published", "evaluate", ()),
        ("explanation/grouped", "explain", ()),
    ],
)
def test_what_was_deleted_is_made_again_and_no_data_read_again(finished, path, rule, targets):
    """That every job of a study is asked for: test_rules.py."""
    with away(finished.folder / "results" / "first" / path):
        planned = finished.planned(*targets)
    assert planned[rule] == 1
    assert not {"synthesise", "ingest", "preprocess"} & set(planned)
    assert planned.get("train", 0) == (rule == "train")


def test_a_training_whose_files_are_gone_is_done_again_although_what_finished_it_is_there(finished):
    """As Snakemake leaves it when a training that is done again is killed."""
    folder = finished.folder / "results" / "second" / "runs" / "grouped" / "other" / "fold0-seed0"
    with ExitStack() as gone:
        for name in ("weights.safetensors", "history.csv", "predictions.csv", "train.json"):
            gone.enter_context(away(folder / name))
        assert finished.planned()["train"] == 1


def test_a_deleted_run_comes_back_with_the_same_bytes(finished):
    """The whole way once, with a run that takes a moment."""
    folder = finished.folder / "results" / "first" / "runs" / "published" / "vote"
    before = {path.name: path.read_bytes() for path in (folder / "fold0-seed0").iterdir()}
    shutil.rmtree(folder)
    finished.run()
    after = {path.name: path.read_bytes() for path in (folder / "fold0-seed0").iterdir()}
    assert set(after) == set(before)
    assert all(after[name] == before[name] for name in before if name != "ledger.json")
    assert finished.planned() == {}


def test_where_jobs_run_reaches_them_and_is_no_reason_to_run_again(finished):
    where = ("--config", "device=cpu", "jobs_per_gpu=4")
    assert finished.planned(*where) == {}
    done = finished.run("-n", "-p", "--forcerun", "train", *where)
    assert "--device cpu --jobs-per-gpu 4" in done.stdout + done.stderr


def test_editing_a_module_runs_again_exactly_what_uses_it(finished):
    module = finished.folder / "workflow_scripts" / "kinds" / "vote.py"
    with edited(module, lambda text: text + "\nEXTRA = 1\n"):
        planned = finished.planned()
    assert planned["combine_runs"] == 2  # the vote of one study, two protocols
    assert not {"train", "finish_run", "split", "ingest", "preprocess", "synthesise"} & set(planned)


def test_editing_a_model_trains_again_and_reads_no_data_again(finished):
    with edited(finished.folder / "workflow_scripts" / "models" / "registry.py", lambda text: text + "\nEXTRA = 1\n"):
        planned = finished.planned()
    assert planned["train"] == 5  # two runs under two protocols, and one under one
    assert not {"split", "ingest", "preprocess", "synthesise"} & set(planned)


def test_editing_one_adapter_leaves_the_study_with_another_alone(finished):
    adapter = finished.folder / "workflow_scripts" / "data" / "adapters" / "herlev.py"
    with edited(adapter, lambda text: text + "\nEXTRA = 1\n"):
        planned, named = finished.planned(), finished.planned_outputs()
    assert planned["ingest"] == 1
    assert "results/second/dataset/manifest.csv" in named
    assert "results/first/dataset/manifest.csv" not in named


@pytest.mark.parametrize(
    "module", ["training/loop.py", "data/images.py", "evaluation/metrics.py", "contracts/run_tables.py"]
)
def test_a_comment_runs_nothing_again(finished, module):
    with edited(finished.folder / "workflow_scripts" / module, lambda text: text + "\n# a remark\n"):
        assert finished.planned() == {}


def test_touching_and_checking_out_the_same_content_runs_nothing_again(finished):
    for path in [*finished.folder.glob("workflow_scripts/**/*.py"), *finished.folder.glob("results/*/dataset/*.csv")]:
        path.touch()
    assert finished.planned() == {}
    for path in finished.folder.glob("results/*/splits/*.csv"):
        copy = path.with_suffix(".copy")
        shutil.copy(path, copy)
        copy.replace(path)
    assert finished.planned() == {}


def test_a_setting_of_one_study_runs_nothing_of_another(finished):
    change = "  second:\n    train: {epochs: 3}"
    with edited(finished.folder / "tiny.yaml", lambda text: text.replace("  second:", change)):
        planned, first = finished.planned(), finished.planned("first")
    assert planned["train"] == 1 and planned["report_study"] == 1
    assert first == {}


def test_the_order_of_keys_is_no_change(finished):
    swapped = "train: {learning_rate: 1.0e-3, batch_size: 8, epochs: 2}"
    plain = "train: {epochs: 2, batch_size: 8, learning_rate: 1.0e-3}"
    with edited(finished.folder / "tiny.yaml", lambda text: text.replace(plain, swapped)):
        assert finished.planned() == {}


def test_evaluation_settings_train_nothing(finished):
    with edited(finished.folder / "tiny.yaml", lambda text: text.replace("bootstrap: 100", "bootstrap: 101")):
        planned = finished.planned()
    assert not {"train", "finish_run", "combine_runs", "split", "ingest", "preprocess"} & set(planned)
    assert planned["evaluate"] == 3


def test_training_again_gives_the_same_bytes(finished):
    run = Path("results/second/runs/grouped/other/fold0-seed0")
    names = [
        run / name for name in ("weights.safetensors", "history.csv", "predictions.csv", "units.csv", "record.json")
    ]
    before = [(finished.folder / name).read_bytes() for name in names]
    finished.run(str(run / "weights.safetensors"), str(run.with_name("finished.json")), "--force")
    finished.run()
    assert [(finished.folder / name).read_bytes() for name in names] == before


def test_results_that_were_not_made_here_are_not_believed(finished):
    metadata, away = finished.folder / ".snakemake" / "metadata", finished.folder / ".snakemake" / "away"
    metadata.rename(away)
    try:
        done = finished.run("-n", check=False)
    finally:
        shutil.rmtree(metadata, ignore_errors=True)
        away.rename(metadata)
    assert done.returncode != 0
    assert "make restore" in done.stdout + done.stderr
    assert finished.planned() == {}


def test_with_conda_every_job_runs_in_its_own_environment_and_results_are_shared(finished, conda):
    environment = {"PATH": f"{conda / 'bin'}{os.pathsep}{os.environ['PATH']}"}
    again = "results/first/splits/grouped.json"
    finished.run(again, "--force", "--use-conda", **environment)
    prefixes = list((finished.folder / ".snakemake" / "conda").glob("*_"))
    called = [path / "called" for path in prefixes if (path / "called").exists()]
    assert len(called) == 1 and "workflow_scripts.steps.split" in called[0].read_text()
    finished.run()
    assert finished.planned() == {}
    done = finished.run("-n", "-q", "rules", "--use-conda", **environment)
    assert "Nothing to be done" in done.stdout + done.stderr


@pytest.mark.parametrize("target", ["first_data", "first_runs", "first_report", "first", "data", "runs", "reports"])
def test_named_targets_are_there_and_done(finished, target):
    assert finished.planned(target) == {}


def test_snakemake_report_is_written_without_a_network(finished, tmp_path):
    finished.run("--report", str(tmp_path / "report.html"))
    text = (tmp_path / "report.html").read_text()
    assert "confusion.svg" in text and "gradcam.png" in text


def test_the_archive_of_finished_results_verifies_elsewhere(finished, tmp_path):
    """Through the commands behind `make archive` and `make verify`; the second sees nothing but the zip file."""
    shutil.copy(ROOT / "requirements.lock", finished.folder)
    environment = {**os.environ, "PYTHONPATH": str(finished.folder)}
    target = tmp_path / "supplement.zip"
    steps = [("archive", "--configfile", finished.configfile, "--out", str(target)), ("verify", str(target))]
    for step, *arguments in steps:
        command = [sys.executable, "-m", f"workflow_scripts.commands.{step}", *arguments]
        folder = finished.folder if step == "archive" else tmp_path
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    assert "DIFFERENT" not in done.stdout
    for study in ("first", "second"):
        assert f"same       {study}/metrics.json: the same bytes" in done.stdout
