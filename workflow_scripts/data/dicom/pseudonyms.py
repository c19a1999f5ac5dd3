"""Names that tell nobody who a patient is: keyed, so that only who has the key can make them again.

HMAC-SHA256 (RFC 2104) with a key that stays in one file, the first 12 hexadecimal digits, a letter before them.
"""

import errno
import hmac
import os
import secrets
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from workflow_scripts.runtime.errors import UserError

# Relative to the working directory, outside every folder of results.
KEY_FILE = Path("private/pseudonyms.key")
DIGITS = 12
_BYTES = 32


@dataclass(frozen=True)
class Pseudonyms:
    """The pseudonyms that a key gives; every kind of name has a letter and a digest of its own."""

    key: bytes

    def patient(self, identity: str) -> str:
        """P and digits."""
        return self._name("P", identity)

    def study(self, uid: str) -> str:
        """E (examination) and digits."""
        return self._name("E", uid)

    def series(self, uid: str) -> str:
        """S and digits."""
        return self._name("S", uid)

    def slide(self, path: str) -> str:
        """W (whole slide) and digits, of a slide's path relative to its source."""
        return self._name("W", path)

    def file(self, path: str) -> str:
        """F and digits, of a path relative to its source."""
        return self._name("F", path)

    def _name(self, letter: str, identity: str) -> str:
        text = f"{letter}\0{identity}".encode("utf-8", "surrogateescape")
        return letter + hmac.new(self.key, text, sha256).hexdigest()[:DIGITS]


# Of synthetic data, which are of nobody: a demo gives the same bytes everywhere.
PUBLIC = Pseudonyms(b"synthetic data, no secret")


def read_key(path: Path) -> Pseudonyms:
    """The pseudonyms of a key's file; UserError where it is missing or holds no key."""
    try:
        key = bytes.fromhex(path.read_text(encoding="ascii").strip())
    except FileNotFoundError:
        raise UserError(
            f"{path} is missing, the key of the patients' pseudonyms; put it back, or make the dataset again, which "
            "makes a new key and other pseudonyms"
        ) from None
    except ValueError:
        key = b""
    except OSError as error:
        raise UserError(f"{path} cannot be read ({error.strerror}); make it readable for yourself alone") from None
    if len(key) != _BYTES:
        raise UserError(f"{path} holds no key of {_BYTES} bytes; put the right file back, or remove it for a new key")
    return Pseudonyms(key)


def read_or_make_key(path: Path) -> Pseudonyms:
    """The same; a key that is not there is made, readable by its owner alone."""
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        temporary = path.with_name(f".{path.name}.{os.getpid()}.unfinished")
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(f"{secrets.token_hex(_BYTES)}\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(temporary, path)  # of two that make a key at once, the first one's counts
        except OSError as error:
            if error.errno != errno.EEXIST:
                raise
        finally:
            temporary.unlink()
    return read_key(path)
