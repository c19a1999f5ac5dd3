"""What the settings know of networks: those that no library has, and options that are none. Imports no PyTorch."""

from typing import Any, Protocol

from workflow_scripts.runtime.named_objects import module_part

# Name → "module.path:function(classes, shape, **options)"; naming one imports only it.
OWN: dict[str, str] = {
    "inception_resnet_v1": "workflow_scripts.models.inception_resnet_v1:make",
    "narrow_vgg": "workflow_scripts.models.narrow_vgg:make",
    "plain_cnn": "workflow_scripts.models.plain_cnn:make",
    "t2t_vit_14": "workflow_scripts.models.t2t_vit:make",
}

# Arguments of timm's and torchvision's factories that load weights, as do those that begin with a loading word. A file
# loaded so is in no record, and a change of it would re-run nothing.
_LOADING = ("checkpoint_path", "cache_dir", "progress", "file", "url", "hf_hub_id", "state_dict")
_LOADING_WORDS = ("pretrained", "weights")
# What the study says, or the machine.
_DECIDED = {
    "num_classes": "ingest.classes says how many classes there are",
    "in_chans": "the arrays say how many channels there are",
    "features_only": "a network gives one row of numbers an image",
    "out_indices": "a network gives one row of numbers an image",
    "device": "the top key `device` says where networks are trained",
    "dtype": "train.precision says in how many bits networks are trained",
    "name": "`model` names the network",
    "model_name": "`model` names the network",
    "scriptable": "it changes how a network is stored, not what it is",
    "exportable": "a compressed run with `to: onnx` is the way to export",
    "no_jit": "it changes how a network is stored, not what it is",
}


class NetworkPart(Protocol):
    """A network of a run, or a branch of one: name, arguments of its constructor, and what weights it starts from."""

    @property
    def model(self) -> str: ...

    @property
    def options(self) -> dict[str, Any]: ...

    @property
    def weights(self) -> str | None: ...


def refused_option(options: dict[str, Any]) -> str | None:
    """Why the first of a network's options that may not be given is refused, and what to write; None if all may be."""
    for name in options:
        if name in _LOADING or name.startswith(_LOADING_WORDS):
            return (
                f"{name!r} would load weights that no record names; write `weights: published`, or `weights: "
                "FILE` with a safetensors file, beside `model`"
            )
        if name in _DECIDED:
            return f"{name!r} is no option here: {_DECIDED[name]}; take it out"
    return None


def modules_of(names: list[str]) -> list[str]:
    """Modules of those of the named networks that are of this package, each once, sorted."""
    return sorted({module_part(OWN[name]) for name in names if name in OWN})
