"""Seeds that depend on what a number is for, never on the order of jobs."""

import hashlib

from workflow_scripts.runtime.files import canonical_json


def seed_for(*parts: object) -> int:
    """A seed in [0, 2^63) from e.g. (study, run, fold, seed, purpose); equal parts give equal seeds everywhere."""
    text = canonical_json([str(part) for part in parts])
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1
