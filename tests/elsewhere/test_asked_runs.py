"""Which trainings a bundle holds, and in which order."""

from pathlib import Path

import pytest

from workflow_scripts.elsewhere.asked_runs import asked_runs
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.settings.plan.workflow_plan import Plan

ROOT = Path(__file__).resolve().parents[2]
RULE = {"kind": "holdout", "fractions": [0.6, 0.2, 0.2], "by": "sample"}
NETWORK = {"kind": "network", "model": "test_resnet"}


@pytest.fixture
def plan(tmp_path, monkeypatch) -> Plan:
    """A study of three runs under three protocols, of which the first two are one split; nothing is trained yet."""
    monkeypatch.chdir(tmp_path)
    study = {
        "adapters": ["herlev"],
        "protocols": {"first": RULE, "second": RULE, "apart": {**RULE, "fractions": [0.5, 0.25, 0.25]}},
        "runs": {"small": NETWORK, "large": NETWORK, "vote": {"kind": "vote", "members": ["small", "large"]}},
        "explain": {"runs": []},
    }
    return Plan(ROOT, {"studies": {"cells": study}}, tmp_path)


def test_runs_keep_the_order_in_which_they_are_named(plan):
    names = ["cells/apart/large", "cells/first", "cells/first/small"]
    wanted = ["cells/apart/large", "cells/first/small", "cells/first/large"]
    assert [str(run) for run in asked_runs(plan, names)] == wanted


def test_what_may_be_taken_over_is_trained_before_unless_it_is_there(plan, tmp_path):
    assert [str(run) for run in asked_runs(plan, ["cells/second/large"])] == ["cells/first/large", "cells/second/large"]
    for path in map(Path, plan.runs.trainings("cells", "first", "large")):
        path.parent.mkdir(parents=True)
        path.write_text("{}")
    assert [str(run) for run in asked_runs(plan, ["cells/second/large"])] == ["cells/second/large"]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("cell", "no study 'cell'; did you mean cells?"),
        ("cells/firts", "cells has no protocol 'firts'; did you mean first?"),
        ("cells/first/larg", "cells has no run 'larg'; did you mean large?"),
        ("cells/first/vote", "no training makes this run"),
        ("cells/first/large/0", "write STUDY, STUDY/PROTOCOL or STUDY/PROTOCOL/RUN"),
    ],
)
def test_a_name_that_no_training_has_is_refused_in_a_line(plan, name, words):
    with pytest.raises(UserError) as refused:
        asked_runs(plan, [name])
    assert words in str(refused.value) and "\n" not in str(refused.value)
