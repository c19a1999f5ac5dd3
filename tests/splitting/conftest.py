"""A dataset as ingest leaves it, for the tests of the split step."""

import pandas as pd
import pytest

from tests.vouched import IMAGES, vouch
from workflow_scripts.contracts.dataset import EQUAL_PAIRS


@pytest.fixture
def dataset(tmp_path):
    """120 samples of two classes in groups of four, one byte-equal pair across groups."""
    folder = tmp_path / "results" / "dataset"
    folder.mkdir(parents=True)
    ids = [f"s{n:03d}" for n in range(120)]
    table = pd.DataFrame({"id": ids, "path": ids, "label": ["a"] * 80 + ["b"] * 40})
    table["group"] = [f"p{n // 4}" for n in range(120)]
    table = table.assign(unit=ids, source="folder", width=1, height=1, sha256="")
    table.to_csv(folder / "manifest.csv", index=False)
    pair = [("s000", "s119", "equal_bytes", 0.0, "a", "b")]
    pd.DataFrame(pair, columns=list(EQUAL_PAIRS.columns)).to_csv(folder / "equal_pairs.csv", index=False)
    vouch(folder / "record.json", modality=IMAGES, classes=["b", "a"], groups_known=True)
    return folder
