"""The pages of the site in one folder: docs/, the README as first page, and the files that pages link to.

Pages link as they lie in the repository, where a browser of repositories shows them. In the site a page of the top
folder has another place, and so does a file outside docs/: links are written anew, nothing else is.
"""

import os
import re
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath

import yaml

from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.files import write_text

# Pages of the top folder → their place in the site.
TOP_PAGES = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "security.md",
    "CHANGELOG.md": "changelog.md",
}
# Where files outside docs/ lie in the site.
REPOSITORY = "repository"
NAVIGATION = PurePosixPath("docs/site/navigation.yaml")
_LINK = re.compile(r"(\]\()([^)\s#:]+)((?:#[^)\s]*)?\))")
_FENCE = re.compile(r"^( *)(`{3,})[^`]*?^\1\2`*$", re.MULTILINE | re.DOTALL)


def linked(text: str, page: str) -> set[str]:
    """Paths in the repository that the page at path `page` of it links to; what stands in code blocks is no link."""
    return {_target(match[2], page) for part in _parts(text)[::2] for match in _LINK.finditer(part)}


def _parts(text: str) -> list[str]:
    """Text, code block, text, code block, …, text."""
    ends = [position for block in _FENCE.finditer(text) for position in block.span()]
    return [text[start:end] for start, end in zip([0, *ends], [*ends, len(text)], strict=True)]


def _target(link: str, page: str) -> str:
    return os.path.normpath(PurePosixPath(page).parent / link)


def in_site(target: str) -> str:
    """Where a file of the repository lies in the site."""
    if target.startswith("docs/"):
        return target.removeprefix("docs/")
    return TOP_PAGES.get(target, f"{REPOSITORY}/{target}")


def with_links_of_the_site(text: str, page: str) -> str:
    """The text of the page at path `page` of the repository, with links that hold in the site."""
    folder = PurePosixPath(in_site(page)).parent

    def written(match: re.Match[str]) -> str:
        return match[1] + os.path.relpath(in_site(_target(match[2], page)), folder) + match[3]

    return "".join(part if number % 2 else _LINK.sub(written, part) for number, part in enumerate(_parts(text)))


def pages(root: Path) -> list[str]:
    """Paths in the repository of all pages of the site, sorted."""
    docs = (path.relative_to(root).as_posix() for path in (root / "docs").rglob("*.md"))
    return [*TOP_PAGES, *sorted(docs)]


def navigation(root: Path) -> dict[str, list[str]]:
    """Heading → pages by their place in the site, without the first page; UserError unless each page is there once."""
    sections: dict[str, list[str]] = yaml.safe_load((root / NAVIGATION).read_text(encoding="utf-8"))
    named = [page for section in sections.values() for page in section]
    wanted = sorted(in_site(page) for page in pages(root)[1:])
    if sorted(named) != wanted:
        absent, unknown = sorted(set(wanted) - set(named)), sorted(set(named) - set(wanted))
        repeated = sorted({page for page in named if named.count(page) > 1})
        raise UserError(
            f"{NAVIGATION}: each page is named once; not there: {', '.join(absent) or 'none'}; no such page: "
            f"{', '.join(unknown) or 'none'}; named twice: {', '.join(repeated) or 'none'}"
        )
    return sections


def tree(sections: Mapping[str, Iterable[str]]) -> str:
    """The navigation as Sphinx reads it, at the end of the first page."""
    blocks = []
    for heading, section in sections.items():
        entries = "\n".join(page.removesuffix(".md") for page in section)
        blocks.append(f"```{{toctree}}\n:hidden:\n:caption: {heading}\n\n{entries}\n```\n")
    return "\n" + "\n".join(blocks)


def stage(root: Path, folder: Path) -> None:
    """Write all that the site is made of to `folder`, which is emptied first.

    Raises UserError for a link to a file that is not there, and for a page that the navigation does not name.
    """
    shutil.rmtree(folder, ignore_errors=True)
    sections = navigation(root)
    for page in pages(root):
        text = (root / page).read_text(encoding="utf-8")
        end = tree(sections) if in_site(page) == "index.md" else ""
        write_text(folder / in_site(page), with_links_of_the_site(text, page) + end)
        for target in sorted(linked(text, page)):
            if not (root / target).exists():
                raise UserError(f"{page} links to {target}, which is not there")
            if target not in pages(root):
                _stage_linked(root, folder, target)


def _stage_linked(root: Path, folder: Path, target: str) -> None:
    """A file that pages link to: a copy, of Markdown a page that the navigation need not name."""
    if target.endswith(".md"):
        text = (root / target).read_text(encoding="utf-8")
        write_text(folder / in_site(target), f"---\norphan: true\n---\n{with_links_of_the_site(text, target)}")
        return
    (folder / in_site(target)).parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(root / target, folder / in_site(target))
