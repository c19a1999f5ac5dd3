"""The MLflow UI in a real browser: what a user sees of finished results."""

import re
import subprocess
from html import unescape
from pathlib import Path

import pytest

from tests.system import free_ports, require
from tests.tracking.handmade import SETTINGS
from tests.vouched import revouch
from workflow_scripts.commands.browse import tables_of_runs
from workflow_scripts.tracking.database import database_of
from workflow_scripts.tracking.server import HOST, serving
from workflow_scripts.tracking.sync import track_study

pytestmark = pytest.mark.slow

COLOUR = (213, 0, 150)  # nowhere else in the UI
# Seconds of the page's own clock, which stands still while it waits for the server.
PATIENCE = 30


def page(chromium: Path, address: str, picture: Path) -> str:
    """Text of a page when its scripts have run; what it looks like is kept in `picture`."""
    command = [str(chromium), "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
    command += [f"--user-data-dir={picture.parent / 'profile'}", "--window-size=1400,1000"]
    command += [f"--virtual-time-budget={1000 * PATIENCE}", f"--screenshot={picture}", "--dump-dom", address]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0 and picture.exists(), done.stderr
    bare = re.sub(r"<(script|style).*?</\1>|<[^>]*>", " ", done.stdout, flags=re.S)
    return re.sub(r"\s+", " ", unescape(bare))


def test_experiment_runs_metrics_and_figures_are_on_the_pages(study, tmp_path, capsys):
    from mlflow.tracking import MlflowClient
    from PIL import Image

    chromium = require(["chromium"], ["chromium"])["chromium"]
    fill = f'<rect width="400" height="300" fill="rgb{COLOUR}"/>'
    drawing = f'<svg xmlns="http://www.w3.org/2000/svg" width="400" height="300">{fill}</svg>'
    (study.folder / "evaluation/published/cnn/roc.svg").write_text(drawing, encoding="utf-8")
    Image.new("RGB", (400, 300), COLOUR).save(study.folder / "explanation/published/cnn/gradcam.png")
    revouch(study.folder)
    track_study(study.results, SETTINGS, study.folder / "tracked.json")
    client = MlflowClient(f"sqlite:///{database_of(study.results)}")
    experiment = client.get_experiment_by_name("toy").experiment_id
    ids = {run.info.run_name: run.info.run_id for run in client.search_runs([experiment])}
    (port,) = free_ports(1)
    address = f"http://{HOST}:{port}"
    ((_, table),) = tables_of_runs(address, f"sqlite:///{database_of(study.results)}")
    with serving(study.results, port):
        opened = page(chromium, table, tmp_path / "table.png")
        runs = f"http://{HOST}:{port}/#/experiments/{experiment}/runs"
        overview = page(chromium, runs, tmp_path / "runs.png")
        child = page(chromium, f"{runs}/{ids['cnn (published) fold0-seed0']}", tmp_path / "run.png")
        of_run = f"{runs}/{ids['cnn (published)']}/artifacts"
        figures = {
            name: page(chromium, f"{of_run}/{name}", tmp_path / f"{Path(name).stem}.png")
            for name in ("figures/roc.svg", "explanation/gradcam.png")
        }
    with capsys.disabled():
        print(f"\nseen in the browser: {tmp_path}/runs.png, run.png, roc.png, gradcam.png")
    assert "2 matching runs" in opened and "headline headline_high headline_low test/n" in opened
    assert "Toy cells : synthetic data, demo scale" in opened and "toy (synthetic)" in child
    assert "Experiments toy" in overview and "6 matching runs" in overview
    assert "cnn (published)" in overview and "vote (published)" in overview
    assert "history/train_loss 0.333" in child and "test/accuracy 0.8 " in child and "spec.kind network" in child
    for name, text in figures.items():
        assert name in text
        with Image.open(tmp_path / f"{Path(name).stem}.png") as seen:
            shown = {colour: count for count, colour in seen.convert("RGB").getcolors(2**20)}
        assert shown.get(COLOUR, 0) > 400 * 300 * 0.9, name
