"""Numbers of a file of result tables, read from its nodes: printed values, sizes of classes, matrices."""

from collections.abc import Mapping
from typing import Any

import yaml

from workflow_scripts.contracts.paper_tables.printed_cells import is_empty, read_cell
from workflow_scripts.contracts.paper_tables.result_tables import ClassSizes, MatrixTotals, PrintedValue
from workflow_scripts.contracts.yaml_nodes import (
    Key,
    Mistakes,
    by_name,
    count,
    in_words,
    listed,
    pairs,
    read_mapping,
    scalar,
    schema_of,
    texts,
    words,
)


def count_or_sets(node: yaml.Node, path: str, mistakes: Mistakes) -> Any:
    """A number, a number for each name, or words that say that it is not known."""
    if isinstance(node, yaml.MappingNode):
        return count_by_name(node, path, mistakes)
    return words(node, path, mistakes) if in_words(node) else count(node, path, mistakes)


def count_by_name(node: yaml.Node, path: str, mistakes: Mistakes) -> dict[str, int]:
    """A number for each name; a single number is that of all, under the empty name. Words are remarked on."""
    entries = {"": node}
    if isinstance(node, yaml.MappingNode):
        entries = {name: value for name, _, value in pairs(node, path, mistakes)}
    numbers = {}
    for name, value in entries.items():
        if in_words(value):
            mistakes.remark(value, f"{path}.{name}" if name else path, f"{str(value.value)!r} is no number")
        elif (number := count(value, path, mistakes)) is not None:
            numbers[name] = number
    return numbers


def class_sizes(node: yaml.Node, path: str, mistakes: Mistakes) -> tuple[ClassSizes, ...] | None:
    """Sizes of classes: class → size, a list of sizes, or the name of a set → one of these; None where one lacks."""
    if isinstance(node, yaml.SequenceNode):
        return (ClassSizes(listed(node, path, mistakes, count) or ()),)
    if in_words(node):
        mistakes.remark(node, path, f"{words(node, path, mistakes)!r} gives no sizes")
        return None
    entries = list(pairs(node, path, mistakes))
    if all(isinstance(value, yaml.ScalarNode) for _, _, value in entries):
        sizes = count_by_name(node, path, mistakes)
        return (ClassSizes(tuple(sizes.values()), tuple(sizes)),) if sizes and len(sizes) == len(entries) else None
    return tuple(
        ClassSizes(sizes.sizes, sizes.names, name)
        for name, _, value in entries
        for sizes in class_sizes(value, f"{path}.{name}", mistakes) or ()
    )


def classes(node: yaml.Node, path: str, mistakes: Mistakes) -> Any:
    """Names of the classes, or how many there are."""
    return count(node, path, mistakes) if isinstance(node, yaml.ScalarNode) else listed(node, path, mistakes, scalar)


def value(node: yaml.Node, path: str, mistakes: Mistakes) -> PrintedValue | None:
    """A printed value: `{printed: '0.92', ci: ['0.87', '0.96']}`, or the cell as it stands, `0.92 (0.87–0.96)`."""
    if isinstance(node, yaml.ScalarNode):
        if is_empty(str(node.value)):
            return None
        printed, left_over = read_cell(str(node.value))
        if left_over:
            mistakes.remark(node, path, f"{left_over!r} was not understood")
        return printed
    parts = read_mapping(node, path, _VALUE_KEYS, mistakes, needed=("printed",))
    interval, fraction = parts.first("interval", "ci"), parts["fraction"]
    for pair, wanted in ((interval, "two ends"), (fraction, "part and whole")):
        if pair is not None and len(pair) != 2:
            mistakes.add(node, path, f"{wanted} are wanted, {list(pair)} was found")
            return None
    return PrintedValue(parts["printed"] or "", interval, fraction, parts["plus_minus"], parts["in_brackets"])


def values_by_name(node: yaml.Node, path: str, mistakes: Mistakes) -> Any:
    """A value printed beside a table, or one for each name; both by name, the single one under the empty name."""
    if isinstance(node, yaml.MappingNode) and "printed" not in [key.value for key, _ in node.value]:
        return by_name(value)(node, path, mistakes)
    printed = value(node, path, mistakes)
    return {} if printed is None else {"": printed}


def values_of_classes(node: yaml.Node, path: str, mistakes: Mistakes) -> tuple[PrintedValue, ...] | None:
    """A list of printed values, or class → value."""
    if isinstance(node, yaml.MappingNode):
        return tuple(by_name(value)(node, path, mistakes).values())
    return listed(node, path, mistakes, value)


def matrix(node: yaml.Node, path: str, mistakes: Mistakes) -> tuple[tuple[PrintedValue, ...], ...] | None:
    """A square of printed numbers; one with more columns or rows is remarked on."""
    rows = listed(node, path, mistakes, values_of_classes)
    lengths = [len(row) for row in rows or ()]
    if len(set(lengths)) > 1:
        shown_lengths = ", ".join(map(str, lengths))
        mistakes.add(node, path, f"rows of one length are wanted, rows of {shown_lengths} numbers were found")
        return None
    if lengths and lengths[0] != len(lengths):
        mistakes.remark(node, path, f"{len(lengths)} rows of {lengths[0]} numbers are no confusion matrix; not read")
        return None
    return rows


def totals(node: yaml.Node, path: str, mistakes: Mistakes) -> MatrixTotals:
    """Totals of a matrix."""
    parts = read_mapping(node, path, _TOTAL_KEYS, mistakes)
    return MatrixTotals(parts.first("rows", default=()), parts.first("columns", default=()), parts["all"])


def counts(node: yaml.Node, path: str, mistakes: Mistakes) -> tuple[int, ...] | None:
    """A list of whole numbers."""
    return listed(node, path, mistakes, count)


def citation(node: yaml.Node, path: str, mistakes: Mistakes) -> Any:
    """A citation in words, or its parts by name."""
    return by_name(scalar)(node, path, mistakes) if isinstance(node, yaml.MappingNode) else scalar(node, path, mistakes)


def label(node: yaml.Node, path: str, mistakes: Mistakes) -> Any:
    """The names of a row by kind; a single name is that of its `row`."""
    if isinstance(node, yaml.ScalarNode):
        return {"row": str(node.value)}
    return by_name(scalar)(node, path, mistakes)


TEXT: Mapping[str, Any] = {"type": ["string", "number", "integer"]}
COUNT: Mapping[str, Any] = {"type": "integer", "minimum": 0}
COUNTS: Mapping[str, Any] = {"type": "array", "items": COUNT}
_PAIR = {"type": "array", "minItems": 2, "maxItems": 2}
_VALUE_KEYS = {
    "printed": Key("The number as printed, in quotes.", scalar, TEXT),
    "interval": Key("Both ends of its interval, as printed.", texts, {**_PAIR, "items": TEXT}),
    "ci": Key("Another name of `interval`.", texts, {**_PAIR, "items": TEXT}),
    "fraction": Key("Part and whole, as printed.", counts, {**_PAIR, "items": COUNT}),
    "plus_minus": Key("What is printed behind ±.", scalar, TEXT),
    "in_brackets": Key("Another number in brackets, whatever it is.", scalar, TEXT),
}
_TOTAL_KEYS = {
    "rows": Key("Totals of the rows.", counts, COUNTS),
    "columns": Key("Totals of the columns.", counts, COUNTS),
    "all": Key("The total of all.", count, COUNT),
}


VALUE: Mapping[str, Any] = {"anyOf": [TEXT, schema_of(_VALUE_KEYS, ("printed",))]}
TOTALS = schema_of(_TOTAL_KEYS)
