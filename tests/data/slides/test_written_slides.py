"""Synthetic slides: what was drawn is in files that other programs open, beside all that scanners write there."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from openslide import OpenSlide, OpenSlideUnsupportedFormatError
from tifffile import TiffFile

from tests.identifiers import planted_slide_identifiers, slide_files
from workflow_scripts.contracts.blocks import parse
from workflow_scripts.contracts.step_settings.synthesise_settings import Synthetic
from workflow_scripts.data.adapters.interface import Written
from workflow_scripts.data.dicom.invented import MARK, identity_of
from workflow_scripts.data.slides import written_slides
from workflow_scripts.data.slides.written_labels import SlideNames
from workflow_scripts.runtime.files import digest_file
from workflow_scripts.studies.histology_vgg import synthetic
from workflow_scripts.synthetic.pictures import Plan


def plan(**changes: object) -> Plan:
    block = parse(Synthetic, {"samples_per_class": 24, "samples_per_field": 6, "size": 80} | changes)
    return Plan(("AC", "SCC"), block, whole_fields=True, first_class=0, seed=("histology", "0", "slides"))


@pytest.fixture(scope="module")
def slides(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Written]]:
    folder = tmp_path_factory.mktemp("slides")
    return folder, list(written_slides.write_synthetic(folder, synthetic.pictures(plan())))


def opened(path: Path) -> np.ndarray | None:
    """The first level as OpenSlide reads it; None where it does not open the file."""
    try:
        with OpenSlide(path) as slide:
            return np.asarray(slide.read_region((0, 0), 0, slide.dimensions))[..., :3]
    except OpenSlideUnsupportedFormatError:
        return None


def test_slides_open_in_openslide_and_tifffile_with_equal_pixels_close_to_what_was_drawn(
    slides: tuple[Path, list[Written]],
) -> None:
    folder, written = slides
    kinds = Counter[str]()
    for item in written:
        pixels = opened(folder / item.path)
        with TiffFile(folder / item.path) as file:
            kind = ("svs" if file.is_svs else "ome" if file.is_ome else "") + file.byteorder
            levels = [level.asarray() for level in file.series[0].levels]
        kinds[kind] += 1
        # OpenSlide opens no big-endian file that is not a BigTIFF.
        assert (pixels is None) == (kind == "ome>")
        assert pixels is None or np.array_equal(pixels, levels[0])
        factors = [1, *(written_slides.SVS_LEVELS if kind == "svs<" else written_slides.OME_LEVELS)]
        for factor, level in zip(factors, levels, strict=True):
            drawn = written_slides.smaller(item.picture.pixels, factor).astype(float)
            assert level.shape == drawn.shape and np.abs(level - drawn).mean() < 3.5, (kind, factor)
    assert kinds["svs<"] >= 4 and kinds["ome<"] >= 2 and kinds["ome>"] >= 2 and kinds.total() == 11


def test_a_file_says_how_large_its_pixels_are_unless_that_is_to_be_missing(tmp_path: Path) -> None:
    picture = synthetic.slide(plan(), "AC", 0, 1)
    names = SlideNames(identity_of("someone", "North", 50), 1)
    for says in (True, False):
        slide = replace(picture, says_microns=says)
        written_slides.write_svs(tmp_path / "a.svs", slide, names)
        written_slides.write_ome(tmp_path / "a.ome.tif", slide, names)
        with OpenSlide(tmp_path / "a.svs") as file:
            assert file.properties["openslide.vendor"] == "aperio"
            assert float(file.properties.get("openslide.mpp-x", 0)) == pytest.approx(1.4 if says else 0)
            assert ("openslide.objective-power" in file.properties) == says
        with TiffFile(tmp_path / "a.ome.tif") as file:
            assert ('PhysicalSizeX="1.4"' in file.ome_metadata) == says


def test_every_slide_bears_names_and_a_label_picture_and_none_of_them_is_in_its_pseudonyms(
    slides: tuple[Path, list[Written]],
) -> None:
    folder, written = slides
    for path in slide_files(folder):
        with TiffFile(path) as file:
            description, names = file.pages[0].description, [series.name for series in file.series]
        assert MARK in description or MARK.upper() in description
        assert any("label" in name.lower() for name in names), names
    with OpenSlide(next(folder.rglob("*.svs"))) as slide:
        assert set(slide.associated_images) == {"label", "macro", "thumbnail"}
        assert len(np.unique(np.asarray(slide.associated_images["label"]))) > 20  # there is writing on it
    identifiers = planted_slide_identifiers(folder)
    assert len(identifiers) > 60
    assert not [text for item in written for name in (*item.ids, item.group) for text in identifiers if text in name]


def test_the_table_names_every_slide_with_label_patient_and_site_and_leaves_microns_empty(
    slides: tuple[Path, list[Written]],
) -> None:
    folder, written = slides
    table = pd.read_csv(folder / written_slides.TABLE, dtype=str, keep_default_na=False)
    assert list(table) == list(written_slides.COLUMNS) and set(table["microns"]) == {""}
    assert table["slide"].tolist() == [item.path for item in written]
    assert table["label"].tolist() == [item.picture.label for item in written]
    # Pseudonyms of the same patients are the same, and those of slides are not.
    groups = pd.Series([item.group for item in written])
    assert groups.groupby(table["patient"]).nunique().max() == 1 and table["patient"].nunique() == groups.nunique()
    assert len({name for item in written for name in item.ids}) == len(written) > groups.nunique()


def test_the_same_settings_give_the_same_bytes(tmp_path: Path) -> None:
    digests = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        pictures = [synthetic.slide(plan(), label, index, 2) for index, label in enumerate(("AC", "SCC"))]
        paths = [item.path for item in written_slides.write_synthetic(tmp_path / name, pictures)]
        digests.append([digest_file(tmp_path / name / path) for path in (*paths, written_slides.TABLE)])
    assert digests[0] == digests[1] and len(set(digests[0])) == 3
