"""Every network that the CVM-Cervix paper compares with is declared, can be built, trained and explained."""

from pathlib import Path

import pytest
import torch
import yaml
from torch.utils._python_dispatch import TorchDispatchMode

from workflow_scripts.explanation.target_layers import target_layer
from workflow_scripts.models import compression, registry
from workflow_scripts.models.build import build
from workflow_scripts.models.input_shape import square
from workflow_scripts.settings.load import settings
from workflow_scripts.settings.steps import Steps
from workflow_scripts.training import recipe

ROOT = Path(__file__).resolve().parents[2]
STUDY = "cvm_cervix"
PAPER = settings(ROOT, {"scale": "paper"})
RUNS = PAPER.studies[STUDY].runs
RIVALS = [name for name, run in RUNS.items() if run.kind == "network"]
CLASSES = 11
# Small sizes that the networks take; the others take 64 pixels.
SMALL = {"inception_v3": 80, "inception_resnet_v1": 80, "vit": 32, "deit": 32, "t2t_vit": 32, "botnet": 32}
# Deeper or wider than another one of their family; and those of more than 80 million parameters.
SIBLINGS = ["vgg13", "vgg16", "vgg19", "resnet34", "resnet50", "resnet101", "densenet169", "shufflenet_v2_x1_0"]
LARGE = ["vgg11", "vit"]


def rivals(slow):
    """All of them, some marked slow."""
    return pytest.mark.parametrize(
        "name", [pytest.param(name, marks=[pytest.mark.slow] * (name in slow)) for name in RIVALS]
    )


def table3():
    raw = yaml.safe_load((ROOT / "workflow_scripts" / "studies" / STUDY / "published.yaml").read_text("utf-8"))
    return [row["run"] for row in raw["tables"]["table3"]["rows"].values()]


def test_the_runs_are_those_of_table_3_and_only_at_the_papers_scale():
    assert sorted(RIVALS) == sorted(set(table3()) - {"cvm"}) and len(RIVALS) == 22
    demo = settings(ROOT).studies[STUDY].runs
    assert {run for run in demo if run in RIVALS} == {"xception", "deit"}


def test_studies_like_it_do_not_compare():
    others = {name: study for name, study in PAPER.studies.items() if name != STUDY and study.paper == STUDY}
    assert len(others) >= 3
    for name, study in others.items():
        assert {run for run in study.runs if run in RIVALS} == {"xception", "deit"}, name


class Operations(TorchDispatchMode):
    """Notes the operations that PyTorch carries out."""

    def __init__(self):
        super().__init__()
        self.names = set()

    def __torch_dispatch__(self, function, types, arguments=(), named=None):
        self.names.add(function.name())
        return function(*arguments, **(named or {}))


@rivals(slow=SIBLINGS)
def test_each_is_built_at_the_papers_size_and_has_a_layer_to_explain(name):
    size = PAPER.studies[STUDY].preprocess.size
    assert size == 224
    with torch.device("meta"):  # shapes without numbers
        model = registry.create(RUNS[name].model, CLASSES, square(size), RUNS[name].options)
        with Operations() as operations:
            assert model(torch.zeros(2, 3, size, size)).shape == (2, CLASSES)
        assert min(target_layer(model, square(size)).shape) > 1
    # What torch.use_deterministic_algorithms refuses on a GPU; pooling to one pixel is a mean and no such operation.
    refused = {"aten::_adaptive_avg_pool2d", "aten::adaptive_max_pool2d"} & operations.names
    assert Steps(PAPER).training(STUDY, name).deterministic == (not refused)


# These pool to 7×7 or 6×6, which ONNX knows of maps only that are a multiple of it.
POOLED = {"vgg11": 224, "vgg13": 224, "vgg16": 224, "vgg19": 224, "alexnet": 224}


@rivals(slow=[*SIBLINGS, *LARGE, "alexnet"])
def test_each_is_written_as_onnx_for_any_number_of_images(name, tmp_path, caplog):
    size = POOLED.get(name, SMALL.get(name, 64))
    torch.manual_seed(0)
    model = registry.create(RUNS[name].model, CLASSES, square(size), RUNS[name].options).eval()
    with caplog.at_level("INFO"):
        file = compression._write_onnx(model, tmp_path / "model.onnx", square(size))
    assert "checked with 1, 3, 5 images" in caplog.text
    predict = compression._onnx_session(file)
    for count in (1, 3, 5):
        images = torch.randn(count, 3, size, size, generator=torch.Generator().manual_seed(count))
        with torch.no_grad():
            expected = model(images)
        scale = expected.abs().max()  # of random weights the outputs of some are tiny
        torch.testing.assert_close(predict(images) / scale, expected / scale, rtol=0, atol=1e-3)
    file.unlink()


@rivals(slow=SIBLINGS + LARGE)
def test_each_makes_one_step_of_training(name):
    size = SMALL.get(name, 64)
    steps = Steps(PAPER)
    model = build(steps.spec(STUDY, name), CLASSES, square(size), seed=0, files={}).train()
    train = steps.training(STUDY, name)
    optimizer = recipe.optimiser(model, train)
    before = {key: value.detach().clone() for key, value in model.named_parameters()}
    targets = torch.tensor([3, 7])
    logits = model(torch.randn(2, 3, size, size, generator=torch.Generator().manual_seed(0)))
    loss = recipe.criterion(train, torch.ones(CLASSES))(logits, targets)
    loss.backward()
    optimizer.step()
    assert logits.shape == (2, CLASSES) and loss.isfinite()
    # A residual branch may start at zero (its gradient is zero at first), but no layer may be left out.
    assert not [key for key, value in model.named_parameters() if value.grad is None]
    changed = [key for key, value in model.named_parameters() if not torch.equal(value, before[key])]
    assert len(changed) > 0.6 * len(before) and changed[-1].startswith(model.classifier_names)
