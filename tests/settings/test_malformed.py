"""Malformed files of settings: each mistake is a line that names file, line and key, and says what to write."""

import re
from pathlib import Path

import pytest

from workflow_scripts.data.adapters.adapter_registry import Adapter, adapters
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.settings.known_names import results_folder
from workflow_scripts.settings.load import read_yaml, settings

ROOT = Path(__file__).resolve().parents[2]
# A study of own images; what a case adds stands in line 8.
MINE = """\
studies:
  mine:
    extends: cvm_cervix
    paper: ""
    adapters: [folder]
    source: images
    ingest: {classes: null}
"""


def said(text: str, folder: Path) -> list[str]:
    """The lines with which the settings are refused when a file with this text is given."""
    path = folder / "my.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UserError) as caught:
        settings(ROOT, read_yaml(path), [path])
    return [line.replace(str(path), "my.yaml") for line in str(caught.value).splitlines()]


BROKEN = {
    "a list": ("- a\n- b\n", "my.yaml holds a list; it must hold keys and values"),
    "a word": ("hello\n", "my.yaml holds a single value"),
    "a tab": (
        "studies:\n\tmine: {}\n",
        "line 2, column 1: not valid YAML: found character '\\t' that cannot start any",
    ),
    "an open brace": ("studies: {mine: {extends: a}\n", "line 2, column 1: not valid YAML: expected ',' or '}'"),
    "two documents": ("scale: demo\n---\nscale: paper\n", "line 2, column 1: not valid YAML"),
    "a tag": ("results: !!python/name:os.system x\n", "could not determine a constructor"),
    "an unknown alias": ("studies:\n  mine: *cvm\n", "line 2, column 9: not valid YAML: found undefined alias 'cvm'"),
    "an alias of itself": ("studies: &a\n  mine: *a\n", "line 1: an anchor (&) holds itself"),
    "text merged": ("studies:\n  mine:\n    <<: cvm\n", "line 3, column 9: not valid YAML: expected a mapping"),
    "a list merged": ("studies:\n  mine: {<<: [1]}\n", "line 2, column 15: not valid YAML: expected a mapping"),
    "two merges": ("a: &a {x: 1}\nb: {<<: *a, <<: *a}\n", "line 2: the key << is given again, first in line 2"),
    "a key twice": (
        "studies:\n  cvm_cervix:\n    train: {epochs: 3}\n    train: {batch_size: 8}\n",
        "my.yaml, line 4: the key train is given again, first in line 3; keep one of them",
    ),
    "a number that is octal": (
        "studies:\n  mine: {preprocess: {size: 0224}}\n",
        "line 2: YAML reads 0224 as 148; write 224, or '0224' if it is a name",
    ),
    "a list as key": ("studies:\n  ? [a]\n  : 3\n", "line 2: a key must be a single word"),
    "a word tagged as a truth value": (
        "results: !!bool x\n",
        "not valid YAML: 'x'; put dates and times in quotes, and",
    ),
    "a word tagged as a time": ("results: !!timestamp x\n", "take tags such as !!bool out"),
    "lists without end": (f"studies: {'[' * 3000}{']' * 3000}\n", "nested too deeply to be read"),
    "a date that is none": ("results: 2020-13-45\n", "put dates and times in quotes"),
}


@pytest.mark.parametrize(("text", "words"), BROKEN.values(), ids=BROKEN)
def test_a_file_that_cannot_be_read_is_said_in_one_line_with_its_place(text, words, tmp_path):
    (line,) = said(text, tmp_path)
    assert line.startswith("my.yaml") and words in line


TOP = {
    "studies as a list": ("studies: [mine]\n", "line 1: studies: a list is not allowed; name each study as a key"),
    "studies as a word": ("studies: mine\n", "line 1: studies: 'mine' is not allowed; name each study as a key"),
    "an empty study": ("studies:\n  mine:\n", "line 2: studies.mine: empty; give it keys, or switch the study off"),
    "a shipped study removed": ("studies:\n  zeb2_ihc: null\n", "`studies: {zeb2_ihc: {enabled: false}}`"),
    "a number as study": ("studies:\n  1: {extends: zeb2_ihc}\n", "line 2: studies.1: a study cannot be called 1"),
    "a truth value as study": (
        "studies:\n  no: {extends: zeb2_ihc}\n",
        "line 2: studies: a study cannot be called False",
    ),
    "a study as a list": ("studies:\n  mine: [like, x]\n", "line 2: studies.mine: a list is not allowed"),
    "a study without runs": (
        "studies:\n  mine: {source: x}\n",
        "line 2: studies.mine.runs is missing; add `studies: {",
    ),
    "like a list": (
        "studies:\n  mine: {extends: [a]}\n",
        "line 2: studies.mine.extends: a list is not allowed; write text",
    ),
    "like a typo": ("studies:\n  mine: {extends: cvm_cervx}\n", "which is no study; did you mean cvm_cervix?"),
    "like itself": (
        "studies:\n  mine: {extends: mine}\n",
        "line 2: studies.mine.extends: 'mine' extends 'mine' already",
    ),
    "a top key misspelt": ("resluts: x\n", "line 1: resluts: unknown key; did you mean results? Paste `results: x`"),
    "study for studies": ("study: {mine: {}}\n", "line 1: study: unknown key; did you mean studies?"),
    "results empty": ('results: ""\n', "line 1: results: empty; name a folder, such as results: results-mine"),
    "results null": ("results:\n", "line 1: results: empty; give it text"),
    "results a number": ("results: 2024\n", "YAML reads it as a number (2024); put quotes around it"),
    "results a list": ("results: [a]\n", "line 1: results: a list is not allowed; write text"),
    "results with a command": ('results: "r$(touch x)"\n', "line 1: results: 'r$(touch x)' has the sign '$'"),
    "tracking_uri a number": (
        "tracking_uri: 5000\n",
        "line 1: tracking_uri: text is wanted, and YAML reads it as a number (5000)",
    ),
    "seed a word": ("seed: abc\n", "line 1: seed: 'abc' is not allowed: input should be a valid integer"),
    "seed a truth value": ("seed: yes\n", "line 1: seed: True is not allowed; write a number"),
    "a removed run that is none": (
        "studies:\n  cvm_cervix: {runs: {cvmm: null}}\n",
        "line 2: studies.cvm_cervix.runs.cvmm: null removes nothing; did you mean cvm?",
    ),
    "a removed protocol that is none": (
        "studies:\n  cvm_blood: {protocols: {duplicate_free: null}}\n",
        "null removes nothing; there are grouped, published",
    ),
}
# What stands in the study's section, and what is said of it, with its line.
SECTION = {
    "train a list": (
        "train: [epochs, 3]",
        "train: a list is not allowed; write keys and values, such as `train: {epochs",
    ),
    "train empty": ("train:", "train: empty; give it keys and values, or take the line out"),
    "train a number": ("train: 3", "train: 3 is not allowed; write keys and values"),
    "augment a word": (
        "train: {augment: none}",
        "train.augment: 'none' is not allowed; write keys and values, such as",
    ),
    "epochs yes": ("train: {epochs: yes}", "train.epochs: True is not allowed; write a number"),
    "an endless rate": ("train: {learning_rate: .inf}", "train.learning_rate: inf is not allowed"),
    "no rate": ("train: {learning_rate: .nan}", "train.learning_rate: nan is not allowed"),
    "runs a list": ("runs: [a]", "runs: a list is not allowed; write keys and values"),
    "a run a word": (
        "runs: {cvm: xception}",
        "runs.cvm: 'xception' is not allowed; write keys and values, such as `cvm",
    ),
    "a run of no kind": ("runs: {x: {model: y}}", "runs.x: `kind` is missing or unknown; one of network, fusion, vote"),
    "branches a list": ("runs: {cvm: {branches: [a, b]}}", "runs.cvm.branches: a list is not allowed"),
    "members a word": ("runs: {soft_vote: {members: cvm}}", "write a list, such as `members: [cvm]`"),
    "study_only_runs a number": ("study_only_runs: 5", "study_only_runs: 5 is not allowed; write keys and values"),
    "protocols a list": ("protocols: [published]", "protocols: a list is not allowed; write keys and values"),
    "a protocol a word": (
        "protocols: {published: kfold}",
        "protocols.published: 'kfold' is not allowed; write keys and",
    ),
    "fractions a word": (
        "protocols: {published: {fractions: 60/20}}",
        "fractions: '60/20' is not allowed; write a list",
    ),
    "folds of a hold-out": (
        "protocols: {published: {folds: 5}}",
        "protocols.published.folds: belongs to kind: kfold or file, and this is a holdout; paste "
        "`studies: {mine: {protocols: {published: {folds: 5, kind: kfold}}}}`",
    ),
    "a role misspelt": ("protocols: {published: {role: leek}}", "input should be 'as_published' or 'leak_free'"),
    "seeds a number": ("seeds: 3", "seeds: 3 is not allowed; write a list, such as `seeds: [3]`"),
    "seeds repeated": ("seeds: [0, 0, 0]", "seeds: 0 stands there 3 times; write it once"),
    "seeds keys": ("seeds: {a: 1}", "seeds: a block of keys is not allowed; write a list"),
    "seeds with a gap": ("seeds: [0, ]\n    evaluate: {subgroups: [age, null]}", "subgroups.1: empty; give it text"),
    "explain.runs a word": ("explain: {runs: cvm}", "explain.runs: 'cvm' is not allowed; write a list"),
    "evaluate a list": ("evaluate: [accuracy]", "evaluate: a list is not allowed; write keys and values, such as"),
    "enabled a list": ("enabled: [1]", "enabled: a list is not allowed; write true or false"),
    "a number as key": ("5: x", "studies.mine.5: a key must be a word, and YAML reads it as a number (5)"),
    "scales a list": ("scales: [paper]", "scales: a list is not allowed; write what differs below a scale"),
    "a scale misspelt": ("scales: {papr: {seeds: [1]}}", "scales.papr: no such scale; did you mean paper?"),
    "a scale a word": ("scales: {paper: big}", "scales.paper: 'big' is not allowed; write keys and values"),
    "train a list at a scale": ("scales: {paper: {train: [1]}}", "scales.paper.train: a list is not allowed"),
    "like at a scale": ("scales: {paper: {extends: x}}", "scales.paper.extends: cannot differ by scale"),
    "checkpoint_path": (
        "runs: {x: {kind: network, model: resnet18, options: {checkpoint_path: /x}}}",
        "runs.x.options: 'checkpoint_path' would load weights that no record names; write `weights: published`",
    ),
    "overlay of a branch": (
        "runs: {cvm: {branches: {cnn: {options: {pretrained_cfg_overlay: {file: x}}}}}}",
        "runs.cvm.branches.cnn.options: 'pretrained_cfg_overlay' would load weights",
    ),
    "weights of torchvision": (
        "runs: {x: {kind: network, model: torchvision/resnet18, options: {weights: DEFAULT}}}",
        "runs.x.options: 'weights' would load weights",
    ),
    "a date as option": (
        "runs: {x: {kind: network, model: resnet18, options: {a: 2020-01-01}}}",
        "runs.x.options: a: 2020-01-01 is no plain value",
    ),
    "a network without a name": (
        'title: x\n    evaluate: {reference: ""}\n    study_only_runs: {x: {kind: network, model: ""}}',
        "runs.x.model: empty;",
    ),
    "no list of ids": (
        'seeds: [1]\n    scales: {demo: {ingest: {ids: " "}}}',
        "ingest.ids: empty; write a name or a path",
    ),
    "no split file": ('protocols: {own: {kind: file, path: ""}}', "protocols.own.path: empty; write a name or a path"),
    "weights at nobody's": (
        "study_only_runs: {x: {kind: network, model: y, weights: ~nobody_at_all/x}}",
        "runs.x.weights: '~nobody_at_all/x': no home folder is known",
    ),
    "a split of nobody's": (
        "protocols: {own: {kind: file, path: ~nobody_at_all/x}}",
        "protocols.own.path: '~nobody_at_all/x': no home folder is known",
    ),
    "a name without end": (
        f"study_only_runs: {{x: {{kind: network, model: y, weights: a/{'x' * 256}}}}}",
        "has a name of more than 255 bytes; shorten it",
    ),
    "a zero byte": (
        'study_only_runs: {x: {kind: network, model: y, weights: "a\\0b"}}',
        "weights: 'a\\x00b' has a zero byte",
    ),
    "a seed that no table holds": ("seeds: [99999999999999999999]", "seeds.0: 99999999999999999999 is not allowed"),
    "options a list": ("runs: {x: {kind: network, model: y, options: [a]}}", "runs.x.options: a list is not allowed"),
}
INGEST = {
    "no as class": ("classes: [no, b]", "ingest.classes.0: text is wanted, and YAML reads yes, no, on, off, true and"),
    "a number as label": (
        "classes: null, labels: {1: ill}",
        "ingest.labels.1: a name must be text, and YAML reads it as a number (1)",
    ),
    "no as label": ("classes: null, labels: {no: ill}", "ingest.labels: a name must be text, and YAML reads yes, no"),
    "no as a label's class": ("classes: null, labels: {a: no}", "ingest.labels.a: text is wanted, and YAML reads yes"),
    "a class without a name": ('classes: ["", b]', "ingest.classes.0: empty; write a name"),
    "a label without a class": ('classes: null, labels: {a: " "}', "ingest.labels.a: empty; write a name"),
    "a class twice": ("classes: [a, b, a]", "ingest.classes: 'a' stands there 2 times; write it once"),
    "a time as class": (
        "classes: [1:30, b]",
        "ingest.classes.0: text is wanted, and YAML reads it as a number (90); put",
    ),
    "a date as class": (
        "classes: [2020-01-01, b]",
        "ingest.classes.0: text is wanted, and YAML reads it as a date (2020-01-01)",
    ),
}
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


@pytest.mark.parametrize(("text", "words"), TOP.values(), ids=TOP)
def test_a_mistake_at_the_top_is_said_with_file_line_and_key(text, words, tmp_path):
    lines = said(text, tmp_path)
    assert any(words in line for line in lines), lines
    assert all(re.match(r"my\.yaml, line \d+: ", line) for line in lines), lines


@pytest.mark.parametrize(("added", "words"), SECTION.values(), ids=SECTION)
def test_a_mistake_in_a_study_is_said_with_file_line_and_key(added, words, tmp_path):
    lines = said(f"{MINE}    {added}\n", tmp_path)
    assert len(lines) == 1 and words in lines[0], lines
    last = 7 + len(added.splitlines())
    assert lines[0].startswith(f"my.yaml, line {last}: studies.mine."), lines


@pytest.mark.parametrize(("ingest", "words"), INGEST.values(), ids=INGEST)
def test_a_word_that_yaml_reads_as_something_else_is_asked_for_in_quotes(ingest, words, tmp_path):
    (line,) = said(MINE.replace("classes: null", ingest), tmp_path)
    assert line.startswith("my.yaml, line 7: studies.mine.") and words in line


def test_what_is_taken_of_pictures_is_refused_for_other_samples(tmp_path, monkeypatch):
    def of(modality: str) -> Adapter:
        return Adapter("workflow_scripts.studies.mine.adapter", True, "", modality)

    layouts = {**adapters(), "register": of("table"), "x_rays": of("x_ray")}
    monkeypatch.setattr("workflow_scripts.settings.study.adapters", lambda: layouts)
    text = MINE.replace("[folder]", "[register]") + "    study_only_runs: {plain: {kind: baseline, features: [size]}}\n"
    assert any(
        "run 'plain': the feature size is taken of samples of the modality image, and this study's are of table" in line
        for line in said(text, tmp_path)
    )
    lines = said(MINE.replace("[folder]", "[register, folder]"), tmp_path)
    assert any("several modalities (register of table, folder of image)" in line for line in lines)
    lines = said(MINE.replace("[folder]", "[x_rays]"), tmp_path)
    assert any("the adapter x_rays has the MODALITY 'x_ray'" in line for line in lines)


def test_groups_that_an_adapter_does_not_read_are_refused(tmp_path):
    text = MINE.replace("adapters: [folder]", "adapters: [herlev]").replace("classes: null", "groups: g.csv")
    assert any("ingest.groups is given, but the adapter herlev takes groups" in line for line in said(text, tmp_path))


def test_a_source_in_nobodys_home_is_asked_for_in_full(tmp_path):
    (line,) = said(MINE.replace("source: images", "source: ~nobody_at_all/x"), tmp_path)
    assert line.startswith("my.yaml, line 6: studies.mine.source: '~nobody_at_all/x': no home folder is known for ~no")


@pytest.mark.parametrize(("paper", "words"), PAPERS.items())
def test_a_paper_is_one_of_those_that_are_here(paper, words, tmp_path):
    (line,) = said(MINE.replace('paper: ""', f'paper: "{paper}"'), tmp_path)
    assert line.startswith("my.yaml, line 4: ") and words in line


@pytest.mark.parametrize(
    ("added", "words"),
    [
        ("protocols: {%s: {kind: kfold}}" % ("ab" * 50 + "c"), "101 letters, more than 100; shorten it"),
        ("study_only_runs: {%s: {kind: network, model: y}}" % ("r" * 120), "120 letters, more than 100; shorten it"),
        ("study_only_runs: {%s: {kind: network, model: y}}" % ("ab" * 20), "it ends in 20 repetitions"),
        (
            "protocols: {published: {fractions: [0, 0.5, 0.5]}}",
            "published: fractions leave nothing to train on, and cvm",
        ),
        ("runs: {soft_vote: {how: soft, weights: [1, 2]}}", "weights count for `how: weighted` only"),
        ("runs: {soft_vote: {how: weighted, weights: [0, 0]}}", "weights [0.0, 0.0] do not sum above zero"),
    ],
)
def test_what_would_fail_after_hours_of_training_is_refused_at_the_start(added, words, tmp_path):
    assert any(words in line for line in said(f"{MINE}    {added}\n", tmp_path))


@pytest.mark.parametrize(("name", "words"), STUDIES.items())
def test_a_study_is_not_called_like_a_rule_or_a_target(name, words, tmp_path):
    (line,) = said(MINE.replace("mine", name), tmp_path)
    assert line.startswith("my.yaml, line 2: ") and words in line


def test_two_studies_whose_rules_would_be_called_the_same_are_refused(tmp_path):
    text = "studies:\n  a: {extends: cvm_cervix}\n  a_runs: {extends: cvm_cervix}\n"
    (line,) = said(text, tmp_path)
    assert line.startswith("my.yaml, line 3: studies.a_runs: ") and "two rules called 'a_runs'" in line


def test_every_rule_of_the_workflow_is_a_name_that_no_study_takes():
    from workflow_scripts.settings.known_names import RULES

    files = [ROOT / "Snakefile", ROOT / "prepare.smk", *(ROOT / "rules").glob("*.smk")]
    rule = re.compile(r"^ *(?:rule|checkpoint|use rule \w+ as) (\w+)(?: with)?:", re.M)
    named = {name for file in files for name in rule.findall(file.read_text())}
    assert "ingest" in named and named == RULES


@pytest.mark.parametrize(
    "text",
    [
        "trackign_uri: http://anna:S3cret@host\n",
        "device: http://anna:S3cret@host\n",
        "seed: [http://anna:S3cret@host]\n",
    ],
)
def test_a_password_in_the_wrong_place_is_not_repeated(text, tmp_path):
    (line,) = said(text, tmp_path)
    assert "S3cret" not in line and "anna" not in line


@pytest.mark.parametrize(
    ("given", "folder"),
    [
        ("results", "results"),
        ("results/", "results"),
        ("./results//a/", "results/a"),
        ("../beside", "../beside"),
        ("/disk/my results (2)", "/disk/my results (2)"),
        ("Ergebnisse_ü", "Ergebnisse_ü"),
        ("data/results", "data/results"),
        ("a~b", "a~b"),
    ],
)
def test_a_results_folder_is_named_in_one_way(given, folder):
    assert results_folder(given) == folder == settings(ROOT, {"results": given}).results


def test_the_home_folder_is_written_out(monkeypatch):
    monkeypatch.setenv("HOME", "/home/anna")
    network = {"kind": "network", "model": "resnet18", "weights": "~/w"}
    mine = {"source": "~/x", "ingest": {"groups": "~/g.csv"}, "adapters": ["folder"], "study_only_runs": {"x": network}}
    own = {"kind": "file", "path": "~/s.csv"}
    study = settings(ROOT, {"studies": {"mine": {"extends": "cvm_cervix", "protocols": {"own": own}} | mine}}).studies[
        "mine"
    ]
    assert (study.source, study.ingest.groups) == ("/home/anna/x", "/home/anna/g.csv")
    assert (study.protocols["own"].path, study.runs["x"].weights) == ("/home/anna/s.csv", "/home/anna/w")
    assert results_folder("~/x/") == "/home/anna/x"
    with pytest.raises(ValueError, match="no folder of its own"):
        results_folder("~")


@pytest.mark.parametrize(
    "given",
    [
        "",
        " ",
        " results",
        "results\n",
        "a\nb",
        "a\tb",
        "r{x}",
        "r<x>",
        "r$x",
        "r;x",
        "r|x",
        "r&x",
        "r'x",
        'r"x',
        "r`x`",
        "r*",
        "r?",
        "r#x",
        "r%x",
        "r\\x",
        "r!x",
        "r[x]",
        "-r",
        "--config",
        ".",
        "..",
        "a/..",
        "/",
        "/..",
        "workflow_scripts/x",
        ".git/x",
        ".snakemake",
        "logs",
        "data",
        "rules",
        "~nobody_of_that_name/x",
        "a" * 300,
        "r\x00x",
    ],
)
def test_what_is_no_results_folder_is_refused_in_one_line(given):
    with pytest.raises(UserError) as caught:
        settings(ROOT, {"results": given})
    text = str(caught.value)
    assert len(text.splitlines()) == 1 and text.startswith("config (--config): results: "), text
