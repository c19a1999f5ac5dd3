"""Baselines without a network: they find the traces in the border, the colour or the size, and nothing else."""

import numpy as np
import pandas as pd
import pytest

from tests import made
from workflow_scripts.baselines import simple_features
from workflow_scripts.contracts.arrays import ArrayDescription
from workflow_scripts.contracts.dataset import MANIFEST, Modality
from workflow_scripts.contracts.splits import SPLIT
from workflow_scripts.kinds.baseline import MODALITIES
from workflow_scripts.preprocessing.packer_registry import PACKED
from workflow_scripts.runtime.errors import UserError


def settings(*names):
    job = {"study": "made", "protocol": "published", "run": "control", "fold": 0, "seed": 0}
    return {**job, "spec": {"kind": "baseline", "features": list(names)}, "aggregate": "none"}


def accuracy(inputs, out, *names):
    inputs.make_run(settings(*names), out)
    units = pd.read_csv(out / "units.csv")
    test = units[units["subset"] == "test"]
    columns = [f"p_{name}" for name in made.CLASSES]
    predicted = test[columns].idxmax(axis=1).str.removeprefix("p_")
    return (predicted == test["label"]).mean()


def noise(root, plant):
    """Images of pure noise in which `plant(images, manifest, class numbers)` leaves a trace of the class."""
    inputs = made.make_inputs(root, per_class=40)
    images = np.load(inputs.images)
    images[:] = np.random.default_rng(0).integers(60, 200, images.shape)
    path = inputs.root / "dataset" / "manifest.csv"
    manifest = MANIFEST.read(path)
    plant(images, manifest, pd.Index(made.CLASSES).get_indexer(manifest["label"]))
    np.save(inputs.images, images)
    MANIFEST.write(path, manifest)
    return inputs.vouch()


def in_border(images, manifest, classes):
    images[:, 0] = (60 + 60 * classes)[:, None, None]


def in_middle(images, manifest, classes):
    images[:, 12:20, 12:20] = (60 + 60 * classes)[:, None, None, None]


def in_colour(images, manifest, classes):
    images[..., 0] += (20 * classes).astype("uint8")[:, None, None]


def in_size(images, manifest, classes):
    manifest["width"] = 50 + 10 * classes


@pytest.mark.parametrize(
    ("plant", "found_by", "not_by"),
    [
        (in_border, "border", "size"),
        (in_middle, "colour", "border"),
        (in_colour, "colour", "size"),
        (in_size, "size", "border"),
    ],
)
def test_a_baseline_sees_what_it_is_called_after_and_nothing_else(tmp_path, plant, found_by, not_by):
    inputs = noise(tmp_path, plant)
    assert accuracy(inputs, tmp_path / "found", found_by) > 0.9
    assert accuracy(inputs, tmp_path / "missed", not_by) < 0.65


def scanned(root, plant):
    """Grey slices of pure noise; `plant(manifest, class numbers)` changes what the headers said."""
    inputs = noise(root, lambda *_: None)
    np.save(inputs.images, np.load(inputs.images)[..., :1])
    path = inputs.root / "dataset" / "manifest.csv"
    manifest = MANIFEST.read(path).assign(**dict.fromkeys(simple_features.ACQUISITION, 1.0))
    plant(manifest, pd.Index(made.CLASSES).get_indexer(manifest["label"]))
    manifest.to_csv(path, index=False)
    modality = Modality("dicom", dict.fromkeys(simple_features.ACQUISITION, "float")).as_record()
    array = ArrayDescription("pixels", "uint8", (32, 32, 1), 255).as_record()
    return inputs.vouch(dataset={"modality": modality}, arrays={"array": array})


def in_echo_time(manifest, classes):
    manifest["echo_time_ms"] = 80.0 + 10 * classes


def in_what_is_missing(manifest, classes):
    strengths = np.random.default_rng(0).choice([1.5, 3.0], len(manifest))
    manifest["field_strength_t"] = np.where(classes == 0, np.nan, strengths)
    manifest["echo_time_ms"] = np.where(classes == 1, np.nan, 90)


@pytest.mark.parametrize("plant", [in_echo_time, in_what_is_missing])
def test_how_a_scanner_was_set_is_seen_and_so_is_what_the_file_does_not_say(tmp_path, plant):
    inputs = scanned(tmp_path, plant)
    assert accuracy(inputs, tmp_path / "found", "acquisition") > 0.9
    assert accuracy(inputs, tmp_path / "missed", "intensity", "border") < 0.65


def test_what_is_missing_becomes_the_median_of_the_training_samples_alone(tmp_path):
    inputs = scanned(tmp_path, in_what_is_missing)
    accuracy(inputs, tmp_path / "a", "acquisition")
    split, path = SPLIT.read(inputs.split), inputs.root / "dataset" / "manifest.csv"
    manifest = pd.read_csv(path)
    test = manifest["id"].map(split.set_index("id")["subset"]) == "test"
    lacking = test & manifest["field_strength_t"].isna()
    manifest.loc[test & ~lacking, "field_strength_t"] = 7.0
    manifest.to_csv(path, index=False)
    inputs.vouch()
    accuracy(inputs, tmp_path / "b", "acquisition")
    first, second = (pd.read_csv(tmp_path / name / "predictions.csv").set_index("id") for name in "ab")
    same = manifest.loc[lacking, "id"]
    assert first.loc[same].equals(second.loc[same]) and not first.equals(second)


def test_a_value_that_no_training_sample_has_tells_nothing(tmp_path):
    inputs = scanned(tmp_path, lambda manifest, classes: manifest.insert(0, "spare", 0))
    path = inputs.root / "dataset" / "manifest.csv"
    pd.read_csv(path).assign(**dict.fromkeys(simple_features.ACQUISITION, np.nan)).to_csv(path, index=False)
    assert accuracy(inputs.vouch(), tmp_path / "run", "acquisition") < 0.65


def tiles(root, plant):
    """Tiles of pure noise; `plant(manifest, class numbers)` changes where in their slides they lie."""
    inputs = noise(root, lambda *_: None)
    path, generator = inputs.root / "dataset" / "manifest.csv", np.random.default_rng(1)
    manifest = MANIFEST.read(path).drop(columns=["width", "height"])
    places = {"width": "int", "height": "int", "column": "int", "row": "int"}
    corner = {"left": "int", "top": "int"}
    manifest = manifest.assign(width=4000, height=3000)
    manifest[["column", "row"]] = generator.integers(0, 9, (len(manifest), 2))
    manifest[["left", "top"]] = generator.integers(0, 3000, (len(manifest), 2))
    plant(manifest, pd.Index(made.CLASSES).get_indexer(manifest["label"]))
    manifest[[*(name for name in manifest if name != "sha256" and name not in corner), "sha256", *corner]].to_csv(
        path, index=False
    )
    return inputs.vouch(dataset={"modality": Modality("slide", places, corner).as_record()})


def in_grid(manifest, classes):
    manifest["row"] = 3 * classes


def in_relative_place(manifest, classes):
    manifest["width"] = 6000 + 10 * np.arange(len(manifest))
    manifest["left"] = (0.3 * classes * manifest["width"]).astype(int)


@pytest.mark.parametrize("plant", [in_grid, in_relative_place])
def test_the_place_of_a_tile_is_seen_and_nothing_of_its_pixels(tmp_path, plant):
    inputs = tiles(tmp_path, plant)
    assert accuracy(inputs, tmp_path / "found", "position") > 0.9
    assert accuracy(inputs, tmp_path / "missed", "colour", "border") < 0.65


HAEMATOXYLIN, EOSIN = np.array([0.65, 0.70, 0.29]), np.array([0.07, 0.99, 0.11])


def stained(root, laboratory, place):
    """Sections of two stains; `laboratory`: eosin is redder by the class; `place`: the class says where it is thick."""
    inputs = noise(root, lambda *_: None)
    manifest = MANIFEST.read(inputs.root / "dataset" / "manifest.csv")
    classes = pd.Index(made.CLASSES).get_indexer(manifest["label"])
    generator, images = np.random.default_rng(2), np.load(inputs.images)
    for line, number in enumerate(classes):
        eosin = EOSIN + (0.15 * number if laboratory else 0) * np.array([1, 0, 0])
        amounts = np.sort(generator.gamma(2, 0.3, (32 * 32, 2)), axis=0)
        amounts[:, 1] = generator.permutation(amounts[:, 1])
        if place:
            amounts = np.roll(amounts, 340 * number, axis=0)
        density = amounts @ np.stack([HAEMATOXYLIN, eosin]) + generator.normal(0, 0.01, (32 * 32, 3))
        images[line] = np.clip(256 * np.exp(-density) - 1, 0, 255).reshape(32, 32, 3)
    np.save(inputs.images, images)
    return inputs.vouch()


def test_the_stain_of_a_laboratory_is_seen_and_not_where_it_is_thick(tmp_path):
    by_laboratory = stained(tmp_path / "laboratory", laboratory=True, place=False)
    assert accuracy(by_laboratory, tmp_path / "found", "stain") > 0.9
    by_place = stained(tmp_path / "place", laboratory=False, place=True)
    assert accuracy(by_place, tmp_path / "missed", "stain") < 0.65
    assert accuracy(by_place, tmp_path / "seen", "border") > 0.9


def test_the_numbers_of_a_stain_are_those_that_were_mixed_and_none_of_a_picture_without_tissue(tmp_path):
    images = np.load(stained(tmp_path, laboratory=False, place=False).images)[:2]
    images[1] = 240
    mixed, blank = simple_features.stain(images, pd.DataFrame())
    np.testing.assert_allclose(mixed[:3], HAEMATOXYLIN / np.linalg.norm(HAEMATOXYLIN), atol=0.12)
    np.testing.assert_allclose(mixed[3:6], EOSIN / np.linalg.norm(EOSIN), atol=0.12)
    assert len(mixed) == 6 and np.isnan(blank).all()


def test_pictures_of_one_channel_have_no_stain_to_see(tmp_path):
    inputs = scanned(tmp_path, in_echo_time)
    for feature in ("stain", "stained"):
        with pytest.raises(UserError, match=f"the feature {feature} needs pictures in colour of 8 bits"):
            accuracy(inputs, tmp_path / "run", feature)


def test_every_feature_says_of_which_modality_it_is_taken():
    assert MODALITIES.keys() == simple_features.FEATURES.keys()
    assert {name for taken in MODALITIES.values() for name in taken} <= set(PACKED)


def test_it_is_fitted_on_the_training_subset_alone(tmp_path):
    inputs = made.make_inputs(tmp_path)
    accuracy(inputs, tmp_path / "a", "border", "colour")
    split, images = SPLIT.read(inputs.split), np.load(inputs.images)
    one = int((split["subset"] == "test").idxmax())
    images[(split["subset"] == "test") & (split.index != one)] = 0
    np.save(inputs.images, images)
    inputs.vouch()
    accuracy(inputs, tmp_path / "b", "border", "colour")
    first, second = (pd.read_csv(tmp_path / name / "predictions.csv").set_index("id") for name in "ab")
    name = split["id"][one]
    assert first.loc[name].equals(second.loc[name]) and not first.equals(second)


def test_equal_runs_are_equal_bytes(tmp_path):
    inputs = made.make_inputs(tmp_path)
    for name in "ab":
        accuracy(inputs, tmp_path / name, "border", "colour", "size")
    assert (tmp_path / "a/predictions.csv").read_bytes() == (tmp_path / "b/predictions.csv").read_bytes()


@pytest.mark.parametrize("side", [20, 32, 48, 90])
def test_the_rim_is_the_rim_at_every_size(side):
    width = -(-2 * side // 32)  # two of 32 rows, rounded up
    framed = np.zeros((1, side, side, 3), dtype="uint8")
    framed[:, 2 * width : -2 * width, 2 * width : -2 * width] = 255
    assert simple_features.border(framed, pd.DataFrame()).max() == 0
    assert simple_features.border(255 - framed, pd.DataFrame()).min() == 255
