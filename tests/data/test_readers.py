"""Readers: what they give of a sample, a whole one or a part, and why they refuse one."""

import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from tests.raw import picture, run_ingest, save
from workflow_scripts.contracts.dataset import read_manifest
from workflow_scripts.data import collecting
from workflow_scripts.data.adapters import adapter_registry
from workflow_scripts.data.adapters.interface import Sample
from workflow_scripts.data.images import Box, decode_file
from workflow_scripts.data.readers import reader_registry
from workflow_scripts.data.readers.image_reader import ImageReader
from workflow_scripts.data.readers.reader_interface import (
    Limits,
    OpenFile,
    Part,
    Reader,
    RefusedSampleError,
    Seen,
    modality_of,
)
from workflow_scripts.data.readers.table_reader import Patient, TableReader
from workflow_scripts.data.reading import (
    ChangedFileError,
    FileSample,
    FileTask,
    RawFiles,
    inspect_file,
    parts_of,
    verified,
)
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.files import digest_file
from workflow_scripts.settings.data_blocks import Ingest

VISITS = "patient,visit,age,hpv\nann,2,30.5,1\nbea,1,41,\nann,1,29,na\n"


@dataclass(frozen=True)
class Window(Part):
    """A window of a frame."""

    frame: int
    left: int
    top: int
    right: int
    bottom: int


class StackFile(OpenFile):
    """A NumPy file of 16-bit frames."""

    def inspect(self, part: Part | None) -> Seen:
        height, width, _ = self.rows(part).shape
        return Seen({"height": height, "width": width}, self.digest(part))

    def rows(self, part: Part | None) -> np.ndarray:
        assert isinstance(part, Window)
        frame = np.load(self.path, mmap_mode="r")[part.frame]
        return frame[part.top : part.bottom, part.left : part.right, None]


class SeriesFile(OpenFile):
    """A folder with a file for each slice."""

    def inspect(self, part: Part | None) -> Seen:
        return Seen({"slices": len(self.rows(part))}, self.digest(part))

    def rows(self, part: Part | None) -> np.ndarray:
        return np.stack([np.load(path) for path in sorted(self.path.glob("*.npy"))])


@dataclass(frozen=True)
class StackReader:
    """Made up: several frames a file, one channel, 16 bits."""

    file = StackFile
    modality, columns, part, symmetries = "stack", {"height": "int", "width": "int"}, Window, False

    @contextmanager
    def open(self, path: Path, limits: Limits) -> Iterator[OpenFile]:
        yield self.file(path)


@dataclass(frozen=True)
class SeriesReader(StackReader):
    """Made up: several files a sample."""

    file = SeriesFile
    modality, columns = "series", {"slices": "int"}


def inspected(reader: Reader, path: Path, *parts: Part | None, **limits: float) -> list[Seen | RefusedSampleError]:
    task = FileTask(reader, path, tuple(FileSample(row, part) for row, part in enumerate(parts)))
    return inspect_file(task, Limits(**limits))


def refused(*results: Seen | RefusedSampleError) -> list[str]:
    """Why each is refused."""
    assert all(isinstance(result, RefusedSampleError) for result in results)
    return [str(result) for result in results]


def test_an_image_is_read_whole_and_in_boxes(tmp_path: Path) -> None:
    path = save(tmp_path / "a.png", picture(1, width=60, height=50))
    whole, part, outside = inspected(ImageReader(), path, None, Box(10, -5, 40, 15), Box(70, 0, 90, 20))
    assert whole.values == {"width": 60, "height": 50} and whole.sha256 == digest_file(path)
    assert part.values == {"width": 30, "height": 20} and part.sha256 == part.picture.digest != whole.picture.digest
    assert whole.picture.aspect == 1.2 and part.picture.thumbnail.shape == (256,)
    assert refused(outside) == ["outside_image: centre 80,10 in an image of 60×50 px"]
    with ImageReader().open(path, Limits()) as opened:
        assert (np.asarray(opened.picture(None)) == opened.rows(None)).all()
        assert (opened.rows(Box(10, 0, 40, 15)) == decode_file(path)[:15, 10:40]).all()
        assert opened.digest(Box(10, -5, 40, 15)) == part.sha256 and opened.digest(None) == whole.sha256


def test_limits_refuse_a_large_image_before_it_is_decoded_and_may_scale_it_down(tmp_path: Path) -> None:
    path = save(tmp_path / "a.jpg", picture(1, width=1000, height=800))
    assert refused(*inspected(ImageReader(), path, None, None, max_megapixels=0.5))[1].startswith("too_large: 1000×800")
    with ImageReader().open(path, Limits(at_least=100)) as opened:
        assert opened.rows(None).shape == (100, 125, 3)


def test_visits_are_numbers_in_the_order_of_their_time(tmp_path: Path) -> None:
    (tmp_path / "v.csv").write_text(VISITS)
    with TableReader().open(tmp_path / "v.csv", Limits()) as opened:
        rows = opened.rows(Patient("ann"))
        assert rows.dtype == np.float32 and np.array_equal(rows, [[29, np.nan], [30.5, 1]], equal_nan=True)
        assert opened.inspect(Patient("ann")).values == {"visits": 2}
        assert opened.digest(None) == digest_file(tmp_path / "v.csv")
    with TableReader(values=["hpv"]).open(tmp_path / "v.csv", Limits()) as opened:
        assert opened.rows(Patient("ann")).shape == (2, 1)


@pytest.mark.parametrize(
    "times", [["9", "10", "100.5"], ["2009-12-31", "2010-01-01", "2010-01-01 12:00"], ["-1", "-1", "0"]]
)
def test_numbers_and_dates_order_visits_and_equal_ones_keep_their_order(tmp_path: Path, times: list[str]) -> None:
    turned = [2, 0, 1]  # of two equal ones the first stays first
    lines = "".join(f"p,{times[place]},{place}\n" for place in turned)
    (tmp_path / "v.csv").write_text(f"patient,visit,value\n{lines}")
    with TableReader().open(tmp_path / "v.csv", Limits()) as opened:
        assert opened.rows(Patient("p"))[:, 0].tolist() == [0, 1, 2]


@pytest.mark.parametrize("cell", ["high", "1e39", "inf", "1_000", "0x1f"])
def test_what_is_no_number_is_refused_with_its_row_and_no_other_patient(tmp_path: Path, cell: str) -> None:
    (tmp_path / "v.csv").write_text(VISITS.replace("29", cell))
    ann, bea = inspected(TableReader(), tmp_path / "v.csv", Patient("ann"), Patient("bea"))
    assert refused(ann) == [f"not_a_number: row 4: age {cell!r} is neither a number nor one of its codes"]
    assert bea.values == {"visits": 1}


def test_codes_turn_words_into_numbers_and_take_no_others(tmp_path: Path) -> None:
    (tmp_path / "v.csv").write_text("patient,visit,hpv\na,1,negative\na,2,positive\nb,1,7\n")
    reader = TableReader(codes={"hpv": {"negative": 0, "positive": 1}})
    with reader.open(tmp_path / "v.csv", Limits()) as opened:
        assert opened.rows(Patient("a"))[:, 0].tolist() == [0, 1]
    assert refused(*inspected(reader, tmp_path / "v.csv", Patient("b")))[0].startswith("not_a_number: row 4: hpv '7'")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("patient,visit,age\nann,,3\n", "incomplete: row 2: visit is empty"),
        ("patient,visit,age\nann,soon,3\n", "not_a_number: row 2: visit 'soon' is neither a number nor an ISO date"),
        ("patient,visit,age\nann,1,3\nann,2010-01-01,3\n", "not_a_number: visit holds numbers and dates"),
        ("patient,visit,age\nbea,1,3\n", "incomplete: no visit in the table"),
        ("patient,visit,age\n", "empty_file: no row below the names of the columns"),
        ("patient,age\nann,3\n", "unreadable: table: v.csv lacks the column 'visit'"),
        (None, "missing_file: no such file, or a link to nothing"),
    ],
)
def test_a_patient_or_table_that_says_too_little_is_refused(tmp_path: Path, text: str | None, why: str) -> None:
    path = tmp_path / "v.csv"
    if text is not None:
        path.write_text(text)
    assert refused(*inspected(TableReader(), path, Patient("ann")))[0].startswith(why)


def test_another_cell_is_another_patient_and_another_order_of_rows_is_not(tmp_path: Path) -> None:
    paths = [tmp_path / name for name in ("a.csv", "b.csv", "c.csv")]
    head, *rows = VISITS.splitlines(keepends=True)
    for path, text in zip(paths, [VISITS, head + "".join(rows[::-1]), VISITS.replace("30.5", "30.4")], strict=True):
        path.write_text(text)
    first, turned, changed = (inspected(TableReader(), path, Patient("ann"))[0].sha256 for path in paths)
    assert first == turned != changed


def test_a_window_of_a_large_file_is_read_without_the_rest(tmp_path: Path) -> None:
    shape = (4, 20_000, 20_000)
    stack = np.lib.format.open_memmap(tmp_path / "large.npy", mode="w+", dtype=np.uint16, shape=shape)
    stack[2, 9000:9100, 15_000:15_080] = 65_535
    del stack  # 3.2 GB, of which 200 pages are written
    part = Window(2, 15_000, 9000, 15_080, 9100)
    tracemalloc.start()
    [seen] = inspected(StackReader(), tmp_path / "large.npy", part)
    with StackReader().open(tmp_path / "large.npy", Limits()) as opened:
        rows = opened.rows(part)
        assert rows.shape == (100, 80, 1) and rows.dtype == np.uint16 and rows.min() == 65_535
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert seen.values == {"height": 100, "width": 80} and peak < 2e6


def test_a_folder_of_files_is_one_sample_and_any_of_them_changes_it(tmp_path: Path) -> None:
    for number in range(3):
        np.save(tmp_path / f"{number}.npy", np.full((4, 5), number, np.uint16))
    [first] = inspected(SeriesReader(), tmp_path, None)
    assert first.values == {"slices": 3}
    np.save(tmp_path / "1.npy", np.full((4, 5), 9, np.uint16))
    [second] = inspected(SeriesReader(), tmp_path, None)
    (tmp_path / "2.npy").rename(tmp_path / "7.npy")
    [third] = inspected(SeriesReader(), tmp_path, None)
    assert len({first.sha256, second.sha256, third.sha256}) == 3


def test_the_files_of_a_folder_that_is_a_sample_are_not_passed_over(tmp_path: Path, monkeypatch) -> None:
    for name in ("s1/0.npy", "s1/more/1.npy", "notes/2.npy"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        np.save(tmp_path / name, np.zeros(1))
    made_up = SimpleNamespace(LABELS=None, samples=lambda root, ingest: iter([Sample("s1", "s1", "x")]))
    monkeypatch.setattr(adapter_registry, "load", lambda name: made_up)
    ingest = SimpleNamespace(**Ingest().model_dump())
    collected = collecting.collect({"made_up": tmp_path}, modality_of(SeriesReader()), ingest)
    assert collected.passed_over == {".npy": 1} and len(collected.samples) == 1


def test_copies_are_refused_where_a_turned_sample_is_none(tmp_path: Path) -> None:
    ingest = SimpleNamespace(**Ingest(fill="copies", counts={"a": 3}).model_dump())
    with pytest.raises(UserError, match="ingest.fill: copies .* of the modality stack are none; write `fill: none`"):
        collecting.collect({"made_up": tmp_path}, modality_of(StackReader()), ingest)


def test_a_manifest_leads_back_to_the_rows_that_were_inspected(tmp_path: Path) -> None:
    stack = np.arange(2 * 6 * 6, dtype=np.uint16).reshape(2, 6, 6)
    np.save(tmp_path / "s.npy", stack)
    parts = [Window(0, 1, 1, 4, 5), Window(1, 0, 0, 6, 6)]
    seen = inspected(StackReader(), tmp_path / "s.npy", *parts)
    manifest = pd.DataFrame([vars(part) for part in parts]).assign(
        id=["a", "b"], source="made_up", path="s.npy", sha256=[item.sha256 for item in seen]
    )
    assert parts_of(manifest, Window) == parts
    [task] = RawFiles({"made_up": tmp_path}, {"made_up": StackReader()}).tasks(manifest)
    rows = {sample.row: opened.rows(sample.part) for sample, opened in verified(task, Limits())}
    assert (rows[0][..., 0] == stack[0, 1:5, 1:4]).all() and rows[1].shape == (6, 6, 1)
    np.save(tmp_path / "s.npy", stack + 1)
    with pytest.raises(ChangedFileError, match="s.npy has changed since ingest read it"):
        list(verified(task, Limits()))
    (tmp_path / "s.npy").unlink()
    with pytest.raises(ChangedFileError, match="could be read by ingest, but now: missing_file"):
        list(verified(task, Limits()))


def test_whole_files_and_parts_of_files_may_stand_in_one_manifest(tmp_path: Path) -> None:
    for number, name in enumerate("ab"):
        save(tmp_path / "raw" / name / "0.png", picture(number))
    manifest = read_manifest(run_ingest(tmp_path / "out", sources={"folder": tmp_path / "raw"}))
    assert parts_of(manifest, Box) == [None, None]
    mixed = manifest.assign(left=[1, None], top=[2, None], right=[3, None], bottom=[4, None]).astype(
        {"left": "Int64", "top": "Int64", "right": "Int64", "bottom": "Int64"}
    )
    modality_of(ImageReader()).table().write(tmp_path / "out" / "manifest.csv", mixed)
    again = read_manifest(tmp_path / "out")
    assert parts_of(again, Box) == [Box(1, 2, 3, 4), None] and again["left"].dtype == "Int64"
    with pytest.raises(UserError, match="the manifest has files of 'folder', but --source names other"):
        RawFiles({"other": tmp_path}, {"other": ImageReader()}).tasks(again)


def test_a_modality_without_a_reader_is_named_with_those_that_there_are() -> None:
    with pytest.raises(UserError, match="no reader is called 'x_ray'; there are dicom, image, slide, table"):
        reader_registry.load("x_ray", {})


def test_deep_pixels_are_refused_by_the_reader_of_images_alone(tmp_path: Path) -> None:
    Image.fromarray(np.zeros((20, 20), np.uint16)).save(tmp_path / "deep.png")
    assert refused(*inspected(ImageReader(), tmp_path / "deep.png", None))[0].startswith("unsupported_mode")
    np.save(tmp_path / "deep.npy", np.zeros((1, 20, 20), np.uint16))
    assert inspected(StackReader(), tmp_path / "deep.npy", Window(0, 0, 0, 20, 20))[0].values["width"] == 20
