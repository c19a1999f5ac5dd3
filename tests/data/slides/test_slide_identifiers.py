"""Names of people in names of files, in the table and in the text of files, looked for in all that ingest leaves."""

from pathlib import Path

import pytest

from tests.data.private_ingest import ingested
from tests.data.slides.made_slides import Drawn, write_slide
from workflow_scripts.contracts.dataset import QUARANTINE, read_manifest
from workflow_scripts.contracts.slide_table import SLIDES
from workflow_scripts.contracts.step_settings.ingest_settings import Ingest, TileRule

NAME, BORN, CITY, NUMBER, WORDS = "Quillfeather", "19470823", "Zwiesel", "PID00918273", "xylograph"
PLANTED = (NAME, BORN, CITY, NUMBER, WORDS)
INGEST = Ingest(slides="slides.csv", tiles=TileRule(pixels=128))
APERIO = f"Aperio {CITY} v1\r\n1000x700 (256x256) JPEG|AppMag = 20|MPP = 0.5|Filename = {NAME} {NUMBER}|User = {NAME}|"
OME = (
    '<?xml version="1.0"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"><Experimenter '
    f'LastName="{NAME}"/><Image ID="Image:0" Name="{NAME} {BORN}"><Pixels PhysicalSizeX="0.5" PhysicalSizeXUnit="um" '
    'PhysicalSizeY="0.5" PhysicalSizeYUnit="um" SizeX="1000" SizeY="700"/></Image></OME>'
)


@pytest.fixture(scope="module")
def hospital(tmp_path_factory) -> Path:
    """Slides of two patients, one that no row names, broken and empty ones; names of people everywhere."""
    root = tmp_path_factory.mktemp("hospital") / "raw"
    folder = root / f"{NAME}_Ottilie_{BORN}"
    tissue = [Drawn.glass(1000, 700, seed).tissue(480, 350, 320, 260, seed).pixels for seed in (1, 2, 3)]
    write_slide(folder / f"{NUMBER}-1 {NAME}.svs", tissue[0], None, description=APERIO)
    write_slide(folder / f"{NUMBER}-2.{NAME}.ome.tif", tissue[1], None, levels=1, description=OME)
    write_slide(root / f"{NAME} {CITY}.tif", tissue[2], description=f"{WORDS} {NAME}")
    write_slide(root / f"{CITY} empty {NUMBER}.tif", Drawn.glass(600, 400).pixels, description=f"{WORDS} {NAME}")
    (root / f"{NAME}.svs").write_text(f"{NAME} was born on {BORN}")
    (root / f"letter of {NAME}.{WORDS}").write_text(NAME)
    rows = [
        f"{folder.name}/{NUMBER}-1 {NAME}.svs,SCC,{NUMBER}1,{NAME},50-59",
        f"{NUMBER}-2.{NAME}.ome.tif,AC,{NUMBER}2 {NAME},{NAME},40-49",
        f"{CITY} empty {NUMBER}.tif,AC,{NUMBER}2 {NAME},{NAME},40-49",
        f"{NAME}.svs,AC,,{NAME},40-49",
        f"{NAME} gone {BORN}.svs,AC,{NUMBER}9,{NAME},40-49",
    ]
    (root / "slides.csv").write_text("\n".join(["slide,label,patient,remarks,age", *rows]))
    return root


def test_nothing_that_identifies_is_in_any_table_overview_or_log(hospital, tmp_path):
    status, text = ingested(("slides", hospital), INGEST, tmp_path / "whole")
    assert status == 0, text
    assert not [word for word in PLANTED if word.lower() in text.lower()]
    out = tmp_path / "whole" / "out"
    assert set(read_manifest(out)["age"]) == {"50-59", "40-49"} and (out / "slides.npz").exists()
    slides = SLIDES.read(out / "slides.csv")
    refused = ["blank", "missing_file", "not_a_slide"]
    assert sorted(slides["reason"]) == sorted([*refused, "taken", "taken", "unlisted"])
    assert set(slides["vendor"]) >= {"aperio", "ome"} and set(slides["microns_from"]) >= {"aperio", "ome_xml"}
    assert sorted(QUARANTINE.read(out / "quarantine.csv")["reason"]) == refused
    assert (tmp_path / "whole" / "private" / "k").read_text().strip() not in text


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"max_refused": 0.0}, "samples are refused"),
        ({"tiles": {"microns": 0.1}}, "none of the 6 slides is taken"),
        ({"labels": {"SCC": "a"}}, "ingest.labels"),
        ({"labels": {"SCC": "a", "AC": "b"}, "classes": ["c", "b"]}, "ingest.classes"),
    ],
)
def test_nothing_that_identifies_is_in_what_a_failed_run_says(hospital, tmp_path, changes, said):
    status, text = ingested(("slides", hospital), INGEST, tmp_path / "failed", **changes)
    assert status != 0 and said in text
    assert not [word for word in PLANTED if word.lower() in text.lower()]
