"""Intervals that a paper prints with its numbers are held against these."""

import pytest

from workflow_scripts.claims.checks import check_all
from workflow_scripts.claims.outcome import CONSISTENT, CONTRADICTION, EXACT, NOTE, WEAK
from workflow_scripts.contracts.published_yaml import read_published
from workflow_scripts.runtime.errors import UserError

# 120 of 130 are right; 0.863 to 0.958 are the ends by Wilson's way.
PAPER = """
paper: small
citation: Nobody.
studies: {s: {title: S}}
settings: []
tables:
  table1:
    place: Table 1
    study: s
    subset: test
    unit: fraction
    decimals: 3
    stated: {one_training: One training.}
    columns:
      accuracy: {printed: Acc, metric: accuracy}
      auc: {printed: AUC, metric: auc}
    rows:
      net: {printed: Net, run: net, values: [0.923, 0.960], intervals: {accuracy: [0.864, 0.958], auc: [0.930, 0.980]}}
claims:
  - {id: n, place: §1, study: s, subset: test, metric: samples, unit: count, value: 130}
  - {id: told, place: Abstract, study: s, subset: test, run: net, metric: accuracy, unit: percent, value: 92.3,
     decimals: 1, interval: [86.4, 95.8], stated: {one_training: One training.}}
"""


def said(tmp_path, old="", new=""):
    """Claim → what is said of its interval, `old` being printed as `new`."""
    assert PAPER.count(old) == 1 or not old
    path = tmp_path / "published.yaml"
    path.write_text(PAPER.replace(old, new, 1) if old else PAPER, encoding="utf-8")
    return {o.claim: o for o in check_all(read_published(path)) if o.check == "intervals"}


def test_an_interval_of_counts_that_are_known_is_a_usual_one_and_any_other_holds_its_number(tmp_path):
    outcomes = said(tmp_path)
    assert {outcome.outcome for outcome in outcomes.values()} == {CONSISTENT}
    for name in ("told", "table1.net.accuracy"):
        assert outcomes[name].strength == EXACT and "Wilson interval of 120/130" in outcomes[name].why
    assert outcomes["table1.net.auc"].strength == WEAK


@pytest.mark.parametrize(
    ("old", "new", "claim"),
    [
        ("interval: [86.4, 95.8]", "interval: [93.4, 95.8]", "told"),
        ("auc: [0.930, 0.980]", "auc: [0.930, 0.935]", "table1.net.auc"),
    ],
)
def test_a_number_outside_its_interval_is_found(tmp_path, old, new, claim):
    outcome = said(tmp_path, old, new)[claim]
    assert outcome.outcome == CONTRADICTION and "outside its own interval" in outcome.why
    assert outcome.tried and outcome.innocent


def test_a_number_that_may_be_a_mean_of_several_trainings_is_not_accused_by_the_interval_of_one(tmp_path):
    old = "interval: [86.4, 95.8], stated: {one_training: One training.}"
    outcome = said(tmp_path, old, "interval: [93.4, 95.8]")["told"]
    assert outcome.outcome == NOTE and "mean of several trainings" in outcome.innocent


def test_an_interval_of_no_column_is_named(tmp_path):
    with pytest.raises(UserError, match="rows.net.intervals: 'acuracy' is no column; did you mean accuracy?"):
        said(tmp_path, "intervals: {accuracy:", "intervals: {acuracy:")
