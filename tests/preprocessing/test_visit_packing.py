"""Packed visits: the rows of the dataset, in the order of its columns, with what they are."""

import numpy as np
import pandas as pd
import pytest

from tests.made_visits import COLUMNS, made_visits
from tests.vouched import vouch
from workflow_scripts.contracts.arrays import open_arrays
from workflow_scripts.contracts.dataset import read_manifest
from workflow_scripts.contracts.step_settings.preprocess_settings import Packing, SlicePacking, VisitPacking
from workflow_scripts.preprocessing import packer_registry
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.files import read_json


def test_the_rows_of_a_patient_are_her_visits_in_the_order_of_time(tmp_path):
    made = made_visits(tmp_path)
    arrays = open_arrays(made.preprocess(imputation="median", elapsed=False))
    visits, manifest = pd.read_csv(made.dataset / "visits.csv"), read_manifest(made.dataset)
    assert list(arrays.index["id"]) == list(manifest["id"])
    assert list(arrays.index["count"]) == list(manifest["visits"]) and len(arrays.data) == len(visits)
    for name, own in visits.groupby("id"):
        rows = arrays.data[arrays.rows_of(name)]
        np.testing.assert_array_equal(rows, own.drop(columns=["id", "visit"]).to_numpy("float32"))
    assert arrays.columns == COLUMNS and arrays.preparation == VisitPacking("median", elapsed=False)
    assert arrays.description.row_shape == (7,) and arrays.width == 6 + 3
    record = read_json(made.arrays / "record.json")
    assert record["rows"] == len(visits) and {"dataset/visits.csv", "dataset/columns.csv"} <= set(record["inputs"])
    assert np.isnan(arrays.data).any(), "gaps are filled in each training fold, not here"


def test_visits_that_are_not_those_that_ingest_wrote_are_not_packed(tmp_path):
    made = made_visits(tmp_path)
    path = made.dataset / "visits.csv"
    path.write_text(path.read_text().replace("p0003,1,", "p0003,1,-", 1))
    with pytest.raises(UserError, match=r"visits.csv has changed: it is not what"):
        made.preprocess()
    vouch(made.dataset / "record.json", "visits.csv")
    with pytest.raises(UserError, match=r"visits.csv (has changed since ingest read it|could be read by ingest)"):
        made.preprocess()


def test_columns_that_the_dataset_describes_otherwise_are_not_packed(tmp_path):
    made = made_visits(tmp_path)
    path = made.dataset / "columns.csv"
    path.write_text(path.read_text().replace("smoker,", "smokes,", 1))
    vouch(made.dataset / "record.json", "columns.csv")
    with pytest.raises(UserError, match=r"columns.csv does not name the columns of visits.csv"):
        made.preprocess()


def test_blocks_of_pictures_do_not_fit_visits_and_nothing_is_shown_of_them(tmp_path):
    made = made_visits(tmp_path)
    with pytest.raises(UserError, match=r"preprocess.slices is given.*table, which takes visits"):
        packer_registry.load_packer("table", Packing(slices=SlicePacking(), visits=VisitPacking()), made.dataset)
    with pytest.raises(UserError, match="no pictures"):
        packer_registry.load("table", Packing(visits=VisitPacking()))
