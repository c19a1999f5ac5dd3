"""From a folder of slides and its table to manifest, slides and quarantine."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from tests.data.slides.made_slides import Drawn, write_slide
from tests.raw import run_ingest
from workflow_scripts.contracts.dataset import QUARANTINE, read_manifest
from workflow_scripts.contracts.dataset import REASONS as REFUSALS
from workflow_scripts.contracts.slide_overviews import TISSUE, read_overviews
from workflow_scripts.contracts.slide_table import REASONS, SLIDES, TAKEN, UNLISTED
from workflow_scripts.contracts.step_settings.ingest_settings import Ingest
from workflow_scripts.data.adapters import slides as adapter
from workflow_scripts.data.dicom.pseudonyms import Pseudonyms
from workflow_scripts.data.slides import survey
from workflow_scripts.data.slides.slide import Slide
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.files import digest_file, read_json

NAMES = Pseudonyms(bytes(32))
RULE = {"microns": 0.5, "pixels": 128}
ROWS = ["a/one.tif,SCC,p1,,x", "a/two.tif,SCC,p1,,y", "three.tif,AC,,,y"]


def tissue(seed: int) -> np.ndarray:
    return Drawn.glass(1000, 700, seed).tissue(480, 350, 320, 260, seed).pixels


def table(root: Path, rows: list[str], head: str = "slide,label,patient,microns,site") -> None:
    (root / "slides.csv").write_text("\n".join([head, *rows]) + "\n")


@pytest.fixture(scope="module")
def drawn(tmp_path_factory) -> Path:
    """Three slides with tissue, one that no row names, and a file that is no slide."""
    root = tmp_path_factory.mktemp("slides") / "raw"
    for number, name in enumerate(("a/one.tif", "a/two.tif", "three.tif", "b/unlisted.tif")):
        write_slide(root / name, tissue(number + 1))
    (root / "readme.txt").write_text("read me")
    table(root, ROWS)
    return root


@pytest.fixture
def raw(drawn, tmp_path) -> Path:
    return shutil.copytree(drawn, tmp_path / "raw")


def ingested(root: Path, out: Path, **changes: object) -> Path:
    """Ingest with the key of NAMES."""
    key = root.parent / "zeros.key"
    key.write_text("00" * 32)
    settings = {"slides": "slides.csv", "tiles": RULE, "key": key, "max_refused": 0.9} | changes
    return run_ingest(out, sources={"slides": root}, **settings)


def reasons(out: Path) -> dict[str, str]:
    return dict(SLIDES.read(out / "slides.csv")[["slide", "reason"]].to_numpy().tolist())


def test_the_manifest_has_the_tiles_of_each_slide(drawn, tmp_path):
    out = ingested(drawn, tmp_path / "out", attributes=("site",))
    manifest = read_manifest(out)
    slide = NAMES.slide("a/two.tif")
    own = manifest[manifest["unit"] == slide]
    assert list(own["id"]) == [f"{slide}/{row:04d}-{column:04d}" for row, column in own[["row", "column"]].to_numpy()]
    assert len(own) > 5 and (own["left"] == 128 * own["column"]).all() and (own["top"] == 128 * own["row"]).all()
    assert set(own["group"]) == {NAMES.patient("p1")} and set(own["label"]) == {"SCC"} and set(own["site"]) == {"y"}
    assert set(own["path"]) == {NAMES.file("a/two.tif")} and own["sha256"].is_unique
    assert own[["width", "height", "microns", "tile_microns", "side"]].drop_duplicates().to_numpy().tolist() == [
        [1000, 700, 0.5, 0.5, 128]
    ]
    assert own["tissue"].between(0.5, 1).all()
    # Whose patient nobody knows is a group of its own.
    alone = manifest[manifest["unit"] == NAMES.slide("three.tif")]
    assert set(alone["group"]) == {NAMES.slide("three.tif")} and read_json(out / "record.json")["groups_known"]


def test_every_slide_has_a_line_and_what_was_looked_at_an_overview(drawn, tmp_path):
    out = ingested(drawn, tmp_path / "out")
    slides = SLIDES.read(out / "slides.csv").set_index("slide")
    manifest = read_manifest(out)
    assert slides["reason"].value_counts().to_dict() == {TAKEN: 3, UNLISTED: 1}
    assert slides["tiles"][slides["tiles"] > 0].to_dict() == manifest.groupby("unit").size().to_dict()
    first = slides.loc[NAMES.slide("a/one.tif")]
    assert first[["patient", "vendor", "width", "height", "levels", "microns"]].tolist() == [
        *(NAMES.patient("p1"), "tiff", 1000, 700, 2, 0.5)
    ]
    assert first["grid"] == 7 * 5 == first["tiles"] + first["background"]
    assert first["saturation_limit"] >= 20 and first["mask_microns"] == pytest.approx(8, rel=0.3)
    overviews = dict(read_overviews(out / "slides.npz"))
    assert set(overviews) == set(slides.index[slides["reason"] == TAKEN])
    share = (overviews[NAMES.slide("a/one.tif")].mask == TISSUE).mean()
    assert share == pytest.approx(first["tissue_share"], abs=0.02)
    record = read_json(out / "record.json")
    assert {name: record["outputs"][name] for name in ("slides.csv", "slides.npz")} == {
        name: digest_file(out / name) for name in ("slides.csv", "slides.npz")
    }
    assert record["passed_over"] == {".txt": 1}


def test_the_order_of_rows_changes_nothing(raw, tmp_path):
    tables = ("manifest.csv", "slides.npz")
    shutil.copy(raw / "three.tif", raw / "copy.tif")
    rows = [*ROWS, "copy.tif,AC,,,y"]
    table(raw, rows)
    rule = RULE | {"max_tiles": 4}
    first = ingested(raw, tmp_path / "first", tiles=rule)
    table(raw, rows[::-1])
    second = ingested(raw, tmp_path / "second", tiles=rule)
    assert [(first / name).read_bytes() for name in tables] == [(second / name).read_bytes() for name in tables]
    # Which of two copies is kept, too.
    assert reasons(first) == reasons(second) and reasons(first)[NAMES.slide("three.tif")] == "equal_slide"
    assert read_manifest(first).groupby("unit").size().tolist() == [4, 4, 4]


def refused_slides(root: Path) -> dict[str, str]:
    """Write slides that are each refused; name → reason."""
    drawn = Drawn.glass(1000, 700).tissue(480, 350, 320, 260)
    dark = np.zeros((700, 1000, 3), np.uint8)
    dark[200:500, 200:700] = (10, 20, 200)
    write_slide(root / "size.tif", drawn.pixels, microns=None)
    write_slide(root / "coarse.tif", drawn.pixels, microns=1.0)
    write_slide(root / "dark.tif", dark)
    write_slide(root / "empty.tif", Drawn.glass(1000, 700).pixels)
    write_slide(root / "pen.tif", Drawn.glass(1000, 700).stroke("green", (100, 100), (800, 500)).pixels)
    write_slide(root / "small.tif", drawn.pixels[300:400], levels=1)
    shutil.copy(root / "three.tif", root / "copy.tif")
    (root / "text.svs").write_text("no slide")
    (root / "nothing.svs").touch()
    cut = write_slide(root / "cut.tif", tissue(9), levels=1)
    cut.write_bytes(cut.read_bytes()[:30_000])
    return {
        **{"size.tif": "no_microns", "coarse.tif": "too_coarse", "dark.tif": "fluorescence", "empty.tif": "blank"},
        **{"pen.tif": "only_pen", "small.tif": "no_tile", "text.svs": "not_a_slide", "nothing.svs": "empty_file"},
        **{"gone.tif": "missing_file", "cut.tif": "truncated"},
    }


def test_a_slide_that_cannot_be_used_is_refused_with_its_reason_and_the_others_go_on(raw, tmp_path):
    expected = refused_slides(raw)
    table(raw, [*ROWS, *(f"{name},AC,,," for name in expected), "copy.tif,AC,,,"])
    out = ingested(raw, tmp_path / "out")
    seen = reasons(out)
    assert {name: seen[NAMES.slide(name)] for name in expected} == expected
    # Of two copies the one with the first path is kept.
    assert seen[NAMES.slide("copy.tif")] == TAKEN and seen[NAMES.slide("three.tif")] == "equal_slide"
    quarantine = QUARANTINE.read(out / "quarantine.csv")
    assert dict(quarantine[["path", "reason"]].to_numpy().tolist()) == {
        NAMES.file(name): reason for name, reason in {**expected, "three.tif": "equal_slide"}.items()
    }
    assert read_manifest(out)["unit"].nunique() == 3


def test_a_table_may_say_what_a_file_does_not_of_its_pixels_and_a_file_is_believed_first(raw, tmp_path, caplog):
    write_slide(raw / "size.tif", tissue(8), microns=None)
    table(raw, [*ROWS[:2], "three.tif,AC,,0.25,", "size.tif,AC,,0.25,"])
    slides = SLIDES.read(ingested(raw, tmp_path / "out") / "slides.csv").set_index("slide")
    own = slides.loc[[NAMES.slide("size.tif"), NAMES.slide("three.tif")]]
    assert own["microns"].tolist() == [0.25, 0.5] and own["microns_from"].iloc[0] == "table"
    assert own["tile_side"].tolist() == [256, 128]
    assert "row 4 says 0.25 µm per pixel, the file 0.5; the file's counts" in caplog.text


def test_a_file_may_be_named_without_its_folder_or_as_windows_does(raw, tmp_path):
    table(raw, ["one.tif,SCC,p1,,", r"a\two.tif,SCC,p1,,", "./three.tif,AC,,,"])
    assert sorted(reasons(ingested(raw, tmp_path / "out")).values()) == [TAKEN] * 3 + [UNLISTED]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (["a/one.tif,,p,,"], "row 2: no label; fill it in"),
        ([",AC,p,,"], "row 2: no slide; fill it in"),
        (["a/one.tif,AC,p,,", "one.tif,AC,p,,"], "rows 2 and 3 name one slide"),
        (["nowhere.tif,AC,p,,"], "no file in the source is called as any row says"),
        (["a/one.tif,AC,p,quarter,"], "row 2: microns is no number of µm per pixel"),
        (["a/one.tif,AC,p,-1,"], "row 2: microns is no number of µm per pixel"),
        (["a/one.tif,AC,p,nan,"], "row 2: microns is no number of µm per pixel"),
        (["a/one.tif,AC,p,,", "three.tif,AC,,,", "a/two.tif,SCC,p,,"], "rows 2 and 4 give one patient the classes"),
        (["same.tif,AC,p,,"], "row 2: 2 files have this name"),
        (["a/same.tif,AC,p,,", "b/same.tif,SCC,q,,"], "rows 2 and 3 name files of the same bytes.* two labels"),
        (["a/same.tif,AC,p,,", "b/same.tif,AC,q,,"], "rows 2 and 3 name files of the same bytes.* two patients"),
    ],
)
def test_a_mistake_in_the_table_is_one_line_that_names_the_row(raw, tmp_path, rows, message):
    for folder in ("a", "b"):
        shutil.copy(raw / "three.tif", raw / folder / "same.tif")
    table(raw, rows)
    with pytest.raises(UserError, match=message) as caught:
        ingested(raw, tmp_path / "out")
    assert "\n" not in str(caught.value) and "tif" not in str(caught.value).replace("source", "")


def test_a_word_among_decimal_commas_is_blamed_and_not_the_numbers(raw, tmp_path):
    table(raw, ["a/one.tif;SCC;0,25", "three.tif;AC;NA"], "slide;label;microns")
    with pytest.raises(UserError, match="row 3: microns is no number"):
        ingested(raw, tmp_path / "out")


def test_labels_that_become_one_class_are_no_contradiction(raw, tmp_path):
    table(raw, ["a/one.tif,grade 1,p,,", "a/two.tif,grade 2,p,,", "three.tif,AC,,,"])
    labels = {"grade 1": "SCC", "grade 2": "SCC", "AC": "AC"}
    assert set(read_manifest(ingested(raw, tmp_path / "out", labels=labels))["label"]) == {"SCC", "AC"}


def test_words_for_unknown_patients_are_no_patient(raw, tmp_path):
    table(raw, ["a/one.tif,SCC,unknown,,", "a/two.tif,AC,unknown,,", "three.tif,AC,NA,,"])
    manifest = read_manifest(ingested(raw, tmp_path / "out"))
    assert (manifest["group"] == manifest["unit"]).all() and manifest["unit"].nunique() == 3


def test_patients_whose_names_are_nearly_equal_are_warned_of_by_their_rows(raw, tmp_path, said):
    table(raw, ["a/one.tif,SCC,0123,,", "a/two.tif,AC,123,,", "three.tif,AC,9,,"])
    ingested(raw, tmp_path / "out")
    assert "names of 1 patients are nearly equal" in said() and "first row 2 and row 3; they count" in said()


def test_a_source_without_a_usable_slide_says_why_of_each(raw, tmp_path):
    with pytest.raises(UserError, match="none of the 4 slides is taken.*3 too_coarse"):
        ingested(raw, tmp_path / "out", tiles={"microns": 0.1})
    assert sorted(reasons(tmp_path / "out").values()) == ["too_coarse"] * 3 + [UNLISTED]


def test_one_slide_is_open_at_a_time(drawn, monkeypatch):
    opened, now, open_slide = [], set(), survey.open_slide

    def watched(path: Path) -> Slide:
        slide = open_slide(path)
        now.add(slide)
        opened.append(len(now))
        close = slide.close
        slide.close = lambda: (now.discard(slide), close())
        return slide

    monkeypatch.setattr(survey, "open_slide", watched)
    list(adapter.samples(drawn, Ingest(slides="slides.csv"), NAMES))
    assert opened == [1, 1, 1] and not now


def test_every_reason_against_a_slide_is_one_of_the_quarantine():
    assert set(REASONS) - {TAKEN, UNLISTED} < set(REFUSALS)
