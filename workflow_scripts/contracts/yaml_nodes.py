"""Values of a YAML file that a person wrote, read from its nodes: texts as typed, and all mistakes with their lines."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

import yaml

from workflow_scripts.contracts.paper_tables.metric_spellings import averaged
from workflow_scripts.runtime.errors import UserError


@dataclass
class Mistakes:
    """What is wrong in a file, by line; remarks: what is not wrong and was not understood."""

    name: str
    lines: list[tuple[int, str]] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    def add(self, node: yaml.Node, path: str, problem: str) -> None:
        """Note a mistake."""
        self.lines.append((line_of(node), f"{path}: {problem}" if path else problem))

    def remark(self, node: yaml.Node, path: str, words: str) -> None:
        """Note what was not understood."""
        self.remarks.append(f"line {line_of(node)}, {path}: {words}")

    def raise_all(self) -> None:
        """UserError with a line for each mistake."""
        if self.lines:
            raise UserError("\n".join(f"{self.name}, line {line}: {words}" for line, words in sorted(self.lines)))


# Reads a node; notes a mistake and returns None where it does not fit.
Reader = Callable[[yaml.Node, str, Mistakes], Any]


@dataclass(frozen=True)
class Key:
    """A key: what it means, how its value is read, and its JSON schema."""

    about: str
    read: Reader
    schema: Mapping[str, Any]


@dataclass
class Values:
    """The values of a mapping by key.

    line: where it begins; given: its keys, also those whose value was a mistake; with_table: nodes of metrics that are
    printed with a table, by key.
    """

    line: int
    given: set[str] = field(default_factory=set)
    by_key: dict[str, Any] = field(default_factory=dict)
    with_table: dict[str, yaml.Node] = field(default_factory=dict)

    def __getitem__(self, key: str) -> Any:
        return self.by_key.get(key)

    def first(self, *keys: str, default: Any = None) -> Any:
        """The value of the first of these keys that the file has."""
        return next((self.by_key[key] for key in keys if key in self.by_key), default)


def line_of(node: yaml.Node) -> int:
    """The line where a node begins, from 1."""
    return int(node.start_mark.line) + 1


def pairs(node: yaml.Node, path: str, mistakes: Mistakes) -> Iterator[tuple[str, yaml.Node, yaml.Node]]:
    """Key, the node of the key and that of the value, of everything in a mapping; a key that is given twice is told."""
    if not isinstance(node, yaml.MappingNode):
        mistakes.add(node, path, f"keys and values are wanted, {shown(node)} was found")
        return
    met: set[str] = set()
    for key, value in node.value:
        if key.value in met:
            mistakes.add(key, path, f"the key {key.value} is given twice")
        met.add(str(key.value))
        yield str(key.value), key, value


def shown(node: yaml.Node) -> str:
    """What stands there, in a message."""
    if isinstance(node, yaml.ScalarNode):
        return repr(node.value)
    return "a list" if isinstance(node, yaml.SequenceNode) else "a mapping"


def read_mapping(
    node: yaml.Node,
    path: str,
    keys: Mapping[str, Key],
    mistakes: Mistakes,
    needed: tuple[str, ...] = (),
    metrics: bool = False,
) -> Values:
    """The values of a mapping.

    A key that is nearly one of `keys` is a mistake. Where there may be `metrics`, one (`overall_accuracy`, `macro_f1`)
    is taken into `with_table`. Any other key is remarked on, and not read.
    """
    values = Values(line_of(node))
    for name, key, value in pairs(node, path, mistakes):
        inner = f"{path}.{name}" if path else name
        values.given.add(name)
        if name in keys:
            read = keys[name].read(value, inner, mistakes)
            if read is not None:
                values.by_key[name] = read
        elif near := get_close_matches(name, keys, 1, 0.75):
            mistakes.add(key, path, f"unknown key {name}; did you mean {near[0]}?")
        elif metrics and averaged(name.removesuffix("_printed").removesuffix("_percent"))[0]:
            values.with_table[name] = value
        else:
            mistakes.remark(key, inner, f"this key is not known and was not read; known are {', '.join(keys)}")
    absent = [name for name in needed if name not in values.given]
    if absent and isinstance(node, yaml.MappingNode):
        mistakes.add(node, path, f"lacks {', '.join(absent)}")
    return values


def scalar(node: yaml.Node, path: str, mistakes: Mistakes) -> str | None:
    """A text or a number, as typed."""
    if isinstance(node, yaml.ScalarNode):
        return str(node.value)
    mistakes.add(node, path, f"a text is wanted, {shown(node)} was found")
    return None


def words(node: yaml.Node, path: str, mistakes: Mistakes) -> str:
    """What is said in a text, or in a list or mapping of texts."""
    if isinstance(node, yaml.SequenceNode):
        return "; ".join(words(item, path, mistakes) for item in node.value)
    if isinstance(node, yaml.MappingNode):
        return "; ".join(f"{key.value}: {words(value, path, mistakes)}" for key, value in node.value)
    return str(node.value)


def items(node: yaml.Node, path: str, mistakes: Mistakes) -> tuple[yaml.Node, ...] | None:
    """The nodes of a list."""
    if isinstance(node, yaml.SequenceNode):
        return tuple(node.value)
    mistakes.add(node, path, f"a list is wanted, {shown(node)} was found")
    return None


def node_itself(node: yaml.Node, path: str, mistakes: Mistakes) -> yaml.Node:
    """The node, to be read later."""
    return node


def texts(node: yaml.Node, path: str, mistakes: Mistakes) -> tuple[str, ...] | None:
    """A list of texts, or a single one."""
    if isinstance(node, yaml.ScalarNode):
        return (str(node.value),)
    return listed(node, path, mistakes, scalar)


def listed(node: yaml.Node, path: str, mistakes: Mistakes, read: Reader) -> tuple[Any, ...] | None:
    """A list of values that are read alike."""
    nodes = items(node, path, mistakes)
    if nodes is None:
        return None
    values = [read(item, f"{path}[{number}]", mistakes) for number, item in enumerate(nodes, 1)]
    return tuple(value for value in values if value is not None)


def by_name(read: Reader) -> Reader:
    """A reader of a mapping of names to values that are read alike."""

    def read_all(node: yaml.Node, path: str, mistakes: Mistakes) -> dict[str, Any]:
        values = {name: read(value, f"{path}.{name}", mistakes) for name, _, value in pairs(node, path, mistakes)}
        return {name: value for name, value in values.items() if value is not None}

    return read_all


def in_words(node: yaml.Node) -> bool:
    """Whether a text says in words what could be a number: `not visible`, `about 300`."""
    text = str(node.value).strip() if isinstance(node, yaml.ScalarNode) else "0"
    return not any(sign.isdigit() for sign in text) or (" " in text and any(sign.isalpha() for sign in text))


def count(node: yaml.Node, path: str, mistakes: Mistakes) -> int | None:
    """A whole number of things."""
    text = str(node.value).replace(",", "").replace("_", "") if isinstance(node, yaml.ScalarNode) else ""
    if text.isdigit():
        return int(text)
    mistakes.add(node, path, f"a whole number is wanted, {shown(node)} was found")
    return None


def schema_of(keys: Mapping[str, Key], needed: tuple[str, ...] = ()) -> dict[str, Any]:
    """JSON schema of a mapping: its keys alone, all described."""
    properties = {name: {"description": key.about, **key.schema} for name, key in keys.items()}
    required = {"required": [*needed]} if needed else {}
    return {"type": "object", "additionalProperties": False, **required, "properties": properties}


def named(schema: Mapping[str, Any]) -> dict[str, Any]:
    """JSON schema of a mapping of names to such values."""
    return {"type": "object", "additionalProperties": schema}
