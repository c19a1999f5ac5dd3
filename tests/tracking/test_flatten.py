import pytest

from workflow_scripts.tracking.flatten import LONGEST_VALUE, distinct_parts, final_metrics, parameters


def test_settings_become_dotted_names_with_text():
    flat = parameters({"spec": {"kind": "vote", "members": ["a", "b"], "options": {}, "weights": None}, "fold": 0})
    assert flat == {
        "spec.kind": "vote",
        "spec.members": '["a","b"]',
        "spec.options": "{}",
        "spec.weights": "null",
        "fold": "0",
    }


def test_a_value_longer_than_mlflow_allows_is_cut_visibly():
    value = parameters({"path": "x" * 7000})["path"]
    assert len(value) == LONGEST_VALUE and value.endswith("…")


@pytest.mark.parametrize("name", ["ASC-US/LSIL", "..", "a//b", "50 % > cut-off", "Dyskératose", ""])
def test_every_class_name_becomes_a_metric_name_that_mlflow_accepts(name):
    from mlflow.utils.validation import _validate_metric_name

    metrics = {"test": {"per_class": {name: {"f1": {"value": 0.5, "low": None, "high": None, "n": 3}}}}}
    (flat,) = final_metrics(metrics, None)
    _validate_metric_name(flat)


def test_class_names_that_only_differ_in_refused_characters_stay_apart():
    assert len(set(distinct_parts(["a+", "a*", "a_"]).values())) == 3


def test_undefined_values_are_left_out_and_the_headline_is_entered_with_its_interval():
    number, undefined = (
        {"value": 0.5, "low": 0.4, "high": None, "n": 7},
        {"value": None, "low": None, "high": None, "n": 7},
    )
    flat = final_metrics({"test": {"accuracy": number, "kappa": undefined, "per_class": {}}}, "accuracy")
    assert flat == {
        "test/accuracy": 0.5,
        "test/accuracy_low": 0.4,
        "test/n": 7.0,
        "headline": 0.5,
        "headline_low": 0.4,
    }
