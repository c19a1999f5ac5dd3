"""Write docs/reference/glossary.md from the terms that the reports use as well; with --check only compare."""

import argparse
import sys
from pathlib import Path

from workflow_scripts.reporting.glossary import TERMS
from workflow_scripts.runtime.files import atomic_path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "reference" / "glossary.md"


def page() -> str:
    """The glossary as Markdown, one row a term, sorted."""
    rows = [f"| {term.term} | {term.meaning} |" for term in sorted(TERMS, key=lambda term: term.term.lower())]
    head = [
        "<!-- Made by `make settings`; edit workflow_scripts/reporting/glossary.py instead. -->",
        "# Glossary",
        "",
        "| term | meaning |",
        "|---|---|",
    ]
    return "\n".join([*head, *rows, ""])


def main() -> None:
    """Write the page, or exit 1 when `--check` finds it out of date."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, only compare")
    if not parser.parse_args().check:
        with atomic_path(PAGE) as temporary:
            temporary.write_text(page(), encoding="utf-8")
    elif not PAGE.exists() or PAGE.read_text(encoding="utf-8") != page():
        print(f"error: {PAGE.relative_to(ROOT)} is out of date; run `make settings`", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
