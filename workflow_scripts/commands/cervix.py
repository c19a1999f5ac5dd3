"""One command for what people call: `cervix check`, `cervix apply`, `cervix ui`, …; each takes `--help`.

`cervix run` is Snakemake with this project's Snakefile. Installed by `pip install --no-deps -e .`; what a command reads
and writes is named from the folder in which it is called.
"""

import runpy
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# Command → the module that does it, and what it is for.
COMMANDS = {
    "apply": ("workflow_scripts.commands.apply", "apply a finished run to new images"),
    "archive": ("workflow_scripts.commands.archive", "put the results into one zip file, as a paper's supplement"),
    "check": ("workflow_scripts.commands.check", "is every file of the results what its record says?"),
    "check-paper": ("workflow_scripts.check_paper", "do the printed numbers of a paper's tables fit each other?"),
    "locate": ("workflow_scripts.commands.locate", "where on a slide a tile lies"),
    "restore": ("workflow_scripts.commands.restore", "fetch results with DVC and let the workflow believe them"),
    "run": ("snakemake", "the workflow; takes what snakemake takes"),
    "suggest": ("workflow_scripts.commands.suggest_settings", "which size of images and network fit this machine"),
    "ui": ("workflow_scripts.commands.browse", "take in every finished run and open the MLflow UI"),
    "verify": ("workflow_scripts.commands.verify", "compute every table of an archive again from its predictions"),
}


def usage() -> str:
    """All commands, a line each."""
    lines = [f"  {name:<12} {words}" for name, (_, words) in COMMANDS.items()]
    return "\n".join(["usage: cervix COMMAND [ARGUMENTS]", "", *lines])


def main() -> None:
    """Run the command that is named first, with the arguments behind it."""
    name, *arguments = sys.argv[1:] or ["--help"]
    if name in ("-h", "--help"):
        print(usage())
        return
    if name not in COMMANDS:
        sys.exit(f"error: there is no command {name!r}\n\n{usage()}")
    module, _ = COMMANDS[name]
    if name == "run" and not {"-s", "--snakefile"} & set(arguments) and Path.cwd() != ROOT:
        arguments = ["--snakefile", str(ROOT / "Snakefile"), "--directory", str(ROOT), *arguments]
    sys.argv = [f"cervix {name}", *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=False)


if __name__ == "__main__":
    main()
