"""The README's lines, on images of one's own."""

import re
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from safetensors.torch import save_file

from tests.workflow.conftest import ROOT, Workflow, copy_of_the_project
from workflow_scripts.models import registry
from workflow_scripts.models.input_shape import square
from workflow_scripts.runtime.files import read_json


def own_images(folder: Path) -> None:
    """Two classes of discs, large and small, each on a patchwork of its own colours: no two look alike."""
    generator = np.random.default_rng(3)
    y, x = np.mgrid[:48, :48]
    for label, radius in (("large", 16), ("small", 7)):
        (folder / label).mkdir(parents=True)
        for number in range(24):
            image = np.kron(generator.integers(60, 256, (6, 6, 3)), np.ones((8, 8, 1)))
            image[(y - 24) ** 2 + (x - 24) ** 2 < radius**2] /= 3
            Image.fromarray(image.astype("uint8")).save(folder / label / f"{number:02d}.png")


def written_weights(path: Path) -> Path:
    """A file of weights for the network of own images, as a user would name one."""
    torch.manual_seed(1)
    save_file(registry.create("tf_efficientnet_lite0", 1000, square(64), {}).state_dict(), path)
    return path


def test_your_own_images_in_ten_lines_with_weights_from_a_file(tmp_path):
    readme = (ROOT / "README.md").read_text()
    block = re.search(r"## Your own images.*?```yaml\n(.*?)```", readme, re.S)[1]
    page = (ROOT / "docs" / "how-to" / "use_your_own_images.md").read_text()
    from_file = re.search(r"## Weights from a file.*?  my_cells:\n(.*?)```", page, re.S)[1]
    assert len((block + from_file).strip().splitlines()) <= 10
    workflow = Workflow(copy_of_the_project(tmp_path / "copy"), "mine.yaml")
    own_images(tmp_path / "images")
    weights = written_weights(tmp_path / "weights.safetensors")
    quick = "    preprocess: {size: 64}\n    train: {epochs: 1}\n"
    quick += "    protocols: {by_image: {folds: 2}, by_group: {folds: 2}}\n"
    text = (block + from_file).replace("/path/to/images", str(tmp_path / "images")) + quick
    text = text.replace("/path/to/tf_efficientnet_lite0.safetensors", str(weights))
    (workflow.folder / "mine.yaml").write_text(text)
    assert re.search(r"snakemake my_cells --cores all --configfile my.yaml", readme)
    workflow.run("my_cells")
    study = workflow.folder / "results-mine" / "my_cells"
    report = (study / "report.html").read_text()
    assert "Which run is best?" in report and "patients may repeat" in report.lower()
    assert "by_group turned out to be the same split as by_image" in report
    records = [read_json(study / f"runs/by_group/network/fold{fold}-seed0/record.json") for fold in (0, 1)]
    assert [record["copied_from"] for record in records] == ["by_image", "by_image"]
    assert workflow.planned("my_cells") == {}
