"""A user's table of groups: no name of one patient counts twice unseen, nothing but what was asked for is kept."""

from pathlib import Path

import pytest

from tests.raw import class_folders, run_ingest
from workflow_scripts.contracts.dataset import MANIFEST
from workflow_scripts.data.groups import alike
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.files import read_json

NAMES = ("x/0.png", "x/1.png", "y/0.png", "y/1.png")


def ingest(tmp_path: Path, groups: list[str], head: str = "path,group", attributes: tuple[str, ...] = ()) -> Path:
    root = class_folders(tmp_path / "raw", "x", "y", each=2)
    rows = [f"{name},{cells}" for name, cells in zip(NAMES, groups, strict=False)]
    (root / "g.csv").write_text("\n".join([head, *rows]) + "\n")
    return run_ingest(tmp_path / "out", sources={"folder": root}, groups="g.csv", attributes=attributes)


def groups_of(out: Path) -> list[str]:
    return list(MANIFEST.read(out / "manifest.csv")["group"])


def test_white_space_and_decomposed_letters_make_no_second_patient(tmp_path) -> None:
    out = ingest(tmp_path, ["ä ", " ä", "a\u0308", "\u00a0ä\ufeff"])
    assert groups_of(out) == ["ä"] * 4


@pytest.mark.parametrize("word", ["NA", "N/A", "nan", "NULL", "None", "-", "?", "#N/A", ""])
def test_words_for_not_known_are_no_patient(tmp_path, word) -> None:
    out = ingest(tmp_path, [f"{word},{word}", "p1,u", "p2,u2", "p3,u3"], "path,group,unit")
    manifest = MANIFEST.read(out / "manifest.csv")
    assert list(manifest["group"]) == ["", "p1", "p2", "p3"] and manifest["unit"].iat[0] == "x/0"
    assert read_json(out / "record.json")["groups_known"] is False


def test_names_that_are_nearly_equal_are_told_apart_and_warned_of(tmp_path, said) -> None:
    out = ingest(tmp_path, ["p1", "P1", "7", "7.0"])
    assert groups_of(out) == ["p1", "P1", "7", "7.0"]
    assert "2 names are nearly equal, first '7' and '7.0'" in said()
    assert read_json(out / "record.json")["groups_alike"] == [["7", "7.0"], ["P1", "p1"]]


@pytest.mark.parametrize(
    ("names", "number"),
    [
        (("p1", "P1"), 1),
        (("p 1", "p1"), 1),
        (("1", "1.0", "01"), 1),
        (("case_007", "case-7"), 1),
        (("p1", "p10", "p01x", "1.5", "1.50x", "10", "100"), 0),
        (("0", "00"), 1),
        (("a/1", "b/1"), 0),
        (("1.0.1", "1.0"), 0),
    ],
)
def test_what_is_nearly_equal(names, number) -> None:
    assert len(alike(names)) == number


def test_a_name_that_a_third_of_the_images_share_is_doubted(tmp_path, said) -> None:
    root = class_folders(tmp_path / "raw", "x", "y", each=9)
    names = [f"{label}/{number}.png" for label in "xy" for number in range(9)]
    rows = [f"{name},{'unbekannt' if place % 2 else f'p{place}'}" for place, name in enumerate(names)]
    (root / "g.csv").write_text("\n".join(["path,group", *rows]))
    run_ingest(tmp_path / "out", sources={"folder": root}, groups="g.csv")
    assert "'unbekannt' holds 9 of 18 images" in said()


HEAD = "path,group,patient_name,born,mrn,age,pixels,whole_file,label"
ROW = "p{n},Anna Beispiel,1970-01-01,4711,{n},576,no,same"


def test_only_the_columns_that_a_setting_names_reach_the_results(tmp_path, said) -> None:
    out = ingest(tmp_path, [ROW.format(n=n) for n in range(4)], HEAD, attributes=("age",))
    manifest = MANIFEST.read(out / "manifest.csv")
    assert [name for name in manifest if name not in (*MANIFEST.columns, "width", "height")] == ["age"]
    for path in out.iterdir():
        text = path.read_text()
        assert not any(word in text for word in ("Anna", "1970", "4711", "patient_name", "mrn")), path
    assert "patient_name, born, mrn" in said()


def test_no_column_of_a_users_takes_the_place_of_one_of_ours(tmp_path) -> None:
    rows = [ROW.format(n=n) for n in range(4)]
    out = ingest(tmp_path, rows, HEAD, attributes=("pixels", "whole_file"))
    assert not any(read_json(out / "record.json")["equal_pairs"].values())
    assert list(MANIFEST.read(out / "manifest.csv")["pixels"]) == [576] * 4
    for name in ("label", "sha256", "left", "change", "source"):
        head = HEAD.replace("label", name)
        with pytest.raises(UserError, match=f"column '{name}', which evaluate.subgroups or a run names") as error:
            ingest(tmp_path, rows, head, attributes=(name,))
        assert "\n" not in str(error.value)


def test_a_name_that_a_spreadsheet_takes_for_a_formula_is_warned_of(tmp_path, said) -> None:
    ingest(tmp_path, ["=1+1", "@SUM(1)", "-5", "+x"])
    line = next(line for line in said().splitlines() if "formulas" in line)
    assert line.startswith("3 ids, labels, groups") and "'+x'" in line


def test_a_path_is_matched_without_the_space_that_a_spreadsheet_lost(tmp_path) -> None:
    root = class_folders(tmp_path / "raw", "x", "y", each=2)
    (root / "x").rename(root / " x")
    (root / "g.csv").write_text("path,group\nx/0.png,p\n")
    out = run_ingest(tmp_path / "out", sources={"folder": root}, groups="g.csv")
    assert groups_of(out) == ["p", "", "", ""]


def test_a_folder_or_a_file_of_another_ending_in_the_table_is_named(tmp_path) -> None:
    root = class_folders(tmp_path / "raw", "x", "y", each=2)
    with pytest.raises(UserError, match="raw/x is a folder"):
        run_ingest(tmp_path / "out", sources={"folder": root}, groups="x")
    (root / "x" / "a.heic").touch()
    (root / "g.csv").write_text("path,group\nx/a.heic,p\n")
    with pytest.raises(UserError, match="row 2: no image 'x/a.heic'.*its ending is none of"):
        run_ingest(tmp_path / "out", sources={"folder": root}, groups="g.csv")


def test_a_backslash_in_a_files_own_name_is_no_separator(tmp_path) -> None:
    root = class_folders(tmp_path / "raw", "x\\y", "z", each=1)
    (root / "g.csv").write_text("path,group\nx\\y/0.png,p1\nz\\0.png,p2\n")
    assert groups_of(run_ingest(tmp_path / "out", sources={"folder": root}, groups="g.csv")) == ["p1", "p2"]


def test_a_unit_of_two_classes_is_said_before_anything_is_trained(tmp_path, said) -> None:
    ingest(tmp_path, ["p1,u1", "p2,u2", "p3,u1", "p4,u3"], "path,group,unit")
    assert "1 units hold images of several classes, first 'u1'" in said()
