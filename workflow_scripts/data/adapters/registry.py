"""Names of adapters → modules, as text: to name one imports none, to load one imports only it."""

import importlib
from dataclasses import dataclass
from types import ModuleType

from workflow_scripts.contracts.errors import UserError


@dataclass(frozen=True)
class Adapter:
    """Where an adapter's code is, and whether its layout always says which samples belong together."""

    module: str
    knows_groups: bool


ADAPTERS = {
    "cric": Adapter("workflow_scripts.data.adapters.cric", knows_groups=True),
    "folder": Adapter("workflow_scripts.data.adapters.folder", knows_groups=False),
    "herlev": Adapter("workflow_scripts.data.adapters.herlev", knows_groups=True),
    "peripheral_blood": Adapter("workflow_scripts.data.adapters.peripheral_blood", knows_groups=False),
    "sipakmed": Adapter("workflow_scripts.data.adapters.sipakmed", knows_groups=True),
}


def load(name: str) -> ModuleType:
    """The adapter of that name, see data.adapters.base; UserError when there is none."""
    if name not in ADAPTERS:
        raise UserError(f"no adapter is called {name!r}; there are {', '.join(sorted(ADAPTERS))}")
    return importlib.import_module(ADAPTERS[name].module)
