"""docs/tutorial.md, typed as it stands, in a copy of the project: every command but the installation."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.workflow.conftest import PARTS, ROOT, copy_of_the_project

PAGE = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")
# What is installed already: the packages of this Python, and the project as it lies in the copy.
INSTALLED = ("make .venv/", "source ")


def commands() -> list[str]:
    """Every line of the page's shell blocks but the installation."""
    lines = [line for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL) for line in block.splitlines()]
    return [line for line in lines if not line.startswith(INSTALLED)]


def typed(command: str, folder: Path) -> str:
    """Type a command in the folder; what it said. `cervix` and `snakemake` are those of this Python and of the copy."""
    program, *arguments = command.split()
    modules = {"cervix": "workflow_scripts.commands.cervix", "snakemake": "snakemake"}
    environment = {
        "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
        "PYTHONPATH": str(folder),
        "HOME": str(folder),
    }
    done = subprocess.run(
        [sys.executable, "-m", modules[program], *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.mark.slow
def test_every_command_of_the_tutorial_does_what_the_page_says(tmp_path):
    folder = copy_of_the_project(tmp_path / "clone")
    assert {"profiles", "snakemake_logger_plugin_cervix"} <= set(PARTS)
    (settings,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    (folder / "mine.yaml").write_text(settings, encoding="utf-8")
    consistency, report, check, changed = commands()
    typed(consistency, folder)
    assert (folder / "results" / "consistency.html").is_file()
    typed(report, folder)
    study = folder / "results" / "colposcopy_resnet50"
    for name in re.findall(r"\| `([a-z_/]+\.(?:csv|html))`", PAGE):
        assert (study / name).is_file(), name
    assert all((study / "splits" / f"{name}.csv").is_file() for name in ("published", "duplicate_free"))
    typed(check, folder)
    typed(changed, folder)
    histories = list((folder / "results-mine").rglob("history.csv"))
    assert histories and all(len(path.read_text().splitlines()) == 3 for path in histories)
    shutil.rmtree(folder)
