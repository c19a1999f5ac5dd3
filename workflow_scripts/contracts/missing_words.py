"""Words for "nothing is known" in the cells of a user's table, and how words are compared."""

import math
from collections.abc import Container, Iterable

# In any case of letters; the settings may name further ones.
MISSING = frozenset({"na", "n/a", "#n/a", "#na", "<na>", "nan", "null"})


def comparable(word: str) -> str:
    """A word as it is compared: `1.0` is `1`."""
    try:
        number = float(word)
    except ValueError:
        return word
    return f"{number:.15g}" if math.isfinite(number) else word


def missing_words(*lists: Iterable[str]) -> frozenset[str]:
    """Words that say that nothing is known; see says_nothing."""
    return MISSING | {comparable(word).casefold() for words in lists for word in words} | {""}


def says_nothing(cell: str, missing: Container[str]) -> bool:
    """Whether a cell is empty or one of missing_words: in any case of letters, and `-9.0` is `-9`."""
    return cell.casefold() in missing or comparable(cell).casefold() in missing
