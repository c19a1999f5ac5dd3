"""Write every page and picture of docs/ that is made, and the made parts of typed pages; with --check only compare.

In: the terms of reports, the contracts of files, printed numbers of the papers, docs/measured and docs/papers/*.json,
the rule of verdicts.
"""

import argparse
import sys
from pathlib import Path

from workflow_scripts.documentation import file_pages, glossary_page, marked_parts, paper_pages
from workflow_scripts.documentation.pictures import flow_map, leak_picture, verdict_cases
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.files import write_text

ROOT = Path(__file__).resolve().parents[2]


def pages(root: Path) -> dict[Path, str]:
    """Path below the project → the text that a page should have."""
    texts = {glossary_page.PAGE: glossary_page.page(), file_pages.PAGE: file_pages.page()}
    texts |= {page.path: paper_pages.text(page) for page in paper_pages.paper_pages(root)}
    texts |= {picture.PATH: picture.svg() for picture in (flow_map, leak_picture, verdict_cases)}
    typed = [root / "README.md", *sorted((root / "docs").rglob("*.md"))]
    for path in typed:
        page = path.relative_to(root)
        if page not in texts:
            texts[page] = marked_parts.filled(path.read_text(encoding="utf-8"), root)
    return texts


def outdated(root: Path) -> dict[Path, str]:
    """Of these pages those that have another text, or are not there."""
    return {
        page: text
        for page, text in pages(root).items()
        if not (root / page).is_file() or (root / page).read_text(encoding="utf-8") != text
    }


def main() -> None:
    """Write the pages, or exit 1 when `--check` finds one out of date."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing, only compare")
    check = parser.parse_args().check
    try:
        texts = outdated(ROOT)
    except UserError as error:
        sys.exit(f"error: {error}")
    for page, text in texts.items():
        if check:
            sys.exit(f"error: {page} is out of date; run `make settings`")
        write_text(ROOT / page, text)
        print(f"{page} written")


if __name__ == "__main__":
    main()
