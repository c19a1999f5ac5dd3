"""What keeps a value from being the block it is for, in words for whoever wrote it."""

from typing import Annotated, Any, Literal, get_args, get_origin

Path = tuple[str | int, ...]

_WORDS = {str: "a text", bool: "true or false", int: "a whole number", float: "a number", tuple: "a list"}


class MisfitError(TypeError):
    """A value does not fit a block.

    path: the name of the whole block, then keys and positions in lists down to the value; problem: what is wrong.
    """

    def __init__(self, path: Path, problem: str) -> None:
        super().__init__(f"{'.'.join(map(str, path))}: {problem}")
        self.path, self.problem = path, problem


def type_problem(hints: tuple[Any, ...], value: Any) -> str:
    """What is wanted of a value of another type than these."""
    wanted = list(dict.fromkeys(_wanted(hint) for hint in hints))
    if "a number" in wanted and "a whole number" in wanted:
        wanted.remove("a whole number")
    problem = f"{' or '.join(wanted)} is wanted, {value!r} was found"
    if "a number" in wanted and isinstance(value, str) and "e" in value.lower():
        problem += "; YAML reads 2e-4 as text, write 2.0e-4"
    return problem


def _wanted(hint: Any) -> str:
    origin = get_origin(hint)
    if origin is Annotated:
        return _wanted(get_args(hint)[0])
    if origin is Literal:
        return f"one of {', '.join(map(str, get_args(hint)))}"
    return _WORDS.get(origin or hint, "a mapping")
