"""What a rule's command is made of: text in which every argument is quoted for the shell.

A rule puts single paths in with `:q`. What is made of several words (options, lists of folders) is made here.
Standard library only, because the Snakefile imports it.
"""

import shlex
from collections.abc import Iterable, Mapping
from pathlib import Path


def words(values: Iterable[object]) -> str:
    """The values as arguments, each quoted, with a space between them."""
    return " ".join(shlex.quote(str(value)) for value in values)


def option(name: str, values: Iterable[object]) -> str:
    """`name value` for each value, for an option that may be given several times; empty without values."""
    return words(word for value in values for word in (name, value))


def pairs(name: str, values: Mapping[str, object]) -> str:
    """`name KEY=VALUE` for each pair; empty without pairs."""
    return option(name, (f"{key}={value}" for key, value in values.items()))


def folders_of(files: str | Iterable[str]) -> str:
    """The folder of a file, or of each of several, as arguments."""
    return words(Path(file).parent for file in ([files] if isinstance(files, str) else files))
