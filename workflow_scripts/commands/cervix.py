"""One command for what people call: `cervix check`, `cervix apply`, `cervix ui`, …; each takes `--help`.

Installed by `pip install --no-deps -e .`. Called outside a working copy it works in the one that it was installed from:
paths that are given are those of the folder in which it is called.
"""

import argparse
import importlib
import os
import runpy
import sys
from dataclasses import dataclass
from pathlib import Path

from workflow_scripts.runtime import entry

ROOT = Path(__file__).resolve().parents[2]
# What a folder holds that is a working copy of this project.
WORKING_COPY = ("Snakefile", "config.yaml")


@dataclass(frozen=True)
class Command:
    """The module that does it, and what it is for; in_project: it works in a working copy."""

    module: str
    about: str
    in_project: bool = True

    def parser(self) -> argparse.ArgumentParser:
        """What its command line takes."""
        parser: argparse.ArgumentParser = importlib.import_module(self.module).arguments()
        return parser


_ROOM = "workflow_scripts.commands"
COMMANDS = {
    "apply": Command(f"{_ROOM}.apply", "apply a finished run to new images"),
    "archive": Command(f"{_ROOM}.archive", "put the results into one zip file, as a paper's supplement"),
    "bundle": Command(f"{_ROOM}.bundle", "put trainings into one zip file that runs elsewhere"),
    "check": Command(f"{_ROOM}.check", "is every file of the results what its record says?"),
    "check-paper": Command(f"{_ROOM}.one_paper", "do the printed numbers of a paper's tables fit each other?", False),
    "completion": Command(f"{_ROOM}.completion", "print what makes a shell complete `cervix`", False),
    "keep-results": Command(f"{_ROOM}.keep_results", "keep what a study came to, for the pages of docs/"),
    "locate": Command(f"{_ROOM}.locate", "tell which file a pseudonym means", False),
    "measure": Command(f"{_ROOM}.measure", "keep what a command measured, for the pages of docs/"),
    "report": Command(f"{_ROOM}.open_report", "bring a study's report up to date and open it"),
    "restore": Command(f"{_ROOM}.restore", "fetch results with DVC and let the workflow believe them"),
    "runs": Command(f"{_ROOM}.join_runs", "put the runs of several folders of results into one table", False),
    "suggest": Command(f"{_ROOM}.suggest_settings", "tell which size of images and network fit this machine"),
    "take-in": Command(f"{_ROOM}.take_in", "take in trainings that ran elsewhere"),
    "ui": Command(f"{_ROOM}.browse", "take in every finished run and open the MLflow UI"),
    "verify": Command(f"{_ROOM}.verify", "compute every table of an archive again from its predictions", False),
}
RUN, RUN_ABOUT = "run", "the workflow; takes what snakemake takes"


def usage() -> str:
    """All commands, a line each."""
    abouts = {**{name: command.about for name, command in COMMANDS.items()}, RUN: RUN_ABOUT}
    lines = [f"  {name:<12} {words}" for name, words in sorted(abouts.items())]
    return "\n".join(["usage: cervix COMMAND [ARGUMENTS]", "", *lines])


def project_folder(folder: Path) -> Path:
    """The working copy that a command works in which is called in `folder`: this one, or that of the installation."""
    return folder if all((folder / name).is_file() for name in WORKING_COPY) else ROOT


def main() -> None:
    """Run the command that is named first, with the arguments behind it."""
    name, *arguments = sys.argv[1:] or ["--help"]
    if name in ("-h", "--help"):
        print(usage())
        return
    if name not in (*COMMANDS, RUN):
        sys.exit(f"error: there is no command {name!r}\n\n{usage()}")
    project = project_folder(Path.cwd())
    if (name == RUN or COMMANDS[name].in_project) and not (project / WORKING_COPY[0]).is_file():
        sys.exit(f"error: cervix {name} works in a working copy of the project, and {project} is none; call it in one")
    if name == RUN:
        _workflow(project, arguments)
    sys.argv = [f"cervix {name}", *arguments]
    command = COMMANDS[name]
    if not command.in_project:
        runpy.run_module(command.module, run_name="__main__", alter_sys=False)
        return
    parser = command.parser()
    parsed = parser.parse_args(arguments)
    if project != Path.cwd():
        _take_along(parser, parsed, Path.cwd())
        os.chdir(project)
    entry.run(importlib.import_module(command.module).main, parsed)


def _workflow(project: Path, arguments: list[str]) -> None:
    """Run Snakemake in place of this process."""
    if not {"-s", "--snakefile", "-h", "--help", "--version"} & set(arguments) and project != Path.cwd():
        arguments = ["--snakefile", str(project / "Snakefile"), "--directory", str(project), *arguments]
    os.execv(sys.executable, [sys.executable, "-m", "snakemake", *arguments])


def _take_along(parser: argparse.ArgumentParser, parsed: argparse.Namespace, folder: Path) -> None:
    """Let paths that were given mean the same in another folder: what lies in `folder`, or is to be written there."""
    for name, value in vars(parsed).items():
        if value == parser.get_default(name):
            continue
        if isinstance(value, Path):
            setattr(parsed, name, _from(folder, value, name))
        elif isinstance(value, list):
            setattr(parsed, name, [_from(folder, item, name) if isinstance(item, Path) else item for item in value])


def _from(folder: Path, path: Path, name: str) -> Path:
    return folder / path if name == "out" or (folder / path).exists() else path


if __name__ == "__main__":
    main()
