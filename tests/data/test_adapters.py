"""Each adapter finds exactly the cells of its published layout, with label, group and id."""

import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.raw import class_folders, picture, run_ingest, save
from workflow_scripts.contracts.dataset import MANIFEST, QUARANTINE, REASONS
from workflow_scripts.data.adapters import adapter_registry
from workflow_scripts.data.adapters.interface import Refused, Sample
from workflow_scripts.data.images import Box
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.files import read_json

INGEST = SimpleNamespace(groups=None, crop=30, ids=None, masks="ask", classes=None, labels=None)


def found(adapter: str, root: Path, **changes: object) -> tuple[dict[str, Sample], list[Refused]]:
    items = list(adapter_registry.load(adapter).samples(root, SimpleNamespace(**{**vars(INGEST), **changes})))
    assert all(item.reason in REASONS for item in items if isinstance(item, Refused))
    samples = [item for item in items if isinstance(item, Sample)]
    return {sample.id: sample for sample in samples}, [item for item in items if isinstance(item, Refused)]


def test_loading_one_adapter_imports_only_it() -> None:
    code = (
        "import sys; from workflow_scripts.data.adapters import adapter_registry; adapter_registry.load('herlev'); "
        "print(sorted(m for m in sys.modules if m.startswith('workflow_scripts.data.adapters.')))"
    )
    root = Path(__file__).resolve().parents[2]
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=root).stdout
    assert not any(name in said for name in ("cric", "sipakmed", "folder'", "peripheral"))
    with pytest.raises(UserError, match="no adapter is called 'helev'"):
        adapter_registry.load("helev")


@pytest.mark.parametrize("below", ["", "New database pictures"])
def test_herlev_takes_cells_and_no_masks(tmp_path: Path, below: str) -> None:
    place = tmp_path / below
    for name in ("149143370-149143378-001.BMP", "149143370-149143378-002.bmp", "149143370-149143378-001-d.bmp"):
        save(place / "normal_superficiel" / name, picture(1))
    save(place / "Carcinoma_in_situ" / "other name.BMP", picture(2))
    save(place / "holiday" / "me.bmp", picture(3))
    save(place / "normal_superficiel" / ".hidden.bmp", picture(3))
    samples, refused = found("herlev", tmp_path)
    prefix = f"{below}/" if below else ""
    assert set(samples) == {
        f"{prefix}normal_superficiel/149143370-149143378-001",
        f"{prefix}normal_superficiel/149143370-149143378-002",
        f"{prefix}Carcinoma_in_situ/other name",
    }
    groups = {sample.label: sample.group for sample in samples.values()}
    assert groups == {"normal_superficiel": "149143370-149143378", "carcinoma_in_situ": ""}
    assert [(item.path, item.reason) for item in refused] == [(f"{prefix}holiday/me.bmp", "no_label")]


def test_peripheral_blood_passes_over_hidden_files_and_knows_no_group(tmp_path: Path) -> None:
    for name in ("BNE_1.jpg", ".DS_169665.jpg", "SNE_2.JPG"):
        save(tmp_path / "PBC_dataset_normal_DIB" / "neutrophil" / name, picture(1))
    samples, refused = found("peripheral_blood", tmp_path)
    assert len(samples) == 2 and not refused
    assert {(sample.label, sample.group) for sample in samples.values()} == {("neutrophil", "")}


def test_sipakmed_takes_cropped_cells_only_and_groups_by_class_and_field(tmp_path: Path) -> None:
    save(tmp_path / "im_Metaplastic" / "001.bmp", picture(1))
    for folder, name in (("im_Metaplastic", "001_01.bmp"), ("im_Parabasal/im_Parabasal", "001_01.jpg")):
        save(tmp_path / folder / "CROPPED" / name, picture(2))
    (tmp_path / "im_Metaplastic" / "CROPPED" / "001_cyt01.dat").write_text("1,2\n")
    save(tmp_path / "im_Other" / "CROPPED" / "001_01.png", picture(3))
    samples, refused = found("sipakmed", tmp_path)
    assert {(sample.label, sample.group) for sample in samples.values()} == {
        ("Metaplastic", "Metaplastic/001"),
        ("Parabasal", "Parabasal/001"),
    }
    assert [item.reason for item in refused] == ["no_label"]


def cric_fields(root: Path) -> None:
    root.mkdir(exist_ok=True)
    cells = [("Negative for intraepithelial lesion", 100, 80), ("HSIL", 3, 1), ("LSIL", 500, 20), ("odd", 50, 50)]
    fields = [
        {
            "image_id": index,
            "image_doi": "",
            "image_name": f"{name}.png",
            "classifications": [
                {"cell_id": 10 * index + number, "bethesda_system": label, "nucleus_x": x, "nucleus_y": y}
                for number, (label, x, y) in enumerate(cells)
            ],
        }
        for index, name in enumerate(("aa", "bb", "gone"))
    ]
    (root / "classifications.json").write_text(json.dumps(fields))
    for index, name in enumerate(("aa", "bb")):
        save(root / "images" / f"{name}.png", picture(index, 200, 160))


def test_cric_cuts_cells_out_of_fields_and_lists_what_is_missing(tmp_path: Path) -> None:
    root = tmp_path / "raw"
    cric_fields(root)
    samples, refused = found("cric", root)
    assert len(samples) == 6
    cell = samples["images/aa/0"]
    assert (cell.label, cell.group, cell.part, cell.path) == ("NILM", "aa", Box(85, 65, 115, 95), "images/aa.png")
    assert samples["images/bb/11"].part == Box(-12, -14, 18, 16)
    assert sorted(item.reason for item in refused) == ["missing_file", "no_label", "no_label"]
    out = run_ingest(tmp_path / "out", sources={"cric": root}, crop=30, max_refused=0.5)
    manifest = MANIFEST.read(out / "manifest.csv")
    assert list(manifest["label"]) == ["NILM", "HSIL", "NILM", "HSIL"]
    assert set(manifest["width"]) == set(manifest["height"]) == {30}
    assert list(manifest["left"]) == [85, -12, 85, -12]
    reasons = QUARANTINE.read(out / "quarantine.csv")["reason"].value_counts().to_dict()
    assert reasons == {"missing_file": 1, "no_label": 2, "outside_image": 2}


def test_fields_that_are_not_there_do_not_count_as_refused(tmp_path: Path) -> None:
    root = tmp_path / "raw"
    cric_fields(root)
    fields = json.loads((root / "classifications.json").read_text())
    for field in fields:
        del field["classifications"][2:]
    many = [{**fields[2], "image_name": f"gone{number}.png"} for number in range(50)]
    (root / "classifications.json").write_text(json.dumps(fields + many))
    out = run_ingest(tmp_path / "out", sources={"cric": root}, crop=30, max_refused=0.0)
    assert read_json(out / "record.json")["refused"] == {"missing_file": 51}


def test_cric_without_any_field_or_with_a_foreign_file_says_so(tmp_path: Path) -> None:
    cric_fields(tmp_path)
    for name in ("aa", "bb"):
        (tmp_path / "images" / f"{name}.png").unlink()
    with pytest.raises(UserError, match="none of the fields"):
        found("cric", tmp_path)
    (tmp_path / "classifications.json").write_text('[{"image_name": "a.png"}]')
    with pytest.raises(UserError, match="field 1"):
        found("cric", tmp_path)


def test_cric_already_cropped_is_read_from_class_folders(tmp_path: Path) -> None:
    for folder, name in (
        ("NILM", "ab12_7.png"),
        ("Negative for intraepithelial lesion", "ab12_8.png"),
        ("SCC", "x.png"),
    ):
        save(tmp_path / folder / name, picture(1))
    samples, _ = found("cric", tmp_path)
    assert {(sample.label, sample.group, sample.part) for sample in samples.values()} == {
        ("NILM", "ab12", None),
        ("SCC", "", None),
    }


def test_folder_takes_any_names_and_depths(tmp_path: Path) -> None:
    wrapped = tmp_path / "my data"
    save(wrapped / "Größe 1" / "patient 2" / "Bild.PNG", picture(1), format="PNG")
    save(wrapped / "b" / "x.jpeg", picture(2))
    save(wrapped / "b" / ".hidden" / "y.png", picture(3))
    (wrapped / "b" / "notes.txt").write_text("no image")
    samples, refused = found("folder", tmp_path)
    assert {sample.label for sample in samples.values()} == {"Größe 1", "b"} and not refused
    assert "my data/Größe 1/patient 2/Bild" in samples
    save(wrapped / "loose.png", picture(4))
    samples, refused = found("folder", wrapped)
    assert len(samples) == 2 and [item.path for item in refused] == ["loose.png"]


def test_links_are_followed_but_never_round_in_circles(tmp_path: Path) -> None:
    root = class_folders(tmp_path / "a", "x", "y", each=1)
    (root / "z").symlink_to(root / "x")
    (root / "x" / "back").symlink_to(root)
    samples, _ = found("folder", root)
    assert sorted(samples) == ["x/0", "y/0"], "z is x, which is read under its own name"


def test_groups_come_from_the_csv_file(tmp_path: Path) -> None:
    root = class_folders(tmp_path, "x", "y", each=2)
    (root / "g.csv").write_text("path,group,unit\nx/0.png,p1,u1\n./x/1.png,p1,u1\ny\\0.png,p2,u2\ny/1.png,p2,u3\n")
    samples, _ = found("folder", root, groups="g.csv")
    assert {name: (sample.group, sample.unit) for name, sample in samples.items()} == {
        "x/0": ("p1", "u1"),
        "x/1": ("p1", "u1"),
        "y/0": ("p2", "u2"),
        "y/1": ("p2", "u3"),
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("path,group\nx/00.png,p\n", "row 2: no image 'x/00.png'.*did you mean 'x/0.png'"),
        ("path,patient\nx/0.png,p\n", "lacks the column 'group'"),
        ("path,group\nx/0.png,p\nx/0.png,q\n", "row 3: 'x/0.png' is given twice"),
        (None, "g.csv is missing"),
    ],
)
def test_a_wrong_group_file_is_one_line_that_says_where(tmp_path: Path, text: str | None, said: str) -> None:
    root = class_folders(tmp_path, "x", "y", each=2)
    if text:
        (root / "g.csv").write_text(text)
    with pytest.raises(UserError, match=said) as error:
        found("folder", root, groups="g.csv")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("adapter", ["herlev", "peripheral_blood", "sipakmed", "cric", "folder"])
def test_a_source_of_another_layout_is_one_line(tmp_path: Path, adapter: str) -> None:
    (tmp_path / "readme.txt").write_text("nothing here")
    with pytest.raises(UserError) as error:
        found(adapter, tmp_path)
    assert "\n" not in str(error.value) and str(tmp_path) in str(error.value)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "latin-1"])
def test_cric_annotations_are_read_in_any_encoding(tmp_path: Path, encoding: str) -> None:
    cric_fields(tmp_path)
    path = tmp_path / "classifications.json"
    fields = json.loads(path.read_text())
    path.write_bytes(json.dumps([{**field, "note": "ü"} for field in fields], ensure_ascii=False).encode(encoding))
    assert len(found("cric", tmp_path)[0]) == 6


@pytest.mark.parametrize("text", ["{", "[" * 200_000, "[1, 2]", ""])
def test_cric_annotations_that_are_none_are_named_and_nobody_is_told_to_delete_them(tmp_path: Path, text: str) -> None:
    cric_fields(tmp_path)
    (tmp_path / "classifications.json").write_text(text)
    with pytest.raises(UserError, match="take the file as it is published") as error:
        found("cric", tmp_path)
    assert "\n" not in str(error.value)


def test_a_link_that_leads_back_refuses_no_image_of_a_published_layout_twice(tmp_path: Path) -> None:
    save(tmp_path / "monocyte" / "MO_1.jpg", picture(1))
    (tmp_path / "again").symlink_to(".")
    (tmp_path / "all").symlink_to(tmp_path / "monocyte")
    samples, refused = found("peripheral_blood", tmp_path)
    assert list(samples) == ["monocyte/MO_1"] and not refused
