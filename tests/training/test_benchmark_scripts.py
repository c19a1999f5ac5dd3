"""The scripts that time trainings time what they say, on images small enough for a test."""

import importlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).resolve().parents[1] / "benchmarks"


@pytest.fixture
def script(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return importlib.import_module


def test_every_network_of_table_3_is_timed_with_the_settings_of_the_paper(script):
    declared = script("declared").Declared()
    runs = declared.table3()
    assert len(runs) == 23 and runs[-1] == "cvm"
    for run in runs:
        train = declared.train(run, epochs=2)
        assert (train.optimizer, train.learning_rate, train.batch_size, train.epochs) == ("adamw", 2e-4, 16, 2)


def test_the_hours_are_the_sum_of_the_measured_epochs():
    command = [sys.executable, BENCHMARKS / "table3.py", "--images", "16", "--size", "32", "--device", "cpu"]
    runs = ["shufflenet_v2_x0_5", "mobilenet_v2"]
    printed = subprocess.run([*command, "--runs", *runs], capture_output=True, text=True, check=True).stdout
    rows = re.findall(r"^\| (\w+) \| ([\d.]+) \| ([\d.]+) \| [\d.]+ \| cpu \|$", printed, re.MULTILINE)
    # Million parameters with a classifier for eleven classes, as torchvision and timm count them.
    assert [(run, parameters) for run, parameters, _ in rows] == [(runs[0], "0.4"), (runs[1], "2.2")]
    hours = float(re.search(r"2 network\(s\), the paper's epochs of 5308 images each: ([\d.]+) h", printed)[1])
    assert hours == pytest.approx(sum(float(seconds) for *_, seconds in rows) * 100 * 5308 / 16 / 3600, rel=0.05)


def test_the_speed_of_timms_script_is_the_mean_over_its_second_epoch(script, tmp_path):
    stand_in = tmp_path / "train.py"
    line = "print('Train: {} [  11/12 (100%)]  Loss: 2.39 (2.42)  Time: 0.2s,  160.00/s  (0.273s,  {}/s)  LR: 2e-04')\n"
    stand_in.write_text(line.format(0, 55.5) + line.format(1, 117.31))
    files = tmp_path / "files"
    (files / "class").mkdir(parents=True)
    train = script("declared").Declared().train("cvm")
    assert script("timm_script").speed(stand_in, "shufflenet_v2_x0_5", files, 32, train, "cpu", 0) == 117.31
    stand_in.write_text("raise SystemExit('no such option')")
    with pytest.raises(RuntimeError, match="ended with 1: no such option"):
        script("timm_script").speed(stand_in, "shufflenet_v2_x0_5", files, 32, train, "cpu", 0)


def test_the_speed_of_recurrent_networks_is_held_against_that_of_fixed_batches():
    small = ["--hidden", "8", "--batch", "16", "--patients", "64", "--epochs", "1", "--repeats", "1", "--threads", "2"]
    command = [sys.executable, BENCHMARKS / "recurrent.py", *small]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    row = re.search(r"^\| lstm \| 8 \| 16 \| (.+) \| (.+) \| (.+) \| (.+) \| (.+) \|$", printed, re.MULTILINE)
    floor, *speeds = (float(cell.replace(",", "")) for cell in row.groups()[:3])
    assert [float(cell) for cell in row.groups()[3:]] == pytest.approx([speed / floor for speed in speeds], abs=0.01)
    assert "64 patients, 2 thread(s)" in printed


def test_stored_maps_pay_after_as_many_epochs_as_the_printed_seconds_say():
    small = ["--model", "narrow_vgg", "--head", "0", "--size", "64", "--images", "32", "--repeats", "1"]
    command = [sys.executable, BENCHMARKS / "frozen.py", *small]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    row = re.search(r"^\| narrow_vgg \| 4 \| (.+) \| (.+) \| (.+) \| (.+) \| (\d+) epochs \|$", printed, re.MULTILINE)
    embed, pixels, maps, ratio, epochs = map(float, row.groups())
    assert ratio == pytest.approx(pixels / maps, rel=0.02) and ratio > 1
    assert epochs == pytest.approx(embed / (pixels - maps), rel=0.05, abs=1)
