"""The arrays' contract: what is written comes back, whatever a row is, and what does not fit is refused in a line."""

from functools import partial

import numpy as np
import pandas as pd
import pytest

from tests.vouched import vouch
from workflow_scripts.contracts.array_writer import new_array
from workflow_scripts.contracts.arrays import ARRAY_INDEX, ArrayDescription, open_arrays, read_index
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.process_pool import ordered_map

COLOUR = ArrayDescription("pixels", "uint8", (4, 6, 3), 255)
KINDS = [
    COLOUR,
    ArrayDescription("pixels", "uint16", (4, 6, 1), 4095),
    ArrayDescription("pixels", "float32", (4, 6, 2), 1),
    ArrayDescription("features", "float32", (5,), 1),
    ArrayDescription("sequence", "float32", (5,), 1),
]
COUNTS = {"sequence": [3, 1, 2]}


def rows(description, count):
    values = np.random.default_rng(0).random((count, *description.row_shape)) * description.scale
    return values.astype(description.dtype)


def write_row(item, writer):
    row, values = item
    writer.write(row, values[None])


def written(folder, description, jobs=1):
    """Three samples in `folder`; the rows."""
    counts = np.array(COUNTS.get(description.kind, [1, 1, 1]))
    values = rows(description, counts.sum())
    with new_array(folder / "data.npy", len(values), description.dtype, description.row_shape) as writer:
        list(ordered_map(partial(write_row, writer=writer), reversed(list(enumerate(values))), jobs, batch=1))
    index = pd.DataFrame({"id": ["a", "b", "c"], "first": np.cumsum(counts) - counts, "count": counts})
    ARRAY_INDEX.write(folder / "index.csv", index)
    vouch(folder / "record.json", array=description.as_record())
    return values


@pytest.mark.parametrize("description", KINDS, ids=lambda description: f"{description.kind} {description.dtype}")
@pytest.mark.parametrize("jobs", [1, 2])
def test_rows_that_processes_wrote_in_any_order_come_back(tmp_path, description, jobs):
    values = written(tmp_path, description, jobs)
    arrays = open_arrays(tmp_path)
    assert arrays.description == description and isinstance(arrays.data, np.memmap) and arrays.masks is None
    np.testing.assert_array_equal(arrays.data, values)
    np.testing.assert_array_equal(arrays.data[arrays.rows_of("c")][-1], values[-1])
    lengths = [len(arrays.data[arrays.rows_of(name)]) for name in "abc"]
    assert lengths == COUNTS.get(description.kind, [1, 1, 1])


def test_a_block_that_fails_leaves_no_file_and_an_old_one_as_it_was(tmp_path):
    before = written(tmp_path, COLOUR)
    with pytest.raises(RuntimeError), new_array(tmp_path / "data.npy", 3, "uint8", (4, 6, 3)) as writer:
        writer.write(0, before[1:2])
        raise RuntimeError
    assert (np.load(tmp_path / "data.npy") == before).all()
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_neighbours_are_written_by_one_call(tmp_path):
    values = rows(COLOUR, 3)
    with new_array(tmp_path / "data.npy", 3, COLOUR.dtype, COLOUR.row_shape) as writer:
        writer.write(1, values[:2])
        writer.write(0, values[2:])
    np.testing.assert_array_equal(np.load(tmp_path / "data.npy"), values[[2, 0, 1]])


@pytest.mark.parametrize(
    ("first", "shape", "dtype"),
    [
        (3, (1, 4, 6, 3), "uint8"),
        (2, (2, 4, 6, 3), "uint8"),
        (0, (1, 4, 6, 1), "uint8"),
        (0, (4, 6, 3), "uint8"),
        (0, (1, 4, 6, 3), "uint16"),
    ],
)
def test_rows_of_another_shape_or_type_are_no_rows(tmp_path, first, shape, dtype):
    with (
        pytest.raises(ValueError, match="the file has rows"),
        new_array(tmp_path / "x.npy", 3, "uint8", (4, 6, 3)) as writer,
    ):
        writer.write(first, np.zeros(shape, dtype))


@pytest.mark.parametrize(
    ("kind", "dtype", "shape", "scale", "says"),
    [
        ("movie", "uint8", (4, 6, 3), 255, "there are pixels, features, sequence, maps"),
        ("maps", "uint8", (4, 6, 3), 1, "maps are float16, float32"),
        ("pixels", "int64", (4, 6, 3), 255, "pixels are uint8, uint16, float32"),
        ("features", "uint8", (5,), 1, "features are float16, float32"),
        ("pixels", "uint8", (4, 6), 255, "3 positive whole number"),
        ("sequence", "float32", (0,), 1, "1 positive whole number"),
        ("pixels", "uint8", (4, 6, 3), 0, "a positive number"),
    ],
)
def test_what_describes_no_array_is_refused(kind, dtype, shape, scale, says):
    with pytest.raises(ValueError, match=says):
        ArrayDescription(kind, dtype, shape, scale)


@pytest.mark.parametrize(
    ("array", "says"),
    [
        (None, "describes no array.*snakemake"),
        ({"kind": "pixels", "dtype": "uint8", "row_shape": [4, 6], "scale": 255}, "describes no array.*row_shape"),
        (ArrayDescription("pixels", "uint8", (6, 4, 3), 255).as_record(), r"has rows \(4, 6, 3\) of uint8.*snakemake"),
        (ArrayDescription("pixels", "uint16", (4, 6, 3), 255).as_record(), "of uint8, .* uint16.*snakemake"),
    ],
)
def test_an_array_that_is_not_as_described_is_refused_with_what_to_do(tmp_path, array, says):
    written(tmp_path, COLOUR)
    vouch(tmp_path / "record.json", array=array)
    with pytest.raises(UserError, match=says) as error:
        open_arrays(tmp_path)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"first": [0, 1, 3]}, "too few rows"),
        ({"count": [1, 2, 1]}, "cannot have"),
        ({"first": [-1, 1, 2]}, "cannot have"),
    ],
)
def test_an_index_that_does_not_fit_the_rows_is_refused(tmp_path, change, says):
    written(tmp_path, COLOUR)
    ARRAY_INDEX.write(tmp_path / "index.csv", ARRAY_INDEX.read(tmp_path / "index.csv").assign(**change))
    vouch(tmp_path / "record.json")
    with pytest.raises(UserError, match=f"{says}.*snakemake"):
        open_arrays(tmp_path)


def test_a_file_that_is_not_what_the_record_says_is_refused_and_an_unknown_sample_too(tmp_path):
    written(tmp_path, COLOUR)
    with pytest.raises(UserError, match="lacks the sample 'd'"):
        open_arrays(tmp_path).picture("d")
    (tmp_path / "data.npy").write_bytes(b"x")
    with pytest.raises(UserError, match="data.npy has changed"):
        open_arrays(tmp_path)
    assert len(read_index(tmp_path)) == 3  # the index alone is as it was
    vouch(tmp_path / "record.json")
    with pytest.raises(UserError, match="data.npy is no NumPy file"):
        open_arrays(tmp_path)


def test_masks_are_opened_where_they_are_asked_for(tmp_path):
    written(tmp_path / "arrays", COLOUR)
    (tmp_path / "masks").mkdir()
    masks = np.random.default_rng(1).integers(0, 2, (3, 4, 6)).astype("uint8")
    np.save(tmp_path / "masks" / "masks.npy", masks)
    vouch(tmp_path / "masks" / "record.json")
    assert (open_arrays(tmp_path / "arrays", tmp_path / "masks" / "masks.npy").mask("b") == masks[1]).all()
    assert open_arrays(tmp_path / "arrays").mask("b") is None


def test_every_sample_has_as_many_maps_as_the_record_says(tmp_path):
    pixels = ArrayDescription("pixels", "uint8", (8, 8, 3), 255).as_record()
    maps = ArrayDescription("maps", "float16", (2, 2, 4), 1).as_record()
    network = {"model": "vgg16", "options": {}, "weights": None, "seed": 0}
    np.save(tmp_path / "data.npy", np.zeros((8, 2, 2, 4), "float16"))
    ARRAY_INDEX.write(tmp_path / "index.csv", pd.DataFrame({"id": ["a"], "first": [0], "count": [8]}))
    source = {"pixels": pixels, "mean": [0.5], "std": [0.5], "network": network}
    vouch(tmp_path / "record.json", array=maps, symmetries=8, **source)
    assert open_arrays(tmp_path).map_source.pixels.width == 8
    vouch(tmp_path / "record.json", symmetries=1)
    with pytest.raises(UserError, match="rows that it cannot have"):
        open_arrays(tmp_path)
