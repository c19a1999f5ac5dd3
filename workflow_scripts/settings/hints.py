"""A mistake in the settings, said so that it can be mended at once."""

import difflib
from typing import Any, get_args

import yaml
from pydantic import BaseModel, ValidationError

from workflow_scripts.contracts.addresses import without_secrets
from workflow_scripts.settings.study import Config, Study


def blocks_of(annotation: Any) -> list[type[BaseModel]]:
    """Models named in a type annotation, e.g. in dict[str, A | B]."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [block for part in get_args(annotation) for block in blocks_of(part)]


def known_keys(path: list[str]) -> list[str]:
    """Keys that are allowed below `path` (names of studies, runs and protocols count as steps of the path)."""
    blocks: list[type[BaseModel]] = [Config]
    for step in path:
        fields = [block.model_fields[step] for block in blocks if step in block.model_fields]
        if fields:
            blocks = [found for field in fields for found in blocks_of(field.annotation)]
        # a step that is no field is the name of an entry (a study, a run): its blocks stay
    keys = list(dict.fromkeys(key for block in blocks for key in block.model_fields))
    return [*keys, "like", "own_runs", "scales"] if Study in blocks else keys


def _block(path: list[str], text: str) -> str:
    """The YAML to paste: the path as nested keys with `text` at the end."""
    return "\n".join("    " + "  " * depth + line for depth, line in enumerate([*(f"{step}:" for step in path), text]))


def _written_path(location: tuple, config: Any) -> list[str]:
    """The keys as the user wrote them: pydantic puts the `kind` of a run or protocol between them."""
    steps = []
    for part in location:
        if isinstance(config, dict) and part not in config and part == config.get("kind"):
            continue
        steps.append(str(part))
        try:
            config = config[part]
        except (KeyError, IndexError, TypeError):
            config = None
    return steps


def explain(error: ValidationError, config: dict) -> str:
    """All mistakes of a config, a paragraph each: where, what, the nearest valid key, the block to paste."""
    lines, said = [], set()
    for item in error.errors():
        steps = _written_path(item["loc"], config)
        # a study that is like another repeats the other's mistakes: one is enough
        key = (item["type"], *steps[2:]) if len(steps) > 2 and steps[0] == "studies" else (item["msg"], *steps[2:])
        if key in said:
            continue
        said.add(key)
        where = ".".join(steps) or "the config"
        if item["type"] == "extra_forbidden":
            lines.append(_unknown(steps, item["input"], config))
        elif item["type"] == "missing":
            lines.append(f"{where} is missing; add\n{_block(steps[:-1], steps[-1] + ': …')}")
        elif item["type"] == "value_error":
            lines.append(f"{where}: {item['ctx']['error']}")
        elif item["type"].startswith("union_tag"):
            kinds = item["ctx"].get("expected_tags", "see docs/settings.md")
            lines.append(f"{where}: `kind` is missing or unknown; one of {kinds}")
        else:
            lines.append(f"{where}: {item['input']!r} is not allowed: {_plain(item)}")
    return without_secrets("config: " + "\nconfig: ".join(lines))


def _plain(item: dict) -> str:
    text = item["msg"][0].lower() + item["msg"][1:]
    if "number" in text and isinstance(item["input"], str) and "e" in item["input"].lower():
        text += "; YAML reads 1e-4 as text, write 1.0e-4"
    return text


def _unknown(steps: list[str], value: Any, config: dict) -> str:
    keys = known_keys(steps[:-1])
    near = difflib.get_close_matches(steps[-1], keys, 1, 0.6)
    if not near:
        return f"{'.'.join(steps)}: unknown key; known here: {', '.join(sorted(keys))}"
    pasted = yaml.safe_dump({near[0]: value}, default_flow_style=True, width=200).strip()[1:-1]
    return f"{'.'.join(steps)}: unknown key; did you mean {near[0]}? Paste\n{_block(steps[:-1], pasted)}"
