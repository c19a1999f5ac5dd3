"""The README's ten lines, on images of one's own."""

import re
from pathlib import Path

import numpy as np
from PIL import Image

from tests.workflow.conftest import ROOT, Workflow, copy_of_the_project


def own_images(folder: Path) -> None:
    """Two classes of discs, large and small, on noise."""
    generator = np.random.default_rng(3)
    y, x = np.mgrid[:48, :48]
    for label, radius in (("large", 16), ("small", 7)):
        (folder / label).mkdir(parents=True)
        for number in range(24):
            image = generator.integers(150, 256, (48, 48, 3))
            image[(y - 24) ** 2 + (x - 24) ** 2 < radius**2] //= 3
            Image.fromarray(image.astype("uint8")).save(folder / label / f"{number:02d}.png")


def test_your_own_images_in_ten_lines(tmp_path):
    readme = (ROOT / "README.md").read_text()
    block = re.search(r"## Your own images.*?```yaml\n(.*?)```", readme, re.S)[1]
    assert len(block.strip().splitlines()) <= 10
    workflow = Workflow(copy_of_the_project(tmp_path / "copy"), "mine.yaml")
    own_images(tmp_path / "images")
    (workflow.folder / "mine.yaml").write_text(block.replace("/path/to/images", str(tmp_path / "images")))
    assert re.search(r"snakemake my_cells --cores all --configfile my.yaml", readme)
    workflow.run("my_cells")
    report = (workflow.folder / "results-mine" / "my_cells" / "report.html").read_text()
    assert "large" in report and "patients may repeat" in report.lower()
