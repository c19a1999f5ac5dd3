"""Names that an archive may hold: of files, studies, protocols, runs, folds and seeds."""

import re
from collections.abc import Iterable

_PART = r"[A-Za-z0-9][A-Za-z0-9_.@+-]{0,199}"
_MEMBER = re.compile(rf"{_PART}(/{_PART}){{0,9}}", re.ASCII)

# As the settings write them (settings/known_names.py); a test compares both.
STUDY = r"[a-z][a-z0-9_]{0,99}"
RUN = r"[a-z][a-z0-9_]{0,99}(-[a-z0-9_]{1,99}){0,9}(@[a-z0-9_]{1,99})?"


def member_fault(names: Iterable[str]) -> str | None:
    """What is wrong with the names of an archive's files, or None.

    They are relative, without `..`, hidden parts, spaces and characters that a file system may read otherwise; none
    occurs twice, also where capitals count for nothing, and none is a folder of another.
    """
    seen: dict[str, str] = {}
    for name in names:
        if not _MEMBER.fullmatch(name):
            return f"{name!r} is no name of a file that an archive holds"
        if (earlier := seen.get(name.casefold())) is not None:
            return f"{earlier!r} and {name!r} are one name, at least where capitals do not count"
        seen[name.casefold()] = name
    folders = {parent for name in seen for parent in _folders(name)}
    if torn := sorted(folders & set(seen)):
        return f"{seen[torn[0]]!r} is a file and a folder"
    return None


def _folders(name: str) -> Iterable[str]:
    parts = name.split("/")
    return ("/".join(parts[:depth]) for depth in range(1, len(parts)))
