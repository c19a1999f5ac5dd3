"""docs/reference/glossary.md, of the terms that the reports use as well."""

from pathlib import Path

from workflow_scripts.reporting.glossary import TERMS
from workflow_scripts.reporting.page_links import with_links

PAGE = Path("docs") / "reference" / "glossary.md"


def page() -> str:
    """The glossary as Markdown, one row a term, sorted."""
    terms = sorted(TERMS, key=lambda term: term.term.lower())
    rows = [f"| {term.term} | {with_links(term.meaning, PAGE)} |" for term in terms]
    head = [
        "<!-- Made by `make settings`; edit workflow_scripts/reporting/glossary.py instead. -->",
        "# Glossary",
        "",
        "| term | meaning |",
        "|---|---|",
    ]
    return "\n".join([*head, *rows, ""])
