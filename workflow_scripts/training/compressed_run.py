"""Make a run of a trained one in fewer bits, see kinds.compressed."""

import logging

import pandas as pd

from workflow_scripts.contracts.run_finish import RunOutput
from workflow_scripts.contracts.run_tables import class_columns, classes_of
from workflow_scripts.contracts.weights_file import require_classes
from workflow_scripts.kinds.compressed import Compressed
from workflow_scripts.kinds.made_kind import RunJob
from workflow_scripts.models import compression
from workflow_scripts.models.input_shape import InputShape
from workflow_scripts.training.inference import Applied

log = logging.getLogger("workflow_scripts")


def make(run: Compressed, job: RunJob) -> RunOutput:
    """Write model/, the smaller file, and predict with it.

    The record says both sizes and how far the predictions agree; the ledger the time per image of both networks,
    measured one after the other.
    """
    weights_path = job.weights_path
    device = "cpu" if run.to == "onnx" else job.device
    applied = Applied.read(job.files, weights_path, job.applied, job.applied.fold, device)
    require_classes(applied.weights.classes, applied.samples.classes, weights_path)
    before, speed_before = applied.score(applied.network())
    shape = InputShape.of(applied.samples.arrays.description)
    model = compression.compress(applied.network(), applied.weights, run.to, job.out / "model", shape)
    after, speed = applied.score(compression.restore(applied.network(), model, job.applied))
    sizes = {"bytes": model.stat().st_size, "bytes_before": weights_path.stat().st_size}
    agreement = _agreement(before, after)
    log.info(
        "%s: %.1f MB instead of %.1f MB; predictions agree: %s",
        job.run,
        sizes["bytes"] / 1e6,
        sizes["bytes_before"] / 1e6,
        ", ".join(f"{subset} {100 * share:.2f} %" for subset, share in agreement["agreement"].items()),
    )
    return RunOutput(
        after,
        applied.weights.classes,
        inputs=(weights_path,),
        outputs=(f"model/{model.name}",),
        facts={"compression": {**sizes, **agreement}},
        cost={**applied.cost(speed), "predict_images_per_second_before": speed_before},
    )


def _agreement(before: pd.DataFrame, after: pd.DataFrame) -> dict[str, dict[str, float]]:
    """Per subset: share of samples of one predicted class, and the largest difference of a probability."""
    agreement, difference = {}, {}
    columns = class_columns(classes_of(after))
    for subset in sorted(set(after["subset"])):
        old, new = (table.loc[table["subset"] == subset, columns].to_numpy() for table in (before, after))
        agreement[subset] = float((old.argmax(1) == new.argmax(1)).mean())
        difference[subset] = float(f"{abs(old - new).max():.3g}")
    return {"agreement": agreement, "largest_difference": difference}
