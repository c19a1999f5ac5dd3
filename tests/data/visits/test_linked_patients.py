"""Of a table of visits only the patients are taken whom another study has too, and the flow says how many have both."""

import re

import pandas as pd
import pytest

from tests.data.visits.visit_files import NAMES, TABLE, ingested, write_tables
from tests.vouched import IMAGES, vouch
from workflow_scripts.contracts.dataset import MANIFEST, read_manifest
from workflow_scripts.contracts.patient_flow import PATIENT_FLOW
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.files import read_json

LINKED = {**TABLE, "linked": "tiles"}


def tiles(root, *groups):
    """The dataset of a study of images, one of each group."""
    names = [f"tile{number}" for number in range(len(groups))]
    manifest = pd.DataFrame({"id": names, "path": names, "label": "AC", "group": groups, "unit": names, "source": "x"})
    MANIFEST.write(root / "tiles" / "dataset" / "manifest.csv", manifest.assign(width=8, height=8, sha256="0"))
    vouch(root / "tiles" / "dataset" / "record.json", modality=IMAGES, classes=["AC"], synthetic=False)
    return root / "tiles" / "dataset"


def read(tmp_path, *groups, table=LINKED):
    out = tmp_path / "mine" / "dataset"
    return ingested(write_tables(tmp_path / "raw"), out, table, linked=tiles(tmp_path, *groups))


def test_only_patients_of_both_studies_are_taken_and_the_flow_says_how_many(tmp_path):
    both = [NAMES.patient(name) for name in ("eve", "fay", "lou")]
    out = read(tmp_path, *both, both[0], NAMES.patient("dee"), "Pelsewhere", "")
    assert read_manifest(out)["id"].tolist() == sorted(both)
    flow = PATIENT_FLOW.read(out / "flow.csv")
    lines = list(zip(flow["kept"], flow["what"], flow["patients"], strict=True))
    start = lines.index(("kept", "at the landmark", 4))
    assert lines[start + 1 : start + 3] == [
        ("left_out", "not in the study tiles", 1),
        ("kept", "also in the study tiles", 3),
    ]
    assert set(pd.read_csv(out / "visits.csv")["id"]) == set(both)


def test_the_record_names_the_other_dataset_by_its_digest(tmp_path):
    out = read(tmp_path, *(NAMES.patient(name) for name in ("eve", "fay")))
    assert set(read_json(out / "record.json")["inputs"]) == {
        "../tiles/dataset/record.json",
        "../tiles/dataset/manifest.csv",
    }


def test_where_nobody_is_in_both_a_line_says_so_and_what_the_names_depend_on(tmp_path):
    with pytest.raises(UserError, match=r"of 4 patients at the landmark 0 are in the study tiles; .*pseudonyms\.key"):
        read(tmp_path, "Pelsewhere")


def test_a_dataset_that_the_settings_do_not_name_is_refused_and_so_is_a_changed_one(tmp_path):
    with pytest.raises(UserError, match=re.escape("the settings (ingest.visits.linked) the study None")):
        read(tmp_path, NAMES.patient("eve"), table=TABLE)
    dataset = tiles(tmp_path, NAMES.patient("eve"))
    (dataset / "manifest.csv").write_text((dataset / "manifest.csv").read_text().replace("AC", "SCC"))
    with pytest.raises(UserError, match=r"manifest\.csv has changed"):
        ingested(write_tables(tmp_path / "raw"), tmp_path / "out", LINKED, linked=dataset)
