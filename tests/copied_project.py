"""Parts of this project copied to where a test may change them."""

import shutil
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def copy_parts(parts: Iterable[str], target: Path) -> Path:
    """Copy files and folders that lie at the project's top into a folder, which is made; compiled code stays behind."""
    target.mkdir(parents=True, exist_ok=True)
    for part in parts:
        if (ROOT / part).is_dir():
            shutil.copytree(ROOT / part, target / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(ROOT / part, target / part)
    return target
