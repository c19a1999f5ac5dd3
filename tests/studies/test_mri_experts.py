"""The invented experts of synthetic patients err as often as those of the paper."""

from collections import Counter

import numpy as np
import pytest

from tests.workflow.conftest import ROOT
from workflow_scripts.contracts.published_yaml import read_published
from workflow_scripts.studies.mri_resnet.experts import COUNTS, answers


def test_their_counts_are_those_that_the_paper_prints():
    published = read_published(ROOT / "workflow_scripts" / "studies" / "mri_resnet" / "published.yaml")
    printed = {}
    for claim in published.claims:
        if claim.run in COUNTS and claim.metric == "confusions":
            printed.setdefault(claim.run, {}).setdefault(claim.class_name, {})[claim.predicted] = claim.value
    assert printed == COUNTS


def test_they_answer_as_often_as_that():
    rng = np.random.default_rng(0)
    named = Counter(answers("ASC", rng)["expert_1"] for _ in range(4000))
    for label, count in COUNTS["expert_1"]["ASC"].items():
        assert named[label] / 4000 == pytest.approx(count / 38, abs=0.03)
