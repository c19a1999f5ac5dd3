"""A bundle says what the machine lacks that is to train it, and in what it is not as home is."""

import platform
import re
import runpy
import shutil
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest

from workflow_scripts.elsewhere import bundled_script
from workflow_scripts.elsewhere.bundle_description import BUNDLE_FILE, Bundle
from workflow_scripts.elsewhere.needed_packages import ALWAYS, differences, needs

ROOT = Path(__file__).parents[2]


def test_another_version_of_python_or_of_a_package_is_told_and_the_same_is_not():
    here = {"numpy": metadata.version("numpy"), "pandas": metadata.version("pandas")}
    assert differences(platform.python_version(), here) == []
    words = differences("3.99.1", here | {"pandas": "0.1"})
    assert words == [f"python {platform.python_version()} (at home 3.99.1)", f"pandas {here['pandas']} (at home 0.1)"]


def test_an_older_python_than_the_project_takes_is_one_line_before_anything_is_imported(monkeypatch):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    oldest = tuple(int(part) for part in re.findall(r"\d+", project["requires-python"]))
    monkeypatch.setattr(sys, "version_info", (oldest[0], oldest[1] - 1, 9))
    monkeypatch.setattr(sys, "path", [])
    with pytest.raises(SystemExit) as stopped:
        runpy.run_path(str(bundled_script.__file__), run_name="__main__")
    assert str(stopped.value).startswith(f"error: this is Python {oldest[0]}.{oldest[1] - 1}, and trainings need ")
    assert f" {oldest[0]}.{oldest[1]} or newer" in str(stopped.value)


def test_all_packages_that_a_machine_lacks_are_one_line_with_the_command_that_installs_them(tmp_path):
    shutil.copy(bundled_script.__file__, tmp_path / "run.py")
    (tmp_path / "workflow_scripts").symlink_to(ROOT / "workflow_scripts")
    bundle = Bundle((), (), device="auto", at_once=1, python="3.11", needs=needs(resampled=False), files={})
    bundle.write(tmp_path / BUNDLE_FILE)
    bare = [sys.executable, "-I", "-S", "-B", tmp_path / "run.py"]
    done = subprocess.run(bare, capture_output=True, text=True, check=False)
    named = sorted(ALWAYS)
    assert done.returncode == 1 and done.stderr.startswith("error: ") and done.stderr.count("\n") == 1, done.stderr
    assert f" lacks {', '.join(named)}; `python3 -m pip install {' '.join(named)}`" in done.stderr
