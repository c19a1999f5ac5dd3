"""What the settings refuse of a network that is trained on patients' visits."""

from pathlib import Path

import pytest

from workflow_scripts.runtime.errors import UserError
from workflow_scripts.settings.load import settings

ROOT = Path(__file__).resolve().parents[2]
STUDY = "clinical_lstm"


def lines(**section) -> list[str]:
    with pytest.raises(UserError) as caught:
        settings(ROOT, {"studies": {STUDY: section}})
    return str(caught.value).splitlines()


def test_keys_of_train_that_are_of_pictures_are_refused_in_one_line_a_run():
    said = lines(
        train={"augment": {"noise": 0.1}}, runs={"gru": {"train": {"normalise": "half", "copies": "fourfold"}}}
    )
    assert sum("'lstm': train.augment: for pictures alone" in line for line in said) == 1
    (gru,) = [line for line in said if "run 'gru'" in line]
    assert "train.augment, train.copies and train.normalise: for pictures alone" in gru
    assert not any("last_visit" in line for line in said)


def test_samples_are_not_interpolated_between_visits():
    given = {"protocols": {"by_patient": {"resample": "smote"}}, "train": {"class_weights": "none"}}
    (line,) = [line for line in lines(**given) if "resample" in line]
    assert "protocols.by_patient.resample is smote" in line and "write none" in line


def test_patience_goes_with_the_best_epoch():
    said = lines(runs={"lstm": {"train": {"select": "last"}}})
    assert any("run 'lstm': train: patience is 15 and select last" in line for line in said)
