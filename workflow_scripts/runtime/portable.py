"""Settings as they may be shown and passed on: without the places where a user's files lie."""

import re
from typing import Any

# Settings that name a file: start weights, the user's split, groups, ids and an expert's labels.
FILES = ("weights", "path", "groups", "ids", "expert")
# Settings whose keys users choose.
NAMED_BY_USERS = ("labels", "counts", "classes")
# What `weights` holds where no file is meant.
PUBLISHED = "published"


def without_folders(settings: Any) -> Any:
    """Settings in which files of the user's are named without the folders they lie in.

    Where a file lies belongs to one machine, and may name a person; what it holds, a digest among the inputs says.
    """
    if isinstance(settings, list):
        return [without_folders(item) for item in settings]
    if not isinstance(settings, dict):
        return settings
    return {key: _without_folders(key, value) for key, value in settings.items()}


def _without_folders(key: str, value: Any) -> Any:
    if key in FILES and isinstance(value, str):
        name = re.split(r"[/\\]", value)[-1] or "file"
        return f"file {name}" if name == PUBLISHED != value else name
    return value if key in NAMED_BY_USERS else without_folders(value)
