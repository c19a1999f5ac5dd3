"""The settings that are suggested for one's own images: from what they are, and from how fast this machine is."""

import re
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
import yaml

from tests.vouched import IMAGES
from workflow_scripts.commands import suggest_settings
from workflow_scripts.commands.suggest_settings import Choice, Images, best, pasted
from workflow_scripts.contracts.dataset import MANIFEST
from workflow_scripts.contracts.record import write_record
from workflow_scripts.runtime.errors import UserError

ROOT = Path(__file__).resolve().parents[2]


def manifest(count=12, side=100, groups=0) -> pd.DataFrame:
    """Images of two classes, two thirds of them of the first."""
    rows = [
        {
            "id": f"{number}",
            "path": f"{number}.png",
            "label": "a" if number % 3 else "b",
            "group": f"{number % groups}" if groups else "",
            "unit": f"{number}",
            "source": "folder",
            "width": side,
            "height": side // 2,
            "sha256": "0",
        }
        for number in range(count)
    ]
    return pd.DataFrame(rows)


def test_what_the_images_are_is_counted():
    assert str(Images.of(manifest(groups=4))).startswith("12 images of 100 × 50 pixels (median) in 2 classes, 4 in the")
    assert "4 groups known" in str(Images.of(manifest(groups=4))) and "no groups known" in str(Images.of(manifest()))
    with pytest.raises(UserError, match="no image files"):
        Images.of(manifest().drop(columns=["width", "height"]))


def test_as_much_as_possible_learns_then_images_are_as_large_as_possible_and_in_time():
    choices = [Choice(96, 0, 8), Choice(128, 0, 14), Choice(96, 5, 2), Choice(128, 5, 4), Choice(160, 5, 7)]
    assert best(choices, 10) == Choice(96, 0, 8) and best(choices, 20) == Choice(128, 0, 14)
    assert best(choices, 7.5) == Choice(160, 5, 7) and best(choices, 1) == Choice(96, 5, 2)


def test_what_is_pasted_is_a_part_of_a_study():
    text = pasted("network", Choice(128, 5, 4))
    assert yaml.safe_load(text) == {
        "preprocess": {"size": 128},
        "runs": {"network": {"train": {"frozen_stages": 5}}},
    }


# Of two classes a batch of two has both; of four it lacks some, whose weights in the loss are wanted all the same.
@pytest.mark.parametrize("classes", [2, 4])
def test_a_step_is_timed_at_every_size_that_the_images_have(tmp_path, monkeypatch, caplog, classes):
    study = {
        "extends": "own_images",
        "source": str(tmp_path),
        "runs": {"network": {"model": "test_efficientnet", "weights": None, "train": {"frozen_stages": 1}}},
        "train": {"batch_size": 2, "class_weights": "balanced"},
    }
    (tmp_path / "my.yaml").write_text(yaml.safe_dump({"results": str(tmp_path / "out"), "studies": {"mine": study}}))
    dataset = tmp_path / "out" / "mine" / "dataset"
    images = manifest()
    MANIFEST.write(dataset / "manifest.csv", images.assign(label=[f"c{number % classes}" for number in range(12)]))
    monkeypatch.chdir(ROOT)
    arguments = SimpleNamespace(study="mine", configfile=tmp_path / "my.yaml", minutes=10.0)
    with pytest.raises(UserError, match="make it with `snakemake mine_data --configfile .*my.yaml`"):
        suggest_settings.main(arguments)
    write_record(dataset / "record.json", {"modality": IMAGES})
    with caplog.at_level("INFO", "workflow_scripts"):
        suggest_settings.main(arguments)
    said = "\n".join(caplog.messages)
    assert "size 96, all stages learn: about" in said and "size 96, stages 1 to 1 as they start: about" in said
    assert "size 128" not in said and re.search(r"to paste below `mine:`, for about \d+ minutes? of training", said)
