"""Published weights come by name, from wherever they are, as safetensors that fit; a training needs no network."""

import hashlib
import re
import resource
import socket
import time

import pytest
import torch
from safetensors.torch import load_file, save_file

from tests import made
from tests.data.download.server import running
from workflow_scripts.data.download.fetching import Patience
from workflow_scripts.models import pretrained, registry
from workflow_scripts.models.input_shape import square
from workflow_scripts.models.pretrained import Origin, fetch_published, origin
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.files import digest_file

QUICK = Patience(timeout=5, tries=2, pause=0)
SMALL = "torchvision/shufflenet_v2_x0_5"


@pytest.fixture(autouse=True)
def caches(tmp_path, monkeypatch):
    """Empty caches of both libraries."""
    import huggingface_hub.constants

    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path / "torch"))


@pytest.fixture
def offline(monkeypatch):
    """No way out of this process, and nobody waits for one; returns what was tried."""
    tried = []

    def refuse(self, address):
        tried.append(address)
        raise OSError("Network is unreachable")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *given, **more: refuse(None, given))
    return tried


def whole(name, classes=1000):
    """Tensors of the library's own network, as it would publish them."""
    if name.startswith("torchvision/"):
        import torchvision

        return torchvision.models.get_model(name.removeprefix("torchvision/"), weights=None).state_dict()
    import timm

    return timm.create_model(name, num_classes=classes).state_dict()


def in_hub_cache(root, found, state):
    """Lay the file where huggingface_hub keeps what it has fetched."""
    place = root / f"models--{found.hub.replace('/', '--')}"
    (place / "refs").mkdir(parents=True)
    (place / "refs" / "main").write_text("abc")
    (place / "snapshots" / "abc").mkdir(parents=True)
    save_file(state, place / "snapshots" / "abc" / "model.safetensors")


def test_without_network_and_cache_one_line_says_which_file_to_put_where(tmp_path, offline):
    with pytest.raises(UserError) as hub:
        fetch_published("resnet18", tmp_path / "out.safetensors", tmp_path / "by_hand", QUICK)
    assert "download https://huggingface.co/timm/resnet18.a1_in1k/resolve/main/model.safetensors" in str(hub.value)
    assert f"put it here as {tmp_path / 'by_hand' / 'resnet18.safetensors'}" in str(hub.value)
    with pytest.raises(UserError) as url:
        fetch_published("torchvision/resnet18", tmp_path / "out.safetensors", tmp_path / "by_hand", QUICK)
    assert "download https://download.pytorch.org/models/resnet18-f37072fd.pth" in str(url.value)
    assert f"put it here as {tmp_path / 'by_hand' / 'torchvision-resnet18.pth'}" in str(url.value)
    assert "\n" not in str(hub.value) + str(url.value) and offline
    assert not (tmp_path / "out.safetensors").exists()


def test_a_file_put_there_by_hand_is_taken_without_a_network(tmp_path, offline):
    state = whole(made.CNN)
    (tmp_path / "by_hand").mkdir()
    save_file(state, tmp_path / "by_hand" / f"{made.CNN}.safetensors")
    record = fetch_published(made.CNN, tmp_path / "out.safetensors", tmp_path / "by_hand", QUICK)
    found = load_file(tmp_path / "out.safetensors")
    assert found.keys() == state.keys() and all(torch.equal(found[key], state[key]) for key in state)
    assert record["from"] == f"{made.CNN}.safetensors, put there by hand"
    assert record["published_sha256"] == digest_file(tmp_path / "by_hand" / f"{made.CNN}.safetensors")
    assert record["sha256"] == digest_file(tmp_path / "out.safetensors") and not offline


def test_a_full_disk_is_an_error_of_the_system(tmp_path, offline):
    (tmp_path / "by_hand").mkdir()
    save_file(whole(made.CNN), tmp_path / "by_hand" / f"{made.CNN}.safetensors")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
    try:
        with pytest.raises(OSError, match="File too large"):
            fetch_published(made.CNN, tmp_path / "out.safetensors", tmp_path / "by_hand", QUICK)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def test_a_file_in_the_hubs_cache_is_taken_without_a_network(tmp_path, offline):
    state = whole(made.CNN)
    in_hub_cache(tmp_path / "hub", origin(made.CNN), state)
    record = fetch_published(made.CNN, tmp_path / "out.safetensors", tmp_path, QUICK)
    assert torch.equal(load_file(tmp_path / "out.safetensors")["fc.weight"], state["fc.weight"])
    assert (
        not offline
        and record["from"] == "https://huggingface.co/timm/test_resnet.r160_in1k/resolve/main/model.safetensors"
    )


def pickled(path, content):
    """A pickle under a name that begins its digest, as torchvision's are; returns that name."""
    torch.save(content, path)
    name = f"small-{hashlib.sha256(path.read_bytes()).hexdigest()[:8]}.pth"
    return name, path.read_bytes()


def test_a_pickle_from_a_server_becomes_safetensors_and_is_fetched_once(tmp_path, monkeypatch):
    state = whole(SMALL)
    name, raw = pickled(tmp_path / "raw", state)
    with running() as server:
        url = server.put(f"/{name}", raw, cuts=[1_000_000])
        monkeypatch.setattr(pretrained, "origin", lambda model: Origin(model, url=url))
        for target in ("one", "two"):
            record = fetch_published(SMALL, tmp_path / f"{target}.safetensors", tmp_path, QUICK)
        assert [asked for _, asked in server.asked] == [None, "bytes=1000000-"]
    found = load_file(tmp_path / "one.safetensors")
    assert found.keys() == state.keys() and torch.equal(found["fc.weight"], state["fc.weight"])
    assert (tmp_path / "one.safetensors").read_bytes() == (tmp_path / "two.safetensors").read_bytes()
    assert record["from"] == url


def test_a_file_whose_name_tells_another_digest_is_removed(tmp_path, monkeypatch):
    _, raw = pickled(tmp_path / "raw", whole(SMALL))
    with running() as server:
        url = server.put("/small-00000000.pth", raw)
        monkeypatch.setattr(pretrained, "origin", lambda model: Origin(model, url=url))
        with pytest.raises(UserError, match="sha256 begins with .*, not as its name says"):
            fetch_published(SMALL, tmp_path / "out.safetensors", tmp_path, QUICK)
    assert not list((tmp_path / "torch").rglob("*.pth"))


class Evil:
    """A pickle that acts when it is read."""

    def __init__(self, mark):
        self.mark = mark

    def __reduce__(self):
        return (open, (str(self.mark), "w"))


@pytest.mark.parametrize(("name", "suffix"), [(SMALL, "pth"), (made.CNN, "bin")])
def test_a_pickle_cannot_act(tmp_path, name, suffix):
    torch.save({"fc.weight": Evil(tmp_path / "mark")}, tmp_path / f"{name.replace('/', '-')}.{suffix}")
    with pytest.raises(UserError, match="holds no published weights of"):
        fetch_published(name, tmp_path / "out.safetensors", tmp_path, QUICK)
    assert not (tmp_path / "mark").exists() and not (tmp_path / "out.safetensors").exists()


@pytest.mark.parametrize(
    "spoil",
    [
        lambda state: state.pop("conv1.0.weight"),
        lambda state: state.update(extra=torch.zeros(1)),
        lambda state: state.update({"fc.weight": torch.zeros(3, 3)}),
    ],
    ids=["lacking", "unknown", "shape"],
)
def test_a_file_of_another_network_is_refused(tmp_path, spoil):
    state = whole(made.CNN)
    spoil(state)
    save_file(state, tmp_path / f"{made.CNN}.safetensors")
    with pytest.raises(UserError, match=f"holds no published weights of '{made.CNN}'"):
        fetch_published(made.CNN, tmp_path / "out.safetensors", tmp_path, QUICK)


def test_densenets_old_names_are_read(tmp_path):
    state = whole("torchvision/densenet121")
    old = {re.sub(r"(denselayer\d+\.(?:norm|conv))([12])\.", r"\1.\2.", key): value for key, value in state.items()}
    assert old.keys() != state.keys()
    torch.save(old, tmp_path / "torchvision-densenet121.pth")
    fetch_published("torchvision/densenet121", tmp_path / "out.safetensors", tmp_path, QUICK)
    assert load_file(tmp_path / "out.safetensors").keys() == state.keys()


@pytest.mark.parametrize(
    "name", ["botnet50ts_256", "resnet18.no_such_tag", "no_such_network", "torchvision/no_such_network"]
)
def test_networks_without_published_weights_are_named(name):
    with pytest.raises(UserError, match=f"there are no published weights of '{name}'; set weights to null"):
        origin(name)


def start(folder, name, classes=1000):
    """A file as fetch_published writes it, and its tensors."""
    state = whole(name, classes)
    save_file({key: value.contiguous() for key, value in state.items()}, folder / "start.safetensors")
    return folder / "start.safetensors", state


@pytest.mark.parametrize("name", [made.CNN, SMALL])
def test_a_training_starts_from_the_file_and_asks_no_network(tmp_path, offline, name):
    path, state = start(tmp_path, name)
    model = made.build(made.network(name, weights="published"), 3, square(64), seed=0, files={"model": path})
    for key, value in model.state_dict().items():
        classifier = key.startswith(model.classifier_names)
        assert torch.equal(value, torch.zeros_like(value) if classifier else state[key]), key
    extractor = registry.create(name, 0, square(64), {}, path)
    assert extractor(torch.zeros(1, 3, 64, 64)).shape == (1, extractor.feature_count) and not offline


@pytest.mark.filterwarnings("ignore:The default weight initialization:FutureWarning")
def test_auxiliary_classifiers_are_left_out(tmp_path):
    path, state = start(tmp_path, "torchvision/googlenet")
    model = registry.create("torchvision/googlenet", 2, square(64), {}, path)
    assert torch.equal(model.conv1.conv.weight, state["conv1.conv.weight"])


def test_what_depends_on_the_image_size_is_interpolated_as_the_library_does(tmp_path):
    path, state = start(tmp_path, made.VIT)
    model = registry.create(made.VIT, 2, square(32), {}, path)
    assert model.pos_embed.shape != state["pos_embed"].shape
    assert torch.equal(model.pos_embed[:, 0], state["pos_embed"][:, 0])
    assert torch.equal(model.blocks[0].attn.qkv.weight, state["blocks.0.attn.qkv.weight"])


def test_options_that_the_published_weights_do_not_fit_are_named(tmp_path):
    path, _ = start(tmp_path, made.VIT)
    with pytest.raises(UserError, match=r"does not hold weights of .*: it has the unknown tensor 'blocks"):
        registry.create(made.VIT, 2, square(32), {"depth": 1}, path)
    with pytest.raises(UserError, match=r"does not fit .* with the options .*size mismatch"):
        registry.create(made.VIT, 2, square(32), {"embed_dim": 32, "num_heads": 2}, path)
    with pytest.raises(UserError, match="start weights for 'model', but none were given: --weights model=FILE"):
        made.build(made.network(made.VIT, weights="published"), 2, square(32), seed=0, files={})
