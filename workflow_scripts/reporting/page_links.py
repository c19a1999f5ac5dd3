"""Pages of docs/ that a text names, as links from a page of docs/."""

import os
import re
from pathlib import Path

_PAGE = re.compile(r"\bdocs/[a-z_-]+/[a-z_]+\.md")


def with_links(text: str, page: Path) -> str:
    """The text with `docs/how-to/restore.md` as `[restore](…)`; `page`: where it will stand, below the project."""

    def link(match: re.Match[str]) -> str:
        named = Path(match[0])
        return f"[{named.stem.replace('_', ' ')}]({os.path.relpath(named, page.parent)})"

    return _PAGE.sub(link, text)
