"""What git tracks is what people wrote: packages, archives and data that a command left behind are not."""

import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[1]
PICTURES = "docs/images/"


def test_every_tracked_file_is_text_but_the_pictures_of_pages() -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    names = [name for name in listed.split("\0") if name]
    binary = [name for name in names if not name.startswith(PICTURES) and b"\0" in (ROOT / name).read_bytes()]
    assert len(names) > 1000
    assert not binary
