"""The picture of a report's first screen: its numbers stand on parts that reports have."""

from pathlib import Path

import pytest

from workflow_scripts.commands.draw_first_screen import PARTS, draw, with_numbers
from workflow_scripts.runtime.errors import UserError

TEMPLATES = Path(__file__).resolve().parents[1] / "workflow_scripts" / "reporting" / "pages" / "templates"
PAGE = f"<body>{' '.join(mark for mark, _ in PARTS)}</body>"


def test_every_part_is_one_of_the_templates():
    text = "\n".join(path.read_text(encoding="utf-8") for path in TEMPLATES.glob("*.j2"))
    # What is without leaks has the words of its study.
    written = text.replace('data-name="{{ without_leaks|capitalize }}"', 'data-name="Without leaks"')
    assert written != text and all(mark in written for mark, _ in PARTS)


def test_each_part_gets_its_number():
    page = with_numbers(PAGE)
    assert all(selector.replace('"', '\\"') in page for _, selector in PARTS) and page.endswith("</body>")


@pytest.mark.parametrize("number", range(len(PARTS)))
def test_a_report_without_a_part_is_refused(number):
    mark, selector = PARTS[number]
    with pytest.raises(UserError, match="the report has no"):
        with_numbers(PAGE.replace(mark, ""))


def test_a_report_that_is_missing_is_named(tmp_path):
    with pytest.raises(UserError, match=r"report\.html is missing"):
        draw(tmp_path / "report.html", tmp_path / "report.png")
