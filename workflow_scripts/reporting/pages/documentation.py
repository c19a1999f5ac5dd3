"""Pages of docs/ that pages of results lead to."""

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markupsafe import Markup

_PROJECT = Path(__file__).resolve().parents[3]
# What a page is about → where it lies in the project.
DOCUMENTATION = {"verdicts": "docs/explanation/verdicts.md", "intervals": "docs/reference/intervals.md"}


@dataclass(frozen=True)
class DocumentationPage:
    """A page of docs/. path: in the project; address: from a page of results, empty where these lie elsewhere."""

    path: str
    address: str


def documentation(folder: Path) -> dict[str, DocumentationPage]:
    """DOCUMENTATION as a page in `folder` leads to it.

    Results outside the project name the pages and do not lead there: an address would tell where the project lies. Nor
    do those of a copy without docs/.
    """
    folder = folder.resolve()
    inside = folder.is_relative_to(_PROJECT)
    return {
        about: DocumentationPage(
            path, os.path.relpath(_PROJECT / path, folder) if inside and (_PROJECT / path).is_file() else ""
        )
        for about, path in DOCUMENTATION.items()
    }


def linked(text: str, folder: Path) -> "Markup":
    """A text as HTML: what stands between backticks as code, and the pages of docs/ that it names as links."""
    from markupsafe import Markup, escape

    html = re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text)))
    for page in documentation(folder).values():
        if page.address:
            html = html.replace(page.path, f'<a href="{escape(page.address)}">{page.path}</a>')
    return Markup(html)
