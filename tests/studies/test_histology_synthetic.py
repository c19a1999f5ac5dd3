"""Synthetic slides of the histology study: what shows the class does, and nothing else tells it."""

from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from tests.raw import run_ingest, run_synthesise
from workflow_scripts.contracts.blocks import parse
from workflow_scripts.contracts.dataset import read_manifest
from workflow_scripts.contracts.ground_truth_table import (
    CLASS_SIGN,
    FOLD,
    GLASS,
    MASKS,
    PADDING,
    PEN,
    TISSUE,
    TISSUE_VALUES,
)
from workflow_scripts.contracts.step_settings.synthesise_settings import Synthetic
from workflow_scripts.data.slides.synthetic_slides import SyntheticSlide
from workflow_scripts.studies.histology_vgg import synthetic
from workflow_scripts.synthetic.pictures import Plan

LABELS = ("AC", "SCC")


def plan(seed: int = 0, **changes: object) -> Plan:
    block = parse(Synthetic, {"samples_per_class": 45, "samples_per_field": 5, "size": 56} | changes)
    return Plan(LABELS, block, whole_fields=True, first_class=0, seed=("histology", str(seed), "slides"))


@pytest.fixture(scope="module")
def slides() -> list[SyntheticSlide]:
    return [picture for picture in synthetic.pictures(plan()) if isinstance(picture, SyntheticSlide)]


def of_classes(slides: list[SyntheticSlide]) -> list[SyntheticSlide]:
    """Without the three that are there to be refused."""
    return [slide for slide in slides if not slide.broken]


def test_classes_are_balanced_over_sites_and_patients_and_some_patients_have_several_slides(
    slides: list[SyntheticSlide],
) -> None:
    wanted = of_classes(slides)
    assert Counter((slide.label, slide.site) for slide in wanted) == {
        (label, site): 3 for label in LABELS for site in synthetic.SITES
    }
    patients = Counter((slide.label, slide.patient) for slide in wanted)
    assert sorted(patients.values()) == [1] * 6 + [2] * 6
    by_patient = {(slide.patient, slide.site, slide.age) for slide in wanted}
    assert len(by_patient) == len(patients)


def test_class_by_site_gives_each_class_a_site_of_its_own() -> None:
    wanted = plan(class_by_site=1.0)
    sites = {(label, synthetic.slide(wanted, label, index, 4).site) for index, label in enumerate(LABELS)}
    sites |= {(label, synthetic.slide(wanted, label, index, 1).site) for index, label in enumerate(LABELS)}
    assert sites == {("AC", "North"), ("SCC", "Harbour")}


def test_three_slides_more_are_there_to_be_refused(slides: list[SyntheticSlide]) -> None:
    broken = {slide.broken: slide for slide in slides if slide.broken}
    assert set(broken) == {"no_microns", "truncated", "blank"} and len(slides) == 2 * 9 + 3
    assert not broken["no_microns"].says_microns and broken["truncated"].says_microns
    blank = broken["blank"]
    assert set(np.unique(blank.mask)) <= {GLASS, PADDING}
    assert blank.pixels[blank.mask == GLASS].mean() > 225 and blank.pixels[blank.mask == GLASS].std() > 0.5


def test_the_mask_says_what_lies_where(slides: list[SyntheticSlide]) -> None:
    seen = Counter[int]()
    for slide in of_classes(slides):
        saturation = slide.pixels.max(2).astype(int) - slide.pixels.min(2)
        values = {value: slide.mask == value for value in np.unique(slide.mask).tolist()}
        seen.update(values.keys())
        assert slide.pixels[values[GLASS]].mean() > 225 and saturation[values[TISSUE]].mean() > 25
        assert 0.25 < np.isin(slide.mask, TISSUE_VALUES).mean() < 0.75
        assert values[CLASS_SIGN].sum() > 0.12 * values[TISSUE].sum()
        if PADDING in values:
            assert slide.pixels[values[PADDING]].max() == 0
        if PEN in values:
            red, green, blue = slide.pixels[values[PEN]].mean(axis=0)
            assert max(green, blue) > red + 25
        if FOLD in values:
            assert slide.pixels[values[FOLD]].mean() < slide.pixels[values[TISSUE]].mean() - 30
    assert min(seen[value] for value in (PEN, PADDING, FOLD)) >= 2


def test_glands_hold_pale_lumina_and_nests_red_keratin() -> None:
    wanted = plan(size=112, difficulty=0.0)
    pale, red = {}, {}
    for index, label in enumerate(LABELS):
        slide = synthetic.slide(wanted, label, index, 4)
        redness = slide.pixels[..., 0].astype(int) - slide.pixels[..., 1]
        sign, stroma = slide.mask == CLASS_SIGN, slide.mask == TISSUE
        pale[label] = (slide.pixels[sign].min(axis=1) > 190).mean()
        # Keratin holds more eosin than fibres do; of the stroma a part are red cells.
        red[label] = (redness[sign] > np.quantile(redness[stroma], 0.9)).mean()
    assert pale["AC"] > 0.2 > 0.02 > pale["SCC"]
    assert red["SCC"] > 0.05 > 0.01 > red["AC"]


def test_the_stain_is_that_of_the_site_and_does_not_tell_the_class(slides: list[SyntheticSlide]) -> None:
    rows = []
    for slide in of_classes(slides):
        colour = slide.pixels[np.isin(slide.mask, TISSUE_VALUES)].mean(axis=0)
        rows.append({"label": slide.label, "site": slide.site, "green": colour[1], "ratio": colour[0] - colour[2]})
    table = pd.DataFrame(rows)
    sites = table.groupby("site")["ratio"]
    between_sites, within = sites.mean().std(), sites.std().mean()
    assert between_sites > 2 * within
    for column in ("green", "ratio"):
        means = table.groupby("label")[column].mean()
        assert abs(means["AC"] - means["SCC"]) < 0.7 * table[column].std(), column


def test_the_same_seed_gives_the_same_slide_and_more_slides_leave_it_as_it_was() -> None:
    first = synthetic.slide(plan(), "SCC", 1, 2)
    again = synthetic.slide(plan(samples_per_class=60), "SCC", 1, 2)
    assert np.array_equal(first.pixels, again.pixels) and first.patient == again.patient
    assert not np.array_equal(first.pixels, synthetic.slide(plan(seed=1), "SCC", 1, 2).pixels)


def test_a_smaller_size_shows_the_same_tissue_with_larger_pixels() -> None:
    large, small = (synthetic.slide(plan(size=size), "AC", 0, 1) for size in (112, 56))
    assert large.microns == 1 and small.microns == 2
    assert large.mask.shape == (756, 1008) and small.mask.shape == (378, 504)


def test_ready_tiles_are_tissue_of_known_slides_and_read_back_with_their_site(tmp_path: Path) -> None:
    made = run_synthesise(
        tmp_path / "made", "folder", paper="histology_vgg", samples_per_class=20, samples_per_field=5, size=64
    )
    truth = pd.read_csv(made / "truth.csv", keep_default_na=False).set_index("id")
    dataset = run_ingest(
        tmp_path / "out", synthetic=True, sources={"folder": made}, groups="groups.csv", attributes=("site",)
    )
    manifest = read_manifest(dataset).set_index("id")
    whole = truth[~truth["defect"].isin(["truncated", "empty_file"])]
    assert sorted(manifest.index) == sorted(whole.index) and set(manifest["label"].value_counts()) == {20}
    assert manifest["group"].nunique() == 8 and set(manifest["site"]) == set(synthetic.SITES)
    assert set(manifest["width"]) == {64}
    for row in manifest.itertuples():
        pixels = np.asarray(Image.open(made / row.path)).astype(int)
        assert (pixels.max(axis=2) > 12).mean() > 0.97 and (pixels.min(axis=2) < 215).mean() > 0.5, row.path
        assert np.asarray(Image.open((made / MASKS / row.path).with_suffix(".png"))).max() <= 1
    assert whole["sign_share"].median() > 0.15
