"""A mistake in the settings, said in one line so that it can be mended at once."""

import difflib
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal, get_args, get_origin

import yaml
from pydantic import BaseModel, ValidationError

from workflow_scripts.runtime.addresses import without_secrets
from workflow_scripts.settings.config import Config
from workflow_scripts.settings.layers.merging import SECTIONS
from workflow_scripts.settings.study import Study

# Path of a key or a value → the file and line where it stands.
Locate = Callable[[tuple[Any, ...]], str]


def blocks_of(annotation: Any) -> list[type[BaseModel]]:
    """Models named in a type annotation, e.g. in dict[str, A | B]."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [block for part in get_args(annotation) for block in blocks_of(part)]


def _holds_names(annotation: Any) -> bool:
    """Whether a type is a mapping of names to values, e.g. dict[str, A] or none."""
    inner = [] if get_origin(annotation) is list else get_args(annotation)
    return get_origin(annotation) is dict or any(_holds_names(part) for part in inner)


def _kind_of(block: type[BaseModel]) -> str | None:
    """The `kind` of a run or protocol that a block describes."""
    field = block.model_fields.get("kind")
    return get_args(field.annotation)[0] if field and get_origin(field.annotation) is Literal else None


def blocks_at(path: list[str], config: Any) -> list[type[BaseModel]]:
    """Blocks that may stand at `path`, by `kind` if it is known; names of studies and runs count as steps."""
    blocks: list[type[BaseModel]] = [Config]
    is_name = False
    for step in path:
        # A run may be called as a key is, such as features.
        fields = [block.model_fields[step] for block in blocks if step in block.model_fields and not is_name]
        if fields:
            blocks = [block for field in fields for block in blocks_of(field.annotation)]
        # a step that is no field is the name of an entry (a study, a run): its blocks stay
        is_name = any(_holds_names(field.annotation) for field in fields)
        config = config.get(step) if isinstance(config, dict) else None
    kind = config.get("kind") if isinstance(config, dict) else None
    return [block for block in blocks if _kind_of(block) == kind] or blocks


def paste(steps: list[str], value: Any) -> str:
    """What to paste: the path as nested keys with `value` at the end, as one line of YAML."""
    for step in reversed(steps):
        value = {step: value}
    return yaml.safe_dump(value, default_flow_style=True, width=10**6, allow_unicode=True).strip()[1:-1]


def _written_path(location: tuple[Any, ...], config: Any) -> list[str]:
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


def explain(error: ValidationError, config: dict[str, Any], locate: Locate, only_local: bool = False) -> list[str]:
    """All mistakes of a config, a line each: file and line, key, what is wrong, the nearest key, what to paste.

    `only_local`: without those that lie between several keys, or in a key that is missing.
    """
    lines: list[str] = []
    reported: set[tuple[str, ...]] = set()
    for item in error.errors():
        steps = _written_path(item["loc"], config)
        # a study that extends another repeats the other's mistakes: one is enough
        own = steps[2:] if steps[:1] == ["studies"] else steps
        if only_local and item["type"] in ("value_error", "missing", "union_tag_not_found"):
            continue
        for words in _words(item, steps, config):
            kind = words.removeprefix(".".join(steps)) if item["type"] == "value_error" else item["type"]
            if (kind, *own) not in reported:
                reported.add((kind, *own))
                lines.append(without_secrets(f"{locate(_position(item, steps, words))}: {words}"))
    return lines


def _position(item: Mapping[str, Any], steps: list[str], words: str) -> tuple[Any, ...]:
    """Where the mistake stands: of a missing key the block around it, of several keys the one that words begin with."""
    if item["type"] == "missing":
        return tuple(steps[:-1])
    return tuple(steps or words.split()[0].rstrip(":").split("."))


def _words(item: Mapping[str, Any], steps: list[str], config: dict[str, Any]) -> Iterator[str]:
    where = ".".join(steps)
    if item["type"] == "extra_forbidden":
        yield _unknown(steps, item["input"], config)
    elif item["type"] == "missing":
        yield f"{where} is missing; add `{paste(steps, '…')}`"
    elif item["type"] == "value_error":
        for words in str(item["ctx"]["error"]).splitlines():
            yield f"{where}: {words}" if where else words
    elif item["type"].startswith("union_tag"):
        yield _without_kind(steps)
    else:
        yield f"{where}: {item['input']!r} is not allowed: {_plain(item)}"


def _without_kind(steps: list[str]) -> str:
    kinds = [kind for block in blocks_at(steps, None) if (kind := _kind_of(block))]
    example = paste([*steps, "kind"], kinds[0])
    return f"{'.'.join(steps)}: `kind` is missing or unknown; one of {', '.join(kinds)}, such as `{example}`"


def _plain(item: Mapping[str, Any]) -> str:
    text = item["msg"][0].lower() + item["msg"][1:]
    if "number" in text and isinstance(item["input"], str) and "e" in item["input"].lower():
        text += "; YAML reads 1e-4 as text, write 1.0e-4"
    return text


def _unknown(steps: list[str], value: Any, config: dict[str, Any]) -> str:
    where, key = ".".join(steps), steps[-1]
    blocks = blocks_at(steps[:-1], config)
    if (kinds := _kinds_with(key, steps[:-1])) and (kind := _kind_of(blocks[0])):
        pasted = paste(steps[:-1], {"kind": kinds[0], key: value})
        return f"{where}: belongs to kind: {' or '.join(kinds)}, and this is a {kind}; paste `{pasted}`, or take it out"
    keys = list(dict.fromkeys(name for block in blocks for name in block.model_fields))
    keys += ["extends", "study_only_runs", "scales"] if Study in blocks else list(SECTIONS) if Config in blocks else []
    near = difflib.get_close_matches(key, keys, 1, 0.6)
    if not near:
        return f"{where}: unknown key; known here: {', '.join(sorted(set(keys)))}"
    return f"{where}: unknown key; did you mean {near[0]}? Paste `{paste([*steps[:-1], near[0]], value)}`"


def _kinds_with(key: str, path: list[str]) -> list[str]:
    """Kinds of run or protocol that have a key."""
    return [kind for block in blocks_at(path, None) if key in block.model_fields and (kind := _kind_of(block))]
