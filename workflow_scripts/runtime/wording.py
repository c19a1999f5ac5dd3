"""Words that many messages share: names in a row, and the name that somebody may have meant."""

import difflib
from collections.abc import Iterable, Sequence


def listed(names: Iterable[str]) -> str:
    """`a`, `a and b`, `a, b and c`; `none` of no names."""
    names = list(names)
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}" if names else "none"


def nearest(name: str, candidates: Iterable[str]) -> str:
    """`did you mean X?`, or all that there are."""
    names: Sequence[str] = sorted(candidates)
    near = difflib.get_close_matches(str(name), names, 1, 0.6)
    return f"did you mean {near[0]}?" if near else f"there are {', '.join(names) or 'none'}"
