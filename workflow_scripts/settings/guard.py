"""Results that Snakemake would believe although it did not make them here.

Snakemake compares settings, code and inputs only with the records in `.snakemake/metadata`. A file without such a
record (after a pull, a copy, an unpacked archive) counts as up to date whatever the settings say. These functions find
it.
Standard library only, because the Snakefile calls them whenever it is read.
"""

from collections.abc import Iterable
from pathlib import Path

from workflow_scripts.settings.snakemake_internals import end_time, finished, is_whole


def unrecorded(paths: Iterable[Path], workdir: Path) -> list[Path]:
    """Those of `paths` (relative to `workdir`, or absolute) that exist but have no record in `workdir`/.snakemake.

    Outputs marked incomplete are left to `rerun-incomplete`.
    """
    return [path for path, record in finished(paths, workdir) if not is_whole(record)]


def replaced(paths: Iterable[Path], workdir: Path) -> list[Path]:
    """Those of `paths` that were written again since Snakemake recorded them, e.g. by `dvc checkout`.

    Their record tells of other bytes, so that Snakemake would believe them wrongly. Times are seconds; a hundredth is
    allowed for rounding.
    """
    return [
        path
        for path, record in finished(paths, workdir)
        if is_whole(record) and abs((workdir / path).stat().st_mtime - end_time(record)) > 0.01
    ]
