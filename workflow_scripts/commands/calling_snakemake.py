"""How commands call Snakemake, and the settings that they and it have in common."""

import os
import shlex
import sys
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.processes import followed
from workflow_scripts.runtime.wording import nearest

if TYPE_CHECKING:
    from workflow_scripts.settings.plan.workflow_plan import Plan

# Not `--quiet all`, which swallows errors too.
QUIET = ("--quiet", "rules", "host", "reason", "progress")


def snakemake(*arguments: str, restoring: bool = False, configfile: Path | None = None) -> int:
    """Run Snakemake on the same console; returns its exit status. `restoring` lifts the check for foreign results."""
    from workflow_scripts.settings.plan.start_checks import RESTORING

    environment = {**os.environ, **({RESTORING: "1"} if restoring else {})}
    given = ["--configfile", str(configfile)] if configfile else []
    return followed([sys.executable, "-m", "snakemake", *arguments, *given], env=environment).returncode


def plan_of(configfile: Path | None) -> "Plan":
    """The settings in force in the current folder, with those of a --configfile."""
    from workflow_scripts.settings.load import read_yaml
    from workflow_scripts.settings.plan.workflow_plan import Plan

    root = Path.cwd()
    return Plan(root, read_yaml(configfile) if configfile else {}, root, [configfile] if configfile else [])


def require_study(name: str, studies: Collection[str], configfile: Path | None) -> None:
    """Raise UserError where the settings in force have no study of this name."""
    if name not in studies:
        own = "" if configfile else "; of a study of your own name the settings, too: --configfile FILE"
        raise UserError(f"{name!r} is no study of {configfile or 'config.yaml'}; {nearest(name, studies)}{own}")


def command_for(target: str, configfile: Path | None) -> str:
    """What a user types to have a target made."""
    return shlex.join(["snakemake", target, *(["--configfile", str(configfile)] if configfile else [])])
