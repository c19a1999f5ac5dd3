"""The scripts that time trainings time what they say, on images small enough for a test."""

import importlib
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from workflow_scripts.documentation.measured import tables_of

BENCHMARKS = Path(__file__).resolve().parents[1] / "benchmarks"


@pytest.fixture
def script(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return importlib.import_module


@pytest.fixture(scope="module")
def declared_file(tmp_path_factory) -> Path:
    """What declared.py writes at home."""
    path = tmp_path_factory.mktemp("declared") / "declared.json"
    subprocess.run([sys.executable, BENCHMARKS / "declared.py", path], check=True)
    return path


def without_pydantic(folder: Path) -> dict[str, str]:
    """The environment of a machine on which pydantic and Snakemake cannot be imported."""
    hook = "import sys\nfor name in ('pydantic', 'snakemake'): sys.modules[name] = None\n"
    (folder / "sitecustomize.py").write_text(hook)
    return {**os.environ, "PYTHONPATH": str(folder)}


def test_every_network_of_table_3_is_timed_with_the_settings_of_the_paper(script, declared_file):
    declared = script("declared").Declared.read(declared_file)
    assert declared == script("declared").Declared.of_settings()
    assert len(declared.table3) == 23 and declared.table3[-1] == "cvm"
    for run in declared.table3:
        train = declared.train(run, epochs=2)
        assert (train.optimizer, train.learning_rate, train.batch_size, train.epochs) == ("adamw", 2e-4, 16, 2)


def test_the_hours_are_the_sum_of_the_measured_epochs(declared_file, tmp_path):
    runs, steps = ["shufflenet_v2_x0_5", "mobilenet_v2"], ["eager", "replayed"]
    command = [sys.executable, BENCHMARKS / "table3.py", "--images", "16", "--size", "32", "--device", "cpu"]
    command += ["--declared", declared_file, "--runs", *runs, "--steps", *steps]
    environment = without_pydantic(tmp_path)
    printed = subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout
    pattern = r"^\| (\w+) \| (\w+) \| ([\d.]+) \| ([\d.]+) \| [\d.]+ \| cpu \|$"
    rows = re.findall(pattern, printed, re.MULTILINE)
    # Million parameters with a classifier for eleven classes, as torchvision and timm count them.
    sizes = {runs[0]: "0.4", runs[1]: "2.2"}
    assert [row[:3] for row in rows] == [(run, how, sizes[run]) for run in runs for how in steps]
    for how in steps:
        line = rf"2 network\(s\), {how}, the paper's epochs of 5308 images each: ([\d.]+) h"
        seconds = [float(row[3]) for row in rows if row[1] == how]
        hours_per_second = 100 * 5308 / 16 / 3600
        # Each number is printed to two digits after the point, which of a fast machine's epochs are few.
        rounding = 0.005 * len(seconds) * hours_per_second + 0.005
        assert float(re.search(line, printed)[1]) == pytest.approx(sum(seconds) * hours_per_second, abs=rounding)


def test_a_network_that_cannot_be_trained_takes_nothing_along(declared_file, script, monkeypatch, capsys):
    table3 = script("table3")
    fit = table3.fit

    def fit_or_not(model, *arguments, **named):
        if sum(parameter.numel() for parameter in model.parameters()) > 1_000_000:
            raise table3.torch.OutOfMemoryError("CUDA out of memory")
        return fit(model, *arguments, **named)

    monkeypatch.setattr(table3, "fit", fit_or_not)
    small = ["--images", "16", "--size", "32", "--device", "cpu", "--declared", str(declared_file)]
    monkeypatch.setattr(sys, "argv", ["table3.py", *small, "--runs", "mobilenet_v2", "shufflenet_v2_x0_5"])
    table3.main()
    printed = capsys.readouterr().out
    assert "| mobilenet_v2 | eager | | | CUDA out of memory | |" in printed
    assert re.search(r"^\| shufflenet_v2_x0_5 \| eager \| 0\.4 ", printed, re.MULTILINE)
    assert "1 network(s), eager, the paper's epochs" in printed


def test_each_precision_and_batch_size_is_a_row_of_speeds(declared_file, tmp_path):
    small = ["--images", "24", "--size", "32", "--repeats", "1", "--device", "cpu", "--replayed"]
    rows = ["--batch", "8", "12", "--precision", "float32", "bfloat16", "--runs", "shufflenet_v2_x0_5"]
    command = [sys.executable, BENCHMARKS / "training.py", *small, *rows, "--declared", declared_file]
    printed = subprocess.run(command, capture_output=True, text=True, check=True, env=without_pydantic(tmp_path)).stdout
    table = [line.strip("| ").split(" | ") for line in printed.splitlines() if line.startswith("| shufflenet")]
    wanted = [[batch, precision] for batch in ("8", "12") for precision in ("float32", "bfloat16")]
    assert [row[1:3] for row in table] == wanted
    for row in table:
        floor, loop, replayed, plain = map(float, row[4:8])
        assert [float(cell) for cell in row[8:11]] == pytest.approx(
            [loop / floor, loop / replayed, loop / plain], rel=0.05, abs=0.02
        )
        assert float(row[11]) == pytest.approx(5308 / max(loop, replayed), rel=0.05)
    assert "the paper: 82 s an epoch of 5308 images" in printed


def test_a_column_that_fails_says_why_and_takes_nothing_along(declared_file, script, monkeypatch, capsys):
    training = script("training")

    def fit_or_not(model, feeder, empty, train, *more):
        if train.replay:
            raise training.UserError("a step of this network | cannot be recorded\nand more")
        return fit(model, feeder, empty, train, *more)

    fit = training.fit
    monkeypatch.setattr(training, "fit", fit_or_not)
    small = ["--images", "16", "--size", "32", "--batch", "8", "--repeats", "1", "--device", "cpu", "--replayed"]
    small += ["--declared", str(declared_file), "--runs", "shufflenet_v2_x0_5", "--only", "loop", "replayed"]
    monkeypatch.setattr(sys, "argv", ["training.py", *small])
    training.main()
    ((_, speeds),) = [(table.columns, table.rows) for table in tables_of(capsys.readouterr().out)]
    assert speeds[0][5:7] == ("a step of this network / cannot be recorded", "–") and float(speeds[0][4]) > 0


def test_the_speed_of_timms_script_is_the_mean_over_its_second_epoch(script, tmp_path):
    stand_in = tmp_path / "train.py"
    line = "print('Train: {} [  11/12 (100%)]  Loss: 2.39 (2.42)  Time: 0.2s,  160.00/s  (0.273s,  {}/s)  LR: 2e-04')\n"
    stand_in.write_text(line.format(0, 55.5) + line.format(1, 117.31))
    files = tmp_path / "files"
    (files / "class").mkdir(parents=True)
    train = script("declared").Declared.of_settings().train("cvm")
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
