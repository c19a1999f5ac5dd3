"""Classes too small for a split are named, with their counts and what would do."""

import re

import numpy as np
import pytest
from made_samples import SHARES, made

from workflow_scripts.runtime.errors import UserError
from workflow_scripts.splitting.protocols import holdout, kfold


@pytest.mark.parametrize(
    ("split", "says"),
    [
        (lambda s: holdout(s, SHARES, "sample", np.random.default_rng(0)), "class 'few' has 2 samples"),
        (lambda s: holdout(s, SHARES, "group", np.random.default_rng(0)), r"class 'few' has 2 group"),
        (lambda s: kfold(s, 4, 0.2, "sample", np.random.default_rng(0)), "class 'few' has 2 samples"),
        (lambda s: kfold(s, 4, 0.2, "group", np.random.default_rng(0)), r"class 'few' has 2 group"),
        (lambda s: kfold(s, 2, 0.2, "sample", np.random.default_rng(0)), "class 'few' has 1 samples"),
    ],
)
def test_a_class_too_small_is_named_with_its_count(split, says):
    with pytest.raises(UserError, match=says):
        split(made({"many": 40, "few": 2}, np.r_[0, np.arange(41)]))


@pytest.mark.parametrize(
    ("split", "says"),
    [
        # As many folds as images: nobody wrote shares.
        (
            lambda s: kfold(s, 6, 0.1, "sample", np.random.default_rng(0)),
            "class 'few' has 5 samples beside its test fold (6 folds), too few for a validation fraction of 0.1: it "
            "would get 5 / 0 (train / validation); `validation: 0.2` would do, or leave the class out, with null",
        ),
        (
            lambda s: kfold(s, 7, 0.1, "sample", np.random.default_rng(0)),
            "too few for 7 folds; `folds: 6` would do; of 5 samples beside a fold `validation: 0.2` would do, or leave",
        ),
        (
            lambda s: holdout(s, [0.9, 0.05, 0.05], "sample", np.random.default_rng(0)),
            "too few for fractions 0.9 / 0.05 / 0.05: it would get 6 / 0 / 0 (train / validation / test); change the",
        ),
    ],
)
def test_what_is_said_of_a_small_class_speaks_of_what_was_written(split, says):
    with pytest.raises(UserError) as caught:
        split(made({"many": 40, "few": 6}))
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("sizes", "folds", "validation", "says"),
    [
        ({"a": 4, "b": 3, "c": 9}, 5, 0.2, "'b' has 3 samples, too few for 5 folds, as has 'a' with 4; `folds: 3`"),
        (
            dict.fromkeys("abcdef", 5), 5, 0.2,
            "'a' has 4 samples beside its test fold (5 folds), too few for a validation fraction of 0.2: it would "
            "get 4 / 0 (train / validation), as have 'b' with 4, 'c' with 4, 'd' with 4 and 2 more; `validation: 0.25`",
        ),
        ({"a": 9, "b": 2}, 5, 0.2, "class 'b' has 2 samples, too few for 5 folds; each class needs 3 samples at least"),
        ({"a": 9, "b": 3}, 2, 0.5, "(train / validation); each class needs 3 samples at least, and 3 folds"),
    ],
)  # fmt: skip
def test_all_classes_that_are_too_small_are_told_at_once_with_what_would_do(sizes, folds, validation, says):
    with pytest.raises(UserError) as caught:
        kfold(made(sizes), folds, validation, "sample", np.random.default_rng(0))
    assert says in str(caught.value)


@pytest.mark.parametrize("smallest", [3, 4, 6, 11])
def test_what_a_message_says_would_do_does(smallest):
    samples, folds, validation = made({"many": 40, "few": smallest}), 12, 0.05
    for _ in range(2):
        with pytest.raises(UserError) as caught:
            kfold(samples, folds, validation, "sample", np.random.default_rng(0))
        folds = int((re.findall(r"`folds: (\d+)`", str(caught.value)) or [folds])[0])
        validation = float((re.findall(r"`validation: ([\d.]+)`", str(caught.value)) or [validation])[0])
        if "`folds" in str(caught.value):
            break
    assert len(kfold(samples, folds, validation, "sample", np.random.default_rng(0))) == folds * (40 + smallest)


def test_copies_of_one_picture_are_named_as_what_may_hold_a_class_together():
    with pytest.raises(UserError) as caught:
        holdout(made({"a": 9, "b": 9}, np.r_[np.zeros(9), np.arange(1, 10)]), SHARES, "group", np.random.default_rng(0))
    assert "class 'a' has 1 group(s) of samples that must stay together" in str(caught.value)
    assert "copies of one picture, see equal_pairs.csv" in str(caught.value)
