"""What Snakemake and its catalog of workflows show of this one: rules with their words, flags, settings."""

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
RULE_FILES = [ROOT / "Snakefile", ROOT / "prepare.smk", *sorted((ROOT / "rules").glob("*.smk"))]
# A rule, by name or made in a loop, and what stands in it up to the next line that is not indented deeper.
RULE = re.compile(r"^(?P<indent> *)rule(?: \w+)?:\n(?P<body>(?:(?P=indent) +.*\n|\n)+)", re.MULTILINE)


def rules(path: Path) -> list[str]:
    return [match["body"] for match in RULE.finditer(path.read_text(encoding="utf-8"))]


@pytest.mark.parametrize("path", RULE_FILES, ids=lambda path: path.name)
def test_every_rule_says_what_it_is_for_where_snakemake_lists_it(path):
    bodies = rules(path)
    assert all(re.match(r' +""".+\."""\n', body) for body in bodies)
    assert len(bodies) == len(re.findall(r"^ *rule\b.*:$", path.read_text(encoding="utf-8"), re.MULTILINE))


def test_what_the_catalog_is_told_is_so():
    usage = yaml.safe_load((ROOT / ".snakemake-workflow-catalog.yml").read_text())["usage"]
    deployment = usage["software-stack-deployment"]
    commands = [body for path in RULE_FILES for body in rules(path) if "shell:" in body]
    assert deployment["conda"] == all("conda:" in body for body in commands)
    assert deployment["apptainer"] == any("container:" in body for body in commands)
    assert deployment["report"] == ("\nreport:" in (ROOT / "Snakefile").read_text())
    profile = yaml.safe_load((ROOT / "profiles" / "default" / "config.yaml").read_text())
    assert usage["mandatory-flags"]["flags"] == "" and profile["cores"] == "all"


def test_the_page_on_settings_leads_to_files_that_are_there():
    page = ROOT / "config" / "README.md"
    links = re.findall(r"\]\(([^)]+)\)", page.read_text(encoding="utf-8"))
    assert "../docs/reference/settings.md" in links and all((page.parent / link).is_file() for link in links)
