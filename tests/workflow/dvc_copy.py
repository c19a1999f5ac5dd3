"""A working copy under git and DVC, and the means to use both as a user does."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.copied_project import ROOT, copy_parts

PARTS = (
    "Snakefile",
    "rules",
    "envs",
    "profiles",
    "snakemake_logger_plugin_cervix",
    "workflow_scripts",
    "dvc.yaml",
    ".dvcignore",
    ".gitignore",
)


class Copy:
    """A working copy under git and DVC."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def run(self, *command: str, check: bool = True) -> subprocess.CompletedProcess:
        scripts = str(Path(sys.executable).parent)
        environment = {**os.environ, "PATH": os.pathsep.join([scripts, os.environ["PATH"]]), "PYTHONPATH": ""}
        environment |= {f"GIT_{who}_{what}": "t" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
        done = subprocess.run(command, cwd=self.folder, env=environment, capture_output=True, text=True, check=False)
        assert not check or done.returncode == 0, done.stdout + done.stderr
        return done

    def dvc(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess:
        return self.run(sys.executable, "-m", "dvc", *arguments, check=check)

    def restore(self, check: bool = True) -> subprocess.CompletedProcess:
        return self.run(sys.executable, "-m", "workflow_scripts.commands.restore", check=check)

    def repro(self, *targets: str) -> list[str]:
        """Stages that were entered, `settings` aside."""
        told = self.dvc("repro", *targets).stdout
        ran = [line.split("'")[1] for line in told.splitlines() if line.startswith("Running stage")]
        return [stage for stage in ran if stage != "settings"]

    def edit(self, name: str, old: str, new: str) -> None:
        text = (self.folder / name).read_text()
        assert old in text
        (self.folder / name).write_text(text.replace(old, new, 1))

    def calls(self) -> list[str]:
        path = self.folder / "calls.txt"
        return path.read_text().splitlines() if path.exists() else []

    def git(self, *arguments: str) -> None:
        self.run("git", *arguments)

    def commit_results(self) -> None:
        """As docs/how-to/restore.md says: what DVC wrote, and small files in git although results/ is ignored."""
        self.git("add", "-A")
        small = [
            path
            for pattern in ("metrics.json", "headline", "curves")
            for path in self.folder.glob(f"results/*/{pattern}")
        ]
        self.git("add", "-f", *(str(path.relative_to(self.folder)) for path in small))
        self.git("commit", "-q", "-m", "results")

    def changes(self, study: str) -> tuple[dict, dict]:
        """What a user asks DVC after a change: file → numbers other than committed, file → curves of a study."""
        numbers = json.loads(self.dvc("metrics", "diff", "--json").stdout)
        curves = json.loads(self.dvc("plots", "diff", "--json", "--targets", f"results/{study}/curves").stdout)
        assert "errors" not in curves
        return numbers, curves["data"]


def make_copy(folder: Path, config: str) -> Copy:
    """This repository's parts with another config.yaml, under git, with a DVC remote beside the folder."""
    copy_parts(PARTS, folder)
    (folder / "config.yaml").write_text(config)
    (folder / ".dvc").mkdir()
    for name in ("config", ".gitignore"):
        shutil.copy(ROOT / ".dvc" / name, folder / ".dvc" / name)
    copy = Copy(folder)
    copy.git("init", "-q", ".")
    copy.dvc("remote", "add", "-d", "store", str(folder.parent / "store"))
    return copy


def clone_of(folder: Path, target: Path) -> Copy:
    """A fresh clone in another place, nothing pulled yet."""
    subprocess.run(["git", "clone", "-q", str(folder), str(target)], check=True)
    return Copy(target)
