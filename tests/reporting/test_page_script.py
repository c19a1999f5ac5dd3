"""What the script of the pages adds: tables that can be sorted and filtered with mouse and keyboard."""

import re
import subprocess

import pytest

from tests.system import require
from workflow_scripts.reporting.pages.page import SCRIPT

NAMES = ["ten", "two", "none", "minus", *(f"row{number}" for number in range(20))]
VALUES = ["10.0 %", "2.5 %", "–", "−1.0 %", *("1\u202f000" for _ in range(20))]
# Presses and types, then writes down what a reader sees.
DRIVER = """
const button = document.querySelectorAll("button.sort")[1];
const shown = () => [...document.querySelectorAll("tbody tr:not([hidden])")].map((row) => row.cells[0].textContent);
const note = (text) => document.body.append(Object.assign(document.createElement("pre"), { textContent: text }));
button.focus();
note("focus " + (document.activeElement === button));
for (const press of [1, 2, 3]) {
  button.click();
  const order = button.parentElement.getAttribute("aria-sort");
  note(`press ${press} ${order} ${shown().slice(0, 4)} last ${shown().at(-2)}`);
}
const field = document.querySelector("input[type=search]");
field.value = "row1 1";
field.dispatchEvent(new Event("input"));
note(`filter ${shown().length} ${document.querySelector("output").textContent} ${field.getAttribute("aria-label")}`);
"""


def page(rows: list[tuple[str, str]]) -> str:
    body = "".join(
        f'<tr><th scope="row">{name}</th><td class="num">{value}<small>n</small></td></tr>' for name, value in rows
    )
    return (
        '<!DOCTYPE html><meta charset="utf-8"><div class="scroll" role="region" aria-label="Runs"><table><thead><tr>'
        f'<th scope="col">Run</th><th scope="col">Value</th></tr></thead><tbody>{body}'
        '<tr class="total"><th scope="row">total</th><td>9</td></tr></tbody></table></div>'
        f"<script>{SCRIPT}</script>"
    )


@pytest.fixture
def shown(tmp_path):
    """Returns what a browser makes of a page after pressing and typing."""
    chromium = require(["chromium"], ["chromium"])["chromium"]

    def show(text: str) -> str:
        path = tmp_path / "page.html"
        path.write_text(text, encoding="utf-8")
        flags = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom"]
        command = [str(chromium), *flags, path.as_uri()]
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout

    return show


def test_a_table_is_sorted_by_its_numbers_up_down_and_as_listed_and_filtered_with_a_count(shown):
    made = shown(page(list(zip(NAMES, VALUES, strict=True))) + f"<script>{DRIVER}</script>")
    focus, up, down, listed, filtered = re.findall("<pre>(.*?)</pre>", made)
    assert focus == "focus true"
    # A thousand, with the sign between its digits, is more than ten; what is empty comes last, before the sum.
    assert up == "press 1 ascending minus,two,ten,row0 last none"
    assert down == "press 2 descending row0,row1,row2,row3 last none"
    assert listed == "press 3 null ten,two,none,minus last row19"
    # Both words are in row1 and in the rows from 10 to 19; the sum is of all rows and is none of them.
    assert filtered == "filter 11 11 of 24 rows Filter Runs"


def test_short_tables_and_pages_without_the_script_have_no_controls(shown):
    short = shown(page([("a", "1"), ("b", "2")]))
    assert "<button" not in short and "<input" not in short
    assert "<button" not in page([("a", "1")] * 30).partition("<script>")[0]
