"""Packages that a machine must bring for the trainings of a bundle."""

import platform
from collections.abc import Iterable
from importlib import metadata
from importlib.util import find_spec

from workflow_scripts.runtime.errors import UserError

# Name of a package → what is imported of it. Of these everything is that trainings import, and what packs images.
ALWAYS = {
    "numpy": "numpy",
    "pandas": "pandas",
    "pillow": "PIL",
    "safetensors": "safetensors",
    "scikit-image": "skimage",
    "scikit-learn": "sklearn",
    "timm": "timm",
    "torch": "torch",
    "torchvision": "torchvision",
}
# Where training samples are made up between real ones.
RESAMPLING = {"imbalanced-learn": "imblearn"}
OLDEST_PYTHON = (3, 11)


def needs(resampled: bool) -> dict[str, str]:
    """Package → version that is installed here, of all that trainings import; `resampled`: whether any is resampled."""
    return {name: metadata.version(name) for name in sorted({**ALWAYS, **(RESAMPLING if resampled else {})})}


def require_packages(names: Iterable[str]) -> None:
    """Raise UserError, naming all of them, for packages that cannot be imported here."""
    imported = {**ALWAYS, **RESAMPLING}
    if missing := [name for name in names if find_spec(imported.get(name, name)) is None]:
        raise UserError(f"{platform.node()} lacks {', '.join(missing)}; `python3 -m pip install {' '.join(missing)}`")


def differences(home: dict[str, str]) -> list[str]:
    """A few words for every package whose version here is not that of `home`, package → version."""
    here = {name: metadata.version(name) for name in home}
    return [f"{name} {here[name]} (at home {home[name]})" for name in home if here[name] != home[name]]
