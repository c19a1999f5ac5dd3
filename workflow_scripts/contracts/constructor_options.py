"""Further arguments of a network's constructor: any, but those that would load weights past the records."""

import math
from typing import Annotated, Any

from workflow_scripts.contracts.blocks import limit
from workflow_scripts.contracts.own_networks import refused_option


def _storable(value: Any) -> bool:
    """Whether a value can stand in a record: finite numbers, text, true, false, null, lists and mappings of them."""
    if isinstance(value, dict):
        return all(isinstance(key, str) and _storable(inner) for key, inner in value.items())
    if isinstance(value, list):
        return all(map(_storable, value))
    return value is None or isinstance(value, (str, int)) or (isinstance(value, float) and math.isfinite(value))


def _allowed(options: dict[str, Any]) -> dict[str, Any]:
    if refused := refused_option(options):
        raise ValueError(refused)
    for name, value in options.items():
        if not _storable(value):
            raise ValueError(f"{name}: {value} is no plain value; write a number or text, or put it in quotes")
    return options


Options = Annotated[dict[str, Any], limit(check=_allowed)]
