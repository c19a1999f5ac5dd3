"""A paper's tables go in as text, an answer comes out: on the console, as a page and as JSON."""

import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
from pages import without_script
from worked_examples import PAGE, Example, examples, printed

from workflow_scripts.commands.one_paper import answer_for, entry_point, read_paper_file
from workflow_scripts.contracts.paper_tables.plain_context import Context, take_line
from workflow_scripts.contracts.paper_tables.printed_cells import is_empty, read_cell
from workflow_scripts.contracts.paper_tables.result_tables_yaml import result_tables_of
from workflow_scripts.reporting.answer_json import answer_schema, json_of
from workflow_scripts.reporting.answer_text import text_of
from workflow_scripts.reporting.pages.answer_page import page_of

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = {example.name: example for example in examples()}


def called(monkeypatch, *arguments: str | Path, text: str = "") -> int:
    """The exit status of the command."""
    monkeypatch.setattr(sys, "argv", ["check_paper", *map(str, arguments)])
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))
    with pytest.raises(SystemExit) as left:
        entry_point()
    return left.value.code


def answer(name: str, folder: Path):
    path = folder / name
    path.write_text(EXAMPLES[name].text, encoding="utf-8")
    return answer_for(read_paper_file(path))


@pytest.mark.parametrize("example", EXAMPLES.values(), ids=lambda example: example.name)
def test_the_page_shows_what_is_printed(example: Example, tmp_path):
    assert printed(example, tmp_path) == (example.output, example.status)


def test_the_examples_are_one_of_each_kind(tmp_path):
    counts = {name: answer(name, tmp_path).counts for name in EXAMPLES}
    assert counts["honest.txt"]["contradiction"] == 0 == counts["honest.txt"]["fits only if"]
    assert counts["altered.txt"]["contradiction"] == 1
    assert (counts["macro.txt"]["contradiction"], counts["macro.txt"]["fits only if"]) == (0, 1)
    assert "52 and 78" in answer("honest.txt", tmp_path).follows[0].why


def test_the_answer_as_json_keeps_to_its_schema(tmp_path):
    for name in EXAMPLES:
        jsonschema.validate(json_of(answer(name, tmp_path), 0), answer_schema())


def test_the_page_says_what_the_console_says(tmp_path):
    for name in EXAMPLES:
        shown = answer(name, tmp_path)
        page = without_script(page_of(shown))
        assert page.count('<li class="issue') == len(shown.issues)
        assert "http://" not in page and "https://" not in page and "<script" not in page
        assert all(issue.where.replace("'", "&#39;") in page for issue in shown.issues)


def test_the_letter_quotes_the_numbers_and_accuses_nobody(tmp_path):
    words = " ".join(answer("altered.txt", tmp_path).letter)
    assert "0.951" in words and "we tried these readings" in words and "Could you check" in words
    assert not [word for word in ("wrong", "error", "fraud", "false", "mistake", "incorrect") if word in words.lower()]


def test_a_line_is_as_wide_as_the_console_and_in_colour_only_there(tmp_path):
    shown = answer("altered.txt", tmp_path)
    assert max(map(len, text_of(shown, 60, colour=False).splitlines())) <= 60
    assert "\033[" not in text_of(shown, 60, colour=False) and "\033[" in text_of(shown, 60, colour=True)


def test_every_cell_and_line_that_the_page_shows_is_understood():
    page = PAGE.read_text(encoding="utf-8")
    cells, lines = page[page.index("| cell |") :], page[page.index("| line |") :]
    shown = [
        cell for row in cells.split("\n\n")[0].splitlines()[2:] for cell in re.findall("`([^`]+)`", row.split("|")[1])
    ]
    assert len(shown) > 10 and not [cell for cell in shown if not is_empty(cell) and read_cell(cell)[1]]
    said = [
        line for row in lines.split("\n\n")[0].splitlines()[2:] for line in re.findall("`([^`]+)`", row.split("|")[1])
    ]
    # A size that is made of words is none.
    unknown = [line for line in said if take_line(line + " made up" * line.endswith(":"), Context()) != ""]
    assert len(said) > 15 and unknown == ["public size:"]


def test_the_file_of_keys_that_the_page_shows_is_read_without_a_remark():
    page = PAGE.read_text(encoding="utf-8")
    paper = result_tables_of(page.split("```yaml\n")[1].split("```")[0], "made.yaml", "made")
    assert not paper.remarks and paper.tables[0].columns == ("sensitivity", "specificity")


def test_exit_status_and_outputs_are_as_the_page_says(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("altered.txt").write_text(EXAMPLES["altered.txt"].text, encoding="utf-8")
    assert called(monkeypatch, "altered.txt", "--json", "a.json", "--html", "a.html") == 1
    assert json.loads(Path("a.json").read_text())["exit_status"] == 1
    assert {path.name for path in tmp_path.iterdir()} == {"altered.txt", "a.json", "a.html"}
    assert called(monkeypatch, "-", text=EXAMPLES["honest.txt"].text) == 0
    assert called(monkeypatch, "-", "--strict", text=EXAMPLES["macro.txt"].text) == 1
    assert called(monkeypatch, "-", "--strict", text=EXAMPLES["honest.txt"].text + "\nand more\n") == 2
    assert "not used: 'and more'" in capsys.readouterr().out


def test_a_file_that_cannot_be_read_ends_with_its_mistakes_and_status_two(tmp_path, monkeypatch, capsys):
    (tmp_path / "a.yaml").write_text("tables:\n- plaec: Table 1\n  rows: 5\n", encoding="utf-8")
    assert called(monkeypatch, tmp_path / "a.yaml") == 2
    shown = capsys.readouterr()
    starts = [line[:21] for line in shown.err.splitlines()]
    assert starts == ["error: a.yaml, line 2", "error: a.yaml, line 2", "error: a.yaml, line 3"] and not shown.out
    assert called(monkeypatch, "nowhere.txt") == 2
    assert capsys.readouterr().err == "error: nowhere.txt is missing; check its name\n"


def test_an_answer_needs_neither_snakemake_nor_pydantic_nor_pandas(tmp_path):
    (tmp_path / "a.txt").write_text(EXAMPLES["altered.txt"].text, encoding="utf-8")
    command = [sys.executable, "-X", "importtime", "-m", "workflow_scripts.check_paper", "a.txt", "--html", "a.html"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    imported = {line.split("|")[-1].strip().split(".")[0] for line in done.stderr.splitlines()}
    assert done.returncode == 1 and "jinja2" in imported
    assert not imported & {"snakemake", "pydantic", "pandas", "torch", "mlflow"}
