"""Code in README and docs: each command is one that there is, each piece of YAML is what its reader takes."""

import inspect
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

import jsonschema
import pytest
import yaml

from workflow_scripts.commands.cervix import COMMANDS
from workflow_scripts.contracts.blocks import parse
from workflow_scripts.contracts.published_blocks import PublishedBlock
from workflow_scripts.settings.known_names import RULES
from workflow_scripts.settings.schema import schema

ROOT = Path(__file__).resolve().parents[1]
TESTS = ROOT / "tests"
PAGES = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md")] + sorted(
    (ROOT / "docs").rglob("*.md")
)
_BLOCK = re.compile(r"^( *)```(\w+)([^\n]*)\n(.*?)^\1```", re.MULTILINE | re.DOTALL)
# console: what a terminal showed, whose commands begin with a dollar sign.
LANGUAGES = {"sh", "console", "yaml", "python", "markdown", "text"}
# Who reads a block of another language than these two: the test that follows its page.
FOLLOWED = {
    "add_a_kind_of_run.md": "kinds/test_add_a_kind_of_run.py",
    "add_a_metric.md": "evaluation/test_added_metrics.py",
    "add_a_reader.md": "data/test_add_a_reader.py",
    "add_a_study.md": "workflow/test_add_a_study.py",
    "add_an_adapter.md": "data/test_add_a_reader.py",
    "use_your_own_images.md": "data/test_collecting.py",
    "check_a_paper.md": "reporting/worked_examples.py",
}
# Pages whose Python this test runs.
EXECUTED = {"use_slides.md"}
# First words of a command → the test that runs it.
RUN = {
    "dvc": "workflow/test_dvc_round_trip.py",
    "git add": "workflow/dvc_copy.py",
    "squeue": "slurm/cluster.py",
    "python3 trainings/run.py": "workflow/test_trained_elsewhere.py",
    "python3 run.py": "workflow/test_trained_elsewhere.py",
}
# First words of a command → why nothing runs it.
NOT_RUN = {
    "git clone": "the address of the repository is the reader's",
    "docker": "images are built from a network; tests/test_containers.py compares the recipe with the page",
    "apptainer": "images are built from a network; tests/test_containers.py compares the recipe with the page",
    ".venv/bin/pip install": "packages that only a remote of one's own needs",
    "export": "secrets of a server that a test has not",
    "source": "the shell's own",
    "unzip": "the test unpacks with Python",
    "cd": "the shell's own",
    "echo": "the shell's own",
}
# Of a file of one's own, whose names a reader chooses.
OWN_TARGETS = ("my_cells", "my_study", "discs")


@dataclass(frozen=True)
class Block:
    """A block of code of a page."""

    page: Path
    language: str
    words: str
    text: str

    def __str__(self) -> str:
        return f"{self.page.name}: {self.text.strip().splitlines()[0][:40]}"


def blocks(*languages: str) -> list[Block]:
    """All blocks in these languages."""
    read = [
        Block(page, match[2], match[3], match[4])
        for page in PAGES
        for match in _BLOCK.finditer(page.read_text(encoding="utf-8"))
    ]
    return [block for block in read if block.language in languages]


def commands() -> list[tuple[str, str]]:
    """(page, command) of every line of a shell, without its comment."""
    return [
        (block.page.name, command)
        for block in blocks("sh", "console")
        for line in block.text.replace("\\\n", " ").splitlines()
        if block.language == "sh" or line.startswith("$ ")
        if (command := re.sub(r"(^|\s+)#.*", "", line.removeprefix("$ ")).strip())
    ]


@cache
def studies() -> set[str]:
    return set(yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))["studies"])


def fault(command: str) -> str:
    """What is wrong with a command; empty where there is such a one."""
    program, *arguments = [word for word in shlex.split(command) if not re.match(r"[A-Z]+=.*\.json$", word)]
    if program == "make":
        return make_fault(arguments)
    if program == "snakemake":
        return snakemake_fault(arguments)
    if program == "cervix":
        return "" if arguments[0] in COMMANDS else f"cervix has no command {arguments[0]}"
    if program.startswith("python") and not any(command.startswith(words) for words in RUN):
        return python_fault(arguments)
    if any(command.startswith(words) for words in (*RUN, *NOT_RUN)):
        return ""
    return "neither a test runs it nor a reason says why none does"


def make_fault(arguments: list[str]) -> str:
    """Whether make has the target; a variable is given as NAME=value."""
    (target, *_) = [word for word in arguments if "=" not in word]
    variables = {word.split("=")[0] for word in arguments if "=" in word}
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    known = re.search(rf"^{re.escape(target)}:", makefile, re.MULTILINE) or target.startswith(".venv/ready-")
    unknown = [name for name in variables if not re.search(rf"\b{name}\b", makefile)]
    return "" if known and not unknown else f"make has no {target} or no {unknown}"


def snakemake_fault(arguments: list[str]) -> str:
    """Whether the workflow has the targets, and the files that are named are there."""
    targets, options = [], {"--cores", "--configfile", "--workflow-profile", "--report", "--use-conda", "--resources"}
    rest = iter(arguments)
    for word in rest:
        if word.startswith("-"):
            if word not in options:
                return f"{word} is new here"
            value = "" if word == "--use-conda" else next(rest)
            if value.startswith(("docs/", "profiles/")) and not (ROOT / value).exists():
                return f"{value} is not there"
        else:
            targets.append(word)
    known = {*RULES, *OWN_TARGETS, "<study>", *studies()}
    unknown = [name for name in targets if name not in known and re.sub(r"_(data|runs|report)$", "", name) not in known]
    return f"no targets: {unknown}" if unknown else ""


@cache
def help_of(program: str) -> str:
    """What a module or a script says that it takes."""
    start = ["-m", program] if not program.endswith(".py") else [program]
    done = subprocess.run([sys.executable, *start, "--help"], cwd=ROOT, capture_output=True, text=True)
    return done.stdout if done.returncode == 0 else ""


def python_fault(arguments: list[str]) -> str:
    """Whether there is the module or the script, with these options."""
    program = arguments[1] if arguments[0] == "-m" else arguments[0]
    options = [word for word in arguments if word.startswith("--")]
    unknown = [option for option in options if option not in help_of(program)]
    return f"{program} is not there or lacks {unknown}" if unknown or not help_of(program) else ""


def test_every_language_has_a_reader():
    languages = {block.language for block in blocks(*LANGUAGES, "mermaid", "bash", "yml")}
    assert languages == LANGUAGES
    pages = {block.page.name for block in blocks("python", "markdown", "text")}
    assert pages == {*FOLLOWED, *EXECUTED}
    assert all(page in (TESTS / test).read_text(encoding="utf-8") for page, test in FOLLOWED.items())


@pytest.mark.parametrize("block", [block for block in blocks("python") if block.page.name in EXECUTED], ids=str)
def test_python_that_no_other_test_follows_runs_and_binds_what_it_names(block):
    names: dict = {}
    exec(block.text, names)
    (drawn,) = [value for value in names.values() if isinstance(value, partial)]
    inspect.signature(drawn.func).bind_partial(**drawn.keywords)


def test_there_is_every_command_that_a_page_shows():
    assert len(commands()) > 50
    assert {(page, command): said for page, command in commands() if (said := fault(command))} == {}


def test_no_reason_and_no_test_is_named_for_a_command_that_no_page_shows():
    shown = [command for _, command in commands()]
    for words in (*RUN, *NOT_RUN):
        assert any(command.startswith(words) for command in shown), words
    for words, test in RUN.items():
        assert Path(words.split()[-1]).name in (TESTS / test).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "command",
    [
        "make nothing",
        "make ui COLOUR=red",
        "snakemake no_such_study",
        "cervix dance",
        "python -m workflow_scripts.none",
    ],
)
def test_a_command_that_there_is_not_is_found(command):
    assert fault(command)


def is_settings(document: dict) -> bool:
    """Whether the settings take it, as a file or as a part of a study's section."""
    checked = document if set(document) <= set(schema()["properties"]) else {"studies": {"some_study": document}}
    try:
        jsonschema.validate(checked, schema())
    except jsonschema.ValidationError:
        return False
    return True


def is_published(document: dict) -> bool:
    """Whether it is what a paper prints, or a part of it."""
    needed = {"paper": "some_paper", "citation": "A. Nobody", "studies": {}, "settings": []}
    try:
        parse(PublishedBlock, {**needed, **document}, written=True)
    except (TypeError, ValueError):
        return False
    return True


def is_table(document: dict) -> bool:
    """Whether it is a file of result tables."""
    path = ROOT / "rules" / "schemas" / "result_tables.schema.yaml"
    try:
        jsonschema.validate(document, yaml.safe_load(path.read_text(encoding="utf-8")))
    except jsonschema.ValidationError:
        return False
    return True


@pytest.mark.parametrize("block", blocks("yaml"), ids=str)
def test_every_piece_of_yaml_is_what_its_reader_takes(block):
    document = yaml.safe_load(block.text)
    assert is_settings(document) or is_published(document) or is_table(document)


@pytest.mark.parametrize("text", ["train: {epoch: 8}", "studies: {a: {sorce: x}}", "answers: [{abuot: [x]}]"])
def test_yaml_with_a_key_that_there_is_not_is_found(text):
    document = yaml.safe_load(text)
    assert not is_settings(document) and not is_published(document) and not is_table(document)
