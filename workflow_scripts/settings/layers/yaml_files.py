"""Files of settings: read strictly, and where in them a key stands."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from workflow_scripts.runtime.errors import UserError

_MERGE = "<<"


@dataclass(frozen=True)
class SettingsFile:
    """Keys and values, and the syntax tree, merges carried out, which knows the lines (None for an empty file)."""

    path: Path
    tree: dict[str, Any]
    root: yaml.Node | None

    def line_of(self, steps: Sequence[object]) -> int | None:
        """Line, from 1, of the key or list item that `steps` lead to; None where the file does not have it."""
        node, line = self.root, 1
        for step in steps:
            entries = [entry for entry in _entries(node) if entry[0] == str(step)]
            if not entries:
                return None
            # What a mapping merges stands in it before its own keys (flatten_mapping of PyYAML): the last one counts.
            _, node, line = entries[-1]
        return line


def shown(path: Path) -> str:
    """A file's name for the user: relative to the current folder where it lies below it."""
    relative = os.path.relpath(path)
    return str(path) if relative.startswith("..") else relative


def read_settings_file(path: Path) -> SettingsFile:
    """Read a YAML mapping; UserError with file and line for a broken file and for a key that is given twice."""
    name = shown(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        _refuse_circles_and_repeats(root, name)
        tree = yaml.SafeLoader("").construct_document(root) if root is not None else None
    except FileNotFoundError:
        raise UserError(f"{name} does not exist; check the path") from None
    except IsADirectoryError:
        raise UserError(f"{name} is a folder; name a file of settings") from None
    except OSError as error:
        raise UserError(f"{name} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise UserError(f"{name} is not UTF-8 text; save it as UTF-8") from None
    except yaml.YAMLError as error:
        raise UserError(_broken(name, error)) from None
    except RecursionError:
        raise UserError(f"{name}: its keys or lists are nested too deeply to be read; no setting needs that") from None
    except (ValueError, LookupError, AttributeError) as error:  # a date such as 2020-13-45, a word tagged as a number
        raise UserError(
            f"{name}: not valid YAML: {error}; put dates and times in quotes, and take tags such as !!bool out"
        ) from None
    if tree is not None and not isinstance(tree, dict):
        what = {"list": "a list"}.get(type(tree).__name__, "a single value")
        raise UserError(f"{name} holds {what}; it must hold keys and values, such as `results: results-mine`")
    return SettingsFile(path, tree or {}, root)


def _broken(name: str, error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    where = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
    problem = " ".join(str(getattr(error, "problem", None) or error).split())
    hint = "; indent with spaces, YAML takes no tabs" if "'\\t'" in problem else ""
    return f"{name}{where}: not valid YAML: {problem}{hint}"


def _entries(node: yaml.Node | None) -> Iterator[tuple[str, yaml.Node, int]]:
    """Key or number, value and line of everything in a mapping or a list; what it merges comes first."""
    if isinstance(node, yaml.SequenceNode):
        for number, item in enumerate(node.value):
            yield str(number), item, item.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield _key_text(key), value, key.start_mark.line + 1


def _key_text(key: yaml.Node) -> str:
    """A key as Python would print it: `no` is False."""
    if not isinstance(key, yaml.ScalarNode):
        return ""
    return str(yaml.SafeLoader("").construct_object(key)) if key.tag != "tag:yaml.org,2002:str" else key.value


def _refuse_circles_and_repeats(root: yaml.Node | None, name: str) -> None:
    checked: set[int] = set()

    def check(node: yaml.Node, above: tuple[int, ...]) -> None:
        line = node.start_mark.line + 1
        if id(node) in above:
            raise UserError(
                f"{name}, line {line}: an anchor (&) holds itself through its alias (*); take the alias out"
            )
        if isinstance(node, yaml.ScalarNode):
            _refuse_other_bases(node, f"{name}, line {line}")
        if id(node) in checked or not isinstance(node, yaml.CollectionNode):
            return
        checked.add(id(node))
        inner = node.value
        if isinstance(node, yaml.MappingNode):
            _refuse_repeats(node, name)
            inner = [value for _, value in node.value]
        for value in inner:
            check(value, (*above, id(node)))

    if root is not None:
        check(root, ())


def _refuse_other_bases(node: yaml.ScalarNode, where: str) -> None:
    """Where a number is wanted nobody means 010 as 8, nor 1:30 as 90; where text is wanted, that is said elsewhere."""
    text = node.value.lstrip("+-")
    if node.tag == "tag:yaml.org,2002:int" and text.startswith("0") and text.strip("0") and text[1:].isdecimal():
        read = yaml.SafeLoader("").construct_object(node)
        raise UserError(
            f"{where}: YAML reads {node.value} as {read}; write {int(text)}, or '{node.value}' if it is a name"
        )


def _refuse_repeats(node: yaml.MappingNode, name: str) -> None:
    first: dict[tuple[str, str], int] = {}
    for key, _ in node.value:
        line = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode):
            raise UserError(f"{name}, line {line}: a key must be a single word; put braces and brackets in quotes")
        tagged = (key.tag, key.value)
        if tagged in first:
            before = first[tagged]
            raise UserError(
                f"{name}, line {line}: the key {key.value} is given again, first in line {before}; "
                + ("write one `<<: [*first, *second]`" if key.value == _MERGE else "keep one of them")
            )
        first[tagged] = line
