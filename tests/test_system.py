"""How tests come by programs of the system."""

import pytest

from tests.system import INSTALL, find, require


@pytest.fixture
def path(tmp_path, monkeypatch):
    """A folder that is all of PATH."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv(INSTALL, raising=False)
    return tmp_path


def program(path, name, text=""):
    path.joinpath(name).write_text(f"#!/bin/sh\n{text}\n")
    path.joinpath(name).chmod(0o755)


def test_a_program_on_the_path_is_found(path):
    program(path, "madeup-browser")
    assert require(["madeup-browser"], ["browser"]) == {"madeup-browser": path / "madeup-browser"}


def test_a_missing_program_skips_the_test_and_says_what_to_install(path):
    with pytest.raises(pytest.skip.Exception, match="madeup-browser not found; apt-get install browser more"):
        require(["madeup-browser"], ["browser", "more"])


def test_where_installing_is_allowed_a_missing_program_is_installed(path, monkeypatch):
    monkeypatch.setenv(INSTALL, "1")
    monkeypatch.setattr("os.geteuid", lambda: 0)
    target = path / "madeup-browser"
    program(path, "apt-get", f'echo "$*" >> {path}/asked; : > {target}; /bin/chmod +x {target}')
    require(["madeup-browser"], ["browser"])
    assert find("madeup-browser") == target and "install -y" in (path / "asked").read_text()


def test_what_cannot_be_installed_fails_the_test_with_the_reason(path, monkeypatch):
    monkeypatch.setenv(INSTALL, "1")
    monkeypatch.setattr("os.geteuid", lambda: 0)
    program(path, "apt-get", "echo 'E: Unable to locate package browser' >&2; exit 100")
    with pytest.raises(pytest.fail.Exception, match="Unable to locate package browser"):
        require(["madeup-browser"], ["browser"])
