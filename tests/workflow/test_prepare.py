"""What comes from elsewhere is fetched by one command beforehand; after it no job needs a network."""

import io
import json
import re
import zipfile

import numpy as np
import pytest
import yaml
from PIL import Image

from tests.data.download.server import running
from tests.workflow.conftest import ROOT, Workflow, copy_of_the_project
from workflow_scripts.models.input_shape import square
from workflow_scripts.runtime.files import digest_file

CONFIG = """
results: results-mine
only: [cvm_herlev]
studies:
  cvm_herlev:
    source: data/herlev/raw
    preprocess: {size: 32}
    train: {epochs: 1, batch_size: 8}
    protocols: {grouped: null}
    runs:
      <<: {cvm: null, xception: null, deit: null, soft_vote: null}
      tiny: {kind: network, model: test_resnet, weights: published}
    evaluate: {reference: tiny}
    explain: {runs: [tiny]}
"""
PREPARE = ("-s", "prepare.smk")


def herlev() -> bytes:
    """A small Herlev archive, as it is published."""
    generator, target = np.random.default_rng(0), io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for number, label in enumerate(("carcinoma_in_situ", "normal_columnar", "normal_intermediate")):
            for cell in range(8):
                picture = io.BytesIO()
                Image.fromarray(generator.integers(0, 256, (24, 24, 3), dtype=np.uint8)).save(picture, "bmp")
                name = f"smear2005/New database pictures/{label}/1490{number}{cell}1-1490{number}{cell}2-001.BMP"
                archive.writestr(name, picture.getvalue())
    return target.getvalue()


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """A copy in which `prepare` ran, and what the server was asked."""
    from safetensors.torch import save_file

    from workflow_scripts.models import registry

    folder = copy_of_the_project(tmp_path_factory.mktemp("prepared") / "copy")
    workflow = Workflow(folder, "mine.yaml")
    (folder / "mine.yaml").write_text(CONFIG)
    (folder / "data" / "weights" / "by_hand").mkdir(parents=True)
    state = registry.create("test_resnet", 1000, square(64), {}).state_dict()
    save_file(state, folder / "data/weights/by_hand/test_resnet.safetensors")
    with running() as server:
        place = folder / "workflow_scripts/data/download/published_sources.yaml"
        sources = yaml.safe_load(place.read_text())
        sources["herlev"]["files"][0]["url"] = server.put("/smear2005.zip", herlev())
        place.write_text(yaml.safe_dump(sources))
        workflow.run(*PREPARE)
    return workflow, server.asked


def test_prepare_brings_data_and_weights_with_their_records(prepared):
    workflow, asked = prepared
    data = workflow.folder / "data"
    assert len(list((data / "herlev/raw/New database pictures").rglob("*.BMP"))) == 24
    record = json.loads((data / "herlev/raw.json").read_text())
    assert record["number_of_files"] == 24 and record["files"][0]["url"].endswith("/smear2005.zip")
    weights = json.loads((data / "weights/test_resnet.json").read_text())
    assert weights["sha256"] == digest_file(data / "weights/test_resnet.safetensors")
    assert [path for path, _ in asked] == ["/smear2005.zip"]


def test_after_it_no_job_fetches_anything(prepared):
    workflow, _ = prepared
    planned = workflow.planned()
    assert planned["train"] == 1 and not {"download", "fetch_weights"} & set(planned)


@pytest.mark.slow
def test_a_run_starts_from_the_weights_and_its_record_names_them(prepared):
    workflow, _ = prepared
    target = "results-mine/cvm_herlev/runs/published/tiny/finished.json"
    workflow.run(target, HF_HUB_OFFLINE="1", http_proxy="http://127.0.0.1:9", https_proxy="http://127.0.0.1:9")
    record = json.loads((workflow.folder / target).with_name("fold0-seed0").joinpath("record.json").read_text())
    weights = workflow.folder / "data/weights/test_resnet.safetensors"
    assert record["inputs"]["start weights of model"] == digest_file(weights)
    weights.touch()
    assert workflow.planned(target) == workflow.planned(*PREPARE) == {}


def test_the_documentation_names_the_command():
    page = (ROOT / "docs" / "how-to" / "use_public_data.md").read_text()
    assert "make prepare" in page and re.search(r"^prepare: .*## ", (ROOT / "Makefile").read_text(), re.M)
