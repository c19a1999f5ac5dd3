"""Files that are figshare articles of their own: from a published index to addresses, sizes and md5 sums."""

import re
from collections.abc import Iterator
from pathlib import Path

from workflow_scripts.data.download.fetching import Patience, fetch_json
from workflow_scripts.data.download.published_sources import Figshare, PublishedFile
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.files import read_json

_DOI = re.compile(r"10\.\d+/m9\.figshare\.(\d+)(?:\.v\d+)?")


def articles(index: Path, listing: Figshare) -> list[tuple[str, str]]:
    """(file name, article number) of every entry of the index, in its order; UserError for an entry without them."""
    entries = read_json(index)
    if not isinstance(entries, list):
        raise UserError(f"{index} is no list of entries; it has been changed at its address")
    names_and_numbers = []
    for number, entry in enumerate(entries, start=1):
        name, doi = (entry.get(listing.name), entry.get(listing.doi)) if isinstance(entry, dict) else (None, None)
        matched = _DOI.fullmatch(str(doi))
        if not matched or not isinstance(name, str) or not re.fullmatch(r"[^/\\\0]+", name) or name in (".", ".."):
            raise UserError(f"{index}, entry {number}: {listing.name} {name!r}, {listing.doi} {doi!r} name no file")
        names_and_numbers.append((name, matched[1]))
    return names_and_numbers


def listed(index: Path, listing: Figshare, there: set[str], patience: Patience) -> Iterator[PublishedFile]:
    """The file of every article, as figshare states it now; those whose names are in `there` are passed over."""
    for name, article in articles(index, listing):
        if name in there:
            continue
        url = f"{listing.service}/articles/{article}/files"
        answer = fetch_json(url, patience)
        try:
            (file,) = answer
            md5 = file["computed_md5"] or file["supplied_md5"] or None
            yield PublishedFile(file["download_url"], name, "plain", int(file["size"]), None, md5, into=listing.into)
        except (KeyError, TypeError, ValueError):
            raise UserError(f"{url}: one file with address and size is wanted, the answer has another form") from None
