"""Whether each layer of settings has keys and values, lists and single values where they belong.

Layers are merged key by key, so a list in the place of keys and values would replace them, or be replaced, unseen.
What the merged settings then hold is checked by their types.
"""

import difflib
import types
from collections.abc import Iterator
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import yaml

from workflow_scripts.settings.base import Block
from workflow_scripts.settings.config import SCALES, Config
from workflow_scripts.settings.layers.merging import OPTIONS, SECTIONS, STUDIES, TEMPLATES
from workflow_scripts.settings.study import Study

Mistake = tuple[tuple[Any, ...], str]
_ONE_OF = {STUDIES: "study", TEMPLATES: "template"}
# Keys of a study's section that are used up before its types are checked.
_RUNS = Study.model_fields["runs"].annotation
_NAMED = ("embeddings", "runs", "study_only_runs", "protocols")
_TRUTHS = "yes, no, on, off, true and false"


def mistakes(layer: Any) -> Iterator[Mistake]:
    """Path and words of everything in a layer that cannot be applied to another."""
    if not isinstance(layer, dict):
        yield (), f"the settings hold {_what(layer)}; they must hold keys and values, such as `results: results-mine`"
        return
    for key, value in layer.items():
        if key not in SECTIONS:
            yield from _entry((key,), value, [Config])
        elif isinstance(value, dict):
            for name, section in value.items():
                yield from _study((key, name), section)
        elif value is not None:  # all below it may be commented out
            yield (key,), f"{_what(value)} is not allowed; name each {_ONE_OF[key]} as a key: `{key}: {{mine: {{…}}}}`"


def _study(path: tuple[Any, ...], section: Any) -> Iterator[Mistake]:
    name = path[-1]
    if not isinstance(name, str):
        yield path, f"a study cannot be called {name}; use a-z, 0-9 and _, a letter first"
    elif section is None:
        yield path, f"empty; give it keys, or switch the study off: `studies: {{{name}: {{enabled: false}}}}`"
    elif not isinstance(section, dict):
        yield path, f"{_what(section)} is not allowed; a study holds keys and values, such as `source: FOLDER`"
    else:
        for key, value in section.items():
            if key == "scales":
                yield from _scales((*path, key), value)
            elif key == "extends":
                yield from _value((*path, key), value, [str, None])
            else:
                yield from _entry((*path, key), value, [Study])


def _scales(path: tuple[Any, ...], value: Any) -> Iterator[Mistake]:
    if value is None:
        return
    if not isinstance(value, dict):
        yield path, f"{_what(value)} is not allowed; write what differs below a scale: `scales: {{paper: {{…}}}}`"
        return
    for scale, overlay in value.items():
        if scale not in SCALES:
            near = difflib.get_close_matches(str(scale), SCALES, 1, 0.4)
            hint = f"did you mean {near[0]}?" if near else f"there are {' and '.join(SCALES)}"
            yield (*path, scale), f"no such scale; {hint}"
        elif overlay is not None and not isinstance(overlay, dict):
            yield (*path, scale), f"{_what(overlay)} is not allowed; write keys and values, such as `seeds: [0, 1, 2]`"
        else:
            for key, inner in (overlay or {}).items():
                if key in ("extends", "scales"):
                    yield (*path, scale, key), "cannot differ by scale; write it in the study's section"
                else:
                    yield from _entry((*path, scale, key), inner, [Study])


def _entry(path: tuple[Any, ...], value: Any, blocks: list[type[Block]]) -> Iterator[Mistake]:
    """A key of a block with its value; an unknown key is left to the check of the types."""
    key = path[-1]
    if not isinstance(key, str):
        yield path, f"a key must be a word, and {_unquoted(key)}"
        return
    annotations = [block.model_fields[key].annotation for block in blocks if key in block.model_fields]
    if key == "study_only_runs" and Study in blocks:
        annotations = [_RUNS]
    if not annotations or (key == OPTIONS and value is None):
        return
    if key in _NAMED and Study in blocks and isinstance(value, dict):
        # A null removes a run or a protocol.
        value = {name: entry for name, entry in value.items() if entry is not None}
    yield from _value(path, value, annotations)


def _value(path: tuple[Any, ...], value: Any, annotations: list[Any]) -> Iterator[Mistake]:
    """A value that one of the annotations must take."""
    parts = [part for annotation in annotations for part in _parts(annotation)]
    if Any in parts:
        return
    blocks = [part for part in parts if isinstance(part, type) and issubclass(part, Block)]
    mappings = [get_args(part)[1] for part in parts if get_origin(part) is dict]
    lists = [get_args(part)[0] for part in parts if get_origin(part) is list]
    if isinstance(value, dict) and (blocks or mappings):
        for key, inner in value.items():
            if blocks:
                yield from _entry((*path, key), inner, blocks)
            elif isinstance(key, str):
                yield from _value((*path, key), inner, mappings)
            else:
                yield (*path, key), f"a name must be text, and {_unquoted(key)}"
    elif isinstance(value, list) and lists:
        for number, inner in enumerate(value):
            yield from _value((*path, number), inner, lists)
    elif not _fits(value, parts):
        yield path, _wrong(path, value, parts, blocks)


def _fits(value: Any, parts: list[Any]) -> bool:
    """Whether a value that is neither keys and values nor a list, or should not be, may stand there."""
    literals = [literal for part in parts if get_origin(part) is Literal for literal in get_args(part)]
    if value is None:
        return types.NoneType in parts or None in parts
    if isinstance(value, (dict, list)):
        return False
    if isinstance(value, bool):
        return bool in parts or value in literals
    if isinstance(value, str):
        # Whether it is a number is for the types to say.
        return any(part in (str, int, float, bool) or get_origin(part) is Literal for part in parts)
    return any(part in (int, float, bool) for part in parts) or value in literals


def _parts(annotation: Any) -> list[Any]:
    """The alternatives of an annotation, without what only narrows them."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return _parts(get_args(annotation)[0])
    if origin in (Union, types.UnionType):
        return [part for inner in get_args(annotation) for part in _parts(inner)]
    return [annotation]


def _wrong(path: tuple[Any, ...], value: Any, parts: list[Any], blocks: list[type[Block]]) -> str:
    key = path[-1]
    taken = _taken(parts)
    if value is None:
        return f"empty; give it {taken}, or take the line out"
    if blocks:
        inner, field = next(iter(blocks[0].model_fields.items()))
        example = inner if field.is_required() else yaml.safe_dump({inner: field.default}, default_flow_style=True)
        example = f"{inner}: …" if field.is_required() else example.strip()[1:-1]
        return f"{_what(value)} is not allowed; write keys and values, such as `{key}: {{{example}}}`"
    if taken == "text" and not isinstance(value, (dict, list)):
        return f"text is wanted, and {_unquoted(value)}"
    inner = "a, b" if isinstance(value, (dict, list)) else value
    example = f", such as `{key}: [{inner}]`" if taken == "a list" and isinstance(key, str) else ""
    return f"{_what(value)} is not allowed; write {taken}{example}"


def _taken(parts: list[Any]) -> str:
    named = {
        "keys and values": any(get_origin(p) is dict or (isinstance(p, type) and issubclass(p, Block)) for p in parts),
        "a list": any(get_origin(part) is list for part in parts),
        "text": any(part is str or get_origin(part) is Literal for part in parts),
        "a number": any(part in (int, float) for part in parts),
        "true or false": bool in parts,
    }
    return " or ".join(word for word, holds in named.items() if holds) or "another value"


def _what(value: Any) -> str:
    if isinstance(value, dict):
        return "a block of keys"
    if isinstance(value, list):
        return "a list"
    return "an empty value" if value is None else repr(value)


def _unquoted(value: Any) -> str:
    """Why a value is no text: YAML reads some words without quotes as something else."""
    if isinstance(value, bool):
        return f'YAML reads {_TRUTHS} as a truth value; put quotes around it, such as "{"yes" if value else "no"}"'
    if value is None:
        return 'YAML reads null, ~ and nothing as no value; put quotes around it, such as "null"'
    return f"YAML reads it as {_KINDS.get(type(value).__name__, 'another value')} ({value}); put quotes around it"


_KINDS = {"int": "a number", "float": "a number", "date": "a date", "datetime": "a time", "bytes": "binary data"}
