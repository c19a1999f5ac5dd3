"""Addresses on the network: which are taken for a server, and how any may be shown."""

import re

# To the end of the word: a password may hold any character but these.
_ADDRESS = re.compile(r"\b([a-zA-Z][a-zA-Z0-9+.\-]*://)([^\s'\"<>`|]+)")
_SERVER = re.compile(r"https?://(\[[0-9A-Fa-f:.]+\]|[\w.\-]+)(:\d{1,5})?(/[\w.\-~/]*)?", re.ASCII)
_SECRET = re.compile(r"[@?#]")


def without_secrets(text: str) -> str:
    """A text in which every address has lost user name, password, query and fragment.

    An `@` in a path counts as the end of a password: rather an address too short than a password shown.
    """
    return _ADDRESS.sub(lambda address: address[1] + _bare(address[2]), text)


def _bare(rest: str) -> str:
    rest = rest.rpartition("@")[2]
    return re.split(r"[?#]", rest, maxsplit=1)[0]


def server_fault(uri: str) -> str | None:
    """Why `uri` is not taken as the address of an MLflow server, or None; never repeats it, it may hold a password."""
    if _SECRET.search(uri):
        return (
            "holds a user name, a password or a token, which process lists, logs and records would show; write "
            "http://host:port and set the environment variables MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, "
            "or MLFLOW_TRACKING_TOKEN"
        )
    if not _SERVER.fullmatch(uri):
        return "is no server; write http://host:port, or null"
    return None
