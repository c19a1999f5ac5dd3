"""The settings in force: read, resolved, checked. The only way into them, for Snakefile, tests and tools."""

from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from workflow_scripts.contracts.errors import UserError
from workflow_scripts.data.adapters.registry import adapters
from workflow_scripts.settings.hints import explain
from workflow_scripts.settings.overlay import merge, resolve
from workflow_scripts.settings.study import Config

SHIPPED = "config.yaml"
LOCAL = "config.local.yaml"


def read_yaml(path: Path) -> dict:
    """Read a YAML mapping; UserError with line and column for a broken file."""
    try:
        value = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UserError(f"{path} does not exist; check the path") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise UserError(f"{path}{where}: not valid YAML: {getattr(error, 'problem', error)}") from None
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise UserError(f"{path} holds a {type(value).__name__}; it must hold keys and values")
    return value


def user_layers(root: Path, command_line: dict) -> dict:
    """config.local.yaml, if there is one, with what the command line gave (--configfile, --config) laid over it."""
    local = root / LOCAL
    return merge(read_yaml(local) if local.exists() else {}, command_line)


def check(resolved: dict) -> Config:
    """The typed settings; UserError that names every mistake."""
    try:
        return Config.model_validate(resolved)
    except ValidationError as error:
        raise UserError(explain(error, resolved)) from None


def settings(root: Path, command_line: dict[str, Any] | None = None) -> Config:
    """The settings in force for a working copy at `root` and what the command line gave."""
    base, user = read_yaml(root / SHIPPED), user_layers(root, command_line or {})
    for study, section in {**(base.get("studies") or {}), **(user.get("studies") or {})}.items():
        if section is not None and not isinstance(section, dict):
            raise UserError(f"config: studies.{study} must hold keys and values, not {section!r}")
    resolved = resolve(base, user)
    config = check(resolved)
    other = "paper" if config.scale == "demo" else "demo"
    # a typo in the scale that is not in use must not wait until it is
    check(resolve(base, {**user, "scale": other}))
    return name_protocols(config)


def groups_known(study: Any) -> bool:
    """Whether the study's raw files say which images belong together; known from the settings alone."""
    return all(
        adapters()[adapter].knows_groups or (study.ingest.groups and len(study.adapters) == 1)
        for adapter in study.adapters
    )


def name_protocols(config: Config) -> Config:
    """Call a `grouped` protocol `duplicate_free` where no groups are known, because that is all it then is."""
    studies = {}
    for name, study in config.studies.items():
        protocols = {
            "duplicate_free" if protocol == "grouped" and not groups_known(study) else protocol: rule
            for protocol, rule in study.protocols.items()
        }
        studies[name] = study.model_copy(update={"protocols": protocols})
    return config.model_copy(update={"studies": studies})
