"""An expert's answers are judged as a network's predictions are."""

from pathlib import Path

import pandas as pd
import pytest

from tests import made
from workflow_scripts.contracts.dataset import MANIFEST
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.settings.load import settings
from workflow_scripts.settings.steps import Steps

ROOT = Path(__file__).resolve().parents[2]
FIRST = made.CLASSES[0]


def inputs_with(root, answers):
    """Inputs whose manifest has a column `read` of answers, made of the labels."""
    inputs = made.make_inputs(root)
    path = inputs.root / "dataset" / "manifest.csv"
    manifest = MANIFEST.read(path)
    MANIFEST.write(path, manifest.assign(read=answers(manifest)))
    return inputs.vouch()


def predictions(inputs, out, column="read"):
    job = {"study": "made", "protocol": "published", "run": "doctor", "fold": 0, "seed": 0}
    inputs.make_run({**job, "spec": {"kind": "expert", "column": column}, "aggregate": "none"}, out)
    return pd.read_csv(out / "predictions.csv").set_index("id")


def test_an_expert_is_right_where_the_answer_is_the_label(tmp_path):
    def half_right(manifest):
        wrong = manifest["label"].map(dict(zip(made.CLASSES, [*made.CLASSES[1:], FIRST], strict=True)))
        return manifest["label"].where(manifest.index % 2 == 0, wrong)

    inputs = inputs_with(tmp_path, half_right)
    table = predictions(inputs, tmp_path / "run")
    manifest = MANIFEST.read(inputs.root / "dataset" / "manifest.csv").set_index("id")
    columns = [f"p_{name}" for name in made.CLASSES]
    assert set(table["subset"]) == {"validation", "test"} and (table[columns].sum(axis=1) == 1).all()
    chosen = table[columns].idxmax(axis=1).str.removeprefix("p_")
    assert (chosen == manifest.loc[table.index, "read"]).all()
    assert 0 < (chosen == table["label"]).mean() < 1


@pytest.mark.parametrize(
    ("answers", "column", "says"),
    [
        (lambda manifest: "", "read", "the answer read of .* is empty; give every sample one"),
        (lambda manifest: FIRST[:-1], "read", f"is {FIRST[:-1]!r}; did you mean {FIRST}"),
        (lambda manifest: FIRST, "reads", "no table of the study has the column 'reads'"),
    ],
)
def test_an_answer_that_is_missing_or_no_class_is_named(tmp_path, answers, column, says):
    inputs = inputs_with(tmp_path, answers)
    with pytest.raises(UserError, match=says):
        predictions(inputs, tmp_path / "run", column)


def test_the_column_reaches_the_manifest_because_the_run_names_it(tmp_path):
    changes = {"studies": {"colposcopy_resnet50": {"runs": {"doctor": {"kind": "expert", "column": "read"}}}}}
    steps = Steps(settings(ROOT, changes))
    assert steps.ingest("colposcopy_resnet50", None).attributes == ("read",)
