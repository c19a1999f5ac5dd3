"""When make installs: by the contents of the lock files, into the checkout alone, and no more than is used."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
LOCKS = ("requirements.lock", "requirements-dev.lock")


@pytest.fixture
def checkout(tmp_path):
    """Makefile and lock files, in a folder with a space."""
    folder = tmp_path / "my clone"
    folder.mkdir()
    for name in ("Makefile", *LOCKS):
        shutil.copy(ROOT / name, folder)
    return folder


def installed(checkout: Path, *stamps: str) -> None:
    """What an installation leaves."""
    (checkout / ".venv").mkdir()
    for stamp in stamps:
        lock = LOCKS[stamp == "developer"]
        shutil.copy(ROOT / lock, checkout / ".venv" / f"ready-{stamp}")
        os.utime(checkout / ".venv" / f"ready-{stamp}", (1, 1))


def planned(checkout: Path, target: str, *variables: str) -> list[str]:
    """Lock files that a target would install."""
    command = ["make", "-n", target, *variables]
    done = subprocess.run(command, cwd=checkout, capture_output=True, text=True, check=True)
    return [lock for lock in LOCKS if f"-r {lock}" in done.stdout]


def test_a_user_installs_what_runs_and_whoever_tests_installs_the_rest(checkout):
    assert planned(checkout, "demo") == ["requirements.lock"]
    assert planned(checkout, "test") == planned(checkout, "lint") == list(LOCKS)


def test_what_is_installed_is_not_installed_again_however_old_it_is(checkout):
    installed(checkout, "default", "developer")
    assert planned(checkout, "demo") == planned(checkout, "test") == []


def test_another_lock_file_is_installed_even_with_an_older_time(checkout):
    installed(checkout, "default", "developer")
    with (checkout / LOCKS[0]).open("a") as lock:
        lock.write("colorful==0.5.8\n")
    os.utime(checkout / LOCKS[0], (0, 0))
    # The developers' packages go with the folder that is made anew.
    assert planned(checkout, "demo") == [LOCKS[0]] and planned(checkout, "test") == list(LOCKS)


def test_another_lock_of_developers_leaves_the_users_packages(checkout):
    installed(checkout, "default", "developer")
    with (checkout / LOCKS[1]).open("a") as lock:
        lock.write("colorful==0.5.8\n")
    assert planned(checkout, "demo") == [] and planned(checkout, "test") == [LOCKS[1]]


def test_the_cpu_build_is_another_installation(checkout):
    installed(checkout, "default")
    assert planned(checkout, "demo", "TORCH=cpu") == ["requirements.lock"]


def test_a_linked_environment_with_other_versions_is_refused_and_untouched(checkout, tmp_path):
    shared = tmp_path / "shared"
    shared.mkdir()
    (shared / "ready-default").write_text("torch==1.0\n")
    (checkout / ".venv").symlink_to(shared)
    done = subprocess.run(["make", "demo"], cwd=checkout, capture_output=True, text=True)
    assert done.returncode != 0 and "error: .venv is a link to" in done.stderr and "remove the link" in done.stderr
    assert (shared / "ready-default").read_text() == "torch==1.0\n" and len(list(shared.iterdir())) == 1


def test_a_linked_environment_with_the_same_versions_is_used(checkout, tmp_path):
    installed(checkout, "default")
    (checkout / ".venv").rename(tmp_path / "shared")
    (checkout / ".venv").symlink_to(tmp_path / "shared")
    assert planned(checkout, "demo") == []


def test_every_package_is_pinned_once(checkout):
    lines = [line for lock in LOCKS for line in (ROOT / lock).read_text().splitlines()]
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+==[0-9][\w.]*", line) for line in lines)
    names = [re.sub(r"[._-]+", "-", line.split("==")[0].lower()) for line in lines]
    assert len(set(names)) == len(names)


def test_nothing_that_runs_imports_a_developers_package():
    modules = "black|mypy|pytest|ruff|snakefmt|psycopg2|xdist|hadolint"
    imports = re.compile(rf"^\s*(from|import) ({modules})\b", flags=re.M)
    sources = [*(ROOT / "workflow_scripts").rglob("*.py"), *(ROOT / "rules").glob("*.smk")]
    assert [str(path) for path in sources if imports.search(path.read_text(encoding="utf-8"))] == []
