"""Files of settings that cannot be read, and mistakes at their top: file, line, key, and what to write."""

import re

import pytest

from tests.settings.malformed import refusals

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
    (line,) = refusals(text, tmp_path)
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
    "like a typo": ("studies:\n  mine: {extends: cvm_cervx}\n", "no study and no template; did you mean cvm_cervix?"),
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
    "only a study that is none": ("results: r\nonly: [zeb2]\n", "line 2: only names 'zeb2', which is no study"),
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


@pytest.mark.parametrize(("text", "words"), TOP.values(), ids=TOP)
def test_a_mistake_at_the_top_is_said_with_file_line_and_key(text, words, tmp_path):
    lines = refusals(text, tmp_path)
    assert any(words in line for line in lines), lines
    assert all(re.match(r"my\.yaml, line \d+: ", line) for line in lines), lines


MERGED = """\
studies:
  cvm_sipakmed:
    runs: &runs
      cvm: &joint
        kind: fusion
        branches:
          vit: {hiden: 1}
        hidden: 2
        train: &train {epochs: 3}
  cvm_herlev:
    runs:
      <<: *runs
      cvm: {<<: *joint, kind: fusion, hidden: -1}
  cvm_blood:
    runs:
      mine: {<<: [*joint, *runs], train: {<<: *train, batch_size: 0}}
"""


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (7, "cvm_herlev.runs.cvm.branches.vit.hiden: unknown key"),
        (13, "cvm_herlev.runs.cvm.hidden: -1 is not allowed"),
        (7, "cvm_blood.runs.mine.branches.vit.hiden: unknown key"),
        (16, "cvm_blood.runs.mine.train.batch_size: 0 is not allowed"),
    ],
)
def test_a_mistake_in_what_is_merged_is_said_with_the_line_where_it_stands(line, words, tmp_path):
    said = refusals(MERGED, tmp_path)
    assert any(line_said.startswith(f"my.yaml, line {line}: studies.{words}") for line_said in said), said


@pytest.mark.parametrize(
    "text",
    [
        "trackign_uri: http://anna:S3cret@host\n",
        "device: http://anna:S3cret@host\n",
        "seed: [http://anna:S3cret@host]\n",
    ],
)
def test_a_password_in_the_wrong_place_is_not_repeated(text, tmp_path):
    (line,) = refusals(text, tmp_path)
    assert "S3cret" not in line and "anna" not in line
