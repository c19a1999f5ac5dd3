"""Ingest lists the copies that somebody changed, a split by group keeps them together, and nothing is done twice."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.made_copies import cropped, flipped, picture, saved, turned
from tests.raw import run_ingest, save
from workflow_scripts.contracts.dataset import EQUAL_PAIRS, NEAR_KINDS, PROOF_COLUMNS, read_manifest
from workflow_scripts.contracts.dataset_record import DatasetRecord
from workflow_scripts.contracts.record import read_record, view_of
from workflow_scripts.data.copies import kept_records
from workflow_scripts.splitting.clusters import join


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    """Twelve pictures of each of two classes, and three copies, one of them in the other class."""
    root = tmp_path / "raw"
    for number in range(24):
        save(root / "xy"[number // 12] / f"{number:02}.png", Image.fromarray(picture(number)))
    rng = np.random.default_rng(2)
    save(root / "x" / "turned.png", Image.fromarray(turned(picture(1), 33)))
    save(root / "y" / "other_label.jpg", Image.fromarray(saved(flipped(turned(picture(2), 200)), 80)))
    save(root / "x" / "cropped.png", Image.fromarray(cropped(picture(3), 0.6, rng)))
    return root


COPIES = {("x/01", "x/turned"): "turned", ("x/02", "y/other_label"): "flipped", ("x/03", "x/cropped"): "cropped"}


def pairs_of(out: Path) -> dict[tuple[str, str], str]:
    table = EQUAL_PAIRS.read(out / "equal_pairs.csv")
    return dict(zip(zip(table["id_a"], table["id_b"], strict=True), table["kind"], strict=True))


def test_changed_copies_are_listed_with_what_was_done(raw, tmp_path):
    out = run_ingest(tmp_path / "out", sources={"folder": raw})
    assert pairs_of(out) == COPIES
    table = EQUAL_PAIRS.read(out / "equal_pairs.csv").set_index("id_b")
    row = table.loc["x/turned"]
    assert row["changes"].startswith("turned 33° anticlockwise, ") and row["turn"] == pytest.approx(-33, abs=1)
    assert row["agreeing"] > 10 and row["correlation"] > 0.9 and row["by_chance"] < 0.01
    assert table.loc["y/other_label", "mirrored"] == 1 and table.loc["x/cropped", "overlap_a"] < 0.75
    record = view_of(DatasetRecord, read_record(out / "record.json"), out / "record.json")
    assert record.near_copies is not None
    assert (record.near_copies.proven, record.near_copies.pictures, record.near_copies.unread) == (3, 27, 0)
    assert record.near_copies.by_chance <= 0.5 and record.near_copies.compared > 27


def test_proven_pairs_are_shown_laid_over_each_other_and_no_picture_is_left_where_none_is_proven(raw, tmp_path):
    out = run_ingest(tmp_path / "out", sources={"folder": raw})
    page = np.asarray(Image.open(out / "near_copies.png")).astype(float)
    assert "near_copies.png" in read_record(out / "record.json")["outputs"]
    laid, there, apart = (page[14:110, left : left + 96] for left in (0, 100, 200))
    # In the middle the first picture lies on the second: they agree, and their difference is grey.
    inside = (slice(30, 66), slice(30, 66))
    assert np.corrcoef(laid[inside].ravel(), there[inside].ravel())[0, 1] > 0.95
    assert abs(apart[inside].mean() - 128) < 12 and apart[inside].std() < there[inside].std() / 3
    for name in ("turned.png", "cropped.png"):
        (raw / "x" / name).unlink()
    (raw / "y" / "other_label.jpg").unlink()
    run_ingest(tmp_path / "out", sources={"folder": raw})
    assert not (out / "near_copies.png").exists()


def test_proven_pairs_join_into_one_group(raw, tmp_path):
    out = run_ingest(tmp_path / "out", sources={"folder": raw})
    manifest = read_manifest(out)
    clusters = join(manifest, EQUAL_PAIRS.read(out / "equal_pairs.csv"))
    codes = dict(zip(manifest["id"], clusters.codes, strict=True))
    assert all(codes[first] == codes[second] for first, second in COPIES) and clusters.dropped == 0
    assert len(set(clusters.codes)) == 24


def test_a_chain_of_proven_pairs_is_not_cut_as_one_of_look_alikes_is(raw, tmp_path):
    out = run_ingest(tmp_path / "out", sources={"folder": raw})
    manifest, pairs = read_manifest(out), EQUAL_PAIRS.read(out / "equal_pairs.csv")
    ids = manifest["id"].tolist()
    chain = pairs.iloc[[0] * 20].assign(id_a=ids[:20], id_b=ids[1:21], kind=NEAR_KINDS[0])
    assert join(manifest, chain).dropped == 0
    assert join(manifest, chain.drop(columns=list(PROOF_COLUMNS))).dropped > 0


def test_copies_between_the_pictures_of_two_adapters_are_listed_and_grouped(tmp_path):
    own, published = tmp_path / "own", tmp_path / "herlev"
    for number in range(8):
        save(own / "own" / f"{number}.png", Image.fromarray(picture(number)))
        name = f"14900000{number}-14900000{number}-001.BMP"
        folder = published / "New database pictures" / "carcinoma_in_situ"
        save(folder / name, Image.fromarray(turned(flipped(picture(2)), 70) if number == 5 else picture(50 + number)))
    out = run_ingest(tmp_path / "out", sources={"folder": own, "herlev": published})
    (row,) = EQUAL_PAIRS.read(out / "equal_pairs.csv").itertuples()
    assert row.id_a == "folder/own/2" and row.id_b.startswith("herlev/") and row.id_b.endswith("149000005-001")
    assert row.kind == "flipped" and (row.label_a, row.label_b) == ("own", "carcinoma_in_situ")
    manifest = read_manifest(out)
    clusters = join(manifest, EQUAL_PAIRS.read(out / "equal_pairs.csv"))
    codes = dict(zip(manifest["id"], clusters.codes, strict=True))
    assert codes[row.id_a] == codes[row.id_b] and len(set(clusters.codes)) == 15


def test_pictures_of_one_group_are_not_compared(raw, tmp_path):
    lines = ["path,group", "x/01.png,p", "x/turned.png,p"]
    (raw / "groups.csv").write_text("\n".join(lines) + "\n")
    out = run_ingest(tmp_path / "out", sources={"folder": raw}, groups="groups.csv")
    assert pairs_of(out) == {ends: kind for ends, kind in COPIES.items() if ends != ("x/01", "x/turned")}


def test_nothing_is_looked_for_in_no_time(raw, tmp_path):
    out = run_ingest(tmp_path / "out", sources={"folder": raw}, near_copies_minutes=0)
    assert pairs_of(out) == {} and "near_copies" not in read_record(out / "record.json")
    assert not (tmp_path / "out-work").exists()


def test_what_is_not_looked_at_in_time_is_counted(raw, tmp_path):
    out = run_ingest(tmp_path / "out", sources={"folder": raw}, near_copies_minutes=1e-9)
    found = read_record(out / "record.json")["near_copies"]
    assert found["unread"] == 26 and found["proven"] == 0
    again = run_ingest(tmp_path / "out", sources={"folder": raw})
    assert pairs_of(again) == COPIES


def test_a_second_run_computes_nothing_and_finds_the_same(raw, tmp_path, monkeypatch):
    out = run_ingest(tmp_path / "out", sources={"folder": raw})
    before = {name: (out / name).read_bytes() for name in ("equal_pairs.csv", "record.json")}

    def refuse(*_: object) -> None:
        raise AssertionError("computed again")

    monkeypatch.setattr(kept_records, "record_of", refuse)
    monkeypatch.setattr(kept_records, "prove", refuse)
    run_ingest(tmp_path / "out", sources={"folder": raw})
    assert {name: (out / name).read_bytes() for name in before} == before


def test_only_a_new_picture_is_computed_where_one_comes_and_one_goes(raw, tmp_path, monkeypatch):
    run_ingest(tmp_path / "out", sources={"folder": raw})
    (raw / "x" / "00.png").unlink()
    save(raw / "y" / "new.png", Image.fromarray(turned(picture(20), 90)))
    made = []
    monkeypatch.setattr(
        kept_records, "record_of", lambda pixels, original=kept_records.record_of: made.append(1) or original(pixels)
    )
    out = run_ingest(tmp_path / "out", sources={"folder": raw})
    assert pairs_of(out) == COPIES | {("y/20", "y/new"): "turned"} and len(made) == 1


def test_damaged_leftovers_are_made_anew(raw, tmp_path):
    run_ingest(tmp_path / "out", sources={"folder": raw})
    for path in (tmp_path / "out-work").rglob("*.npy"):
        path.write_bytes(path.read_bytes()[:100])
    assert pairs_of(run_ingest(tmp_path / "out", sources={"folder": raw})) == COPIES


def test_several_processes_find_the_same(raw, tmp_path):
    one, two = (run_ingest(tmp_path / name, jobs=jobs, sources={"folder": raw}) for name, jobs in (("a", 1), ("b", 2)))
    assert (one / "equal_pairs.csv").read_bytes() == (two / "equal_pairs.csv").read_bytes()


def test_what_thumbnails_show_keeps_its_kind_and_gets_the_proof(raw, tmp_path):
    save(raw / "y" / "again.jpg", Image.fromarray(picture(15)), quality=70)
    out = run_ingest(tmp_path / "out", sources={"folder": raw})
    row = EQUAL_PAIRS.read(out / "equal_pairs.csv").set_index("id_b").loc["y/again"]
    assert row["kind"] == "near_equal" and row["agreeing"] > 20 and row["changes"] == "saved again"
