"""No number that a run produced is typed into README or docs: a command wrote the file that it is shown from."""

import importlib
import re
from pathlib import Path

import pytest

from workflow_scripts.documentation.marked_parts import used, without
from workflow_scripts.documentation.measured import FOLDER, read_measured

ROOT = Path(__file__).resolve().parents[1]
# Made as a whole.
MADE = {"docs/reference/settings.md", "docs/reference/glossary.md", "docs/reference/results_files.md"}
PAGES = {
    path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
    for path in (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))
    if path.relative_to(ROOT).as_posix() not in MADE and path.parent.name != "papers"
}
_BLOCK = re.compile(r"^( *)(`{3,}).*?^\1\2`*$", re.MULTILINE | re.DOTALL)
_TABLE = re.compile(r"(?:^\|.*\|\n){3,}", re.MULTILINE)
# A cell that looks measured: a fraction, a share, an interval, a time, a size, a speed.
_CELL = re.compile(r"[+−-]?[<≤]?\s?\d[\d,]*(?:\.\d+(?: ?%| points)?| ?%| (?:s|ms|min|MB|MiB|GB))(?: [\[(].*[\])])?")
# A phrase that tells what a run took or came to.
_PHRASE = re.compile(
    r"\b\d[\d.,]*\s(?:s|ms|seconds|minutes|min|hours|MB|MiB|GB|kB|CPU seconds|images a second|images/s|points)\b"
    r"|\b\d[\d.,]*\s×\s(?:less|faster|more|as)|\d of \d[\d,]*\b|\[\d\.\d+, \d\.\d+\]",
)
# (page, head of a table) of numbers that are declared or invented → what holds them, or why they may stand.
TABLES = {
    ("docs/explanation/verdicts.md", "| setting | default | of | why |"): "tests/contracts/test_verdict_table.py",
}
# (page, phrase) → why it may stand: it is declared, asked for, or follows from what is said beside it.
PHRASES = {
    ("docs/explanation/consistency.md", "0 of 127"): "what a reader would compute of 94.4 %",
    ("docs/explanation/verdicts.md", "3.9 points"): "the standard error of a share, see below",
    ("docs/how-to/archive.md", "20 GB"): "a limit, archiving/unpacking.py",
    ("docs/how-to/train_from_stored_maps.md", "1.6 MB"): "8 × 14 × 14 × 512 numbers of 16 bits",
    ("docs/how-to/use_slides.md", "128 MiB"): "a limit of decoded tiles",
    ("docs/how-to/use_slides.md", "0 of 255"): "a limit of brightness",
}


def typed(page: str) -> str:
    """What of a page is typed and is no code."""
    return _BLOCK.sub("", without(PAGES[page]))


def tables_of_numbers(text: str) -> list[str]:
    """Heads of tables of which three cells or more look measured."""
    tables = []
    for table in _TABLE.findall(text):
        lines = table.strip().splitlines()
        cells = [cell.strip() for line in lines[2:] for cell in line.strip("|").split("|")]
        if sum(bool(_CELL.fullmatch(cell)) for cell in cells) >= 3:
            tables.append(lines[0])
    return tables


def phrases(text: str) -> list[str]:
    """What looks like the outcome of a run outside tables."""
    lines = [line for line in text.splitlines() if not line.startswith("|")]
    return [match[0] for match in _PHRASE.finditer("\n".join(lines))]


@pytest.mark.parametrize("page", PAGES)
def test_no_table_of_measured_numbers_is_typed(page):
    new = [head for head in tables_of_numbers(typed(page)) if (page, head) not in TABLES]
    assert new == []


@pytest.mark.parametrize("page", PAGES)
def test_no_sentence_tells_a_measured_number(page):
    new = [phrase for phrase in phrases(typed(page)) if (page, phrase) not in PHRASES]
    assert new == []


def test_nothing_is_excused_that_no_page_says():
    assert all(head in tables_of_numbers(typed(page)) for page, head in TABLES)
    assert all(phrase in phrases(typed(page)) for page, phrase in PHRASES)
    assert round(196 * (0.92 * 0.08 / 183) ** 0.5, 1) == 3.9 and round(8 * 14 * 14 * 512 * 2 / 1e6, 1) == 1.6


def test_every_kept_measurement_is_shown_and_every_one_shown_is_kept():
    shown = {words[0] for text in PAGES.values() for kind, words in used(text) if kind == "measured"}
    assert shown == {path.stem for path in (ROOT / FOLDER).glob("*.json")} and len(shown) >= 4


@pytest.mark.parametrize("path", sorted((ROOT / FOLDER).glob("*.json")), ids=lambda path: path.stem)
def test_a_measurement_names_the_command_that_there_is_and_the_code_it_is_of(path):
    measured = read_measured(ROOT, path.stem)
    script = measured.command.split()[1]
    assert (ROOT / script).is_file() and re.fullmatch(r"[0-9a-f]{7,40}", measured.commit)
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", measured.date)
    # A path of the machine that it ran on would be of no use, and of nobody's business.
    paths = [part for word in measured.command.split() for part in word.split("=") if "/" in part]
    assert all(path == script or path.startswith(".work/") for path in paths)


@pytest.fixture
def benchmark(monkeypatch):
    """A script of tests/benchmarks, as a module."""
    for folder in ("benchmarks", "evaluation", "claims"):
        monkeypatch.syspath_prepend(str(ROOT / "tests" / folder))
    return importlib.import_module


def test_a_row_of_coverage_comes_out_again(benchmark):
    coverage, kept = benchmark("coverage"), read_measured(ROOT, "coverage")
    share, width, flat = coverage.covered(coverage.WORLDS[0], int(kept.command.split()[-1]))
    assert kept.tables[0].rows[0][-3:] == (f"{share:.3f}", f"{width:.3f}", f"{flat:.3f}")


def test_a_cell_of_honest_papers_comes_out_again(benchmark):
    script, kept = benchmark("honest_papers"), read_measured(ROOT, "honest_papers")
    number, papers = next((n, made) for n, made in enumerate(script.PIPELINES) if made.__name__ == "rounded_twice")
    repeats = int(kept.command.split()[-1])
    outcomes = [script.worst(papers, 2, paper)[0] for paper in range(repeats)]
    assert kept.tables[0].rows[number][3] == f"{100 * outcomes.count(script.FITS_ONLY_IF) / repeats:.1f} %"


@pytest.mark.parametrize(
    ("text", "tables", "sentences"),
    [
        ("| a | b |\n|---|---|\n| x | 0.91 |\n| y | 12 % |\n| z | 0.93 [0.90, 0.95] |\n", 1, 0),
        ("| a | b |\n|---|---|\n| x | 224 |\n| y | no |\n| z | `0.5` |\n", 0, 0),
        ("It took 3.2 s on two cores, 1.5 × faster than before; 104 of 183 leak.\n", 0, 3),
        ("A number has a 95 % interval; three seeds at 224 × 224 pixels.\n", 0, 0),
    ],
)
def test_what_looks_measured_is_told_from_what_does_not(text, tables, sentences):
    assert (len(tables_of_numbers(text)), len(phrases(text))) == (tables, sentences)
