"""From a hospital's folder to manifest, series and quarantine; and back to the files by the key."""

import argparse
import hashlib
import hmac
from pathlib import Path

import numpy as np
import pytest

from tests.data.dicom.written_dicom import CORONAL, enhanced, picture, set_pixels, slice_of, write, write_series
from tests.raw import run_ingest
from tests.settings.test_raw_files import plan_of
from workflow_scripts.commands import locate
from workflow_scripts.contracts.dataset import EQUAL_PAIRS, QUARANTINE, read_manifest
from workflow_scripts.contracts.series_table import SERIES
from workflow_scripts.data.dicom.pseudonyms import KEY_FILE, PUBLIC, Pseudonyms, read_key, read_or_make_key
from workflow_scripts.data.raw_folders import parse_sources
from workflow_scripts.data.readers.reader_interface import Limits
from workflow_scripts.data.reading import ChangedFileError, RawFiles, verified
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.files import digest_file, read_json
from workflow_scripts.settings.plan.rule_params import RuleParams

RULE = {"plane": "sagittal", "weighting": "T2", "min_slices": 3}
PLACES = [0, 3, 6, 9]
NAMES = Pseudonyms(bytes(32))


def hospital(root: Path) -> Path:
    """Two patients, each with a sagittal T2 series among others."""
    for patient in (1, 2):
        changes = {"PatientID": f"pat-{patient}", "StudyInstanceUID": f"1.5.{patient}"}
        folder = root / f"Mueller {patient}"
        write_series(folder / "1", PLACES, series=f"1.7.{patient}.1", **changes)
        write_series(folder / "2", PLACES, series=f"1.7.{patient}.2", ImageOrientationPatient=CORONAL, **changes)
        write_series(folder / "3", PLACES, series=f"1.7.{patient}.3", EchoTime="10", **changes)
    (root / "patients.csv").write_text("patient,label,age,ward\npat-1,SCC,50,x\npat-2,AC,,y\npat-3,AC,40,z\n")
    return root


def ingested(root: Path, out: Path, **changes: object) -> Path:
    """Ingest with the key of NAMES."""
    key = root.parent / "zeros.key"
    key.write_text("00" * 32)
    settings = {"patients": "patients.csv", "series": RULE, "key": key} | changes
    return run_ingest(out, sources={"dicom": root}, **settings)


def test_the_manifest_has_the_slices_of_the_chosen_series_in_order(tmp_path):
    out = ingested(hospital(tmp_path / "raw"), tmp_path / "out", attributes=("age",))
    manifest = read_manifest(out)
    patient, series = NAMES.patient("pat-2"), NAMES.series("1.7.2.1")
    own = manifest[manifest["unit"] == patient]
    assert list(own["id"]) == [f"{patient}/{series}/{number:03d}" for number in range(4)]
    assert list(own["position_mm"]) == PLACES and list(own["slice"]) == [0, 1, 2, 3]
    assert (own["group"] == patient).all() and set(own["label"]) == {"AC"} and own["age"].isna().all()
    assert list(own["path"]) == [NAMES.file(f"Mueller 2/1/{number:03d}.dcm") for number in (4, 3, 2, 1)]
    assert own[
        ["width", "height", "frame", "left", "top", "right", "bottom"]
    ].drop_duplicates().to_numpy().tolist() == [[44, 40, 0, 0, 0, 44, 40]]
    measures = ["spacing_mm", "thickness_mm", "echo_time_ms", "repetition_time_ms", "field_strength_t"]
    assert own[measures].drop_duplicates().to_numpy().tolist() == [[0.5, 3, 101, 5590, 3]]
    assert "ward" not in manifest and read_json(out / "record.json")["groups_known"] is True


def test_a_patient_whom_headers_call_nearly_the_same_is_warned_of_by_its_row(tmp_path, said):
    root = hospital(tmp_path / "raw")
    (root / "patients.csv").write_text("patient,label\npat-1,SCC\npat-2,AC\npat-02,AC\n")
    ingested(root, tmp_path / "out")
    assert "first row 3 and row 4; they count as different" in said()
    (root / "patients.csv").write_text("patient,label\nPAT-1,SCC\npat-2,AC\n")
    with pytest.raises(UserError):
        ingested(root, tmp_path / "again")
    assert "first a header and row 2; they count as different" in said()


def test_every_series_has_a_line_that_the_record_vouches_for(tmp_path):
    out = ingested(hospital(tmp_path / "raw"), tmp_path / "out")
    series = SERIES.read(out / "series.csv")
    assert list(series["reason"]) == ["taken", "other_plane", "other_weighting"] * 2
    assert next(iter(series["series"])) == NAMES.series("1.7.1.1") and (series["images"] == 4).all()
    record = read_json(out / "record.json")
    assert record["outputs"]["series.csv"] == digest_file(out / "series.csv") and record["passed_over"] == {}


def test_what_no_header_says_is_an_empty_cell(tmp_path):
    root = hospital(tmp_path / "raw")
    for path in root.rglob("*.dcm"):
        write(path, slice_of_file(path, PixelSpacing=None, SliceThickness=None))
    out = ingested(root, tmp_path / "out")
    manifest = read_manifest(out)
    assert manifest[["spacing_mm", "thickness_mm"]].isna().all(axis=None) and len(manifest) == 8
    assert ",,," in (out / "manifest.csv").read_text()


def slice_of_file(path: Path, **changes: object):
    patient, series = path.parent.parent.name[-1], path.parent.name
    number = int(path.stem)
    changes |= {"PatientID": f"pat-{patient}", "StudyInstanceUID": f"1.5.{patient}"}
    return slice_of(PLACES[4 - number], number, f"1.7.{patient}.{series}", **changes)


def test_with_lesions_their_boxes_are_the_samples(tmp_path):
    root = hospital(tmp_path / "raw")
    rows = ["pat-1,4,2,3,12,11", "pat-1,4,20,3,30,11", "pat-1,1.7.1.1.3,5,5,9,9", "pat-2,2,0,0,8,8", "pat-2,17,0,0,8,8"]
    (root / "lesions.csv").write_text("\n".join(["patient,instance,left,top,right,bottom", *rows]))
    out = ingested(root, tmp_path / "out", lesions="lesions.csv", max_refused=0.5)
    manifest = read_manifest(out)
    assert [name.split("/")[2] for name in sorted(manifest["id"])].count("000-2") == 1 and len(manifest) == 4
    first = manifest.set_index("id").loc[f"{NAMES.patient('pat-1')}/{NAMES.series('1.7.1.1')}/000-2"]
    assert list(first[["left", "top", "right", "bottom", "width", "height"]]) == [20, 3, 30, 11, 44, 40]
    quarantine = QUARANTINE.read(out / "quarantine.csv")
    assert quarantine[["reason", "detail"]].to_numpy().tolist() == [
        ["no_slice", "row 6 names no slice of a chosen series"]
    ]


def test_a_patient_without_a_marked_lesion_is_not_left_out_in_silence(tmp_path, said):
    root = hospital(tmp_path / "raw")
    rows = ["patient,instance,left,top,right,bottom", "pat-1,4,2,3,12,11"]
    (root / "lesions.csv").write_text("\n".join(rows))
    with pytest.raises(UserError, match="1 class"):
        ingested(root, tmp_path / "out", lesions="lesions.csv")
    assert "of 1 patients with a chosen series no lesion is marked in a slice of it, the first in row 3" in said()
    (root / "lesions.csv").write_text("\n".join([*rows, "pat-2,2,0,0,8,8"]))
    ingested(root, tmp_path / "again", lesions="lesions.csv")
    assert said().count("no lesion is marked") == 1


def test_a_lesion_in_a_file_of_frames_names_its_frame(tmp_path):
    for patient in (1, 2):
        changes = {"PatientID": f"pat-{patient}", "StudyInstanceUID": f"1.5.{patient}"}
        write(tmp_path / "raw" / f"{patient}.dcm", enhanced(PLACES, f"1.7.{patient}", **changes))
    (tmp_path / "raw" / "patients.csv").write_text("patient,label\npat-1,a\npat-2,b\n")
    rows = ["pat-1,1,2,1,1,9,9", "pat-2,1,4,1,1,9,9", "pat-2,1,,1,1,9,9"]
    (tmp_path / "raw" / "l.csv").write_text("\n".join(["patient,instance,frame,left,top,right,bottom", *rows]))
    out = ingested(tmp_path / "raw", tmp_path / "out", lesions="l.csv", max_refused=0.5)
    manifest = read_manifest(out).sort_values("frame")
    assert list(manifest["frame"]) == [1, 3] and list(manifest["slice"]) == [1, 3]
    assert list(QUARANTINE.read(out / "quarantine.csv")["reason"]) == ["no_slice"]


def test_bad_files_are_quarantined_and_counted_and_end_nothing(tmp_path):
    root = hospital(tmp_path / "raw")
    cut = root / "Mueller 1" / "1" / "001.dcm"
    cut.write_bytes(cut.read_bytes()[:-500])
    flat = slice_of_file(root / "Mueller 1" / "1" / "002.dcm")
    set_pixels(flat, np.zeros((40, 44), np.uint16))
    write(root / "Mueller 1" / "1" / "002.dcm", flat)
    write(root / "Mueller 2" / "1" / "copy.dcm", slice_of_file(root / "Mueller 2" / "1" / "003.dcm"))
    (root / "Mueller 2" / "broken.dcm").write_text("Mueller")
    out = ingested(root, tmp_path / "out", max_refused=0.5)
    quarantine = QUARANTINE.read(out / "quarantine.csv")
    assert sorted(quarantine["reason"]) == ["constant_image", "duplicate_slice", "not_dicom", "truncated"]
    assert SERIES.read(out / "series.csv")["duplicates"].sum() == 1 and len(read_manifest(out)) == 6


def test_one_slice_under_two_patients_is_an_equal_pair(tmp_path):
    root = hospital(tmp_path / "raw")
    for patient in (1, 2):
        path = root / f"Mueller {patient}" / "1" / "001.dcm"
        data = slice_of_file(path)
        set_pixels(data, picture(999))
        write(path, data)
    pairs = EQUAL_PAIRS.read(ingested(root, tmp_path / "out") / "equal_pairs.csv")
    ids = {f"{NAMES.patient(f'pat-{n}')}/{NAMES.series(f'1.7.{n}.1')}/003" for n in (1, 2)}
    assert (ids, {"equal_pixels"}) in [({row.id_a, row.id_b}, {row.kind}) for row in pairs.itertuples()]
    assert set(pairs["kind"]) == {"equal_pixels"}


def test_the_number_of_processes_changes_no_byte(tmp_path):
    root = hospital(tmp_path / "raw")
    for jobs in (1, 2):
        ingested(root, tmp_path / str(jobs), jobs=jobs)
    for name in ("manifest.csv", "quarantine.csv", "series.csv", "equal_pairs.csv"):
        assert (tmp_path / "1" / name).read_bytes() == (tmp_path / "2" / name).read_bytes(), name


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("patient,label\nx,SCC\ny,AC\n", "no DICOM file below the source is of a patient of this table"),
        ("patient,label\npat-1,SCC\npat-2,\n", "row 3: no label; fill it in"),
        ("patient,label\npat-1,SCC\npat-1,AC\n", "rows 2 and 3 name one patient"),
        ("patient\npat-1\n", "lacks the column 'label'"),
    ],
)
def test_a_table_of_patients_that_does_not_fit_is_named_in_one_line_without_a_patient(tmp_path, table, said):
    root = hospital(tmp_path / "raw")
    (root / "patients.csv").write_text(table)
    with pytest.raises(UserError, match=said) as error:
        ingested(root, tmp_path / "out")
    assert "\n" not in str(error.value) and "pat-1" not in str(error.value)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("pat-1,4,2,3,x,11", "row 2: right is no whole number"),
        ("pat-1,4,2.5,3,9,11", "row 2: left is no whole number"),
        ("pat-1,4,9,3,9,11", "row 2: the box is empty"),
        ("pat-1,4,1,1,9,9", "row 2 fits slices of two chosen series of the patient; write the SOP Instance UID"),
    ],
)
def test_a_table_of_lesions_that_does_not_fit_is_named_in_one_line(tmp_path, row, said):
    root = hospital(tmp_path / "raw")
    write_series(root / "later", PLACES, series="1.8", PatientID="pat-1", StudyInstanceUID="1.5.9")
    (root / "lesions.csv").write_text(f"patient,instance,left,top,right,bottom\n{row}\n")
    with pytest.raises(UserError, match=said):
        ingested(root, tmp_path / "out", lesions="lesions.csv")


def test_without_a_table_of_patients_it_is_said_what_to_write(tmp_path):
    with pytest.raises(UserError, match="write a CSV file with the columns patient .* and label"):
        ingested(hospital(tmp_path / "raw"), tmp_path / "out", patients=None)


def test_where_no_series_fits_the_table_of_series_says_why(tmp_path):
    root = hospital(tmp_path / "raw")
    with pytest.raises(UserError, match=r"none of the 6 series is taken \(.*other_plane.*series.csv says why"):
        ingested(root, tmp_path / "out", series={"plane": "transverse", "min_slices": 1})
    assert set(SERIES.read(tmp_path / "out" / "series.csv")["reason"]) == {"other_plane"}


def test_a_key_is_made_once_and_for_its_owner_alone(tmp_path):
    key = tmp_path / "private" / "pseudonyms.key"
    made = read_or_make_key(key)
    assert key.stat().st_mode & 0o777 == 0o600 and read_or_make_key(key) == made == read_key(key)
    assert [path.name for path in key.parent.iterdir()] == [key.name]
    assert made.patient("a") != read_or_make_key(tmp_path / "other.key").patient("a") != PUBLIC.patient("a")
    assert len({made.patient("a")[1:], made.series("a")[1:], made.file("a")[1:], made.study("a")[1:]}) == 4


@pytest.mark.parametrize("content", ["", "abc", "00" * 31])
def test_what_is_no_key_is_refused(tmp_path, content):
    (tmp_path / "k").write_text(content)
    with pytest.raises(UserError, match="holds no key of 32 bytes"):
        read_or_make_key(tmp_path / "k")
    with pytest.raises(UserError, match="is missing, the key of the patients' pseudonyms"):
        read_key(tmp_path / "none")


def test_real_files_need_a_key_and_it_changes_every_name(tmp_path):
    root = hospital(tmp_path / "raw")
    with pytest.raises(UserError, match="give --key private/pseudonyms.key"):
        ingested(root, tmp_path / "out", key=None)
    out = ingested(root, tmp_path / "out", key=tmp_path / "k")
    assert set(read_manifest(out)["unit"]) == {read_key(tmp_path / "k").patient(f"pat-{n}") for n in (1, 2)}


def opened(dataset: Path, root: Path, key: Path | None) -> list[np.ndarray]:
    record = read_json(dataset / "record.json")
    raw = RawFiles.of(record, parse_sources([f"dicom={root}"]), key)
    return [
        file.rows(sample.part)
        for task in raw.tasks(read_manifest(dataset))
        for sample, file in verified(task, Limits())
    ]


def test_files_are_found_again_by_the_key_and_no_message_says_their_names(tmp_path):
    root, key = hospital(tmp_path / "raw"), tmp_path / "k"
    out = ingested(root, tmp_path / "out", key=key)
    rows = opened(out, root, key)
    assert len(rows) == 8 and np.array_equal(rows[0][..., 0], picture(4))
    with pytest.raises(UserError, match="the key is another one than ingest had"):
        read_or_make_key(tmp_path / "other")
        opened(out, root, tmp_path / "other")
    path = root / "Mueller 1" / "1" / "001.dcm"
    data = slice_of_file(path)
    set_pixels(data, picture(77))
    write(path, data)
    name = read_key(key).file("Mueller 1/1/001.dcm")
    with pytest.raises(ChangedFileError) as error:
        opened(out, root, key)
    assert str(error.value) == f"{name} has changed since ingest read it" and error.value.path == path
    path.unlink()
    with pytest.raises(ChangedFileError, match=f"^{name} could be read by ingest, but now: missing_file"):
        opened(out, root, key)


def test_who_has_the_key_is_told_which_file_a_name_is(tmp_path, capsys):
    root, key = hospital(tmp_path / "raw"), tmp_path / "k"
    name = read_or_make_key(key).file("Mueller 2/3/004.dcm")
    args = argparse.Namespace(source=root, key=key, names=[name], synthetic=False)
    locate.main(args)
    assert capsys.readouterr().out == f"{name}\t{root}/Mueller 2/3/004.dcm\n"
    args.names = ["F000000000000"]
    with pytest.raises(UserError, match="are no files of"):
        locate.main(args)


def test_only_a_study_of_real_private_files_is_given_the_key(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = argparse.Namespace(study="mine")
    hospital(tmp_path / "raw")
    given, runs = {}, {"cnn": {"kind": "network", "model": "plain_cnn"}}
    for adapter, source in (("dicom", "raw"), ("dicom", "synthetic"), ("folder", "raw")):
        study = {
            "adapters": [adapter],
            "source": source,
            "paper": "mri_resnet",
            "ingest": {"patients": "patients.csv"} if adapter == "dicom" else {},
            "runs": runs,
        }
        plan = plan_of(tmp_path, **study)
        given[adapter, source] = RuleParams(plan).sources(names, None)
    assert given["dicom", "raw"] == f"--source dicom=raw --key {KEY_FILE}"
    assert given["dicom", "synthetic"] == "--source dicom=data/dicom/synthetic-mine"
    assert given["folder", "raw"] == "--source folder=raw"


def test_a_study_without_a_table_of_patients_stops_before_any_job(tmp_path):
    with pytest.raises(UserError, match="the adapter dicom needs ingest.patients; name the CSV file inside the source"):
        plan_of(tmp_path, adapters=["dicom"])


def test_pseudonyms_are_hmacs_that_other_programs_can_make():
    """RFC 2104 with SHA-256 of the letter, a zero byte and the name."""
    expected = hmac.new(b"k" * 32, b"P\0pat-1", hashlib.sha256).hexdigest()[:12]
    assert Pseudonyms(b"k" * 32).patient("pat-1") == f"P{expected}"
