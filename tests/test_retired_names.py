"""Names say what they hold, in the field's words: found, one, other, made, beside and their like are of the past."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "workflow_scripts"
RETIRED = {
    *("found", "known", "one", "each", "other", "others", "ours", "theirs", "said", "told"),
    *("place", "places", "seat", "seats", "team"),
    *("made", "planted", "beside", "stated", "rim", "unlike", "familiar", "likeness"),
}
ROOMS = tuple(sorted(path.parent.name for path in PACKAGE.glob("*/__init__.py")))
# Where a place is one in a paper: a table, a figure, a section.
OF_PAPERS = (
    *("claims", "reporting"),
    *("contracts/claims.py", "contracts/paper_aspects.py", "contracts/published_blocks.py"),
    "contracts/published_yaml.py",
    "contracts/paper_answers.py",
    "contracts/paper_tables/plain_context.py",
    "contracts/paper_tables/result_tables.py",
)
# Where a paper states a premise of its numbers; and what a training is given, as JSON.
OF_STATEMENTS = (
    *("claims", "contracts/claims.py", "contracts/published_blocks.py", "training/training_job.py"),
    *(
        "contracts/paper_tables/plain_context.py",
        "contracts/paper_tables/result_tables.py",
        "contracts/paper_tables/result_tables_yaml.py",
    ),
)
# Coined phrases that the field has words for.
PHRASES = (
    r"made (data|images?|pictures?)",
    r"stands? beside",
    r"laid over",
    r"learns? (its|their) (\w+ )+by heart",
    r"cannot be told from (zero|0)",
    r"tells nothing of another",
    r"filled( up)? with (flipped|copies)",
    r"unlike the training",
)
ROOT = PACKAGE.parent
PAGES = sorted(
    path
    for pattern in ("*.md", "*.yaml", "docs/**/*.md", "docs/**/*.yaml", "rules/**/*.rst", "workflow_scripts/**/*.*")
    for path in ROOT.glob(pattern)
    if path.name != "CHANGELOG.md" and path.suffix in (".md", ".yaml", ".rst", ".j2", ".py")
)


def _modules(names: tuple[str, ...]) -> set[Path]:
    paths = [PACKAGE / name for name in names]
    return {module for path in paths for module in ([path] if path.suffix else path.rglob("*.py"))}


def bound(source: str) -> Iterator[tuple[int, str]]:
    """(line, name) of all that a module gives a name to: variables, parameters, attributes, functions, classes."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()) | ast.arg(arg=name):
                yield node.lineno, name
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                yield node.lineno, name


@pytest.mark.parametrize("name", ROOMS)
def test_no_retired_name_comes_back_into_a_room(name):
    modules = _modules((name,))
    assert modules
    faults = []
    for path in sorted(modules):
        retired = RETIRED - ({"place"} if path in _modules(OF_PAPERS) else set())
        retired -= {"stated"} if path in _modules(OF_STATEMENTS) else set()
        lines = bound(path.read_text(encoding="utf-8"))
        faults += [f"{path.relative_to(PACKAGE)}:{line} {word}" for line, word in lines if word in retired]
    assert not faults


def phrases(text: str) -> list[str]:
    """Every coined phrase in a text, wherever its lines break."""
    return [
        match[0] for phrase in PHRASES for match in re.finditer(rf"\b{phrase}\b", " ".join(text.split()), re.IGNORECASE)
    ]


def test_no_coined_phrase_comes_back_into_a_page():
    assert len(PAGES) > 30
    assert not {str(path.relative_to(ROOT)): kept for path in PAGES if (kept := phrases(path.read_text("utf-8")))}


@pytest.mark.parametrize(
    "text", ["Made\ndata", "it stands beside it", "laid over it", "it learns its training images by heart"]
)
def test_a_coined_phrase_is_seen_across_lines(text):
    assert phrases(text)


@pytest.mark.parametrize(
    "source",
    [
        "found = 1",
        "for one in rows: pass",
        "[each for each in rows]",
        "def draw(place): pass",
        "def told(): pass",
        "class Sum:\n    other: int",
        "self.known = 1",
        "if (said := read()): pass",
    ],
)
def test_every_way_of_giving_a_name_is_seen(source):
    assert any(name in RETIRED for _, name in bound(source))
