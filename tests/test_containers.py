"""The recipes of containers: pinned, of the same lock file, agreeing with each other and with the Makefile."""

import fnmatch
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
DOCKER = (ROOT / "Dockerfile").read_text()
APPTAINER = (ROOT / "envs" / "apptainer.def").read_text()


def instructions(name: str) -> list[str]:
    """Arguments of every instruction of that name in the Dockerfile, continued lines joined."""
    joined = re.sub(r" *\\\n *", " ", DOCKER)
    return re.findall(rf"^{name} (.*)$", joined, flags=re.M)


def test_both_recipes_start_from_one_python_of_a_fixed_version_and_the_one_that_conda_takes():
    (base,) = instructions("FROM")
    assert re.fullmatch(r"python:3\.\d+\.\d+-slim-bookworm", base)
    assert re.search(r"^From: (.*)$", APPTAINER, flags=re.M)[1] == base
    version = base.split(":")[1].rsplit(".", 1)[0]
    for path in (ROOT / "envs").glob("*.yaml"):
        assert f"- python={version}\n" in path.read_text()


def test_both_install_the_lock_file_by_the_makefiles_own_rule_and_nothing_beside_it():
    assert instructions("COPY")[0] == "requirements.lock Makefile ./"
    assert "requirements.lock /opt/cervix/requirements.lock" in APPTAINER
    rule, packages = 'make ".venv/ready-', "--no-install-recommends git make"
    for recipe in (DOCKER, APPTAINER):
        assert recipe.count(rule) == 1 and recipe.count(packages) == 1
        assert not re.search(r"pip install|conda|curl|wget|:latest", recipe)
    assert "READY := .venv/ready-$(TORCH)" in (ROOT / "Makefile").read_text()


def test_what_the_image_is_asked_for_is_there():
    folder = instructions("WORKDIR")[0]
    assert f"PATH={folder}/.venv/bin:${{PATH}}" in instructions("ENV")
    assert f"PATH={folder}/.venv/bin:$PATH" in APPTAINER
    (command,) = instructions("CMD")
    assert command == '["make", "demo"]' and re.search(r"^demo: ", (ROOT / "Makefile").read_text(), flags=re.M)
    text = (ROOT / "docs" / "how-to" / "containers.md").read_text()
    assert f"{folder}/results" in text and "envs/apptainer.def" in text


def test_after_the_packages_are_installed_the_code_is_copied_and_make_installs_nothing_again(tmp_path):
    """As the image is built: lock file and Makefile, the packages, then everything else with its older times."""
    for name in ("requirements.lock", "Makefile"):
        shutil.copy2(ROOT / name, tmp_path)
    (tmp_path / ".venv").mkdir()
    shutil.copy(ROOT / "requirements.lock", tmp_path / ".venv" / "ready-cpu")
    for name in ("requirements.lock", "Makefile", "Snakefile", "config.yaml"):
        shutil.copy2(ROOT / name, tmp_path)
    environment = {**os.environ, "TORCH": "cpu"}
    done = subprocess.run(["make", "-n", "demo"], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0 and "snakemake --cores" in done.stdout and "pip install" not in done.stdout


def test_both_hold_the_licences_of_what_is_in_them():
    assert "RUN make notices" in DOCKER and "    make notices\n" in APPTAINER
    assert "workflow_scripts/commands/notices.py /opt/cervix/workflow_scripts/commands/notices.py" in APPTAINER


@pytest.mark.parametrize("private", [".git", ".venv", "data", "results", "results-real", "logs", "config.local.yaml"])
def test_what_is_made_fetched_or_private_stays_out_of_the_image(private):
    patterns = (ROOT / ".dockerignore").read_text().splitlines()
    assert any(fnmatch.fnmatchcase(private, pattern) for pattern in patterns)


def test_what_the_workflow_needs_is_in_the_image():
    patterns = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and line[0] != "#"]
    for name in ("Snakefile", "config.yaml", "rules", "envs", "profiles", "workflow_scripts", "docs", "tests"):
        assert (ROOT / name).exists() and not any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)
