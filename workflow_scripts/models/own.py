"""Networks that no library has. Apart from the registry, because the settings read it and import no PyTorch."""

# Name → "module.path:function(classes, size, **options)"; naming one imports only it.
OWN: dict[str, str] = {
    "inception_resnet_v1": "workflow_scripts.models.inception_resnet_v1:make",
    "t2t_vit_14": "workflow_scripts.models.t2t_vit:make",
}


def modules_of(names: list[str]) -> list[str]:
    """Modules of those of the named networks that are of this package, each once, sorted."""
    return sorted({OWN[name].partition(":")[0] for name in names if name in OWN})
