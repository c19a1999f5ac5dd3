"""What a network has learned to look at is the true region, more than chance or an untrained network would."""

import math
from pathlib import Path

import numpy as np
import pytest
import torch

from tests import made
from tests.made import subset
from tests.raw import run_ingest, run_preprocess, run_synthesise
from workflow_scripts.contracts.arrays import open_arrays
from workflow_scripts.contracts.blocks import parse
from workflow_scripts.contracts.dataset import MANIFEST
from workflow_scripts.contracts.step_settings.preprocess_settings import Packing
from workflow_scripts.contracts.step_settings.train_settings import Train
from workflow_scripts.data.readers.image_reader import ImageReader
from workflow_scripts.data.reading import RawFiles
from workflow_scripts.explanation.gradcam import gradcam
from workflow_scripts.models.input_shape import square
from workflow_scripts.preprocessing.packing import ImagePacker
from workflow_scripts.synthetic import recovery
from workflow_scripts.training.checkpoints import Checkpoints
from workflow_scripts.training.feeders.pixels import PixelView
from workflow_scripts.training.inference import predict
from workflow_scripts.training.loop import Saving, fit
from workflow_scripts.training.randomness import keys_of

ADAPTER, SIZE = "colposcopy_resnet50", 64
SPEC = {"kind": "network", "model": "test_resnet", "options": {"output_stride": 8}, "weights": None, "hidden": None}
TRAIN = {"optimizer": "sgd", "learning_rate": 0.03, "batch_size": 8, "epochs": 10, "schedule": "cosine"}


@pytest.fixture(scope="module")
def photographs(tmp_path_factory) -> tuple:
    """Synthetic photographs of three types: manifest, packed pixels, and where the type shows."""
    root: Path = tmp_path_factory.mktemp("photographs")
    made = run_synthesise(root / "made", ADAPTER, samples_per_class=60, samples_per_field=4, size=128)
    dataset = run_ingest(root / "dataset", synthetic=True, sources={ADAPTER: made})
    arrays = run_preprocess(dataset, root / "arrays", sources={ADAPTER: made}, size=SIZE)
    manifest = MANIFEST.read(dataset / "manifest.csv")
    regions = recovery.regions(
        manifest,
        RawFiles({ADAPTER: made}, {ADAPTER: ImageReader()}),
        ImagePacker(Packing(SIZE)),
    )
    return manifest, open_arrays(arrays), regions


def test_grad_cam_of_a_trained_network_lies_on_the_true_region(photographs, tmp_path) -> None:
    torch.set_num_threads(1)
    manifest, arrays, regions = photographs
    classes = sorted(set(manifest["label"]))
    rows = np.random.default_rng(0).permutation(len(manifest))
    parts = [np.sort(rows[: 2 * len(rows) // 3]), np.sort(rows[2 * len(rows) // 3 :])]
    targets = manifest["label"].map(classes.index).to_numpy()
    subsets = [subset(part, targets[part].astype("int64"), keys_of(manifest["id"].iloc[part])) for part in parts]
    settings = parse(Train, TRAIN)
    view = PixelView.fitted(settings, 1, arrays, subsets[0], made.units(len(subsets[0])))
    training = view.training(arrays, subsets[0], torch.device("cpu"))
    test = view.applied(arrays, subsets[1], torch.device("cpu"))
    model = made.build(SPEC, len(classes), square(SIZE), 0, {})
    fit(model, training, test, settings, classes, 1, Saving(Checkpoints(tmp_path / "states"), math.inf, math.inf))
    numbers = predict(model, test, "float32").argmax(1).numpy()
    assert (numbers == targets[parts[1]]).mean() > 0.7

    ids, pixels = manifest["id"].iloc[parts[1]].tolist(), test.batch(np.arange(len(test))).inputs[0]

    def energy(network: torch.nn.Module) -> recovery.Recovered:
        maps = gradcam(network.eval(), pixels, numbers)["model"].values
        return recovery.energy(regions, ids, maps, maps, "model")

    found = energy(model)
    untrained = np.mean([energy(made.build(SPEC, len(classes), square(SIZE), seed, {})).value for seed in range(1, 6)])
    assert found.value > 1.5 * found.chance
    assert found.value > 1.2 * untrained
