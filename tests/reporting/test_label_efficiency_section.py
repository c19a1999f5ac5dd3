"""Runs that ask for labels in a study's report: what was saved, or plainly that nothing was."""

import numpy as np
import pytest
from handmade import Study, picture
from pages import text_of, write

from workflow_scripts.contracts.label_efficiency_table import LABEL_EFFICIENCY
from workflow_scripts.contracts.step_settings.evaluate_settings import ActiveRun
from workflow_scripts.evaluation.label_efficiency import Curves, efficiency_table
from workflow_scripts.reporting.pages.label_efficiency_section import sentences

LABELS = np.array([10, 20, 30, 40, 50])
SLOW = np.array([0.60, 0.65, 0.70, 0.75, 0.80])
FAST = np.array([0.60, 0.70, 0.80, 0.80, 0.80])
SPREAD = 0.001 * np.array([[-1], [0], [1]])


def table(fast=FAST, slow=SLOW, spread=SPREAD, strategies=("random", "uncertainty")):
    runs = tuple(ActiveRun(f"ask_{strategy}", "lstm", strategy) for strategy in strategies)
    values = {run.run: (slow if run.strategy == "random" else fast) + spread for run in runs}
    whole = 0.79 + spread[:, 0]
    return efficiency_table(Curves("lstm", runs, LABELS, values, whole, 120.0), np.random.default_rng(0))


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (table(), "ask_uncertainty reaches the AUC of all labels (0.790) with 29 labels, 19 fewer than random (95 % "),
        (table(slow=SLOW - 0.05), "with 29 labels, at least 21 fewer than random"),
        (table(slow=FAST), "does not reach the AUC of all labels (0.790) with fewer labels than random"),
        (table(fast=FAST - 0.05), "does not reach the AUC of all labels (0.790) within 50 labels, and random does"),
        (table(FAST - 0.05, SLOW - 0.05), "(0.790) within 50 labels, nor does random"),
        (table(strategies=("uncertainty",)), "nothing says whether asking saved a label"),
        (table(strategies=("random",)), "No run chooses whom to ask for"),
        (table(spread=np.zeros((1, 1))), "does not reach the AUC of all labels (0.790) with fewer labels than random"),
    ],
    ids=["saves", "saves, bound", "equal", "random alone", "neither", "no control", "no strategy", "one fold and seed"],
)
def test_a_sentence_says_whether_asking_reached_the_full_auc_with_fewer_labels(made, words):
    (sentence,) = sentences(made)
    assert words in sentence


def test_a_difference_whose_interval_holds_zero_may_be_chance():
    (calm,), (rough,) = sentences(table()), sentences(table(fast=FAST + np.array([[-0.2], [0.0], [0.2]]) - SPREAD))
    assert "its AUC differs from random's by +0.050 on average (95 % " in calm and "chance" not in calm
    assert "which may be chance" in rough


def test_the_report_shows_the_curve_and_every_strategy_and_its_contents_name_the_section(tmp_path):
    study = Study(tmp_path).write()
    for protocol in study.settings["protocols"]:
        folder = study.folder / "evaluation" / protocol
        LABEL_EFFICIENCY.write(folder / "label_efficiency.csv", table(slow=SLOW - 0.05))
        picture(folder / "label_efficiency.png")
        study.vouch(protocol)
    page = write(study)
    section = page[page.index('<h2 id="labels">') : page.index('<h2 id="paper">')]
    text = text_of(section)
    assert 'href="#labels"' in page and section.count("<img") == 2
    assert "at least 21 fewer than random" in text and "≥ 21" in text and "not reached" in text
    assert "With all labels: AUC 0.790" in text and "ask_random" in text and "ask_uncertainty" in text


def test_a_study_that_asks_for_no_labels_has_no_such_section(tmp_path):
    assert '<h2 id="labels">' not in write(Study(tmp_path).write())
