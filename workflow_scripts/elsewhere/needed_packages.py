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


def needs(resampled: bool) -> dict[str, str]:
    """Package → version that is installed here, of all that trainings import; `resampled`: whether any is resampled."""
    return {name: metadata.version(name) for name in sorted({**ALWAYS, **(RESAMPLING if resampled else {})})}


def require_packages(names: Iterable[str]) -> None:
    """Raise UserError, naming all of them, for packages that cannot be imported here."""
    imported = {**ALWAYS, **RESAMPLING}
    if missing := [name for name in names if find_spec(imported.get(name, name)) is None]:
        raise UserError(f"{platform.node()} lacks {', '.join(missing)}; `python3 -m pip install {' '.join(missing)}`")


def differences(python: str, needs: dict[str, str]) -> list[str]:
    """A few words for Python and every package whose version here is not that at home; needs: package → version."""
    home = {"python": python, **needs}
    here = {"python": platform.python_version(), **{name: metadata.version(name) for name in needs}}
    return [f"{name} {here[name]} (at home {home[name]})" for name in home if here[name] != home[name]]
