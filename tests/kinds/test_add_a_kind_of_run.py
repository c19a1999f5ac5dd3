"""docs/how-to/add_a_kind_of_run.md, followed word by word in a copy: one new file, one line of settings."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from tests.workflow.conftest import OFF, ROOT, Workflow, copy_of_the_project

PAGE = (ROOT / "docs" / "how-to" / "add_a_kind_of_run.md").read_text(encoding="utf-8")
NAMED = re.compile(r"^```python\n# (\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINE = re.search(r"`runs: (\{.*\})`;", PAGE)[1]
STUDY = f"""
studies:
{OFF}
  tiny:
    adapters: [sipakmed]
    synthetic: {{samples_per_class: 14, samples_per_field: 3, size: 40}}
    preprocess: {{size: 32}}
    protocols:
      published: {{kind: holdout, fractions: [0.6, 0.2, 0.2], by: sample}}
    runs: {LINE}
    evaluate: {{bootstrap: 100}}
"""


@pytest.fixture(scope="module")
def followed(tmp_path_factory) -> Workflow:
    """A copy with the page's kind, its only run evaluated."""
    folder = copy_of_the_project(tmp_path_factory.mktemp("followed") / "copy")
    for name, text in NAMED.findall(PAGE):
        assert not (folder / name).exists()
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "tiny.yaml").write_text(STUDY, encoding="utf-8")
    workflow = Workflow(folder)
    workflow.run("results/tiny/evaluation/published")
    return workflow


def test_the_run_of_the_new_kind_is_made_recorded_and_evaluated(followed: Workflow) -> None:
    results = followed.folder / "results" / "tiny"
    run = results / "runs" / "published" / "prior" / "fold0-seed0"
    assert {path.name for path in run.iterdir()} >= {"predictions.csv", "units.csv", "record.json", "ledger.json"}
    shares = pd.read_csv(run / "units.csv").filter(like="p_")
    assert len(shares.drop_duplicates()) == 1 and shares.iloc[0].sum() == pytest.approx(1)
    assert json.loads((run / "record.json").read_text())["settings"]["spec"] == {"kind": "prior", "added": 1.0}
    metrics = pd.read_csv(results / "evaluation" / "published" / "metrics.csv")
    assert set(metrics["run"]) == {"prior"} and (metrics["metric"] == "accuracy").any()


def test_its_file_is_part_of_what_its_runs_depend_on(followed: Workflow) -> None:
    kind = followed.folder / "workflow_scripts" / "kinds" / "prior.py"
    text = kind.read_text()
    kind.write_text(text.replace("self.added).sum()", "self.added).sum() * 1"))
    planned = followed.planned("results/tiny/evaluation/published")
    kind.write_text(text)
    assert planned == {"make_run": 1, "evaluate": 1}


def test_schema_and_settings_page_describe_it(followed: Workflow) -> None:
    written = [Path("rules/schemas/config.schema.yaml"), Path("docs/reference/settings.md")]
    assert not any("Images added to each class" in (ROOT / path).read_text() for path in written)
    command = [sys.executable, "-m", "workflow_scripts.settings.schema"]
    subprocess.run(command, cwd=followed.folder, env={"PYTHONPATH": str(followed.folder)}, check=True)
    assert all("Images added to each class" in (followed.folder / path).read_text() for path in written)


def test_a_mistake_in_its_settings_is_one_line(followed: Workflow) -> None:
    (followed.folder / "wrong.yaml").write_text(STUDY.replace("{kind: prior}", "{kind: prior, aded: 2}"))
    command = "import yaml; from pathlib import Path; from workflow_scripts.settings.load import settings; "
    command += "settings(Path(), yaml.safe_load(open('wrong.yaml')))"
    done = subprocess.run([sys.executable, "-c", command], cwd=followed.folder, capture_output=True, text=True)
    assert "runs.prior.aded: unknown key; did you mean added?" in done.stderr
