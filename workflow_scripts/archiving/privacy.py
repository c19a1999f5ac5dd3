"""What must not leave this machine in a text: paths of it, home folders, the user's name."""

import os
import pwd
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from workflow_scripts.runtime.errors import UserError

# Accounts that are nobody's name.
NOBODY = ("root", "user", "ubuntu", "debian", "jovyan", "vagrant", "runner", "mambauser", "nobody")
_INSIDE = r"[^\s/\"'<>|:;,(){}\[\]*?\\&`]+"
PATHS = {
    "an absolute path": re.compile(
        rf"(?<![\w.~/<*)\]}}%+-])/(?:{_INSIDE}/)+{_INSIDE}"
        # of one part only where it is a whole cell or value: "and/or" and "</b>" are none
        r"|(?:(?<=[\",])|^)/[\w.-]+(?=[\",]|$)",
        re.MULTILINE,
    ),
    "a path of Windows": re.compile(
        r"(?<![A-Za-z0-9])[A-Za-z]:(?:\\{1,2}|/)[\w.$-]+|(?<!\\)\\{2,4}[\w.-]+\\{1,2}[\w.$-]+"
    ),
    "a path in a home folder": re.compile(r"(?<![\w/~.])~(?:[a-z_][\w.-]*)?/[\w.-]+"),
    "a file's address": re.compile(r"\bfile:/[^\s\"'<>]*", re.IGNORECASE),
}
# matplotlib begins a new line behind the comma.
_PICTURES = re.compile(r"data:image/(?:png|webp);base64,[A-Za-z0-9+/=\n]*")
# Files that hold no text of their own: pixels, and letters that are drawn.
_DRAWN = (".png", ".pdf")


@dataclass(frozen=True)
class Private:
    """What a text is searched for: folders of this machine as they are written, and names of the user."""

    folders: tuple[str, ...]
    names: tuple[str, ...]

    def find(self, text: str, names: bool = True) -> tuple[int, str, str] | None:
        """Line, words and kind of the first private thing in a text, or None; `names`: look for the user's, too."""
        text = _PICTURES.sub("", text)
        hits = [(text.find(folder), folder, "a folder of this machine") for folder in self.folders if folder in text]
        for kind, pattern in PATHS.items():
            if hit := pattern.search(text):
                hits.append((hit.start(), hit[0].strip(), kind))
        for name in self.names if names else ():
            if hit := re.search(rf"(?<![A-Za-z0-9]){re.escape(name)}(?![A-Za-z0-9])", text):
                hits.append((hit.start(), name, "the user's name"))
        if not hits:
            return None
        at, words, kind = min(hits)
        return text.count("\n", 0, at) + 1, words, kind


def of_this_user(results: Path, allowed: Iterable[str] = ()) -> Private:
    """What is private here: working copy, results, home folder; name of the account and of the person.

    `allowed`: names that are mere words in these results.
    """
    home = Path.home()
    folders = {str(folder) for folder in (Path.cwd(), results.resolve(), home) if len(folder.parts) > 1}
    names = {home.name, os.environ.get("USER", ""), os.environ.get("LOGNAME", "")}
    try:
        account = pwd.getpwuid(os.geteuid())
        names |= {account.pw_name, account.pw_gecos.partition(",")[0]}
    except KeyError:  # an account that only the container's outside knows
        pass
    names = {name for name in names if len(name) > 2 and name.lower() not in (*NOBODY, *allowed)}
    return Private(tuple(sorted(f"{folder}/" for folder in folders)), tuple(sorted(names)))


def refuse_private(name: str, content: bytes, private: Private, names: bool) -> None:
    """Raise UserError where a file that is to be archived holds something private; `names`: also the user's name.

    Of weights the header is searched, which holds settings. Figures as PNG and PDF show what the tables beside them and
    the report say, and are not searched.
    """
    if name.endswith(_DRAWN):
        return
    if name.endswith(".safetensors"):
        content = content[8 : 8 + int.from_bytes(content[:8], "little")]
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise UserError(
            f"{name} is no text in UTF-8 ({error.reason}); delete it, `snakemake --cores all` makes it again"
        ) from None
    if hit := private.find(text, names):
        line, words, kind = hit
        remedy = (
            "rename files or shorten texts that hold it, and run the workflow again"
            if kind != "the user's name"
            else f"take it out and run the workflow again; if it is a mere word there, archive with --word {words!r}"
        )
        raise UserError(f"{name}, line {line} holds {words!r}, {kind}; nothing private is archived: {remedy}")
