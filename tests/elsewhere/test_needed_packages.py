"""A bundle says what the machine lacks that is to train it, and in what it is not as home is."""

import platform
import re
import runpy
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest

from workflow_scripts.elsewhere import bundled_script
from workflow_scripts.elsewhere.needed_packages import differences

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
