"""The glossary: one source for the reports and for the page."""

from workflow_scripts.commands.write_glossary import PAGE, page
from workflow_scripts.reporting import glossary


def test_the_page_holds_every_term_and_is_up_to_date():
    text = PAGE.read_text(encoding="utf-8")
    assert text == page()
    assert all(f"| {term.term} | {term.meaning} |" in text for term in glossary.TERMS)


def test_a_term_is_explained_once():
    names = [term.term.lower() for term in glossary.TERMS]
    assert len(set(names)) == len(names)
    assert {"Leak premium", "Protocol", "AUC"} <= {name for name, _ in glossary.in_reports()}
