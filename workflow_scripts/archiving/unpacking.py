"""Open an archive, and see whether it still holds what was put in."""

import json
import zipfile
import zlib
from hashlib import sha256
from pathlib import Path

from workflow_scripts.archiving.contents import METADATA
from workflow_scripts.archiving.crate import Member, members_of
from workflow_scripts.contracts.errors import UserError


def unpack(archive: Path, target: Path) -> list[str]:
    """Unpack an archive into the folder `target`; returns what is missing, altered or not listed, one line each.

    Raises UserError for a file that is no zip file, is damaged, or was not written by this workflow.
    """
    try:
        with zipfile.ZipFile(archive) as opened:
            broken = opened.testzip()
            if broken:
                raise UserError(f"{archive}: {broken} is damaged; fetch the archive again")
            if METADATA not in opened.namelist():
                raise UserError(f"{archive} has no {METADATA}; it is no archive of this workflow")
            members = members_of(json.loads(opened.read(METADATA)))
            problems = _problems(opened, members)
            opened.extractall(target)  # zipfile takes absolute names and ".." out
    except FileNotFoundError:
        raise UserError(f"{archive} does not exist; name the zip file that `make archive` wrote") from None
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise UserError(f"{archive} is no readable zip file ({error}); fetch it again") from None
    except ValueError as error:
        raise UserError(f"{archive}: {METADATA} is not valid JSON ({error}); fetch the archive again") from None
    return problems


def _problems(opened: zipfile.ZipFile, members: list[Member]) -> list[str]:
    held, listed = set(opened.namelist()) - {METADATA}, {member.name for member in members}
    problems = [f"{name}: is missing from the archive" for name in sorted(listed - held)]
    problems += [f"{name}: is not listed in {METADATA}" for name in sorted(held - listed)]
    for member in members:
        if member.name in held and sha256(opened.read(member.name)).hexdigest() != member.sha256:
            problems.append(f"{member.name}: is not the file that was archived (its checksum differs)")
    return problems
