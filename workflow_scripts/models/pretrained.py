"""The weights that timm and torchvision publish: fetched by name, proved to fit, kept as safetensors.

A file is looked for where the user may have put it, then in the libraries' own caches, then at its address. Whatever
its format, it is loaded strictly into the network it belongs to, and that network's tensors are written: so a training
needs neither the network nor the library's conversions. Pickles are read with weights_only.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import save
from torch import nn

from workflow_scripts.data.download.fetching import PATIENT, Expected, Patience, check, fetch
from workflow_scripts.models.compat import TORCHVISION  # before timm and torchvision
from workflow_scripts.runtime.entry import log
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.files import digest_file, write_bytes

HUB = "https://huggingface.co"
# What a repository of the hub calls its tensors; the first that exists is taken.
HUB_FILES = ("model.safetensors", "pytorch_model.bin")
# In a published file's name: the beginning of its sha256.
_DIGEST = re.compile(r"-([0-9a-f]{8,})\.")
# DenseNets were published before PyTorch forbade dots in names: torchvision renames norm.1 to norm1.
_DENSE = re.compile(r"^(.*denselayer\d+\.(?:norm|relu|conv))\.([12]\.\w+)$")
# How a broken or foreign file fails in the libraries' readers.
_UNREADABLE = (
    *(AttributeError, EOFError, KeyError, OSError, RuntimeError, TypeError, ValueError),
    *(SafetensorError, UnpicklingError),
)


@dataclass(frozen=True)
class Origin:
    """Where published weights are: in the hub's repository `hub` or at the address `url`, of which one is empty.

    `licence`: as timm says.
    """

    name: str
    hub: str = ""
    url: str = ""
    licence: str | None = None

    @property
    def address(self) -> str:
        """The file's address in a browser."""
        return f"{HUB}/{self.hub}/resolve/main/{HUB_FILES[0]}" if self.hub else self.url

    def at_hand(self, folder: Path) -> list[Path]:
        """Where a user puts the file when there is no network: the model's name with the file's own extension."""
        names = HUB_FILES if self.hub else [self.url]
        return [folder / f"{self.name.replace('/', '-')}{Path(name).suffix}" for name in names]


def origin(name: str) -> Origin:
    """Where the published weights of a network are; UserError when there are none."""
    import timm
    import torchvision

    if name.startswith(TORCHVISION):
        short = name.removeprefix(TORCHVISION)
        if short in torchvision.models.list_models(module=torchvision.models):
            return Origin(name, url=torchvision.models.get_model_weights(short).DEFAULT.url)
    preset = timm.get_pretrained_cfg(name) if timm.is_model_pretrained(name) else None
    if preset is not None and preset.hf_hub_id:
        return Origin(name, hub=preset.hf_hub_id, licence=preset.license)
    if preset is not None and isinstance(preset.url, str) and preset.url:
        return Origin(name, url=preset.url, licence=preset.license)
    raise UserError(f"there are no published weights of {name!r}; set weights to null or to a safetensors file")


def fetch_published(name: str, target: Path, by_hand: Path, patience: Patience = PATIENT) -> dict[str, Any]:
    """Write the published weights of a network to `target` (safetensors); returns the record of where they are from.

    `by_hand` is the folder in which a user may have put the published file. Raises UserError when there are none, when
    they can be had nowhere (saying which file to put where), and when the file does not fit the network.
    """
    published = origin(name)
    given = _given(published, by_hand)
    raw = given or (_from_hub(published, by_hand) if published.hub else _from_url(published, by_hand, patience))
    state = _loaded(published, raw)
    # Written by Python: of a full disk the library's own writer says what only it understands.
    write_bytes(target, save({key: value.detach().clone().contiguous() for key, value in state.items()}))
    return {
        "model": name,
        "from": f"{raw.name}, put there by hand" if given else published.address,
        "licence": published.licence,
        "published_sha256": digest_file(raw),
        "sha256": digest_file(target),
    }


def _given(published: Origin, by_hand: Path) -> Path | None:
    return next((path for path in published.at_hand(by_hand) if path.is_file()), None)


def _from_hub(published: Origin, by_hand: Path) -> Path:
    """The file in huggingface_hub's cache, fetched into it where it is not."""
    from huggingface_hub import hf_hub_download, try_to_load_from_cache
    from huggingface_hub.errors import EntryNotFoundError, HfHubHTTPError, LocalEntryNotFoundError

    repository, _, revision = published.hub.partition("@")
    for file in HUB_FILES:
        cached = try_to_load_from_cache(repository, file, revision=revision or None)
        if isinstance(cached, str):
            return Path(cached)
    for file in HUB_FILES:
        try:
            return Path(hf_hub_download(repository, file, revision=revision or None))
        except LocalEntryNotFoundError as error:  # no network, and not in the cache
            raise _unreachable(published, by_hand, error) from None
        except EntryNotFoundError:
            continue
        except (HfHubHTTPError, OSError) as error:
            raise _unreachable(published, by_hand, error) from None
    raise UserError(f"{HUB}/{published.hub} has none of {', '.join(HUB_FILES)}; set weights to a safetensors file")


def _from_url(published: Origin, by_hand: Path, patience: Patience) -> Path:
    """The file in PyTorch's cache, fetched into it where it is not; checked against the digest in its name."""
    name = published.url.rsplit("/", 1)[1]
    cached = Path(torch.hub.get_dir()) / "checkpoints" / name
    matched = _DIGEST.search(name)
    if not cached.exists():
        try:
            fetch(published.url, cached, Expected(), patience)
        except UserError as error:
            raise _unreachable(published, by_hand, error) from None
    sha256 = check(cached, Expected(), published.url)
    if matched and not sha256.startswith(matched[1]):
        cached.unlink()
        raise UserError(f"{published.url}: sha256 begins with {sha256[:8]}, not as its name says; {cached} was removed")
    return cached


def _unreachable(published: Origin, by_hand: Path, error: Exception) -> UserError:
    log.info("%s", error)
    return UserError(
        f"the published weights of {published.name!r} could not be fetched ({_reason(error)}); where there is a "
        f"network, download {published.address} and put it here as {published.at_hand(by_hand)[0]}"
    )


def _reason(error: Exception) -> str:
    return str(error).partition(";")[0] if isinstance(error, UserError) else type(error).__name__


def _loaded(published: Origin, raw: Path) -> dict[str, torch.Tensor]:
    """Tensors of the library's own network, all its classes included, with the file loaded into it strictly."""
    build = _torchvision_network if published.name.startswith(TORCHVISION) else _timm_network
    try:
        return build(published.name, raw).state_dict()
    except _UNREADABLE as error:
        log.info("traceback", exc_info=True)
        first = (str(error).splitlines() or [type(error).__name__])[0]
        raise UserError(
            f"{raw} holds no published weights of {published.name!r} ({first}); remove it, `make prepare` fetches it "
            "again"
        ) from None


def _timm_network(name: str, raw: Path) -> nn.Module:
    import timm

    preset = timm.get_pretrained_cfg(name)
    assert preset is not None  # `origin` knows it
    overlay = {"file": str(raw)}
    return timm.create_model(name, pretrained=True, pretrained_cfg_overlay=overlay, num_classes=preset.num_classes)


def _torchvision_network(name: str, raw: Path) -> nn.Module:
    import torchvision

    state = torch.load(raw, map_location="cpu", weights_only=True)
    state = type(state)((_DENSE.sub(r"\1\2", key), value) for key, value in state.items())
    # Without it these two announce a change of their first values, which are all replaced here.
    options = {"init_weights": False} if name.endswith(("googlenet", "inception_v3")) else {}
    model = torchvision.models.get_model(name.removeprefix(TORCHVISION), weights=None, **options)
    model.load_state_dict(state)
    return model
