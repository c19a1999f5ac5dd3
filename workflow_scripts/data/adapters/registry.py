"""Names of adapters → modules, as text: to name one imports none, to load one imports only it."""

import importlib
from types import ModuleType

from workflow_scripts.contracts.errors import UserError

ADAPTERS = {
    "cric": "workflow_scripts.data.adapters.cric",
    "folder": "workflow_scripts.data.adapters.folder",
    "herlev": "workflow_scripts.data.adapters.herlev",
    "peripheral_blood": "workflow_scripts.data.adapters.peripheral_blood",
    "sipakmed": "workflow_scripts.data.adapters.sipakmed",
}


def load(name: str) -> ModuleType:
    """The adapter of that name, see data.adapters.base; UserError when there is none."""
    if name not in ADAPTERS:
        raise UserError(f"no adapter is called {name!r}; there are {', '.join(sorted(ADAPTERS))}")
    return importlib.import_module(ADAPTERS[name])
