"""A study is called what no rule, target or folder is called, and its paper is one that is here."""

import re

import pytest

from tests.settings.malformed import MINE, ROOT, refusals

PAPERS = {
    "cvm_cervx": "studies.mine.paper: no paper is called 'cvm_cervx'; did you mean cvm_cervix?",
    "./tmp/evil;touch x": "no paper is called './tmp/evil;touch x'; there are colposcopy_resnet50, cvm_cervix",
    "../studies/cvm_cervix": "no paper is called '../studies/cvm_cervix'",
    "/etc": "no paper is called '/etc'",
}
STUDIES = {
    **{
        name: f"studies.{name}: a study cannot be called '{name}'"
        for name in ("all", "data", "runs", "reports", "train")
    },
    **{name: f"studies.{name}: a study cannot be called '{name}'" for name in ("index", "consistency", "prepare")},
    "mlflow": "the tracking database lies in results/mlflow; call it my_mlflow",
    "Mine": "studies.Mine: a study cannot be called 'Mine'; use a-z, 0-9 and _, a letter first",
    "my-cells": "a study cannot be called 'my-cells'",
    "zellen_ä": "a study cannot be called 'zellen_ä'",
    "cvm_cervix_data": "its name and that of the study 'cvm_cervix' give two rules called 'cvm_cervix_data'",
}


@pytest.mark.parametrize(("paper", "words"), PAPERS.items())
def test_a_paper_is_one_of_those_that_are_here(paper, words, tmp_path):
    (line,) = refusals(MINE.replace('paper: ""', f'paper: "{paper}"'), tmp_path)
    assert line.startswith("my.yaml, line 4: ") and words in line


@pytest.mark.parametrize(("name", "words"), STUDIES.items())
def test_a_study_is_not_called_like_a_rule_or_a_target(name, words, tmp_path):
    (line,) = refusals(MINE.replace("mine", name), tmp_path)
    assert line.startswith("my.yaml, line 2: ") and words in line


def test_two_studies_whose_rules_would_be_called_the_same_are_refused(tmp_path):
    text = "studies:\n  a: {extends: cvm_cervix}\n  a_runs: {extends: cvm_cervix}\n"
    (line,) = refusals(text, tmp_path)
    assert line.startswith("my.yaml, line 3: studies.a_runs: ") and "two rules called 'a_runs'" in line


def test_every_rule_of_the_workflow_is_a_name_that_no_study_takes():
    from workflow_scripts.settings.known_names import RULES

    files = [ROOT / "Snakefile", ROOT / "prepare.smk", *(ROOT / "rules").glob("*.smk")]
    rule = re.compile(r"^ *(?:rule|checkpoint|use rule \w+ as) (\w+)(?: with)?:", re.M)
    named = {name for file in files for name in rule.findall(file.read_text())}
    assert "ingest" in named and named == RULES
