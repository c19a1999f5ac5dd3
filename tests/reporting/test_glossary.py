"""The glossary: one source for the reports and for the page."""

from workflow_scripts.documentation.glossary_page import page
from workflow_scripts.reporting import glossary


def test_the_page_holds_every_term():
    assert all(f"| {term.term} | {term.meaning.split('docs/')[0]}" in page() for term in glossary.TERMS)


def test_a_term_is_explained_once():
    names = [term.term.lower() for term in glossary.TERMS]
    assert len(set(names)) == len(names)
    assert {"Leak premium", "Protocol", "AUC"} <= {name for name, _ in glossary.in_reports()}
