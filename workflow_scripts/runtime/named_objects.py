"""Functions and classes that a registry names as text, so that naming one imports nothing."""

import importlib
from typing import Any


def module_part(name: str) -> str:
    """The module of "module.path:name"."""
    return name.partition(":")[0]


def load_named(name: str) -> Any:
    """What "module.path:name" names. ImportError or AttributeError where there is no such thing."""
    module, _, attribute = name.partition(":")
    return getattr(importlib.import_module(module), attribute)
