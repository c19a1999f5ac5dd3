"""What a run is called that is no longer the current one."""

import pytest

from workflow_scripts.tracking.superseded import RunFacts, difference_words

CURRENT = RunFacts({"train.epochs": "9", "spec.model": "cvm", "seed": "0"}, {"code": "a", "version.torch": "2.9"}, 2)


@pytest.mark.parametrize(
    ("params", "tags", "trainings", "words"),
    [
        ({"train.epochs": "8"}, {}, 2, "epochs 8"),
        ({"train.epochs": "8", "seed": "1"}, {"code": "b"}, 2, "epochs 8"),
        ({}, {"code": "b"}, 2, "other code"),
        ({}, {"code": "a", "version.torch": "2.8"}, 2, "torch 2.8"),
        ({}, {"code": "a"}, 3, "3 trainings"),
        ({}, {}, 2, "earlier"),
        ({"spec.model": "x" * 40}, {}, 1, f"model {'x' * 29}…, 1 training"),
        ({f"train.p{number}": "1" for number in range(5)}, {}, 2, "p0 1, p1 1, p2 1, 2 more"),
    ],
)
def test_the_name_says_what_it_had_that_the_current_run_has_not(params, tags, trainings, words):
    former = RunFacts({**CURRENT.params, **params}, tags, trainings)
    assert difference_words(former, CURRENT) == words


def test_a_setting_that_was_added_is_what_the_former_was_without():
    former = RunFacts({"spec.model": "cvm", "seed": "0"}, CURRENT.tags, 2)
    assert difference_words(former, CURRENT) == "without epochs"


def test_two_settings_of_one_name_are_told_apart():
    former = RunFacts({**CURRENT.params, "train.size": "3", "preprocess.size": "4"}, CURRENT.tags, 2)
    assert difference_words(former, CURRENT) == "preprocess.size 4, train.size 3"


def test_data_that_changed_are_named_before_code():
    former = RunFacts(CURRENT.params, {"input.manifest": "1", "code": "b"}, 2)
    current = RunFacts(CURRENT.params, {"input.manifest": "2", "code": "a"}, 2)
    assert difference_words(former, current) == "other data, other code"
