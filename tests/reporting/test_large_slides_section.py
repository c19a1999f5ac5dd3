"""The report shows slides with their tiles: some of each class, as the step that drew them left them."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from tests.seen_slides import write_slides
from tests.vouched import vouch
from workflow_scripts.preprocessing.slide_examples import slide_pictures
from workflow_scripts.reporting.pages.large_slides_section import MOST, large_slides_section
from workflow_scripts.reporting.results_reading import read_results
from workflow_scripts.runtime.errors import UserError

SHAPES = {f"W{number}": ("AC" if number < 6 else "SCC", 80, 120) for number in range(8)}


@pytest.fixture(scope="module")
def images(small):
    return read_results(small.study.folder, small.study.received, None)


@pytest.fixture
def results(images, tmp_path):
    manifest = write_slides(tmp_path / "dataset", SHAPES, blank="W9")
    names = slide_pictures(tmp_path / "dataset", manifest, ["AC", "SCC"], tmp_path / "examples" / "slides", False)
    vouch(tmp_path / "examples" / "record.json", *names)
    dataset = SimpleNamespace(modality=SimpleNamespace(name="slide"))
    return replace(images, folder=tmp_path, manifest=manifest, dataset=dataset)


def test_some_slides_of_each_class_are_shown_and_the_others_counted(results):
    section = large_slides_section(results)
    shown = [(slide["name"], slide["label"]) for slide in section["large_slides"]]
    assert shown == [("W0", "AC"), ("W6", "SCC"), ("W1", "AC"), ("W7", "SCC")] and len(shown) == MOST
    assert section["large_slides_more"] == 4
    assert all(slide["figure"].uri.startswith("data:image/webp;base64,") for slide in section["large_slides"])


def test_a_picture_that_is_not_what_its_record_says_is_refused(results):
    (results.folder / "examples" / "slides" / "W6.png").write_bytes(b"x")
    with pytest.raises(UserError, match=r"W6\.png has changed.*snakemake .*examples/slides"):
        large_slides_section(results)


def test_a_study_of_images_shows_no_slides(images):
    assert large_slides_section(images) == {"large_slides": []}
